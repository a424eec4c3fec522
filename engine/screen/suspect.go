package screen

import (
	"math"

	"github.com/modsecurity-for-anylog/msa/engine/analysis"
)

// Suspect is a rule that keeps a transaction off the fast path: it may match, and would alarm or add to a score.
type Suspect struct {
	Rule  int
	Alone bool // without it, no alert could come of the transaction
}

// Suspects lists them in the order of the rules, for people: it takes longer than [Screen.Ask]. It is nil if no
// alert can come of the transaction.
func (s *Screen) Suspects(source Source, skip func(id int) bool) []Suspect {
	x := s.scratch.Get().(*scratch)
	defer s.release(x)
	x.begin(source, skip, math.MaxInt)
	s.read(x, &s.deciding)
	s.read(x, &s.listing)
	ids := s.suspects(x)
	var all []Suspect
	for _, id := range ids {
		s.forget(x)
		x.skip = func(other int) bool { return other == id || skip(other) }
		all = append(all, Suspect{Rule: id, Alone: s.suspects(x) == nil})
	}
	return all
}

// suspects are their ids.
func (s *Screen) suspects(x *scratch) (ids []int) {
	in, out := 0, 0
	enough := false
	for r := range s.rules {
		rule := &s.rules[r]
		if !s.alarms(rule) && rule.In == 0 && rule.Out == 0 || !s.mayMatch(x, r) {
			continue
		}
		ids = append(ids, rule.ID)
		if s.add(x, r, &in, &out) {
			enough = true
		}
	}
	if !enough {
		return nil
	}
	return ids
}

// forget forgets what is known of rules.
func (s *Screen) forget(x *scratch) {
	for _, r := range x.asked {
		x.state[r] = unknown
	}
	x.asked = x.asked[:0]
}

// Doubt says why a rule that the screen judges may be suspected in vain; it is empty where nothing is known of that.
func (s *Screen) Doubt(id int) string {
	for i := range s.rules {
		if s.rules[i].ID != id {
			continue
		}
		values := 0
		for _, c := range s.rules[i].Conditions {
			switch s.conditions[c].Kind {
			case analysis.OnRules:
				return "it looks at what other rules set, of which the screen knows only whether they may match"
			case analysis.OnValues:
				values++
			}
		}
		if values > 1 {
			return "it has several conditions, which different values may fulfil"
		}
	}
	return ""
}
