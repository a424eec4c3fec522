package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/check"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/warnings"
)

const accessLine = `10.0.0.7 - - [20/Nov/2026:10:11:12 +0000] "GET /a?t=..%2f..%2fetc/passwd HTTP/1.1" 200 12 "-" "curl/8.5.0"`

func TestExplain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "access.log")
	if err := os.WriteFile(file, []byte("garbage\n"+accessLine+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(t.TempDir(), "own.conf")
	if err := os.WriteFile(own, []byte(`SecRule ARGS "@contains etc/passwd" "id:1,phase:2,pass,log,msg:'own'"`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, input string
		args        []string
		code        int
		stdout      []string
		stderr      string
	}{
		{"the plan", attack(t, nil), []string{"-", "--rules", own, "--plan"}, 0, []string{
			"plan of the fast path\n", "\n  rule 1, alarms by itself\n      ARGS @contains etc/passwd; a value must have \"etc/passwd\"\n",
		}, ""},
		{"the plan without a fast path", attack(t, nil), []string{"-", "--rules", own, "--screen", "off", "--plan"}, 0, []string{"plan: there is no fast path, all rules run\n"}, ""},
		{"without effect", attack(t, nil), []string{"-", "--shards", "2", "--incidents-from", "alerts"}, 0, []string{"verdict: alert, with confidence 100, outcome failure\n", "alerts: 1\n"}, ""},
		{"a Nano record", attack(t, nil), []string{"-"}, 0, []string{
			"verdict: alert, with confidence 100, outcome failure\nmatches\n", "alerts: 1\nmapping: nano (Nano probe, HTTP)\nfields\n", "\n  403: the server refused the request\n",
			"request.uri                      /?t=../../etc/passwd  ←  URL",
			"request.headers.Cookie           (not in the record)  ←  COOKIE, _COOKIE",
			"not used: CARD",
			"request.headers.User-Agent       (not needed, the header block is whole)  ←  AGENT",
			"from 192.168.1.105:46152 to 192.168.1.55:80",
			"930120 OS File Access Attempt (",
			"ARGS:t after utf8toUnicode, urlDecodeUni, normalizePathWin: ../../etc/passwd",
			"score: inbound 33 of 5, outbound 0 of 4; alerts: 1",
		}, ""},
		{"a line", "", []string{file, "--lines", "--record=2"}, 0, []string{
			"mapping: nginx (", "mappings that were tried before nginx: ", " (--json says why each does not fit)\n",
			"920280 Request Missing a Host Header (the Host header)",
			"log the Host header to enable", "log the response body to enable",
			"alerts: 1",
		}, ""},
		{"workloads", `{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"1","stage":"ResponseComplete","requestURI":"/api","verb":"get","sourceIPs":["10.0.0.1"],` +
			`"user":{"username":"system:serviceaccount:ci:runner"},"impersonatedUser":{"username":"jane"},"kubernetes":{"namespace_name":"shop","pod_name":"cart-0"}}`, []string{"-"}, 0, []string{
			"the client is ci/serviceaccount/runner, authenticated as ci/runner, acts as jane\n", "the server is shop/statefulset/cart\n",
			"client.workload.account            system:serviceaccount:ci:runner  ←  $user['username']",
		}, ""},
		{"too little evidence", benign(t, map[string]any{"URL": "/oauth?scope=openid%20https://www.example.com/auth/userinfo.profile"}), []string{"-"}, 0,
			[]string{"verdict: no alert, with confidence ", " of the 40 that are needed\n"}, ""},
		{"nothing", benign(t, nil), []string{"-", "--rules", own}, 0, []string{"verdict: no rule matches\n"}, ""},
		{"a rule of one's own", attack(t, nil), []string{"-", "--rules", own}, 0, []string{"verdict: alert, with confidence ", ", outcome failure\n"}, ""},
		{"a short list of mappings", "", []string{file, "--lines", "--record=2", "--mapping=iis,nginx"}, 0, []string{"mappings that were tried before nginx\n  not iis: "}, ""},
		{"not inspected", "", []string{file, "--lines"}, 1, []string{
			"mapping: none, the record is not inspected", "not apache: it has none of remote, host", "\nnext: describe the log in a mapping (docs/mapping.md)",
		}, ""},
		{"skipped", `{"log":"10.0.0.7 - - [x] \"-\" 408 0 \"-\" \"-\""}`, []string{"-"}, 1, []string{"not nginx: skipped: request is  or -"}, ""},
		{"after a line that tells the columns", "#Fields: cs-method cs-uri-stem s-ip date\nGET /a 10.0.0.1 2026-11-20\n", []string{"-", "--lines", "--record=2", "--mapping=iis"}, 0, []string{"GET /a"}, ""},
		{"hostile", `{"URL":"/\u001b[2J\u202e\n","METHOD":"GET","SRC_IP":"1.1.1.1"}`, []string{"-"}, 0, []string{"GET /\uFFFD[2J\uFFFD\n"}, ""},
		{"no such record", attack(t, nil), []string{"-", "--record=2"}, 2, nil, `cannot find record 2 in "-"`},
		{"no such file", "", []string{"/nowhere/x"}, 2, nil, "msa: cannot read file: open /nowhere/x: no such file or directory\n"},
		{"empty", "", []string{"-"}, 2, nil, `msa: cannot explain "-": there are no records in it` + "\n"},
		{"a directory as mapping", "", []string{"-", "--mapping=testdata"}, 2, nil, "cannot read mapping: read testdata: is a directory"},
		{"wrong mapping", "", []string{"-", "--mapping=ngnix"}, 2, nil, `did you mean "nginx"?`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := command(t, "msa", append([]string{"explain"}, c.args...)...)
			if code := p.run(c.input); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			for _, want := range c.stdout {
				if !strings.Contains(p.stdout.String(), want) {
					t.Errorf("stdout lacks %q:\n%s", want, p.stdout.String())
				}
			}
			if !strings.Contains(p.stderr.String(), c.stderr) || strings.Contains(p.stderr.String(), "exit code") {
				t.Errorf("stderr: %s", p.stderr.String())
			}
			if strings.Contains(p.stdout.String(), "\x1b") {
				t.Error("a control character reaches the terminal")
			}
		})
	}
}

func TestScanLines(t *testing.T) {
	input := strings.ReplaceAll(accessLine, "..%2f..%2fetc/passwd", "shoes") + "\n\n" + accessLine + "\r\n" + accessLine
	p := command(t, "msa", "scan", "--lines", "-")
	if code := p.run(input); code != 1 {
		t.Errorf("exit code %d; %s", code, p.stderr.String())
	}
	got := alerts(t, p.stdout.String())
	if len(got) != 2 || got[0]["line"] != 3.0 || got[1]["line"] != 4.0 || got[0]["preset"] != "nginx" || got[0]["src_ip"] != "10.0.0.7" {
		t.Errorf("alerts %v", got)
	}
}

// Presets that show the same share a line: there are dozens.
func TestCheckGroupsMappings(t *testing.T) {
	p := command(t, "msa", "check")
	if code := p.run(""); code != 0 {
		t.Fatalf("exit code %d; %s", code, p.stderr.String())
	}
	lines, shared, named := map[string]bool{}, false, map[string]bool{}
	for line := range strings.Lines(p.stdout.String()) {
		mappings, rules, ok := strings.Cut(strings.TrimPrefix(line, "mapping "), ": off, as they need what the log does not show: ")
		if !ok {
			continue
		}
		if lines[rules] {
			t.Errorf("a second line has the rules %s", rules)
		}
		lines[rules] = true
		for _, name := range strings.Split(mappings, ", ") {
			shared = shared || name != mappings
			named[name] = true
		}
	}
	if !shared || !named["nginx"] || !named["apache"] || named["nano"] {
		t.Errorf("stdout: %s", p.stdout.String())
	}
}

func TestCheckListsRulesThatAreOff(t *testing.T) {
	p := command(t, "msa", "check", "--mapping=nginx,nano")
	if code := p.run(""); code != 0 {
		t.Fatalf("exit code %d; %s", code, p.stderr.String())
	}
	if out := p.stdout.String(); !strings.Contains(out, "mapping nginx: off, as they need what the log does not show: 920180 920280 ") || strings.Contains(out, "mapping nano:") {
		t.Errorf("stdout: %s", out)
	}
}

// What a check finds can be read by a program: of properties, of a pipeline, and of one that would not start.
func TestCheckJSON(t *testing.T) {
	skipped := file(t, "skipped.conf", "SecRuleEngine On\nSecRule ARGS \"@rx (?<!a)b\" \"id:1,phase:2,deny\"\nSecRule ARGS \"@contains x\" \"id:2,phase:2,deny\"\n")
	conf := file(t, "fluent-bit.conf", "[INPUT]\n    Name tail\n    Tag nano\n[FILTER]\n    Name msa\n    Match nano\n    Rules "+skipped+"\n[FILTER]\n    Name msa\n    Match nano\n    Rules nowhere.conf\n")
	report := func(want int, args ...string) (got check.Report) {
		t.Helper()
		p := command(t, "msa", append([]string{"check", "--json"}, args...)...)
		if code := p.run(""); code != want {
			t.Errorf("%q: exit code %d, want %d: %s", args, code, want, p.stderr.String())
		}
		if err := json.Unmarshal([]byte(p.stdout.String()), &got); err != nil {
			t.Fatal(err)
		}
		return got
	}
	isSkipped := func(w warnings.Warning) bool {
		return w.Level == "warning" && strings.Contains(w.String(), skipped+":2")
	}

	got := report(0, "--rules", skipped, "--mapping=nginx")
	if f := got.Filters[0]; !f.OK || f.RuleCount != 1 || f.Rules != skipped || f.Mapping != "nginx" || !slices.ContainsFunc(f.Warnings, isSkipped) || got.Remarks != nil {
		t.Errorf("of properties: %+v", got)
	}
	if got := report(0, "--mapping=nginx"); len(got.Filters[0].Unapplied) != 1 || !slices.Contains(got.Filters[0].Unapplied[0].Rules, 920280) {
		t.Errorf("unapplied %+v", got.Filters[0].Unapplied)
	}
	if got := report(1, "--rules=nowhere.conf"); got.Filters[0].OK || !strings.Contains(got.Filters[0].Error, "nowhere.conf") {
		t.Errorf("of no rules: %+v", got)
	}
	got = report(1, conf)
	if len(got.Filters) != 2 || !got.Filters[0].OK || got.Filters[0].Place != conf+":4" || got.Filters[0].Match != "nano" || got.Filters[1].OK {
		t.Errorf("filters %+v", got.Filters)
	}
	if !slices.ContainsFunc(got.Remarks, func(r check.Remark) bool {
		return r.Level == "error" && r.Place == conf+":8" && strings.Contains(r.Text, "nowhere.conf")
	}) {
		t.Errorf("remarks %+v", got.Remarks)
	}
}

func TestExplainJSON(t *testing.T) {
	type match struct {
		Rule, Line      int
		Variable        string
		Transformations []string
	}
	type explained struct {
		Verdict *struct {
			Alerts, Confidence int
			Outcome            string
			Reasons            []string
			ToKnow             []string `json:"to_know_more"`
		}
		Mapping      string
		NotInspected string `json:"not_inspected"`
		Tried        []struct{ Mapping, Reason string }
		Matches      []match
	}
	var got explained
	p := command(t, "msa", "explain", "--json", "-")
	if code := p.run(attack(t, nil)); code != 0 {
		t.Fatalf("exit code %d: %s", code, p.stderr.String())
	}
	if err := json.Unmarshal([]byte(p.stdout.String()), &got); err != nil {
		t.Fatal(err)
	}
	if v := got.Verdict; v == nil || v.Confidence < 90 || v.Outcome != "failure" || v.Alerts != 1 || len(v.Reasons) == 0 || got.Mapping != "nano" {
		t.Errorf("verdict %+v of mapping %s", v, got.Mapping)
	}
	if !slices.ContainsFunc(got.Matches, func(m match) bool {
		return m.Rule == 930120 && m.Variable == "ARGS:t" && m.Line > 0 && len(m.Transformations) > 0
	}) {
		t.Errorf("matches %+v", got.Matches)
	}
	p, got = command(t, "msa", "explain", "--json", "--lines", "-"), explained{}
	if code := p.run(accessLine); code != 0 {
		t.Errorf("exit code %d: %s", code, p.stderr.String())
	}
	if err := json.Unmarshal([]byte(p.stdout.String()), &got); err != nil || got.Verdict == nil || !slices.ContainsFunc(got.Verdict.ToKnow, func(part string) bool { return strings.Contains(part, "body") }) {
		t.Errorf("what to log to know the outcome is missing in %+v, %v", got.Verdict, err)
	}
	p, got = command(t, "msa", "explain", "--json", "-"), explained{}
	if code := p.run(`{"a":1}`); code != 1 {
		t.Errorf("exit code %d: %s", code, p.stderr.String())
	}
	if err := json.Unmarshal([]byte(p.stdout.String()), &got); err != nil || got.NotInspected == "" || got.Verdict != nil || len(got.Tried) == 0 {
		t.Errorf("not inspected: %+v, %v", got, err)
	}
}

func TestPresetsJSON(t *testing.T) {
	var got []listedPreset
	p := command(t, "msa", "presets", "--json")
	if code := p.run(""); code != 0 {
		t.Fatalf("exit code %d: %s", code, p.stderr.String())
	}
	if err := json.Unmarshal([]byte(p.stdout.String()), &got); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(got, func(l listedPreset) bool { return l.Name == "nano" && l.Description != "" }) {
		t.Errorf("presets %+v", got)
	}
}

func TestExplainRecordZero(t *testing.T) {
	p := command(t, "msa", "explain", "--record", "0", "-")
	if code := p.run(accessLine); code != 2 || p.stderr.String() != "msa: --record 0: the first record is 1\n" {
		t.Errorf("exit code %d: %s", code, p.stderr.String())
	}
}

// With advice it is said what would be found if the log showed more, for people and for programs.
func TestExplainAdvise(t *testing.T) {
	type found struct {
		Tests            int `json:"crs_tests"`
		Success, Failure int
	}
	type explained struct {
		Advice *struct {
			Of, Now found
			More    []struct {
				Field string
				found
			}
			Configuration *struct {
				Product, Text string
				With          *found
			}
		}
	}
	explain := func(args ...string) (got explained) {
		p := command(t, "msa", append([]string{"explain", "--json", "--lines", "-"}, args...)...)
		if code := p.run(accessLine); code != 0 {
			t.Fatalf("%q: exit code %d: %s", args, code, p.stderr.String())
		}
		if err := json.Unmarshal([]byte(p.stdout.String()), &got); err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := explain(); got.Advice != nil {
		t.Errorf("advice that nobody has asked for: %+v", got.Advice)
	}
	low := explain("--advise").Advice
	if low == nil || low.Now.Tests == 0 || low.Now.Tests >= low.Of.Tests || low.Configuration == nil || low.Configuration.Product != "nginx" ||
		low.Configuration.With == nil || low.Configuration.With.Tests <= low.Now.Tests || !strings.Contains(low.Configuration.Text, "log_format") {
		t.Fatalf("advice %+v", low)
	}
	if first := low.More[0]; first.Field != "the request body" || first.Tests == 0 || first.Success != 0 {
		t.Errorf("the most useful is %+v", first)
	}
	if !slices.ContainsFunc(low.More, func(m struct {
		Field string
		found
	}) bool {
		return m.Field == "the response body" && m.Tests > 0 && m.Success > 0 && m.Failure > 0
	}) {
		t.Errorf("the answer is missing in %+v", low.More)
	}
	if high := explain("--advise", "--paranoia-level", "4").Advice; high.Of.Tests <= low.Of.Tests {
		t.Errorf("%d tests of the rules of level 4, and %d of level 1", high.Of.Tests, low.Of.Tests)
	}
	if none := explain("--advise", "--rules", "lateral-movement").Advice; none.Of.Tests != 0 || none.Of.Success == 0 {
		t.Errorf("without CRS: %+v", none.Of)
	}

	p := command(t, "msa", "explain", "--advise", "--lines", "-")
	if code := p.run(accessLine); code != 0 {
		t.Fatalf("exit code %d: %s", code, p.stderr.String())
	}
	for _, want := range []string{
		`as it is +%d of %d +%d of %d `, `with the request body +\+%d +- +-`, `with the configuration below +`, `headers of the request with up to`, `log_format msa`,
	} {
		want = strings.ReplaceAll(want, "%d", `\d+`)
		if out := p.stdout.String(); !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
}
