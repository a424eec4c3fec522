package engine

import (
	"fmt"
	"io"
	"time"

	"github.com/corazawaf/coraza/v3/debuglog"

	"github.com/modsecurity-for-anylog/msa/internal/stopwatch"
)

// RuleTimes measures how long each rule takes, and for one goroutine only. Where Coraza runs the rules, it says in its debug
// log when it begins with a rule and when it has finished; what a rule takes besides, as it is passed over or as the log is
// on, is not in its time.
type RuleTimes struct {
	watch *stopwatch.Watch
	all   map[int]*RuleTime
	id    int // of the rule that runs
	since time.Time
}

// RuleTime is what a rule, with its chain, has taken.
type RuleTime struct {
	Runs  int
	Spent time.Duration
}

// NewRuleTimes measures as long as the watch is in the part of the rules.
func NewRuleTimes(w *stopwatch.Watch) *RuleTimes {
	return &RuleTimes{watch: w, all: map[int]*RuleTime{}}
}

// All is what the rules have taken that ran, by id, without those that MSA adds.
func (t *RuleTimes) All() map[int]RuleTime {
	all := map[int]RuleTime{}
	for id, r := range t.all {
		if id <= ownRules {
			all[id] = *r
		}
	}
	return all
}

func (t *RuleTimes) begin(id int) { t.id, t.since = id, time.Now() }

func (t *RuleTimes) end() {
	spent := time.Since(t.since)
	if !t.watch.In(stopwatch.Rules) {
		return
	}
	r := t.all[t.id]
	if r == nil {
		r = &RuleTime{}
		t.all[t.id] = r
	}
	r.Runs++
	r.Spent += spent
}

// Coraza's loggers for RuleTimes: one for what is around the rules, one for a rule, and one for what belongs to a
// rule, its variables and its chain.
type (
	timesLogger struct{ times *RuleTimes }
	ruleLogger  struct{ times *RuleTimes }
	quietLogger struct{}
)

// With begins a rule when it gets a rule's id.
func (l timesLogger) With(fields ...debuglog.ContextField) debuglog.Logger {
	e := idEvent{}
	for _, f := range fields {
		f(&e)
	}
	if e.id == 0 {
		return l
	}
	l.times.begin(e.id)
	return ruleLogger(l)
}

func (l timesLogger) WithOutput(io.Writer) debuglog.Logger          { return l }
func (l timesLogger) WithLevel(debuglog.Level) debuglog.Logger      { return l }
func (timesLogger) Trace() debuglog.Event                           { return quietEvent{} }
func (timesLogger) Debug() debuglog.Event                           { return askingEvent{} }
func (timesLogger) Info() debuglog.Event                            { return quietEvent{} }
func (timesLogger) Warn() debuglog.Event                            { return quietEvent{} }
func (timesLogger) Error() debuglog.Event                           { return quietEvent{} }
func (ruleLogger) With(...debuglog.ContextField) debuglog.Logger    { return quietLogger{} }
func (l ruleLogger) WithOutput(io.Writer) debuglog.Logger           { return l }
func (l ruleLogger) WithLevel(debuglog.Level) debuglog.Logger       { return l }
func (ruleLogger) Trace() debuglog.Event                            { return quietEvent{} }
func (l ruleLogger) Debug() debuglog.Event                          { return endEvent{times: l.times} }
func (ruleLogger) Info() debuglog.Event                             { return quietEvent{} }
func (ruleLogger) Warn() debuglog.Event                             { return quietEvent{} }
func (ruleLogger) Error() debuglog.Event                            { return quietEvent{} }
func (l quietLogger) With(...debuglog.ContextField) debuglog.Logger { return l }
func (l quietLogger) WithOutput(io.Writer) debuglog.Logger          { return l }
func (l quietLogger) WithLevel(debuglog.Level) debuglog.Logger      { return l }
func (quietLogger) Trace() debuglog.Event                           { return quietEvent{} }
func (quietLogger) Debug() debuglog.Event                           { return quietEvent{} }
func (quietLogger) Info() debuglog.Event                            { return quietEvent{} }
func (quietLogger) Warn() debuglog.Event                            { return quietEvent{} }
func (quietLogger) Error() debuglog.Event                           { return quietEvent{} }

// quietEvent takes everything and says nothing.
type quietEvent struct{}

func (quietEvent) Msg(string)                                     {}
func (e quietEvent) Str(string, string) debuglog.Event            { return e }
func (e quietEvent) Err(error) debuglog.Event                     { return e }
func (e quietEvent) Bool(string, bool) debuglog.Event             { return e }
func (e quietEvent) Int(string, int) debuglog.Event               { return e }
func (e quietEvent) Uint(string, uint) debuglog.Event             { return e }
func (e quietEvent) Stringer(string, fmt.Stringer) debuglog.Event { return e }
func (quietEvent) IsEnabled() bool                                { return false }

// askingEvent makes Coraza tell rules' ids.
type askingEvent struct{ quietEvent }

func (askingEvent) IsEnabled() bool { return true }

// idEvent takes a rule's id.
type idEvent struct {
	quietEvent
	id int
}

func (e *idEvent) Int(key string, i int) debuglog.Event {
	if key == "rule_id" {
		e.id = i
	}
	return e
}

// endEvent ends a rule.
type endEvent struct {
	quietEvent
	times *RuleTimes
}

func (e endEvent) Msg(text string) {
	if text == "Finished rule evaluation" {
		e.times.end()
	}
}
