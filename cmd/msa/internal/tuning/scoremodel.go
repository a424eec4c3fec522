package tuning

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/modsecurity-for-anylog/msa/pipeline"
	"github.com/modsecurity-for-anylog/msa/rules"
)

// scoreModel recomputes the anomaly score of an alert without some of its matches.
type scoreModel struct {
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

func newScoreModel(config pipeline.Config) (*scoreModel, error) {
	set, err := rules.Load(config.Engine.Rules)
	if err != nil {
		return nil, err
	}
	s := &scoreModel{
		points: map[int]points{}, in: config.Engine.InboundThreshold, out: config.Engine.OutboundThreshold,
		onMatch: config.Alert.OnMatch,
	}
	for _, d := range set.Directives {
		if d.IsRule() {
			s.add(d.Rule)
		}
	}
	return s, nil
}

// add notes what a rule adds to the scores.
func (s *scoreModel) add(r *rules.Rule) {
	for _, a := range r.Sets() {
		value, adds := strings.CutPrefix(a.Value, "+")
		if !adds || !strings.Contains(a.Name, "anomaly_score") {
			continue
		}
		n, err := strconv.Atoi(strings.TrimSpace(rules.ExpandMacros(value, func(name string) string { return scorePoints[name] })))
		if err != nil {
			continue // it sums up what others have added
		}
		p := s.points[r.ID]
		if strings.Contains(a.Name, "outbound") {
			p.out = max(p.out, n)
		} else {
			p.in = max(p.in, n)
		}
		s.points[r.ID] = p
	}
}

// alarms reports whether an alert is still there without the matches for which removed holds. A rule that matched
// several variables has added its points several times, and the alert does not say which: what is left is
// rather taken for more than it is.
func (s *scoreModel) alarms(a *Alert, removed func(match) bool) bool {
	if !slices.ContainsFunc(a.matches, removed) {
		return true // by its confidence, if not by its score
	}
	var all, gone points
	leftIn, leftOut := false, false
	for _, m := range a.matches {
		p, scores := s.points[m.rule]
		all.in, all.out = all.in+p.in, all.out+p.out
		if removed(m) {
			gone.in, gone.out = gone.in+p.in, gone.out+p.out
			continue
		}
		if !scores || s.onMatch {
			return true
		}
		leftIn, leftOut = leftIn || p.in > 0, leftOut || p.out > 0
	}
	return leftIn && max(all.in, a.scoreIn)-gone.in >= s.in || leftOut && max(all.out, a.scoreOut)-gone.out >= s.out
}

// decisive are the fewest matches without which the alert is not there any more, in the order of their rules.
func (s *scoreModel) decisive(a *Alert) []match {
	all := slices.Clone(a.matches)
	slices.SortFunc(all, func(x, y match) int {
		p, ok := s.points[x.rule]
		q, ok2 := s.points[y.rule]
		if ok != ok2 { // what alarms by itself has to go in any case
			if ok {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(max(q.in, q.out), max(p.in, p.out)), cmp.Compare(x.rule, y.rule))
	})
	n := 1
	for n < len(all) && s.alarms(a, func(m match) bool { return slices.Contains(all[:n], m) }) {
		n++
	}
	all = all[:n]
	slices.SortFunc(all, func(x, y match) int { return cmp.Compare(x.rule, y.rule) })
	return all
}
