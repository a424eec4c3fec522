// Package remembered has what was found out about values that come again.
package remembered

import (
	"hash/maphash"
	"math/bits"
	"sync"
)

// Values remembers something of values, up to a number of them, but not the values: it knows one by its length and by a hash of 64
// bits under a key that is made anew for each process and never leaves it. So one look at memory tells, nothing is copied, and the
// collector of garbage has nothing to follow. Two values that would be taken for one another can't be made by who does not know
// the key, and come up by chance once in 2^64 looks. It is safe for concurrent use.
type Values struct {
	seed maphash.Seed
	sets []set
}

// set has the places of values, by their hash: the first is for the one that was asked for last, and a new one takes it. It is
// one line of a processor's cache.
type set struct {
	mu            sync.Mutex
	first, second place
	_             [8]byte
}

// place is of a value, or of none.
type place struct {
	hash       uint64
	of, length uint32
	known      uint64
}

// New makes room for so many values, two at least.
func New(size int) *Values {
	return &Values{maphash.MakeSeed(), make([]set, max(1, 1<<bits.Len(uint(size))>>2))}
}

// find is the set and the place of a value as far as one kind of knowledge is concerned.
func (v *Values) find(of uint32, value string) (*set, place) {
	const golden = 0x9e3779b97f4a7c15
	hash := maphash.String(v.seed, value) + uint64(of)*golden
	return &v.sets[hash%uint64(len(v.sets))], place{hash: hash, of: of, length: uint32(len(value))}
}

func (p *place) is(other *place) bool {
	return p.hash == other.hash && p.length == other.length && p.of == other.of
}

// Get is what is known of a value. Kinds of knowledge are told by a number, which must not be 0.
func (v *Values) Get(of uint32, value string) (known uint64, ok bool) {
	s, p := v.find(of, value)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.first.is(&p) {
		if !s.second.is(&p) {
			return 0, false
		}
		s.first, s.second = s.second, s.first
	}
	return s.first.known, true
}

// Put remembers.
func (v *Values) Put(of uint32, value string, known uint64) {
	s, p := v.find(of, value)
	p.known = known
	s.mu.Lock()
	defer s.mu.Unlock()
	s.first, s.second = p, s.first
}
