package screen

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
	"github.com/corazawaf/coraza/v3/types/variables"

	"github.com/modsecurity-for-anylog/msa/engine/analysis"
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

func newScreen(t testing.TB, text string, tx map[string]string, cacheSize int) *Screen {
	t.Helper()
	plan, err := analysis.New(analysis.Config{Directives: load(t, text), TX: tx, Inbound: 5, Outbound: 4})
	if err != nil {
		t.Fatal(err)
	}
	return New(plan, Config{CacheSize: cacheSize})
}

// request is a transaction of Coraza without rules.
func request(t testing.TB, uri string, headers ...string) Source {
	t.Helper()
	waf, err := coraza.NewWAF(coraza.NewWAFConfig().WithDirectives("SecRequestBodyAccess On"))
	if err != nil {
		t.Fatal(err)
	}
	tx := waf.NewTransaction()
	tx.ProcessURI(uri, "GET", "HTTP/1.1")
	for i := 0; i < len(headers); i += 2 {
		tx.AddRequestHeader(headers[i], headers[i+1])
	}
	tx.ProcessRequestHeaders()
	t.Cleanup(func() { _ = tx.Close() })
	return source{tx.(plugintypes.TransactionState)}
}

// source has nothing but collections.
type source struct{ plugintypes.TransactionState }

func (source) Each(variables.RuleVariable, func(key, value string)) bool { return false }
func (source) Count(variables.RuleVariable, string) (int, bool)          { return 0, false }

// MayAlarm is Ask without an end of work.
func (s *Screen) MayAlarm(source Source, skip func(id int) bool) (may bool, cannotMatch []int) {
	a := s.Ask(source, skip, math.MaxInt)
	return a.MayAlarm, a.Skippable
}

func noRule(int) bool { return false }

const critical = `,setvar:'tx.inbound_anomaly_score_pl1=+%{tx.critical_anomaly_score}'`

var scores = map[string]string{"critical_anomaly_score": "5", "warning_anomaly_score": "3", "allowed": "GET POST", "limit": "2"}

func TestMayAlarm(t *testing.T) {
	for _, c := range []struct {
		name, rules, uri string
		headers          []string
		want             bool
	}{
		{"a value", `SecRule ARGS "@rx evil" "id:1,phase:2,block` + critical + `"`, "/?a=evil", nil, true},
		{"no such value", `SecRule ARGS "@rx evil" "id:1,phase:2,block` + critical + `"`, "/?a=good", nil, false},
		{"a name", `SecRule ARGS_NAMES "@rx evil" "id:1,phase:2,block` + critical + `"`, "/?evil=a", nil, true},
		{"a key", `SecRule ARGS:a "@rx evil" "id:1,phase:2,block` + critical + `"`, "/?A=evil", nil, true},
		{"another key", `SecRule ARGS:a "@rx evil" "id:1,phase:2,block` + critical + `"`, "/?b=evil", nil, false},
		{"a key that is taken out", `SecRule ARGS|!ARGS:a "@rx evil" "id:1,phase:2,block` + critical + `"`, "/?a=evil", nil, false},
		{"a pattern of keys", `SecRule ARGS:/^a.$/ "@rx evil" "id:1,phase:2,block` + critical + `"`, "/?ab=evil", nil, true},
		{"no key of the pattern", `SecRule ARGS:/^a.$/ "@rx evil" "id:1,phase:2,block` + critical + `"`, "/?abc=evil", nil, false},
		{"transformed", `SecRule ARGS "@streq evil" "id:1,phase:2,block,t:none,t:urlDecodeUni,t:lowercase` + critical + `"`, "/?a=%2545VIL", nil, true},
		{"t:none takes back", `SecRule ARGS "@streq evil" "id:1,phase:2,block,t:lowercase,t:none` + critical + `"`, "/?a=EVIL", nil, false},
		{"every stage with multiMatch", `SecRule ARGS "@streq EVIL" "id:1,phase:2,block,multiMatch,t:lowercase` + critical + `"`, "/?a=EVIL", nil, true},
		{"negated", `SecRule REQUEST_METHOD "!@within %{tx.allowed}" "id:1,phase:1,block` + critical + `"`, "/", nil, false},
		{"phrases", `SecRule REQUEST_HEADERS:User-Agent "@pm nikto sqlmap" "id:1,phase:1,block` + critical + `"`, "/", []string{"user-agent", "SQLMap/1"}, true},
		{"bytes", `SecRule ARGS "@validateByteRange 32-126" "id:1,phase:2,block` + critical + `"`, "/?a=%00", nil, true},
		{"a warning is not enough", strings.Replace(`SecRule ARGS "@rx evil" "id:1,phase:2,block`+critical+`"`, "critical", "warning", 1), "/?a=evil", nil, false},
		{"a warning for each of two values is", strings.Replace(`SecRule ARGS "@rx evil" "id:1,phase:2,block`+critical+`"`, "critical", "warning", 1), "/?a=evil&b=evil", nil, true},
		{"two warnings are", strings.ReplaceAll(`SecRule ARGS "@rx ev" "id:1,phase:2,block`+critical+`"`+"\n"+`SecRule ARGS "@rx il" "id:2,phase:2,block`+critical+`"`, "critical", "warning"), "/?a=evil", nil, true},
		{"a chain by two values", "SecRule ARGS \"@rx evil\" \"id:1,phase:2,deny,chain\"\nSecRule MATCHED_VARS \"@rx 1\" \"chain\"\nSecRule MATCHED_VARS \"@rx 2\"", "/?a=evil1&b=evil2", nil, true},
		{"a chain that no value ends", "SecRule ARGS \"@rx evil\" \"id:1,phase:2,deny,chain\"\nSecRule MATCHED_VARS \"@rx 1\" \"chain\"\nSecRule MATCHED_VARS \"@rx 2\"", "/?a=evil1&b=evil3&c=2", nil, false},
		{"a chain that counts values", "SecRule ARGS \"@rx evil\" \"id:1,phase:2,deny,setvar:tx.n=+1,chain\"\nSecRule TX:n \"@gt 1\"", "/?a=evil&b=evil", nil, true},
		{"a rule without a score alarms", `SecRule ARGS "@rx evil" "id:1,phase:2,deny"`, "/?a=evil", nil, true},
		{"one that is not logged does not", `SecRule ARGS "@rx evil" "id:1,phase:2,pass,nolog"`, "/?a=evil", nil, false},
		{"a count", `SecRule &REQUEST_HEADERS:X "@gt 1" "id:1,phase:1,block` + critical + `"`, "/", []string{"X", "1", "x", "2"}, true},
		{"another count", `SecRule &REQUEST_HEADERS:X "@gt 1" "id:1,phase:1,block` + critical + `"`, "/", []string{"X", "1"}, false},
		{"a chain", `SecRule ARGS "@rx evil" "id:1,phase:2,block,chain"` + "\n" + `SecRule REQUEST_HEADERS:X "@streq y" "t:none` + critical + `"`, "/?a=evil", []string{"X", "y"}, true},
		{"half a chain", `SecRule ARGS "@rx evil" "id:1,phase:2,block,chain"` + "\n" + `SecRule REQUEST_HEADERS:X "@streq y" "t:none` + critical + `"`, "/?a=evil", []string{"X", "z"}, false},
		{"what the head of a chain sets, it sets without the rest", `SecRule ARGS "@rx evil" "id:1,phase:2,block,chain` + critical + `"` + "\n" + `SecRule REQUEST_HEADERS:X "@streq y"`, "/?a=evil", nil, true},
		{"what was captured", `SecRule REQUEST_BASENAME "@rx \.([^.]+)$" "id:1,phase:1,block,capture,setvar:'tx.ext=.%{tx.1}/',chain"` + "\n" + `SecRule TX:EXT "@within .bak/ .sql/" "t:lowercase` + critical + `"`, "/a/dump.SQL", nil, true},
		{"something else was captured", `SecRule REQUEST_BASENAME "@rx \.([^.]+)$" "id:1,phase:1,block,capture,setvar:'tx.ext=.%{tx.1}/',chain"` + "\n" + `SecRule TX:EXT "@within .bak/ .sql/" "t:lowercase` + critical + `"`, "/a/index.html", nil, false},
		{"captures by number", `SecRule REQUEST_HEADERS:Range "@rx (\d+)-(\d+)" "id:1,phase:1,block,capture,chain"` + "\n" + `SecRule TX:2 "@lt %{tx.1}" "t:none` + critical + `"`, "/", []string{"Range", "bytes=9-5"}, true},
		{"in order", `SecRule REQUEST_HEADERS:Range "@rx (\d+)-(\d+)" "id:1,phase:1,block,capture,chain"` + "\n" + `SecRule TX:2 "@lt %{tx.1}" "t:none` + critical + `"`, "/", []string{"Range", "bytes=5-9"}, false},
		{"the matched value", `SecRule ARGS "@pm file open" "id:1,phase:2,block,chain"` + "\n" + `SecRule MATCHED_VARS "@pm (" "t:none` + critical + `"`, "/?a=file(&b=x", nil, true},
		{"another value than the matched one", `SecRule ARGS "@pm file open" "id:1,phase:2,block,chain"` + "\n" + `SecRule MATCHED_VARS "@pm (" "t:none` + critical + `"`, "/?a=file&b=(", nil, false},
		{"a static variable", `SecRule &TX:LIMIT "@eq 1" "id:1,phase:2,block,chain"` + "\n" + `SecRule ARGS "@gt %{tx.limit}" "t:length` + critical + `"`, "/?a=abc", nil, true},
		{"a static variable that is not set", `SecRule &TX:OTHER "@eq 1" "id:1,phase:2,block,chain"` + "\n" + `SecRule ARGS "@rx ." "t:none` + critical + `"`, "/?a=abc", nil, false},
		{"set by another rule", `SecRule ARGS:a "@rx x" "id:1,phase:1,pass,nolog,setvar:tx.seen=1"` + "\n" + `SecRule TX:SEEN "@eq 1" "id:2,phase:2,block` + critical + `"`, "/?a=x", nil, true},
		{"not set by the other rule", `SecRule ARGS:a "@rx x" "id:1,phase:1,pass,nolog,setvar:tx.seen=1"` + "\n" + `SecRule TX:SEEN "@eq 1" "id:2,phase:2,block` + critical + `"`, "/?a=y", nil, false},
		{"names made of values", `SecRule ARGS_NAMES "@rx ." "id:1,phase:1,pass,nolog,setvar:'tx.n_%{MATCHED_VAR}=1'"` + "\n" + `SecRule TX:/secret_name/ "@rx ." "id:2,phase:2,block` + critical + `"`, "/?secret_name=1", nil, true},
		{"names made of other values", `SecRule ARGS_NAMES "@rx ." "id:1,phase:1,pass,nolog,setvar:'tx.n_%{MATCHED_VAR}=1'"` + "\n" + `SecRule TX:/secret_name/ "@rx ." "id:2,phase:2,block` + critical + `"`, "/?name=1", nil, false},
		{"skipped in every transaction", `SecRule TX:LIMIT "@lt 3" "id:1,phase:2,pass,nolog,skipAfter:END"` + "\n" + `SecRule ARGS "@rx evil" "id:2,phase:2,block` + critical + `"` + "\nSecMarker END", "/?a=evil", nil, false},
		{"not skipped in another phase", `SecRule TX:LIMIT "@lt 3" "id:1,phase:1,pass,nolog,skipAfter:END"` + "\n" + `SecRule ARGS "@rx evil" "id:2,phase:2,block` + critical + `"` + "\nSecMarker END", "/?a=evil", nil, true},
		{"skipped in some", `SecRule ARGS:a "@rx x" "id:1,phase:2,pass,nolog,skipAfter:END"` + "\n" + `SecRule ARGS "@rx evil" "id:2,phase:2,block` + critical + `"` + "\nSecMarker END", "/?b=evil", nil, true},
		{"an operator that can't be judged", `SecRule ARGS:x "@rx ." "id:1,phase:2,block,chain"` + "\n" + `SecRule REMOTE_ADDR "@geoLookup" "t:none` + critical + `"`, "/?x=1", nil, true},
		{"where it does not matter", `SecRule ARGS:x "@rx ." "id:1,phase:2,block,chain"` + "\n" + `SecRule REMOTE_ADDR "@geoLookup" "t:none` + critical + `"`, "/?y=1", nil, false},
		{"the time", `SecRule TIME_HOUR "@gt 25" "id:1,phase:1,block` + critical + `"`, "/", nil, true},
		{"before it is there", `SecRule REQUEST_BODY "@rx ^$" "id:1,phase:1,block` + critical + `"`, "/", nil, true},
		{"the score compared", `SecRule TX:ANOMALY_SCORE "@ge %{tx.inbound_anomaly_score_threshold}" "id:949110,phase:2,deny,tag:'anomaly-evaluation'"`, "/", nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScreen(t, c.rules, scores, 1<<10)
			for range 2 { // the second time from memory
				if got, cannotMatch := s.MayAlarm(request(t, c.uri, c.headers...), noRule); got != c.want {
					t.Errorf("got %v, cannotMatch %v", got, cannotMatch)
				}
			}
		})
	}
}

func TestSkip(t *testing.T) {
	s := newScreen(t, `SecRule ARGS "@rx evil" "id:7,phase:2,block`+critical+`"`, scores, 10)
	if may, _ := s.MayAlarm(request(t, "/?a=evil"), func(id int) bool { return id == 7 }); may {
		t.Error("a rule that is not applied alarms")
	}
}

// The rules that can't match for one transaction, with those that only concern them.
func TestSkippable(t *testing.T) {
	const evil = `SecRule ARGS "@rx evil" "id:9,phase:2,deny,tag:'x'"` + "\n"
	for _, c := range []struct {
		name, rules string
		want        []int
	}{
		{"one that can't match", `SecRule ARGS "@rx good" "id:1,phase:2,deny"`, []int{1}},
		{"one that takes targets from another", `SecRule REQUEST_URI "@rx ." "id:2,phase:1,pass,nolog,ctl:ruleRemoveTargetById=1;ARGS:a"` + "\n" + `SecRule ARGS "@rx good" "id:1,phase:2,deny"`, []int{1, 2}},
		{"one that takes targets from one that may match", `SecRule REQUEST_URI "@rx ." "id:2,phase:1,pass,nolog,ctl:ruleRemoveTargetByTag=x;ARGS:a"`, nil},
		{"one that removes others and sets something", `SecRule REQUEST_URI "@rx ." "id:2,phase:1,pass,nolog,ctl:ruleRemoveById=1,setvar:tx.a=1"` + "\n" + `SecRule ARGS "@rx good" "id:1,phase:2,deny"`, []int{1}},
		{"a chain whose head notes something for itself", "SecRule ARGS \"@rx evil\" \"id:1,phase:2,deny,setvar:tx.mine=%{matched_var},chain\"\nSecRule TX:mine \"@rx good\"", []int{1}},
		{"a chain whose head notes something for another", "SecRule ARGS \"@rx evil\" \"id:1,phase:2,deny,setvar:tx.mine=%{matched_var},chain\"\nSecRule TX:mine \"@rx good\"\n" + `SecRule TX:mine "@rx evil" "id:2,phase:2,deny"`, nil},
		{"a chain whose head notes something for a message", "SecRule ARGS \"@rx evil\" \"id:1,phase:2,deny,setvar:tx.mine=%{matched_var},chain\"\nSecRule TX:mine \"@rx good\"\n" + `SecRule ARGS "@rx vil" "id:2,phase:2,deny,msg:'%{tx.mine}'"`, nil},
		{"a chain whose head captures for itself", "SecRule ARGS \"@rx (evil)\" \"id:1,phase:2,deny,capture,chain\"\nSecRule TX:1 \"@rx good\"", []int{1}},
		{"a chain whose head captures for a message", "SecRule ARGS \"@rx (evil)\" \"id:1,phase:2,deny,capture,chain\"\nSecRule TX:1 \"@rx good\"\n" + `SecRule ARGS "@rx vil" "id:2,phase:2,deny,logdata:'%{tx.0}'"`, nil},
		{"a message of what the rule has captured itself", "SecRule ARGS \"@rx (evil)\" \"id:1,phase:2,deny,capture,chain\"\nSecRule TX:1 \"@rx good\"\n" + `SecRule ARGS "@rx vil" "id:2,phase:2,deny,capture,logdata:'%{tx.0}'"`, []int{1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScreen(t, c.rules+"\n"+evil, nil, 10)
			may, cannotMatch := s.MayAlarm(request(t, "/?a=evil"), noRule)
			if !may || !slices.Equal(cannotMatch, c.want) {
				t.Errorf("may alarm %v, cannotMatch %d, want %d", may, cannotMatch, c.want)
			}
		})
	}
}

func TestConcurrent(t *testing.T) {
	s := newScreen(t, `SecRule ARGS|REQUEST_COOKIES:/a/ "@rx evil" "id:1,phase:2,block`+critical+`"`, scores, 64)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 200 {
				value, want := fmt.Sprint("good", i), false
				if (i+w)%3 == 0 {
					value, want = fmt.Sprint("evil", i), true
				}
				if got, _ := s.MayAlarm(request(t, "/?x="+value, "Cookie", fmt.Sprintf("ka%d=v", i)), noRule); got != want {
					t.Errorf("%s: got %v", value, got)
				}
			}
		})
	}
	wg.Wait()
}
