package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/modsecurity-for-anylog/msa/pipeline"
)

// process is what the instances of this process share. C's side of the boundary
// has no other place for it, and it outlives the host's configurations, which
// come and go with each reload.
var process registry

// registry knows the living instances, and by name what must survive a reload.
// The zero value is ready.
type registry struct {
	engines pipeline.Engines

	mu       sync.RWMutex
	live     []*member             // in the order in which they were initialised
	emitters map[uintptr]*instance // by the emitter's id
	lines    map[string]*lineage   // by kind and name
}

// The kinds of plugins.
const (
	filterKind = "filter"
	outputKind = "output"
)

// member is what an instance of the filter and one of the output have in common.
type member struct {
	kind     string
	name     string  // unique among those of its kind in a configuration
	hostName string  // as the host has it
	config   uintptr // id of the host's configuration
	log      *logger
	lineage  *lineage
	rules    *rules
	started  bool
	waiting  func() int // alerts

	failedLog limiter
}

// lineage is the members of one kind and name, each the successor of the one before the
// reload.
type lineage struct {
	good   *rules   // the last that compiled
	open   []*rules // those whose counters may still grow
	wake   waker    // kept: the host's event loop may hold it until after the instance's end
	closed pipeline.Snapshot

	lost   atomic.Uint64 // alerts
	panics atomic.Uint64
	memory atomic.Uint64 // chunks not annotated for want of it
}

// rules is a pipeline that members of one lineage run.
type rules struct {
	*pipeline.Pipeline
	config pipeline.Config
	to     destination // of an output
	users  int         // members, and one for being the lineage's last good
}

// join makes a member. The host calls all the processors msa.0 that have no
// alias, so a second one of a configuration gets a number to its name.
func (g *registry) join(kind string, config uintptr, name string) *member {
	g.mu.Lock()
	defer g.mu.Unlock()
	same := 1
	for _, other := range g.live {
		if other.kind == kind && other.config == config && other.hostName == name {
			same++
		}
	}
	m := &member{kind: kind, config: config, hostName: name, name: name, waiting: func() int { return 0 }}
	if same > 1 {
		m.name += "-" + strconv.Itoa(same)
	}
	if g.lines == nil {
		g.lines = make(map[string]*lineage)
		g.emitters = make(map[uintptr]*instance)
	}
	line := kind + ":" + m.name
	if g.lines[line] == nil {
		g.lines[line] = &lineage{wake: -1}
	}
	m.lineage = g.lines[line]
	m.log = newLogger(kind, m.name)
	g.live = append(g.live, m)
	return m
}

// leave ends a member, and its pipeline unless it may be needed again.
func (g *registry) leave(m *member) {
	g.mu.Lock()
	g.live = slices.DeleteFunc(g.live, func(other *member) bool { return other == m })
	maps.DeleteFunc(g.emitters, func(_ uintptr, i *instance) bool { return i.member == m })
	r := m.rules
	m.rules = nil
	g.mu.Unlock()
	g.release(m.lineage, r)
}

// use gives the member fresh rules.
func (g *registry) use(m *member, r *rules) {
	g.mu.Lock()
	defer g.mu.Unlock()
	r.users = 1
	m.rules = r
	m.lineage.open = append(m.lineage.open, r)
}

// reuse gives the member the last good rules, if there are any.
func (g *registry) reuse(m *member) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if m.lineage.good == nil {
		return false
	}
	m.rules = m.lineage.good
	m.rules.users++
	return true
}

// start makes the member's rules the last good of its lineage.
func (g *registry) start(m *member) {
	g.mu.Lock()
	m.started = true
	replaced := m.lineage.good
	if replaced == m.rules {
		replaced = nil
	} else {
		m.lineage.good = m.rules
		m.rules.users++
	}
	g.mu.Unlock()
	g.release(m.lineage, replaced)
}

// emits makes an instance known by its emitter.
func (g *registry) emits(i *instance) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.emitters[i.emitter.id()] = i
}

// release gives up one use of rules, which may be nil.
func (g *registry) release(l *lineage, r *rules) {
	if r == nil {
		return
	}
	g.mu.Lock()
	r.users--
	last := r.users == 0
	g.mu.Unlock()
	if !last {
		return
	}
	r.Close() // unlocked: it waits for workers
	g.mu.Lock()
	defer g.mu.Unlock()
	l.closed.Add(r.Snapshot())
	l.open = slices.DeleteFunc(l.open, func(other *rules) bool { return other == r })
}

// owns tells whether an input is an emitter of MSA. Its records are alerts.
func (g *registry) owns(in emitter) bool { return g.byEmitter(in) != nil }

func (g *registry) byEmitter(in emitter) *instance {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.emitters[in.id()]
}

// readings are the counters of the filters of m's configuration and of all outputs,
// if m is the first of these filters and so sends the metrics of all.
func (g *registry) readings(m *member) []reading {
	g.mu.RLock()
	defer g.mu.RUnlock()
	var rs []reading
	for _, other := range g.live {
		if !other.started || other.kind != filterKind || other.config != m.config {
			continue
		}
		if len(rs) == 0 && other != m {
			return nil
		}
		rs = append(rs, other.reading())
	}
	for _, other := range g.live {
		if other.started && other.kind == outputKind && len(rs) > 0 {
			rs = append(rs, other.reading())
		}
	}
	return rs
}

// reading is the member's counters. The registry is locked.
func (m *member) reading() reading {
	name := m.name
	if m.kind == outputKind {
		name = outputKind + ":" + name // the host gives both kinds the same names
	}
	return reading{instance: name, Snapshot: m.lineage.snapshot(), lost: m.lineage.lost.Load(), waiting: m.waiting()}
}

// snapshot is the counters of all the lineage's instances. The registry is locked.
func (l *lineage) snapshot() pipeline.Snapshot {
	var s pipeline.Snapshot
	s.Add(l.closed)
	for _, r := range l.open {
		s.Add(r.Snapshot())
	}
	s.Errors["panic"] += l.panics.Load()
	s.Errors["memory"] += l.memory.Load()
	return s
}

// panicked counts a panic that was stopped at the border to C.
func (m *member) panicked(v any, stack []byte) {
	m.lineage.panics.Add(1)
	what := "records pass as they are"
	if m.kind == outputKind {
		what = "the chunk has to come again"
	}
	m.fail(fmt.Sprintf("panic: %v; %s\n%s", v, what, stack))
}

// fail logs an error, at most one a minute.
func (m *member) fail(text string) {
	if m.failedLog.allows(time.Now()) {
		m.log.Error(text)
	}
}
