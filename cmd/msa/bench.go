package main

import (
	"errors"
	"log/slog"
	"time"

	"github.com/alecthomas/kong"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/bench"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/logfile"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/warnings"
)

type benchCommand struct {
	Files   []string `arg:"" name:"file" help:"Files of records, as for scan; - is standard input."`
	Lines   bool     `help:"Take each line of the files as a record with the single key log, as Fluent Bit's tail does without a parser."`
	JSON    bool     `name:"json" help:"Print JSON."`
	Seconds float64  `default:"3" help:"Time for each measurement (default: 3)."`
	Records int      `default:"100000" help:"Use at most this many records, from the start of the files (default: 100000)."`
	Chunk   int      `default:"32768" help:"Bytes of records in a chunk; Fluent Bit's tail reads 32768 at once (default: 32768)."`
	Top     int      `default:"10" help:"Rules in each list, at most (default: 10)."`

	kong.Plugins
}

// Help says what is measured.
func (*benchCommand) Help() string {
	return `Runs a sample of a log through the filter's pipeline and reports records a second with one worker and with more, up to the property workers; how long each stage takes; which rules take longest; and which rules keep records off the fast path. Nothing is sent, and state_path is left alone.

docs/performance.md explains the measurements and figures. The machine should have nothing else to do meanwhile.

Exit code: 0; 2 if a file can't be read, no record could be inspected, or the settings are wrong.`
}

// Run measures.
func (c *benchCommand) Run(p *process) error {
	report, err := c.measure(p)
	if errors.Is(err, logfile.ErrUnreadable) {
		return exitCode(exitUsage)
	}
	if err != nil {
		complain(p.stderr, "msa: %v", err)
		return exitCode(exitUsage)
	}
	if c.JSON {
		return report.WriteJSON(p.stdout)
	}
	return report.WriteText(p.stdout, c.Top)
}

func (c *benchCommand) measure(p *process) (*bench.Report, error) {
	given := givenProperties(c.Plugins, "state_path", // a trial must not teach the detectors
		"shards", "incidents_from") // with which nothing is inspected
	if !(c.Seconds > 0 && c.Seconds <= 3600) || c.Records < 1 || c.Chunk < 1 || c.Top < 1 {
		return nil, errors.New("--seconds, --records, --chunk and --top are above 0, and --seconds is at most 3600")
	}
	in := &logfile.Files{Names: c.Files, Text: c.Lines, Stdin: p.stdin, Stderr: p.stderr}
	return bench.Measure(in, bench.Options{
		Properties: given, Records: c.Records, Chunk: c.Chunk, Time: time.Duration(c.Seconds * float64(time.Second)),
		Version: versionText(), Log: slog.New(warnings.Print(p.stderr)),
	})
}
