package textmatch

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"weak"
)

// All automata of a process share a room for their states, and who writes logs has a say in how many states there are: a text
// of random words takes some patterns through as many as they may have. If these were kept, a few patterns could hold all
// of the room for good, long after the last of such texts, and each other pattern would have to make its states again and
// again. So where there is no more room the automaton that has most of it forgets its states, as RE2 does with its own.
// What ordinary texts need is small, and stays.

// Room, in transitions of 4 bytes each: of the states of an expression, and of those of all of the process. Each expression
// may have the least, also when there is no more room in the process.
const (
	maxTransitions  = 1 << 19
	leastTransition = 1 << 13
	allTransitions  = 6 << 20
)

// transitions are those of all automata.
var transitions atomic.Int64

// automata are those that have a room: rule sets, and their automata with them, come and go with each reload.
var automata struct {
	sync.Mutex
	all []weak.Pointer[Matcher]
}

// joinRoom makes a new automaton one of all. What it has is given back when it is no longer used.
func (m *Matcher) joinRoom() {
	m.room = new(atomic.Int64)
	runtime.AddCleanup(m, func(room *atomic.Int64) { transitions.Add(-room.Load()) }, m.room)
	automata.Lock()
	defer automata.Unlock()
	automata.all = append(automata.all, weak.Make(m))
}

// makeRoom takes room for so many transitions more, and is false where the automaton has to forget its states instead. Of an
// automaton that is locked.
func (m *Matcher) makeRoom(n int64) bool {
	has := m.room.Load()
	if has+n > maxTransitions || has+n > leastTransition && transitions.Load()+n > allTransitions && !m.takeFromLargest() {
		return false
	}
	m.room.Add(n)
	transitions.Add(n)
	return true
}

// takeFromLargest has the automaton forget its states that has most, and reports whether that was another one, and not in use
// at this moment.
func (m *Matcher) takeFromLargest() bool {
	largest := m
	automata.Lock()
	defer automata.Unlock()
	automata.all = slices.DeleteFunc(automata.all, func(p weak.Pointer[Matcher]) bool {
		other := p.Value()
		if other != nil && other.room.Load() > largest.room.Load() {
			largest = other
		}
		return other == nil
	})
	if largest == m || !largest.mutex.TryLock() { // to wait for it may be to wait for one that waits for this
		return false
	}
	defer largest.mutex.Unlock()
	largest.forgetStates()
	return true
}

// forgetStates forgets the states of an automaton that is locked: who is at one of them goes on from there, and comes to new
// ones.
func (m *Matcher) forgetStates() *table {
	n := int64(leastRows) << m.shift
	transitions.Add(n - m.room.Swap(n))
	m.freeStates, m.freeInsts = nil, nil // what is forgotten is kept as long as the rest of its memory
	t := m.newTable(leastRows)
	t.byHash = map[uint64]state{}
	t.first = m.beginIn(t, -1, isIdle) // before others see the table: they don't wait
	m.table.Store(t)
	return t
}
