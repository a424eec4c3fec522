package queue

import (
	"bytes"
	"fmt"
	"sync"
	"testing"
	"time"
)

func TestLoneEventIsTakenAtOnce(t *testing.T) {
	q := New(1000)
	q.Put([]byte("a"))
	if got, ok := q.Take(); !ok || string(got) != "a" {
		t.Errorf("took %q, %v", got, ok)
	}
}

func TestWaitingEventsGoTogether(t *testing.T) {
	q := New(1 << 20)
	for range chunkEvents + 1 {
		q.Put([]byte("x"))
	}
	for _, want := range []int{chunkEvents, 1} {
		if got, _ := q.Take(); len(got) != want {
			t.Errorf("took %d events, want %d", len(got), want)
		}
	}
	big := bytes.Repeat([]byte("b"), chunkBytes)
	q.Put([]byte("x"))
	q.Put(big)
	if got, _ := q.Take(); len(got) != 1 {
		t.Errorf("took %d bytes, want 1", len(got))
	}
	if got, _ := q.Take(); len(got) != len(big) {
		t.Errorf("took %d bytes, want %d", len(got), len(big))
	}
}

func TestPutWaitsWhileFull(t *testing.T) {
	q := New(10)
	q.Put(make([]byte, 100)) // any size, as long as there is room at all
	put := make(chan struct{})
	go func() {
		q.Put([]byte("second"))
		close(put)
	}()
	select {
	case <-put:
		t.Fatal("did not wait")
	case <-time.After(20 * time.Millisecond):
	}
	q.Take()
	<-put
	if got, _ := q.Take(); string(got) != "second" {
		t.Errorf("took %q", got)
	}
}

func TestCloseKeepsWhatIsHeld(t *testing.T) {
	q := New(10)
	q.Put([]byte("held"))
	q.Close()
	q.Put([]byte("late"))
	if got, ok := q.Take(); !ok || string(got) != "held" {
		t.Errorf("took %q, %v", got, ok)
	}
	if got, ok := q.Take(); ok {
		t.Errorf("took %q after the end", got)
	}
}

func TestManyProducers(t *testing.T) {
	q := New(100)
	var producers sync.WaitGroup
	for p := range 8 {
		producers.Go(func() {
			for i := range 500 {
				q.Put(fmt.Appendf(nil, "%d/%03d ", p, i))
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
}
