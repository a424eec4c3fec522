package main

import (
	"errors"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/starter"
)

type initCommand struct {
	Log       string `arg:"" help:"File of records or lines, as for scan."`
	Directory string `short:"d" default:"." help:"Directory to write the files to (default: the working directory)."`
	Records   int    `default:"1000" help:"Look at this many records, at most (default: 1000)."`
}

// Help says what is written.
func (*initCommand) Help() string {
	return `Looks at the first records of a log and writes msa.conf, a pipeline for Fluent Bit that reads this log and sends alerts to syslog. If no preset reads the log, it also drafts a mapping, msa-mapping.yaml, from the names and values of the fields; check it before use. Existing files are left alone.

Exit code: 0; 1 if the log has no HTTP, or if a file exists already; 2 if the log can't be read.`
}

// Run writes the files.
func (c *initCommand) Run(p *process) error {
	err := starter.Write(starter.Job{Log: c.Log, Directory: c.Directory, Records: c.Records, Stdout: p.stdout, Stderr: p.stderr})
	if errors.Is(err, starter.ErrUnreadable) {
		return exitCode(exitUsage)
	}
	return err
}
