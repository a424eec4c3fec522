package explain

import (
	"fmt"
	"io"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/listing"
)

type explainedVerdict struct {
	Alerts     int      `json:"alerts"`
	Confidence int      `json:"confidence"`
	Reasons    []string `json:"reasons,omitempty"`
	Outcome    string   `json:"outcome,omitempty"`
	Evidence   []string `json:"outcome_evidence,omitempty"`
	ToKnow     []string `json:"to_know_more,omitempty"` // what the log would have to show
	ScoreIn    int      `json:"score_in"`
	ScoreOut   int      `json:"score_out"`
}

type explainedTrial struct {
	Mapping string `json:"mapping"`
	Reason  string `json:"reason"`
}

type explainedField struct {
	Part  string `json:"part"`
	From  string `json:"from"`
	Value string `json:"value"`
	Note  string `json:"note,omitempty"`
}

type explainedMatch struct {
	Rule            int      `json:"rule"`
	Message         string   `json:"msg"`
	Variable        string   `json:"variable,omitempty"`
	Value           string   `json:"value,omitempty"`
	Data            string   `json:"data,omitempty"`
	Transformations []string `json:"transformations,omitempty"`
	File            string   `json:"file"`
	Line            int      `json:"line"`
}

type explainedUnapplied struct {
	Rule    int      `json:"rule"`
	Message string   `json:"msg"`
	Missing []string `json:"missing"`
}

type explainedGain struct {
	Part  string `json:"part"`
	Rules []int  `json:"rules"`
}

// explained is an explanation for programs. Verdict, fields and what follows are missing of a record that was not
// inspected.
type explained struct {
	Verdict      *explainedVerdict    `json:"verdict,omitempty"`
	Mapping      string               `json:"mapping,omitempty"`
	NotInspected string               `json:"not_inspected,omitempty"`
	Tried        []explainedTrial     `json:"tried,omitempty"`
	Fields       []explainedField     `json:"fields,omitempty"`
	Unused       []string             `json:"unused,omitempty"`
	Transaction  string               `json:"transaction,omitempty"`
	Matches      []explainedMatch     `json:"matches,omitempty"`
	Unapplied    []explainedUnapplied `json:"unapplied,omitempty"`
	Gains        []explainedGain      `json:"to_see_more,omitempty"`
	Advice       *advised             `json:"advice,omitempty"`
}

// PrintJSON prints for programs, with advice if that is asked for.
func (e *Explanation) PrintJSON(w io.Writer, withAdvice bool) error {
	out := explained{Unused: e.Mapping.Unused}
	for _, t := range e.Mapping.Tried {
		if t.Reason == "" {
			out.Mapping = t.Mapping.Name
			continue
		}
		out.Tried = append(out.Tried, explainedTrial{t.Mapping.Name, e.Masked("", t.Reason)})
	}
	if e.Unmapped != nil {
		out.NotInspected = e.Masked("", e.Unmapped.Error())
		return listing.JSON(w, out)
	}
	out.Verdict = &explainedVerdict{
		Alerts: e.Alerts, Confidence: e.Appraisal.Confidence, Reasons: e.Appraisal.Reasons, Outcome: string(e.Appraisal.Outcome),
		Evidence: e.Appraisal.OutcomeEvidence, ScoreIn: e.Verdict.ScoreIn, ScoreOut: e.Verdict.ScoreOut,
	}
	for _, part := range e.ToKnow {
		out.Verdict.ToKnow = append(out.Verdict.ToKnow, fmt.Sprint(part))
	}
	for _, f := range e.Mapping.Fields {
		out.Fields = append(out.Fields, explainedField{f.Part, f.From, e.Masked(f.Part, f.Value), f.Note})
	}
	out.Transaction = e.Masked("", e.Transaction.Describe())
	for i := range e.Matches {
		m := &e.Matches[i]
		rule := e.Pipeline.Rule(m.RuleID)
		out.Matches = append(out.Matches, explainedMatch{
			m.RuleID, e.Masked("", m.Message), e.Masked("", m.Variable), m.Value, m.Data, rule.Transformations, rule.File, rule.Line,
		})
	}
	for _, u := range e.Unapplied {
		var missing []string
		for _, p := range u.Missing {
			missing = append(missing, p.String())
		}
		out.Unapplied = append(out.Unapplied, explainedUnapplied{u.Rule, u.Message, missing})
	}
	for _, g := range e.Gains {
		out.Gains = append(out.Gains, explainedGain{g.Part.String(), g.Rules})
	}
	if withAdvice {
		out.Advice = e.advise()
	}
	return listing.JSON(w, out)
}
