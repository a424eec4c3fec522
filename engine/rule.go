package engine

import (
	"slices"
	"strings"

	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/rules"
)

// rule is what MSA knows of a compiled rule beside Coraza, from its own text.
type rule struct {
	links      []*rules.Link // itself and its chain
	role       rules.Role
	phase      int            // 1 to 5
	absent     []mapping.Part // whose absence it tests, or that it compares with
	message    string
	tags       []string
	file       string
	line       int
	transforms []string
	paranoia   int  // level from which CRS applies it, 0 for any
	detects    bool // it is logged: not one that only sets things up
	policy     bool // about what a site wants to allow, not about attacks
	loose      bool // see Match.Loose
}

// enabled reports whether the rule applies at a paranoia level.
func (r rule) enabled(level int) bool { return r.paranoia <= level }

func newRule(of *rules.Rule) rule {
	r := rule{
		links: of.Links, role: of.Role(), phase: of.Phase, message: of.Message(), tags: of.Tags(), file: of.File, line: of.Line,
		transforms: of.Links[0].Transformations(), paranoia: of.ParanoiaLevel(), detects: of.Logged(),
	}
	for _, l := range of.Links {
		r.absent = slices.Concat(r.absent, absent(l), compared(l))
	}
	r.policy = r.isPolicy()
	return r
}

// isPolicy reports whether the rule is about what a site wants to allow, and not about attacks: by the tags of CRS's own
// files, methods, content types and the forms of the protocol; bodies that do not parse; and error pages. What a firewall
// in line refuses as policy, services do to each other all day.
func (r *rule) isPolicy() bool {
	for _, t := range r.tags {
		switch {
		case strings.HasPrefix(t, "OWASP_CRS/") && strings.HasSuffix(t, "-ENFORCEMENT"):
			return true
		case t == "attack-disclosure" && (strings.Contains(r.links[0].Operator.Operand, "errors.data") || r.looksAt("response_status")):
			return true
		}
	}
	head := r.links[0]
	return !head.IsAction() && !slices.ContainsFunc(head.Targets, func(t rules.Target) bool { return t.Count || t.Except || !slices.Contains(parsing, t.Variable) })
}

// looksAt reports whether the first condition looks at a variable.
func (r *rule) looksAt(variable string) bool {
	return slices.ContainsFunc(r.links[0].Targets, func(t rules.Target) bool { return t.Variable == variable && !t.Count && !t.Except })
}

// parsing are the variables that tell how a body parsed.
var parsing = []string{"reqbody_error", "reqbody_processor_error", "multipart_strict_error", "multipart_unmatched_boundary"}

func newRules(all []*unit) map[int]rule {
	out := map[int]rule{}
	for _, u := range all {
		if u.IsRule() && !u.own {
			out[u.ID()] = newRule(u.Rule)
		}
	}
	return out
}

// RuleText is what a rule's text says beside what is in a match.
type RuleText struct {
	File            string
	Line            int
	Transformations []string // of its first condition, in order
	Chained         bool     // there are others
}

// RuleText is that of a rule; empty for an unknown one.
func (e *Engine) RuleText(id int) RuleText {
	r := e.rules[id]
	return RuleText{r.file, r.line, r.transforms, len(r.links) > 1}
}

// Standing is the phase of a rule, 0 if it is unknown, and whether a match of it is evidence of an attack: see
// Match.IsEvidence. Of rules that others have, nothing is known that speaks against it.
func (e *Engine) Standing(id int) (phase int, isEvidence bool) {
	known, ok := e.rules[id]
	if !ok {
		return 0, true
	}
	m := Match{Policy: known.policy, Loose: known.loose, role: known.role}
	return known.phase, m.IsEvidence()
}

// Applies reports whether a rule is loaded and applies at the engine's paranoia level.
func (e *Engine) Applies(id int) bool {
	r, ok := e.rules[id]
	return ok && r.enabled(e.paranoia)
}
