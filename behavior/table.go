package behavior

// table keeps a value for each of a bounded number of keys. When there are more, the one that was not used for the
// longest time makes room; what was not used for a time goes too. A key costs the value and 48 bytes.
type table[T any] struct {
	most  int
	index map[uint64]uint32 // place in slots, by key
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
	return &table[T]{most: most, index: map[uint64]uint32{}, newest: noSlot, oldest: noSlot}
}

func (t *table[T]) len() int { return len(t.index) }

// peek is the value of a key, nil if there is none.
func (t *table[T]) peek(key uint64) *T {
	i, ok := t.index[key]
	if !ok {
		return nil
	}
	return &t.slots[i].value
}

// used is when a key was used last, 0 if there is none.
func (t *table[T]) used(key uint64) int64 {
	i, ok := t.index[key]
	if !ok {
		return 0
	}
	return t.slots[i].used
}

// forget removes a key, if it is there.
func (t *table[T]) forget(key uint64) {
	if i, ok := t.index[key]; ok {
		t.remove(i)
	}
}

// get is the value of a key, which may be new. Those that were not used for keep milliseconds are forgotten.
// The pointer holds until the next call.
func (t *table[T]) get(key uint64, now, keep int64) (value *T, isNew bool) {
	for t.oldest != noSlot && t.slots[t.oldest].used+keep < now {
		t.remove(t.oldest)
	}
	i, ok := t.index[key]
	if ok {
		t.unlink(i)
	} else {
		i = t.place()
		t.index[key] = i
		t.slots[i].key = key
	}
	s := &t.slots[i]
	s.used = max(s.used, now)
	t.link(i)
	return &s.value, !ok
}

// place is a slot that is not in use.
func (t *table[T]) place() uint32 {
	if len(t.index) >= t.most {
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
	delete(t.index, t.slots[i].key)
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

func (t *table[T]) restore(s saved[T]) {
	*t = *newTable[T](t.most)
	for i, key := range s.Keys {
		if i >= len(s.Used) || i >= len(s.Values) {
			break
		}
		v, _ := t.get(key, s.Used[i], 1<<62)
		*v = s.Values[i]
	}
	t.evicted = s.Evicted
}
