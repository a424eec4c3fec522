package main

import (
	"cmp"
	"fmt"
	"io"

	"github.com/alecthomas/kong"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/check"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/listing"
)

type checkCommand struct {
	Pipeline string `arg:"" optional:"" help:"A configuration of Fluent Bit, in its classic format or in YAML: checks each msa filter in it, and what surrounds it."`

	JSON bool `name:"json" help:"Print the result as JSON, for programs."`

	kong.Plugins
}

// Help explains the exit codes.
func (*checkCommand) Help() string {
	return `Says whether the filter would start, and names each rule or directive that would be skipped; for a configuration of Fluent Bit, also what would keep alerts from arriving. Then it lists, for each mapping, the rules that its log can't support, and the rules that are about policy. It changes nothing on disk.

Exit code: 0 if the filter would start, even if it skips some rules; 1 if not.`
}

// Run compiles what the filter would compile.
func (c *checkCommand) Run(p *process) error {
	given := givenProperties(c.Plugins)
	if c.Pipeline == "" {
		report, err := check.Properties(given)
		return cmp.Or(c.print(p.stdout, report), err)
	}
	if len(given) > 0 {
		complain(p.stderr, "msa: %v", fmt.Errorf("properties are those of %s: give either", c.Pipeline))
		return exitCode(exitUsage)
	}
	report, err := check.Configuration(c.Pipeline, p.getenv)
	if err != nil {
		return err
	}
	if err := c.print(p.stdout, report); err != nil {
		return err
	}
	if report.HasErrors() {
		return exitCode(exitFailed)
	}
	return nil
}

func (c *checkCommand) print(w io.Writer, report check.Report) error {
	if c.JSON {
		return listing.JSON(w, report)
	}
	return report.Print(w)
}
