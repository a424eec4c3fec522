package incident

import (
	"container/list"
	"slices"
	"time"

	"github.com/axiomhq/hyperloglog"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/internal/clock"
	"github.com/modsecurity-for-anylog/msa/internal/sketch"
	"github.com/modsecurity-for-anylog/msa/internal/state"
)

// Shared are the incidents of a process. The zero value is ready.
type Shared struct {
	of state.Shared[*Incidents]
}

// Open returns incidents with the state that is kept in their file, or those that are open already, and what ends their
// use. A state that is damaged is set aside, and so is warned of.
func (s *Shared) Open(o Options, warn func(error)) (*Incidents, func()) {
	incidents, done, _ := s.of.Open(state.Wanted[*Incidents]{
		Is:       func(i *Incidents) bool { return i.opts == o },
		Precedes: func(*Incidents) bool { return true },
		New: func(before *Incidents) (*Incidents, error) { // which never fails
			i := New(o)
			var err error
			switch {
			case before != nil:
				before.mu.Lock()
				k := before.kept()
				before.mu.Unlock()
				var text []byte
				if text, err = state.Encode(k); err == nil { // as the other may be in use
					_, err = i.decode(text)
				}
			case o.Path != "":
				err = i.load(state.At(o.Path))
			}
			if err != nil {
				warn(err)
			}
			return i, nil
		},
		Warn: warn,
	})
	return incidents, done
}

// load goes on with the state that is kept in a file. It fails, too, if that has values that can't be: they are not the whole
// state, with which it goes on.
func (s *Incidents) load(file state.File) error {
	dropped := 0
	err := file.Load(func(all state.Sections) (err error) {
		dropped, err = s.decode(all[s.opts.section()])
		return err
	})
	if err != nil {
		return err
	}
	return file.Incomplete(dropped)
}

// section is where the state is in its file.
func (o Options) section() string {
	if o.Everything {
		return "/incidents/all"
	}
	return "/incidents"
}

// kept is the state.
type kept struct {
	Now     int64
	Open    []keptIncident // the quietest first
	Victims map[uint64][]hit
	Ended   map[uint64]ended
}

type keptIncident struct {
	Story
	Seen    int64
	Aliases []uint64
	Urgent  bool
	Due     int64 // 0 if there is nothing to tell
}

func (s *Incidents) kept() kept {
	k := kept{Now: s.clock.Now, Victims: s.victims.all(), Ended: s.ended.all()}
	for e := s.quiet.Front(); e != nil; e = e.Next() {
		inc := e.Value.(*incident)
		one := keptIncident{Story: inc.Story, Seen: inc.seen, Aliases: inc.aliases, Urgent: inc.urgent}
		if inc.place >= 0 {
			one.Due = inc.due
		}
		k.Open = append(k.Open, one)
	}
	return k
}

// SaveState writes the state to its file, if it has one and there is anything new.
func (s *Incidents) SaveState() error {
	if s.opts.Path == "" {
		return nil
	}
	s.mu.Lock()
	if !s.changed {
		s.mu.Unlock()
		return nil
	}
	text, err := state.Encode(s.kept())
	s.changed = err != nil
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return state.At(s.opts.Path).Change(func(all state.Sections) { all[s.opts.section()] = text })
}

// CheckState fails if incidents can't go on with a state, and tells how many of its values can't be.
func CheckState(o Options, all state.Sections) (dropped int, err error) {
	return New(o).decode(all[o.section()])
}

// decode goes on with a state, but for what can't be, and tells how much that was. If it fails, all is left as it was.
func (s *Incidents) decode(text []byte) (dropped int, err error) {
	if text == nil {
		return 0, nil
	}
	var k kept
	if err := state.Decode(text, &k); err != nil {
		return 0, err
	}
	open := map[string]*incident{}
	actors := map[uint64]*incident{}
	quiet := list.New()
	bytes := 0
	var waiting pending
	for i := range k.Open {
		one := &k.Open[i]
		if !one.possible() || quiet.Len() == maxOpen {
			dropped++
			continue
		}
		inc := &incident{Story: one.Story, seen: one.Seen, aliases: first(one.Aliases, maxAliases), urgent: one.Urgent, place: -1}
		inc.element = quiet.PushBack(inc)
		inc.bytes = inc.size()
		bytes += inc.bytes
		for _, id := range append([]string{inc.ID}, inc.Joined...) {
			open[id] = inc
		}
		for _, key := range inc.aliases {
			actors[key] = inc
		}
		if one.Due > 0 {
			waiting.add(inc, one.Due)
		}
	}
	victims := newGenerations[[]hit](pivotTime, maxVictims)
	victims.began = k.Now
	for key, hits := range k.Victims {
		if len(hits) > maxHits || len(victims.now) == maxVictims || slices.ContainsFunc(hits, func(h hit) bool { return !isTime(h.At) }) {
			dropped++
			continue
		}
		for i := range hits {
			hits[i].inc = open[hits[i].Incident]
		}
		victims.now[key] = hits
	}
	over := newGenerations[ended](pivotTime, maxEnded)
	over.began = k.Now
	for key, e := range k.Ended {
		if e.Incident == "" || !isTime(e.At) || len(over.now) == maxEnded {
			dropped++
			continue
		}
		over.now[key] = e
	}
	s.clock.Restore(k.Now)
	s.quiet, s.actors, s.pending, s.victims, s.ended, s.bytes = quiet, actors, waiting, victims, over, bytes
	return dropped, nil
}

// possible reports whether an incident is one that there can be: a file may have others, of a version with a defect, or of
// somebody else.
func (k *keptIncident) possible() bool {
	s := &k.Story
	return s.ID != "" && isTime(s.Begin) && isTime(s.Last) && s.Begin <= s.Last && clock.Can(k.Seen) &&
		(k.Due == 0 || clock.Can(k.Due-hour) || clock.Can(k.Due)) &&
		0 <= s.Severity && s.Severity < len(alert.Severities) && 0 <= s.Confidence && s.Confidence <= 100 &&
		areCounts(append(s.Stages[:], s.Alerts, s.Attacks, s.Successes, s.Failures, s.Unknown, s.Told, s.Tens)...) && s.Tens <= s.Alerts &&
		len(s.ToldAt) == min(s.Told, maxAnHour) && !slices.ContainsFunc(s.ToldAt, func(at int64) bool { return !clock.Can(at) }) &&
		s.isBounded() && s.hasCounts()
}

// isBounded reports whether no list of a story is longer than it can become.
func (s *Story) isBounded() bool {
	return len(s.Actors) <= maxActors && len(s.Crowds) <= maxActors && len(s.Steps) <= maxSteps && len(s.Targets) <= maxTargets &&
		len(s.Endpoints) <= maxEndpoints && len(s.Hops) <= maxHops && len(s.Data) <= maxKinds && len(s.Detectors) <= maxDetectors &&
		len(s.Samples) <= maxSamples && len(s.Evidence) <= maxEvidence && len(s.News) <= maxNews && len(s.Joined) <= maxJoined
}

// hasCounts reports whether all that a story counts beside its alerts has been counted.
func (s *Story) hasCounts() bool {
	counts := make([]int, 0, len(s.Steps)+len(s.Endpoints)+len(s.Detectors)+3*len(s.Targets))
	for _, step := range s.Steps {
		if step.Tactic < 0 || step.Tactic >= tactics {
			return false
		}
		counts = append(counts, step.Alerts)
	}
	for _, c := range slices.Concat(s.Endpoints, s.Detectors) {
		counts = append(counts, c.N)
	}
	for _, t := range s.Targets {
		counts = append(counts, t.Alerts, t.Successes, t.Failures)
	}
	for _, c := range s.Crowds {
		if !sketch.Is(c.Names) {
			return false
		}
	}
	for _, d := range s.Data {
		if d.Answers == nil || hyperloglog.New().Merge(d.Answers) != nil {
			return false
		}
	}
	return areCounts(counts...) && (s.AllTargets == nil || sketch.Is(s.AllTargets))
}

// mostCounted is more than can be of anything that was counted one by one.
const mostCounted = 1 << 53

func areCounts(all ...int) bool {
	return !slices.ContainsFunc(all, func(n int) bool { return n < 0 || n > mostCounted })
}

// isTime reports whether a number is milliseconds of a year from 1 to 9999, as records may have.
func isTime(ms int64) bool {
	year := time.UnixMilli(ms).UTC().Year()
	return 1 <= year && year <= 9999
}
