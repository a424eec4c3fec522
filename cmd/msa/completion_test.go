package main

import (
	"os/exec"
	"strings"
	"testing"
)

func script(t *testing.T, shell string) string {
	t.Helper()
	p := command(t, "msa", "completion", shell)
	if code := p.run(""); code != 0 {
		t.Fatalf("exit code %d: %s", code, p.stderr.String())
	}
	return p.stdout.String()
}

// bash is asked what it would complete a line to.
func TestBashCompletion(t *testing.T) {
	defined := script(t, "bash")
	for line, want := range map[string]string{
		"msa s":                 "scan",
		"msa scan --since":      "--since",
		"msa scan --format = c": "csv",
		"msa scan --format ma":  "markdown",
		"msa completion f":      "fish",
		"msa scan access":       "",
		"msa tune --forma":      "--format",
	} {
		words := strings.Fields(line)
		ask := "\nCOMP_WORDS=(" + line + "); COMP_CWORD=" + string(rune('0'+len(words)-1)) + "; _msa; echo \"${COMPREPLY[@]}\""
		got, err := exec.Command("bash", "-c", defined+ask).Output()
		if err != nil || strings.TrimSpace(string(got)) != want {
			t.Errorf("%q is completed to %q, %v, want %q", line, got, err, want)
		}
	}
}

// Shells that are there read their script without an error.
func TestCompletionScripts(t *testing.T) {
	for _, shell := range []string{"zsh", "fish"} {
		text := script(t, shell)
		for _, part := range []string{"scan", "since", "auto text json csv markdown"} {
			if !strings.Contains(text, part) {
				t.Errorf("%s: %q is missing", shell, part)
			}
		}
		path, err := exec.LookPath(shell)
		if err != nil {
			t.Logf("no %s here", shell)
			continue
		}
		check := exec.Command(path, "-n")
		check.Stdin = strings.NewReader(text)
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", shell, err, out)
		}
	}
	if p := command(t, "msa", "completion", "csh"); p.run("") != 2 {
		t.Error("there is a script for csh")
	}
}

func TestHelp(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		out  string // part of both outputs
	}{
		{[]string{"help"}, 0, "Usage: msa <command>"},
		{[]string{"help", "scan"}, 0, "Usage: msa scan <file> ... [flags]"},
		{[]string{"help", "scna"}, 1, `there is no command "scna": did you mean "scan"?`},
		{[]string{"help", "what"}, 1, `there is no command "what": there are run, scan,`},
		{[]string{"scan"}, 2, "Usage: msa scan <file> ... [flags]\nTry msa scan --help."},
		{[]string{"scna"}, 2, "Try msa --help."},
	} {
		p := command(t, "msa", c.args...)
		if code := p.run(""); code != c.code {
			t.Errorf("%q: exit code %d, want %d", c.args, code, c.code)
		}
		if out := p.stdout.String() + p.stderr.String(); !strings.Contains(out, c.out) {
			t.Errorf("%q: %q is missing in %s", c.args, c.out, out)
		}
	}
}
