package rules

import "strings"

// actionSpans cuts a list of actions at the commas where Coraza cuts it: not between single quotes, where neither the
// first character of the list nor one behind a backslash counts.
func actionSpans(actions string) []string {
	var all []string
	start, quoted := 0, false
	for i := 1; i < len(actions); i++ {
		switch {
		case actions[i-1] == '\\':
		case actions[i] == '\'':
			quoted = !quoted
		case actions[i] == ',' && !quoted:
			all = append(all, actions[start:i])
			start = i + 1
		}
	}
	return append(all, actions[start:])
}

// Action is the value of an action of a rule, the last if it is there more than once, as Coraza has it.
func (d Directive) Action(name string) (value string, ok bool) {
	for _, span := range actionSpans(d.Actions()) {
		key, of, _ := strings.Cut(span, ":")
		if strings.EqualFold(strings.TrimSpace(key), name) {
			value, ok = unquoted(strings.TrimSpace(of)), true
		}
	}
	return value, ok
}

// unquoted is a value without the quotes around it, single or double.
func unquoted(s string) string {
	if len(s) > 1 && (s[0] == '\'' || s[0] == '"') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

// withValues gives the actions setvar that have no value the one that the manuals give them: setvar:tx.a sets tx.a to 1.
// Coraza 3.8.1 takes them as they are, and panics when their rule matches; as it does for setvar:!tx.a, which removes tx.a
// whatever the value.
func withValues(actions string) string {
	spans := actionSpans(actions)
	for i, span := range spans {
		name, variable, _ := strings.Cut(span, ":")
		words := strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == '"' }) // before may be what an action list belongs to
		if len(words) == 0 || !strings.EqualFold(words[len(words)-1], "setvar") || variable == "" || strings.Contains(variable, "=") {
			continue
		}
		bare := strings.TrimRight(variable, "'\" \t")
		spans[i] = name + ":" + bare + "=1" + variable[len(bare):]
	}
	return strings.Join(spans, ",")
}
