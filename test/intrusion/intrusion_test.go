package intrusion

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"maps"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// each gives all events of a generator to a function.
func each(g *Generator, do func(e *Event)) {
	for e, ok := g.Next(); ok; e, ok = g.Next() {
		do(&e)
	}
}

// small is as long as an hour with all that happens in one, and has fewer records.
var small = Options{Seed: 5, RecordsPerHour: 12_000}

func TestSameOptionsSameRecords(t *testing.T) {
	o := small
	o.Intrusion = true
	text := func(o Options) []byte {
		var b []byte
		each(New(o), func(e *Event) { b = append(e.AppendNano(b), '\n') })
		return b
	}
	a, b := text(o), text(o)
	if !bytes.Equal(a, b) {
		t.Error("two generators with the same options make different records")
	}
	o.Seed++
	if bytes.Equal(a, text(o)) {
		t.Error("another seed makes the same records")
	}
}

// TestCounts: the hour has as many records as Options say, in the order of time, within the hour.
func TestCounts(t *testing.T) {
	start := time.Date(2026, 7, 1, 13, 30, 0, 0, time.UTC)
	for name, o := range map[string]Options{
		"default":             {Seed: 1, Start: start},
		"with an intrusion":   {Seed: 2, Start: start, Intrusion: true},
		"few":                 {Seed: 3, Start: start, RecordsPerHour: 40_000},
		"many, half an hour":  {Seed: 4, Start: start, RecordsPerHour: 500_000, Hours: 0.5},
		"few for three hours": {Seed: 5, Start: start, RecordsPerHour: 20_000, Hours: 3, Intrusion: true},
	} {
		t.Run(name, func(t *testing.T) {
			last, normal := start, 0
			hours := o.Hours
			if hours == 0 {
				hours = 1
			}
			end := start.Add(time.Duration(hours * float64(time.Hour)))
			each(New(o), func(e *Event) {
				if e.Time.Before(last) || !e.Time.Before(end) || e.Time.Nanosecond()%int(time.Millisecond) != 0 {
					t.Fatalf("an event at %v comes after %v", e.Time, last)
				}
				last = e.Time
				if e.Stage == "" {
					normal++
				}
			})
			if end.Sub(last) > 10*time.Second {
				t.Errorf("the last event is at %v", last)
			}
			perHour := float64(normal) / hours
			want := float64(o.RecordsPerHour)
			if want == 0 {
				want = defaultRecords
				if normal < 200_000 {
					t.Errorf("only %d normal records", normal)
				}
			}
			if perHour < 0.93*want || perHour > 1.07*want {
				t.Errorf("%.0f normal records an hour, not %.0f", perHour, want)
			}
		})
	}
}

// TestIntruderOnlyAdds: without the intruder's, the records are those of an hour without an intruder.
func TestIntruderOnlyAdds(t *testing.T) {
	with := small
	with.Intrusion = true
	calm := New(small)
	if truth := calm.Truth(); truth.A.IsValid() || truth.Stages != nil {
		t.Errorf("there is no intruder, and the truth is %v", truth)
	}
	var line, want []byte
	stages := map[string]int{}
	each(New(with), func(e *Event) {
		if e.Stage != "" {
			stages[e.Stage]++
			return
		}
		other, ok := calm.Next()
		if !ok || other.Stage != "" {
			t.Fatalf("without an intruder, %q comes: %v", other.Stage, ok)
		}
		line, want = e.AppendNano(line[:0]), other.AppendNano(want[:0])
		if !bytes.Equal(line, want) {
			t.Fatalf("with an intruder:    %s\nwithout an intruder: %s", line, want)
		}
	})
	if e, ok := calm.Next(); ok {
		t.Errorf("without an intruder, there is one more: %s", e.AppendNano(nil))
	}
	if len(stages) != len(Stages) {
		t.Errorf("stages are %v", stages)
	}
}

// TestTruth: the truth is what the events show.
func TestTruth(t *testing.T) {
	for _, o := range []Options{{Seed: 1, RecordsPerHour: 8000}, {Seed: 2, RecordsPerHour: 8000}, {Seed: 3, RecordsPerHour: 3000, Hours: 2}, {Seed: 4, RecordsPerHour: 30_000, Hours: 0.25}} {
		o.Intrusion = true
		g := New(o)
		truth := g.Truth()
		seen := map[string]*Stage{}
		clients, servers := map[string]map[netip.Addr]bool{}, map[string]map[netip.Addr]bool{}
		before, replicas := map[[2]netip.Addr]bool{}, map[netip.Addr]bool{}
		pods := map[string]map[netip.Addr]bool{}
		each(g, func(e *Event) {
			if e.Stage == "" {
				replicas[e.Client.Addr()], replicas[e.Server.Addr()] = true, true
				before[[2]netip.Addr{e.Client.Addr(), e.Server.Addr()}] = true
				name, _, _ := strings.Cut(e.Host, ".")
				if pods[name] == nil {
					pods[name] = map[netip.Addr]bool{}
				}
				pods[name][e.Server.Addr()] = true
				return
			}
			s := seen[e.Stage]
			if s == nil {
				s = &Stage{Name: e.Stage, First: e.Time}
				seen[e.Stage] = s
				clients[e.Stage], servers[e.Stage] = map[netip.Addr]bool{}, map[netip.Addr]bool{}
			}
			s.Last = e.Time
			s.Records++
			clients[e.Stage][e.Client.Addr()] = true
			servers[e.Stage][e.Server.Addr()] = true
		})
		for i, s := range truth.Stages {
			if s.Name != Stages[i] || seen[s.Name] == nil || *seen[s.Name] != s {
				t.Errorf("seed %d: stage %v was %v", o.Seed, s, seen[s.Name])
			}
			if i > 0 && !truth.Stages[i-1].Last.Before(s.First) {
				t.Errorf("seed %d: %s begins before the end of %s", o.Seed, s.Name, truth.Stages[i-1].Name)
			}
		}
		one := func(of map[string]map[netip.Addr]bool, stage string, want netip.Addr) {
			if len(of[stage]) != 1 || !of[stage][want] {
				t.Errorf("seed %d: %s is of %v, not of %v", o.Seed, stage, slices.Collect(maps.Keys(of[stage])), want)
			}
		}
		for _, stage := range []string{"recon", "brute-force", "token-use", "k8s-secrets", "pivot-1"} {
			one(clients, stage, truth.A)
		}
		one(servers, "pivot-1", truth.B)
		one(clients, "pivot-2", truth.B)
		one(servers, "pivot-2", truth.C)
		one(clients, "pivot-3", truth.C)
		one(servers, "pivot-3", truth.D)
		one(clients, "bulk-read", truth.D)
		one(clients, "exfiltration", truth.D)
		one(servers, "exfiltration", truth.Sink)
		if !clients["ssrf-metadata"][truth.Attacker] || !clients["ssrf-metadata"][truth.Lured] || !servers["ssrf-metadata"][netip.MustParseAddr("169.254.169.254")] {
			t.Errorf("seed %d: SSRF goes from %v to %v", o.Seed, clients["ssrf-metadata"], servers["ssrf-metadata"])
		}
		if len(servers["recon"]) < 40 {
			t.Errorf("seed %d: recon asks only %d hosts", o.Seed, len(servers["recon"]))
		}
		for _, p := range []netip.Addr{truth.A, truth.B, truth.C, truth.D, truth.Lured} {
			if !replicas[p] {
				t.Errorf("seed %d: %v has no other traffic", o.Seed, p)
			}
		}
		if before[[2]netip.Addr{truth.D, truth.Sink}] {
			t.Errorf("seed %d: D calls the sink otherwise too", o.Seed)
		}
		for server := range pods["kubernetes"] {
			if before[[2]netip.Addr{truth.A, server}] {
				t.Errorf("seed %d: A uses Kubernetes otherwise too", o.Seed)
			}
		}
	}
}

// TestBulk: what D reads is far more than it does otherwise, customer by customer, and what it uploads too.
func TestBulk(t *testing.T) {
	g := New(Options{Seed: 1, Intrusion: true})
	d := g.Truth().D
	var usual, usualBytes, read, readBytes, uploaded int
	ids := map[string]bool{}
	each(g, func(e *Event) {
		switch {
		case e.Stage == "bulk-read":
			read++
			readBytes += e.Bytes
			ids[e.URI] = true
		case e.Stage == "exfiltration":
			uploaded += e.Bytes
		case e.Stage == "" && e.Client.Addr() == d && strings.HasPrefix(e.Host, "users."):
			usual++
			usualBytes += e.Bytes
		}
	})
	if usual == 0 || len(ids) < 3000 || readBytes/read < 5*usualBytes/usual {
		t.Errorf("D reads %d customers with %d bytes each, otherwise %d with %d in all", len(ids), readBytes/read, usual, usualBytes)
	}
	if uploaded < 100<<20 {
		t.Errorf("D uploads only %d bytes", uploaded)
	}
}

// TestNormal: what an hour has beside visitors.
func TestNormal(t *testing.T) {
	statuses, hosts := map[int]int{}, map[string]map[netip.Addr]bool{}
	var outbound, inbound, failed, scrapes int
	inside := netip.MustParsePrefix("10.0.0.0/8")
	seen := map[netip.Addr]bool{}
	each(New(Options{Seed: 1}), func(e *Event) {
		statuses[e.Status]++
		name, rest, ok := strings.Cut(e.Host, ".")
		if ok && strings.Contains(rest, ".svc.") {
			if hosts[name] == nil {
				hosts[name] = map[netip.Addr]bool{}
			}
			hosts[name][e.Server.Addr()] = true
		}
		from, to := inside.Contains(e.Client.Addr()), inside.Contains(e.Server.Addr())
		outbound += one(from && !to)
		inbound += one(!from && to)
		failed += one(strings.HasSuffix(e.URI, "login") && e.Status == 401)
		scrapes += one(strings.HasPrefix(e.Agent, "Prometheus/"))
		for _, a := range []netip.Addr{e.Client.Addr(), e.Server.Addr()} {
			if seen[a] {
				continue
			}
			seen[a] = true
			if !slices.ContainsFunc([]string{"10.0.0.0/8", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "169.254.169.254/32"}, func(p string) bool { return netip.MustParsePrefix(p).Contains(a) }) {
				t.Errorf("%v is of somebody else", a)
			}
		}
		if len(e.RequestBody) > nanoBody || len(e.ResponseBody) > nanoBody {
			t.Errorf("bodies have %d and %d bytes", len(e.RequestBody), len(e.ResponseBody))
		}
	})
	t.Logf("statuses %v, %d outbound, %d inbound, %d failed logins, %d scrapes", statuses, outbound, inbound, failed, scrapes)
	if len(hosts) < 30 {
		t.Errorf("only %d services: %v", len(hosts), slices.Collect(maps.Keys(hosts)))
	}
	rolled := 0
	for _, s := range services {
		if n := len(hosts[s.name]); !s.outside && n > s.replicas {
			rolled++
		}
	}
	if rolled < 3 {
		t.Errorf("only %d services get other pods", rolled)
	}
	for name, n := range map[string]int{"404": statuses[404], "500": statuses[500], "503": statuses[503], "outbound": outbound, "failed logins": failed} {
		if n < 20 || n > 8000 {
			t.Errorf("%s: %d", name, n)
		}
	}
	if inbound < 10_000 || scrapes < 20_000 {
		t.Errorf("%d come from outside, %d are scrapes", inbound, scrapes)
	}
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestMapped: the preset reads of each record what the event is.
func TestMapped(t *testing.T) {
	set, err := mapping.Load("nano")
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Seed: 2, RecordsPerHour: 60_000, Intrusion: true}
	var line, record []byte
	var tx mapping.Transaction
	each(New(o), func(e *Event) {
		line = e.AppendNano(line[:0])
		if bytes.IndexByte(line, '\n') >= 0 {
			t.Fatalf("a record is more than one line: %s", line)
		}
		var rest []byte
		record, rest, err = mapping.AppendJSON(record[:0], line)
		if err != nil || len(rest) > 0 {
			t.Fatalf("cannot read %s: %v, %q left", line, err, rest)
		}
		if err := set.Map("nano", mapping.Record(record), &tx); err != nil {
			t.Fatalf("cannot map %s: %v", line, err)
		}
		port := func(p netip.AddrPort) mapping.Endpoint {
			return mapping.Endpoint{Address: p.Addr().String(), Port: strconv.Itoa(int(p.Port()))}
		}
		if tx.Preset != "nano" || tx.Client != port(e.Client) || tx.Server != port(e.Server) || tx.Method != e.Method || tx.URI != e.URI || tx.Status != e.Status || !tx.Time.Equal(e.Time) || tx.RequestBody.Text != e.RequestBody {
			t.Fatalf("%s\nis read as %+v", line, &tx)
		}
	})
}

// TestShape: a record has the fields of the probe's sample, in its order, and all of them are text.
func TestShape(t *testing.T) {
	sample, err := os.ReadFile("../testdata/nano-attack.json")
	if err != nil {
		t.Fatal(err)
	}
	keys := func(text []byte) (names []string) {
		d := json.NewDecoder(bytes.NewReader(text))
		if _, err := d.Token(); err != nil {
			t.Fatal(err)
		}
		for d.More() {
			name, err := d.Token()
			value, err2 := d.Token()
			if _, ok := value.(string); !ok || err != nil || err2 != nil {
				t.Fatalf("%v is %v: %v %v", name, value, err, err2)
			}
			names = append(names, name.(string))
		}
		return names
	}
	want, n := keys(sample), 0
	each(New(Options{Seed: 1, Intrusion: true, RecordsPerHour: 2000}), func(e *Event) {
		n++
		if got := keys(e.AppendNano(nil)); !slices.Equal(got, want) {
			t.Fatalf("fields are\n%v, not\n%v", got, want)
		}
	})
	if n < 2000 {
		t.Errorf("only %d records", n)
	}
}

// judge maps events and gives them to CRS as it is by default.
type judge struct {
	set *mapping.Set
	e   *engine.Engine
}

func newJudge(t *testing.T) *judge {
	t.Helper()
	set, err := mapping.Load("nano")
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(engine.Config{Rules: []string{"crs"}, ParanoiaLevel: 1, InboundThreshold: 5, OutboundThreshold: 4, BodyLimit: 128 << 10, Screen: engine.ScreenOn, CacheSize: 65536})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return &judge{set, e}
}

func (j *judge) alarms(t *testing.T, e *Event) (bool, string) {
	record, _, err := mapping.AppendJSON(nil, e.AppendNano(nil))
	if err != nil {
		t.Fatal(err)
	}
	var tx mapping.Transaction
	if err := j.set.Map("nano", record, &tx); err != nil {
		t.Fatal(err)
	}
	v, err := j.e.Inspect(&tx)
	if err != nil {
		t.Fatal(err)
	}
	var rules []int
	for _, m := range v.Matches {
		if !m.Evaluates() {
			rules = append(rules, m.RuleID)
		}
	}
	return v.Alarm, fmt.Sprint(rules)
}

// TestCleanTraffic: the rules have nothing to say of what is normal. The sample is of the whole hour.
func TestCleanTraffic(t *testing.T) {
	j := newJudge(t)
	n, sampled, alarms := 0, 0, map[string]int{}
	each(New(Options{Seed: 3}), func(e *Event) {
		if n++; n%43 != 0 || sampled == 5000 {
			return
		}
		sampled++
		if alarm, rules := j.alarms(t, e); alarm {
			key := rules + " " + e.Method + " " + e.Host
			if alarms[key]++; alarms[key] == 1 {
				t.Logf("%s: %s", rules, e.AppendNano(nil))
			}
		}
	})
	total := 0
	for _, n := range alarms {
		total += n
	}
	if sampled != 5000 || total*1000 >= sampled {
		t.Errorf("%d of %d normal records alarm: %v", total, sampled, alarms)
	}
}

// TestAttacksAreFound: the rules find the pivots and the SSRF, and nothing in what only many records tell.
func TestAttacksAreFound(t *testing.T) {
	j := newJudge(t)
	found, of := map[string]int{}, map[string]int{}
	each(New(Options{Seed: 3, Intrusion: true, RecordsPerHour: 2000}), func(e *Event) {
		if e.Stage != "" {
			alarm, _ := j.alarms(t, e)
			of[e.Stage]++
			found[e.Stage] += one(alarm)
		}
	})
	t.Logf("found %v of %v", found, of)
	for _, stage := range []string{"pivot-1", "pivot-2", "pivot-3", "ssrf-metadata"} {
		if found[stage] < 2 {
			t.Errorf("the rules find %d of %d of %s", found[stage], of[stage], stage)
		}
	}
	for _, stage := range []string{"brute-force", "token-use", "k8s-secrets", "bulk-read", "exfiltration"} {
		if found[stage]*20 > of[stage] {
			t.Errorf("the rules find %d of %d of %s alone", found[stage], of[stage], stage)
		}
	}
}

// TestNormalRepeats: values repeat as those of real services do, and are not all the same.
func TestNormalRepeats(t *testing.T) {
	seed, n := maphash.MakeSeed(), 0
	paths := map[uint64]bool{}
	each(New(Options{Seed: 1, RecordsPerHour: 60_000}), func(e *Event) {
		n++
		paths[maphash.String(seed, e.Host+e.URI)] = true
	})
	if share := float64(len(paths)) / float64(n); share < 0.1 || share > 0.7 {
		t.Errorf("%.0f %% of the URLs differ", 100*share)
	}
}

// TestMemory: what is kept does not grow with the records.
func TestMemory(t *testing.T) {
	g := New(Options{Seed: 1, Hours: 4, RecordsPerHour: 100_000, Intrusion: true})
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	var early uint64
	n := 0
	var line []byte
	each(g, func(e *Event) {
		line = e.AppendNano(line[:0])
		if n++; n == 50_000 {
			early = heap()
		}
	})
	late := heap()
	if late > early+early/2+1<<20 {
		t.Errorf("%d bytes after 50,000 records, %d after %d", early, late, n)
	}
	runtime.KeepAlive(g)
}

func BenchmarkNano(b *testing.B) {
	g := New(Options{Seed: 1, Hours: 1e4, Intrusion: true})
	var line []byte
	b.ReportAllocs()
	size := 0
	for b.Loop() {
		e, ok := g.Next()
		if !ok {
			b.Fatal("the hours are over")
		}
		line = e.AppendNano(line[:0])
		size += len(line)
	}
	b.SetBytes(int64(size / b.N))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
