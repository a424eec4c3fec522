package triage

import (
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine"
)

// verdict is one of rules about SQL that matched a value.
func verdict(variable, value string, rules ...int) *engine.Verdict {
	v := &engine.Verdict{}
	for _, id := range rules {
		v.Matches = append(v.Matches, engine.Match{
			RuleID: id, Message: "SQL", Severity: 2, Phase: 2, Tags: []string{"attack-sqli"}, Variable: variable, Value: value,
			Data: "Matched Data: " + value + " found within " + variable + ": " + value, Places: []engine.Place{{Variable: variable, Value: value}},
		})
	}
	return v
}

func TestSuspects(t *testing.T) {
	v := verdict("ARGS:q", "1' or '1'='1", 942100, 942130)
	v.Matches = append(v.Matches, engine.Match{
		RuleID: 942100, View: true, Variable: "REQUEST_COOKIES:c (base64, json)", Value: "x",
		Places: []engine.Place{{Variable: "REQUEST_COOKIES:c (base64, json)", Value: "x"}},
	}, engine.Match{RuleID: 920420, Policy: true, Variable: "REQUEST_HEADERS:Content-Type"})
	all := Suspects(nil, v)
	if len(all) != 2 || all[0].Variable != "ARGS:q" || len(all[0].Rules) != 2 || all[1].Variable != "REQUEST_COOKIES:c" || all[1].Views != "base64, json" {
		t.Errorf("got %+v", all)
	}
	if all[0].place != "arg" || all[1].place != "cookie" || all[0].share != 8 {
		t.Errorf("got %+v", all)
	}
}

// What a client puts into a string of GraphQL is a value by itself, and weighs as one; JSON is left as it is.
func TestStringsOfGraphQL(t *testing.T) {
	match := func(value, matched string) Suspect {
		v := verdict("ARGS:json.query", value, 942100)
		v.Matches[0].Data = "Matched Data: " + matched + " found within ARGS:json.query: " + value
		return Suspects(nil, v)[0]
	}
	for _, c := range []struct{ value, matched, want string }{
		{`{ item(name: "mug' OR '1'='1") { id } }`, ` OR '1'='1`, `mug' OR '1'='1`},
		{`query A($n: Int) { item(a: "b", name: "x'\tUNION\tSELECT 1-- -") { id } }`, `UNION`, "x'\tUNION\tSELECT 1-- -"},
		{`{ item(name: "mug") { or 1=1 } }`, `or 1=1`, `{ item(name: "mug") { or 1=1 } }`},
		{`{"name":"mug' OR '1'='1"}`, ` OR '1'='1`, `{"name":"mug' OR '1'='1"}`},
	} {
		if s := match(c.value, c.matched); s.Value != c.want {
			t.Errorf("%s: %q, want %q", c.value, s.Value, c.want)
		}
	}
}

// More rules on a plainer attack make it surer, a number in a cookie less so; each confidence has its reasons.
func TestModel(t *testing.T) {
	m := embedded()
	confidence := func(v *engine.Verdict) int {
		score, _ := m.score(&Suspects(nil, v)[0], nil)
		return m.confidence(score)
	}
	attack := verdict("ARGS:q", "1' union select password from users -- ", 942100, 942190, 942270)
	if c := confidence(attack); c < 90 {
		t.Errorf("an attack has %d", c)
	}
	if c := confidence(verdict("REQUEST_COOKIES:_ga", "GA1.2.1234567.7654321", 942100)); c >= 40 {
		t.Errorf("a cookie has %d", c)
	}
	_, speaking := m.score(&Suspects(nil, attack)[0], nil)
	all := reasons(speaking, attack)
	if len(all) != maxReasons {
		t.Errorf("%d reasons", len(all))
	}
	for _, r := range all {
		if strings.Count(r, " ") < 2 {
			t.Errorf("%q is no reason for people", r)
		}
	}
}

func TestNoEvidence(t *testing.T) {
	v := &engine.Verdict{Matches: []engine.Match{{RuleID: 920420, Policy: true, Severity: 2, Phase: 1}}}
	if got := Appraise(nil, v); got.Confidence != 0 || got.Reasons != nil {
		t.Errorf("got %+v", got)
	}
}

// A rule that alarms by itself says by its severity how sure it is.
func TestStatedConfidence(t *testing.T) {
	for severity, want := range map[int]int{0: 99, 2: 95, 4: 70, 7: 50, engine.SeverityUnset: 70} {
		v := &engine.Verdict{Matches: []engine.Match{{RuleID: 1, Message: "own", Severity: severity, Phase: 4, Variable: "RESPONSE_BODY"}}}
		if got := Appraise(nil, v); got.Confidence != want || len(got.Reasons) != 1 || got.Reasons[0] != "rule 1: own" {
			t.Errorf("severity %d: got %+v, want %d", severity, got, want)
		}
	}
}

func TestParseModel(t *testing.T) {
	for _, bad := range []string{``, `{`, `{"version":2}`, `{"version":1,"weights":[]}`} {
		if _, err := parseModel([]byte(bad)); err == nil {
			t.Errorf("%q is a model", bad)
		}
	}
}

func BenchmarkAppraise(b *testing.B) {
	v := verdict("ARGS:q", "1' union select password from users -- ", 942100, 942190, 942270)
	b.ReportAllocs()
	for b.Loop() {
		Appraise(nil, v)
	}
}
