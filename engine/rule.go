package engine

import "strings"

// rule is what MSA knows of a compiled rule beside Coraza, from its own text.
type rule struct {
	links  []link // itself and its chain
	role   role
	absent []string // request headers, in lower case, whose absence it tests
}

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
		if name, ok := l.absentHeader(); ok {
			r.absent = append(r.absent, name)
		}
		for _, action := range strings.Split(strings.ToLower(d.Actions()), "setvar:")[1:] {
			name, _, _ := strings.Cut(action, "=")
			scores = scores || strings.Contains(name, "anomaly_score")
		}
	}
	head := u.directives[0]
	id, actions := head.ID(), strings.ToLower(head.Actions())
	switch {
	case id/1000 == 980 || strings.Contains(actions, "tag:'reporting'"):
		r.role = roleReports
	case strings.Contains(actions, "tag:'anomaly-evaluation'") || r.links[0].comparesScore():
		r.role = roleEvaluates
	case scores && id/1000 == 920:
		r.role = roleNoise
	case scores:
		r.role = roleScores
	}
	return r
}

// comparesScore: CRS's blocking rules compare an anomaly score with a threshold.
func (l link) comparesScore() bool {
	return len(l.targets) == 1 && strings.HasPrefix(strings.ToLower(l.targets[0]), "tx:") &&
		strings.Contains(strings.ToLower(l.targets[0]), "anomaly_score") &&
		strings.Contains(l.operand, "threshold")
}

// absentHeader: the link holds when a request header is missing or empty, so it
// says nothing about a log that does not carry the header.
func (l link) absentHeader() (string, bool) {
	if len(l.targets) != 1 {
		return "", false
	}
	target, counts := strings.CutPrefix(strings.ToLower(l.targets[0]), "&")
	name, ok := strings.CutPrefix(target, "request_headers:")
	if !ok || strings.HasPrefix(name, "/") {
		return "", false
	}
	op := strings.ToLower(l.operator)
	switch {
	case counts:
		ok = op == "eq" && l.operand == "0" || op == "lt" && l.operand == "1" || op == "!ge" && l.operand == "1" || op == "!gt" && l.operand == "0"
	default:
		ok = op == "rx" && (l.operand == "^$" || l.operand == `^\s*$`) || op == "streq" && l.operand == ""
	}
	return name, ok
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
