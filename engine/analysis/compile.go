package analysis

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/corazawaf/coraza/v3/types/variables"

	"github.com/modsecurity-for-anylog/msa/engine/sensitive"
	"github.com/modsecurity-for-anylog/msa/rules"
)

// compiler makes conditions of rules.
type compiler struct {
	cfg        Config
	parsed     []*parsedRule
	conditions []Condition
	rules      []Rule
	open       []Open
	helpers    []Helper
	preset     map[string]string // see Reduction.TX
	reading    Reading
	limits     []string // variables of TX that scores are compared with

	varying         map[string]bool // names of TX that are not the same in every transaction
	varyingPrefixes []string        // the same, of names that are made of values
}

// parsedRule is a rule of the loaded set, or a marker.
type parsedRule struct {
	*rules.Rule
	id         int
	phase      int
	links      []*parsedLink
	disabled   bool            // skipped in every transaction
	static     bool            // what it does is the same in every transaction
	never      bool            // some condition of it is never fulfilled
	counted    bool            // by a rule before it that skips so many
	counts     []*parsedRule   // rules and markers that it counts, as it skips so many
	inert      bool            // it is not needed in any transaction
	preset     bool            // it sets what can be set before
	fires      bool            // in every transaction that does not skip it
	idle       bool            // it matches in no transaction
	jumped     bool            // some transactions may skip it
	taken      map[string]bool // variables of which others may take targets from it
	missed     bool            // in some transactions it may be removed, but not all those that look at what it sets
	marker     string
	at         int      // its place among the rules
	end        int      // the place of the marker that it skips to, 0 if it does not skip
	macroNames []string // of TX, once they are known
	index      int      // in compiler.rules, -1 when it plays no part
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

func compile(cfg Config) (*compiler, error) {
	c := &compiler{cfg: cfg}
	if err := c.parse(); err != nil {
		return nil, err
	}
	if err := c.findEnds(); err != nil {
		return nil, err
	}
	c.findCounted()
	c.findTaken()
	c.findStatic()
	var err error
	if c.reading, err = c.findReading(); err != nil {
		return nil, err
	}
	if err := c.checkRemovals(); err != nil {
		return nil, err
	}
	if err := c.lowerThresholds(); err != nil {
		return nil, err
	}
	for _, p := range c.parsed {
		c.add(p)
	}
	c.resolveSetters()
	c.reduce()
	return c, nil
}

func (c *compiler) parse() error {
	for _, d := range c.cfg.Directives {
		switch {
		case d.Name == "secmarker":
			c.parsed = append(c.parsed, &parsedRule{marker: d.Args, index: -1})
		case d.IsRule():
			p, err := parseRule(d.Rule)
			if err != nil {
				return fmt.Errorf("%s:%d: rule %d: %w", d.File, d.Line, d.ID(), err)
			}
			c.parsed = append(c.parsed, p)
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
	p := &parsedRule{Rule: r, id: r.ID, phase: r.Phase, index: -1}
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

// findCounted finds the rules behind one that skips a number of rules of its phase: removed, they are not counted.
// Markers are, whatever their phase. Where a counted rule may be removed, the skip goes further.
func (c *compiler) findCounted() {
	removals := c.removals()
	for i, p := range c.parsed {
		if p.marker != "" {
			continue
		}
		value, ok := p.links[0].Action("skip")
		if !ok {
			continue
		}
		n, _ := strconv.Atoi(value)
		for _, q := range c.parsed[i+1:] {
			if n <= 0 || q.marker == "" && q.phase != p.phase {
				continue
			}
			q.counted = true
			p.counts = append(p.counts, q)
			isRemoved := slices.Contains(c.cfg.Absent, q.id) || slices.ContainsFunc(removals, func(r removal) bool { return q.marker == "" && r.has(q) && !r.has(p) })
			if !isRemoved {
				n--
			}
		}
	}
}

// add makes a rule of what may come to matter, and its conditions.
func (c *compiler) add(p *parsedRule) {
	if p.marker != "" || p.disabled || p.idle {
		return
	}
	r := Rule{ID: p.id, Scores: -1, Logged: p.Logged()}
	links := p.links
	scoresAt := -1
	for i, l := range p.links {
		in, out, known := c.scoresOf(p, l)
		if in+out == 0 && known || p.phase == 5 { // the scores have been compared by then
			continue
		}
		if !known {
			c.open = append(c.open, Open{p.id, "the score that it adds is not known beforehand"})
			in, out = c.cfg.Inbound, c.cfg.Outbound
		}
		r.In, r.Out = r.In+in, r.Out+out
		if scoresAt < 0 {
			scoresAt = i
		}
	}
	if scoresAt >= 0 && scoresAt < len(links)-1 {
		// What the head of a chain sets is set without the rest.
		for _, l := range links[scoresAt+1:] {
			r.Unasked = append(r.Unasked, l.targets...)
		}
		links = links[:scoresAt+1]
	}
	r.Alarms = r.Logged && scoresAt < 0 && p.Role() != rules.Allows
	setsTX := slices.ContainsFunc(p.links, func(l *parsedLink) bool { return len(l.sets) > 0 })
	if scoresAt < 0 && !r.Logged && (!setsTX || p.static) || p.evaluates() {
		return
	}
	if setsTX && scoresAt < 0 && !r.Logged {
		links = links[:1] // the head sets without the rest
	}
	p.index = len(c.rules)
	for len(links) > 0 {
		indices, last, n := c.addCondition(p, links)
		links = links[n:]
		if len(indices) == 0 {
			p.index, p.never = -1, true
			return
		}
		r.Conditions = append(r.Conditions, indices...)
		if last && scoresAt >= 0 {
			r.Scores = indices[len(indices)-1]
		}
	}
	for _, i := range r.Conditions {
		c.conditions[i].Rules = append(c.conditions[i].Rules, int32(p.index))
	}
	c.rules = append(c.rules, r)
}

// looksAtCaptures reports whether a link compares TX:0 to TX:9, alone or among all of TX, or with them.
func (l *parsedLink) looksAtCaptures() bool {
	return hasCaptureMacro(l.operand) ||
		slices.ContainsFunc(l.targets, func(t Target) bool { return t.Variable == "tx" && !t.Except && t.hasCaptures() })
}

// looksAtCapturesOfOthers reports whether a rule looks at TX:0 to TX:9 where it has not captured itself.
func (p *parsedRule) looksAtCapturesOfOthers() bool {
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

// evaluates: it compares a score with a threshold, or reports scores.
func (p *parsedRule) evaluates() bool {
	role := p.Role()
	return role == rules.Evaluates || role == rules.Reports
}

// standardThresholds are those that are always set.
var standardThresholds = map[string]bool{"inbound_anomaly_score_threshold": true, "outbound_anomaly_score_threshold": true}

// thresholds are the variables of TX that scores are compared with: CRS 3 and 4's, and those that rules name.
func (c *compiler) thresholds() []string {
	all := slices.Sorted(maps.Keys(standardThresholds))
	for _, p := range c.parsed {
		if p.marker != "" || p.Role() != rules.Evaluates {
			continue
		}
		for _, name := range rules.MacrosOf(p.links[0].operand) {
			if name, ok := strings.CutPrefix(name, "tx."); ok && !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all
}

// lowerThresholds lowers the scores from which a transaction alarms to what rules set, as a crs-setup.conf may.
func (c *compiler) lowerThresholds() error {
	c.limits = c.thresholds()
	for _, name := range c.limits {
		limit := &c.cfg.Inbound
		if strings.Contains(name, "outbound") {
			limit = &c.cfg.Outbound
		}
		n, err := strconv.Atoi(c.cfg.TX[name])
		if err != nil && !standardThresholds[name] {
			return fmt.Errorf("scores are compared with tx.%s, which no rule sets to a number", name)
		}
		if err == nil {
			*limit = min(*limit, n)
		}
		for _, p := range c.parsed {
			if p.marker != "" || p.disabled {
				continue
			}
			for _, a := range p.assignments() {
				if !p.sets(Target{Variable: "tx", Key: name}) || a.name != name && !strings.Contains(a.name, "%{") {
					continue
				}
				value, known := c.expand(a.value)
				n, err := strconv.Atoi(value)
				if !known || err != nil || value[0] == '+' || value[0] == '-' || a.name != name {
					return fmt.Errorf("rule %d sets tx.%s to what is not known beforehand", p.id, name)
				}
				*limit = min(*limit, n)
			}
		}
	}
	return nil
}

// scoresOf is what a link adds to the anomaly scores.
func (c *compiler) scoresOf(p *parsedRule, l *parsedLink) (in, out int, known bool) {
	known = true
	for _, a := range l.sets {
		if !strings.Contains(a.name, "anomaly_score") || isOfSeverity(a.name) {
			continue
		}
		value, ok := c.expandAt(p, a.value)
		n, err := strconv.Atoi(strings.TrimPrefix(value, "+"))
		n = max(n, 0)
		switch {
		case sumsUp(a.value) || slices.Contains(c.limits, a.name):
			// What it sums up is counted already.
		case !ok || err != nil:
			known = false
		case strings.Contains(a.name, "outbound"):
			out += n
		default:
			in += n
		}
	}
	return in, out, known
}

// sumsUp: the value is made of scores, and not of what a match of some severity counts.
func sumsUp(value string) bool {
	return slices.ContainsFunc(rules.MacrosOf(value), func(name string) bool {
		return strings.Contains(name, "anomaly_score") && !isOfSeverity(strings.TrimPrefix(name, "tx."))
	})
}

// isOfSeverity: the variable of TX says what a match of some severity counts.
func isOfSeverity(name string) bool {
	severity, ok := strings.CutSuffix(name, "_anomaly_score")
	return ok && slices.Contains([]string{"critical", "error", "warning", "notice"}, severity)
}

// expand replaces macros of static variables; ok is false when there are others.
func (c *compiler) expand(text string) (string, bool) { return c.expandAt(nil, text) }

// expandAt replaces those of variables that have their last values by the time that a rule runs.
func (c *compiler) expandAt(at *parsedRule, text string) (string, bool) {
	ok := true
	out := rules.ExpandMacros(text, func(name string) string {
		name, isTX := strings.CutPrefix(name, "tx.")
		value, set := c.cfg.TX[name]
		t := Target{Variable: "tx", Key: name}
		if !isTX || !set || !c.staticTX(t) || at != nil && !c.isSettled(at, []Target{t}) {
			ok = false
		}
		return value
	})
	return out, ok
}

// populated is the phase from which a variable has its values.
func populated(v variables.RuleVariable) int {
	switch v {
	case variables.Args, variables.ArgsNames, variables.ArgsPost, variables.ArgsPostNames, variables.ArgsCombinedSize,
		variables.Files, variables.FilesNames, variables.FilesSizes, variables.FilesCombinedSize, variables.FilesTmpNames, variables.FilesTmpContent,
		variables.RequestBody, variables.RequestBodyLength, variables.ReqbodyError, variables.ReqbodyErrorMsg, variables.ReqbodyProcessorError,
		variables.ReqbodyProcessorErrorMsg, variables.MultipartStrictError, variables.MultipartPartHeaders, variables.MultipartName, variables.MultipartFilename,
		variables.XML, variables.RequestXML, variables.ReqbodyProcessor, variables.UrlencodedError, variables.InboundDataError:
		return 2
	case variables.ResponseHeaders, variables.ResponseHeadersNames, variables.ResponseStatus, variables.ResponseProtocol,
		variables.ResponseContentType, variables.StatusLine:
		return 3
	case variables.ResponseBody, variables.ResponseContentLength, variables.ResponseXML, variables.OutboundDataError, variables.ResponseArgs:
		return 4
	}
	return 1
}

// steady reports whether a variable depends on the transaction alone: not on the time, on other rules
// or on the way there.
func steady(v variables.RuleVariable) bool {
	switch v {
	case variables.TX, variables.Rule, variables.MatchedVar, variables.MatchedVarName, variables.MatchedVars, variables.MatchedVarsNames,
		variables.Duration, variables.UniqueID, variables.Env, variables.HighestSeverity, variables.Geo, variables.FilesTmpNames, variables.MultipartName,
		variables.Time, variables.TimeDay, variables.TimeEpoch, variables.TimeHour, variables.TimeMin, variables.TimeMon, variables.TimeSec, variables.TimeWday, variables.TimeYear,
		variables.Unknown:
		return false
	}
	return true
}
