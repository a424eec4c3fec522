// Package tally logs what goes wrong at most once a minute for each cause, so
// that a flood of bad input is no flood of log lines.
package tally

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Interval is the least time between two log lines of one cause.
const Interval = time.Minute

// Tally counts and logs. It is safe for concurrent use.
type Tally struct {
	log *slog.Logger

	mu      sync.Mutex
	entries map[key]*entry
	stop    chan struct{}
	done    chan struct{}
}

type key struct {
	level      slog.Level
	msg, cause string
}

type entry struct {
	count  uint64 // since the last log line
	total  uint64
	last   []any
	logged time.Time
}

// New makes a tally that logs until it is closed.
func New(log *slog.Logger) *Tally {
	t := &Tally{log: log, entries: map[key]*entry{}, stop: make(chan struct{}), done: make(chan struct{})}
	go t.run()
	return t
}

func (t *Tally) run() {
	defer close(t.done)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			t.flush(now.Add(-Interval))
		case <-t.stop:
			t.flush(time.Now())
			return
		}
	}
}

// Add counts n of a cause. The first is logged at once, with args; what follows
// within the minute is summed up in one line, with the args of the last.
func (t *Tally) Add(level slog.Level, msg, cause string, n uint64, args ...any) {
	if n == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	k := key{level, msg, cause}
	e := t.entries[k]
	if e == nil {
		e = &entry{}
		t.entries[k] = e
	}
	e.count += n
	e.total += n
	e.last = args
	if now := time.Now(); now.Sub(e.logged) >= Interval {
		t.write(k, e, now)
	}
}

// Total is how many there were of a cause, whatever the level and message.
func (t *Tally) Total(cause string) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	var n uint64
	for k, e := range t.entries {
		if k.cause == cause {
			n += e.total
		}
	}
	return n
}

// flush logs what was counted and not yet logged, of causes last logged before a time.
func (t *Tally) flush(before time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, e := range t.entries {
		if e.count > 0 && !e.logged.After(before) {
			t.write(k, e, time.Now())
		}
	}
}

func (t *Tally) write(k key, e *entry, now time.Time) {
	log := t.log.With("cause", k.cause, "count", e.count)
	e.count, e.logged = 0, now
	log.Log(context.Background(), k.level, k.msg, e.last...)
}

// Close logs what is left.
func (t *Tally) Close() {
	close(t.stop)
	<-t.done
}
