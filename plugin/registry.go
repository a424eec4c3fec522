package main

import (
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

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
	live     []*instance           // in the order in which they were initialised
	emitters map[uintptr]*instance // by the emitter's id
	lines    map[string]*lineage   // by the instance's name
}

// lineage is the instances of one name, each the successor of the one before the
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

// rules is a pipeline that instances of one lineage run.
type rules struct {
	*pipeline.Pipeline
	config pipeline.Config
	users  int // instances, and one for being the lineage's last good
}

// join makes an instance. The host calls all the processors msa.0 that have no
// alias, so a second one of a configuration gets a number to its name.
func (g *registry) join(config uintptr, name string) *instance {
	g.mu.Lock()
	defer g.mu.Unlock()
	same := 1
	for _, other := range g.live {
		if other.config == config && other.hostName == name {
			same++
		}
	}
	i := &instance{config: config, hostName: name, name: name}
	if same > 1 {
		i.name += "-" + strconv.Itoa(same)
	}
	if g.lines == nil {
		g.lines = make(map[string]*lineage)
		g.emitters = make(map[uintptr]*instance)
	}
	if g.lines[i.name] == nil {
		g.lines[i.name] = &lineage{wake: -1}
	}
	i.lineage = g.lines[i.name]
	i.log = newLogger(i.name)
	g.live = append(g.live, i)
	return i
}

// leave ends an instance, and its pipeline unless it may be needed again.
func (g *registry) leave(i *instance) {
	g.mu.Lock()
	g.live = slices.DeleteFunc(g.live, func(other *instance) bool { return other == i })
	delete(g.emitters, i.emitter.id())
	r := i.rules
	i.rules = nil
	g.mu.Unlock()
	g.release(i.lineage, r)
}

// use gives the instance fresh rules.
func (g *registry) use(i *instance, p *pipeline.Pipeline, config pipeline.Config) {
	g.mu.Lock()
	defer g.mu.Unlock()
	i.rules = &rules{Pipeline: p, config: config, users: 1}
	i.lineage.open = append(i.lineage.open, i.rules)
}

// reuse gives the instance the last good rules, if there are any.
func (g *registry) reuse(i *instance) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if i.lineage.good == nil {
		return false
	}
	i.rules = i.lineage.good
	i.rules.users++
	return true
}

// started makes the instance known by its emitter, and its rules the last good.
func (g *registry) started(i *instance) {
	g.mu.Lock()
	g.emitters[i.emitter.id()] = i
	replaced := i.lineage.good
	if replaced == i.rules {
		replaced = nil
	} else {
		i.lineage.good = i.rules
		i.rules.users++
	}
	g.mu.Unlock()
	g.release(i.lineage, replaced)
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

// readings are the counters of the instances of i's configuration, if i is the
// first of them and so sends the metrics of all.
func (g *registry) readings(i *instance) []reading {
	g.mu.RLock()
	defer g.mu.RUnlock()
	var rs []reading
	for _, other := range g.live {
		if other.config != i.config || g.emitters[other.emitter.id()] != other {
			continue
		}
		if len(rs) == 0 && other != i {
			return nil
		}
		rs = append(rs, reading{
			instance: other.name,
			Snapshot: other.lineage.snapshot(),
			lost:     other.lineage.lost.Load(),
			waiting:  other.queue.waiting(),
		})
	}
	return rs
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
