package crs

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/pipeline"
	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// tag is that of all records.
const tag = "crs"

// paranoiaLevel is the one that the tests are written for.
const paranoiaLevel = 4

// settingsFile has the other settings that the tests are written for.
func settingsFile() string {
	return filepath.Join(rig.Root(), "test", "crs", "testdata", "regression.conf")
}

// properties are the pipeline's: every match is an alert that names its rules.
func (k Kind) properties() map[string][]string {
	return map[string][]string{
		"mapping":        {k.Preset},
		"rules":          {settingsFile(), "crs"}, // settings first, as CRS's own come in its first phase
		"paranoia_level": {strconv.Itoa(paranoiaLevel)},
		"alert_when":     {"match"},
		"alert_text_key": {"off"},
		"include_bodies": {"off"},
		"behavior":       {"off"},
	}
}

// Available reports whether the preset of the kind exists.
func (k Kind) Available() bool { return slices.Contains(mapping.PresetNames(), k.Preset) }

// Run inspects the records of all stages in one pipeline and judges them. The results
// are in the stages' order.
func (k Kind) Run(stages []Stage) ([]Result, error) {
	values := k.properties()
	cfg, err := pipeline.ParseConfig(func(name string) []string { return values[name] })
	if err != nil {
		return nil, err
	}
	m, err := mapping.Load(k.Preset)
	if err != nil {
		return nil, err
	}
	p, err := pipeline.New(cfg, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	defer p.Close()

	results := make([]Result, len(stages))
	var chunk []byte
	var unmapped uint64
	var tx mapping.Transaction
	for i := range stages {
		results[i].Stage = &stages[i]
		record := k.Record(Respond(&stages[i]))
		chunk = appendEvent(chunk, record)
		// The pipeline counts what it could not inspect, but does not name it.
		if results[i].Err = m.Map(tag, record, &tx); results[i].Err != nil {
			unmapped++
		}
	}
	if err := addAlerts(results, p.Process(tag, chunk)); err != nil {
		return nil, err
	}
	s := p.Snapshot()
	passed := s.Skipped
	for _, n := range s.Errors {
		passed += n
	}
	if s.Records != uint64(len(stages)) || passed != unmapped {
		return nil, fmt.Errorf("of %d records %d were read, %d of them skipped, and not inspected: %v", len(stages), s.Records, s.Skipped, s.Errors)
	}
	if err := k.addLogs(results, m, cfg.Engine); err != nil {
		return nil, err
	}
	for i := range results {
		results[i].judge()
	}
	return results, nil
}

// appendEvent adds a record to a chunk in the form of Fluent Bit 2.1 and later:
// [[time, metadata], record].
func appendEvent(chunk, record []byte) []byte {
	chunk = msgp.AppendArrayHeader(chunk, 2)
	chunk = msgp.AppendArrayHeader(chunk, 2)
	chunk = msgp.AppendInt(chunk, unixTime)
	chunk = msgp.AppendMapHeader(chunk, 0)
	return append(chunk, record...)
}

// addAlerts reads from the alerts which rules matched on which record.
func addAlerts(results []Result, r pipeline.Result) error {
	n := 0
	for _, run := range r.Alerts {
		for b := run.Events; len(b) > 0; n++ {
			var err error
			if results[r.Records[n]].IDs, b, err = readAlert(b); err != nil {
				return fmt.Errorf("cannot read alert %d: %w", n, err)
			}
		}
	}
	if n != len(r.Records) {
		return fmt.Errorf("%d alerts for %d records", n, len(r.Records))
	}
	return nil
}

func readAlert(b []byte) (ids []int, rest []byte, err error) {
	event, rest, err := msgp.ReadIntfBytes(b)
	if err != nil {
		return nil, b, err
	}
	pair, ok := event.([]any)
	if !ok || len(pair) != 2 {
		return nil, rest, errors.New("it is not an event")
	}
	body, _ := pair[1].(map[string]any)
	rules, _ := body["rules"].([]any)
	for _, rule := range rules {
		m, _ := rule.(map[string]any)
		id, ok := m["id"].(int64)
		if !ok {
			return nil, rest, fmt.Errorf("a rule's id is %v", m["id"])
		}
		ids = append(ids, int(id))
	}
	if len(ids) == 0 {
		return nil, rest, errors.New("it names no rule")
	}
	return ids, rest, nil
}

// addLogs gives the few stages that look for a pattern what the rules log, which
// alerts do not carry whole.
func (k Kind) addLogs(results []Result, m *mapping.Set, cfg engine.Config) error {
	var e *engine.Engine
	for i := range results {
		r := &results[i]
		if r.Expect.Match == nil && r.Expect.NotMatch == nil || r.Err != nil {
			continue
		}
		if e == nil {
			var err error
			if e, err = engine.New(cfg); err != nil {
				return err
			}
			defer func() { _ = e.Close() }() // frees memory only
		}
		var tx mapping.Transaction
		if err := m.Map(tag, k.Record(Respond(r.Stage)), &tx); err != nil {
			return err
		}
		v, err := e.Inspect(&tx)
		if err != nil {
			return err
		}
		for _, m := range v.Matches {
			r.Log = append(r.Log, fmt.Sprintf("%s [id \"%d\"] [msg %q] [data %q]", m.Message, m.RuleID, m.Message, m.Data))
		}
	}
	return nil
}

// parallel calls work for 0 to n-1, on as many cores as there are.
func parallel(n int, work func(int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				work(int(i))
			}
		})
	}
	wg.Wait()
}
