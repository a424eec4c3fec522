package textmatch

import (
	"iter"
	"math/bits"
	"regexp/syntax"
)

// Most values are names, numbers, tokens and paths, and have nothing but the bytes of these; most of what rules look for has
// others: quotes, brackets, white space. So there are some alphabets, each of them within the next, and of each pattern it is
// known in which of them there may be a text that it matches: one whose characters that a match must have all are there.

// Level is an alphabet: a text of that level has no byte of a higher one.
type Level uint8

// The alphabets.
const (
	WordLevel  Level = iota // letters, digits, _
	TokenLevel              // with - and .
	PathLevel               // with what paths, addresses, dates and base64 have besides
	Levels                  // how many alphabets there are, and the level of texts that are in none
)

var alphabets = [Levels]string{WordLevel: "_", TokenLevel: "-.", PathLevel: "/:=+,~@"}

// Content is which bytes a text has.
type Content [4]uint64

// ContentOf is that of a text. Four bytes at a time take half the time of one by one.
func ContentOf(text string) Content {
	low, high := uint64(0), uint64(0)
	rest := text
	for ; len(rest) >= 4; rest = rest[4:] {
		first, second, third, fourth := &asciiBit[rest[0]], &asciiBit[rest[1]], &asciiBit[rest[2]], &asciiBit[rest[3]]
		low |= first[0] | second[0] | third[0] | fourth[0]
		high |= first[1] | second[1] | third[1] | fourth[1]
	}
	for i := range len(rest) {
		low |= asciiBit[rest[i]][0]
		high |= asciiBit[rest[i]][1]
	}
	c := Content{low, high}
	if c.Has(lastASCII) {
		c.addLast(text)
	}
	return c
}

// addLast adds the bytes of a text from the last of ASCII on, for which that one stands.
func (c *Content) addLast(text string) {
	c[lastASCII/64] &^= 1 << (lastASCII % 64)
	for i := range len(text) {
		if text[i] >= lastASCII {
			c.Add(text[i])
		}
	}
}

const lastASCII = 0x7f

// asciiBit is what has one byte only. The last of ASCII stands for all beyond it.
var asciiBit = func() (t [256][2]uint64) {
	for b := range t {
		at := min(b, lastASCII)
		t[b][at/64] = 1 << (at % 64)
	}
	return t
}()

// Has reports whether a byte is in it.
func (c *Content) Has(b byte) bool { return c[b/64]>>(b%64)&1 != 0 }

// Add adds a byte.
func (c *Content) Add(b byte) { c[b/64] |= 1 << (b % 64) }

// HasAll reports whether it has all bytes of another one.
func (c *Content) HasAll(other *Content) bool {
	return other[0]&^c[0]|other[1]&^c[1]|other[2]&^c[2]|other[3]&^c[3] == 0
}

// AddAll adds the bytes of another one.
func (c *Content) AddAll(other *Content) {
	for i := range c {
		c[i] |= other[i]
	}
}

// Meets reports whether both have a byte.
func (c *Content) Meets(other *Content) bool {
	return c[0]&other[0]|c[1]&other[1]|c[2]&other[2]|c[3]&other[3] != 0
}

// Common visits the bytes that both have, ascending.
func (c *Content) Common(other *Content) iter.Seq[byte] {
	return func(visit func(b byte) bool) {
		for w := range c {
			for word := c[w] & other[w]; word != 0; word &= word - 1 {
				if !visit(byte(w*64 + bits.TrailingZeros64(word))) {
					return
				}
			}
		}
	}
}

// Level is the least level that a text of these bytes has.
func (c *Content) Level() Level {
	for l := Levels; l > WordLevel; l-- {
		if c.Meets(&contentOfLevel[l]) {
			return l
		}
	}
	return WordLevel
}

// Lower is the content with letters of ASCII in lower case.
func (c *Content) Lower() Content {
	const upper = (1<<26 - 1) << ('A' % 64)
	lower := *c
	lower[1] = c[1]&^upper | c[1]&upper<<('a'-'A')
	return lower
}

// LowerContentOf is the content of a text with its letters of ASCII in lower case.
func LowerContentOf(text string) Content {
	c := ContentOf(text)
	return c.Lower()
}

// contentOfLevel are the bytes that are in no lower level.
var contentOfLevel = func() (all [Levels + 1]Content) {
	for b, l := range levelOfByte {
		all[l].Add(byte(b))
	}
	return all
}()

var levelOfByte = func() (t [256]Level) {
	for c := range t {
		t[c] = Levels
		if c := byte(c); isLetter(c) || c >= '0' && c <= '9' {
			t[c] = WordLevel
		}
	}
	for l, bytes := range alphabets {
		for _, c := range []byte(bytes) {
			t[c] = Level(l)
		}
	}
	return t
}()

// LevelOf is the least level that a text has.
func LevelOf(text string) Level {
	l := WordLevel
	for i := 0; i < len(text) && l < Levels; i++ {
		l = max(l, levelOfByte[text[i]])
	}
	return l
}

// LevelSet is a set of alphabets.
type LevelSet uint8

// AllLevels are all alphabets.
const AllLevels LevelSet = 1<<Levels - 1

// Has reports whether an alphabet is in the set.
func (s LevelSet) Has(l Level) bool { return s>>l&1 != 0 }

// LevelsWithText are the alphabets that have all bytes of a text.
func LevelsWithText(text string) LevelSet { return AllLevels << LevelOf(text) & AllLevels }

// LevelsWithAnyText are the alphabets that have all bytes of one of some texts.
func LevelsWithAnyText(texts []string) (s LevelSet) {
	for _, t := range texts {
		s |= LevelsWithText(t)
	}
	return s
}

// LevelsWithByte are the alphabets that have one of some bytes.
func LevelsWithByte(is func(c byte) bool) (s LevelSet) {
	for c, l := range levelOfByte {
		if is(byte(c)) {
			s |= AllLevels << l & AllLevels
		}
	}
	return s
}

// levelsOfTree are the alphabets of texts that a pattern may match. What is not ASCII is in none of them, so both ways in
// which Coraza reads a pattern (see Literals) come to the same.
func levelsOfTree(re *syntax.Regexp) LevelSet {
	s := AllLevels
	switch re.Op {
	case syntax.OpNoMatch:
		return 0
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			set := literalBytes(r, re.Flags)
			s &= levelsWithBits(&set)
		}
	case syntax.OpCharClass:
		set := classBytes(re.Rune)
		return levelsWithBits(&set)
	case syntax.OpCapture, syntax.OpPlus:
		return levelsOfTree(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return levelsOfTree(re.Sub[0])
		}
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			s &= levelsOfTree(sub)
		}
	case syntax.OpAlternate:
		s = 0
		for _, sub := range re.Sub {
			s |= levelsOfTree(sub)
		}
	}
	return s
}

// levelsWithBits is LevelsWithByte of a set.
func levelsWithBits(set *Content) (s LevelSet) {
	for l := range Levels {
		if set.Meets(&contentOfLevel[l]) {
			s |= AllLevels << l & AllLevels
		}
	}
	return s
}
