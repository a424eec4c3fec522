// Command msa inspects logs without Fluent Bit: records from the network (run) or
// from files (scan). It also shows what becomes of a record (explain), prints presets, and checks a
// configuration (check).
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/inspect"
	"github.com/modsecurity-for-anylog/msa/internal/memorylimit"
)

// Exit codes. scan has its own meaning of 1.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// process is what a command sees of its surroundings.
type process struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	uniwaf         bool // called as the original program
}

// exitCode ends the program with a code other than 0, after everything was said.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// goShare is what Go may have of the memory of the control group; the rest is for what Go does not count.
const goShare = 0.9

func main() {
	p := &process{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv}
	args := os.Args[1:]
	if name := filepath.Base(os.Args[0]); strings.TrimSuffix(name, ".exe") == "uniwaf" {
		p.uniwaf = true
		args = append([]string{"run"}, args...)
	}
	_ = memorylimit.Follow(goShare) // without a limit that can be read there is none
	os.Exit(p.main(args))
}

func (p *process) main(args []string) int {
	var cli struct {
		Run      runCommand        `cmd:"" help:"Inspect records from the network and send alerts."`
		Scan     scanCommand       `cmd:"" help:"Inspect records in files and print alerts."`
		Explain  explainCommand    `cmd:"" help:"Show what becomes of one record, field by field, and what matches."`
		Presets  presetsCommand    `cmd:"" help:"List the presets, or print one as the base of a mapping."`
		Check    checkCommand      `cmd:"" help:"Check rules, mapping and settings, and list what would be skipped."`
		Tune     tuneCommand       `cmd:"" help:"Propose exclusions for false alarms, and try them on a log."`
		Replay   replayCommand     `cmd:"" help:"Show which requests in a log a firewall with these rules would have refused."`
		Report   reportCommand     `cmd:"" help:"Turn alerts into one HTML page, to read and to forward."`
		Test     testCommand       `cmd:"" help:"Run cases of your own against rules and mappings."`
		Bench    benchCommand      `cmd:"" help:"Measure how much of a log this machine can inspect, and which rules cost most."`
		Version  versionCommand    `cmd:"" help:"Print the version."`
		Table    workloadsCommand  `cmd:"" name:"workloads" help:"Keep a table of workloads up to date from the Kubernetes API."`
		Init     initCommand       `cmd:"" help:"Look at a log and write a pipeline for it, with a mapping if needed."`
		Help     helpCommand       `cmd:"" help:"Show help for a command."`
		Complete completionCommand `cmd:"" name:"completion" help:"Print a script for completion in a shell."`
		Man      manCommand        `cmd:"" hidden:"" help:"Write the manual pages."`
		Flag     kong.VersionFlag  `name:"version" help:"Print the version."`
	}
	for _, plugins := range []*kong.Plugins{&cli.Run.Plugins, &cli.Scan.Plugins, &cli.Explain.Plugins, &cli.Check.Plugins, &cli.Tune.Plugins, &cli.Replay.Plugins, &cli.Bench.Plugins} {
		*plugins = kong.Plugins{newPropertyFlags()}
	}
	parser, err := kong.New(&cli,
		kong.Name("msa"),
		kong.Description("ModSecurity for Anylog: finds attacks in logs with ModSecurity's rules."),
		kong.Vars{"version": versionText(), "scan_tag": inspect.FileTag},
		kong.Writers(p.stdout, p.stderr),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		panic(err) // the declarations above are wrong
	}
	ctx, err := parser.Parse(args)
	if err != nil {
		complain(p.stderr, "msa: %v\n%s", err, usageOf(err))
		return exitUsage
	}
	err = ctx.Run(p)
	var code exitCode
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &code):
		return int(code)
	default:
		complain(p.stderr, "msa: %v", err)
		return exitFailed
	}
}

// usageOf is how the command is called that a mistake was made with.
func usageOf(err error) string {
	var wrong *kong.ParseError
	if !errors.As(err, &wrong) || wrong.Context == nil || wrong.Context.Selected() == nil {
		return "Try msa --help."
	}
	command := wrong.Context.Selected()
	return fmt.Sprintf("Usage: msa %s\nTry msa %s --help.", command.Summary(), command.Name)
}

// complain writes a line to standard error.
func complain(stderr io.Writer, format string, args ...any) { tell(stderr, format, args...) }

// tell writes a line; nothing is left to do if that fails.
func tell(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(w, format+"\n", args...)
}
