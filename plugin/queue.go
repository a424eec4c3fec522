package main

import "sync"

// queue holds the alerts that are not yet emitted, oldest first. Any thread puts
// alerts in, the engine's takes them out.
type queue struct {
	limit int // bytes of events that may wait while the host takes none

	mu      sync.Mutex
	runs    []run
	bytes   int  // of the events in runs and of those taken but not done
	count   int  // of the alerts likewise
	refused bool // the host takes none for now
}

// slack is how often the limit's bytes may wait when it is only that the engine's
// thread has not come to ask for them. It empties the ring buffer of a threaded
// input in one go, which under load may take seconds, and holds all of the records
// meanwhile, to which the alerts are in proportion.
const slack = 16

// run is consecutive alert events under one tag.
type run struct {
	tag    string
	events []byte
	count  int
}

// runSize is up to where alerts of one tag are joined into one run: each run costs
// the host a pass through its filters.
const runSize = 256 << 10

// push adds alerts, unless that would exceed the limit.
func (q *queue) push(r run) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	limit := q.limit
	if !q.refused {
		limit *= slack
	}
	if q.bytes+len(r.events) > limit {
		return false
	}
	q.bytes += len(r.events)
	q.count += r.count
	if n := len(q.runs); n > 0 && q.runs[n-1].tag == r.tag && len(q.runs[n-1].events)+len(r.events) <= runSize {
		last := &q.runs[n-1]
		last.events = append(last.events, r.events...)
		last.count += r.count
		return true
	}
	r.events = r.events[:len(r.events):len(r.events)] // what follows is not ours to append to
	q.runs = append(q.runs, r)
	return true
}

// take removes the oldest run. It counts as waiting until it is done; only one may
// be taken at a time.
func (q *queue) take() (run, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.runs) == 0 {
		return run{}, false
	}
	r := q.runs[0]
	q.runs[0] = run{}
	q.runs = q.runs[1:]
	return r, true
}

// putBack undoes take.
func (q *queue) putBack(r run) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.runs = append([]run{r}, q.runs...)
}

// done ends what take began: the alerts wait no longer.
func (q *queue) done(r run) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes -= len(r.events)
	q.count -= r.count
}

// setRefused tells whether the host takes alerts.
func (q *queue) setRefused(refused bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.refused = refused
}

// outstanding are the alerts that the emitter has taken and outputs have not, oldest
// first. The host only tells how many bytes these are.
type outstanding struct {
	taken []taken
	bytes int
	count int
}

type taken struct{ bytes, count int }

func (o *outstanding) add(r run) {
	o.taken = append(o.taken, taken{len(r.events), r.count})
	o.bytes += len(r.events)
	o.count += r.count
}

// keep forgets the oldest until only so many bytes are left.
func (o *outstanding) keep(bytes int) {
	for len(o.taken) > 0 && o.bytes > bytes {
		o.bytes -= o.taken[0].bytes
		o.count -= o.taken[0].count
		o.taken = o.taken[1:]
	}
}

// waiting is how many alerts are not yet emitted.
func (q *queue) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.count
}
