package e2e

import (
	"encoding/json"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/internal/fluentconf"
	"github.com/modsecurity-for-anylog/msa/pipeline"
	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// kafkaKeys are the properties of Fluent Bit's kafka input and output in 5.0's manual that examples may use.
var kafkaKeys = []string{"name", "match", "tag", "storage.type", "brokers", "topics", "group_id", "client_id", "format", "message_key_field", "timestamp_key"}

// Without Fluent Bit: the filters of each example have valid properties, and find the attack and nothing else in the
// record that the inputs make of what is sent. Alerts have a tag that an output takes.
func TestFiltersOfExamples(t *testing.T) {
	t.Chdir(rig.Root())
	engines := &pipeline.Engines{}
	for name, probes := range examples(t) {
		if strings.HasSuffix(name, ".sh") {
			continue // TestExamples runs it
		}
		t.Run(name, func(t *testing.T) {
			state := t.TempDir()
			sections, err := fluentconf.Parse(strings.ReplaceAll(exampleText(t, name), "/var/lib/msa", state))
			if err != nil {
				t.Fatal(err)
			}
			var filters []exampleFilter
			for _, s := range sections {
				switch s.Get("name") {
				case "msa":
					filters = append(filters, newExampleFilter(t, s, sections, engines))
				case "kafka":
					for key := range s.Keys {
						if !slices.Contains(kafkaKeys, key) {
							t.Errorf("%s kafka: %s is not a known property", s.Kind, key)
						}
					}
				}
			}
			for _, p := range probes {
				if !slices.ContainsFunc(sections, func(s fluentconf.Section) bool { return s.Kind == "input" && fluentconf.Match(s.Get("tag"), p.tag) }) {
					t.Errorf("no input has the tag %s", p.tag)
				}
				var found strings.Builder
				for _, f := range filters {
					if fluentconf.Match(f.match, p.tag) {
						f.process(t, p, &found)
					}
				}
				for _, want := range p.want {
					if !strings.Contains(found.String(), want) {
						t.Errorf("no %s in the alerts of %s\n%s", want, p.attack, found.String())
					}
				}
				if strings.Contains(found.String(), "harmless") {
					t.Errorf("an alert of what is harmless: %s", found.String())
				}
			}
		})
	}
}

type exampleFilter struct {
	match, annotate string
	pipeline        *pipeline.Pipeline
	outputs         []string // what they match
	isOutput        bool     // and so delivers its alerts itself
}

func newExampleFilter(t *testing.T, s fluentconf.Section, all []fluentconf.Section, engines *pipeline.Engines) exampleFilter {
	t.Helper()
	known := []string{"name", "match", "alias"}
	if s.Kind == "output" {
		known = append(known, "forward_to", "retry_limit")
	}
	for _, p := range pipeline.Properties() {
		known = append(known, p.Name)
	}
	for key := range s.Keys {
		if !slices.Contains(known, key) {
			t.Errorf("msa has no property %q", key)
		}
	}
	config, err := pipeline.ParseConfig(func(name string) []string { return s.Keys[name] })
	if err != nil {
		t.Fatal(err)
	}
	p, err := pipeline.New(config, engines, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	f := exampleFilter{match: s.Get("match"), annotate: config.Annotate, pipeline: p, isOutput: s.Kind == "output"}
	for _, o := range all {
		if o.Kind == "output" {
			f.outputs = append(f.outputs, o.Get("match"))
		}
	}
	return f
}

// process writes the alerts of a probe's records, and the records that are annotated as attacks. The attack comes often,
// as detectors want it.
func (f exampleFilter) process(t *testing.T, p probe, found *strings.Builder) {
	t.Helper()
	chunk := p.event(t, p.harmless)
	for range 8 {
		chunk = append(chunk, p.event(t, p.attack)...)
	}
	result := f.pipeline.Process(p.tag, chunk)
	for _, a := range slices.Concat(result.Alerts, f.pipeline.Finish().Alerts) {
		if !f.isOutput && !slices.ContainsFunc(f.outputs, func(match string) bool { return fluentconf.Match(match, a.Tag) }) {
			t.Errorf("no output for the alerts' tag %s", a.Tag)
		}
		for _, record := range recordsOf(t, a.Events) {
			writeJSON(t, found, record)
		}
	}
	for _, record := range recordsOf(t, result.Chunk) {
		if _, isDivided := record["msa_shard"]; isDivided {
			writeJSON(t, found, record)
		}
		if verdict, ok := record[f.annotate].(map[string]any); ok && verdict["alert"] == "true" {
			writeJSON(t, found, record)
		}
	}
}

// recordsOf are those of events.
func recordsOf(t *testing.T, events []byte) []map[string]any {
	t.Helper()
	var all []map[string]any
	for len(events) > 0 {
		var record map[string]any
		_, rest, err := msgp.ReadArrayHeaderBytes(events)
		if err == nil {
			rest, err = msgp.Skip(rest)
		}
		if err == nil {
			record, rest, err = msgp.ReadMapStrIntfBytes(rest, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		all, events = append(all, record), rest
	}
	return all
}

// writeJSON writes a record as outputs do, who leave & and < as they are.
func writeJSON(t *testing.T, w io.Writer, record map[string]any) {
	t.Helper()
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if err := e.Encode(record); err != nil {
		t.Fatal(err)
	}
}
