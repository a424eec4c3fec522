package transform

import (
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf8"
)

// isSpace is C's isspace.
func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

// nextSpace is where, from i on, the first byte is that is ASCII white space or not ASCII; the length if there is none.
func nextSpace(s string, i int) int {
	for {
		for i+8 <= len(s) {
			w := eight(s, i)
			if (w|(w-('!'*ones)))&highs != 0 { // a byte below ! borrows
				break
			}
			i += 8
		}
		for end := min(i+8, len(s)); i < end; i++ {
			if isSpace(s[i]) || s[i] >= utf8.RuneSelf {
				return i
			}
		}
		if i == len(s) {
			return i
		}
	}
}

// hasSpace: there is white space of Unicode.
func hasSpace(s string) bool {
	for i := nextSpace(s, 0); i < len(s); i = nextSpace(s, i) {
		r, size := utf8.DecodeRuneInString(s[i:])
		if unicode.IsSpace(r) {
			return true
		}
		i += size
	}
	return false
}

// compressWhitespace makes one space of each run of white space: ASCII's, U+0085, U+00A0, and a byte 0xA0 that is no
// part of UTF-8.
func compressWhitespace(mem *Memory, s string) string {
	for i := nextSpace(s, 0); i < len(s); i = nextSpace(s, i) {
		size, space := latinSpace(s, i)
		if space && (s[i] != ' ' || i > 0 && s[i-1] == ' ') {
			return compressFrom(mem, s, i)
		}
		i += size
	}
	return s
}

// compressFrom is compressWhitespace of a value that stays as it is up to i.
func compressFrom(mem *Memory, s string, i int) string {
	b := mem.bytes(len(s))
	b = append(b, s[:i]...)
	after := i > 0 && s[i-1] == ' '
	for i < len(s) {
		size, space := latinSpace(s, i)
		switch {
		case !space:
			b = append(b, s[i:i+size]...)
		case !after:
			b = append(b, ' ')
		}
		after = space
		i += size
	}
	return textOf(b)
}

// latinSpace is the size of the character at i, and whether compressWhitespace takes it for white space.
func latinSpace(s string, i int) (size int, space bool) {
	if c := s[i]; c < utf8.RuneSelf {
		return 1, isSpace(c)
	}
	r, size := utf8.DecodeRuneInString(s[i:])
	return size, r == 0x85 || r == 0xa0 || s[i] == 0xa0
}

// removeWhitespace removes white space of Unicode; of bytes that aren't UTF-8 each becomes U+FFFD.
func removeWhitespace(mem *Memory, s string) string {
	for i := nextSpace(s, 0); i < len(s); i = nextSpace(s, i) {
		r, size := utf8.DecodeRuneInString(s[i:])
		if unicode.IsSpace(r) || r == utf8.RuneError && size == 1 {
			return removeSpacesFrom(mem, s, i)
		}
		i += size
	}
	return s
}

// removeSpacesFrom is removeWhitespace of a value that stays as it is up to i.
func removeSpacesFrom(mem *Memory, s string, i int) string {
	size := len(s)
	if !utf8.ValidString(s[i:]) {
		size = i
		for _, r := range s[i:] {
			size += utf8.RuneLen(r)
		}
	}
	b := mem.bytes(size)
	b = append(b, s[:i]...)
	for _, r := range s[i:] {
		switch {
		case r >= utf8.RuneSelf:
			if !unicode.IsSpace(r) {
				b = utf8.AppendRune(b, r)
			}
		case !isSpace(byte(r)):
			b = append(b, byte(r))
		}
	}
	return textOf(b)
}

// mapRunes changes each character, and flips the case of ASCII's from the first letter on; of bytes that aren't UTF-8 each is U+FFFD.
func mapRunes(mem *Memory, s string, first byte, to func(rune) rune) string {
	var b []byte // nil as long as nothing is changed
	for i := 0; i < len(s); {
		r, size := rune(s[i]), 1
		m := r
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[i:])
			m = to(r)
		} else if s[i]-first < 26 {
			m ^= 0x20
		}
		if b == nil && (m != r || r == utf8.RuneError && size == 1) {
			room := len(s) + utf8.UTFMax
			if !utf8.ValidString(s[i:]) {
				room = utf8.RuneLen(utf8.RuneError) * len(s)
			}
			b = append(mem.bytes(room), s[:i]...)
		}
		if b != nil {
			b = utf8.AppendRune(b, m)
		}
		i += size
	}
	if b == nil {
		return s
	}
	return textOf(b)
}

// lowercase knows Unicode; if there are letters that aren't ASCII, bytes that aren't UTF-8 become U+FFFD.
func lowercase(mem *Memory, s string) string { return changeCase(mem, s, 'A', unicode.ToLower) }

// uppercase is like lowercase.
func uppercase(mem *Memory, s string) string { return changeCase(mem, s, 'a', unicode.ToUpper) }

// changeCase changes the case of 26 ASCII letters by flipping a bit, with to for a value that isn't ASCII.
func changeCase(mem *Memory, s string, first byte, to func(rune) rune) string {
	// Added to an ASCII byte, from sets the high bit if it is the first letter or beyond, past if it is beyond the last.
	from, past := uint64(0x80-first)*ones, uint64(0x80-first-26)*ones
	var high, letters uint64
	i := 0
	for ; i+8 <= len(s); i += 8 {
		w := eight(s, i)
		high |= w
		w &^= highs
		letters |= (w + from) &^ (w + past)
	}
	for ; i < len(s); i++ {
		c := s[i]
		high |= uint64(c)
		if c-first < 26 {
			letters = highs
		}
	}
	if high&highs != 0 {
		return mapRunes(mem, s, first, to)
	}
	if letters&highs == 0 {
		return s
	}
	b := mem.filled(len(s))
	for i = 0; i+8 <= len(s); i += 8 {
		w := eight(s, i)
		binary.LittleEndian.PutUint64(b[i:], w^((w+from)&^(w+past)&highs)>>2)
	}
	for ; i < len(s); i++ {
		c := s[i]
		if c-first < 26 {
			c ^= 0x20
		}
		b[i] = c
	}
	return textOf(b)
}

func removeNulls(mem *Memory, s string) string { return replaceNull(mem, s, "") }

func replaceNulls(mem *Memory, s string) string { return replaceNull(mem, s, " ") }

func replaceNull(_ *Memory, s, with string) string {
	if strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(s, "\x00", with)
}

func trim(mem *Memory, s string) string { return trimRight(mem, trimLeft(mem, s)) }

func trimLeft(_ *Memory, s string) string {
	for s != "" && isSpace(s[0]) {
		s = s[1:]
	}
	return s
}

func trimRight(_ *Memory, s string) string {
	for s != "" && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// What cmdLine does with a byte.
const (
	keep    = iota
	letter  // goes to lower case
	remove  // what shells drop: quotes, backslash, caret
	blank   // becomes a space, and a run of them only one
	noBlank // the space before it goes
)

var cmdLineByte = func() (table [256]byte) {
	for c := 'A'; c <= 'Z'; c++ {
		table[c] = letter
	}
	for class, bytes := range map[byte]string{remove: "\"'\\^", blank: " ,;\t\r\n", noBlank: "/("} {
		for _, c := range []byte(bytes) {
			table[c] = class
		}
	}
	return table
}()

// cmdLine brings a command line, of Windows or Unix, into one form.
func cmdLine(mem *Memory, s string) string {
	start := 0
	for ; start < len(s); start++ {
		class := cmdLineByte[s[start]]
		if class == keep {
			continue
		}
		after := start > 0 && s[start-1] == ' '
		if class == letter || class == remove || class == blank && (after || s[start] != ' ') || class == noBlank && after {
			break
		}
	}
	if start == len(s) {
		return s
	}
	b := mem.filled(len(s))
	n := copy(b, s[:start])
	after := n > 0 && b[n-1] == ' '
	for i := start; i < len(s); i++ {
		c := s[i]
		switch cmdLineByte[c] {
		case remove:
			continue
		case blank:
			if after {
				continue
			}
			c = ' '
			after = true
		case noBlank:
			if after {
				n--
			}
			after = false
		case letter:
			c += 'a' - 'A'
			after = false
		default:
			after = false
		}
		b[n] = c
		n++
	}
	return textOf(b[:n])
}
