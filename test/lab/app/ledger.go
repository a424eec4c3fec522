package app

import (
	"sync"
	"time"
)

// Effect is what an exchange did to the site.
type Effect struct {
	Kind   string `json:"kind,omitempty"`  // of the attack that took effect
	What   string `json:"what,omitempty"`  // what shows it to the site
	Worked bool   `json:"worked"`          // it gave the attacker something
	Blind  bool   `json:"blind,omitempty"` // it changed what the site did, and gave nothing: a condition that is false
	Shows  bool   `json:"shows,omitempty"` // a page that shows what another exchange had stored
}

// Ledger is the truth: what each exchange did. It is written by sites alone.
type Ledger struct {
	mu      sync.Mutex
	effects map[int]Effect
	waits   map[int]time.Duration
}

// NewLedger is an empty one.
func NewLedger() *Ledger { return &Ledger{effects: map[int]Effect{}, waits: map[int]time.Duration{}} }

// Took writes down that an exchange had an effect. The first one stays.
func (l *Ledger) Took(id int, kind, what string) {
	l.change(id, func(e *Effect) {
		if !e.Worked {
			e.Kind, e.What, e.Worked, e.Blind = kind, what, true, false
		}
	})
}

func (l *Ledger) blind(id int, kind, what string) {
	l.change(id, func(e *Effect) {
		if !e.Worked {
			e.Kind, e.What, e.Blind = kind, what, true
		}
	})
}

func (l *Ledger) shows(id int) { l.change(id, func(e *Effect) { e.Shows = true }) }

func (l *Ledger) change(id int, how func(*Effect)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.effects[id]
	how(&e)
	l.effects[id] = e
}

func (l *Ledger) wait(id int, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waits[id] += d
}

// Effect is what an exchange did.
func (l *Ledger) Effect(id int) Effect {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.effects[id]
}

// Waited is how long an exchange made the site wait without waiting.
func (l *Ledger) Waited(id int) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.waits[id]
}
