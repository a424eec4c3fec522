package incident

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/internal/state"
	"github.com/modsecurity-for-anylog/msa/triage"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// injection is an attack of 192.0.2.7 on the shop, so long after noon.
func injection(after time.Duration, change func(f *alert.Facts)) alert.Facts {
	f := alert.Facts{
		ID: fmt.Sprint("alert at ", after), Time: noon.Add(after), Client: "192.0.2.7", Server: "10.0.0.1", Service: "shop.example", Direction: "inbound",
		Method: "GET", Path: "/search", Request: 1, What: "SQL injection", Kind: "sqli", Rule: 942100, Severity: 2, Confidence: 95, Outcome: triage.Unknown,
	}
	if change != nil {
		change(&f)
	}
	return f
}

// watch gives alerts to incidents, and returns their incidents and what was told.
func watch(s *Incidents, all ...alert.Facts) (ids []string, told []alert.Incident) {
	c := s.Begin()
	defer c.End()
	for i := range all {
		told = append(told, c.Record(all[i].Time)...)
		id, more := c.Alert(&all[i])
		ids, told = append(ids, id), append(told, more...)
	}
	return ids, told
}

// pass lets time go on until so long after noon, with a record a minute.
func pass(s *Incidents, after time.Duration) (told []alert.Incident) {
	c := s.Begin()
	defer c.End()
	for at := time.UnixMilli(s.clock.Now).UTC(); !at.After(noon.Add(after)); at = at.Add(time.Minute) {
		told = append(told, c.Record(at)...)
	}
	return told
}

func events(told []alert.Incident) (all []string) {
	for _, m := range told {
		all = append(all, m.Event+" "+strings.Join(m.News, ", "))
	}
	return all
}

func many(n int, every time.Duration, change func(i int, f *alert.Facts)) (all []alert.Facts) {
	for i := range n {
		all = append(all, injection(time.Duration(i)*every, func(f *alert.Facts) {
			if change != nil {
				change(i, f)
			}
		}))
	}
	return all
}

// A thousand alerts of one client give a handful of messages, the first at once.
func TestHandfulOfMessages(t *testing.T) {
	s := New(Options{})
	ids, told := watch(s, many(1000, 200*time.Millisecond, nil)...)
	if first := told[0]; first.Event != begin || first.Alerts != 1 || !first.Time.Equal(noon) {
		t.Errorf("the first message: %s after %d alerts at %v", first.Event, first.Alerts, first.Time)
	}
	told = append(told, pass(s, time.Hour)...)
	if got, want := events(told), []string{"begin ", "update 10 alerts, 100 alerts, 1,000 alerts", "end "}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
	if slices.ContainsFunc(ids, func(id string) bool { return id != ids[0] }) || len(ids[0]) != 32 {
		t.Errorf("the alerts are of several incidents, or have no id: %q", ids[0])
	}
	if last := told[len(told)-1]; last.Alerts != 1000 || !last.Last.Equal(noon.Add(999*200*time.Millisecond)) || len(last.Samples) == 0 || len(last.Samples) > 10 {
		t.Errorf("the end: %+v", last)
	}
	if s.Open() != 0 {
		t.Errorf("%d are open", s.Open())
	}
}

// No message is older than what it tells of: the clock does not follow the first records behind a gap in a log.
func TestEndBehindAGap(t *testing.T) {
	s := New(Options{})
	c := s.Begin()
	c.Record(noon)
	c.End()
	_, told := watch(s, many(3, time.Second, func(_ int, f *alert.Facts) { f.Time = f.Time.Add(24 * time.Hour) })...)
	told = append(told, s.Finish()...)
	if last := told[len(told)-1]; last.Event != end || last.Time.Before(last.Last) {
		t.Errorf("%s at %v, after an alert at %v", last.Event, last.Time, last.Last)
	}
}

// What happens for the first time is told: success at once, the rest with some patience.
func TestNews(t *testing.T) {
	s := New(Options{})
	var told []alert.Incident
	tell := func(f alert.Facts) []string {
		_, more := watch(s, f)
		told = append(told, more...)
		return events(more)
	}
	for _, step := range []struct {
		name string
		f    alert.Facts
		want []string
	}{
		{"first", injection(0, nil), []string{"begin "}},
		{"the same again", injection(time.Second, nil), nil},
		{"failure", injection(2*time.Second, func(f *alert.Facts) { f.Outcome = triage.Failure }), nil},
		{"success", injection(3*time.Second, func(f *alert.Facts) {
			f.Outcome, f.Evidence, f.Severity = triage.Success, "the answer has a dump", 1
		}), []string{"update it worked: the answer has a dump, new stage: collection"}},
		{"success again", injection(4*time.Second, func(f *alert.Facts) { f.Outcome, f.Evidence = triage.Success, "the answer has another" }), nil},
		{"another host", injection(5*time.Second, func(f *alert.Facts) { f.Service, f.Server = "pay.example", "10.0.0.2" }), nil},
		{"another stage", injection(6*time.Second, func(f *alert.Facts) {
			f.Kind, f.What, f.Detector, f.Techniques = "", "many guesses", "login-brute-force", []string{"T1110.001"}
		}), nil},
		{"later", injection(6*time.Minute, nil), []string{"update new target: pay.example, new stage: credential access"}},
		{"a third host", injection(7*time.Minute, func(f *alert.Facts) { f.Service, f.Server = "mail.example", "10.0.0.3" }), nil},
		{"a target has more time than a stage", injection(12*time.Minute, nil), nil},
		{"then it is told", injection(17*time.Minute, nil), []string{"update new target: mail.example, 10 alerts"}},
	} {
		if got := tell(step.f); !slices.Equal(got, step.want) {
			t.Errorf("%s: told %q, want %q", step.name, got, step.want)
		}
	}
	last := told[len(told)-1]
	if last.Severity != 1 || last.Outcome != "success" || last.Successes != 2 || len(last.Evidence) != 2 {
		t.Errorf("severity %d, outcome %s %q", last.Severity, last.Outcome, last.Evidence)
	}
	var stages []string
	for _, stage := range last.Stages {
		stages = append(stages, fmt.Sprint(stage.ID, " ", stage.Tactic, " ", stage.Alerts))
	}
	if want := []string{"TA0001 initial access 9", "TA0006 credential access 1", "TA0009 collection 2"}; !slices.Equal(stages, want) {
		t.Errorf("stages %q, want %q in ATT&CK's order", stages, want)
	}
	if len(last.Detectors) != 1 || last.Detectors[0] != (alert.Count{Name: "login-brute-force", N: 1}) {
		t.Errorf("detectors %v", last.Detectors)
	}
}

// A scan of many targets leaves room in a message for the stage that comes with it.
func TestNewsOfScan(t *testing.T) {
	s := New(Options{})
	watch(s, many(20, time.Second, func(i int, f *alert.Facts) { f.Service, f.Server = fmt.Sprint("host", i), fmt.Sprint("10.0.0.", i+1) })...)
	_, told := watch(s,
		injection(time.Minute, func(f *alert.Facts) { f.Kind, f.What, f.Techniques = "", "many guesses", []string{"T1110"} }),
		injection(6*time.Minute, nil),
	)
	want := []string{"update new target: host1, new target: host2, new target: host3, new target: host4, 10 alerts, new stage: credential access"}
	if got := events(told); !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

// However much happens, an incident is told at most 12 times an hour.
func TestAtMostTwelveAnHour(t *testing.T) {
	s := New(Options{})
	_, told := watch(s, many(3*3600, time.Second, func(i int, f *alert.Facts) {
		// A new victim each minute, that attacks the next one.
		f.Server, f.Client, f.Request = fmt.Sprint("10.0.0.", i/60+1), fmt.Sprint("10.0.0.", i/60), uint64(i)
		f.Direction = "east-west"
	})...)
	told = append(told, pass(s, 4*time.Hour)...)
	for i := range told {
		n := 0
		for _, other := range told[i:] {
			if other.Time.Sub(told[i].Time) < time.Hour {
				n++
			}
		}
		if n > 12 {
			t.Fatalf("%d messages in the hour from %v on", n, told[i].Time)
		}
	}
	if len(told) < 13 {
		t.Errorf("only %d messages in three hours in which something happens each minute", len(told))
	}
	if last := told[len(told)-1]; last.Event != end || last.Alerts != 3*3600 {
		t.Errorf("the last is %s with %d alerts", last.Event, last.Alerts)
	}
}

// Who is only a little suspect is not told, but for when several things come together, or all are wanted.
func TestBeginsWithConfidence(t *testing.T) {
	weak := func(change func(i int, f *alert.Facts)) func(i int, f *alert.Facts) {
		return func(i int, f *alert.Facts) {
			f.Confidence = 45
			if change != nil {
				change(i, f)
			}
		}
	}
	for name, c := range map[string]struct {
		alerts []alert.Facts
		want   int // the alert with which it is told, -1 for never
	}{
		"sure":            {many(1, time.Second, nil), 1},
		"one":             {many(1, time.Second, weak(nil)), -1},
		"the same often":  {many(50, time.Second, weak(nil)), -1},
		"different paths": {many(50, time.Second, weak(func(i int, f *alert.Facts) { f.Path = fmt.Sprint("/", i) })), 3},
		"it worked":       {many(50, time.Second, weak(func(i int, f *alert.Facts) { f.Outcome = [2]triage.Outcome{triage.Unknown, triage.Success}[i/9%2] })), 10},
		"only noted":      {many(50, time.Second, func(i int, f *alert.Facts) { f.Confidence, f.Path = 0, fmt.Sprint("/", i) }), -1},
		"data of answers": {many(50, time.Second, func(i int, f *alert.Facts) { f.IsData, f.Path = true, fmt.Sprint("/", i) }), -1},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(Options{})
			_, told := watch(s, c.alerts...)
			told = append(told, s.Finish()...)
			got := -1
			if len(told) > 0 {
				got = told[0].Alerts
			}
			if got != c.want {
				t.Errorf("told with alert %d, want %d: %q", got, c.want, events(told))
			}
			s = New(Options{Everything: true})
			_, told = watch(s, c.alerts...)
			if told = append(told, s.Finish()...); len(told) == 0 || told[len(told)-1].Alerts != len(c.alerts) {
				t.Errorf("of everything %q is told", events(told))
			}
		})
	}
}

// Half an hour of silence ends an incident; what comes then is another one.
func TestSilence(t *testing.T) {
	s := New(Options{})
	ids, _ := watch(s, injection(0, nil), injection(29*time.Minute, nil))
	more, told := watch(s, injection(60*time.Minute, nil))
	if ids[0] != ids[1] || ids[0] == more[0] {
		t.Errorf("after 29 and 31 minutes: %q, %q", ids, more)
	}
	if got, want := events(told), []string{"end ", "begin "}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

// What was told as ended, and goes on after all, is the same incident; its end is told once until then.
func TestGoesOnAfterTheEnd(t *testing.T) {
	s := New(Options{})
	before, told := watch(s, injection(0, nil))
	told = append(append(told, s.Finish()...), s.Finish()...)
	after, more := watch(s, injection(time.Minute, nil))
	told = append(told, more...)
	told = append(append(told, s.Finish()...), pass(s, time.Hour)...)
	if got, want := events(told), []string{"begin ", "end ", "end "}; !slices.Equal(got, want) || before[0] != after[0] {
		t.Errorf("told %q, want %q", got, want)
	}
}

// from is an attack of a client on a server, and what became of it.
func from(client, server string, outcome triage.Outcome) func(f *alert.Facts) {
	return func(f *alert.Facts) {
		f.Client, f.Server, f.Service, f.Direction, f.Outcome, f.Request = client, server, server, "east-west", outcome, f.Request+uint64(f.Time.Unix())
	}
}

// Whoever was attacked and then attacks is the same incident; not so one on whom all attacks failed.
func TestPivot(t *testing.T) {
	s := New(Options{})
	ids, told := watch(s,
		injection(0, from("10.0.0.1", "10.0.0.2", triage.Unknown)),
		injection(5*time.Minute, from("10.0.0.2", "10.0.0.3", triage.Success)),
		injection(10*time.Minute, from("10.0.0.3", "10.0.0.4", triage.Failure)),
		injection(15*time.Minute, from("10.0.0.4", "10.0.0.5", triage.Unknown)),
	)
	if ids[1] != ids[0] || ids[2] != ids[0] || ids[3] == ids[0] {
		t.Errorf("incidents %q", ids)
	}
	told = append(told, s.Finish()...)
	i := slices.IndexFunc(told, func(m alert.Incident) bool { return m.Event == end && m.ID == ids[0] })
	want := []alert.Hop{{From: "10.0.0.1", To: "10.0.0.2", Time: noon.Add(5 * time.Minute)}, {From: "10.0.0.2", To: "10.0.0.3", Time: noon.Add(10 * time.Minute)}}
	if i < 0 || !slices.Equal(told[i].Hops, want) {
		t.Fatalf("hops of %q", events(told))
	}
	for _, words := range []string{"It went on from 10.0.0.1 to 10.0.0.2 at 12:05, then from 10.0.0.2 to 10.0.0.3 at 12:10.", "It worked once."} {
		if !strings.Contains(strings.ReplaceAll(told[i].Text, "once: .", "once."), words) {
			t.Errorf("the text does not say %q: %s", words, told[i].Text)
		}
	}
	if !slices.ContainsFunc(told, func(m alert.Incident) bool { return m.Event == update && m.Time.Equal(noon.Add(5*time.Minute)) }) {
		t.Errorf("a hop is not told at once: %q", events(told))
	}

	late, _ := watch(s, injection(2*time.Hour, from("10.0.0.3", "10.0.0.6", triage.Unknown)))
	_, end := watch(s, injection(2*time.Hour+time.Second, from("10.0.0.3", "10.0.0.7", triage.Success)))
	if late[0] == ids[0] || len(end) == 0 || end[0].Follows != ids[0] {
		t.Errorf("a victim that attacks when all is over: incident %s follows %v", late[0], end)
	}
}

// Who comes back within a day, and was not attacked, goes on with what he did before.
func TestComesBack(t *testing.T) {
	for name, c := range map[string]struct {
		after  time.Duration
		client string
		want   bool
	}{
		"an hour later":     {time.Hour, "10.0.0.1", true},
		"a day later":       {24 * time.Hour, "10.0.0.1", true},
		"long after":        {25 * time.Hour, "10.0.0.1", false},
		"somebody else":     {time.Hour, "10.0.0.9", false},
		"nobody knows whom": {time.Hour, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			first := c.client
			if first == "10.0.0.9" {
				first = "10.0.0.1"
			}
			s := New(Options{})
			ids, _ := watch(s, injection(0, from(first, "10.0.0.2", triage.Success)))
			if c.after == 24*time.Hour { // also with a state
				text, err := state.Encode(s.kept())
				if s = New(Options{}); err != nil {
					t.Fatal(err)
				}
				if _, err := s.decode(text); err != nil {
					t.Fatal(err)
				}
			}
			late, told := watch(s, injection(c.after, from(c.client, "10.0.0.3", triage.Success)))
			follows := ""
			if c.want {
				follows = ids[0]
			}
			m := told[len(told)-1]
			if late[0] == ids[0] || m.Event != begin || m.Follows != follows || strings.Contains(m.Text, "It has attacked before, in incident "+ids[0]) != c.want {
				t.Errorf("it follows %q, want %q: %s", m.Follows, follows, m.Text)
			}
		})
	}
}

// A proxy that passes an attack on does not attack.
func TestProxyIsNoVictim(t *testing.T) {
	s := New(Options{})
	ids, told := watch(s,
		injection(0, func(f *alert.Facts) { f.Client, f.Server = "192.0.2.7", "10.0.0.1" }),
		injection(10*time.Millisecond, func(f *alert.Facts) { f.Client, f.Server, f.Direction = "10.0.0.1", "10.0.0.2", "east-west" }),
		injection(time.Second, func(f *alert.Facts) { f.Client, f.Server, f.Request = "192.0.2.8", "10.0.0.1", 2 }),
		injection(time.Second+10*time.Millisecond, func(f *alert.Facts) {
			f.Client, f.Server, f.Direction, f.Request = "10.0.0.1", "10.0.0.2", "east-west", 2
		}),
		injection(2*time.Second, func(f *alert.Facts) {
			f.Client, f.Forwarded, f.Server, f.Direction, f.Request = "10.0.0.1", "192.0.2.8", "10.0.0.3", "east-west", 3
		}),
	)
	if ids[0] != ids[1] || ids[2] != ids[3] || ids[2] != ids[4] || ids[0] == ids[2] {
		t.Errorf("incidents %q", ids)
	}
	for _, m := range append(told, s.Finish()...) {
		if len(m.Hops) > 0 || slices.Contains(m.Actors, "client 10.0.0.1") {
			t.Errorf("the proxy is one of those who attack: %v %v", m.Actors, m.Hops)
		}
	}
}

// Clients that do the same thing at the same time are one incident from the third one on.
func TestBotnet(t *testing.T) {
	client := func(every time.Duration, change func(i int, f *alert.Facts)) []alert.Facts {
		return many(20, every, func(i int, f *alert.Facts) {
			f.Client = fmt.Sprint("192.0.2.", i+1)
			if change != nil {
				change(i, f)
			}
		})
	}
	for name, c := range map[string]struct {
		alerts []alert.Facts
		want   int // incidents in the end
	}{
		"together":        {client(time.Second, nil), 1},
		"at long times":   {client(11*time.Minute, nil), 20},
		"two at a time":   {client(9*time.Minute, nil), 20},
		"different paths": {client(time.Second, func(i int, f *alert.Facts) { f.Path = fmt.Sprint("/", i) }), 20},
		"different rules": {client(time.Second, func(i int, f *alert.Facts) { f.Rule = i }), 20},
		"guesses": {client(time.Second, func(_ int, f *alert.Facts) {
			f.Detector, f.Techniques, f.Rule = "login-brute-force", []string{"T1110.003"}, 9702001
		}), 1},
		"bursts": {client(time.Second, func(_ int, f *alert.Facts) {
			f.Detector, f.Techniques, f.Rule = "alert-burst", []string{"T1190"}, 9702003
		}), 20},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(Options{})
			ids, told := watch(s, c.alerts...)
			if got := slices.Compact(slices.Clone(ids[3:])); c.want == 1 && (len(got) != 1 || got[0] != ids[0]) {
				t.Errorf("after the third client the incidents are %q", got)
			}
			told = append(told, s.Finish()...)
			begun, part := 0, 0
			for _, m := range told {
				if m.Event == begin {
					begun++
				}
				if strings.HasPrefix(strings.Join(m.News, ""), "it is part of incident "+ids[0]) {
					part++
				}
			}
			if begun-part != c.want {
				t.Errorf("%d begin, and %d become part of others", begun, part)
			}
			if last := told[len(told)-1]; c.want == 1 && (len(last.Actors) != 20 || len(last.Joined) != 1 || !strings.Contains(last.Text, "192.0.2.1 with 19 others")) {
				t.Errorf("actors %q, joined %q: %s", last.Actors, last.Joined, last.Text)
			}
		})
	}
}

// Who is known by several names is one: a user, a workload, an address.
func TestNames(t *testing.T) {
	s := New(Options{})
	ids, _ := watch(s,
		injection(0, func(f *alert.Facts) { f.ClientWorkload = "shop/deployment/web" }),
		injection(time.Second, func(f *alert.Facts) { f.Client, f.ClientWorkload = "10.0.0.9", "shop/deployment/web" }),
		injection(2*time.Second, func(f *alert.Facts) { f.Client, f.Account = "10.0.0.9", "shop/web" }),
		injection(3*time.Second, func(f *alert.Facts) { f.Client, f.Account = "10.0.0.77", "shop/web" }),
		injection(4*time.Second, func(f *alert.Facts) { f.Client, f.Account, f.Path = "10.0.0.78", "system:anonymous", "/a" }),
		injection(5*time.Second, func(f *alert.Facts) { f.Client, f.Account, f.Path = "10.0.0.79", "system:anonymous", "/b" }),
		injection(6*time.Second, func(f *alert.Facts) { f.Client, f.Path = "", "/c" }),
	)
	if len(slices.Compact(slices.Clone(ids[:4]))) != 1 || len(slices.Compact(slices.Clone(ids[3:]))) != 4 {
		t.Errorf("incidents %q", ids)
	}
}

// The same records in the same order give the same, however they are cut into chunks.
func TestDeterministic(t *testing.T) {
	run := func(size int) (all []string) {
		s := New(Options{})
		alerts := many(5000, 3*time.Second, func(i int, f *alert.Facts) {
			f.Client, f.Server = fmt.Sprint("10.0.0.", i*i%97), fmt.Sprint("10.0.0.", i*7%101)
			f.Path, f.Request, f.Rule = fmt.Sprint("/", i%13), uint64(i%17), 942000+i%5
			f.Confidence = i * 37 % 100
			f.Outcome = [3]triage.Outcome{triage.Unknown, triage.Failure, triage.Success}[i*i%3]
		})
		for chunk := range slices.Chunk(alerts, size) {
			ids, told := watch(s, chunk...)
			all = append(all, ids...)
			for _, m := range told {
				all = append(all, string(m.JSON()))
			}
		}
		for _, m := range s.Finish() {
			all = append(all, string(m.JSON()))
		}
		slices.Sort(all)
		return all
	}
	if a, b := run(1), run(700); !slices.Equal(a, b) {
		t.Error("the same alerts give other incidents")
	}
}

// BenchmarkAlert is what an alert costs, of many incidents that are open.
func BenchmarkAlert(b *testing.B) {
	s := New(Options{})
	all := many(20_000, time.Millisecond, func(i int, f *alert.Facts) {
		f.Client, f.Path = fmt.Sprint("10.", i*i%7, ".", i*i%251, ".", i%97), fmt.Sprint("/", i%50)
		f.Server, f.Request = fmt.Sprint("10.9.9.", i%200), uint64(i)
	})
	c := s.Begin()
	defer c.End()
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		f := &all[n%len(all)]
		f.Time = noon.Add(time.Duration(n) * time.Millisecond)
		n++
		c.Record(f.Time)
		c.Alert(f)
	}
}

// BenchmarkRecord is what a record costs that does not alarm.
func BenchmarkRecord(b *testing.B) {
	s := New(Options{})
	watch(s, many(1000, time.Second, func(i int, f *alert.Facts) { f.Client = fmt.Sprint(i) })...)
	c := s.Begin()
	defer c.End()
	at := noon
	for b.Loop() {
		at = at.Add(time.Microsecond)
		c.Record(at)
	}
}
