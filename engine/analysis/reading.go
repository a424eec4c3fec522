package analysis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corazawaf/coraza/v3/types/variables"

	"github.com/modsecurity-for-anylog/msa/rules"
)

// findReading finds the rules that say how bodies are read, and from these, one after the other, those that decide whether
// they match. It fails where that depends on what is not the same whenever it is asked for.
func (c *constants) findReading() (Reading, error) {
	r := Reading{Rules: map[int]bool{}, Markers: map[string]bool{}, TX: map[string]string{}, OfBodies: true, ByType: true}
	var todo []*parsedRule
	add := func(p *parsedRule) {
		switch {
		case p.marker != "":
			r.Markers[p.marker] = true
		case !r.Rules[p.id]:
			r.Rules[p.id] = true
			todo = append(todo, p)
		}
	}
	for _, p := range c.rules {
		if c.readsBodies(p) {
			r.OfBodies = r.OfBodies && !p.readsWithoutBody()
			add(p)
		}
	}
	varying := map[string]bool{} // names of TX that are not set before
	for len(todo) > 0 {
		p := todo[0]
		todo = todo[1:]
		if what := p.looksAtPassing(); what != "" {
			return r, fmt.Errorf("rule %d has a say in how bodies are read, and looks at %s", p.id, what)
		}
		if p.end > 0 {
			add(c.lines[p.end])
		}
		for _, q := range c.counts[p] {
			add(q)
		}
		r.ByType = r.ByType && !slices.ContainsFunc(p.links, func(l *parsedLink) bool { return !l.asksType() })
		asked := p.asksOfTX()
		for _, t := range asked {
			switch value, set := c.cfg.TX[t.Key]; {
			case !c.staticTX(t) || !c.isSettled(p, []Target{t}):
				varying[t.Key] = true
			case set:
				r.TX[t.Key] = value
			}
		}
		r.AsksTX = r.AsksTX || len(asked) > 0
		asked = slices.DeleteFunc(asked, func(t Target) bool { return !varying[t.Key] })
		for _, q := range among(c.runnable, func(q *parsedRule) bool { return q != p && c.decides(q, p, asked) }) {
			add(q)
		}
	}
	for name := range varying {
		delete(r.TX, name)
	}
	r.ByType = r.ByType && !r.AsksTX
	return r, nil
}

// decides reports whether what a rule does decides whether another one matches: that it skips or removes it, or sets or
// captures what it looks at.
func (c *constants) decides(p, other *parsedRule, asked []Target) bool {
	if !other.isAfter(p) {
		return false
	}
	if slices.Contains(c.counts[p], other) || slices.Contains(c.behind(p), other) || slices.ContainsFunc(asked, p.sets) {
		return true
	}
	if other.looksAtCaptures && slices.ContainsFunc(p.links, func(l *parsedLink) bool { return l.Has("capture") }) {
		return true
	}
	return slices.ContainsFunc(p.links, func(l *parsedLink) bool {
		return slices.ContainsFunc(l.Values("ctl"), func(value string) bool {
			removes, ok := parseCtl(value)
			return ok && removes(other)
		})
	})
}

// ofBodies are the beginnings of the controls that say how bodies are read, and those of them that do something
// where there is no body. forceRequestBodyVariable does nothing: every request's body is read.
var (
	ofBodies    = []string{"requestBody", "responseBody", "forceResponseBody"}
	withoutBody = []string{"requestBodyProcessor", "responseBody", "forceResponseBody"}
)

// controls reports whether a link has a control that begins so.
func (l *parsedLink) controls(beginnings []string) bool {
	return slices.ContainsFunc(l.Values("ctl"), func(value string) bool {
		return slices.ContainsFunc(beginnings, func(of string) bool { return strings.HasPrefix(value, of) })
	})
}

// readsBodies reports whether a rule says, in some transactions, how bodies are read.
func (c *constants) readsBodies(p *parsedRule) bool {
	if c.skipped[p] {
		return false
	}
	for _, l := range p.links {
		if fulfilled, known := c.outcomeOf(p, l); known && !fulfilled {
			return false
		}
		if l.controls(ofBodies) {
			return true
		}
	}
	return false
}

// readsWithoutBody reports whether a rule may change what is read of a request that has neither a body nor a Content-Type.
func (p *parsedRule) readsWithoutBody() bool {
	return !p.links[0].asksType() && slices.ContainsFunc(p.links, func(l *parsedLink) bool { return l.controls(withoutBody) })
}

// asksType reports whether a link looks at the Content-Type and at nothing else.
func (l *parsedLink) asksType() bool {
	return len(l.targets) > 0 && !slices.ContainsFunc(l.targets, func(t Target) bool {
		return t.Variable != "request_headers" || t.Key != "content-type" || t.Count || t.Except
	})
}

// asksOfTX are the variables of TX that a rule looks at.
func (p *parsedRule) asksOfTX() (all []Target) {
	for _, l := range p.links {
		for _, t := range l.targets {
			if t.Variable == "tx" {
				all = append(all, t)
			}
		}
	}
	for _, name := range p.macros {
		all = append(all, Target{Variable: "tx", Key: name})
	}
	return all
}

// looksAtPassing names what a rule looks at that is another thing when it is asked for again, or that all rules change;
// empty without any.
func (p *parsedRule) looksAtPassing() string {
	if p.looksAtMatches {
		return "what other rules have matched"
	}
	for _, l := range p.links {
		names := rules.MacrosOf(l.operand)
		for _, a := range l.sets {
			names = append(names, rules.MacrosOf(a.name+a.value)...)
		}
		for _, t := range l.targets {
			names = append(names, t.Variable)
		}
		for _, name := range names {
			name, _, _ = strings.Cut(name, ".")
			v, err := variables.Parse(strings.ToUpper(name))
			if err == nil && !IsSteady(v) && !ofRules(v) {
				return v.Name()
			}
		}
	}
	return ""
}

// ofRules reports whether a variable is what rules leave behind.
func ofRules(v variables.RuleVariable) bool {
	switch v {
	case variables.TX, variables.Rule, variables.MatchedVar, variables.MatchedVarName, variables.MatchedVars, variables.MatchedVarsNames:
		return true
	}
	return false
}
