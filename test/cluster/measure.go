package cluster

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/pipeline"
	"github.com/modsecurity-for-anylog/msa/test/score"
)

// Result is what a pipeline says of the cluster.
type Result struct {
	Records  int
	Hours    float64 // in which there may be alerts
	Stages   []Stage
	Found    map[string]map[string]int // by stage, what found it
	False    map[string]int            // alerts by detector or rule
	Cases    map[string]int            // of them different ones in a day: those of one source by one detector
	Examples []string

	seed uint64
}

// alarm is what is read of an alert.
type alarm struct {
	Rule     string `json:"rule_id"`
	Detector string `json:"detector"`
	Time     string `json:"time"`
	Client   string `json:"src_ip"`
	Evidence string `json:"evidence"`
	URL      string `json:"url"`
	Message  string `json:"msg"`
	Rules    []struct {
		Value string `json:"value"`
	} `json:"rules"`
}

func (a *alarm) by() string {
	if a.Detector != "" {
		return a.Detector
	}
	return a.Rule
}

// Measure lets a pipeline with MSA's own rules and detectors read all records, and compares what it says with the truth. Extra properties are
// name=value.
func Measure(o Options, properties ...string) (*Result, error) {
	values := map[string][]string{"mapping": {"nano"}, "rules": {"crs,lateral-movement,sensitive-data"}, "behavior": {"default"}, "min_severity": {"notice"}}
	for _, p := range properties {
		name, value, _ := strings.Cut(p, "=")
		values[name] = []string{value}
	}
	cfg, err := pipeline.ParseConfig(func(name string) []string { return values[name] })
	if err != nil {
		return nil, err
	}
	p, err := pipeline.New(cfg, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	defer p.Close()
	g := New(o)
	m := &Result{seed: o.Seed, Hours: float64(o.Hours - 24), Stages: g.Stages(), Found: map[string]map[string]int{}, False: map[string]int{}, Cases: map[string]int{}}
	cases := map[string]bool{}
	var chunk []byte
	var records []Record
	flush := func() error {
		result := p.Process("nano", chunk)
		n := 0
		for _, alerts := range result.Alerts {
			for rest := alerts.Events; len(rest) > 0; n++ {
				a, left, err := readAlarm(rest)
				if err != nil {
					return err
				}
				rest = left
				m.judge(a, &records[result.Records[n]], cases)
			}
		}
		chunk, records = nil, records[:0]
		return nil
	}
	for {
		r, ok := g.Next()
		if !ok {
			break
		}
		if chunk, err = appendEvent(chunk, &r); err != nil {
			return nil, err
		}
		m.Records++
		if records = append(records, r); len(records) == 1000 {
			if err := flush(); err != nil {
				return nil, err
			}
		}
	}
	return m, flush()
}

func appendEvent(chunk []byte, r *Record) ([]byte, error) {
	body, _, err := mapping.AppendJSON(nil, r.JSON())
	if err != nil {
		return nil, err
	}
	chunk = msgp.AppendArrayHeader(chunk, 2)
	chunk = msgp.AppendInt64(chunk, r.Time.Unix())
	return append(chunk, body...), nil
}

func readAlarm(event []byte) (a alarm, rest []byte, err error) {
	var v any
	if v, rest, err = msgp.ReadIntfBytes(event); err != nil {
		return a, nil, err
	}
	parts, ok := v.([]any)
	if !ok || len(parts) != 2 {
		return a, nil, fmt.Errorf("cannot read an alert: it is not an event")
	}
	text, err := json.Marshal(parts[1])
	if err != nil {
		return a, nil, err
	}
	return a, rest, json.Unmarshal(text, &a)
}

// judge gives an alert to the stage that it is of: that of its record, or one that whoever it speaks of has done before.
func (m *Result) judge(a alarm, r *Record, cases map[string]bool) {
	if r.Noise {
		return
	}
	stage := r.Stage
	key := ""
	if len(a.Rules) > 0 {
		key = a.Rules[0].Value
	}
	for i := len(m.Stages) - 1; i >= 0 && stage == ""; i-- {
		s := &m.Stages[i]
		if s.Start.After(r.Time) || r.Time.Sub(s.Start) > 8*time.Hour {
			continue
		}
		if slices.ContainsFunc(s.Actors, func(who string) bool { return a.Detector != "" && strings.Contains(key+" ", "="+who+" ") }) {
			stage = s.Name
		}
	}
	if stage != "" {
		if m.Found[stage] == nil {
			m.Found[stage] = map[string]int{}
		}
		m.Found[stage][a.by()]++
		return
	}
	m.False[a.by()]++
	one := a.by() + " " + r.Time.Format(time.DateOnly) + " " + r.Client
	if a.Detector != "" {
		one = a.by() + " " + r.Time.Format(time.DateOnly) + " " + key
	}
	if !cases[one] {
		cases[one] = true
		m.Cases[a.by()]++
	}
	if len(m.Examples) < 200 {
		m.Examples = append(m.Examples, fmt.Sprintf("%s %s %s %s %s %s %d %s %s", r.Time.Format(time.DateTime), a.by(), key, r.Client, r.Host, r.URL, r.Status, a.Evidence, a.Message))
	}
}

// Score is the result in short.
func (m *Result) Score() *score.Score {
	all := &score.Score{Name: fmt.Sprintf("cluster, %.0f hours, of which a day is for learning, seed %d", m.Hours+24, m.seed), Hours: m.Hours, Found: m.Found, False: m.False, Cases: m.Cases}
	for _, s := range m.Stages {
		if s.Records > 0 {
			all.Stages = append(all.Stages, s.Name)
		}
	}
	return all
}

// Write prints the result as a table.
func (m *Result) Write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range m.Stages {
		if s.Records == 0 {
			continue
		}
		var by []string
		for name, n := range m.Found[s.Name] {
			by = append(by, fmt.Sprintf("%s %d", name, n))
		}
		slices.Sort(by)
		if len(by) == 0 {
			by = []string{"NOT FOUND"}
		}
		_, _ = fmt.Fprintf(t, "%s\t%s\t%d records\t%s\n", s.Start.Format("02 15:04"), s.Name, s.Records, strings.Join(by, ", "))
	}
	_, _ = fmt.Fprintf(t, "\n%d records\n", m.Records)
	if err := t.Flush(); err != nil {
		return err
	}
	return m.Score().Write(w)
}
