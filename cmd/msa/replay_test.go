package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func requestLine(method, uri string) string {
	return `192.0.2.1 - - [20/Nov/2026:10:11:12 +0000] "` + method + " " + uri + ` HTTP/1.1" 200 12 "-" "Mozilla/5.0 (X11; Linux x86_64)"` + "\n"
}

func TestReplay(t *testing.T) {
	const (
		attack  = "/a?file=../../etc/passwd"
		encoded = "/b?file=Li4vLi4vLi4vLi4vZXRjL3Bhc3N3ZA==" // which rules alone don't see
	)
	log := file(t, "access.log", requestLine("GET", attack)+requestLine("PUT", "/articles/7")+requestLine("PUT", "/articles/7")+
		requestLine("GET", encoded)+requestLine("GET", "/"))
	exclusions := filepath.Join(t.TempDir(), "exclusions.conf")
	p := command(t, "msa", "replay", "-o", exclusions, log)
	if code := p.run(""); code != 1 {
		t.Fatalf("exit code %d: %s", code, p.stderr.String())
	}
	for _, want := range []string{
		`^requests: 5; would have been refused: 3 \(attacks: 1, most likely harmless: 2\); attacks that would have passed: 1\n`,
		`(?s)most likely harmless, by rule:\n     2  911100 [^\n]*\n        .*access\.log:2: PUT /articles/7\n`,
		`(?s)have passed, by rule:\n.*access\.log:4: GET /b`,
		`\nWith 1 exclusion: harmless requests still refused: 0 of 2; further attacks let through: 0\n$`,
	} {
		if !regexp.MustCompile(want).MatchString(p.stdout.String()) {
			t.Errorf("%s does not match %s", p.stdout.String(), want)
		}
	}
	text, err := os.ReadFile(exclusions)
	if err != nil || !strings.Contains(string(text), "ctl:ruleRemoveById=911100") {
		t.Fatalf("exclusions %s, %v", text, err)
	}

	again := command(t, "msa", "replay", "--rules", exclusions, "--rules", "crs", log)
	if code := again.run(""); code != 0 || !strings.HasPrefix(again.stdout.String(), "requests: 5; would have been refused: 1 (attacks: 1, most likely harmless: 0)") {
		t.Errorf("with the exclusions: exit code %d: %s%s", code, again.stdout.String(), again.stderr.String())
	}
}

// An audit log is a log, too.
func TestReplayAuditLog(t *testing.T) {
	log := file(t, "audit.log", auditEntry("c7036611", "/?t=../../etc/passwd")+auditEntry("aa036611", "/"))
	p := command(t, "msa", "replay", log)
	if code := p.run(""); code != 0 || !strings.HasPrefix(p.stdout.String(), "requests: 2; would have been refused: 1 (attacks: 1, most likely harmless: 0)") {
		t.Errorf("exit code %d: %s%s", code, p.stdout.String(), p.stderr.String())
	}
}

func TestReplayOfWhatCannotBe(t *testing.T) {
	log := file(t, "access.log", requestLine("GET", "/"))
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-"}, "it can't be standard input"},
		{[]string{"/nowhere/x"}, "cannot read file"},
		{[]string{"--alert-when=match", log}, "property alert_when: "},
		{[]string{"--behavior=default", log}, "property behavior: "},
		{[]string{"--mapping=ngnix", log}, `msa: property mapping: cannot find mapping "ngnix"`},
		{[]string{file(t, "other.log", "nothing of HTTP\n")}, "msa: 1 of 1 records were not inspected (no HTTP: 1)\nmsa: there is no request to replay\n"},
		{[]string{file(t, "empty.log", "")}, "msa: there is no request to replay\n"},
	} {
		args := c.args
		p := command(t, "msa", append([]string{"replay"}, args...)...)
		if code := p.run(""); code != 2 || !strings.Contains(p.stderr.String(), c.want) {
			t.Errorf("%q: exit code %d: %s", args, code, p.stderr.String())
		}
	}
}

// An exclusion for one path is for that path alone, one for several is for what is below what they have in common.
func TestReplayExclusionOfOnePath(t *testing.T) {
	for _, c := range []struct{ paths, want string }{
		{"/articles/new /articles/new /articles/new", `"@streq /articles/new"`},
		{"/articles/a/edit /articles/b/edit /articles/c/edit /articles/d/edit", `"@beginsWith /articles/"`},
	} {
		lines := requestLine("GET", "/")
		for _, path := range strings.Fields(c.paths) {
			lines += requestLine("PUT", path)
		}
		p := command(t, "msa", "replay", "--exclusions", "-", file(t, "access.log", lines))
		if code := p.run(""); code != 1 || !strings.Contains(p.stdout.String(), c.want) || !strings.Contains(p.stdout.String(), "still refused: 0 of ") {
			t.Errorf("%s: exit code %d: %s%s", c.paths, code, p.stdout.String(), p.stderr.String())
		}
	}
}
