package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/inspect"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/listing"
	"github.com/modsecurity-for-anylog/msa/internal/atomicfile"
	"github.com/modsecurity-for-anylog/msa/pipeline"
)

type replayCommand struct {
	Files      []string `arg:"" name:"file" help:"Files of records or lines, as for scan, or audit logs of ModSecurity or Coraza."`
	Lines      bool     `help:"Each line of the files is a record with the one key log, as Fluent Bit's tail makes it without a parser."`
	Exclusions string   `short:"o" placeholder:"RULES.conf" help:"File for the exclusions as SecLang; - is standard output."`
	Top        int      `default:"20" help:"Most rules that are listed, and most exclusions (default: 20)."`
	FirstID    int      `default:"10000" help:"Id of the first rule among the exclusions (default: 10000)."`

	kong.Plugins
}

// Help says what is compared.
func (*replayCommand) Help() string {
	return `Before you block: inspects a log twice, as a firewall in blocking mode with these rules, thresholds and paranoia level, and by confidence. It says how many requests the firewall would have refused, which of them were no attacks, by rule, and which attacks it would have let pass. With --exclusions it writes the narrowest exclusions that let those through that were no attacks, and tries them: what remains, and what they would hide.

Exit code: 0 if the firewall would have refused nothing but attacks; 1 if it would have; 2 if a file can't be read or has no request in it, or the settings are wrong.`
}

// Run replays the log.
func (c *replayCommand) Run(p *process) error {
	given := givenProperties(c.Plugins)
	if err := c.check(given); err != nil {
		complain(p.stderr, "msa: %v", err)
		return exitCode(exitUsage)
	}
	maps.Copy(given, inspect.Properties{"alert_text_key": textKey, "alert_tag": nil, "alert_per": nil, "alert_format": nil, "state_path": nil, "behavior": {"off"}})
	r := &replay{replayCommand: c, process: p, given: given, w: bufio.NewWriter(p.stdout)}
	if err := r.inspect(); err != nil {
		return err
	}
	r.print()
	if c.Exclusions != "" && len(r.wrong) > 0 {
		if err := r.exclude(); err != nil {
			return err
		}
	}
	if err := r.w.Flush(); err != nil {
		return err
	}
	if len(r.wrong) > 0 {
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

// replay is one run of the command.
type replay struct {
	*replayCommand
	*process
	given   inspect.Properties
	blocked *trial // what a firewall would have refused
	attacks *trial // what is an attack by confidence
	wrong   []int  // records that were refused and are no attacks
	passed  []int  // attacks that were not refused
	w       *bufio.Writer
}

func (r *replay) run(alertWhen string, with []*proposal, stderr io.Writer) (*trial, error) {
	given := maps.Clone(r.given)
	given["alert_when"] = []string{alertWhen}
	t := &trials{files: r.Files, lines: r.Lines, given: given, seclang: true, firstID: r.FirstID, stderr: stderr}
	return t.run(with)
}

func (r *replay) inspect() (err error) {
	if r.blocked, err = r.run("threshold", nil, r.stderr); err != nil {
		return err
	}
	if r.attacks, err = r.run("confidence", nil, io.Discard); err != nil {
		return err
	}
	sayNotInspected(r.stderr, r.blocked.failed, r.blocked.records, r.blocked.causes)
	if r.blocked.failed >= r.blocked.records {
		complain(r.stderr, "msa: there is no request to replay")
		return exitCode(exitUsage)
	}
	r.wrong, r.passed = without(r.blocked, r.attacks), without(r.attacks, r.blocked)
	return nil
}

// without are the records that alarm in one trial and not in another, in their order.
func without(in, not *trial) []int {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(in.alarms)), func(n int) bool { return not.alarms[n] != nil })
}

func (r *replay) line(format string, args ...any) { _, _ = fmt.Fprintf(r.w, format+"\n", args...) }

func (r *replay) print() {
	refused := len(r.blocked.alarms)
	r.line("%d requests: %d would have been refused, of which %d were attacks and %d most likely not; %d attacks would have passed",
		r.blocked.records, refused, refused-len(r.wrong), len(r.wrong), len(r.passed))
	r.list("Refused, and most likely no attack, by rule:", r.blocked, r.wrong)
	r.list("Attacks that would have passed, by rule:", r.attacks, r.passed)
}

// list counts records of a trial by the rules that matched, with an example of each.
func (r *replay) list(heading string, of *trial, records []int) {
	type row struct {
		rule, count int
		message     string
		example     int
	}
	rows := map[int]*row{}
	for _, n := range records {
		for _, m := range of.alarms[n].matches {
			if rows[m.rule] == nil {
				rows[m.rule] = &row{rule: m.rule, message: m.message, example: n}
			}
			rows[m.rule].count++
		}
	}
	if len(rows) == 0 {
		return
	}
	r.line("\n%s", heading)
	sorted := slices.SortedFunc(maps.Values(rows), func(a, b *row) int { return cmp.Or(b.count-a.count, a.rule-b.rule) })
	for _, row := range sorted[:min(r.Top, len(sorted))] {
		a := of.alarms[row.example]
		r.line("%6d  %d %s\n        %s: %s", row.count, row.rule, listing.Visible(row.message, 80), of.places[row.example],
			listing.Visible(strings.TrimSpace(a.method+" "+a.url), 100))
	}
}

// exclude writes exclusions, and says what they would do.
func (r *replay) exclude() error {
	given := maps.Clone(r.given)
	given["alert_when"] = []string{"threshold"}
	config, err := given.Config()
	if err != nil {
		return err
	}
	with, err := pipeline.New(config, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer with.Close()
	scores, err := newScoreModel(config)
	if err != nil {
		return err
	}
	var alerts []*parsedAlert
	for _, n := range r.wrong {
		alerts = append(alerts, r.blocked.alarms[n])
	}
	proposing := newProposer(scores, with, config, alerts)
	proposing.both = true
	proposals := proposing.propose(r.Top)
	after, err := r.run("threshold", proposals, io.Discard)
	if err != nil {
		return err
	}
	left, hidden := 0, 0
	for n := range r.blocked.alarms {
		switch isAttack := r.attacks.alarms[n] != nil; {
		case after.alarms[n] != nil && !isAttack:
			left++
		case after.alarms[n] == nil && isAttack:
			hidden++
		}
	}
	r.line("\nWith %d exclusions %d of these %d would still be refused, and %d attacks would pass in addition.", len(proposals), left, len(r.wrong), hidden)
	write := func(w io.Writer) error {
		_, err := fmt.Fprintln(w, "# Exclusions of msa replay, to be loaded before the rules that they limit.")
		for i, p := range proposals {
			if err == nil {
				_, err = fmt.Fprintf(w, "\n# %d refused\n%s\n", len(p.silenced), p.seclang(r.FirstID+i))
			}
		}
		return err
	}
	if r.Exclusions == "-" {
		r.line("")
		return write(r.w)
	}
	return atomicfile.Write(r.Exclusions, privateMode, write)
}
