package sensitive

import "unicode/utf8"

// What of base64 is looked at: RFC 4648, sections 4 and 5.
const (
	leastEncoded = 12 // characters
	leastDecoded = 8  // bytes of text
)

// base64Values are those of both alphabets, 64 for all other bytes.
var base64Values = func() (t [256]byte) {
	for c := range t {
		t[c] = 64
	}
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for i := range len(digits) {
		t[digits[i]] = byte(i)
	}
	t['-'], t['_'] = 62, 63
	return t
}()

// decodeAll finds what may be text in base64. Where it begins is not known where it stands behind characters that are of base64, too,
// such as the slashes of a path: so each of the four ways to read such a run is taken that one of them allows.
func decodeAll(text string, depth int) []encoded {
	var all []encoded
	for i := 0; i < len(text); {
		if base64Values[text[i]] == 64 {
			i++
			continue
		}
		end := i + 1
		starts := [4]bool{true}
		for end < len(text) && base64Values[text[end]] < 64 {
			if base64Values[text[end]] >= 62 {
				starts[(end+1-i)%4] = true
			}
			end++
		}
		if end-i >= leastEncoded {
			for k, is := range starts {
				if is {
					all = decodeRun(all, text, i+k, end, depth)
				}
			}
		}
		i = end
	}
	return all
}

// decodeRun decodes a run of base64, and takes note of what is text in it.
func decodeRun(all []encoded, text string, start, end, depth int) []encoded {
	decoded := make([]byte, 0, (end-start)/4*3+3)
	var bits, n uint32
	for i := start; i < end; i++ {
		bits, n = bits<<6|uint32(base64Values[text[i]]), n+6
		if n >= 8 {
			n -= 8
			decoded = append(decoded, byte(bits>>n))
		}
	}
	for i := 0; i < len(decoded); {
		length := textLength(decoded[i:])
		if length >= leastDecoded {
			e := encoded{start + i/3*4, min(end, start+(i+length+2)/3*4), analyseTo(string(decoded[i:i+length]), depth)}
			for e.end == end && end < len(text) && text[end] == '=' { // padding
				end++
				e.end++
			}
			all = append(all, e)
		}
		i += length + 1
	}
	return all
}

// textLength is how much of the beginning is text, in UTF-8.
func textLength(b []byte) int {
	for i := 0; i < len(b); {
		switch c := b[i]; {
		case c >= utf8.RuneSelf:
			r, width := utf8.DecodeRune(b[i:])
			if r == utf8.RuneError {
				return i
			}
			i += width
		case c < ' ' && !isSpace(c) || c == 0x7f:
			return i
		default:
			i++
		}
	}
	return len(b)
}
