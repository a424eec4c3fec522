package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/modsecurity-for-anylog/msa/internal/coverage"
)

// keysOf are the keys that show a field of the answer; that of the status stands in the header block, too.
var keysOf = map[coverage.Field][]string{
	coverage.Status:          {"RETCODE"},
	coverage.ResponseHeaders: {"RSP_HEADER"},
	coverage.ResponseBody:    {"RSP_BODY"},
	coverage.Time:            {"END_TIME", "HTTP_RESPONSE"},
}

// writeShown measures for each selection of the answer's fields of how many attacks by hand the outcome is told.
func writeShown(dir, msa, file string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot make the folder %q: %w", dir, err)
	}
	r, err := byHand(dir)
	if err != nil {
		return err
	}
	var b strings.Builder
	for selection := range 1 << len(coverage.AnswerFields) {
		var shown []coverage.Field
		for i, f := range coverage.AnswerFields {
			if selection>>i&1 == 1 {
				shown = append(shown, f)
			}
		}
		o, err := r.outcome(msa, shown)
		if err != nil {
			return err
		}
		b.WriteString(o.String() + "\n")
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		return fmt.Errorf("cannot write outcomes: %w", err)
	}
	return nil
}

// outcome measures a log that shows these fields of the answer.
func (r recording) outcome(msa string, shown []coverage.Field) (coverage.Outcome, error) {
	const form = "shown"
	if err := r.writeOnly(form, shown); err != nil {
		return coverage.Outcome{}, err
	}
	f, err := r.measure(msa, form)
	if err != nil {
		return coverage.Outcome{}, err
	}
	return f.outcome(shown), nil
}

func (f *figures) outcome(shown []coverage.Field) coverage.Outcome {
	return coverage.Outcome{Worked: f.Recall.Of, Success: f.Recall.N, Failed: f.Refused.Of, Failure: f.Refused.N, Fields: shown}
}

// writeOnly writes records without the answer's fields that are not shown.
func (r recording) writeOnly(form string, shown []coverage.Field) error {
	lines := make([]any, len(r.records))
	for i, n := range r.records {
		if !slices.Contains(shown, coverage.Status) {
			_, n.RspHeader, _ = strings.Cut(n.RspHeader, "\r\n")
		}
		text, err := json.Marshal(n)
		if err != nil {
			return fmt.Errorf("cannot write record %d: %w", i+1, err)
		}
		var line map[string]any
		if err := json.Unmarshal(text, &line); err != nil {
			return fmt.Errorf("cannot write record %d: %w", i+1, err)
		}
		for _, f := range coverage.AnswerFields {
			for _, key := range keysOf[f] {
				if !slices.Contains(shown, f) {
					delete(line, key)
				}
			}
		}
		lines[i] = line
	}
	return writeLines(r.file(form), lines)
}
