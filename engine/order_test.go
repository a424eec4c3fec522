package engine

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// manyNames are records with names that come twice, that are empty, or that come in an order of their own, in each place
// where a request can have names.
func manyNames() map[string]*mapping.Transaction {
	values := []string{
		"cat /bin/uname", "hello", "1' OR '1'='1", "<script>alert(1)</script>", "../../etc/passwd", "", "union select 1,2",
		"http://198.51.100.7/a.php?x=", "${jndi:ldap://198.51.100.7/a}", "a'b\"c", "; ls -la /tmp", "x=1; echo $HOME", "{{7*7}}",
		"java.lang.Runtime", "new java.lang.ProcessBuilder()",
	}
	names := map[string]func(i int) string{
		"one name":           func(int) string { return "p" },
		"no name":            func(int) string { return "" },
		"two names":          func(i int) string { return []string{"p", "q"}[i%2] },
		"two names and none": func(i int) string { return []string{"p", "", "q"}[i%3] },
		"case":               func(i int) string { return []string{"p", "P"}[i%2] },
		"names of their own": func(i int) string { return fmt.Sprintf("n%d", i*7%13) },
	}
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	escaped := strings.NewReplacer("%", "%25", "&", "%26", "+", "%2B", "#", "%23", ";", "%3B")
	marked := strings.NewReplacer("<", "&lt;", "&", "&amp;")
	all := map[string]*mapping.Transaction{}
	for kind, name := range names {
		for turn := range 3 { // which values stand first
			var query, form, json, xml, cookies []string
			var headers []mapping.Header
			var parts strings.Builder
			for i := range values {
				n, v := name(i), values[(i*5+turn*3)%len(values)]
				query = append(query, n+"="+strings.ReplaceAll(escaped.Replace(v), " ", "+"))
				form = append(form, n+"="+escaped.Replace(v))
				json = append(json, `"`+n+`":"`+quoted.Replace(v)+`"`)
				xml = append(xml, "<v"+n+">"+marked.Replace(v)+"</v"+n+">")
				cookies = append(cookies, n+"="+v)
				headers = append(headers, mapping.Header{Name: "X-" + n, Value: v})
				parts.WriteString("--Qq7\r\nContent-Disposition: form-data; name=\"" + n + "\"; name=\"q\"\r\n\r\n" + v + "\r\n" + formField(n, v))
			}
			for place, tx := range map[string]*mapping.Transaction{
				"query":     get("/?" + strings.Join(query, "&")),
				"form":      postOf("application/x-www-form-urlencoded", strings.Join(form, "&")),
				"JSON":      postOf("application/json", "{"+strings.Join(json, ",")+"}"),
				"XML":       postOf("application/xml", "<a>"+strings.Join(xml, "")+"</a>"),
				"multipart": postOf(multipartType, parts.String()+formLast),
				"cookies":   get("/", mapping.Header{Name: "Cookie", Value: strings.Join(cookies, "; ")}),
				"headers":   get("/", headers...),
			} {
				all[fmt.Sprintf("%s, %s, turn %d", place, kind, turn)] = tx
			}
		}
	}
	return all
}

// The same record gives the same verdict each time, in all of its texts, with the screen and without.
func TestSameVerdict(t *testing.T) {
	tries := 12 // the order of a map differs in nearly each
	if testing.Short() {
		tries = 5
	}
	for screen, e := range bothCRS(t) {
		for name, tx := range manyNames() {
			first := inspect(t, e, tx)
			for range tries - 1 {
				v := inspect(t, e, tx)
				v.Screened = first.Screened // now and then all rules see it
				if !reflect.DeepEqual(v, first) {
					t.Errorf("screen %s, %s: got\n%s\nand\n%s", screen, name, difference(first, v), difference(v, first))
					break
				}
			}
		}
	}
}

// difference is what one verdict has and another has not.
func difference(a, b Verdict) string {
	if !a.agrees(&b) {
		return fmt.Sprintf("%v, score %d", a.RuleIDs(), a.ScoreIn)
	}
	for i := range a.Matches {
		if !reflect.DeepEqual(a.Matches[i], b.Matches[i]) {
			return fmt.Sprintf("%+v", a.Matches[i])
		}
	}
	return fmt.Sprintf("%+v", a)
}

// What a chain finds depends on the value that its first rule saw last.
func TestSameLastValue(t *testing.T) {
	e := newEngine(t, config(file(t, "own.conf", `
SecRule ARGS "@rx ^v(\d)$" "id:1,phase:2,pass,log,capture,msg:'ARGS',logdata:'%{TX.1} %{MATCHED_VAR_NAME}',chain"
    SecRule TX:1 "@streq 3" "t:none"
SecRule REQUEST_COOKIES "@rx ^v(\d)$" "id:2,phase:1,pass,log,capture,msg:'cookies',logdata:'%{TX.1} %{MATCHED_VAR_NAME}',chain"
    SecRule TX:1 "@streq 3" "t:none"
SecRule REQUEST_HEADERS "@rx ^v(\d)$" "id:3,phase:1,pass,log,capture,msg:'headers',logdata:'%{TX.1} %{MATCHED_VAR_NAME}',chain"
    SecRule TX:1 "@streq 3" "t:none"
SecRule ARGS_NAMES "@rx ^(\w)\d$" "id:4,phase:2,pass,log,capture,msg:'names',logdata:'%{TX.1}'"
`)))
	tx := get("/?c=v3&a=v1&b=v2", mapping.Header{Name: "Cookie", Value: "b=v2; c=v3; a=v1"},
		mapping.Header{Name: "X-B", Value: "v2"}, mapping.Header{Name: "X-C", Value: "v3"}, mapping.Header{Name: "X-A", Value: "v1"})
	for range 50 {
		if got := ids(inspect(t, e, tx)); !slices.Equal(got, []int{2, 3, 1}) {
			t.Fatalf("got rules %v", got)
		}
	}
}

// Lists of all values change neither what is counted, nor what rules and exclusions find by its name.
func TestValuesByName(t *testing.T) {
	e := newEngine(t, config(file(t, "own.conf", `
SecRule &ARGS "@eq 3" "id:1,phase:2,pass,log,msg:'three'"
SecRule &ARGS:a "@eq 2" "id:2,phase:2,pass,log,msg:'two of a name'"
SecRule ARGS_COMBINED_SIZE "@eq 6" "id:3,phase:2,pass,log,msg:'names and values'"
SecRule ARGS|!ARGS:a "@rx [12]" "id:4,phase:2,pass,log,msg:'not by this name'"
SecRule ARGS:/^b/ "@streq 3" "id:5,phase:2,pass,log,msg:'by a pattern'"
SecAction "id:6,phase:1,pass,nolog,ctl:ruleRemoveTargetById=7;ARGS:b"
SecRule ARGS "@streq 3" "id:7,phase:2,pass,log,msg:'removed'"
SecRule &REQUEST_COOKIES "@eq 2" "id:8,phase:1,pass,log,msg:'cookies'"
SecRule REQUEST_HEADERS:User-Agent "@rx ." "id:9,phase:1,pass,log,msg:'a header'"
SecRule ARGS_PATH "@rx ." "id:10,phase:2,pass,log,msg:'there are none'"
SecRule &MULTIPART_PART_HEADERS "@gt 0" "id:11,phase:2,pass,log,msg:'there are none'"
`)))
	tx := postOf("application/x-www-form-urlencoded", "a=2")
	tx.URI, tx.RequestHeaders = "/?a=1&b=3", append(tx.RequestHeaders, mapping.Header{Name: "Cookie", Value: "x=1; y=2"})
	v := inspect(t, e, tx)
	if got := ids(v); !slices.Equal(got, []int{8, 9, 1, 2, 3, 5}) {
		t.Errorf("got rules %v", got)
	}
	for _, m := range v.Matches {
		if strings.ContainsAny(m.Variable, "\r\n") {
			t.Errorf("rule %d: variable %q", m.RuleID, m.Variable)
		}
	}
}

// MATCHED_VARS and values by a pattern of their names are gone through in the same order each time, by engines of their
// own as well: the message quotes the last, and what a chain finds depends on it.
func TestSameLastOfPattern(t *testing.T) {
	rules := file(t, "own.conf", `
SecRule ARGS|REQUEST_COOKIES "@rx runtime" "id:1,phase:2,pass,log,t:lowercase,msg:'matched',logdata:'%{MATCHED_VAR} in %{MATCHED_VAR_NAME}',chain"
    SecRule MATCHED_VARS "@contains java." "t:none,chain"
    SecRule MATCHED_VARS_NAMES "!@contains nothing" "t:none"
SecRule ARGS:/^n\d/ "@rx (java)\.(\w+)" "id:2,phase:2,pass,log,capture,msg:'pattern',logdata:'%{TX.2} %{MATCHED_VAR_NAME}',chain"
    SecRule TX:2 "@unconditionalMatch" "t:none"
SecRule REQUEST_HEADERS_NAMES "@rx ^x-(.*)$" "id:3,phase:1,pass,log,t:lowercase,capture,msg:'%{MATCHED_VAR}',setvar:'tx.seen_%{TX.1}=/%{TX.1}/',chain"
    SecRule TX:/^seen_/ "!@streq /none/" "t:none,capture"
SecRule REQUEST_COOKIES:/^n/|!REQUEST_COOKIES:n3 "@rx (\w+)$" "id:4,phase:1,pass,log,capture,msg:'cookies',logdata:'%{MATCHED_VAR_NAME}',chain"
    SecRule TX:1 "@unconditionalMatch" "t:none"
SecRule &ARGS:/^n/ "@eq 8" "id:5,phase:2,pass,log,msg:'are counted',logdata:'%{MATCHED_VAR_NAME}'"
SecRule ARGS "@rx java" "id:6,phase:2,pass,log,msg:'how many',logdata:'%{MATCHED_VAR}',chain"
    SecRule MATCHED_VARS "@rx ." "t:none,chain"
    SecRule &MATCHED_VARS "@eq 16" "t:none"
`)
	var query, cookies strings.Builder
	var headers []mapping.Header
	for i := range 8 {
		value := fmt.Sprintf("java.Runtime%d", i*5%8)
		fmt.Fprintf(&query, "&n%d=%s", i, value)
		fmt.Fprintf(&cookies, "n%d=%s; ", i, value)
		headers = append(headers, mapping.Header{Name: fmt.Sprintf("X-%d", i*3%8), Value: value})
	}
	tx := get("/?"+query.String(), append(headers, mapping.Header{Name: "Cookie", Value: cookies.String()})...)
	want := map[int]string{
		1: "REQUEST_COOKIES:n7 in MATCHED_VARS_NAMES:REQUEST_COOKIES:n7", 2: "Runtime3 TX:2", 3: "", 4: "TX:1", 5: "ARGS:/^n/", 6: "16",
	}
	var first Verdict
	for try := range 50 {
		v := inspect(t, newEngine(t, config(rules)), tx)
		v.Screened = first.Screened
		if try == 0 {
			first = v
		}
		if !reflect.DeepEqual(v, first) {
			t.Fatalf("try %d: got\n%s\nand\n%s", try, difference(first, v), difference(v, first))
		}
	}
	for _, m := range first.Matches {
		if data, ok := want[m.RuleID]; !ok || m.Data != data {
			t.Errorf("rule %d: %q at %s", m.RuleID, m.Data, m.Variable)
		}
		delete(want, m.RuleID)
	}
	if len(want) > 0 {
		t.Errorf("no match of %v", want)
	}
}

// The lists that some rules ask for are no values to others: those that count, and those with multiMatch.
func TestListsAreNoValues(t *testing.T) {
	const asking = `
SecRule ARGS:/^n\d/ "@rx nothing" "id:1,phase:2,pass,log"
SecRule REQUEST_COOKIES:/^n/ "@rx nothing" "id:2,phase:2,pass,log"
SecRule TX:/^seen_/ "@rx nothing" "id:3,phase:2,pass,log"
`
	const others = `
SecRule &ARGS:/[a-z]/ "@ge 0" "id:4,phase:2,pass,log,logdata:'%{MATCHED_VAR}'"
SecRule &REQUEST_COOKIES:/./ "@ge 0" "id:5,phase:2,pass,log,logdata:'%{MATCHED_VAR}'"
SecRule REQUEST_COOKIES:/\w/ "@rx ." "id:6,phase:2,pass,log,t:lowercase,multiMatch"
SecRule &TX "@ge 0" "id:7,phase:2,pass,log,logdata:'%{MATCHED_VAR}'"
`
	tx := get("/?n1=a&n2=b", mapping.Header{Name: "Cookie", Value: "n1=A; n2=b"})
	found := func(rules string) (all []string) {
		for _, m := range inspect(t, newEngine(t, config(file(t, "own.conf", rules))), tx).Matches {
			all = append(all, fmt.Sprint(m.RuleID, " ", m.Variable, " ", m.Value, " ", m.Data))
		}
		return all
	}
	if got, want := found(asking+others), found(others); !slices.Equal(got, want) || len(got) != 4 {
		t.Errorf("got %q, and without the other rules %q", got, want)
	}
}

// A body that is not what its type says is read twice, and its parts' headers count once.
func TestPartHeadersCountOnce(t *testing.T) {
	e := newEngine(t, config("crs"))
	text := formField("a", "b") + formLast
	text = strings.Replace(text, "\r\n\r\n", "\r\nContent-Type: application//**/octet-stream\r\n\r\n", 1)
	verdict := func(contentType string) Verdict {
		v, err := e.Evaluate(postOf(contentType, text))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	const illegal = 922110
	asForm, asJSON := verdict(multipartType), verdict("application/json")
	if !slices.Contains(asForm.RuleIDs(), illegal) || !slices.Contains(asJSON.RuleIDs(), illegal) || asJSON.ScoreIn != asForm.ScoreIn {
		t.Errorf("as a form %v, score %d; as JSON %v, score %d", asForm.RuleIDs(), asForm.ScoreIn, asJSON.RuleIDs(), asJSON.ScoreIn)
	}
}
