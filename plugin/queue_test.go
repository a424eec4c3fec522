package main

import (
	"fmt"
	"sync"
	"testing"
)

// alerts is a run with n alerts of one byte each.
func alerts(tag string, bytes string) run { return run{tag, []byte(bytes), len(bytes)} }

func contents(q *queue) (s string) {
	for {
		r, ok := q.take()
		if !ok {
			return s
		}
		s += fmt.Sprintf("%s:%s/%d ", r.tag, r.events, r.count)
		q.done(r)
	}
}

func TestQueueJoinsAlertsOfATag(t *testing.T) {
	q := queue{limit: 100}
	for _, r := range []run{alerts("a", "12"), alerts("a", "3"), alerts("b", "4"), alerts("a", "5")} {
		if !q.push(r) {
			t.Fatalf("refused %v", r)
		}
	}
	if got, want := q.waiting(), 5; got != want {
		t.Errorf("%d wait, want %d", got, want)
	}
	if got, want := contents(&q), "a:123/3 b:4/1 a:5/1 "; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if q.waiting() != 0 || q.bytes != 0 {
		t.Errorf("%d alerts and %d bytes are left", q.waiting(), q.bytes)
	}
}

func TestQueueNeverWritesBehindARun(t *testing.T) {
	q := queue{limit: 100}
	chunk := []byte("1234")
	q.push(run{"a", chunk[:2], 2})
	q.push(alerts("a", "xy"))
	if string(chunk) != "1234" {
		t.Errorf("what follows the first run is now %q", chunk[2:])
	}
}

func TestQueueLimit(t *testing.T) {
	q := queue{limit: 4, refused: true}
	if !q.push(alerts("a", "123")) || q.push(alerts("a", "45")) || !q.push(alerts("a", "6")) {
		t.Error("the limit of 4 bytes is not kept")
	}
	r, _ := q.take()
	if q.push(alerts("a", "7")) {
		t.Error("what is taken counts no longer before it is done")
	}
	q.putBack(r)
	if got, want := contents(&q), "a:1236/4 "; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !q.push(alerts("a", "7")) {
		t.Error("what is done still counts")
	}
	q.setRefused(false)
	if !q.push(alerts("a", "89012345678901234567890123456789012345678901234567890123456789")) || q.push(alerts("a", "01")) {
		t.Errorf("while nothing is refused the limit is not %d times as high", slack)
	}
}

func TestQueuePutBackIsFirst(t *testing.T) {
	q := queue{limit: 100}
	q.push(alerts("a", "1"))
	r, _ := q.take()
	q.push(alerts("a", "2"))
	q.putBack(r)
	if got, want := contents(&q), "a:1/1 a:2/1 "; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestQueueConcurrently(t *testing.T) {
	const threads, each = 8, 1000
	q := queue{limit: 1 << 20}
	var wg sync.WaitGroup
	for i := range threads {
		wg.Go(func() {
			for range each {
				q.push(alerts(fmt.Sprint(i), "x"))
			}
		})
	}
	got := 0
	for got < threads*each {
		if r, ok := q.take(); ok {
			got += r.count
			q.done(r)
		}
	}
	wg.Wait()
	if q.waiting() != 0 || q.bytes != 0 {
		t.Errorf("%d alerts and %d bytes are left", q.waiting(), q.bytes)
	}
}
