package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each command has a manual page with its flags, and man reads all of them.
func TestMan(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "man1")
	if p := command(t, "msa", "man", dir); p.run("") != 0 {
		t.Fatal(p.stderr.String())
	}
	help := command(t, "msa", "--help")
	if code := help.run(""); code != 0 {
		t.Fatal(code)
	}
	commands := regexp.MustCompile(`(?m)^  ([a-z]+) .*`).FindAllStringSubmatch(help.stdout.String(), -1)
	if len(commands) < 12 {
		t.Fatalf("commands %q in %s", commands, help.stdout.String())
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.1"))
	if err != nil || len(files) != len(commands)+1 {
		t.Errorf("%d pages of %d commands and one of all, %v", len(files), len(commands), err)
	}
	for _, c := range commands {
		text, err := os.ReadFile(filepath.Join(dir, "msa-"+c[1]+".1"))
		if err != nil {
			t.Error(err)
			continue
		}
		for _, want := range []string{".TH MSA\\-" + strings.ToUpper(c[1]) + " 1 ", "\n.SH NAME\nmsa\\-" + c[1] + " \\- ", "\n.SH SYNOPSIS\n.B msa " + c[1], "\n.SH OPTIONS\n.TP\n.B ", "\n.B \\-h, \\-\\-help\n"} {
			if !strings.Contains(string(text), want) {
				t.Errorf("the page of %s lacks %q", c[1], want)
			}
		}
	}
	scan, err := os.ReadFile(filepath.Join(dir, "msa-scan.1"))
	if err != nil || !strings.Contains(string(scan), `.B \-\-since=TIME`) || !strings.Contains(string(scan), `.B \-\-min\-confidence=`) || !strings.Contains(string(scan), "Exit code: 2 if") {
		t.Errorf("the page of scan lacks flags, properties or exit codes: %v", err)
	}
	if got := roff(".a\n'b \\ c-d"); got != "\\&.a\n\\&'b \\e c\\-d" {
		t.Errorf("text is a request: %q", got)
	}
	man, err := exec.LookPath("man")
	if err != nil {
		t.Skip("there is no man on the PATH to read them")
	}
	for _, file := range files {
		c := exec.Command(man, "--warnings", "-l", file)
		c.Env = append(os.Environ(), "MANWIDTH=100", "LC_ALL=C.UTF-8")
		var complaints strings.Builder
		c.Stderr = &complaints
		if _, err := c.Output(); err != nil || complaints.Len() > 0 {
			t.Errorf("%s: %v\n%s", file, err, complaints.String())
		}
	}
}
