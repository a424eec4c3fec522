package main

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/modsecurity-for-anylog/msa/pipeline"
)

// atOnce is how many chunks are in the pipeline at the same time, so that the
// next one begins while the last records of one are still inspected.
const atOnce = 2

// inspector is a pipeline that can be replaced while it works.
type inspector struct {
	log   *slog.Logger
	trial bool // what is learned ends with it

	engines pipeline.Engines // what pipelines hand on to the ones that replace them

	mu      sync.RWMutex
	current *pipeline.Pipeline
	closed  bool
	past    pipeline.Snapshot // of the ones replaced

	loading sync.Mutex
}

func newInspector(p properties, log *slog.Logger) (*inspector, error) {
	i := &inspector{log: log}
	if err := i.load(p); err != nil {
		return nil, err
	}
	return i, nil
}

// newTrial is an inspector that begins without a past and leaves none.
func newTrial(p properties, log *slog.Logger) (*inspector, error) {
	i := &inspector{log: log, trial: true}
	if err := i.load(p); err != nil {
		return nil, err
	}
	return i, nil
}

// load compiles rules and mapping, and works with them from then on. After an error
// everything stays as it was.
func (i *inspector) load(p properties) error {
	i.loading.Lock()
	defer i.loading.Unlock()
	config, err := p.config()
	if err != nil {
		return err
	}
	config.Trial = i.trial
	fresh, err := pipeline.New(config, &i.engines, i.log)
	if err != nil {
		return err
	}
	i.mu.Lock() // once every chunk that has begun has ended
	if i.closed {
		i.mu.Unlock()
		fresh.Close()
		return nil
	}
	old := i.current
	i.current = fresh
	if old != nil {
		fresh.TakeOver(old)
		i.past.Add(old.Snapshot())
	}
	i.mu.Unlock()
	if old != nil {
		old.Close()
	}
	return nil
}

// begin gives a chunk to the pipeline of the moment, which is not replaced before the chunk has ended.
func (i *inspector) begin(tag string, chunk []byte) *pipeline.Inspection {
	i.mu.RLock()
	return i.current.Begin(tag, chunk)
}

func (i *inspector) end(chunk *pipeline.Inspection) pipeline.Result {
	defer i.mu.RUnlock()
	return chunk.End()
}

// inspectAll gives what next delivers to the pipeline, and done what became of it. Several chunks are inspected at
// the same time; they begin and end in next's order, so that the same records give the same alerts.
func inspectAll[In any](i *inspector, tag string, next func() (In, bool), events func(In) []byte, done func(In, pipeline.Result)) {
	type job struct {
		in    In
		chunk *pipeline.Inspection
	}
	parallelInOrder(atOnce, func() (job, bool) {
		in, ok := next()
		if !ok {
			return job{}, false
		}
		return job{in, i.begin(tag, events(in))}, true
	}, func(j job) job {
		j.chunk.Inspect()
		return j
	}, func(j job) {
		done(j.in, i.end(j.chunk))
	})
}

// snapshot is the counters since the start.
func (i *inspector) snapshot() pipeline.Snapshot {
	i.mu.RLock()
	defer i.mu.RUnlock()
	s := i.current.Snapshot()
	s.Add(i.past)
	return s
}

// overdue are alerts of other instances that have waited long enough, and what is told of their incidents.
func (i *inspector) overdue(now time.Time) pipeline.Result {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return i.current.Overdue(now)
}

// finish is what is to be told of incidents that are open, at the end.
func (i *inspector) finish() pipeline.Result {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return i.current.Finish()
}

// close ends the pipeline. A load that is under way has no effect any more.
func (i *inspector) close() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.closed = true
	i.current.Close()
}

// notInspected is how many records were not inspected, and why. Records that are no HTTP are among them if there is nothing
// else; beside others, they are nothing to complain about.
func notInspected(s pipeline.Snapshot) (n uint64, causes []string) {
	n, causes = failures(s)
	if s.NotHTTP > 0 && n+s.NotHTTP >= s.Records {
		n, causes = n+s.NotHTTP, append(causes, fmt.Sprintf("no HTTP %d", s.NotHTTP))
	}
	return n, causes
}

// sayNotInspected complains of records that were not inspected, if there are any.
func sayNotInspected(stderr io.Writer, n, of uint64, causes []string) {
	if n > 0 {
		complain(stderr, "msa: %d of %d records not inspected (%s)", n, of, strings.Join(causes, ", "))
	}
}

// failures is how many records could not be inspected, and why.
func failures(s pipeline.Snapshot) (n uint64, causes []string) {
	for _, cause := range slices.Sorted(maps.Keys(s.Errors)) {
		if c := s.Errors[cause]; c > 0 {
			n += c
			causes = append(causes, fmt.Sprintf("%s %d", cause, c))
		}
	}
	return n, causes
}
