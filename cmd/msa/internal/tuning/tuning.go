// Package tuning proposes exclusions for alerts that are false, tries them on a log, and says what a firewall in blocking mode
// would have refused of one.
package tuning

import (
	"bufio"
	"errors"
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

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/inspect"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/listing"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/logfile"
	"github.com/modsecurity-for-anylog/msa/internal/event"
	"github.com/modsecurity-for-anylog/msa/pipeline"
)

// newProposer makes proposals of alerts that were made with the rules of a pipeline.
func newProposer(scores *scoreModel, with *pipeline.Pipeline, config pipeline.Config, alerts []*Alert) *proposer {
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

// Options say what is proposed, and in which form it is printed.
type Options struct {
	Format     string   // text, exclude or seclang
	Top        int      // most proposals
	Broad      bool     // also for all paths
	FirstID    int      // of SecLang
	Log        []string // files in which each proposal is tried
	Lines      bool     // each line of them is a record
	Properties inspect.Properties
	Stderr     io.Writer // for what is wrong with the log
}

// ErrUsage is of files that can't be read and of wrong settings, of which Stderr was told.
var ErrUsage = errors.New("wrong files or settings")

// Tuning is what is proposed for alerts.
type Tuning struct {
	Options
	*proposer
	trials
	proposals []*proposal
	before    *trial
	after     []*trial      // for each proposal
	all       *trial        // with all proposals
	w         *bufio.Writer // of Print
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
	alarms  map[int]*Alert // by the number of the record; of several, the first of rules
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

// Propose proposes exclusions for alerts that were made with the rules of a pipeline, and tries them.
func Propose(alerts []*Alert, with *pipeline.Pipeline, config pipeline.Config, o Options) (*Tuning, error) {
	scores, err := newScoreModel(config)
	if err != nil {
		return nil, err
	}
	proposing := newProposer(scores, with, config, alerts)
	proposing.both, proposing.broad = o.Format == "seclang", o.Broad
	t := &Tuning{
		Options: o, proposer: proposing,
		trials: trials{files: o.Log, lines: o.Lines, given: o.Properties, seclang: proposing.both, firstID: o.FirstID, stderr: o.Stderr},
	}
	t.proposals = proposing.propose(o.Top)
	if len(o.Log) > 0 {
		if err := t.try(); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// others are the matches of an alert that a proposal leaves.
func others(a *Alert, p *proposal) (left []match) {
	for _, m := range a.matches {
		if !p.removes(m) {
			left = append(left, m)
		}
	}
	return left
}

// try runs the log without exclusions, with each, and with all.
func (t *Tuning) try() error {
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
	in, err := inspect.NewTrial(given, slog.New(slog.DiscardHandler))
	switch {
	case err != nil && len(with) == 0: // the settings are wrong
		_, _ = fmt.Fprintf(t.stderr, "msa: %v\n", err)
		return nil, ErrUsage
	case err != nil:
		return nil, fmt.Errorf("cannot try the proposals: %w", err)
	}
	defer in.Close()
	out := &trial{alarms: map[int]*Alert{}, places: map[int]string{}}
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
				known, err := Parse(a.Text())
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
		return nil, ErrUsage
	}
	out.records = uint64(base)
	out.failed, out.causes = inspect.NotInspected(in.Snapshot())
	return out, failed
}

// left is the number of alerts that no proposal silences.
func (t *Tuning) left() int {
	n := len(t.alerts)
	for _, p := range t.proposals {
		n -= p.fresh
	}
	return n
}

// Print prints the proposals, and what needs none, as MSA has learned that it is no attack.
func (t *Tuning) Print(w io.Writer, habits []string) error {
	t.w = bufio.NewWriter(w)
	t.print()
	t.printHabits(habits)
	return t.w.Flush()
}

func (t *Tuning) print() {
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
		t.line("%s%s: %d", mark, why, t.notes[why])
	}
	t.line("%s%s; alerts left: %d of %d", mark, listing.Plural(len(t.proposals), "proposal"), t.left(), len(t.alerts))
	if t.all != nil {
		silenced, _ := t.all.silenced(t.before, nil)
		t.line("%s%s: together they silence %d of %d records that alarm (%s in all)", mark, t.logName(), len(silenced), len(t.before.alarms), listing.Plural(t.before.records, "record"))
	}
}

// printHabits lists what needs no exclusion, as MSA has learned that it is no attack.
func (t *Tuning) printHabits(habits []string) {
	if habits == nil {
		return
	}
	mark := ""
	if t.Format != "text" {
		mark = "# "
	}
	t.line("%shabits, which are not evidence: %d", mark, len(habits))
	for _, h := range habits {
		t.line("%s  %s", mark, listing.Printable(h))
	}
}

func (t *Tuning) line(format string, args ...any) { _, _ = fmt.Fprintf(t.w, format+"\n", args...) }

func (t *Tuning) logName() string {
	if len(t.Log) == 1 {
		return listing.Printable(t.Log[0])
	}
	return fmt.Sprintf("%d logs", len(t.Log))
}

// comment has no text of the alerts, so that nothing in them can end it.
func (t *Tuning) comment(i int, p *proposal) {
	t.line("# %s", t.effect(p))
	if t.before != nil {
		silenced, weak := t.after[i].silenced(t.before, p)
		t.line("# In the log: %d of %d records that alarm; other rules matched in %d of these, too.", len(silenced), len(t.before.alarms), len(weak))
	}
}

func (t *Tuning) effect(p *proposal) string {
	also := ""
	if p.fresh < len(p.silenced) {
		also = fmt.Sprintf(" (%d of them also by proposals above)", len(p.silenced)-p.fresh)
	}
	return fmt.Sprintf("%d of %d alerts%s, from %s", len(p.silenced), len(t.alerts), also, listing.Plural(len(sources(p.silenced)), "source"))
}

func (t *Tuning) text(i int, p *proposal) {
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
		t.line("   possibly attacks: in %d of these, other rules matched, too, below the threshold:", len(weak))
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
func (t *Tuning) examples(p *proposal) (few []string) {
	isOther := func(a *Alert) bool { return t.decisive[a] != p.group }
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
func (t *Tuning) message(rule int) string {
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
