package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/corazawaf/coraza/v3/types/variables"
)

// Action is one action of a rule: setvar and tx.a=1.
type Action struct {
	Name  string // in lower case
	Value string // without the quotes around it

	written string // the value as it stands in the text
}

// String is the action as it stands in a list.
func (a Action) String() string {
	if a.written == "" {
		return a.Name
	}
	return a.Name + ":" + a.written
}

// with is the action with another value, in the quotes that it had.
func (a Action) with(value string) Action {
	before, after, _ := strings.Cut(a.written, a.Value)
	if a.Value == "" {
		before, after = "", ""
	}
	return Action{a.Name, value, before + value + after}
}

// parseActions cuts a list of actions where Coraza cuts it: at commas that are not between single quotes, where neither
// the first character of the list nor one behind a backslash counts. Where a quote stays open that way, quotes count as in
// ModSecurity, only at the beginning of a value: msg:it's so. If one stays open even so, the rest is its value, and open
// its action.
func parseActions(text string) (all []Action, open string) {
	all, isOpen := cutActions(text, false)
	if !isOpen {
		return all, ""
	}
	other, isOpen := cutActions(text, true)
	for i, a := range other {
		value := unquoted(a.written)
		escaped := escapeQuotes(value)
		switch {
		case escaped == value:
		case strings.HasPrefix(a.written, "'"):
			isOpen = true // a quote begins the value, another one ends it, and there are more
		default:
			other[i].written = "'" + escaped + "'" // Coraza reads it again
		}
	}
	if isOpen {
		return all, all[len(all)-1].Name
	}
	return other, ""
}

// actionsOf is a link that has but actions.
func actionsOf(text string) *Link {
	l := &Link{}
	l.Actions, l.open = parseActions(text)
	return l
}

// cutActions is parseActions with quotes that count anywhere, or only at the beginning of a value.
func cutActions(text string, atBeginning bool) (all []Action, quoted bool) {
	start, colon := 0, -1
	end := func(at int) {
		name, value := text[start:at], ""
		if colon >= 0 {
			name, value = text[start:colon], strings.TrimSpace(text[colon+1:at])
		}
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" || value != "" {
			all = append(all, Action{name, unquoted(value), value})
		}
		start, colon = at+1, -1
	}
	for i := 1; i < len(text); i++ {
		switch {
		case text[i-1] == '\\':
		case text[i] == '\'' && (quoted || !atBeginning || colon >= 0 && strings.TrimSpace(text[colon+1:i]) == ""):
			quoted = !quoted
		case quoted:
		case text[i] == ':' && colon < 0:
			colon = i
		case text[i] == ',':
			end(i)
		}
	}
	end(len(text))
	return all, quoted
}

// escapeQuotes puts a backslash before each single quote that has none.
func escapeQuotes(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if s[i] == '\'' && (i == 0 || s[i-1] != '\\') {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// unquoted is a value without the quotes around it, single or double.
func unquoted(s string) string {
	if len(s) > 1 && (s[0] == '\'' || s[0] == '"') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

// joinActions is the text of a list.
func joinActions(all []Action) string {
	texts := make([]string, len(all))
	for i, a := range all {
		texts[i] = a.String()
	}
	return strings.Join(texts, ",")
}

// Actions that do not run while a rule is evaluated but say something about it, and those of which a rule has one.
var (
	metadata   = set("id", "msg", "rev", "ver", "maturity", "accuracy", "severity", "tag", "phase")
	disruptive = set("allow", "block", "deny", "drop", "pass", "redirect")
)

// useless are actions that make no difference to what a rule finds in a log. Most of them Coraza does not have, or it
// runs them where nobody wants it: setenv changes the environment of the process. They cost the action and not the rule.
var useless = map[string]string{
	"append": "MSA changes no answers", "prepend": "MSA changes no answers", "proxy": "MSA changes no requests",
	"exec": "MSA runs no programs", "pause": "MSA delays no requests", "setenv": "MSA does not change its environment",
	"xmlns":  "prefixes of names in XML are not resolved",
	"setuid": "", "setsid": "", "setrsc": "", "initcol": "", "expirevar": "", "deprecatevar": "", // see persistent
	"sanitisearg": "", "sanitisematched": "", "sanitisematchedbytes": "", "sanitiserequestheader": "", "sanitiseresponseheader": "",
	"sanitizearg": "", "sanitizematched": "", "sanitizematchedbytes": "", "sanitizerequestheader": "", "sanitizeresponseheader": "",
}

// controls are what an action ctl can do, as Coraza wants them written. Those without a name here only concern logs
// that MSA does not write, and parts of ModSecurity that neither Coraza nor MSA has.
var controls = map[string]string{
	"requestbodyaccess": "requestBodyAccess", "requestbodylimit": "requestBodyLimit", "requestbodyprocessor": "requestBodyProcessor",
	"forcerequestbodyvariable": "forceRequestBodyVariable", "responsebodyprocessor": "responseBodyProcessor",
	"responsebodyaccess": "responseBodyAccess", "responsebodylimit": "responseBodyLimit",
	"forceresponsebodyvariable": "forceResponseBodyVariable", "ruleengine": "ruleEngine",
	"ruleremovebyid": "ruleRemoveById", "ruleremovebymsg": "ruleRemoveByMsg", "ruleremovebytag": "ruleRemoveByTag",
	"ruleremovetargetbyid": "ruleRemoveTargetById", "ruleremovetargetbymsg": "ruleRemoveTargetByMsg", "ruleremovetargetbytag": "ruleRemoveTargetByTag",
	"auditengine": "", "auditlogparts": "", "debugloglevel": "", "hashengine": "", "hashenforcement": "", "parsexmlintoargs": "",
}

func set(names ...string) map[string]bool {
	all := map[string]bool{}
	for _, n := range names {
		all[n] = true
	}
	return all
}

// canonical writes the action so that Coraza reads it as ModSecurity does. keep is false for one that a rule is better
// off without; why says it to people, unless nobody needs to know.
func (a Action) canonical() (out Action, keep bool, why string) {
	if reason, ok := useless[a.Name]; ok {
		return a, false, reason
	}
	a.written = canonicalMacros(a.written)
	a.Value = unquoted(a.written)
	switch a.Name {
	case "setvar":
		a = a.withValue().persistent()
	case "t":
		if strings.EqualFold(a.Value, "none") { // Coraza takes None for a transformation that does nothing
			a = a.with("none")
		}
	case "msg", "logdata":
		if told := withoutUnknownMacros(a.Value); told != a.Value {
			a = a.with(told)
		}
	case "phase":
		a = a.with(strings.ToLower(a.Value))
	case "ctl":
		return a.control()
	}
	return a, true, ""
}

// control is canonical for an action ctl.
func (a Action) control() (out Action, keep bool, why string) {
	what, value, _ := strings.Cut(a.Value, "=")
	name, ok := controls[strings.ToLower(strings.TrimSpace(what))]
	switch {
	case !ok:
		return a, true, ""
	case name == "":
		return a, false, ""
	case name == "ruleEngine" && strings.EqualFold(strings.TrimSpace(value), "on"):
		value = "DetectionOnly" // rules would end the transaction; people write it beside allow
	case strings.HasPrefix(name, "ruleRemove") && strings.HasSuffix(name, "ById") && !isIDs(upTo(value, ';')):
		return a, false, fmt.Sprintf("%s: it names no id", a.Value)
	case strings.HasPrefix(name, "ruleRemoveTarget"):
		which, text, _ := strings.Cut(value, ";")
		targets, err := parseTargets(text)
		if err == nil && len(targets) != 1 {
			err = fmt.Errorf("%w %q", errTarget, text)
		}
		if err == nil && strings.Contains(text, "%{") {
			err = errors.New("there are no macros there")
		}
		if err != nil {
			return a, false, fmt.Sprintf("%s: %v", a.Value, err) // Coraza goes on without a word, and without an effect
		}
		t := targets[0].persistent()
		t.Except, t.Count = false, false
		value = which + ";" + t.String()
	}
	return a.with(name + "=" + value), true, ""
}

// each are the actions that an action ctl with lists stands for, as ModSecurity 2 reads them; else the action itself:
// ruleRemoveTargetById=1,2;ARGS:a|ARGS:b is four.
func (a Action) each() []Action {
	what, value, _ := strings.Cut(a.Value, "=")
	kind := strings.ToLower(strings.TrimSpace(what))
	if a.Name != "ctl" || !strings.HasPrefix(kind, "ruleremove") || strings.TrimSpace(value) == "" {
		return []Action{a}
	}
	names, list, ofTargets := strings.Cut(value, ";")
	which := []string{names}
	if strings.HasSuffix(kind, "byid") {
		which = strings.FieldsFunc(names, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
	}
	targets, err := parseTargets(barred(list))
	var all []Action
	for _, name := range which {
		switch {
		case !ofTargets:
			all = append(all, a.with(what+"="+name))
		case err != nil:
			all = append(all, a.with(what+"="+name+";"+list))
		}
		for _, t := range targets {
			all = append(all, a.with(what+"="+name+";"+t.String()))
		}
	}
	return all
}

// withoutUnknownMacros leaves the names of variables that Coraza does not have, and keys that it can't read, as plain text in
// what people are told, for which it would refuse the rule.
func withoutUnknownMacros(text string) string {
	if !slices.ContainsFunc(MacrosOf(text), func(name string) bool { return !canExpand(name) }) {
		return text
	}
	return ExpandMacros(text, func(name string) string {
		if canExpand(name) {
			return "%{" + name + "}"
		}
		return "{" + name + "}"
	})
}

// canExpand reports whether Coraza can read what a macro names.
func canExpand(macro string) bool {
	_, key, hasKey := strings.Cut(macro, ".")
	return isKnown(VariableOf(macro)) && (!hasKey || isKey(key))
}

// isKey reports whether a key may stand in a macro of Coraza's.
func isKey(s string) bool {
	return s != "" && !strings.HasSuffix(s, ".") && !strings.ContainsFunc(s, func(r rune) bool {
		return r >= utf8.RuneSelf || !isWordByte(byte(r)) && !strings.ContainsRune("[]._-", r)
	})
}

func isKnown(variable string) bool {
	_, err := variables.Parse(variable)
	return err == nil
}

// withValue gives a setvar that has no value the one that the manuals give it: setvar:tx.a sets tx.a to 1. Coraza 3.8.1
// panics when such a rule matches; as it does at setvar:!tx.a, which removes tx.a whatever the value.
func (a Action) withValue() Action {
	if a.Value == "" || strings.Contains(a.Value, "=") {
		return a
	}
	return a.with(strings.TrimSpace(a.Value) + "=1")
}

// Assignment is what an action setvar does with a variable of TX.
type Assignment struct {
	Name   string // in lower case; may have macros
	Value  string // +N and -N add to what it is; may have macros
	Remove bool
}

// assignment reads a setvar; ok is false if Coraza can't.
func (a Action) assignment() (s Assignment, ok bool) {
	name, removes := strings.CutPrefix(a.Value, "!")
	name, value, _ := strings.Cut(name, "=")
	collection, name, _ := strings.Cut(name, ".")
	if !strings.EqualFold(collection, "tx") || strings.TrimSpace(name) == "" {
		return s, false
	}
	return Assignment{strings.ToLower(name), value, removes}, true
}
