package textmatch

import (
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// prefixLength is by how many bytes beginnings are told.
const prefixLength = 4

// prefixes tell by its first bytes whether a match may begin somewhere. Ways to begin are in buckets, by their first two
// instructions, and for each byte there are the buckets in which it can't be first, second, third and fourth, each in a lane of
// 16 bits, the first in the lowest: a match may begin where one bucket is in none of four lanes.
type prefixes [256]uint64

const (
	laneBits       = 16
	lineFeedBucket = laneBits - 1 // of no way: a line feed is the first byte
	wayBuckets     = lineFeedBucket
	lastLane       = (prefixLength - 1) * laneBits
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
	ofClass := make([]uint64, len(m.first))
	for i, way := range ways {
		for n, insts := range way {
			bucket := uint64(1) << (n*laneBits + i*wayBuckets/len(ways))
			if insts == nil {
				for class := range ofClass {
					ofClass[class] |= bucket
				}
			}
			for _, inst := range insts {
				for class := range m.prog.readBy(inst).each {
					ofClass[class] |= bucket
				}
			}
		}
	}
	p := &prefixes{}
	for c := range p {
		may := ofClass[m.classOf[c]]
		for n := range prefixLength {
			if n > 0 || c == '\n' {
				may |= 1 << (n*laneBits + lineFeedBucket)
			}
		}
		p[c] = ^may
	}
	return p
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
	p, last := m.anchored.prefixes, byte(utf8.RuneSelf-1)
	if m.binary {
		last = 0xff
	}
	const none = (1<<laneBits - 1) << lastLane
	lanes := ^uint64(0)
	for end := i; end < len(text); end++ {
		c := text[end]
		if lanes = lanes<<laneBits | p[c]; lanes < none || c > last { // behind more than one byte others are not where they are counted
			return max(i, end-(prefixLength-1))
		}
	}
	return len(text) - (prefixLength - 1)
}
