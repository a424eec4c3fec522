package alert

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/engine/sensitive"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/triage"
)

func TestSummary(t *testing.T) {
	const uri = "/find/it?q=1"
	long := strings.Repeat("ü", 300)
	for _, c := range []struct {
		name string
		m    engine.Match
		want string
	}{
		{
			"libinjection's fingerprint is for nobody",
			engine.Match{Message: "SQL Injection", Operator: "detectSQLi", Variable: "ARGS:q", Value: "1' or 2=2--", Data: "Matched Data: s&1c found within ARGS:q: 1' or 2=2--"},
			"SQL Injection: 1' or 2=2-- in ARGS:q of GET /find/it",
		},
		{
			"a piece of the value",
			engine.Match{Message: "File Access", Operator: "pmFromFile", Variable: "ARGS:q", Value: "../../etc/shadow", Data: "Matched Data: etc/shadow found within ARGS:q: ../../etc/shadow"},
			"File Access: etc/shadow in ARGS:q of GET /find/it",
		},
		{
			"an empty piece, and a pattern that is in no summary",
			engine.Match{Message: "Odd", Operator: "!rx", Operand: "^[a-z]+$", Variable: "ARGS:q", Value: "A", Data: "Matched Data:  found within ARGS:q: A"},
			"Odd: A in ARGS:q of GET /find/it",
		},
		{"no log data", engine.Match{Message: "Odd", Operator: "rx", Variable: "ARGS:q (base64)", Value: "id\x00\n\r\tx"}, "Odd: id␀ x in ARGS:q (base64) of GET /find/it"},
		{"no message", engine.Match{RuleID: 7, Operator: "rx", Variable: "ARGS:q", Value: "x"}, "Rule 7: x in ARGS:q of GET /find/it"},
		{"nothing to look at", engine.Match{Message: "Always"}, "Always of GET /find/it"},
		{"a long value", engine.Match{Message: "m", Operator: "rx", Variable: "ARGS:q", Value: long}, "m: " + strings.Repeat("ü", 170) + "… in ARGS:q of GET /find/it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tx := mapping.Transaction{Method: "GET", URI: uri}
			a := New(defaults, nil, &tx, &engine.Verdict{Alarm: true, Matches: []engine.Match{c.m}}, triage.Appraisal{}, "t", time.Now())[0]
			if got := a.summary(); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
	tx := mapping.Transaction{Method: long, URI: "/" + long}
	m := engine.Match{Message: long, Operator: "rx", Variable: long, Value: long}
	a := New(defaults, nil, &tx, &engine.Verdict{Alarm: true, Matches: []engine.Match{m}}, triage.Appraisal{}, "t", time.Now())[0]
	if n := utf8.RuneCountInString(a.summary()); n != longestSummary {
		t.Errorf("where all is long, it has %d characters", n)
	}
	d := ofDetector()
	if got := d.summary(); got != "Many failed logins from one client: 31 events in 5m0s of POST /login" {
		t.Errorf("a detector says %q", got)
	}
}

// What is masked in the alert is masked in its summary, be it in a value, in a piece of one, or in the path.
func TestSummaryIsMasked(t *testing.T) {
	const card = "4111111111111111"
	tx := mapping.Transaction{Method: "GET", URI: "/pay/" + card + "?password=hunter2' or 1=1&card=" + card}
	masked := defaults
	masked.Mask = true
	for _, m := range []engine.Match{
		{Operator: "detectSQLi", Variable: "ARGS:password", Value: "hunter2' or 1=1", Data: "Matched Data: s&1 found within ARGS:password: hunter2' or 1=1"},
		{Operator: "rx", Variable: "ARGS:card", Value: card, Data: "Matched Data: " + card + " found within ARGS:card: " + card},
	} {
		a := New(masked, sensitive.NewMasker(tx.URI), &tx, &engine.Verdict{Alarm: true, Matches: []engine.Match{m}}, triage.Appraisal{}, "t", time.Now())[0]
		if got := a.summary(); strings.Contains(got, "hunter2") || strings.Contains(got, card) || !strings.Contains(got, "*") {
			t.Errorf("%s: %q", m.Variable, got)
		}
	}
}

// The id is the one that other formats have, another for another record, and the time says its zone.
func TestIDAndTimestamp(t *testing.T) {
	a, b := sample(t), sample(t)
	read := func(a *Alert) (o struct{ ID, Timestamp string }) {
		t.Helper()
		if err := json.Unmarshal(a.JSON(), &o); err != nil {
			t.Fatal(err)
		}
		return o
	}
	got := read(&a)
	if got.ID != a.uid() || len(got.ID) != 32 || got != read(&b) {
		t.Errorf("ids %q and %q, elsewhere %q", got.ID, read(&b).ID, a.uid())
	}
	a.time = time.Date(2026, 3, 4, 5, 6, 7, 89_000_000, time.FixedZone("", 7200))
	if now := read(&a); now.ID == got.ID || now.Timestamp != "2026-03-04T03:06:07.089Z" {
		t.Errorf("at another time %+v", now)
	}
	a.time = a.time.Add(time.Nanosecond)
	if now := read(&a); now.ID != a.uid() || now.ID == b.uid() {
		t.Errorf("a nanosecond later %+v", now)
	}
}
