package rules

import (
	"slices"
	"strconv"
	"strings"
)

// HintsAbout are the rules of evidence about the kinds of attacks that excluded rules are about, as ids and ranges of
// ids, but those that are excluded themselves: whoever takes a rule away from a place takes away its suspicion as well.
func HintsAbout(all []*Directive, isExcluded func(r *Rule) bool) []string {
	var excluded []string
	for _, d := range all {
		if d.IsRule() && isExcluded(d.Rule) {
			excluded = append(excluded, d.Rule.kinds()...)
		}
	}
	var ids, others []int
	for _, d := range all {
		switch {
		case !d.IsRule():
		case IsEvidence(d.File) && !isExcluded(d.Rule) && slices.ContainsFunc(d.Rule.kinds(), func(k string) bool { return slices.Contains(excluded, k) }):
			ids = append(ids, d.ID())
		default:
			others = append(others, d.ID())
		}
	}
	return ranges(ids, others)
}

// kinds are the rule's tags that name attacks.
func (r *Rule) kinds() []string {
	return slices.DeleteFunc(r.Tags(), func(t string) bool { return !strings.HasPrefix(t, "attack-") })
}

// ranges joins ids that have none of the others between them.
func ranges(ids, others []int) (all []string) {
	slices.Sort(ids)
	for len(ids) > 0 {
		n := 1
		for n < len(ids) && !slices.ContainsFunc(others, func(id int) bool { return id > ids[0] && id < ids[n] }) {
			n++
		}
		text := strconv.Itoa(ids[0])
		if n > 1 {
			text += "-" + strconv.Itoa(ids[n-1])
		}
		all, ids = append(all, text), ids[n:]
	}
	return all
}

// exception is what links of rules don't look at any more.
type exception struct {
	links   []*Link
	targets []Target
}

// excludes reports whether the exception is about the rule.
func (e *exception) excludes(r *Rule) bool {
	return slices.ContainsFunc(r.Links, func(l *Link) bool { return slices.Contains(e.links, l) })
}

// excludeHints does to hints what the user's rules and directives do to what the hints are about. CRS and the packs
// exclude for reasons of their own rules.
func (s *settler) excludeHints() {
	for _, e := range s.exceptions {
		for _, hints := range HintsAbout(s.out, e.excludes) {
			for _, of := range s.out {
				if of.IsRule() && numbered(of.Rule, hints) {
					of.Rule.Links[0].addTargets(e.targets)
				}
			}
		}
	}
	about := map[string][]string{} // hints, by how rules are named and their name
	for _, d := range s.out {
		if !d.IsRule() || !d.isUsers() {
			continue
		}
		for _, l := range d.Rule.Links {
			for _, a := range l.Actions {
				if a.Name == "ctl" {
					l.Actions = append(l.Actions, s.ofHints(a, about)...)
				}
			}
		}
	}
}

// ofHints are actions that take from hints what an action ctl takes from rules.
func (s *settler) ofHints(a Action, about map[string][]string) (all []Action) {
	isNamed, name := removes(a.Value)
	if isNamed == nil {
		return nil
	}
	by, target, isLimited := strings.Cut(a.Value, ";")
	hints, known := about[by]
	if !known {
		hints = HintsAbout(s.out, func(r *Rule) bool { return isNamed(r, name) })
		about[by] = hints
	}
	for _, h := range hints {
		if isLimited {
			all = append(all, a.with("ruleRemoveTargetById="+h+";"+target))
		} else {
			all = append(all, a.with("ruleRemoveById="+h))
		}
	}
	return all
}
