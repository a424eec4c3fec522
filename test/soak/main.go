// Command soak has the pipeline of the filter inspect mixed and hostile records as fast as the machine can, for as long as it is
// told to, and draws memory, rate and the time of a chunk. It exits with 1 if memory is not flat after the warm-up, if the
// counters do not add up, or if anything panicked.
//
//	soak -for 1h -svg docs/soak.svg
package main

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/metrics"
	"runtime/pprof"
	"slices"
	"strconv"
	"time"

	"github.com/modsecurity-for-anylog/msa/pipeline"
	"github.com/modsecurity-for-anylog/msa/test/rig"
)

func main() {
	duration := flag.Duration("for", 10*time.Minute, "how long")
	svg := flag.String("svg", "", "file for the graph")
	heaps := flag.String("heaps", "", "directory for profiles of the heap, heap.warm after the warm-up and heap.end")
	level := flag.String("paranoia-level", "1", "of the rules")
	flag.Parse()
	s := &soak{duration: *duration, intervals: 120, heaps: *heaps, level: *level}
	if err := s.run(); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(2)
	}
	if *svg != "" {
		if err := os.WriteFile(*svg, s.draw(), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "soak:", err)
			os.Exit(2)
		}
	}
	if !s.report() {
		os.Exit(1)
	}
}

// chunkRecords is how many records a chunk has.
const chunkRecords = 100

// sample is what an interval was like.
type sample struct {
	rate   float64 // records a second
	p99    float64 // of a chunk, in milliseconds
	memory float64 // of the process, in MiB
	live   float64 // of it what is in use, as the last collection found, in MiB
	keys   int     // of detectors
}

type soak struct {
	duration  time.Duration
	intervals int // points of the graph
	heaps     string
	level     string // of paranoia

	samples []sample
	chunks  []time.Duration // after the warm-up

	given, alerts int
	end           pipeline.Snapshot
}

// Tables are smaller than they are by default, so that the warm-up fills them, and what is new makes room for itself from then on.
const (
	maxKeys   = 1000 // of each detector
	cacheSize = "16384"
)

// detectors writes a file with those of MSA, each with smaller tables.
func detectors(path string) error {
	text, err := os.ReadFile(filepath.Join(rig.Root(), "behavior", "default.yaml"))
	if err != nil {
		return err
	}
	text = regexp.MustCompile(`(?m)^  - name: .*$`).ReplaceAll(text, fmt.Appendf(nil, "$0\n    max_keys: %d", maxKeys))
	return os.WriteFile(path, text, 0o600)
}

// warmup is how many of the intervals fill caches and detectors.
func (s *soak) warmup() int { return s.intervals / 5 }

func (s *soak) run() error {
	dir, err := os.MkdirTemp("", "msa-soak-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	own := filepath.Join(dir, "detectors.yaml")
	if err := detectors(own); err != nil {
		return err
	}
	given := map[string]string{
		"mapping": "nano", "rules": "crs,lateral-movement,sensitive-data", "state_path": filepath.Join(dir, "behavior.state"),
		"annotate": "waf", "behavior": own, "cache_size": cacheSize, "paranoia_level": s.level,
	}
	cfg, err := pipeline.ParseConfig(func(name string) []string {
		if v, ok := given[name]; ok {
			return []string{v}
		}
		return nil
	})
	if err != nil {
		return err
	}
	p, err := pipeline.New(cfg, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer p.Close()
	chunks := make(chan []byte, 4)
	stop := make(chan struct{})
	made := newMaker()
	go func() {
		defer close(chunks)
		for {
			select {
			case chunks <- made.chunk(chunkRecords):
			case <-stop:
				return
			}
		}
	}()
	defer close(stop)
	for i := range s.intervals {
		if err := s.interval(p, chunks); err != nil {
			return err
		}
		if i == s.warmup() {
			if err := s.profile("heap.warm"); err != nil {
				return err
			}
		}
	}
	s.end = p.Snapshot()
	return s.profile("heap.end")
}

// profile writes what is in use, by who has it, if it is to: go tool pprof -base heap.warm heap.end tells what has grown.
func (s *soak) profile(name string) error {
	if s.heaps == "" {
		return nil
	}
	f, err := os.Create(filepath.Join(s.heaps, name))
	if err != nil {
		return err
	}
	runtime.GC()
	if err := pprof.WriteHeapProfile(f); err != nil {
		return err
	}
	return f.Close()
}

// live is the heap that the last collection found in use, in MiB.
func live() float64 {
	found := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(found)
	return float64(found[0].Value.Uint64()) / (1 << 20)
}

// interval inspects for one point of the graph.
func (s *soak) interval(p *pipeline.Pipeline, chunks <-chan []byte) error {
	var took []time.Duration
	begin := time.Now()
	for len(took) == 0 || time.Since(begin) < s.duration/time.Duration(s.intervals) {
		chunk := <-chunks
		at := time.Now()
		r := p.Process("nano", chunk)
		took = append(took, time.Since(at))
		s.given += chunkRecords
		for _, a := range r.Alerts {
			s.alerts += a.Count
		}
	}
	memory, err := resident()
	if err != nil {
		return err
	}
	rate := float64(len(took)*chunkRecords) / time.Since(begin).Seconds()
	if len(s.samples) >= s.warmup() {
		s.chunks = append(s.chunks, took...)
	}
	s.samples = append(s.samples, sample{rate, ms(quantile(took, 0.99)), memory, live(), p.Snapshot().Keys})
	return nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func quantile(all []time.Duration, q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(len(sorted)-1, int(float64(len(sorted))*q))]
}

var vmRSS = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)

// resident is the memory of the process in MiB.
func resident() (float64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	m := vmRSS.FindSubmatch(status)
	if m == nil {
		return 0, fmt.Errorf("/proc/self/status has no VmRSS")
	}
	kb, err := strconv.ParseFloat(string(m[1]), 64)
	return kb / 1024, err
}

// mean is that of some samples.
func mean(all []sample, of func(sample) float64) float64 {
	sum := 0.0
	for _, s := range all {
		sum += of(s)
	}
	return sum / float64(len(all))
}

// tolerance is how much memory may be above what it was after the warm-up.
const tolerance = 0.05

// report prints the figures and tells whether they are as they should be.
func (s *soak) report() (ok bool) {
	memory := func(x sample) float64 { return x.memory }
	rate := func(x sample) float64 { return x.rate }
	warmup := s.warmup()
	after := s.samples[warmup : 2*warmup]
	last := s.samples[len(s.samples)-warmup:]
	growth := mean(last, memory)/mean(after, memory) - 1
	e := s.end
	fmt.Printf("%v on %d cores, %s\n\n", s.duration, runtime.GOMAXPROCS(0), runtime.Version())
	fmt.Printf("| | |\n|---|---:|\n")
	fmt.Printf("| records inspected | %d |\n| of them hostile | %d |\n| records a second | %.0f |\n| alerts | %d |\n", s.given, s.given/hostileEvery, mean(s.samples[warmup:], rate), s.alerts)
	fmt.Printf("| of these, in the first and the last quarter after the warm-up | %.0f, %.0f |\n", mean(after, rate), mean(last, rate))
	fmt.Printf("| a chunk of %d records, median, ms | %.1f |\n| p99, ms | %.1f |\n| longest, ms | %.1f |\n", chunkRecords, ms(quantile(s.chunks, 0.5)), ms(quantile(s.chunks, 0.99)), ms(slices.Max(s.chunks)))
	fmt.Printf("| memory after the warm-up, MiB | %.0f |\n| memory at the end, MiB | %.0f |\n| growth | %.1f %% |\n", mean(after, memory), mean(last, memory), 100*growth)
	inUse := func(x sample) float64 { return x.live }
	fmt.Printf("| of it in use, after the warm-up, MiB | %.0f |\n| in use at the end, MiB | %.0f |\n", mean(after, inUse), mean(last, inUse))
	fmt.Printf("| keys of detectors at the end, evicted | %d, %d |\n\n", e.Keys, e.Evicted)
	ok = true
	complain := func(bad bool, format string, args ...any) {
		if bad {
			ok = false
			fmt.Printf("FAILED: "+format+"\n", args...)
		}
	}
	complain(growth > tolerance, "memory has grown by %.1f %%", 100*growth)
	complain(uint64(s.given) != e.Records, "%d records were given, %d are counted", s.given, e.Records)
	complain(uint64(s.alerts) != e.Alerts, "%d alerts came, %d are counted", s.alerts, e.Alerts)
	complain(e.Errors["panic"]+e.RulePanics+e.ScreenWrong != 0, "%d panics, %d rules panicked, the screen was wrong %d times", e.Errors["panic"], e.RulePanics, e.ScreenWrong)
	return ok
}
