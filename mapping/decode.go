package mapping

import (
	"encoding/base64"
	"strings"
)

// decoder undoes one kind of escaping. What is not escaped so stays as it is, and a
// text without any is not copied.
type decoder func(string) string

var decoders = map[string]decoder{
	"percent":   decodeHexAfter("%"),
	"plus":      func(s string) string { return strings.ReplaceAll(s, "+", " ") },
	"backslash": decodeBackslash,
	"hex":       decodeHexAfter(`\x`),
	"hash":      decodeHexAfter("#"), // HAProxy's
	"upper":     strings.ToUpper,
	"base64": func(s string) string {
		if text, ok := decodeBase64(s); ok {
			return text
		}
		return s
	},
}

// decodeHexAfter undoes a mark with two hexadecimal digits behind it.
func decodeHexAfter(mark string) decoder {
	return func(s string) string {
		i := strings.Index(s, mark)
		if i < 0 {
			return s
		}
		out := append(make([]byte, 0, len(s)), s[:i]...)
		for i < len(s) {
			if strings.HasPrefix(s[i:], mark) {
				if c, ok := hexDigits(s, i+len(mark), 2); ok {
					out = append(out, byte(c))
					i += len(mark) + 2
					continue
				}
			}
			out = append(out, s[i])
			i++
		}
		return view(out)
	}
}

// decodeBackslash undoes the escapes of nginx (\xHH) and Apache (\" \\ \n \t … \xhh).
// Sources: nginx, ngx_http_log_module, log_format; Apache, mod_log_config, "Format Notes".
func decodeBackslash(s string) string {
	i := strings.IndexByte(s, '\\')
	if i < 0 {
		return s
	}
	out := append(make([]byte, 0, len(s)), s[:i]...)
	for ; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			out = append(out, s[i])
			continue
		}
		i++
		switch c := s[i]; c {
		case '"', '\\', '\'', '/':
			out = append(out, c)
		case 'a', 'b', 't', 'n', 'v', 'f', 'r':
			out = append(out, "\a\b\t\n\v\f\r"[strings.IndexByte("abtnvfr", c)])
		case 'x':
			if b, ok := hexDigits(s, i+1, 2); ok {
				out = append(out, byte(b))
				i += 2
				continue
			}
			fallthrough
		default:
			out = append(out, '\\', c)
		}
	}
	return view(out)
}

func decodeBase64(s string) (string, bool) {
	decoded, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		s = strings.TrimRight(s, "=\r\n")
		if len(s)%4 == 1 {
			s = s[:len(s)-1] // cut within a byte
		}
		if decoded, err = base64.RawStdEncoding.DecodeString(s); err != nil {
			return "", false
		}
	}
	return view(decoded), true
}

// escapeURI encodes again what a log has decoded: % and all that would end a URI or
// its path. What stood for itself from the start can't be told apart any more.
func escapeURI(s string) string {
	const digits = "0123456789ABCDEF"
	plain := func(c byte) bool { return c > ' ' && c != '%' && c != '#' && c != 0x7f }
	i := 0
	for i < len(s) && plain(s[i]) {
		i++
	}
	if i == len(s) {
		return s
	}
	out := append(make([]byte, 0, len(s)+16), s[:i]...)
	for ; i < len(s); i++ {
		if c := s[i]; plain(c) {
			out = append(out, c)
		} else {
			out = append(out, '%', digits[c>>4], digits[c&15])
		}
	}
	return view(out)
}
