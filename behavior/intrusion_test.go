package behavior_test

import (
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/behavior"
	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/test/intrusion"
	"github.com/modsecurity-for-anylog/msa/test/score"
)

// watch is an hour of traffic, or several, before detectors that learn for some hours, and rules.
type watch struct {
	t         testing.TB
	detectors *behavior.Detectors
	engine    *engine.Engine
	set       *mapping.Set
	tx        mapping.Transaction
	batch     []*behavior.Observation
	events    []intrusion.Event

	alerts []seen
}

// seen is one alert.
type seen struct {
	what   string // detector, or "rule"
	rule   int
	event  intrusion.Event
	key    string
	detail string
}

// by is the detector or the rule.
func (s *seen) by() string {
	if s.what == "rule" {
		return strconv.Itoa(s.rule)
	}
	return s.what
}

func newWatch(t testing.TB, learn time.Duration) *watch {
	specs, err := behavior.Load(behavior.Default)
	if err != nil {
		t.Fatal(err)
	}
	specs = behavior.Hasten(specs, learn)
	d, err := behavior.New(specs)
	if err != nil {
		t.Fatal(err)
	}
	set, err := mapping.Load("nano")
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(engine.Config{Rules: []string{"crs", "lateral-movement", "sensitive-data"}, ParanoiaLevel: 1, InboundThreshold: 5, OutboundThreshold: 4,
		BodyLimit: 128 << 10, Screen: engine.ScreenOn, CacheSize: 1 << 16})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return &watch{t: t, detectors: d, engine: e, set: set}
}

// see takes one record; rules only look at it if they are asked to.
func (w *watch) see(e intrusion.Event, withRules bool) {
	record, _, err := mapping.AppendJSON(nil, e.AppendNano(nil))
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.set.Map("nano", record, &w.tx); err != nil {
		w.t.Fatal(err)
	}
	var v engine.Verdict
	if withRules {
		if v, err = w.engine.Inspect(&w.tx); err != nil {
			w.t.Fatal(err)
		}
		if v.Alarm {
			w.alerts = append(w.alerts, seen{what: "rule", rule: v.Top().RuleID, event: e, detail: v.Top().Message + " " + v.Top().Variable})
		}
	}
	o := new(behavior.Observation)
	w.detectors.Read(behavior.Source{Transaction: &w.tx, Verdict: &v, Record: record, Tag: "nano", At: e.Time, Internal: mapping.PrivateNetworks(), Attack: v.Alarm}, o)
	w.batch, w.events = append(w.batch, o), append(w.events, e)
	if len(w.batch) == 500 {
		w.flush()
	}
}

func (w *watch) flush() {
	for _, f := range w.detectors.Observe(w.batch, nil) {
		w.alerts = append(w.alerts, seen{f.Spec.Name, f.Spec.ID, w.events[f.Index], f.Key, f.Evidence})
	}
	w.batch, w.events = w.batch[:0], w.events[:0]
}

// run lets hours pass of which only the last is before the rules, and returns how many records the last one has.
func (w *watch) run(g *intrusion.Generator, o intrusion.Options) (records int) {
	last := o.Start.Add(time.Duration((o.Hours - 1) * float64(time.Hour)))
	for {
		e, ok := g.Next()
		if !ok {
			break
		}
		inLast := !e.Time.Before(last)
		if inLast {
			records++
		}
		w.see(e, inLast)
	}
	w.flush()
	return records
}

var dayOfIntrusion = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// traffic is how long there are records, of which detectors learn in all but the last hour: $MSA_BEHAVIOR_HOURS and
// $MSA_BEHAVIOR_SEED.
func traffic(t *testing.T) intrusion.Options {
	number := func(name string, instead float64) float64 {
		s := os.Getenv(name)
		if s == "" {
			return instead
		}
		n, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return intrusion.Options{Seed: uint64(number("MSA_BEHAVIOR_SEED", 1)), Start: dayOfIntrusion, Hours: number("MSA_BEHAVIOR_HOURS", 2)}
}

// Every stage of an intrusion is found in an hour of other traffic, and nothing much else.
func TestIntrusion(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	o := traffic(t)
	o.Intrusion = true
	w := newWatch(t, time.Duration((o.Hours-1)*float64(time.Hour)))
	g := intrusion.New(o)
	records := w.run(g, o)
	truth := g.Truth()
	culprits := []netip.Addr{truth.Attacker, truth.A, truth.B, truth.C, truth.D, truth.Lured}
	found := map[string]map[string]int{}
	result := &score.Score{Name: fmt.Sprintf("shop, an hour, seed %d", o.Seed), Hours: 1, Found: found, False: map[string]int{}, Cases: map[string]int{}}
	cases := map[string]bool{}
	wrong := 0
	for _, a := range w.alerts {
		ours := a.event.Stage != "" || slices.ContainsFunc(culprits, func(c netip.Addr) bool { return strings.Contains(a.key+" ", "source="+c.String()+" ") })
		if !ours {
			wrong++
			result.False[a.by()]++
			if one := a.by() + a.key; !cases[one] {
				cases[one] = true
				result.Cases[a.by()]++
			}
			t.Logf("false: %s %d %s %s %s -> %s %s %d: %s", a.what, a.rule, a.event.Time.Format(time.TimeOnly), a.key, a.event.Client, a.event.Server, a.event.URI, a.event.Status, a.detail)
			continue
		}
		stage := a.event.Stage
		if found[stage] == nil {
			found[stage] = map[string]int{}
		}
		found[stage][a.by()]++
		if a.what == "pivot" {
			t.Logf("%s", a.detail)
		}
	}
	for _, stage := range truth.Stages {
		result.Stages = append(result.Stages, stage.Name)
		t.Logf("%s, %d records: %v", stage.Name, stage.Records, found[stage.Name])
		if len(found[stage.Name]) == 0 {
			t.Errorf("stage %s is not detected", stage.Name)
		}
	}
	if err := result.Save(); err != nil {
		t.Error(err)
	}
	path := fmt.Sprintf("%s → %s", truth.A, truth.B)
	whole := slices.ContainsFunc(w.alerts, func(a seen) bool {
		return a.what == "pivot" && strings.Contains(a.detail, path) && strings.Contains(a.detail, fmt.Sprintf("%s → %s", truth.B, truth.C)) && strings.Contains(a.detail, fmt.Sprintf("%s → %s", truth.C, truth.D))
	})
	if !whole {
		t.Errorf("no alert has the path %s → %s → %s → %s", truth.A, truth.B, truth.C, truth.D)
	}
	if records < 200_000 {
		t.Errorf("there were %d records only", records)
	}
	if wrong > 5 {
		t.Errorf("%d false alarms", wrong)
	}
}

// The same hour without the intrusion is nearly silent.
func TestNoIntrusion(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	o := traffic(t)
	w := newWatch(t, time.Duration((o.Hours-1)*float64(time.Hour)))
	w.run(intrusion.New(o), o)
	for _, a := range w.alerts {
		t.Logf("false: %s %d %s %s %s -> %s %s %d: %s", a.what, a.rule, a.event.Time.Format(time.TimeOnly), a.key, a.event.Client, a.event.Server, a.event.URI, a.event.Status, a.detail)
	}
	if len(w.alerts) > 5 {
		t.Errorf("%d false alarms", len(w.alerts))
	}
}
