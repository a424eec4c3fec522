package queue

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

func at(port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), port)
}

// put adds words as events.
func put(t *testing.T, l *Lane, from uint16, words ...string) {
	t.Helper()
	for _, w := range words {
		if !l.Put(at(from), []byte(w+" "), false) {
			t.Fatalf("no room for %.20q", w)
		}
	}
}

// took is the words of the next chunk.
func took(t *testing.T, q *Queue) []string {
	t.Helper()
	chunk, ok := q.Take()
	if !ok {
		t.Fatal("the queue has ended")
	}
	return strings.Fields(string(chunk))
}

func numbered(prefix string, n int) (words []string) {
	for i := range n {
		words = append(words, fmt.Sprint(prefix, i))
	}
	return words
}

func TestLoneEventIsTakenAtOnce(t *testing.T) {
	q := New(1000)
	put(t, q.Lane(), 1, "a")
	if got := took(t, q); !slices.Equal(got, []string{"a"}) {
		t.Errorf("took %q", got)
	}
}

func TestWaitingEventsGoTogether(t *testing.T) {
	q := New(1 << 20)
	l := q.Lane()
	put(t, l, 1, numbered("x", chunkEvents+1)...)
	for _, want := range []int{chunkEvents, 1} {
		if got := took(t, q); len(got) != want {
			t.Errorf("took %d events, want %d", len(got), want)
		}
	}
	put(t, l, 1, strings.Repeat("b", chunkBytes), "x")
	for _, want := range []int{chunkBytes, 1} {
		if got := took(t, q); len(got) != 1 || len(got[0]) != want {
			t.Errorf("took %d events, want one of %d bytes", len(got), want)
		}
	}
}

// What comes through one listener, or from one sender, is in the next chunk, however much of others waits, and however long
// their events are.
func TestNobodyWaitsForAllOfAnother(t *testing.T) {
	long := numbered(strings.Repeat("long", 8<<10), 50)
	for name, waits := range map[string]func(t *testing.T, l, other *Lane){
		"many of another sender":      func(t *testing.T, l, _ *Lane) { put(t, l, 1, numbered("x", 5000)...) },
		"many through another lane":   func(t *testing.T, _, other *Lane) { put(t, other, 1, numbered("x", 5000)...) },
		"long ones of another sender": func(t *testing.T, l, _ *Lane) { put(t, l, 1, long...) },
		"many senders through another lane": func(t *testing.T, _, other *Lane) {
			for i := range uint16(1000) {
				put(t, other, 100+i, numbered("x", 20)...)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			q := New(64 << 20)
			l, other := q.Lane(), q.Lane()
			waits(t, l, other)
			took(t, q)
			put(t, l, 2, "next")
			if got := took(t, q); !slices.Contains(got, "next") {
				t.Errorf("not in the next chunk, which has %d events", len(got))
			}
		})
	}
}

func TestOrderOfASender(t *testing.T) {
	q := New(64 << 20)
	l := q.Lane()
	words := numbered("w", 300)
	for i, w := range words {
		put(t, l, 1, w+strings.Repeat("x", i*50))
		put(t, l, 2, "other")
	}
	var got []string
	for len(got) < len(words) {
		for _, w := range took(t, q) {
			if w != "other" {
				got = append(got, strings.TrimRight(w, "x"))
			}
		}
	}
	if !slices.Equal(got, words) {
		t.Errorf("took %q", got)
	}
}

// A sender may hold half of the queue, and what is left is for the others in the same way.
func TestNobodyTakesAllTheRoom(t *testing.T) {
	const limit = 1 << 20
	q := New(limit)
	l := q.Lane()
	event := make([]byte, 1000-overhead)
	for from, want := range []int{limit / 1000 / 2, limit / 1000 / 4} {
		n := 0
		for l.Put(at(uint16(from)), event, false) {
			n++
		}
		if n < want-1 || n > want+1 {
			t.Errorf("sender %d may hold %d events, want %d", from, n, want)
		}
	}
	if !q.Lane().Put(at(9), event, false) {
		t.Error("no room for one event of another")
	}
}

func TestPutWaitsWhileFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(10)
		l := q.Lane()
		l.Put(at(1), make([]byte, 100), true) // any size, as long as there is room at all
		put := false
		go func() {
			put = l.Put(at(1), []byte("second"), true)
		}()
		synctest.Wait()
		if put {
			t.Fatal("did not wait")
		}
		q.Take()
		synctest.Wait()
		if got, _ := q.Take(); !put || string(got) != "second" {
			t.Errorf("took %q", got)
		}
	})
}

func TestCloseKeepsWhatIsHeld(t *testing.T) {
	q := New(1000)
	l := q.Lane()
	put(t, l, 1, "held")
	q.Close()
	if l.Put(at(1), []byte("late"), true) {
		t.Error("took in what came after the end")
	}
	if got := took(t, q); !slices.Equal(got, []string{"held"}) {
		t.Errorf("took %q", got)
	}
	if got, ok := q.Take(); ok {
		t.Errorf("took %q after the end", got)
	}
}

func TestManyProducers(t *testing.T) {
	q := New(100 * overhead)
	lanes := []*Lane{q.Lane(), q.Lane()}
	var producers sync.WaitGroup
	for p := range uint16(8) {
		producers.Go(func() {
			for i := range 500 {
				lanes[p%2].Put(at(p), fmt.Appendf(nil, "%d/%03d ", p, i), true)
			}
		})
	}
	go func() {
		producers.Wait()
		q.Close()
	}()
	next := map[string]int{}
	total := 0
	for {
		events, ok := q.Take()
		if !ok {
			break
		}
		for _, e := range bytes.Fields(events) {
			p, i, _ := bytes.Cut(e, []byte("/"))
			if want := fmt.Sprintf("%03d", next[string(p)]); string(i) != want {
				t.Fatalf("producer %s: %s came where %s should", p, i, want)
			}
			next[string(p)]++
			total++
		}
	}
	if total != 8*500 {
		t.Errorf("%d events came, want %d", total, 8*500)
	}
	if q.held != 0 || len(lanes[0].senders) != 0 {
		t.Errorf("%d bytes and %d senders are left of nothing", q.held, len(lanes[0].senders))
	}
}
