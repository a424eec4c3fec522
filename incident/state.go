package incident

import (
	"container/list"
	"maps"

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
					err = i.decode(text)
				}
			case o.Path != "":
				err = state.At(o.Path).Load(func(all state.Sections) error { return i.decode(all[o.section()]) })
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
}

type keptIncident struct {
	Story
	Seen    int64
	Aliases []uint64
	Urgent  bool
	Due     int64 // 0 if there is nothing to tell
}

func (s *Incidents) kept() kept {
	k := kept{Now: s.clock.Now, Victims: maps.Clone(s.victims.now)}
	for key, hits := range s.victims.before {
		if _, newer := k.Victims[key]; !newer {
			k.Victims[key] = hits
		}
	}
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

// CheckState fails if incidents can't go on with a state.
func CheckState(o Options, all state.Sections) error { return New(o).decode(all[o.section()]) }

// decode goes on with a state, or is left as it was.
func (s *Incidents) decode(text []byte) error {
	if text == nil {
		return nil
	}
	var k kept
	if err := state.Decode(text, &k); err != nil {
		return err
	}
	open := map[string]*incident{}
	actors := map[uint64]*incident{}
	quiet := list.New()
	var waiting pending
	for _, one := range first(k.Open, maxOpen) {
		inc := &incident{Story: one.Story, seen: one.Seen, aliases: one.Aliases, urgent: one.Urgent, place: -1}
		inc.element = quiet.PushBack(inc)
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
		for i := range hits {
			hits[i].inc = open[hits[i].Incident]
		}
		victims.now[key] = hits
	}
	s.clock.Now, s.quiet, s.actors, s.pending, s.victims = k.Now, quiet, actors, waiting, victims
	return nil
}
