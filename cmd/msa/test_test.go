package main

import (
	"strings"
	"testing"
)

const ownRules = `SecRule REQUEST_FILENAME "@beginsWith /admin" "id:100001,phase:1,pass,log,msg:'Administration',severity:NOTICE,\
    tag:'attack-admin'"
SecRule ARGS:a "@streq 1" "id:100002,phase:2,pass,log,chain,msg:'Chain'"
    SecRule ARGS:b "@streq 2" "t:none"
SecRule ARGS "@contains zzz" "id:100003,phase:2,pass,nolog,setvar:tx.z=1"
SecRule ARGS "@contains yyy" "id:100004,phase:2,pass,log"
`

func TestTest(t *testing.T) {
	own := file(t, "own.conf", ownRules)
	with := "with: {mapping: nano, rules: " + own + "}\ncases:\n"
	crs := "with: {rules: [crs, " + own + "]}\ncases:\n"
	hit := "  - name: hit\n    record: {URL: /admin/x, METHOD: GET, SRC_IP: 10.0.0.1}\n"
	miss := "  - name: miss\n    record: {URL: /users, METHOD: GET, SRC_IP: 10.0.0.1}\n"
	line := "  - name: line\n    lines: true\n    record: '" + accessLine + "'\n"
	for _, c := range []struct {
		name, cases string
		args        []string
		code        int
		want, never []string
	}{
		{"all as expected", with + hit + "    rules: 100001\n    not: [100002, 100004]\n    alarm: true\n    severity: notice\n    src_ip: 10.0.0.1\n    fields: {url: /admin/x, category: admin, score_in: 0, direction: ''}\n" +
			miss + "    not: 100001\n    alarm: false\n", nil, 0, []string{"ok    hit\n", "ok    miss\n", "2 cases, 0 failed\n"}, []string{"FAIL", "rule "}},
		{"severity as a digit", with + hit + "    severity: 5\n", nil, 0, []string{"ok    hit\n"}, nil},
		{"wrong severity", with + hit + "    severity: 4\n", nil, 1, []string{`severity of the alert is "5" instead of "4"`}, nil},
		{"a rule that should match", with + miss + "    rules: 100001\n", nil, 1, []string{"FAIL  miss (", ".yaml:3)\n", "rule 100001 did not match; matched: nothing"}, nil},
		{"a rule that should not", with + hit + "    not: 100001\n", nil, 1, []string{"rule 100001 matched on REQUEST_FILENAME: /admin/x"}, nil},
		{"rules that are not there", with + hit + "    rules: 7\n    not: 8\n", nil, 1, []string{"rule 7 is not loaded", "rule 8 is not loaded"}, nil},
		{"no alarm", with + miss + "    alarm: true\n", nil, 1, []string{"no alert: scores are 0 inbound and 0 outbound; matched: nothing"}, nil},
		{"an alarm", with + hit + "    alarm: false\n", nil, 1, []string{"an alert: Administration, scores are 0 "}, nil},
		{"fields without an alert", with + miss + "    src_ip: 10.0.0.1\n", nil, 1, []string{"no alert: "}, nil},
		{"wrong fields", with + hit + "    fields: {url: /x, nothing: 1, score_in: 1}\n", nil, 1, []string{`url of the alert is "/admin/x" instead of "/x"`, "the alert has no nothing", `score_in of the alert is "0" instead of "1"`}, nil},
		{"not inspected", with + "  - name: other\n    record: {a: 1}\n    alarm: false\n", nil, 1, []string{"the record is not inspected: "}, nil},
		{"CRS, and a line", crs + line + "    tag: web\n    rules: [930120]\n    alarm: true\n    fields: {tag: web, preset: nginx, src_ip: 10.0.0.7}\n", nil, 0, []string{"1 cases, 0 failed"}, nil},
		{"below the threshold", crs + "  - name: noise\n    record: {URL: /, METHOD: GET, SRC_IP: 10.0.0.1, REQ_HEADER: \"GET / HTTP/1.1\\r\\nHost: 10.0.0.1\\r\\nAccept: */*\\r\\nUser-Agent: b\\r\\n\\r\\n\"}\n    rules: 920350\n    alarm: false\n", nil, 0, []string{"ok    noise"}, nil},
		{"a case's own properties", with + hit + "    with: {exclude: [100001@/admin, '7'], alert_tag: off}\n    not: 100001\n    alarm: false\n" + strings.Replace(hit, "hit", "again", 1) + "    alarm: true\n", nil, 0, []string{"2 cases, 0 failed"}, nil},
		{"TAP", with + strings.Replace(hit, "hit", `"a # b"`, 1) + "    alarm: true\n" + miss + "    alarm: true\n", []string{"--format=tap"}, 1, []string{"TAP version 13\n1..2\nok 1 - a \\# b\nnot ok 2 - miss\n  # ", "\n  # no alert"}, []string{"cases, "}},
		{"hostile text", with + "  - name: \"a\\e[2J\"\n    record: {URL: \"/admin\\e[2J\", METHOD: GET}\n    not: 100001\n", nil, 1, []string{"FAIL  a\uFFFD[2J (", "REQUEST_FILENAME: /admin\uFFFD[2J"}, []string{"\x1b"}},
		{"coverage", with + hit + "    rules: 100001\n    not: 100004\n" + "  - name: chain\n    record: {URL: '/?a=1&b=2', METHOD: GET}\n    rules: 100002\n    not: 100001\n", []string{"--coverage"}, 0, []string{
			"rule 100002 (" + own + ":3): no case has it under not\n", "rule 100004 (" + own + ":6): no case fires it\n", "1 of 3 own rules have",
		}, []string{"rule 100003", "rule 0", "rule 100001"}},
		{"coverage is without CRS", crs + line + "    rules: [930120]\n", []string{"--coverage", "--format=tap"}, 0, []string{"# rule 100001 (" + own + ":1): no case fires it, and no case has it under not\n", "# 0 of 3 own rules have"}, []string{"rule 9"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := command(t, "msa", append([]string{"test", file(t, "cases.yaml", c.cases)}, c.args...)...)
			if code := p.run(""); code != c.code {
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
		})
	}
}

// TestBrokenCasesEndTheCommand, also where the settings are at fault, before any case runs.
func TestBrokenCasesEndTheCommand(t *testing.T) {
	good := "cases:\n  - name: a\n    record: {URL: /}\n    alarm: true\n"
	for _, c := range []struct{ name, text, stderr string }{
		{"file", "case: 1", ":1: the file has no key"},
		{"property", "with: {paranoia_level: 9}\n" + good, `cases.yaml:3: case "a": property paranoia_level: "9"`},
		{"rules", "with: {rules: /nowhere/x.conf}\n" + good, "/nowhere/x.conf"},
		{"mapping", "with: {mapping: ngnix}\n" + good, `did you mean "nginx"`},
	} {
		p := command(t, "msa", "test", file(t, "cases.yaml", c.text))
		if code := p.run(""); code != 2 || p.stdout.String() != "" || !strings.Contains(p.stderr.String(), c.stderr) {
			t.Errorf("%s: exit code %d; %s%s", c.name, code, p.stdout.String(), p.stderr.String())
		}
	}
}
