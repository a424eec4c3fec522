package screen

import (
	"math/bits"

	"github.com/modsecurity-for-anylog/msa/engine/textmatch"
)

// A condition that wants a literal is judged only where one of its literals is in the text. All literals of a class's conditions
// are looked for in one pass, the scan of a text. That pass is what long values pay for most, and most transformations make
// of most values nothing new, or change letters' case, which literals don't heed: so a text like one that was scanned for
// the same value is not scanned again.

// set is a set of conditions, by index.
type set []uint64

func newSet(n int) set { return make(set, (n+63)/64) }

func (s set) add(i int32) { s[i/64] |= 1 << (i % 64) }

func (s set) addAll(other set) {
	for w := range s {
		s[w] |= other[w]
	}
}

func (s set) has(i int32) bool { return s[i/64]>>(i%64)&1 != 0 }

// each visits what is in the set, ascending.
func (s set) each(visit func(i int32)) { s.both(s, visit) }

// both visits what is in this set and in another one of the same size, ascending.
func (s set) both(other set, visit func(i int32)) {
	for w := range s {
		for word := s[w] & other[w]; word != 0; word &= word - 1 {
			visit(int32(w*64 + bits.TrailingZeros64(word)))
		}
	}
}

// meets reports whether something is in this set and in two others of the same size.
func (s set) meets(a, b set) bool {
	for w := range s {
		if s[w]&a[w]&b[w] != 0 {
			return true
		}
	}
	return false
}

// mayHave reports whether a literal of a group may be in a text of the value, without a scan. Where a group's literals are few
// that spares most texts the scan which only this group would have them take.
func (x *scratch) mayHave(g *group, i int) bool {
	t := &x.texts.all[i]
	if t.scanned >= 0 {
		return true
	}
	if !g.mayBe(t) {
		return false
	}
	if g.needles == nil {
		return true
	}
	x.spend(costOfNeedle * len(g.needles) * len(t.text) / 16)
	return g.needles.In(t.text)
}

// scan is the set of conditions of which a literal is in a text of the value.
func (s *Screen) scan(x *scratch, i int) set {
	all := x.texts.all
	if all[i].scanned >= 0 {
		return all[all[i].scanned].has
	}
	for j := range all {
		if all[j].scanned == j && textmatch.SameButCase(all[j].text, all[i].text) {
			all[i].scanned = j
			return all[j].has
		}
	}
	all[i].scanned = i
	has := all[i].has
	clear(has)
	for b := range all[i].lower.Common(&s.bytes) {
		has.addAll(s.ofByte[b])
	}
	x.spend(costOfScan * len(all[i].text))
	found, stamp := x.texts.newStamp()
	literals := 0
	of := x.class.literals()
	of.automaton.Each(all[i].text, func(l, _ int) bool {
		literals++
		if found[l] != stamp {
			found[l] = stamp
			for _, c := range of.wantedBy[l] {
				has.add(c)
			}
		}
		return true
	})
	x.spend(costOfLiteral * literals)
	return has
}
