package incident

import (
	"slices"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/triage"
)

const (
	pivotTime = int64(24 * time.Hour / time.Millisecond)   // in which a victim that attacks was made to
	passing   = int64(30 * time.Second / time.Millisecond) // in which a proxy passes a request on
	sameTime  = int64(10 * time.Minute / time.Millisecond) // in which clients that do the same do it together

	maxVictims = 200_000
	maxEnded   = 200_000 // names of attackers
	maxHits    = 8       // incidents in which one is a victim
	maxWaves   = 100_000

	// together is from how many clients on they do the same thing together.
	together = 3
)

// actor is whom an alert is of, by one of his names.
type actor struct {
	name string // client 10.0.0.1
	key  uint64
}

func newActor(kind, name string) actor {
	name = kind + " " + name
	return actor{name, xxhash.Sum64String(name)}
}

// nobody are accounts of those who have not said who they are.
var nobody = []string{"-", "anonymous", "system:anonymous", "unauthenticated", "guest"}

// actorsOf are the names of whom an alert is of, the best first. An address outside for which the client is a proxy is
// his, unless the client is known to attack itself.
func (s *Incidents) actorsOf(f *alert.Facts) (all []actor) {
	if f.Account != "" && !slices.Contains(nobody, strings.ToLower(f.Account)) {
		all = append(all, newActor("user", f.Account))
	}
	var client []actor
	if f.ClientWorkload != "" {
		client = append(client, newActor("workload", f.ClientWorkload))
	}
	if f.Client != "" {
		client = append(client, newActor("client", f.Client))
	}
	isProxy := f.Forwarded != "" && !slices.ContainsFunc(client, func(a actor) bool { return s.actors[a.key] != nil })
	if isProxy {
		return append(all, newActor("client", f.Forwarded))
	}
	return append(all, client...)
}

// hit is an attack on a victim.
type hit struct {
	Incident string
	From     string // who attacked
	At       int64
	Request  uint64
	Worked   bool

	inc *incident // nil after a restart
}

// ended is an incident that is over, and when its last alert was.
type ended struct {
	Incident string
	At       int64
}

// find finds the incident that an alert is part of, or begins it.
func (s *Incidents) find(f *alert.Facts) *incident {
	at := f.Time.UnixMilli()
	actors := s.actorsOf(f)
	isKnown := len(actors) > 0
	if !isKnown { // a record that says of nobody: what is attacked is all that is known
		actors = []actor{newActor("unknown client of", f.Service)}
	}
	inc := s.known(actors, at)
	h := s.hitOn(f, at)
	switch {
	case h != nil && h.passes:
		if inc == nil {
			s.hurt(h.inc, f, at) // the proxy is not who attacks
			return h.inc
		}
	case h != nil && h.inc != nil && h.inc != inc && (!f.IsData || h.Worked):
		inc = s.join(h.inc, inc)
		inc.hop(h.From, victimName(f), f.Time, f.IsData)
	}
	w := s.waveOf(f)
	if w != nil {
		inc = s.ride(w, inc, actors[0].key, at)
	}
	if inc == nil {
		inc = s.begin(actors[0].name, f)
		if h != nil && h.inc == nil && !h.passes {
			inc.Follows = h.Incident
		} else if isKnown {
			inc.Follows = s.before(actors, at)
			inc.Again = inc.Follows != ""
		}
	}
	if w != nil && len(w.incidents) < maxHits && !slices.Contains(w.incidents, inc) {
		w.incidents = append(w.incidents, inc)
	}
	for _, a := range actors {
		s.name(inc, a)
	}
	s.hurt(inc, f, at)
	return inc
}

// before is the last incident of an actor that has ended, empty if that is long ago.
func (s *Incidents) before(actors []actor, at int64) string {
	var last ended
	for _, a := range actors {
		if e, ok := s.ended.get(a.key, s.clock.Now); ok && e.At <= at && at-e.At <= pivotTime && e.At > last.At {
			last = e
		}
	}
	return last.Incident
}

// known is the open incident of an actor. Where his names have several, they become one.
func (s *Incidents) known(actors []actor, at int64) (inc *incident) {
	for _, a := range actors {
		found := s.actors[a.key]
		if found == nil {
			continue
		}
		if at-found.Last > silence {
			s.end(found, s.clock.Now)
			continue
		}
		inc = s.join(inc, found)
	}
	return inc
}

// name makes an actor one of the incident's.
func (s *Incidents) name(inc *incident, a actor) {
	if s.actors[a.key] == inc {
		return
	}
	inc.addActor(a.name)
	if len(inc.aliases) < maxAliases {
		s.actors[a.key] = inc
		inc.aliases = append(inc.aliases, a.key)
	}
}

// victim is a hit on the client of an alert.
type victim struct {
	hit
	passes bool // the client passes on what attacked it
}

// hitOn is the attack that made the client of an alert attack, nil if there was none.
func (s *Incidents) hitOn(f *alert.Facts, at int64) *victim {
	var last *victim
	for _, name := range []string{f.Client, f.ClientWorkload} {
		if name == "" {
			continue
		}
		hits, _ := s.victims.get(xxhash.Sum64String(name), s.clock.Now)
		for i := range hits {
			h := hits[i]
			h.inc = h.inc.now()
			passes := f.Detector == "" && h.Request == f.Request && h.inc != nil && at-h.At <= passing && h.At-at <= passing
			if passes {
				return &victim{h, true}
			}
			if h.At <= at && at-h.At <= pivotTime && (last == nil || h.At > last.At) {
				last = &victim{h, false}
			}
		}
	}
	return last
}

// now is the incident that it has become part of, nil if that is over. All on the way there lead to it at once from then on.
func (inc *incident) now() *incident {
	if inc == nil {
		return nil
	}
	last := inc
	for last.into != nil {
		last = last.into
	}
	for inc != last {
		next := inc.into
		inc.into, inc = last, next
	}
	if last.isOver {
		return nil
	}
	return last
}

// hurt notes who was attacked. Attacks that failed make no victims.
func (s *Incidents) hurt(inc *incident, f *alert.Facts, at int64) {
	if f.IsData || f.Detector != "" || f.Outcome == triage.Failure {
		return
	}
	h := hit{Incident: inc.ID, From: victimName(f), At: at, Request: f.Request, Worked: f.Outcome == triage.Success, inc: inc}
	for _, name := range []string{f.Server, f.ServerWorkload} {
		if name == "" || name == f.Client {
			continue
		}
		key := xxhash.Sum64String(name)
		hits, _ := s.victims.get(key, s.clock.Now)
		i := slices.IndexFunc(hits, func(other hit) bool { return other.inc.now() == inc && other.inc != nil || other.Incident == inc.ID })
		switch {
		case i >= 0:
			h.Worked = h.Worked || hits[i].Worked
			hits[i] = h
		case len(hits) < maxHits:
			hits = append(hits, h)
		default: // the oldest makes room
			oldest := 0
			for i := range hits {
				if hits[i].At < hits[oldest].At {
					oldest = i
				}
			}
			hits[oldest] = h
		}
		s.victims.set(key, hits, s.clock.Now)
	}
}

// victimName is what a client of an alert is called in a story.
func victimName(f *alert.Facts) string {
	if f.ClientWorkload != "" {
		return f.ClientWorkload
	}
	if f.Client == "" {
		return "somebody"
	}
	return f.Client
}

// hop notes that a victim has begun to attack.
func (inc *incident) hop(from, to string, at time.Time, isData bool) {
	if isData || len(inc.Hops) == maxHops || slices.ContainsFunc(inc.Hops, func(h alert.Hop) bool { return h.To == to }) {
		return
	}
	inc.Hops = append(inc.Hops, alert.Hop{From: from, To: to, Time: at})
	inc.note("it goes on from " + from + " to " + to + ", which attacks now")
	inc.urgent = true
}

// wave is several clients that do the same thing.
type wave struct {
	clients   []rider // those that came last
	incidents []*incident
}

// rider is a client of a wave, and when it did so last.
type rider struct {
	client uint64
	at     int64
}

// waveOf is what is done in an alert, nil if that says nothing: the same rule on the same path of the same service, or
// guesses at the same service.
func (s *Incidents) waveOf(f *alert.Facts) *wave {
	path := f.Path
	if f.Detector != "" {
		if !slices.ContainsFunc(f.Techniques, func(t string) bool { return strings.HasPrefix(t, "T1110") }) {
			return nil
		}
		path = ""
	}
	if f.IsData || f.Service == "" {
		return nil
	}
	key := xxhash.Sum64String(f.Service+" "+path) + uint64(f.Rule)*0x9e3779b97f4a7c15
	w, ok := s.waves.get(key, s.clock.Now)
	if !ok {
		w = &wave{}
		s.waves.set(key, w, s.clock.Now)
	}
	return w
}

// ride joins those who do the same thing, if they are enough. inc may be nil.
func (s *Incidents) ride(w *wave, inc *incident, client uint64, at int64) *incident {
	w.clients = slices.DeleteFunc(w.clients, func(r rider) bool { return r.client == client || at-r.at > sameTime })
	w.clients = append(w.clients[max(0, len(w.clients)-together+1):], rider{client, at})
	if len(w.clients) < together {
		return inc
	}
	for _, other := range w.incidents {
		if other = other.now(); other != nil && at-other.Last <= sameTime {
			inc = s.join(other, inc)
		}
	}
	w.incidents = w.incidents[:0]
	return inc
}

// join makes one of two incidents, which may be nil: the older one goes on.
func (s *Incidents) join(a, b *incident) *incident {
	switch {
	case a == nil || a == b:
		return b
	case b == nil:
		return a
	case b.Begin < a.Begin || b.Begin == a.Begin && b.ID < a.ID:
		a, b = b, a
	}
	a.absorb(b)
	aliases, wasTold := b.aliases, b.Told > 0
	s.remove(b)
	b.isOver, b.into = false, a
	for _, key := range aliases {
		if _, taken := s.actors[key]; !taken && len(a.aliases) < maxAliases {
			s.actors[key] = a
			a.aliases = append(a.aliases, key)
		}
	}
	if wasTold {
		b.News = []string{"it is part of incident " + a.ID}
		s.tell(b, end, s.clock.Now)
		a.note("incident " + b.ID + " is part of it")
	}
	b.Story = Story{}
	return a
}

// absorb adds what is known of another incident.
func (inc *incident) absorb(other *incident) {
	inc.Last, inc.Begin = max(inc.Last, other.Last), min(inc.Begin, other.Begin)
	inc.Severity, inc.Confidence = min(inc.Severity, other.Severity), max(inc.Confidence, other.Confidence)
	if inc.Direction != other.Direction {
		inc.Direction = ""
	}
	inc.Evidence = union(inc.Evidence, other.Evidence, maxEvidence)
	if inc.Successes == 0 && other.Successes > 0 {
		inc.worked()
	}
	inc.Alerts += other.Alerts
	inc.Attacks += other.Attacks
	inc.Successes += other.Successes
	inc.Failures += other.Failures
	inc.Unknown += other.Unknown
	for t, n := range other.Stages {
		inc.Stages[t] += n
	}
	inc.Joined = first(append(append(inc.Joined, other.ID), other.Joined...), maxJoined)
	inc.Samples = union(inc.Samples, other.Samples, maxSamples)
	inc.absorbActors(&other.Story)
	inc.Hops = first(append(inc.Hops, other.Hops...), maxHops)
	for _, c := range other.Endpoints {
		inc.Endpoints = sum(inc.Endpoints, c, maxEndpoints)
	}
	for _, c := range other.Detectors {
		inc.Detectors = sum(inc.Detectors, c, maxDetectors)
	}
	inc.absorbSteps(other)
	inc.absorbTargets(other)
	for _, d := range other.Data {
		i := slices.IndexFunc(inc.Data, func(mine Data) bool { return mine.Kind == d.Kind })
		switch {
		case i >= 0:
			_ = inc.Data[i].Answers.Merge(d.Answers) // of the same precision
		case len(inc.Data) < maxKinds:
			inc.Data = append(inc.Data, d)
		}
	}
}

func (inc *incident) absorbSteps(other *incident) {
	for _, step := range other.Steps {
		i := slices.IndexFunc(inc.Steps, func(s Step) bool { return s.Tactic == step.Tactic && s.What == step.What })
		switch {
		case i >= 0:
			inc.Steps[i].Alerts += step.Alerts
			inc.Steps[i].Succeeded = inc.Steps[i].Succeeded || step.Succeeded
		case len(inc.Steps) < maxSteps:
			inc.Steps = append(inc.Steps, step)
		}
	}
}

func (inc *incident) absorbTargets(other *incident) {
	for _, target := range other.Targets {
		i := slices.IndexFunc(inc.Targets, func(t Target) bool { return t.Name == target.Name })
		switch {
		case i >= 0:
			t := &inc.Targets[i]
			t.Alerts, t.Successes, t.Failures = t.Alerts+target.Alerts, t.Successes+target.Successes, t.Failures+target.Failures
		case len(inc.Targets) < maxTargets:
			inc.Targets = append(inc.Targets, target)
		default:
			inc.countTarget(target.Name)
		}
	}
	if other.AllTargets != nil {
		_ = inc.targetNames().Merge(other.AllTargets) // of the same precision
	}
}

func first[T any](all []T, most int) []T { return all[:min(len(all), most)] }

// union is one list and what another has beside, up to a length.
func union(all, more []string, most int) []string {
	for _, s := range more {
		if len(all) < most && !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

func sum(all []alert.Count, c alert.Count, most int) []alert.Count {
	all, isNew := addCount(all, c.Name, most)
	for i := range all {
		if all[i].Name == c.Name {
			if all[i].N += c.N - 1; isNew {
				all[i].N = c.N
			}
		}
	}
	return all
}
