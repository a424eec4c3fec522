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
