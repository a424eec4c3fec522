package listen

import (
	"container/list"
	"fmt"
	"net/netip"
	"time"
)

// GELF over UDP: 0x1e 0x0f, 8 bytes of message id, sequence number, sequence
// count, data; at most 128 chunks, which have to arrive within 5 seconds.
// Source: https://go2docs.graylog.org/current/getting_in_log_data/gelf.html
const (
	chunkHeader  = 12
	maxChunks    = 128
	chunkTimeout = 5 * time.Second

	// What incomplete messages may hold together. The oldest give way.
	maxIncomplete      = 10000
	maxIncompleteBytes = 64 << 20
)

// isChunk says whether a datagram is a GELF chunk.
func isChunk(b []byte) bool { return len(b) >= 2 && b[0] == 0x1e && b[1] == 0x0f }

// messageKey tells the messages of senders apart that chose the same id.
type messageKey struct {
	from netip.Addr
	id   [8]byte
}

type message struct {
	key     messageKey
	began   time.Time
	chunks  [][]byte
	missing int
	bytes   int
}

// assembler puts GELF messages together. The zero value is ready.
type assembler struct {
	messages map[messageKey]*list.Element
	order    list.List // of *message, the oldest first
	bytes    int
}

// add takes a chunk in. It is the whole message when this was the last chunk of it;
// evicted is how many others had to give way.
func (a *assembler) add(from netip.Addr, chunk []byte, now time.Time) (whole []byte, evicted int, err error) {
	if len(chunk) < chunkHeader {
		return nil, 0, fmt.Errorf("chunk of %d bytes", len(chunk))
	}
	key := messageKey{from: from, id: [8]byte(chunk[2:])}
	index, count := int(chunk[10]), int(chunk[11])
	data := chunk[chunkHeader:]
	if count == 0 || count > maxChunks || index >= count {
		return nil, 0, fmt.Errorf("chunk %d of %d", index, count)
	}
	e := a.messages[key]
	if e == nil {
		if a.messages == nil {
			a.messages = map[messageKey]*list.Element{}
		}
		e = a.order.PushBack(&message{key: key, began: now, chunks: make([][]byte, count), missing: count})
		a.messages[key] = e
	}
	m := e.Value.(*message)
	switch {
	case len(m.chunks) != count:
		a.remove(e)
		return nil, 0, fmt.Errorf("chunk %d of %d, and another of %d, in message %x", index, count, len(m.chunks), key.id)
	case m.chunks[index] != nil:
		return nil, 0, nil // the network may duplicate datagrams
	}
	m.chunks[index] = append([]byte{}, data...)
	m.bytes += len(data)
	m.missing--
	a.bytes += len(data)
	if m.missing == 0 {
		a.remove(e)
		whole = make([]byte, 0, m.bytes)
		for _, c := range m.chunks {
			whole = append(whole, c...)
		}
		return whole, 0, nil
	}
	for a.bytes > maxIncompleteBytes || a.order.Len() > maxIncomplete {
		a.remove(a.order.Front())
		evicted++
	}
	return nil, evicted, nil
}

// expire drops messages that have waited too long, and is how many they were.
func (a *assembler) expire(now time.Time) (dropped int) {
	for e := a.order.Front(); e != nil && now.Sub(e.Value.(*message).began) >= chunkTimeout; e = a.order.Front() {
		a.remove(e)
		dropped++
	}
	return dropped
}

// waiting is how many messages are incomplete.
func (a *assembler) waiting() int { return a.order.Len() }

func (a *assembler) remove(e *list.Element) {
	m := a.order.Remove(e).(*message)
	a.bytes -= m.bytes
	delete(a.messages, m.key)
}
