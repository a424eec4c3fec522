package main

import (
	"strings"
	"testing"
)

func TestHelp(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		out  string // part of both outputs
	}{
		{[]string{"help"}, 0, "Usage: msa <command>"},
		{[]string{"help", "scan"}, 0, "Usage: msa scan <file> ... [flags]"},
		{[]string{"help", "scna"}, 2, `there is no command "scna": did you mean "scan"?`},
		{[]string{"help", "what"}, 2, `there is no command "what": there are run, scan,`},
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
