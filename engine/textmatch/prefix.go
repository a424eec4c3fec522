package textmatch

import (
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// prefixLength is by how many bytes beginnings are told.
const prefixLength = 4

// prefixes tell by its first bytes whether a match may begin somewhere, without a branch for each byte. Ways to begin are in
// buckets, by their first two instructions, and for each byte there are the buckets in which it may be first, second, third
// and fourth: a match may begin where one bucket has all four.
type prefixes [256][prefixLength]uint64

// Buckets that are not of ways: a line feed is the first byte, or the nth is of a character of several bytes, behind which
// bytes are not where they are counted.
const (
	lineFeedBucket = iota
	highBucket
	firstWay = highBucket + prefixLength
)

// newPrefixes are those of matches that don't begin at the beginning of a text or line. Whatever else a pattern asks for of
// what is around counts as fulfilled.
func (m *Matcher) newPrefixes() *prefixes {
	const everything = ^syntax.EmptyOp(0)
	var ways [][prefixLength][]uint32 // instructions that read each byte; nil where it may be any
	begins, _ := m.close(nil, m.prog.start, everything&^(syntax.EmptyBeginText|syntax.EmptyBeginLine))
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
	for i, way := range ways {
		bucket := uint64(1) << (firstWay + i*(64-firstWay)/len(ways))
		for n, insts := range way {
			if insts == nil {
				for class := range ofClass {
					ofClass[class][n] |= bucket
				}
			}
			for _, inst := range insts {
				for class := range m.prog.readBy(inst).each {
					ofClass[class][n] |= bucket
				}
			}
		}
	}
	p := &prefixes{}
	for c := range p {
		p[c] = ofClass[m.classOf[c]]
		p.addOthers(byte(c), !m.binary)
	}
	return p
}

// addOthers puts a byte into the buckets that are not of ways.
func (p *prefixes) addOthers(c byte, hasHigh bool) {
	for n := range p[c] {
		if n > 0 || c == '\n' {
			p[c][n] |= 1 << lineFeedBucket
		}
		for other := range prefixLength {
			if n != other || hasHigh && c >= utf8.RuneSelf {
				p[c][n] |= 1 << (highBucket + other)
			}
		}
	}
}

// behind are the instructions that read what comes behind what others read.
func (m *Matcher) behind(insts []uint32) (then []uint32, matched bool) {
	for _, i := range insts {
		var found bool
		then, found = m.close(then, m.prog.insts[i].out, ^syntax.EmptyOp(0))
		matched = matched || found
	}
	m.forget()
	return then, matched
}

// skip is the next place from i on where a match may begin.
func (m *Matcher) skip(text string, i int) int {
	switch {
	case i == 0 || text[i-1] == '\n':
		return i
	case !m.anchored.inLines:
		if n := strings.IndexByte(text[i:], '\n'); n >= 0 {
			return i + n
		}
		return len(text) - 1
	case i > len(text)-prefixLength:
		return i
	}
	p := m.anchored.prefixes
	// Of matches that begin one, two and three bytes before, the buckets that have all bytes so far.
	one := p[text[i+2]][0]
	two := p[text[i+1]][0] & p[text[i+2]][1]
	three := p[text[i]][0] & p[text[i+1]][1] & p[text[i+2]][2]
	for i += prefixLength - 1; i < len(text); i++ {
		of := &p[text[i]]
		if three&of[3] != 0 {
			break
		}
		one, two, three = of[0], one&of[1], two&of[2]
	}
	return i - (prefixLength - 1)
}
