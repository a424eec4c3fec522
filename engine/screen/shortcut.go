package screen

import (
	"math/bits"
	"slices"

	"github.com/modsecurity-for-anylog/msa/engine/internal/transform"
	"github.com/modsecurity-for-anylog/msa/engine/textmatch"
)

// Some thirty groups of a class would ask of each value whether their transformations change it, and whether one of their
// literals is in it. Nearly always neither is so, and one look at the value tells of which groups.

// shortcut tells by which of some groups of a class a value has to be judged: those that decode it, and those of which its text
// as it is, letters in any case, may fulfil something.
type shortcut struct {
	groups       []group
	decoding     [16]groupSet                   // by the bit of a kind of bytes that a text has, see [transform.Traits]
	ofTokens     groupSet                       // that change more of a token than the case of its letters
	unscanned    [textmatch.Levels + 1]groupSet // by level: that may be fulfilled whatever literals are in a text
	literals     [textmatch.Levels + 1]set      // by level: conditions that want a literal; nil where that is not worth a scan
	ofConditions []uint8                        // the group of each of these
}

// groupSet is a set of the groups of a shortcut, by index.
type groupSet uint64

// mostGroups is how many groups a shortcut is of, at most.
const mostGroups = 64

// newShortcuts are those of the groups of a class.
func (s *Screen) newShortcuts(of []group) (all []*shortcut) {
	for part := range slices.Chunk(of, mostGroups) {
		all = append(all, s.newShortcut(part))
	}
	return all
}

func (s *Screen) newShortcut(of []group) *shortcut {
	sc := &shortcut{groups: of, ofConditions: make([]uint8, len(s.conditions))}
	for i := range of {
		g, this := &of[i], groupSet(1)<<i
		g.filtered.each(func(c int32) { sc.ofConditions[c] = uint8(i) })
		if !g.keepsTokens {
			sc.ofTokens |= this
		}
		if len(g.behind) > 0 {
			for kinds := uint16(g.behind[0]); kinds != 0; kinds &= kinds - 1 {
				sc.decoding[bits.TrailingZeros16(kinds)] |= this
			}
		}
	}
	for l := range sc.literals {
		sc.addLevel(s, textmatch.Level(l))
	}
	return sc
}

// addLevel adds what texts of a level may fulfil.
func (sc *shortcut) addLevel(s *Screen, l textmatch.Level) {
	scans := slices.ContainsFunc(sc.groups, func(g group) bool { return g.at[l].filtered && g.needles == nil })
	if scans {
		sc.literals[l] = newSet(len(s.conditions))
	}
	for i := range sc.groups {
		switch at := sc.groups[i].at[l]; {
		case at.unfiltered, at.filtered && !scans:
			sc.unscanned[l] |= 1 << i
		case scans:
			sc.groups[i].filtered.both(s.possible[l], sc.literals[l].add)
		}
	}
}

// find finds the groups that a value has to be judged by, of which the first text is made.
func (sc *shortcut) find(s *Screen, x *scratch) (found groupSet) {
	text := &x.texts.all[0]
	if transform.IsToken(text.text, text.level) {
		found = sc.ofTokens
	} else {
		for kinds := uint16(text.traits); kinds != 0; kinds &= kinds - 1 {
			found |= sc.decoding[bits.TrailingZeros16(kinds)]
		}
	}
	found |= sc.unscanned[text.level]
	if wanted := sc.literals[text.level]; wanted != nil {
		wanted.both(s.scan(x, 0), func(c int32) { found |= 1 << sc.ofConditions[c] })
	}
	return found
}
