package analysis

import (
	"maps"
	"slices"
	"strings"
)

// reducer finds the rules that can be left out, for all transactions or for those in which they can't match.
type reducer struct {
	*compiler
	observed  bool              // some rule looks at what any other has matched, as those do that always match
	droppable set               // rules that do nothing in any transaction
	hoisted   set               // rules that set the same in every transaction, where nothing looks at it before
	values    map[string]string // of TX, that these set
	helpers   []Helper
}

func reduce(of *compiler) *reducer {
	c := &reducer{compiler: of}
	c.observed = slices.ContainsFunc(c.runnable, func(p *parsedRule) bool { return p.looksAtMatches })
	c.droppable = c.findDroppable()
	c.hoisted, c.values = c.findHoisted()
	c.helpers = c.findRemovable()
	return c
}

// isNeedless reports whether a rule is left out of all transactions.
func (c *reducer) isNeedless(p *parsedRule) bool { return c.droppable[p] || c.hoisted[p] }

// findRemovable marks the rules that can be left out where they can't match, and returns those that can be where others are.
func (c *reducer) findRemovable() (helpers []Helper) {
	for _, p := range c.rules {
		affected, ok := c.affected(p)
		if !ok {
			continue
		}
		if i, ok := c.index[p]; ok {
			r := &c.planned[i]
			r.Affects, r.Removable = c.indices(affected)
		} else if len(affected) > 0 && !c.isNeedless(p) && !c.skipped[p] && p.onlyRemoves() {
			if affects, ok := c.indices(affected); ok {
				helpers = append(helpers, Helper{p.id, affects})
			}
		}
	}
	affectOthers := func(r int32) bool { return len(c.planned[r].Affects) > 0 }
	for i := range c.planned {
		r := &c.planned[i]
		r.Removable = r.Removable && !slices.ContainsFunc(r.Affects, affectOthers)
	}
	return slices.DeleteFunc(helpers, func(h Helper) bool { return slices.ContainsFunc(h.Affects, affectOthers) })
}

// indices are those of rules, without those that are left out anyway; ok is false if one of the others has none.
func (c *reducer) indices(all []*parsedRule) (indices []int32, ok bool) {
	for _, p := range all {
		if c.isNeedless(p) {
			continue
		}
		i, ok := c.index[p]
		if !ok {
			return nil, false
		}
		if !slices.Contains(indices, i) {
			indices = append(indices, i)
		}
	}
	return indices, true
}

// affected are the rules that may see what a rule does without matching as a whole, or, if it only removes, at
// all: without these, the rule is not needed either. ok is false if it may do something else.
func (c *compiler) affected(p *parsedRule) (all []*parsedRule, ok bool) {
	if c.insideSkip[p] {
		return nil, false
	}
	others := func(hold func(q *parsedRule) bool) []*parsedRule {
		return among(c.runnable, func(q *parsedRule) bool { return q != p && hold(q) })
	}
	lookAtMatches := func(q *parsedRule) bool { return q.looksAtMatches }
	if p.onlyRemoves() { // it may match, and Coraza notes what
		all = others(lookAtMatches)
		for _, l := range p.links {
			for _, value := range l.Values("ctl") {
				removes, _ := parseCtl(value)
				all = append(all, others(removes)...)
			}
		}
		return all, true
	}
	if len(p.links) > 1 { // what the head has matched stays matched
		all = others(lookAtMatches)
	}
	for i, l := range p.links {
		captures := l.Has("capture")
		isLast := i == len(p.links)-1
		if captures && (!isLast || strings.HasPrefix(l.operator, "!")) { // which captures where it does not match
			all = append(all, others(func(q *parsedRule) bool { return q.looksAtCaptures })...)
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
			all = append(all, others(func(q *parsedRule) bool { return q.reads(a) })...)
		}
	}
	return all, true
}

// findDroppable finds the rules that do nothing in any transaction.
func (c *reducer) findDroppable() set {
	droppable := set{}
	for _, p := range c.rules {
		if c.insideSkip[p] || !c.skipped[p] && !c.unsatisfiable[p] && !c.neverMatches[p] {
			continue
		}
		affected, ok := c.affected(p)
		if c.skipped[p] || ok && len(affected) == 0 {
			droppable[p] = true
		}
	}
	if c.observed {
		return droppable
	}
	for _, p := range slices.Backward(c.rules) { // those that only skip such rules, which may skip others
		if c.skips(p) && p.hasOnly("skipafter") && !slices.ContainsFunc(c.behind(p), func(q *parsedRule) bool { return !droppable[q] }) {
			droppable[p] = true
		}
	}
	return droppable
}

// findHoisted finds the rules that set the same in every transaction, where nothing looks at it before, and what they set.
func (c *reducer) findHoisted() (set, map[string]string) {
	c.hoisted = set{}
	if c.observed {
		return c.hoisted, nil
	}
	for p := range c.static {
		if !c.maybeSkipped[p] && !c.removableAlone[p] && !c.insideSkip[p] && !c.skipped[p] && !c.droppable[p] && p.hasOnly("setvar", "chain") &&
			!slices.ContainsFunc(p.assignments(), func(a assignment) bool { return !c.isStaticAssignment(a) && !a.isLiteral() }) {
			c.hoisted[p] = true
		}
	}
	for { // what can't be set before may be what another one waits for
		before, values := len(c.hoisted), map[string]string{}
		for _, p := range slices.Backward(c.rules) { // of those that set a name, the first may stay
			for _, a := range p.assignments() {
				if !c.hoisted[p] {
					break
				}
				of, ok := c.presets(p, a)
				if !ok {
					delete(c.hoisted, p)
				}
				maps.Copy(values, of)
			}
		}
		if len(c.hoisted) == before {
			return c.hoisted, values
		}
	}
}

// presets is what has to be set before all rules instead of an assignment, if that can be.
func (c *reducer) presets(p *parsedRule, a assignment) (values map[string]string, ok bool) {
	if isCapture(a.name) || p.phase > 1 && strings.Contains(a.name, "anomaly_score") { // which may not come to run
		return nil, false
	}
	setters := among(c.runnable, func(q *parsedRule) bool { return q.sets(Target{Variable: "tx", Key: a.name}) })
	readers := slices.DeleteFunc(readersAmong(c.runnable, a), c.isNeedless)
	needed := func(value string) map[string]string {
		if len(readers) > 0 || strings.Contains(a.name, "anomaly_score") { // scores are in verdicts
			return map[string]string{a.name: value}
		}
		return nil
	}
	if c.isStaticAssignment(a) {
		// Its last value counts, if all set it before anything looks at it.
		for _, s := range setters {
			if !c.droppable[s] && (!c.hoisted[s] || slices.ContainsFunc(readers, func(r *parsedRule) bool { return !r.isAfter(s) })) {
				return nil, false
			}
		}
		value, set := c.cfg.TX[a.name]
		if !set {
			return nil, len(readers) == 0
		}
		return needed(value), true
	}
	// Its first value counts, if nothing sets it or looks at it before.
	isFirst := len(p.links) == 1 && c.alwaysMatches[p] && a.isLiteral()
	for _, q := range slices.Concat(setters, readers) {
		isFirst = isFirst && (q == p || c.droppable[q] || !c.hoisted[q] && q.isAfter(p))
	}
	if !isFirst {
		return nil, false
	}
	return needed(a.value), true
}

// isStaticAssignment reports whether a name is the same in every transaction, once it is set.
func (c *constants) isStaticAssignment(a assignment) bool {
	return c.staticTX(Target{Variable: "tx", Key: a.name})
}

// reduction is that of the plan.
func (c *reducer) reduction() Reduction {
	r := Reduction{Rules: map[int]bool{}, Markers: map[string]bool{}, TX: c.values, Observed: c.observed}
	for _, p := range c.lines {
		if p.marker != "" && !c.observed { // Coraza has a marker match, of nothing
			r.Markers[p.marker] = true
		}
	}
	for p := range c.insideSkip {
		delete(r.Markers, p.marker)
	}
	for _, p := range c.rules {
		switch {
		case c.isNeedless(p):
			r.Rules[p.id] = true
		case p.end > 0:
			delete(r.Markers, c.lines[p.end].marker)
		}
	}
	return r
}

// noRule is an id that no rule has.
const noRule = 0

// dependent are the rules that another thing becomes of without a rule, by its id: those that it skips in every
// transaction, and those that look at what it always sets.
func (c *reducer) dependent() map[int][]int {
	all := map[int][]int{}
	for _, p := range c.rules {
		if c.skipped[p] {
			continue
		}
		var on []*parsedRule
		if c.skips(p) {
			on = c.behind(p)
		}
		for _, a := range p.assignments() {
			if c.hoisted[p] || c.isStaticAssignment(a) {
				on = append(on, readersAmong(c.runnable, a)...)
			}
		}
		for _, q := range on {
			all[p.id] = append(all[p.id], q.id)
		}
		if c.insideSkip[p] {
			all[p.id] = append(all[p.id], noRule) // which is never among them: the skip goes further
		}
	}
	return all
}
