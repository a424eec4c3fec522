package monitoring

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/internal/event"
	"github.com/modsecurity-for-anylog/msa/pipeline"
)

// attack is the record of an attack, one of many of a client.
func attack(t *testing.T, client string, n int) string {
	t.Helper()
	return strings.NewReplacer("192.168.1.105", client, "/?t=", fmt.Sprintf("/?n=%d&t=", n)).
		Replace(strings.TrimSpace(read(t, "test", "testdata", "nano-attack.json")))
}

// alerts are those of a client's attacks, in a format: of the records, and of a detector. The process remembers whom
// detectors have seen.
func alerts(t *testing.T, format, client string) []map[string]any {
	t.Helper()
	given := map[string][]string{"alert_format": {format}, "mapping": {"nano"}, "rules": {"crs", "lateral-movement"}}
	config, err := pipeline.ParseConfig(func(name string) []string { return given[name] })
	if err != nil {
		t.Fatal(err)
	}
	p, err := pipeline.New(config, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var chunk []byte
	for n := range 30 {
		if chunk, err = event.AppendRecord(chunk, time.Now(), []byte(attack(t, client, n))); err != nil {
			t.Fatal(err)
		}
	}
	var all []map[string]any
	for _, run := range p.Process("nano", chunk).Alerts {
		if err := event.Alerts(run.Events, func(a event.Alert) {
			var one map[string]any
			if err := json.Unmarshal([]byte(a.Text()), &one); err != nil {
				t.Fatal(err)
			}
			all = append(all, one)
		}); err != nil {
			t.Fatal(err)
		}
	}
	if len(all) <= 30 {
		t.Fatalf("%d alerts, none of a detector", len(all))
	}
	return all
}

// has reports whether an alert has a field, a.b in the object a, or as it is.
func has(alert map[string]any, field string) bool {
	if _, ok := alert[field]; ok {
		return true
	}
	first, rest, ok := strings.Cut(field, ".")
	if !ok {
		return false
	}
	inner, ok := alert[first].(map[string]any)
	return ok && has(inner, rest)
}

// What the dashboards ask for is in alerts.
func TestFieldsOfAlerts(t *testing.T) {
	for _, c := range []struct {
		format, client string
		fields         []string
	}{
		{"msa", "10.0.0.1", fieldsOfLoki(t)},
		{"ecs", "10.0.0.2", fieldsOfElasticsearch(t)},
	} {
		all := alerts(t, c.format, c.client)
		for _, field := range c.fields {
			if !slices.ContainsFunc(all, func(a map[string]any) bool { return has(a, field) }) {
				t.Errorf("format %s: no alert has %s", c.format, field)
			}
		}
		if len(c.fields) < 10 {
			t.Errorf("format %s: the dashboard asks for %v only", c.format, c.fields)
		}
	}
}
