package rules

import "strings"

// persistent are ModSecurity's collections that outlive a transaction: what is known of an address, a session. Coraza has
// none of them. Here they live as long as a transaction: they are part of TX, as tx.ip.n for IP:N, so that rules which
// count in them and look at the count agree, and each record is the first of its client.
var persistent = set("ip", "session", "user", "global", "resource")

// persistent puts a setvar of such a collection into TX.
func (a Action) persistent() Action {
	name, removes := strings.CutPrefix(a.Value, "!")
	collection, _, ok := strings.Cut(name, ".")
	if !ok || !persistent[strings.ToLower(collection)] {
		return a
	}
	if removes {
		return a.with("!tx." + name)
	}
	return a.with("tx." + name)
}

// canonicalMacros does so in macros: %{ip.n} is %{tx.ip.n}. It also writes %{args:x}, as libmodsecurity takes it, with a dot, and the user as it is kept.
func canonicalMacros(text string) string {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(text, "%{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		b.WriteString("%{")
		name := after
		if i := strings.IndexAny(after, ".:}"); i >= 0 {
			name = after[:i]
		}
		if rest, ok := strings.CutPrefix(after[len(name):], ":"); ok && isKey(upTo(rest, '}')) && (persistent[strings.ToLower(name)] || isKnown(name)) {
			after = name + "." + rest
		}
		if ofEnvironment[strings.ToLower(name)] {
			b.WriteString("env.")
		}
		if persistent[strings.ToLower(name)] && strings.HasPrefix(after[len(name):], ".") {
			b.WriteString("tx.")
		}
		text = after
	}
}

// persistent puts a target of such a collection into TX.
func (t Target) persistent() Target {
	if !persistent[t.Variable] {
		return t
	}
	name := t.Variable
	t.Variable = "tx"
	switch pattern, anchored := strings.CutPrefix(t.Key, "^"); {
	case t.IsPattern && anchored:
		t.Key = "^" + name + `\.` + pattern
	case t.IsPattern:
		t.Key = "^" + name + `\..*(?:` + t.Key + ")"
	case t.Key == "":
		t.IsPattern, t.Key = true, "^"+name+`\.`
	default:
		t.Key = name + "." + t.Key
	}
	return t
}
