package main

import (
	"fmt"
	"log/slog"

	"github.com/alecthomas/kong"

	"github.com/modsecurity-for-anylog/msa/pipeline"
)

type checkCommand struct {
	kong.Plugins
}

// Help explains the exit codes.
func (*checkCommand) Help() string {
	return `Prints a line for each rule or directive that would be skipped. Exit code: 0 if the filter would start, also if it skips some; 1 if not.`
}

// Run compiles what the filter would compile.
func (c *checkCommand) Run(p *process) error {
	given := givenProperties(c.Plugins)
	config, err := given.config()
	if err != nil {
		return err
	}
	skipped := newWarnings(p.stdout)
	checked, err := pipeline.New(config, nil, slog.New(skipped))
	if err != nil {
		return err
	}
	defer checked.Close()
	_, err = fmt.Fprintf(p.stdout, "ok: %d rules from %s, mapping %s, %d warnings\n",
		checked.RuleCount(), given.or("rules"), given.or("mapping"), skipped.count())
	return err
}
