package bench

import (
	"runtime"
	"slices"
	"time"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/inspect"
	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/internal/stopwatch"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/pipeline"
)

// profile is where the time goes with one worker, for the first chunks of a sample.
type profile struct {
	records, inspected int
	cleared            int // by the fast path
	kept               int // off the fast path
	alarming           int // records with an alert
	wrong              int // of the fast path
	mappings           map[string]int

	parts         [stopwatch.Parts]time.Duration // of the records of the second half, which are so many
	partRecords   int
	suspects      map[int]*suspect
	rulesTime     time.Duration // of all records
	ruleTimes     map[int]engine.RuleTime
	ruleTimesTime time.Duration // the same as rulesTime, while single rules were measured
}

// suspect is a rule that keeps records off the fast path, with numbers of records.
type suspect struct {
	records, inVain    int
	alone, aloneInVain int           // what no other rule keeps off it
	aloneTime          time.Duration // what these take for the rules
}

// profile inspects the first chunks of a sample with a watch for the parts, and then with one for each rule, with which
// the parts take longer.
func (s *sample) profile(config pipeline.Config, chunks int) (*profile, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	w := &profile{mappings: map[string]int{}, suspects: map[int]*suspect{}}
	if err := w.measureParts(config, s, chunks); err != nil {
		return nil, err
	}
	return w, w.measureRules(config, s, chunks)
}

func (w *profile) measureParts(config pipeline.Config, s *sample, chunks int) error {
	profiler := &pipeline.Profiler{}
	config.Profiler = profiler
	p, err := pipeline.New(config, nil, discarded)
	if err != nil {
		return err
	}
	defer p.Close()
	silent := config.AlertTag == "" // then alerts are none, and only the rules tell
	before := time.Duration(0)
	profiler.Inspected = func(tx *mapping.Transaction, v *engine.Verdict) {
		now := profiler.Watch.Spent(stopwatch.Rules)
		took := now - before
		before = now
		w.inspected++
		w.mappings[tx.Mapping().Name]++
		if silent && v.Alarm {
			w.alarming++
		}
		switch v.Screened {
		case engine.ScreenCleared, engine.ScreenRight:
			w.cleared++
			return
		case engine.ScreenWrong:
			w.wrong++
		}
		w.kept++
		suspects, suspectsErr := p.Suspects(tx)
		if suspectsErr != nil {
			err = suspectsErr
		}
		matched := v.RuleIDs()
		for _, one := range suspects {
			r := w.suspects[one.Rule]
			if r == nil {
				r = &suspect{}
				w.suspects[one.Rule] = r
			}
			inVain := !slices.Contains(matched, one.Rule)
			r.records++
			r.inVain += count(inVain)
			if one.Alone {
				r.alone++
				r.aloneInVain += count(inVain)
				r.aloneTime += took
			}
		}
	}
	half := s.half(chunks)
	var atHalf [stopwatch.Parts]time.Duration
	runtime.GC()
	for i, c := range s.chunks[:chunks] {
		if i == half {
			atHalf = spent(&profiler.Watch)
			w.partRecords = 0
		}
		events := slices.Clone(c.events)
		result := p.Process(inspect.FileTag, events)
		profiler.Watch.Stop()
		w.records += c.records
		w.partRecords += c.records
		w.alarming += len(slices.Compact(result.Records))
	}
	for part, all := range spent(&profiler.Watch) {
		w.parts[part] = all - atHalf[part]
	}
	w.rulesTime = profiler.Watch.Spent(stopwatch.Rules)
	return err
}

func (w *profile) measureRules(config pipeline.Config, s *sample, chunks int) error {
	profiler := &pipeline.Profiler{}
	profiler.Rules = engine.NewRuleTimes(&profiler.Watch)
	config.Profiler = profiler
	p, err := pipeline.New(config, nil, discarded)
	if err != nil {
		return err
	}
	defer p.Close()
	passes := map[int][]time.Duration{} // by rule, 0 for all and what is between them
	before := map[int]time.Duration{}
	for range timedPasses {
		runtime.GC()
		for _, c := range s.chunks[:chunks] {
			p.Process(inspect.FileTag, slices.Clone(c.events))
			profiler.Watch.Stop()
		}
		now := map[int]time.Duration{0: profiler.Watch.Spent(stopwatch.Rules)}
		for id, t := range profiler.Rules.All() {
			now[id] = t.Spent
		}
		for id, t := range now {
			passes[id] = append(passes[id], t-before[id])
		}
		before = now
	}
	w.ruleTimesTime = median(passes[0])
	w.ruleTimes = profiler.Rules.All()
	for id, t := range w.ruleTimes {
		w.ruleTimes[id] = engine.RuleTime{Runs: t.Runs / timedPasses, Spent: median(passes[id])}
	}
	return nil
}

// timedPasses is how often the sample is inspected to time single rules: what else the machine does in between would hit
// one of them by chance, and is not in the median.
const timedPasses = 3

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}

func spent(w *stopwatch.Watch) (all [stopwatch.Parts]time.Duration) {
	for part := range stopwatch.Parts {
		all[part] = w.Spent(part)
	}
	return all
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}
