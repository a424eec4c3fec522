package screen

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestCachedHits(t *testing.T) {
	c := newCache(1 << 10)
	text := []byte("a value")
	hits := []hit{{2, 3}, {5, 1}}
	c.put(1, viewOf(text), hits, 17)
	c.put(2, viewOf(text), nil, 18)
	c.put(3, viewOf(text), []hit{{2, 3}}, 19)
	text[0], hits[0] = 'A', hit{}
	for class, want := range map[uint32]struct {
		hits []hit
		work int
	}{1: {[]hit{{2, 3}, {5, 1}}, 17}, 2: {nil, 18}, 3: {[]hit{{2, 3}}, 19}} {
		if got, work, ok := c.get(class, "a value"); !ok || work != want.work || !slices.Equal(got, want.hits) {
			t.Errorf("class %d: %v, %d, %v", class, got, work, ok)
		}
	}
	if _, _, ok := c.get(1, string(text)); ok {
		t.Error("a value changed with its memory")
	}
}

// What there is no room for is found out again.
func TestCacheIsBounded(t *testing.T) {
	c := newCache(1 << 10)
	for i := range int32(2 * mostLists) {
		c.put(1, "x", []hit{{i, 1}}, 1)
	}
	if len(c.lists) > mostLists || len(c.index) > mostLists {
		t.Errorf("there are %d lists", len(c.lists))
	}
	if hits, _, ok := c.get(1, "x"); ok && hits[0].condition >= 2*mostLists-1 {
		t.Error("more is remembered than there is room for")
	}
	c.put(1, "y", nil, math.MaxUint32+1)
	if _, _, ok := c.get(1, "y"); ok {
		t.Error("work is remembered that is too much for its place")
	}
}

// A value is remembered unless it took more work than there may be, when it is not known what it fulfils.
func TestSpentWorkIsNotRemembered(t *testing.T) {
	s := newScreen(t, `SecRule ARGS:x "@rx evil" "id:1,phase:2,block,t:none`+critical+`"`, scores, 0)
	cl := s.deciding.variables[0].class("x", new([]byte))
	value := strings.Repeat("a", 2<<10) + "evil"
	for _, most := range []int{100, 1 << 20} {
		x := s.scratch.Get().(*scratch)
		x.work, x.most = 0, most
		hits := s.lookup(x, cl, value)
		if isSpent := x.isSpent(); isSpent != (most == 100) || len(hits) > 0 == isSpent {
			t.Errorf("of %d: %v, spent %v", most, hits, isSpent)
		}
	}
	if hits, _, ok := s.cache.get(cl.id, value); !ok || len(hits) != 1 {
		t.Error("it is not remembered")
	}
}
