package textmatch

import (
	"math/bits"
	"regexp/syntax"
	"slices"
	"sync/atomic"
	"unicode/utf8"
)

// An automaton that finds a match anywhere is at all places at once where one may have begun: after a long text of words
// its states are as many as there are ways for matches to be under way together, and some of CRS's patterns (932230 and its
// like) have more than fit into any room. One that is at a single beginning has few states, and nearly all beginnings end
// after a character or two. So beginnings are tried one by one, those only whose first byte a match can have, and the
// automaton that is everywhere takes over where that comes to more than a few steps for each byte of the text: work
// is in proportion to the text, whatever is in it.

// anchored is what a Matcher has to try beginnings one by one.
type anchored struct {
	begins  [256]uint8                             // by byte: bit n is set if a match may begin with it where befores[n] is before
	high    bool                                   // one of them is of a character of several bytes
	seconds [len(befores)]classPairs               // by what is before: characters that may be the first two of a match
	starts  [len(befores)]atomic.Pointer[dfaState] // by what is before; nil as long as it is not needed
}

// classPairs are pairs of classes: by that of the first character, those of one that may follow it.
type classPairs [][256 / 64]uint64

// stepsPerByte is how many steps beginnings may take for each byte of a text.
const stepsPerByte = 4

// Beginnings that lead to the same state at the same place lead to the same end: in a&b=c&d=e what follows each & may be of
// the same command. So there are some places in a text where states are marked, and a beginning stops where another one has
// been in the same state, in vain.
const (
	markCount = 128
	markEvery = 16 // bytes, or more in texts that are longer than the marks reach
)

// marksOf are the places of a text's marks: those that have no bit of the mask; shift makes a number of them.
func marksOf(text string) (mask, shift int) {
	every := markEvery
	for len(text) >= markCount*every {
		every *= 2
	}
	return every - 1, bits.TrailingZeros(uint(every))
}

// is reports whether both stand for the same: one may have been forgotten and made anew, and what a text costs must not
// depend on that.
func (s *dfaState) is(other *dfaState) bool {
	return s == other || s.before == other.before && s.traits == other.traits && slices.Equal(s.insts, other.insts)
}

// befores are what is before a beginning, as far as patterns can tell: characters that stand for it.
var befores = [...]rune{-1, '\n', 'a', ' '}

// beforeOf is the place in befores of what stands for a byte.
var beforeOf = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c == '\n':
			t[c] = 1
		case syntax.IsWordChar(rune(c)):
			t[c] = 2
		default:
			t[c] = 3
		}
	}
	return t
}()

// anchor finds where a match may begin. It is nil if that is at most characters of a usual text, or if nothing at all is
// a match: then it does not pay.
func (m *Matcher) anchor() *anchored {
	a := &anchored{}
	reached := map[syntax.EmptyOp][]uint32{} // instructions, by what is around
	begins := make([]uint8, len(m.bounds))   // by class, as in anchored
	for class, r := range m.bounds {
		for n, before := range befores {
			around := syntax.EmptyOpContext(before, r)
			insts, known := reached[around]
			if !known {
				var matched bool
				if insts, matched = m.close(nil, uint32(m.prog.Start), around); matched {
					m.forget()
					return nil
				}
				m.forget()
				reached[around] = insts
			}
			if slices.ContainsFunc(insts, func(i uint32) bool { return reads(&m.prog.Inst[i], r) }) {
				begins[class] |= 1 << n
			}
		}
	}
	a.spread(m, begins)
	for _, before := range befores {
		if _, matched := m.close(nil, uint32(m.prog.Start), syntax.EmptyOpContext(before, -1)); matched {
			m.forget()
			return nil
		}
		m.forget()
	}
	if a.share() > 0.5 {
		return nil
	}
	for n, before := range befores {
		a.seconds[n] = m.follow(before)
		if n > 0 && slices.Equal(a.seconds[n], a.seconds[n-1]) { // as nearly always: few patterns ask for what is before
			a.seconds[n] = a.seconds[n-1]
		}
	}
	return a
}

// spread tells bytes what is known of classes.
func (a *anchored) spread(m *Matcher, begins []uint8) {
	var high uint8
	for class, bits := range begins {
		if m.bounds[class] >= utf8.RuneSelf && !m.binary {
			high |= bits
		}
	}
	a.high = high != 0
	for c := range a.begins {
		if c >= utf8.RuneSelf && !m.binary {
			a.begins[c] = high
		} else {
			a.begins[c] = begins[m.classOf[c]]
		}
	}
}

// follow finds which characters may be the first two of a match, behind what stands for the one before.
func (m *Matcher) follow(before rune) classPairs {
	pairs := make(classPairs, len(m.bounds))
	for first := range m.bounds {
		m.followFirst(before, first, &pairs[first])
	}
	return pairs
}

// followFirst finds the classes of characters that may be second in a match, behind a first one of some class. Whatever a
// pattern asks for of what is around the second counts as fulfilled.
func (m *Matcher) followFirst(before rune, first int, seconds *[256 / 64]uint64) {
	const everything = ^syntax.EmptyOp(0)
	begins, _ := m.close(nil, uint32(m.prog.Start), syntax.EmptyOpContext(before, m.bounds[first]))
	m.forget()
	var then []uint32
	matched := false
	for _, i := range begins {
		if inst := &m.prog.Inst[i]; reads(inst, m.bounds[first]) {
			var found bool
			then, found = m.close(then, inst.Out, everything)
			matched = matched || found
		}
	}
	m.forget()
	for class, r := range m.bounds {
		if matched || slices.ContainsFunc(then, func(i uint32) bool { return reads(&m.prog.Inst[i], r) }) {
			seconds[class/64] |= 1 << (class % 64)
		}
	}
}

// isDead reports whether no match has the two bytes at i at its beginning, behind what is before.
func (m *Matcher) isDead(before uint8, text string, i int) bool {
	if i+1 >= len(text) || !m.binary && text[i]|text[i+1] >= utf8.RuneSelf {
		return false
	}
	second := m.classOf[text[i+1]]
	return m.anchored.seconds[before][m.classOf[text[i]]][second/64]>>(second%64)&1 == 0
}

// share is at how many of the characters of a usual text a match may begin, about.
func (a *anchored) share() float64 {
	const usual = " abcdefghijklmnopqrstuvwxyz"
	n := 0
	for i := range len(usual) {
		bits := a.begins[usual[i]]
		n += int(bits>>2&1) + int(bits>>3&1)
	}
	return float64(n) / (2 * float64(len(usual)))
}

// tryEach is match by one beginning after the other.
func (m *Matcher) tryEach(text string) (ok bool, work int) {
	a, left := m.anchored, stepsPerByte*len(text)
	workAt := func(i int) int { return costOfByte*i + costOfStep*(stepsPerByte*len(text)-left) }
	mask, shift := marksOf(text)
	var marks [markCount]*dfaState
	for i := 0; i < len(text); i++ {
		c := text[i]
		if a.begins[c] == 0 {
			continue
		}
		before := uint8(0)
		if i > 0 {
			before = beforeOf[text[i-1]]
		}
		if a.begins[c]>>before&1 == 0 || m.isDead(before, text, i) {
			continue
		}
		s, j := m.start(before), i
		for s != m.dead {
			if s == m.accept || j == len(text) && s.atEnd {
				return true, workAt(i)
			}
			if j == len(text) {
				break
			}
			if j&mask == 0 && j > i {
				if met := marks[j>>shift]; met != nil && s.is(met) {
					break
				}
				marks[j>>shift] = s
			}
			if left--; left < 0 {
				ok, end := m.run(m.goOn(before), text, i)
				return ok, workAt(i) + costOfStep*(end-i)
			}
			class, size := m.classAt(text, j)
			j += size
			next := s.next[class].Load()
			if next == nil {
				next = m.step(s, class)
			}
			s = next
		}
		if a.high && c >= utf8.RuneSelf {
			_, size := m.classAt(text, i)
			i += size - 1
		}
	}
	return false, workAt(len(text))
}

// start is the state at a beginning.
func (m *Matcher) start(before uint8) *dfaState {
	if s := m.anchored.starts[before].Load(); s != nil {
		return s
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	s := m.beginAt(befores[before], isAnchored)
	m.anchored.starts[before].Store(s)
	return s
}

// goOn is the state from which the automaton that is everywhere goes on.
func (m *Matcher) goOn(before uint8) *dfaState {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.beginAt(befores[before], 0)
}
