package rules

import (
	"path"
	"slices"
	"strings"
)

// Role is what part a rule plays in the verdict.
type Role int

// The roles, from those that find something to those that only look at what was found.
const (
	Detects   Role = iota // alarms by itself
	Scores                // adds to the score
	Hints                 // is evidence, and neither alarms nor scores
	Noise                 // adds to the score, but for the protocol only
	Evaluates             // compares the score with the threshold
	Reports               // repeats what others have found (CRS 980170)
	Allows                // ends the rules for what is allowed
)

// Role tells by what the rule does. Tags and ids only count in CRS's own rules: a user's may have any.
func (r *Rule) Role() Role {
	own := r.IsOfCRS()
	switch {
	case r.Allows() && !r.AddsScore():
		return Allows
	case own && (r.ID/1000 == 980 || slices.Contains(r.Tags(), "reporting")):
		return Reports
	case own && slices.Contains(r.Tags(), "anomaly-evaluation"), r.comparesScore():
		return Evaluates
	case IsEvidence(r.File) && r.Phase < 3:
		return Hints
	case !r.AddsScore():
		return Detects
	case own && r.ID/1000 == 920:
		return Noise
	}
	return Scores
}

// Allows reports whether the rule has the action allow.
func (r *Rule) Allows() bool { return r.Links[0].Has("allow") }

// IsOfCRS reports whether the rule is one of the Core Rule Set, the embedded one or a copy of any version: they say so in
// their action ver, or stand in a file that is called as CRS calls it.
func (r *Rule) IsOfCRS() bool {
	if ver, _ := r.Links[0].Action("ver"); strings.HasPrefix(ver, "OWASP_CRS/") {
		return true
	}
	return isFileOfCRS(r.File)
}

// isUsers reports whether the directive is neither of CRS nor of a pack.
func (d *Directive) isUsers() bool {
	return !IsEmbedded(d.File) && !isFileOfCRS(d.File) && (d.Rule == nil || !d.Rule.IsOfCRS())
}

func isFileOfCRS(file string) bool {
	file = path.Base(strings.ReplaceAll(file, `\`, "/"))
	return slices.ContainsFunc(crsNames, func(n string) bool { return strings.HasPrefix(file, n) })
}

// crsNames are how the names of those files of CRS begin that score, evaluate, report and except without saying whose
// they are. Those for a user's own rules, of 900 and 999, are not among them.
var crsNames = []string{
	"REQUEST-949-", "RESPONSE-959-", "RESPONSE-980-", "REQUEST-920-", "REQUEST-999-COMMON-EXCEPTIONS-",
	"modsecurity_crs_49_", "modsecurity_crs_59_", "modsecurity_crs_60_",
}

// comparesScore: CRS's blocking rules ask whether an anomaly score has reached a threshold, which is another variable.
func (r *Rule) comparesScore() bool {
	l := r.Links[0]
	asks := !l.Operator.Negated && slices.Contains([]string{"ge", "gt"}, strings.ToLower(l.Operator.Name))
	return asks && len(l.Targets) == 1 && l.Targets[0].Variable == "tx" && strings.Contains(strings.ToLower(l.Targets[0].Key), "anomaly_score") &&
		slices.ContainsFunc(MacrosOf(l.Operator.Operand), func(name string) bool {
			return strings.HasPrefix(name, "tx.") && strings.Contains(name, "anomaly_score")
		})
}

// AddsScore reports whether the rule sets an anomaly score, and not only what scores are compared with.
func (r *Rule) AddsScore() bool {
	return slices.ContainsFunc(r.Sets(), func(s Assignment) bool {
		return strings.Contains(s.Name, "anomaly_score") && !strings.HasSuffix(s.Name, "_threshold") && !strings.HasSuffix(s.Name, "_level")
	})
}
