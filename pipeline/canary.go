package pipeline

import (
	"bytes"
	"encoding/csv"
	"errors"
	"slices"
	"strings"

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

// parseCanaries reads a file of canary values. It refuses what would leave some out in silence: no values at all, as of a
// file that is being written, and a quote that is not closed, which takes in the lines after it.
func parseCanaries(text []byte) (c *sensitive.Canaries, line int, err error) {
	if text, err = userfile.Text(text); err != nil {
		return nil, 1, err
	}
	reader := csv.NewReader(bytes.NewReader(text))
	reader.Comment, reader.FieldsPerRecord, reader.TrimLeadingSpace, reader.LazyQuotes = '#', -1, true, true
	values := 0
	for {
		row, err := reader.Read()
		if err != nil { // the end, or what ParseCanaries says
			break
		}
		line, _ := reader.FieldPos(0)
		if slices.ContainsFunc(row, func(field string) bool { return strings.Contains(field, "\n") }) {
			return nil, line, errors.New("a quote is not closed")
		}
		if values == 0 && strings.EqualFold(strings.TrimSpace(row[0]), "value") { // names of columns
			text = asComment(text, line)
			continue
		}
		values++
	}
	c, line, err = sensitive.ParseCanaries(text)
	if err == nil && values == 0 {
		return nil, 1, errors.New("there is no value in it; canaries off is for none")
	}
	return c, line, err
}

// asComment is a text with a line of it as a comment.
func asComment(text []byte, line int) []byte {
	lines := bytes.SplitAfter(text, []byte("\n"))
	lines[line-1] = append([]byte("#"), lines[line-1]...)
	return bytes.Join(lines, nil)
}
