package textmatch

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"sync"
	"unicode/utf8"
)

// The longest patterns of CRS say where a command may stand, and then which commands there are: behind a semicolon, a pipe,
// an equals sign, behind white space, quotes and a path. Their automata follow every path and every word that may become
// such a place, and have thousands of states. But what comes last in them, the names of the commands, begins at few places
// of a text: behind the few characters with which all that may stand before ends. An ending is a pattern's last parts, and
// these characters. It is a necessary condition, looked for before the automaton of the whole runs.
//
// Some ways to begin end in anything (command.*), or in a letter. They are looked for by themselves: a text that a pattern
// matches has in it one of these, or the last parts where they may stand.

// ending is what a text has in it that a pattern matches. Either is nil where there is nothing of its kind.
type ending struct {
	last      *Matcher // the last parts of the pattern, behind what may be before them
	beginning *Matcher // what may be before them and ends in anything
}

// Bounds, as frequencies in ordinary values, see frequencies, and as a length.
const (
	leastLookedFor = 3        // bytes that a way to begin has, to be looked for by itself
	mostAtEnd      = 1.0 / 50 // of the bytes with which a way to begin ends, unless it is looked for by itself
	leastBegun     = 1.0 / 10 // of places where the whole pattern may begin: others are fast
	leastGain      = 2        // as many as of places where its last parts may
)

// endingOf is that of an expression, from its longest part on. It is nil where that is of no use.
func endingOf(re *regexp.Regexp) *ending {
	tree, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil || tree.Op != syntax.OpConcat {
		return nil
	}
	begin := rimOf(tree, false)
	whole := begin.frequency()
	if whole < leastBegun {
		return nil
	}
	s := newSeam(tree, 1+longestPart(tree.Sub[1:]))
	if s == nil || s.frequency*leastGain > whole {
		return nil
	}
	return s.ending(tree.Flags)
}

// longestPart is the one that says the most.
func longestPart(parts []*syntax.Regexp) (longest int) {
	most := 0
	for i, part := range parts {
		if n := len(part.String()); n > most {
			longest, most = i, n
		}
	}
	return longest
}

// in reports whether what must be in a text is, and how much work that was.
func (e *ending) in(text string) (found bool, work int) {
	found, work = e.last.match(text)
	if !found && e.beginning != nil {
		var more int
		found, more = e.beginning.match(text)
		work += more
	}
	return found, work
}

// ending is what a text must have in it for what is before the seam, or behind it, to be there; nil if it can't be looked for.
func (s *seam) ending(flags syntax.Flags) *ending {
	e := &ending{last: matcherOf(flags, syntax.OpConcat, s.last, &s.before)}
	if e.last == nil || e.last.anchored == nil {
		return nil
	}
	if len(s.beginnings) > 0 {
		if e.beginning = matcherOf(flags, syntax.OpAlternate, s.beginnings, nil); e.beginning == nil {
			return nil
		}
	}
	return e
}

// matcherOf makes the automaton of parts of an expression behind what has a rim, nil if that can't be.
func matcherOf(flags syntax.Flags, op syntax.Op, parts []*syntax.Regexp, behind *rim) *Matcher {
	text := (&syntax.Regexp{Op: op, Flags: flags, Sub: parts}).String()
	if known, ok := beginnings.Load(text); ok && behind == nil {
		return known.(*Matcher)
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil
	}
	m := newMatcherBehind(re, behind)
	if behind == nil {
		beginnings.Store(text, m)
	}
	return m
}

// beginnings remembers automata, as many patterns begin in the same ways.
var beginnings sync.Map

// seam is a place in a concatenation.
type seam struct {
	last       []*syntax.Regexp // the parts behind it
	before     rim              // what may be before it
	beginnings []*syntax.Regexp // but for these
	frequency  float64          // of places where the parts behind it may begin
}

// newSeam is the seam before the ith part, nil if anything may be before it, or nothing in it.
func newSeam(tree *syntax.Regexp, i int) *seam {
	s := &seam{last: tree.Sub[i:], before: rim{empty: anywhere}}
	begin := rimOf(tree.Sub[i], false)
	if begin.empty != never {
		return nil
	}
	for j := i - 1; j >= 0 && s.before.empty != never; j-- {
		s.before = s.before.behind(s.wayToBegin(tree.Sub[j]))
	}
	if s.before.empty == anywhere {
		return nil
	}
	s.frequency = s.before.frequency() * begin.frequency()
	return s
}

// wayToBegin is with what a part ends, but for those of its alternatives that are looked for by themselves.
func (s *seam) wayToBegin(part *syntax.Regexp) rim {
	for part.Op == syntax.OpCapture {
		part = part.Sub[0]
	}
	if part.Op != syntax.OpAlternate {
		return rimOf(part, true)
	}
	var some rim
	for _, alternative := range part.Sub {
		e := rimOf(alternative, true)
		if e.frequency() > mostAtEnd && (reader{}).minLength(alternative) >= leastLookedFor {
			s.beginnings = append(s.beginnings, alternative)
			continue
		}
		some = some.or(e)
	}
	return some
}

// rim is with which bytes texts begin or end that an expression matches.
type rim struct {
	bytes [256]bool
	empty emptiness
}

// emptiness is where an expression matches nothing. What else it asks for of what is around counts as fulfilled.
type emptiness uint8

const (
	never emptiness = iota
	atLineBegin
	anywhere
)

func (e *rim) frequency() float64 {
	f := 0.0
	for c, in := range e.bytes {
		if in {
			f += frequencies[c]
		}
	}
	return f
}

// or is that of two alternatives.
func (e rim) or(other rim) rim {
	for c, in := range other.bytes {
		e.bytes[c] = e.bytes[c] || in
	}
	e.empty = max(e.empty, other.empty)
	return e
}

// behind is the rim of a concatenation, of which this is the rim of what is nearer to it.
func (e rim) behind(next rim) rim {
	if e.empty == never {
		return e
	}
	for c, in := range next.bytes {
		e.bytes[c] = e.bytes[c] || in
	}
	e.empty = min(e.empty, next.empty)
	return e
}

// rimOf is with what texts end, or begin, that an expression matches.
func rimOf(re *syntax.Regexp, atEnd bool) (e rim) {
	switch re.Op {
	case syntax.OpNoMatch:
	case syntax.OpEmptyMatch, syntax.OpEndLine, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		e.empty = anywhere
	case syntax.OpBeginLine, syntax.OpBeginText:
		e.empty = atLineBegin
	case syntax.OpLiteral:
		at := 0
		if atEnd {
			at = len(re.Rune) - 1
		}
		e.addClass(literalClass(re.Rune[at], re.Flags))
	case syntax.OpCharClass:
		e.addClass(re.Rune)
	case syntax.OpCapture, syntax.OpPlus:
		return rimOf(re.Sub[0], atEnd)
	case syntax.OpStar, syntax.OpQuest:
		e = rimOf(re.Sub[0], atEnd)
		e.empty = anywhere
	case syntax.OpRepeat:
		e = rimOf(re.Sub[0], atEnd)
		if re.Min == 0 {
			e.empty = anywhere
		}
	case syntax.OpConcat:
		e.empty = anywhere
		parts := slices.Clone(re.Sub)
		if atEnd {
			slices.Reverse(parts)
		}
		for _, part := range parts {
			e = e.behind(rimOf(part, atEnd))
		}
	case syntax.OpAlternate:
		for _, alternative := range re.Sub {
			e = e.or(rimOf(alternative, atEnd))
		}
	default: // OpAnyChar, OpAnyCharNotNL
		for c := range e.bytes {
			e.bytes[c] = true
		}
	}
	return e
}

// addClass adds the bytes of characters. Beyond ASCII these are all: what is not UTF-8 counts as U+FFFD.
func (e *rim) addClass(class []rune) {
	for i := 0; i+1 < len(class); i += 2 {
		for c := class[i]; c <= min(class[i+1], utf8.RuneSelf-1); c++ {
			e.bytes[c] = true
		}
		if class[i+1] >= utf8.RuneSelf {
			for c := utf8.RuneSelf; c < len(e.bytes); c++ {
				e.bytes[c] = true
			}
		}
	}
}
