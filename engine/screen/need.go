package screen

import (
	"slices"

	"github.com/modsecurity-for-anylog/msa/engine/textmatch"
)

// Most values that a group's transformations change, or make something else of, fulfil nothing of it all the same. Nearly always
// the bytes that a value has tell: one of each literal's is missing. What transformations make has other bytes where they decode;
// others only leave some out.

// need is what a text must have for a condition.
type need struct {
	length   int                 // in bytes, at least
	bytes    textmatch.ByteSets  // one of each
	literals []textmatch.Content // all bytes of one of them; without any, that is not known
}

// Bounds of needs: beyond these, a scan is as fast.
const (
	mostNeeds  = 8  // of a group
	mostOfNeed = 32 // literals
)

// needOf is that of a condition.
func (s *Screen) needOf(c int32) (n need) {
	if p := s.patterns[c]; p != nil {
		n.length, n.bytes = p.Needs()
	}
	literals := s.conditions[c].Operator.Literals
	if s.conditions[c].Unfiltered || len(literals) > mostOfNeed {
		return n
	}
	for _, l := range literals {
		n.literals = append(n.literals, textmatch.ContentOf(textmatch.LowerASCII(l)))
	}
	return n
}

// needsOf are those of a group, if its conditions are few.
func (s *Screen) needsOf(g *group) (needs []need) {
	all := slices.Clone(g.unfiltered)
	g.filtered.each(func(c int32) { all = append(all, c) })
	if len(all) > mostNeeds {
		return nil
	}
	for _, c := range all {
		n := s.needs[c]
		if len(n.bytes) == 0 && len(n.literals) == 0 {
			return nil
		}
		needs = append(needs, n)
	}
	return needs
}

// mayHave reports whether texts of these bytes, in lower case, may have what it takes.
func (n *need) mayHave(bytes *textmatch.Content) bool {
	return n.bytes.AllIn(bytes) && (len(n.literals) == 0 ||
		slices.ContainsFunc(n.literals, func(l textmatch.Content) bool { return bytes.HasAll(&l) }))
}

// mayFulfil reports whether something of a group may be fulfilled by a text that a group's steps from one on make of one, if none
// of them decodes it.
func (g *group) mayFulfil(t *text, from int) bool {
	if g.needs == nil || t.traits&g.creates[from] != 0 {
		return true
	}
	bytes := t.lower
	bytes.AddAll(&g.adds[from])
	return slices.ContainsFunc(g.needs, func(n need) bool { return n.mayHave(&bytes) })
}

// mayBe reports whether something of a group may be fulfilled by a text as it is.
func (g *group) mayBe(t *text) bool {
	return g.needs == nil || slices.ContainsFunc(g.needs, func(n need) bool { return len(t.text) >= n.length && n.mayHave(&t.lower) })
}
