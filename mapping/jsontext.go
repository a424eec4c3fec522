package mapping

import (
	"strconv"

	"github.com/tinylib/msgp/msgp"
)

// appendJSONText writes a msgpack value as JSON. Strings keep their bytes, UTF-8 or not. What is
// nested deeper than JSON is read becomes null.
func appendJSONText(dst []byte, r Record) []byte {
	dst, _ = appendJSONValue(dst, r, 0)
	return dst
}

// appendJSONValue writes the first value of b and returns what follows it, nil after a value that can't be read.
// It goes through the bytes once, however they are nested.
func appendJSONValue(dst, b []byte, depth int) (out, rest []byte) {
	if depth == MaxJSONDepth {
		rest, _ = skip(b)
		return append(dst, "null"...), rest
	}
	switch msgp.NextType(b) {
	case msgp.MapType:
		n, b, err := msgp.ReadMapHeaderBytes(b)
		dst = append(dst, '{')
		for i := uint32(0); err == nil && i < n && b != nil; i++ {
			if i > 0 {
				dst = append(dst, ',')
			}
			if key, rest, ok := readText(b); ok {
				dst, b = appendJSONString(dst, view(key)), rest
			} else { // a number as a key, or worse
				dst = append(dst, '"')
				dst, b = appendJSONValue(dst, b, MaxJSONDepth)
				dst = append(dst, '"')
			}
			dst = append(dst, ':')
			dst, b = appendJSONValue(dst, b, depth+1)
		}
		return append(dst, '}'), b
	case msgp.ArrayType:
		n, b, err := msgp.ReadArrayHeaderBytes(b)
		dst = append(dst, '[')
		for i := uint32(0); err == nil && i < n && b != nil; i++ {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst, b = appendJSONValue(dst, b, depth+1)
		}
		return append(dst, ']'), b
	}
	rest, err := skip(b)
	if err != nil {
		return append(dst, "null"...), nil
	}
	value := Record(b[:len(b)-len(rest)])
	s, ok := value.text()
	switch t := msgp.NextType(b); {
	case t == msgp.StrType || t == msgp.BinType:
		return appendJSONString(dst, s), rest
	case ok:
		return append(dst, s...), rest
	}
	return append(dst, "null"...), rest
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
