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

// absent are the parts whose absence fulfils the condition; none if something else could.
func (l *link) absent() []mapping.Part {
	var parts []mapping.Part
	for _, target := range l.targets {
		name, counts := strings.CutPrefix(target, "&")
		if strings.HasPrefix(name, "!") {
			continue // takes something out of the targets
		}
		if !l.testsNone(counts || strings.EqualFold(name, "request_body_length")) {
			return nil
		}
		alternatives := partsOf(name)
		if len(alternatives) == 0 {
			return nil
		}
		parts = append(parts, alternatives...)
	}
	return parts
}

var macroForm = regexp.MustCompile(`%\{([^}]+)\}`)

// compared are the parts that the operand is made of: %{request_headers.host}. Where the log does not
// show one, the condition compares with nothing: CRS 931130 and 943110 ask whether a link leads to another host.
// What may come in one of several parts, as %{args.x}, may be seen in another.
func (l *link) compared() []mapping.Part {
	var parts []mapping.Part
	for _, m := range macroForm.FindAllStringSubmatch(l.operand, -1) {
		if of := partsOf(strings.Replace(m[1], ".", ":", 1)); len(of) == 1 {
			parts = append(parts, of...)
		}
	}
	return parts
}

// testsNone: a number that must be 0, or a text that must be empty.
func (l *link) testsNone(number bool) bool {
	op := strings.ToLower(l.operator)
	if number {
		switch op + " " + l.operand {
		case "eq 0", "lt 1", "le 0", "!ge 1", "!gt 0":
			return true
		}
		return false
	}
	return op == "rx" && (l.operand == "^$" || l.operand == `^\s*$`) || op == "streq" && l.operand == "" ||
		op == "!rx" && (l.operand == "." || l.operand == ".+")
}

// partsOf are the parts of an exchange that a variable is made of; nil for those that
// every log shows, or that are about something else.
func partsOf(variable string) []mapping.Part {
	collection, name, _ := strings.Cut(strings.ToLower(variable), ":")
	name = strings.Trim(name, "'")
	if strings.HasPrefix(name, "/") {
		name = "" // a pattern of names
	}
	switch collection {
	case "request_headers":
		return []mapping.Part{{Kind: mapping.RequestHeader, Name: name}}
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
		if r.role >= roleEvaluates || !r.detects || !r.enabled(e.paranoia) || !r.blind(&o) {
			continue
		}
		for _, p := range r.parts() {
			with := withPart(o, p)
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
	for i := range r.links {
		for _, target := range r.links[i].targets {
			for _, p := range partsOf(strings.TrimPrefix(target, "&")) {
				if !slices.Contains(all, p) {
					all = append(all, p)
				}
			}
		}
	}
	return all
}

// blind reports whether the rule can't match, as one of its conditions sees nothing.
func (r *rule) blind(o *mapping.Observed) bool {
	return slices.ContainsFunc(r.links, func(l link) bool { return l.blind(o) })
}

func (l *link) blind(o *mapping.Observed) bool {
	unseen := func(p mapping.Part) bool { return !o.Has(p) }
	if slices.ContainsFunc(l.compared(), unseen) {
		return true
	}
	if parts := l.absent(); parts != nil {
		return slices.ContainsFunc(parts, unseen)
	}
	for _, target := range l.targets {
		if strings.HasPrefix(target, "!") {
			continue
		}
		parts := partsOf(strings.TrimPrefix(target, "&"))
		if len(parts) == 0 || slices.ContainsFunc(parts, func(p mapping.Part) bool { return shows(o, p) }) {
			return false
		}
	}
	return len(l.targets) > 0
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

// withPart is o with one more part.
func withPart(o mapping.Observed, p mapping.Part) mapping.Observed {
	switch p.Kind {
	case mapping.RequestHeader:
		o.Request.All = o.Request.All || p.Name == ""
		o.Request.Names = append(slices.Clone(o.Request.Names), p.Name)
	case mapping.ResponseHeader:
		o.Response.All = o.Response.All || p.Name == ""
		o.Response.Names = append(slices.Clone(o.Response.Names), p.Name)
	case mapping.Query:
		o.Query = true
	case mapping.RequestBody:
		o.RequestBody = true
	case mapping.ResponseBody:
		o.ResponseBody = true
	}
	return o
}

// paranoiaLevel is the level from which CRS applies a rule, 0 where it says nothing.
func paranoiaLevel(d rules.Directive) int {
	const tag = "paranoia-level/"
	if i := strings.Index(d.Actions(), tag); i >= 0 && i+len(tag) < len(d.Actions()) {
		return int(d.Actions()[i+len(tag)] - '0')
	}
	return 0
}
