package main

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"github.com/modsecurity-for-anylog/msa/pipeline"
)

// atOnce is how many chunks are in the pipeline at the same time, so that the
// next one begins while the last records of one are still inspected.
const atOnce = 2

// inspector is a pipeline that can be replaced while it works.
type inspector struct {
	log *slog.Logger

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

// load compiles rules and mapping, and works with them from then on. After an error
// everything stays as it was.
func (i *inspector) load(p properties) error {
	i.loading.Lock()
	defer i.loading.Unlock()
	config, err := p.config()
	if err != nil {
		return err
	}
	fresh, err := pipeline.New(config, nil, i.log)
	if err != nil {
		return err
	}
	i.mu.Lock() // once no chunk is being processed
	if i.closed {
		i.mu.Unlock()
		fresh.Close()
		return nil
	}
	old := i.current
	i.current = fresh
	if old != nil {
		i.past.Add(old.Snapshot())
	}
	i.mu.Unlock()
	if old != nil {
		old.Close()
	}
	return nil
}

func (i *inspector) process(tag string, chunk []byte) pipeline.Result {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return i.current.Process(tag, chunk)
}

// snapshot is the counters since the start.
func (i *inspector) snapshot() pipeline.Snapshot {
	i.mu.RLock()
	defer i.mu.RUnlock()
	s := i.current.Snapshot()
	s.Add(i.past)
	return s
}

// close ends the pipeline. A load that is under way has no effect any more.
func (i *inspector) close() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.closed = true
	i.current.Close()
}

// failures is how many records were not inspected, and why.
func failures(s pipeline.Snapshot) (n uint64, causes []string) {
	for _, cause := range slices.Sorted(maps.Keys(s.Errors)) {
		if c := s.Errors[cause]; c > 0 {
			n += c
			causes = append(causes, fmt.Sprintf("%s %d", cause, c))
		}
	}
	return n, causes
}
