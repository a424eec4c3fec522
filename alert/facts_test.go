package alert

import (
	"fmt"
	"testing"
	"unsafe"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/triage"
)

// Facts, and where an alert is counted, outlive the record and the memory of its transaction, which the next one gets.
func TestFactsAreCopies(t *testing.T) {
	for _, text := range []string{"plain", "grüße", " padded", "two words", "a\tb"} {
		var memory [][]byte
		view := func(s string) string {
			b := []byte(s)
			memory = append(memory, b)
			return unsafe.String(&b[0], len(b))
		}
		tx := &mapping.Transaction{
			Method: view(text), URI: view("/" + text), Host: view(text), Client: mapping.Endpoint{Address: view(text)}, Server: mapping.Endpoint{Address: view(text)},
			ClientWorkload: mapping.Workload{Account: view(text)}, ServerWorkload: mapping.Workload{Name: view(text)},
		}
		a := Alert{
			Match: engine.Match{RuleID: 1, Message: view(text)}, tx: tx, Outcome: triage.Success, OutcomeEvidence: []string{view(text)},
			Rules: []engine.Match{{Message: view("Sensitive data: " + text), Tags: []string{"sensitive-data"}, Phase: 4, Value: view(text)}},
		}
		facts, series := a.Facts(), a.Series()
		before := fmt.Sprintf("%+v %+v", facts, series)
		for _, b := range memory {
			for i := range b {
				b[i] = '!'
			}
		}
		if after := fmt.Sprintf("%+v %+v", facts, series); after != before {
			t.Errorf("%q: facts and series are %s, and were %s", text, after, before)
		}
	}
}
