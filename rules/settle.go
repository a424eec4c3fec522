package rules

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// settler makes rules that stand for themselves of directives that depend on each other: it puts chains together, gives
// each rule the default actions of its phase, and does to the rules before them what SecRuleUpdate… and SecRuleRemove…
// say. None of that is left to Coraza, whose grammar for it is narrower: it panics at SecRuleRemoveByMsg.
type settler struct {
	warn     func(d *Directive, text string)
	out      []*Directive
	defaults map[int][]Action // by phase
	counting []*Directive     // rules that look at collections which outlive a transaction

	exceptions []exception // for excludeHints

	parsesAnswers bool // some rule says how answers are read
}

// standardActions are ModSecurity's default actions. Coraza has them for phase 2 only, and CRS 4 states none for phases 3
// to 5, so that its rules on answers would be silent.
func standardActions() []Action { return actionsOf("log,auditlog,pass").Actions }

func (s *settler) settle(all []*Directive) ([]*Directive, error) {
	s.defaults = map[int][]Action{}
	for phase := 1; phase <= 5; phase++ {
		s.defaults[phase] = standardActions()
	}
	s.parsesAnswers = slices.ContainsFunc(all, func(d *Directive) bool { return d.IsRule() && slices.ContainsFunc(d.Rule.Links, (*Link).parsesAnswers) })
	for i := 0; i < len(all); i++ {
		d := all[i]
		switch d.Name {
		case "secrule", "secaction", "secrulescript":
			for d.Rule.expectsLink() {
				if i++; i == len(all) || !all[i].IsRule() {
					return nil, fmt.Errorf("%s:%d: rule %s: the chain has no next rule", d.File, d.Line, first(d.Rule.Links[0].Action("id")))
				}
				d.Rule.Links = append(d.Rule.Links, all[i].Rule.Links...)
			}
			s.rule(d)
		case "secmarker":
			d.Args = unquoted(d.Args)
			s.out = append(s.out, d)
		case "secdefaultaction":
			s.defaultAction(d)
		default:
			if edit, ok := edits[d.Name]; ok {
				edit(s, d)
			} else {
				s.out = append(s.out, d)
			}
		}
	}
	s.warnOfCounting()
	s.warnOfRemoving()
	s.excludeHints()
	s.markRules()
	return s.out, nil
}

// markRules puts a marker behind each rule to whose end another one skips: for ModSecurity 2, ids are markers.
func (s *settler) markRules() {
	marked, wanted := map[string]bool{}, map[string]bool{}
	for _, d := range s.out {
		switch {
		case d.Name == "secmarker":
			marked[d.Args] = true
		case d.IsRule():
			wanted[first(d.Rule.Links[0].Action("skipafter"))] = true
		}
	}
	for i := 0; i < len(s.out); i++ {
		if id := strconv.Itoa(s.out[i].ID()); s.out[i].IsRule() && wanted[id] && !marked[id] {
			i++
			s.out = slices.Insert(s.out, i, &Directive{Name: "secmarker", Args: id, File: s.out[i-1].File, Line: s.out[i-1].Line, written: "SecMarker"})
		}
	}
}

// expectsLink reports whether the next rule belongs to this one.
func (r *Rule) expectsLink() bool { return r.Links[len(r.Links)-1].Has("chain") }

// rule brings a rule into its final form.
func (s *settler) rule(d *Directive) {
	r := d.Rule
	dropped := map[string]string{}
	counts := false
	for _, l := range r.Links {
		counts = counts || l.isPersistent()
		l.settleActions(dropped)
		for i, t := range l.Targets {
			l.Targets[i] = t.persistent()
		}
		l.Operator.Operand = canonicalMacros(l.Operator.Operand)
		if r.Unusable == "" {
			r.Unusable = l.unusable()
		}
	}
	r.ID, _ = strconv.Atoi(first(r.Links[0].Action("id")))
	r.Phase = r.phase()
	if !IsEmbedded(d.File) && !InRange(r.ID, "200000-200999") && !InRange(r.ID, "900000-999999") { // ModSecurity's own, and CRS
		r.seeWholeBody()
	}
	for i, l := range r.Links {
		l.Actions = s.merged(l.Actions, r.Phase, i > 0)
	}
	for _, name := range slices.Sorted(maps.Keys(dropped)) {
		s.warn(d, fmt.Sprintf("%s is left out: %s", name, dropped[name]))
	}
	if counts && r.Unusable == "" {
		s.counting = append(s.counting, d)
	}
	for _, l := range r.Links {
		if why := l.dead(s.parsesAnswers, r.Phase); why != "" && r.Unusable == "" {
			s.warn(d, why)
		}
		if looksMisspelt(l.operator) {
			s.warn(d, fmt.Sprintf("%q is a regular expression: is the space before @ intended?", shorten(l.operator)))
		}
		s.warnOfQuote(d, l)
		if why := l.Operator.misread(); why != "" {
			s.warn(d, why)
		}
	}
	s.out = append(s.out, d)
}

func (s *settler) warnOfQuote(d *Directive, of *Link) {
	if of.open != "" {
		s.warn(d, fmt.Sprintf("the quote of %s is not closed: all that follows is part of its value", of.open))
	}
}

func first(s string, _ bool) string { return s }

// seeWholeBody makes conditions on REQUEST_BODY look at the text of JSON and XML too, as those of libmodsecurity do: Coraza fills it for
// forms only. Rules of CRS were written and weighed without it.
func (r *Rule) seeWholeBody() {
	whole := Target{Variable: "xml", Key: "body"}
	for _, l := range r.Links {
		if !l.Operator.Negated && slices.Contains(l.Targets, Target{Variable: "request_body"}) && !slices.Contains(l.Targets, whole) {
			l.Targets = append(l.Targets, whole)
		}
	}
}

// settleActions writes the link's actions as Coraza wants them, without those that are of no use in a log.
func (l *Link) settleActions(dropped map[string]string) {
	var kept []Action
	for _, written := range l.Actions {
		for _, a := range written.each() {
			out, keep, why := a.canonical()
			at := slices.IndexFunc(kept, func(k Action) bool { return disruptive[k.Name] })
			switch {
			case keep && disruptive[out.Name] && at >= 0: // there is one, the last
				kept[at] = out
			case keep:
				kept = append(kept, out)
			case why != "":
				dropped[a.Name] = why
			}
		}
	}
	l.Actions = kept
}

// isPersistent reports whether the link looks at a collection that outlives a transaction.
func (l *Link) isPersistent() bool {
	return slices.ContainsFunc(l.Targets, func(t Target) bool { return persistent[t.Variable] })
}

// warnOfCounting says once a file which rules count in vain.
func (s *settler) warnOfCounting() {
	for i := 0; i < len(s.counting); {
		head := s.counting[i]
		var ids []string
		for ; i < len(s.counting) && s.counting[i].File == head.File; i++ {
			ids = append(ids, strconv.Itoa(s.counting[i].ID()))
		}
		s.warn(head, fmt.Sprintf("collections such as IP are empty at the start of each record, so rules can't count with them (detectors count across records): %s",
			strings.Join(ids, " ")))
	}
}

// warnOfRemoving says once a file of which rules actions ctl take something away that are not there: exclusions that serve
// several versions of CRS name many.
func (s *settler) warnOfRemoving() {
	lost, first := map[string][]string{}, map[string]*Directive{} // by file
	for _, d := range s.out {
		if !d.IsRule() {
			continue
		}
		for _, l := range d.Rule.Links {
			for _, ctl := range l.Values("ctl") {
				isNamed, name := removes(ctl)
				if isNamed == nil || slices.Contains(lost[d.File], name) || slices.ContainsFunc(s.out, func(of *Directive) bool { return of.IsRule() && isNamed(of.Rule, name) }) {
					continue
				}
				if first[d.File] == nil {
					first[d.File] = d
				}
				lost[d.File] = append(lost[d.File], name)
			}
		}
	}
	for _, file := range slices.Sorted(maps.Keys(lost)) {
		s.warn(first[file], "ctl has no effect on rules that are not there: "+strings.Join(lost[file], " "))
	}
}

// removes is how a value of ctl names rules, and the name; nil if it names none.
func removes(ctl string) (isNamed func(r *Rule, name string) bool, name string) {
	what, value, _ := strings.Cut(ctl, "=")
	name = strings.TrimSpace(upTo(value, ';'))
	switch strings.Replace(what, "RemoveTarget", "Remove", 1) {
	case "ruleRemoveById":
		return numbered, name
	case "ruleRemoveByTag":
		return tagged, name
	case "ruleRemoveByMsg":
		return saying, name
	}
	return nil, ""
}

// merged are a link's actions behind the default ones. Of these, a link of a chain gets the transformations of its rule's
// phase, and from Coraza those of phase 2, as it names none.
func (s *settler) merged(own []Action, phase int, isChained bool) []Action {
	defaults := s.defaults[phase]
	if isChained {
		defaults = slices.Concat(
			slices.DeleteFunc(slices.Clone(s.defaults[2]), func(a Action) bool { return a.Name == "t" }),
			slices.DeleteFunc(slices.Clone(defaults), func(a Action) bool { return a.Name != "t" }))
	}
	isDisruptive := func(a Action) bool { return disruptive[a.Name] && a.Name != "block" }
	if isChained { // the head decides, and Coraza refuses a chain where others do
		own = slices.DeleteFunc(slices.Clone(own), isDisruptive)
	}
	if isChained || slices.ContainsFunc(own, isDisruptive) {
		defaults = slices.DeleteFunc(slices.Clone(defaults), isDisruptive)
	}
	own = slices.DeleteFunc(slices.Clone(own), func(a Action) bool { return a.Name == "block" })
	return slices.Concat(defaults, own)
}

// defaultAction notes the default actions of a phase, which hold for the rules behind.
func (s *settler) defaultAction(d *Directive) {
	phase := 2
	var all []Action
	dropped := map[string]string{}
	l := actionsOf(d.Args)
	s.warnOfQuote(d, l)
	l.settleActions(dropped)
	for _, a := range l.Actions {
		switch {
		case a.Name == "phase":
			phase = phaseNumber(a.Value)
		case a.Name == "block":
		case metadata[a.Name]:
			dropped[a.Name] = "it belongs to single rules"
		default:
			all = append(all, a)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(dropped)) {
		s.warn(d, fmt.Sprintf("%s of SecDefaultAction is left out: %s", name, dropped[name]))
	}
	if phase == 0 {
		s.warn(d, "SecDefaultAction is skipped: it names no phase that there is")
		return
	}
	if !slices.ContainsFunc(all, func(a Action) bool { return disruptive[a.Name] }) {
		all = append(all, Action{Name: "pass"})
	}
	if !slices.ContainsFunc(all, func(a Action) bool { return a.Name == "log" || a.Name == "nolog" }) {
		all = slices.Insert(all, 0, Action{Name: "log"}) // ModSecurity logs unless it is told not to, Coraza if it is told to
	}
	s.defaults[phase] = all
}

// edits are the directives that change the rules before them.
var edits = map[string]func(s *settler, d *Directive){
	"secruleremovebyid":        func(s *settler, d *Directive) { s.remove(d, numbered, fields(d.Args), "has its id") },
	"secruleremovebytag":       func(s *settler, d *Directive) { s.remove(d, tagged, []string{d.Args}, "has the tag") },
	"secruleremovebymsg":       func(s *settler, d *Directive) { s.remove(d, saying, []string{d.Args}, "has the message") },
	"secruleupdatetargetbyid":  func(s *settler, d *Directive) { s.updateTargets(d, numbered) },
	"secruleupdatetargetbytag": func(s *settler, d *Directive) { s.updateTargets(d, tagged) },
	"secruleupdatetargetbymsg": func(s *settler, d *Directive) { s.updateTargets(d, saying) },
	"secruleupdateactionbyid":  func(s *settler, d *Directive) { s.updateActions(d) },
}

// How a directive names rules.
func numbered(r *Rule, name string) bool { return InRange(r.ID, name) }
func tagged(r *Rule, name string) bool   { return slices.Contains(r.Tags(), name) }
func saying(r *Rule, name string) bool   { return r.Message() == name }

// remove takes away the rules that have one of the names. A directive that names none is told: it stands before its rules, or has a typo.
func (s *settler) remove(d *Directive, isNamed func(r *Rule, name string) bool, names []string, by string) {
	removed := func(of *Directive) bool {
		return of.IsRule() && slices.ContainsFunc(names, func(n string) bool { return isNamed(of.Rule, n) })
	}
	if pattern := patternOf(d); pattern != nil && !slices.ContainsFunc(s.out, removed) {
		removed = func(of *Directive) bool {
			return of.IsRule() && slices.ContainsFunc(of.texts(d.Name), pattern.MatchString)
		}
	}
	before := len(s.out)
	s.out = slices.DeleteFunc(s.out, removed)
	if len(s.out) == before {
		s.warn(d, fmt.Sprintf("%s removes nothing: no rule before it %s %q", d.written, by, d.Args))
	}
}

// patternOf is what a directive that names rules by their tags or messages has for ModSecurity 2, a regular expression; nil if
// it can only be a text. As a part of other tags, it would take more away than ModSecurity 3 and Coraza do.
func patternOf(d *Directive) *regexp.Regexp {
	if d.Name == "secruleremovebyid" || regexp.QuoteMeta(d.Args) == d.Args {
		return nil
	}
	pattern, err := regexp.Compile(d.Args)
	if err != nil {
		return nil
	}
	return pattern
}

// texts are what such a directive looks at.
func (d *Directive) texts(directive string) []string {
	if directive == "secruleremovebymsg" {
		return d.Rule.Links[0].Values("msg")
	}
	return d.Rule.Tags()
}

// fields are the arguments of a directive, without quotes; ids may be joined by commas too.
func fields(args string) []string {
	all, err := tokens(args)
	if err != nil {
		return strings.Fields(args)
	}
	var out []string
	for _, t := range all {
		out = append(out, strings.FieldsFunc(t.text, func(r rune) bool { return r == ',' || r == ' ' })...)
	}
	return out
}

// named are the links that the first argument of a directive names, the head of each rule or 1:2 for another one, and its
// other argument.
func (s *settler) named(d *Directive, isNamed func(r *Rule, name string) bool) (all []*Link, what string) {
	args, err := tokens(d.Args)
	if err != nil || len(args) < 2 {
		s.warn(d, d.written+" is skipped: it needs two arguments")
		return nil, ""
	}
	if len(args) > 2 && d.Name == "secruleupdatetargetbyid" && !slices.ContainsFunc(args[:len(args)-1], func(t token) bool { return !isIDs(t.text) }) {
		args = []token{{text: joinTexts(args[:len(args)-1])}, args[len(args)-1]}
	}
	if len(args) > 2 {
		s.warn(d, d.written+" is skipped: replacing single targets is not supported")
		return nil, ""
	}
	names := []string{args[0].text}
	if d.Name == "secruleupdatetargetbyid" {
		names = fields(args[0].text)
	}
	for _, of := range s.out {
		for _, name := range names {
			if l := of.link(name, isNamed); l != nil {
				all = append(all, l)
				break
			}
		}
	}
	if len(all) == 0 {
		s.warn(d, fmt.Sprintf("%s does nothing: no rule before it is %s", d.written, args[0].text))
	}
	return all, args[1].text
}

// link is the link of a rule that a name is about: 1:2 is the second behind the head of rule 1. It is nil for other rules.
func (d *Directive) link(name string, isNamed func(r *Rule, name string) bool) *Link {
	if !d.IsRule() {
		return nil
	}
	if isNamed(d.Rule, name) {
		return d.Rule.Links[0]
	}
	name, offset, _ := strings.Cut(name, ":")
	if at, err := strconv.Atoi(offset); err == nil && at >= 0 && at < len(d.Rule.Links) && numbered(d.Rule, name) {
		return d.Rule.Links[at]
	}
	return nil
}

func joinTexts(all []token) string {
	var texts []string
	for _, t := range all {
		texts = append(texts, t.text)
	}
	return strings.Join(texts, " ")
}

func isIDs(s string) bool {
	return s != "" && strings.Trim(s, "0123456789-") == ""
}

// updateTargets adds targets to rules, or exceptions.
func (s *settler) updateTargets(d *Directive, isNamed func(r *Rule, name string) bool) {
	all, list := s.named(d, isNamed)
	if len(all) == 0 {
		return
	}
	targets, err := parseTargets(barred(list))
	if err != nil {
		s.warn(d, fmt.Sprintf("%s is skipped: %v", d.written, err))
		return
	}
	for _, l := range all {
		l.addTargets(targets)
	}
	if !d.isUsers() {
		return // the exceptions of CRS are about its own rules
	}
	if exceptions := slices.DeleteFunc(targets, func(t Target) bool { return !t.Except }); len(exceptions) > 0 {
		s.exceptions = append(s.exceptions, exception{all, exceptions})
	}
}

func (l *Link) addTargets(all []Target) {
	if l.IsAction() {
		return
	}
	for _, t := range all {
		l.Targets = append(slices.Clip(l.Targets), t.persistent())
	}
}

// barred is a list of targets with bars where ModSecurity also takes commas: before the next variable.
func barred(list string) string {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(list, ",")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name := strings.TrimLeft(after, " !&")
		if i := strings.IndexAny(name, ":|,"); i >= 0 {
			name = name[:i]
		}
		if _, err := parseTargets(name); err == nil && name != "" {
			b.WriteByte('|')
		} else {
			b.WriteByte(',')
		}
		list = after
	}
}

// updateActions adds actions to rules; a disruptive one replaces theirs.
func (s *settler) updateActions(d *Directive) {
	args, err := tokens(d.Args)
	if err != nil || len(args) != 2 {
		s.warn(d, d.written+" is skipped: it needs an id and a list of actions")
		return
	}
	l := actionsOf(args[1].text)
	s.warnOfQuote(d, l)
	l.settleActions(map[string]string{})
	found := false
	for _, of := range s.out {
		if to := of.link(args[0].text, numbered); to != nil {
			found = true
			to.update(l.Actions)
		}
	}
	if !found {
		s.warn(d, fmt.Sprintf("%s does nothing: no rule before it is %s", d.written, args[0].text))
	}
}

func (l *Link) update(by []Action) {
	isFixed := func(a Action) bool {
		return a.Name == "id" || a.Name == "phase" || a.Name == "chain" || a.Name == "block"
	}
	by = slices.DeleteFunc(slices.Clone(by), isFixed)
	isDisruptive := func(a Action) bool { return disruptive[a.Name] }
	if slices.ContainsFunc(by, isDisruptive) {
		l.Actions = slices.DeleteFunc(slices.Clone(l.Actions), isDisruptive)
	}
	l.Actions = slices.Concat(l.Actions, by)
}
