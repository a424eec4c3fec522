package triage

import (
	"strings"
)

// A script has its effect in the page that runs it. Markup of a payload runs where a browser takes it for markup; a handler,
// where the payload has ended the attribute in which it stands; and code, where it has ended the text of a script.
var (
	// activeTag is markup that runs code in today's browsers: not javascript: as the address of a picture.
	activeTag = compile(`(?i)<(?:script|iframe|object|embed)\b|<[a-z][^>]*[\s/"']on[a-z]{3,}\s*=|` +
		`<(?:a|area|form|button|input|use|animate|set|base|math|maction)\b[^>]*java\s*script\s*:`)
	breaksOut = compile(`(?i)["'](?:[^"'<>]{0,100}?[\s/])?on[a-z]{3,}\s*=`)
	goesOn    = compile(`(?is)^\s*[;+*/,&|)}\]-].*\b(?:alert|prompt|confirm|fetch|eval|document|window|location|print|import|atob|settimeout|xmlhttprequest)\b`)
)

// leastScript is how long a piece of a payload is that is looked for in a page.
const leastScript = 10

// script finds the payload's markup, handler or code in a page, as it was sent.
func (x *exchange) script() string {
	if !hasTag(x.kinds, "xss") || x.body == "" || !x.isHTML() {
		return ""
	}
	page := strings.ToLower(x.body)
	for _, lower := range x.lowered() {
		if from := activeTag.FindStringIndex(lower); from != nil {
			if piece := strings.TrimSpace(lower[from[0]:]); isIn(page, piece, isMarkup) {
				return "the page has the payload's script as it was sent: " + quoted(piece)
			}
		}
		if from := breaksOut.FindStringIndex(lower); from != nil {
			piece := strings.TrimSpace(lower[from[0]:])
			if isIn(page, piece, func(before string) bool { return attributeQuote(before) == piece[0] }) {
				return "the page has the payload's handler in a tag: " + quoted(piece)
			}
		}
		if piece := strings.TrimSpace(lower); isIn(page, piece, func(before string) bool { return endsText(before, piece) }) {
			return "the payload ends a text in a script of the page, and goes on: " + quoted(piece)
		}
	}
	return ""
}

// lowered are the payloads in lower case, also without the tags that a filter takes out of their middle.
func (x *exchange) lowered() (all []string) {
	for _, value := range x.payloads {
		lower := strings.ToLower(value)
		all = append(all, lower)
		if less := filtered.Replace(lower); less != lower && activeTag.MatchString(less) {
			all = append(all, less)
		}
	}
	return all
}

var filtered = strings.NewReplacer("<script>", "", "</script>", "")

func isIn(page, piece string, holds func(before string) bool) bool {
	at := strings.Index(page, piece)
	return len(piece) >= leastScript && at >= 0 && holds(page[:at])
}

// isMarkup reports whether tags count behind the beginning of a page, rather than being text or a comment.
func isMarkup(before string) bool {
	for _, e := range [][2]string{{"<textarea", "</textarea"}, {"<title", "</title"}, {"<!--", "-->"}, {"<xmp", "</xmp"}, {"<noscript", "</noscript"}} {
		if strings.LastIndex(before, e[0]) > strings.LastIndex(before, e[1]) {
			return false
		}
	}
	return true
}

// attributeQuote is the quote that ends the value of an attribute which is open behind the beginning of a page, 0 if none is.
func attributeQuote(before string) byte {
	tag := strings.LastIndexByte(before, '<')
	if tag < strings.LastIndexByte(before, '>') || tag < 0 {
		return 0
	}
	return openQuote(before[tag:], `"'`, false)
}

// endsText reports whether a piece begins in a text of a script, ends it, and goes on with code.
func endsText(before, piece string) bool {
	script := strings.LastIndex(before, "<script")
	if script <= strings.LastIndex(before, "</script") {
		return false
	}
	quote := openQuote(before[script:], "\"'`", true)
	if quote == 0 {
		return false
	}
	first := 0
	if n := len(before) - len(strings.TrimRight(before, `\`)); n%2 == 1 {
		first = 1 // it is escaped: a rule saw it without the backslash
	}
	for i := first; i < len(piece); i++ {
		switch piece[i] {
		case '\\':
			i++
		case quote:
			return goesOn.MatchString(piece[i+1:])
		}
	}
	return false
}

// openQuote is the one of several quotes that is open at the end of a text, 0 if none is. A backslash may keep the next sign
// from ending it.
func openQuote(text, quotes string, backslash bool) (open byte) {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case backslash && c == '\\' && open != 0:
			i++
		case c == open:
			open = 0
		case open == 0 && strings.IndexByte(quotes, c) >= 0:
			open = c
		}
	}
	return open
}
