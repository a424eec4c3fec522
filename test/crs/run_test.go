package crs

import (
	"maps"
	"slices"
	"sync"
	"testing"
	"time"
)

// The corpus and the reference, for all tests once.
var (
	allStages = sync.OnceValues(Stages)
	reference = sync.OnceValues(func() ([]Result, error) {
		stages, err := allStages()
		if err != nil {
			return nil, err
		}
		return Reference(stages)
	})
)

// corpus is all stages, after plain Coraza has seen them: MSA's engine replaces what reads bodies in the whole process.
func corpus(t *testing.T) []Stage {
	t.Helper()
	stages, err := allStages()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reference(); err != nil {
		t.Fatal(err)
	}
	return stages
}

func run(t *testing.T, kind string) []Result {
	t.Helper()
	k, ok := KindNamed(kind)
	if !ok {
		t.Fatalf("no kind of log is called %q", kind)
	}
	start := time.Now()
	results, err := k.Run(corpus(t))
	if err != nil {
		t.Fatal(err)
	}
	report(t, kind, results, start)
	return results
}

func report(t *testing.T, name string, results []Result, start time.Time) {
	s := Summarize(results)
	t.Logf("%s: %d of %d stages that expect rules pass, %d of %d attacks are found, %d of %d refused requests are inspected, in %v",
		name, s.RulesPassed, s.Rules, s.DetectionsPassed, s.Detections, s.RefusedInspected, s.Refused, time.Since(start).Round(time.Second/10))
}

// wantFailures: these stages fail and no others.
func wantFailures(t *testing.T, results []Result, known map[string]string) {
	t.Helper()
	for i := range results {
		r := &results[i]
		reason, listed := known[r.Name]
		switch {
		case !r.Passed() && !listed:
			t.Errorf("%s (%s): %s; matched: %v", r.Name, r.Desc, r.Failure, r.IDs)
		case r.Passed() && listed:
			t.Errorf("%s passes now: take it off the list (%s)", r.Name, reason)
		}
	}
	wantStages(t, known)
}

// wantStages: a list names stages that exist.
func wantStages[V any](t *testing.T, list map[string]V) {
	t.Helper()
	names := map[string]bool{}
	for _, s := range corpus(t) {
		names[s.Name] = true
	}
	for name := range list {
		if !names[name] {
			t.Errorf("%s is listed, and no stage", name)
		}
	}
}

// union is both lists.
func union(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// TestReference: plain Coraza, so that what a log loses can be told from what no log
// could show.
func TestReference(t *testing.T) {
	start := time.Now()
	results, err := reference()
	if err != nil {
		t.Fatal(err)
	}
	report(t, "plain Coraza", results, start)
	wantFailures(t, results, serverFailures)
	wantStages(t, overrides)
}

// TestNano: the Nano record loses none of what Coraza finds in the traffic itself, but
// for what is listed.
func TestNano(t *testing.T) {
	want, err := reference()
	if err != nil {
		t.Fatal(err)
	}
	results := run(t, "nano")
	wantFailures(t, results, union(serverFailures, nanoFailures))
	if s := Summarize(results); s.RulesPassed < 4651 {
		t.Errorf("%d stages pass", s.RulesPassed)
	}
	for i := range results {
		lost, added := difference(want[i].IDs, results[i].IDs), difference(results[i].IDs, want[i].IDs)
		reason, listed := nanoDifferences[results[i].Name]
		switch same := len(lost)+len(added) == 0; {
		case !same && !listed:
			t.Errorf("%s: plain Coraza alone has rules %v, the record alone %v", results[i].Name, lost, added)
		case same && listed:
			t.Errorf("%s differs no more: take it off the list (%s)", results[i].Name, reason)
		}
	}
	wantStages(t, nanoDifferences)
}

// difference is what is in a and not in b.
func difference(a, b []int) []int {
	return slices.DeleteFunc(slices.Clone(a), func(id int) bool { return slices.Contains(b, id) })
}

// TestKinds: logs that tell less find less, and not less than they did. Numbers are
// those measured last.
func TestKinds(t *testing.T) {
	least := map[string]struct{ rules, detections int }{
		"nano":       {4656, 3746},
		"nano-1024":  {4651, 3741},
		"nginx-json": {4646, 3737},
		"envoy":      {4645, 3735},
		"ecs":        {4644, 3734},
		"combined":   {2053, 1148},
	}
	for _, k := range Kinds {
		want, ok := least[k.Name]
		if !ok {
			t.Errorf("%s: no numbers are stated", k.Name)
		}
		if k.Name == "nano" {
			continue // TestNano
		}
		t.Run(k.Name, func(t *testing.T) {
			if !k.Available() {
				t.Fatalf("there is no preset %q", k.Preset)
			}
			s := Summarize(run(t, k.Name))
			if s.RulesPassed < want.rules || s.DetectionsPassed < want.detections {
				t.Errorf("want %d stages to pass and %d attacks to be found", want.rules, want.detections)
			}
			// Cut bodies and joined headers hide a few more.
			if n := k.foretold(t); s.DetectionsPassed > n || s.DetectionsPassed < n-15 {
				t.Errorf("%d attacks are found, and internal/coverage says %d", s.DetectionsPassed, n)
			}
		})
	}
}

// TestLostRecord: a record that can't be mapped fails its stage, and is never taken
// for one on which no rule matched.
func TestLostRecord(t *testing.T) {
	k, _ := KindNamed("nano")
	write := k.write
	k.write = func(e Exchange) object {
		if e.Name == "2-1" {
			return object{{"message", "no HTTP"}}
		}
		return write(e)
	}
	file := "rule_id: %RULE%\ntests:\n  - test_id: 1\n    stages:\n      - input: {uri: /?t=../../etc/passwd}\n        output: {log: {no_expect_ids: [1]}}\n"
	var stages []Stage
	for _, id := range []string{"1", "2", "3"} {
		var err error
		if stages, err = appendStages(stages, replaced(file, "%RULE%", id)); err != nil {
			t.Fatal(err)
		}
	}
	results, err := k.Run(stages)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if lost := r.Name == "2-1"; r.Passed() == lost || (len(r.IDs) == 0) != lost {
			t.Errorf("%s: failure %q, rules %v", r.Name, r.Failure, r.IDs)
		}
	}
}
