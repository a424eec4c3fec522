package screen

import (
	"fmt"
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
	conditions []condition
	rules      []rule
	open       []Open
	helpers    []helper
	preset     map[string]string // see Reduction.TX

	varying         map[string]bool // names of TX that are not the same in every transaction
	varyingPrefixes []string        // the same, of names that are made of values
}

// parsedRule is a rule of the loaded set, as its text says.
type parsedRule struct {
	id         int
	file       string
	phase      int
	links      []*parsedLink
	disabled   bool // skipped in every transaction
	static     bool // what it does is the same in every transaction
	never      bool // some condition of it is never fulfilled
	counted    bool // by a rule before it that skips so many
	inert      bool // it is not needed in any transaction
	preset     bool // it sets what can be set before
	fires      bool // in every transaction that does not skip it
	idle       bool // it matches in no transaction
	jumped     bool // some transactions may skip it
	missed     bool // in some transactions it may be removed, but not all those that look at what it sets
	marker     string
	at         int      // its place among the rules
	end        int      // the place of the marker that it skips to, 0 if it does not skip
	macroNames []string // of TX, once they are known
	index      int      // in compiler.rules, -1 when it plays no part
}

type parsedLink struct {
	targets           []target
	operator, operand string // the operator in lower case, with ! where it is negated
	actions           []action
	sets              []assignment // of TX, as they are written, names in lower case
}

type target struct {
	variable string // in lower case
	key      string // in lower case
	pattern  *regexp.Regexp
	count    bool
	except   bool

	// taken is the pattern of an exception, for keys in lower case. Nothing but these may be left out: it is exactly
	// Coraza's, which for most variables lowers the pattern too, also where that is another one then.
	taken *regexp.Regexp
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
	c.findStatic()
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
	for _, unit := range c.cfg.Units {
		d := unit[0]
		switch {
		case d.Name == "secmarker":
			c.parsed = append(c.parsed, &parsedRule{marker: strings.Trim(d.Args, `"'`), index: -1})
			continue
		case strings.HasPrefix(d.Name, "secruleupdateaction"):
			return fmt.Errorf("%s:%d: %s changes what a rule does", d.File, d.Line, d.Name)
		case strings.HasPrefix(d.Name, "secruleupdatetarget"):
			if addsTargets(d.Args) {
				return fmt.Errorf("%s:%d: %s adds targets to a rule", d.File, d.Line, d.Name)
			}
			if d.Name == "secruleupdatetargetbyid" {
				c.takeTargets(d.Args)
			}
			continue
		case d.Name == "secdefaultaction":
			for _, a := range parseActions(strings.Trim(d.Args, `"`)) {
				if !slices.Contains(defaultActions, a.name) && (a.name != "t" || a.value != "none") {
					return fmt.Errorf("%s:%d: SecDefaultAction has %s:%s, which all rules do then", d.File, d.Line, a.name, a.value)
				}
			}
			continue
		case !d.IsRule():
			continue
		}
		p := &parsedRule{id: d.ID(), file: d.File, phase: 2, index: -1}
		for _, one := range unit {
			l := &parsedLink{actions: parseActions(one.Actions())}
			l.sets = setvars(l.actions)
			for _, ctl := range l.values("ctl") {
				if strings.EqualFold(ctl, "ruleEngine=On") {
					return fmt.Errorf("%s:%d: rule %d: ctl:ruleEngine=On lets rules end a transaction", d.File, d.Line, p.id)
				}
			}
			op, operand := one.Operator()
			l.operator, l.operand = strings.ToLower(op), operand
			if one.Name == "secrule" {
				var err error
				if l.targets, err = parseTargets(one.Targets()); err != nil {
					return fmt.Errorf("%s:%d: rule %d: %w", d.File, d.Line, p.id, err)
				}
			}
			p.links = append(p.links, l)
		}
		if phase, ok := p.links[0].action("phase"); ok {
			p.phase = rules.PhaseNumber(phase)
		}
		c.parsed = append(c.parsed, p)
	}
	return nil
}

// defaultActions are those that make no difference to what a rule finds.
var defaultActions = []string{"phase", "log", "nolog", "auditlog", "noauditlog", "pass", "block", "deny", "drop", "status", "tag", "msg", "severity"}

// takeTargets takes targets away from a rule. What it can't read stays, and is judged all the same.
func (c *compiler) takeTargets(args string) {
	fields := strings.Fields(args)
	if len(fields) != 2 {
		return
	}
	id, err := strconv.Atoi(fields[0])
	if err != nil {
		return
	}
	taken, err := parseTargets(strings.Trim(fields[1], `"`))
	if err != nil {
		return
	}
	for _, p := range c.parsed {
		if p.id != id || p.marker != "" {
			continue
		}
		head := p.links[0]
		for _, t := range taken {
			if t.variable != "tx" && slices.ContainsFunc(head.targets, func(of target) bool { return of.variable == t.variable && !of.count }) {
				head.targets = append(head.targets, t)
			}
		}
	}
}

// addsTargets: of a comma list behind an id or a tag, some do not begin with an exclamation mark.
func addsTargets(args string) bool {
	_, list, _ := strings.Cut(strings.TrimSpace(args), " ")
	for _, t := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == '|' }) {
		if !strings.HasPrefix(strings.Trim(t, `"' `), "!") {
			return true
		}
	}
	return false
}

// action is one action of a rule: setvar and tx.a=1.
type action struct{ name, value string }

// parseActions splits a list at commas that are not between quotes.
func parseActions(text string) []action {
	var all []action
	for text != "" {
		end, quoted := 0, false
		for ; end < len(text) && (quoted || text[end] != ','); end++ {
			switch text[end] {
			case '\\':
				end++
			case '\'':
				quoted = !quoted
			}
		}
		end = min(end, len(text))
		name, value, _ := strings.Cut(strings.TrimSpace(text[:end]), ":")
		value = strings.TrimSpace(value)
		if len(value) > 1 && value[0] == '\'' && value[len(value)-1] == '\'' {
			value = value[1 : len(value)-1]
		}
		all = append(all, action{strings.ToLower(strings.TrimSpace(name)), value})
		text = text[min(end+1, len(text)):]
	}
	return all
}

// action is the value of an action, the last if it is there more than once, as Coraza has it.
func (l *parsedLink) action(name string) (string, bool) {
	for _, a := range slices.Backward(l.actions) {
		if a.name == name {
			return a.value, true
		}
	}
	return "", false
}

// setvars are the variables of TX that the link sets, by names in lower case, and to what.
func setvars(actions []action) []assignment {
	var all []assignment
	for _, a := range actions {
		if a.name != "setvar" {
			continue
		}
		name, value, _ := strings.Cut(a.value, "=")
		name, removes := strings.CutPrefix(name, "!")
		if removes {
			value = ""
		}
		collection, name, ok := strings.Cut(name, ".")
		if ok && strings.EqualFold(collection, "tx") {
			all = append(all, assignment{strings.ToLower(name), value})
		}
	}
	return all
}

// assignment is a name of TX and what it is set to.
type assignment struct{ name, value string }

var xmlTarget = regexp.MustCompile(`(?i)^[!&]?(?:request|response)?_?xml:`)

var targetForm = regexp.MustCompile(`^([!&]?)([A-Za-z_]+)(?::(.*))?$`)

// parseTargets reads ARGS|!ARGS:x|REQUEST_COOKIES:/re/|&TX:a.
func parseTargets(text string) ([]target, error) {
	var all []target
	for text != "" {
		end, inPattern := 0, false
		isXPath := xmlTarget.MatchString(text)
		for ; end < len(text) && (inPattern || text[end] != '|'); end++ {
			switch {
			case text[end] == '\\':
				end++
			case !isXPath && text[end] == '/' && (inPattern || end > 0 && strings.IndexByte(":'", text[end-1]) >= 0):
				inPattern = !inPattern
			}
		}
		end = min(end, len(text))
		one := strings.TrimSpace(text[:end])
		text = text[min(end+1, len(text)):]
		m := targetForm.FindStringSubmatch(one)
		if m == nil {
			return nil, fmt.Errorf("cannot read target %q", one)
		}
		t := target{variable: strings.ToLower(m[2]), count: m[1] == "&", except: m[1] == "!"}
		k := strings.Trim(m[3], "'")
		if !isXPath && len(k) > 1 && k[0] == '/' && k[len(k)-1] == '/' {
			re, err := regexp.Compile("(?i)" + k[1:len(k)-1])
			if lowered := loweredKey(t.variable, k[1:len(k)-1]); err == nil && lowered != k[1:len(k)-1] {
				// Coraza's is that one; what either fits is looked at.
				if either, err := regexp.Compile("(?i)(?:" + k[1:len(k)-1] + ")|(?:" + lowered + ")"); err == nil {
					re = either
				}
			}
			if err != nil {
				return nil, fmt.Errorf("target %q: %w", one, err)
			}
			t.pattern = re
			if t.except {
				if t.taken, err = regexp.Compile(loweredKey(t.variable, k[1:len(k)-1])); err != nil {
					return nil, fmt.Errorf("target %q: %w", one, err)
				}
			}
		} else {
			t.key = strings.ToLower(k)
		}
		all = append(all, t)
	}
	return all, nil
}

// loweredKey is a pattern of a variable's keys as Coraza compiles it.
func loweredKey(variable, pattern string) string {
	if variable == "args" || strings.HasPrefix(variable, "args_") {
		return pattern
	}
	return strings.ToLower(pattern)
}

// sets reports whether a rule may set a name of TX, or one of a pattern of names.
func (p *parsedRule) sets(t target) bool {
	exactly, somehow := p.waysToSet(t)
	return exactly || somehow
}

// waysToSet: by a name that fits, or only somehow, by a name that is made of a value with which any name
// could fit.
func (p *parsedRule) waysToSet(t target) (exactly, somehow bool) {
	for _, l := range p.links {
		for _, a := range l.sets {
			fixed, _, dynamic := strings.Cut(a.name, "%{")
			switch {
			case t.key == "" && t.pattern == nil: // all of TX
				exactly = true
			case !dynamic && (a.name == t.key || t.pattern != nil && t.pattern.MatchString(a.name)):
				exactly = true
			case dynamic && t.pattern == nil && strings.HasPrefix(t.key, fixed):
				exactly = true
			case dynamic && t.pattern != nil && t.pattern.MatchString(fixed):
				exactly = true
			case dynamic && t.pattern != nil:
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
		value, ok := p.links[0].action("skip")
		if !ok {
			continue
		}
		n, _ := strconv.Atoi(value)
		for _, q := range c.parsed[i+1:] {
			if n <= 0 || q.marker == "" && q.phase != p.phase {
				continue
			}
			q.counted = true
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
	r := rule{id: p.id, scores: -1, logged: p.logged()}
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
		r.in, r.out = r.in+in, r.out+out
		if scoresAt < 0 {
			scoresAt = i
		}
	}
	if scoresAt >= 0 && scoresAt < len(links)-1 {
		// What the head of a chain sets is set without the rest.
		links = links[:scoresAt+1]
	}
	r.alarms = r.logged && scoresAt < 0 && !p.evaluates()
	setsTX := slices.ContainsFunc(p.links, func(l *parsedLink) bool { return len(l.sets) > 0 })
	if scoresAt < 0 && !r.logged && (!setsTX || p.static) || p.evaluates() {
		return
	}
	if setsTX && scoresAt < 0 && !r.logged {
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
		r.conditions = append(r.conditions, indices...)
		if last && scoresAt >= 0 {
			r.scores = indices[len(indices)-1]
		}
	}
	for _, i := range r.conditions {
		c.conditions[i].rules = append(c.conditions[i].rules, int32(p.index))
	}
	c.rules = append(c.rules, r)
}

// looksAtCaptures reports whether a link compares TX:0 to TX:9, or with them.
func (l *parsedLink) looksAtCaptures() bool {
	return captureMacro.MatchString(l.operand) ||
		slices.ContainsFunc(l.targets, func(t target) bool { return t.variable == "tx" && isCapture(t.key) })
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
	_, ok := l.action("capture")
	return ok && slices.Contains(capturing, l.operator)
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
	return slices.ContainsFunc(l.actions, func(a action) bool { return slices.Contains(names, a.name) && captureMacro.MatchString(a.value) })
}

// logged: a match is for the log, and so for an alert.
func (p *parsedRule) logged() bool {
	log, audit := true, true
	for _, a := range p.links[0].actions {
		switch a.name {
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

// evaluates: it compares a score with a threshold, or reports scores.
func (p *parsedRule) evaluates() bool {
	for _, a := range p.links[0].actions {
		if a.name == "tag" && (a.value == "anomaly-evaluation" || a.value == "reporting") {
			return true
		}
	}
	t := p.links[0].targets
	return p.id/1000 == 980 || len(t) == 1 && t[0].variable == "tx" && strings.Contains(t[0].key, "anomaly_score") && strings.Contains(p.links[0].operand, "threshold")
}

// lowerThresholds lowers the scores from which a transaction alarms to what rules set, as a crs-setup.conf may.
func (c *compiler) lowerThresholds() error {
	for name, limit := range map[string]*int{"inbound_anomaly_score_threshold": &c.cfg.Inbound, "outbound_anomaly_score_threshold": &c.cfg.Outbound} {
		for _, p := range c.parsed {
			if p.marker != "" || p.disabled {
				continue
			}
			for _, a := range p.assignments() {
				if !p.sets(target{variable: "tx", key: name}) || a.name != name && !strings.Contains(a.name, "%{") {
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
		case sumsUp(a.value) || strings.Contains(a.name, "threshold"):
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
	return slices.ContainsFunc(macroForm.FindAllString(strings.ToLower(value), -1), func(m string) bool {
		return strings.Contains(m, "anomaly_score") && !isOfSeverity(strings.TrimSuffix(strings.TrimPrefix(m, "%{tx."), "}"))
	})
}

// isOfSeverity: the variable of TX says what a match of some severity counts.
func isOfSeverity(name string) bool {
	severity, ok := strings.CutSuffix(name, "_anomaly_score")
	return ok && slices.Contains([]string{"critical", "error", "warning", "notice"}, severity)
}

var macroForm = regexp.MustCompile(`%\{([^}]+)\}`)

// expand replaces macros of static variables; ok is false when there are others.
func (c *compiler) expand(text string) (string, bool) { return c.expandAt(nil, text) }

// expandAt replaces those of variables that have their last values by the time that a rule runs.
func (c *compiler) expandAt(at *parsedRule, text string) (string, bool) {
	ok := true
	out := macroForm.ReplaceAllStringFunc(text, func(m string) string {
		name := strings.ToLower(m[2 : len(m)-1])
		name, isTX := strings.CutPrefix(name, "tx.")
		value, set := c.cfg.TX[name]
		t := target{variable: "tx", key: name}
		if !isTX || !set || !c.staticTX(t) || at != nil && !c.isSettled(at, []target{t}) {
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
		variables.ResponseContentType, variables.ResponseContentLength, variables.StatusLine:
		return 3
	case variables.ResponseBody, variables.ResponseXML, variables.OutboundDataError, variables.ResponseArgs:
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
