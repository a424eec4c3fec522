package rules

import (
	"slices"
	"strconv"
	"strings"
)

// Rule is a rule with its chain.
type Rule struct {
	ID    int // 0 if it has none
	Phase int // 1 to 5
	Links []*Link
	File  string
	Line  int

	// Unusable says why the rule can't be applied, if that is known before Coraza sees it.
	Unusable string
}

// Link is one condition of a rule with what is done when it is fulfilled.
type Link struct {
	Targets  []Target // none for a SecAction
	Operator Operator
	Actions  []Action
	File     string
	Line     int

	operator   string // as it stands in the text
	unreadable error  // of its targets
	open       string // action whose quote is not closed
}

// String is the link as Coraza reads it.
func (l *Link) String() string {
	if l.IsAction() {
		return `SecAction "` + joinActions(l.Actions) + `"`
	}
	text := "SecRule " + joinTargets(l.Targets) + ` "` + strings.ReplaceAll(l.Operator.String(), `"`, `\"`) + `"`
	if len(l.Actions) > 0 {
		text += ` "` + joinActions(l.Actions) + `"`
	}
	return text
}

// IsAction reports whether the link is a SecAction, which has no condition.
func (l *Link) IsAction() bool { return l.Operator.Name == "" }

// Action is the value of an action, the last if it is there more than once, as Coraza has it.
func (l *Link) Action(name string) (value string, ok bool) {
	for _, a := range slices.Backward(l.Actions) {
		if a.Name == name {
			return a.Value, true
		}
	}
	return "", false
}

// Has reports whether the link has an action.
func (l *Link) Has(action string) bool {
	_, ok := l.Action(action)
	return ok
}

// Values are those of all actions of a name.
func (l *Link) Values(name string) []string {
	var all []string
	for _, a := range l.Actions {
		if a.Name == name {
			all = append(all, a.Value)
		}
	}
	return all
}

// Transformations are what a value goes through, in order, as they are written.
func (l *Link) Transformations() []string {
	var all []string
	for _, name := range l.Values("t") {
		if all = append(all, name); name == "none" {
			all = nil
		}
	}
	return all
}

// Sets are the variables of TX that the link sets.
func (l *Link) Sets() []Assignment {
	var all []Assignment
	for _, a := range l.Actions {
		if a.Name == "setvar" {
			if s, ok := a.assignment(); ok {
				all = append(all, s)
			}
		}
	}
	return all
}

// Sets are the variables of TX that the rule sets.
func (r *Rule) Sets() []Assignment {
	var all []Assignment
	for _, l := range r.Links {
		all = append(all, l.Sets()...)
	}
	return all
}

// Tags are those of the rule.
func (r *Rule) Tags() []string { return r.Links[0].Values("tag") }

// Message is what the rule says when it matches, with its macros.
func (r *Rule) Message() string {
	message, _ := r.Links[0].Action("msg")
	return message
}

// Logged reports whether a match is for the log, the error log or the audit log, and so for an alert: rules that only set
// something up say nolog. Some configurations turn the error log off for all rules and rely on the audit log.
func (r *Rule) Logged() bool {
	log, audit := false, false
	for _, a := range r.Links[0].Actions {
		switch a.Name {
		case "log":
			log, audit = true, true
		case "nolog":
			log, audit = false, false
		case "auditlog":
			audit = true
		case "noauditlog":
			audit = false
		}
	}
	return log || audit
}

// IsNamed reports whether an id, a range of ids or a tag names the rule.
func (r *Rule) IsNamed(name string) bool {
	return InRange(r.ID, name) || slices.Contains(r.Tags(), name)
}

// ParanoiaLevel is the level from which CRS applies the rule, 0 where it says nothing.
func (r *Rule) ParanoiaLevel() int {
	for _, t := range r.Tags() {
		if level, ok := strings.CutPrefix(t, "paranoia-level/"); ok {
			n, _ := strconv.Atoi(level)
			return n
		}
	}
	return 0
}

// macros visits the texts in which Coraza expands macros.
func (l *Link) macros(visit func(text string)) {
	visit(l.Operator.Operand)
	for _, a := range l.Actions {
		visit(a.Value)
	}
}

// Macros are the variables that the link has in macros, in lower case: tx.a for %{TX.a}.
func (l *Link) Macros() []string {
	var all []string
	l.macros(func(text string) { all = append(all, MacrosOf(text)...) })
	return all
}

// MacrosOf are the variables in the macros of a text, in lower case.
func MacrosOf(text string) []string {
	var all []string
	ExpandMacros(text, func(name string) string {
		all = append(all, name)
		return ""
	})
	return all
}

// HasMacro reports whether a regular expression has a macro. %{2} is none there.
func HasMacro(pattern string) bool {
	return slices.ContainsFunc(MacrosOf(pattern), func(name string) bool {
		return isKnown(VariableOf(name))
	})
}

// VariableOf is the variable that a macro names: tx for tx.a.
func VariableOf(macro string) string { return upTo(macro, '.') }

// ExpandMacros replaces the macros of a text, %{name}, by what value says of their names, which it gets in lower case.
func ExpandMacros(text string, value func(name string) string) string {
	if !strings.Contains(text, "%{") {
		return text
	}
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(text, "%{")
		name, rest, closed := strings.Cut(after, "}")
		if !ok || !closed {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(before)
		b.WriteString(value(strings.ToLower(name)))
		text = rest
	}
}

// phase is the phase that the head's actions name, 2 without, 0 for one that is none.
func (r *Rule) phase() int {
	value, ok := r.Links[0].Action("phase")
	if !ok {
		return 2
	}
	return phaseNumber(value)
}

// phaseNumber is the phase of an action phase: a number, request, response or logging; 0 for others.
func phaseNumber(name string) int {
	switch name {
	case "request":
		return 2
	case "response":
		return 4
	case "logging":
		return 5
	}
	n, _ := strconv.Atoi(name)
	if n < 1 || n > 5 {
		return 0
	}
	return n
}
