package crs

import (
	"fmt"
	"slices"
	"strings"
)

// Result is what became of one stage.
type Result struct {
	*Stage
	IDs     []int    // rules that matched
	Log     []string // a line for each, where the stage has a pattern for it
	Err     error    // why it was not inspected
	Failure string   // what is wrong, empty when the stage passes
}

// Passed reports whether everything is as the stage expects.
func (r *Result) Passed() bool { return r.Failure == "" }

// override replaces what a stage expects, where that is the wording of another
// engine's log.
type override struct {
	ids, noIDs []int
	why        string
}

const multipart = "the pattern is ModSecurity's complaint about multipart bodies, for which Coraza has rule 200003"

// overrides are those of Coraza's own run of these tests (coraza:
// testing/coreruleset/.ftw-overrides.yml) that are not about its HTTP server.
var overrides = map[string]override{
	"922130-1": {ids: []int{200003}, why: multipart},
	"922130-2": {ids: []int{200003}, why: multipart},
	"922130-3": {noIDs: []int{200002, 200003, 922130}, why: multipart},
	"922130-4": {ids: []int{922130}, why: multipart},
	"922130-5": {noIDs: []int{200002, 200003, 922130}, why: multipart},
	"922130-6": {noIDs: []int{200002, 200003, 922130}, why: multipart},
	"922130-7": {ids: []int{200003}, why: multipart},
}

// judge fills in Failure.
func (r *Result) judge() {
	e := r.Expect
	if o, ok := overrides[r.Name]; ok {
		e = Expect{IDs: o.ids, NoIDs: o.noIDs}
	}
	var wrong []string
	if r.Err != nil {
		wrong = append(wrong, fmt.Sprintf("not inspected: %v", r.Err))
	}
	for _, id := range e.IDs {
		if !slices.Contains(r.IDs, id) {
			wrong = append(wrong, fmt.Sprintf("rule %d did not match", id))
		}
	}
	for _, id := range e.NoIDs {
		if slices.Contains(r.IDs, id) {
			wrong = append(wrong, fmt.Sprintf("rule %d matched", id))
		}
	}
	if e.Match != nil && !slices.ContainsFunc(r.Log, e.Match.MatchString) {
		wrong = append(wrong, fmt.Sprintf("no line of the log has %q", e.Match))
	}
	if e.NotMatch != nil && slices.ContainsFunc(r.Log, e.NotMatch.MatchString) {
		wrong = append(wrong, fmt.Sprintf("a line of the log has %q", e.NotMatch))
	}
	r.Failure = strings.Join(wrong, "; ")
}

// Summary counts results.
type Summary struct {
	Rules, RulesPassed           int // stages that expect anything of the rules
	Detections, DetectionsPassed int // of these, attacks that shall be found
	Refused, RefusedInspected    int // stages that expect only a server's refusal: inspected is all they can be
}

// Summarize counts results.
func Summarize(results []Result) Summary {
	var s Summary
	count := func(is, passed bool, n, ok *int) {
		if is {
			*n++
			if passed {
				*ok++
			}
		}
	}
	for i := range results {
		r := &results[i]
		count(r.Expect.Rules(), r.Passed(), &s.Rules, &s.RulesPassed)
		count(r.Expect.Detection(), r.Passed(), &s.Detections, &s.DetectionsPassed)
		count(!r.Expect.Rules(), r.Passed(), &s.Refused, &s.RefusedInspected)
	}
	return s
}
