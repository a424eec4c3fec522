package engine

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/modsecurity-for-anylog/msa/rules"
)

// Verdict is what the rules say of one transaction.
type Verdict struct {
	Matches           []Match // rules that matched and are meant to be logged, in the order in which they ran
	ScoreIn, ScoreOut int     // anomaly scores; 0 where the rules keep none
	Alarm             bool    // the threshold was reached, or a rule that keeps no score matched

	Screened    Screened
	Uninspected []string // parts that are longer than what is inspected, would be too much work as a whole, or can't be read: uri, request_headers, request_body and so on
	Panics      []RulePanic

	views *views // of the transaction, when they are inspected
}

// agrees reports whether another verdict has the same rules and scores.
func (v *Verdict) agrees(other *Verdict) bool {
	return v.Alarm == other.Alarm && v.ScoreIn == other.ScoreIn && v.ScoreOut == other.ScoreOut && slices.Equal(v.RuleIDs(), other.RuleIDs())
}

// RuleIDs are the rules that matched, in their order.
func (v *Verdict) RuleIDs() []int {
	ids := make([]int, len(v.Matches))
	for i := range v.Matches {
		ids[i] = v.Matches[i].RuleID
	}
	return ids
}

// Top is the match that stands for all: the most severe, of these the first;
// rules that only add up or note a protocol's noise come last. It panics without matches.
func (v *Verdict) Top() *Match {
	top := &v.Matches[0]
	for i := range v.Matches[1:] {
		if m := &v.Matches[i+1]; m.before(top) {
			top = m
		}
	}
	return top
}

// MostSevere is the least severity number among the matches that are evidence, or else among all; SeverityUnset without
// any.
func (v *Verdict) MostSevere() int {
	least, ofAll := SeverityUnset, SeverityUnset
	for i := range v.Matches {
		m := &v.Matches[i]
		if m.Severity == SeverityUnset {
			continue
		}
		if ofAll == SeverityUnset || m.Severity < ofAll {
			ofAll = m.Severity
		}
		if m.IsEvidence() && (least == SeverityUnset || m.Severity < least) {
			least = m.Severity
		}
	}
	if least == SeverityUnset {
		return ofAll
	}
	return least
}

// SeverityUnset is the severity of a rule that states none.
const SeverityUnset = -1

// Match is one rule that matched.
type Match struct {
	RuleID   int
	Message  string
	Data     string // logdata
	Severity int    // 0 (emergency) to 7 (debug), or SeverityUnset
	Phase    int    // 1 to 5
	Tags     []string
	Variable string // "ARGS:t"
	Value    string // after the rule's transformations
	Operator string // as the rule has it: "pmFromFile", "!rx"; empty for SecAction
	Operand  string // the operator's parameter
	Source   Source
	Places   []Place // all that matched, but for a rule's own bookkeeping
	View     bool    // it is of a reading of the variable's value, not of the value itself
	Certain  bool    // it can't be by accident, whatever became of it: a value that is there for nothing else
	Policy   bool    // the rule is about what a site wants to allow, not about attacks
	Loose    bool    // CRS leaves the rule to higher paranoia levels, as it matches much of what is ordinary, and it is no evidence

	role rules.Role
}

// Place is a variable, and the value of it that a rule matched, after the rule's transformations.
type Place struct{ Variable, Value string }

// Source is where a rule stands, and what it says of itself.
type Source struct {
	File               string
	Line               int
	Version, Revision  string // ver and rev
	Maturity, Accuracy int    // 1 to 9, or 0 where the rule states none
}

// IsEvidence reports whether the match is evidence of an attack: rules of policy, loose ones, and those that only add up what
// others have found, are none.
func (m *Match) IsEvidence() bool { return !m.Policy && !m.Loose && !m.Evaluates() }

// HasEvidence reports whether some match is evidence of an attack.
func (v *Verdict) HasEvidence() bool {
	return slices.ContainsFunc(v.Matches, func(m Match) bool { return m.IsEvidence() })
}

// AlarmsByRule reports whether a rule has matched that alarms by itself, whatever the score.
func (v *Verdict) AlarmsByRule() bool {
	return slices.ContainsFunc(v.Matches, func(m Match) bool { return m.Alarms() })
}

// Alarms reports whether the match is of a rule that alarms by itself, whatever the score.
func (m *Match) Alarms() bool { return m.role == rules.Detects && !m.Policy }

// IsShipped reports whether the rule is one of those that come with MSA, adds to a score or is a hint, and is about requests:
// neither a user's own, nor one that alarms by itself.
func (m *Match) IsShipped() bool {
	return rules.IsEmbedded(m.Source.File) && !m.Alarms() && m.Phase < 3
}

// Evaluates reports whether the rule only adds up what others found.
func (m *Match) Evaluates() bool { return m.role >= rules.Evaluates }

func (m *Match) before(other *Match) bool {
	rank := func(m *Match) int {
		switch {
		case m.Policy && !m.Evaluates():
			return int(rules.Noise)
		case m.Loose:
			return int(rules.Hints)
		case m.role == rules.Detects, m.role == rules.Scores:
			return 0
		default:
			return int(m.role)
		}
	}
	severity := func(m *Match) int {
		if m.Severity == SeverityUnset {
			return 8
		}
		return m.Severity
	}
	return cmp.Or(cmp.Compare(rank(m), rank(other)), cmp.Compare(severity(m), severity(other))) < 0
}

// Matched is the match in the words of ModSecurity 3's log.
func (m *Match) Matched() string {
	if m.Operator == "" {
		return "Unconditional match in SecAction."
	}
	return fmt.Sprintf("Matched \"Operator `%s' with parameter `%s' against variable `%s' (Value: `%s' )",
		operatorName(m.Operator), limit(m.Operand, 200), m.Variable, limit(hexIfNeeded(m.Value), 100))
}

// operatorName is an operator's name as ModSecurity 3 logs it.
func operatorName(op string) string {
	name, negated := strings.CutPrefix(op, "!")
	i := slices.IndexFunc(operatorNames, func(n string) bool { return strings.EqualFold(n, name) })
	switch {
	case i >= 0:
		name = operatorNames[i]
	case name != "":
		name = strings.ToUpper(name[:1]) + name[1:]
	}
	if negated {
		return "!" + name
	}
	return name
}

// operatorNames are those that are not just the rule's word with a capital.
var operatorNames = []string{"StrEq", "StrMatch", "DetectSQLi", "DetectXSS", "FuzzyHash"}

// limit cuts long text, as ModSecurity does.
func limit(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return s[:most] + " (" + strconv.Itoa(len(s)-most) + " characters omitted)"
}

// hexIfNeeded writes bytes that would not print as \xHH.
func hexIfNeeded(s string) string {
	clean := func(c byte) bool { return c >= 0x20 && c < 0x7f }
	i := 0
	for i < len(s) && clean(s[i]) {
		i++
	}
	if i == len(s) {
		return s
	}
	var b strings.Builder
	b.WriteString(s[:i])
	for _, c := range []byte(s[i:]) {
		if clean(c) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, `\x%02x`, c)
		}
	}
	return b.String()
}
