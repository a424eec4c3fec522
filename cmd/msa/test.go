package main

import (
	"log/slog"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/cases"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/warnings"
)

type testCommand struct {
	Files    []string `arg:"" name:"cases" help:"YAML files of cases."`
	Format   string   `enum:"text,tap" default:"text" help:"text for people, or tap, the Test Anything Protocol (default: text)."`
	Coverage bool     `help:"List the rules in files of your own that no case fires, and those that no case requires to stay silent."`
}

// Help shows a file.
func (*testCommand) Help() string {
	return `Each case has a record and what is expected of it:

    with: {mapping: nginx, rules: [crs, own.conf]}    # properties, as of the filter
    cases:
      - name: SQL in a search                         # required
        record: '10.0.0.7 - - [20/Nov/2026:10:11:12 +0000] "GET /?q=1%27+or+1=1-- HTTP/1.1" 200 12 "-" "-"'
        lines: true                                   # the record is a line; without it, a map
        tag: web                                      # msa.scan by default
        with: {exclude: [920350]}                     # instead of those above
        rules: [942100]                               # must match, alarm or not
        not: [930120]                                 # must not match
        alarm: true                                   # or false
        severity: critical                            # of the alert, as are these:
        src_ip: 10.0.0.7
        fields: {url: /?q=1%27+or+1=1--, direction: inbound}

Detectors are off, but with the property behavior. Paths of files in properties are relative to the working directory, as in the filter.

Exit code: 0 if all is as expected; 1 if not; 2 if a file or the settings are wrong.`
}

// Run runs the cases.
func (c *testCommand) Run(p *process) error {
	var all []*cases.Case
	broken := false
	for _, name := range c.Files {
		some, err := cases.Read(name)
		if err != nil {
			complain(p.stderr, "msa: %v", err)
			broken = true
		}
		all = append(all, some...)
	}
	if broken {
		return exitCode(exitUsage)
	}
	t, err := cases.Prepare(all, slog.New(warnings.Print(p.stderr)))
	if err != nil {
		complain(p.stderr, "msa: %v", err)
		return exitCode(exitUsage)
	}
	defer t.Close()
	failed, err := t.Run(p.stdout, c.Format == "tap", c.Coverage)
	if err != nil {
		return err
	}
	if failed > 0 {
		return exitCode(exitFailed)
	}
	return nil
}
