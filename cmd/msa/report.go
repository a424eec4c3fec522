package main

import (
	"cmp"
	"io"
	"path/filepath"
	"time"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/alertfile"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/logfile"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/report"
	"github.com/modsecurity-for-anylog/msa/internal/atomicfile"
)

type reportCommand struct {
	Files  []string `arg:"" name:"alerts" help:"Files of alerts, one a line, as scan prints them or syslog has them, also compressed (.gz, .zst, .bz2); - is standard input."`
	Output string   `short:"o" placeholder:"FILE" help:"File for the report; - is standard output (default: msa-report.html, or .md)."`
	Format string   `enum:"html,markdown" default:"html" help:"html for a page that can be filtered, or markdown for a ticket (default: html)."`
	Title  string   `default:"Attacks found in logs" help:"Title of the page (default: Attacks found in logs)."`
	Size   int      `default:"64" placeholder:"MB" help:"Largest page, in MB: if not all alerts fit, all are counted, and the most severe can be opened (default: 64)."`
	Mask   string   `enum:"on,off" default:"on" help:"Mask sensitive values, also in alerts that were made with mask off (default: on)."`
}

// Help says what the page is.
func (*reportCommand) Help() string {
	return `Turns alerts in format msa into one HTML page that needs no network: incidents, times, rules, who attacked whom and by which paths, what sensitive data was seen, and each alert with all its keys. Any browser of 2024 or later shows it. As Markdown, it has what fits into a ticket: the worst incidents with their stories, and the most frequent rules, sources, targets and places of sensitive data.

Exit code: 0; 1 if the page can't be written; 2 if a file can't be read or holds no alert. If some files can't be read, the page has the others and says so.`
}

// defaultReports are the names of reports that were given none, by format.
var defaultReports = map[string]string{"html": "msa-report.html", "markdown": "msa-report.md"}

// privateMode is of files that show what alerts say, which is not for everybody.
const privateMode = 0o600

// largestPage bounds --size, in MB: browsers take no more of a text.
const largestPage = 400

// Run makes the page.
func (c *reportCommand) Run(p *process) error {
	if c.Size < 1 || c.Size > largestPage {
		complain(p.stderr, "msa: cannot use --size %d: it is from 1 to %d", c.Size, largestPage)
		return exitCode(exitUsage)
	}
	page := report.New(report.Options{Title: c.Title, Size: c.Size << 20, Mask: c.Mask == "on"})
	progress := newProgress()
	stderr := progress.beside(p.stderr)
	s := &logfile.Files{Names: c.Files, Alerts: true, Stdin: p.stdin, Stderr: stderr}
	in := report.Input{Made: time.Now()}
	for _, name := range c.Files {
		if name == "-" {
			name = "standard input"
		}
		in.Files = append(in.Files, filepath.Base(name))
	}
	s.Expand()
	progress.show(p.stderr, s)
	alertfile.Read(s, page.Add, func(file string, line int, err error) {
		if in.Broken++; in.Broken <= alertfile.ToldBroken {
			complain(stderr, "%s:%d: cannot read alert: %v", file, line, err)
		}
	})
	progress.end()
	in.Unreadable = s.Unreadable
	if in.Broken > 0 {
		complain(p.stderr, "msa: lines that are not alerts: %d", in.Broken)
	}
	if page.Alerts() == 0 {
		complain(p.stderr, "msa: there is no alert to report; msa scan prints those of a log")
		return exitCode(exitUsage)
	}
	write := page.Write
	if c.Format == "markdown" {
		write = page.WriteMarkdown
	}
	if c.Output == "-" {
		if err := write(p.stdout, in); err != nil {
			return err
		}
	} else {
		name := cmp.Or(c.Output, defaultReports[c.Format])
		if err := atomicfile.Write(name, privateMode, func(w io.Writer) error { return write(w, in) }); err != nil {
			return err
		}
		if c.Output == "" {
			tell(p.stdout, "%d alerts are in %s", page.Alerts(), name)
		}
	}
	if s.Unreadable > 0 {
		return exitCode(exitUsage)
	}
	return nil
}
