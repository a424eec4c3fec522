// Package behavior finds what only many records together show: somebody who moves from host to host, scans, guesses
// passwords, or takes more data than usual. Detectors are declared in YAML; each keeps a bounded state.
//
// Records come in their order, with what the rules said of each; what is unusual becomes an alert beside the
// rules' own.
package behavior

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// Detectors are those of one file, with their state. They may be used concurrently; the order of calls is that of
// the records.
type Detectors struct {
	specs     []Spec
	accessors []mapping.Accessor
	usesUser  bool

	mu        sync.Mutex
	clock     clock
	templates *templates
	clients   *table[int64] // when they were seen first
	all       []running
	alerts    []uint64 // by detector
	buf       []byte
	observed  uint64
	changed   bool // since the state was kept
	path      string
}

// Clients that are known are so many at most, and for so long without a record.
const (
	maxClients    = 200_000
	forgetClients = int64(30 * 24 * time.Hour / time.Millisecond)
)

// running is one detector at work.
type running struct {
	detector
	spec *Spec
	when conditions
	id   uint64
}

// New makes detectors without a past.
func New(specs []Spec) (*Detectors, error) {
	d := &Detectors{specs: specs, templates: newTemplates(), clients: newTable[int64](maxClients), alerts: make([]uint64, len(specs))}
	known := slices.Clone(fields)
	for i := range specs {
		for name, a := range specs[i].accessors {
			if slices.ContainsFunc(known, func(f field) bool { return f.name == name }) {
				continue
			}
			n := len(d.accessors)
			d.accessors = append(d.accessors, a)
			known = append(known, field{name, func(o *Observation) string {
				if n < len(o.Fields) {
					return o.Fields[n]
				}
				return ""
			}})
		}
		if slices.Contains(specs[i].Key, "user") || slices.Contains(specs[i].Field, "user") || specs[i].Where["user"] != nil {
			d.usesUser = true
		}
	}
	for i := range specs {
		s := &specs[i]
		r := running{detector: newDetector(s, known), spec: s, id: hash(0, s.Name)}
		var err error
		if r.when.all, err = lines(s.Where, known); err != nil {
			return nil, fmt.Errorf("detector %s: %w", s.Name, err)
		}
		for _, c := range s.Unless {
			except, err := lines(c, known)
			if err != nil {
				return nil, fmt.Errorf("detector %s: %w", s.Name, err)
			}
			r.when.except = append(r.when.except, except)
		}
		d.all = append(d.all, r)
	}
	return d, nil
}

// cheapFirst is the order in which conditions are looked at.
var cheapFirst = []string{"alarm", "status", "direction", "method", "sensitive"}

// lines compiles conditions; record accessors have their places in known.
func lines(spec conditionSpec, known []field) (all []condition, err error) {
	var order []string
	for name := range spec {
		order = append(order, name)
	}
	rank := func(name string) int {
		if i := slices.Index(cheapFirst, name); i >= 0 {
			return i
		}
		return len(cheapFirst)
	}
	slices.SortFunc(order, func(a, b string) int {
		if n := rank(a) - rank(b); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	for _, name := range order {
		c, err := newCondition(name, spec[name])
		if err != nil {
			return nil, err
		}
		if c == nil {
			f := known[slices.IndexFunc(known, func(f field) bool { return f.name == name })]
			var list []string
			for _, v := range asList(spec[name]) {
				list = append(list, fmt.Sprint(v))
			}
			c = globs(list, f.of)
		}
		all = append(all, c)
	}
	return all, nil
}

func asList(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

// Specs are the detectors' specifications.
func (d *Detectors) Specs() []Spec { return d.specs }

// Found is something unusual, at one of the observations.
type Found struct {
	Index    int // of the observation
	Spec     *Spec
	Key      string // client=10.0.0.1 service=users
	Evidence string // 31 events in 5m
}

// Observe gives the detectors records in their order, and returns what is unusual about them. Those for which
// isExcluded holds are as if there were no such detector.
func (d *Detectors) Observe(all []*Observation, isExcluded func(*Spec, *Observation) bool) (found []Found) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, o := range all {
		if o == nil {
			continue
		}
		d.observed++
		now := d.clock.at(o.Time.UnixMilli())
		d.buf = d.templates.of(o.service(), o.Path, o.Status < 400, d.buf)
		o.endpoint = string(d.buf)
		first, isNew := d.clients.get(hash(0, o.Client.Address), now, forgetClients)
		if isNew {
			*first = now
		}
		o.known = *first
		for n := range d.all {
			r := &d.all[n]
			if !r.when.hold(o) {
				continue
			}
			key := r.keys()
			if key.empty(o) || isExcluded != nil && isExcluded(r.spec, o) {
				continue
			}
			if evidence := r.observe(o, now); evidence != "" {
				d.alerts[n]++
				found = append(found, Found{i, r.spec, key.text(o), evidence})
			}
		}
	}
	d.changed = d.changed || len(all) > 0
	return found
}

// Usage is what a detector keeps.
type Usage struct {
	Detector string
	Keys     int
	Evicted  uint64 // keys that made room for others
	Alerts   uint64
}

// Usage is that of all detectors.
func (d *Detectors) Usage() []Usage {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make([]Usage, len(d.all))
	for i := range d.all {
		keys, evicted := d.all[i].size()
		all[i] = Usage{d.specs[i].Name, keys, evicted, d.alerts[i]}
	}
	return all
}

// Alert is the alert of something that was found at an observation.
func (f *Found) Alert(o *Observation) alert.Alert {
	return alert.Of(alert.Finding{
		Detector: f.Spec.Name, ID: f.Spec.ID, Severity: slices.Index(severities, f.Spec.Severity),
		Message: f.Spec.message(), Tags: f.Spec.Tags, Key: f.Key, Evidence: f.Evidence,
		Client: o.Client, Server: o.Server, Host: o.Host, Method: o.Method, Path: o.Path, Status: o.Status,
		Time: o.Time, Direction: o.Direction, Tag: o.Tag, Preset: o.Preset,
	})
}

func (s *Spec) message() string {
	if s.Description != "" {
		return s.Description
	}
	return s.Name
}

// same reports whether a detector of another file may go on with the state of this one.
func (s *Spec) same(other *Spec) bool {
	a, b := *s, *other
	a.Description, a.Severity, a.Tags, a.ID = "", "", nil, 0
	b.Description, b.Severity, b.Tags, b.ID = "", "", nil, 0
	a.accessors, b.accessors = nil, nil
	return reflect.DeepEqual(a, b)
}

// inherit goes on with the state of other detectors, as far as they are the same.
func (d *Detectors) inherit(from *Detectors) {
	from.mu.Lock()
	defer from.mu.Unlock()
	d.clock, d.templates, d.clients = from.clock, from.templates, from.clients
	for i := range d.all {
		for j := range from.all {
			if d.specs[i].Name == from.specs[j].Name && d.specs[i].same(&from.specs[j]) {
				d.all[i].restore(from.all[j].save())
				d.alerts[i] = from.alerts[j]
			}
		}
	}
}

// shared are the detectors of the process: two pipelines with the same ones see each other's records.
var shared struct {
	mu   sync.Mutex
	open []*use
	last *use // those that were closed last, for a configuration that is loaded next
}

type use struct {
	*Detectors
	source string
	users  int
	stop   chan struct{}
	done   sync.WaitGroup
}

// keepEvery is how often the state is kept while records come.
const keepEvery = 5 * time.Minute

// Open returns the detectors of a source with the state that is kept in a file, or those that are open already. A
// state that can't be read is set aside, and so is warned of. With path empty the state ends with the process.
func Open(source, path string, warn func(error)) (*Detectors, func(), error) {
	specs, err := Load(source)
	if err != nil {
		return nil, nil, err
	}
	shared.mu.Lock()
	defer shared.mu.Unlock()
	for _, u := range shared.open {
		if u.source == source && u.path == path && slices.EqualFunc(u.specs, specs, func(a, b Spec) bool { return a.same(&b) && a.ID == b.ID }) {
			u.users++
			return u.Detectors, func() { u.close(warn) }, nil
		}
	}
	d, err := New(specs)
	if err != nil {
		return nil, nil, err
	}
	from := shared.last
	for _, u := range shared.open {
		if u.source == source {
			from = u
		}
	}
	switch {
	case from != nil && from.source == source:
		d.inherit(from.Detectors) // the file was changed, or it is loaded again
	case path != "":
		if err := d.readState(path); err != nil {
			warn(err)
		}
	}
	shared.last = nil
	d.path = path
	u := &use{Detectors: d, source: source, users: 1, stop: make(chan struct{})}
	shared.open = append(shared.open, u)
	if path != "" {
		u.done.Add(1)
		go u.keep(warn)
	}
	return d, func() { u.close(warn) }, nil
}

// keep writes the state now and then.
func (u *use) keep(warn func(error)) {
	defer u.done.Done()
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	for {
		select {
		case <-u.stop:
			return
		case <-tick.C:
			if err := u.Keep(); err != nil {
				warn(err)
			}
		}
	}
}

// Keep writes the state to its file, if it has one and there is anything new.
func (d *Detectors) Keep() error {
	if d.path == "" {
		return nil
	}
	return d.writeState(d.path)
}

// close ends one use. With the last the state is kept.
func (u *use) close(warn func(error)) {
	shared.mu.Lock()
	u.users--
	last := u.users == 0
	if last {
		shared.open = slices.DeleteFunc(shared.open, func(o *use) bool { return o == u })
		shared.last = u
	}
	shared.mu.Unlock()
	if !last {
		return
	}
	close(u.stop)
	u.done.Wait()
	if err := u.Keep(); err != nil {
		warn(err)
	}
}
