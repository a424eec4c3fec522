package analysis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/modsecurity-for-anylog/msa/rules"
)

// onlyRemoves reports whether a rule does nothing but remove other rules, or take targets away from them.
func (p *parsedRule) onlyRemoves() bool {
	if !p.hasOnly("ctl", "chain") {
		return false
	}
	n := 0
	for _, l := range p.links {
		for _, value := range l.Values("ctl") {
			if _, ok := parseCtl(value); !ok {
				return false
			}
			n++
		}
	}
	return n > 0
}

// parseCtl reads ruleRemoveById=1-9, ruleRemoveTargetByTag=attack-sqli;ARGS:x and the like: which rules it is about.
func parseCtl(value string) (has func(p *parsedRule) bool, ok bool) {
	kind, which, _ := strings.Cut(value, "=")
	which, _, _ = strings.Cut(which, ";")
	return parseRemoval(strings.Replace(kind, "RemoveTarget", "Remove", 1), which)
}

// parseRemoval reads which rules SecRuleRemoveById and the like are about.
func parseRemoval(kind, which string) (has func(p *parsedRule) bool, ok bool) {
	which = strings.Trim(which, `"' `)
	switch strings.TrimPrefix(strings.ToLower(kind), "sec") {
	case "ruleremovebyid":
		return func(p *parsedRule) bool { return slices.ContainsFunc(strings.Fields(which), p.isNumbered) }, true
	case "ruleremovebytag":
		return func(p *parsedRule) bool { return slices.Contains(p.Tags(), which) }, true
	case "ruleremovebymsg":
		return func(p *parsedRule) bool { return slices.Contains(p.links[0].Values("msg"), which) }, true
	}
	return nil, false
}

// removal is what names rules that are not applied: SecRuleRemoveById and its like, ctl:ruleRemoveById, or the
// property exclude.
type removal struct {
	from string // for people
	has  func(p *parsedRule) bool
}

// removals are those by some rules, and by the configuration.
func (c *program) removals(by []*parsedRule) []removal {
	var all []removal
	for _, name := range c.cfg.Removed {
		if name == "*" {
			continue // no rule is left to miss another
		}
		all = append(all, removal{"exclude " + name, func(p *parsedRule) bool { return p.isNamed(name) }})
	}
	for _, remover := range by {
		for _, l := range remover.links {
			for _, value := range l.Values("ctl") {
				_, of, ofTarget := strings.Cut(strings.ToLower(value), ";")
				if has, ok := parseCtl(value); ok && (!ofTarget || strings.HasPrefix(of, "tx")) { // without targets of TX, other things are found
					all = append(all, removal{fmt.Sprintf("rule %d: ctl:%s", remover.id, value), func(p *parsedRule) bool {
						return p.isAfter(remover) && has(p)
					}})
				}
			}
		}
	}
	return all
}

// findTaken finds the rules from which others may take targets, with their variables: what they count of these is less then.
func (c *program) findTaken() map[*parsedRule]map[string]bool {
	taken := map[*parsedRule]map[string]bool{}
	for _, remover := range c.rules {
		for _, l := range remover.links {
			for _, value := range l.Values("ctl") {
				has, ok := parseCtl(value)
				if !ok || !strings.HasPrefix(value, "ruleRemoveTarget") {
					continue
				}
				_, of, _ := strings.Cut(value, ";")
				variable, _, _ := strings.Cut(of, ":")
				variable = strings.ToLower(strings.TrimSpace(variable))
				for _, p := range among(c.rules, has) {
					if taken[p] == nil {
						taken[p] = map[string]bool{}
					}
					taken[p][variable] = true
				}
			}
		}
	}
	return taken
}

// findRemovableAlone finds the rules that may be removed without all those that look at what they set.
func (c *program) findRemovableAlone(removals []removal) set {
	removableAlone, readers := set{}, map[string][]*parsedRule{} // by the name that is set
	for _, r := range removals {
		for _, p := range among(c.rules, r.has) {
			for _, a := range p.assignments() {
				if _, known := readers[a.name]; !known {
					readers[a.name] = readersAmong(c.rules, a)
				}
				removableAlone[p] = removableAlone[p] || slices.ContainsFunc(readers[a.name], func(q *parsedRule) bool { return !r.has(q) })
			}
		}
	}
	return removableAlone
}

// checkRemovals fails if a rule that skips others in every transaction may be removed without them.
func (c *constants) checkRemovals() error {
	all := c.removals(c.runnable)
	for _, p := range c.rules {
		if c.skipped[p] || !c.skips(p) {
			continue
		}
		for _, r := range all {
			if r.has(p) && slices.ContainsFunc(c.behind(p), func(q *parsedRule) bool { return !r.has(q) }) {
				return fmt.Errorf("%s removes rule %d, but not all those that it skips", r.from, p.id)
			}
		}
	}
	return nil
}

// isNamed reports whether an id, a range of ids or a tag names the rule.
func (p *parsedRule) isNamed(name string) bool {
	return p.isNumbered(name) || slices.Contains(p.Tags(), name)
}

// isNumbered reports whether the rule's id is the one that is named, or in the range of them.
func (p *parsedRule) isNumbered(name string) bool { return rules.InRange(p.id, name) }
