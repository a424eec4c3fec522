package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/explain"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/logfile"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/warnings"
	"github.com/modsecurity-for-anylog/msa/internal/event"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/pipeline"
)

type explainCommand struct {
	File   string `arg:"" help:"File of records, as for scan; - is standard input."`
	Lines  bool   `help:"Take each line of the file as a record with the single key log, as Fluent Bit's tail does without a parser."`
	Record int    `default:"1" help:"Number of the record in the file; the first is 1."`
	Tag    string `default:"${scan_tag}" help:"Tag of the record."`
	JSON   bool   `name:"json" help:"Print JSON."`
	Advise bool   `help:"Also print how many more attacks could be found if the log showed more, and what to add to the server's configuration."`
	Plan   bool   `help:"Also print what the fast path checks in any record, rule by rule."`

	kong.Plugins
}

// Help says what is shown.
func (*explainCommand) Help() string {
	return `Shows the verdict on one record, what matched in which variable after which transformations, the confidence with its reasons, and the score; then which mapping read it, what became of each field, the resulting transaction, which rules are off because the log does not show what they test, what the log would have to show for more rules to work, and why other mappings did not fit.

Exit code: 0 if the record was inspected, whatever was found; 1 if not; 2 if the file or the settings are wrong.`
}

// Run explains the record.
func (c *explainCommand) Run(p *process) error {
	if c.Record < 1 {
		complain(p.stderr, "msa: --record %d: the first record is 1", c.Record)
		return exitCode(exitUsage)
	}
	config, err := givenProperties(c.Plugins, "shards", "incidents_from").Config() // with which nothing is inspected
	if err != nil {
		complain(p.stderr, "msa: %v", err)
		return exitCode(exitUsage)
	}
	config.Trial = true
	inspecting, err := pipeline.New(config, nil, slog.New(warnings.Print(io.Discard)))
	if err != nil {
		complain(p.stderr, "msa: %v", err)
		return exitCode(exitUsage)
	}
	defer inspecting.Close()
	record, err := c.read(p, inspecting)
	if err != nil {
		if !errors.Is(err, logfile.ErrUnreadable) {
			complain(p.stderr, "msa: %v", err)
		}
		return exitCode(exitUsage)
	}
	x, err := inspecting.Explain(c.Tag, record)
	if err != nil {
		return err
	}
	x.Earlier = c.Record - 1
	e := explain.Explanation{Explanation: x, Pipeline: inspecting, MinConfidence: config.MinConfidence}
	if c.JSON {
		err = e.PrintJSON(p.stdout, c.Advise)
	} else {
		err = e.Print(p.stdout, c.Advise)
		if c.Plan && err == nil {
			err = printPlan(p.stdout, inspecting.Plan())
		}
	}
	if err != nil {
		return fmt.Errorf("cannot print: %w", err)
	}
	if x.Unmapped != nil {
		return exitCode(exitFailed)
	}
	return nil
}

// read finds the record in the file. Those before it may tell what it means.
func (c *explainCommand) read(p *process, inspecting *pipeline.Pipeline) (mapping.Record, error) {
	s := &logfile.Files{Names: []string{c.File}, Text: c.Lines, Stdin: p.stdin, Stderr: p.stderr}
	left := c.Record
	for {
		b, ok := s.Next()
		switch {
		case !ok && s.Unreadable > 0:
			return nil, logfile.ErrUnreadable
		case !ok && left == c.Record:
			return nil, fmt.Errorf("cannot explain %q: there are no records in it", c.File)
		case !ok:
			return nil, fmt.Errorf("cannot find record %d in %q", c.Record, c.File)
		}
		var found mapping.Record
		err := event.Alerts(b.Events, func(a event.Alert) {
			if left--; left == 0 {
				found = a.Fields
			} else if left > 0 {
				inspecting.Learn(c.Tag, a.Fields)
			}
		})
		if found == nil && err == nil && left > 0 {
			continue
		}
		if found == nil {
			return nil, errors.Join(err, fmt.Errorf("cannot read record %d of %q", c.Record, c.File))
		}
		return found, nil
	}
}

// printPlan prints what the fast path asks of any record.
func printPlan(w io.Writer, plan string) error {
	if plan == "" {
		_, err := fmt.Fprintln(w, "plan: there is no fast path, all rules run")
		return err
	}
	_, err := fmt.Fprintf(w, "plan of the fast path\n  %s\n", strings.ReplaceAll(strings.TrimSuffix(plan, "\n"), "\n", "\n  "))
	return err
}
