package transform

import (
	"slices"
	"strings"

	"github.com/modsecurity-for-anylog/msa/engine/textmatch"
)

// keepTokens are the transformations that change nothing in a token but the case of its letters: nothing in it is an escape, a
// comment, white space or a part of a path to be taken out.
var keepTokens = []string{
	"cmdline", "compresswhitespace", "cssdecode", "escapeseqdecode", "htmlentitydecode", "jsdecode", "lowercase", "none",
	"normalisepath", "normalisepathwin", "normalizepath", "normalizepathwin", "removecomments", "removecommentschar", "removenulls",
	"removewhitespace", "replacecomments", "replacenulls", "trim", "trimleft", "trimright", "uppercase", "urldecode", "urldecodeuni", "utf8tounicode",
}

// KeepsTokens reports whether a transformation, of a name in lower case, changes nothing in a token but the case of its letters.
func KeepsTokens(name string) bool { return slices.Contains(keepTokens, name) }

// IsToken reports whether a text of a level has nothing but letters, digits, _, - and ., and neither begins a comment nor is a
// part of a path that means another one.
func IsToken(s string, level textmatch.Level) bool {
	return level <= textmatch.TokenLevel &&
		(s == "" || s[0] != '.' && s[len(s)-1] != '.') && !strings.Contains(s, "--")
}
