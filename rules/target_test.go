package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestTargets(t *testing.T) {
	for text, want := range map[string][]string{
		"ARGS|!args:Foo|&TX:a":            {"ARGS", "!ARGS:Foo", "&TX:a"},
		` ARGS | ARGS_NAMES `:             {"ARGS", "ARGS_NAMES"},
		`REQUEST_COOKIES:/a|b\/c/|XML:/*`: {`REQUEST_COOKIES:/a|b\/c/`, "XML:/*"},
		"XML://@*|xml:/a/b":               {"XML://@*", "XML:/a/b"},
		`REQUEST_HEADERS:'/x y/'|ARGS`:    {"REQUEST_HEADERS:/x y/", "ARGS"},
		`ARGS:'a b'|ARGS:'c'`:             {"ARGS:a b", "ARGS:c"},
		`ARGS:'a/b'`:                      {`ARGS:/(?i)^a\/b$/`},
		"ARGS:q/b":                        {"ARGS:/q/"}, // a pattern, whose last character gets lost
		"ARGS:a/":                         {"ARGS:a"},
		"ARGS:q/b|ARGS:c/|ARGS":           {"ARGS:/qb|args:c/", "ARGS"},
		"TX.a|!ARGS.q|XML:/a.b":           {"TX:a", "!ARGS:q", "XML:/a.b"},
		`ARGS:/^Na[A-Z]me$/|!ARGS:/\S[\W[:digit:]\D]\d\./|REQUEST_COOKIES:/(?P<n>A)\pL/`: {"ARGS:/^na[a-z]me$/", `!ARGS:/[[:^space:]][[:^word:][:digit:][:^digit:]]\d\./`, `REQUEST_COOKIES:/(?P<n>A)\pL/`},
		"REMOTE_USER|&Remote_User":            {"ENV:remote_user", "&ENV:remote_user"},
		"IP:n|&session:x|USER|IP:/^a/|IP:/b/": {"TX:ip.n", "&TX:session.x", `TX:/^user\./`, `TX:/^ip\.a/`, `TX:/^ip\..*(?:b)/`},
	} {
		all, err := parseTargets(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var got []string
		for _, one := range all {
			got = append(got, one.persistent().String())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"ARGS|?": "it looks at ?, which", "SCRIPT_UID": "it looks at SCRIPT_UID, which Coraza does not have", "ARGS||TX": "cannot read target",
		"ARGS:": "cannot read target", "ARGS:'a": "a quote is not closed", "ARGS:'/a/": "a quote is not closed", "ARGS:'/": "a quote is not closed", "ARGS:'": "a quote is not closed",
	} {
		if _, err := parseTargets(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestOperator(t *testing.T) {
	for text, want := range map[string]string{
		"a b": "@rx a b", "@rx  a ": "@rx a", "!@streq": `!@rx \A\z`, "@streq ": `@rx \A\z`, "!a": "!@rx a", "!": "!@rx", "": "@rx", "@BEGINSWITH /a": "@beginsWith /a",
		"@pm\ta b": "@pm a b", " @rx a": "@rx @rx a", "! @contains a": "!@rx @contains a", "@unheardOf a": "@unheardOf a",
	} {
		if got := parseOperator(text).String(); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestMacros(t *testing.T) {
	got := ExpandMacros("a%{TX.A}b%{c}%{", func(name string) string { return "<" + name + ">" })
	if want := "a<tx.a>b<c>%{"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := MacrosOf("%{TX.1}%{remote_addr}x%{}"); fmt.Sprint(got) != "[tx.1 remote_addr ]" {
		t.Errorf("got %q", got)
	}
}
