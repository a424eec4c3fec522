// Package pipeline takes a chunk of log records, inspects each record and
// gives back the chunk and the alerts. The filter, the output and the command
// all run it.
package pipeline

import "log/slog"

// Config is a validated set of properties.
type Config struct {
	AlertBuffer int // bytes
	AlertTag    string
}

// ParseConfig reads and validates the properties; values returns what was given for
// a property, nil when it was not.
func ParseConfig(values func(property string) []string) (Config, error) {
	return Config{}, nil
}

// Pipeline is safe for concurrent use.
type Pipeline struct{}

// Engines shares compiled rule sets between the pipelines of a process, so that two
// with the same rules hold them once. The zero value is ready.
type Engines struct{}

// New compiles rules and mapping. engines may be nil, then nothing is shared.
func New(cfg Config, engines *Engines, log *slog.Logger) (*Pipeline, error) {
	return &Pipeline{}, nil
}

// Alerts are alert events of one tag.
type Alerts struct {
	Tag    string
	Events []byte // msgpack events, one after another
	Count  int    // how many
}

// Result is what became of a chunk.
type Result struct {
	Chunk  []byte   // the chunk rewritten (annotate), or nil when it is unchanged
	Alerts []Alerts // runs of alerts under one tag, in the order of their records

	// Records has for each alert event, in order, the index of its record in the chunk.
	Records []int
}

// Process inspects the records of a chunk. It keeps references into chunk, which
// must not be changed afterwards. It never fails: what can't be
// inspected is counted and left as it is.
func (p *Pipeline) Process(tag string, chunk []byte) Result {
	return Result{}
}

// Snapshot is the counters at one moment. They only grow.
type Snapshot struct {
	Records           uint64            // events seen
	Alerts            uint64            // alerts made
	Errors            map[string]uint64 // records not inspected, by cause; every cause is present from the start
	InspectionSeconds float64           // time spent inspecting, summed over workers
}

// Snapshot reads the counters.
func (p *Pipeline) Snapshot() Snapshot { return Snapshot{} }

// Close stops the workers, after the running Process calls have ended.
func (p *Pipeline) Close() {}
