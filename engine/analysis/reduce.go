package analysis

import (
	"slices"
	"strings"

	"github.com/modsecurity-for-anylog/msa/rules"
)

// reduce finds the rules that can be left out, for all transactions or for those in which they can't match.
func (c *compiler) reduce() {
	c.findInert()
	c.findPreset()
	for _, p := range c.parsed {
		switch affected, ok := c.affected(p); {
		case !ok:
		case p.index >= 0:
			r := &c.rules[p.index]
			r.Affects, r.Removable = c.indices(affected)
		case len(affected) > 0 && !p.inert && !p.disabled && p.onlyRemoves():
			if affects, ok := c.indices(affected); ok {
				c.helpers = append(c.helpers, Helper{p.id, affects})
			}
		}
	}
	affectOthers := func(r int32) bool { return len(c.rules[r].Affects) > 0 }
	for i := range c.rules {
		r := &c.rules[i]
		r.Removable = r.Removable && !slices.ContainsFunc(r.Affects, affectOthers)
	}
	c.helpers = slices.DeleteFunc(c.helpers, func(h Helper) bool { return slices.ContainsFunc(h.Affects, affectOthers) })
}

// indices are those of rules, without those that are left out anyway; ok is false if one of the others has none.
func (c *compiler) indices(all []*parsedRule) (indices []int32, ok bool) {
	for _, p := range all {
		switch {
		case p.inert:
		case p.index < 0:
			return nil, false
		case !slices.Contains(indices, int32(p.index)):
			indices = append(indices, int32(p.index))
		}
	}
	return indices, true
}

// affected are the rules that may see what a rule does without matching as a whole, or, if it only removes, at
// all: without these, the rule is not needed either. ok is false if it may do something else.
func (c *compiler) affected(p *parsedRule) (all []*parsedRule, ok bool) {
	if p.marker != "" || p.counted {
		return nil, false
	}
	if p.onlyRemoves() { // it may match, and Coraza notes what
		all = c.runnable(func(q *parsedRule) bool { return q != p && q.looksAtMatchesOfOthers() })
		for _, l := range p.links {
			for _, value := range l.Values("ctl") {
				removes, _ := parseCtl(value)
				all = append(all, c.runnable(func(q *parsedRule) bool { return q != p && removes(q) })...)
			}
		}
		return all, true
	}
	if len(p.links) > 1 { // what the head has matched stays matched
		all = c.runnable(func(q *parsedRule) bool { return q != p && q.looksAtMatchesOfOthers() })
	}
	for i, l := range p.links {
		captures := l.Has("capture")
		isLast := i == len(p.links)-1
		if captures && (!isLast || strings.HasPrefix(l.operator, "!")) { // which captures where it does not match
			all = append(all, c.runnable(func(q *parsedRule) bool { return q != p && q.looksAtCapturesOfOthers() })...)
		}
		if isLast {
			break
		}
		if l.Has("ctl") {
			return nil, false
		}
		for _, a := range l.sets {
			if strings.Contains(a.name, "anomaly_score") || strings.HasPrefix(a.name, "%{") {
				return nil, false
			}
			all = append(all, slices.DeleteFunc(c.readers(a), func(q *parsedRule) bool { return q == p })...)
		}
	}
	return all, true
}

// runnable are the rules that may match and of which something holds.
func (c *compiler) runnable(holds func(p *parsedRule) bool) []*parsedRule {
	var all []*parsedRule
	for _, p := range c.parsed {
		if p.marker == "" && !p.hasNoEffect() && holds(p) {
			all = append(all, p)
		}
	}
	return all
}

// hasNoEffect reports whether a rule neither matches nor, by the head of its chain, sets anything.
func (p *parsedRule) hasNoEffect() bool {
	return p.disabled || (p.idle || p.never) && len(p.links) == 1
}

// readers are the rules that may look at what an assignment sets.
func (c *compiler) readers(a assignment) []*parsedRule {
	return c.runnable(func(p *parsedRule) bool { return p.reads(a) })
}

// setters are the rules that may set what an assignment sets.
func (c *compiler) setters(a assignment) []*parsedRule {
	t := Target{Variable: "tx", Key: a.name}
	return c.runnable(func(p *parsedRule) bool { return p.sets(t) })
}

// reads reports whether a rule may look at what an assignment sets.
func (p *parsedRule) reads(a assignment) bool {
	fixed, _, dynamic := strings.Cut(a.name, "%{")
	if slices.ContainsFunc(p.macros(), func(name string) bool {
		return name == a.name || dynamic && strings.HasPrefix(name, fixed)
	}) {
		return true
	}
	setter := parsedRule{links: []*parsedLink{{sets: []assignment{a}}}}
	for _, l := range p.links {
		for _, t := range l.targets {
			if t.Variable == "tx" && setter.sets(t) {
				return true
			}
		}
	}
	return false
}

// macros are the names of TX that a rule has in macros.
func (p *parsedRule) macros() []string {
	if p.macroNames != nil {
		return p.macroNames
	}
	p.macroNames = []string{}
	for _, l := range p.links {
		for _, name := range l.Macros() {
			if name, ok := strings.CutPrefix(name, "tx."); ok {
				p.macroNames = append(p.macroNames, name)
			}
		}
	}
	return p.macroNames
}

// looksAtMatchesOfOthers reports whether a rule looks at what was matched last before it has matched anything.
func (p *parsedRule) looksAtMatchesOfOthers() bool {
	ofMatches := func(name string) bool { return strings.HasPrefix(name, "matched_var") || name == "highest_severity" }
	return p.expandsEarly() || slices.ContainsFunc(rules.MacrosOf(p.links[0].operand), ofMatches) ||
		slices.ContainsFunc(p.links[0].targets, func(t Target) bool { return ofMatches(t.Variable) })
}

// expandsEarly reports whether a rule tells its own message or data, in which Coraza expands macros before the rule matches.
func (p *parsedRule) expandsEarly() bool {
	return slices.ContainsFunc(p.links, func(l *parsedLink) bool {
		return slices.ContainsFunc(l.Macros(), func(name string) bool { return name == "rule.msg" || name == "rule.logdata" })
	})
}

// findInert finds the rules that do nothing in any transaction.
func (c *compiler) findInert() {
	for _, p := range c.parsed {
		if p.marker != "" || p.counted {
			continue
		}
		affected, ok := c.affected(p)
		p.inert = p.disabled || (p.never || p.idle) && ok && len(affected) == 0
	}
	if c.looksAtMatches() {
		return
	}
	for _, p := range c.parsed {
		if p.inert || !c.skips(p) || !p.hasOnly("skipafter") {
			continue
		}
		p.inert = !slices.ContainsFunc(c.behind(p), func(q *parsedRule) bool { return !q.inert })
	}
}

// findPreset finds the rules that set the same in every transaction, where nothing looks at it before.
func (c *compiler) findPreset() {
	if c.looksAtMatches() {
		return
	}
	for _, p := range c.parsed {
		p.preset = p.marker == "" && p.static && !p.jumped && !p.missed && !p.counted && !p.disabled && !p.inert && p.hasOnly("setvar", "chain") &&
			!slices.ContainsFunc(p.assignments(), func(a assignment) bool { return !c.isStaticAssignment(a) && !a.isLiteral() })
	}
	for changed := true; changed; {
		changed = false
		c.preset = map[string]string{}
		for _, p := range slices.Backward(c.parsed) { // of those that set a name, the first may stay
			for _, a := range p.assignments() {
				if p.preset && !c.canPreset(p, a) {
					p.preset, changed = false, true
				}
			}
		}
	}
	for _, p := range c.parsed {
		p.inert = p.inert || p.preset
	}
}

// looksAtMatches reports whether some rule looks at what any other has matched, as those do that always match.
func (c *compiler) looksAtMatches() bool {
	return len(c.runnable((*parsedRule).looksAtMatchesOfOthers)) > 0
}

// canPreset reports whether what a rule sets can be set before all rules, and notes the value.
func (c *compiler) canPreset(p *parsedRule, a assignment) bool {
	if isCapture(a.name) || p.phase > 1 && strings.Contains(a.name, "anomaly_score") { // which may not come to run
		return false
	}
	setters := c.setters(a)
	readers := slices.DeleteFunc(c.readers(a), func(r *parsedRule) bool { return r.inert || r.preset })
	note := func(value string) {
		if len(readers) > 0 || strings.Contains(a.name, "anomaly_score") { // scores are in verdicts
			c.preset[a.name] = value
		}
	}
	if c.isStaticAssignment(a) {
		// Its last value counts, if all set it before anything looks at it.
		for _, s := range setters {
			if s.inert {
				continue
			}
			if !s.preset || slices.ContainsFunc(readers, func(r *parsedRule) bool { return !r.isAfter(s) }) {
				return false
			}
		}
		value, set := c.cfg.TX[a.name]
		if set {
			note(value)
		}
		return set || len(readers) == 0
	}
	// Its first value counts, if nothing sets it or looks at it before.
	isFirst := len(p.links) == 1 && p.fires && a.isLiteral()
	for _, q := range slices.Concat(setters, readers) {
		isFirst = isFirst && (q == p || q.inert || !q.preset && q.isAfter(p))
	}
	if isFirst {
		note(a.value)
	}
	return isFirst
}

// isStaticAssignment reports whether a name is the same in every transaction, once it is set.
func (c *compiler) isStaticAssignment(a assignment) bool {
	return c.staticTX(Target{Variable: "tx", Key: a.name})
}

// isLiteral: neither made of macros nor a sum.
func (a assignment) isLiteral() bool {
	return a.value != "" && !strings.ContainsAny(a.value[:1], "+-") && !strings.Contains(a.name+a.value, "%{")
}

// isAfter reports whether a rule runs after another.
func (p *parsedRule) isAfter(other *parsedRule) bool {
	return p.phase > other.phase || p.phase == other.phase && p.at > other.at
}

// assignments are those of all links.
func (p *parsedRule) assignments() []assignment {
	var all []assignment
	for _, l := range p.links {
		all = append(all, l.sets...)
	}
	return all
}

// reduction is that of the plan.
func (c *compiler) reduction() Reduction {
	r := Reduction{Rules: map[int]bool{}, Markers: map[string]bool{}, TX: c.preset, Observed: c.looksAtMatches()}
	for _, p := range c.parsed {
		switch {
		case p.marker != "" && !r.Observed: // Coraza has a marker match, of nothing
			r.Markers[p.marker] = true
		case p.marker != "":
		case p.inert:
			r.Rules[p.id] = true
		}
	}
	for _, p := range c.parsed {
		switch {
		case p.marker != "" && p.counted:
			delete(r.Markers, p.marker)
		case p.marker == "" && !p.inert && p.end > 0:
			delete(r.Markers, c.parsed[p.end].marker)
		}
	}
	return r
}

// hasOnly reports whether an unlogged rule does nothing but the given actions.
func (p *parsedRule) hasOnly(names ...string) bool {
	if p.Logged() {
		return false
	}
	for _, l := range p.links {
		for _, a := range l.Actions {
			switch a.Name {
			case "id", "phase", "pass", "log", "nolog", "auditlog", "noauditlog", "t", "tag", "msg", "ver", "rev", "maturity", "accuracy":
			default:
				if !slices.Contains(names, a.Name) {
					return false
				}
			}
		}
	}
	return true
}

// noRule is an id that no rule has.
const noRule = 0

// dependent are the rules that another thing becomes of without a rule, by its id: those that it skips in every
// transaction, and those that look at what it always sets.
func (c *compiler) dependent() map[int][]int {
	all := map[int][]int{}
	for _, p := range c.parsed {
		if p.marker != "" || p.disabled {
			continue
		}
		var on []*parsedRule
		if c.skips(p) {
			on = c.behind(p)
		}
		for _, a := range p.assignments() {
			if p.preset || c.isStaticAssignment(a) {
				on = append(on, c.readers(a)...)
			}
		}
		for _, q := range on {
			all[p.id] = append(all[p.id], q.id)
		}
		if p.counted {
			all[p.id] = append(all[p.id], noRule) // which is never among them: the skip goes further
		}
	}
	return all
}
