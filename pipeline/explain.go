package pipeline

import (
	"time"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/behavior"
	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/engine/sensitive"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/triage"
)

// Explanation is the way of one record through the pipeline, for people.
type Explanation struct {
	Mapping     mapping.Explanation
	Unmapped    error // why the record was not inspected, nil when it was
	Transaction *mapping.Transaction
	Verdict     engine.Verdict
	Matches     []engine.Match // of the verdict, masked unless mask is off
	Appraisal   triage.Appraisal
	Alerts      int // how many the record makes

	Earlier int      // records that were learned from
	ToKnow  []string // parts of the answer by which more would be known of the outcome

	// Of what the record shows: the rules that are off, and what more in the log would bring.
	Unapplied []engine.Unapplied
	Gains     []engine.Gain

	masker *sensitive.Masker // nil with mask off
}

// Masked is a value of the record as it may be shown: as it is with mask off. The name, of a variable or a field, may say what it is.
func (x *Explanation) Masked(name, value string) string {
	if x.masker == nil {
		return value
	}
	return x.masker.MaskNamed(name, value)
}

// Explain takes one record of a tag through mapping, engine and triage. It is no record of those that are counted, but what it
// teaches is learned. The explanation's strings are views into the record.
func (p *Pipeline) Explain(tag string, r mapping.Record) (Explanation, error) {
	x := Explanation{Transaction: &mapping.Transaction{Workloads: p.table}}
	if p.cfg.Alert.Mask {
		x.masker = sensitive.NewMasker()
	}
	if x.Mapping, x.Unmapped = p.mapper.Explain(tag, r, x.Transaction); x.Unmapped != nil {
		return x, nil //nolint:nilerr // it is what the explanation tells
	}
	var err error
	if x.Verdict, err = p.engine.Evaluate(x.Transaction); err != nil {
		return x, err
	}
	p.findCanaries(x.Transaction, &x.Verdict)
	s := p.suspect(x.Transaction, x.Verdict)
	p.explainPast(s)
	x.Verdict, x.Appraisal = s.verdict, s.sure
	if x.Matches = x.Verdict.Matches; p.cfg.Alert.Mask {
		x.masker = alert.NewMasker(x.Transaction)
		x.Matches = alert.MaskMatches(x.masker, x.Matches)
		x.Appraisal.Reasons = alert.MaskTexts(x.masker, x.Appraisal.Reasons)
		x.Appraisal.OutcomeEvidence = alert.MaskTexts(x.masker, x.Appraisal.OutcomeEvidence)
	}
	x.ToKnow = triage.ToKnow(x.Transaction, x.Appraisal.Outcome)
	x.Alerts = len(alert.New(p.cfg.Alert, x.masker, x.Transaction, &x.Verdict, x.Appraisal, tag, time.Time{}))
	x.Unapplied = p.engine.Unapplied(x.Transaction.Observed)
	x.Gains = p.engine.Gains(x.Transaction.Observed)
	return x, nil
}

// explainPast judges a suspect among the records from which was learned.
func (p *Pipeline) explainPast(s *suspect) {
	var x behavior.Exchange
	x.Read(s.tx, time.Now())
	past := p.memory.Recollect()
	defer past.Done()
	past.Turn(0, &x, nil)
	p.recollect(s, past)
}

// Learn takes note of what a record of a tag says of those after it: the columns of a W3C log, how an endpoint answers, what a
// client has tried before.
func (p *Pipeline) Learn(tag string, r mapping.Record) {
	i := Inspection{p: p, tag: tag, events: []event{{body: r}}}
	i.findings = []finding{p.inspect(tag, i.events[0], nil)}
	i.judge()
}

// Rule is what the rules' text says of a rule.
func (p *Pipeline) Rule(id int) engine.RuleText { return p.engine.RuleText(id) }

// Applies reports whether a rule is loaded and applies at the paranoia level.
func (p *Pipeline) Applies(id int) bool { return p.engine.Applies(id) }

// UnappliedRules are the rules that are off for all records of a mapping, as they test the absence of
// what it can't show.
type UnappliedRules struct {
	Mapping string
	Rules   []engine.Unapplied
}

// Unapplied lists them for each mapping, in the order in which mappings are tried.
func (p *Pipeline) Unapplied() []UnappliedRules {
	var all []UnappliedRules
	for _, m := range p.mapper.Mappings() {
		all = append(all, UnappliedRules{m.Name, p.engine.Unapplied(m.Observes())})
	}
	return all
}

// Thresholds are the anomaly scores from which a request and a response alarm.
func (p *Pipeline) Thresholds() (inbound, outbound int) {
	return p.cfg.Engine.InboundThreshold, p.cfg.Engine.OutboundThreshold
}
