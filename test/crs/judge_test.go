package crs

import (
	"errors"
	"regexp"
	"testing"
)

func TestJudge(t *testing.T) {
	pattern := regexp.MustCompile(`found within ARGS:x`)
	for _, c := range []struct {
		name   string
		stage  string
		expect Expect
		got    Result
		want   string
	}{
		{"all match", "1-1", Expect{IDs: []int{1, 2}}, Result{IDs: []int{2, 3, 1}}, ""},
		{"one does not", "1-1", Expect{IDs: []int{1, 2}}, Result{IDs: []int{2, 3}}, "rule 1 did not match"},
		{"silent", "1-1", Expect{NoIDs: []int{1}}, Result{IDs: []int{2}}, ""},
		{"not silent", "1-1", Expect{NoIDs: []int{1}}, Result{IDs: []int{1}}, "rule 1 matched"},
		{"pattern", "1-1", Expect{Match: pattern}, Result{Log: []string{"a", "found within ARGS:x"}}, ""},
		{"no pattern", "1-1", Expect{Match: pattern}, Result{Log: []string{"a"}}, `no line of the log has "found within ARGS:x"`},
		{"unwanted pattern", "1-1", Expect{NotMatch: pattern}, Result{Log: []string{"found within ARGS:x"}}, `a line of the log has "found within ARGS:x"`},
		{"no unwanted pattern", "1-1", Expect{NotMatch: pattern}, Result{}, ""},
		{"not inspected", "1-1", Expect{NoIDs: []int{1}}, Result{Err: errors.New("unmapped")}, "not inspected: unmapped"},
		{"overridden", "922130-1", Expect{Match: pattern}, Result{IDs: []int{200003}}, ""},
		{"overridden, and fails", "922130-5", Expect{NotMatch: pattern}, Result{IDs: []int{200003}}, "rule 200003 matched"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := c.got
			r.Stage = &Stage{Name: c.stage, Expect: c.expect}
			r.judge()
			if r.Failure != c.want || r.Passed() != (c.want == "") {
				t.Errorf("got %q, want %q", r.Failure, c.want)
			}
		})
	}
}

func TestSummarize(t *testing.T) {
	stage := func(e Expect) *Stage { return &Stage{Expect: e} }
	got := Summarize([]Result{
		{Stage: stage(Expect{IDs: []int{1}})},
		{Stage: stage(Expect{IDs: []int{1}}), Failure: "x"},
		{Stage: stage(Expect{NoIDs: []int{1}}), Failure: "x"},
		{Stage: stage(Expect{NoIDs: []int{1}, Status: 200})},
		{Stage: stage(Expect{Status: 400})},
		{Stage: stage(Expect{Status: 400}), Failure: "x"},
	})
	if want := (Summary{4, 2, 2, 1, 2, 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
