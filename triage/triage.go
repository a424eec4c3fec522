// Package triage judges what rules have found: how sure it is that a record shows an attack.
//
// Rules of a firewall were made to refuse requests, with exclusions made by hand for each site. In the logs of hundreds of
// services they match a fifth of all ordinary requests. What tells an attack from these is not whether a rule has matched,
// but which ones on what: a cookie of an analytics service that looks like SQL to one rule is not like a query whose only
// content is two quotes and a UNION, on which nine agree.
//
// A suspect is one value of a record with all rules that matched it. Its features (rules, where it stands, its form, words
// of attacks in it) have weights of evidence, which add up: a logistic regression, of which each verdict can be explained
// by the features that weighed most. A record is as suspicious as its worst suspect. The weights are made by triage/train
// from public data and are in model.json; MODEL.md says from what, and how well that works on what they were not made of.
package triage

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/rules"
)

// Appraisal is how sure it is that a record shows an attack, and what became of it.
type Appraisal struct {
	// Confidence is 0 to 100: of alerts with 90, nine of ten are attacks, where there are as many attacks as records
	// of ordinary traffic on which rules match.
	Confidence int

	// Reasons are what weighed most, at most three, the heaviest first.
	Reasons []string

	Outcome         Outcome  // empty where nobody asked
	OutcomeEvidence []string // what shows it, or why it is unknown; at most three
}

// Prove adds evidence that the attack has worked.
func (a *Appraisal) Prove(evidence string) {
	if a.Outcome != Success {
		a.Outcome, a.OutcomeEvidence = Success, nil
	}
	if len(a.OutcomeEvidence) < maxEvidence && !slices.Contains(a.OutcomeEvidence, evidence) {
		a.OutcomeEvidence = append(a.OutcomeEvidence, evidence)
	}
}

// Believe raises the confidence to that which a proof gives.
func (a *Appraisal) Believe(proof string, confidence int) {
	if confidence > a.Confidence {
		a.Confidence = confidence
		a.Reasons = append([]string{proof}, a.Reasons[:min(len(a.Reasons), maxReasons-1)]...)
	}
}

// maxReasons is how many reasons are told.
const maxReasons = 3

// Appraise appraises what rules have found in a transaction. It returns zero for a verdict without evidence.
func Appraise(tx *mapping.Transaction, v *engine.Verdict) Appraisal {
	return embedded().appraise(tx, v, nil)
}

// AppraiseBut does so without what is habit: that a rule matches a variable at this place is no evidence then. The
// appraisal is the one that it had if nothing is.
func AppraiseBut(isHabit func(rule int, variable string) bool, tx *mapping.Transaction, v *engine.Verdict, as Appraisal) Appraisal {
	hasHabit := false
	for i := range v.Matches {
		m := &v.Matches[i]
		if !m.IsEvidence() || !m.IsShipped() {
			continue
		}
		for variable := range Variables(m) {
			hasHabit = hasHabit || isHabit(m.RuleID, variable)
		}
	}
	if !hasHabit {
		return as
	}
	less := embedded().appraise(tx, v, isHabit)
	if less.Confidence >= as.Confidence {
		return as
	}
	as.Confidence = less.Confidence
	as.Reasons = append(slices.Clip(less.Reasons[:min(len(less.Reasons), maxReasons-1)]), "many clients do the same here every day")
	return as
}

// appraise leaves out what is habit; isHabit may be nil.
func (m *model) appraise(tx *mapping.Transaction, v *engine.Verdict, isHabit func(rule int, variable string) bool) Appraisal {
	var best Appraisal
	if isManual(tx, v) {
		return best
	}
	score, drops := math.Inf(-1), false
	var speaking, spare []*evidence // of the suspect with the highest score, and memory for another one's
	suspects := suspectsBut(isHabit, tx, v)
	for i := range suspects {
		if suspects[i].place == "answer" {
			continue // the data from which the weights are made has no answers
		}
		s, all := m.score(&suspects[i], spare[:0])
		if spare = all; s > score {
			score, speaking, spare = s, all, speaking
		}
		drops = drops || isDropper(suspects[i].Variable, suspects[i].Value)
	}
	if !math.IsInf(score, -1) {
		best.Confidence = m.confidence(score)
		best.Reasons = reasons(speaking, v)
	}
	if drops {
		best.Believe("a command behind a value fetches a program, connects back or hides what it runs", confidenceOfSure)
	}
	for i := range v.Matches {
		match := &v.Matches[i]
		c := m.statedConfidence(match)
		if c <= best.Confidence || !match.Certain && (isSignature(match) && isTold(tx) || match.Phase >= 3 && (isTranslated(tx) || isRetold(tx))) {
			continue
		}
		if !isAllQuoted(tx, match) && !isAllHabit(isHabit, match) && !isAllOrdinary(tx, match) {
			best.Confidence = c
			best.Reasons = append([]string{describe("rule "+strconv.Itoa(match.RuleID), v)}, best.Reasons[:min(len(best.Reasons), maxReasons-1)]...)
		}
	}
	return best
}

// AlarmsByRule reports whether a rule has matched that alarms by itself, and more than what a manual, a language model or a repository
// tells.
func AlarmsByRule(tx *mapping.Transaction, v *engine.Verdict) bool {
	if !v.AlarmsByRule() || isManual(tx, v) {
		return false
	}
	told := isTold(tx)
	return slices.ContainsFunc(v.Matches, func(m engine.Match) bool { return m.Alarms() && (!told || !isSignature(&m)) && !isAllQuoted(tx, &m) })
}

// isAllQuoted reports whether a rule that comes with MSA has matched nothing but what quotes code and attacks: what a language model was
// asked, unless the rule is about such questions; what was shipped as a log, written as an article or file, or searched.
func isAllQuoted(tx *mapping.Transaction, m *engine.Match) bool {
	if tx == nil || !rules.IsEmbedded(m.Source.File) || m.Phase >= 3 || len(m.Places) == 0 || hasTag(m.Tags, "attack-models") {
		return false
	}
	return !slices.ContainsFunc(m.Places, func(p engine.Place) bool { return !isQuoted(tx, p.Variable, p.Value) })
}

func isQuoted(tx *mapping.Transaction, variable, value string) bool {
	_, name, _ := strings.Cut(variable, ":")
	return isPrompt(tx, variable, value) || isTelemetry(tx, variable, value) || isSearch(tx, variable, value) ||
		(isAuthored(tx, name) || isCommitted(tx, name)) && !lookup.MatchString(strings.ToLower(value))
}

func isAllHabit(isHabit func(rule int, variable string) bool, m *engine.Match) bool {
	if isHabit == nil || !m.IsShipped() {
		return false
	}
	for variable := range Variables(m) {
		if !isHabit(m.RuleID, variable) {
			return false
		}
	}
	return true
}

// Stated is the confidence that a severity, 0 (emergency) to 7 (debug), states: that of rules which alarm by themselves, and
// of detectors.
func Stated(severity int) int {
	return [...]int{99, 97, 95, 85, 70, 55, 50, 50}[severity]
}

// sure is the tag of rules about requests that say enough by themselves, whatever else the data has of what they match.
const sure = "sure"

// confidenceOfSure is how sure they are.
const confidenceOfSure = 60

// statedConfidence is how sure a rule is for which there are no weights: what its author says by the severity. Rules that
// alarm by themselves are such; those about answers, as an error of a database that is shown may be no attack; and those
// that matched in none of the data, not in what is legitimate either.
func (m *model) statedConfidence(match *engine.Match) int {
	severity := match.Severity
	if severity == engine.SeverityUnset {
		severity = 4
	}
	_, known := m.weights["rule "+strconv.Itoa(match.RuleID)]
	switch {
	case match.Certain:
		return 100
	case slices.Contains(match.Tags, sure):
		return confidenceOfSure
	case match.Alarms():
		return Stated(severity)
	case !match.IsEvidence() || known && match.Phase < 3 || severity > 4:
		return 0
	case severity > 2:
		return 25
	case match.Phase < 3:
		return 60
	default:
		return 45
	}
}

// score is the log odds of a suspect. It appends what speaks for an attack.
func (m *model) score(s *Suspect, speaking []*evidence) (float64, []*evidence) {
	sum := m.Bias
	s.Each(func(feature []byte) {
		e := m.weights[string(feature)]
		if e == nil {
			return
		}
		if sum += e.weight; e.weight > 0 {
			speaking = append(speaking, e)
		}
	})
	return sum, speaking
}

// reasons are what speaks most for an attack, in words.
func reasons(speaking []*evidence, v *engine.Verdict) []string {
	slices.SortStableFunc(speaking, func(a, b *evidence) int { return cmp.Compare(b.weight, a.weight) })
	var words []string
	for _, e := range speaking {
		text := describe(e.feature, v)
		if text == "" || slices.Contains(words, text) {
			continue
		}
		if words = append(words, text); len(words) == maxReasons {
			break
		}
	}
	return words
}
