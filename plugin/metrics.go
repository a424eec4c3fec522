package main

import (
	"runtime"

	"github.com/modsecurity-for-anylog/msa/pipeline"
)

// reading is what an instance has counted up to one moment.
type reading struct {
	instance string
	pipeline.Snapshot
	lost    uint64 // alerts that were never emitted
	waiting int    // alerts that are not yet emitted
}

// metrics are the counters and gauges that the filter emits, each with the label
// name, the instance's. They are called msa_<subsystem>_<name>.
var metrics = []struct {
	subsystem, name, help string
	gauge                 bool
	value                 func(reading) float64
	causes                func(reading) map[string]uint64 // for a counter with a second label
	label                 string                          // which; cause if it is empty
}{
	{subsystem: "records", name: "total", help: "Records seen.",
		value: func(r reading) float64 { return float64(r.Records) }},
	{subsystem: "records", name: "skipped_total", help: "Records that the mapping skips.",
		value: func(r reading) float64 { return float64(r.Skipped) }},
	{subsystem: "records", name: "not_http_total", help: "Records that are not HTTP, which mapping auto ignores.",
		value: func(r reading) float64 { return float64(r.NotHTTP) }},
	{subsystem: "records", name: "mapped_total", help: "Records that were read as HTTP, by mapping.", label: "mapping",
		causes: func(r reading) map[string]uint64 { return r.Mapped }},
	{subsystem: "records", name: "cut_total", help: "Records with a part that is longer than what is inspected.",
		value: func(r reading) float64 { return float64(r.Cut) }},
	{subsystem: "headers", name: "unread_total", help: "Headers that were not inspected because the log has them in an unknown form.",
		value: func(r reading) float64 { return float64(r.UnreadHeaders) }},
	{subsystem: "screen", name: "records_total", help: "Records cleared by the fast path.",
		value: func(r reading) float64 { return float64(r.Screened) }},
	{subsystem: "screen", name: "verified_total", help: "Cleared records that all rules inspected anyway, to verify the fast path.",
		value: func(r reading) float64 { return float64(r.Verified) }},
	{subsystem: "screen", name: "wrong_total", help: "Verified records about which the fast path was wrong: a defect.",
		value: func(r reading) float64 { return float64(r.ScreenWrong) }},
	{subsystem: "rules", name: "panics_total", help: "Rules left out for a record because the rules engine failed on them.",
		value: func(r reading) float64 { return float64(r.RulePanics) }},
	{subsystem: "alerts", name: "total", help: "Alerts made.",
		value: func(r reading) float64 { return float64(r.Alerts) }},
	{subsystem: "alerts", name: "by_rule_total", help: "Alerts made, by rule_id; after 100 different ones, the rest is counted as other.", label: "rule",
		causes: func(r reading) map[string]uint64 { return r.AlertsByRule }},
	{subsystem: "alerts", name: "by_category_total", help: "Alerts made, by the kind of attack.", label: "category",
		causes: func(r reading) map[string]uint64 { return r.AlertsByCategory }},
	{subsystem: "alerts", name: "by_outcome_total", help: "Alerts made, by outcome of the attack.", label: "outcome",
		causes: func(r reading) map[string]uint64 { return r.AlertsByOutcome }},
	{subsystem: "alerts", name: "by_service_total", help: "Alerts made, by the workload, host or address that was attacked; after 100 different ones, the rest is counted as other.", label: "service",
		causes: func(r reading) map[string]uint64 { return r.AlertsByService }},
	{subsystem: "alerts", name: "lost_total", help: "Alerts that could not be emitted.",
		value: func(r reading) float64 { return float64(r.lost) }},
	{subsystem: "alerts", name: "waiting", help: "Alerts waiting to be emitted.", gauge: true,
		value: func(r reading) float64 { return float64(r.waiting) }},
	{subsystem: "below_confidence", name: "total", help: "Matches in records without enough evidence to alarm, by rule.", label: "rule",
		causes: func(r reading) map[string]uint64 { return r.BelowConfidence }},
	{subsystem: "habit", name: "places", help: "Rules and places where a match is no evidence, because many clients cause it there every day and succeed; shared by instances.", gauge: true,
		value: func(r reading) float64 { return float64(r.Habits) }},
	{subsystem: "habit", name: "records_total", help: "Records that do not alarm because of habit.",
		value: func(r reading) float64 { return float64(r.Habitual) }},
	{subsystem: "incidents", name: "messages_total", help: "Messages about incidents.",
		value: func(r reading) float64 { return float64(r.Told) }},
	{subsystem: "incidents", name: "open", help: "Open incidents; instances share them.", gauge: true,
		value: func(r reading) float64 { return float64(r.Incidents) }},
	{subsystem: "behavior", name: "alerts_total", help: "Alerts made by detectors.",
		value: func(r reading) float64 { return float64(r.Found) }},
	{subsystem: "behavior", name: "keys", help: "Keys that the detectors remember; instances with the same detectors share them.", gauge: true,
		value: func(r reading) float64 { return float64(r.Keys) }},
	{subsystem: "behavior", name: "evicted_total", help: "Keys that the detectors dropped to make room for others.",
		value: func(r reading) float64 { return float64(r.Evicted) }},
	{subsystem: "memory", name: "evicted_total", help: "Paths, clients, endpoints and other things learned that were dropped to make room for others; instances share them.",
		value: func(r reading) float64 { return float64(r.Forgotten) }},
	{subsystem: "detector", name: "learning", help: "Detectors that are still learning what is usual, and silent until then; instances share them.", gauge: true,
		value: func(r reading) float64 { return float64(r.Learning) }},
	{subsystem: "errors", name: "total", help: "Records that passed uninspected and chunks that passed unannotated, by cause.",
		causes: func(r reading) map[string]uint64 { return r.Errors }},
	{subsystem: "inspection", name: "seconds_total", help: "Time spent inspecting records, summed over workers.",
		value: func(r reading) float64 { return r.InspectionSeconds }},
	{subsystem: "busy", name: "seconds_total", help: "Seconds that inputs were blocked by the filter.",
		value: func(r reading) float64 { return r.BusySeconds }},
	{subsystem: "runtime", name: "goroutines", help: "Goroutines of the whole process, the same for all its instances.", gauge: true,
		value: func(reading) float64 { return float64(runtime.NumGoroutine()) }},
}
