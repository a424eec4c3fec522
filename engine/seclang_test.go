package engine_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// seclangCase is a file of rules that was once read in two ways, or turned round by what of it can't be used.
type seclangCase struct {
	name, rules string
	exclude     []string
	tx          mapping.Transaction
	alarm       bool
	matched     []int
	warnings    []string // what each of them has
}

func seclangCases() []seclangCase {
	shop, from := get("/cart?item=lamp"), func(address string, tx mapping.Transaction) mapping.Transaction {
		tx.Client.Address = address
		return tx
	}
	body := func(kind, text string) mapping.Transaction {
		return but(shop, func(tx *mapping.Transaction) {
			tx.Method, tx.Host, tx.RequestBody.Text = "POST", "shop.example", text
			tx.RequestHeaders = append(tx.RequestHeaders, mapping.Header{Name: "Content-Type", Value: kind})
		})
	}
	lamps := body("application/x-www-form-urlencoded", "second=lamp")
	headed := but(shop, func(tx *mapping.Transaction) {
		for _, name := range []string{"X-A", "X-B", "X-C", "X-D", "X-E"} {
			tx.RequestHeaders = append(tx.RequestHeaders, mapping.Header{Name: name, Value: "lamp"})
		}
	})
	return []seclangCase{
		{name: "a tag of CRS's reports, without quotes", rules: `SecRule ARGS "@contains lamp" "id:4,phase:2,log,tag:reporting"`, tx: shop, alarm: true, matched: []int{4}},
		{name: "a tag of CRS's evaluation", rules: `SecRule ARGS "@contains lamp" "id:4,phase:2,log,tag:'anomaly-evaluation'"`, tx: shop, alarm: true, matched: []int{4}},
		{name: "an id of CRS's reports", rules: `SecRule ARGS "@contains lamp" "id:980999,phase:2,log"`, tx: shop, alarm: true, matched: []int{980999}},
		{name: "a tag with a comma", rules: `SecRule ARGS "@contains lamp" "id:4,phase:2,log,tag:'shop,lamps'"`, exclude: []string{"shop"}, tx: shop, alarm: true, matched: []int{4}},
		{name: "an id in a message", rules: `SecRule ARGS "@contains lamp" "phase:2,log,msg:'lamp id: 5 sold',id:4"`, exclude: []string{"5"}, tx: shop, alarm: true, matched: []int{4}},
		{name: "the same id in two messages", rules: `SecRule ARGS "@contains lamp" "phase:2,log,msg:'id: 5',id:4"` + "\n" + `SecRule ARGS "@contains x" "phase:2,log,msg:'id: 5',id:6"`, tx: shop, alarm: true, matched: []int{4}},
		{name: "a slash in a key", rules: `SecRule ARGS:item/z "@contains lamp" "id:4,phase:2,log"`, tx: shop, alarm: true, matched: []int{4}},
		{name: "a message that ends with a backslash", rules: `SecRule ARGS "@contains lamp" "id:4,phase:2,log,msg:'D:\\',nolog"`, tx: shop, alarm: true, matched: []int{4},
			warnings: []string{"the quote of msg is not closed"}},
		{name: "a transformed count", rules: `SecRule &REQUEST_COOKIES "!@eq 0" "id:4,phase:2,log,t:hexEncode"`, tx: shop, alarm: true, matched: []int{4}},
		{name: "a count of what is taken away", rules: `SecRule &ARGS "@eq 1" "id:4,phase:2,log"` + "\n" + `SecAction "id:3,phase:1,pass,nolog,ctl:ruleRemoveTargetById=4;ARGS:b"`, tx: get("/cart?item=lamp&b=1"), alarm: true, matched: []int{4}},
		{name: "what a rule matched that only removes", rules: `SecRule REQUEST_METHOD "@streq GET" "id:3,phase:1,pass,nolog,ctl:ruleRemoveById=5"
SecRule ARGS "@contains none" "id:5,phase:2,log"
SecRule MATCHED_VAR "@streq GET" "id:4,phase:2,log"`, tx: shop, alarm: true, matched: []int{4}},
		{name: "a transformed count of TX", rules: `SecAction "id:3,phase:1,pass,nolog,setvar:tx.shop=1"` + "\n" + `SecRule &TX:shop "@eq 31" "id:4,phase:2,log,t:hexEncode"`, tx: shop, alarm: true, matched: []int{4}},
		{name: "not, then a space", rules: `SecRule ARGS:item "! @contains lamp" "id:4,phase:2,log"`, tx: shop, alarm: true, matched: []int{4},
			warnings: []string{`"! @contains lamp" is a regular expression`}},
		{name: "removed by a message that no rule has", rules: `SecRule ARGS "@contains lamp" "id:4,phase:2,log"` + "\nSecRuleRemoveByMsg \"sold\"", tx: shop, alarm: true, matched: []int{4},
			warnings: []string{"removes nothing"}},
		{name: "a body of JSON", rules: `SecRule REQUEST_BODY "@rx .item.: ?.lamp" "id:4,phase:2,log"`, tx: but(shop, func(t *mapping.Transaction) {
			t.Method, t.RequestBody.Text = "POST", `{"item": "lamp"}`
			t.RequestHeaders = append(slices.Clone(t.RequestHeaders), mapping.Header{Name: "Content-Type", Value: "application/json"})
		}), alarm: true, matched: []int{4}},
		{name: "no space before the actions", rules: "SecRule ARGS \"@contains lamp\"\\\n\"id:4,phase:2,log\"", tx: shop, alarm: true, matched: []int{4}},
		{name: "a comment goes on", rules: "# SecRule ARGS \"@contains lamp\" \\\n \"id:3,phase:2,log\"\nSecRule ARGS \"@contains lamp\" \"id:4,phase:2,log\"", tx: shop, alarm: true, matched: []int{4}},
		{name: "default transformations", rules: `SecDefaultAction "phase:2,log,t:uppercase"` + "\n" + `SecRule ARGS "@contains LAMP" "id:4,phase:2"`, tx: shop, alarm: true, matched: []int{4}},
		{name: "an operator in another case", rules: `SecRule ARGS "@CONTAINS lamp" "id:4,phase:2,log"`, tx: shop, alarm: true, matched: []int{4}},
		{name: "t:None", rules: `SecRule ARGS "@contains lamp" "id:4,phase:2,log,t:uppercase,t:None"`, tx: shop, alarm: true, matched: []int{4}},
		{name: "a macro in a pattern", rules: `SecAction "id:1,phase:1,nolog,pass,setvar:'tx.allowed=utf-8|ascii'"` + "\n" +
			`SecRule REQUEST_METHOD "@rx ^(GET)$" "id:2,phase:2,log,capture,chain"` + "\n" + `SecRule TX:1 "@rx ^%{tx.1}$"` + "\n" +
			`SecRule REQUEST_METHOD "@rx ^(.)" "id:3,phase:2,log,capture,chain"` + "\n" + `SecRule REQUEST_METHOD "!@rx ^%{tx.1}E"` + "\n" +
			`SecRule TX:allowed "@rx (?:^|\|)%{tx.allowed}" "id:4,phase:2,log"` + "\n" +
			`SecRule REQUEST_METHOD "!@rx ^(?:%{tx.allowed})$" "id:5,phase:2,log"` + "\n" +
			`SecRule REQUEST_METHOD "@rx (%{request_method}" "id:6,phase:2,log"`, tx: shop, alarm: true, matched: []int{2, 4, 5}},
		{name: "a word", rules: `SecRule ARGS "@containsWord lam" "id:3,phase:2,log"` + "\n" + `SecRule REQUEST_URI "@containsWord lamp" "id:4,phase:2,log"`, tx: shop, alarm: true, matched: []int{4}},
		{name: "all matches", rules: `SecRule ARGS "@rxGlobal l(a)" "id:4,phase:2,log,capture"`, tx: shop, alarm: true, matched: []int{4}},
		{name: "literals of SQL", rules: `SecRule ARGS "@streq lamp" "id:4,phase:2,log,t:sqlHexDecode"`, tx: get("/?a=0x6c616D70"), alarm: true, matched: []int{4}},
		{name: "parity", rules: `SecRule ARGS "@streq lamp" "id:4,phase:2,log,t:parityZero7bit"`, tx: get("/?a=%ecamp"), alarm: true, matched: []int{4}},

		{name: "a guard that counts", rules: `SecRule REQUEST_URI "@beginsWith /cart" "id:1,phase:1,pass,nolog,setvar:ip.visits=+1"
SecRule IP:VISITS "@lt 9" "id:2,phase:1,pass,nolog,skipAfter:END"
SecRule REQUEST_URI "@beginsWith /cart" "id:3,phase:1,deny,log"
SecMarker END`, tx: shop, warnings: []string{"rule 2: collections such as IP"}},
		{name: "a guard that asks whether something is there", rules: `SecRule &SESSION:blocked "@eq 0" "id:2,phase:1,pass,nolog,skipAfter:END"
SecRule REQUEST_URI "@beginsWith /cart" "id:3,phase:1,deny,log"
SecMarker END`, tx: shop, warnings: []string{"rule 2: collections such as IP"}},
		{name: "a guard that can't be used", rules: `SecRule GEO:COUNTRY_CODE "@within AT DE" "id:2,phase:1,pass,nolog,skipAfter:END"
SecRule REQUEST_URI "@beginsWith /cart" "id:3,phase:1,deny,log"
SecMarker END
SecRule REQUEST_URI "@beginsWith /other" "id:4,phase:1,deny,log"`, tx: shop,
			warnings: []string{"rule 2: skipped: there is no database", "rule 3: skipped: rule 2, which is skipped, decides whether it applies"}},
		{name: "a guard with a pattern of PCRE, by number", rules: `SecRule ARGS "@rx (?<!a)b" "id:2,phase:2,pass,nolog,skip:1"
SecRule ARGS "@contains lamp" "id:3,phase:2,deny,log"
SecRule ARGS "@contains lamp" "id:4,phase:2,deny,log"`, tx: shop, alarm: true, matched: []int{4},
			warnings: []string{"rule 2: skipped: error parsing regexp", "rule 3: skipped: rule 2, which is skipped"}},
		{name: "look up and country", rules: `SecRule REMOTE_ADDR "@geoLookup" "id:1,phase:1,log"
SecRule &GEO "@eq 0" "id:2,phase:1,log"
SecAction "id:3,phase:1,pass,nolog"`, tx: shop, warnings: []string{"rule 1: skipped: there is no database", "rule 2: skipped: there is no database"}},

		{name: "an address is allowed", rules: allowed("allow,nolog"), tx: from("192.0.2.7", shop)},
		{name: "an address is allowed, and logged", rules: allowed("allow,log"), tx: from("192.0.2.7", shop), matched: []int{1}},
		{name: "another address", rules: allowed("allow,nolog"), tx: from("198.51.100.7", shop), alarm: true, matched: []int{2, 3, 4}},
		{name: "a phase is allowed", rules: allowed("allow:phase,nolog"), tx: from("192.0.2.7", shop), alarm: true, matched: []int{3, 4}},
		{name: "a request is allowed", rules: allowed("allow:request,nolog"), tx: from("192.0.2.7", shop), alarm: true, matched: []int{4}},
		{name: "what is allowed sets nothing", rules: `SecRule REMOTE_ADDR "@ipMatch 192.0.2.0/24" "id:1,phase:1,allow:phase,nolog"
SecAction "id:2,phase:1,pass,nolog,setvar:tx.strict=1"
SecRule TX:strict "@eq 1" "id:3,phase:2,deny,chain"
SecRule ARGS "@contains lamp"`, tx: from("192.0.2.7", shop)},
		{name: "by number, over a rule that reads no body", rules: `SecRule ARGS "@contains lamp" "id:1,phase:1,pass,nolog,skip:1"
SecAction "id:2,phase:1,pass,nolog,ctl:requestBodyAccess=Off"
SecRule ARGS_POST "@contains lamp" "id:4,phase:2,log"`, tx: lamps, alarm: true, matched: []int{4}},
		{name: "by number, from a rule about bodies", rules: `SecAction "id:1,phase:1,pass,nolog,ctl:requestBodyAccess=On,skip:1"
SecAction "id:2,phase:1,pass,nolog"
SecAction "id:3,phase:1,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule XML:/* "@contains lamp" "id:4,phase:2,log"`, tx: body("text/plain", "x<a>lamp</a>"), alarm: true, matched: []int{4}},
		{name: "to a marker, over a rule that reads no body", rules: `SecRule ARGS "@contains lamp" "id:1,phase:1,pass,nolog,skipAfter:END"
SecAction "id:2,phase:1,pass,nolog,ctl:requestBodyAccess=Off"
SecMarker END
SecRule ARGS_POST "@contains lamp" "id:4,phase:2,log"`, tx: lamps, alarm: true, matched: []int{4}},
		{name: "in every record, over a rule that reads no body", rules: `SecAction "id:1,phase:1,pass,nolog,skipAfter:END"
SecAction "id:2,phase:1,pass,nolog,ctl:requestBodyAccess=Off"
SecMarker END
SecRule ARGS_POST "@contains lamp" "id:4,phase:2,log"`, tx: lamps, alarm: true, matched: []int{4}},
		{name: "allowed, and so is the body", rules: `SecRule ARGS "@contains lamp" "id:1,phase:1,allow:phase,nolog"
SecAction "id:2,phase:1,pass,nolog,ctl:requestBodyAccess=Off"
SecRule ARGS_POST "@contains lamp" "id:4,phase:2,log"`, tx: lamps, alarm: true, matched: []int{4}},
		{name: "a rule that reads no body is removed", rules: `SecRule ARGS "@contains lamp" "id:1,phase:1,pass,nolog,ctl:ruleRemoveById=2"
SecAction "id:2,phase:1,pass,nolog,ctl:requestBodyAccess=Off"
SecRule ARGS_POST "@contains lamp" "id:4,phase:2,log"`, tx: lamps, alarm: true, matched: []int{4}},
		{name: "a rule that reads no body is excluded", rules: `SecAction "id:2,phase:1,pass,nolog,ctl:requestBodyAccess=Off"
SecRule ARGS_POST "@contains lamp" "id:4,phase:2,log"`, exclude: []string{"2"}, tx: lamps, alarm: true, matched: []int{4}},
		{name: "a rule that reads no body is excluded here", rules: `SecAction "id:2,phase:1,pass,nolog,ctl:requestBodyAccess=Off"
SecRule ARGS_POST "@contains lamp" "id:4,phase:2,log"`, exclude: []string{"2@/cart@host:shop.example"}, tx: lamps, alarm: true, matched: []int{4}},
		{name: "a rule that reads no body does not see this", rules: `SecRule REQUEST_METHOD "@streq POST" "id:2,phase:1,pass,nolog,ctl:requestBodyAccess=Off"
SecRule ARGS_POST "@contains lamp" "id:4,phase:2,log"`, exclude: []string{"2@REQUEST_METHOD"}, tx: lamps, alarm: true, matched: []int{4}},
		{name: "how a body is read is decided by what another rule sets", rules: `SecRule ARGS "@contains lamp" "id:1,phase:1,pass,nolog,setvar:tx.kind=%{tx.blocking_paranoia_level}"
SecRule TX:kind "@eq 1" "id:2,phase:1,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule XML:/* "@contains lamp" "id:4,phase:2,log"`, tx: body("text/plain", "x<a>lamp</a>"), alarm: true, matched: []int{4}},
		{name: "how a body is read is decided by what another rule captures", rules: `SecRule ARGS "@rx ^(lamp)" "id:1,phase:1,pass,nolog,capture"
SecRule TX:1 "@streq lamp" "id:2,phase:1,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule XML:/* "@contains lamp" "id:4,phase:2,log"`, tx: body("text/plain", "x<a>lamp</a>"), alarm: true, matched: []int{4}},
		{name: "how a body is read, before that is decided", rules: `SecRule &TX:kind "@eq 0" "id:2,phase:1,pass,nolog,ctl:requestBodyProcessor=XML"
SecAction "id:3,phase:1,pass,nolog,setvar:tx.kind=1"
SecRule XML:/* "@contains lamp" "id:4,phase:2,log"`, tx: body("text/plain", "x<a>lamp</a>"), alarm: true, matched: []int{4}},
		{name: "a processor without a body", rules: `SecRule REQUEST_METHOD "@streq GET" "id:2,phase:1,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule REQBODY_PROCESSOR "@streq XML" "id:4,phase:2,log"`, tx: shop, alarm: true, matched: []int{4}},
		{name: "how an answer is read, of a request without a body", rules: `SecAction "id:2,phase:2,pass,nolog,ctl:responseBodyProcessor=JSON"
SecRule RESPONSE_ARGS "@contains lamp" "id:4,phase:4,log"`, tx: but(shop, func(tx *mapping.Transaction) { tx.ResponseBody.Text = `{"item":"lamp"}` }), alarm: true, matched: []int{4}},
		{name: "each header scores, by a pattern that the record has", rules: `SecRule REQUEST_HEADERS "@rx %{tx.1}" "id:3,phase:1,pass,nolog,setvar:tx.anomaly_score=+1"
SecRule TX:ANOMALY_SCORE "@ge %{tx.inbound_anomaly_score_threshold}" "id:4,phase:2,deny,log"`, tx: headed, alarm: true, matched: []int{4}},
		{name: "each header scores, behind what scores once", rules: `SecRule REQUEST_METHOD "@streq GET" "id:3,phase:1,pass,nolog,chain,setvar:tx.anomaly_score=+1"
SecRule REQUEST_HEADERS "@rx ." "setvar:tx.anomaly_score=+1"
SecRule TX:ANOMALY_SCORE "@ge %{tx.inbound_anomaly_score_threshold}" "id:4,phase:2,deny,log"`, tx: headed, alarm: true, matched: []int{4}},
		{name: "the engine is on and allows", rules: allowed("allow,nolog,ctl:ruleEngine=On"), tx: from("192.0.2.7", shop)},

		{name: "a program and a pause", rules: `SecRule ARGS "@contains lamp" "id:4,phase:2,deny,log,exec:/bin/true,pause:100,setuid:%{ARGS.item}"`, tx: shop, alarm: true, matched: []int{4},
			warnings: []string{"exec is left out", "pause is left out"}},
		{name: "the environment", rules: `SecRule ARGS "@contains lamp" "id:4,phase:2,deny,log,setenv:SHOP=%{ARGS.item}"`, tx: shop, alarm: true, matched: []int{4}, warnings: []string{"setenv is left out"}},

		{name: "the status line", rules: `SecRule STATUS_LINE "@streq HTTP/1.1 200 OK" "id:4,phase:3,log"`, tx: shop, alarm: true, matched: []int{4}},
		{name: "the host of the client", rules: `SecRule REMOTE_HOST "@streq 192.0.2.7" "id:4,phase:1,log"`, tx: from("192.0.2.7", shop), alarm: true, matched: []int{4}},
		{name: "broken escapes", rules: `SecRule URLENCODED_ERROR "@eq 1" "id:4,phase:2,log"`, tx: get("/?item=%zz"), alarm: true, matched: []int{4}},
		{name: "no broken escapes", rules: `SecRule URLENCODED_ERROR "!@eq 0" "id:4,phase:2,log"`, tx: shop},
		{name: "the length of a request", rules: `SecRule FULL_REQUEST_LENGTH "@gt 60" "id:4,phase:1,log"`, tx: shop, alarm: true, matched: []int{4}},
		{name: "never there", rules: `SecRule PATH_INFO "@contains lamp" "id:4,phase:1,log"` + "\n" + `SecRule XML:/cart/item "@contains lamp" "id:5,phase:2,log"`, tx: shop,
			warnings: []string{"rule 4: it can never match: MSA never has PATH_INFO", "rule 5: it can never match: MSA never has XML:/cart/item"}},
		{name: "default actions that do not say whether to log", rules: `SecDefaultAction "phase:1,pass"` + "\n" + `SecRule ARGS "@contains lamp" "id:4,phase:1,block"`, tx: shop, alarm: true, matched: []int{4}},
		{name: "numbered by the day", rules: `SecRule ARGS "@contains lamp" "id:2026112901,phase:2,log"`, tx: shop, alarm: true, matched: []int{2026112901}},
		{name: "a pattern of names in capitals", rules: `SecRule ARGS:/^It[A-Z]m$/ "@contains lamp" "id:4,phase:2,log"` + "\n" + `SecRule REQUEST_HEADERS:/^X-\S$/ "@contains lamp" "id:5,phase:1,log"` + "\n" +
			`SecRule ARGS|!ARGS:/^ITEM/ "@contains lamp" "id:6,phase:2,log"` + "\n" + `SecAction "id:3,phase:1,pass,nolog,ctl:ruleRemoveTargetById=7;ARGS:/^Item/"` + "\n" +
			`SecRule ARGS "@contains lamp" "id:7,phase:2,log"`, tx: headed, alarm: true, matched: []int{5, 4}},
		{name: "a list of targets that are taken away", rules: `SecAction "id:3,phase:1,pass,nolog,ctl:'ruleRemoveTargetById=4,5;ARGS:item|!ARGS:b'"` + "\n" + `SecRule ARGS "@contains lamp" "id:4,phase:2,log"` + "\n" +
			`SecRule ARGS "@contains lamp" "id:5,phase:2,log"`, tx: get("/cart?item=lamp&b=lamp")},
		{name: "nothing that is taken away", rules: `SecAction "id:3,phase:1,pass,nolog,ctl:ruleRemoveTargetById=4;ARG:item"` + "\n" + `SecRule ARGS "@contains lamp" "id:4,phase:2,log"`, tx: shop, alarm: true, matched: []int{4},
			warnings: []string{"ctl is left out: ruleRemoveTargetById=4;ARG:item: it looks at ARG, which Coraza does not have"}},
		{name: "a dot for a colon, and a colon for a dot", rules: `SecAction "id:3,phase:1,pass,nolog,setvar:tx.item=%{ARGS:item}"` + "\n" + `SecRule TX.item "@streq lamp" "id:4,phase:2,log"`, tx: shop, alarm: true, matched: []int{4}},
		{name: "behind a rule", rules: `SecAction "id:3,phase:2,pass,nolog,skipAfter:5"` + "\n" + `SecRule ARGS "@contains lamp" "id:5,phase:2,log,chain"` + "\n" + `SecRule REQUEST_METHOD "@streq GET"` + "\n" +
			`SecRule ARGS "@contains lamp" "id:4,phase:2,log"`, tx: shop, alarm: true, matched: []int{4}},
		{name: "an empty text", rules: `SecRule ARGS:note "@streq" "id:4,phase:2,log"` + "\n" + `SecRule ARGS:item "@streq " "id:5,phase:2,log"`,
			tx: but(get("/cart?item=lamp&note="), func(tx *mapping.Transaction) { tx.Observed.Query, tx.Observed.RequestBody = true, true }), alarm: true, matched: []int{4}},
		{name: "numbers of people", rules: `SecRule ARGS "@verifyCPF \d{11}" "id:4,phase:2,log"` + "\n" + `SecRule ARGS "@verifySVNR \d{10}" "id:5,phase:2,log"`, tx: get("/?a=52998224725&b=1237010180&c=52998224724"), alarm: true, matched: []int{4, 5}},
		{name: "who has logged in", rules: `SecRule REMOTE_USER "@streq ann" "id:4,phase:1,log,msg:'%{REMOTE_USER}'"` + "\n" + `SecRule AUTH_TYPE "@streq Basic" "id:5,phase:1,log"`, tx: but(shop, func(tx *mapping.Transaction) {
			tx.RequestHeaders = append(slices.Clone(tx.RequestHeaders), mapping.Header{Name: "authorization", Value: "Basic YW5uOmxhbXA="})
		}), alarm: true, matched: []int{4, 5}},
		{name: "a file of a field", rules: `SecRule FILES:photo "@endsWith .php" "id:4,phase:2,log"` + "\n" + `SecRule FILES|!FILES:photo "@endsWith .php" "id:5,phase:2,log"` + "\n" + `SecRule FILES_SIZES:photo "@eq 4" "id:6,phase:2,log"`,
			tx: body("multipart/form-data; boundary=AbC", "--AbC\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.php\"\r\n\r\nlamp\r\n--AbC--\r\n"), alarm: true, matched: []int{4, 6}},
		{name: "longer than a line may be", rules: `SecRule ARGS "@pm ` + strings.Repeat("abcdefg ", 10_000) + `lamp" "id:4,phase:2,log"`, tx: shop, alarm: true, matched: []int{4}},
	}
}

func allowed(how string) string {
	return `SecRule REMOTE_ADDR "@ipMatch 192.0.2.0/24" "id:1,phase:1,` + how + `"
SecRule REQUEST_URI "@contains lamp" "id:2,phase:1,log"
SecRule ARGS "@contains lamp" "id:3,phase:2,log"
SecRule RESPONSE_STATUS "@streq 200" "id:4,phase:3,log"`
}

// With the screen and without it, rules mean what they mean to ModSecurity and Coraza.
func TestSecLang(t *testing.T) {
	for _, c := range seclangCases() {
		for _, screen := range []engine.ScreenMode{engine.ScreenOff, engine.ScreenOn} {
			t.Run(fmt.Sprintf("%s/screen %d", c.name, screen), func(t *testing.T) {
				file := filepath.Join(t.TempDir(), "shop.conf")
				if err := os.WriteFile(file, []byte(c.rules+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				e, err := engine.New(engine.Config{Rules: []string{file}, ParanoiaLevel: 1, InboundThreshold: 5, OutboundThreshold: 4,
					BodyLimit: 128 << 10, Screen: screen, Exclude: c.exclude})
				if err != nil {
					t.Fatal(err)
				}
				defer e.Close()
				v, err := e.Inspect(&c.tx)
				if err != nil {
					t.Fatal(err)
				}
				if cleared := v.Screened == engine.ScreenCleared && !c.alarm; v.Alarm != c.alarm || !cleared && !slices.Equal(v.RuleIDs(), c.matched) {
					t.Errorf("alarm %v, rules %d, want %v, %d", v.Alarm, v.RuleIDs(), c.alarm, c.matched)
				}
				said := e.Warnings()
				for i, want := range c.warnings {
					if i >= len(said) || !strings.Contains(said[i].String(), want) {
						t.Errorf("%d. of the warnings %v is not %q", i+1, said, want)
					}
				}
				if len(said) != len(c.warnings) {
					t.Errorf("warnings are %v", said)
				}
			})
		}
	}
}

// Rules in the forms of CRS 2 and 3, and of plugins, load without a word, and the screen judges them.
const oldForms = `SecComponentSignature "shop/1"
SecDefaultAction "phase:2,pass,log,t:none,t:urlDecodeUni"
# SecAction "id:900000,phase:1,\
#   nolog,pass"
SecAction "id:'900001',phase:1,t:none,setvar:tx.critical_anomaly_score=5,setvar:tx.inbound_anomaly_score_level=5,setvar:tx.shop,nolog,pass"
SecMarker BEGIN_SHOP
SecRule REQUEST_HEADERS:'/(Content-Length|X-Shop)/' "[^0-9]" \
	"phase:2,rev:'2',ver:'OWASP_CRS/2.2.9',maturity:'9',accuracy:'9',t:none,block,capture,id:'950010',\
	msg:'A length of %{SCRIPT_UID}',logdata:'%{matched_var}',tag:'SHOP/LENGTH',severity:'2',setvar:'tx.msg=of %{rule.id}',\
	ctl:auditLogParts=+E,setvar:tx.anomaly_score=+%{tx.critical_anomaly_score},setvar:tx.%{rule.id}-SHOP/LENGTH-%{matched_var_name}=%{tx.0}"
SecRule &TX:'/SHOP/' "@eq 0" "phase:2,id:'950011',t:none,nolog,pass,skipAfter:END_SHOP"
SecRule TX:ANOMALY_SCORE "@ge %{tx.inbound_anomaly_score_level}" "phase:2,id:'981176',t:none,deny,log,msg:'%{TX.ANOMALY_SCORE}'"
SecMarker END_SHOP
SecRule REQUEST_FILENAME "@beginsWith /shop"\
    "id:9500001,phase:1,pass,t:none,nolog,ver:'shop/1',chain"
    SecRule ARGS_GET:action "@within list,show" "t:none,ctl:ruleRemoveTargetById=950010;REQUEST_HEADERS:X-Shop,pass"
SecRuleUpdateTargetById 950010 "!REQUEST_HEADERS:/^x-not/,!REQUEST_HEADERS:X-Other"
`

func TestOldForms(t *testing.T) {
	file := filepath.Join(t.TempDir(), "shop.conf")
	if err := os.WriteFile(file, []byte(oldForms), 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(engine.Config{Rules: []string{file}, ParanoiaLevel: 1, InboundThreshold: 9, OutboundThreshold: 9, BodyLimit: 1 << 10, Screen: engine.ScreenOn})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if w := e.Warnings(); len(w) > 0 {
		t.Errorf("warnings are %v", w)
	}
	with := func(uri, header string) mapping.Transaction {
		return but(get(uri), func(tx *mapping.Transaction) {
			tx.RequestHeaders = append(tx.RequestHeaders, mapping.Header{Name: "X-Shop", Value: header})
		})
	}
	for _, c := range []struct {
		tx      mapping.Transaction
		matched []int
	}{
		{with("/", "12"), nil},
		{with("/", "12a"), []int{950010, 981176}},
		{with("/shop?action=show", "12a"), nil},
		{with("/shop?action=other", "12a"), []int{950010, 981176}},
	} {
		v, err := e.Inspect(&c.tx)
		if err != nil {
			t.Fatal(err)
		}
		if v.Alarm != (c.matched != nil) || !slices.Equal(v.RuleIDs(), c.matched) {
			t.Errorf("%s: alarm %v, rules %d, want %d", c.tx.URI, v.Alarm, v.RuleIDs(), c.matched)
		}
		if c.tx.URI == "/" && c.matched == nil && v.Screened != engine.ScreenCleared {
			t.Error("the screen does not clear it")
		}
	}
}

// When nothing is left of a file, every reason is told.
func TestNothingLeft(t *testing.T) {
	file := filepath.Join(t.TempDir(), "shop.conf")
	text := `SecRule GEO:COUNTRY_CODE "@streq AT" "id:1,phase:1,log"` + "\n" + `SecRule ARGS "@rx (?<!a)b" "id:2,phase:2,log"` + "\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := engine.New(engine.Config{Rules: []string{file}, ParanoiaLevel: 1, InboundThreshold: 5, OutboundThreshold: 4, BodyLimit: 1 << 10})
	for _, want := range []string{"no rule in them that could be used", "shop.conf:1: rule 1: skipped: there is no database", "shop.conf:2: rule 2: skipped: error parsing regexp"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}
