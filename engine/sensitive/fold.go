package sensitive

import (
	"unicode"
	"unicode/utf8"
)

// folded is the ASCII digit, dash or space that a character stands for in a number, 0 for none: full-width digits of East Asia and those of
// other scripts, dashes of typography, and spaces that don't break.
func folded(r rune) byte {
	switch {
	case r < 0xa0 || r > 0x3000 && r < 0xa620: // none of CJK is one
		return 0
	case r == 0xa0, r >= 0x2002 && r <= 0x200a, r == 0x202f, r == 0x205f, r == 0x3000:
		return ' '
	case r >= 0x2010 && r <= 0x2015, r == 0x2212, r == 0xff0d, r == 0xfe63:
		return '-'
	case r < 0x660:
		return 0
	}
	for _, t := range unicode.Nd.R16 { // Nd has digits in tens
		if lo, hi := rune(t.Lo), rune(t.Hi); r >= lo && r <= hi {
			return byte('0' + (r-lo)%10)
		}
	}
	for _, t := range unicode.Nd.R32 {
		if lo, hi := rune(t.Lo), rune(t.Hi); r >= lo && r <= hi {
			return byte('0' + (r-lo)%10)
		}
	}
	return 0
}

// foldedMark is the colon or equals sign that a full-width or small one stands for, and what folded is of all others.
func foldedMark(r rune) byte {
	switch r {
	case 0xff1a, 0xfe55:
		return ':'
	case 0xff1d, 0xfe66:
		return '='
	}
	return folded(r)
}

// firstFolded is where the first character is that stands for an ASCII one, -1 for nowhere.
func firstFolded(text string, fold func(rune) byte) int {
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, width := utf8.DecodeRuneInString(text[i:])
		if r != utf8.RuneError && fold(r) != 0 {
			return i
		}
		i += width
	}
	return -1
}

// asRead is a text as rules search it: as it is, unless digits in it are written in another way. Find itself knows the escapes that stand
// around values.
func asRead(text string) string {
	if firstFolded(text, folded) >= 0 || hasEscapedDigit(text) {
		return undo(text).text
	}
	return text
}

// hasEscapedDigit reports whether a text has what may be an escaped digit: %31, \u0031 or &#49;, or one of another script.
func hasEscapedDigit(text string) bool {
	for i := 0; i+2 < len(text); i++ {
		switch text[i] {
		case '%':
			if text[i+1] == '3' && isDigit(text[i+2]) || text[i+1] >= 'C' && isLetter(text[i+1]) {
				return true
			}
		case '\\':
			if text[i+1] == 'u' {
				return true
			}
		case '&':
			if text[i+1] == '#' {
				return true
			}
		}
	}
	return false
}
