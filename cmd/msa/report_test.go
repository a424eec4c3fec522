package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	log := file(t, "records.json", falseAlarms(t))
	found := scanOf(t, log)
	n := strings.Count(found, "\n")
	first := strings.SplitAfter(found, "\n")[0]
	alerts := file(t, "alerts.jsonl", found)
	for _, c := range []struct {
		name, input string
		args        []string
		code        int
		page        []string // parts of it; none if there is none
		stderr      string
	}{
		{"a file", "", []string{alerts}, 0, []string{`"alerts":15,"listed":15`, `"id":"942100"`, "<title>Attacks found in logs</title>", `"files":["alerts.jsonl"]`}, `^$`},
		{"standard input, with a title", found, []string{"-", "--title", `Q3 <&> "R"`}, 0, []string{`"alerts":15`, `<title>Q3 &lt;&amp;&gt; &#34;R&#34;</title>`, `"files":["standard input"]`}, `^$`},
		{"syslog, and records with the text", "<161>1 2026-11-25T01:02:03Z h msa - - - " + first + `{"log":` + quoted(t, first) + "}\n", []string{"-"}, 0, []string{`"alerts":2`}, `^$`},
		{"hostile alerts", "", []string{filepath.Join("internal", "report", "testdata", "hostile.jsonl")}, 0, []string{`"alerts":71,"listed":71`, `"broken":0`}, `^$`},
		{"lines that are none", "hello\n" + found + "{}\n\n", []string{"-"}, 0, []string{`"alerts":15`, `"broken":2`}, `^<stdin>:1: cannot read alert: not an alert in format msa\n<stdin>:17: .*\nmsa: lines that are not alerts: 2\n$`},
		{"several files", found, []string{alerts, "-"}, 0, []string{`"alerts":30`}, `^$`},
		{"a file that is not there", "", []string{alerts, "/nowhere/x"}, 2, []string{`"alerts":15`, `"unreadable":1`}, `/nowhere/x`},
		{"no alert", "", []string{"-"}, 2, nil, `^msa: there is no alert to report; msa scan prints those of a log\n$`},
		{"nothing but other lines", "hello\n", []string{"-"}, 2, nil, `<stdin>:1: .*\n(?s).*there is no alert`},
		{"a size that is none", "", []string{alerts, "--size=0"}, 2, nil, `--size 0: it is from 1 to 400`},
		{"other format", `{"ecs":{"version":"8.17.0"}}`, []string{"-"}, 2, nil, `looks like ecs: the report needs alert_format msa`},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "page.html")
			p := command(t, "msa", append([]string{"report", "-o", out}, c.args...)...)
			if code := p.run(c.input); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if !regexp.MustCompile(c.stderr).MatchString(p.stderr.String()) {
				t.Errorf("stderr: %s", p.stderr.String())
			}
			page, err := os.ReadFile(out)
			if (err == nil) != (c.page != nil) {
				t.Fatalf("page: %v", err)
			}
			for _, want := range c.page {
				if !strings.Contains(string(page), want) {
					t.Errorf("the page lacks %q", want)
				}
			}
			if others, err := filepath.Glob(filepath.Join(filepath.Dir(out), ".*")); err != nil || len(others) > 0 {
				t.Errorf("left behind: %v, %v", others, err)
			}
		})
	}
	t.Run("standard output", func(t *testing.T) {
		p := command(t, "msa", "report", alerts, "-o", "-")
		if code := p.run(""); code != 0 || !strings.HasPrefix(p.stdout.String(), "<!doctype html>") || !strings.HasSuffix(p.stdout.String(), "</html>\n") {
			t.Errorf("exit code %d, %d bytes of %d alerts", code, len(p.stdout.String()), n)
		}
	})
	t.Run("a directory that is not there", func(t *testing.T) {
		p := command(t, "msa", "report", alerts, "-o", filepath.Join(t.TempDir(), "no", "page.html"))
		if code := p.run(""); code != 1 || !strings.Contains(p.stderr.String(), "cannot write file") {
			t.Errorf("exit code %d; %s", code, p.stderr.String())
		}
	})
}

func TestReportWithoutAName(t *testing.T) {
	p := command(t, "msa", "report", file(t, "alerts.jsonl", scanOf(t, file(t, "records.json", falseAlarms(t)))))
	p.cmd.Dir = t.TempDir()
	if code := p.run(""); code != 0 || p.stdout.String() != "15 alerts are in msa-report.html\n" {
		t.Errorf("exit code %d: %s%s", code, p.stdout.String(), p.stderr.String())
	}
	if info, err := os.Stat(filepath.Join(p.cmd.Dir, "msa-report.html")); err != nil || info.Size() == 0 {
		t.Errorf("page: %v", err)
	}
}

// A ticket has the incidents, and what they were found by, as Markdown in which nothing of an attacker is markup.
func TestReportMarkdown(t *testing.T) {
	p := command(t, "msa", "report", "--format=markdown", "--title=Q3 [x](y)", "-o-", file(t, "alerts.jsonl", scanOf(t, file(t, "records.json", falseAlarms(t)))))
	if code := p.run(""); code != 0 {
		t.Fatalf("exit code %d: %s", code, p.stderr.String())
	}
	out := p.stdout.String()
	for _, want := range []string{"# `Q3 [x](y)`\n\n15 alerts from ", "\n## Incidents\n", "| `942100` | `SQL Injection Attack Detected via libinjection` | 6 |", "| `10.0.1.1` | 4 |", "\nMade by MSA "} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
}
