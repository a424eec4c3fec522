package behavior

import (
	"math"
	"math/bits"
	"math/rand/v2"

	"github.com/modsecurity-for-anylog/msa/internal/clock"
)

// table keeps a value for each of a bounded number of keys, which are hashes. When there are more, the one that was not
// used for the longest time makes room; what was not used for a time goes too. A key costs the value and 32 to 40 bytes.
//
// It has an index of its own, as each record asks a dozen tables: of a map, which has the keys again, most look-ups miss the
// processor's cache.
type table[T any] struct {
	most  int
	count int
	seed  uint64   // so that nobody can choose keys that begin at the same place
	index []uint32 // with open addressing: places in slots, from 1 on; 0 for none. At most half are in use
	slots []slot[T]
	free  []uint32

	// The slots in use are a list: newest to oldest. noSlot is the end.
	newest, oldest uint32
	evicted        uint64
}

type slot[T any] struct {
	key          uint64
	used         int64 // milliseconds
	newer, older uint32
	value        T
}

const noSlot = ^uint32(0)

func newTable[T any](most int) *table[T] {
	return &table[T]{most: most, seed: rand.Uint64(), index: make([]uint32, leastIndex), newest: noSlot, oldest: noSlot}
}

// leastIndex is how long an index is to begin with. Its length is a power of two.
const leastIndex = 16

func (t *table[T]) len() int { return t.count }

// start is where looking for a key begins in the index.
func (t *table[T]) start(key uint64) int {
	high, low := bits.Mul64(key^t.seed, mix)
	return int(high^low) & (len(t.index) - 1)
}

// find is the slot of a key, or noSlot.
func (t *table[T]) find(key uint64) uint32 {
	for at := t.start(key); t.index[at] != 0; at = (at + 1) & (len(t.index) - 1) {
		if i := t.index[at] - 1; t.slots[i].key == key {
			return i
		}
	}
	return noSlot
}

// enter makes the index find a slot, whose key it does not have.
func (t *table[T]) enter(i uint32) {
	if t.count++; 2*t.count > len(t.index) {
		all := t.index
		t.index = make([]uint32, 2*len(all))
		for _, place := range all {
			if place != 0 {
				t.put(place)
			}
		}
	}
	t.put(i + 1)
}

func (t *table[T]) put(place uint32) {
	at := t.start(t.slots[place-1].key)
	for t.index[at] != 0 {
		at = (at + 1) & (len(t.index) - 1)
	}
	t.index[at] = place
}

// leave makes the index find a slot no more. Those behind it come nearer to their start, as a gap ends each search.
func (t *table[T]) leave(i uint32) {
	t.count--
	last := len(t.index) - 1
	gap := t.start(t.slots[i].key)
	for t.index[gap] != i+1 {
		gap = (gap + 1) & last
	}
	for at := (gap + 1) & last; t.index[at] != 0; at = (at + 1) & last {
		start := t.start(t.slots[t.index[at]-1].key)
		if (at-start)&last >= (at-gap)&last {
			t.index[gap] = t.index[at]
			gap = at
		}
	}
	t.index[gap] = 0
}

// peek is the value of a key, nil if there is none.
func (t *table[T]) peek(key uint64) *T {
	i := t.find(key)
	if i == noSlot {
		return nil
	}
	return &t.slots[i].value
}

// used is when a key was used last, 0 if there is none.
func (t *table[T]) used(key uint64) int64 {
	i := t.find(key)
	if i == noSlot {
		return 0
	}
	return t.slots[i].used
}

// forget removes a key, if it is there.
func (t *table[T]) forget(key uint64) {
	if i := t.find(key); i != noSlot {
		t.remove(i)
	}
}

// get is the value of a key, which may be new. Those that were not used for keep milliseconds are forgotten.
// The pointer holds until the next call.
func (t *table[T]) get(key uint64, now, keep int64) (value *T, isNew bool) {
	t.expire(now - keep)
	i := t.find(key)
	if isNew = i == noSlot; isNew {
		i = t.place()
		t.slots[i].key = key
		t.enter(i)
	} else {
		t.unlink(i)
	}
	s := &t.slots[i]
	s.used = max(s.used, now)
	t.link(i)
	return &s.value, isNew
}

// touch renews a key that is there, as get does, and reports whether it is.
func (t *table[T]) touch(key uint64, now, keep int64) bool {
	i := t.find(key)
	if i == noSlot {
		return false
	}
	s := &t.slots[i]
	t.unlink(i)
	s.used = max(s.used, now)
	t.link(i)
	t.expire(now - keep)
	return true
}

// expire forgets what was not used since a time.
func (t *table[T]) expire(since int64) {
	for t.oldest != noSlot && t.slots[t.oldest].used < since {
		t.remove(t.oldest)
	}
}

// place is a slot that is not in use.
func (t *table[T]) place() uint32 {
	if t.count >= t.most {
		t.evicted++
		t.remove(t.oldest)
	}
	if n := len(t.free); n > 0 {
		i := t.free[n-1]
		t.free = t.free[:n-1]
		return i
	}
	t.slots = append(t.slots, slot[T]{})
	return uint32(len(t.slots) - 1)
}

func (t *table[T]) remove(i uint32) {
	t.unlink(i)
	t.leave(i)
	t.slots[i] = slot[T]{}
	t.free = append(t.free, i)
}

func (t *table[T]) link(i uint32) {
	s := &t.slots[i]
	s.newer, s.older = noSlot, t.newest
	if t.newest != noSlot {
		t.slots[t.newest].newer = i
	}
	t.newest = i
	if t.oldest == noSlot {
		t.oldest = i
	}
}

func (t *table[T]) unlink(i uint32) {
	s := &t.slots[i]
	if s.newer == noSlot {
		t.newest = s.older
	} else {
		t.slots[s.newer].older = s.older
	}
	if s.older == noSlot {
		t.oldest = s.newer
	} else {
		t.slots[s.older].newer = s.newer
	}
}

// saved is a table as it is kept, oldest first.
type saved[T any] struct {
	Keys    []uint64
	Used    []int64
	Values  []T
	Evicted uint64
}

func (t *table[T]) save() saved[T] {
	s := saved[T]{Evicted: t.evicted}
	for i := t.oldest; i != noSlot; i = t.slots[i].newer {
		s.Keys = append(s.Keys, t.slots[i].key)
		s.Used = append(s.Used, t.slots[i].used)
		s.Values = append(s.Values, t.slots[i].value)
	}
	return s
}

// checked is a value that a file may have as it can't be: it was written by a version with a defect, or by somebody else.
type checked interface{ possible() bool }

// restore goes on with what was kept, but for what can't be, and says how much that was.
func (t *table[T]) restore(s saved[T]) (dropped int) {
	*t = *newTable[T](t.most)
	for i, key := range s.Keys {
		if i >= len(s.Used) || i >= len(s.Values) || !clock.Can(s.Used[i]) {
			dropped++
			continue
		}
		if c, ok := any(&s.Values[i]).(checked); ok && !c.possible() {
			dropped++
			continue
		}
		v, _ := t.get(key, s.Used[i], 1<<62)
		*v = s.Values[i]
	}
	t.evicted = s.Evicted
	return dropped
}

// isAmount reports whether a number is one that is counted or measured: it is not negative, and finite.
func isAmount(x float64) bool { return x >= 0 && x <= math.MaxFloat64 }
