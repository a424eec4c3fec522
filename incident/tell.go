package incident

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/triage"
)

// What a message tells.
const (
	begin  = "begin"
	update = "update"
	end    = "end"
)

// isSure reports whether an incident is worth a message: an alert is sure enough, or shows that it worked, or several are of
// different things.
func (inc *incident) isSure() bool {
	return inc.Confidence >= certain || inc.Successes > 0 ||
		inc.Attacks >= manyAlerts && max(len(inc.Steps), len(inc.Endpoints)) >= manyAttempts
}

// mayTell tells of an incident if there is something to say that can't wait, or has it told later.
func (s *Incidents) mayTell(inc *incident, at int64) {
	now := s.clock.Now
	switch {
	case inc.Told == 0:
		if inc.isSure() {
			s.tell(inc, begin, at)
		}
	case len(inc.News) == 0:
	case inc.urgent && inc.free(now) <= now:
		s.tell(inc, update, at)
	default:
		s.pending.add(inc, max(inc.wanted(now), inc.free(now)))
	}
}

// wanted is when what is new should be told: what is more of the same has more time, and mostly goes with something else.
func (inc *incident) wanted(now int64) int64 {
	last := inc.ToldAt[len(inc.ToldAt)-1]
	switch {
	case inc.urgent:
		return now
	case inc.soon:
		return last + patience
	}
	return last + leisure
}

// free is from when on an incident may be told again. The last message of an hour is for its end.
func (inc *incident) free(now int64) int64 {
	if n := len(inc.ToldAt) - (maxAnHour - 1); n >= 0 {
		return inc.ToldAt[n] + hour
	}
	return now
}

// tell tells of an incident.
func (s *Incidents) tell(inc *incident, event string, at int64) {
	s.pending.remove(inc)
	inc.Told++
	if len(inc.ToldAt) == maxAnHour {
		inc.ToldAt = inc.ToldAt[:copy(inc.ToldAt, inc.ToldAt[1:])]
	}
	inc.ToldAt = append(inc.ToldAt, s.clock.Now)
	s.told = append(s.told, inc.message(event, max(at, inc.Last))) // the clock may be behind a log with gaps
	inc.News, inc.urgent, inc.soon = nil, false, false
}

// Most of a kind that a message lists.
const (
	shownActors    = 20
	shownTargets   = 20
	shownEndpoints = 10
	shownWhat      = 8
	toldWhat       = 4 // in the text
)

// message is what is told of a story.
func (s *Story) message(event string, at int64) alert.Incident {
	m := alert.Incident{
		ID: s.ID, Event: event, News: s.News, Message: s.Told, Follows: s.Follows, Joined: slices.Clone(s.Joined),
		Time: time.UnixMilli(at).UTC(), First: time.UnixMilli(s.Begin).UTC(), Last: time.UnixMilli(s.Last).UTC(),
		Key: s.Key, Actors: slices.Clone(first(s.Actors, shownActors)), MoreActors: s.moreActors(shownActors),
		Severity: s.Severity, Confidence: s.Confidence, Outcome: string(s.outcome()), Evidence: slices.Clone(s.Evidence), Direction: s.Direction,
		Alerts: s.Alerts, Successes: s.Successes, Stages: s.stages(),
		Endpoints: most(s.Endpoints, shownEndpoints), Detectors: most(s.Detectors, maxDetectors),
		Hops: slices.Clone(s.Hops), Samples: slices.Clone(s.Samples), Targets: s.targets(),
	}
	m.AllTargets = s.allTargets()
	for _, d := range s.Data {
		m.Data = append(m.Data, alert.Count{Name: d.Kind, N: int(d.Answers.Estimate())})
	}
	m.Title, m.Text = s.title(), s.text(&m)
	return m
}

// outcome is the best that the attacker has reached.
func (s *Story) outcome() triage.Outcome {
	switch {
	case s.Successes > 0:
		return triage.Success
	case s.Unknown > 0 || s.Failures == 0:
		return triage.Unknown
	default:
		return triage.Failure
	}
}

func (s *Story) stages() (all []alert.Stage) {
	for t, n := range s.Stages {
		if n == 0 {
			continue
		}
		stage := alert.Stage{ID: tacticNames[t].id, Tactic: tacticNames[t].name, Alerts: n}
		var what []alert.Count
		for _, step := range s.Steps {
			if step.Tactic == tactic(t) {
				what = append(what, alert.Count{Name: step.What, N: step.Alerts})
				stage.Techniques = union(stage.Techniques, step.Techniques, maxSteps)
				stage.Succeeded = stage.Succeeded || step.Succeeded
			}
		}
		stage.What = most(what, shownWhat)
		all = append(all, stage)
	}
	return all
}

func (s *Story) targets() []alert.Target {
	all := slices.Clone(s.Targets)
	slices.SortStableFunc(all, func(a, b Target) int {
		return cmp.Or(cmp.Compare(min(b.Successes, 1), min(a.Successes, 1)), cmp.Compare(b.Alerts, a.Alerts))
	})
	shown := make([]alert.Target, 0, shownTargets)
	for _, t := range first(all, shownTargets) {
		outcome := triage.Unknown
		switch {
		case t.Successes > 0:
			outcome = triage.Success
		case t.Failures == t.Alerts:
			outcome = triage.Failure
		}
		shown = append(shown, alert.Target{Name: t.Name, Alerts: t.Alerts, Outcome: string(outcome)})
	}
	return shown
}

// most are those that there are most of.
func most(all []alert.Count, n int) []alert.Count {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b alert.Count) int { return cmp.Compare(b.N, a.N) })
	return first(all, n)
}

// title is the story in a line.
func (s *Story) title() string {
	verb := "attacks"
	switch s.outcome() {
	case triage.Success:
		verb = "successfully attacks"
	case triage.Failure:
		verb = "tries to attack"
	}
	return strings.Join([]string{s.who(), verb, s.whom(1)}, " ") + ": " + s.furthest()
}

// furthest is the last of the stages, with what was tried there most.
func (s *Story) furthest() string {
	stages := s.stages()
	if len(stages) == 0 {
		return "nothing is known of how"
	}
	last := stages[len(stages)-1]
	if len(last.What) == 0 {
		return last.Tactic
	}
	return last.Tactic + " (" + last.What[0].Name + ")"
}

// who is who attacks: 10.0.0.1, or 10.0.0.1 with 2 others.
func (s *Story) who() string {
	name := bare(s.Key)
	listed, unlisted := s.others(), s.unlisted(kindOf(s.Key))
	switch n := len(listed) + unlisted; {
	case n == 0:
		return name
	case n > 1:
		return fmt.Sprintf("%s with %s others", name, grouped(n))
	case unlisted == 1:
		return name + " with 1 other"
	}
	return name + " with " + listed[0]
}

// others are the actors beside the first and those that were victims before. Names of the first one are no others.
func (s *Story) others() (all []string) {
	for _, a := range s.Actors {
		kind, name, _ := strings.Cut(a, " ")
		isHop := slices.ContainsFunc(s.Hops, func(h alert.Hop) bool { return h.To == name })
		if a != s.Key && !isHop && kind == kindOf(s.Key) {
			all = append(all, name)
		}
	}
	return all
}

// bare is a key's name: 10.0.0.1 of client 10.0.0.1.
func bare(key string) string {
	kind, name, _ := strings.Cut(key, " ")
	if kind == "unknown" {
		return "an " + key
	}
	return name
}

// whom is who is attacked, so many of them by name.
func (s *Story) whom(most int) string {
	targets := s.targets()
	if len(targets) == 0 {
		return "a host that the log does not name"
	}
	var names []string
	for _, t := range first(targets, most) {
		names = append(names, t.Name)
	}
	switch rest := s.allTargets() - len(names); rest {
	case 0:
		return listed(names)
	case 1:
		return strings.Join(names, ", ") + " and 1 other"
	default:
		return fmt.Sprintf("%s and %s others", strings.Join(names, ", "), grouped(rest))
	}
}

// text is the story in a paragraph.
func (s *Story) text(m *alert.Incident) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s attacked %s: %s.", s.when(), s.who(), s.whom(3), plural(s.Alerts, "alert"))
	s.writeOutcome(&b)
	for i, h := range s.Hops {
		at := h.Time.UTC().Format("15:04")
		if i == 0 {
			fmt.Fprintf(&b, " It went on from %s to %s at %s", h.From, h.To, at)
		} else {
			fmt.Fprintf(&b, ", then from %s to %s at %s", h.From, h.To, at)
		}
	}
	if len(s.Hops) > 0 {
		b.WriteByte('.')
	}
	for i, d := range m.Data {
		b.WriteString([]string{" Data was in answers: ", ", "}[min(i, 1)])
		fmt.Fprintf(&b, "%s in %s", d.Name, plural(d.N, "different one"))
	}
	if len(m.Data) > 0 {
		b.WriteByte('.')
	}
	for i, stage := range m.Stages {
		if i == 0 {
			b.WriteString(" What was tried: ")
		} else {
			b.WriteString("; ")
		}
		b.WriteString(stage.Tactic)
		for j, w := range first(stage.What, toldWhat) {
			b.WriteString([]string{" (", ", "}[min(j, 1)] + w.Name)
			if w.N > 1 {
				b.WriteString(" × " + grouped(w.N))
			}
		}
		if len(stage.What) > 0 {
			b.WriteByte(')')
		}
	}
	if len(m.Stages) > 0 {
		b.WriteByte('.')
	}
	switch {
	case s.Again:
		fmt.Fprintf(&b, " It has attacked before, in incident %s.", s.Follows)
	case s.Follows != "":
		fmt.Fprintf(&b, " Before that, it was a victim in incident %s.", s.Follows)
	}
	if m.Event == end && len(s.News) == 0 {
		b.WriteString(" It is over.")
	}
	return b.String()
}

func (s *Story) writeOutcome(b *strings.Builder) {
	switch s.outcome() {
	case triage.Success:
		fmt.Fprintf(b, " It worked %s: %s.", times(s.Successes), strings.Join(s.Evidence, "; "))
	case triage.Failure:
		b.WriteString(" All that was tried failed.")
	default:
		if s.Attacks > 0 {
			b.WriteString(" Whether it worked, the log does not show")
			if s.Failures > 0 {
				fmt.Fprintf(b, "; %s failed", plural(s.Failures, "attempt"))
			}
			b.WriteByte('.')
		}
	}
}

// when is the time of a story: On 2026-03-02 from 10:12 to 10:55 UTC.
func (s *Story) when() string {
	from, to := time.UnixMilli(s.Begin).UTC(), time.UnixMilli(s.Last).UTC()
	day, minute := time.DateOnly, "15:04"
	switch {
	case from.Format(day) != to.Format(day):
		return "From " + from.Format(day+" "+minute) + " to " + to.Format(day+" "+minute) + " UTC"
	case from.Format(minute) == to.Format(minute):
		return "On " + from.Format(day) + " at " + from.Format(minute) + " UTC"
	}
	return "On " + from.Format(day) + " from " + from.Format(minute) + " to " + to.Format(minute) + " UTC"
}

// listed is a, b and c.
func listed(names []string) string {
	if n := len(names) - 1; n > 0 {
		return strings.Join(names[:n], ", ") + " and " + names[n]
	}
	return strings.Join(names, "")
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return grouped(n) + " " + what + "s"
}

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return grouped(n) + " times"
}

// grouped is 3,431.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
