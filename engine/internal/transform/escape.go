package transform

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// jsDecode decodes JavaScript's \u{H} (1 to 6 digits), \uHHHH, \xHH, \O to \OOO (up to \377) and \n; of another
// character that is escaped, that character stays. Code points are cut to their low byte, full width forms become
// ASCII. A backslash that ends the value stays.
func jsDecode(mem *Memory, s string) string { return unescape(mem, s, jsEscape) }

// unescape replaces each backslash and what it escapes by the byte that escape returns for what follows the backslash,
// and for how much of it.
func unescape(mem *Memory, s string, escape func(string) (b byte, size int)) string {
	start := strings.IndexByte(s, '\\')
	if start < 0 || start == len(s)-1 {
		return s
	}
	b := mem.filled(len(s))
	n := copy(b, s[:start])
	for i := start; i < len(s); n++ {
		if s[i] != '\\' || i+1 == len(s) {
			b[n] = s[i]
			i++
			continue
		}
		var size int
		b[n], size = escape(s[i+1:])
		i += 1 + size
	}
	return textOf(b[:n])
}

// jsEscape is the byte for what follows a backslash, and how long that is.
func jsEscape(s string) (byte, int) {
	c := s[0]
	switch {
	case c == 'u':
		if code, digits := jsBraced(s); digits > 0 {
			return narrow(code), digits + len("u{}")
		}
		high, ok := hexByte(s, 1)
		low, ok2 := hexByte(s, 3)
		if ok && ok2 {
			return narrow(int(high)<<8 | int(low)), 5
		}
	case c == 'x':
		if b, ok := hexByte(s, 1); ok {
			return b, 3
		}
	case isOctal(c):
		digits := 2
		if c <= '3' {
			digits = 3 // more would not fit in a byte
		}
		value, size := octal(s, digits)
		return byte(value), size
	}
	if control := controlOf[c]; control != 0 {
		return control, 1
	}
	return c, 1
}

// jsBraced is the code point of u{H}, and its digits, 0 if there is none.
func jsBraced(s string) (code, digits int) {
	if len(s) < 2 || s[1] != '{' {
		return 0, 0
	}
	for i := 2; i < len(s); i++ {
		v := hexValue[s[i]]
		if v == notHex {
			if s[i] == '}' {
				return code, digits
			}
			break
		}
		if digits++; digits > 6 {
			break
		}
		code = code<<4 | int(v)
	}
	return 0, 0
}

// narrow is a code point's low byte, or the ASCII character of a full width form.
func narrow(code int) byte {
	if 0xff01 <= code && code <= 0xff5e {
		return byte(code) + 0x20
	}
	return byte(code)
}

// controlOf is the control character that C and JavaScript write as a backslash and this letter.
var controlOf = [256]byte{'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v'}

func isOctal(c byte) bool { return '0' <= c && c <= '7' }

// octal is the value of the octal digits that s begins with, at most that many.
func octal(s string, digits int) (value, size int) {
	for size < len(s) && size < digits && isOctal(s[size]) {
		value = value<<3 | int(s[size]-'0')
		size++
	}
	return value, size
}

// escapeSeqDecode decodes ANSI C's escapes: \n, \xHH or \XHH, \O to \OOO (cut to the low byte); of another character
// that is escaped, that character stays. A backslash that ends the value stays.
func escapeSeqDecode(mem *Memory, s string) string { return unescape(mem, s, ansiEscape) }

// ansiEscape is the byte for what follows a backslash, and how long that is.
func ansiEscape(s string) (byte, int) {
	c := s[0]
	if control := controlOf[c]; control != 0 {
		return control, 1
	}
	if b, ok := hexByte(s, 1); ok && c|0x20 == 'x' {
		return b, 3
	}
	if isOctal(c) {
		value, size := octal(s, 3)
		return byte(value), size
	}
	return c, 1
}

// cssDecode decodes CSS's escapes: a backslash and 1 to 6 hexadecimal digits are a code point, one white space behind
// them is part of them; full width forms become ASCII. A backslash before a line's end takes the end away, one before
// another character or at the end of the value only itself.
func cssDecode(mem *Memory, s string) string {
	start := strings.IndexByte(s, '\\')
	if start < 0 {
		return s
	}
	// Only \0, which is U+FFFD, has an encoding that is longer than the escape.
	b := mem.bytes(len(s) + strings.Count(s[start:], `\0`))
	b = append(b, s[:start]...)
	for i := start; i < len(s); {
		if s[i] != '\\' {
			b = append(b, s[i])
			i++
			continue
		}
		if i++; i == len(s) {
			break
		}
		code, digits := rune(0), 0
		for digits < 6 && i+digits < len(s) && hexValue[s[i+digits]] != notHex {
			code = code<<4 | rune(hexValue[s[i+digits]])
			digits++
		}
		if digits == 0 {
			if s[i] != '\n' {
				b = append(b, s[i])
			}
			i++
			continue
		}
		switch {
		case code == 0:
			code = utf8.RuneError
		case 0xff01 <= code && code <= 0xff5e:
			code -= 0xfee0
		}
		b = utf8.AppendRune(b, code)
		if i += digits; i < len(s) && isSpace(s[i]) {
			i++
		}
	}
	return textOf(b)
}

// htmlEntityDecode decodes character references. It asks the library that Coraza asks, in the same version, so that
// both know the same 2,231 names; only a value that has none of them does not get there.
func htmlEntityDecode(_ *Memory, s string) string {
	for i := 0; ; {
		next := strings.IndexByte(s[i:], '&')
		if next < 0 {
			return s
		}
		i += next + 1
		if mayBeReference(s[i:]) {
			if after := html.UnescapeString(s); after != s {
				return after
			}
			return s
		}
	}
}

// mayBeReference: what follows an ampersand may make a reference of it.
func mayBeReference(s string) bool {
	if s == "" {
		return false
	}
	if s[0] == '#' {
		s = s[1:]
		if s != "" && s[0]|0x20 == 'x' {
			s = s[1:]
		}
		return s != "" && hexValue[s[0]] != notHex
	}
	n := 0
	for n < len(s) && ('a' <= s[n] && s[n] <= 'z' || 'A' <= s[n] && s[n] <= 'Z' || '0' <= s[n] && s[n] <= '9') {
		n++
	}
	if n < len(s) && s[n] == ';' {
		return n > 0
	}
	for end := 2; end <= min(n, 6); end++ {
		if isOpenReference(s[:end]) {
			return true
		}
	}
	return false
}

// isOpenReference: the name of a character that HTML knows without a semicolon too, and then also as the beginning of
// a longer word (the HTML standard, 13.5).
func isOpenReference(name string) bool {
	switch name {
	case "AElig", "AMP", "Aacute", "Acirc", "Agrave", "Aring", "Atilde", "Auml", "COPY", "Ccedil", "ETH", "Eacute",
		"Ecirc", "Egrave", "Euml", "GT", "Iacute", "Icirc", "Igrave", "Iuml", "LT", "Ntilde", "Oacute", "Ocirc",
		"Ograve", "Oslash", "Otilde", "Ouml", "QUOT", "REG", "THORN", "Uacute", "Ucirc", "Ugrave", "Uuml", "Yacute",
		"aacute", "acirc", "acute", "aelig", "agrave", "amp", "aring", "atilde", "auml", "brvbar", "ccedil", "cedil",
		"cent", "copy", "curren", "deg", "divide", "eacute", "ecirc", "egrave", "eth", "euml", "frac12", "frac14",
		"frac34", "gt", "iacute", "icirc", "iexcl", "igrave", "iquest", "iuml", "laquo", "lt", "macr", "micro",
		"middot", "nbsp", "not", "ntilde", "oacute", "ocirc", "ograve", "ordf", "ordm", "oslash", "otilde", "ouml",
		"para", "plusmn", "pound", "quot", "raquo", "reg", "sect", "shy", "sup1", "sup2", "sup3", "szlig", "thorn",
		"times", "uacute", "ucirc", "ugrave", "uml", "uuml", "yacute", "yen", "yuml":
		return true
	}
	return false
}
