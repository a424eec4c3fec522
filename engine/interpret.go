package engine

import (
	"slices"

	"github.com/corazawaf/coraza/v3/collection"

	"github.com/modsecurity-for-anylog/msa/engine/internal/interpreter"
	"github.com/modsecurity-for-anylog/msa/engine/screen"
	"github.com/modsecurity-for-anylog/msa/internal/stopwatch"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/rules"
)

// decision is what the rules say that the screen has left, if it was found without Coraza.
type decision struct {
	verdict Verdict
	made    bool
}

// newProgram makes the program of the rules for the rest.
func newProgram(f *fastPath, taken []*unit, times *RuleTimes) (*interpreter.Program, error) {
	all, err := interpreter.Read(f.rest)
	if err != nil {
		return nil, err
	}
	links := map[int][]*rules.Link{}
	for _, u := range taken {
		if u.IsRule() {
			links[u.ID()] = u.Rule.Links
		}
	}
	cfg := interpreter.Config{
		Links:      links,
		Conditions: f.plan.OfLinks,
		HasRead:    func(id int) bool { return id > ownRules || f.plan.Reading.Rules[id] },
		TX:         f.tx.Each,
	}
	if times != nil {
		cfg.Begin, cfg.End = times.begin, times.end
	}
	return interpreter.New(all, cfg), nil
}

// interpret runs the rules that the screen has left on what it has found, if that can be done without Coraza.
func (e *Engine) interpret(t *mapping.Transaction, source source, a *screen.Answer) (d decision) {
	if !a.MayAlarm || e.fast.program == nil {
		return d
	}
	x := e.excludedIn(t)
	if len(x.targets) > 0 {
		return d
	}
	e.watch.Enter(stopwatch.Rules)
	defer e.watch.Enter(stopwatch.Screen)
	defer func() {
		if r := recover(); r != nil { // Coraza finds out which rule it is
			d = decision{}
		}
	}()
	d.made = e.fast.program.Run(source, a.Skippable, slices.Collect(e.unapplied(t, x)), a.Found, func(matches []interpreter.Match, tx collection.Keyed) {
		if len(matches) > 0 {
			d.verdict.Matches = make([]Match, 0, len(matches))
		}
		for _, m := range matches {
			e.add(&d.verdict, m.Rule.Meta, m.Found)
		}
		d.verdict.count(tx)
	})
	return d
}
