package reading

import (
	"strings"
	"testing"

	"github.com/corazawaf/coraza/v3"

	"github.com/modsecurity-for-anylog/msa/rules"
)

// differences of a rule in MSA's reading of one text and Coraza's of another.
func differences(t *testing.T, ours, theirs string) map[int]string {
	t.Helper()
	waf, err := coraza.NewWAF(coraza.NewWAFConfig().WithDirectives(theirs))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := rules.Parse("f.conf", ours)
	if err != nil {
		t.Fatal(err)
	}
	var all []*rules.Rule
	for _, d := range parsed {
		all = append(all, d.Rule)
	}
	got, err := Differences(waf, all)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestDifferences(t *testing.T) {
	const rule = `SecRule ARGS|!ARGS:a|&TX:/^B/ "!@rx x" "id:1,phase:2,log,pass,tag:'t',t:trim,capture,setvar:tx.a=1,chain"
SecRule TX:1 "@streq y" "multiMatch,t:lowercase"`
	for _, c := range []struct{ from, to, want string }{
		{"", "", ""},
		{"phase:2", "phase:1", "phase 1"},
		{"tag:'t'", "tag:'u'", `tags ["u"]`},
		{"log,", "nolog,", "logged false"},
		{"!@rx x", "@rx x", "operator @rx x"},
		{"!@rx x", "!@rx y", "operator !@rx y"},
		{"@streq y", "@contains y", "operator @contains y"},
		{"ARGS|!ARGS:a", "ARGS_GET", "target ARGS_GET:"},
		{"!ARGS:a|", "", "another exception of ARGS"},
		{"!ARGS:a", "!ARGS:b", "another exception of ARGS"},
		{"&TX:/^B/", "TX:/^B/", "target TX:/^b/"},
		{"/^B/", "/^c/", "target TX:/^c/"},
		{"|&TX:/^B/", "", "1 targets"},
		{"TX:1", "TX:2", "target TX:2"},
		{",t:lowercase", "", "0 transformations"},
		{"capture,", "", "actions [t setvar chain]"},
		{"multiMatch,", "", "actions [t]"},
		{",setvar:tx.a=1", ",setvar:tx.a=1,setvar:tx.b=1", "actions [t capture setvar setvar chain]"},
		{",chain\"\nSecRule TX:1 \"@streq y\" \"multiMatch,t:lowercase\"", "\"", "actions [t capture setvar]"},
	} {
		theirs := strings.Replace(rule, c.from, c.to, 1)
		if got := differences(t, rule, theirs)[1]; got != c.want {
			t.Errorf("%s: got %q, want %q", theirs, got, c.want)
		}
	}
}

// What is added to a rule afterwards is no difference, and neither is a rule that is removed.
func TestAddedAfterwards(t *testing.T) {
	const rule = `SecRule ARGS "@rx x" "id:1,phase:2,log,pass"` + "\n"
	for _, then := range []string{"", `SecRuleUpdateTargetById 1 "!ARGS:x"`, `SecRuleUpdateTargetById 1 "TX"`, "SecRuleRemoveById 1"} {
		if got := differences(t, rule, rule+then); len(got) > 0 {
			t.Errorf("%s: %v", then, got)
		}
	}
}
