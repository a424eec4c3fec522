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

type shard struct {
	mu         sync.RWMutex
	young, old map[key]judged
	most       int // of a generation
}

// judged is what a value fulfils, and what work it was to find that out.
type judged struct {
	hits []hit
	work int
}

// key is a value in a class.
type key struct {
	class uint32
	value string
}

func newCache(size int) *cache {
	c := &cache{seed: maphash.MakeSeed()}
	for i := range c.shards {
		c.shards[i].most = max(1, size/shards/2)
		c.shards[i].young = map[key]judged{}
	}
	return c
}

func (c *cache) shard(class uint32, value string) *shard {
	return &c.shards[(maphash.String(c.seed, value)^uint64(class))%shards]
}

func (c *cache) get(class uint32, value string) (judged, bool) {
	s := c.shard(class, value)
	k := key{class, value}
	s.mu.RLock()
	known, ok := s.young[k]
	if ok {
		s.mu.RUnlock()
		return known, true
	}
	known, ok = s.old[k]
	s.mu.RUnlock()
	if ok {
		s.put(key{class, strings.Clone(value)}, known) // it is young again
	}
	return known, ok
}

// put remembers; the value is copied, the hits are kept.
func (c *cache) put(class uint32, value string, known judged) {
	c.shard(class, value).put(key{class, strings.Clone(value)}, known)
}

func (s *shard) put(k key, known judged) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.young) >= s.most {
		s.old, s.young = s.young, make(map[key]judged, s.most)
	}
	s.young[k] = known
}
