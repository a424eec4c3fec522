package analysis

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/corazawaf/coraza/v3/types/variables"

	"github.com/modsecurity-for-anylog/msa/engine/textmatch"
	"github.com/modsecurity-for-anylog/msa/rules"
)

// Kind is what a condition looks at.
type Kind int

// The kinds of conditions.
const (
	OnValues  Kind = iota // some value must fulfil it
	OnCount               // the number of values must
	OnRules               // a rule that sets what it looks at must match
	OnNothing             // it can't be judged, and counts as fulfilled
)

// Condition is one link of a rule, or several that are about the same value.
type Condition struct {
	Kind  Kind
	Rules []int32 // that need it
	text  string  // for people

	Targets []Target // of links that look at more than TX

	// On values.
	Transform  Chain
	Operator   Operator
	Unfiltered bool // no literal tells that it can't be fulfilled
	capture    bool
	sets       []assignment
	then       []*step

	// On counts.
	Variable variables.RuleVariable
	Key      string

	// On rules.
	Setters []int32
}

// step is a link that looks at what the links before it, of the same condition, have found.
type step struct {
	targets   []Target
	transform Chain
	op        Operator
	capture   bool
	loses     bool // it captures what is not known
	sets      []assignment
}

// Judge reports whether a transformed value fulfils the condition, and how much work that was. One of the condition's literals,
// if it has any, is in the value. lower is the value's content in lower case.
func (c *Condition) Judge(text string, lower *textmatch.Content) (fulfilled bool, work int) {
	if len(c.then) == 0 && c.Operator.matchesLiterals {
		return true, 0
	}
	fulfilled, work = c.Operator.measure(text, lower)
	if !fulfilled || len(c.then) == 0 {
		return fulfilled, work
	}
	var captures []string
	if c.capture {
		captures = c.Operator.pattern.Captures(text)
	}
	found := linkResult{matched: text, isClear: true, captures: captures}
	found.assign(c.sets)
	for _, s := range c.then {
		if !s.fulfilled(&found) {
			return false, work
		}
	}
	return true, work
}

// Pattern is the pattern that is all that the condition asks of a value; nil where it is not a pattern, or not all.
func (c *Condition) Pattern() *textmatch.Pattern {
	if len(c.then) > 0 || c.Operator.negated {
		return nil
	}
	return c.Operator.pattern
}

// LooksAt reports whether the condition looks at one of some variables.
func (c *Condition) LooksAt(some func(variable string) bool) bool { return LookAt(c.Targets, some) }

// LookAt reports whether targets name one of some variables.
func LookAt(targets []Target, some func(variable string) bool) bool {
	return slices.ContainsFunc(targets, func(t Target) bool { return !t.Except && some(t.Variable) })
}

// linkResult is what the links of a condition have found in one value.
type linkResult struct {
	matched  string
	isClear  bool     // matched is the last value that a link has matched; otherwise which one that is isn't known
	captures []string // nil also where they are not known
	sets     []assignment
	open     bool // something was set that is not known
}

func (f *linkResult) assign(sets []assignment) {
	for _, a := range sets {
		name, ok1 := f.expand(a.name)
		value, ok2 := f.expand(a.value)
		if !ok1 || !ok2 || strings.HasPrefix(a.value, "+") || strings.HasPrefix(a.value, "-") {
			f.open = true // also where other values of the transaction add to it
			continue
		}
		f.sets = append(f.sets, assignment{strings.ToLower(name), value})
	}
}

// expand replaces the macros of captures and of the matched value.
func (f *linkResult) expand(text string) (string, bool) {
	if !strings.Contains(text, "%{") {
		return text, true
	}
	ok := true
	out := rules.ExpandMacros(text, func(name string) string {
		if name == "matched_var" && f.isClear {
			return f.matched
		}
		if i, isTX := strings.CutPrefix(name, "tx."); isTX && isCapture(i) {
			if n := int(i[0] - '0'); n < len(f.captures) {
				return f.captures[n]
			}
		}
		ok = false
		return ""
	})
	return out, ok
}

// fulfilled reports whether the link may match, and notes what it has found then.
func (s *step) fulfilled(f *linkResult) bool {
	matched, known := s.matches(f)
	if known && len(matched) == 0 {
		return false
	}
	if f.isClear = known && len(slices.Compact(matched)) == 1; f.isClear {
		f.matched = matched[0]
	}
	switch {
	case s.loses || s.capture && !f.isClear:
		f.captures = nil
	case s.capture:
		f.captures = s.op.pattern.Captures(f.matched)
	}
	f.assign(s.sets)
	return true
}

// matches are the texts that the link matches; known is false when that can't be told.
func (s *step) matches(f *linkResult) (matched []string, known bool) {
	op := s.op
	if op.macro != "" {
		operand, ok := f.expand(op.macro)
		if !ok {
			return nil, false
		}
		op = op.with(operand)
	}
	for _, t := range s.targets {
		values, known := f.values(t)
		if !known {
			return nil, false
		}
		for _, v := range values {
			var memory [4]string
			for _, text := range s.transform.Stages(v, memory[:0]) {
				if op.matches(text) {
					matched = append(matched, text)
				}
			}
		}
	}
	return matched, true
}

// values are what a target of TX or of the matched variables is; known is false when that can't be told.
func (f *linkResult) values(t Target) (values []string, known bool) {
	switch {
	case t.Count || t.Except:
		return nil, false
	case t.Variable == "matched_var" || t.Variable == "matched_vars":
		return []string{f.matched}, f.isClear && t.Key == "" && t.Pattern == nil
	case t.Variable != "tx":
		return nil, false
	case isCapture(t.Key):
		n := int(t.Key[0] - '0')
		if n >= len(f.captures) {
			return nil, false
		}
		return []string{f.captures[n]}, true
	case f.open:
		return nil, false
	}
	for _, a := range f.sets {
		if t.Pattern != nil && t.Pattern.MatchString(a.name) || t.Pattern == nil && a.name == t.Key {
			values = append(values, a.value)
		}
	}
	return values, len(values) > 0
}

// CountFulfils reports whether a number of values fulfils the condition.
func (c *Condition) CountFulfils(n int) bool {
	var memory [4]string
	return slices.ContainsFunc(c.Transform.Stages(strconv.Itoa(n), memory[:0]), c.Operator.matches) // Coraza transforms the count, too
}

// addCondition makes a condition of the first of some links, and of those behind it that are about
// the same value; and one more for each link that looks at MATCHED_VARS, as these are all values that the first
// has matched, and one may fulfil one link and another the next. It returns their indices, none if the first is never
// fulfilled, whether the last link is in them, and how many links are.
func (c *compiler) addCondition(p *parsedRule, links []*parsedLink) (indices []int, last bool, n int) {
	l := links[0]
	n = 1
	cond, possible := c.condition(p, l)
	if !possible {
		return nil, false, n
	}
	var ofMatched []*step
	if cond.Kind == OnValues {
		for n < len(links) && isAboutTheSame(links[:n], links[n]) {
			captures := links[n].Has("capture")
			isOfMatched := links[n].looksAtMatchedVars()
			isOfOthers := len(ofMatched) > 0 // what the links behind see is another value's, perhaps
			if isOfMatched {
				isOfOthers = len(cond.then) > 0 || l != p.links[0] || captures && n+1 < len(links)
			}
			if isOfOthers || n > 1 && l.setsManyNames() || c.othersSet(p, links[n].targets) {
				break
			}
			s, open := c.step(p, links[n])
			if open != "" || isOfMatched && s.op.macro != "" { // what the macro stands for is of the last value alone
				break
			}
			if isOfMatched {
				ofMatched = append(ofMatched, s)
			} else {
				cond.then = append(cond.then, s)
			}
			n++
		}
		if len(cond.then)+len(ofMatched) > 0 {
			cond.capture = l.Has("capture") && usesCaptures(links[:n])
			cond.sets = l.sets
			if cond.capture && !cond.Operator.canCapture() {
				cond.then, ofMatched, n = nil, nil, 1
			}
		}
	}
	cond.text = describe(links[:n])
	indices = []int{len(c.conditions)}
	c.conditions = append(c.conditions, cond)
	for _, s := range ofMatched {
		one := cond
		one.then = []*step{s}
		indices = append(indices, len(c.conditions))
		c.conditions = append(c.conditions, one)
	}
	return indices, n == len(links), n
}

// othersSet reports whether other rules, or nobody, may set variables of TX that fit a pattern among some targets.
func (c *compiler) othersSet(p *parsedRule, targets []Target) bool {
	return slices.ContainsFunc(targets, func(t Target) bool {
		if t.Variable != "tx" || t.Pattern == nil {
			return false
		}
		begins := beginningOf(t.Pattern)
		return c.isPreset(t) || slices.ContainsFunc(c.rules, func(other *parsedRule) bool {
			return other != p && other.maySetName(t.Pattern, begins)
		})
	})
}

// setsManyNames reports whether a link sets a variable for each value.
func (l *parsedLink) setsManyNames() bool {
	return slices.ContainsFunc(l.sets, func(a assignment) bool { return strings.Contains(a.name, "%{") })
}

// looksAtMatchedVars reports whether a link looks at all values that the links before it have matched.
func (l *parsedLink) looksAtMatchedVars() bool {
	return slices.ContainsFunc(l.targets, func(t Target) bool { return t.Variable == "matched_vars" })
}

// hasCaptureMacro reports whether a text has %{TX.0} to %{TX.9}.
func hasCaptureMacro(text string) bool {
	return slices.ContainsFunc(rules.MacrosOf(text), func(name string) bool {
		name, ok := strings.CutPrefix(name, "tx.")
		return ok && isCapture(name)
	})
}

// usesCaptures reports whether links look at what a pattern of theirs has captured.
func usesCaptures(links []*parsedLink) bool {
	return slices.ContainsFunc(links, func(l *parsedLink) bool {
		return l.looksAtCaptures() ||
			slices.ContainsFunc(l.sets, func(a assignment) bool { return hasCaptureMacro(a.name) || hasCaptureMacro(a.value) })
	})
}

// isAboutTheSame reports whether a link looks only at what the links before it have set, captured or matched.
func isAboutTheSame(before []*parsedLink, l *parsedLink) bool {
	captures := slices.ContainsFunc(before, func(b *parsedLink) bool { return b.Has("capture") })
	for _, t := range l.targets {
		switch {
		case t.Count || t.Except, l.looksAtMatchedVars() && t.Variable != "matched_vars":
			return false
		case t.Variable == "matched_var" || t.Variable == "matched_vars":
		case t.Variable != "tx":
			return false
		case isCapture(t.Key):
			if !captures {
				return false
			}
		case !slices.ContainsFunc(before, func(b *parsedLink) bool { return (&parsedRule{links: []*parsedLink{b}}).sets(t) }):
			return false
		}
	}
	return len(l.targets) > 0
}

func (c *constants) step(p *parsedRule, l *parsedLink) (*step, string) {
	op, err := c.operator(p, l)
	if err != nil {
		return nil, err.Error()
	}
	if op.open != "" {
		return nil, op.open
	}
	transform, err := chainOf(l.Link)
	if err != nil {
		return nil, err.Error()
	}
	capture := l.Has("capture")
	loses := capture && !op.canCapture()
	return &step{targets: l.targets, transform: transform, op: op, capture: capture && !loses, loses: loses, sets: l.sets}, ""
}

// condition makes one of a single link. possible is false when the link is never fulfilled.
func (c *compiler) condition(p *parsedRule, l *parsedLink) (cond Condition, possible bool) {
	giveUp := func(reason string) (Condition, bool) {
		if p.Logged() || c.addsScore(p) {
			c.unjudged = append(c.unjudged, Unjudged{p.id, reason})
		}
		return Condition{Kind: OnNothing, Targets: l.targets}, true
	}
	if len(l.targets) == 0 {
		return Condition{Kind: OnNothing}, true // SecAction
	}
	if l.targets[0].Variable == "tx" && !slices.ContainsFunc(l.targets, func(t Target) bool { return t.Variable != "tx" }) {
		return c.onTX(p, l)
	}
	op, err := c.operator(p, l)
	if err != nil {
		return giveUp(err.Error())
	}
	if op.open != "" || op.macro != "" {
		return giveUp(orElse(op.open, "its operator has a macro that depends on the transaction"))
	}
	transform, err := chainOf(l.Link)
	if err != nil {
		return giveUp(err.Error())
	}
	negative := op.negated
	for _, t := range l.targets {
		v, err := variables.Parse(strings.ToUpper(t.Variable))
		switch {
		case err != nil || !IsSteady(v):
			return giveUp("it looks at " + strings.ToUpper(t.Variable))
		case t.Count && c.taken[p][t.Variable]:
			return giveUp("it counts what other rules may take from it")
		case t.Count && len(l.targets) > 1:
			return giveUp("it counts among other targets")
		case p.phase < Populated(v) && (t.Count || negative || isOtherBefore(v) || transform.matchesInitial(&op)):
			return giveUp("it looks at " + strings.ToUpper(t.Variable) + " before it is read")
		case t.Count:
			if t.Pattern != nil {
				return giveUp("it counts by a pattern")
			}
			return Condition{Kind: OnCount, Targets: l.targets, Variable: v, Key: t.counted, Transform: transform, Operator: op}, true
		}
	}
	return Condition{Kind: OnValues, Targets: l.targets, Transform: transform, Operator: op, Unfiltered: len(op.Literals) == 0}, true
}

// isOtherBefore reports whether a variable has another value before it is read whole, and not only none.
func isOtherBefore(v variables.RuleVariable) bool {
	return v == variables.ArgsCombinedSize || v == variables.ReqbodyProcessor
}

// matchesInitial reports whether an operator matches what a variable has before it is read: nothing or a number that says so.
func (c *Chain) matchesInitial(op *Operator) bool {
	for _, initial := range []string{"", "0", "-1"} {
		if slices.ContainsFunc(c.Stages(initial, nil), op.matches) {
			return true
		}
	}
	return false
}

func (c *compiler) addsScore(p *parsedRule) bool {
	return slices.ContainsFunc(p.links, func(l *parsedLink) bool {
		in, out, known := c.scoresOf(p, l)
		return in+out > 0 || !known
	})
}

// onTX is a condition on what rules have set.
func (c *compiler) onTX(p *parsedRule, l *parsedLink) (Condition, bool) {
	if c.areStatic(p, l.targets) {
		fulfilled, known := c.outcomeOf(p, l)
		return Condition{Kind: OnNothing}, fulfilled || !known
	}
	for _, t := range l.targets {
		// A count of 0, or a negated test of something that only some transactions have, may hold without a setter.
		if t.Count || isCapture(t.Key) {
			if p.Logged() || c.addsScore(p) {
				c.unjudged = append(c.unjudged, Unjudged{p.id, "it looks at what other rules have captured or counted"})
			}
			return Condition{Kind: OnNothing}, true
		}
	}
	targets := slices.DeleteFunc(slices.Clone(l.targets), func(t Target) bool { return t.Except })
	return Condition{Kind: OnRules, Targets: targets}, true
}

// resolveSetters finds the rules that set what conditions on rules look at. A variable that is set before all
// rules counts as set.
func (c *compiler) resolveSetters() {
	for i := range c.conditions { // what is added here is no condition on rules
		if c.conditions[i].Kind != OnRules {
			continue
		}
		setters, known := c.settersOf(c.conditions[i].Targets)
		if c.conditions[i].Setters = setters; !known {
			c.conditions[i].Kind = OnNothing
		}
	}
}

// hasCaptures reports whether a target is TX:0 to TX:9, or has them among others.
func (t *Target) hasCaptures() bool {
	return isCapture(t.Key) || t.Key == "" && (t.Pattern == nil || t.mayBeCapture())
}

// mayBeCapture reports whether a pattern fits TX:0 to TX:9, which operators set.
func (t *Target) mayBeCapture() bool {
	for name := '0'; name <= '9'; name++ {
		if t.Pattern.MatchString(string(name)) {
			return true
		}
	}
	return false
}

// isPreset reports whether a variable of TX that a target names, or fits its pattern, is set in every transaction.
func (c *compiler) isPreset(t Target) bool {
	for name := range c.cfg.TX {
		if t.Pattern != nil && t.Pattern.MatchString(name) || t.Pattern == nil && t.Key != "" && t.Key == name {
			return true
		}
	}
	return false
}

// settersOf are the rules that set one of some names of TX; known is false when something may set it in
// every transaction.
func (c *compiler) settersOf(targets []Target) (setters []int32, known bool) {
	for _, t := range targets {
		if c.isPreset(t) {
			return nil, false
		}
		if !isCapture(t.Key) && t.hasCaptures() { // all of TX, where there is always something
			return nil, false
		}
		for _, p := range c.runnable {
			exactly, somehow := p.waysToSet(t)
			if !exactly && !somehow {
				continue
			}
			if !exactly {
				if r, ok := c.namesFrom(p, t); ok {
					setters = append(setters, r)
					continue
				}
			}
			index, ok := c.index[p]
			if !ok || len(p.links) > 1 && (&parsedRule{links: p.links[:len(p.links)-1]}).sets(t) {
				return nil, false // it always sets it, or does before its chain is at its end
			}
			setters = append(setters, index)
		}
	}
	return setters, true
}

// namesFrom makes a rule that matches when a rule with a name made of a value may set one that fits a pattern: when
// the value has a text that every name has that fits.
func (c *compiler) namesFrom(p *parsedRule, t Target) (r int32, ok bool) {
	head := p.links[0]
	if len(p.links) > 1 && (&parsedRule{links: p.links[1:]}).sets(t) {
		return 0, false
	}
	targets, transform, ok := namesOf(head)
	if !ok {
		return 0, false
	}
	literals, ok := textmatch.Literals(t.Pattern.String())
	if !ok || joins(head, literals) {
		return 0, false
	}
	op := Operator{}
	op.phrases(literals)
	i := len(c.conditions)
	c.conditions = append(c.conditions, Condition{
		Kind: OnValues, Targets: targets, Transform: transform, Operator: op,
		text: fmt.Sprintf("a name that rule %d makes of a value, with one of %q", p.id, literals),
	})
	r = int32(len(c.planned))
	c.conditions[i].Rules = []int32{r}
	c.planned = append(c.planned, Rule{ID: p.id, Conditions: []int{i}, Scores: -1})
	return r, true
}

// joins reports whether a text may stand in a name that a link sets partly in what is fixed of it.
func joins(l *parsedLink, texts []string) bool {
	for _, a := range l.sets {
		fixed, rest, dynamic := strings.Cut(a.name, "%{")
		if !dynamic {
			continue
		}
		if _, behind, _ := strings.Cut(rest, "}"); behind != "" {
			return true
		}
		for _, t := range texts {
			for n := 1; n < len(t); n++ {
				if strings.HasSuffix(fixed, t[:n]) {
					return true
				}
			}
		}
	}
	return false
}

// namesOf are the values of which a link makes the names of TX that it sets, and their transformations: what the
// link looks at, or with %{MATCHED_VAR_NAME} the names of that.
func namesOf(l *parsedLink) (targets []Target, transform Chain, ok bool) {
	byName, byValue := false, false
	for _, a := range l.sets {
		for _, m := range rules.MacrosOf(a.name) {
			byName = byName || m == "matched_var_name"
			byValue = byValue || m != "matched_var_name"
		}
	}
	if byName && byValue || len(l.targets) == 0 {
		return nil, Chain{}, false
	}
	transform, err := chainOf(l.Link)
	if err != nil {
		return nil, Chain{}, false
	}
	if byName {
		transform = Chain{}
	}
	for _, t := range l.targets {
		if t.Variable == "tx" || t.Count {
			return nil, Chain{}, false
		}
		if byName && !strings.HasSuffix(t.Variable, "_names") {
			switch t.Variable {
			case "args", "args_get", "args_post", "request_cookies", "request_headers":
				t = Target{Variable: t.Variable + "_names"}
			default:
				return nil, Chain{}, false
			}
		}
		targets = append(targets, t)
	}
	return targets, transform, true
}

func orElse(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}
