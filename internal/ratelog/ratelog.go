// Package ratelog logs each cause of trouble at most once a minute, so that a flood of bad input is no flood of log lines.
package ratelog

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Interval is the least time between two log lines of one cause.
const Interval = time.Minute

// Logger counts causes and logs them. It is safe for concurrent use.
type Logger struct {
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

// New makes a logger that works until it is closed.
func New(log *slog.Logger) *Logger {
	l := &Logger{log: log, entries: map[key]*entry{}, stop: make(chan struct{}), done: make(chan struct{})}
	go l.run()
	return l
}

func (l *Logger) run() {
	defer close(l.done)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			l.flush(now.Add(-Interval))
		case <-l.stop:
			l.flush(time.Now())
			return
		}
	}
}

// Add counts n of a cause. The first is logged at once, with args; what follows
// within the minute is summed up in one line, with the args of the last.
func (l *Logger) Add(level slog.Level, msg, cause string, n uint64, args ...any) {
	if n == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	k := key{level, msg, cause}
	e := l.entries[k]
	if e == nil {
		e = &entry{}
		l.entries[k] = e
	}
	e.count += n
	e.total += n
	e.last = args
	if now := time.Now(); now.Sub(e.logged) >= Interval {
		l.write(k, e, now)
	}
}

// Total is how many there were of a cause, whatever the level and message.
func (l *Logger) Total(cause string) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	var n uint64
	for k, e := range l.entries {
		if k.cause == cause {
			n += e.total
		}
	}
	return n
}

// flush logs what was counted and not yet logged, of causes last logged before a time.
func (l *Logger) flush(before time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for k, e := range l.entries {
		if e.count > 0 && !e.logged.After(before) {
			l.write(k, e, time.Now())
		}
	}
}

func (l *Logger) write(k key, e *entry, now time.Time) {
	log := l.log.With("cause", k.cause, "count", e.count)
	e.count, e.logged = 0, now
	log.Log(context.Background(), k.level, k.msg, e.last...)
}

// Close logs what is left.
func (l *Logger) Close() {
	close(l.stop)
	<-l.done
}
