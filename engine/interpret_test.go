package engine

import (
	"reflect"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/rules"
)

// interpreted is what the rules say of a transaction without Coraza, if they can be run so.
func interpreted(t *testing.T, e *Engine, tx *mapping.Transaction) (Verdict, bool) {
	t.Helper()
	s, err := e.screen(&shortened{Transaction: tx}, e.wholeReach())
	if err != nil {
		t.Fatal(err)
	}
	if !s.MayAlarm {
		t.Fatalf("%s is cleared", tx.URI)
	}
	return s.verdict, s.made
}

// What CRS and the packs leave is run without Coraza, with a body and without.
func TestInterpreter(t *testing.T) {
	attack := get("/a?q=1'+union+select+password+from+users--", mapping.Header{Name: "Cookie", Value: "a=<script>alert(1)</script>"})
	posted := get("/b", mapping.Header{Name: "Content-Type", Value: "application/json"})
	posted.Method, posted.RequestBody.Text = "POST", `{"a":{"b":["; cat /etc/passwd"]}}`
	posted.Status, posted.ResponseBody.Text = 500, "You have an error in your SQL syntax; check the manual"
	for level := 1; level <= 4; level++ {
		cfg := config(append([]string{rules.CRS}, rules.Packs...)...)
		cfg.Screen, cfg.CacheSize, cfg.ParanoiaLevel, cfg.Views, cfg.ScreenEvidence, cfg.LooseIsNote = ScreenOn, 1000, level, true, true, true
		e := newEngine(t, cfg)
		for _, tx := range []*mapping.Transaction{attack, posted} {
			got, made := interpreted(t, e, tx)
			want, err := e.evaluateAll(tx)
			if err != nil {
				t.Fatal(err)
			}
			if !made || !want.Alarm || brief(&got) != brief(&want) {
				t.Errorf("level %d, %s: made %v, got\n%s\nwant\n%s", level, tx.URI, made, brief(&got), brief(&want))
			}
		}
	}
}

// Rules that do what only Coraza can are left to it, and only where they match.
func TestInterpreterGivesUp(t *testing.T) {
	for _, c := range []struct {
		name, rules string
		made        bool
	}{
		{"nothing special", ``, true},
		{"an action that matches", `SecRule ARGS:a "@streq 1" "id:2,phase:2,pass,nolog,ctl:ruleEngine=Off"`, false},
		{"one that does not", `SecRule ARGS:a "@streq 2" "id:2,phase:2,pass,nolog,ctl:ruleEngine=Off"`, true},
		{"allow", `SecRule ARGS:a "@streq 1" "id:2,phase:2,nolog,allow"`, false},
		{"time", `SecRule TIME_YEAR "@ge 2000" "id:2,phase:2,pass,log"`, false},
		{"the rule's message", `SecRule ARGS:a "@streq 1" "id:2,phase:2,pass,log,msg:'m',setvar:'tx.x=%{rule.msg}',logdata:'%{tx.x}'"`, false},
		{"the body before it is read", `SecRule ARGS:a "@streq 1" "id:2,phase:1,pass,log,msg:'%{REQUEST_BODY}'"`, false},
		{"removal of a rule", `SecRule ARGS:a "@streq 1" "id:2,phase:1,pass,nolog,ctl:ruleRemoveById=1"`, true},
		{"removal of a target by a tag", `SecRule ARGS:a "@streq 1" "id:2,phase:1,pass,nolog,ctl:ruleRemoveTargetByTag=t;ARGS:q"`, true},
		{"a skip", `SecRule ARGS:a "@streq 1" "id:2,phase:2,pass,nolog,skip:1"`, true},
		{"what a negated pattern captures", `SecRule ARGS "!@rx ^(e)?v?" "id:2,phase:2,pass,nolog,capture"
SecRule TX:1 "@streq e" "id:4,phase:2,pass,log,msg:'%{TX.1}'"`, true},
		{"variables that a rule sets while it looks at them", `SecRule ARGS|TX:/^x/ "@rx ." "id:2,phase:2,pass,log,setvar:tx.x=1,setvar:tx.x2=1"`, true},
		{"a target that a rule takes from itself", `SecRule TX|ARGS "!@pm evil" "id:2,phase:2,pass,log,ctl:ruleRemoveTargetById=2;ARGS:a"`, true},
		{"what Coraza has remembered of a value", `SecRule ARGS:a "@streq 1" "id:2,phase:2,pass,nolog,chain"
SecRule MATCHED_VAR "@eq 1" "t:length"`, false},
		{"sums, and what can't be added", `SecRule ARGS:a "@streq 1" "id:2,phase:1,pass,nolog,setvar:tx.Two=2,setvar:tx.n=5,setvar:tx.n=+%{tx.two},setvar:tx.n=-1,setvar:tx.s=+%{TX.TWO},setvar:tx.t=abc,setvar:tx.t=+1,` +
			`setvar:tx.u=+%{tx.missing},setvar:tx.v=+x,setvar:'tx.w=%{tx.n}-%{tx.t}',setvar:tx.z=+,setvar:tx.y=-%{tx.t},setvar:tx.x=-%{MATCHED_VAR},setvar:tx.big=9223372036854775807,setvar:tx.big=+1"
SecRule ARGS:q "@rx e" "id:4,phase:2,pass,log,msg:'%{tx.n} %{tx.s} %{tx.t} %{tx.u} %{tx.v} %{tx.w}',logdata:'%{tx.z} %{tx.y} %{tx.x} %{tx.abc} %{tx.big} %{tx.none} %{REQUEST_METHOD} %{ARGS.q}'"`, true},
		{"a jump", `SecRule ARGS:a "@streq 1" "id:2,phase:2,pass,nolog,skipAfter:END"`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := config(file(t, "own.conf", strings.Join([]string{c.rules,
				`SecRule ARGS:q "@rx evil" "id:1,phase:2,deny,tag:t,capture,msg:'%{MATCHED_VAR_NAME}'"`, `SecMarker END`,
				`SecRule ARGS "@contains vil" "id:3,phase:2,deny,chain,msg:'m',logdata:'%{MATCHED_VAR} %{TX.0}'"`, `SecRule &ARGS "@ge 2" "t:none"`,
			}, "\n")))
			cfg.Screen, cfg.CacheSize, cfg.ScreenAnyMatch = ScreenOn, 1000, true
			e := newEngine(t, cfg)
			tx := get("/?a=1&q=evil")
			got, made := interpreted(t, e, tx)
			if made != c.made {
				t.Fatalf("made %v, want %v", made, c.made)
			}
			want, err := e.evaluateAll(tx)
			if err != nil {
				t.Fatal(err)
			}
			if made && !reflect.DeepEqual(got.Matches, want.Matches) {
				t.Errorf("got\n%s\nwant\n%s", brief(&got), brief(&want))
			}
			if v, err := e.Inspect(tx); err != nil || !reflect.DeepEqual(v.Matches, want.Matches) {
				t.Errorf("got %v\n%s\nwant\n%s", err, brief(&v), brief(&want))
			}
		})
	}
}

// Two equal cookies are looked at once each, with the screen and without.
func TestViewsOfEqualCookies(t *testing.T) {
	cfg := config(file(t, "own.conf", `SecRule ARGS "@rx <script>" "id:1,phase:2,deny"`))
	cfg.Screen, cfg.CacheSize, cfg.Views, cfg.ScreenAnyMatch = ScreenOn, 1000, true, true
	e := newEngine(t, cfg)
	tx := get("/", mapping.Header{Name: "Cookie", Value: "a=%253Cscript%253E; b=1"})
	v := inspect(t, e, tx)
	all, err := e.Evaluate(tx)
	if err != nil || len(v.Matches) == 0 || brief(&v) != brief(&all) {
		t.Errorf("%v, got\n%s\nand without the screen\n%s", err, brief(&v), brief(&all))
	}
}
