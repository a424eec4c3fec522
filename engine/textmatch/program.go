package textmatch

import (
	"math/bits"
	"regexp/syntax"
	"slices"
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

// program is that of a pattern, of a third of the size, and without pointers that the collector of garbage would have to follow.
type program struct {
	start uint32
	insts []inst
	sets  []classSet // of what instructions read
	alike []classSet // by what stands for their characters where a pattern asks what is around: a place in befores
}

// inst is an instruction. What reads a character is a [syntax.InstRune] whose arg is a set.
type inst struct {
	out, arg uint32
	op       uint8
}

// runesKey is what an instruction reads: those of the same part of a pattern share their characters' memory.
type runesKey struct {
	op    syntax.InstOp
	arg   uint32
	runes *rune
	n     int
}

// newProgram is that of another one, with classes of characters, of which these are the first.
func newProgram(of *syntax.Prog, bounds []rune) *program {
	p := &program{start: uint32(of.Start), insts: make([]inst, len(of.Inst))}
	ofRunes, ofSet := map[runesKey]uint32{}, map[classSet]uint32{}
	for i := range of.Inst {
		from, to := &of.Inst[i], &p.insts[i]
		*to = inst{from.Out, from.Arg, uint8(from.Op)}
		switch from.Op {
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
		default:
			continue
		}
		key := runesKey{op: from.Op, arg: from.Arg, n: len(from.Rune)}
		if key.n > 0 {
			key.runes = &from.Rune[0]
		}
		n, ok := ofRunes[key]
		if !ok {
			set := readBy(from, bounds)
			if n, ok = ofSet[set]; !ok {
				n = uint32(len(p.sets))
				p.sets = append(p.sets, set)
				ofSet[set] = n
			}
			ofRunes[key] = n
		}
		to.op, to.arg = uint8(syntax.InstRune), n
	}
	p.sets = slices.Clip(p.sets)
	p.alike = make([]classSet, len(befores))
	for class, r := range bounds {
		p.alike[placeInBefores(r)].add(class)
	}
	return p
}

// placeInBefores is that of what stands for a character.
func placeInBefores(r rune) int { return slices.Index(befores[:], standsFor(r)) }

// readBy are the classes that an instruction reads.
func readBy(inst *syntax.Inst, bounds []rune) (set classSet) {
	for class, r := range bounds {
		if reads(inst, r) {
			set.add(class)
		}
	}
	return set
}

func reads(inst *syntax.Inst, r rune) bool {
	switch inst.Op {
	case syntax.InstRuneAny:
		return true
	case syntax.InstRuneAnyNotNL:
		return r != '\n'
	}
	return inst.MatchRune(r)
}

var noClass classSet

// readBy are the classes that an instruction reads; none if it asks for what is around.
func (p *program) readBy(n uint32) *classSet {
	if i := &p.insts[n]; i.op == uint8(syntax.InstRune) {
		return &p.sets[i.arg]
	}
	return &noClass
}
