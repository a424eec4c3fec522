package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/alecthomas/kong"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/inspect"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/tuning"
)

type replayCommand struct {
	Files      []string `arg:"" name:"file" help:"Files of records or lines, as for scan, or audit logs of ModSecurity or Coraza."`
	Lines      bool     `help:"Take each line of the files as a record with the single key log, as Fluent Bit's tail does without a parser."`
	Exclusions string   `short:"o" placeholder:"RULES.conf" help:"File for the exclusions as SecLang; - is standard output."`
	Top        int      `default:"20" help:"Rules in each list, and exclusions, at most (default: 20)."`
	FirstID    int      `default:"10000" help:"Id of the first rule among the exclusions (default: 10000)."`

	kong.Plugins
}

// Help says what is compared.
func (*replayCommand) Help() string {
	return `Before you block: inspects a log twice, as a firewall in blocking mode with these rules, thresholds and paranoia level, and by confidence. It reports how many requests the firewall would have refused, which of them were most likely harmless, by rule, and which attacks it would have let pass. With --exclusions it writes the narrowest exclusions that let the harmless requests through, and tries them: what would still be refused, and which attacks would pass.

Exit code: 0 if the firewall would have refused nothing but attacks; 1 if it would have refused something else; 2 if a file can't be read or has no requests, or the settings are wrong.`
}

// Run replays the log.
func (c *replayCommand) Run(p *process) error {
	given := givenProperties(c.Plugins, "shards", "incidents_from") // with which nothing is inspected
	if err := c.check(given); err != nil {
		complain(p.stderr, "msa: %v", err)
		return exitCode(exitUsage)
	}
	maps.Copy(given, inspect.Properties{"alert_text_key": textKey, "alert_tag": nil, "alert_per": nil, "alert_format": nil, "state_path": nil, "behavior": {"off"}})
	wrong, err := tuning.Replay(p.stdout, tuning.ReplayOptions{
		Files: c.Files, Lines: c.Lines, Exclusions: c.Exclusions, Top: c.Top, FirstID: c.FirstID, Properties: given, Stderr: p.stderr,
	})
	switch {
	case errors.Is(err, tuning.ErrUsage):
		return exitCode(exitUsage)
	case err != nil:
		return err
	case wrong > 0:
		return exitCode(exitFailed)
	}
	return nil
}

func (c *replayCommand) check(given inspect.Properties) error {
	for _, own := range []string{"alert_when", "min_confidence", "behavior"} {
		if given[own] != nil {
			return fmt.Errorf("property %s: replay compares both ways, without detectors", own)
		}
	}
	if slices.Contains(c.Files, "-") {
		return errors.New("a replayed log is read several times, so it can't be standard input")
	}
	return nil
}
