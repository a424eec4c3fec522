package pipeline

import (
	"errors"
	"slices"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/engine/sensitive"
	"github.com/modsecurity-for-anylog/msa/internal/userfile"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// canary is what alerts and exclusions call a canary value that a record has.
var canary = engine.Named{ID: 9700900, Name: "canary", Tags: []string{"sensitive-data", "canary", "attack-disclosure", "mitre/T1213"}}

// findCanaries adds the canary values that a transaction has to what rules have found in it.
func (p *Pipeline) findCanaries(tx *mapping.Transaction, v *engine.Verdict) {
	if p.canaries == nil || p.exclusions.Any() && p.exclusions.Excluded(canary.ID, canary.Name, canary.Tags, engine.ExchangeOf(tx)) {
		return
	}
	set := p.canaries.Value()
	look := func(variable, text string, phase int) {
		set.Find(text, func(name, written string) bool {
			where := "a request"
			if phase > 2 {
				where = "a response"
			}
			v.Matches = append(v.Matches, engine.Match{
				RuleID: canary.ID, Message: "Canary value " + name + " in " + where, Severity: 0, Phase: phase, Tags: slices.Clone(canary.Tags),
				Variable: variable, Value: sensitive.MaskCandidate(written), Operator: "canaries", Certain: true,
			})
			v.Alarm = true
			return false // one for each part of the record says enough
		})
	}
	look("REQUEST_URI", tx.URI, 1)
	for _, h := range tx.RequestHeaders {
		look("REQUEST_HEADERS:"+h.Name, h.Value, 1)
	}
	for _, a := range tx.Args {
		look("ARGS:"+a.Name, a.Value, 2)
	}
	look("REQUEST_BODY", tx.RequestBody.Text, 2)
	for _, h := range tx.ResponseHeaders {
		look("RESPONSE_HEADERS:"+h.Name, h.Value, 3)
	}
	look("RESPONSE_BODY", tx.ResponseBody.Text, 4)
}

// parseCanaries reads a file of canary values. One without any is refused, as a file that is being written is.
func parseCanaries(text []byte) (c *sensitive.Canaries, line int, err error) {
	if text, err = userfile.Text(text); err != nil {
		return nil, 1, err
	}
	c, line, err = sensitive.ParseCanaries(text)
	if err == nil && c.Len() == 0 {
		return nil, 1, errors.New("there is no value in it; canaries off is for none")
	}
	return c, line, err
}
