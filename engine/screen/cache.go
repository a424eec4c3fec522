package screen

import (
	"hash/maphash"
	"strings"
	"sync"
)

// longestRemembered is the longest value that is remembered: long ones seldom come again.
const longestRemembered = 1 << 10

// cache remembers what values fulfil, up to a number of them. Those that were not asked for
// longest go first, roughly: there are two generations, and when the young one is full it becomes
// the old one, which is forgotten.
type cache struct {
	seed   maphash.Seed
	shards [shards]shard
}

const shards = 64

// shard is a part of the cache. Values are found by their hashes; of two with the same one, the last is remembered.
type shard struct {
	mu         sync.RWMutex
	young, old map[uint64]judged
	most       int // of a generation
}

// judged is what a value of a class fulfils, and what work it was to find that out.
type judged struct {
	class uint32
	value string
	hits  []hit
	work  int
}

func newCache(size int) *cache {
	c := &cache{seed: maphash.MakeSeed()}
	for i := range c.shards {
		c.shards[i].most = max(1, size/shards/2)
		c.shards[i].young = map[uint64]judged{}
	}
	return c
}

// hash is that of a value in a class.
func (c *cache) hash(class uint32, value string) uint64 {
	const golden = 0x9e3779b97f4a7c15
	return maphash.String(c.seed, value) ^ uint64(class+1)*golden
}

func (c *cache) shard(hash uint64) *shard { return &c.shards[hash>>32%shards] }

func (c *cache) get(class uint32, value string) (judged, bool) {
	hash := c.hash(class, value)
	s := c.shard(hash)
	s.mu.RLock()
	known, ok := s.young[hash]
	isYoung := ok
	if !ok {
		known, ok = s.old[hash]
	}
	s.mu.RUnlock()
	if !ok || known.class != class || known.value != value {
		return judged{}, false
	}
	if !isYoung {
		s.put(hash, known)
	}
	return known, true
}

// put remembers; the value is copied, the hits are kept.
func (c *cache) put(known judged) {
	hash := c.hash(known.class, known.value)
	known.value = strings.Clone(known.value)
	c.shard(hash).put(hash, known)
}

func (s *shard) put(hash uint64, known judged) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.young) >= s.most {
		s.old, s.young = s.young, make(map[uint64]judged, s.most)
	}
	s.young[hash] = known
}
