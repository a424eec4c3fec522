package textmatch

import "regexp/syntax"

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
func levelsWithBits(set *byteBits) (s LevelSet) {
	for l := range bytesOfLevel {
		if set.meets(&bytesOfLevel[l]) {
			s |= AllLevels << l & AllLevels
		}
	}
	return s
}

// bytesOfLevel are those that are in no lower level.
var bytesOfLevel = func() (all [Levels]byteBits) {
	for c, l := range levelOfByte {
		if l < Levels {
			all[l].add(byte(c))
		}
	}
	return all
}()
