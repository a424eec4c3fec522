package send

import "unicode/utf8"

// Cut strings end with this, and keep minKept bytes at least.
const (
	ellipsis = "…"
	minKept  = 16
)

// shorten makes a JSON text fit into limit bytes by cutting its longest string
// values, so that the alert still arrives and is still JSON. ok is false if
// that is not enough.
func shorten(text string, limit int) (short string, ok bool) {
	if len(text) <= limit {
		return text, true
	}
	values := stringValues(text)
	for kept := limit / 2; kept >= minKept; kept /= 2 {
		size := len(text)
		for _, v := range values {
			if v.len() > kept {
				size -= v.len() - kept - len(ellipsis) // kept is at most what stays
			}
		}
		if size > limit {
			continue
		}
		out := make([]byte, 0, size)
		copied := 0
		for _, v := range values {
			if v.len() > kept {
				out = append(out, text[copied:v.start+boundary(text[v.start:v.end], kept)]...)
				out = append(out, ellipsis...)
				copied = v.end
			}
		}
		return string(append(out, text[copied:]...)), true
	}
	return "", false
}

// span is what stands between the quotes of a string.
type span struct{ start, end int }

func (s span) len() int { return s.end - s.start }

// stringValues finds the strings of a JSON text that are no keys.
func stringValues(text string) (values []span) {
	for i := 0; i < len(text); i++ {
		if text[i] != '"' {
			continue
		}
		s := span{start: i + 1}
		for i++; i < len(text) && text[i] != '"'; i++ {
			if text[i] == '\\' {
				i++
			}
		}
		if s.end = min(i, len(text)); i+1 < len(text) && text[i+1] == ':' {
			continue
		}
		values = append(values, s)
	}
	return values
}

// boundary is the greatest length up to limit that cuts no character or escape of
// a JSON string in two.
func boundary(s string, limit int) int {
	i := 0
	for i < len(s) {
		size := characterSize(s[i:])
		if i+size > limit {
			break
		}
		i += size
	}
	return i
}

// characterSize is how many bytes the first character or escape takes.
func characterSize(s string) int {
	switch {
	case s[0] != '\\':
		_, size := utf8.DecodeRuneInString(s)
		return size
	case len(s) < 2 || s[1] != 'u':
		return 2
	case len(s) >= 4 && s[2]|0x20 == 'd' && s[3] >= '8' && s[3]|0x20 <= 'b':
		return 12 // a surrogate pair
	default:
		return 6
	}
}
