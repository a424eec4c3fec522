// Package pipeline takes a chunk of log records, inspects each record and
// gives back the chunk and the alerts. The filter, the output and the command
// all run it.
package pipeline

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/behavior"
	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/engine/analysis"
	"github.com/modsecurity-for-anylog/msa/engine/sensitive"
	"github.com/modsecurity-for-anylog/msa/incident"
	"github.com/modsecurity-for-anylog/msa/internal/reread"
	"github.com/modsecurity-for-anylog/msa/internal/state"
	"github.com/modsecurity-for-anylog/msa/internal/stopwatch"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/rules"
)

// Pipeline is safe for concurrent use.
type Pipeline struct {
	cfg    Config
	watch  *stopwatch.Watch // the profiler's, nil without one
	tag    tagTemplate
	mapper *mapping.Set
	table  *mapping.WorkloadTable // nil without one

	canaries *reread.File[sensitive.Canaries] // nil without them
	engine   *sharedEngine
	rules    inspector // the engine, but in tests
	engines  *Engines
	pool     *pool
	log      *slog.Logger

	transactions sync.Pool    // *mapping.Transaction
	misread      sync.Map     // *mapping.Mapping: those whose headers the log has complained about
	panics       sync.Map     // ids of rules, the same
	lines        sync.RWMutex // held by each chunk while it is mapped, alone by one whose lines say what later ones mean
	announced    sync.Map     // string: what was said of mappings
	doubled      sync.Map     // string: keys that records have twice, of which the log has told
	doubledKeys  atomic.Int32 // how many these are
	counters     counters
	exclusions   engine.Exclusions

	detectors      *behavior.Detectors // nil when they are off
	closeDetectors func()
	memory         *behavior.Memory
	closeMemory    func()
	incidents      *incident.Incidents // nil when they are off
	closeIncidents func()
	aggregate      *aggregate // nil where incidents are made of its own alerts
	errorLog       errorLog
}

// New compiles rules and mapping. engines may be nil, then nothing is shared.
// What had to be passed over is logged, with file, line and rule.
func New(cfg Config, engines *Engines, log *slog.Logger) (*Pipeline, error) {
	if engines == nil || cfg.Profiler != nil { // what is measured is not shared
		engines = &Engines{}
	}
	p := &Pipeline{
		cfg: cfg.profiled(), watch: cfg.watch(), engines: engines, log: log,
		transactions: sync.Pool{New: func() any { return new(mapping.Transaction) }},
	}
	if err := p.read(); err != nil {
		return nil, err
	}
	e, err := engines.get(p.cfg.Engine)
	if err != nil {
		return nil, err
	}
	p.engine, p.rules, p.pool = e, e, newPool(p.cfg.Workers-1)
	p.warn(e)
	if err := p.open(); err != nil {
		p.Close()
		return nil, err
	}
	if cfg.FromAlerts {
		p.aggregate = newAggregate(alert.Reader{Standing: e.Standing, Internal: cfg.Alert.Internal})
	}
	p.warnOfExclusions("", p.exclusions)
	for _, one := range p.mapper.Named() {
		p.announce(one)
		if !slices.Contains(mapping.PresetNames(), one.Name) { // these are for any rules
			exclusions, err := engine.ParseExclusions(one.Excluded())
			if err != nil {
				p.Close()
				return nil, fmt.Errorf("property mapping: %s: %w", one.Name, err)
			}
			p.warnOfExclusions("mapping "+one.Name+": ", exclusions)
		}
	}
	log.Info("rules loaded", "rules", e.RuleCount(), "files", len(e.Files()), "warnings", len(e.Warnings()), "mapping", cfg.Mapping)
	return p, nil
}

// Examine is New for one who only looks: it fails where New would, logs what New would, and changes nothing on disk.
func Examine(cfg Config, log *slog.Logger) (*Pipeline, error) {
	trial := cfg
	trial.Trial, trial.StatePath = true, ""
	p, err := New(trial, nil, log)
	if err != nil || cfg.StatePath == "" {
		return p, err
	}
	file := state.At(cfg.StatePath)
	if err := file.CheckUntouched(); err != nil {
		p.Close()
		return nil, fmt.Errorf("property state_path: %w", err)
	}
	dropped := 0
	err = file.LoadUntouched(func(all state.Sections) (err error) {
		dropped, err = cfg.checkState(all)
		return err
	})
	if err == nil {
		err = file.Incomplete(dropped)
	}
	if err != nil {
		p.logError(err)
	}
	return p, nil
}

// checkState fails if something that learns can't go on with a state, and tells how many of its values can't be.
func (c *Config) checkState(all state.Sections) (dropped int, err error) {
	if dropped, err = behavior.CheckState(c.Behavior, all); err != nil || !c.tellsIncidents() {
		return dropped, err
	}
	n, err := incident.CheckState(c.incidents(), all)
	return dropped + n, err
}

// incidents are the options of incidents.
func (c *Config) incidents() incident.Options {
	return incident.Options{Path: c.StatePath, Everything: c.PerIncident}
}

// read reads what the properties name, but for rules, detectors and state.
func (p *Pipeline) read() (err error) {
	cfg := &p.cfg
	if p.mapper, err = mapping.Load(cfg.Mapping); err != nil {
		return fmt.Errorf("property mapping: %w", err)
	}
	if cfg.Workloads != "" {
		if p.table, err = mapping.OpenWorkloadTable(cfg.Workloads, p.logError); err != nil {
			return fmt.Errorf("property workloads: %w", err)
		}
	}
	if cfg.Canaries != "" {
		if p.canaries, err = reread.Open("canaries", cfg.Canaries, parseCanaries, p.logError); err != nil {
			return fmt.Errorf("property canaries: %w", err)
		}
	}
	if p.tag, err = parseTag(cfg.AlertTag); err != nil {
		return fmt.Errorf("property alert_tag: %w", err)
	}
	if cfg.StatePath != "" && !cfg.Trial {
		if err := state.At(cfg.StatePath).Check(); err != nil {
			return fmt.Errorf("property state_path: %w", err)
		}
	}
	if cfg.ByConfidence && slices.Contains(cfg.Engine.Rules, rules.CRS) && !slices.Contains(cfg.Engine.Rules, rules.Evidence) {
		cfg.Engine.Rules = append(slices.Clone(cfg.Engine.Rules), rules.Evidence)
	}
	p.exclusions, err = engine.ParseExclusions(cfg.Engine.Exclude)
	return err
}

// warn logs what of the rules is passed over, or slow.
func (p *Pipeline) warn(e *sharedEngine) {
	for _, w := range e.Warnings() {
		p.log.Warn(w.String())
	}
	for _, o := range e.Unjudged() {
		p.log.Info("the fast path can't judge a rule", "rule", o.Rule, "reason", o.Reason)
	}
}

// warnOfExclusions logs which of them exclude nothing, behind what says whose they are.
func (p *Pipeline) warnOfExclusions(whose string, exclusions engine.Exclusions) {
	if !exclusions.Any() { // or there is nothing to look for
		return
	}
	for _, warning := range exclusions.Unknown(p.named()) {
		p.log.Warn(whose + warning)
	}
}

// open opens all that learns.
func (p *Pipeline) open() error {
	if err := p.remember(); err != nil {
		return err
	}
	if p.cfg.Behavior != "" {
		var err error
		if p.detectors, p.closeDetectors, err = behavior.Open(p.cfg.Behavior, p.cfg.StatePath, p.logError); err != nil {
			return fmt.Errorf("property behavior: %w", err)
		}
		for _, warning := range p.detectors.UnknownRules(append(p.engine.Named(), canary)) {
			p.log.Warn(warning)
		}
	}
	if p.cfg.tellsIncidents() {
		p.incidents, p.closeIncidents = p.engines.incidents.Open(p.cfg.incidents(), p.logError)
	}
	return nil
}

func (p *Pipeline) logError(err error) { p.log.Error(err.Error()) }

// remember opens what earlier records have taught. A trial keeps nothing.
func (p *Pipeline) remember() (err error) {
	if p.cfg.Trial {
		p.memory, err = behavior.ReadMemory(p.cfg.StatePath)
		p.cfg.StatePath = ""
		return err
	}
	p.memory, p.closeMemory, err = behavior.OpenMemory(p.cfg.StatePath, p.logError)
	return err
}

// named is what exclude can name. Detectors and rules of evidence that are off now have their names all the same.
func (p *Pipeline) named() []engine.Named {
	all := p.engine.Named()
	if set, err := rules.Load([]string{rules.Evidence}); err == nil { // it is embedded
		for _, d := range set.Directives {
			if d.IsRule() {
				all = append(all, engine.Named{ID: d.ID()})
			}
		}
	}
	var specs []behavior.Spec
	if p.detectors != nil {
		specs = p.detectors.Specs()
	} else if known, err := behavior.Load(behavior.Default); err == nil { // they are, too
		specs = known
	}
	all = append(all, canary)
	for _, s := range specs {
		all = append(all, engine.Named{ID: s.ID, Name: s.Name, Tags: s.Tags})
	}
	for _, k := range behavior.SequelKinds() {
		all = append(all, engine.Named{ID: k.ID, Name: k.Name, Tags: k.Tags})
	}
	return all
}

// announce logs which rules a mapping leaves off: at the start, or with mapping auto when the first record of the mapping
// comes. A preset may have several mappings of one name, of which the same is said once.
func (p *Pipeline) announce(m *mapping.Mapping) {
	var off []string
	for _, u := range p.engine.Unapplied(m.Observes()) {
		off = append(off, strconv.Itoa(u.Rule))
	}
	rulesOff := strings.Join(off, " ")
	if _, said := p.announced.LoadOrStore(m.Name+" "+rulesOff, true); said {
		return
	}
	if rulesOff == "" {
		p.log.Info("mapping in use", "mapping", m.Name)
		return
	}
	p.log.Info("mapping in use, without the rules that need what this log does not show",
		"mapping", m.Name, "rules_off", rulesOff)
}

// maxDoubled is how many keys the log tells of: who sends records may choose ever new ones.
const maxDoubled = 1000

// announceDoubled warns, once for each key, that records have a key twice.
func (p *Pipeline) announceDoubled(tag, key string) {
	if _, done := p.doubled.Load(key); done || p.doubledKeys.Load() >= maxDoubled {
		return
	}
	if _, done := p.doubled.LoadOrStore(strings.Clone(key), true); !done {
		p.doubledKeys.Add(1)
		p.log.Warn("a record has a key twice, with different values: all of them are inspected", "tag", tag, "key", key)
	}
}

// complainOfHeaders counts headers that could not be read, and says so once for each mapping.
func (p *Pipeline) complainOfHeaders(tag string, tx *mapping.Transaction) {
	p.counters.unreadHeaders.Add(uint64(tx.UnreadHeaders))
	if _, said := p.misread.LoadOrStore(tx.Mapping(), true); said {
		return
	}
	p.log.Warn("headers are not inspected, as their form is unknown; msa explain shows them, and pair in the mapping names the keys of a list",
		"mapping", tx.Preset, "entries", tx.UnreadHeaders, "tag", tag)
}

// inspector says what the rules find in a transaction.
type inspector interface {
	Inspect(*mapping.Transaction) (engine.Verdict, error)
}

// Close stops the workers, after the running Process calls have ended.
func (p *Pipeline) Close() {
	p.pool.close()
	if p.closeDetectors != nil {
		p.closeDetectors()
	}
	if p.closeMemory != nil {
		p.closeMemory()
	}
	if p.closeIncidents != nil {
		p.closeIncidents()
	}
	if err := p.engines.put(p.engine); err != nil {
		p.log.Warn("cannot release rules", "error", err)
	}
}

// SaveState writes what was learned, which Close does too: a host that ends without it loses what was learned since it was
// written last.
func (p *Pipeline) SaveState() {
	err := p.memory.SaveState()
	if p.detectors != nil {
		err = errors.Join(err, p.detectors.SaveState())
	}
	if p.incidents != nil {
		err = errors.Join(err, p.incidents.SaveState())
	}
	if err != nil {
		p.log.Error(err.Error())
	}
}

// Habits are what many clients do every day, by which rules are no evidence.
func (p *Pipeline) Habits() []behavior.Habit { return p.memory.Habits() }

// Forget lets a trial begin anew, while nothing is inspected.
func (p *Pipeline) Forget() {
	if p.cfg.Trial {
		p.memory = behavior.NewMemory()
	}
}

// NoEvidence are the rules that are listed in alerts and make none, in the order of their ids.
func (p *Pipeline) NoEvidence() []int {
	if !p.cfg.ByConfidence {
		return nil
	}
	return p.engine.PolicyRules()
}

// RuleCount is the number of rules in use, chains counted once.
func (p *Pipeline) RuleCount() int { return p.engine.RuleCount() }

// Unjudged lists the rules that the fast path can't judge.
func (p *Pipeline) Unjudged() []analysis.Unjudged { return p.engine.Unjudged() }

// Plan is what the fast path asks of a record, rule by rule, for people; empty without a fast path.
func (p *Pipeline) Plan() string { return p.engine.Plan() }

// Alerts are events of one tag, alerts or incidents.
type Alerts struct {
	Tag    string
	Events []byte // msgpack events, one after another
	Count  int    // how many
}

// Result is what became of a chunk.
type Result struct {
	Chunk  []byte   // the chunk rewritten (annotate), or nil when it is unchanged
	Alerts []Alerts // runs of alerts under one tag, in the order of their records

	// Incidents are what is told of incidents, at most one run.
	Incidents []Alerts

	// Records has for each alert event, in order, the index of its record in the chunk. It is empty for alerts of other
	// instances, which have waited.
	Records []int
}

// finding is what became of one record.
type finding struct {
	alerts   []byte
	count    int
	tag      string
	replaced []byte // the event rewritten, or nil
	mapped   bool   // there is an exchange to be remembered
	observed bool   // there is an observation for the detectors
	exchange behavior.Exchange
	suspect  *suspect

	at      time.Time // of the record; zero if it was not inspected
	members []member  // the alerts
	told    []byte    // incidents, of which this record's alerts are part, or which are over
	tells   int       // how many these are

	read *alert.Facts // of a record that is an alert itself
	sent []Alerts     // of other instances, which have waited until now
}

// member is an alert as incidents see it.
type member struct {
	facts alert.Facts
	end   int // of its event, which has a place for the incident's id, in the record's alerts
}

// Inspection is a chunk on its way through the pipeline. What Inspect does of several may be done at the same time; Begin
// and End are called in the order of the records, by which detectors judge.
type Inspection struct {
	p        *Pipeline
	tag      string
	chunk    []byte
	alone    bool // no other chunk is mapped at the same time
	events   []event
	findings []finding
	observed []behavior.Observation // nil without detectors
}

// Process inspects the records of a chunk. It keeps references into chunk, which
// must not be changed afterwards. It never fails: what can't be
// inspected is counted and left as it is.
func (p *Pipeline) Process(tag string, chunk []byte) Result {
	i := p.Begin(tag, chunk)
	i.Inspect()
	return i.End()
}

// Begin gives a chunk its place after those that began before. It waits for them if the chunk has lines that say what later
// ones mean, and later ones wait for it then. Inspect and End must follow.
func (p *Pipeline) Begin(tag string, chunk []byte) *Inspection {
	i := &Inspection{p: p, tag: tag, chunk: chunk, alone: p.mapper.InOrder(chunk)}
	if i.alone {
		p.lines.Lock()
	} else {
		p.lines.RLock()
	}
	return i
}

// Inspect takes the records through mapping and rules, with the pipeline's workers.
func (i *Inspection) Inspect() {
	p := i.p
	defer p.busy(time.Now())
	helpers, done := p.cfg.Workers-1, p.lines.RUnlock
	if i.alone {
		helpers, done = 0, p.lines.Unlock
	}
	defer done()
	p.watch.Enter(stopwatch.Other)
	i.events = p.split(i.tag, i.chunk)
	i.findings = make([]finding, len(i.events))
	if p.detectors != nil {
		i.observed = make([]behavior.Observation, len(i.events))
	}
	work := func(n int) {
		var o *behavior.Observation
		if i.observed != nil {
			o = &i.observed[n]
		}
		i.findings[n] = p.inspect(i.tag, i.events[n], o)
	}
	if len(i.events) > 0 {
		p.pool.run(len(i.events), helpers, work)
	}
}

// End judges the records in their order, and is what became of the chunk.
func (i *Inspection) End() Result {
	p := i.p
	defer p.busy(time.Now())
	i.tell(i.judge())
	if i.observed != nil {
		p.watch.Enter(stopwatch.Detectors)
		p.detect(i.tag, i.events, i.observed, i.findings)
	}
	p.watch.Enter(stopwatch.Alerts)
	switch {
	case p.aggregate != nil:
		p.guarded(i.tag, i.aggregateAlerts)
	case p.incidents != nil:
		p.guarded(i.tag, i.relate)
	}
	p.watch.Enter(stopwatch.Other)
	return p.join(i.chunk, i.events, i.findings)
}

// busy counts the time since a start for which a chunk was worked on.
func (p *Pipeline) busy(start time.Time) { p.counters.busy.Add(int64(time.Since(start))) }

// split cuts a chunk into its events. What follows an event that can't be
// read is not looked at: nobody knows where the next one begins.
func (p *Pipeline) split(tag string, chunk []byte) []event {
	var events []event
	for len(chunk) > 0 {
		e, rest, err := readEvent(chunk)
		if e.raw == nil {
			p.countUninspected(malformed, tag, err)
			break
		}
		if err != nil {
			p.countUninspected(malformed, tag, err)
			e.body = nil
		}
		events = append(events, e)
		chunk = rest
	}
	return events
}

// detect gives what was inspected to the detectors, in the order of the records, and adds their alerts.
func (p *Pipeline) detect(tag string, events []event, observed []behavior.Observation, findings []finding) {
	defer func() {
		if v := recover(); v != nil {
			p.countUninspected(panicked, tag, fmt.Errorf("the detectors failed: %w", panicError(v)))
		}
	}()
	all := make([]*behavior.Observation, len(findings))
	for i := range findings {
		if findings[i].observed {
			all[i] = &observed[i]
		}
	}
	var isExcluded func(*behavior.Spec, *behavior.Observation) bool
	if p.exclusions.Any() {
		var last *behavior.Observation
		var path string
		isExcluded = func(s *behavior.Spec, o *behavior.Observation) bool {
			if o != last {
				last, path = o, engine.Filename(o.Path)
			}
			return p.exclusions.Excluded(s.ID, s.Name, s.Tags, engine.Exchange{
				Path: path, Host: o.Host, Client: o.ClientIP(), ClientWorkload: &o.ClientWorkload, ServerWorkload: &o.ServerWorkload,
			})
		}
	}
	for _, found := range p.detectors.Observe(all, isExcluded) {
		p.emitFound(&findings[found.Index], tag, events[found.Index], found.Alert(all[found.Index]))
	}
}

// relate makes the alerts part of incidents, in the order of the records.
func (i *Inspection) relate() {
	p := i.p
	chunk := p.incidents.Begin()
	defer chunk.End()
	for n := range i.findings {
		f := &i.findings[n]
		if !f.at.IsZero() {
			p.told(f, chunk.Record(f.at))
		}
		begin := 0
		for _, m := range f.members {
			id, told := chunk.Alert(&m.facts)
			alert.SetIncident(f.alerts[begin:m.end], id)
			begin = m.end
			p.told(f, told)
		}
		f.members = nil
	}
}

// told adds what is told of incidents to what became of a record.
func (p *Pipeline) told(f *finding, told []alert.Incident) {
	for n := range told {
		f.told = told[n].AppendEvent(f.told, p.cfg.Format, p.cfg.TextKey)
	}
	f.tells += len(told)
	p.counters.told.Add(uint64(len(told)))
}

// WatchExclusions has Unmet find out, of the records from now on. It is called before the first one.
func (p *Pipeline) WatchExclusions() { p.exclusions = p.exclusions.Watched() }

// Unmet says which exclusions are for places that no record has had, if they are watched.
func (p *Pipeline) Unmet() (warnings []string) { return p.exclusions.Unmet() }

// Finish ends all incidents, as nothing more will come, and returns what is to be told of them. Those whose state is
// kept in a file go on.
func (p *Pipeline) Finish() Result {
	r := p.heldNoMore(func(*held) bool { return true })
	if p.incidents == nil || p.cfg.StatePath != "" {
		return r
	}
	var f finding
	p.told(&f, p.incidents.Finish())
	r.Incidents = appended(r.Incidents, Alerts{p.cfg.IncidentTag, f.told, f.tells}, 0)
	return r
}

// emitFound adds the alert of what many records show.
func (p *Pipeline) emitFound(f *finding, tag string, e event, a alert.Alert) {
	if a.Severity() > p.cfg.Alert.MinSeverity || p.cfg.AlertTag == "" && !p.cfg.PerIncident {
		return
	}
	if p.cfg.Alert.Mask {
		a = a.Masked()
	}
	p.emit(f, tag, e, []alert.Alert{a})
	p.counters.found.Add(1)
}

// emit adds alerts to what became of a record.
func (p *Pipeline) emit(f *finding, tag string, e event, alerts []alert.Alert) {
	if len(alerts) == 0 {
		return
	}
	of := alert.KubernetesOf(e.body)
	for i := range alerts {
		a := &alerts[i]
		a.Kubernetes = of
		if p.incidents != nil {
			f.members = append(f.members, member{facts: a.Facts()})
			a.Incident = alert.Pending
		}
		if !p.cfg.PerIncident {
			f.alerts = a.AppendEvent(f.alerts, e.time, p.cfg.Format, p.cfg.TextKey)
		}
		if p.incidents != nil {
			f.members[len(f.members)-1].end = len(f.alerts)
		}
	}
	if p.cfg.PerIncident {
		return
	}
	f.count += len(alerts)
	f.tag = p.tag.expand(tag, e.body)
	for i := range alerts {
		p.counters.alert(alerts[i].Series())
	}
}

// inspect takes one event through mapping, engine and alert. o is filled for the detectors; it may be nil.
func (p *Pipeline) inspect(tag string, e event, o *behavior.Observation) (f finding) {
	if e.body == nil || e.isGroupMarker() {
		return f
	}
	p.counters.records.Add(1)
	defer func() {
		if v := recover(); v != nil {
			p.countUninspected(panicked, tag, panicError(v))
			f = finding{}
		}
	}()
	if p.aggregate != nil {
		return p.readAlert(tag, e)
	}
	tx := p.transactions.Get().(*mapping.Transaction)
	defer func() { p.release(tx) }()
	if !p.mapEvent(tag, e, tx) {
		return f
	}
	if p.cfg.Shards > 0 {
		f.replaced = p.shard(tag, e, tx)
		return f
	}
	if tx.UnreadHeaders > 0 {
		p.complainOfHeaders(tag, tx)
	}
	verdict := p.match(tag, tx)
	if verdict == nil {
		return f
	}
	if f.at = tx.Time; f.at.IsZero() {
		f.at = e.when()
	}
	f.exchange.Read(tx, e.when())
	f.mapped = true
	if len(verdict.Matches) > 0 {
		f.suspect = p.suspect(tx, *verdict)
		tx = nil
	} else if o != nil {
		p.observe(tag, e, tx, verdict, false, o)
		f.observed = true
	}
	return f
}

// mapEvent fills a transaction with what an event says, and reports whether it is one to inspect; if not, it is counted why.
func (p *Pipeline) mapEvent(tag string, e event, tx *mapping.Transaction) bool {
	p.watch.Enter(stopwatch.Mapping)
	tx.Metadata, tx.Workloads = e.meta, p.table
	switch err := p.mapper.Map(tag, e.body, tx); {
	case err == nil:
	case errors.Is(err, mapping.ErrSkipped):
		p.counters.skipped.Add(1)
		return false
	case errors.Is(err, mapping.ErrNotHTTP):
		p.counters.notHTTP.Add(1)
		return false
	default:
		p.countUninspected(whyUnmapped(err), tag, err)
		return false
	}
	if isFirst := p.counters.mapped.add(tx.Mapping()); isFirst {
		p.announce(tx.Mapping())
	}
	if err := tx.NotText(); err != nil {
		p.countUninspected(notText, tag, err)
	}
	if key := tx.DoubledKey(); key != "" {
		p.announceDoubled(tag, key)
	}
	return true
}

// match is what the rules find in a transaction, and how that was found is counted; nil if they failed.
func (p *Pipeline) match(tag string, tx *mapping.Transaction) *engine.Verdict {
	p.exclusions.See(tx)
	start := time.Now()
	v, err := p.rules.Inspect(tx)
	p.watch.Enter(stopwatch.Other)
	p.counters.inspection.Add(int64(time.Since(start)))
	p.countPanics(tag, v.Panics)
	if err != nil {
		p.countUninspected(failed, tag, err)
		return nil
	}
	p.findCanaries(tx, &v)
	p.inspected(tx, &v)
	p.countScreened(tag, &v)
	if len(v.Uninspected) > 0 {
		p.counters.cut.Add(1)
	}
	return &v
}

// countScreened keeps account of the fast path. When it was wrong, the alert goes out all the same.
func (p *Pipeline) countScreened(tag string, v *engine.Verdict) {
	switch v.Screened {
	case engine.ScreenCleared:
		p.counters.screened.Add(1)
	case engine.ScreenRight:
		p.counters.screened.Add(1)
		p.counters.verified.Add(1)
	case engine.ScreenWrong:
		p.counters.screenWrong.Add(1)
		p.log.Error("the fast path was wrong about a record: please report it, and set screen to off until it is fixed",
			"tag", tag, "rules", v.RuleIDs())
	}
}

func whyUnmapped(err error) cause {
	switch {
	case errors.Is(err, mapping.ErrNotMap):
		return notMap
	case errors.Is(err, mapping.ErrUnmapped):
		return unmapped
	case errors.Is(err, mapping.ErrNotText):
		return notText
	default:
		return malformed
	}
}

// annotate is the event with the verdict in it.
func (p *Pipeline) annotate(tag string, e event, masker *sensitive.Masker, tx *mapping.Transaction, v *engine.Verdict, alarmed bool) []byte {
	out, err := e.with(keyValue{p.cfg.Annotate, alert.AppendVerdict(nil, masker, v, tx, alarmed)})
	if err != nil {
		p.countUninspected(malformed, tag, err)
		return nil
	}
	return out
}

// appended is runs with one more, which becomes part of the last if that has the same tag. The first has room for so many
// bytes, as most often all have its tag.
func appended(runs []Alerts, more Alerts, room int) []Alerts {
	if more.Count == 0 {
		return runs
	}
	switch n := len(runs); {
	case n == 0:
		runs = append(runs, Alerts{Tag: more.Tag, Events: make([]byte, 0, room)})
	case runs[n-1].Tag != more.Tag:
		runs = append(runs, Alerts{Tag: more.Tag})
	}
	last := &runs[len(runs)-1]
	last.Events = append(last.Events, more.Events...)
	last.Count += more.Count
	return runs
}

// join puts what the workers found into the order of the records.
func (p *Pipeline) join(chunk []byte, events []event, findings []finding) Result {
	var r Result
	replaced := false
	alerts, incidents := 0, 0 // bytes
	for i := range findings {
		f := &findings[i]
		replaced = replaced || f.replaced != nil
		alerts += len(f.alerts)
		for _, run := range f.sent {
			alerts += len(run.Events)
		}
		incidents += len(f.told)
	}
	for i := range findings {
		f := &findings[i]
		for range f.count {
			r.Records = append(r.Records, i)
		}
		r.Alerts = appended(r.Alerts, Alerts{f.tag, f.alerts, f.count}, alerts)
		for _, run := range f.sent {
			r.Alerts = appended(r.Alerts, run, alerts)
		}
		r.Incidents = appended(r.Incidents, Alerts{p.cfg.IncidentTag, f.told, f.tells}, incidents)
	}
	if !replaced {
		return r
	}
	rest := chunk
	for i, f := range findings {
		if f.replaced != nil {
			r.Chunk = append(r.Chunk, f.replaced...)
		} else {
			r.Chunk = append(r.Chunk, events[i].raw...)
		}
		rest = rest[len(events[i].raw):]
	}
	r.Chunk = append(r.Chunk, rest...)
	return r
}
