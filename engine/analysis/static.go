package analysis

import (
	"maps"
	"slices"
	"strings"

	"github.com/modsecurity-for-anylog/msa/rules"
)

// constants are what is the same in every transaction.
type constants struct {
	*program
	skipped       set   // rules that are skipped in every transaction
	maybeSkipped  set   // those that are skipped in some, perhaps
	static        set   // those that do the same in every transaction that does not skip them
	alwaysMatches set   // those that match in every such transaction
	neverMatches  set   // those that match in none
	varying       names // of TX that are not the same in every transaction

	runnable []*parsedRule // rules that may match, or set something by the head of their chain
}

// findConstants finds the rules that do the same in every transaction: those without targets, and those whose targets only
// such rules set, as long as nothing removes them. For each that is found, more may be: what is always skipped sets nothing.
func findConstants(of *program) *constants {
	c := &constants{program: of, skipped: set{}}
	c.maybeSkipped = c.findMaybeSkipped()
	for changed := true; changed; { // each round holds by itself, and only ever finds more
		c.static, c.varying = c.findStatic()
		c.alwaysMatches, c.neverMatches = c.findOutcomes()
		skipped := c.findSkipped()
		changed = len(skipped) > len(c.skipped)
		c.skipped = skipped
		maybeSkipped := c.findMaybeSkipped()
		changed = changed || !maps.Equal(maybeSkipped, c.maybeSkipped)
		c.maybeSkipped = maybeSkipped
	}
	c.runnable = among(c.rules, func(p *parsedRule) bool { return !c.skipped[p] && (!c.neverMatches[p] || len(p.links) > 1) })
	return c
}

// findStatic takes all rules for static and all names of TX for constant, until nothing speaks against it any more. What does
// so for one rule may do so for those that look at what it sets.
func (c *constants) findStatic() (set, names) {
	c.static, c.varying = set{}, names{exactly: map[string]bool{}}
	run := among(c.rules, func(p *parsedRule) bool { return !c.skipped[p] })
	for _, p := range run {
		c.static[p] = true
	}
	todo, isTodo := slices.Clone(run), maps.Clone(c.static)
	for len(todo) > 0 {
		p := todo[0]
		todo = todo[1:]
		delete(isTodo, p)
		if !c.isStatic(p) {
			delete(c.static, p)
		}
		for _, a := range p.assignments() {
			if c.static[p] && !c.maybeSkipped[p] && !c.removableAlone[p] && c.isConstant(a) || !c.varying.add(a.name) {
				continue
			}
			for _, q := range readersAmong(run, a) {
				if !isTodo[q] {
					isTodo[q] = true
					todo = append(todo, q)
				}
			}
		}
	}
	return c.static, c.varying
}

// names are names of TX.
type names struct {
	exactly  map[string]bool
	prefixes []string // of names that are made of values
}

// add adds a name, with or without macros, and reports whether it is new.
func (n *names) add(name string) bool {
	fixed, _, dynamic := strings.Cut(name, "%{")
	switch {
	case dynamic && !slices.Contains(n.prefixes, fixed):
		n.prefixes = append(n.prefixes, fixed)
		return true
	case dynamic || n.exactly[name]:
		return false
	}
	n.exactly[name] = true
	return true
}

func (n *names) has(name string) bool {
	return n.exactly[name] || slices.ContainsFunc(n.prefixes, func(fixed string) bool { return strings.HasPrefix(name, fixed) })
}

// findOutcomes finds the rules that match in every transaction that does not skip them, and those that match in none.
func (c *constants) findOutcomes() (alwaysMatches, neverMatches set) {
	alwaysMatches, neverMatches = set{}, set{}
	for p := range c.static {
		switch matches, known := c.outcome(p); {
		case matches:
			alwaysMatches[p] = true
		case known:
			neverMatches[p] = true
		}
	}
	return alwaysMatches, neverMatches
}

// findSkipped finds the rules that are skipped in every transaction.
func (c *constants) findSkipped() set {
	skipped := maps.Clone(c.skipped)
	for p := range c.alwaysMatches {
		if c.skips(p) {
			for _, q := range c.behind(p) {
				skipped[q] = true
			}
		}
	}
	return skipped
}

// findMaybeSkipped finds the rules that are skipped in some transactions, perhaps.
func (c *constants) findMaybeSkipped() set {
	maybeSkipped := set{}
	for p := range c.insideSkip {
		if p.marker == "" {
			maybeSkipped[p] = true
		}
	}
	for _, p := range c.rules {
		if c.skipped[p] || c.neverMatches[p] || c.skips(p) {
			continue
		}
		for _, q := range c.behind(p) {
			maybeSkipped[q] = true
		}
	}
	return maybeSkipped
}

func (c *constants) isStatic(p *parsedRule) bool {
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
func (c *constants) isConstant(a assignment) bool {
	_, ok := c.expand(a.value)
	return ok && !strings.Contains(a.name, "%{")
}

// staticTX reports whether a name of TX is the same in every transaction, once it is set.
func (c *constants) staticTX(t Target) bool {
	return t.Pattern == nil && t.Key != "" && !isCapture(t.Key) && !c.varying.has(t.Key)
}

func isCapture(name string) bool { return len(name) == 1 && name[0] >= '0' && name[0] <= '9' }

// isSettled reports whether static targets of a rule have, when it runs, the values that they have in the end.
func (c *constants) isSettled(at *parsedRule, targets []Target) bool {
	return !slices.ContainsFunc(c.rules, func(p *parsedRule) bool {
		return !c.skipped[p] && !at.isAfter(p) && slices.ContainsFunc(targets, p.sets)
	})
}

// outcome of a static rule, where it is known: whether it matches. A chain does not from the first link that does not.
func (c *constants) outcome(p *parsedRule) (matches, known bool) {
	for _, l := range p.links {
		if fulfilled, known := c.outcomeOf(p, l); !fulfilled || !known {
			return false, known
		}
	}
	return true, true
}

// outcomeOf a link, where it is known and always the same.
func (c *constants) outcomeOf(p *parsedRule, l *parsedLink) (fulfilled, known bool) {
	if len(l.targets) == 0 {
		return true, true
	}
	if !c.areStatic(p, l.targets) || !c.isSettled(p, l.targets) {
		return false, false
	}
	return c.staticallyFulfilled(p, l)
}

// areStatic reports whether targets of a rule are the same in every transaction, in the end.
func (c *constants) areStatic(p *parsedRule, targets []Target) bool {
	return !slices.ContainsFunc(targets, func(t Target) bool {
		return t.Variable != "tx" || t.Except || t.Count && c.taken[p][t.Variable] || !c.staticTX(t)
	})
}

// staticallyFulfilled evaluates a link all of whose targets are static and settled, if that can be done.
func (c *constants) staticallyFulfilled(p *parsedRule, l *parsedLink) (fulfilled, known bool) {
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
func (c *constants) skips(p *parsedRule) bool {
	if !c.alwaysMatches[p] || c.insideSkip[p] || p.end == 0 || p.Allows() {
		return false
	}
	return !slices.ContainsFunc(c.lines[:p.at], func(q *parsedRule) bool { // can another rule skip into the middle?
		return q.phase == p.phase && !c.skipped[q] && !c.neverMatches[q] && p.at < q.end && q.end < p.end
	})
}

// expand replaces macros of static variables; ok is false when there are others.
func (c *constants) expand(text string) (string, bool) { return c.expandAt(nil, text) }

// expandAt replaces those of variables that have their last values by the time that a rule runs.
func (c *constants) expandAt(at *parsedRule, text string) (string, bool) {
	ok := true
	out := rules.ExpandMacros(text, func(name string) string {
		name, isTX := strings.CutPrefix(name, "tx.")
		value, set := c.cfg.TX[name]
		t := Target{Variable: "tx", Key: name}
		if !isTX || !set || !c.staticTX(t) || at != nil && !c.isSettled(at, []Target{t}) {
			ok = false
		}
		return value
	})
	return out, ok
}
