package engine_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// ownRulesCase has rules that a user may write, before those of CRS or without them.
type ownRulesCase struct {
	name, rules string
	exclude     []string
	crs         bool
	pl          int // 0 is 1
	tx          mapping.Transaction
}

// get is a plain request; a mapping excludes some rules for it.
func get(uri string, exclude ...string) mapping.Transaction {
	return mapping.Transaction{
		Method: "GET", URI: uri, Protocol: "HTTP/1.1", Status: 200, Exclude: exclude,
		RequestHeaders: []mapping.Header{{Name: "Host", Value: "shop.example"}, {Name: "User-Agent", Value: "Mozilla/5.0"}, {Name: "Accept", Value: "*/*"}},
	}
}

func but(t mapping.Transaction, change func(*mapping.Transaction)) mapping.Transaction {
	change(&t)
	return t
}

// Whatever rules do to other rules, with the screen they find what they find without it, word by word.
func TestScreenOnOwnRules(t *testing.T) {
	for _, c := range rulesOfOwn() {
		t.Run(c.name, func(t *testing.T) {
			if testing.Short() && c.crs {
				t.Skip("takes time")
			}
			file := filepath.Join(t.TempDir(), "own.conf")
			for name, text := range map[string]string{file: c.rules + "\n", filepath.Join(filepath.Dir(file), "names.data"): "other\n"} {
				if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			rules := []string{file}
			if c.crs {
				rules = append(rules, "crs")
			}
			e, err := engine.New(engine.Config{Rules: rules, ParanoiaLevel: max(c.pl, 1), InboundThreshold: 5, OutboundThreshold: 4,
				BodyLimit: 128 << 10, Screen: engine.ScreenOn, CacheSize: 1 << 10, Exclude: c.exclude})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			off, err := e.Evaluate(&c.tx)
			if err != nil {
				t.Fatal(err)
			}
			on, err := e.Inspect(&c.tx)
			if err != nil {
				t.Fatal(err)
			}
			if on.Screened == engine.ScreenCleared {
				if off.Alarm {
					t.Errorf("cleared, and without the screen rules %d alarm", off.RuleIDs())
				}
				return
			}
			if !reflect.DeepEqual(on, off) {
				t.Errorf("with the screen\n%+v\nwithout\n%+v", on, off)
			}
		})
	}
}

func rulesOfOwn() []ownRulesCase {
	chainLevel := "SecRule ARGS \"@rx evil\" \"id:1,phase:2,deny,setvar:tx.a=1,chain\"\nSecRule TX:blocking_paranoia_level \"@ge 2\"\n"
	json := func(body string, ex ...string) mapping.Transaction {
		t := get("/api", ex...)
		t.Method = "POST"
		t.RequestHeaders = append(t.RequestHeaders, mapping.Header{Name: "Content-Type", Value: "application/json"}, mapping.Header{Name: "Content-Length", Value: "20"})
		t.RequestBody = mapping.Body{Text: body}
		return t
	}
	host := func(t mapping.Transaction) mapping.Transaction { t.RequestHeaders[0].Value = "10.1.2.3"; return t }
	return []ownRulesCase{
		{name: "pmFromFile of TX skips", rules: `SecAction "id:5,phase:1,pass,nolog,setvar:tx.site=shop"` + "\n" + `SecRule TX:site "@pmFromFile names.data" "id:6,phase:2,pass,nolog,skipAfter:END"` + "\n" + `SecRule ARGS "@rx evil" "id:7,phase:2,deny"` + "\nSecMarker END", tx: get("/?x=evil")},
		{name: "captures of a long match behind those of another rule", rules: `SecRule ARGS:a "@rx ^(b+)c$" "id:5,phase:2,log,capture,chain"` + "\n" + `SecRule ARGS:z "@streq 1"` + "\n" +
			`SecRule ARGS:long "@rx ^(x+)=" "id:6,phase:2,log,capture,chain"` + "\n" + `SecRule TX:1 "@streq bb"`, tx: get("/?a=bbc&long=" + strings.Repeat("x", 5<<10) + "=")},
		{name: "setter silent by default action, mapping excludes it", crs: true,
			rules: `SecDefaultAction "phase:1,nolog,pass"` + "\n" + `SecAction "id:900200,phase:1,pass,t:none,setvar:'tx.allowed_methods=GET HEAD POST OPTIONS PUT'"`,
			tx:    but(get("/x", "900200"), func(t *mapping.Transaction) { t.Method = "PUT" })},
		{name: "mapping excludes reader-first setter", crs: true,
			rules: `SecRule TX:allowed_methods "@contains PUT" "id:10,phase:1,pass,nolog"` + "\n" + `SecAction "id:900200,phase:1,pass,t:none,nolog,setvar:'tx.allowed_methods=GET HEAD POST OPTIONS PUT'"`,
			tx:    but(get("/x", "900200"), func(t *mapping.Transaction) { t.Method = "PUT" })},
		{name: "range of one and of left out", rules: `SecRule TX:paranoia_level "@ge 3" "id:5,phase:2,pass,nolog"` + "\nSecRuleUpdateTargetById 5-5 \"!TX:x\"\n" + `SecRule ARGS "@rx vil" "id:6,phase:2,pass,log,msg:'m'"`, tx: get("/?x=evil")},
		{name: "setvar removal", rules: `SecAction "id:5,phase:2,pass,nolog,setvar:!tx.x"` + "\n" + `SecRule ARGS "@rx vil" "id:6,phase:2,pass,log,msg:'m'"`, tx: get("/?x=evil")},
		{name: "home page first, args limit", crs: true,
			rules: `SecRule REQUEST_FILENAME "@streq /" "id:10,phase:1,pass,t:none,nolog,ctl:ruleRemoveByTag=OWASP_CRS"` + "\n" + `SecAction "id:900300,phase:1,pass,t:none,nolog,tag:'OWASP_CRS',setvar:tx.max_num_args=2"`, tx: get("/x?a=1&b=2&c=3")},
		{name: "home page alone, crs only, sql", crs: true,
			rules: `SecRule REQUEST_FILENAME "@streq /" "id:10,phase:1,pass,t:none,nolog,ctl:ruleRemoveByTag=OWASP_CRS"`, tx: get("/x?a=1'+or+1=1--")},
		{name: "home page by exclusion of setup, utf8", crs: true,
			rules: `SecRule REQUEST_URI "@streq /" "id:10,phase:1,pass,t:none,nolog,ctl:ruleEngine=Off"` + "\n" + `SecAction "id:900950,phase:1,pass,t:none,nolog,tag:'OWASP_CRS',setvar:tx.crs_validate_utf8_encoding=1"`, tx: host(get("/x?a=%ff%fe"))},
		{name: "GET / removed by id range 900000-999999", crs: true,
			rules: `SecRule REQUEST_URI "@streq /" "id:10,phase:1,pass,t:none,nolog,ctl:ruleRemoveById=900000-999999"`, tx: host(get("/x?a=<script>"))},
		{name: "no user agent removes CRS", crs: true,
			rules: `SecRule &REQUEST_HEADERS:User-Agent "@eq 0" "id:10,phase:1,pass,t:none,nolog,ctl:ruleRemoveByTag=OWASP_CRS"`, tx: host(get("/x?a=<script>"))},
		{name: "PL2 exclude 920540 JSON missed alert", crs: true, pl: 2, exclude: []string{"920540"}, tx: host(json(`{"a":"%25%41"}`))},
		{name: "home page without CRS, args limit", crs: true,
			rules: `SecAction "id:900300,phase:1,pass,t:none,nolog,tag:'OWASP_CRS',setvar:tx.max_num_args=2"` + "\n" + `SecRule REQUEST_FILENAME "@streq /" "id:10,phase:1,pass,t:none,nolog,ctl:ruleRemoveByTag=OWASP_CRS"`, tx: get("/x?a=1&b=2&c=3")},
		{name: "GET is not inspected, phase 2 setting",
			rules: `SecRule REQUEST_METHOD "@rx ^(?:GET|HEAD)$" "id:10,phase:1,pass,t:none,nolog,ctl:ruleEngine=Off"` + "\n" + `SecAction "id:11,phase:2,pass,t:none,nolog,setvar:tx.level=2"` + "\n" + "SecRule TX:level \"@ge 2\" \"id:12,phase:2,deny,chain\"\nSecRule ARGS \"@rx evil\"", tx: but(get("/x?a=evil"), func(t *mapping.Transaction) { t.Method = "POST" })},
		{name: "GET is not inspected, a message of what phase 2 sets",
			rules: `SecRule REQUEST_METHOD "@rx ^(?:GET|HEAD)$" "id:10,phase:1,pass,t:none,nolog,ctl:ruleEngine=Off"` + "\n" + `SecAction "id:11,phase:2,pass,t:none,nolog,setvar:tx.note=hello"` + "\n" + `SecRule ARGS "@rx evil" "id:12,phase:2,deny,msg:'%{tx.note}'"`, tx: but(get("/x?a=evil"), func(t *mapping.Transaction) { t.Method = "POST" })},
		{name: "home page without CRS, reporting level", crs: true,
			rules: `SecAction "id:900115,phase:1,pass,t:none,nolog,tag:'OWASP_CRS',setvar:tx.reporting_level=1"` + "\n" + `SecRule REQUEST_FILENAME "@streq /" "id:10,phase:1,pass,t:none,nolog,ctl:ruleRemoveByTag=OWASP_CRS"`, tx: host(get("/x?a=1'+or+1=1--&b=<script>"))},
		{name: "a rule that another asks about before it counts",
			rules: "SecRule ARGS \"@rx evil\" \"id:1,phase:2,deny,chain\"\nSecRule TX:seen \"@eq 1\" \"chain\"\nSecRule REQUEST_METHOD \"@streq POST\"\n" + `SecRule ARGS "@rx vil" "id:2,phase:2,deny,setvar:tx.seen=1"`, tx: get("/?x=evil")},
		{name: "a rule that has a say in bodies skips others",
			rules: `SecRule REQUEST_METHOD "@streq POST" "id:1,phase:1,pass,nolog,skipAfter:END,ctl:forceRequestBodyVariable=On"` + "\nSecMarker END\n" + `SecRule RESPONSE_CONTENT_LENGTH "@eq 4" "id:2,phase:4,deny"`,
			tx:    but(json("{}"), func(t *mapping.Transaction) { t.Status, t.ResponseBody.Text = 200, "evil" })},
		{name: "exclude range with skip", crs: true, pl: 2, rules: "SecRuleRemoveById 920540", tx: host(json(`{"a":"%25%41"}`))},
		{name: "ctl range by path", crs: true, pl: 2, rules: `SecRule REQUEST_FILENAME "@beginsWith /api" "id:10,phase:1,pass,t:none,nolog,ctl:ruleRemoveById=920540"`, tx: host(json(`{"a":"%25%41"}`))},
		{name: "tagged chain whose level is the second link",
			rules: "SecRule REQUEST_HEADERS:User-Agent \"@rx curl\" \"id:1,phase:1,log,pass,setvar:tx.bot=1,chain\"\nSecRule TX:paranoia_level \"@ge 2\"\n" + "SecRule TX:bot \"@eq 1\" \"id:2,phase:2,deny,chain\"\nSecRule REQUEST_URI \"@rx login\"", tx: but(get("/login"), func(t *mapping.Transaction) { t.RequestHeaders[1].Value = "curl/8" })},
		{name: "CRS PL1 exclude 920540 JSON", crs: true, exclude: []string{"920540"}, tx: json(`{"a":"x\u0001y"}`)},
		{name: "CRS PL1 mapping exclude 920540 JSON", crs: true, tx: json(`{"a":"x\u0001y"}`, "920540")},
		{name: "CRS PL1 mapping exclude 920540 JSON sql", crs: true, tx: json(`{"a":"x\u0001y","b":"1' or 1=1--"}`, "920540")},
		{name: "CRS PL2 exclude 920540 JSON", crs: true, pl: 2, exclude: []string{"920540"}, tx: json(`{"a":"%41%42"}`)},
		{name: "CRS PL2 exclude 920540 JSON sql", crs: true, pl: 2, exclude: []string{"920540"}, tx: json(`{"a":"%25%41","b":"1' or 1=1--"}`)},
		{name: "CRS PL2 mapping exclude 920540 JSON sql", crs: true, pl: 2, tx: json(`{"a":"%25%41","b":"1' or 1=1--"}`, "920540")},
		{name: "CRS PL2 ctl removes 920540 JSON sql", crs: true, pl: 2, rules: `SecRule REQUEST_FILENAME "@beginsWith /api" "id:10,phase:1,pass,nolog,t:none,ctl:ruleRemoveById=920540"`, tx: json(`{"a":"%25%41","b":"1' or 1=1--"}`)},
		{name: "threshold lower in crs-setup", crs: true, rules: `SecAction "id:900110,phase:1,pass,t:none,nolog,setvar:tx.inbound_anomaly_score_threshold=3"`, tx: but(get("/"), func(t *mapping.Transaction) { t.RequestHeaders[0].Value = "10.1.2.3" })},
		{name: "exclude 900200@/public, PUT", crs: true, exclude: []string{"900200@/public"},
			rules: `SecAction "id:900200,phase:1,pass,t:none,nolog,setvar:'tx.allowed_methods=GET HEAD POST OPTIONS PUT'"`,
			tx:    but(get("/public/x"), func(t *mapping.Transaction) { t.Method = "PUT" })},
		{name: "ctl removes 900200 by path, PUT", crs: true,
			rules: `SecRule REQUEST_FILENAME "@beginsWith /public" "id:10,phase:1,pass,t:none,nolog,ctl:ruleRemoveById=900200"` + "\n" + `SecAction "id:900200,phase:1,pass,t:none,nolog,setvar:'tx.allowed_methods=GET HEAD POST OPTIONS PUT'"`,
			tx:    but(get("/public/x"), func(t *mapping.Transaction) { t.Method = "PUT" })},
		{name: "mapping excludes a static setter that is not preset", crs: true, exclude: []string{"900200@/public"},
			rules: `SecAction "id:900200,phase:1,pass,t:none,nolog,setvar:'tx.allowed_methods=GET HEAD POST OPTIONS PUT'"`,
			tx:    but(get("/x", "900200"), func(t *mapping.Transaction) { t.Method = "PUT" })},
		{name: "rule before CRS looks at what CRS sets later", crs: true,
			rules: `SecRule REQUEST_METHOD "!@within %{tx.allowed_methods}" "id:10,phase:1,deny,t:none,log,msg:'method'"`,
			tx:    get("/x")},
		{name: "macro in operand set again later",
			rules: `SecAction "id:1,phase:1,pass,nolog,setvar:tx.max=10"` + "\n" + `SecRule ARGS:n "@gt %{tx.max}" "id:2,phase:2,deny"` + "\n" + `SecAction "id:3,phase:3,pass,nolog,setvar:tx.max=100"`,
			tx:    get("/?n=50")},
		{name: "head of a chain that never matches sets", rules: chainLevel + `SecRule TX:a "@eq 1" "id:2,phase:2,deny"`, tx: get("/?x=evil")},
		{name: "skip:1 over a marker", rules: `SecRule ARGS "@rx x" "id:1,phase:2,pass,nolog,skip:1"` + "\nSecMarker END\n" + `SecRule ARGS "@rx evil" "id:2,phase:2,deny"`, tx: get("/?a=xevil")},
		{name: "skip:2 over a marker", rules: `SecRule ARGS "@rx x" "id:1,phase:2,pass,nolog,skip:2"` + "\n" + `SecRule ARGS "@rx y" "id:3,phase:2,deny"` + "\nSecMarker END\n" + `SecRule ARGS "@rx evil" "id:2,phase:2,deny"`, tx: get("/?a=xevil")},
		{name: "skip:1 with an excluded rule", rules: `SecRule ARGS "@rx x" "id:1,phase:2,pass,nolog,skip:1"` + "\n" + `SecRule ARGS "@rx y" "id:2,phase:2,deny"` + "\n" + `SecRule ARGS "@rx foo" "id:3,phase:2,deny"` + "\n" + `SecRule ARGS "@rx evil" "id:4,phase:2,deny"`, tx: get("/?a=xevil", "2")},
		{name: "skip:1 with a rule that one of the same phase removes", rules: `SecRule ARGS "@rx x" "id:5,phase:2,pass,nolog,ctl:ruleRemoveById=2"` + "\n" + `SecRule ARGS "@rx x" "id:1,phase:2,pass,nolog,skip:1"` + "\n" + `SecRule ARGS "@rx y" "id:2,phase:2,deny"` + "\n" + `SecRule ARGS "@rx foo" "id:3,phase:2,deny"` + "\n" + `SecRule ARGS "@rx evil" "id:4,phase:2,deny"`, tx: get("/?a=xevil")},
		{name: "marker before the rule", rules: "SecMarker M\n" + `SecRule ARGS_GET "@rx x" "id:1,phase:1,pass,nolog,skipAfter:M"` + "\n" + `SecRule ARGS "@rx evil" "id:2,phase:2,deny"`, tx: get("/?a=xevil")},
		{name: "missing marker, other phase static", rules: `SecRule ARGS_GET "@rx x" "id:1,phase:1,log,pass,msg:'m',skipAfter:M"` + "\n" + `SecAction "id:2,phase:2,pass,nolog,setvar:tx.anomaly_score=7"`, tx: get("/?a=x")},
		{name: "TX as a whole", rules: `SecRule ARGS "@rx evil" "id:1,phase:2,pass,nolog,setvar:tx.a=%{matched_var}"` + "\n" + `SecRule TX "@rx evil" "id:2,phase:2,deny"`, tx: get("/?x=evil")},
		{name: "TX pattern of captures", rules: `SecRule ARGS "@rx (evil)" "id:1,phase:2,pass,nolog,capture"` + "\n" + `SecRule TX:/^1$/ "@rx evil" "id:2,phase:2,deny"`, tx: get("/?x=evil")},
		{name: "capital class in a positive pattern", rules: `SecRule REQUEST_COOKIES:/^id\D/ "@rx evil" "id:1,phase:2,deny"`, tx: but(get("/"), func(t *mapping.Transaction) {
			t.RequestHeaders = append(t.RequestHeaders, mapping.Header{Name: "Cookie", Value: "id1=evil"})
		})},
		{name: "negated capture in last link", rules: `SecRule ARGS "!@rx ^(evil)$" "id:1,phase:2,pass,log,msg:'x',capture"` + "\n" + `SecRule TX:1 "@streq evil" "id:2,phase:2,deny"`, tx: get("/?x=evil")},
		{name: "fewer groups", rules: "SecRule ARGS \"@rx (e)(v)(il)\" \"id:1,phase:2,deny,capture,chain\"\nSecRule ARGS \"@rx foo\"\n" + `SecRule ARGS "@rx (vil)" "id:2,phase:2,deny,capture,logdata:'%{TX.3}'"`, tx: get("/?x=evil")},
		{name: "rule.logdata stale", rules: "SecRule ARGS \"@rx (evil)\" \"id:1,phase:2,deny,capture,chain\"\nSecRule ARGS \"@rx foo\"\n" + `SecRule ARGS "@rx vil" "id:2,phase:2,deny,capture,logdata:'Matched Data: %{TX.0} found within %{MATCHED_VAR_NAME}',setvar:'tx.d=%{rule.logdata}'"` + "\n" + `SecRule TX:d "@rx ." "id:3,phase:2,deny,msg:'%{TX.d}'"`, tx: get("/?x=evil")},
		{name: "rule.msg stale matched var", rules: `SecRule REQUEST_URI "@rx ." "id:7,phase:1,pass,nolog,setvar:tx.q=1"` + "\n" + `SecAction "id:1,phase:2,pass,nolog,setvar:tx.z=1"` + "\n" + `SecRule ARGS "@rx vil" "id:2,phase:2,deny,msg:'at %{MATCHED_VAR_NAME}',setvar:'tx.d=%{rule.msg}'"` + "\n" + `SecRule TX:d "@rx ." "id:3,phase:2,deny,msg:'%{TX.d}'"`, tx: get("/?x=evil")},
		{name: "MATCHED_VAR in a head", rules: "SecRule ARGS \"@rx evil\" \"id:1,phase:2,deny,chain\"\nSecRule ARGS \"@rx foo\"\n" + `SecRule MATCHED_VAR "@rx evil" "id:2,phase:2,deny"`, tx: get("/?x=evil")},
		{name: "HIGHEST_SEVERITY of a SecAction", rules: `SecAction "id:1,phase:1,pass,nolog,severity:2,setvar:tx.a=1"` + "\n" + `SecRule HIGHEST_SEVERITY "@le 3" "id:2,phase:2,deny"`, tx: get("/?x=evil")},
		{name: "default action sets", rules: `SecDefaultAction "phase:2,log,pass,setvar:tx.hits=+1"` + "\n" + `SecAction "id:1,phase:2,pass,nolog,setvar:tx.a=1"` + "\n" + `SecRule TX:hits "@ge 1" "id:2,phase:2,deny"` + "\n" + `SecRule ARGS "@rx evil" "id:3,phase:2,deny,logdata:'%{tx.hits}'"`, tx: get("/?x=evil")},
		{name: "nolog,log", rules: `SecRule ARGS "@rx evil" "id:1,phase:2,nolog,pass,log"`, tx: get("/?x=evil")},
		{name: "quoted value first", rules: `SecAction "id:1,phase:1,pass,nolog,setvar:'tx.fmt=\"none\"'"` + "\n" + `SecRule ARGS "@rx good" "id:2,phase:2,pass,nolog,setvar:'tx.fmt=evil'"` + "\n" + `SecRule TX:fmt "@contains none" "id:3,phase:2,deny"`, tx: get("/?x=evil")},
		{name: "quoted value single", rules: `SecAction "id:1,phase:1,pass,nolog,setvar:tx.fmt='none'"` + "\n" + `SecRule ARGS "@rx good" "id:2,phase:2,pass,nolog,setvar:'tx.fmt=evil'"` + "\n" + `SecRule TX:fmt "@contains none" "id:3,phase:2,deny"`, tx: get("/?x=evil")},
		{name: "escaped quote", rules: `SecAction "id:1,phase:1,pass,nolog,setvar:'tx.fmt=no\'ne'"` + "\n" + `SecRule ARGS "@rx good" "id:2,phase:2,pass,nolog,setvar:'tx.fmt=evil'"` + "\n" + `SecRule TX:fmt "@contains no" "id:3,phase:2,deny"`, tx: get("/?x=evil")},
		{name: "idle chain sets in between", rules: `SecAction "id:1,phase:1,pass,nolog,setvar:tx.a=1"` + "\n" + "SecRule TX:a \"@eq 1\" \"id:3,phase:1,deny,chain\"\nSecRule ARGS_GET \"@rx evil\"\n" + "SecRule TX:paranoia_level \"@eq 1\" \"id:2,phase:1,pass,nolog,setvar:tx.a=2,chain\"\nSecRule TX:paranoia_level \"@eq 9\"\n" + `SecRule TX:a "@eq 2" "id:4,phase:2,pass,log,msg:'two'"`, tx: get("/?x=evil")},
		{name: "ctl takes TX target of a skipper", rules: `SecRule REQUEST_URI "@rx evil" "id:1,phase:1,pass,nolog,ctl:ruleRemoveTargetById=2;TX:paranoia_level"` + "\n" + `SecRule TX:paranoia_level "@lt 2" "id:2,phase:2,pass,nolog,skipAfter:END"` + "\n" + `SecRule ARGS "@rx evil" "id:3,phase:2,deny"` + "\nSecMarker END", tx: get("/?x=evil")},
		{name: "update takes TX target of a skipper", rules: `SecRule TX:paranoia_level "@lt 2" "id:2,phase:2,pass,nolog,skipAfter:END"` + "\n" + `SecRule ARGS "@rx evil" "id:3,phase:2,deny"` + "\nSecMarker END\nSecRuleUpdateTargetById 2 \"!TX:paranoia_level\"", tx: get("/?x=evil")},
		{name: "ctl engine on, allow request", rules: `SecRule REQUEST_URI "@beginsWith /x" "id:1,phase:1,pass,nolog,ctl:ruleEngine=On"` + "\n" + `SecRule REQUEST_URI "@beginsWith /x" "id:2,phase:1,allow:request,nolog"` + "\n" + `SecAction "id:3,phase:1,pass,nolog,setvar:tx.a=1"` + "\n" + "SecRule TX:a \"@eq 1\" \"id:4,phase:3,deny\"", tx: get("/x")},
		{name: "all matched values beside the last", rules: `SecRule ARGS:a "@rx ." "id:1,phase:2,deny,log,chain"` + "\n" + `SecRule MATCHED_VARS "!@rx %{MATCHED_VAR}"`, tx: get("/?a=x&a=y")},
		{name: "all matched values beside the last one's captures", rules: `SecRule ARGS:a "@rx ^(.)" "id:1,phase:2,deny,log,capture,chain"` + "\n" + `SecRule MATCHED_VARS "!@beginsWith %{TX.1}"`, tx: get("/?a=x&a=y")},
		{name: "what the last value sets, and all that matched", rules: `SecRule ARGS:a "@rx ." "id:1,phase:2,deny,log,setvar:tx.z=%{MATCHED_VAR},chain"` + "\n" + `SecRule TX:z "@streq y" "chain"` + "\n" + `SecRule MATCHED_VARS "@streq x"`, tx: get("/?a=x&a=y")},
		{name: "the last value, and all that matched", rules: `SecRule ARGS:a "@rx (.)" "id:1,phase:2,deny,log,chain"` + "\n" + `SecRule MATCHED_VAR "@streq y" "chain"` + "\n" + `SecRule MATCHED_VARS "@streq x"`, tx: get("/?a=x&a=y")},
		{name: "the last of several readings of a match", rules: `SecRule ARGS:a "@rx ." "id:1,phase:2,deny,log,chain"` + "\n" + `SecRule MATCHED_VAR "@rx ." "multiMatch,t:lowercase,chain"` + "\n" + `SecRule MATCHED_VAR "@streq ab"`, tx: get("/?a=AB")},
		{name: "the last of several variables that match", rules: `SecRule ARGS:a "@rx ." "id:1,phase:2,deny,log,setvar:tx.z1=x,setvar:tx.z2=y,chain"` + "\n" + `SecRule TX:/^z/ "@rx ." "chain"` + "\n" + `SecRule MATCHED_VAR "@streq y"`, tx: get("/?a=AB")},
		{name: "captures of the last of several variables", rules: `SecRule ARGS:a "@rx ." "id:1,phase:2,deny,log,setvar:tx.z1=x,setvar:tx.z2=y,chain"` + "\n" + `SecRule TX:z1|TX:z2 "@rx (.)" "capture,chain"` + "\n" + `SecRule TX:1 "@streq y"`, tx: get("/?a=AB")},
		{name: "all matched values of the links before", rules: `SecRule ARGS:a "@rx ." "id:1,phase:2,deny,log,chain"` + "\n" + `SecRule ARGS:b "@rx ." "chain"` + "\n" + `SecRule MATCHED_VARS "@streq 7"`, tx: get("/?a=7&b=1")},
		{name: "the last match where it is not known", rules: `SecRule ARGS:a "@rx ." "id:1,phase:2,deny,log,setvar:tx.k=+1,chain"` + "\n" + `SecRule TX:k "@ge 1" "chain"` + "\n" + `SecRule MATCHED_VAR "@streq 1"`, tx: get("/?a=AB")},
		{name: "captures of what is not known", rules: `SecRule ARGS:a "@rx (A)" "id:1,phase:2,deny,log,capture,setvar:tx.k=+1,chain"` + "\n" + `SecRule TX:k "@rx (1)" "capture,chain"` + "\n" + `SecRule TX:1 "@streq 1"`, tx: get("/?a=AB")},
		{name: "score for each variable that a link matches", rules: `SecRule ARGS:a "@rx ." "id:1,phase:2,pass,nolog,setvar:tx.z1=x,setvar:tx.z2=y,chain"` + "\n" + `SecRule TX:/^z/ "@rx ." "setvar:tx.anomaly_score=+3"` + "\n" + `SecRule TX:ANOMALY_SCORE "@ge %{tx.inbound_anomaly_score_threshold}" "id:9,phase:2,deny,log"`, tx: get("/?a=AB")},
		{name: "score for each reading of a match", rules: `SecRule ARGS:a "@rx ." "id:1,phase:2,pass,nolog,chain"` + "\n" + `SecRule MATCHED_VAR "@rx ." "multiMatch,t:lowercase,setvar:tx.anomaly_score=+3"` + "\n" + `SecRule TX:ANOMALY_SCORE "@ge %{tx.inbound_anomaly_score_threshold}" "id:9,phase:2,deny,log"`, tx: get("/?a=AB")},
		{name: "score for a value that two links have matched", rules: `SecRule ARGS:a "@rx ." "id:1,phase:2,pass,nolog,chain"` + "\n" + `SecRule MATCHED_VARS "@rx ." "chain"` + "\n" + `SecRule MATCHED_VARS "@rx ." "setvar:tx.anomaly_score=+3"` + "\n" + `SecRule TX:ANOMALY_SCORE "@ge %{tx.inbound_anomaly_score_threshold}" "id:9,phase:2,deny,log"`, tx: get("/?a=AB")},
		{name: "score for a value that two targets have", rules: `SecRule ARGS:a|ARGS:/^a/ "@rx ." "id:1,phase:2,pass,nolog,setvar:tx.anomaly_score=+3"` + "\n" + `SecRule TX:ANOMALY_SCORE "@ge %{tx.inbound_anomaly_score_threshold}" "id:9,phase:2,deny,log"`, tx: get("/?a=AB")},
		{name: "score for a value that two targets name", rules: `SecRule ARGS:a|ARGS:A "@rx ." "id:1,phase:2,pass,nolog,setvar:tx.anomaly_score=+3"` + "\n" + `SecRule TX:ANOMALY_SCORE "@ge %{tx.inbound_anomaly_score_threshold}" "id:9,phase:2,deny,log"`, tx: get("/?a=AB")},
		{name: "score for each capture", rules: `SecRule ARGS:a "@rx (A)" "id:1,phase:2,pass,nolog,capture,chain"` + "\n" + `SecRule TX:0|TX:1 "@rx ." "setvar:tx.anomaly_score=+3"` + "\n" + `SecRule TX:ANOMALY_SCORE "@ge %{tx.inbound_anomaly_score_threshold}" "id:9,phase:2,deny,log"`, tx: get("/?a=AB")},
		{name: "score that has not reached the threshold", rules: `SecRule ARGS:a "@rx ." "id:1,phase:2,pass,nolog,setvar:tx.anomaly_score=+1"` + "\n" + `SecRule TX:ANOMALY_SCORE "@lt %{tx.inbound_anomaly_score_threshold}" "id:9,phase:2,deny,log"`, tx: get("/?a=x")},
		{name: "names that others have set", rules: `SecRule ARGS:b "@rx ." "id:1,phase:2,pass,nolog,setvar:tx.k2=y"` + "\n" + `SecRule ARGS:a "@rx ." "id:2,phase:2,deny,log,setvar:tx.k=x,chain"` + "\n" + `SecRule TX:/^k/ "@streq y"`, tx: get("/?a=1&b=1")},
		{name: "score and threshold in phase 5", rules: `SecRule ARGS "@rx x" "id:1,phase:5,pass,nolog,setvar:tx.anomaly_score=+5"` + "\n" + `SecRule TX:ANOMALY_SCORE "@ge %{tx.inbound_anomaly_score_threshold}" "id:2,phase:5,deny,log"`, tx: get("/?a=x")},
		{name: "ctl engine off", rules: `SecRule REQUEST_URI "@beginsWith /x" "id:1,phase:1,log,msg:'x',pass,ctl:ruleEngine=Off"` + "\n" + `SecAction "id:3,phase:2,pass,nolog,setvar:tx.anomaly_score=9"`, tx: get("/x")},
		{name: "phase twice", rules: `SecAction "id:1,phase:2,nolog,pass,setvar:tx.a=1,phase:3"` + "\n" + `SecRule &TX:a "@eq 0" "id:2,phase:2,deny,msg:'x'"`, tx: get("/x")},
		{name: "two skipAfter", rules: `SecAction "id:1,phase:2,nolog,pass,skipAfter:B,skipAfter:A"` + "\n" + "SecMarker A\n" + `SecRule ARGS "@rx evil" "id:2,phase:2,deny,msg:'x'"` + "\nSecMarker B", tx: get("/?x=evil")},
	}
}
