package report

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const plenty = 64 << 20

func reportOf(t testing.TB, o Options, lines ...string) *Report {
	t.Helper()
	r := New(o)
	for i, line := range lines {
		if err := r.Add(line); err != nil {
			t.Fatalf("alert %d: %v", i+1, err)
		}
	}
	return r
}

func pageOf(t testing.TB, r *Report) string {
	t.Helper()
	var page bytes.Buffer
	in := Input{Files: []string{"alerts.jsonl"}, Made: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)}
	if err := r.Write(&page, in); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

var (
	dataElement  = regexp.MustCompile(`<script type="application/json" id="data">([^<]*)</script>`)
	rowsElement  = regexp.MustCompile(`<script type="application/octet-stream" id="rows">([^<]*)</script>`)
	chunkElement = regexp.MustCompile(`<script type="application/octet-stream" class="chunk">([^<]*)</script>`)
)

// dataOf is what a page's script reads.
func dataOf(t testing.TB, page string) (d pageData) {
	t.Helper()
	m := dataElement.FindStringSubmatch(page)
	if m == nil {
		t.Fatal("the page has no data")
	}
	if err := json.Unmarshal([]byte(m[1]), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func unpack(t testing.TB, packed string, to any) {
	t.Helper()
	r, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(packed)))
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(r)
	d.UseNumber() // the attackers' need not be any that Go has
	if err := d.Decode(to); err != nil {
		t.Fatal(err)
	}
}

// alertsOf are the alerts that can be opened, in order.
func alertsOf(t testing.TB, page string) (all []map[string]any) {
	t.Helper()
	for _, m := range chunkElement.FindAllStringSubmatch(page, -1) {
		var some []map[string]any
		unpack(t, m[1], &some)
		all = append(all, some...)
	}
	return all
}

func hostileLines(t testing.TB) (lines []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "hostile.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, `{"rule_id"`) { // the others are for who reads lines
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	long := strings.Repeat("</script><script>window.hit=1</script> ", 1<<16)
	return append(lines, made{"url": long, "src_ip": long, "req_body": long, "rule_id": long, "category": long, "detector": long, "evidence": long}.line(t))
}

func TestLinesThatAreNoAlerts(t *testing.T) {
	deep := `{"rule_id":"1","rules":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + "}"
	for _, c := range []struct{ name, line, want string }{
		{"text", "hello", "not an alert in format msa"},
		{"number", "1", "not an alert in format msa"},
		{"null", "null", "not an alert in format msa"},
		{"record", `{"METHOD":"GET"}`, "not an alert in format msa"},
		{"without rules", `{"rule_id":"1","rules":[]}`, "not an alert in format msa"},
		{"type", `{"rule_id":1,"rules":[{"id":1}]}`, "rule_id"},
		{"depth", deep, "depth"},
		{"ecs", `{"@timestamp":"2026-03-02T10:00:00.000Z","ecs":{"version":"8.17.0"}}`, "looks like ecs: the report needs alert_format msa"},
		{"ocsf", `{"class_uid":2004}`, "looks like ocsf: the report needs alert_format msa"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := New(Options{Size: plenty, Mask: true})
			err := r.Add(c.line)
			if !errors.Is(err, errNoAlert) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if err := r.Write(io.Discard, Input{}); r.Alerts() != 0 || err == nil {
				t.Errorf("%d alerts, and the page's error is %v", r.Alerts(), err)
			}
		})
	}
}

func TestKinds(t *testing.T) {
	r := reportOf(t, Options{Size: plenty},
		made{}.line(t),
		made{"rule_id": "9701360"}.line(t), made{"rule_id": "9700100"}.line(t), made{"rule_id": "970010"}.line(t),
		made{"rule_id": "1", "detector": "guessing"}.line(t))
	got := map[string]string{}
	for _, rule := range dataOf(t, pageOf(t, r)).Rules[1:] {
		got[rule.ID] = kinds[rule.Kind]
	}
	want := map[string]string{"942100": "attack", "9701360": "lateral movement", "9700100": "sensitive data", "970010": "attack", "1": "detector"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("kinds %v, want %v", got, want)
	}
}

func TestAlertsAreWhole(t *testing.T) {
	lines := []string{
		made{"own": map[string]any{"b": []any{1.5, nil, "x"}, "a": true}}.line(t),
		`{ "rule_id":"1", "rules" : [ {"id":1,"value":"\"quoted\\\" \u00e9 \ud83d\ude00"} ], "z":1, "a":"\/" }`,
	}
	alerts := alertsOf(t, pageOf(t, reportOf(t, Options{Size: plenty, Mask: true}, lines...)))
	for _, line := range lines {
		var want map[string]any
		d := json.NewDecoder(strings.NewReader(line))
		d.UseNumber()
		if err := d.Decode(&want); err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(alerts, func(a map[string]any) bool { return reflect.DeepEqual(a, want) }) {
			t.Errorf("%s\nis not among %v", line, alerts)
		}
	}
	if got := string(rewrite(nil, []byte(lines[1]), shortened)); got != lines[1] {
		t.Errorf("%s\nbecame %s", lines[1], got)
	}
}

func TestMasking(t *testing.T) {
	const card, password = "4111111111111111", "hunter2-hunter2"
	line := made{
		"url": "/pay?card=" + card, "req_header": "GET / HTTP/1.1\r\nAuthorization: Basic dXNlcjpodW50ZXIyLWh1bnRlcjI=\r\n\r\n", "rsp_body": `{"number":"` + card + `"}`,
		"rules": []map[string]any{{"id": 9700400, "msg": "m", "variable": "ARGS:password", "value": password, "data": "1 of card in ARGS:card"}},
	}.line(t)
	for _, c := range []struct {
		mask bool
		seen int
	}{{true, 0}, {false, 2}} {
		page := pageOf(t, reportOf(t, Options{Size: plenty, Mask: c.mask}, line))
		var rows columns
		unpack(t, rowsElement.FindStringSubmatch(page)[1], &rows)
		shown := fmt.Sprint(alertsOf(t, page), rows.Label, dataOf(t, page))
		for _, secret := range []string{card, password} {
			if got := strings.Contains(shown, secret); got == c.mask {
				t.Errorf("mask %v: the page has %q: %v", c.mask, secret, got)
			}
		}
	}
}

func TestLongTextsAreCut(t *testing.T) {
	line := made{"req_body": strings.Repeat("ü", longestText)}.line(t)
	body := alertsOf(t, pageOf(t, reportOf(t, Options{Size: plenty}, line)))[0]["req_body"].(string)
	if want := fmt.Sprintf("… (%d more bytes are in the alert)", longestText); !strings.HasSuffix(body, want) || !strings.HasPrefix(body, "üü") || len(body) != longestText+len(want) {
		t.Errorf("%d bytes, ending with %q", len(body), body[len(body)-50:])
	}
}

// Whatever is in alerts, the page has the elements that it has without them.
func TestNothingEndsAnElement(t *testing.T) {
	r := reportOf(t, Options{Size: plenty, Mask: true, Title: `</title><script>window.hit=1</script>{{js}}`}, hostileLines(t)...)
	page := pageOf(t, r)
	chunks := len(chunkElement.FindAllString(page, -1))
	if got, want := strings.Count(strings.ToLower(page), "<script"), 3+chunks; got != want || chunks == 0 {
		t.Errorf("%d scripts, want %d", got, want)
	}
	for _, m := range [][]string{dataElement.FindStringSubmatch(page), rowsElement.FindStringSubmatch(page)} {
		if m == nil || strings.ContainsAny(m[1], "<>&\u2028\u2029\x00") {
			t.Errorf("an element is missing or has marks in it: %.200q", m)
		}
	}
	if strings.Contains(page, "{{") && !strings.Contains(pageJS, "{{") {
		// JSON has the alerts' own braces, which are no markers any more.
		if rest := dataElement.ReplaceAllString(page, ""); strings.Count(rest, "{{") != 2 { // of the title
			t.Errorf("%d markers are left", strings.Count(rest, "{{"))
		}
	}
	if got := len(alertsOf(t, page)); got != r.Alerts() {
		t.Errorf("%d alerts can be opened, want %d", got, r.Alerts())
	}
}

func TestPaths(t *testing.T) {
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	r := reportOf(t, Options{Size: plenty},
		pivot(at, "10.0.0.1", "10.0.0.2", "10.0.0.3").line(t), pivot(at, "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4").line(t), pivot(at, "10.0.0.2", "10.0.0.3").line(t),
		pivot(at, "2001:db8::1", "10.0.0.9", "10.0.0.3").line(t),
		made{"detector": "mine", "evidence": pathHead + "10.0.0.1 → 10.0.0.2 (1, never)"}.line(t),
		made{"detector": "mine", "evidence": pathHead + "10.0.0.1 → 10.0.0.2 (1, 2026-03-02 10:00:00), 10.0.0.7 → 10.0.0.3 (1, 2026-03-02 10:00:00)"}.line(t),
		made{"detector": "mine", "evidence": pathHead}.line(t),
		made{"detector": "guessing", "evidence": "30 events in 5m"}.line(t))
	d := dataOf(t, pageOf(t, r))
	var got []string
	for _, p := range d.Paths {
		hosts := p[0].From
		for _, s := range p {
			hosts += " " + s.To
		}
		got = append(got, hosts)
	}
	if want := []string{"10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4", "2001:db8::1 10.0.0.9 10.0.0.3"}; !slices.Equal(got, want) {
		t.Errorf("paths %q, want %q", got, want)
	}
	if last := d.Paths[0][2]; last != (step{"10.0.0.3", "10.0.0.4", "942102", "2026-03-02 10:10:00"}) {
		t.Errorf("last step %+v", last)
	}
	if d.UnparsedPaths != 3 {
		t.Errorf("%d paths that can't be read, want 3", d.UnparsedPaths)
	}
}

func TestFindings(t *testing.T) {
	sensitive := made{"rules": []map[string]any{
		{"id": 942100, "msg": "SQL"}, {"id": 9700100, "msg": "Sensitive data: card", "severity": 3, "variable": "RESPONSE_BODY", "data": "2 of card in RESPONSE_BODY"},
	}, "url": "/pay/1?token=x"}
	later := made{"rules": sensitive["rules"], "url": "/pay/2", "time": "2026-03-02 11:00:00"}
	r := reportOf(t, Options{Size: plenty}, sensitive.line(t), later.line(t), made{}.line(t))
	got := dataOf(t, pageOf(t, r)).Findings
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC).Unix()
	want := []pageFinding{{9700100, "Sensitive data: card", 3, "2 of card", "RESPONSE_BODY", "10.0.1.1", "10.0.2.2", "/pay/{…} · 2 different", 2, at, at + 3600}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("findings %+v, want %+v", got, want)
	}
}

func TestTimesThatAreNone(t *testing.T) {
	r := reportOf(t, Options{Size: plenty}, made{"time": "2026-13-01 00:00:00"}.line(t), made{"time": ""}.line(t), made{"time": "0001-01-01 00:00:00"}.line(t), made{}.line(t))
	if d := dataOf(t, pageOf(t, r)); d.Undated != 3 || d.Steps != 1 || d.First != d.Last || alertsIn(d.Facts) != 4 {
		t.Errorf("%d undated, %d buckets, from %d to %d", d.Undated, d.Steps, d.First, d.Last)
	}
}

func alertsIn(c columns) (n int) {
	for _, k := range c.Count {
		n += k
	}
	return n
}

func TestTimeline(t *testing.T) {
	at := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	var day []string
	for i := range 1440 {
		day = append(day, made{"time": at.Add(time.Duration(i) * time.Minute).Format(time.DateTime)}.line(t))
	}
	old, future := made{"time": "1970-01-01 00:00:05"}.line(t), made{"time": "2038-01-19 03:14:07"}.line(t)
	start, year := at.Unix(), int64(364*86400)
	type timeline struct {
		first, last, start, step, steps int64
		far                             int
	}
	for _, c := range []struct {
		name  string
		lines []string
		want  timeline
	}{
		{"one", day[:1], timeline{start, start, start, 1, 1, 0}},
		{"a minute", day[:2], timeline{start, start + 60, start, 1, 61, 0}},
		{"a day", day, timeline{start, start + 1439*60, start, 900, 96, 0}},
		{"clocks that are not set", append(slices.Clone(day), old, future), timeline{start, start + 86399, start, 900, 96, 2}},
		{"the first has one", append([]string{old}, day...), timeline{start, start + 1439*60, start, 900, 96, 1}},
		{"too many for that", append(slices.Clone(day[:8]), old, old), timeline{5, start + 420, 0, year, start/year + 1, 0}},
		{"as far as others", []string{day[0], day[1439]}, timeline{start, start + 1439*60, start, 900, 96, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := dataOf(t, pageOf(t, reportOf(t, Options{Size: plenty}, c.lines...)))
			if got := (timeline{d.First, d.Last, d.Start, d.Step, d.Steps, d.Far}); got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
			in := 0
			for i, bucket := range d.Facts.Time {
				if bucket >= 0 {
					in += d.Facts.Count[i]
				}
			}
			if in != len(c.lines)-c.want.far || alertsIn(d.Facts) != len(c.lines) {
				t.Errorf("%d alerts in the timeline, %d counted, of %d", in, alertsIn(d.Facts), len(c.lines))
			}
		})
	}
}

// However many different texts there are, facts stay few, count all alerts, and know the most severe.
func TestFactsStayFew(t *testing.T) {
	f := newFacts(300)
	const n = 5000
	at := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC).Unix()
	for i := range n {
		k := &known{Source: fmt.Sprint("s", i%1700), Target: fmt.Sprint("t", i%900), Category: fmt.Sprint("c", i%50), Severity: "5", at: at + int64(i*977%86400)}
		if i == 2500 {
			k.Source, k.Severity = "severe", "0"
		}
		f.add(k, fmt.Sprint("r", i%40))
		if len(f.counts) > 300 {
			t.Fatalf("%d facts after %d alerts", len(f.counts), i+1)
		}
	}
	total, severe := 0, 0
	for _, c := range f.in(f.period()) {
		total += c.n
		if f.sources.list[c.Source] == "severe" {
			severe += c.n
		}
	}
	if total != n || severe != 1 {
		t.Errorf("%d alerts counted, want %d; %d of the most severe source, want 1", total, n, severe)
	}
	if got := f.sources.list[0]; got != "" {
		t.Errorf("the name of others is %q", got)
	}
}

// Room is for the most severe, and what has none is counted.
func TestPageStaysSmall(t *testing.T) {
	const size = 250 << 10
	var lines []string
	for i := range 6000 {
		// Texts that don't compress.
		sum := ""
		for k := range 4 {
			sum += fmt.Sprintf("%x", uint64(i*7+k)*0x9e3779b97f4a7c15)
		}
		lines = append(lines, made{"severity": []string{"5", "3", "2"}[i%3], "url": "/" + sum}.line(t))
	}
	lines[5999] = made{"severity": "5", "detector": "new-edge", "evidence": "late"}.line(t)
	page := pageOf(t, reportOf(t, Options{Size: size}, lines...))
	d := dataOf(t, page)
	alerts := alertsOf(t, page)
	if len(page) > size || len(page) < size/2 {
		t.Errorf("the page has %d bytes, want %d at most and not much less", len(page), size)
	}
	if d.Alerts != 6000 || alertsIn(d.Facts) != 6000 || d.Listed != len(alerts) || d.Listed == 0 || d.Listed >= 4000 {
		t.Errorf("%d alerts, %d counted, %d listed, %d can be opened", d.Alerts, alertsIn(d.Facts), d.Listed, len(alerts))
	}
	if alerts[0]["evidence"] != "late" {
		t.Error("the alert of the detector is not listed")
	}
	alerts = alerts[1:]
	if !slices.IsSortedFunc(alerts, func(a, b map[string]any) int { return strings.Compare(a["severity"].(string), b["severity"].(string)) }) {
		t.Error("alerts are not in the order of their severity")
	}
	if alerts[0]["severity"] != "2" || slices.ContainsFunc(alerts, func(a map[string]any) bool { return a["severity"] == "5" }) {
		t.Error("less severe alerts are listed while more severe ones are not")
	}
	var rows columns
	unpack(t, rowsElement.FindStringSubmatch(page)[1], &rows)
	if len(rows.Time) != d.Listed || len(rows.Label) != d.Listed {
		t.Errorf("%d rows, want %d", len(rows.Time), d.Listed)
	}
}

func TestGraph(t *testing.T) {
	for _, hosts := range []int{2, 40, 195, 2000} {
		t.Run(fmt.Sprint(hosts), func(t *testing.T) {
			lines := largeNetwork(t, max(hosts, 195), 10*max(hosts, 195))
			if hosts < 195 {
				lines = lines[:hosts*2]
			}
			r := reportOf(t, Options{Size: plenty}, lines...)
			g := r.graph()
			if again := r.graph(); !reflect.DeepEqual(g, again) {
				t.Error("the same alerts are drawn in another way")
			}
			if len(g.Nodes) > mostNodes || len(g.Edges) > mostEdges+mostNodes || hosts > 100 && len(g.Nodes) < 150 {
				t.Errorf("%d nodes, %d edges", len(g.Nodes), len(g.Edges))
			}
			for i, a := range g.Nodes {
				if a.X < 0 || a.Y < 0 || a.X+a.Width > g.Width || a.Y+a.Height > g.Height {
					t.Errorf("%+v is outside of %d × %d", a, g.Width, g.Height)
				}
				for _, b := range g.Nodes[:i] {
					if a.X < b.X+b.Width && b.X < a.X+a.Width && a.Y < b.Y+b.Height && b.Y < a.Y+a.Height {
						t.Errorf("%+v and %+v overlap", a, b)
					}
				}
				in := slices.ContainsFunc(g.Lanes, func(l pageLane) bool { return l.Group == a.Group && l.Y <= a.Y && a.Y+a.Height <= l.Y+l.Height })
				if !in {
					t.Errorf("%+v is not in its lane", a)
				}
			}
			onPath := 0
			for _, e := range g.Edges {
				if e.OnPath {
					onPath++
					if g.Nodes[e.From].X >= g.Nodes[e.To].X {
						t.Errorf("a step of a path goes back from %+v to %+v", g.Nodes[e.From], g.Nodes[e.To])
					}
				}
			}
			if want := map[bool]int{true: 6}[hosts >= 195]; onPath != want {
				t.Errorf("%d edges are on paths, want %d", onPath, want)
			}
			for i, name := range r.facts.sources.list {
				if i > 0 && g.Source[i] < 0 {
					t.Errorf("source %s has no node", name)
				}
			}
		})
	}
}

func TestGroups(t *testing.T) {
	for _, c := range []struct {
		name   string
		alerts []made
		want   []string
	}{
		{"networks", []made{{"src_ip": "10.0.1.1", "dst_ip": "10.0.2.2"}, {"src_ip": "fd00::1", "dst_ip": "10.0.1.3"}}, []string{"10.0.1.0/24", "10.0.2.0/24", "fd00::/64"}},
		{"outside", []made{{"src_ip": "198.51.100.1", "direction": "inbound"}}, []string{"outside", "10.0.2.0/24"}},
		{"inside by its settings", []made{{"src_ip": "203.0.113.9", "direction": "east-west"}}, []string{"10.0.2.0/24", "203.0.113.0/24"}},
		{"no addresses", []made{{"src_ip": "10.0.1.1", "dst_ip": "", "domain": "shop.example", "direction": ""}}, []string{"10.0.1.0/24", "by name"}},
		{"namespaces", []made{{"kubernetes_namespace": "shop"}, {"dst_ip": "10.0.9.9", "kubernetes_namespace": "pay"}}, []string{"10.0.1.0/24", "namespace pay", "namespace shop"}},
		{"one namespace", []made{{"kubernetes_namespace": "probes"}, {"dst_ip": "10.0.9.9", "kubernetes_namespace": "probes"}}, []string{"10.0.1.0/24", "10.0.2.0/24", "10.0.9.0/24"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := New(Options{Size: plenty})
			for _, m := range c.alerts {
				if err := r.Add(m.line(t)); err != nil {
					t.Fatal(err)
				}
			}
			var got []string
			for _, l := range r.graph().Lanes {
				got = append(got, l.Group)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("lanes %q, want %q", got, c.want)
			}
		})
	}
}
