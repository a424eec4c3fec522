package engine

import (
	"regexp"
	"slices"
	"strings"

	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/rules"
)

var (
	messageAction   = regexp.MustCompile(`(?i)\bmsg:'((?:[^'\\]|\\.)*)'`)
	transformAction = regexp.MustCompile(`(?i)(?:^|,)\s*t:'?(\w+)`)
	tagAction       = regexp.MustCompile(`(?i)\btag:'?([^',"]+)`)
	nologAction     = regexp.MustCompile(`(?:^|,)\s*nolog\s*(?:,|$)`)
)

// rule is what MSA knows of a compiled rule beside Coraza, from its own text.
type rule struct {
	links      []link // itself and its chain
	role       role
	absent     []mapping.Part // whose absence it tests, or that it compares with
	message    string
	tags       []string
	file       string
	line       int
	transforms []string
	paranoia   int  // level from which CRS applies it, 0 for any
	detects    bool // it is logged: not one that only sets things up
	policy     bool // about what a site wants to allow, not about attacks
}

// enabled reports whether the rule applies at a paranoia level.
func (r rule) enabled(level int) bool { return r.paranoia <= level }

// link is one condition of a rule.
type link struct {
	targets           []string
	operator, operand string
}

func newRule(u *unit) rule {
	var r rule
	scores := false
	for _, d := range u.directives {
		op, operand := d.Operator()
		l := link{targets: strings.Split(d.Targets(), "|"), operator: op, operand: operand}
		r.links = append(r.links, l)
		r.absent = slices.Concat(r.absent, l.absent(), l.compared())
		for _, action := range strings.Split(strings.ToLower(d.Actions()), "setvar:")[1:] {
			name, _, _ := strings.Cut(action, "=")
			scores = scores || strings.Contains(name, "anomaly_score")
		}
	}
	head := u.directives[0]
	id, actions := head.ID(), strings.ToLower(head.Actions())
	r.paranoia = paranoiaLevel(head)
	r.file, r.line = head.File, head.Line
	for _, m := range transformAction.FindAllStringSubmatch(head.Actions(), -1) {
		if !strings.EqualFold(m[1], "none") {
			r.transforms = append(r.transforms, m[1])
		}
	}
	r.detects = !nologAction.MatchString(actions)
	for _, m := range tagAction.FindAllStringSubmatch(head.Actions(), -1) {
		r.tags = append(r.tags, m[1])
	}
	if m := messageAction.FindStringSubmatch(head.Actions()); m != nil {
		r.message = m[1]
	}
	r.policy = r.isPolicy()
	switch {
	case id/1000 == 980 || strings.Contains(actions, "tag:'reporting'"):
		r.role = roleReports
	case strings.Contains(actions, "tag:'anomaly-evaluation'") || r.links[0].comparesScore():
		r.role = roleEvaluates
	case rules.IsEvidence(head.File) && phaseOf(head.Actions()) < 3:
		r.role = roleHints
	case scores && id/1000 == 920:
		r.role = roleNoise
	case scores:
		r.role = roleScores
	}
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
		case t == "attack-disclosure" && (strings.Contains(r.links[0].operand, "errors.data") || slices.Contains(r.links[0].targets, "RESPONSE_STATUS")):
			return true
		}
	}
	return !slices.ContainsFunc(r.links[0].targets, func(t string) bool { return !slices.Contains(parsing, t) })
}

// parsing are the variables that tell how a body parsed.
var parsing = []string{"REQBODY_ERROR", "REQBODY_PROCESSOR_ERROR", "MULTIPART_STRICT_ERROR", "MULTIPART_UNMATCHED_BOUNDARY"}

// phaseOf is the phase that actions name.
func phaseOf(actions string) int {
	if m := phaseAction.FindStringSubmatch(actions); m != nil {
		return rules.PhaseNumber(m[1])
	}
	return 2
}

// comparesScore: CRS's blocking rules compare an anomaly score with a threshold.
func (l link) comparesScore() bool {
	return len(l.targets) == 1 && strings.HasPrefix(strings.ToLower(l.targets[0]), "tx:") &&
		strings.Contains(strings.ToLower(l.targets[0]), "anomaly_score") &&
		strings.Contains(l.operand, "threshold")
}

func newRules(all []*unit) map[int]rule {
	out := map[int]rule{}
	for _, u := range all {
		if d := u.directives[0]; d.IsRule() {
			out[d.ID()] = newRule(u)
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
