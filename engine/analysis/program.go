package analysis

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"github.com/modsecurity-for-anylog/msa/engine/sensitive"
	"github.com/modsecurity-for-anylog/msa/rules"
)

// program is the rules, and what their text alone tells of them. It does not change once it is made.
type program struct {
	cfg   Config
	lines []*parsedRule // rules and markers, in order
	rules []*parsedRule // without markers

	counts         map[*parsedRule][]*parsedRule   // of a rule that skips so many: the rules and markers behind it that it counts
	insideSkip     set                             // all of these
	taken          map[*parsedRule]map[string]bool // variables of which other rules may take targets from a rule
	removableAlone set                             // rules that may be removed without all those that look at what they set
}

// set is some of a program's rules, and in a few cases of its markers.
type set map[*parsedRule]bool

// parsedRule is a rule of the loaded set, or a marker.
type parsedRule struct {
	*rules.Rule
	id     int
	phase  int
	links  []*parsedLink
	marker string
	at     int      // its place among the lines
	end    int      // the place of the marker that it skips to, 0 if it does not skip
	macros []string // names of TX that it has in macros

	looksAtMatches  bool // that others have left, before it has matched anything
	looksAtCaptures bool // the same of TX:0 to TX:9
}

// parsedLink is one of its links.
type parsedLink struct {
	*rules.Link
	targets           []Target
	operator, operand string // the operator in lower case, with ! where it is negated
	sets              []assignment
}

// Target is one of a link's targets, its key in lower case.
type Target struct {
	Variable string
	Key      string
	Pattern  *regexp.Regexp
	Count    bool
	Except   bool
	counted  string // the key as Coraza counts by it: names of arguments in any case, for a few of which it finds nothing then

	// Taken is the pattern of an exception, for keys in lower case. Nothing but these may be left out: it is exactly
	// Coraza's, which for most variables lowers the pattern too, also where that is another one then.
	Taken *regexp.Regexp
}

func newProgram(cfg Config) (*program, error) {
	p := &program{cfg: cfg}
	if err := p.parse(); err != nil {
		return nil, err
	}
	if err := p.findEnds(); err != nil {
		return nil, err
	}
	removals := p.removals(p.rules)
	p.counts, p.insideSkip = p.findInsideSkip(removals)
	p.taken = p.findTaken()
	p.removableAlone = p.findRemovableAlone(removals)
	return p, nil
}

func (c *program) parse() error {
	add := func(p *parsedRule) {
		p.at = len(c.lines)
		c.lines = append(c.lines, p)
	}
	for _, d := range c.cfg.Directives {
		switch {
		case d.Name == "secmarker":
			add(&parsedRule{marker: d.Args})
		case d.IsRule():
			p, err := parseRule(d.Rule)
			if err != nil {
				return fmt.Errorf("%s:%d: rule %d: %w", d.File, d.Line, d.ID(), err)
			}
			add(p)
			c.rules = append(c.rules, p)
		}
	}
	return nil
}

// ownID replaces the macro of the rule's id, the only one whose value its text tells.
func (p *parsedRule) ownID(text string) string {
	if !slices.Contains(rules.MacrosOf(text), ruleID) {
		return text
	}
	return rules.ExpandMacros(text, func(name string) string {
		if name == ruleID {
			return strconv.Itoa(p.id)
		}
		return "%{" + name + "}"
	})
}

const ruleID = "rule.id"

func parseRule(r *rules.Rule) (*parsedRule, error) {
	p := &parsedRule{Rule: r, id: r.ID, phase: r.Phase}
	for _, of := range r.Links {
		l := &parsedLink{Link: of, operator: strings.ToLower(of.Operator.Function()), operand: of.Operator.Operand}
		for _, s := range of.Sets() {
			if s.Remove {
				s.Value = ""
			}
			l.sets = append(l.sets, assignment{p.ownID(s.Name), p.ownID(s.Value)})
		}
		for _, t := range of.Targets {
			parsed, err := parseTarget(t)
			if err != nil {
				return nil, err
			}
			l.targets = append(l.targets, parsed)
		}
		p.links = append(p.links, l)
	}
	p.looksAtMatches, p.looksAtCaptures = p.asksForMatchesOfOthers(), p.asksForCapturesOfOthers()
	for _, l := range p.links {
		for _, name := range l.Macros() {
			if name, ok := strings.CutPrefix(name, "tx."); ok {
				p.macros = append(p.macros, name)
			}
		}
	}
	return p, nil
}

// assignment is a name of TX and what it is set to.
type assignment struct{ name, value string }

// parseTarget makes patterns of keys.
func parseTarget(of rules.Target) (t Target, err error) {
	t = Target{Variable: of.Variable, Count: of.Count, Except: of.Except}
	if !of.IsPattern {
		t.Key, t.counted = strings.ToLower(of.Key), of.Key
		if !isOfArgs(of.Variable) {
			t.counted = t.Key
		}
		return t, nil
	}
	pattern, lowered := of.Key, loweredKey(of.Variable, of.Key)
	if t.Pattern, err = regexp.Compile("(?i)" + pattern); lowered != pattern {
		// Coraza's is that one; what either fits is looked at.
		either, err := regexp.Compile("(?i)(?:" + pattern + ")|(?:" + lowered + ")")
		if err == nil {
			t.Pattern = either
		}
	}
	if err == nil && of.Except {
		t.Taken, err = regexp.Compile(lowered)
	}
	if err != nil {
		return t, fmt.Errorf("target %q: %w", of, err)
	}
	return t, nil
}

// loweredKey is a pattern of a variable's keys as Coraza compiles it.
func loweredKey(variable, pattern string) string {
	if isOfArgs(variable) {
		return pattern
	}
	return strings.ToLower(pattern)
}

// isOfArgs reports whether Coraza takes the keys of a variable as they are written.
func isOfArgs(variable string) bool {
	return variable == "args" || strings.HasPrefix(variable, "args_")
}

// sets reports whether a rule may set a name of TX, or one of a pattern of names.
func (p *parsedRule) sets(t Target) bool {
	exactly, somehow := p.waysToSet(t)
	return exactly || somehow
}

// waysToSet: by a name that fits, or only somehow, by a name that is made of a value with which any name
// could fit.
func (p *parsedRule) waysToSet(t Target) (exactly, somehow bool) {
	for _, l := range p.links {
		for _, a := range l.sets {
			fixed, _, dynamic := strings.Cut(a.name, "%{")
			switch {
			case t.Key == "" && t.Pattern == nil: // all of TX
				exactly = true
			case !dynamic && (a.name == t.Key || t.Pattern != nil && t.Pattern.MatchString(a.name)):
				exactly = true
			case dynamic && t.Pattern == nil && strings.HasPrefix(t.Key, fixed):
				exactly = true
			case dynamic && t.Pattern != nil && t.Pattern.MatchString(fixed):
				exactly = true
			case dynamic && t.Pattern != nil:
				somehow = true
			}
		}
	}
	return exactly, somehow
}

// maySetName reports whether a rule may set a variable of TX that fits a pattern, and so begins with a text.
func (p *parsedRule) maySetName(pattern *regexp.Regexp, begins string) bool {
	return slices.ContainsFunc(p.assignments(), func(a assignment) bool {
		fixed, _, dynamic := strings.Cut(a.name, "%{")
		if !dynamic {
			return pattern.MatchString(a.name)
		}
		n := min(len(fixed), len(begins))
		return strings.EqualFold(fixed[:n], begins[:n])
	})
}

// beginningOf is the text with which all names begin that fit a pattern, as far as it is easily told.
func beginningOf(pattern *regexp.Regexp) string {
	tree, err := syntax.Parse(pattern.String(), syntax.Perl)
	if err != nil || tree.Op != syntax.OpConcat || tree.Sub[0].Op != syntax.OpBeginText || tree.Sub[1].Op != syntax.OpLiteral {
		return ""
	}
	return string(tree.Sub[1].Rune)
}

// reads reports whether a rule may look at what an assignment sets.
func (p *parsedRule) reads(a assignment) bool {
	fixed, _, dynamic := strings.Cut(a.name, "%{")
	if slices.ContainsFunc(p.macros, func(name string) bool {
		return name == a.name || dynamic && strings.HasPrefix(name, fixed)
	}) {
		return true
	}
	setter := parsedRule{links: []*parsedLink{{sets: []assignment{a}}}}
	for _, l := range p.links {
		for _, t := range l.targets {
			if t.Variable == "tx" && setter.sets(t) {
				return true
			}
		}
	}
	return false
}

// readersAmong are the rules of some that may look at what an assignment sets.
func readersAmong(all []*parsedRule, a assignment) []*parsedRule {
	return among(all, func(p *parsedRule) bool { return p.reads(a) })
}

// among are the rules of some of which something holds.
func among(all []*parsedRule, holds func(p *parsedRule) bool) (some []*parsedRule) {
	for _, p := range all {
		if holds(p) {
			some = append(some, p)
		}
	}
	return some
}

// isLiteral: neither made of macros nor a sum.
func (a assignment) isLiteral() bool {
	return a.value != "" && !strings.ContainsAny(a.value[:1], "+-") && !strings.Contains(a.name+a.value, "%{")
}

// isAfter reports whether a rule runs after another.
func (p *parsedRule) isAfter(other *parsedRule) bool {
	return p.phase > other.phase || p.phase == other.phase && p.at > other.at
}

// assignments are those of all links.
func (p *parsedRule) assignments() []assignment {
	var all []assignment
	for _, l := range p.links {
		all = append(all, l.sets...)
	}
	return all
}

// asksForMatchesOfOthers reports whether a rule looks at what was matched last before it has matched anything.
func (p *parsedRule) asksForMatchesOfOthers() bool {
	ofMatches := func(name string) bool { return strings.HasPrefix(name, "matched_var") || name == "highest_severity" }
	return p.expandsEarly() || slices.ContainsFunc(rules.MacrosOf(p.links[0].operand), ofMatches) ||
		slices.ContainsFunc(p.links[0].targets, func(t Target) bool { return ofMatches(t.Variable) })
}

// expandsEarly reports whether a rule tells its own message or data, in which Coraza expands macros before the rule matches.
func (p *parsedRule) expandsEarly() bool {
	return slices.ContainsFunc(p.links, func(l *parsedLink) bool {
		return slices.ContainsFunc(l.Macros(), func(name string) bool { return name == "rule.msg" || name == "rule.logdata" })
	})
}

// looksAtCaptures reports whether a link compares TX:0 to TX:9, alone or among all of TX, or with them.
func (l *parsedLink) looksAtCaptures() bool {
	return hasCaptureMacro(l.operand) ||
		slices.ContainsFunc(l.targets, func(t Target) bool { return t.Variable == "tx" && !t.Except && t.hasCaptures() })
}

// asksForCapturesOfOthers reports whether a rule looks at TX:0 to TX:9 where it has not captured itself.
func (p *parsedRule) asksForCapturesOfOthers() bool {
	captured := slices.ContainsFunc(p.links, (*parsedLink).captures)
	if head := p.links[0]; !captured && head.tellsCaptures("msg", "logdata") { // they are told at the chain's end
		return true
	}
	captured = false
	for i, l := range p.links {
		if !captured && l.looksAtCaptures() {
			return true
		}
		captured = captured || l.captures()
		if !captured && (l.tellsCaptures("setvar", "ctl") || i > 0 && l.tellsCaptures("msg", "logdata")) {
			return true
		}
	}
	return false
}

// captures reports whether a link captures in every value that it matches.
func (l *parsedLink) captures() bool {
	return l.Has("capture") && slices.Contains(capturing, l.operator)
}

// capturing are the operators that capture, in lower case.
var capturing = slices.Concat([]string{"rx", "pm", "pmf", "pmfromfile", "pmfromdataset", "detectsqli", "detectxss", "streq", "contains"},
	lowered(sensitive.Operators))

func lowered(names []string) []string {
	var all []string
	for _, n := range names {
		all = append(all, strings.ToLower(n))
	}
	return all
}

// tellsCaptures reports whether one of some actions has TX:0 to TX:9 in a macro.
func (l *parsedLink) tellsCaptures(names ...string) bool {
	return slices.ContainsFunc(l.Actions, func(a rules.Action) bool { return slices.Contains(names, a.Name) && hasCaptureMacro(a.Value) })
}

// hasOnly reports whether an unlogged rule does nothing but the given actions.
func (p *parsedRule) hasOnly(names ...string) bool {
	if p.Logged() {
		return false
	}
	for _, l := range p.links {
		for _, a := range l.Actions {
			switch a.Name {
			case "id", "phase", "pass", "log", "nolog", "auditlog", "noauditlog", "t", "tag", "msg", "ver", "rev", "maturity", "accuracy":
			default:
				if !slices.Contains(names, a.Name) {
					return false
				}
			}
		}
	}
	return true
}
