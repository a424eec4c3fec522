package main

import (
	"strings"
	"testing"
)

func TestCompletion(t *testing.T) {
	for _, c := range []struct {
		shell string
		code  int
		parts []string
	}{
		{"bash", 0, []string{"scan:--format) words='auto text json csv markdown'", "help:*) ", "presets:*) "}},
		{"zsh", 0, []string{"'--since=", "'*:argument:(run scan ", "'*:argument:(nano "}},
		{"fish", 0, []string{"__fish_seen_subcommand_from help' -f -a 'run scan ", "__fish_seen_subcommand_from presets' -f -a 'nano "}},
		{"csh", 2, nil},
	} {
		p := command(t, "msa", "completion", c.shell)
		if code := p.run(""); code != c.code {
			t.Errorf("%s: exit code %d, want %d: %s", c.shell, code, c.code, p.stderr.String())
		}
		for _, part := range c.parts {
			if !strings.Contains(p.stdout.String(), part) {
				t.Errorf("%s: %q is missing", c.shell, part)
			}
		}
	}
}
