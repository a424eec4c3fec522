package pipeline

import (
	"fmt"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/behavior"
	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/engine/sensitive"
	"github.com/modsecurity-for-anylog/msa/internal/stopwatch"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/triage"
)

// suspect is a record on which rules matched. What its own text tells is known as soon as it was inspected, by whichever
// worker; what other records tell of it is known when its turn has come.
type suspect struct {
	tx      *mapping.Transaction
	verdict engine.Verdict
	sure    triage.Appraisal
}

// suspect appraises a transaction on which rules matched, by itself.
func (p *Pipeline) suspect(tx *mapping.Transaction, v engine.Verdict) *suspect {
	s := &suspect{tx: tx, verdict: v}
	s.sure = p.appraise(tx, &s.verdict)
	return s
}

// appraise tells how sure it is that a transaction is an attack, settles whether it alarms if that is what decides, and
// tells what became of the attack if it does.
func (p *Pipeline) appraise(tx *mapping.Transaction, v *engine.Verdict) triage.Appraisal {
	sure := triage.Appraise(tx, v)
	if p.cfg.ByConfidence {
		v.Alarm = v.HasEvidence() && sure.Confidence >= p.cfg.MinConfidence || v.AlarmsByRule()
	}
	if v.Alarm || p.cfg.Alert.OnMatch && len(v.Matches) > 0 {
		sure.Outcome, sure.OutcomeEvidence = triage.OutcomeOf(tx, v)
	}
	return sure
}

// release gives a transaction back to those that follow; it may be nil.
func (p *Pipeline) release(tx *mapping.Transaction) {
	if tx != nil {
		p.transactions.Put(tx)
	}
}

// judge settles the records on which rules matched, in their order, and makes the alerts of all of them.
func (i *Inspection) judge() {
	p := i.p
	var suspects []int
	for n := range i.findings {
		if i.findings[n].suspect != nil && p.guarded(i.tag, func() { i.settle(n) }) {
			suspects = append(suspects, n)
		}
	}
	if len(suspects) == 0 {
		return
	}
	p.pool.run(len(suspects), p.cfg.Workers-1, func(k int) {
		n := suspects[k]
		f := &i.findings[n]
		s := f.suspect
		p.watch.Enter(stopwatch.Alerts)
		p.guarded(i.tag, func() { p.alarm(f, i.tag, i.events[n], s) })
		f.suspect = nil
		p.release(s.tx)
	})
}

// guarded runs work on one record, and reports whether it came to its end. A defect costs what it would have made of
// that record.
func (p *Pipeline) guarded(tag string, work func()) (done bool) {
	defer func() {
		if r := recover(); r != nil {
			p.passed(panicked, tag, fmt.Errorf("%v", r))
		}
	}()
	work()
	return true
}

// settle decides whether the n-th record alarms, when all before it are settled.
func (i *Inspection) settle(n int) {
	p, s := i.p, i.findings[n].suspect
	if p.cfg.ByConfidence && !s.verdict.Alarm {
		p.counters.below(&s.verdict)
	}
	if i.observed != nil {
		p.observe(i.tag, i.events[n], s.tx, &s.verdict, s.isAttack(p.cfg.MinConfidence), &i.observed[n])
		i.findings[n].observed = true
	}
}

// isAttack reports whether the rules that matched, and what they matched, speak of an attack, and not of a policy alone.
// Detectors count attacks, whatever it is that decides about alarms.
func (s *suspect) isAttack(minConfidence int) bool {
	return s.verdict.HasEvidence() && s.sure.Confidence >= minConfidence || s.verdict.AlarmsByRule()
}

// observe fills what detectors look at of a record.
func (p *Pipeline) observe(tag string, e event, tx *mapping.Transaction, v *engine.Verdict, isAttack bool, o *behavior.Observation) {
	p.watch.Enter(stopwatch.Detectors)
	p.detectors.Read(behavior.Source{
		Transaction: tx, Verdict: v, Record: e.body, Tag: tag, At: e.when(), Internal: p.cfg.Alert.Internal, Attack: isAttack,
	}, o)
}

// alarm makes the alerts of a record, and what annotates it.
func (p *Pipeline) alarm(f *finding, tag string, e event, s *suspect) {
	var masker *sensitive.Masker
	if p.cfg.Alert.Mask {
		masker = alert.NewMasker(s.tx)
	}
	alerts := alert.New(p.cfg.Alert, masker, s.tx, &s.verdict, s.sure, tag, e.when())
	if p.cfg.AlertTag != "" {
		p.emit(f, tag, e, alerts)
	}
	if p.cfg.Annotate != "" {
		f.replaced = p.annotate(tag, e, masker, s.tx, &s.verdict, len(alerts) > 0)
	}
}
