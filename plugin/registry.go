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

// plugins is what the instances of this process share. C's side of the boundary
// has no other place for it, and it outlives the host's configurations, which
// come and go with each reload.
var plugins registry

// registry knows the living instances, and by name what must survive a reload.
// The zero value is ready.
type registry struct {
	engines pipeline.Engines

	mu         sync.RWMutex
	live       []*base               // in the order in which they were initialised
	emitters   map[uintptr]*instance // by the emitter's id
	identities map[string]*identity  // by kind and name
}

// The kinds of plugins.
const (
	filterKind = "filter"
	outputKind = "output"
)

// base is what an instance of the filter and one of the output have in common.
type base struct {
	kind     string
	name     string  // unique among those of its kind in a configuration
	hostName string  // as the host has it
	config   uintptr // id of the host's configuration
	log      *logger
	identity *identity
	rules    *rules
	started  bool
	waiting  func() int // alerts

	failedLog limiter
}

// identity is the instances of one kind and name, each the successor of the one before the
// reload.
type identity struct {
	log    *logger
	good   *rules   // the last that compiled
	open   []*rules // those whose counters may still grow
	wake   waker    // kept: the host's event loop may hold it until after the instance's end
	closed pipeline.Snapshot

	lost   atomic.Uint64 // alerts
	panics atomic.Uint64
	memory atomic.Uint64 // chunks not annotated for want of it
}

// rules is a pipeline that instances of one identity run.
type rules struct {
	*pipeline.Pipeline
	config pipeline.Config
	to     destination // of an output
	users  int         // instances, and one for being the identity's last good
}

// join makes the base of an instance. The host calls all the processors msa.0 that have no
// alias, so a second one of a configuration gets a number to its name.
func (g *registry) join(kind string, config uintptr, name string) *base {
	g.mu.Lock()
	defer g.mu.Unlock()
	same := 1
	for _, other := range g.live {
		if other.kind == kind && other.config == config && other.hostName == name {
			same++
		}
	}
	b := &base{kind: kind, config: config, hostName: name, name: name, waiting: func() int { return 0 }}
	if same > 1 {
		b.name += "-" + strconv.Itoa(same)
	}
	if g.identities == nil {
		g.identities = make(map[string]*identity)
		g.emitters = make(map[uintptr]*instance)
	}
	who := kind + ":" + b.name
	if g.identities[who] == nil {
		g.identities[who] = &identity{wake: -1, log: newLogger(kind, b.name)}
	} else {
		g.identities[who].log.takeLevel()
	}
	b.identity = g.identities[who]
	b.log = b.identity.log
	g.live = append(g.live, b)
	return b
}

// leave ends an instance, and its pipeline unless it may be needed again.
func (g *registry) leave(b *base) {
	g.mu.Lock()
	g.live = slices.DeleteFunc(g.live, func(other *base) bool { return other == b })
	maps.DeleteFunc(g.emitters, func(_ uintptr, i *instance) bool { return i.base == b })
	r := b.rules
	b.rules = nil
	g.mu.Unlock()
	g.release(b.identity, r)
}

// use gives the instance fresh rules.
func (g *registry) use(b *base, r *rules) {
	g.mu.Lock()
	defer g.mu.Unlock()
	r.users = 1
	b.rules = r
	b.identity.open = append(b.identity.open, r)
}

// reuse gives the instance the last good rules, if there are any.
func (g *registry) reuse(b *base) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if b.identity.good == nil {
		return false
	}
	b.rules = b.identity.good
	b.rules.users++
	return true
}

// start makes the instance's rules the last good of its identity.
func (g *registry) start(b *base) {
	g.mu.Lock()
	b.started = true
	replaced := b.identity.good
	if replaced == b.rules {
		replaced = nil
	} else {
		b.identity.good = b.rules
		b.rules.users++
	}
	g.mu.Unlock()
	g.release(b.identity, replaced)
}

// emits makes an instance known by its emitter.
func (g *registry) emits(i *instance) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.emitters[i.emitter.id()] = i
}

// release gives up one use of rules, which may be nil.
func (g *registry) release(id *identity, r *rules) {
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
	id.closed.Add(r.Snapshot())
	id.open = slices.DeleteFunc(id.open, func(other *rules) bool { return other == r })
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
func (g *registry) readings(b *base) []reading {
	g.mu.RLock()
	defer g.mu.RUnlock()
	var rs []reading
	for _, other := range g.live {
		if !other.started || other.kind != filterKind || other.config != b.config {
			continue
		}
		if len(rs) == 0 && other != b {
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

// reading is the instance's counters. The registry is locked.
func (b *base) reading() reading {
	name := b.name
	if b.kind == outputKind {
		name = outputKind + ":" + name // the host gives both kinds the same names
	}
	return reading{instance: name, Snapshot: b.identity.snapshot(), lost: b.identity.lost.Load(), waiting: b.waiting()}
}

// snapshot is the counters of all the identity's instances. The registry is locked.
func (id *identity) snapshot() pipeline.Snapshot {
	var s pipeline.Snapshot
	s.Add(id.closed)
	for _, r := range id.open {
		s.Add(r.Snapshot())
	}
	s.Errors["panic"] += id.panics.Load()
	s.Errors["memory"] += id.memory.Load()
	return s
}

// panicked counts a panic that was stopped at the border to C.
func (b *base) panicked(v any, stack []byte) {
	b.identity.panics.Add(1)
	what := "records pass as they are"
	if b.kind == outputKind {
		what = "the chunk will be retried"
	}
	b.fail(fmt.Sprintf("panic: %v; %s\n%s", v, what, stack))
}

// fail logs an error, at most one a minute.
func (b *base) fail(text string) {
	if b.failedLog.allows(time.Now()) {
		b.log.Error(text)
	}
}
