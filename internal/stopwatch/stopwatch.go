// Package stopwatch measures what the parts of a record's way take.
package stopwatch

import "time"

// Part is a part of a record's way.
type Part int

// The parts, in the order of the way.
const (
	Mapping Part = iota
	Screen
	Rules
	Check // of the screen, by all rules
	Detectors
	Alerts
	Other    // cutting chunks into records, and putting together what became of them
	Overhead // what is done for the measurement
	Parts    // how many there are
)

// Watch is for the work of one goroutine. A nil one measures nothing.
type Watch struct {
	spent [Parts]time.Duration
	part  Part
	since time.Time
}

// Enter ends the part that the work is in, if it is in any, and begins another.
func (w *Watch) Enter(p Part) {
	if w != nil {
		w.enter(p)
	}
}

func (w *Watch) enter(p Part) {
	now := time.Now()
	if !w.since.IsZero() {
		w.spent[w.part] += now.Sub(w.since)
	}
	w.part, w.since = p, now
}

// Stop ends the part that the work is in.
func (w *Watch) Stop() {
	w.enter(Overhead)
	w.since = time.Time{}
}

// In reports whether the work is in a part.
func (w *Watch) In(p Part) bool { return w.part == p && !w.since.IsZero() }

// Spent is the time spent in a part.
func (w *Watch) Spent(p Part) time.Duration { return w.spent[p] }
