package screen

import (
	"strings"
	"testing"
)

// What is remembered must not be a view into a record, which would stay in memory with it and may change.
func TestCacheOwnsValues(t *testing.T) {
	for _, n := range []int{0, 1, 24, 25, 56, 57, 136, 137, longestRemembered} {
		text := []byte(strings.Repeat("x", n))
		c := newCache(2)
		c.put(judged{class: 1, value: string(text), work: n})
		value := judged{class: 1, value: viewOf(text), work: n, hits: []hit{{2, 3}}}
		kept := value.clone()
		for i := range text {
			text[i] = 'y'
		}
		if kept.value != strings.Repeat("x", n) || kept.class != 1 || kept.work != n || len(kept.hits) != 1 {
			t.Errorf("of %d bytes %q is kept, with %+v", n, kept.value, kept)
		}
		if known, ok := c.get(1, strings.Repeat("x", n)); !ok || known.work != n {
			t.Errorf("a value of %d bytes is forgotten", n)
		}
	}
}

func TestCacheTakesOneObject(t *testing.T) {
	c := newCache(2)
	for _, n := range []int{8, 40, 100} {
		value := strings.Repeat("x", n)
		if got := testing.AllocsPerRun(100, func() { c.put(judged{class: 1, value: value}) }); got != 1 {
			t.Errorf("a value of %d bytes takes %v objects", n, got)
		}
	}
}
