package textmatch

import "strings"

// ContainsWord reports whether a text is in another with no letter before and behind it, as ModSecurity's operator of
// that name does.
func ContainsWord(value, word string) bool {
	if word == "" {
		return true
	}
	for from := 0; ; {
		i := strings.Index(value[from:], word)
		if i < 0 {
			return false
		}
		start := from + i
		end := start + len(word)
		if (start == 0 || !isLetter(value[start-1])) && (end == len(value) || !isLetter(value[end])) {
			return true
		}
		from = start + 1
	}
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
