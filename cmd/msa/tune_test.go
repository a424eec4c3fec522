package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/rules"
)

const (
	sqli  = "1%27+or+1=1--+"
	xss   = "%3Cscript%3Ealert(1)%3C/script%3E"
	files = "../../etc/passwd"
)

// request is a record of a GET by a client, with a Host, so that nothing alarms but what is in the URL.
func request(t testing.TB, client, url string) string {
	t.Helper()
	return benign(t, map[string]any{
		"SRC_IP": client, "URL": url, "DOMAIN": "www.example.com",
		"REQ_HEADER": "GET " + url + " HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0\r\nAccept: */*\r\n\r\n",
	}) + "\n"
}

// falseAlarms is a log with three kinds of false alarms and two attacks.
func falseAlarms(t testing.TB) string {
	var b strings.Builder
	for i := range 6 {
		b.WriteString(request(t, fmt.Sprintf("10.0.0.%d", i%3), fmt.Sprintf("/search/p%d?q=%s", i%2, sqli)))
	}
	for i := range 4 {
		b.WriteString(request(t, "10.0.1.1", fmt.Sprintf("/cms/edit/%d?html=%s", i, xss)))
	}
	for range 3 {
		b.WriteString(request(t, "10.0.2.2", "/backup/.git/config"))
	}
	b.WriteString(request(t, "192.0.2.9", "/?t="+files))
	b.WriteString(request(t, "192.0.2.9", "/search/p0?q="+sqli+"&t="+files))
	b.WriteString(request(t, "192.0.2.9", "/harmless"))
	return b.String()
}

func scanOf(t testing.TB, log string, args ...string) string {
	t.Helper()
	p := command(t, "msa", append([]string{"scan", log}, args...)...)
	if code := p.run(""); code > 1 {
		t.Fatalf("scan: exit code %d; %s", code, p.stderr.String())
	}
	return p.stdout.String()
}

func TestTune(t *testing.T) {
	log := file(t, "records.json", falseAlarms(t))
	found := file(t, "alerts.jsonl", scanOf(t, log))
	detector := func(name, source, url string) string {
		return fmt.Sprintf(`{"rule_id":"9702010","src_ip":%q,"url":%q,"method":"GET","detector":%q,"rules":[{"id":9702010,"msg":"m","variable":"detector:x","value":"v"}]}`, source, url, name)
	}
	own := "--rules=" + file(t, "own.conf", `SecRule ARGS "@contains x" "id:7,phase:2,pass,log"`)
	for _, c := range []struct {
		name, input string
		args        []string
		code        int
		want, never []string
		stderr      string
	}{
		{"text", "", []string{found}, 0, []string{
			"1. 942100@ARGS:q 9703010@ARGS:q 9703015@ARGS:q 9703130@ARGS:q\n   silences 6 of 15 alerts, from 3 sources: 10.0.0.0, 10.0.0.1, 10.0.0.2\n   942100 SQL Injection Attack Detected via libinjection\n   9703010 SQL: a condition is joined\n   9703015 SQL: a condition on constants\n   9703130 SQL: a text ends, and the rest of a statement is a comment\n" +
				"   for example GET /search/p0?q=" + sqli + " from 10.0.0.0; 942100 on ARGS:q: 1' or 1=1--",
			"941100@ARGS:html 941110@ARGS:html", "silences 4 of 15 alerts, from 1 source: 10.0.1.1",
			"930130@/backup/.git/config", "alerts without a narrow exclusion", "can't be written in one): 1\n",
		}, []string{"949110", "980170", "@/ ", "@/\n"}, ""},
		{"exclude", "", []string{found, "--format=exclude"}, 0, []string{"\n    Exclude           930130@/backup/.git/config\n", "# 4 of 15 alerts, from 1 source\n"}, []string{"949110"}, ""},
		{"seclang", "", []string{found, "--format=seclang", "--first-id=77"}, 0, []string{
			"SecRule REQUEST_FILENAME \"@beginsWith /cms/edit/\" \\\n    \"id:77,phase:1,", "ctl:ruleRemoveTargetById=941100;ARGS:html,", "ctl:ruleRemoveById=930130,",
		}, []string{"949110"}, ""},
		{"the most effective first", "", []string{found, "--top=1"}, 0, []string{"1. 942100@ARGS:q", "1 proposal; alerts left: 9 of 15"}, []string{"2."}, ""},
		{"records instead of alerts", request(t, "10.0.0.1", "/?t="+files), []string{"-", own}, 2, nil, nil, "cannot read alert: not an alert in format msa"},
		{"a directory without attacks", scanOf(t, file(t, "r.json",
			request(t, "10.0.0.1", "/api/v1/a?q="+sqli)+request(t, "10.0.0.1", "/api/v1/b?r="+xss)+request(t, "10.0.0.1", "/api/v2/c?q="+sqli)+request(t, "10.0.0.1", "/api/x?q="+sqli))),
			[]string{"-", "--format=seclang"}, 0, []string{`"@streq /api/v2/c"`, "ctl:ruleRemoveTargetById=941100;ARGS:r"}, []string{`"@beginsWith /api/"`}, ""},
		{"a directory for all", scanOf(t, file(t, "r.json", request(t, "10.0.0.1", "/a/b/c/.git/config")+request(t, "10.0.0.1", "/a/b/d/.git/config"))),
			[]string{"-"}, 0, []string{"1. 930130@/a/b/\n", "silences 2 of 2"}, nil, ""},
		{"not / though it is all there is", scanOf(t, file(t, "r.json", request(t, "192.0.2.1", "/.git/config")+request(t, "192.0.2.2", "/.env"))),
			[]string{"-"}, 0, []string{"930130@/.env", "930130@/.git/config"}, []string{"930130@/\n"}, ""},
		{"/ when asked", scanOf(t, file(t, "r.json", request(t, "192.0.2.1", "/.git/config")+request(t, "192.0.2.2", "/.env"))),
			[]string{"-", "--broad"}, 0, []string{"1. 930130@/ 9703060@/\n", "silences 2 of 2 alerts, from 2 sources"}, nil, ""},
		{"detectors", detector("host-scan", "10.20.0.99", "/a") + "\n" + detector("path-scan", "10.0.0.1", "/favicon.ico") + "\n" +
			detector("path-scan", "10.0.0.2", "/favicon.ico") + "\n" + detector("path-scan", "10.0.0.3", "/favicon.ico") + "\n" + detector("no name", "10.20.0.98", "/"),
			[]string{"-", own}, 0, []string{"host-scan@10.20.0.99", "1. path-scan@/favicon.ico", "9702010@10.20.0.98"}, nil, ""},
		{"detectors are no rules", detector("host-scan", "10.20.0.99", "/a"), []string{"-", own, "--format=seclang"}, 0, []string{"# alerts of detectors"}, []string{"Sec"}, ""},
		{"lines of syslog, and records with the text", "", []string{file(t, "syslog", "<161>1 2026-11-25T01:02:03Z h msa - - - "+strings.SplitAfter(scanOf(t, log), "\n")[0]+`{"log":`+quoted(t, strings.SplitAfter(scanOf(t, log), "\n")[1])+"}\n")}, 0,
			[]string{"942100@ARGS:q", "silences 2 of 2 alerts"}, nil, ""},
		{"other rules", `{"rule_id":"7","src_ip":"10.0.0.1","url":"/x/y","method":"GET","rules":[{"id":7,"msg":"own","variable":"REQUEST_FILENAME","value":"/x/y"}]}`, []string{"-", own}, 0, []string{"1. 7@/x/y\n", "   7 own\n"}, nil, ""},
		{"a client inside", `{"rule_id":"7","src_ip":"10.0.0.1","url":"/","method":"GET","rules":[{"id":7,"msg":"own","variable":"REQUEST_FILENAME","value":"/"}]}`, []string{"-", own}, 0, []string{"1. 7@10.0.0.1\n"}, nil, ""},
		{"a client outside", `{"rule_id":"7","src_ip":"192.0.2.1","url":"/","method":"GET","rules":[{"id":7,"msg":"own","variable":"REQUEST_FILENAME","value":"/"}]}`, []string{"-", own}, 0, []string{"0 proposals; alerts left: 1 of 1"}, nil, ""},
		{"a secret in an alert that was made with mask off", `{"rule_id":"7","src_ip":"10.0.0.1","url":"/x/ghp_16C7e42F292c6912E7710c838347Ae178B4a?password=Wint3r7","method":"GET","rules":[{"id":7,"msg":"own","variable":"ARGS:password","value":"Wint3r7"}]}`,
			[]string{"-", own}, 0, []string{"/x/ghp_********?password=****", "7 on ARGS:password: ****"}, []string{"16C7e42F", "Wint3r7"}, ""},
		{"the same with mask off", `{"rule_id":"7","src_ip":"10.0.0.1","url":"/x/y?password=Wint3r7","method":"GET","rules":[{"id":7,"msg":"own","variable":"ARGS:password","value":"Wint3r7"}]}`,
			[]string{"-", own, "--mask=off"}, 0, []string{"7 on ARGS:password: Wint3r7"}, nil, ""},
		{"messages about incidents", `{"incident_id":"a","kind":"incident"}` + "\n" + detector("path-scan", "10.0.0.1", "/x"), []string{"-", own}, 0, []string{"silences 1 of 1 alerts"}, nil, ""},
		{"nothing", "", []string{"-", own}, 0, []string{"0 proposals; alerts left: 0 of 0"}, nil, ""},
		{"broken", "hello\n{\"rule_id\":\"1\"}\n", []string{"-", own}, 2, nil, nil, "<stdin>:2: cannot read alert: not an alert in format msa"},
		{"no such file", "", []string{"/nowhere/x"}, 2, nil, nil, "/nowhere/x"},
		{"log that can't be read again", "", []string{found, "--log=-"}, 2, nil, nil, "--log is read many times"},
		{"no such log", "", []string{found, "--log=/nowhere/x"}, 2, nil, nil, "/nowhere/x"},
		{"wrong property", "", []string{found, "--paranoia-level=9"}, 2, nil, nil, `property paranoia_level: "9"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := command(t, "msa", append([]string{"tune"}, c.args...)...)
			if code := p.run(c.input); code != c.code {
				t.Errorf("exit code %d, want %d; %s", code, c.code, p.stderr.String())
			}
			for _, want := range c.want {
				if !strings.Contains(p.stdout.String(), want) {
					t.Errorf("stdout lacks %q:\n%s", want, p.stdout.String())
				}
			}
			for _, never := range c.never {
				if strings.Contains(p.stdout.String(), never) {
					t.Errorf("stdout has %q:\n%s", never, p.stdout.String())
				}
			}
			if !strings.Contains(p.stderr.String(), c.stderr) {
				t.Errorf("%q is missing in %s", c.stderr, p.stderr.String())
			}
		})
	}
}

func quoted(t testing.TB, s string) string {
	t.Helper()
	b, err := json.Marshal(strings.TrimSpace(s))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestTuneSilencesWhatItSays applies what is printed, and counts.
func TestTuneSilencesWhatItSays(t *testing.T) {
	log := file(t, "records.json", falseAlarms(t))
	found := file(t, "alerts.jsonl", scanOf(t, log))
	for _, format := range []string{"exclude", "seclang"} {
		for _, top := range []int{2, 4} {
			t.Run(fmt.Sprint(format, top), func(t *testing.T) {
				p := command(t, "msa", "tune", found, "--format="+format, "--top="+strconv.Itoa(top))
				if code := p.run(""); code != 0 {
					t.Fatalf("exit code %d; %s", code, p.stderr.String())
				}
				said := regexp.MustCompile(`# (\d) proposals; alerts left: (\d+) of 15`).FindStringSubmatch(p.stdout.String())
				if said == nil || said[1] != strconv.Itoa(top) {
					t.Fatalf("stdout: %s", p.stdout.String())
				}
				var args []string
				if format == "exclude" {
					for _, m := range regexp.MustCompile(`(?m)^    Exclude +(\S+)$`).FindAllStringSubmatch(p.stdout.String(), -1) {
						args = append(args, "--exclude="+m[1])
					}
				} else {
					args = []string{"--rules=" + compiled(t, p.stdout.String(), top), "--rules=crs"}
				}
				if left := len(alerts(t, scanOf(t, log, args...))); strconv.Itoa(left) != said[2] {
					t.Errorf("%d alerts are left, but it said %s:\n%s", left, said[2], p.stdout.String())
				}
			})
		}
	}
}

// compiled is a file of SecLang that the engine takes without a warning, with so many rules in it. What they exclude is not loaded.
func compiled(t testing.TB, text string, count int) string {
	t.Helper()
	path := file(t, "exclusions.conf", text)
	others := func(all []rules.Warning) []rules.Warning {
		return slices.DeleteFunc(slices.Clone(all), func(w rules.Warning) bool { return strings.Contains(w.Text, "rules that are not there") })
	}
	set, err := rules.Load([]string{path})
	if err != nil || len(set.Directives) != count || len(others(set.Warnings)) > 0 {
		t.Fatalf("%d directives and %v instead of %d, %v in:\n%s", len(set.Directives), set.Warnings, count, err, text)
	}
	e, err := engine.New(engine.Config{Rules: []string{path}, ParanoiaLevel: 1, InboundThreshold: 5, OutboundThreshold: 4, BodyLimit: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if len(others(e.Warnings())) > 0 || e.RuleCount() != count {
		t.Fatalf("%d rules, %v", e.RuleCount(), e.Warnings())
	}
	return path
}

func TestTuneTriesOnALog(t *testing.T) {
	log := file(t, "records.json", falseAlarms(t)+
		// An attack that a rule finds which is not excluded, but which does not suffice: 920350, Host is an address.
		strings.ReplaceAll(request(t, "192.0.2.66", "/backup/.git/config"), "Host: www.example.com", "Host: 192.0.2.1"))
	found := file(t, "alerts.jsonl", scanOf(t, log))
	for _, format := range []string{"text", "exclude", "seclang"} {
		p := command(t, "msa", "tune", found, "--log", log, "--format="+format)
		if code := p.run(""); code != 0 {
			t.Fatalf("%s: exit code %d; %s", format, code, p.stderr.String())
		}
		want := []string{"records.json: together they silence 15 of 16 records that alarm (17 records in all)", "In the log: 4 of 16 records that alarm; other rules matched in 1 of these, too."}
		if format == "text" {
			want = []string{want[0], "silences 4 of 16 records that alarm\n   possibly attacks: in 1 of these, other rules matched, too",
				"     " + log + ":17: 920350 on REQUEST_HEADERS:Host\n"}
		}
		for _, w := range want {
			if !strings.Contains(p.stdout.String(), w) {
				t.Errorf("%s lacks %q:\n%s", format, w, p.stdout.String())
			}
		}
	}
}

// TestTuneOfHostileAlerts: paths and names are the attacker's.
func TestTuneOfHostileAlerts(t *testing.T) {
	hostile := []string{
		`"`, `'`, `\`, "\n", "\r\nSecRuleEngine Off\n", `" "id:1,phase:1,pass" SecRuleEngine Off`, "\x00", "\u2028", ` `, `,ctl:ruleEngine=Off`, `;`, `|`, `&`,
		`\" \`, "%{tx.0}", "%{REMOTE_ADDR}", "$TAG", "${HOME}", "`id`", "@", "#", "*", "\x1b[2J", "/../..", "//",
	}
	own := "--rules=" + file(t, "own.conf", `SecRule ARGS "@contains x" "id:7,phase:2,pass,log"`)
	var input strings.Builder
	for i, h := range hostile {
		for _, a := range []struct{ url, variable string }{
			{"/a" + h, "REQUEST_URI"}, {"/" + h + "/b", "ARGS:" + h}, {"/a/" + h + "/b", "ARGS:x"}, {h, h}, {"/", "ARGS:x" + h}, {"/", h + ":x"}, {"/ok", "ARGS:" + h + "x"},
		} {
			b, err := json.Marshal(map[string]any{
				"rule_id": strconv.Itoa(100 + i), "src_ip": "192.0.2.1" + h, "url": a.url, "method": h, "detector": "",
				"rules": []any{map[string]any{"id": 100 + i, "msg": h, "variable": a.variable, "value": h}},
			})
			if err != nil {
				t.Fatal(err)
			}
			input.Write(append(b, '\n'))
		}
	}
	for _, broad := range []string{"--broad", "--broad=false"} {
		p := command(t, "msa", "tune", "-", own, "--format=seclang", "--top=1000", broad)
		if code := p.run(input.String()); code != 0 {
			t.Fatalf("exit code %d; %s", code, p.stderr.String())
		}
		n, _ := strconv.Atoi(regexp.MustCompile(`# (\d+) proposals;`).FindStringSubmatch(p.stdout.String())[1])
		if n < len(hostile) {
			t.Errorf("%d proposals only", n)
		}
		for line := range strings.Lines(p.stdout.String()) {
			if !regexp.MustCompile(`^(|# [\w ,.:;()/'-]+|Sec(Action|Rule REQUEST_FILENAME "@(?:beginsWith|streq) /[\w./~:+=-]*") \\|    "id:\d+,phase:1,pass,nolog,t:none,\\|    ctl:ruleRemove(ById=\d+|TargetById=\d+;[A-Z_]+:[\w.\[\]-]+)[,"]\\?)\n$`).MatchString(line) {
				t.Errorf("line %q", line)
			}
		}
		compiled(t, p.stdout.String(), n)

		p = command(t, "msa", "tune", "-", own, "--format=exclude", "--top=1000", broad)
		p.run(input.String())
		var list []string
		for line := range strings.Lines(p.stdout.String()) {
			if x, ok := strings.CutPrefix(line, "    Exclude           "); ok {
				list = append(list, strings.TrimSuffix(x, "\n"))
			} else if !strings.HasPrefix(line, "# ") {
				t.Errorf("line %q", line)
			}
		}
		if _, err := engine.ParseExclusions(list); err != nil || len(list) < len(hostile) || strings.Contains(strings.Join(list, ""), "$") {
			t.Errorf("%q: %v", list, err)
		}
		p = command(t, "msa", "tune", "-", own, "--top=1000", broad)
		p.run(input.String())
		if strings.ContainsAny(p.stdout.String(), "\x00\x1b\r\u2028") {
			t.Error("a control character reaches the terminal")
		}
	}
}

// Programs get of each proposal what people read.
func TestTuneJSON(t *testing.T) {
	log := file(t, "records.json", falseAlarms(t))
	found := file(t, "alerts.jsonl", scanOf(t, log))
	type inLog struct{ Records, Alarming, Silenced int }
	type proposal struct {
		Exclude, Sources, Examples []string
		SecLang                    string
		Silences, More             int
		Log                        *inLog
		Rules                      []struct {
			ID      int
			Message string `json:"msg"`
		}
	}
	type tuned struct {
		Alerts, Left int
		Proposals    []proposal
		Without      map[string]int `json:"without_proposal"`
		Log          *inLog
		Habits       []string
	}
	tune := func(args ...string) (got tuned) {
		t.Helper()
		p := command(t, "msa", append([]string{"tune", "--json", found}, args...)...)
		if code := p.run(""); code != 0 {
			t.Fatalf("exit code %d: %s", code, p.stderr.String())
		}
		if err := json.Unmarshal([]byte(p.stdout.String()), &got); err != nil {
			t.Fatal(err)
		}
		return got
	}
	got := tune("--log", log, "--top=2")
	if got.Alerts != 15 || len(got.Proposals) != 2 || got.Left != 15-got.Proposals[0].More-got.Proposals[1].More || len(got.Without) == 0 || got.Habits != nil {
		t.Fatalf("proposals %+v", got)
	}
	first := got.Proposals[0]
	if first.Exclude[0] != "942100@ARGS:q" || first.Silences != 6 || !slices.Equal(first.Sources, []string{"10.0.0.0", "10.0.0.1", "10.0.0.2"}) ||
		first.Rules[0].ID != 942100 || !strings.Contains(first.Rules[0].Message, "libinjection") || len(first.Examples) != 3 || !strings.Contains(first.SecLang, "id:10000,") {
		t.Errorf("the first proposal is %+v", first)
	}
	if l := first.Log; l == nil || l.Records != 16 || l.Alarming != 15 || l.Silenced != 6 || got.Log == nil || got.Log.Silenced < l.Silenced {
		t.Errorf("in the log: %+v, all %+v", l, got.Log)
	}
	if narrow := tune("--format=seclang"); narrow.Log != nil || !slices.ContainsFunc(narrow.Proposals, func(p proposal) bool {
		return p.Exclude == nil && strings.Contains(p.SecLang, "ctl:ruleRemoveTargetById=942100;ARGS:q")
	}) {
		t.Errorf("as SecLang: %+v", narrow)
	}
}
