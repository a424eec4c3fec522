package pipeline

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/internal/state"
)

// incidents reads what is told of them.
func incidents(t *testing.T, runs []Alerts) []map[string]any {
	t.Helper()
	for _, run := range runs {
		if run.Tag != "msa.incident" {
			t.Errorf("incidents are told under %s", run.Tag)
		}
	}
	return read(t, Result{Alerts: runs, Records: make([]int, count(runs))})
}

func count(runs []Alerts) (n int) {
	for _, run := range runs {
		n += run.Count
	}
	return n
}

// unshared is a pipeline that knows of no incidents but those of engines, which may be nil. It is to be closed.
func unshared(t testing.TB, engines *Engines, properties ...string) *Pipeline {
	t.Helper()
	cfg, err := ParseConfig(given(properties...))
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(cfg, engines, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// campaign is a chunk of attacks of one client.
func campaign(t *testing.T, n int) (chunk []byte) {
	t.Helper()
	for i := range n {
		chunk = append(chunk, newEvent(uint32(1000+i/10), request(t, fmt.Sprintf("/?t=../../etc/passwd%d", i)))...)
	}
	return chunk
}

// A burst of one client gives a handful of messages, the first with the first alert, and each alert says which incident it
// is part of.
func TestBurst(t *testing.T) {
	for _, f := range alert.Formats() {
		p := unshared(t, nil, "mapping=nano", "alert_format="+f)
		defer p.Close()
		first := p.Process("t", newEvent(1000, request(t, "/?t=../../etc/passwd")))
		if n := count(first.Incidents); n != 1 {
			t.Errorf("%s: %d messages with the first alert", f, n)
		}
		r := p.Process("t", campaign(t, 1000))
		told := append(incidents(t, r.Incidents), incidents(t, p.Finish().Incidents)...)
		if len(told) == 0 || len(told) > 4 {
			t.Errorf("%s: %d messages of 1,000 alerts", f, len(told))
		}
		id := []byte(nil)
		if f == string(alert.MSA) {
			id = []byte(told[0]["incident_id"].(string))
		}
		alerts := slices.Concat(first.Alerts[0].Events, r.Alerts[0].Events)
		if n := bytes.Count(alerts, id); f == string(alert.MSA) && n != 2*count(r.Alerts)+2 {
			t.Errorf("%d times its id in %d alerts", n, count(r.Alerts)+1)
		}
		if bytes.Contains(alerts, []byte(alert.Pending)) {
			t.Errorf("%s: an alert has no incident", f)
		}
	}
}

// The same records give the same incidents, with any number of workers and in any chunks, and what detectors find is part of
// them.
func TestIncidentsAreDeterministic(t *testing.T) {
	run := func(workers, size int) (all []string) {
		file := filepath.Join(t.TempDir(), "detectors.yaml") // those of one file go on with what they know
		if err := os.WriteFile(file, []byte(guessing), 0o600); err != nil {
			t.Fatal(err)
		}
		p := unshared(t, nil, "mapping=nano", "behavior="+file, fmt.Sprint("workers=", workers))
		defer p.Close()
		var records [][]byte
		for i := range 400 {
			records = append(records, newEvent(uint32(1000+i*11), jsonRecord(t, fmt.Sprintf(
				`{"SRC_IP":"10.0.0.%d","DST_IP":"10.0.0.%d","METHOD":"GET","URL":"/x?t=../../etc/passwd","RETCODE":"%d","DOMAIN":"s%d"}`,
				i*i%7, i%5, []int{200, 401, 200, 404}[i%4], i%3))))
		}
		for chunk := range slices.Chunk(records, size) {
			r := p.Process("t", slices.Concat(chunk...))
			for _, a := range append(read(t, r), incidents(t, r.Incidents)...) {
				all = append(all, fmt.Sprint(a["incident_id"], a["id"], a["text"], a["log"]))
			}
		}
		for _, a := range incidents(t, p.Finish().Incidents) {
			all = append(all, fmt.Sprint(a["incident_id"], a["text"]))
		}
		slices.Sort(all)
		return all
	}
	want := run(1, 1)
	if len(want) < 400 {
		t.Fatalf("%d alerts and incidents", len(want))
	}
	for _, c := range [][2]int{{1, 400}, {2, 37}, {8, 400}} {
		if got := run(c[0], c[1]); !slices.Equal(got, want) {
			t.Errorf("%d workers, chunks of %d: %d alerts and incidents that differ", c[0], c[1], len(got))
		}
	}
}

// alert_per incident gives nothing else; incident_tag off gives none, and no ids.
func TestIncidentsAloneOrNot(t *testing.T) {
	p := unshared(t, nil, "mapping=nano", "alert_per=incident")
	defer p.Close()
	r := p.Process("t", campaign(t, 50))
	if count(r.Alerts) != 0 || len(r.Records) != 0 || count(r.Incidents) == 0 {
		t.Errorf("alert_per incident gives %d alerts and %d incidents", count(r.Alerts), count(r.Incidents))
	}
	p = unshared(t, nil, "mapping=nano", "incident_tag=off")
	defer p.Close()
	r = p.Process("t", campaign(t, 50))
	if all := read(t, r); len(all) != 50 || all[0]["incident_id"] != nil || count(r.Incidents) != 0 || len(p.Finish().Incidents) != 0 {
		t.Errorf("incident_tag off gives %d alerts, the first of %v, and %d incidents", len(all), all[0]["incident_id"], count(r.Incidents))
	}
	if _, err := ParseConfig(given("alert_per=incident", "incident_tag=off")); err == nil {
		t.Error("nothing at all is left, and that is right")
	}
}

// A restart goes on with the incidents that a file keeps, and a reload with those that are open.
func TestIncidentsGoOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	var shared Engines
	id := func(p *Pipeline) string {
		t.Helper()
		all := read(t, p.Process("t", campaign(t, 1)))
		return all[0]["incident_id"].(string)
	}
	for name, c := range map[string]struct {
		engines    *Engines
		properties []string
		same       bool
	}{
		"restart":              {nil, []string{"state_path=" + path}, true},
		"restart, no state":    {nil, nil, false},
		"reload":               {&shared, nil, true},
		"reload, other format": {&shared, []string{"alert_text_key=message"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			open := func() *Pipeline {
				return unshared(t, c.engines, slices.Concat(c.properties, []string{"mapping=nano", "behavior=off"})...)
			}
			a := open()
			before := id(a)
			r := a.Process("t", newEvent(1100, jsonRecord(t, `{"SRC_IP":"10.9.9.9","DST_IP":"10.0.0.2","METHOD":"GET","URL":"/?t=../../etc/passwd"}`)))
			other := read(t, r)[0]["incident_id"].(string)
			if other == before {
				t.Fatal("two clients are one incident")
			}
			a.Close()
			b := open()
			defer b.Close()
			r = b.Process("t", newEvent(1101, jsonRecord(t, `{"SRC_IP":"10.9.9.9","DST_IP":"10.0.0.2","METHOD":"GET","URL":"/?t=../../etc/passwd"}`)))
			if after := read(t, r)[0]["incident_id"]; (after == other) != c.same {
				t.Errorf("the incident was %s and is %s", other, after)
			}
		})
	}
}

// BenchmarkIncidents is what incidents cost for a record that alarms, beside all else: compare with incident_tag=off.
func BenchmarkIncidents(b *testing.B) {
	for _, tag := range []string{"msa.incident", "off"} {
		b.Run(tag, func(b *testing.B) {
			p := unshared(b, nil, "mapping=nano", "workers=1", "incident_tag="+tag)
			defer p.Close()
			chunk := newEvent(1000, request(b, "/?t=../../etc/passwd"))
			var all []byte
			for range 100 {
				all = append(all, chunk...)
			}
			for b.Loop() {
				p.Process("t", all)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/record")
		})
	}
}

// Whoever examines is told of the state of each part that a start could not go on with, and none is renamed.
func TestExamineSaysWhatIsDamaged(t *testing.T) {
	type endpoint struct{ Longest int }
	type memory struct {
		Endpoints struct {
			Keys   []uint64
			Used   []int64
			Values []endpoint
		}
	}
	var m memory
	m.Endpoints.Keys, m.Endpoints.Used, m.Endpoints.Values = []uint64{1, 2}, []int64{1, 1}, []endpoint{{-1}, {100}}
	negative, err := state.Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		section string
		value   []byte
		want    string
	}{
		{"/memory", []byte("damaged"), "MSA would rename it"},
		{"/shared", []byte("damaged"), "MSA would rename it"},
		{"/incidents", []byte("damaged"), "MSA would rename it"},
		{"/memory", negative, "starting without 1 values that can't be"},
	} {
		path := filepath.Join(t.TempDir(), "state")
		if err := state.At(path).Change(func(all state.Sections) { all[c.section] = c.value }); err != nil {
			t.Fatal(err)
		}
		cfg, err := ParseConfig(given("behavior=default", "incident_tag=msa.incident", "state_path="+path))
		if err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		p, err := Examine(cfg, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		p.Close()
		if !strings.Contains(log.String(), c.want) {
			t.Errorf("%s: logged %s", c.section, log.String())
		}
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}
