package send

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/modsecurity-for-anylog/msa/internal/event"
)

const (
	firstBackoff = 100 * time.Millisecond
	maxBackoff   = 30 * time.Second
	// batch is how many bytes of alerts are delivered at once, if there are as many.
	batch = 1 << 20
)

// queue is a Sink that delivers through a transport, and tries again what could not
// be delivered. Alerts that wait are bounded.
type queue struct {
	address   string
	transport Transport
	config    Config

	mu     sync.Mutex
	alerts []event.Alert
	bytes  int
	wake   chan struct{} // something was put, or the end has come
	closed bool

	cancel context.CancelFunc // ends waiting and delivering
	done   chan struct{}
}

func newQueue(address string, t Transport, config Config) *queue {
	ctx, cancel := context.WithCancel(context.Background())
	q := &queue{
		address: Shown(address), transport: t, config: config,
		wake: make(chan struct{}, 1), cancel: cancel, done: make(chan struct{}),
	}
	go q.run(ctx)
	return q
}

// Send: see Sink.
func (q *queue) Send(a event.Alert) {
	size := len(a.Fields)
	q.mu.Lock()
	full := q.closed || q.bytes > 0 && q.bytes+size > q.config.Buffer
	if !full {
		a.Fields = bytes.Clone(a.Fields)
		q.alerts = append(q.alerts, a)
		q.bytes += size
	}
	q.mu.Unlock()
	if full {
		q.config.lost("buffer full", 1, q.address, nil)
		return
	}
	q.signal()
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// first is the oldest alerts, none if there are none; ended, that none will come.
func (q *queue) first() (alerts []event.Alert, ended bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	size := 0
	for n, a := range q.alerts {
		if size += len(a.Fields); n > 0 && size > batch {
			return q.alerts[:n:n], false
		}
	}
	return q.alerts[:len(q.alerts):len(q.alerts)], q.closed && len(q.alerts) == 0
}

// delivered removes the n oldest alerts.
func (q *queue) delivered(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range n {
		q.bytes -= len(q.alerts[i].Fields)
	}
	clear(q.alerts[:n])
	q.alerts = q.alerts[n:]
}

// Close: see Sink.
func (q *queue) Close(ctx context.Context) {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.signal()
	select {
	case <-q.done:
	case <-ctx.Done():
		q.cancel()
		<-q.done
	}
	q.cancel()
	q.transport.Close()
	q.mu.Lock()
	defer q.mu.Unlock()
	if n := len(q.alerts); n > 0 {
		q.config.lost("not delivered before the end", n, q.address, ctx.Err())
		q.alerts = nil
	}
}

// run delivers until the end.
func (q *queue) run(ctx context.Context) {
	defer close(q.done)
	backoff := firstBackoff
	for ctx.Err() == nil {
		alerts, ended := q.first()
		if ended {
			return
		}
		if len(alerts) == 0 {
			select {
			case <-q.wake:
			case <-ctx.Done():
			}
			continue
		}
		err := q.transport.Deliver(ctx, alerts)
		if err == nil {
			q.delivered(len(alerts))
			backoff = firstBackoff
			continue
		}
		if ctx.Err() != nil {
			return
		}
		q.config.RateLog.Add(slog.LevelWarn, "cannot deliver; alerts wait", "output", 1, "output", q.address, "error", err)
		q.pause(ctx, backoff)
		backoff = min(2*backoff, maxBackoff)
	}
}

// pause waits before the next attempt; at the end not for long.
func (q *queue) pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for shortened := false; ; {
		q.mu.Lock()
		closed := q.closed
		q.mu.Unlock()
		if closed && !shortened {
			timer.Reset(min(d, firstBackoff))
			shortened = true
		}
		select {
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		case <-q.wake:
		}
	}
}
