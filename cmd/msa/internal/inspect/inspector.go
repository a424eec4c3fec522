// Package inspect gives records of files and sockets to a pipeline that can be replaced meanwhile.
package inspect

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

// FileTag is the tag of records that have come from files.
const FileTag = "msa.scan"

// Inspector is a pipeline that can be replaced while it works.
type Inspector struct {
	log   *slog.Logger
	trial bool // what is learned ends with it

	engines pipeline.Engines // what pipelines hand on to the ones that replace them

	mu      sync.RWMutex
	current *pipeline.Pipeline
	closed  bool
	past    pipeline.Snapshot // of the ones replaced

	loading sync.Mutex
}

// New is an inspector with these properties.
func New(p Properties, log *slog.Logger) (*Inspector, error) {
	i := &Inspector{log: log}
	if err := i.Load(p); err != nil {
		return nil, err
	}
	return i, nil
}

// NewTrial is an inspector that begins without a past and leaves none.
func NewTrial(p Properties, log *slog.Logger) (*Inspector, error) {
	i := &Inspector{log: log, trial: true}
	if err := i.Load(p); err != nil {
		return nil, err
	}
	return i, nil
}

// Load compiles rules and mapping, and works with them from then on. After an error
// everything stays as it was.
func (i *Inspector) Load(p Properties) error {
	i.loading.Lock()
	defer i.loading.Unlock()
	config, err := p.Config()
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
func (i *Inspector) begin(tag string, chunk []byte) *pipeline.Inspection {
	i.mu.RLock()
	return i.current.Begin(tag, chunk)
}

func (i *Inspector) end(chunk *pipeline.Inspection) pipeline.Result {
	defer i.mu.RUnlock()
	return chunk.End()
}

// All gives what next delivers to the pipeline, and done what became of it. Several chunks are inspected at
// the same time; they begin and end in next's order, so that the same records give the same alerts.
func All[In any](i *Inspector, tag string, next func() (In, bool), events func(In) []byte, done func(In, pipeline.Result)) {
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

// Snapshot is the counters since the start.
func (i *Inspector) Snapshot() pipeline.Snapshot {
	i.mu.RLock()
	defer i.mu.RUnlock()
	s := i.current.Snapshot()
	s.Add(i.past)
	return s
}

// Overdue are alerts of other instances that have waited long enough, and what is told of their incidents.
func (i *Inspector) Overdue(now time.Time) pipeline.Result {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return i.current.Overdue(now)
}

// Finish is what is to be told of incidents that are open, at the end.
func (i *Inspector) Finish() pipeline.Result {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return i.current.Finish()
}

// WatchExclusions has Unmet find out. It is called before the first record.
func (i *Inspector) WatchExclusions() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.current.WatchExclusions()
}

// Unmet says which exclusions are for places that no record has had, if they are watched.
func (i *Inspector) Unmet() (warnings []string) {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return i.current.Unmet()
}

// Close ends the pipeline. A load that is under way has no effect any more.
func (i *Inspector) Close() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.closed = true
	i.current.Close()
}

// NotInspected is how many records were not inspected, and why. Records without HTTP are among them if there is nothing
// else; beside others, they are nothing to complain about.
func NotInspected(s pipeline.Snapshot) (n uint64, causes []string) {
	n, causes = Failures(s)
	if s.NotHTTP > 0 && n+s.NotHTTP >= s.Records {
		n, causes = n+s.NotHTTP, append(causes, fmt.Sprintf("no HTTP: %d", s.NotHTTP))
	}
	return n, causes
}

// SayNotInspected complains of records that were not inspected, if there are any.
func SayNotInspected(stderr io.Writer, n, of uint64, causes []string) {
	if n > 0 {
		_, _ = fmt.Fprintf(stderr, "msa: %d of %d records were not inspected (%s)\n", n, of, strings.Join(causes, ", "))
	}
}

// Failures is how many records could not be inspected, and why.
func Failures(s pipeline.Snapshot) (n uint64, causes []string) {
	for _, cause := range slices.Sorted(maps.Keys(s.Errors)) {
		if c := s.Errors[cause]; c > 0 {
			n += c
			causes = append(causes, fmt.Sprintf("%s: %d", cause, c))
		}
	}
	return n, causes
}
