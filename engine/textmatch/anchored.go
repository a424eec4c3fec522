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
// after a character or two. So beginnings are tried one by one, those only whose first bytes a match can have, and the
// automaton that is everywhere takes over where that comes to more than a few steps for each byte of the text: work
// is in proportion to the text, whatever is in it.

// anchored is what a Matcher has to try beginnings one by one.
type anchored struct {
	begins   [256]uint8 // by byte: bit n is set if a match may begin with it where befores[n] is before
	high     bool       // one of them is of a character of several bytes
	inLines  bool       // one of them is not at the beginning of the text or of a line
	prefixes *prefixes  // what it may begin with, where the beginning of a text or line is not before
}

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

// befores are what is before a beginning, as far as patterns can tell: characters that stand for it.
var befores = [...]rune{-1, '\n', 'a', ' '}

// atLineStart are the bits of those that are before the beginning of a text or line.
const atLineStart = 1<<0 | 1<<1

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
	begins := make([]uint8, len(m.first))    // by class, as in anchored
	for class, r := range m.first {
		for n, before := range befores {
			around := syntax.EmptyOpContext(before, r)
			insts, known := reached[around]
			if !known {
				var matched bool
				if insts, matched = m.close(nil, m.prog.start, around); matched {
					m.forget()
					return nil
				}
				m.forget()
				reached[around] = insts
			}
			if slices.ContainsFunc(insts, func(i uint32) bool { return m.prog.readBy(i).has(class) }) {
				begins[class] |= 1 << n
			}
		}
	}
	a.spread(m, begins)
	for _, before := range befores {
		if _, matched := m.close(nil, m.prog.start, syntax.EmptyOpContext(before, -1)); matched {
			m.forget()
			return nil
		}
		m.forget()
	}
	if a.share() > 0.5 {
		return nil
	}
	a.prefixes = m.newPrefixes()
	return a
}

// spread tells bytes what is known of classes.
func (a *anchored) spread(m *Matcher, begins []uint8) {
	var high uint8
	for class, bits := range begins {
		if m.first[class] >= utf8.RuneSelf && !m.binary {
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
		a.inLines = a.inLines || a.begins[c]&^atLineStart != 0
	}
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

// tryEach is match by one beginning after the other. The first match to end that begins first ends at end or one character
// before, and no match begins before from.
func (m *Matcher) tryEach(t *table, text string) (ok bool, from, end, work int) {
	a, left := m.anchored, stepsPerByte*len(text)
	workAt := func(i int) int { return costOfByte*i + costOfStep*(stepsPerByte*len(text)-left) }
	mask, shift := marksOf(text)
	var marks [markCount]*dfaState
	for i := 0; i < len(text); i++ {
		if i = m.skip(text, i); !a.mayBegin(text, i) {
			continue
		}
		before := beforeAt(text, i)
		var s state
		t, s = m.start(t, before)
		j := i
		for s > accept && j < len(text) {
			if j&mask == 0 && j > i {
				d := t.at(s)
				if met := marks[j>>shift]; met != nil && d.is(met) {
					s = dead
					break
				}
				marks[j>>shift] = d
			}
			if left--; left < 0 {
				t, s = m.goOn(before)
				ok, end = m.run(t, s, text, i)
				return ok, i, end, workAt(i) + costOfStep*(end-i)
			}
			class, size := int(m.classOf[text[j]]), 1 // classAt and next, without their calls: most time is spent here
			if text[j] >= utf8.RuneSelf {
				class, size = m.classAt(text, j)
			}
			j += size
			if next := atomic.LoadUint32(&t.next[int(s)+class]); next != unknown {
				s = next
			} else {
				t, s = m.step(t, s, class)
			}
		}
		if s == accept || t.at(s).atEnd {
			return true, i, j, workAt(i)
		}
		if a.high && text[i] >= utf8.RuneSelf {
			_, size := m.classAt(text, i)
			i += size - 1
		}
	}
	return false, 0, 0, workAt(len(text))
}

// mayBegin reports whether a match may begin with the byte at i.
func (a *anchored) mayBegin(text string, i int) bool {
	return a.begins[text[i]]>>beforeAt(text, i)&1 != 0
}

// beforeAt is the place in befores of what stands for what is before a byte.
func beforeAt(text string, i int) uint8 {
	if i == 0 {
		return 0
	}
	return beforeOf[text[i-1]]
}

// start is the state at a beginning.
func (m *Matcher) start(t *table, before uint8) (*table, state) {
	if s := t.starts[before].Load(); s != unknown {
		return t, s
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	s := m.beginAt(befores[before], isAnchored)
	t = m.table.Load()
	t.starts[before].Store(s)
	return t, s
}

// goOn is the state from which the automaton that is everywhere goes on.
func (m *Matcher) goOn(before uint8) (*table, state) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	s := m.beginAt(befores[before], 0)
	return m.table.Load(), s
}
