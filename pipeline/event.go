package pipeline

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// event is one event of a chunk: [[time, metadata], body], or [time, body] as
// Fluent Bit wrote before 2.1.
type event struct {
	raw  []byte         // all of it
	time []byte         // the time, in msgpack
	meta mapping.Record // the metadata, nil before Fluent Bit 2.1
	body mapping.Record
}

// readEvent cuts the first event off a chunk.
func readEvent(chunk []byte) (event, []byte, error) {
	rest, err := msgp.Skip(chunk)
	if err != nil {
		return event{}, nil, err
	}
	e := event{raw: chunk[:len(chunk)-len(rest)]}
	n, b, err := msgp.ReadArrayHeaderBytes(e.raw)
	if err != nil || n != 2 {
		return e, rest, errNoEvent
	}
	head := b
	if msgp.NextType(b) == msgp.ArrayType {
		if n, head, err = msgp.ReadArrayHeaderBytes(b); err != nil || n == 0 {
			return e, rest, errNoEvent
		}
	}
	afterTime, err := msgp.Skip(head)
	if err != nil {
		return e, rest, errNoEvent
	}
	e.time = head[:len(head)-len(afterTime)]
	if b, err = msgp.Skip(b); err != nil {
		return e, rest, errNoEvent
	}
	e.body = mapping.Record(b)
	if meta := afterTime[:len(afterTime)-len(b)]; len(meta) > 0 {
		e.meta = mapping.Record(meta)
	}
	return e, rest, nil
}

var errNoEvent = errors.New("not an event")

// isGroupMarker: seconds of -1 and -2 mark where a group of events begins and ends.
func (e event) isGroupMarker() bool {
	if sec, ok := e.eventTime(); ok {
		return sec == 0xffffffff || sec == 0xfffffffe
	}
	if msgp.NextType(e.time) == msgp.IntType {
		n, _, err := msgp.ReadInt64Bytes(e.time)
		return err == nil && (n == -1 || n == -2)
	}
	return false
}

// eventTime is the seconds of an EventTime: fixext8 of type 0, or ext8 of 8 bytes.
func (e event) eventTime() (seconds uint32, ok bool) {
	b := e.time
	switch {
	case len(b) == 10 && b[0] == 0xd7 && b[1] == 0:
		return binary.BigEndian.Uint32(b[2:]), true
	case len(b) == 11 && b[0] == 0xc7 && b[1] == 8 && b[2] == 0:
		return binary.BigEndian.Uint32(b[3:]), true
	}
	return 0, false
}

// when is the event's time.
func (e event) when() time.Time {
	if sec, ok := e.eventTime(); ok {
		return time.Unix(int64(sec), int64(binary.BigEndian.Uint32(e.time[len(e.time)-4:]))).UTC()
	}
	switch msgp.NextType(e.time) {
	case msgp.IntType, msgp.UintType:
		if n, _, err := msgp.ReadInt64Bytes(e.time); err == nil {
			return time.Unix(n, 0).UTC()
		}
	case msgp.Float32Type, msgp.Float64Type:
		if f, _, err := msgp.ReadFloat64Bytes(e.time); err == nil {
			return time.UnixMicro(int64(f * 1e6)).UTC()
		}
	}
	return time.Time{}
}

// keyValue is a key with its value in msgpack.
type keyValue struct {
	key   string
	value []byte
}

// with is the event with more keys at the end of its body.
func (e event) with(more ...keyValue) ([]byte, error) {
	n, entries, err := msgp.ReadMapHeaderBytes(e.body)
	if err != nil {
		return nil, fmt.Errorf("cannot annotate: %w", err)
	}
	size := len(e.raw) + 8
	for _, kv := range more {
		size += len(kv.key) + len(kv.value) + 8
	}
	out := append(make([]byte, 0, size), e.raw[:len(e.raw)-len(e.body)]...)
	out = msgp.AppendMapHeader(out, n+uint32(len(more)))
	out = append(out, entries...)
	for _, kv := range more {
		out = append(msgp.AppendString(out, kv.key), kv.value...)
	}
	return out, nil
}
