package mapping

import (
	"strconv"

	"github.com/tinylib/msgp/msgp"
)

// text is a value as the text that HTTP would have: strings and binary byte
// for byte, numbers in decimal, booleans as words. Nil, arrays, maps and
// extensions are no text.
func (r Record) text() (string, bool) {
	b := []byte(r)
	switch msgp.NextType(b) {
	case msgp.StrType, msgp.BinType:
		v, _, ok := readText(b)
		return view(v), ok
	case msgp.IntType:
		v, _, err := msgp.ReadInt64Bytes(b)
		return strconv.FormatInt(v, 10), err == nil
	case msgp.UintType:
		v, _, err := msgp.ReadUint64Bytes(b)
		return strconv.FormatUint(v, 10), err == nil
	case msgp.Float32Type, msgp.Float64Type:
		v, _, err := msgp.ReadFloat64Bytes(b)
		return strconv.FormatFloat(v, 'f', -1, 64), err == nil
	case msgp.BoolType:
		v, _, err := msgp.ReadBoolBytes(b)
		return strconv.FormatBool(v), err == nil
	default:
		return "", false
	}
}

// Text is the text of the value under an accessor; false when the field is
// missing or no scalar.
func (r Record) Text(a Accessor) (string, bool) {
	v, ok := r.Lookup(a)
	if !ok {
		return "", false
	}
	return v.text()
}

func isMap(r Record) bool   { return msgp.NextType(r) == msgp.MapType }
func isArray(r Record) bool { return msgp.NextType(r) == msgp.ArrayType }
func isNil(r Record) bool   { return msgp.NextType(r) == msgp.NilType }

// eachElement calls visit with the elements of an array; false when it is none.
func eachElement(r Record, visit func(Record)) bool {
	if !isArray(r) {
		return false
	}
	n, b, err := msgp.ReadArrayHeaderBytes(r)
	for ; err == nil && n > 0; n-- {
		var rest []byte
		if rest, err = skip(b); err == nil {
			visit(Record(b[:len(b)-len(rest)]))
			b = rest
		}
	}
	return err == nil
}

// element is the first or last element of an array, and any other value itself.
func element(r Record, which pick) Record {
	if !isArray(r) {
		return r
	}
	var found Record
	eachElement(r, func(e Record) {
		if found == nil || which == pickLast {
			found = e
		}
	})
	return found
}
