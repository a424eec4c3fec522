package analysis

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/rules"
)

// load reads rules.
func load(t testing.TB, text string) []*rules.Directive {
	t.Helper()
	file := filepath.Join(t.TempDir(), "x.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := rules.Load([]string{file})
	if err != nil {
		t.Fatal(err)
	}
	return set.Directives
}

// planOf is the plan of rules that set variables of TX in every transaction.
func planOf(t testing.TB, text string, tx map[string]string) *Plan {
	t.Helper()
	plan, err := New(Config{Directives: load(t, text), TX: tx, Inbound: 5, Outbound: 4})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func TestRefused(t *testing.T) {
	for _, text := range []string{
		`SecRule ARGS "@rx a" "id:1,phase:2,pass,skipAfter:END"`,
		"SecMarker END\n" + `SecRule ARGS "@rx a" "id:1,phase:2,pass,skipAfter:END"`,
		`SecRule ARGS "@rx a" "id:1,phase:2,pass,setvar:tx.inbound_anomaly_score_threshold=%{tx.a}"`,
		`SecRule TIME_YEAR "@gt 2000" "id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=XML"`,
		`SecRule MATCHED_VAR "@streq a" "id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=XML"`,
		`SecRule UNIQUE_ID "@rx a" "id:1,phase:1,pass,nolog,setvar:tx.a=1"` + "\n" + `SecRule TX:a "@eq 1" "id:2,phase:1,pass,nolog,ctl:requestBodyAccess=Off"`,
	} {
		if _, err := New(Config{Directives: load(t, text)}); err == nil {
			t.Errorf("taken: %s", text)
		}
	}
	const skips = `SecAction "id:1,phase:2,pass,nolog,skipAfter:END"` + "\n" + `SecRule ARGS "@rx a" "id:2,phase:2,deny,tag:'t'"` + "\nSecMarker END\n"
	for _, c := range []struct {
		rules, removed, want string
	}{
		{skips, "1", "cannot screen these rules: exclude 1 removes rule 1, but not all those that it skips"},
		{skips, "1-2", ""},
		{skips, "t", ""},
		{skips, "*", ""},
		{skips + "SecRuleRemoveById 1", "", ""}, // it is not there then
		{`SecRule ARGS "@rx x" "id:3,phase:1,pass,nolog,ctl:ruleRemoveById=1"` + "\n" + skips, "", "rule 3: ctl:ruleRemoveById=1 removes rule 1, but not"},
		{skips + `SecRule ARGS "@rx x" "id:3,phase:2,pass,nolog,ctl:ruleRemoveById=1"`, "", ""},
	} {
		cfg := Config{Directives: load(t, c.rules)}
		if c.removed != "" {
			cfg.Removed = []string{c.removed}
		}
		if _, err := New(cfg); c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q without %q: %v", c.rules, c.removed, err)
		}
	}
	if _, err := New(Config{Directives: load(t, `SecRule ARGS "@rx a" "id:1,phase:2,pass"`+"\n"+`SecRuleUpdateTargetById 1 "!ARGS:x"`)}); err != nil {
		t.Error(err)
	}
}

func TestOpen(t *testing.T) {
	plan := planOf(t, `SecRule ARGS "@geoLookup" "id:1,phase:2,block,setvar:tx.anomaly_score=+5"`, nil)
	if open := plan.Unjudged; len(open) != 1 || open[0].Rule != 1 || open[0].Reason != "its operator @geolookup can't be judged" {
		t.Errorf("got %v", open)
	}
}

func TestString(t *testing.T) {
	plan := planOf(t, `SecAction "id:1,phase:1,pass,nolog,setvar:tx.limit=7"
SecRule REQUEST_HEADERS:Content-Type "@contains shop" "id:2,phase:1,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule ARGS "@rx evil" "id:3,phase:2,pass,t:lowercase,setvar:tx.anomaly_score=+5,setvar:tx.seen=1"
SecRule TX:seen "@eq 1" "id:4,phase:2,deny"
SecRule &ARGS "@gt %{tx.limit}" "id:5,phase:2,deny"
SecRule ARGS "@rx (evil)" "id:6,phase:2,deny,capture,chain"
    SecRule TX:1 "@streq a"
SecRule TIME "@rx 1" "id:7,phase:2,deny"
SecRule REQUEST_URI "@beginsWith /api" "id:8,phase:1,pass,nolog,ctl:ruleRemoveTargetById=3;ARGS:a"`, map[string]string{"limit": "7"})
	const want = `an alert needs a score of 5, or 4 of the answer
rule 3, 5 for each value that matches
    ARGS @rx evil after lowercase; a value must have "evil"
rule 4, alarms by itself
    TX:seen @eq 1; one of the rules 3 must match
rule 5, alarms by itself
    &ARGS @gt %{tx.limit}; counted
rule 6, alarms by itself
    ARGS @rx (evil), then TX:1 @streq a; a value must have "evil"
rule 7, alarms by itself
    TIME @rx 1; taken for fulfilled
rule 8 only takes something from 3
rule 7 can't be judged: it looks at TIME
never needed: 1
set before: tx.limit=7
run first, as they say how bodies are read: 2
`
	if got := plan.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
