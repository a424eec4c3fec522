// Package sqli is libinjection's look for SQL in values.
package sqli

import (
	"strings"

	"github.com/corazawaf/libinjection-go"
)

//go:generate go run ./genwords

// Is reports whether libinjection takes a text for an injection.
func Is(text string) bool {
	if !mayBe(text) {
		return false
	}
	found, _ := libinjection.IsSQLi(text)
	return found
}

// mayBe is false for most of the texts that libinjection takes for no injection, at a tenth of its cost. Each of its
// fingerprints of injections has a quote, a bracket, a semicolon, a variable, a comment, a doubled & or |, or a word of SQL that
// is no function and no operator. A text without any of these is none, and neither is a single word, or a number with a word
// behind it. Nor is what begins as no fingerprint does.
func mayBe(v string) bool {
	if beginsPlain(v) {
		return false
	}
	for i := 0; i < len(v); {
		switch c := v[i]; kindOf[c] {
		case inWord:
			end := i + 1
			for end < len(v) && kindOf[v[end]] == inWord {
				end++
			}
			if isAll := end-i == len(v); isAll && c != '0' { // 0x and 0b may stand before a number and a word
				return false
			}
			word := v[i:end]
			if hasWord(word) {
				return true
			}
			isFirst := i == 0 || v[i-1] != '.'                        // that of 1.e$x ends a number
			if i = end; !isDigit(word[0]) && !isIn(&keywords, word) { // a.b.c is one word unless the first is known
				for i < len(v) && (kindOf[v[i]] == inWord || v[i] == '.' || v[i] == '$' && isFirst) {
					i++
				}
			}
		case betweenWords:
			i++
		case notDoubled: // a comment, or AND and OR as C writes them
			if i+1 < len(v) && (v[i+1] == c && c != '/' || v[i+1] == '*' && c == '/') {
				return true
			}
			i++
		default:
			return true
		}
	}
	return false
}

// kind is what a byte is to mayBe.
type kind uint8

const (
	ofSQL kind = iota // of much that an injection has
	inWord
	betweenWords
	notDoubled // and / not before *
)

var kindOf = func() (t [256]kind) {
	for c := range t {
		if c := byte(c); c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' {
			t[c] = inWord
		}
	}
	for _, c := range []byte(" \t\r\n.,:=+*~%<>!^?") {
		t[c] = betweenWords
	}
	for _, c := range []byte("-/&|") {
		t[c] = notDoubled
	}
	return t
}()

// hasWord reports whether libinjection may come upon a word of SQL in letters and digits that stand together. It reads
// a number first: 0x1f, 12, 1e5 or, at the end of one, 2f; what stands behind it is a word of its own. The number may have
// begun before: 1.e5.
func hasWord(s string) bool {
	if isWord(s) {
		return true
	}
	if len(s) > 1 && s[0] == '0' && (s[1]|0x20 == 'x' && isWord(s[2+span(s[2:], isHexDigit):]) || s[1]|0x20 == 'b' && isWord(s[2+span(s[2:], isBit):])) {
		return true
	}
	digits := span(s, isDigit)
	if s = s[digits:]; digits > 0 && isWord(s) {
		return true
	}
	if s != "" && s[0]|0x20 == 'e' {
		exponent := s[1:]
		if s = exponent[span(exponent, isDigit):]; isWord(exponent) || isWord(s) {
			return true
		}
	}
	return s != "" && (s[0]|0x20 == 'd' || s[0]|0x20 == 'f') && isWord(s[1:])
}

// span is how many bytes at the beginning of a text are of a kind.
func span(s string, is func(c byte) bool) int {
	n := 0
	for n < len(s) && is(s[n]) {
		n++
	}
	return n
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isHexDigit(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

func isBit(c byte) bool { return c == '0' || c == '1' }

// isWord reports whether a text may be such a word, or a part of one: GROUP of GROUP BY.
func isWord(s string) bool {
	if s == "" || isDigit(s[0]) || len(s) > longestWord {
		return false
	}
	return isIn(&words, s)
}

// isIn reports whether a table may have a word.
func isIn(table *[Places / 64]uint64, word string) bool {
	first, second := PlacesOf(word)
	return table[first/64]>>(first%64)&1 != 0 && table[second/64]>>(second%64)&1 != 0
}

// beginsPlain reports whether a text begins in a way in which no fingerprint does: as a link, with a colon behind a word; as
// an address of mail, with an @ behind one; as an object of JSON, with a string behind a brace; or in brackets, to its end, which
// is one word. Comments and backticks would count wherever they stand, and where there is a quote libinjection begins behind
// it as well.
func beginsPlain(v string) bool {
	if v == "" || strings.ContainsAny(v, "'`") || strings.Contains(v, "/*") {
		return false
	}
	switch v[0] {
	case '{':
		quoted := strings.TrimLeft(v[1:], " \t\r\n")
		return quoted != "" && quoted[0] == '"' && beginsName(quoted[1:])
	case '[':
		return strings.IndexByte(v, ']') == len(v)-1 && strings.IndexByte(v, '"') < 0
	}
	end := span(v, isInWord)
	if end == 0 || isDigit(v[0]) || end+1 >= len(v) || strings.IndexByte(v, '"') >= 0 || isKnown(v[:end]) {
		return false
	}
	if v[end] == ':' {
		return v[end+1] != ':' && v[end+1] != '='
	}
	for end < len(v) && (isInWord(v[end]) || v[end] == '.') {
		end++
	}
	return end < len(v) && v[end] == '@' && strings.IndexByte(v, '(') < 0 // @user() is a function
}

// beginsName reports whether a text begins with a name in quotes, of which the first is not there. Behind a quote libinjection
// sees a string, the word and a string, and no fingerprint begins so.
func beginsName(v string) bool {
	end := span(v, isInWord)
	return end > 0 && !isDigit(v[0]) && end < len(v) && v[end] == '"' && !isKnown(v[:end])
}

// isKnown reports whether libinjection may take a word, or what it begins, for more than a name.
func isKnown(word string) bool { return isIn(&keywords, word) || isIn(&words, word) }

func isInWord(c byte) bool { return kindOf[c] == inWord }

// Places is how many places the table of words has.
const Places = 1 << 15

// PlacesOf are the two places of a word in the table, whatever the case of its letters.
func PlacesOf(word string) (first, second uint32) {
	const basis, prime = 2166136261, 16777619 // FNV-1a
	hash := uint32(basis)
	for i := range len(word) {
		hash = (hash ^ uint32(word[i]|0x20)) * prime
	}
	return hash >> 16 % Places, hash % Places
}
