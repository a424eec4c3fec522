package sensitive

import (
	"strings"
	"unicode/utf8"
)

// plain is a text as whoever it is for reads it: without the escapes of URLs, HTML and JSON, also where they are in one another
// (%2522, &amp;quot;, %5Cu0022). All recognisers of masking look at it, and what they find is masked in the original.
//
// It is made in one pass, like a shift-reduce parser does: a byte is put down, and if what was put down now ends with an escape, the byte
// that this stands for takes its place, which may end another. Each reduction makes the text shorter, so the time is in proportion to it.
type plain struct {
	source string // as it is written
	text   string
	levels []level // of each byte, nil where nothing is escaped
	at     []int32 // where each byte begins in the original, and the end of that; nil where nothing is escaped
}

// level is in how many escapes a byte was, of each sort. A value ends at what is in no more of
// them than what it began with: in "a\"b" the second quote does not end it, nor does %26 in a=1%262.
type level uint8

// One escape more, of each sort, and the bits that count them.
const (
	inText level = 1 << 0 // \", of JSON and JavaScript
	inHTML level = 1 << 3
	inURL  level = 1 << 5

	textBits level = inHTML - inText
	htmlBits level = inURL - inHTML
	urlBits  level = 7 * inURL
)

// plus is one more. So deep that it can't be counted, escapes can't be told apart.
func (l level) plus(more level) level {
	bits := textBits
	switch more {
	case inHTML:
		bits = htmlBits
	case inURL:
		bits = urlBits
	}
	if l&bits == bits {
		return l
	}
	return l + more
}

// within reports whether a byte is in no more escapes than another, of each sort.
func (l level) within(other level) bool {
	return l&urlBits <= other&urlBits && l&htmlBits <= other&htmlBits && l&textBits <= other&textBits
}

// most is the deeper of both, for each sort.
func (l level) most(other level) level {
	return max(l&urlBits, other&urlBits) | max(l&htmlBits, other&htmlBits) | max(l&textBits, other&textBits)
}

// start is where the byte at i begins in the original.
func (p *plain) start(i int) int {
	if p.at == nil {
		return i
	}
	return int(p.at[i])
}

// written is the stretch from start to end as it is written.
func (p *plain) written(start, end int) string { return p.source[p.start(start):p.start(end)] }

// What a byte may be the end of.
const (
	endsHex    = 1 << iota // %41, \u0041
	endsEntity             // &#65;
	endsShort              // \n
)

var escapeEnds = func() (t [256]uint8) {
	for c := range t {
		if isHex(byte(c)) {
			t[c] |= endsHex
		}
	}
	t[';'] = endsEntity
	for _, c := range []byte(`"'\/nrtbf`) {
		t[c] |= endsShort
	}
	return t
}()

// undo reads a text.
func undo(text string) plain {
	first := len(text)
	for _, c := range []byte(`%\&`) {
		if i := strings.IndexByte(text[:first], c); i >= 0 && (c != '&' || strings.IndexByte(text[i:], ';') > 0) {
			first = i
		}
	}
	if i := firstFolded(text[:first], foldedMark); i >= 0 {
		first = i
	}
	if first == len(text) {
		return plain{source: text, text: text}
	}
	r := reader{text: make([]byte, first, len(text)), levels: make([]level, first, len(text)), at: make([]int32, first, len(text)+1)}
	copy(r.text, text[:first])
	for i := range first {
		r.at[i] = int32(i)
	}
	for i := first; i < len(text); i++ {
		r.text, r.levels, r.at = append(r.text, text[i]), append(r.levels, 0), append(r.at, int32(i))
		for escapeEnds[r.text[len(r.text)-1]] != 0 && r.reduce() {
			continue
		}
		r.fold()
	}
	if len(r.text) == len(text) { // there was no escape in it
		return plain{source: text, text: text}
	}
	return plain{source: text, text: string(r.text), levels: r.levels, at: append(r.at, int32(len(text)))}
}

// reader is a text that is being read.
type reader struct {
	text   []byte
	levels []level
	at     []int32
}

// reduce replaces the escape that ends here, if there is one.
func (r *reader) reduce() bool {
	n := len(r.text)
	ends := escapeEnds[r.text[n-1]]
	switch {
	case n < 2:
		return false
	case ends&endsShort != 0 && r.text[n-2] == '\\' && (isLetter(r.text[n-1]) || r.levels[n-2].within(r.levels[n-1])):
		// A quote that is escaped less than the backslash before it is not escaped by that: "a\\".
		r.replace(2, rune(unescaped(r.text[n-1])), inText)
		return true
	case ends&endsHex != 0 && n >= 3 && r.text[n-3] == '%' && isHex(r.text[n-2]):
		r.replaceByte(3, unhex(r.text[n-2])<<4|unhex(r.text[n-1]), inURL)
		return true
	case ends&endsHex != 0 && n >= 4 && r.text[n-4] == '\\' && r.text[n-3] == 'x' && isHex(r.text[n-2]):
		r.replaceByte(4, unhex(r.text[n-2])<<4|unhex(r.text[n-1]), inText)
		return true
	case ends&endsHex != 0 && n >= 6 && r.text[n-5] == 'u' && (r.text[n-6] == '\\' || r.text[n-6] == '%'):
		return r.reduceUnicode(r.text[n-6])
	case ends&endsEntity != 0:
		return r.reduceEntity()
	}
	return false
}

// fold replaces the character that ends here by the ASCII digit, dash, space, colon or equals sign that it stands for.
func (r *reader) fold() {
	if n := len(r.text); n == 0 || r.text[n-1] < utf8.RuneSelf {
		return
	}
	c, width := utf8.DecodeLastRune(r.text)
	if c == utf8.RuneError {
		return
	}
	if ascii := foldedMark(c); ascii != 0 {
		r.put(width, []byte{ascii}, 0)
	}
}

// unescaped is what a character behind a backslash stands for, in JSON and JavaScript.
func unescaped(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	}
	return c
}

// reduceUnicode takes \u00e4, or %u00e4 as JavaScript's escape() writes it. Of a pair, the second half replaces the first, too.
func (r *reader) reduceUnicode(by byte) bool {
	c := rune(0)
	for _, digit := range r.text[len(r.text)-4:] {
		if !isHex(digit) {
			return false
		}
		c = c<<4 | rune(unhex(digit))
	}
	more := inText
	if by == '%' {
		more = inURL
	}
	if c >= 0xdc00 && c < 0xe000 && len(r.text) >= 9 {
		if high, ok := surrogate(r.text[len(r.text)-9 : len(r.text)-6]); ok {
			r.replace(9, (high-0xd800)<<10+(c-0xdc00)+0x10000, more)
			return true
		}
	}
	r.replace(6, c, more)
	return true
}

// surrogate reads the first half of a pair, as replace puts it down.
func surrogate(b []byte) (high rune, ok bool) {
	if b[0] != 0xed || b[1]&0xf0 != 0xa0 {
		return 0, false
	}
	return 0xd000 | rune(b[1]&0x3f)<<6 | rune(b[2]&0x3f), true
}

// entities are those that stand for what has a meaning in URLs, HTML and JSON.
var entities = map[string]rune{
	"amp": '&', "lt": '<', "gt": '>', "quot": '"', "apos": '\'', "nbsp": ' ', "equals": '=', "colon": ':', "semi": ';', "comma": ',',
	"sol": '/', "bsol": '\\', "percnt": '%', "plus": '+', "commat": '@', "num": '#', "quest": '?', "excl": '!', "period": '.', "dollar": '$',
	"lowbar": '_', "hyphen": '-', "dash": '-', "lbrack": '[', "lsqb": '[', "rbrack": ']', "rsqb": ']', "lbrace": '{', "lcub": '{', "rbrace": '}',
	"rcub": '}', "lpar": '(', "rpar": ')', "vert": '|', "ast": '*', "Tab": '\t', "NewLine": '\n',
}

// longestEntity is that of &#0001114111; or &NewLine;.
const longestEntity = 12

func (r *reader) reduceEntity() bool {
	n := len(r.text)
	start := n - 2
	for least := max(0, n-longestEntity-1); start >= least && r.text[start] != '&'; start-- {
		if c := r.text[start]; !isDigit(c) && !isLetter(c) && c != '#' {
			return false
		}
	}
	if start < 0 || r.text[start] != '&' {
		return false
	}
	name := r.text[start+1 : n-1]
	c, ok := rune(0), false
	if len(name) > 1 && name[0] == '#' {
		c, ok = numeric(name[1:])
	} else {
		c, ok = entities[string(name)]
	}
	if ok {
		r.replace(n-start, c, inHTML)
	}
	return ok
}

// numeric is the character of 65 or x41.
func numeric(digits []byte) (c rune, ok bool) {
	base := rune(10)
	if digits[0]|0x20 == 'x' {
		base, digits = 16, digits[1:]
	}
	for _, d := range digits {
		if !isHex(d) || base == 10 && !isDigit(d) {
			return 0, false
		}
		if c = c*base + rune(unhex(d)); c > utf8.MaxRune {
			return 0, false
		}
	}
	return c, len(digits) > 0
}

// replace puts a character in the place of the last n bytes, in UTF-8. A half of a pair is written as if it were a character.
func (r *reader) replace(n int, c rune, more level) {
	var b [4]byte
	width := 0
	switch {
	case c >= 0xd800 && c < 0xe000:
		b[0], b[1], b[2] = 0xed, 0x80|byte(c>>6)&0x3f, 0x80|byte(c)&0x3f
		width = 3
	case c < utf8.RuneSelf:
		b[0], width = byte(c), 1
	default:
		width = utf8.EncodeRune(b[:], c)
	}
	r.put(n, b[:width], more)
}

func (r *reader) replaceByte(n int, c byte, more level) { r.put(n, []byte{c}, more) }

func (r *reader) put(n int, b []byte, more level) {
	from := len(r.text) - n
	deepest := level(0)
	for _, l := range r.levels[from:] {
		deepest = deepest.most(l)
	}
	deepest, at := deepest.plus(more), r.at[from]
	r.text, r.levels, r.at = append(r.text[:from], b...), r.levels[:from], r.at[:from]
	for range b {
		r.levels, r.at = append(r.levels, deepest), append(r.at, at)
	}
}
