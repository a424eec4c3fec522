package pipeline

import (
	"log/slog"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/internal/stopwatch"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// A profiler sees each transaction and where the time goes, and changes nothing of what is found.
func TestProbe(t *testing.T) {
	chunk := benchChunk(t)
	plain, _ := newPipeline(t, "behavior=default")
	want := plain.Process("t", chunk)

	cfg, err := ParseConfig(given("behavior=default", "workers=2"))
	if err != nil {
		t.Fatal(err)
	}
	const aside = 2 * time.Millisecond
	profiler := &Profiler{}
	profiler.Rules = engine.NewRuleTimes(&profiler.Watch)
	var p *Pipeline
	seen, kept := 0, 0
	profiler.Inspected = func(tx *mapping.Transaction, v *engine.Verdict) {
		seen++
		time.Sleep(aside)
		suspects, err := p.Suspects(tx)
		if err != nil {
			t.Error(err)
		}
		if len(suspects) > 0 {
			kept++
		}
		if (len(suspects) == 0) != (v.Screened == engine.ScreenCleared) {
			t.Errorf("suspects %v of verdict %+v", suspects, v)
		}
	}
	cfg.Profiler = profiler
	if p, err = New(cfg, &engines, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	start := time.Now()
	got := p.Process("t", chunk)
	profiler.Watch.Stop()
	took := time.Since(start)
	if len(want.Records) == 0 || len(got.Records) != len(want.Records) || string(got.Alerts[0].Events) != string(want.Alerts[0].Events) {
		t.Errorf("%d alerts, want %d", len(got.Records), len(want.Records))
	}
	if seen != 10 || kept != 1 {
		t.Errorf("%d transactions seen, of which %d were kept off the fast path", seen, kept)
	}
	if len(profiler.Rules.All()) == 0 {
		t.Error("no rule was measured")
	}
	sum := time.Duration(0)
	for part := range stopwatch.Parts {
		spent := profiler.Watch.Spent(part)
		sum += spent
		if (spent == 0) != (part == stopwatch.Check) {
			t.Errorf("part %d has %v", part, spent)
		}
	}
	if sum > took || sum < took*9/10 || profiler.Watch.Spent(stopwatch.Overhead) < 10*aside {
		t.Errorf("the parts are %v of %v, of which %v aside", sum, took, profiler.Watch.Spent(stopwatch.Overhead))
	}
}
