// Package behavior finds what only many records together show: somebody who moves from host to host, scans, guesses
// passwords, or takes more data than usual. Detectors are declared in YAML; each keeps a bounded state.
//
// Records come in their order, with what the rules said of each; what is unusual becomes an alert beside the
// rules' own.
package behavior

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/internal/clock"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// Detectors are those of one file, with their state. They may be used concurrently; the order of calls is that of
// the records.
type Detectors struct {
	specs                                  []Spec
	accessors                              []mapping.Accessor
	usesUser, usesClient                   bool
	usesCredential, usesToken, usesAttempt bool

	mu        sync.Mutex
	clock     clock.Clock
	templates *templates
	clients   *clients
	all       []running
	pool      conditionPool
	sums      []uint64 // of the fields of the present record, see Observation.sum
	alerts    []uint64 // by detector
	buf       []byte
	observed  uint64
	begun     bool
	changed   bool // since the state was kept
	source    string
	path      string
	dropped   int // values of that file that can't be
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
	d := &Detectors{specs: specs, templates: newTemplates(), clients: newClients(), alerts: make([]uint64, len(specs))}
	d.pool.places = map[string]int{}
	known := slices.Clone(fields)
	for i := range specs {
		for name, a := range specs[i].accessors {
			if slices.ContainsFunc(known, func(f field) bool { return f.name == name }) {
				continue
			}
			n := len(d.accessors)
			d.accessors = append(d.accessors, a)
			known = append(known, field{name: name, of: func(o *Observation) string {
				if n < len(o.Fields) {
					return o.Fields[n]
				}
				return ""
			}})
		}
		d.usesUser = d.usesUser || specs[i].Type == "logins" || specs[i].uses("user", "actor", "login", "login_refused", "attempt")
		d.usesCredential = d.usesCredential || specs[i].uses("credential")
		d.usesToken = d.usesToken || specs[i].uses("token")
		d.usesAttempt = d.usesAttempt || specs[i].uses("attempt")
		if len(specs[i].Key) > 0 && specs[i].Key[0] == "client" {
			d.usesClient = true
		}
	}
	for i := range known {
		known[i].place = i
	}
	d.sums = make([]uint64, len(known))
	for i := range specs {
		s := &specs[i]
		r := running{detector: newDetector(s, known, d.clients), spec: s, id: hash(0, s.Name)}
		var err error
		if r.when.all, err = d.pool.compile(s.Where, known); err != nil {
			return nil, fmt.Errorf("detector %s: %w", s.Name, err)
		}
		for _, c := range s.Unless {
			except, err := d.pool.compile(c, known)
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

// compile adds conditions; record accessors have their places in known.
func (p *conditionPool) compile(spec conditionSpec, known []field) (all []int, err error) {
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
		place, err := p.add(name, spec[name], func() (condition, error) {
			c, err := newCondition(name, spec[name])
			if c != nil || err != nil {
				return c, err
			}
			f := known[slices.IndexFunc(known, func(f field) bool { return f.name == name })]
			var list []string
			for _, v := range asList(spec[name]) {
				list = append(list, fmt.Sprint(v))
			}
			return globs(list, f.of), nil
		})
		if err != nil {
			return nil, err
		}
		all = append(all, place)
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

// UnknownRules says which ids and tags of conditions none of these rules has. MSA's own detectors are for any rules.
func (d *Detectors) UnknownRules(all []engine.Named) (warnings []string) {
	if d.source == Default {
		return nil
	}
	embedded, _ := Load(Default) // which a test loads
	for i := range d.specs {
		s := &d.specs[i]
		if !slices.ContainsFunc(embedded, func(e Spec) bool { return bytes.Equal(e.fingerprint(), s.fingerprint()) }) {
			warnings = append(warnings, s.unknownRules(all)...)
		}
	}
	return warnings
}

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
		now := d.clock.At(o.Time.UnixMilli())
		d.buf = d.templates.of(o.service(), o.Path, o.Status < 400, now, d.buf)
		o.endpoint = string(d.buf)
		d.pool.next()
		clear(d.sums)
		o.sums, o.roleID = d.sums, 0
		if !d.begun {
			d.begun = true
			for n := range d.all {
				d.all[n].begin(now)
			}
		}
		d.identify(o, now)
		for n := range d.all {
			r := &d.all[n]
			if !d.pool.hold(&r.when, o) {
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
		if o.merged != 0 {
			found = d.reveal(found, i, o, now)
		}
		d.note(o, now)
	}
	d.changed = d.changed || len(all) > 0
	return found
}

// identify finds out who acts.
func (d *Detectors) identify(o *Observation, now int64) {
	o.be(o.Client.Address, false)
	if name := o.clientWorkload; name != "" {
		if d.usesClient {
			o.byClient = d.clients.see(o, now)
		}
		o.be(name, true)
		o.bySource = d.clients.see(o, now)
		if d.usesClient { // the other may have moved it
			o.byClient = d.clients.all.peek(hash(0, o.Client.Address))
		}
		return
	}
	o.byClient = d.clients.see(o, now)
	o.bySource = o.byClient
	if o.forwarded != "" && o.isInternal() && o.byClient.passesOn() {
		o.be(o.forwarded, false)
		o.bySource = d.clients.see(o, now)
		o.byClient = d.clients.all.peek(hash(0, o.Client.Address))
	}
}

// reveal appends what was held back of a client that seemed to be somebody else and is not.
func (d *Detectors) reveal(found []Found, i int, o *Observation, now int64) []Found {
	for n := range d.all {
		r := &d.all[n]
		first, ok := r.detector.(*firstSeen)
		if !ok {
			continue
		}
		if evidence := first.reveal(o, now); evidence != "" {
			d.alerts[n]++
			found = append(found, Found{i, r.spec, r.keys().text(o), evidence})
		}
	}
	return found
}

// note keeps what was done for the next records.
func (d *Detectors) note(o *Observation, now int64) {
	d.clients.serves(o, now)
	d.clients.saw(o.bySource, o, now)
	if o.byClient != nil && o.byClient != o.bySource {
		d.clients.saw(o.byClient, o, now)
	}
	o.bySource, o.byClient = nil, nil // of the table, which moves
	o.sums = nil                      // which are the next record's
}

// Usage is what a detector keeps.
type Usage struct {
	Detector string
	Keys     int
	Evicted  uint64 // keys that made room for others
	Alerts   uint64
	Learning bool // it is too early for it to say anything
}

// Usage is that of all detectors.
func (d *Detectors) Usage() []Usage {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make([]Usage, len(d.all))
	for i := range d.all {
		keys, evicted := d.all[i].size()
		all[i] = Usage{d.specs[i].Name, keys, evicted, d.alerts[i], d.all[i].learns(d.clock.Now)}
	}
	return all
}

// Evicted is how many paths and clients made room for others.
func (d *Detectors) Evicted() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.templates.evicted() + d.clients.all.evicted + d.clients.roles.evicted
}

// Alert is the alert of something that was found at an observation.
func (f *Found) Alert(o *Observation) alert.Alert {
	return alert.Of(alert.Finding{
		Detector: f.Spec.Name, ID: f.Spec.ID, Severity: slices.Index(alert.Severities, f.Spec.Severity),
		Message: f.Spec.message(), Tags: f.Spec.Tags, Key: f.Key, Evidence: f.Evidence,
		Client: o.Client, Server: o.Server, ClientWorkload: o.ClientWorkload, ServerWorkload: o.ServerWorkload, Host: o.Host, Method: o.Method, Path: o.Path, Status: o.Status,
		Time: o.Time, Direction: o.Direction, Tag: o.Tag, Preset: o.Preset,
	})
}

func (s *Spec) message() string {
	if s.Description != "" {
		return s.Description
	}
	return s.Name
}
