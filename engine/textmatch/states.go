package textmatch

import (
	"encoding/binary"
	"hash/maphash"
	"slices"
	"sync/atomic"
)

// state is a row of a table, as the place of its first transition, or one of these.
type state = uint32

const (
	unknown state = iota // as no text has asked for it yet
	dead                 // no match that began where an anchored state did
	accept
)

// dfaState is where the instructions are that the text so far leads to.
type dfaState struct {
	insts  []uint32 // what reads a character, or asks for what is around; sorted
	before rune     // stands for the character before: -1 at the beginning, a letter, a line feed, or another
	atEnd  bool     // the text matches if it ends here
	traits traits
}

// is reports whether both stand for the same: one may have been forgotten and made anew, and what a text costs must not
// depend on that.
func (s *dfaState) is(other *dfaState) bool {
	return s == other || s.before == other.before && s.traits == other.traits && slices.Equal(s.insts, other.insts)
}

// traits tell states apart that have the same instructions.
type traits uint8

const (
	isIdle     traits = 1 << iota // no match that began before is going on, and one that begins here sees the beginning of a text
	isAnchored                    // matches don't begin here
)

// table has the states of an automaton, without pointers between them: the memory is half, and the collector of garbage has
// nothing to follow. Texts read it while states are added under the automaton's lock. One that is too small is copied, and
// one that is to be forgotten is left: who reads it goes on in the new one as soon as a transition is not known.
type table struct {
	next   []state     // at state + class, read and written atomically
	states []*dfaState // by state >> shift; the first row is nobody's
	shift  uint8
	used   int // rows
	first  state
	starts [len(befores)]atomic.Uint32 // of matches that begin here, by what is before; unknown as long as they are not needed

	byHash map[uint64]state // by that of what it stands for, or one behind; only used under the lock, and the same map in copies
}

const leastRows = 4

var nowhere dfaState

// at is what a state stands for. That of accept and dead stands for nothing.
func (t *table) at(s state) *dfaState {
	if s <= accept {
		return &nowhere
	}
	return t.states[s>>t.shift]
}

func (m *Matcher) newTable(rows int) *table {
	return &table{next: make([]state, rows<<m.shift), states: make([]*dfaState, rows), shift: m.shift, used: 1}
}

// isCopy reports whether one table is a copy of the other, with the same states.
func (t *table) isCopy(other *table) bool { return t == other || t.states[1] == other.states[1] }

// state is that of instructions, which it copies, and the character before, in the table or in one that takes its place.
func (m *Matcher) state(t *table, insts []uint32, before rune, of traits) state {
	before = standsFor(before)
	slices.Sort(insts)
	m.key = append(m.key[:0], byte(before+1), byte(of))
	for _, i := range insts {
		m.key = binary.AppendUvarint(m.key, uint64(i))
	}
	hash := maphash.Bytes(hashSeed, m.key)
	for ; ; hash++ {
		s, ok := t.byHash[hash]
		if !ok {
			break
		}
		if d := t.at(s); d.before == before && d.traits == of && slices.Equal(d.insts, insts) {
			return s
		}
	}
	d := m.newState()
	d.insts, d.before, d.traits = m.keep(insts), before, of
	m.ends, d.atEnd = m.resolve(m.ends[:0], d, -1)
	if t.used == len(t.states) {
		t = m.grow(t)
	}
	s := state(t.used << m.shift)
	t.states[t.used] = d
	t.used++
	t.byHash[hash] = s
	return s
}

var hashSeed = maphash.MakeSeed()

// statesAtOnce is for how many states memory is taken, and instsAtOnce for how many of their instructions: they go together, and
// the collector of garbage has less to look at.
const (
	statesAtOnce = 16
	instsAtOnce  = 128
)

// newState is memory for a state.
func (m *Matcher) newState() *dfaState {
	if len(m.freeStates) == 0 {
		m.freeStates = make([]dfaState, statesAtOnce)
	}
	d := &m.freeStates[0]
	m.freeStates = m.freeStates[1:]
	return d
}

// keep is a copy of instructions.
func (m *Matcher) keep(insts []uint32) []uint32 {
	n := len(insts)
	if len(m.freeInsts) < n {
		m.freeInsts = make([]uint32, max(n, instsAtOnce))
	}
	kept := m.freeInsts[:n:n]
	m.freeInsts = m.freeInsts[n:]
	copy(kept, insts)
	return kept
}

// grow makes a table of twice the size, or an empty one where there is no more room.
func (m *Matcher) grow(t *table) *table {
	if !m.makeRoom(int64(len(t.next))) {
		return m.forgetStates()
	}
	larger := m.newTable(2 * len(t.states))
	copy(larger.next, t.next)
	copy(larger.states, t.states)
	larger.used, larger.first, larger.byHash = t.used, t.first, t.byHash
	for i := range t.starts {
		larger.starts[i].Store(t.starts[i].Load())
	}
	m.table.Store(larger)
	return larger
}
