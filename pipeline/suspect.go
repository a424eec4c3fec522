package pipeline

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

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
	tx          *mapping.Transaction
	verdict     engine.Verdict
	sure        triage.Appraisal
	examination *triage.Examination // of what may alarm
	doubtful    bool                // it is too little evidence to alarm, unless the answer proves it
}

// suspect appraises a transaction on which rules matched, by itself.
func (p *Pipeline) suspect(tx *mapping.Transaction, v engine.Verdict) *suspect {
	s := &suspect{tx: tx, verdict: v}
	s.sure = triage.Appraise(tx, &s.verdict)
	p.decide(s)
	s.doubtful = p.cfg.ByConfidence && !s.verdict.Alarm && s.sure.MayBeProven(&s.verdict)
	if s.verdict.Alarm || s.doubtful || p.cfg.Alert.OnMatch {
		s.examination = triage.Examine(tx, &s.verdict)
	}
	return s
}

// decide settles whether a suspect alarms, if its confidence is what does.
func (p *Pipeline) decide(s *suspect) {
	if p.cfg.ByConfidence {
		s.verdict.Alarm = s.isAttack(p.cfg.MinConfidence)
	}
}

// recollect adds what earlier records tell of a suspect, and learns from it.
func (p *Pipeline) recollect(s *suspect, past *behavior.Recollection) {
	proof := ""
	if s.doubtful {
		proof = p.believe(s, past)
	}
	if s.examination == nil || s.doubtful {
		past.Ordinary()
	} else {
		s.sure.Outcome, s.sure.OutcomeEvidence = s.examination.Outcome(past.Attack(s.examination))
		if proof != "" {
			s.sure.Prove(proof)
		}
		if s.sure.Outcome == triage.Success && !s.examination.ShowsWhatIsMeant(s.sure.OutcomeEvidence) {
			return // what the answer proves is no habit, and teaches none
		}
	}
	if !p.cfg.Habit {
		return
	}
	if s.examination != nil && !s.doubtful {
		s.sure = triage.AppraiseBut(past.IsHabit, s.tx, &s.verdict, s.sure)
		alarmed := s.verdict.Alarm
		if p.decide(s); alarmed && !s.verdict.Alarm {
			p.counters.habitual.Add(1)
		}
	}
	past.Teach(s.verdict.Matches)
}

// believe raises the confidence of what is too little evidence by itself, if the answer or what the server did proves that it was
// an attack. It returns the proof.
func (p *Pipeline) believe(s *suspect, past *behavior.Recollection) string {
	proof, confidence := s.examination.Proof(past.Doubtful(s.examination), s.sure)
	if proof != "" {
		s.doubtful = false
		s.sure.Believe(proof, confidence)
		p.decide(s)
	}
	return proof
}

// release gives a transaction back to those that follow; it may be nil.
func (p *Pipeline) release(tx *mapping.Transaction) {
	if tx != nil {
		p.transactions.Put(tx)
	}
}

// judge settles the records in their order, and makes the alerts of those on which rules matched. Sequels are what they
// show of attacks that records before them began.
func (i *Inspection) judge() []behavior.Sequel {
	p := i.p
	p.watch.Enter(stopwatch.Detectors)
	past := p.memory.Recollect()
	var suspects []int
	for n := range i.findings {
		f := &i.findings[n]
		if f.mapped {
			p.guarded(i.tag, func() { i.settle(n, past) }) // without it, the record's own text decides
		}
		if f.suspect != nil {
			suspects = append(suspects, n)
		}
	}
	sequels, proofs := past.Done() // whose alerts are not made yet
	for _, proof := range proofs {
		if s := i.findings[proof.Index].suspect; s != nil && s.examination != nil {
			if s.doubtful {
				s.sure.Believe(proof.Evidence, triage.Likely)
				p.decide(s)
			}
			s.sure.Prove(proof.Evidence)
		}
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
	return sequels
}

// overlook forgets what was found in a record.
func (p *Pipeline) overlook(f *finding) {
	p.counters.skipped.Add(1)
	if f.suspect != nil {
		p.release(f.suspect.tx)
	}
	*f = finding{at: f.at}
}

// guarded runs work on one record. A defect costs what it would have made of that record.
func (p *Pipeline) guarded(tag string, work func()) {
	defer func() {
		if v := recover(); v != nil {
			p.countUninspected(panicked, tag, panicError(v))
		}
	}()
	work()
}

// panicError says what a panic is and where, while it is recovered from: all of its stack is too long for a line of a log.
func panicError(v any) error {
	var callers [64]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(0, callers[:])])
	for began := false; ; {
		frame, more := frames.Next()
		isRuntime := strings.HasPrefix(frame.Function, "runtime.")
		if began && !isRuntime || !more {
			return fmt.Errorf("%v, at %s:%d", v, filepath.Base(frame.File), frame.Line)
		}
		began = began || frame.Function == "runtime.gopanic"
	}
}

// settle judges the n-th record, when all before it are judged.
func (i *Inspection) settle(n int, past *behavior.Recollection) {
	p, f := i.p, &i.findings[n]
	if past.WasTold(&f.exchange) {
		p.overlook(f)
		return
	}
	s := f.suspect
	if s == nil {
		past.Turn(n, &f.exchange, func() (page string) {
			p.again(i.tag, i.events[n], func(tx *mapping.Transaction) { page = strings.Clone(tx.ResponseBody.Text) })
			return page
		})
		past.Ordinary()
		return
	}
	past.Turn(n, &f.exchange, nil)
	p.recollect(s, past)
	if p.cfg.ByConfidence && !s.verdict.Alarm {
		p.counters.below(&s.verdict)
	}
	if i.observed != nil {
		p.observe(i.tag, i.events[n], s.tx, &s.verdict, s.isAttack(p.cfg.MinConfidence), &i.observed[n])
		f.observed = true
	}
}

// again maps a record once more, for the few of which more is needed than was kept.
func (p *Pipeline) again(tag string, e event, read func(*mapping.Transaction)) {
	tx := p.transactions.Get().(*mapping.Transaction)
	defer p.release(tx)
	tx.Metadata, tx.Workloads = e.meta, p.table
	if err := p.mapper.Map(tag, e.body, tx); err == nil { // it could be mapped before
		read(tx)
	}
}

// tell makes the alerts of sequels.
func (i *Inspection) tell(sequels []behavior.Sequel) {
	p := i.p
	for _, s := range sequels {
		e, f := i.events[s.Index], &i.findings[s.Index]
		p.guarded(i.tag, func() {
			p.again(i.tag, e, func(tx *mapping.Transaction) {
				if !p.exclusions.Any() || !p.exclusions.Excluded(s.Of.ID, s.Of.Name, s.Of.Tags, engine.ExchangeOf(tx)) {
					p.emitFound(f, i.tag, e, s.Alert(tx, p.cfg.Alert.Internal, i.tag, e.when()))
				}
			})
		})
	}
}

// isAttack reports whether the rules that matched, and what they matched, speak of an attack, and not of a policy alone.
// Detectors count attacks, whatever it is that decides about alarms.
func (s *suspect) isAttack(minConfidence int) bool {
	return s.verdict.HasEvidence() && s.sure.Confidence >= minConfidence || triage.AlarmsByRule(s.tx, &s.verdict)
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
	if p.cfg.Alert.Mask && p.cfg.Annotate != "" { // else an alert makes its own, if there is one
		masker = alert.NewMasker(s.tx)
	}
	alerts := alert.New(p.cfg.Alert, masker, s.tx, &s.verdict, s.sure, tag, e.when())
	if p.cfg.AlertTag != "" || p.cfg.PerIncident {
		p.emit(f, tag, e, alerts)
	}
	if p.cfg.Annotate != "" {
		f.replaced = p.annotate(tag, e, masker, s.tx, &s.verdict, len(alerts) > 0)
	}
}
