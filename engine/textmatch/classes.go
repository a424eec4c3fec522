package textmatch

import (
	"math"
	"math/bits"
	"regexp/syntax"
)

// classSet is a set of classes of characters.
type classSet [maxClasses / 64]uint64

func (s *classSet) add(class int) { s[class/64] |= 1 << (class % 64) }

func (s *classSet) has(class int) bool { return s[class/64]>>(class%64)&1 != 0 }

// keep leaves the classes that are in another set, if one of them is, and those that are not, otherwise.
func (s *classSet) keep(other *classSet, like int) {
	invert := uint64(0)
	if !other.has(like) {
		invert = ^invert
	}
	for w := range s {
		s[w] &= other[w] ^ invert
	}
}

// each visits the classes, ascending.
func (s *classSet) each(visit func(class int) bool) {
	for w, word := range s {
		for ; word != 0; word &= word - 1 {
			if !visit(w*64 + bits.TrailingZeros64(word)) {
				return
			}
		}
	}
}

// classSets are the classes that the instructions of a program read. Many read the same: each set is there once, and is made
// when it is asked for.
type classSets struct {
	prog   *syntax.Prog
	bounds []rune
	sets   []classSet
	setOf  []uint16            // by instruction: its set, and one more; 0 as long as that is not known
	known  map[runesKey]uint16 // sets, and one more
	alike  map[rune]*classSet  // by what stands for their characters where a pattern asks what is around
}

// runesKey is what an instruction reads: instructions of the same part of a pattern share their characters' memory.
type runesKey struct {
	op    syntax.InstOp
	arg   uint32
	runes *rune
	n     int
}

func newClassSets(prog *syntax.Prog, bounds []rune) classSets {
	c := classSets{prog: prog, bounds: bounds, setOf: make([]uint16, len(prog.Inst)), known: map[runesKey]uint16{}, alike: map[rune]*classSet{}}
	for class, r := range bounds {
		set := c.alike[standsFor(r)]
		if set == nil {
			set = &classSet{}
			c.alike[standsFor(r)] = set
		}
		set.add(class)
	}
	return c
}

// readBy are the classes that an instruction reads.
func (c *classSets) readBy(inst uint32) *classSet {
	if n := c.setOf[inst]; n != 0 {
		return &c.sets[n-1]
	}
	i := &c.prog.Inst[inst]
	key := runesKey{op: i.Op, arg: i.Arg, n: len(i.Rune)}
	if key.n > 0 {
		key.runes = &i.Rune[0]
	}
	n, ok := c.known[key]
	if !ok {
		var set classSet
		for class, r := range c.bounds {
			if reads(i, r) {
				set.add(class)
			}
		}
		if len(c.sets) == math.MaxUint16 {
			return &set
		}
		c.sets = append(c.sets, set)
		n = uint16(len(c.sets))
		c.known[key] = n
	}
	c.setOf[inst] = n
	return &c.sets[n-1]
}

func reads(inst *syntax.Inst, r rune) bool {
	switch inst.Op {
	case syntax.InstRune, syntax.InstRune1:
		return inst.MatchRune(r)
	case syntax.InstRuneAny:
		return true
	case syntax.InstRuneAnyNotNL:
		return r != '\n'
	}
	return false
}
