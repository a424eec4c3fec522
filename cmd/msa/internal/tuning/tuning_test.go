package tuning

import (
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/alertfile"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/inspect"
	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/internal/event"
	"github.com/modsecurity-for-anylog/msa/pipeline"
)

func TestPathPrefix(t *testing.T) {
	for _, c := range []struct {
		url, prefix string
		whole       bool
	}{
		{"/a/b?x=/c", "/a/b", true}, {"/a/b/", "/a/b/", true}, {"/", "/", true}, {"", "", false}, {"*", "", false},
		{"https://h:1/a?b", "/a", true}, {"https://h", "", false}, {"/a/../b", "/a/", false}, {"/a//b", "/a/", false},
		{"/a/b%20c/d", "/a/", false}, {"/a/4111****1111", "/a/", false}, {"/a/b c", "/a/", false}, {"/x?u=http://h/y", "/x", true},
	} {
		if prefix, whole := pathPrefix(c.url); prefix != c.prefix || whole != c.whole {
			t.Errorf("%q: %q %v, want %q %v", c.url, prefix, whole, c.prefix, c.whole)
		}
	}
}

func TestCommonPath(t *testing.T) {
	for _, c := range []struct{ paths, common string }{
		{"/a/b", "/a/b"}, {"/a/b /a/c", "/a/"}, {"/a /a/c", "/a"}, {"/a/ /a/c", "/a/"}, {"/a /b", "/"}, {"/ab /ac", "/"}, {"/a/b/c /a/b/d/e /a/b", "/a/b"}, {"/a /a/", "/a"},
	} {
		if got := commonPath(strings.Fields(c.paths)); got != c.common {
			t.Errorf("%s: %s, want %s", c.paths, got, c.common)
		}
	}
}

func TestDecisive(t *testing.T) {
	j := &scoreModel{points: map[int]points{1: {in: 5}, 2: {in: 5}, 3: {in: 3}, 4: {in: 2}, 5: {out: 4}, 6: {out: 3}}, in: 5, out: 4}
	for _, c := range []struct {
		name    string
		in, out int
		rules   []int
		onMatch bool
		want    []int
	}{
		{"one", 5, 0, []int{1}, false, []int{1}},
		{"noise may stay", 8, 0, []int{1, 3}, false, []int{1}},
		{"both", 10, 0, []int{1, 2}, false, []int{1, 2}},
		{"what is left is enough", 10, 0, []int{1, 3, 4}, false, []int{1, 3}},
		{"noise together", 5, 0, []int{3, 4}, false, []int{3}},
		{"matched twice", 13, 0, []int{1, 3}, false, []int{1, 3}},
		{"alarms by itself", 3, 0, []int{3, 9}, false, []int{9}},
		{"both sides", 5, 7, []int{1, 5, 6}, false, []int{1, 5}},
		{"any match alarms", 8, 0, []int{1, 3}, true, []int{1, 3}},
		{"below the threshold", 3, 0, []int{3}, false, []int{3}},
	} {
		j.onMatch = c.onMatch
		a := &Alert{scoreIn: c.in, scoreOut: c.out}
		for _, r := range c.rules {
			a.matches = append(a.matches, match{rule: r})
		}
		var got []int
		for _, m := range j.decisive(a) {
			got = append(got, m.rule)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// What takes nothing away from an alert does not silence it, though its score is below the threshold: confidence made it one.
func TestProposalsSilenceOnlyWhatTheyAreAbout(t *testing.T) {
	of := func(rule, score int, variable, path string) *Alert {
		return &Alert{matches: []match{{rule: rule, variable: variable}}, scoreIn: score, prefix: path, isWhole: true}
	}
	p := &proposer{
		scoreModel: &scoreModel{points: map[int]points{1: {in: 5}, 2: {in: 3}}, in: 5, out: 4},
		alerts:     []*Alert{of(1, 5, "ARGS:x", "/a"), of(2, 3, "REQUEST_HEADERS:Host", "/b")},
		chained:    func(int) bool { return false },
	}
	for _, one := range p.propose(10) {
		if len(one.silenced) != 1 || one.silenced[0].matches[0].rule != one.rules[0] {
			t.Errorf("%v silences %d alerts", one.excludes(), len(one.silenced))
		}
	}
}

// alertOf is the alert of a record in a file, with the default settings.
func alertOf(t *testing.T, file string) (text string) {
	t.Helper()
	record, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	events, err := event.AppendRecord(nil, time.Now(), record)
	if err != nil {
		t.Fatal(err)
	}
	in, err := inspect.NewTrial(inspect.Properties{"alert_text_key": {event.TextKey}, "behavior": {"off"}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	given := false
	inspect.All(in, inspect.FileTag, func() ([]byte, bool) {
		next := !given
		given = true
		return events, next
	}, func(events []byte) []byte { return events }, func(_ []byte, r pipeline.Result) {
		for _, alerts := range r.Alerts {
			if err := event.Alerts(alerts.Events, func(a event.Alert) { text = a.Text() }); err != nil {
				t.Error(err)
			}
		}
	})
	return text
}

func TestParseLeavesOutWhatOnlyAddsUp(t *testing.T) {
	a, err := Parse(alertOf(t, filepath.Join("..", "..", "testdata", "attack.json")))
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, m := range a.matches {
		got = append(got, m.rule)
	}
	if fmt.Sprint(got) != "[920350 930100 930110 930120 932160 9703040]" || a.scoreIn != 33 || a.prefix != "/" || a.source != "192.168.1.105" {
		t.Errorf("%v of %+v", got, a)
	}
	if addr, ok := clientOf(a); !ok || addr != netip.MustParseAddr("192.168.1.105") {
		t.Errorf("client %v", addr)
	}
	for _, none := range []string{
		`{"rules":[{"id":949110,"variable":"TX:x"}]}`, `{"rules":[{"id":980170}]}`, `{"rules":[{"id":5,"variable":"TX:anomaly_score"}]}`, `{"log":"x"}`, `[]`, `{`,
	} {
		if _, err := Parse(none); err == nil {
			t.Errorf("%s is an alert", none)
		}
	}
}

// Alerts that are read back give exclusions that are ones, and SecLang that loads.
func FuzzTune(f *testing.F) {
	f.Add(`{"rule_id":"942100","src_ip":"10.0.0.1","method":"GET","url":"/a/b?q=1","score_in":5,"rules":[{"id":942100,"msg":"m","variable":"ARGS:q","value":"1"}]}`)
	f.Add(`{"rule_id":"942100","src_ip":"10.0.0.1","method":"GET","url":"/a/b?q=1","rules":[{"id":942100,"variable":"NO_VARIABLE:q"}]}`)
	f.Add(`<12>1 x {"rule_id":"1","detector":"scan","url":"http://h/a","rules":[{"id":9702000}]}`)
	f.Add(`{"log":"{\"rule_id\":\"930100\",\"url\":\"/~a/%41\",\"rules\":[{\"id\":930100,\"variable\":\"REQUEST_URI\"}]}"}`)
	config, err := inspect.Properties{}.Config()
	if err != nil {
		f.Fatal(err)
	}
	scores, err := newScoreModel(config)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, line string) {
		text, err := alertfile.Text(line)
		if err != nil {
			return
		}
		a, err := Parse(text)
		if err != nil {
			return
		}
		for _, both := range []bool{false, true} {
			p := &proposer{
				scoreModel: scores, alerts: []*Alert{a}, both: both, broad: true,
				chained: func(int) bool { return false }, isInside: func(netip.Addr) bool { return false },
			}
			for _, one := range p.propose(10) {
				if !both {
					if _, err := engine.ParseExclusions(one.excludes()); err != nil {
						t.Errorf("%q is no exclusion: %v", one.excludes(), err)
					}
					continue
				}
				if one.detector != "" {
					continue
				}
				conf := filepath.Join(t.TempDir(), "x.conf")
				if err := os.WriteFile(conf, []byte(one.seclang(10000)), 0o600); err != nil {
					t.Fatal(err)
				}
				e, err := engine.New(engine.Config{Rules: []string{conf}, ParanoiaLevel: 1, InboundThreshold: 5, OutboundThreshold: 4, BodyLimit: 1 << 17})
				if err != nil {
					t.Fatalf("%s\ndoes not load: %v", one.seclang(10000), err)
				}
				for _, warning := range e.Warnings() {
					if !strings.Contains(warning.Text, "rules that are not there") { // as none but it is loaded
						t.Errorf("%s\n%s", one.seclang(10000), warning)
					}
				}
				if strings.Contains(one.seclang(10000), "\r") {
					t.Error("a line end of the alert's")
				}
				_ = e.Close()
			}
		}
	})
}
