package alert

import (
	"slices"
	"strings"
	"unicode/utf8"

	jsoniter "github.com/json-iterator/go"
	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/engine"
)

// object is a map whose keys keep their order. Its values are strings, ints, int64s, float64s, bools, objects, and
// lists of strings, objects or matches.
type object []member

type member struct {
	key   string
	value any
}

// set adds a member, whatever its value.
func (o *object) set(key string, value any) { *o = append(*o, member{key, value}) }

// add adds a member unless it says nothing: "", 0, an empty object or list.
func (o *object) add(key string, value any) {
	empty := false
	switch v := value.(type) {
	case string:
		empty = v == ""
	case int:
		empty = v == 0
	case float64:
		empty = v == 0
	case []string:
		empty = len(v) == 0
	case object:
		empty = len(v) == 0
	case []object:
		empty = len(v) == 0
	case []engine.Match:
		empty = len(v) == 0
	}
	if !empty {
		o.set(key, value)
	}
}

// with is an object of one member, or of none if that says nothing.
func with(key string, value any) (o object) {
	o.add(key, value)
	return o
}

// without is the object but for one key.
func (o object) without(key string) object {
	return slices.DeleteFunc(slices.Clone(o), func(m member) bool { return m.key == key })
}

// appendMsgpack appends the object as a map; bytes that are not UTF-8 stay as they are.
func (o object) appendMsgpack(dst []byte) []byte {
	dst = msgp.AppendMapHeader(dst, uint32(len(o)))
	for _, m := range o {
		dst = msgp.AppendString(dst, m.key)
		dst = appendValue(dst, m.value)
	}
	return dst
}

func appendValue(dst []byte, value any) []byte {
	switch v := value.(type) {
	case string:
		return msgp.AppendString(dst, v)
	case int:
		return msgp.AppendInt(dst, v)
	case int64:
		return msgp.AppendInt64(dst, v)
	case float64:
		return msgp.AppendFloat64(dst, v)
	case bool:
		return msgp.AppendBool(dst, v)
	case object:
		return v.appendMsgpack(dst)
	case []string:
		dst = msgp.AppendArrayHeader(dst, uint32(len(v)))
		for _, s := range v {
			dst = msgp.AppendString(dst, s)
		}
	case []object:
		dst = msgp.AppendArrayHeader(dst, uint32(len(v)))
		for _, o := range v {
			dst = o.appendMsgpack(dst)
		}
	case []engine.Match:
		dst = msgp.AppendArrayHeader(dst, uint32(len(v)))
		for i := range v {
			dst = matchObject(&v[i]).appendMsgpack(dst)
		}
	}
	return dst
}

func matchObject(m *engine.Match) object {
	o := object{
		{"id", m.RuleID}, {"msg", m.Message}, {"severity", severity(m.Severity)}, {"variable", m.Variable}, {"value", m.Value},
	}
	o.add("data", m.Data)
	o.set("tags", m.Tags)
	return o
}

var jsonAPI = jsoniter.Config{}.Froze()

// JSON is the object in valid UTF-8; other bytes become U+FFFD.
func (o object) JSON() []byte {
	text, _ := o.jsonWith(0)
	return text
}

// jsonWith is JSON, and where in it the first members end, of which there are so many.
func (o object) jsonWith(first int) (text []byte, end int) {
	s := jsonAPI.BorrowStream(nil)
	defer jsonAPI.ReturnStream(s)
	writeObject(s, o, func(i int) {
		if i == first {
			end = s.Buffered()
		}
	})
	return append([]byte(nil), s.Buffer()...), end
}

// writeObject writes an object, and calls before with the number of each member.
func writeObject(s *jsoniter.Stream, o object, before func(i int)) {
	s.WriteObjectStart()
	for i, m := range o {
		before(i)
		if i > 0 {
			s.WriteMore()
		}
		writeString(s, m.key)
		s.WriteRaw(":")
		writeValue(s, m.value)
	}
	s.WriteObjectEnd()
}

func writeValue(s *jsoniter.Stream, value any) {
	switch v := value.(type) {
	case string:
		writeString(s, v)
	case int:
		s.WriteInt(v)
	case int64:
		s.WriteInt64(v)
	case float64:
		s.WriteFloat64(v)
	case bool:
		s.WriteBool(v)
	case object:
		writeObject(s, v, func(int) {})
	case []string:
		writeList(s, len(v), func(i int) { writeString(s, v[i]) })
	case []object:
		writeList(s, len(v), func(i int) { writeValue(s, v[i]) })
	case []engine.Match:
		writeList(s, len(v), func(i int) { writeValue(s, matchObject(&v[i])) })
	}
}

func writeList(s *jsoniter.Stream, n int, write func(int)) {
	s.WriteArrayStart()
	for i := range n {
		if i > 0 {
			s.WriteMore()
		}
		write(i)
	}
	s.WriteArrayEnd()
}

func writeString(s *jsoniter.Stream, v string) {
	if !utf8.ValidString(v) {
		v = strings.ToValidUTF8(v, "\ufffd")
	}
	s.WriteString(v)
}
