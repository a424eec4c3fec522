package main

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/alecthomas/kong"

	"github.com/modsecurity-for-anylog/msa/behavior"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/alertfile"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/logfile"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/tuning"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/warnings"
	"github.com/modsecurity-for-anylog/msa/pipeline"
)

type tuneCommand struct {
	Files   []string `arg:"" name:"alerts" help:"Files of alerts, one a line, as scan prints them or syslog has them, also compressed (.gz, .zst, .bz2); - is standard input."`
	Log     []string `sep:"none" placeholder:"RECORDS" help:"File of records, as for scan, in which each proposal is tried; may be repeated."`
	Lines   bool     `help:"Take each line of the log as a record with the single key log, as Fluent Bit's tail does without a parser."`
	Format  string   `enum:"text,exclude,seclang" default:"text" help:"text for people, exclude for lines of fluent-bit.conf, or seclang for a rules file (default: text)."`
	Top     int      `default:"20" help:"Proposals, at most (default: 20)."`
	Broad   bool     `help:"Propose exclusions for all paths (/), too."`
	JSON    bool     `name:"json" help:"Print the proposals as JSON, for programs; with --format seclang, only those that SecLang can express."`
	FirstID int      `default:"10000" help:"Id of the first rule that seclang prints (default: 10000)."`

	kong.Plugins
}

// Help says what is proposed.
func (*tuneCommand) Help() string {
	return `Groups alerts by the rules that decided them, the place and the variable, and proposes the narrowest exclusions that silence each group, the most effective first. It can't know which alerts are false alarms: look at the sources and examples. Counts are what the alerts show; with --log each proposal is tried on a log, and what it would hide there is shown.

Rules printed with --format seclang have to be loaded before those that they limit: Rules exclusions.conf, crs. Give the settings with which the alerts were made. With --state-path, the habits that MSA has learned are listed, too.

Exit code: 0; 1 if the proposals can't be tried; 2 if a file can't be read, holds no alert, or the settings are wrong.`
}

// Run proposes.
func (c *tuneCommand) Run(p *process) error {
	given := givenProperties(c.Plugins, "alert_tag", "shards", "incidents_from", // which would silence the trial
		"alert_per", "alert_format") // a record counts once
	given["alert_text_key"] = textKey
	statePath := given["state_path"]
	given["state_path"] = nil // a trial must not teach the detectors
	config, err := given.Config()
	if err == nil && (c.Top < 1 || c.FirstID < 1) {
		err = fmt.Errorf("--top and --first-id are above 0")
	}
	if err == nil && slices.Contains(c.Log, "-") {
		err = fmt.Errorf("--log is read many times, so it can't be standard input")
	}
	var with *pipeline.Pipeline
	if err == nil {
		config.Trial = true
		with, err = pipeline.New(config, nil, slog.New(warnings.Print(p.stderr)))
	}
	if err != nil {
		complain(p.stderr, "msa: %v", err)
		return exitCode(exitUsage)
	}
	defer with.Close()
	s := &logfile.Files{Names: c.Files, Alerts: true, Stdin: p.stdin, Stderr: p.stderr}
	broken := 0
	var alerts []*tuning.Alert
	alertfile.Read(s, func(text string) error {
		if alertfile.IsIncident(text) { // alerts of which are among the lines
			return nil
		}
		a, err := tuning.Parse(text)
		if err == nil {
			if config.Alert.Mask {
				a.Mask()
			}
			alerts = append(alerts, a)
		}
		return err
	}, func(file string, line int, err error) {
		if broken++; broken <= alertfile.ToldBroken {
			complain(p.stderr, "%s:%d: cannot read alert: %v", file, line, err)
		}
	})
	if broken > 0 {
		complain(p.stderr, "msa: lines that are not alerts: %d", broken)
	}
	if s.Unreadable > 0 || len(alerts) == 0 && broken > 0 {
		return exitCode(exitUsage)
	}

	t, err := tuning.Propose(alerts, with, config, tuning.Options{
		Format: c.Format, Top: c.Top, Broad: c.Broad, FirstID: c.FirstID, Log: c.Log, Lines: c.Lines, Properties: given, Stderr: p.stderr,
	})
	if errors.Is(err, tuning.ErrUsage) {
		return exitCode(exitUsage)
	}
	if err != nil {
		return err
	}
	habits, err := habitsIn(statePath)
	if err != nil {
		complain(p.stderr, "msa: %v", err)
		return exitCode(exitUsage)
	}
	if c.JSON {
		return t.PrintJSON(p.stdout, habits)
	}
	return t.Print(p.stdout, habits)
}

// habitsIn are those of a state file, if there is one; nil without.
func habitsIn(statePath []string) ([]string, error) {
	if len(statePath) == 0 {
		return nil, nil
	}
	memory, err := behavior.ReadMemory(statePath[len(statePath)-1])
	if err != nil {
		return nil, err
	}
	habits := []string{}
	for _, h := range memory.Habits() {
		habits = append(habits, h.String())
	}
	return habits, nil
}
