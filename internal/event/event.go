// Package event writes records as Fluent Bit events and reads alerts out of
// them: [[time, {}], map] in msgpack.
package event

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// TextKey is the key under which an alert's JSON text has to be.
const TextKey = "log"

// AppendRecord appends the event of one JSON record. With an error dst is
// returned as it was.
func AppendRecord(dst []byte, t time.Time, json []byte) ([]byte, error) {
	out, _, err := mapping.AppendJSON(appendHead(dst, t), json)
	if err != nil {
		return dst, err
	}
	return out, nil
}

// AppendLine appends the event of one line of text, as Fluent Bit's tail makes it without a
// parser: {"log": line}.
func AppendLine(dst []byte, t time.Time, line []byte) []byte {
	out := msgp.AppendMapHeader(appendHead(dst, t), 1)
	out = msgp.AppendString(out, "log")
	return msgp.AppendStringFromBytes(out, line)
}

func appendHead(dst []byte, t time.Time) []byte {
	dst = msgp.AppendArrayHeader(dst, 2)
	dst = msgp.AppendArrayHeader(dst, 2)
	dst = alert.AppendTime(dst, t)
	return msgp.AppendMapHeader(dst, 0) // metadata
}

// Alert is one alert event.
type Alert struct {
	Tag    string // of the event, for those that read it with one
	Time   time.Time
	Fields mapping.Record
}

// Alerts reads alert events one after another and stops at the first that is broken.
func Alerts(events []byte, visit func(Alert)) error {
	for len(events) > 0 {
		a, rest, err := readAlert(events)
		if err != nil {
			return err
		}
		visit(a)
		events = rest
	}
	return nil
}

func readAlert(b []byte) (a Alert, rest []byte, err error) {
	for _, part := range []string{"event", "header"} {
		var n uint32
		if n, b, err = msgp.ReadArrayHeaderBytes(b); err != nil {
			return Alert{}, nil, fmt.Errorf("cannot read alert's %s: %w", part, err)
		}
		if n != 2 {
			return Alert{}, nil, fmt.Errorf("cannot read alert's %s: %d parts", part, n)
		}
	}
	if a.Time, b, err = readTime(b); err != nil {
		return Alert{}, nil, fmt.Errorf("cannot read alert's time: %w", err)
	}
	if b, err = msgp.Skip(b); err != nil {
		return Alert{}, nil, fmt.Errorf("cannot read alert's metadata: %w", err)
	}
	if rest, err = msgp.Skip(b); err != nil {
		return Alert{}, nil, fmt.Errorf("cannot read alert's fields: %w", err)
	}
	if typ := msgp.NextType(b); typ != msgp.MapType {
		return Alert{}, nil, fmt.Errorf("cannot read alert's fields: %v instead of a map", typ)
	}
	a.Fields = mapping.Record(b[:len(b)-len(rest)])
	return a, rest, nil
}

// readTime reads a time as Fluent Bit writes it: an extension of type 0, or
// seconds as an integer.
func readTime(b []byte) (time.Time, []byte, error) {
	switch msgp.NextType(b) {
	case msgp.IntType, msgp.UintType:
		s, rest, err := msgp.ReadInt64Bytes(b)
		return time.Unix(s, 0), rest, err
	}
	x := msgp.RawExtension{Type: 0}
	rest, err := msgp.ReadExtensionBytes(b, &x)
	if err != nil {
		return time.Time{}, nil, err
	}
	if len(x.Data) != 8 {
		return time.Time{}, nil, fmt.Errorf("time of %d bytes", len(x.Data))
	}
	return time.Unix(int64(binary.BigEndian.Uint32(x.Data)), int64(binary.BigEndian.Uint32(x.Data[4:]))), rest, nil
}

// Has says whether there is a value under a top-level key.
func (a Alert) Has(key string) bool {
	accessor, err := mapping.ParseAccessor(key)
	if err != nil {
		return false
	}
	_, ok := a.Fields.Lookup(accessor)
	return ok
}

// Get is the text under a top-level key, empty if there is none. It is a view of
// the event.
func (a Alert) Get(key string) string {
	accessor, err := mapping.ParseAccessor(key)
	if err != nil {
		return ""
	}
	text, _ := a.Fields.Text(accessor)
	return text
}

// Text is the alert as one JSON object.
func (a Alert) Text() string { return a.Get(TextKey) }
