package accesslog

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

func generate(seed uint64, n int) []Request {
	g := New(seed)
	all := make([]Request, n)
	for i := range all {
		all[i] = g.Next()
	}
	return all
}

func TestSameSeedSameRequests(t *testing.T) {
	a, b, other := generate(7, 300), generate(7, 300), generate(8, 300)
	same := 0
	for i := range a {
		if a[i].Nano() != b[i].Nano() || a[i].Combined() != b[i].Combined() {
			t.Fatalf("request %d differs:\n%s\n%s", i, a[i].Nano(), b[i].Nano())
		}
		if a[i].Combined() == other[i].Combined() {
			same++
		}
	}
	if same > 30 {
		t.Errorf("another seed makes %d of 300 requests the same", same)
	}
}

func TestCombined(t *testing.T) {
	r := generate(1, 1)[0]
	r.Method, r.URI, r.Protocol = "GET", `/ä?q="\`+"\x7f", "HTTP/1.1"
	r.Status, r.Size = 404, 12
	r.Headers = []Header{{"User-Agent", "x\ty"}}
	want := r.Client.Addr().String() + ` - - [` + r.Time.Format("02/Jan/2006:15:04:05 +0000") + `] "GET /\xC3\xA4?q=\x22\x5C\x7F HTTP/1.1" 404 12 "-" "x\x09y"`
	if got := r.Combined(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestLikeRealTraffic: what is said of the traffic elsewhere is so.
func TestLikeRealTraffic(t *testing.T) {
	const n = 50_000
	g, distinct, attacks, byKind := New(1), map[string]bool{}, 0, map[string]int{}
	for range n {
		r := g.Next()
		distinct[r.Method+" "+r.URI+" "+r.Header("User-Agent")] = true
		byKind[r.Kind]++
		if r.Attack {
			attacks++
		}
	}
	if share := float64(len(distinct)) / n; share < 0.70 || share > 0.82 {
		t.Errorf("%.1f %% of the requests differ in method, URL or agent, not about 75", 100*share)
	}
	if share := float64(attacks) / n; share < 0.015 || share > 0.021 {
		t.Errorf("%.2f %% are attacks, not 1.5 to 2", 100*share)
	}
	if g.weights != 1000 {
		t.Errorf("weights are shares of %d, not of 1000", g.weights)
	}
	for _, k := range kinds {
		if byKind[k.name] == 0 {
			t.Errorf("no %s came", k.name)
		}
	}
}

// view is one way in which a log shows the requests.
type view struct {
	name   string
	mapper *mapping.Set
	record func(*testing.T, *Request) mapping.Record
}

func newView(t *testing.T, name, preset string, record func(*testing.T, *Request) mapping.Record) *view {
	t.Helper()
	m, err := mapping.Load(preset)
	if err != nil {
		t.Fatal(err)
	}
	return &view{name, m, record}
}

// line is the record that Fluent Bit's tail makes of a line without a parser.
func line(_ *testing.T, r *Request) mapping.Record {
	b := msgp.AppendMapHeader(nil, 1)
	b = msgp.AppendString(b, "log")
	return msgp.AppendStringFromBytes(b, r.AppendCombined(nil))
}

func nano(t *testing.T, r *Request) mapping.Record {
	b, _, err := mapping.AppendJSON(nil, r.AppendNano(nil))
	if err != nil {
		t.Errorf("cannot read %s: %v", r.Nano(), err)
	}
	return b
}

// TestLogShowsTheRequest: what either log has of a request arrives in the transaction as it was sent.
func TestLogShowsTheRequest(t *testing.T) {
	views := []*view{newView(t, "combined", "auto", line), newView(t, "nano", "auto", nano)}
	for _, r := range generate(2, 3000) {
		for _, v := range views {
			var tx mapping.Transaction
			if err := v.mapper.Map(v.name, v.record(t, &r), &tx); err != nil {
				t.Fatalf("%s: %v: %s", v.name, err, r.Combined())
			}
			want, preset := r.Headers, "nano"
			if v.name == "combined" {
				want, preset = nil, "nginx"
				for _, name := range []string{"User-Agent", "Referer"} {
					if value := r.Header(name); value != "" {
						want = append(want, Header{name, value})
					}
				}
			}
			var got []Header
			for _, h := range tx.RequestHeaders {
				got = append(got, Header(h))
			}
			if tx.Preset != preset || tx.Method != r.Method || tx.URI != r.URI || tx.Protocol != r.Protocol || tx.Status != r.Status ||
				tx.Client.Address != r.Client.Addr().String() || !slices.Equal(got, want) {
				t.Fatalf("%s: %s from %s %s %s %s %q\nof %s", v.name, tx.Preset, tx.Client.Address, tx.Method, tx.URI, tx.Protocol, got, r.Nano())
			}
		}
	}
}

// judged is what the rules say of one request.
type judged struct {
	rules []int // that found something, without those that only add up
	alarm bool
}

func (v *view) judge(t *testing.T, e *engine.Engine, requests []Request) []judged {
	all := make([]judged, len(requests))
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wg.Go(func() {
			var tx mapping.Transaction
			for i := w; i < len(requests); i += workers {
				all[i] = v.judgeOne(t, e, &requests[i], &tx)
			}
		})
	}
	wg.Wait()
	return all
}

func (v *view) judgeOne(t *testing.T, e *engine.Engine, r *Request, tx *mapping.Transaction) (j judged) {
	if err := v.mapper.Map(v.name, v.record(t, r), tx); err != nil {
		t.Errorf("%s: %v: %s", v.name, err, r.Combined())
		return j
	}
	verdict, err := e.Inspect(tx)
	if err != nil {
		t.Errorf("%s: %v: %s", v.name, err, r.Combined())
	}
	j.alarm = verdict.Alarm
	for _, m := range verdict.Matches {
		if !m.Evaluates() && !slices.Contains(j.rules, m.RuleID) {
			j.rules = append(j.rules, m.RuleID)
		}
	}
	return j
}

// ever reports whether something holds if one asks often enough. Coraza goes through the parameters of a
// request in no fixed order, and a chain that tests what was captured sees that of the last one that matched
// (942521: TX:1).
func (v *view) ever(t *testing.T, e *engine.Engine, r *Request, holds func(judged) bool) bool {
	var tx mapping.Transaction
	for range 40 {
		if holds(v.judgeOne(t, e, r, &tx)) {
			return true
		}
	}
	return false
}

// TestNoFalseAlarmsOfWhatALogLeavesOut: a line in combined format has no Host, no Accept, no Content-Length.
// It must not be flagged for that: no rule finds something in it that it does not find in the same
// request with all its headers.
func TestNoFalseAlarmsOfWhatALogLeavesOut(t *testing.T) {
	requests := generate(1, 5000)
	if testing.Short() {
		requests = requests[:500]
	}
	combined, full, naive := newView(t, "combined", "nginx", line), newView(t, "full", "nano", nano), newView(t, "naive", "testdata/naive.yaml", line)
	for level := 1; level <= 2; level++ {
		t.Run(fmt.Sprintf("paranoia level %d", level), func(t *testing.T) {
			e, err := engine.New(engine.Config{Rules: []string{"crs"}, ParanoiaLevel: level, InboundThreshold: 5, OutboundThreshold: 4, BodyLimit: 128 << 10})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := e.Close(); err != nil {
					t.Error(err)
				}
			}()
			requests := requests
			if level > 1 { // the second level takes twice the time of the first
				requests = requests[:2*len(requests)/5]
			}
			few := requests[:len(requests)/10] // that a naive mapping flags them all needs no more
			a, b := combined.judge(t, e, requests), full.judge(t, e, requests)
			c := naive.judge(t, e, few)

			inLine, inFull, inNaive := count(requests, a), count(requests, b), count(few, c)
			t.Logf("%d requests, %d of them attacks", len(requests), inLine.attacks)
			t.Logf("combined lines:   %s", inLine)
			t.Logf("all headers:      %s", inFull)
			t.Logf("naive mapping:    %s", inNaive)
			t.Logf("benign that alarm in combined lines, by rules: %s", alarms(requests, a))
			t.Logf("benign that alarm with all headers, by rules:  %s", alarms(requests, b))

			onlyInLine, silent := map[int][]string{}, 0
			for i := range requests {
				r := &requests[i]
				for _, rule := range a[i].rules {
					matches := func(j judged) bool { return slices.Contains(j.rules, rule) }
					if !matches(b[i]) && !full.ever(t, e, r, matches) {
						onlyInLine[rule] = append(onlyInLine[rule], r.Combined())
					}
				}
				if a[i].alarm && !b[i].alarm && !r.Attack && !full.ever(t, e, r, func(j judged) bool { return j.alarm }) {
					silent++
				}
			}
			if silent > 0 {
				t.Errorf("%d benign requests alarm in combined lines and are silent with all their headers", silent)
			}
			for rule, lines := range onlyInLine {
				t.Errorf("rule %d matches %d lines and not the whole requests, as this one: %s", rule, len(lines), lines[0])
			}
			if inLine.alarms > inFull.alarms {
				t.Errorf("%d benign requests alarm in combined lines, %d with all their headers", inLine.alarms, inFull.alarms)
			}
			if share := inLine.share(inLine.alarms); level == 1 && share > 2 {
				t.Errorf("%.2f %% of the benign requests alarm, more than 2", share)
			}
			// The naive mapping is what the others are measured by: where it flags nothing, this test says nothing.
			if inNaive.matched < inNaive.benign {
				t.Errorf("rules match only %d of %d benign requests of a naive mapping", inNaive.matched, inNaive.benign)
			}
			if inLine.attacksFound < inLine.attacks/2 {
				t.Errorf("only %d of %d attacks alarm", inLine.attacksFound, inLine.attacks)
			}
		})
	}
}

// tally counts requests; matched and alarms are of the benign ones.
type tally struct{ benign, matched, alarms, attacks, attacksFound int }

func count(requests []Request, all []judged) (c tally) {
	for i := range all {
		switch {
		case requests[i].Attack:
			c.attacks++
			c.attacksFound += one(all[i].alarm)
		default:
			c.benign++
			c.matched += one(len(all[i].rules) > 0)
			c.alarms += one(all[i].alarm)
		}
	}
	return c
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (c tally) share(n int) float64 { return 100 * float64(n) / float64(c.benign) }

func (c tally) String() string {
	return fmt.Sprintf("of benign requests %.2f %% match a rule, %.2f %% alarm; of attacks %d of %d alarm", c.share(c.matched), c.share(c.alarms), c.attacksFound, c.attacks)
}

// alarms lists the rules behind the benign requests that alarm, the most frequent first.
func alarms(requests []Request, all []judged) string {
	byRules := map[string]int{}
	for i := range all {
		if all[i].alarm && !requests[i].Attack {
			byRules[fmt.Sprint(all[i].rules)+" "+requests[i].Kind]++
		}
	}
	names := slices.SortedFunc(maps.Keys(byRules), func(a, b string) int { return byRules[b] - byRules[a] })
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, "\n\t%4d %s", byRules[name], name)
	}
	return b.String()
}
