package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/corazawaf/coraza/v3/experimental/plugins"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"

	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/rules"
)

// panicking is an operator that panics at one value.
type panicking struct{ at string }

func (o panicking) Evaluate(_ plugintypes.TransactionState, value string) bool {
	if value == o.at {
		panic("at " + value)
	}
	return false
}

func init() {
	plugins.RegisterOperator("panicsAt", func(o plugintypes.OperatorOptions) (plugintypes.Operator, error) {
		return panicking{o.Arguments}, nil
	})
	plugins.RegisterOperator("panicsAtStart", func(plugintypes.OperatorOptions) (plugintypes.Operator, error) { panic("at start") })
}

// rulesFile writes rules to a file.
func rulesFile(t testing.TB, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "own.conf")
	if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// bothWays runs a test with the screen and without it.
func bothWays(t *testing.T, text string, test func(t *testing.T, e *Engine)) {
	for name, mode := range map[string]ScreenMode{"screen": ScreenOn, "all rules": ScreenOff, "verified": ScreenVerify} {
		t.Run(name, func(t *testing.T) {
			cfg := config(rulesFile(t, text))
			cfg.Screen, cfg.CacheSize = mode, 1<<10
			test(t, newEngine(t, cfg))
		})
	}
}

// A rule at which Coraza panics costs that rule for that record, and no other rule nor record.
func TestRuleThatPanics(t *testing.T) {
	const evil = `SecRule ARGS "@rx evil" "id:100,phase:2,deny"` + "\n"
	ofMany := func(n int) (text string, all []int) {
		for id := 1; id <= n; id++ {
			text += fmt.Sprintf(`SecRule ARGS "@panicsAt x" "id:%d,phase:2,deny"`+"\n", id)
			all = append(all, id)
		}
		return text, all
	}
	most, all := ofMany(maxPanics)
	for name, c := range map[string]struct {
		rules  string
		tx     *mapping.Transaction
		panics []int
	}{
		"none":        {evil + `SecRule ARGS "@panicsAt x" "id:1,phase:2,deny"`, get("/?a=evil&b=y"), nil},
		"before":      {`SecRule ARGS "@panicsAt x" "id:1,phase:2,deny"` + "\n" + evil, get("/?a=evil&b=x"), []int{1}},
		"behind":      {evil + `SecRule ARGS "@panicsAt x" "id:1,phase:2,deny"`, get("/?a=evil&b=x"), []int{1}},
		"end":         {evil + `SecRule ARGS "@panicsAt x" "id:1,phase:5,deny"`, get("/?a=evil&b=x"), []int{1}},
		"in a chain":  {`SecRule ARGS "@rx evil" "id:1,phase:2,deny,chain"` + "\n" + `SecRule ARGS "@panicsAt x"` + "\n" + evil, get("/?a=evil&b=x"), []int{1}},
		"in a reader": {`SecRule ARGS "@panicsAt x" "id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=URLENCODED"` + "\n" + evil, post("application/x-www-form-urlencoded", "a=evil"), nil},
		"many":        {most + evil, get("/?a=evil&b=x"), all},
	} {
		if name == "in a reader" {
			c.tx.URI = "/?b=x"
			c.panics = []int{1}
		}
		t.Run(name, func(t *testing.T) {
			bothWays(t, c.rules, func(t *testing.T, e *Engine) {
				v := inspect(t, e, c.tx)
				if got := ids(v); !slices.Equal(got, []int{100}) || !v.Alarm {
					t.Errorf("rules %v matched, want 100", got)
				}
				var got []int
				for _, p := range v.Panics {
					got = append(got, p.Rule)
					if p.Text != "at x" {
						t.Errorf("the panic is %q", p.Text)
					}
				}
				if !slices.Equal(got, c.panics) {
					t.Errorf("panics of %v, want %v", got, c.panics)
				}
			})
		})
	}
	tooMany, _ := ofMany(maxPanics + 1)
	bothWays(t, tooMany+evil, func(t *testing.T, e *Engine) {
		_, err := e.Inspect(get("/?a=evil&b=x"))
		var p *RulePanic
		if !errors.As(err, &p) || p.Rule != maxPanics+1 {
			t.Errorf("got error %v", err)
		}
	})
}

// What panics at the start costs its directive, with a line that names it.
func TestDirectiveThatPanics(t *testing.T) {
	for name, c := range map[string]struct{ rules, want string }{
		"at its compilation": {`SecRule ARGS "@panicsAtStart" "id:1,phase:2,deny"`, "own.conf:1: rule 1: skipped: SecRule makes Coraza panic: panic: at start"},
		"whenever it runs":   {`SecRule REQUEST_METHOD "@panicsAt POST" "id:1,phase:1,deny"`, "own.conf:1: rule 1: skipped: Coraza panics when it runs: at POST"},
		"when it matches":    {`SecRule ARGS "@rx nothing" "id:1,phase:2,pass,nolog,chain"` + "\n" + `SecRule ARGS "@rx a" "setvar:'tx.a=%{JSON.a}'"`, "own.conf:1: rule 1: skipped: Coraza panics when it runs: runtime error: invalid memory address or nil pointer dereference"},
		"by its message":     {`SecRule ARGS "@rx nothing" "id:1,phase:2,deny,msg:'%{JSON.a}'"`, "own.conf:1: rule 1: skipped: Coraza panics when it runs: runtime error: invalid memory address or nil pointer dereference"},
	} {
		t.Run(name, func(t *testing.T) {
			bothWays(t, c.rules+"\n"+`SecRule ARGS "@rx evil" "id:2,phase:2,deny"`, func(t *testing.T, e *Engine) {
				var got []string
				for _, w := range e.Warnings() {
					w.File = filepath.Base(w.File)
					got = append(got, w.String())
				}
				if !slices.Equal(got, []string{c.want}) {
					t.Errorf("got  %q\nwant %q", got, c.want)
				}
				if v := inspect(t, e, get("/?a=evil")); !slices.Equal(ids(v), []int{2}) || len(v.Panics) > 0 {
					t.Errorf("%+v", v)
				}
			})
		})
	}
}

// A setvar without a value sets 1, and one with an exclamation mark removes: Coraza 3.8.1 panics at both.
func TestSetvarWithoutValue(t *testing.T) {
	for _, c := range []struct {
		name, setter string
		want         []int
	}{
		{"plain", `SecAction "id:1,phase:1,pass,nolog,setvar:tx.a"`, []int{11}},
		{"first", `SecAction "setvar:TX.a,id:1,phase:1,pass,nolog"`, []int{11}},
		{"quoted", `SecAction "id:1,phase:1,pass,nolog,setvar:'tx.a',t:none"`, []int{11}},
		{"spaced", `SecAction "id:1,phase:1,pass,nolog, setvar : tx.a , t:none"`, []int{11}},
		{"by a rule", `SecRule ARGS "@rx evil" "id:1,phase:1,pass,nolog,setvar:tx.a"`, []int{11}},
		{"with a value", `SecAction "id:1,phase:1,pass,nolog,setvar:tx.a=2"`, []int{12}},
		{"removed", `SecAction "id:1,phase:1,pass,nolog,setvar:tx.a=2,setvar:!tx.a"`, nil},
		{"by default", `SecDefaultAction "phase:1,pass,nolog,setvar:tx.a"` + "\n" + `SecRule ARGS "@rx evil" "id:1,phase:1"`, []int{11}},
		{"in a message", `SecAction "id:1,phase:1,pass,nolog,msg:'a, setvar:tx.a',setvar:tx.b=1"`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := c.setter + "\n" + `SecRule TX:a "@streq 1" "id:11,phase:2,deny,chain"` + "\n" + `SecRule ARGS "@rx evil"` + "\n" +
				`SecRule TX:a "@streq 2" "id:12,phase:2,deny,chain"` + "\n" + `SecRule ARGS "@rx evil"`
			bothWays(t, text, func(t *testing.T, e *Engine) {
				if v := inspect(t, e, get("/?a=evil")); !slices.Equal(ids(v), c.want) || len(v.Panics) > 0 {
					t.Errorf("rules %v matched, want %v; %+v", ids(v), c.want, v)
				}
			})
		})
	}
}

// SecRuleRemoveByMsg removes the rules before it whose message is exactly that one, whether or not others have none.
func TestRemoveByMessage(t *testing.T) {
	for _, c := range []struct {
		name, rules string
		want        []int
		warning     string
	}{
		{"the one", `SecRule ARGS "@rx evil" "id:1,phase:2,deny"` + "\n" + `SecRule ARGS "@rx evil" "id:2,phase:2,deny,msg:'An evil, sir'"` + "\nSecRuleRemoveByMsg \"An evil, sir\"", []int{1}, ""},
		{"all of that name", `SecRule ARGS "@rx evil" "id:1,phase:2,deny,msg:'m'"` + "\n" + `SecRule ARGS "@rx evil" "id:2,phase:2,deny,msg:m"` + "\n" + `SecRule ARGS "@rx evil" "id:3,phase:2,deny,msg:'M'"` + "\nSecRuleRemoveByMsg m", []int{3}, ""},
		{"not behind", `SecRule ARGS "@rx evil" "id:1,phase:2,deny,msg:'m'"` + "\nSecRuleRemoveByMsg m\n" + `SecRule ARGS "@rx evil" "id:2,phase:2,deny,msg:'m'"`, []int{2}, ""},
		{"not links", `SecRule ARGS "@rx evil" "id:1,phase:2,deny,chain"` + "\n" + `SecRule ARGS "@rx vil" "msg:'m'"` + "\nSecRuleRemoveByMsg m", []int{1}, `own.conf:3: SecRuleRemoveByMsg removes nothing: no rule before it has the message "m"`},
		{"the last message", `SecRule ARGS "@rx evil" "id:1,phase:2,deny,msg:'m',msg:'n'"` + "\nSecRuleRemoveByMsg n\nSecAction \"id:2,phase:1,log\"", []int{2}, ""},
		{"none", `SecRule ARGS "@rx evil" "id:1,phase:2,deny"` + "\nSecRuleRemoveByMsg 'm'", []int{1}, `own.conf:2: SecRuleRemoveByMsg removes nothing: no rule before it has the message "m"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			bothWays(t, c.rules, func(t *testing.T, e *Engine) {
				if v := inspect(t, e, get("/?a=evil")); !slices.Equal(ids(v), c.want) {
					t.Errorf("rules %v matched, want %v", ids(v), c.want)
				}
				var got []string
				for _, w := range e.Warnings() {
					w.File = filepath.Base(w.File)
					got = append(got, w.String())
				}
				if strings.Join(got, "\n") != c.warning {
					t.Errorf("warnings %q, want %q", got, c.warning)
				}
			})
		})
	}
}

// Whatever is in a rules file, its load fails with an error or succeeds, and so does the inspection with its rules.
func FuzzRules(f *testing.F) {
	for _, s := range []string{
		`SecRule ARGS|!ARGS:a|&REQUEST_HEADERS:/^x/|XML:/* "!@rx (a)" "id:1,phase:2,deny,capture,msg:'%{TX.0}',logdata:'%{MATCHED_VAR}',t:none,t:lowercase,setvar:tx.a=+1"`,
		"SecRule ARGS \"@pm a b\" \"id:1,phase:2,pass,chain\"\nSecRule TX:0 \"@within %{tx.a}\" \"setvar:tx.b\"",
		"SecAction \"id:1,phase:1,nolog,pass,setvar:!tx.a,skipAfter:END,ctl:ruleRemoveTargetById=1-9;ARGS:a\"\nSecMarker END",
		"SecDefaultAction \"phase:2,log,pass\"\nSecRuleRemoveByMsg \"m\"\nSecRuleRemoveByTag t\nSecRuleRemoveById 1 2-3",
		"SecRule ARGS \"@rx a\" \"id:1\"\nSecRuleUpdateTargetById 1 \"!ARGS:b,ARGS_NAMES\"\nSecRuleUpdateActionById 1 \"deny,setvar:tx.a\"\nSecRuleUpdateTargetByTag t ARGS",
		"SecDataset d `\na\nb\n`\nSecRule ARGS \"@pmFromDataset d\" \"id:1,skip:2\"\n<IfModule x>\nSecArgumentsLimit 1\n</IfModule>",
		`SecRule REQUEST_COOKIES:'/^a|b/'|JSON:a|TX:/x/ "@validateByteRange 1-255" "id:1,phase:'request',t:base64Decode,multiMatch,severity:'2',tag:'a,b'"`,
		`SecRule ARGS "@detectSensitive card" "id:1"` + "\n" + `SecRule ARGS "@ipMatch ::1/8" "id:2"` + "\n" + `SecRule DURATION "@gt %{GEO.a}" "id:3,log:'\'"`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lower := strings.ToLower(text)
		if strings.Contains(lower, "include") || strings.Contains(lower, "fromf") || strings.Contains(lower, "pmf") || strings.Contains(lower, "matchf") {
			return // files of the machine that fuzzes
		}
		if strings.Contains(lower, "panicsat") {
			return
		}
		cfg := config(rulesFile(t, text))
		cfg.Screen, cfg.CacheSize = ScreenOn, 64
		set, err := rules.Load(cfg.Rules)
		if err != nil {
			return
		}
		e, err := Compile(cfg, set)
		if err != nil {
			return
		}
		defer e.Close()
		for _, tx := range []*mapping.Transaction{&probed, get("/?a=b"), {}} {
			for _, f := range []func(*mapping.Transaction) (Verdict, error){e.Inspect, e.Evaluate} {
				_, err := f(tx)
				var p *RulePanic
				if errors.As(err, &p) {
					continue // more rules that panic than a record may cost
				}
				if err != nil && strings.Contains(err.Error(), "failed") {
					t.Error(err)
				}
			}
		}
	})
}
