package main

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/modsecurity-for-anylog/msa/pipeline"
	"github.com/modsecurity-for-anylog/msa/rules"
)

// judge tells from what alerts say whether they would still be there without some of their matches.
type judge struct {
	points  map[int]points // of the rules that keep a score; others alarm by themselves
	in, out int            // thresholds
	onMatch bool           // any match alarms
}

// points are what one match of a rule adds to the anomaly scores.
type points struct{ in, out int }

// scorePoints are those of CRS.
var scorePoints = map[string]string{
	"tx.critical_anomaly_score": "5", "tx.error_anomaly_score": "4", "tx.warning_anomaly_score": "3", "tx.notice_anomaly_score": "2",
}

func newJudge(config pipeline.Config) (*judge, error) {
	set, err := rules.Load(config.Engine.Rules)
	if err != nil {
		return nil, err
	}
	j := &judge{
		points: map[int]points{}, in: config.Engine.InboundThreshold, out: config.Engine.OutboundThreshold,
		onMatch: config.Alert.OnMatch,
	}
	for _, d := range set.Directives {
		if d.IsRule() {
			j.add(d.Rule)
		}
	}
	return j, nil
}

// add notes what a rule adds to the scores.
func (j *judge) add(r *rules.Rule) {
	for _, a := range r.Sets() {
		value, adds := strings.CutPrefix(a.Value, "+")
		if !adds || !strings.Contains(a.Name, "anomaly_score") {
			continue
		}
		n, err := strconv.Atoi(strings.TrimSpace(rules.ExpandMacros(value, func(name string) string { return scorePoints[name] })))
		if err != nil {
			continue // it sums up what others have added
		}
		p := j.points[r.ID]
		if strings.Contains(a.Name, "outbound") {
			p.out = max(p.out, n)
		} else {
			p.in = max(p.in, n)
		}
		j.points[r.ID] = p
	}
}

// alarms reports whether an alert is still there without the matches for which removed holds. A rule that matched
// several variables has added its points several times, and the alert does not say which: what is left is
// rather taken for more than it is.
func (j *judge) alarms(a *knownAlert, removed func(knownMatch) bool) bool {
	var all, gone points
	leftIn, leftOut := false, false
	for _, m := range a.matches {
		p, scores := j.points[m.rule]
		all.in, all.out = all.in+p.in, all.out+p.out
		if removed(m) {
			gone.in, gone.out = gone.in+p.in, gone.out+p.out
			continue
		}
		if !scores || j.onMatch {
			return true
		}
		leftIn, leftOut = leftIn || p.in > 0, leftOut || p.out > 0
	}
	return leftIn && max(all.in, a.scoreIn)-gone.in >= j.in || leftOut && max(all.out, a.scoreOut)-gone.out >= j.out
}

// decisive are the fewest matches without which the alert is not there any more, in the order of their rules.
func (j *judge) decisive(a *knownAlert) []knownMatch {
	all := slices.Clone(a.matches)
	slices.SortFunc(all, func(x, y knownMatch) int {
		p, ok := j.points[x.rule]
		q, ok2 := j.points[y.rule]
		if ok != ok2 { // what alarms by itself has to go in any case
			if ok {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(max(q.in, q.out), max(p.in, p.out)), cmp.Compare(x.rule, y.rule))
	})
	n := 1
	for n < len(all) && j.alarms(a, func(m knownMatch) bool { return slices.Contains(all[:n], m) }) {
		n++
	}
	all = all[:n]
	slices.SortFunc(all, func(x, y knownMatch) int { return cmp.Compare(x.rule, y.rule) })
	return all
}
