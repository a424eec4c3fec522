package screen

import (
	"slices"

	"github.com/modsecurity-for-anylog/msa/engine/textmatch"
)

// A text is judged by those conditions only that one of its alphabet may fulfil (see package textmatch): all others have a
// byte in every text that they match which it does not have. It is the text that counts, as transformations have made it,
// and not the value.

// judgedAt is what of a group's conditions texts of a level may fulfil.
type judgedAt struct{ unfiltered, filtered bool }

// buildLevels finds which conditions texts of each level may fulfil.
func (s *Screen) buildLevels() {
	for l := range s.possible {
		s.possible[l] = newSet(len(s.conditions))
	}
	for i := range s.conditions {
		within := s.conditions[i].Operator.Levels()
		for l := range s.possible {
			if l := textmatch.Level(l); l == textmatch.Levels || within.Has(l) {
				s.possible[l].add(int32(i))
			}
		}
	}
}

// levelGroup finds what texts of each level ask of a group.
func (s *Screen) levelGroup(g *group) {
	for l, possible := range s.possible {
		g.at[l].unfiltered = slices.ContainsFunc(g.unfiltered, possible.has)
		g.filtered.both(possible, func(int32) { g.at[l].filtered = true })
	}
}
