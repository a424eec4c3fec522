package alert

import (
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/triage"
)

// An alert quotes a long value once for each rule, but not all of it; a secret that a cut goes through is masked.
func TestLongValuesAreQuotedInPart(t *testing.T) {
	const secret = "password=correcthorsebatterystaple"
	filler := strings.Repeat("é ", longestQuote)
	for _, n := range []int{1, 4, 80, 1000} {
		share := min(longestQuote, max(leastQuote, allQuotes/n))
		value := filler[:share-20] + " " + secret + "&x=" + filler
		v := engine.Verdict{Alarm: true}
		for i := range n {
			v.Matches = append(v.Matches, engine.Match{RuleID: i + 1, Severity: 2, Variable: "ARGS:" + filler, Value: value,
				Message: value, Data: "Matched Data: é found within ARGS:q: " + value})
		}
		tx := &mapping.Transaction{URI: "/", Status: 200}
		all := New(Options{MinSeverity: 7, Mask: true}, nil, tx, &v, triage.Appraisal{}, "t", time.Unix(0, 0))
		if len(all) != 1 || len(all[0].Rules) != n {
			t.Fatalf("%d alerts", len(all))
		}
		text := string(all[0].JSON())
		if strings.Contains(text, "correcthorse") || strings.Contains(text, "terystaple") {
			t.Errorf("%d matches: the secret is told", n)
		}
		if most := 4*(n*(share+200)+longestQuote) + 1000; len(text) > most {
			t.Errorf("%d matches: %d bytes, and at most %d are expected", n, len(text), most)
		}
		if r := all[0].Rules[n-1]; !strings.HasSuffix(r.Value, omitted) || len(r.Value) < share-4 {
			t.Errorf("%d matches: the value ends in %q, of %d bytes", n, r.Value[len(r.Value)-30:], len(r.Value))
		}
		if len(v.Matches[0].Value) != len(value) {
			t.Error("the verdict is changed")
		}
	}
}
