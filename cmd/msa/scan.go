package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/inspect"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/listing"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/logfile"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/warnings"
	"github.com/modsecurity-for-anylog/msa/internal/event"
	"github.com/modsecurity-for-anylog/msa/pipeline"
)

type scanCommand struct {
	Files  []string `arg:"" name:"file" help:"Files with one JSON record a line, pretty-printed records or arrays of them, or lines of text; also compressed (.gz, .zst, .bz2); or directories, for all files in them. - is standard input."`
	Lines  bool     `help:"Take each line of the files as a record with the single key log, as Fluent Bit's tail does without a parser. Files that begin with neither { nor [ are always read so."`
	Format string   `enum:"auto,text,json,csv,markdown" default:"auto" help:"How alerts are printed: text, a line each and a summary, json, csv or markdown (default: text on a terminal, else json)."`
	Since  moment   `placeholder:"TIME" help:"Print alerts from this time on: a date, a time in RFC 3339, or an age such as 36h or 7d."`
	Until  moment   `placeholder:"TIME" help:"Print alerts before this time."`
	Days   bool     `help:"Print no alerts, but their number on each day and an hour, by detector and rule: what a SOC would get."`
	Top    int      `default:"5" help:"Sources and targets in the summary, at most (default: 5)."`

	kong.Plugins
}

// Help explains the exit codes.
func (*scanCommand) Help() string {
	return `Alerts are printed in the order of the records. As JSON, one a line, they have the record's line under "line" and, if there are several files, the file under "file". With --since and --until, records outside that time are inspected, too, because detectors learn from them, but their alerts are not printed.

Exit code: 2 if a file can't be read or the settings are wrong; else 1 if there is an alert; else 2 if a record is malformed or if none could be inspected; else 0.`
}

// Run scans the files.
func (c *scanCommand) Run(p *process) error {
	given := givenProperties(c.Plugins, "alert_tag", "incident_tag", "shards") // which would silence the scan
	given["alert_text_key"] = textKey
	progress := newProgress()
	stderr := progress.beside(p.stderr)
	files := &logfile.Files{Names: c.Files, Text: c.Lines, Stdin: p.stdin, Stderr: stderr}
	files.Expand()
	out, err := c.printer(p, progress.beside(p.stdout), given, len(files.Names) > 1)
	if err != nil {
		complain(p.stderr, "msa: %v", err)
		return exitCode(exitUsage)
	}
	in, err := inspect.New(given, slog.New(warnings.Print(stderr)))
	if err != nil {
		complain(p.stderr, "msa: %v", err)
		return exitCode(exitUsage)
	}
	defer in.Close()
	in.WatchExclusions()

	began := time.Now()
	progress.show(p.stderr, files)
	inspect.All(in, inspect.FileTag, files.Next, logfile.Batch.Chunk, out.print)
	out.print(logfile.Batch{}, in.Finish())
	progress.end()
	out.end()
	snapshot := in.Snapshot()
	failed, causes := inspect.NotInspected(snapshot)
	other := snapshot.NotHTTP
	if failed >= snapshot.Records { // and they are among these
		other = 0
	}
	if out.list != nil && c.Format != "csv" && c.Format != "markdown" {
		out.fail(out.summary.Print(out.w, listing.Inspected{
			Records: snapshot.Records, NotInspected: failed, NotHTTP: other, Mapped: snapshot.Mapped, Took: time.Since(began), Outside: out.outside + len(out.others),
			PerIncident: out.incidents, Incidents: len(out.told),
		}, c.Top))
	}
	out.flush()
	if out.err != nil {
		complain(p.stderr, "msa: cannot write alerts: %v", out.err)
		return exitCode(exitUsage)
	}
	if files.Broken > 0 {
		complain(p.stderr, "msa: %d malformed records", files.Broken)
	}
	inspect.SayNotInspected(p.stderr, failed, snapshot.Records, causes)
	for _, warning := range in.Unmet() {
		complain(p.stderr, "warning: %s", warning)
	}
	switch {
	case files.Unreadable > 0:
		return exitCode(exitUsage)
	case out.alerts > 0:
		return exitCode(exitFailed)
	case files.Broken > 0, failed > 0 && failed >= snapshot.Records:
		return exitCode(exitUsage)
	}
	return nil
}

// printer makes what prints alerts in the format that is wanted.
func (c *scanCommand) printer(p *process, stdout io.Writer, given inspect.Properties, several bool) (*alertPrinter, error) {
	out := &alertPrinter{w: new(bytes.Buffer), to: stdout, names: several, since: time.Time(c.Since), until: time.Time(c.Until),
		incidents: given.Or("alert_per") == "incident", told: map[string]bool{}, others: map[string]bool{}}
	format, isTerminal := c.Format, isTerminal(p.stdout)
	if format == "auto" {
		format = "json"
		if isTerminal && given.Or("alert_format") == "msa" {
			format = "text"
		}
	}
	if !out.until.IsZero() && !out.since.Before(out.until) {
		return nil, fmt.Errorf("--since %s is not before --until %s", out.since.Format(time.RFC3339), out.until.Format(time.RFC3339))
	}
	limited := !out.since.IsZero() || !out.until.IsZero()
	if format == "json" && !limited && !c.Days {
		return out, nil
	}
	if kind := given.Or("alert_format"); kind != "msa" {
		return nil, fmt.Errorf("--format %s, --days, --since and --until need alerts in format msa, not %s", format, kind)
	}
	switch {
	case c.Days && out.incidents:
		return nil, errors.New("--days counts alerts, and with --alert-per incident there are none")
	case c.Days && c.Format != "auto" && c.Format != "text":
		return nil, fmt.Errorf("--format %s is for alerts, and with --days there are none", c.Format)
	case c.Days:
		out.list = listing.NewDays(out.w)
		return out, nil
	case format == "json":
		return out, nil
	case out.incidents && format != "text":
		return nil, fmt.Errorf("--format %s is for alerts, and with --alert-per incident there are none", format)
	}
	var err error
	out.list, err = listing.New(format, out.w, isTerminal && p.getenv("NO_COLOR") == "", several)
	return out, err
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// alertPrinter prints alerts with their places.
type alertPrinter struct {
	w            *bytes.Buffer // what a batch brings, written at once
	to           io.Writer
	names        bool            // print the file's too
	list         listing.Printer // for people; nil for JSON
	since, until time.Time       // zero for any
	summary      listing.Summary
	alerts       int
	outside      int // alerts that are not wanted
	err          error
	incidents    bool            // print these, of whose messages alerts is the number
	told, others map[string]bool // incidents of which a message is of the time asked for, or is not
}

func (p *alertPrinter) print(b logfile.Batch, result pipeline.Result) {
	for _, told := range result.Incidents {
		if p.incidents {
			p.fail(event.Alerts(told.Events, p.printIncident))
		}
	}
	i := 0
	for _, alerts := range result.Alerts {
		p.fail(event.Alerts(alerts.Events, func(a event.Alert) {
			line := 0
			if i < len(result.Records) {
				line = b.Lines[result.Records[i]]
			}
			i++
			if !p.wanted(a) {
				p.outside++
				return
			}
			p.alerts++
			p.printOne(a.Text(), b.File, line)
		}))
	}
	p.flush()
}

func (p *alertPrinter) flush() {
	if p.w.Len() > 0 {
		_, err := p.w.WriteTo(p.to)
		p.fail(err)
	}
}

// wanted reports whether the alert's time is among those asked for.
func (p *alertPrinter) wanted(a event.Alert) bool {
	if p.since.IsZero() && p.until.IsZero() {
		return true
	}
	t, err := time.Parse(time.RFC3339, a.Get("timestamp"))
	p.fail(err)
	return !t.Before(p.since) && (p.until.IsZero() || t.Before(p.until))
}

func (p *alertPrinter) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

// end prints what was held back.
func (p *alertPrinter) end() {
	if p.list != nil {
		p.fail(p.list.Flush())
	}
}

// printIncident prints an incident's story for people, or all of it.
func (p *alertPrinter) printIncident(a event.Alert) {
	id := a.Get("incident_id")
	if !p.wanted(a) {
		p.others[id] = true
		return
	}
	p.told[id] = true
	p.alerts++
	if p.list == nil {
		p.printLine(a.Text())
		return
	}
	p.printLine(a.Get("timestamp") + "  incident " + id[:8] + ", " + a.Get("event") + "\n  " + listing.Printable(a.Get("text")))
}

// printOne prints an alert with its place.
func (p *alertPrinter) printOne(text, file string, line int) {
	if p.list != nil {
		a, err := listing.Parse(text)
		if err != nil {
			p.fail(err)
			return
		}
		a.File, a.Line = file, line
		p.summary.Add(a)
		p.fail(p.list.Print(a))
		return
	}
	if head, ok := strings.CutSuffix(text, "}"); ok {
		place := `"line":` + strconv.Itoa(line)
		if p.names {
			name, _ := json.Marshal(file) // of a string: can't fail
			place += `,"file":` + string(name)
		}
		text = head + "," + place + "}"
	}
	p.printLine(text)
}

func (p *alertPrinter) printLine(text string) {
	p.w.WriteString(text)
	p.w.WriteByte('\n')
}

// moment is a time as people give it to a command.
type moment time.Time

var momentForms = []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"}

// UnmarshalText reads a date or a time, in UTC unless it has a zone, or how long ago.
func (m *moment) UnmarshalText(text []byte) error {
	s := string(text)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.ParseFloat(days, 64); err == nil && n >= 0 {
			*m = moment(time.Now().Add(-time.Duration(n * 24 * float64(time.Hour))))
			return nil
		}
	}
	if ago, err := time.ParseDuration(s); err == nil && ago >= 0 {
		*m = moment(time.Now().Add(-ago))
		return nil
	}
	for _, form := range momentForms {
		if t, err := time.Parse(form, s); err == nil {
			*m = moment(t)
			return nil
		}
	}
	return fmt.Errorf("%q is not a time: give a date (2026-11-20), a time (2026-11-20T10:00:00Z), or how long ago (36h, 7d)", s)
}
