package behavior

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/engine/textmatch"
	"github.com/modsecurity-for-anylog/msa/internal/typo"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// conditionSpec is what must hold of a record, all of it: for each field a value, or a list of which one must fit.
type conditionSpec map[string]any

// conditionSpecs are several, none of which may hold.
type conditionSpecs []conditionSpec

// condition is one line of it.
type condition func(o *Observation) bool

// conditions are a detector's: all of them must hold, and of each list in except one must not. They are places in the
// conditionPool.
type conditions struct {
	all    []int
	except [][]int
}

// conditionPool has the conditions of all detectors, each different one once, as most detectors share theirs: each is
// evaluated at most once for a record.
type conditionPool struct {
	all    []condition
	places map[string]int // by field and value, as they are written
	truth  []truth        // of the present record
}

// truth is whether a condition holds, as far as it was evaluated.
type truth uint8

const (
	notEvaluated truth = iota
	holds
	fails
)

// add is the place of a condition, which compile makes if it is new.
func (p *conditionPool) add(name string, value any, compile func() (condition, error)) (place int, err error) {
	key := fmt.Sprintf("%s %#v", name, value)
	if place, ok := p.places[key]; ok {
		return place, nil
	}
	c, err := compile()
	if err != nil {
		return 0, err
	}
	p.places[key] = len(p.all)
	p.all, p.truth = append(p.all, c), append(p.truth, notEvaluated)
	return p.places[key], nil
}

// next begins with another record.
func (p *conditionPool) next() { clear(p.truth) }

func (p *conditionPool) holds(place int, o *Observation) bool {
	if p.truth[place] == notEvaluated {
		p.truth[place] = fails
		if p.all[place](o) {
			p.truth[place] = holds
		}
	}
	return p.truth[place] == holds
}

func (p *conditionPool) hold(c *conditions, o *Observation) bool {
	for _, place := range c.all {
		if !p.holds(place, o) {
			return false
		}
	}
	for _, list := range c.except {
		if !slices.ContainsFunc(list, func(place int) bool { return !p.holds(place, o) }) {
			return false
		}
	}
	return true
}

// newCondition makes one line. Its value is a scalar or a list of them.
func newCondition(name string, value any) (condition, error) {
	switch value.(type) {
	case map[string]any, nil:
		return nil, fmt.Errorf("condition %s: must be a value or a list of values", name)
	}
	list := valuesOf(value)
	if len(list) == 0 {
		return nil, fmt.Errorf("condition %s: has no value", name)
	}
	c, err := conditionOf(name, list)
	if err != nil {
		return nil, fmt.Errorf("condition %s: %w", name, err)
	}
	return c, nil
}

// valuesOf are the texts of a scalar or a list of them.
func valuesOf(value any) (list []string) {
	for _, one := range asList(value) {
		list = append(list, fmt.Sprint(one))
	}
	return list
}

// conditionNames are the fields, and what only conditions can use.
func conditionNames() []string {
	names := []string{"status", "request_bytes", "response_bytes", "query_bytes", "sensitive", "rule", "rule_tag", "alarm", "attack", "login", "login_refused", "severity"}
	for _, f := range fields {
		names = append(names, f.name)
	}
	return names
}

func conditionOf(name string, list []string) (condition, error) {
	switch name {
	case "status":
		return numeric(list, func(o *Observation) int64 { return int64(o.Status) })
	case "request_bytes":
		return numeric(list, func(o *Observation) int64 { return o.RequestBytes })
	case "response_bytes":
		return numeric(list, func(o *Observation) int64 { return o.ResponseBytes })
	case "sensitive":
		return numeric(list, func(o *Observation) int64 { return int64(o.Sensitive) })
	case "rule":
		return rules(list)
	case "rule_tag":
		fits := anyGlob(list)
		return func(o *Observation) bool { return slices.ContainsFunc(o.RuleTags, fits) }, nil
	case "alarm":
		return yesNo(list, func(o *Observation) bool { return o.Alarm })
	case "attack":
		return yesNo(list, func(o *Observation) bool { return o.Attack })
	case "login":
		return yesNo(list, func(o *Observation) bool { return o.answer != noLogin })
	case "login_refused":
		return yesNo(list, (*Observation).isRefused)
	case "query_bytes":
		return numeric(list, func(o *Observation) int64 { return o.QueryBytes })
	case "severity":
		least := slices.Index(alert.Severities, strings.ToLower(list[0]))
		if least < 0 || len(list) > 1 {
			return nil, fmt.Errorf("%q is not one of %s", strings.Join(list, ", "), strings.Join(alert.Severities, ", "))
		}
		return func(o *Observation) bool { return o.Alarm && o.Severity <= least }, nil
	case "client":
		return networks(list, func(o *Observation) string { return o.Client.Address })
	case "server":
		return networks(list, func(o *Observation) string { return o.Server.Address })
	}
	for _, f := range fields {
		if f.name == name {
			return globs(list, f.of), nil
		}
	}
	if strings.HasPrefix(name, "$") {
		return nil, nil // it is known once the accessors have places
	}
	if near := typo.Nearest(name, conditionNames()); near != "" {
		return nil, fmt.Errorf("there is no such field; did you mean %q?", near)
	}
	return nil, errors.New("there is no such field")
}

func yesNo(list []string, of func(*Observation) bool) (condition, error) {
	want, err := strconv.ParseBool(list[0])
	if err != nil || len(list) > 1 {
		return nil, fmt.Errorf("%q is neither true nor false", strings.Join(list, ", "))
	}
	return func(o *Observation) bool { return of(o) == want }, nil
}

// globs fits a text of an observation to anyGlob.
func globs(list []string, of func(*Observation) string) condition {
	fits := anyGlob(list)
	return func(o *Observation) bool { return fits(of(o)) }
}

// anyGlob fits a text, in any case, where * stands for any text.
func anyGlob(list []string) func(text string) bool {
	patterns, longest := make([][]string, len(list)), make([]string, len(list))
	for i, s := range list {
		patterns[i] = strings.Split(strings.ToLower(s), "*")
		longest[i] = slices.MaxFunc(patterns[i], func(a, b string) int { return len(a) - len(b) })
	}
	if len(list) < manyPatterns {
		return func(text string) bool {
			text = lower(text)
			return slices.ContainsFunc(patterns, func(p []string) bool { return fits(p, text) })
		}
	}
	parts := textmatch.NewAutomaton(longest) // in one pass it says which patterns may fit: nearly always none
	return func(text string) (fit bool) {
		text = lower(text)
		parts.Each(text, func(i, _ int) bool {
			fit = fits(patterns[i], text)
			return !fit
		})
		return fit
	}
}

// manyPatterns are so many that looking for their longest parts at once is quicker than trying one after the other.
const manyPatterns = 3

// lower is a text in lower case if it has a capital letter of ASCII.
func lower(text string) string {
	for i := range len(text) {
		if c := text[i]; 'A' <= c && c <= 'Z' {
			return strings.ToLower(text)
		}
	}
	return text
}

// fits reports whether a text has the parts in their order, and nothing before the first and after the last.
func fits(parts []string, text string) bool {
	if len(parts) == 1 {
		return text == parts[0]
	}
	first, last := parts[0], parts[len(parts)-1]
	if len(text) < len(first)+len(last) || !strings.HasPrefix(text, first) || !strings.HasSuffix(text, last) {
		return false
	}
	text = text[len(first) : len(text)-len(last)]
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(text, p)
		if i < 0 {
			return false
		}
		text = text[i+len(p):]
	}
	return true
}

// numeric fits 404, 4xx, 400-499, >=400, >400, <=400 and <400.
func numeric(list []string, of func(*Observation) int64) (condition, error) {
	type span struct{ from, to int64 }
	const most = int64(1) << 62
	var all []span
	for _, s := range list {
		number := func(s string) (int64, error) {
			n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
			if err != nil {
				return 0, fmt.Errorf("%q is not a number, 4xx, 400-499, >=400 or <400", s)
			}
			return n, nil
		}
		var one span
		var err error
		digits, isClass := strings.CutSuffix(strings.ToLower(s), "xx")
		from, to, isRange := strings.Cut(s, "-")
		switch {
		case isClass:
			one.from, err = number(digits)
			one = span{one.from * 100, one.from*100 + 99}
		case strings.HasPrefix(s, ">="):
			one.from, err = number(s[2:])
			one.to = most
		case strings.HasPrefix(s, "<="):
			one.to, err = number(s[2:])
		case strings.HasPrefix(s, ">"):
			one.from, err = number(s[1:])
			one = span{one.from + 1, most}
		case strings.HasPrefix(s, "<"):
			one.to, err = number(s[1:])
			one.to--
		case isRange:
			if one.from, err = number(from); err == nil {
				one.to, err = number(to)
			}
		default:
			one.from, err = number(s)
			one.to = one.from
		}
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return func(o *Observation) bool {
		n := of(o)
		for _, s := range all {
			if s.from <= n && n <= s.to {
				return true
			}
		}
		return false
	}, nil
}

// rules fits matches of an id, or of a range of ids.
func rules(list []string) (condition, error) {
	type span struct{ from, to int }
	var all []span
	for _, s := range list {
		from, to, isRange := strings.Cut(s, "-")
		if !isRange {
			to = from
		}
		a, err1 := strconv.Atoi(from)
		b, err2 := strconv.Atoi(to)
		if err1 != nil || err2 != nil {
			return nil, fmt.Errorf("%q is not a rule id or range", s)
		}
		all = append(all, span{a, b})
	}
	return func(o *Observation) bool {
		return slices.ContainsFunc(o.Rules, func(id int) bool {
			return slices.ContainsFunc(all, func(s span) bool { return s.from <= id && id <= s.to })
		})
	}, nil
}

func networks(list []string, of func(*Observation) string) (condition, error) {
	var all []netip.Prefix
	for _, s := range list {
		p, err := mapping.ParseNetwork(s)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return func(o *Observation) bool {
		ip, _ := mapping.ParseAddress(of(o)) // no network has the zero one
		return slices.ContainsFunc(all, func(p netip.Prefix) bool { return p.Contains(ip) })
	}, nil
}
