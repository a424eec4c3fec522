// Package intrusion makes an hour of HTTP traffic between the services of an invented shop inside a cloud,
// as the Nano probe records it, and hides an intrusion in it if asked to: a compromised pod that looks
// around, guesses passwords, uses a stolen token, goes on from host to host, reads the customers and carries
// them out. What detectors over many records find in it can be compared with Truth.
//
// Nothing in it is of a real cloud. Names are reserved ones (RFC 2606), outside addresses too (RFC 5737).
package intrusion

import (
	"net/netip"
	"time"
)

// Options say what to make. The same options make the same records.
type Options struct {
	Seed  uint64
	Start time.Time // to the millisecond; 2026-03-02 09:00 UTC by default

	// Hours is how long it lasts, 1 by default. The intrusion is in the last hour, so that what comes before
	// is free of it; of less than an hour, it takes the same part.
	Hours float64

	// RecordsPerHour is about how many normal records an hour has, 220,000 by default. With less, what goes by
	// the clock (scrapes every 15 s, probes) gets slower with the rest.
	RecordsPerHour int

	Intrusion bool
}

const (
	defaultRecords = 220_000
	defaultHours   = 1
)

// Event is one exchange. It stays valid after Next is called again.
type Event struct {
	Time  time.Time // when the request began, in milliseconds
	Stage string    // of the intrusion, one of Stages; "" for normal traffic

	Client, Server netip.AddrPort
	Method, URI    string
	Host, Agent    string // headers of the request, "" without
	Status         int    // 0 when no answer came
	Bytes          int    // of request and response, with what the probe does not keep

	// The blocks end with their empty line; bodies are cut as the probe cuts them.
	RequestHeader, RequestBody   string
	ResponseHeader, ResponseBody string

	forward string
	probe   netip.Addr
	took    time.Duration
}

// Generator makes events in the order of time. It is not safe for concurrent use.
type Generator struct {
	world    *world
	intruder *intruder

	// The next of each, as the intruder must not change what the others do.
	normal, added     Event
	hasNormal, hasAdd bool
}

// New makes a generator.
func New(o Options) *Generator {
	if o.Start.IsZero() {
		o.Start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	}
	o.Start = o.Start.UTC().Truncate(time.Millisecond)
	if o.Hours <= 0 {
		o.Hours = defaultHours
	}
	if o.RecordsPerHour <= 0 {
		o.RecordsPerHour = defaultRecords
	}
	g := &Generator{world: newWorld(o)}
	if o.Intrusion {
		g.intruder = newIntruder(o, g.world)
	}
	g.normal, g.hasNormal = g.world.next()
	if g.intruder != nil {
		g.added, g.hasAdd = g.intruder.next()
	}
	return g
}

// Next is the next event; false at the end.
func (g *Generator) Next() (Event, bool) {
	if g.hasAdd && (!g.hasNormal || g.added.Time.Before(g.normal.Time)) {
		e := g.added
		g.added, g.hasAdd = g.intruder.next()
		return e, true
	}
	if !g.hasNormal {
		return Event{}, false
	}
	e := g.normal
	g.normal, g.hasNormal = g.world.next()
	return e, true
}

// Truth is what happened: who was who, and when.
type Truth struct {
	// Attacker is outside. A is a pod that the attacker has from the beginning; A attacked B, B attacked C, C attacked D.
	Attacker netip.Addr `json:"attacker"`
	A        netip.Addr `json:"a"`
	B        netip.Addr `json:"b"`
	C        netip.Addr `json:"c"`
	D        netip.Addr `json:"d"`

	Lured netip.Addr `json:"lured"` // pod that was made to fetch from the metadata server
	Sink  netip.Addr `json:"sink"`  // outside, where the customers' data went

	Stages []Stage `json:"stages"` // in the order of time
}

// Stage is one part of the intrusion.
type Stage struct {
	Name    string    `json:"name"`
	First   time.Time `json:"first"`
	Last    time.Time `json:"last"`
	Records int       `json:"records"`
}

// Truth tells what the intruder does, at any time. It is zero without an intrusion.
func (g *Generator) Truth() Truth {
	if g.intruder == nil {
		return Truth{}
	}
	return g.intruder.truth()
}
