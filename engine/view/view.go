// Package view finds what else a value may mean: what it decodes to where an application, a proxy or a file system behind
// it decodes once more than the rules do.
//
// A rule set decodes what browsers encode. Attackers count on the decoders that come after it: a second round of percent
// escapes, UTF-8 that is longer than it needs to be, %uXXXX, hexadecimal and base64 texts, JSON and queries inside of
// strings. Each such reading of a value is a view, which rules see beside the value itself, never instead of it: a view
// can add a match, and can't hide one.
//
// What is guaranteed: a value in which nothing decodes costs one pass over its bytes and no allocation; a value has at
// most [MaxViews] views, none longer than the value; decoding stops at [maxDepth] views of views. A view that says
// nothing new (it is the value, or another view of it) is left out.
package view

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// View is one reading of a value.
type View struct {
	Kind string // how it was read, outermost first: "base64", "base64, percent"
	Text string
}

const (
	// MaxViews bounds the views of one value.
	MaxViews = 8
	maxDepth = 3

	// maxValue is the longest value that is read in other ways. What is longer is a document, and attacks in it stand
	// in its parts, or plainly.
	maxValue = 16 << 10
)

// Append appends the views of a value.
func Append(dst []View, value string) []View {
	s := scan(value)
	if s.plain || len(value) > maxValue {
		return dst
	}
	r := readers.Get().(*reader)
	r.value, r.first, r.views = value, len(dst), dst
	r.read(value, s, "", 1)
	if once := unescape(value); once != value { // what rules read in it by themselves is no view, but may hide others
		r.read(once, scan(once), "percent", 1)
	}
	dst = r.views
	r.value, r.views = "", nil
	readers.Put(r)
	return dst
}

// IsPlain reports whether a value has no views.
func IsPlain(value string) bool { return scan(value).plain }

// reader collects the views of one value.
type reader struct {
	value string
	first int // of the value's views
	views []View

	now   reading
	yield func(decoded string) // adds what a decoder finds
}

// reading is what is being read.
type reading struct {
	before string // how the text itself was read
	kind   string // how it is read now
	depth  int
}

// readers are reused, as each has a function.
var readers = sync.Pool{New: func() any {
	r := &reader{}
	r.yield = r.add
	return r
}}

// read adds the views of a text, and theirs. kind is how the text itself was read.
func (r *reader) read(text string, s traits, kind string, depth int) {
	outer := r.now
	for i := range decoders {
		if by := &decoders[i]; by.applies == nil || by.applies(s) {
			r.now = reading{kind, by.kind, depth}
			by.each(text, r.yield)
		}
	}
	r.now = outer
}

func (r *reader) add(text string) {
	own := r.views[r.first:]
	if text == "" || text == r.value || len(own) >= MaxViews ||
		slices.ContainsFunc(own, func(v View) bool { return v.Text == text }) {
		return
	}
	kind, depth := r.now.kind, r.now.depth
	if r.now.before != "" {
		kind = r.now.before + ", " + kind
	}
	r.views = append(r.views, View{kind, text})
	if s := scan(text); !s.plain && depth < maxDepth {
		r.read(text, s, kind, depth+1)
	}
}

// decoder is one way to read a text.
type decoder struct {
	kind    string
	applies func(traits) bool // from one pass over the text; nil for always
	each    func(text string, yield func(string))
}

// wordsASpace: so long is a word of base64 for each of its plus signs that a form has turned into a space.
const wordsASpace = 16

// one is a decoder's function that reads a text in one way, or not.
func one(decode func(string) (string, bool)) func(string, func(string)) {
	return func(text string, yield func(string)) {
		if decoded, ok := decode(text); ok {
			yield(decoded)
		}
	}
}

var decoders []decoder

func init() { // they use reader by way of JSON and queries
	decoders = []decoder{
		{"utf-16", func(s traits) bool { return s.nul }, one(utf16Text)},
		{"percent", func(s traits) bool { return s.percents > 0 }, one(percent)},
		{"folded", func(s traits) bool {
			return s.wide || s.percents > 0 || s.hexPrefix || s.marks > 1 || s.control || s.bareSlash
		}, one(fold)},
		{"overlong", func(s traits) bool { return s.wide || s.percents >= minEncoded }, one(strict)},
		{"escapes", func(s traits) bool { return s.backslash }, one(escapes)},
		{"html", func(s traits) bool { return s.ampersand }, one(html)},
		{"jwt", func(s traits) bool { return s.dots >= 2 && s.spaces == 0 }, jwt},
		{"base64", func(s traits) bool { return s.longestWord >= max(minEncoded, wordsASpace*s.spaces) }, one(base64Text)},
		{"base32", func(s traits) bool { return s.spaces == 0 && s.longestWord >= minBase32 }, one(base32Text)},
		{"hex", func(s traits) bool { return s.spaces == 0 && s.longestWord >= minEncoded }, one(hexText)},
		{"codes", func(s traits) bool { return s.codes }, one(calledCodes)},
		{"numbers", func(s traits) bool { return s.numbers }, one(listedCodes)},
		{"utf-7", func(s traits) bool { return s.utf7 }, one(utf7)},
		{"quoted-printable", func(s traits) bool { return s.equals }, one(quotedPrintable)},
		{"json", func(s traits) bool { return s.brace && s.quote }, json},
		{"query", func(s traits) bool { return s.equals }, query},
		{"graphql", func(s traits) bool { return s.quote && s.curly }, graphQL},
		{"rot13", func(s traits) bool { return s.turned&isRotated != 0 }, one(rotated)},
		{"reversed", func(s traits) bool { return s.turned&isReversed != 0 }, one(reversed)},
	}
}

// traits are what one pass over a text tells of what may be decoded.
type traits struct {
	plain       bool // nothing at all
	percents    int
	marks       int // question marks
	dots        int
	spaces      int
	separators  int // commas and colons
	longestWord int // letters, digits, and what base64 has beside
	backslash   bool
	ampersand   bool
	equals      bool
	nul         bool
	control     bool // but tabs and line ends
	wide        bool // bytes above ASCII
	hexPrefix   bool // 0x
	codes       bool // a call of what may be CHAR or fromCharCode
	numbers     bool // nothing but digits, also hexadecimal ones, and what parts them; long
	utf7        bool // +A
	brace       bool // begins as JSON does
	quote       bool
	turned      turns
	curly       bool
	bareSlash   bool // ..2f, a percent escape that has lost its percent sign
}

func scan(text string) (s traits) {
	word := 0
	ends := false // there is something by which attacks end what they stand in, or leave where they are: a quote, a tag, ".."
	for i := 0; i < len(text); i++ {
		c := text[i]
		if class[c]&isWord != 0 {
			word++
			if c == 'x' && i > 0 && text[i-1] == '0' {
				s.hexPrefix = true
			}
			switch c {
			case '=':
				s.equals = true
			case '+':
				s.utf7 = s.utf7 || i+3 < len(text) && text[i+1] == 'A'
			}
			continue
		}
		s.longestWord = max(s.longestWord, word)
		word = 0
		switch {
		case c == '%':
			s.percents++
		case c == '?':
			s.marks++
		case c == '.':
			s.dots++
			ends = ends || i > 0 && text[i-1] == '.'
			s.bareSlash = s.bareSlash || i > 0 && i+2 < len(text) && text[i-1] == '.' && isBareSlash(text[i+1:])
		case c == ' ':
			s.spaces++
		case c == ',' || c == ':':
			s.separators++
		case c == '\\':
			s.backslash = true
		case c == '&':
			s.ampersand = true
		case c == 0:
			s.nul, s.control = true, true
		case c < ' ' && c != '\t' && c != '\n' && c != '\r':
			s.control = true
		case c == '"':
			s.quote, ends = true, true
		case c == '\'' || c == '<' || c == '>':
			ends = true
		case c == '{':
			s.curly = true
		case c == '(':
			if i > 2 && i+1 < len(text) && (text[i+1] >= '0' && text[i+1] <= '9' || text[i+1] == ' ') {
				before := text[i-1] | 0x20
				s.codes = s.codes || before == 'r' || before == 'e' || before == 't'
			}
		case c >= utf8.RuneSelf:
			s.wide = true
		}
	}
	s.longestWord = max(s.longestWord, word)
	if t := strings.TrimLeft(text, " \t\r\n"); t != "" {
		s.brace = t[0] == '{' || t[0] == '['
	}
	s.numbers = s.spaces+s.separators >= minCodes-1 && s.longestWord <= 8 && isNumbers(text)
	if ends && len(text) >= minEncoded {
		s.turned = turnsOf(text)
	}
	s.plain = !s.codes && !s.numbers && !s.utf7 && s.percents == 0 && s.marks < 2 && !s.backslash && !s.ampersand && !s.equals && !s.control && !s.wide && !s.hexPrefix && !s.bareSlash && s.turned == 0 &&
		(!s.brace && !s.curly || !s.quote) && s.longestWord < minEncoded
	return s
}

// isNumbers reports whether a text has nothing but hexadecimal digits, and what parts numbers.
func isNumbers(text string) bool {
	for i := range len(text) {
		if c := text[i]; !isHexDigit(c) && c != ' ' && c != ',' && c != ':' && c != '\n' && c != '\t' {
			return false
		}
	}
	return true
}

const isWord = 1

var class = func() (t [256]byte) {
	for c := range t {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', strings.IndexByte("+/-_=", byte(c)) >= 0:
			t[c] = isWord
		}
	}
	return t
}()
