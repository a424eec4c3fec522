package mapping

import (
	"errors"
	"fmt"
	"strings"
	"unsafe"

	"github.com/tinylib/msgp/msgp"
)

// Record is a read-only view of one log record: the bytes of a msgpack map.
// Nothing is decoded before it is asked for, and no byte is changed or copied,
// so the bytes must not change while the record, or any string got from it, is
// in use.
type Record []byte

// ErrNotMap says that an event's body is not a map.
var ErrNotMap = errors.New("record is not a map")

// fields calls visit with every top-level key that is a string, and its value
// in msgpack, in the record's order. Keys of other types are passed over.
func (r Record) fields(visit func(key []byte, value Record)) error {
	b := []byte(r)
	if msgp.NextType(b) != msgp.MapType {
		return ErrNotMap
	}
	n, b, err := msgp.ReadMapHeaderBytes(b)
	if err != nil {
		return fmt.Errorf("cannot read map header: %w", err)
	}
	for i := uint32(0); i < n; i++ {
		key, rest, ok := readText(b)
		if !ok {
			if rest, err = skip(b); err != nil {
				return fmt.Errorf("cannot read key %d of %d: %w", i+1, n, err)
			}
		}
		end, err := skip(rest)
		if err != nil {
			return fmt.Errorf("cannot read value of key %q: %w", clip(key), err)
		}
		if ok {
			visit(key, Record(rest[:len(rest)-len(end)]))
		}
		b = end
	}
	return nil
}

// has reports whether a value is a part of the record, and not of another one that was read before.
func (r Record) has(value Record) bool {
	begin, at := uintptr(unsafe.Pointer(unsafe.SliceData(r))), uintptr(unsafe.Pointer(unsafe.SliceData(value)))
	return begin < at && at < begin+uintptr(len(r))
}

// Lookup finds the value under an accessor: one msgpack value of any type. Of
// duplicate keys the last one counts, as in Fluent Bit.
func (r Record) Lookup(a Accessor) (Record, bool) {
	found, _, ok := r.member(a.key)
	if !ok {
		return nil, false
	}
	return found.descend(a.path, nil)
}

// member is the value of a key, and the one before it if the key is there twice.
func (r Record) member(name string) (found, earlier Record, ok bool) {
	err := r.fields(func(key []byte, value Record) {
		if string(key) == name {
			found, earlier, ok = value, found, true
		}
	})
	return found, earlier, ok && err == nil
}

// descend follows the rest of an accessor into a value. tx, which may be nil, keeps what keys that are there twice have
// beside the last value.
func (r Record) descend(path []step, tx *Transaction) (Record, bool) {
	for _, s := range path {
		var ok bool
		switch {
		case s.key == "":
			r, ok = r.element(s.index)
		case isArray(r):
			r, ok = pairOf(r, s.key)
		default:
			var earlier Record
			if r, earlier, ok = r.member(s.key); earlier != nil && tx != nil {
				tx.note([]byte(s.key), earlier, r)
			}
		}
		if !ok {
			return nil, false
		}
	}
	return r, true
}

// pairOf is the value of the element with that name in a list of {key: …, value: …}, the form
// of attributes in OTLP's JSON, where the value is {stringValue: …}; or in a list of name=value, as Cilium has labels.
func pairOf(list Record, name string) (Record, bool) {
	var found Record
	eachElement(list, func(e Record) {
		if n, v, ok := pair(e); ok && n == name {
			found = v
		} else if s, ok := e.text(); ok {
			if value, ok := strings.CutPrefix(s, name); ok && strings.HasPrefix(value, "=") {
				found = msgp.AppendString(nil, value[1:])
			}
		}
	})
	return otlpValue(found), found != nil
}

// otlpValue is the value in OTLP's {stringValue: …}, the list in {arrayValue: {values: …}}, and that of pairs in
// {kvlistValue: {values: …}}; any other value is itself.
func otlpValue(v Record) Record {
	if !isMap(v) {
		return v
	}
	inner, n := v, 0
	_ = v.fields(func(key []byte, value Record) {
		n++
		switch string(key) {
		case "stringValue", "intValue", "doubleValue", "boolValue", "bytesValue":
			inner = value
		case "arrayValue", "kvlistValue":
			if list, ok := value.Lookup(Accessor{key: "values"}); ok {
				inner = list
			}
		}
	})
	if n != 1 {
		return v
	}
	return inner
}

// element is the value at an index of an array.
func (r Record) element(index int) (Record, bool) {
	b := []byte(r)
	if msgp.NextType(b) != msgp.ArrayType {
		return nil, false
	}
	n, b, err := msgp.ReadArrayHeaderBytes(b)
	if err != nil || uint64(index) >= uint64(n) {
		return nil, false
	}
	for range index {
		if b, err = skip(b); err != nil {
			return nil, false
		}
	}
	end, err := skip(b)
	if err != nil {
		return nil, false
	}
	return Record(b[:len(b)-len(end)]), true
}

// skip is msgp.Skip, with a short way for the values that logs have most.
func skip(b []byte) ([]byte, error) {
	if len(b) > 1 {
		n := 0
		switch c := b[0]; {
		case c>>5 == 0b101: // fixstr
			n = 1 + int(c&0x1f)
		case c == 0xd9: // str 8
			n = 2 + int(b[1])
		}
		if n > 0 && n <= len(b) {
			return b[n:], nil
		}
	}
	return msgp.Skip(b)
}

// readText reads a string or binary value without a copy.
func readText(b []byte) (text, rest []byte, ok bool) {
	if len(b) > 0 && b[0]>>5 == 0b101 { // fixstr
		if n := 1 + int(b[0]&0x1f); n <= len(b) {
			return b[1:n], b[n:], true
		}
	}
	var err error
	switch msgp.NextType(b) {
	case msgp.StrType:
		text, rest, err = msgp.ReadStringZC(b)
	case msgp.BinType:
		text, rest, err = msgp.ReadBytesZC(b)
	default:
		return nil, b, false
	}
	return text, rest, err == nil
}

// view is the bytes as a string, without a copy. See Record for what that asks of the caller.
func view(b []byte) string {
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// clip keeps error messages short, whatever a record holds.
func clip(b []byte) []byte {
	const most = 64
	if len(b) > most {
		return b[:most]
	}
	return b
}
