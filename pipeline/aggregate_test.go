package pipeline

import (
	"bytes"
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/modsecurity-for-anylog/msa/test/intrusion"
)

// ofClients are MSA's detectors but for those that need all records of a service, or all attacks, at one place.
const ofClients = `include: default
detectors:
  - {name: login-spraying, id: 9702004, type: logins, key: [service], count: 200, window: 5m, disabled: true}
  - {name: account-guessing, id: 9702005, type: logins, key: [user], count: 50, window: 1h, disabled: true}
  - {name: pivot, id: 9702040, type: pivot, window: 1h, disabled: true}
`

// host is a pipeline that shares nothing with others, as one of another process.
func host(t *testing.T, properties ...string) *Pipeline {
	t.Helper()
	file := filepath.Join(t.TempDir(), "detectors.yaml")
	if err := os.WriteFile(file, []byte(ofClients), 0o600); err != nil {
		t.Fatal(err)
	}
	p := unshared(t, nil, append([]string{"mapping=nano", "rules=crs,lateral-movement,sensitive-data", "behavior=" + file}, properties...)...)
	t.Cleanup(p.Close)
	return p
}

// stories are what is told of incidents at last, and whose part alerts are.
func stories(t *testing.T, alerts []Alerts, told []Alerts) (all map[string]string, incidentOf map[string]string) {
	t.Helper()
	all, incidentOf = map[string]string{}, map[string]string{}
	for _, m := range incidents(t, told) {
		all[fmt.Sprint(m["incident_id"])] = fmt.Sprint(m["event"], m["key"], m["actors"], m["text"], m["targets"], m["hops"], m["samples"], m["joined"], m["follows"], m["data"])
	}
	for _, a := range read(t, Result{Alerts: alerts, Records: make([]int, count(alerts))}) {
		incidentOf[fmt.Sprint(a["id"])] = fmt.Sprint(a["incident_id"])
	}
	return all, incidentOf
}

// Two instances, each of which sees the records of its clients, and one that sees their alerts tell of the incidents of which
// one instance tells that sees all records: whatever the order in which the alerts of the two come within half a minute.
func TestAggregatedIncidents(t *testing.T) {
	var whole Result
	// What a server asks for because an attack told it to needs the records of both.
	one, shards := host(t, "exclude=called-back"), []*Pipeline{host(t, "incident_tag=off"), host(t, "incident_tag=off")}
	type sent struct {
		arrives time.Time
		from    int
		event   []byte
	}
	var arrivals []sent
	rng := rand.New(rand.NewPCG(1, 2))
	process := func(p *Pipeline, r *Result, chunk []byte) {
		got := p.Process("nano", chunk)
		r.Alerts, r.Incidents = append(r.Alerts, got.Alerts...), append(r.Incidents, got.Incidents...)
	}
	late := [2]time.Time{}
	g := intrusion.New(intrusion.Options{Seed: 5, RecordsPerHour: 3000, Intrusion: true})
	for e, ok := g.Next(); ok; e, ok = g.Next() {
		event := newEvent(uint32(e.Time.Unix()), jsonRecord(t, string(e.AppendNano(nil))))
		process(one, &whole, event)
		n := jump(xxhash.Sum64String(e.Client.Addr().String()), 2)
		var part Result
		process(shards[n], &part, event)
		for _, run := range part.Alerts {
			for rest := run.Events; len(rest) > 0; {
				a, left, err := readEvent(rest)
				if err != nil {
					t.Fatal(err)
				}
				// Those of one instance stay in order.
				late[n] = e.Time.Add(time.Duration(rng.IntN(20_000)) * time.Millisecond).Truncate(time.Millisecond)
				if k := len(arrivals); k > 0 && arrivals[k-1].from == n && late[n].Before(arrivals[k-1].arrives) {
					late[n] = arrivals[k-1].arrives
				}
				arrivals = append(arrivals, sent{late[n], n, bytes.Clone(a.raw)})
				rest = left
			}
		}
	}
	for range 3600 / 5 { // and, as of an input dummy, something that says what time it is
		at := arrivals[0].arrives.Add(time.Duration(rng.IntN(3600)) * time.Second)
		arrivals = append(arrivals, sent{at, 2, newEvent(uint32(at.Unix()), []byte{0x80})})
	}
	slices.SortStableFunc(arrivals, func(a, b sent) int { return cmp.Compare(a.arrives.UnixMilli(), b.arrives.UnixMilli()) })

	all := host(t, "incidents_from=alerts")
	var aggregated Result
	for _, a := range arrivals {
		got := all.Process("from.msa.alert", a.event)
		aggregated.Alerts, aggregated.Incidents = append(aggregated.Alerts, got.Alerts...), append(aggregated.Incidents, got.Incidents...)
	}
	for p, r := range map[*Pipeline]*Result{one: &whole, all: &aggregated} {
		end := p.Finish()
		r.Alerts, r.Incidents = append(r.Alerts, end.Alerts...), append(r.Incidents, end.Incidents...)
	}

	wantStories, wantIDs := stories(t, whole.Alerts, whole.Incidents)
	gotStories, gotIDs := stories(t, aggregated.Alerts, aggregated.Incidents)
	if len(wantStories) < 2 || len(wantIDs) < 100 {
		t.Fatalf("one instance has %d incidents, %d alerts", len(wantStories), len(wantIDs))
	}
	for id, want := range wantStories {
		if got := gotStories[id]; got != want {
			t.Errorf("incident %s is\n%s\nand of one instance\n%s", id, got, want)
		}
	}
	if len(gotStories) != len(wantStories) || !maps.Equal(gotIDs, wantIDs) {
		t.Errorf("%d incidents of %d alerts, and of one instance %d of %d", len(gotStories), len(gotIDs), len(wantStories), len(wantIDs))
	}
	t.Logf("%d incidents of %d alerts", len(wantStories), len(wantIDs))
}

// An alert waits for those of others by the records' time, by the host's if that stops, and no longer than the pipeline lives.
func TestAlertsWait(t *testing.T) {
	maker := host(t, "incident_tag=off")
	alerts := func(second uint32) []byte {
		r := maker.Process("nano", newEvent(second, request(t, fmt.Sprintf("/?t=../../etc/passwd&n=%d", second))))
		return r.Alerts[0].Events
	}
	counts := func(r Result) [2]int { return [2]int{count(r.Alerts), count(r.Incidents)} }
	p := host(t, "incidents_from=alerts")
	for _, step := range []struct {
		name  string
		event []byte
		want  [2]int // alerts, messages
	}{
		{"first", alerts(1000), [2]int{}},
		{"29 s later, which lets it wait", newEvent(1029, []byte{0x80}), [2]int{}},
		{"half a minute later", newEvent(1030, []byte{0x80}), [2]int{1, 1}},
		{"one before it", alerts(1010), [2]int{}},
		{"and one before that", alerts(1005), [2]int{}},
		{"both are due", newEvent(1040, []byte{0x80}), [2]int{2, 0}},
		{"last", alerts(1050), [2]int{}},
	} {
		if got := counts(p.Process("from.msa.alert", step.event)); got != step.want {
			t.Errorf("%s: %v, want %v", step.name, got, step.want)
		}
	}
	if got := counts(p.Overdue(time.Now().Add(20 * time.Second))); got != [2]int{} {
		t.Errorf("before it is overdue: %v", got)
	}
	successor := host(t, "incidents_from=alerts")
	successor.TakeOver(p)
	if got := counts(p.Overdue(time.Now().Add(time.Minute))); got != [2]int{} {
		t.Errorf("what was taken over comes twice: %v", got)
	}
	if got := counts(successor.Overdue(time.Now().Add(time.Minute))); got[0] != 1 {
		t.Errorf("when it is overdue: %v", got)
	}
	successor.Process("from.msa.alert", alerts(1060))
	if got := counts(successor.Finish()); got[0] != 1 || got[1] != 1 {
		t.Errorf("at the end: %v", got)
	}
}

// Alerts that wait are bounded by their bytes, too: attackers choose how long they are.
func TestAlertsThatWaitAreBounded(t *testing.T) {
	maker, p := host(t, "incident_tag=off"), host(t, "incidents_from=alerts")
	alert := func(second uint32) []byte {
		return maker.Process("nano", newEvent(second, request(t, "/?t=../../etc/passwd"))).Alerts[0].Events
	}
	first := alert(1000)
	p.aggregate.maxBytes = 2*len(first) + len(first)/2
	for i, want := range []int{0, 0, 1, 1} {
		if r := p.Process("from.msa.alert", alert(1000+uint32(i))); count(r.Alerts) != want {
			t.Errorf("with alert %d, %d go on, want %d", i+1, count(r.Alerts), want)
		}
	}
	if n := count(p.Finish().Alerts); n != 2 || p.aggregate.bytes != 0 {
		t.Errorf("%d waited, and %d bytes are left", n, p.aggregate.bytes)
	}
}

// What is no alert is counted and said, but for what only says what time it is; an alert that was sent on goes on alone.
func TestOtherRecordsThanAlerts(t *testing.T) {
	var log bytes.Buffer
	cfg, err := ParseConfig(given("incidents_from=alerts"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(cfg, nil, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	p.Process("from.msa.alert", newEvent(1000, []byte{0x80}))
	p.Process("from.msa.incident", newEvent(1000, jsonRecord(t, `{"incident_id":"7f","kind":"incident"}`)))
	if s := p.Snapshot(); s.Skipped != 2 || s.Errors["unmapped"] != 0 {
		t.Errorf("a tick and an incident: %+v", s)
	}
	p.Process("nano", newEvent(1000, request(t, "/?t=../../etc/passwd")))
	maker := host(t, "incident_tag=off")
	r := maker.Process("nano", newEvent(1000, request(t, "/?t=../../etc/passwd")))
	p.Process("msa.alert", r.Alerts[0].Events)
	if s := p.Snapshot(); s.Errors["unmapped"] != 2 || count(p.Finish().Alerts) != 0 {
		t.Errorf("a log, and an alert that was sent on: %+v", s)
	}
	if !strings.Contains(log.String(), "no alert in format msa") {
		t.Errorf("the log says %s", &log)
	}
	if _, err := ParseConfig(given("incidents_from=alerts", "incident_tag=off")); err == nil {
		t.Error("neither incidents nor alerts, and that is right")
	}
}

// BenchmarkAggregate is what an alert costs that another instance has made.
func BenchmarkAggregate(b *testing.B) {
	cfg, err := ParseConfig(given("incidents_from=alerts", "workers=1"))
	if err != nil {
		b.Fatal(err)
	}
	p, err := New(cfg, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	maker, _ := newPipeline(b, "incident_tag=off")
	var attacks []byte
	for i := range uint32(1000) {
		attacks = append(attacks, newEvent(1000+i, request(b, fmt.Sprintf("/?t=../../etc/passwd&n=%d", i)))...)
	}
	alerts := maker.Process("nano", attacks).Alerts[0]
	for b.Loop() {
		p.Process("from.msa.alert", alerts.Events)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*alerts.Count), "ns/alert")
}
