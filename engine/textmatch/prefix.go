package textmatch

import (
	"regexp/syntax"
	"unicode/utf8"
)

// prefixLength is by how many bytes beginnings are told.
const prefixLength = 4

// prefixes tell by its first bytes whether a match may begin somewhere, without a branch for each byte. Ways to begin are in
// buckets, by their first two instructions, and for each byte there are the buckets in which it may be first, second, third
// and fourth: a match may begin where one bucket has all four.
type prefixes [256][prefixLength]uint64

// newPrefixes are those of matches that don't begin at the beginning of a text or line. Whatever else a pattern asks for of
// what is around counts as fulfilled.
func (m *Matcher) newPrefixes() *prefixes {
	const everything = ^syntax.EmptyOp(0)
	var ways [][prefixLength][]uint32 // instructions that read each byte; nil where it may be any
	begins, _ := m.close(nil, uint32(m.prog.Start), everything&^(syntax.EmptyBeginText|syntax.EmptyBeginLine))
	m.forget()
	for _, first := range begins {
		seconds, matched := m.behind([]uint32{first})
		if matched {
			ways = append(ways, [prefixLength][]uint32{{first}})
			continue
		}
		for _, second := range seconds {
			way := [prefixLength][]uint32{{first}, {second}}
			for n := 2; n < prefixLength; n++ {
				if way[n], matched = m.behind(way[n-1]); matched {
					way[n] = nil
					break
				}
			}
			ways = append(ways, way)
		}
	}
	ofClass := make([][prefixLength]uint64, len(m.bounds))
	classes := m.classesOf()
	for i, way := range ways {
		bucket := uint64(1) << (i * 64 / len(ways))
		for n, insts := range way {
			if insts == nil {
				for class := range ofClass {
					ofClass[class][n] |= bucket
				}
			}
			for _, inst := range insts {
				for _, class := range classes(inst) {
					ofClass[class][n] |= bucket
				}
			}
		}
	}
	p := &prefixes{}
	for c := range p {
		p[c] = ofClass[m.classOf[c]]
	}
	return p
}

// behind are the instructions that read what comes behind what others read.
func (m *Matcher) behind(insts []uint32) (then []uint32, matched bool) {
	for _, i := range insts {
		var found bool
		then, found = m.close(then, m.prog.Inst[i].Out, ^syntax.EmptyOp(0))
		matched = matched || found
	}
	m.forget()
	return then, matched
}

// classesOf gives the classes that an instruction reads.
func (m *Matcher) classesOf() func(inst uint32) []uint8 {
	known := map[uint32][]uint8{}
	return func(inst uint32) []uint8 {
		all, ok := known[inst]
		if ok {
			return all
		}
		for class, r := range m.bounds {
			if reads(&m.prog.Inst[inst], r) {
				all = append(all, uint8(class))
			}
		}
		known[inst] = all
		return all
	}
}

// skip is the next place from i on where a match may begin. Characters of several bytes, behind which bytes are not where
// they are counted, may begin one wherever they are.
func (m *Matcher) skip(text string, i int) int {
	last := len(text) - prefixLength
	if i == 0 || i > last || text[i-1] == '\n' {
		return i
	}
	p, high := m.anchored.prefixes, byte(utf8.RuneSelf)
	if m.binary {
		high = 0
	}
	a, b, c := text[i], text[i+1], text[i+2]
	for ; i <= last; i++ {
		d := text[i+3]
		if p[a][0]&p[b][1]&p[c][2]&p[d][3] != 0 || (a|b|c|d)&high != 0 || a == '\n' {
			return i
		}
		a, b, c = b, c, d
	}
	return i
}
