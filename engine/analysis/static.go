package analysis

import (
	"fmt"
	"slices"
	"strings"
)

// findStatic finds the rules that do the same in every transaction: those without targets, and those whose targets
// only such rules set, as long as nothing removes them. For each that is found, more may be: what is always skipped
// sets nothing.
func (c *compiler) findStatic() {
	c.findMissed()
	c.findJumped()
	for changed := true; changed; { // each round holds by itself, and only ever finds more
		c.assumeStatic()
		for _, p := range c.parsed {
			p.fires, p.idle = c.outcome(p)
		}
		changed = c.disableSkipped()
		changed = c.findJumped() || changed
	}
}

// findEnds finds where rules skip to. It fails where that is not behind them: what is skipped then are all rules of
// later phases too, until there is a marker of that name.
func (c *compiler) findEnds() error {
	for i, p := range c.parsed {
		p.at = i
		if p.marker != "" {
			continue
		}
		mark, ok := p.links[0].Action("skipafter")
		if !ok {
			continue
		}
		behind := slices.IndexFunc(c.parsed[i:], func(q *parsedRule) bool { return q.marker == mark })
		if behind < 0 {
			return fmt.Errorf("rule %d skips to marker %q, which is not behind it", p.id, mark)
		}
		p.end = i + behind
	}
	return nil
}

// findMissed finds the rules that may be removed without all those that look at what they set.
func (c *compiler) findMissed() {
	removals := c.removals()
	for _, p := range c.parsed {
		if p.marker != "" {
			continue
		}
		for _, r := range removals {
			if !p.missed && r.has(p) {
				p.missed = slices.ContainsFunc(p.assignments(), func(a assignment) bool {
					return slices.ContainsFunc(c.readers(a), func(q *parsedRule) bool { return !r.has(q) })
				})
			}
		}
	}
}

// assumeStatic takes all rules for static and all variables for constant, until nothing speaks against it any more.
func (c *compiler) assumeStatic() {
	for _, p := range c.parsed {
		p.static = p.marker == "" && !p.disabled
	}
	c.varying, c.varyingPrefixes = map[string]bool{}, nil
	for changed := true; changed; {
		changed = false
		for _, p := range c.parsed {
			if p.marker != "" || p.disabled {
				continue
			}
			if p.static && !c.isStatic(p) {
				p.static, changed = false, true
			}
			for _, l := range p.links {
				for _, a := range l.sets {
					if (!p.static || p.jumped || p.missed || !c.isConstant(a)) && c.vary(a.name) {
						changed = true
					}
				}
			}
		}
	}
}

func (c *compiler) isStatic(p *parsedRule) bool {
	for _, l := range p.links {
		if !c.areStatic(p, l.targets) {
			return false
		}
		if len(l.targets) > 0 {
			if op, err := c.operator(p, l); err != nil || op.open != "" || op.macro != "" {
				return false
			}
			if _, err := chainOf(l.Link); err != nil {
				return false
			}
		}
	}
	return true
}

// isConstant reports whether an assignment sets the same name to the same value in every transaction.
func (c *compiler) isConstant(a assignment) bool {
	_, ok := c.expand(a.value)
	return ok && !strings.Contains(a.name, "%{")
}

// vary notes that a name of TX is not the same in every transaction, and reports whether that is new.
func (c *compiler) vary(name string) bool {
	fixed, _, dynamic := strings.Cut(name, "%{")
	switch {
	case dynamic && !slices.Contains(c.varyingPrefixes, fixed):
		c.varyingPrefixes = append(c.varyingPrefixes, fixed)
		return true
	case dynamic || c.varying[name]:
		return false
	}
	c.varying[name] = true
	return true
}

// staticTX reports whether a name of TX is the same in every transaction, once it is set.
func (c *compiler) staticTX(t Target) bool {
	return t.Pattern == nil && t.Key != "" && !isCapture(t.Key) && !c.varying[t.Key] &&
		!slices.ContainsFunc(c.varyingPrefixes, func(fixed string) bool { return strings.HasPrefix(t.Key, fixed) })
}

func isCapture(name string) bool { return len(name) == 1 && name[0] >= '0' && name[0] <= '9' }

// isSettled reports whether static targets of a rule have, when it runs, the values that they have in the end.
func (c *compiler) isSettled(at *parsedRule, targets []Target) bool {
	return !slices.ContainsFunc(c.parsed, func(p *parsedRule) bool {
		return p.marker == "" && !p.disabled && !at.isAfter(p) && slices.ContainsFunc(targets, p.sets)
	})
}

// outcome of a rule, where it is known and always the same: it matches, or it does not. A chain does not from
// the first link that does not.
func (c *compiler) outcome(p *parsedRule) (fires, idle bool) {
	if !p.static {
		return false, false
	}
	for _, l := range p.links {
		if fulfilled, known := c.outcomeOf(p, l); !fulfilled || !known {
			return false, known
		}
	}
	return true, false
}

// outcomeOf a link, where it is known and always the same.
func (c *compiler) outcomeOf(p *parsedRule, l *parsedLink) (fulfilled, known bool) {
	if len(l.targets) == 0 {
		return true, true
	}
	if !c.areStatic(p, l.targets) || !c.isSettled(p, l.targets) {
		return false, false
	}
	return c.staticallyFulfilled(p, l)
}

// areStatic reports whether targets of a rule are the same in every transaction, in the end.
func (c *compiler) areStatic(p *parsedRule, targets []Target) bool {
	return !slices.ContainsFunc(targets, func(t Target) bool {
		return t.Variable != "tx" || t.Except || t.Count && p.taken[t.Variable] || !c.staticTX(t)
	})
}

// staticallyFulfilled evaluates a link all of whose targets are static and settled, if that can be done.
func (c *compiler) staticallyFulfilled(p *parsedRule, l *parsedLink) (fulfilled, known bool) {
	op, err := c.operator(p, l)
	if err != nil || op.open != "" || op.macro != "" {
		return false, false
	}
	transform, err := chainOf(l.Link)
	if err != nil {
		return false, false
	}
	for _, t := range l.targets {
		value, set := c.cfg.TX[t.Key]
		if t.Count {
			value = map[bool]string{true: "1", false: "0"}[set]
		} else if !set {
			continue
		}
		for _, stage := range transform.Stages(value, nil) {
			if op.matches(stage) {
				return true, true
			}
		}
	}
	return false, true
}

// skips reports whether a rule skips others in every transaction in which it is not skipped itself, together
// with them all.
func (c *compiler) skips(p *parsedRule) bool {
	if !p.fires || p.counted || p.end == 0 || p.Allows() {
		return false
	}
	return !slices.ContainsFunc(c.parsed[:p.at], func(q *parsedRule) bool { // can another rule skip into the middle?
		return q.phase == p.phase && !q.disabled && !q.idle && p.at < q.end && q.end < p.end
	})
}

// behind are the rules that a rule skips if it matches.
func (c *compiler) behind(p *parsedRule) []*parsedRule {
	if p.marker != "" {
		return nil
	}
	if scope, ok := p.links[0].Action("allow"); ok {
		return c.allowed(p, scope)
	}
	if p.end == 0 {
		return nil
	}
	var all []*parsedRule
	for _, q := range c.parsed[p.at+1 : p.end] {
		if q.marker == "" && q.phase == p.phase {
			all = append(all, q)
		}
	}
	return all
}

// allowed are the rules that are not applied any more when a rule has allowed a transaction.
func (c *compiler) allowed(p *parsedRule, scope string) []*parsedRule {
	last := 5
	switch scope {
	case "phase":
		last = p.phase
	case "request":
		last = max(2, p.phase)
	}
	var all []*parsedRule
	for _, q := range c.parsed {
		if q.marker == "" && q.phase <= last && q.isAfter(p) {
			all = append(all, q)
		}
	}
	return all
}

// disableSkipped finds the rules that are skipped in every transaction, and reports whether there are new ones.
func (c *compiler) disableSkipped() (changed bool) {
	for _, p := range c.parsed {
		if p.disabled || !c.skips(p) {
			continue
		}
		for _, q := range c.behind(p) {
			changed = changed || !q.disabled
			q.disabled = true
		}
	}
	return changed
}

// findJumped finds the rules that are skipped in some transactions, perhaps, and reports whether they are others than before.
func (c *compiler) findJumped() (changed bool) {
	jumped := map[*parsedRule]bool{}
	for _, p := range c.parsed {
		if p.disabled || p.idle || c.skips(p) {
			continue
		}
		for _, q := range c.behind(p) {
			jumped[q] = true
		}
	}
	for _, p := range c.parsed {
		isJumped := p.counted || jumped[p]
		changed = changed || p.jumped != isJumped
		p.jumped = isJumped
	}
	return changed
}
