package analysis

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// String is the plan for people: what of a record each rule needs, what a match does, and what is left out.
func (p *Plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "an alert needs a score of %d, or %d of the answer\n", p.Inbound, p.Outbound)
	for i := range p.Rules {
		p.writeRule(&b, &p.Rules[i])
	}
	for _, h := range p.Helpers {
		fmt.Fprintf(&b, "rule %d only takes something from %s\n", h.ID, p.ids(h.Affects))
	}
	for _, o := range p.Unjudged {
		fmt.Fprintf(&b, "rule %d can't be judged: %s\n", o.Rule, o.Reason)
	}
	if left := slices.Sorted(maps.Keys(p.Reduction.Rules)); len(left) > 0 {
		fmt.Fprintf(&b, "never needed: %s\n", joined(left))
	}
	for _, name := range slices.Sorted(maps.Keys(p.Reduction.TX)) {
		fmt.Fprintf(&b, "set before: tx.%s=%s\n", name, p.Reduction.TX[name])
	}
	if first := slices.Sorted(maps.Keys(p.Reading.Rules)); len(first) > 0 {
		fmt.Fprintf(&b, "run first, as they say how bodies are read: %s\n", joined(first))
	}
	return b.String()
}

func (p *Plan) writeRule(b *strings.Builder, r *Rule) {
	fmt.Fprintf(b, "rule %d", r.ID)
	switch {
	case r.In+r.Out > 0 && r.Scores >= 0:
		fmt.Fprintf(b, ", %d for each value that matches", r.In+r.Out)
	case r.In+r.Out > 0:
		fmt.Fprintf(b, ", %d", r.In+r.Out)
	case r.Alarms:
		b.WriteString(", alarms by itself")
	}
	switch {
	case !r.Removable:
		b.WriteString(", always runs with others")
	case len(r.Affects) > 0:
		fmt.Fprintf(b, ", runs where it may match, or %s may", p.ids(r.Affects))
	}
	b.WriteString("\n")
	for _, i := range r.Conditions {
		c := &p.Conditions[i]
		fmt.Fprintf(b, "    %s", c.text)
		switch c.Kind {
		case OnValues:
			switch n := len(c.Operator.Literals); {
			case c.Unfiltered:
			case n == 1:
				fmt.Fprintf(b, "; a value must have %q", c.Operator.Literals[0])
			default:
				fmt.Fprintf(b, "; a value must have one of %d texts", n)
			}
		case OnCount:
			b.WriteString("; counted")
		case OnRules:
			fmt.Fprintf(b, "; one of the rules %s must match", p.ids(c.Setters))
		case OnNothing:
			b.WriteString("; taken for fulfilled")
		}
		b.WriteString("\n")
	}
}

// ids are those of rules.
func (p *Plan) ids(indices []int32) string {
	var all []int
	for _, i := range indices {
		all = append(all, p.Rules[i].ID)
	}
	slices.Sort(all)
	return joined(slices.Compact(all))
}

func joined(ids []int) string { return strings.Trim(fmt.Sprint(ids), "[]") }

// describe is what links ask.
func describe(links []*parsedLink) string {
	var texts []string
	for _, l := range links {
		if l.IsAction() {
			texts = append(texts, "nothing")
			continue
		}
		var targets []string
		for _, t := range l.Targets {
			targets = append(targets, t.String())
		}
		text := strings.Join(targets, "|") + " " + shortened(l.Operator.String())
		if t := l.Transformations(); len(t) > 0 {
			text += " after " + strings.Join(t, ",")
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ", then ")
}

// shortened is a text, or its beginning.
func shortened(text string) string {
	const longest = 60
	if of := []rune(text); len(of) > longest {
		return string(of[:longest]) + "…"
	}
	return text
}
