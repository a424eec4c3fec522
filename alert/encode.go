package alert

import (
	"encoding/binary"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	jsoniter "github.com/json-iterator/go"
	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/engine"
)

// AppendEvent appends the alert as an event of Fluent Bit, [[time, {}], {…}].
// rawTime is the time of the record's event in msgpack. Under textKey, unless it
// is empty, stands the whole alert as one JSON string. Bytes that are not UTF-8 stay
// as they are, but in the JSON string, where they become U+FFFD.
func (a *Alert) AppendEvent(dst, rawTime []byte, textKey string) []byte {
	dst = msgp.AppendArrayHeader(dst, 2)
	dst = msgp.AppendArrayHeader(dst, 2)
	dst = append(dst, rawTime...)
	dst = msgp.AppendMapHeader(dst, 0)

	n := uint32(0)
	a.each(func(string, any) { n++ })
	if textKey != "" {
		n++
	}
	dst = msgp.AppendMapHeader(dst, n)
	a.each(func(key string, value any) {
		dst = msgp.AppendString(dst, key)
		switch v := value.(type) {
		case string:
			dst = msgp.AppendString(dst, v)
		case int:
			dst = msgp.AppendInt(dst, v)
		case []string:
			dst = appendStrings(dst, v)
		case []engine.Match:
			dst = msgp.AppendArrayHeader(dst, uint32(len(v)))
			for i := range v {
				dst = appendMatch(dst, &v[i])
			}
		}
	})
	if textKey != "" {
		dst = msgp.AppendString(dst, textKey)
		dst = msgp.AppendStringFromBytes(dst, a.JSON())
	}
	return dst
}

func appendMatch(dst []byte, m *engine.Match) []byte {
	n := uint32(6)
	if m.Data != "" {
		n++
	}
	dst = msgp.AppendMapHeader(dst, n)
	dst = msgp.AppendString(dst, "id")
	dst = msgp.AppendInt(dst, m.RuleID)
	dst = msgp.AppendString(dst, "msg")
	dst = msgp.AppendString(dst, m.Message)
	dst = msgp.AppendString(dst, "severity")
	dst = msgp.AppendInt(dst, severity(m.Severity))
	dst = msgp.AppendString(dst, "variable")
	dst = msgp.AppendString(dst, m.Variable)
	dst = msgp.AppendString(dst, "value")
	dst = msgp.AppendString(dst, m.Value)
	if m.Data != "" {
		dst = msgp.AppendString(dst, "data")
		dst = msgp.AppendString(dst, m.Data)
	}
	dst = msgp.AppendString(dst, "tags")
	return appendStrings(dst, m.Tags)
}

func appendStrings(dst []byte, list []string) []byte {
	dst = msgp.AppendArrayHeader(dst, uint32(len(list)))
	for _, s := range list {
		dst = msgp.AppendString(dst, s)
	}
	return dst
}

var jsonAPI = jsoniter.Config{}.Froze()

// JSON is the alert as one JSON object, in valid UTF-8, its keys in order.
func (a *Alert) JSON() []byte {
	s := jsonAPI.BorrowStream(nil)
	defer jsonAPI.ReturnStream(s)
	s.WriteObjectStart()
	first := true
	a.each(func(key string, value any) {
		if !first {
			s.WriteMore()
		}
		first = false
		s.WriteObjectField(key)
		switch v := value.(type) {
		case string:
			writeString(s, v)
		case int:
			s.WriteInt(v)
		case []string:
			writeStrings(s, v)
		case []engine.Match:
			s.WriteArrayStart()
			for i := range v {
				if i > 0 {
					s.WriteMore()
				}
				writeMatch(s, &v[i])
			}
			s.WriteArrayEnd()
		}
	})
	s.WriteObjectEnd()
	return append([]byte(nil), s.Buffer()...)
}

func writeMatch(s *jsoniter.Stream, m *engine.Match) {
	s.WriteObjectStart()
	s.WriteObjectField("id")
	s.WriteInt(m.RuleID)
	s.WriteMore()
	s.WriteObjectField("msg")
	writeString(s, m.Message)
	s.WriteMore()
	s.WriteObjectField("severity")
	s.WriteInt(severity(m.Severity))
	s.WriteMore()
	s.WriteObjectField("variable")
	writeString(s, m.Variable)
	s.WriteMore()
	s.WriteObjectField("value")
	writeString(s, m.Value)
	if m.Data != "" {
		s.WriteMore()
		s.WriteObjectField("data")
		writeString(s, m.Data)
	}
	s.WriteMore()
	s.WriteObjectField("tags")
	writeStrings(s, m.Tags)
	s.WriteObjectEnd()
}

func writeStrings(s *jsoniter.Stream, list []string) {
	s.WriteArrayStart()
	for i, v := range list {
		if i > 0 {
			s.WriteMore()
		}
		writeString(s, v)
	}
	s.WriteArrayEnd()
}

func writeString(s *jsoniter.Stream, v string) {
	if !utf8.ValidString(v) {
		v = strings.ToValidUTF8(v, "\ufffd")
	}
	s.WriteString(v)
}

// AppendTime appends a time as Fluent Bit's EventTime, extension 0: seconds and
// nanoseconds, big-endian.
func AppendTime(dst []byte, t time.Time) []byte {
	dst = append(dst, 0xd7, 0x00)
	dst = binary.BigEndian.AppendUint32(dst, uint32(t.Unix()))
	return binary.BigEndian.AppendUint32(dst, uint32(t.Nanosecond()))
}

// AppendVerdict appends a verdict as a msgpack map for the record itself: the strings
// alert ("true" or "false"), rule_id, msg and severity, which filters such as
// rewrite_tag can match, the numbers score_in and score_out, and rules, the ids of all matches.
func AppendVerdict(dst []byte, v *engine.Verdict, alarmed bool) []byte {
	top := v.Top()
	dst = msgp.AppendMapHeader(dst, 7)
	dst = msgp.AppendString(dst, "alert")
	dst = msgp.AppendString(dst, strconv.FormatBool(alarmed))
	dst = msgp.AppendString(dst, "rule_id")
	dst = msgp.AppendString(dst, strconv.Itoa(top.RuleID))
	dst = msgp.AppendString(dst, "msg")
	dst = msgp.AppendString(dst, top.Message)
	dst = msgp.AppendString(dst, "severity")
	dst = msgp.AppendString(dst, strconv.Itoa(severity(top.Severity)))
	dst = msgp.AppendString(dst, "score_in")
	dst = msgp.AppendInt(dst, v.ScoreIn)
	dst = msgp.AppendString(dst, "score_out")
	dst = msgp.AppendInt(dst, v.ScoreOut)
	dst = msgp.AppendString(dst, "rules")
	dst = msgp.AppendArrayHeader(dst, uint32(len(v.Matches)))
	for _, m := range v.Matches {
		dst = msgp.AppendInt(dst, m.RuleID)
	}
	return dst
}
