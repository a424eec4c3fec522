// Package explain prints what becomes of one record, for people and for programs.
package explain

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/listing"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/pipeline"
)

// Explanation is what a pipeline says of a record.
type Explanation struct {
	pipeline.Explanation
	Pipeline      *pipeline.Pipeline
	MinConfidence int // from which the record would alarm

	w *bufio.Writer // of Print
}

// Print prints for people, what matters first, and with advice how the product that wrote the log would show more.
func (e *Explanation) Print(w io.Writer, withAdvice bool) error {
	e.w = bufio.NewWriter(w)
	e.print()
	if withAdvice && e.Unmapped == nil {
		e.printAdvice()
	}
	return e.w.Flush()
}

// mostTried is how many mappings are listed that do not fit, once one does: with auto there are dozens, and nobody has asked.
const mostTried = 10

func (e *Explanation) print() {
	tried := e.Mapping.Tried
	if e.Unmapped != nil {
		e.title("mapping: none, the record is not inspected: %s", e.Masked("", e.Unmapped.Error()))
		e.printTried(tried)
		e.title("next: describe the log in a mapping (docs/mapping.md); msa init drafts one of a log in JSON")
		return
	}
	e.printVerdict()
	e.printMatches()
	taken := tried[len(tried)-1].Mapping
	e.title("mapping: %s (%s)", taken.Name, cmp.Or(taken.Description, "no description"))
	e.printFields()
	e.title("transaction")
	e.line("from %s to %s", endpoint(e.Transaction.Client), endpoint(e.Transaction.Server))
	e.printWorkload("client", &e.Transaction.ClientWorkload)
	e.printWorkload("server", &e.Transaction.ServerWorkload)
	if !e.Transaction.Time.IsZero() {
		e.line("at %s", e.Transaction.Time.Format("2006-01-02 15:04:05.999 MST"))
	}
	described := e.Masked("", e.Transaction.Describe()) // as a whole: keys have many lines
	for _, line := range strings.Split(strings.TrimSuffix(described, "\n"), "\n") {
		if name, value, ok := strings.Cut(line, " = "); ok && strings.HasPrefix(name, "ARGS:") {
			line = name + " = " + e.Masked(name, value)
		}
		e.line("%s", listing.Printable(line))
	}
	e.printUnapplied()
	e.printGains()
	switch before := tried[:len(tried)-1]; {
	case len(before) > mostTried:
		e.title("mappings that were tried before %s: %d (--json says why each does not fit)", taken.Name, len(before))
	case len(before) > 0:
		e.title("mappings that were tried before %s", taken.Name)
		e.printTried(before)
	}
}

func (e *Explanation) printWorkload(of string, w *mapping.Workload) {
	var known []string
	if name := w.String(); name != "" {
		known = append(known, "is "+name)
	}
	if w.Account != "" {
		known = append(known, "authenticated as "+w.Account)
	}
	if w.Impersonates != "" {
		known = append(known, "acts as "+w.Impersonates)
	}
	if known != nil {
		e.line("%s", listing.Printable("the "+of+" "+strings.Join(known, ", ")))
	}
}

func (e *Explanation) title(format string, args ...any) {
	_, _ = fmt.Fprintf(e.w, format+"\n", args...)
}

func (e *Explanation) line(format string, args ...any) {
	e.title("  "+format, args...)
}

// printVerdict says first what most people ask for.
func (e *Explanation) printVerdict() {
	sure := e.Appraisal
	var verdict string
	switch {
	case e.Alerts == 0 && len(e.Matches) == 0:
		verdict = "no rule matches"
	case e.Alerts == 0 && e.Verdict.HasEvidence():
		verdict = fmt.Sprintf("no alert, with confidence %d of the %d that are needed", sure.Confidence, e.MinConfidence)
	case e.Alerts == 0:
		verdict = "no alert"
	default:
		verdict = fmt.Sprintf("alert, with confidence %d", sure.Confidence)
	}
	if sure.Outcome != "" {
		verdict += ", outcome " + string(sure.Outcome)
	}
	e.title("verdict: %s", verdict)
}

// printTried says why mappings did not take the record.
func (e *Explanation) printTried(tried []mapping.Trial) {
	for _, t := range tried {
		e.line("not %s: %s", t.Mapping.Name, e.Masked("", t.Reason))
	}
}

func (e *Explanation) printFields() {
	e.title("fields")
	width := 0
	for _, f := range e.Mapping.Fields {
		width = max(width, len(f.Part))
	}
	for _, f := range e.Mapping.Fields {
		what := listing.Printable(listing.Short(e.Masked(f.Part, f.Value), 120))
		if f.Note != "" {
			what = "(" + f.Note + ")"
		}
		e.line("%-*s  %s  ←  %s", width, f.Part, what, f.From)
	}
	if unused := e.Mapping.Unused; len(unused) > 0 {
		e.line("not used: %s", listing.Printable(strings.Join(unused, ", ")))
	}
}

func (e *Explanation) printUnapplied() {
	if len(e.Unapplied) == 0 {
		return
	}
	e.title("rules that are off, as they need what the record does not show")
	for _, u := range e.Unapplied {
		var missing []string
		for _, p := range u.Missing {
			missing = append(missing, p.String())
		}
		e.line("%d %s (%s)", u.Rule, u.Message, strings.Join(missing, ", "))
	}
}

func (e *Explanation) printMatches() {
	if len(e.Matches) > 0 {
		e.title("matches")
	}
	for i := range e.Matches {
		m := &e.Matches[i]
		rule := e.Pipeline.Rule(m.RuleID)
		after := ""
		if len(rule.Transformations) > 0 && !rule.Chained {
			after = " after " + strings.Join(rule.Transformations, ", ")
		}
		e.line("%d %s (%s:%d)", m.RuleID, listing.Printable(e.Masked("", m.Message)), rule.File, rule.Line)
		if m.Operator != "" {
			e.line("    %s%s: %s", listing.Printable(e.Masked("", m.Variable)), after, listing.Printable(listing.Short(m.Value, 200)))
		}
		if m.Data != "" {
			e.line("    %s", listing.Printable(listing.Short(m.Data, 200)))
		}
	}
	e.printAppraisal()
	in, out := e.Pipeline.Thresholds()
	verdict := "no alert"
	if e.Alerts > 0 {
		verdict = fmt.Sprintf("alerts: %d", e.Alerts)
	}
	e.title("score: inbound %d of %d, outbound %d of %d; %s", e.Verdict.ScoreIn, in, e.Verdict.ScoreOut, out, verdict)
}

// printAppraisal says how sure it is, what became of the attack, and what the log would have to show to know that.
func (e *Explanation) printAppraisal() {
	if !e.Verdict.HasEvidence() {
		return
	}
	e.title("confidence: %d", e.Appraisal.Confidence)
	for _, reason := range e.Appraisal.Reasons {
		e.line("%s", listing.Printable(reason))
	}
	if e.Appraisal.Outcome == "" {
		return
	}
	e.title("outcome: %s", e.Appraisal.Outcome)
	for _, evidence := range e.Appraisal.OutcomeEvidence {
		e.line("%s", listing.Printable(evidence))
	}
	if e.Earlier > 0 {
		e.line("(the %d records before it in the file were taken into account)", e.Earlier)
	}
	for _, part := range e.ToKnow {
		e.line("to know more: log %s", part)
	}
}

func (e *Explanation) printGains() {
	if len(e.Gains) == 0 {
		return
	}
	e.title("to see more")
	for _, g := range e.Gains {
		plural := "s"
		if len(g.Rules) == 1 {
			plural = ""
		}
		e.line("log %s to enable %d rule%s", g.Part, len(g.Rules), plural)
	}
}

func endpoint(p mapping.Endpoint) string {
	switch {
	case p.Address == "":
		return "(unknown)"
	case p.Port == "":
		return listing.Printable(p.Address)
	case strings.Contains(p.Address, ":"):
		return listing.Printable("[" + p.Address + "]:" + p.Port)
	}
	return listing.Printable(p.Address + ":" + p.Port)
}
