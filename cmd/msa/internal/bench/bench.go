// Package bench measures what this machine can take of a log, and what takes longest.
package bench

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"math"
	"runtime"
	"slices"
	"time"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/inspect"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/listing"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/logfile"
	"github.com/modsecurity-for-anylog/msa/pipeline"
)

// Options say what is measured.
type Options struct {
	Properties inspect.Properties
	Records    int           // most of the files that are used
	Chunk      int           // bytes of records that the pipeline gets at once
	Time       time.Duration // for each measurement
	Version    string        // of the program, which is printed
	Log        *slog.Logger  // of the pipeline
}

// discarded is the log of all pipelines but the first, which says the same.
var discarded = slog.New(slog.DiscardHandler)

// Measure reads a sample of the files and measures it.
func Measure(in *logfile.Files, o Options) (*Report, error) {
	config, err := o.Properties.Config()
	if err != nil {
		return nil, err
	}
	config.Trial = true
	sample, err := readSample(in, o.Records, o.Chunk)
	if err != nil {
		return nil, err
	}
	checked, err := pipeline.New(config, nil, o.Log)
	if err != nil {
		return nil, err
	}
	defer checked.Close()

	r := &Report{settings: o.Properties, version: o.Version, config: config, pipeline: checked, sample: sample, broken: in.Broken}
	for _, workers := range workerCounts(config.Workers) {
		s, err := sample.measure(config, workers, o.Time, workers == 1)
		if err != nil {
			return nil, err
		}
		r.speeds = append(r.speeds, s)
	}
	if r.profile, err = sample.profile(config, r.speeds[0].chunks); err != nil {
		return nil, err
	}
	return r, nil
}

// workerCounts are 1, 2, 4 and so on, and the last.
func workerCounts(last int) []int {
	var all []int
	for n := 1; n < last; n *= 2 {
		all = append(all, n)
	}
	return append(all, last)
}

// Report is what was measured.
type Report struct {
	settings inspect.Properties
	version  string // of the program
	config   pipeline.Config
	pipeline *pipeline.Pipeline // for what it knows of rules
	sample   *sample
	broken   int // records of the files
	speeds   []speed
	profile  *profile
}

// WriteJSON prints for machines.
func (r *Report) WriteJSON(w io.Writer) error {
	if err := listing.JSON(w, r.figures()); err != nil {
		return fmt.Errorf("cannot write figures: %w", err)
	}
	return nil
}

// figures are what is printed.
type figures struct {
	Version string       `json:"version"`
	Cores   int          `json:"cores"` // that the process may use
	Sample  sampleFigure `json:"sample"`
	Rules   int          `json:"rules"` // loaded
	Speeds  []speed      `json:"records_per_second"`
	Day     dayFigure    `json:"per_day"`

	// Of the records that were inspected.
	Cleared  float64 `json:"cleared_share"`
	Alarming float64 `json:"alarming_share"`

	Parts       map[string]float64 `json:"microseconds_per_record"`
	PerKept     float64            `json:"microseconds_of_rules_per_record_not_cleared"`
	RuleCosts   []ruleCost         `json:"rule_times"`
	RulesSlower float64            `json:"rule_times_slow_down"` // what measuring single rules made of the rules' time
	Suspects    []suspectFigure    `json:"off_the_fast_path"`
	Open        []openFigure       `json:"not_judged"`
	Notes       []string           `json:"notes"`
}

type sampleFigure struct {
	Records   int            `json:"records"`
	Bytes     int            `json:"bytes"`
	Once      float64        `json:"seconds_once"` // for one worker
	Used      int            `json:"records_used"` // by one worker in its time
	Inspected int            `json:"inspected"`    // of these
	Mappings  map[string]int `json:"mappings"`
}

type dayFigure struct {
	Workers int     `json:"workers"`
	Records float64 `json:"records"`
	Bytes   float64 `json:"bytes"`
}

// ruleName says where a rule is.
type ruleName struct {
	Rule int    `json:"rule"`
	File string `json:"file"`
	Line int    `json:"line"`
}

type ruleCost struct {
	ruleName
	Runs         int     `json:"runs"`
	Microseconds float64 `json:"microseconds_per_run"`
	Share        float64 `json:"share_of_rules"` // of the time of all of them
}

type suspectFigure struct {
	ruleName
	Records     float64 `json:"share"`   // of the records
	InVain      float64 `json:"in_vain"` // share of these in which it did not match
	Alone       float64 `json:"alone_share"`
	AloneInVain float64 `json:"alone_in_vain"`
	AloneTime   float64 `json:"alone_microseconds_per_record"` // of all records
	NotJudged   string  `json:"not_judged,omitempty"`
}

type openFigure struct {
	ruleName
	Reason string  `json:"reason"`
	Alone  float64 `json:"alone_share"`
}

func (r *Report) name(id int) ruleName {
	text := r.pipeline.Rule(id)
	return ruleName{id, text.File, text.Line}
}

func (r *Report) figures() *figures {
	w := r.profile
	f := &figures{
		Version: r.version,
		Cores:   runtime.GOMAXPROCS(0),
		Sample: sampleFigure{
			Records: r.sample.records, Bytes: r.sample.size, Once: r.speeds[0].once.Seconds(),
			Used: w.records, Inspected: w.inspected, Mappings: w.mappings,
		},
		Rules: r.pipeline.RuleCount(), Speeds: r.speeds,
		Cleared: share(w.cleared, w.inspected), Alarming: share(w.alarming, w.inspected),
		Parts: map[string]float64{}, RuleCosts: []ruleCost{}, Suspects: []suspectFigure{}, Open: []openFigure{}, Notes: []string{},
	}
	last := r.speeds[len(r.speeds)-1]
	f.Day = dayFigure{Workers: last.Workers, Records: math.Round(last.New * 86400)}
	f.Day.Bytes = math.Round(f.Day.Records * float64(r.sample.size) / float64(r.sample.records))
	for part, name := range partNames {
		if name != "" {
			f.Parts[name] = microseconds(w.parts[part], w.partRecords)
		}
	}
	f.PerKept = microseconds(w.rulesTime, w.kept)
	f.RulesSlower = ratio(w.ruleTimesTime, w.rulesTime)
	for id, t := range w.ruleTimes {
		f.RuleCosts = append(f.RuleCosts, ruleCost{r.name(id), t.Runs, microseconds(t.Spent, t.Runs), ratio(t.Spent, w.ruleTimesTime)})
	}
	slices.SortFunc(f.RuleCosts, func(a, b ruleCost) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(a.Rule, b.Rule))
	})
	reasons := map[int]string{}
	for _, o := range r.pipeline.Unjudged() {
		if reasons[o.Rule] != "" {
			continue
		}
		reasons[o.Rule] = o.Reason
		one := openFigure{r.name(o.Rule), o.Reason, 0}
		if s := w.suspects[o.Rule]; s != nil {
			one.Alone = share(s.alone, w.inspected)
		}
		f.Open = append(f.Open, one)
	}
	for id, s := range w.suspects {
		f.Suspects = append(f.Suspects, suspectFigure{
			r.name(id), share(s.records, w.inspected), share(s.inVain, s.records), share(s.alone, w.inspected), share(s.aloneInVain, s.alone),
			microseconds(s.aloneTime, w.inspected), reasons[id],
		})
	}
	slices.SortFunc(f.Suspects, func(a, b suspectFigure) int {
		return cmp.Or(cmp.Compare(b.Alone, a.Alone), cmp.Compare(b.Records, a.Records), cmp.Compare(a.Rule, b.Rule))
	})
	f.Notes = r.notes(f)
	return f
}

func share(n, of int) float64 { return float64(n) / float64(max(of, 1)) }

func ratio(d, of time.Duration) float64 {
	if of == 0 {
		return 0
	}
	return d.Seconds() / of.Seconds()
}

func microseconds(d time.Duration, n int) float64 {
	return float64(d.Nanoseconds()) / 1000 / float64(max(n, 1))
}
