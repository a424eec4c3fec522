package screen

import (
	"encoding/binary"
	"math"
	"slices"
	"sync"
	"unsafe"

	"github.com/modsecurity-for-anylog/msa/engine/internal/remembered"
)

// cache remembers what values fulfil, and what work it was to find that out.
type cache struct {
	values *remembered.Values

	mu    sync.RWMutex
	lists [][]hit           // that values were found to fulfil, the first of them nothing
	index map[string]uint32 // by their bytes
}

// mostLists bounds what is remembered of values that fulfil something: most of them fulfil the same.
const mostLists = 1 << 14

func newCache(size int) *cache {
	return &cache{values: remembered.New(size), lists: make([][]hit, 1), index: map[string]uint32{"": 0}}
}

func (c *cache) get(class uint32, value string) (hits []hit, work int, ok bool) {
	known, ok := c.values.Get(class, value)
	if !ok {
		return nil, 0, false
	}
	hits, work = c.unpack(known)
	return hits, work, true
}

// put remembers, if there is room for it.
func (c *cache) put(class uint32, value string, hits []hit, work int) {
	if known, ok := c.pack(hits, work); ok {
		c.values.Put(class, value, known)
	}
}

// pack is hits and work, which is never 0, as a number that is not 0, if there is room for them. It copies the hits if it keeps them.
func (c *cache) pack(hits []hit, work int) (known uint64, ok bool) {
	list, ok := c.list(hits)
	return uint64(work)<<32 | uint64(list), ok && work > 0 && work <= math.MaxUint32
}

func (c *cache) unpack(known uint64) (hits []hit, work int) {
	if list := uint32(known); list > 0 {
		c.mu.RLock()
		defer c.mu.RUnlock()
		hits = c.lists[list]
	}
	return hits, int(known >> 32)
}

// list is the place of a list of hits, if there is room for it.
func (c *cache) list(hits []hit) (place uint32, ok bool) {
	if len(hits) == 0 {
		return 0, true
	}
	key := make([]byte, 0, 128)
	for _, h := range hits {
		key = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(key, uint32(h.condition)), uint32(h.times))
	}
	c.mu.RLock()
	place, ok = c.index[string(key)]
	c.mu.RUnlock()
	if ok {
		return place, true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if place, ok = c.index[string(key)]; !ok && len(c.lists) < mostLists {
		place, ok = uint32(len(c.lists)), true
		c.index[string(key)] = place
		c.lists = append(c.lists, slices.Clone(hits))
	}
	return place, ok
}

// viewOf is a text in memory of others, to be used as long as it stays the same.
func viewOf(text []byte) string { return unsafe.String(unsafe.SliceData(text), len(text)) }
