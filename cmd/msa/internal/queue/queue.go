// Package queue holds what listeners deliver until it is inspected, within a bound, and lets nobody's records wait for all of
// somebody else's: the listeners take turns, and in each the senders do (deficit round robin; M. Shreedhar and G. Varghese,
// "Efficient Fair Queuing using Deficit Round Robin", 1995). A sender's own records stay in their order.
package queue

import (
	"net/netip"
	"sync"
)

const (
	// Most of what one chunk holds. What comes in waits for the chunks that are being inspected, however many records of
	// others wait too, so these are small: some 15 ms of one processor if all of it are attacks.
	chunkEvents = 64
	chunkBytes  = 64 << 10

	// turn is how many bytes a sender may add when it is its turn. One with longer events is passed over until it has saved
	// enough turns.
	turn = 8 << 10
	// overhead is what an event costs beside its bytes, in memory and in time.
	overhead = 256
)

// Queue is a bounded queue of events, safe for concurrent use. A chunk is
// whatever has come in since the last one was taken, so that a lone event never
// waits and many go together.
type Queue struct {
	mu       sync.Mutex
	notEmpty sync.Cond
	notFull  sync.Cond
	limit    int
	held     int     // bytes, of all lanes
	waiting  []*Lane // those that hold something, the next one first
	closed   bool
}

// New makes a queue for limit bytes. A sender may hold as much of it as is left for others: half of it if it is the only one.
func New(limit int) *Queue {
	q := &Queue{limit: limit}
	q.notEmpty.L = &q.mu
	q.notFull.L = &q.mu
	return q
}

// Lane is what comes through one listener.
type Lane struct {
	queue   *Queue
	senders map[netip.AddrPort]*sender // who has something waiting
	waiting []*sender                  // the same, the next one first
}

// sender is what waits of one.
type sender struct {
	from   netip.AddrPort
	events [][]byte
	held   int // bytes
	credit int // of bytes, saved from turns
}

// Lane makes a lane.
func (q *Queue) Lane() *Lane { return &Lane{queue: q, senders: map[netip.AddrPort]*sender{}} }

// cost is what an event counts.
func cost(event []byte) int { return len(event) + overhead }

// Put adds a copy of a sender's event. While there is no room for it, Put waits if it may, and is false otherwise.
func (l *Lane) Put(from netip.AddrPort, event []byte, wait bool) bool {
	q, n := l.queue, cost(event)
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.closed && !l.fits(from, n) {
		if !wait {
			return false
		}
		q.notFull.Wait()
	}
	if q.closed {
		return false
	}
	s := l.senders[from]
	if s == nil {
		s = &sender{from: from}
		l.senders[from] = s
		if l.waiting = append(l.waiting, s); len(l.waiting) == 1 {
			q.waiting = append(q.waiting, l)
		}
	}
	s.events = append(s.events, append(make([]byte, 0, len(event)), event...))
	s.held += n
	q.held += n
	q.notEmpty.Signal()
	return true
}

// fits says whether a sender may add so many bytes. One event more than the limit fits, of any size.
func (l *Lane) fits(from netip.AddrPort, n int) bool {
	room := l.queue.limit - l.queue.held
	s := l.senders[from]
	return room > 0 && (s == nil || s.held+n <= room)
}

// Take removes a chunk, and waits while there is nothing. ok is
// false once the queue is closed and empty.
func (q *Queue) Take() (events []byte, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) == 0 {
		if q.closed {
			return nil, false
		}
		q.notEmpty.Wait()
	}
	c := &chunk{}
	for len(q.waiting) > 0 && !c.full() {
		l := q.waiting[0]
		q.held -= l.takeTurn(c)
		q.waiting = q.waiting[1:]
		if len(l.waiting) > 0 {
			q.waiting = append(q.waiting, l)
		}
	}
	q.notFull.Broadcast()
	return c.bytes, true
}

// chunk is one that is being filled.
type chunk struct {
	bytes  []byte
	events int
}

func (c *chunk) full() bool { return c.events >= chunkEvents || len(c.bytes) >= chunkBytes }

// takeTurn gives the next sender its turn, and is how many bytes have left.
func (l *Lane) takeTurn(c *chunk) (left int) {
	s := l.waiting[0]
	l.waiting = l.waiting[1:]
	if s.credit < cost(s.events[0]) {
		s.credit += turn
	}
	for len(s.events) > 0 && !c.full() {
		event := s.events[0]
		n := cost(event)
		if s.credit < n {
			break
		}
		c.bytes = append(c.bytes, event...)
		c.events++
		s.events[0] = nil
		s.events = s.events[1:]
		s.credit -= n
		left += n
	}
	s.held -= left
	if len(s.events) > 0 {
		l.waiting = append(l.waiting, s)
	} else {
		delete(l.senders, s.from)
	}
	return left
}

// Close ends the queue after what it holds; nothing more is taken in.
func (q *Queue) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.notEmpty.Broadcast()
	q.notFull.Broadcast()
}
