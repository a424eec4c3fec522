package textmatch

import (
	"slices"
	"strings"
)

// Needles are some short texts, of which one is in each text that has one of a few literals, its letters in any case. They are
// looked for by [strings.Contains], which is many times faster than an [Automaton] as long as they are few and rare.
type Needles []string

// Bounds of needles: beyond these, looking for the literals themselves is faster.
const (
	mostNeedles   = 6
	longestNeedle = 3          // with one letter at most, which stands in two needles, one for each case
	rareNeedle    = 1.0 / 1000 // in a byte of ordinary values
	commonNeedles = 1.0 / 200  // all of them
	mostLiterals  = 32
)

// NeedlesOf finds the needles of literals; ok is false where there are none that pay.
func NeedlesOf(literals []string) (n Needles, ok bool) {
	if len(literals) > mostLiterals {
		return nil, false
	}
	lower := make([]string, len(literals))
	for i, l := range literals {
		lower[i] = LowerASCII(l)
	}
	slices.SortStableFunc(lower, func(a, b string) int { return len(a) - len(b) })
	frequent := 0.0
	for _, l := range lower {
		if slices.ContainsFunc(n, func(needle string) bool { return strings.Contains(l, needle) }) {
			continue
		}
		needle, ok := rarestNeedle(l)
		if !ok {
			return nil, false
		}
		n = append(n, needle)
		if upper := upperOf(needle); upper != needle {
			n = append(n, upper)
		}
		frequent += frequencyOf(needle)
		if len(n) > mostNeedles || frequent > commonNeedles {
			return nil, false
		}
	}
	return n, len(n) > 0
}

// rarestNeedle is the rarest part of a literal that can be a needle: one without a letter, as long as that is rare enough.
func rarestNeedle(literal string) (needle string, ok bool) {
	for letters := range 2 {
		for i := range len(literal) {
			for j := i + 1; j <= min(len(literal), i+longestNeedle); j++ {
				part := literal[i:j]
				if lettersIn(part) == letters && (!ok || frequencyOf(part) < frequencyOf(needle)) {
					needle, ok = part, true
				}
			}
		}
		if ok && frequencyOf(needle) < rareNeedle {
			break
		}
	}
	return needle, ok
}

// LowerASCII is a text with its ASCII letters in lower case, whatever else is in it.
func LowerASCII(text string) string {
	lower := []byte(text)
	for i, c := range lower {
		lower[i] = lowerByte(c)
	}
	return string(lower)
}

// upperOf is a text with its ASCII letters in upper case.
func upperOf(text string) string {
	upper := []byte(text)
	for i, c := range upper {
		if isLetter(c) {
			upper[i] = c &^ ('a' - 'A')
		}
	}
	return string(upper)
}

func lettersIn(text string) (n int) {
	for i := range len(text) {
		if isLetter(text[i]) {
			n++
		}
	}
	return n
}

// In reports whether one of the needles is in a text.
func (n Needles) In(text string) bool {
	for _, needle := range n {
		if strings.Contains(text, needle) {
			return true
		}
	}
	return false
}
