package tuning

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/inspect"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/listing"
	"github.com/modsecurity-for-anylog/msa/internal/atomicfile"
	"github.com/modsecurity-for-anylog/msa/pipeline"
)

// ReplayOptions say what is replayed.
type ReplayOptions struct {
	Files      []string
	Lines      bool   // each line of them is a record
	Exclusions string // file for exclusions, - for the output, "" for none
	Top        int    // most rules that are listed, and most exclusions
	FirstID    int    // of the exclusions
	Properties inspect.Properties
	Stderr     io.Writer
}

// Replay says which requests of a log a firewall with these rules would have refused, and is how many of them were most
// likely no attacks.
func Replay(w io.Writer, o ReplayOptions) (wrong int, err error) {
	r := &replay{ReplayOptions: o, w: bufio.NewWriter(w)}
	if err := r.inspect(); err != nil {
		return 0, err
	}
	r.print()
	if r.Exclusions != "" && len(r.wrong) > 0 {
		if err := r.exclude(); err != nil {
			return 0, err
		}
	}
	return len(r.wrong), r.w.Flush()
}

// replay is one run.
type replay struct {
	ReplayOptions
	blocked *trial // what a firewall would have refused
	attacks *trial // what is an attack by confidence
	wrong   []int  // records that were refused and are no attacks
	passed  []int  // attacks that were not refused
	w       *bufio.Writer
}

func (r *replay) run(alertWhen string, with []*proposal, stderr io.Writer) (*trial, error) {
	given := maps.Clone(r.Properties)
	given["alert_when"] = []string{alertWhen}
	t := &trials{files: r.Files, lines: r.Lines, given: given, seclang: true, firstID: r.FirstID, stderr: stderr}
	return t.run(with)
}

func (r *replay) inspect() (err error) {
	if r.blocked, err = r.run("threshold", nil, r.Stderr); err != nil {
		return err
	}
	if r.attacks, err = r.run("confidence", nil, io.Discard); err != nil {
		return err
	}
	inspect.SayNotInspected(r.Stderr, r.blocked.failed, r.blocked.records, r.blocked.causes)
	if r.blocked.failed >= r.blocked.records {
		_, _ = fmt.Fprintln(r.Stderr, "msa: there is no request to replay")
		return ErrUsage
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
	r.line("requests: %d; would have been refused: %d (attacks: %d, most likely harmless: %d); attacks that would have passed: %d",
		r.blocked.records, refused, refused-len(r.wrong), len(r.wrong), len(r.passed))
	r.list("Refused although most likely harmless, by rule:", r.blocked, r.wrong)
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
	given := maps.Clone(r.Properties)
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
	var alerts []*Alert
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
	r.line("\nWith %s: harmless requests still refused: %d of %d; further attacks let through: %d",
		listing.Plural(len(proposals), "exclusion"), left, len(r.wrong), hidden)
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
	return atomicfile.Write(r.Exclusions, 0o600, write)
}
