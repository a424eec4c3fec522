package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/rules"
	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// refereed is how many records of each sort libmodsecurity and MSA are asked about.
const refereed = 500

// libmodsecurity and MSA find the same in the same records with the same rules, but for what docs/tested.md lists with its
// reasons.
func TestReferee(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some 15 s")
	}
	program, err := buildModSecurity(t.TempDir())
	if err != nil {
		t.Skip("libmodsecurity is not asked: ", err)
	}
	known := knownDifferences(t)
	seen := map[difference]bool{}
	records := map[string][]*mapping.Transaction{}
	for _, name := range []string{"attacks", "mix", "benign", "combined"} {
		records[name] = transactions(t, name, refereed)
	}
	for _, set := range refereeSets(t, program) {
		modsecurity, err := startModSecurity(program, set.theirs)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(modsecurity.stop)
		e, err := engine.New(engine.Config{Rules: set.ours, ParanoiaLevel: 1, InboundThreshold: 5, OutboundThreshold: 4, BodyLimit: 1 << 20, Screen: engine.ScreenOn, ScreenAnyMatch: true, CacheSize: 1 << 12})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = e.Close() })
		for _, name := range set.records {
			t.Run(set.name+"/"+name, func(t *testing.T) {
				matched := 0
				all := records[name]
				theirs := theirMatches(t, modsecurity, all)
				for i, tx := range all {
					v, err := e.Inspect(tx)
					if err != nil {
						t.Fatal(err)
					}
					ours := v.RuleIDs()
					matched += len(ours)
					for _, d := range differences(ours, theirs[i]) {
						if seen[d] = true; known[d] == "" {
							t.Errorf("only %s finds %d in %s %s %q %q", d.who, d.rule, tx.Method, tx.URI, tx.RequestHeaders, tx.RequestBody.Text)
						}
					}
				}
				if matched == 0 && name == "attacks" {
					t.Error("nothing is found")
				}
			})
		}
	}
	for d := range known {
		if !seen[d] {
			t.Errorf("docs/tested.md: that only %s finds %d is not so", d.who, d.rule)
		}
	}
}

// difference is a rule that only one of the two has match a record.
type difference struct {
	who  string
	rule int
}

func differences(ours, theirs []int) (all []difference) {
	for _, id := range theirs {
		if !slices.Contains(ours, id) {
			all = append(all, difference{"libmodsecurity", id})
		}
	}
	for _, id := range ours {
		if !slices.Contains(theirs, id) {
			all = append(all, difference{"MSA", id})
		}
	}
	return all
}

// knownDifferences are the reasons that docs/tested.md gives.
func knownDifferences(t *testing.T) map[difference]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(rig.Root(), "docs", "tested.md"))
	if err != nil {
		t.Fatal(err)
	}
	known := map[difference]string{}
	for _, row := range regexp.MustCompile(`(?m)^\| only (MSA|libmodsecurity) \| ([\d, ]+) \| (.+) \|$`).FindAllStringSubmatch(string(text), -1) {
		for _, id := range strings.Split(row[2], ", ") {
			n, err := strconv.Atoi(strings.TrimSpace(id))
			if err != nil {
				t.Fatal(err)
			}
			known[difference{row[1], n}] = row[3]
		}
	}
	return known
}

// refereeSet is a set of rules as each of the two loads it.
type refereeSet struct {
	name    string
	theirs  string
	ours    []string
	records []string
}

func refereeSets(t *testing.T, program string) []refereeSet {
	t.Helper()
	all := []refereeSet{{"CRS 3.3", fmt.Sprintf(modsecurityRules, "1"), []string{"/etc/modsecurity/crs/crs-setup.conf", "/usr/share/modsecurity-crs/rules"}, []string{"attacks", "mix", "benign", "combined"}}}
	settings, _, _ := strings.Cut(modsecurityRules, "Include ")
	add := func(name, text string) {
		file := filepath.Join(t.TempDir(), name+".conf")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		all = append(all, refereeSet{name, settings + text, []string{file}, []string{"attacks", "mix", "benign"}})
	}
	for _, pack := range []string{"lateral-movement", "exploited", rules.Evidence} {
		set, err := rules.Load([]string{pack})
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		for _, d := range set.Directives {
			if libmodsecurityReads(t, program, d.Text()) {
				fmt.Fprintln(&text, d.Text())
			}
		}
		add(pack, text.String())
	}
	for _, name := range slices.Sorted(maps.Keys(handwritten)) {
		add(name, handwritten[name])
	}
	return all
}

// libmodsecurityReads reports whether libmodsecurity can read a directive: it does not have MSA's own operators, and takes few
// characters in patterns for names of values.
func libmodsecurityReads(t *testing.T, program, text string) bool {
	t.Helper()
	file := filepath.Join(t.TempDir(), "one.conf")
	if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return exec.Command(program, file).Run() == nil // it ends with its input
}

// handwritten are rules of the kinds that people write for themselves.
var handwritten = map[string]string{
	"jumps": `SecRule REQUEST_METHOD "@streq POST" "id:101,phase:1,pass,log,skipAfter:END_OF_READS"
SecRule ARGS "@rx [<>'\"]" "id:102,phase:2,pass,log,t:urlDecodeUni"
SecRule REQUEST_URI "@rx \.\./" "id:103,phase:1,pass,log,t:urlDecodeUni"
SecMarker END_OF_READS
SecRule ARGS:id|ARGS:q "@rx ." "id:104,phase:2,pass,nolog,skip:1"
SecRule &ARGS "@ge 1" "id:105,phase:2,pass,log"
SecRule &ARGS "@eq 0" "id:106,phase:2,pass,log"
SecRule REQUEST_METHOD "@streq POST" "id:107,phase:5,pass,log,noauditlog"`,
	"scores": `SecAction "id:201,phase:1,pass,nolog,setvar:tx.shop=0,setvar:tx.limit=2"
SecRule ARGS|REQUEST_HEADERS "@rx (?i)(union|select|script|passwd)" "id:202,phase:2,pass,log,capture,t:lowercase,setvar:tx.shop=+1,setvar:tx.word=%{TX.1}"
SecRule TX:word "@within union select" "id:203,phase:2,pass,log"
SecRule TX:shop "@ge %{tx.limit}" "id:204,phase:2,deny,log,msg:'%{tx.shop} words'"
SecRule &TX:none "@eq 0" "id:205,phase:2,pass,log,chain"
    SecRule REQUEST_METHOD "!@within GET HEAD" "setvar:tx.none=1"
SecRule TX:none "@eq 1" "id:206,phase:2,pass,log"`,
	"controls": `SecRule REQUEST_FILENAME "@beginsWith /api" "id:301,phase:1,pass,nolog,ctl:ruleRemoveTargetById=304;ARGS:q"
SecRule REQUEST_FILENAME "@endsWith .php" "id:302,phase:1,pass,nolog,ctl:ruleRemoveById=305"
SecRule REQUEST_HEADERS:User-Agent "@pm sqlmap nikto curl" "id:303,phase:1,pass,log"
SecRule ARGS "@contains '" "id:304,phase:2,pass,log"
SecRule REQUEST_URI|ARGS_NAMES "@rx [^\w/?&=.%-]" "id:305,phase:2,pass,log,t:none,t:urlDecode"
SecRule REQUEST_COOKIES|!REQUEST_COOKIES:session "@rx ^[^;]{1,200}$" "id:306,phase:1,pass,log"
SecRule REQUEST_HEADERS:Content-Length "@gt 100" "id:307,phase:1,pass,log,chain"
    SecRule REQUEST_METHOD "@streq POST"`,
	"transformations": `SecRule ARGS "@rx <script" "id:401,phase:2,pass,log,t:urlDecodeUni,t:htmlEntityDecode,t:lowercase,t:removeNulls"
SecRule ARGS "@rx /etc/" "id:402,phase:2,pass,log,t:normalizePath"
SecRule ARGS "@rx ^\w+ \w+" "id:403,phase:2,pass,log,t:compressWhitespace,t:trim"
SecRule ARGS "@gt 40" "id:404,phase:2,pass,log,t:length"
SecRule ARGS "@rx union select" "id:405,phase:2,pass,log,t:replaceComments,t:compressWhitespace,t:lowercase"
SecRule ARGS "@rx (?i)cmd" "id:406,phase:2,pass,log,t:cmdLine"
SecRule ARGS "@detectSQLi" "id:407,phase:2,pass,log"
SecRule ARGS "@detectXSS" "id:408,phase:2,pass,log"
SecRule ARGS "@validateByteRange 32-126" "id:409,phase:2,pass,log"`,
}

// theirMatches are the rules that libmodsecurity has each transaction match.
func theirMatches(t *testing.T, modsecurity *child, all []*mapping.Transaction) [][]int {
	t.Helper()
	exchanges := appendNumber(nil, len(all))
	for _, tx := range all {
		exchanges = appendExchange(exchanges, tx)
	}
	file := filepath.Join(t.TempDir(), "exchanges")
	if err := os.WriteFile(file, exchanges, 0o600); err != nil {
		t.Fatal(err)
	}
	matches := make([][]int, len(all))
	rest, err := modsecurity.ask("match " + file)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range strings.Fields(rest) {
		index, ids, _ := strings.Cut(f, ":")
		i, err := strconv.Atoi(index)
		if err != nil || i >= len(matches) {
			t.Fatalf("%q is not an index", index)
		}
		for _, id := range strings.Split(ids, ",") {
			n, err := strconv.Atoi(id)
			if err != nil {
				t.Fatal(err)
			}
			matches[i] = append(matches[i], n)
		}
	}
	return matches
}
