package bench

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/internal/stopwatch"
)

// partNames are those of the parts that are printed.
var partNames = [stopwatch.Parts]string{
	stopwatch.Mapping: "mapping", stopwatch.Screen: "screen", stopwatch.Rules: "rules", stopwatch.Check: "check",
	stopwatch.Detectors: "detectors", stopwatch.Alerts: "alerts", stopwatch.Other: "rest",
}

const (
	// leastNoted is the share of the records from which a rule that keeps them off the fast path is worth a note.
	leastNoted = 0.01
	// mostlyInVain is the share from which on it is no matter of exclusions.
	mostlyInVain = 0.5
	// leastRecords and leastSeconds make a sample that is not too small.
	leastRecords = 10_000
	leastSeconds = 1
	// leastShare is the share of a core from which a machine counts as idle otherwise.
	leastShare = 0.9
)

// notes are what the figures mean, as far as that is certain.
func (r *Report) notes(f *figures) []string {
	all := []string{}
	note := func(format string, values ...any) { all = append(all, fmt.Sprintf(format, values...)) }
	w := r.profile
	if w.wrong > 0 {
		note("the fast path was wrong about %d records: please report it, and set screen to off until it is fixed", w.wrong)
	}
	if r.broken > 0 {
		note("%d records of the files are broken and were left out", r.broken)
	}
	if missing := w.records - w.inspected; missing > 0 {
		note("%d of %d records were left out by the mapping, or could not be inspected (msa scan says why); records per second count them too", missing, w.records)
	}
	if s := f.Speeds[0].Share; s > 0 && s < leastShare {
		note("the process got %s of a core: the machine had other things to do, and can do more than these figures say", percent(s))
	}
	if r.sample.records < leastRecords || f.Sample.Once < leastSeconds && f.Speeds[0].Times > 0 {
		note("the sample is small: %d records, which one worker inspects in %.2f s. Figures of new records vary, and repeating the same few flatters the caches: believe empty caches as the worst case", r.sample.records, f.Sample.Once)
	}
	if f.Speeds[0].Times == 0 {
		note("the time sufficed for the first %d of %d records, so none was repeated", w.records, r.sample.records)
	}
	if r.sample.cut {
		note("the files have more records: --records")
	}
	if r.config.Engine.Screen == engine.ScreenOff {
		note("screen is off: all rules see all records")
	} else if r.config.Engine.ScreenAnyMatch {
		note("any match matters (alert_when match, or annotate), so the fast path may only clear records that no rule could match")
	}
	for _, s := range f.Suspects {
		if s.Alone < leastNoted {
			continue
		}
		head := fmt.Sprintf("rule %s keeps %s of the records off the fast path that no other rule would, at %.1f µs for each of all records: ", s.ruleName, percent(s.Alone), s.AloneTime)
		switch {
		case s.NotJudged != "":
			note("%s%s; it matched in %s of them", head, s.NotJudged, percent(1-s.AloneInVain))
		case s.AloneInVain > mostlyInVain:
			note("%s%s; it matched in %s of them", head, cmp.Or(r.pipeline.ScreenDoubt(s.Rule), "the screen can't exclude it"), percent(1-s.AloneInVain))
		default:
			note("%sit matched in %s of them; if these are not attacks, msa tune proposes exclusions", head, percent(1-s.AloneInVain))
		}
	}
	return all
}

// String is the rule with its place.
func (n ruleName) String() string {
	if n.File == "" {
		return fmt.Sprint(n.Rule)
	}
	return fmt.Sprintf("%d (%s:%d)", n.Rule, path.Base(n.File), n.Line)
}

func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }

// WriteText prints for people.
func (r *Report) WriteText(out io.Writer, top int) error {
	f := r.figures()
	buffered := bufio.NewWriter(out)
	w := tabwriter.NewWriter(buffered, 0, 0, 2, ' ', tabwriter.AlignRight)
	line := func(format string, values ...any) { _, _ = fmt.Fprintf(w, format+"\n", values...) }
	title := func(format string, values ...any) {
		_ = w.Flush()
		line("\n"+format, values...)
	}
	line("%d records, %s, mapping %s; %d rules from %s at paranoia level %d", f.Sample.Records, size(float64(f.Sample.Bytes)),
		strings.Join(slices.Sorted(maps.Keys(f.Sample.Mappings)), ", "), f.Rules, r.settings.Or("rules"), r.config.Engine.ParanoiaLevel)
	line("%d cores, %s", f.Cores, f.Version)

	title("records a second")
	line("workers\tempty caches\tnew records\trepeated\t")
	for _, s := range f.Speeds {
		line("%d\t%s\t%.0f\t%s\t", s.Workers, known(s.Empty), s.New, known(s.Repeated))
	}
	workers := "one worker"
	if f.Day.Workers > 1 {
		workers = fmt.Sprintf("%d workers", f.Day.Workers)
	}
	title("With %s and this mix of new records, %s records and %s a day.", workers, amount(f.Day.Records), size(f.Day.Bytes))
	line("Of the records, %s are cleared by the fast path, and %s alarm.", percent(f.Cleared), percent(f.Alarming))

	title("microseconds of one core, for a record")
	for _, name := range partNames {
		if name != "" {
			line("%s\t%.1f\t", name, f.Parts[name])
		}
	}
	if f.PerKept > 0 {
		title("A record that is not cleared takes %.0f µs for the rules.", f.PerKept)
	}
	if n := min(top, len(f.Suspects)); n > 0 {
		title("rules that keep records off the fast path: %d of %d", n, len(f.Suspects))
		line("records\tin vain\talone\tin vain\tµs\t  rule")
		for _, s := range f.Suspects[:n] {
			inVain := "–"
			if s.Alone > 0 {
				inVain = percent(s.AloneInVain)
			}
			line("%s\t%s\t%s\t%s\t%.1f\t  %s", percent(s.Records), percent(s.InVain), percent(s.Alone), inVain, s.AloneTime, s.ruleName)
		}
	}
	if n := min(top, len(f.RuleCosts)); n > 0 {
		title("rules that take longest where they run: %d of %d (the rules take %.2f times as long while each is measured)", n, len(f.RuleCosts), f.RulesSlower)
		line("of the rules' time\tµs a run\truns\t  rule")
		left := 1.0
		for _, c := range f.RuleCosts {
			left -= c.Share
		}
		for _, c := range f.RuleCosts[:n] {
			line("%s\t%.1f\t%d\t  %s", percent(c.Share), c.Microseconds, c.Runs, c.ruleName)
		}
		line("%s\t\t\t  no rule's: giving records to Coraza, and passing over the rules that need not run", percent(left))
	}
	if len(f.Open) > 0 {
		title("rules that the fast path can't judge")
		for _, o := range f.Open {
			line("%s: %s; alone keeps off it %s of the records", o.ruleName, o.Reason, percent(o.Alone))
		}
	}
	if len(f.Notes) > 0 {
		title("notes")
		for _, n := range f.Notes {
			line("- %s", n)
		}
	}
	_ = w.Flush()
	if err := buffered.Flush(); err != nil {
		return fmt.Errorf("cannot write figures: %w", err)
	}
	return nil
}

// known is a rate, or a dash where it was not measured.
func known(rate float64) string {
	if rate == 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f", rate)
}

// size is bytes for people.
func size(bytes float64) string {
	for _, u := range []struct {
		of   float64
		name string
	}{{1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}} {
		if bytes >= u.of {
			return fmt.Sprintf("%.1f %s", bytes/u.of, u.name)
		}
	}
	return fmt.Sprintf("%.0f bytes", bytes)
}

// amount is a number for people.
func amount(n float64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1f billion", n/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.1f million", n/1e6)
	}
	return fmt.Sprintf("%.0f", n)
}
