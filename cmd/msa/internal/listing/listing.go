// Package listing prints alerts for people: one line each for a terminal, CSV for a spreadsheet, Markdown for a ticket.
// What an alert quotes was written by an attacker: nothing of it can control a terminal, be a formula or be markup.
package listing

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/fatih/color"
)

// Alert is what people want to know of an alert in format msa at first sight.
type Alert struct {
	Rule       string    `json:"rule_id"`
	Detector   string    `json:"detector"`
	Time       string    `json:"time"` // in UTC, to the second
	Timestamp  time.Time `json:"timestamp"`
	Severity   string    `json:"severity"`
	Confidence *int      `json:"confidence"`
	Outcome    string    `json:"outcome"`
	Source     string    `json:"src_ip"`
	Target     string    `json:"dst_ip"`
	Host       string    `json:"domain"`
	Client     string    `json:"client_workload"`
	Server     string    `json:"server_workload"`
	Direction  string    `json:"direction"`
	Method     string    `json:"method"`
	URL        string    `json:"url"`
	Status     string    `json:"retcode"`
	Message    string    `json:"msg"`
	Summary    string    `json:"summary"`
	Incident   string    `json:"incident_id"`

	File string `json:"-"`
	Line int    `json:"-"`
}

// Parse reads the text of an alert.
func Parse(text string) (*Alert, error) {
	var a Alert
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		return nil, fmt.Errorf("cannot read alert: %w", err)
	}
	if a.Rule == "" {
		return nil, errors.New("cannot read alert: not an alert in format msa")
	}
	return &a, nil
}

// unnamed is who attacks or is attacked where the log does not tell.
const unnamed = "?"

// From is who attacks, by the best name that the log has.
func (a *Alert) From() string { return cmp.Or(a.Client, a.Source, unnamed) }

// To is whom.
func (a *Alert) To() string { return cmp.Or(a.Server, a.Host, a.Target, unnamed) }

// known is a name, or nothing if the log does not tell.
func known(name string) string { return strings.TrimPrefix(name, unnamed) }

func (a *Alert) what() string { return cmp.Or(a.Summary, a.Message, a.Rule) }

func (a *Alert) confidence() string {
	if a.Confidence == nil {
		return ""
	}
	return strconv.Itoa(*a.Confidence)
}

// Formats are the names that New knows.
var Formats = []string{"text", "csv", "markdown"}

// Printer prints alerts in one format.
type Printer interface {
	Print(a *Alert) error
	// Flush writes what is held back.
	Flush() error
}

// New makes a printer of one of Formats. Text has colours, unless they are unwanted; places are the files and lines of
// records, with files only if there are several.
func New(format string, w io.Writer, coloured, files bool) (Printer, error) {
	switch format {
	case "text":
		return newText(w, coloured, files), nil
	case "csv":
		return &table{w: csv.NewWriter(w)}, nil
	case "markdown":
		return &markdown{w: w}, nil
	}
	return nil, fmt.Errorf("there is no format %q (there are %s)", format, strings.Join(Formats, ", "))
}

// text prints a line for each alert.
type text struct {
	w                         io.Writer
	files                     bool
	urgent, serious, low, dim *color.Color
}

func newText(w io.Writer, coloured, files bool) *text {
	t := &text{w: w, files: files, urgent: color.New(color.FgHiWhite, color.BgRed), serious: color.New(color.FgRed),
		low: color.New(color.FgYellow), dim: color.New(color.Faint)}
	for _, c := range []*color.Color{t.urgent, t.serious, t.low, t.dim} {
		if coloured {
			c.EnableColor()
		} else {
			c.DisableColor()
		}
	}
	return t
}

func (t *text) Print(a *Alert) error {
	paint := t.low
	switch a.Severity {
	case "0", "1":
		paint = t.urgent
	case "2", "3":
		paint = t.serious
	}
	place := strconv.Itoa(a.Line)
	if t.files {
		place = a.File + ":" + place
	}
	who := Visible(a.From(), 60)
	if to := a.To(); to != unnamed { // most access logs don't name their own server
		who += " → " + Visible(to, 60)
	}
	_, err := fmt.Fprintf(t.w, "%s %s %-7s %s  %s %s\n",
		t.dim.Sprint(a.Time), paint.Sprintf("%3s", a.confidence()), Visible(a.Outcome, 7), who, paint.Sprint(Visible(a.what(), 200)), t.dim.Sprintf("(%s)", Visible(place, 200)))
	return err
}

func (t *text) Flush() error { return nil }

// Visible is a text of at most so many characters, all of them Printable.
func Visible(s string, most int) string {
	n := 0
	for i := range s {
		if n == most {
			return Printable(s[:i]) + "…"
		}
		n++
	}
	return Printable(s)
}

// Printable has the sign of a missing character for each that could play tricks with a terminal, or is not seen: controls, line
// ends, marks that turn the direction of the text, every space but the common one.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

var columns = []string{"time", "severity", "confidence", "outcome", "source", "target", "direction", "method", "url", "status", "rule", "what", "file", "line"}

func (a *Alert) cells() []string {
	return []string{a.Time, a.Severity, a.confidence(), a.Outcome, known(a.From()), known(a.To()), a.Direction, a.Method, a.URL, a.Status, a.Rule, a.what(), a.File, strconv.Itoa(a.Line)}
}

// table prints CSV, with a heading.
type table struct {
	w      *csv.Writer
	headed bool
}

func (t *table) Print(a *Alert) error {
	if !t.headed {
		t.headed = true
		if err := t.w.Write(columns); err != nil {
			return err
		}
	}
	cells := a.cells()
	for i, c := range cells {
		cells[i] = harmless(c)
	}
	return t.w.Write(cells)
}

func (t *table) Flush() error {
	t.w.Flush()
	return t.w.Error()
}

// harmless is a cell that no spreadsheet takes for a formula (OWASP, "CSV Injection").
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

// markdown prints a table, with a heading.
type markdown struct {
	w      io.Writer
	headed bool
}

var markdownColumns = []string{"time", "confidence", "outcome", "source", "target", "what", "request"}

func (m *markdown) Print(a *Alert) error {
	if !m.headed {
		m.headed = true
		if err := m.row(markdownColumns); err != nil {
			return err
		}
		if err := m.row(slices.Repeat([]string{"---"}, len(markdownColumns))); err != nil {
			return err
		}
	}
	return m.row([]string{a.Time, a.confidence(), a.Outcome, Code(a.From()), Code(a.To()), Code(a.what()), Code(a.Method + " " + a.URL)})
}

func (m *markdown) row(cells []string) error {
	_, err := fmt.Fprintf(m.w, "| %s |\n", strings.Join(cells, " | "))
	return err
}

func (m *markdown) Flush() error { return nil }

// Code is a text as code in Markdown, in which nothing is markup and nothing becomes a link.
func Code(s string) string {
	s = strings.TrimSpace(Visible(s, 200))
	if s == "" {
		return ""
	}
	return "`" + strings.NewReplacer("`", "'", "|", `\|`).Replace(s) + "`"
}

// Short cuts long values.
func Short(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return fmt.Sprintf("%s… (%d bytes)", s[:most], len(s))
}
