// Package queue holds what readers deliver until it is inspected, in chunks and
// within a bound.
package queue

import "sync"

// Most of what one chunk holds, so that results come out steadily.
const (
	chunkEvents = 256
	chunkBytes  = 1 << 20
)

// Queue is a bounded queue of events, safe for concurrent use. A chunk is
// whatever has come in since the last one was taken, so that a lone event never
// waits and many go together.
type Queue struct {
	mu       sync.Mutex
	notEmpty sync.Cond
	notFull  sync.Cond
	limit    int
	bytes    int
	chunks   []chunk
	closed   bool
}

type chunk struct {
	bytes  []byte
	events int
}

// New makes a queue for limit bytes. One event more than that still fits, of any size.
func New(limit int) *Queue {
	q := &Queue{limit: limit}
	q.notEmpty.L = &q.mu
	q.notFull.L = &q.mu
	return q
}

// Put adds a copy of an event, and waits while the queue is full.
func (q *Queue) Put(event []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.bytes >= q.limit && !q.closed {
		q.notFull.Wait()
	}
	if q.closed {
		return
	}
	last := len(q.chunks) - 1
	if last < 0 || q.chunks[last].events >= chunkEvents || len(q.chunks[last].bytes)+len(event) > chunkBytes {
		q.chunks = append(q.chunks, chunk{})
		last++
	}
	c := &q.chunks[last]
	c.bytes = append(c.bytes, event...)
	c.events++
	q.bytes += len(event)
	q.notEmpty.Signal()
}

// Take removes the oldest chunk, and waits for one while there is none. ok is
// false once the queue is closed and empty.
func (q *Queue) Take() (events []byte, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.chunks) == 0 {
		if q.closed {
			return nil, false
		}
		q.notEmpty.Wait()
	}
	events = q.chunks[0].bytes
	q.chunks[0] = chunk{}
	if q.chunks = q.chunks[1:]; len(q.chunks) == 0 {
		q.chunks = nil
	}
	q.bytes -= len(events)
	q.notFull.Broadcast()
	return events, true
}

// Close ends the queue after what it holds; nothing more is taken in.
func (q *Queue) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.notEmpty.Broadcast()
	q.notFull.Broadcast()
}
