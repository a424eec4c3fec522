// Package remembered has what was found out about values that come again.
package remembered

import (
	"hash/maphash"
	"math/bits"
	"sync/atomic"
)

// Values remembers something of values, up to a number of them, but not the values: it knows one by a hash of 64 bits under a key
// that is made anew for each process and never leaves it. So one look at memory tells, nothing is copied, and the collector of
// garbage has nothing to follow. Two values that would be taken for one another can't be made by who does not know the key, and
// come up by chance once in 2^62 looks. It is safe for concurrent use.
type Values struct {
	seed maphash.Seed
	sets []set // a power of two
}

// set has the places of values, by their hash: a new one takes the first, and the last is forgotten. One that is asked for moves
// towards the first. It is one line of a processor's cache.
type set [4]place

// place is of a value, or of none. There is no lock: what is known is told from what another one has written meanwhile by its
// check, which is the hash and it.
type place struct{ check, known atomic.Uint64 }

// New makes room for so many values, four at least.
func New(size int) *Values {
	return &Values{maphash.MakeSeed(), make([]set, max(1, 1<<bits.Len(uint(size))>>3))}
}

// find is the set of a value and its hash, as far as one kind of knowledge is concerned.
func (v *Values) find(of uint32, value string) (s *set, hash uint64) {
	const golden = 0x9e3779b97f4a7c15
	hash = maphash.String(v.seed, value) + uint64(of)*golden
	return &v.sets[hash&uint64(len(v.sets)-1)], hash
}

// get is what is known if the place is that of a hash.
func (p *place) get(hash uint64) (known uint64, ok bool) {
	known = p.known.Load()
	return known, p.check.Load() == hash^known
}

func (p *place) put(hash, known uint64) {
	p.known.Store(known)
	p.check.Store(hash ^ known)
}

// Get is what is known of a value. Kinds of knowledge are told by a number, which must not be 0.
func (v *Values) Get(of uint32, value string) (known uint64, ok bool) {
	s, hash := v.find(of, value)
	for i := range s {
		if known, ok = s[i].get(hash); !ok {
			continue
		}
		if i > 0 {
			s[i].take(&s[i-1])
			s[i-1].put(hash, known)
		}
		return known, true
	}
	return 0, false
}

// take copies a place.
func (p *place) take(other *place) {
	known := other.known.Load()
	p.put(other.check.Load()^known, known)
}

// Put remembers.
func (v *Values) Put(of uint32, value string, known uint64) {
	s, hash := v.find(of, value)
	for i := len(s) - 1; i > 0; i-- {
		s[i].take(&s[i-1])
	}
	s[0].put(hash, known)
}
