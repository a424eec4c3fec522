package mapping

import (
	"strconv"

	"github.com/tinylib/msgp/msgp"
)

// appendJSONText writes a msgpack value as JSON. Strings keep their bytes, UTF-8 or not.
func appendJSONText(dst []byte, r Record) []byte {
	switch {
	case isMap(r):
		dst = append(dst, '{')
		n := 0
		_ = r.fields(func(key []byte, value Record) {
			if n++; n > 1 {
				dst = append(dst, ',')
			}
			dst = append(appendJSONString(dst, view(key)), ':')
			dst = appendJSONText(dst, value)
		})
		return append(dst, '}')
	case isArray(r):
		dst = append(dst, '[')
		n := 0
		eachElement(r, func(e Record) {
			if n++; n > 1 {
				dst = append(dst, ',')
			}
			dst = appendJSONText(dst, e)
		})
		return append(dst, ']')
	}
	switch msgp.NextType(r) {
	case msgp.StrType, msgp.BinType:
		s, _ := r.text()
		return appendJSONString(dst, s)
	}
	if s, ok := r.text(); ok {
		return append(dst, s...)
	}
	return append(dst, "null"...)
}

func appendJSONString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for _, c := range []byte(s) {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < 0x20:
			dst = append(dst, `\u00`...)
			if c < 0x10 {
				dst = append(dst, '0')
			}
			dst = strconv.AppendUint(dst, uint64(c), 16)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
