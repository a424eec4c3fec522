package inspect

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"
)

func TestOrdered(t *testing.T) {
	for _, width := range []int{1, 2, 8} {
		const n = 200
		next, want := 0, 0
		var running, most atomic.Int32
		parallelInOrder(width, func() (int, bool) { next++; return next, next <= n }, func(i int) int {
			now := running.Add(1)
			for m := most.Load(); now > m && !most.CompareAndSwap(m, now); m = most.Load() {
			}
			time.Sleep(time.Duration(rand.IntN(500)) * time.Microsecond)
			running.Add(-1)
			return i * i
		}, func(square int) {
			if want++; square != want*want {
				t.Fatalf("width %d: %d came where %d should", width, square, want*want)
			}
		})
		if want != n {
			t.Errorf("width %d: %d came, want %d", width, want, n)
		}
		if m := int(most.Load()); m > width || width > 1 && m < 2 {
			t.Errorf("width %d: %d ran at the same time", width, m)
		}
	}
}
