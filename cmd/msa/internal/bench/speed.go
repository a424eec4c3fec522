package bench

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/inspect"
	"github.com/modsecurity-for-anylog/msa/pipeline"
)

// speed is what so many workers on as many cores take, in records a second.
type speed struct {
	Workers  int     `json:"workers"`
	Empty    float64 `json:"empty_caches,omitempty"` // at the start of the process; only measured once
	New      float64 `json:"new_records"`            // that come after others
	Repeated float64 `json:"repeated_records,omitempty"`
	Times    float64 `json:"repetitions,omitempty"` // of each record

	// Share is the processor time of the core that the process got, where there is one worker; 0 if it is unknown.
	Share float64 `json:"share_of_core,omitempty"`

	chunks int           // of the sample, from its start, that were inspected once
	once   time.Duration // and how long that took
}

// measure inspects the sample once, and then again and again, for that long each. Where the time does not suffice for all
// of it, nothing is repeated.
func (s *sample) measure(config pipeline.Config, workers int, atMost time.Duration, first bool) (speed, error) {
	config.Workers = workers
	out := speed{Workers: workers}
	p, err := pipeline.New(config, nil, discarded)
	if err != nil {
		return out, err
	}
	defer p.Close()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(min(workers, runtime.GOMAXPROCS(0))))
	runtime.GC() // what was before is not at this one's expense

	processor := processorTime()
	times := make([]time.Duration, 0, len(s.chunks))
	for _, c := range s.chunks {
		if out.once >= atMost {
			break
		}
		times = append(times, c.take(p))
		out.once += times[len(times)-1]
	}
	if err := inspected(p); err != nil {
		return out, err
	}
	out.chunks = len(times)
	half := s.half(out.chunks)
	before, after := total(times[:half]), total(times[half:])
	if first {
		out.Empty = perSecond(s.count(0, half), before)
	}
	if half < out.chunks {
		out.New = perSecond(s.count(half, out.chunks), after)
	} else {
		out.New = perSecond(s.count(0, half), before)
	}
	whole := out.once
	if out.chunks == len(s.chunks) {
		records, spent := 0, time.Duration(0)
		for i := 0; spent < atMost; i++ {
			c := s.chunks[i%len(s.chunks)]
			spent += c.take(p)
			records += c.records
		}
		out.Repeated = perSecond(records, spent)
		out.Times = float64(records) / float64(s.records)
		whole += spent
	}
	if used := processorTime() - processor; workers == 1 && used > 0 {
		out.Share = min(1, used.Seconds()/whole.Seconds())
	}
	return out, nil
}

// take is how long the chunk takes, with the copy that the filter makes of it.
func (c chunk) take(p *pipeline.Pipeline) time.Duration {
	start := time.Now()
	p.Process(inspect.FileTag, bytes.Clone(c.events))
	return time.Since(start)
}

// inspected fails if no record of the pipeline could be inspected.
func inspected(p *pipeline.Pipeline) error {
	s := p.Snapshot()
	if failed, causes := inspect.Failures(s); failed+s.Skipped+s.NotHTTP >= s.Records {
		if s.Skipped > 0 {
			causes = append(causes, fmt.Sprintf("left out by the mapping %d", s.Skipped))
		}
		if s.NotHTTP > 0 {
			causes = append(causes, fmt.Sprintf("no HTTP %d", s.NotHTTP))
		}
		return fmt.Errorf("cannot measure: none of %d records could be inspected (%s)", s.Records, strings.Join(causes, ", "))
	}
	return nil
}

func total(times []time.Duration) (sum time.Duration) {
	for _, t := range times {
		sum += t
	}
	return sum
}

func perSecond(records int, d time.Duration) float64 { return float64(records) / max(d, 1).Seconds() }
