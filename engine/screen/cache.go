package screen

import (
	"hash/maphash"
	"math/bits"
	"strings"
	"sync/atomic"
	"unsafe"
)

// longestRemembered is the longest value that is remembered: long ones seldom come again.
const longestRemembered = 1 << 10

// cache remembers what values fulfil, up to a number of them. Each value has a set of two places by its hash: the first is for
// the one that was asked for last, and a new value takes it. That costs one look at memory, or two, where a map costs more;
// it is safe for concurrent use without a lock, as at worst something is forgotten.
type cache struct {
	seed   maphash.Seed
	places []atomic.Pointer[judged]
}

// judged is what a value of a class fulfils, and what work it was to find that out.
type judged struct {
	class uint32
	value string
	hits  []hit
	work  int
}

func newCache(size int) *cache {
	return &cache{seed: maphash.MakeSeed(), places: make([]atomic.Pointer[judged], max(2, 1<<bits.Len(uint(size))>>1))}
}

// set is the two places of a value in a class.
func (c *cache) set(class uint32, value string) (first, second *atomic.Pointer[judged]) {
	const golden = 0x9e3779b97f4a7c15
	hash := maphash.String(c.seed, value) ^ uint64(class+1)*golden
	at := hash & uint64(len(c.places)-1) &^ 1
	return &c.places[at], &c.places[at+1]
}

func (c *cache) get(class uint32, value string) (*judged, bool) {
	first, second := c.set(class, value)
	young := first.Load()
	if young.is(class, value) {
		return young, true
	}
	old := second.Load()
	if !old.is(class, value) {
		return nil, false
	}
	first.Store(old)
	second.Store(young)
	return old, true
}

// is reports whether it is about a value of a class; nil is about none.
func (j *judged) is(class uint32, value string) bool {
	return j != nil && j.class == class && j.value == value
}

// put remembers; the value is copied, the hits are kept.
func (c *cache) put(known judged) {
	first, second := c.set(known.class, known.value)
	second.Store(first.Load())
	first.Store(known.clone())
}

// clone is a copy with a copy of the value, in one piece of memory unless that is long.
func (j *judged) clone() *judged {
	switch n := len(j.value); {
	case n <= 24:
		return cloneWith[[24]byte](j)
	case n <= 56:
		return cloneWith[[56]byte](j)
	case n <= 136:
		return cloneWith[[136]byte](j)
	}
	clone := *j
	clone.value = strings.Clone(j.value)
	return &clone
}

// cloneWith is a copy of what has a value that is no longer than a text.
func cloneWith[T [24]byte | [56]byte | [136]byte](j *judged) *judged {
	clone := &struct {
		judged
		text T
	}{judged: *j}
	text := unsafe.Slice((*byte)(unsafe.Pointer(&clone.text)), len(clone.text))
	clone.value = viewOf(text[:copy(text, j.value)])
	return &clone.judged
}

// viewOf is a text in memory of others, to be used as long as it stays the same.
func viewOf(text []byte) string { return unsafe.String(unsafe.SliceData(text), len(text)) }
