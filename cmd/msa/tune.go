package main

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/modsecurity-for-anylog/msa/behavior"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/inspect"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/listing"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/logfile"
	"github.com/modsecurity-for-anylog/msa/internal/event"
	"github.com/modsecurity-for-anylog/msa/pipeline"
)

type tuneCommand struct {
	Files   []string `arg:"" name:"alerts" help:"Files of alerts, one a line, as scan prints them or syslog has them, also in gzip; - is standard input."`
	Log     []string `sep:"none" placeholder:"RECORDS" help:"File of records, as for scan, in which each proposal is tried; may be repeated."`
	Lines   bool     `help:"Each line of the log is a record with the one key log, as Fluent Bit's tail makes it without a parser."`
	Format  string   `enum:"text,exclude,seclang" default:"text" help:"text for people, exclude for lines of fluent-bit.conf, or seclang for a rules file (default: text)."`
	Top     int      `default:"20" help:"Most proposals (default: 20)."`
	Broad   bool     `help:"Propose exclusions for all paths (/), too."`
	JSON    bool     `name:"json" help:"Print the proposals as JSON, for programs; with --format seclang those that SecLang can express."`
	FirstID int      `default:"10000" help:"Id of the first rule that seclang prints (default: 10000)."`

	kong.Plugins
}

// Help says what is proposed.
func (*tuneCommand) Help() string {
	return `Groups alerts by the rules without which they would not be there, where these matched, and on which variable, and proposes the narrowest exclusions that silence each group, the most effective first. Whether these are false alarms it can't know: look at the sources and examples. Counts are what the alerts tell; with --log each proposal is tried on a log, and what it would hide there is shown.

The rules that seclang prints have to be loaded before those that they limit: Rules exclusions.conf, crs. Settings are those with which the alerts were made. With --state-path, what MSA has learned to be habit is listed, too.

Exit code: 0; 1 if the proposals can't be tried; 2 if a file can't be read, holds no alert, or the settings are wrong.`
}

// Run proposes.
func (c *tuneCommand) Run(p *process) error {
	given := givenProperties(c.Plugins)
	given["alert_text_key"] = textKey
	given["alert_tag"] = nil // off would silence the trial
	given["alert_per"] = nil // a record counts once
	given["alert_format"] = nil
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
		with, err = pipeline.New(config, nil, slog.New(newWarnings(p.stderr)))
	}
	if err != nil {
		complain(p.stderr, "msa: %v", err)
		return exitCode(exitUsage)
	}
	defer with.Close()
	scores, err := newScoreModel(config)
	if err != nil {
		complain(p.stderr, "msa: %v", err)
		return exitCode(exitUsage)
	}

	s := &logfile.Files{Names: c.Files, Alerts: true, Stdin: p.stdin, Stderr: p.stderr}
	broken := 0
	var alerts []*parsedAlert
	readAlerts(s, func(text string) error {
		a, err := parseAlert(text)
		if err == nil {
			alerts = append(alerts, a)
		}
		return err
	}, func(file string, line int, err error) {
		if broken++; broken <= mostExamples {
			complain(p.stderr, "%s:%d: cannot read alert: %v", file, line, err)
		}
	})
	if broken > 0 {
		complain(p.stderr, "msa: %d lines are no alerts", broken)
	}
	if s.Unreadable > 0 || len(alerts) == 0 && broken > 0 {
		return exitCode(exitUsage)
	}

	proposing := newProposer(scores, with, config, alerts)
	proposing.both, proposing.broad = c.Format == "seclang", c.Broad
	t := &tuning{
		tuneCommand: c, proposer: proposing, w: bufio.NewWriter(p.stdout),
		trials: trials{files: c.Log, lines: c.Lines, given: given, seclang: proposing.both, firstID: c.FirstID, stderr: p.stderr},
	}
	t.proposals = proposing.propose(c.Top)
	if len(c.Log) > 0 {
		if err := t.try(); err != nil {
			return err
		}
	}
	habits, err := habitsIn(statePath)
	if err != nil {
		complain(p.stderr, "msa: %v", err)
		return exitCode(exitUsage)
	}
	if c.JSON {
		err = t.printJSON(habits)
	} else {
		t.print()
		t.printHabits(habits)
	}
	return cmp.Or(err, t.w.Flush())
}

// newProposer makes proposals of alerts that were made with the rules of a pipeline.
func newProposer(scores *scoreModel, with *pipeline.Pipeline, config pipeline.Config, alerts []*parsedAlert) *proposer {
	return &proposer{
		scoreModel: scores, alerts: alerts,
		chained: func(rule int) bool { return with.Rule(rule).Chained },
		isInside: func(addr netip.Addr) bool {
			return slices.ContainsFunc(config.Alert.Internal, func(n netip.Prefix) bool { return n.Contains(addr) })
		},
	}
}

// mostExamples bounds what is shown of many.
const mostExamples = 3

// tuning is one run of the command.
type tuning struct {
	*tuneCommand
	*proposer
	trials
	proposals []*proposal
	before    *trial
	after     []*trial // for each proposal
	all       *trial   // with all proposals
	w         *bufio.Writer
}

// trials inspects a log again and again, with exclusions or without.
type trials struct {
	files   []string
	lines   bool // each is a record
	given   inspect.Properties
	seclang bool // exclusions are tried as SecLang, else as the property exclude
	firstID int  // of SecLang
	stderr  io.Writer
}

// trial is which records of the log alarm.
type trial struct {
	alarms  map[int]*parsedAlert // by the number of the record; of several, the first of rules
	places  map[int]string
	records uint64
	failed  uint64   // records that were not inspected
	causes  []string // why
}

// silenced are the records that alarm no more, in order, and those of them in which other rules than a proposal's have
// found something that no longer suffices.
func (t *trial) silenced(before *trial, p *proposal) (all, weak []int) {
	for _, n := range slices.Sorted(maps.Keys(before.alarms)) {
		if t.alarms[n] != nil {
			continue
		}
		all = append(all, n)
		if p != nil && len(others(before.alarms[n], p)) > 0 {
			weak = append(weak, n)
		}
	}
	return all, weak
}

// others are the matches of an alert that a proposal leaves.
func others(a *parsedAlert, p *proposal) (left []parsedMatch) {
	for _, m := range a.matches {
		if !p.removes(m) {
			left = append(left, m)
		}
	}
	return left
}

// try runs the log without exclusions, with each, and with all.
func (t *tuning) try() error {
	var err error
	if t.before, err = t.run(nil); err != nil {
		return err
	}
	for _, p := range t.proposals {
		after, err := t.run([]*proposal{p})
		if err != nil {
			return err
		}
		t.after = append(t.after, after)
	}
	t.all, err = t.run(t.proposals)
	return err
}

// run scans the log with the proposals applied, in the form in which they are printed.
func (t *trials) run(with []*proposal) (*trial, error) {
	given := maps.Clone(t.given)
	if t.seclang && len(with) > 0 {
		dir, err := os.MkdirTemp("", "msa-tune-")
		if err != nil {
			return nil, err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		file := filepath.Join(dir, "exclusions.conf")
		var text strings.Builder
		for i, p := range with {
			text.WriteString(p.seclang(t.firstID+i) + "\n")
		}
		if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
			return nil, err
		}
		given["rules"] = append([]string{file}, strings.Split(given.Or("rules"), ",")...)
	} else {
		given["exclude"] = slices.Clone(given["exclude"])
		for _, p := range with {
			given["exclude"] = append(given["exclude"], p.excludes()...)
		}
	}
	in, err := inspect.NewTrial(given, slog.New(newWarnings(io.Discard)))
	switch {
	case err != nil && len(with) == 0: // the settings are wrong
		complain(t.stderr, "msa: %v", err)
		return nil, exitCode(exitUsage)
	case err != nil:
		return nil, fmt.Errorf("cannot try the proposals: %w", err)
	}
	defer in.Close()
	out := &trial{alarms: map[int]*parsedAlert{}, places: map[int]string{}}
	s := &logfile.Files{Names: slices.Clone(t.files), Text: t.lines, Stderr: io.Discard}
	if len(with) == 0 {
		s.Stderr = t.stderr // once is enough
	}
	base, failed := 0, error(nil)
	inspect.All(in, inspect.FileTag, s.Next, logfile.Batch.Chunk, func(b logfile.Batch, result pipeline.Result) {
		i := 0
		for _, alerts := range result.Alerts {
			err := event.Alerts(alerts.Events, func(a event.Alert) {
				record := result.Records[i]
				i++
				known, err := parseAlert(a.Text())
				if err != nil {
					failed = err
				} else if out.alarms[base+record] == nil {
					out.alarms[base+record] = known
					out.places[base+record] = b.File + ":" + strconv.Itoa(b.Lines[record])
				}
			})
			if err != nil {
				failed = err
			}
		}
		base += len(b.Lines)
	})
	if s.Unreadable > 0 {
		return nil, exitCode(exitUsage)
	}
	out.records = uint64(base)
	out.failed, out.causes = inspect.NotInspected(in.Snapshot())
	return out, failed
}

// left is the number of alerts that no proposal silences.
func (t *tuning) left() int {
	n := len(t.alerts)
	for _, p := range t.proposals {
		n -= p.fresh
	}
	return n
}

func (t *tuning) print() {
	for i, p := range t.proposals {
		switch t.Format {
		case "seclang":
			t.comment(i, p)
			t.line("%s\n", p.seclang(t.FirstID+i))
		case "exclude":
			t.comment(i, p)
			for _, x := range p.excludes() {
				t.line("    Exclude           %s", x)
			}
		default:
			t.text(i, p)
		}
	}
	mark := ""
	if t.Format != "text" {
		mark = "# "
	}
	for _, why := range slices.Sorted(maps.Keys(t.notes)) {
		t.line("%salerts that %s: %d", mark, why, t.notes[why])
	}
	t.line("%s%d proposals; %d of %d alerts are left", mark, len(t.proposals), t.left(), len(t.alerts))
	if t.all != nil {
		silenced, _ := t.all.silenced(t.before, nil)
		t.line("%s%s: all of them silence %d of %d records that alarm, of %d", mark, t.logName(), len(silenced), len(t.before.alarms), t.before.records)
	}
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

// printHabits lists what needs no exclusion, as MSA has learned that it is no attack.
func (t *tuning) printHabits(habits []string) {
	if habits == nil {
		return
	}
	mark := ""
	if t.Format != "text" {
		mark = "# "
	}
	t.line("%shabits, which are no evidence: %d", mark, len(habits))
	for _, h := range habits {
		t.line("%s  %s", mark, listing.Printable(h))
	}
}

func (t *tuning) line(format string, args ...any) { _, _ = fmt.Fprintf(t.w, format+"\n", args...) }

func (t *tuning) logName() string {
	if len(t.Log) == 1 {
		return listing.Printable(t.Log[0])
	}
	return fmt.Sprintf("%d logs", len(t.Log))
}

// comment has no text of the alerts, so that nothing in them can end it.
func (t *tuning) comment(i int, p *proposal) {
	t.line("# %s", t.effect(p))
	if t.before != nil {
		silenced, weak := t.after[i].silenced(t.before, p)
		t.line("# In the log: %d of %d records that alarm; other rules have found something in %d of these.", len(silenced), len(t.before.alarms), len(weak))
	}
}

func (t *tuning) effect(p *proposal) string {
	from := len(sources(p.silenced))
	plural := "s"
	if from == 1 {
		plural = ""
	}
	also := ""
	if p.fresh < len(p.silenced) {
		also = fmt.Sprintf("; %d of these with those before it, too", len(p.silenced)-p.fresh)
	}
	return fmt.Sprintf("%d of %d alerts, from %d source%s%s", len(p.silenced), len(t.alerts), from, plural, also)
}

func (t *tuning) text(i int, p *proposal) {
	t.line("%d. %s", i+1, strings.Join(p.excludes(), " "))
	t.line("   silences %s: %s", t.effect(p), listing.Printable(firsts(sources(p.silenced))))
	for _, rule := range p.rules {
		t.line("   %d %s", rule, listing.Printable(listing.Short(t.message(rule), 100)))
	}
	for _, example := range t.examples(p) {
		t.line("   for example %s", example)
	}
	if t.before == nil {
		t.line("")
		return
	}
	silenced, weak := t.after[i].silenced(t.before, p)
	t.line("   in %s: silences %d of %d records that alarm", t.logName(), len(silenced), len(t.before.alarms))
	if len(weak) > 0 {
		t.line("   attacks that may be lost: in %d of these other rules have found something, too, which does not reach the threshold:", len(weak))
	}
	for _, n := range weak[:min(len(weak), mostExamples)] {
		var rest []string
		for _, m := range others(t.before.alarms[n], p) {
			rest = append(rest, fmt.Sprintf("%d on %s", m.rule, listing.Printable(listing.Short(m.variable, 50))))
		}
		t.line("     %s: %s", listing.Printable(t.before.places[n]), strings.Join(rest, ", "))
	}
	t.line("")
}

// examples are a few different requests that a proposal silences.
func (t *tuning) examples(p *proposal) (few []string) {
	isOther := func(a *parsedAlert) bool { return t.decisive[a] != p.group }
	silenced := slices.Concat(slices.DeleteFunc(slices.Clone(p.silenced), isOther), p.silenced) // first what it is made for
	for _, a := range silenced {
		example := listing.Printable(listing.Short(a.method+" "+a.url, 100)) + " from " + listing.Printable(listing.Short(a.source, 50))
		for _, m := range a.matches {
			if p.removes(m) {
				example += fmt.Sprintf("; %d on %s: %s", m.rule, listing.Printable(listing.Short(m.variable, 50)), listing.Printable(listing.Short(m.value, 80)))
				break
			}
		}
		if !slices.Contains(few, example) {
			few = append(few, example)
		}
		if len(few) == mostExamples {
			break
		}
	}
	return few
}

// message is what alerts say of a rule.
func (t *tuning) message(rule int) string {
	for _, a := range t.alerts {
		for _, m := range a.matches {
			if m.rule == rule {
				return m.message
			}
		}
	}
	return ""
}

// firsts are the first few of a list.
func firsts(list []string) string {
	if len(list) <= mostExamples {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s, and %d more", strings.Join(list[:mostExamples], ", "), len(list)-mostExamples)
}
