package pipeline

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/engine/sensitive"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/triage"
)

// cause is why a record was not inspected.
type cause int

const (
	malformed cause = iota // the chunk's bytes are no msgpack, or no event
	notMap                 // the event's body is no map
	unmapped               // the mapping finds no HTTP in it
	notText                // a field of the request is an object or a list; what else there is was inspected
	failed                 // the engine could not
	panicked               // a defect of ours
	causes
)

var causeNames = [causes]string{"malformed", "not_a_map", "unmapped", "not_text", "engine", "panic"}

type counters struct {
	records, skipped, notHTTP, cut, unreadHeaders, alerts, found, told atomic.Uint64

	screened, verified, screenWrong atomic.Uint64
	rulePanics                      atomic.Uint64
	errors                          [causes]atomic.Uint64
	inspection, busy                atomic.Int64 // nanoseconds

	habitual        atomic.Uint64
	belowConfidence tallies // by rule id
	mapped          tallies // by mapping

	alertsByRule, alertsByCategory, alertsByOutcome, alertsByService tallies // by text
}

// tallies count by a key of which there are few.
type tallies struct {
	counts sync.Map // to *atomic.Uint64
	adding sync.Mutex
	keys   int
}

// mostSeries bounds the different texts of a label: attackers choose some, and each costs Prometheus memory for good.
const mostSeries = 100

// otherSeries counts what came when there was no room for its text.
const otherSeries = "other"

// add reports whether it is the key's first.
func (t *tallies) add(key any) (isFirst bool) {
	n, ok := t.counts.Load(key)
	if !ok {
		n, _ = t.counts.LoadOrStore(key, new(atomic.Uint64))
	}
	return n.(*atomic.Uint64).Add(1) == 1
}

// addText is for texts of which there may be many, and which stay as they are.
func (t *tallies) addText(text string) {
	if n, ok := t.counts.Load(text); ok {
		n.(*atomic.Uint64).Add(1)
		return
	}
	t.adding.Lock()
	defer t.adding.Unlock()
	switch _, ok := t.counts.Load(text); {
	case ok: // since
	case t.keys == mostSeries:
		text = otherSeries
	default:
		t.keys++
	}
	t.add(text)
}

func (t *tallies) texts() map[string]uint64 {
	return t.snapshot(func(text any) string { return text.(string) })
}

// alert counts one.
func (c *counters) alert(of alert.Series) {
	c.alerts.Add(1)
	c.alertsByRule.addText(strconv.Itoa(of.Rule))
	c.alertsByCategory.addText(of.Category)
	c.alertsByOutcome.addText(of.Outcome)
	c.alertsByService.addText(of.Service)
}

func (t *tallies) snapshot(name func(key any) string) map[string]uint64 {
	all := map[string]uint64{}
	t.counts.Range(func(key, n any) bool {
		all[name(key)] += n.(*atomic.Uint64).Load()
		return true
	})
	return all
}

// below counts the rules that were evidence of too little.
func (c *counters) below(v *engine.Verdict) {
	for i := range v.Matches {
		if m := &v.Matches[i]; m.IsEvidence() {
			c.belowConfidence.add(m.RuleID)
		}
	}
}

// Snapshot is the counters, which only grow, and the gauges, which are ints, at one moment.
type Snapshot struct {
	Records           uint64            // events seen
	Skipped           uint64            // of these, what the mapping leaves out
	NotHTTP           uint64            // and what is no HTTP, which mapping auto passes over
	Cut               uint64            // records of which a part is longer than what is inspected
	UnreadHeaders     uint64            // headers that were in no form that is known
	Alerts            uint64            // alerts made
	Screened          uint64            // records that the fast path has cleared
	Verified          uint64            // of these, what the rules have seen all the same
	ScreenWrong       uint64            // records about which the fast path was wrong, by what all rules found: a defect
	RulePanics        uint64            // rules that a record was inspected without, as the rules engine fails at them
	Found             uint64            // of the alerts, those of detectors
	Told              uint64            // messages about incidents
	Incidents         int               // open ones, which pipelines may share
	Keys              int               // whose behaviour the detectors keep, which pipelines may share
	Evicted           uint64            // keys that made room for others
	Forgotten         uint64            // what was learned of paths, clients and endpoints, and made room for others; shared likewise
	Learning          int               // detectors that say nothing yet, shared likewise
	Mapped            map[string]uint64 // by mapping: records that it has made transactions of
	Habits            int               // rules and places where many clients are answered with success although the rule matches; shared likewise
	Habitual          uint64            // records that do not alarm for that
	BelowConfidence   map[string]uint64 // by rule: matches in records that were too little evidence to alarm
	AlertsByRule      map[string]uint64 // by rule_id; with mostSeries, others are under "other", and so in the three below
	AlertsByCategory  map[string]uint64
	AlertsByOutcome   map[string]uint64 // every outcome is present from the start
	AlertsByService   map[string]uint64 // what was attacked
	Errors            map[string]uint64 // records not inspected, by cause; every cause is present from the start
	InspectionSeconds float64           // time spent inspecting, summed over workers
	BusySeconds       float64           // time for which whoever hands over chunks has waited
}

// Add adds the counters of another.
func (s *Snapshot) Add(other Snapshot) {
	s.Records += other.Records
	s.Skipped += other.Skipped
	s.NotHTTP += other.NotHTTP
	s.Cut += other.Cut
	s.UnreadHeaders += other.UnreadHeaders
	s.Screened += other.Screened
	s.Verified += other.Verified
	s.ScreenWrong += other.ScreenWrong
	s.RulePanics += other.RulePanics
	s.Alerts += other.Alerts
	s.Found += other.Found
	s.Told += other.Told
	s.Incidents = max(s.Incidents, other.Incidents)
	s.Keys = max(s.Keys, other.Keys)
	s.Evicted = max(s.Evicted, other.Evicted)
	s.Forgotten = max(s.Forgotten, other.Forgotten)
	s.Learning = max(s.Learning, other.Learning)
	s.Habits = max(s.Habits, other.Habits)
	s.Habitual += other.Habitual
	s.InspectionSeconds += other.InspectionSeconds
	s.BusySeconds += other.BusySeconds
	s.Mapped = sum(s.Mapped, other.Mapped)
	s.BelowConfidence = sum(s.BelowConfidence, other.BelowConfidence)
	s.AlertsByRule = sum(s.AlertsByRule, other.AlertsByRule)
	s.AlertsByCategory = sum(s.AlertsByCategory, other.AlertsByCategory)
	s.AlertsByOutcome = sum(s.AlertsByOutcome, other.AlertsByOutcome)
	s.AlertsByService = sum(s.AlertsByService, other.AlertsByService)
	s.Errors = sum(s.Errors, other.Errors)
}

// sum adds what two maps count.
func sum(a, b map[string]uint64) map[string]uint64 {
	all := make(map[string]uint64, max(len(a), len(b)))
	maps.Copy(all, a)
	for name, n := range b {
		all[name] += n
	}
	return all
}

// Snapshot reads the counters.
func (p *Pipeline) Snapshot() Snapshot {
	s := Snapshot{
		Records:           p.counters.records.Load(),
		Skipped:           p.counters.skipped.Load(),
		NotHTTP:           p.counters.notHTTP.Load(),
		Cut:               p.counters.cut.Load(),
		UnreadHeaders:     p.counters.unreadHeaders.Load(),
		Alerts:            p.counters.alerts.Load(),
		Screened:          p.counters.screened.Load(),
		Verified:          p.counters.verified.Load(),
		ScreenWrong:       p.counters.screenWrong.Load(),
		RulePanics:        p.counters.rulePanics.Load(),
		Habitual:          p.counters.habitual.Load(),
		Errors:            make(map[string]uint64, causes),
		InspectionSeconds: time.Duration(p.counters.inspection.Load()).Seconds(),
		BusySeconds:       time.Duration(p.counters.busy.Load()).Seconds(),
	}
	s.Found, s.Told = p.counters.found.Load(), p.counters.told.Load()
	if p.incidents != nil {
		s.Incidents = p.incidents.Open()
	}
	s.Mapped = p.counters.mapped.snapshot(func(m any) string { return m.(*mapping.Mapping).Name })
	s.BelowConfidence = p.counters.belowConfidence.snapshot(func(rule any) string { return strconv.Itoa(rule.(int)) })
	s.AlertsByRule, s.AlertsByCategory = p.counters.alertsByRule.texts(), p.counters.alertsByCategory.texts()
	s.AlertsByOutcome, s.AlertsByService = p.counters.alertsByOutcome.texts(), p.counters.alertsByService.texts()
	for _, outcome := range []triage.Outcome{triage.Success, triage.Failure, triage.Unknown} {
		s.AlertsByOutcome[string(outcome)] += 0 // so that the first can be seen to be one more
	}
	if p.detectors != nil {
		for _, u := range p.detectors.Usage() {
			s.Keys += u.Keys
			s.Evicted += u.Evicted
			if u.Learning {
				s.Learning++
			}
		}
		s.Forgotten += p.detectors.Evicted()
	}
	if p.memory != nil {
		s.Forgotten += p.memory.Evicted()
		s.Habits = len(p.memory.Habits())
	}
	for i, name := range causeNames {
		s.Errors[name] = p.counters.errors[i].Load()
	}
	return s
}

// errorLog logs each cause at most once a minute, with what was counted since.
type errorLog struct {
	mu         sync.Mutex
	last       [causes]time.Time
	suppressed [causes]uint64
}

const errorLogInterval = time.Minute

// countUninspected counts a record that goes on without having been inspected.
func (p *Pipeline) countUninspected(c cause, tag string, err error) {
	p.counters.errors[c].Add(1)
	p.errorLog.mu.Lock()
	p.errorLog.suppressed[c]++
	n := p.errorLog.suppressed[c]
	now := time.Now()
	quiet := now.Sub(p.errorLog.last[c]) < errorLogInterval
	if !quiet {
		p.errorLog.last[c], p.errorLog.suppressed[c] = now, 0
	}
	p.errorLog.mu.Unlock()
	if quiet {
		return
	}
	text := err.Error()
	if p.cfg.Alert.Mask {
		text = sensitive.Mask(text)
	}
	level := slog.LevelWarn
	if c >= failed {
		level = slog.LevelError
	}
	p.log.Log(context.Background(), level, "records pass uninspected", "cause", causeNames[c], "records", n, "tag", tag, "example", text)
}

// countPanics counts the rules that a record was inspected without, and says so once for each.
func (p *Pipeline) countPanics(tag string, panics []engine.RulePanic) {
	for _, r := range panics {
		p.counters.rulePanics.Add(1)
		if _, said := p.panics.LoadOrStore(r.Rule, true); said {
			continue
		}
		text := r.Text
		if p.cfg.Alert.Mask {
			text = sensitive.Mask(text)
		}
		of := p.engine.RuleText(r.Rule)
		p.log.Error("the rules engine failed at a rule: such records are inspected without it",
			"rule", r.Rule, "file", fmt.Sprintf("%s:%d", of.File, of.Line), "tag", tag, "panic", text)
	}
}
