package analysis

import (
	"fmt"
	"slices"
	"strconv"
)

// findEnds finds where rules skip to. It fails where that is not behind them: what is skipped then are all rules of
// later phases too, until there is a marker of that name.
func (c *program) findEnds() error {
	for _, p := range c.rules {
		mark, ok := p.links[0].Action("skipafter")
		if !ok {
			continue
		}
		behind := slices.IndexFunc(c.lines[p.at:], func(q *parsedRule) bool { return q.marker == mark })
		if behind < 0 {
			return fmt.Errorf("rule %d skips to marker %q, which is not behind it", p.id, mark)
		}
		p.end = p.at + behind
	}
	return nil
}

// findInsideSkip finds the rules behind one that skips a number of rules of its phase: removed, they are not counted.
// Markers are, whatever their phase. Where a counted rule may be removed, the skip goes further.
func (c *program) findInsideSkip(removals []removal) (counts map[*parsedRule][]*parsedRule, insideSkip set) {
	counts, insideSkip = map[*parsedRule][]*parsedRule{}, set{}
	for _, p := range c.rules {
		value, ok := p.links[0].Action("skip")
		if !ok {
			continue
		}
		n, _ := strconv.Atoi(value)
		for _, q := range c.lines[p.at+1:] {
			if n <= 0 || q.marker == "" && q.phase != p.phase {
				continue
			}
			insideSkip[q] = true
			counts[p] = append(counts[p], q)
			isRemoved := slices.Contains(c.cfg.Absent, q.id) || slices.ContainsFunc(removals, func(r removal) bool { return q.marker == "" && r.has(q) && !r.has(p) })
			if !isRemoved {
				n--
			}
		}
	}
	return counts, insideSkip
}

// behind are the rules that a rule skips if it matches.
func (c *program) behind(p *parsedRule) []*parsedRule {
	if scope, ok := p.links[0].Action("allow"); ok {
		return c.allowed(p, scope)
	}
	if p.end == 0 {
		return nil
	}
	var all []*parsedRule
	for _, q := range c.lines[p.at+1 : p.end] {
		if q.marker == "" && q.phase == p.phase {
			all = append(all, q)
		}
	}
	return all
}

// allowed are the rules that are not applied any more when a rule has allowed a transaction.
func (c *program) allowed(p *parsedRule, scope string) []*parsedRule {
	last := 5
	switch scope {
	case "phase":
		last = p.phase
	case "request":
		last = max(2, p.phase)
	}
	var all []*parsedRule
	for _, q := range c.rules {
		if q.phase <= last && q.isAfter(p) {
			all = append(all, q)
		}
	}
	return all
}
