package interpreter

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/corazawaf/coraza/v3/types/variables"

	"github.com/modsecurity-for-anylog/msa/rules"
)

// Config is what a program is made of beside the compiled rules.
type Config struct {
	// Links are those of each rule as they are written.
	Links map[int][]*rules.Link

	// Conditions are, for each link of a rule, the condition of the plan that a value must fulfil for the link to match it, or
	// -1 where that is not known.
	Conditions map[int][]int32

	// HasRead reports whether a rule that says how bodies are read has been obeyed when a program runs.
	HasRead func(id int) bool

	// TX are the variables that are set before the first rule.
	TX func(set func(name, value string))

	// Begin and End are called before and after each rule that is run; nil for nothing.
	Begin func(id int)
	End   func()
}

// Program is rules made ready to run. It never changes.
type Program struct {
	lines   []line
	markers []int // lines
	rules   []int // lines, by ascending ids
	tx      map[string]variable
	begin   func(id int)
	end     func()
	states  sync.Pool
}

// line is a rule of a program, or a marker.
type line struct {
	*Rule
	links    []step
	skipTo   string // the marker that a match skips to
	skip     int    // rules that a match skips
	isSilent bool   // it does nothing but say how bodies are read
	isOdd    bool   // what a match does is Coraza's alone
}

// step is a link of a line.
type step struct {
	*link
	condition int32     // see Config.Conditions
	isAsked   bool      // it looks at what rules have left behind, as that is before it matches anything
	isOdd     bool      // what it looks at is Coraza's alone
	doesOdd   bool      // what it does when it matches is
	removals  []removal // that it makes
}

// removal takes a rule away, or one of its targets.
type removal struct {
	*ctl
	by        string // id, tag, or msg
	ofTargets bool
	first     int // of ids
	last      int
}

// captures are TX:0 to TX:10, as Coraza counts them.
const captures = 11

// New makes a program of all rules of a WAF.
func New(all []Rule, cfg Config) *Program {
	p := &Program{tx: map[string]variable{}, begin: cfg.Begin, end: cfg.End}
	for i := range captures { // which Coraza has empty before any
		p.tx[strconv.Itoa(i)] = variable{name: strconv.Itoa(i)}
	}
	cfg.TX(func(name, value string) { p.tx[strings.ToLower(name)] = variable{name, value} })
	for i := range all {
		if r := &all[i]; r.ID == 0 {
			p.markers = append(p.markers, i)
			p.lines = append(p.lines, line{Rule: r})
		} else {
			p.rules = append(p.rules, i)
			p.lines = append(p.lines, cfg.line(r))
		}
	}
	slices.SortFunc(p.rules, func(a, b int) int { return cmp.Compare(all[a].ID, all[b].ID) })
	p.states.New = func() any { return newState(p.tx) }
	return p
}

func (c *Config) line(r *Rule) line {
	l := line{Rule: r, isSilent: !r.Logged}
	written := c.Links[r.ID]
	for n := range r.links {
		s := step{link: &r.links[n], condition: -1}
		// A negated operator captures of the values that the link does not match.
		capturesOthers := s.capture && s.operator != nil && s.operator.Negation
		if of := c.Conditions[r.ID]; n < len(of) && !capturesOthers {
			s.condition = of[n]
		}
		s.isAsked = !s.multi && slices.ContainsFunc(s.targets, func(t target) bool { return t.isOfRules() })
		s.isOdd = slices.ContainsFunc(s.targets, s.isOddTarget)
		s.doesOdd = n >= len(written) || !c.control(r, &s, written[n].Values("ctl"))
		l.isSilent = l.isSilent && !s.isOdd && !s.doesOdd && len(s.controls) > 0 && len(s.removals) == 0 && !s.capture && len(s.assignments) == 0
		l.links = append(l.links, s)
	}
	head := &r.links[0]
	l.isOdd = len(written) == 0 || head.allows || head.operator == nil && len(r.links) > 1
	if !l.isOdd {
		l.skipTo, _ = written[0].Action("skipafter")
		text, _ := written[0].Action("skip")
		l.skip, _ = strconv.Atoi(text)
	}
	l.isSilent = l.isSilent && !l.isOdd && l.skipTo == "" && l.skip == 0
	return l
}

// isOddTarget reports whether a target of a link has other values in Coraza, or other names: patterns count the lists of package order,
// which a link with multiMatch sees, too; counts of what rules leave behind have the names of these; and what a transformation has
// made of a count or of MATCHED_VAR is taken for later ones.
func (l *link) isOddTarget(t target) bool {
	isCached := t.Count || t.Variable == variables.MatchedVar || t.Variable == variables.MatchedVarName
	return t.Count && (t.KeyRx != nil || t.isOfRules()) || l.multi && t.isOfRules() || isCached && len(l.transformations) > 0
}

// control reads what a link controls, and reports whether a program can do that.
func (c *Config) control(r *Rule, s *step, written []string) bool {
	if len(written) != len(s.controls) {
		return false
	}
	for i, text := range written {
		what, _, _ := strings.Cut(text, "=")
		removes, by, ok := strings.Cut(what, "By")
		m := removal{ctl: s.controls[i], by: by, ofTargets: removes == "ruleRemoveTarget"}
		switch {
		case ok && (m.ofTargets || removes == "ruleRemove"):
			if by == "Id" && !m.readIDs() {
				return false
			}
			s.removals = append(s.removals, m)
		case what == "forceRequestBodyVariable": // every body is read
		case strings.HasPrefix(what, "requestBody"), strings.HasPrefix(what, "responseBody"), strings.HasPrefix(what, "forceResponseBody"):
			if !c.HasRead(r.ID) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

func (m *removal) readIDs() bool {
	first, last, isRange := strings.Cut(m.value, "-")
	if !isRange {
		last = first
	}
	var err1, err2 error
	m.first, err1 = strconv.Atoi(first)
	m.last, err2 = strconv.Atoi(last)
	return err1 == nil && err2 == nil
}

// removes reports whether a removal is about a rule.
func (m *removal) removes(r *Rule) bool {
	switch m.by {
	case "Id":
		return r.ID >= m.first && r.ID <= m.last
	case "Tag":
		return slices.Contains(r.Meta.Tags(), m.value)
	}
	return r.links[0].msg != nil && r.links[0].message == m.value
}

// hides reports whether a removal takes a value of a target's away, by its name in lower case.
func (m *removal) hides(t *target, lower string) bool {
	switch {
	case m.collection != t.Variable:
		return false
	case m.colKeyRx != nil:
		return m.colKeyRx.MatchString(lower)
	}
	return m.colKey == "" || m.colKey == lower
}

// isOfRules reports whether a target names several variables that rules leave behind.
func (t *target) isOfRules() bool {
	return t.Variable == variables.MatchedVars || t.Variable == variables.TX && (t.KeyStr == "" || t.KeyRx != nil)
}

// asksForNames reports whether a target does not take each value, whatever its name.
func (t *target) asksForNames() bool {
	return t.KeyStr != "" || t.KeyRx != nil || len(t.Exceptions) > 0
}

// fits reports whether a target names a value by its name; lower is the name in lower case.
func (t *target) fits(lower string) bool {
	switch {
	case t.KeyRx != nil:
		if !t.KeyRx.MatchString(lower) {
			return false
		}
	case t.KeyStr == "":
	case strings.HasSuffix(t.Variable.Name(), "_NAMES"): // Coraza looks for these as they are written
		if lower != t.KeyStr {
			return false
		}
	case lower != strings.ToLower(t.KeyStr):
		return false
	}
	for _, x := range t.Exceptions {
		if x.KeyRx != nil && x.KeyRx.MatchString(lower) || x.KeyRx == nil && (x.KeyStr == "" || strings.ToLower(x.KeyStr) == lower) {
			return false
		}
	}
	return true
}
