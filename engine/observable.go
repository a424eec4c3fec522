package engine

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/rules"
)

// absence is a rule that tests the absence of parts of an exchange, or compares with them. It says
// nothing of a log that does not show one of them.
type absence struct {
	rule  int
	parts []mapping.Part
}

// applies reports whether all that the rule misses would have been seen.
func (a *absence) applies(o *mapping.Observed) bool {
	for _, p := range a.parts {
		if !o.Has(p) {
			return false
		}
	}
	return true
}

// absent are the parts whose absence fulfils a condition; none if something else could, but for what must not be in a query.
func absent(l *rules.Link) []mapping.Part {
	var parts []mapping.Part
	for _, t := range l.Targets {
		if t.Except {
			continue // takes something out of the targets
		}
		passes := testsNone(l.Operator, t.Count || t.Variable == "request_body_length") || t.Variable == "query_string" && deniesText(l.Operator)
		if !passes {
			return nil
		}
		alternatives := partsOf(t)
		if len(alternatives) == 0 {
			return nil
		}
		parts = append(parts, alternatives...)
	}
	return parts
}

// compared are the parts that the operand is made of: %{request_headers.host}. Where the log does not
// show one, the condition compares with nothing: CRS 931130 and 943110 ask whether a link leads to another host.
// What may come in one of several parts, as %{args.x}, may be seen in another.
func compared(l *rules.Link) []mapping.Part {
	var parts []mapping.Part
	for _, name := range rules.MacrosOf(l.Operator.Operand) {
		variable, key, _ := strings.Cut(name, ".")
		if of := partsOf(rules.Target{Variable: variable, Key: key}); len(of) == 1 {
			parts = append(parts, of...)
		}
	}
	return parts
}

// testsNone: a number that must be 0, or a text that must be empty.
func testsNone(o rules.Operator, number bool) bool {
	op := o.Function()
	if number {
		switch op + " " + o.Operand {
		case "eq 0", "lt 1", "le 0", "!ge 1", "!gt 0":
			return true
		}
		return false
	}
	return o.IsEmptyText()
}

// deniesText: something must not be in the text, so one that the log does not show fulfils it. Only a variable that every
// request has can: of headers that are not there, nothing is tested.
func deniesText(o rules.Operator) bool {
	switch o.Function() {
	case "!rx":
		re, err := regexp.Compile(o.Operand)
		return err == nil && !re.MatchString("")
	case "!streq", "!contains", "!beginswith", "!endswith":
		return o.Operand != ""
	}
	return false
}

// partsOf are the parts of an exchange that a variable is made of; nil for those that
// every log shows, or that are about something else.
func partsOf(t rules.Target) []mapping.Part {
	name := strings.ToLower(t.Key)
	if t.IsPattern {
		name = ""
	}
	switch t.Variable {
	case "request_headers":
		return []mapping.Part{{Kind: mapping.RequestHeader, Name: name}}
	case "env": // of which there is who has logged in
		return []mapping.Part{{Kind: mapping.RequestHeader, Name: "authorization"}}
	case "request_headers_names":
		return []mapping.Part{{Kind: mapping.RequestHeader}}
	case "request_cookies", "request_cookies_names":
		return []mapping.Part{{Kind: mapping.RequestHeader, Name: "cookie"}}
	case "response_headers":
		return []mapping.Part{{Kind: mapping.ResponseHeader, Name: name}}
	case "response_headers_names":
		return []mapping.Part{{Kind: mapping.ResponseHeader}}
	case "response_body":
		return []mapping.Part{{Kind: mapping.ResponseBody}}
	case "args", "args_names":
		return []mapping.Part{{Kind: mapping.Query}, {Kind: mapping.RequestBody}}
	case "args_get", "args_get_names", "query_string":
		return []mapping.Part{{Kind: mapping.Query}}
	case "args_post", "args_post_names", "request_body", "request_body_length", "files", "files_names", "files_sizes",
		"files_combined_size", "multipart_part_headers", "xml", "json":
		return []mapping.Part{{Kind: mapping.RequestBody}}
	}
	return nil
}

// Unapplied is a rule that is not applied to a log.
type Unapplied struct {
	Rule    int
	Message string
	Missing []mapping.Part // what the rule misses or compares with, and the log does not show
}

// Unapplied are the rules that are not applied to transactions that show no more than o, as
// they test the absence of something else, or compare with it; in the order of their ids.
func (e *Engine) Unapplied(o mapping.Observed) []Unapplied {
	var all []Unapplied
	for i := range e.absence {
		a := &e.absence[i]
		if a.applies(&o) || !e.rules[a.rule].enabled(e.paranoia) {
			continue
		}
		u := Unapplied{Rule: a.rule, Message: e.rules[a.rule].message}
		for _, p := range a.parts {
			if !o.Has(p) && !slices.Contains(u.Missing, p) {
				u.Missing = append(u.Missing, p)
			}
		}
		all = append(all, u)
	}
	return all
}

// Gain is what one more part in the log would bring.
type Gain struct {
	Part  mapping.Part
	Rules []int // that could match then, and can't now
}

// Gains lists what a log that shows o could show more, with the rules that could match then; the
// most useful first.
func (e *Engine) Gains(o mapping.Observed) []Gain {
	byPart := map[mapping.Part][]int{}
	for id, r := range e.rules {
		if r.role >= rules.Evaluates || !r.detects || !r.enabled(e.paranoia) || !r.blind(&o) {
			continue
		}
		for _, p := range r.parts() {
			with := o.With(p)
			if !o.Has(p) && !r.blind(&with) {
				byPart[p] = append(byPart[p], id)
			}
		}
	}
	var all []Gain
	for p, ids := range byPart {
		slices.Sort(ids)
		all = append(all, Gain{p, ids})
	}
	slices.SortFunc(all, func(a, b Gain) int {
		return cmp.Or(cmp.Compare(len(b.Rules), len(a.Rules)), strings.Compare(a.Part.String(), b.Part.String()))
	})
	return all
}

// parts are all that the rule looks at.
func (r *rule) parts() []mapping.Part {
	var all []mapping.Part
	for _, l := range r.links {
		for _, t := range l.Targets {
			for _, p := range partsOf(t) {
				if !t.Except && !slices.Contains(all, p) {
					all = append(all, p)
				}
			}
		}
	}
	return all
}

// blind reports whether the rule can't match, as one of its conditions sees nothing.
func (r *rule) blind(o *mapping.Observed) bool {
	return slices.ContainsFunc(r.links, func(l *rules.Link) bool { return isBlind(l, o) })
}

func isBlind(l *rules.Link, o *mapping.Observed) bool {
	unseen := func(p mapping.Part) bool { return !o.Has(p) }
	if slices.ContainsFunc(compared(l), unseen) {
		return true
	}
	if parts := absent(l); parts != nil {
		return slices.ContainsFunc(parts, unseen)
	}
	for _, t := range l.Targets {
		if t.Except {
			continue
		}
		parts := partsOf(t)
		if len(parts) == 0 || slices.ContainsFunc(parts, func(p mapping.Part) bool { return shows(o, p) }) {
			return false
		}
	}
	return len(l.Targets) > 0
}

// shows reports whether the log shows anything of a part.
func shows(o *mapping.Observed, p mapping.Part) bool {
	switch {
	case p.Kind == mapping.RequestHeader && p.Name == "":
		return o.Request.All || len(o.Request.Names) > 0
	case p.Kind == mapping.ResponseHeader && p.Name == "":
		return o.Response.All || len(o.Response.Names) > 0
	}
	return o.Has(p)
}
