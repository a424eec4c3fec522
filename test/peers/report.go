package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// footprint is what the engine takes of the machine.
type footprint struct {
	empty, loaded, full float64 // bytes resident: without rules, with them, with full caches
	records             int     // that filled the caches
}

// measureMemory fills a new party's caches with distinct records.
func (c *comparison) measureMemory(batches []batch) error {
	party, err := startChild("screen-on", 1)
	if err != nil {
		return err
	}
	defer party.stop()
	f := &c.footing
	if f.empty, err = party.memory(); err != nil {
		return err
	}
	seconds, err := party.open("nano")
	if err != nil {
		return err
	}
	c.starts = append(c.starts, seconds)
	if f.loaded, err = party.memory(); err != nil {
		return err
	}
	for _, b := range batches {
		if _, err := party.run(b.chunk); err != nil {
			return err
		}
		f.records += b.records
	}
	f.full, err = party.memory()
	return err
}

func cpuTime(s sample) float64   { return s.cpu }
func clockTime(s sample) float64 { return s.wall }

// perRecord is the mean time that a record takes in a column. It is no median over the rounds, as that would
// leave out what does not happen in each of them, and garbage collections do not.
func (r *result) perRecord(column string, time func(sample) float64) float64 {
	total, records := 0.0, 0
	for _, s := range r.samples[column] {
		total += time(s)
		records += s.records
	}
	return total / float64(records)
}

// ratio is how many times faster a column is than another, in the rounds that both have; 0 when there are none.
func (r *result) ratio(slow, fast string, time func(sample) float64) float64 {
	var slowTotal, fastTotal float64
	for _, f := range r.samples[fast] {
		for _, s := range r.samples[slow] {
			if s.round == f.round {
				slowTotal, fastTotal = slowTotal+time(s), fastTotal+time(f)
			}
		}
	}
	if fastTotal == 0 {
		return 0
	}
	return slowTotal / fastTotal
}

func (r *result) alarms(column string) string {
	if len(r.samples[column]) == 0 {
		return "–"
	}
	n := 0
	for _, s := range r.samples[column] {
		n += len(s.alarms)
	}
	return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(r.records))
}

func (r *result) time(column string) string {
	if len(r.samples[column]) == 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f", 1e6*r.perRecord(column, cpuTime))
}

func (c *comparison) report(w io.Writer) {
	_, _ = fmt.Fprint(w, c.text())
}

func (c *comparison) text() string {
	var b strings.Builder
	line := func(format string, values ...any) { fmt.Fprintf(&b, format+"\n", values...) }
	line("Microseconds of one core for a record, CRS at paranoia level %s:\n", paranoiaLevel())
	line("| records | plain Coraza | libmodsecurity | MSA, screen off | MSA | its engine alone | MSA, empty caches | MSA, records seen before | MSA to plain Coraza |")
	line("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
	for _, r := range c.results {
		line("| %s: %s | %s | %s | %s | %s | %s | %s | %s | %.1f |", r.set.name, r.set.doc, r.time("plain"), r.time("modsecurity"),
			r.time("off"), r.time("on"), r.time("engine"), r.time("cold"), r.time("again"), r.ratio("plain", "on", cpuTime))
	}
	line("\nWhat they find:\n")
	line("| records | number | alarms of plain Coraza | of libmodsecurity | of MSA | cleared by the screen |")
	line("|---|---:|---:|---:|---:|---:|")
	for _, r := range c.results {
		line("| %s | %d | %s | %s | %s | %.1f %% |", r.set.name, r.records, r.alarms("plain"), r.alarms("modsecurity"), r.alarms("off"), 100*r.cleared)
	}
	line("\nRecords and megabytes a second:\n")
	line("| records | MSA, one core | MB/s | %d cores |", c.cores)
	line("|---|---:|---:|---:|")
	for _, r := range c.results {
		many := "–"
		if c.many != nil {
			many = fmt.Sprintf("%.0f", 1/r.perRecord("many", clockTime))
		}
		line("| %s | %.0f | %.1f | %s |", r.set.name, 1/r.perRecord("on", cpuTime), float64(r.bytes)/float64(r.records)/r.perRecord("on", cpuTime)/1e6, many)
	}
	line("")
	for _, r := range c.results {
		c.ratios(line, r)
	}
	const megabyte = 1 << 20
	if f := c.footing; f.records > 0 {
		line("ratio seconds_to_start %.2f", median(c.starts))
		line("ratio megabytes_of_rules %.0f", (f.loaded-f.empty)/megabyte)
		line("ratio megabytes_of_rules_and_full_caches %.0f", (f.full-f.empty)/megabyte)
	}
	return b.String()
}

func (c *comparison) ratios(line func(string, ...any), r *result) {
	add := func(name, slow, fast string, time func(sample) float64) {
		if value := r.ratio(slow, fast, time); value > 0 {
			line("ratio %s %.2f", name, value)
		}
	}
	add(r.set.name+"_to_plain_coraza", "plain", "on", cpuTime)
	add(r.set.name+"_to_libmodsecurity", "modsecurity", "on", cpuTime)
	add(r.set.name+"_cold_to_plain_coraza", "plain", "cold", cpuTime)
	add(r.set.name+"_again_to_plain_coraza", "plain", "again", cpuTime)
	add(r.set.name+"_screen_off_to_plain_coraza", "plain", "off", cpuTime)
	if w := c.workers; r.set.name == "mix" && w.many.wall > 0 {
		line("ratio workers_%d_to_1 %.2f", c.cores, w.one.wall/w.many.wall)
		line("ratio processor_time_of_1_to_%d_workers %.2f", c.cores, w.one.cpu/w.many.cpu)
	}
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// disagreement is an error if MSA finds something else with the screen on. The engine alone is not asked: what alarms is
// decided behind it.
func (c *comparison) disagreement() error {
	for _, r := range c.results {
		for _, column := range []string{"on", "again", "cold", "many"} {
			for _, s := range r.samples[column] {
				if off := r.samples["off"][s.round]; !slices.Equal(off.alarms, s.alarms) {
					return fmt.Errorf("%s, round %d: %q finds %v, and without the screen %v", r.set.name, s.round, column, s.alarms, off.alarms)
				}
			}
		}
	}
	return nil
}
