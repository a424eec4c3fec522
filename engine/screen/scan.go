package screen

import (
	"math/bits"

	"github.com/modsecurity-for-anylog/msa/engine/textmatch"
)

// A condition that wants a literal is judged only where one of its literals is in the text. All literals of all conditions
// are looked for in one pass, the scan of a text. That pass is what long values pay for most, and most transformations make
// of most values nothing new, or change letters' case, which literals don't heed: so a text like one that was scanned for
// the same value is not scanned again.

// set is a set of conditions, by index.
type set []uint64

func newSet(n int) set { return make(set, (n+63)/64) }

func (s set) add(i int32) { s[i/64] |= 1 << (i % 64) }

func (s set) has(i int32) bool { return s[i/64]>>(i%64)&1 != 0 }

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

// maxScans is how many texts of one value are remembered.
const maxScans = 8

// scan is a text and the conditions of which a literal is in it.
type scan struct {
	text string
	has  set
}

// scans are those of the texts of one value, the last ones.
type scans struct {
	all   [maxScans]scan
	n     int      // that were made
	found []uint32 // by literal: the stamp of the last scan that found it
	stamp uint32
}

func newScans(conditions, literals int) scans {
	s := scans{found: make([]uint32, literals)}
	for i := range s.all {
		s.all[i].has = newSet(conditions)
	}
	return s
}

// forget makes room for those of another value.
func (s *scans) forget() {
	for i := range s.all[:min(s.n, maxScans)] {
		s.all[i].text = ""
	}
	s.n = 0
}

// scan is the set of conditions of which a literal is in a text.
func (s *Screen) scan(x *scratch, text string) set {
	for i := range x.scans.all[:min(x.scans.n, maxScans)] {
		if of := &x.scans.all[i]; textmatch.SameButCase(of.text, text) {
			return of.has
		}
	}
	x.spend(costOfScan * len(text))
	to := &x.scans.all[x.scans.n%maxScans]
	x.scans.n++
	to.text = text
	clear(to.has)
	if x.scans.stamp++; x.scans.stamp == 0 {
		clear(x.scans.found)
		x.scans.stamp = 1
	}
	found, stamp := x.scans.found, x.scans.stamp
	literals := 0
	s.literals.Each(text, func(l int) bool {
		literals++
		if found[l] != stamp {
			found[l] = stamp
			for _, c := range s.literalOf[l] {
				to.has.add(c)
			}
		}
		return true
	})
	x.spend(costOfLiteral * literals)
	return to.has
}
