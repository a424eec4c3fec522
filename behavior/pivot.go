package behavior

import (
	"fmt"
	"strings"
	"time"
)

// pivot finds who was attacked and then attacks others: paths A → B → C of attacks, in the order of time, of any length.
type pivot struct {
	common
	clients *clients
	hosts   *table[attacks]
	names   *table[string] // addresses, by their hash
	came    *table[int64]  // requests that attacked a host, by host and path: when the last came
	told    *table[int64]  // paths that have alarmed: until when they do not again
}

// attacks are those on a host, and those by it.
type attacks struct {
	In, Out []step
}

// step is attacks of one host on another.
type step struct {
	Peer        uint64
	First, Last int64
	Rule        int
}

const (
	maxPeers = 64 // hosts that attack one, or that one attacks; the oldest go
	maxPath  = 16 // steps of a path

	passing = 30_000 // milliseconds in which a proxy passes a request on
)

func newPivot(c common, clients *clients) *pivot {
	n := c.spec.MaxKeys
	return &pivot{c, clients, newTable[attacks](n), newTable[string](n), newTable[int64](n), newTable[int64](n)}
}

// Step is one step of a path.
type Step struct {
	From, To string
	Time     time.Time
	Rule     int
}

// String is 10.0.0.1 → 10.0.0.2 (932100, 2026-03-02 09:10:11).
func (s Step) String() string {
	return fmt.Sprintf("%s → %s (%d, %s)", s.From, s.To, s.Rule, s.Time.Format(time.DateTime))
}

func (d *pivot) observe(o *Observation, now int64) string {
	steps := d.path(o, now)
	if steps == nil {
		return ""
	}
	all := make([]string, len(steps))
	for i, s := range steps {
		all[i] = s.String()
	}
	return "attacked, then attacking: " + strings.Join(all, ", ")
}

// path notes an attack, and is the path that it is part of, if that was not told yet.
func (d *pivot) path(o *Observation, now int64) []Step {
	if o.Client.Address == "" || o.Server.Address == "" || o.Client.Address == o.Server.Address {
		return nil
	}
	came, _ := d.came.get(hash(hash(d.id, o.Server.Address), o.Path), now, passing)
	*came = now
	if came := d.came.peek(hash(hash(d.id, o.Client.Address), o.Path)); came != nil && now-*came <= passing {
		return nil // a proxy passes on what attacked it
	}
	window := d.spec.Window.milliseconds()
	from, to := d.host(o.Client.Address, now), d.host(o.Server.Address, now)
	rule := 0
	if len(o.Rules) > 0 {
		rule = o.Rules[0]
	}
	a, _ := d.hosts.get(from, now, window)
	a.Out = note(a.Out, step{to, now, now, rule})
	if b, _ := d.hosts.get(to, now, window); o.Status/100 != 4 { // one that was refused leads nowhere
		b.In = note(b.In, step{from, now, now, rule})
	}

	seen := map[uint64]bool{from: true, to: true}
	before := d.longest(from, now, now-window, seen, true)
	for _, l := range before {
		seen[l.host] = true
	}
	after := d.longest(to, now, now+window, seen, false)
	if len(before)+len(after) == 0 {
		return nil
	}
	// From the first attacker on: before was found going back.
	hops := make([]hop, 0, len(before)+len(after)+1)
	for i := len(before) - 1; i >= 0; i-- {
		hops = append(hops, before[i])
	}
	hops = append(hops, hop{host: from, step: step{to, now, now, rule}})
	at := to
	for _, l := range after {
		hops = append(hops, hop{host: at, step: l.step})
		at = l.host
	}
	// Whatever else the last one attacks is the same story: one that scans a network is told once.
	id := d.id
	for _, l := range hops {
		id = hash(id, d.name(l.host))
	}
	until, _ := d.told.get(id, now, max(window, d.spec.Suppress.milliseconds()))
	if d.quiet(until, now) {
		return nil
	}
	steps := make([]Step, len(hops))
	for i, l := range hops {
		next := at
		if i+1 < len(hops) {
			next = hops[i+1].host
		}
		steps[i] = Step{d.name(l.host), d.name(next), time.UnixMilli(l.step.First).UTC(), l.step.Rule}
	}
	return steps
}

// hop is one step away from a host, and where it leads.
type hop struct {
	host uint64
	step step
}

// longest is the longest way back from a host (forward, if back is false) over attacks each of which happened before
// (after) the one before, within limit. It does not go through a host twice.
func (d *pivot) longest(host uint64, at, limit int64, seen map[uint64]bool, back bool) []hop {
	tries := 4096 // of all ways, which may be many
	return d.search(host, at, limit, seen, back, maxPath, &tries)
}

func (d *pivot) search(host uint64, at, limit int64, seen map[uint64]bool, back bool, depth int, tries *int) (best []hop) {
	h := d.hosts.peek(host)
	if h == nil || depth == 0 {
		return nil
	}
	steps := h.Out
	if back {
		steps = h.In
	}
	for _, s := range steps {
		if *tries--; *tries < 0 {
			return best
		}
		if seen[s.Peer] {
			continue
		}
		// Of several attacks on the same host the first and the last are known: one of them must be on the right side.
		var next int64
		if back {
			if next = s.Last; next >= at {
				next = s.First
			}
			if next >= at || next < limit {
				continue
			}
		} else {
			if next = s.First; next <= at {
				next = s.Last
			}
			if next <= at || next > limit {
				continue
			}
		}
		seen[s.Peer] = true
		rest := d.search(s.Peer, next, limit, seen, back, depth-1, tries)
		delete(seen, s.Peer)
		if len(rest)+1 > len(best) {
			s.First = next
			best = append([]hop{{s.Peer, s}}, rest...)
		}
	}
	return best
}

// note adds a step, or makes it part of the one with the same peer.
func note(steps []step, s step) []step {
	oldest := 0
	for i := range steps {
		if steps[i].Peer == s.Peer {
			steps[i].First, steps[i].Last = min(steps[i].First, s.First), max(steps[i].Last, s.Last)
			return steps
		}
		if steps[i].Last < steps[oldest].Last {
			oldest = i
		}
	}
	if len(steps) < maxPeers {
		return append(steps, s)
	}
	steps[oldest] = s
	return steps
}

// host is who has an address now.
func (d *pivot) host(address string, now int64) uint64 {
	h := hash(d.id, address)
	if c := d.clients.all.peek(hash(0, address)); c != nil && c.Life > 0 {
		h = hash(h+uint64(c.Life), "life")
	}
	name, isNew := d.names.get(h, now, 2*d.spec.Window.milliseconds())
	if isNew {
		*name = address
	}
	return h
}

func (d *pivot) name(host uint64) string {
	if name := d.names.peek(host); name != nil {
		return *name
	}
	return "?"
}

// pivotState is what a pivot detector keeps.
type pivotState struct {
	Hosts saved[attacks]
	Names saved[string]
	Told  saved[int64]
}

func (d *pivot) size() (int, uint64) {
	return d.hosts.len() + d.names.len() + d.told.len(), d.hosts.evicted + d.names.evicted + d.told.evicted
}
func (d *pivot) save() any  { return &pivotState{d.hosts.save(), d.names.save(), d.told.save()} }
func (d *pivot) fresh() any { return &pivotState{} }
func (d *pivot) restore(s any) int {
	state := s.(*pivotState)
	return d.hosts.restore(state.Hosts) + d.names.restore(state.Names) + d.told.restore(state.Told)
}
