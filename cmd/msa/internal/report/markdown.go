package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/listing"
)

// Bounds of the Markdown, which people read in a ticket: the page has all.
const (
	ticketIncidents = 10
	ticketRows      = 10
	ticketWidth     = 100 // of a story's lines
)

// WriteMarkdown writes what fits a ticket: the worst incidents, and the most frequent rules, sources, targets and findings. It
// may be called once, after the last Add, instead of Write.
func (r *Report) WriteMarkdown(w io.Writer, in Input) error {
	if r.alerts == 0 {
		return errEmpty
	}
	m := &ticket{Writer: bufio.NewWriter(w), data: r.data(in)} // the writer keeps the first error
	m.line("# %s\n", listing.Code(m.data.Title))
	m.summary()
	m.incidents()
	m.table("Rules and detectors", m.data.Facts.Rule, "rule", func(i int32) []string {
		rule := m.data.Rules[i]
		return []string{listing.Code(cmp.Or(rule.Detector, rule.ID)), listing.Code(rule.Message)}
	}, "what")
	name := func(names []string, other string) func(int32) []string {
		return func(i int32) []string {
			if i == 0 {
				return []string{other}
			}
			return []string{listing.Code(cmp.Or(names[i], "unknown"))}
		}
	}
	m.table("Sources", m.data.Facts.Source, "source", name(m.data.Sources, "other sources"))
	m.table("Targets", m.data.Facts.Target, "target", name(m.data.Targets, "other targets"))
	m.findings()
	m.line("\nMade by MSA %s at %s of %s.", m.data.Version, m.data.Made, listing.Code(strings.Join(m.data.Files, ", ")))
	if err := m.Flush(); err != nil {
		return fmt.Errorf("cannot write report: %w", err)
	}
	return nil
}

// ticket is Markdown in the making.
type ticket struct {
	*bufio.Writer
	data *pageData
}

func (m *ticket) line(format string, args ...any) { _, _ = fmt.Fprintf(m, format+"\n", args...) }

func (m *ticket) summary() {
	d := m.data
	m.line("%s%s.", numbered(d.Alerts, "alert"), span(" from ", d.First, d.Last))
	bySeverity := sumBy(d.Facts.Severity, d.Facts.Count)
	var said []string
	for _, s := range slices.Sorted(maps.Keys(bySeverity)) {
		said = append(said, fmt.Sprintf("%d %s", bySeverity[s], alert.Severities[s]))
	}
	m.line("By severity: %s.", strings.Join(said, ", "))
	if d.Broken > 0 || d.Unreadable > 0 {
		m.line("Not in it: %s, %s.", numbered(d.Broken, "line that is not an alert", "lines that are not alerts"), numbered(d.Unreadable, "file that could not be read", "files that could not be read"))
	}
}

func (m *ticket) incidents() {
	list := m.data.Incidents
	if len(list) == 0 {
		return
	}
	m.line("\n## Incidents")
	for _, one := range list[:min(len(list), ticketIncidents)] {
		m.line("\n### %s\n", listing.Code(one.Title))
		m.line("%s, outcome %s, %d %% sure, %s%s.", alert.Severities[one.Severity], one.Outcome, one.Confidence, numbered(one.Alerts, "alert"), span(", ", one.First, one.Last))
		if one.Text != "" {
			m.line("\n```text\n%s\n```", story(one.Text))
		}
	}
	if more := len(list) + m.data.MoreIncidents - ticketIncidents; more > 0 {
		m.line("\nAnd %s.", numbered(more, "more incident"))
	}
}

// table lists what most alerts have, with their number.
func (m *ticket) table(title string, of []int32, name string, cells func(int32) []string, more ...string) {
	counts := sumBy(of, m.data.Facts.Count)
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b int32) int { return cmp.Or(counts[b]-counts[a], int(a-b)) })
	m.heading(title, append(append([]string{name}, more...), "alerts"))
	for _, key := range keys[:min(len(keys), ticketRows)] {
		m.row(append(cells(key), fmt.Sprint(counts[key])))
	}
	if rest := len(keys) - ticketRows; rest > 0 {
		m.line("\nAnd %d more.", rest)
	}
}

func (m *ticket) findings() {
	list := m.data.Findings
	if len(list) == 0 {
		return
	}
	m.heading("Sensitive data", []string{"what", "where", "from", "to", "alerts"})
	for _, f := range list[:min(len(list), ticketRows)] {
		m.row([]string{listing.Code(f.What), listing.Code(f.URL), listing.Code(f.Target), listing.Code(f.Source), fmt.Sprint(f.Alerts)})
	}
	if rest := len(list) - ticketRows; rest > 0 {
		m.line("\nAnd %d more.", rest)
	}
}

func (m *ticket) heading(title string, names []string) {
	m.line("\n## %s\n", title)
	m.row(names)
	m.row(slices.Repeat([]string{"---"}, len(names)))
}

func (m *ticket) row(cells []string) { m.line("| %s |", strings.Join(cells, " | ")) }

// sumBy adds the numbers of alerts by one of their properties.
func sumBy[K cmp.Ordered](of []K, counts []int) map[K]int {
	sums := map[K]int{}
	for i, key := range of {
		sums[key] += counts[i]
	}
	return sums
}

// numbered is a number with its noun, of which the plural has an s unless it is given.
func numbered(n int, noun string, many ...string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %s", n, append(many, noun+"s")[0])
}

// span is a time from when to when, "" if there is none.
func span(before string, first, last int64) string {
	if first <= 0 {
		return ""
	}
	form := func(at int64) string { return time.Unix(at, 0).UTC().Format(time.DateTime) }
	return before + form(first) + " to " + form(last)
}

// story is a text in lines for a block of code, which nothing in it can end.
func story(s string) string {
	var out strings.Builder
	for line := range strings.SplitSeq(s, "\n") {
		width := 0
		for _, word := range strings.Fields(line) {
			word = listing.Printable(word)
			if n := len([]rune(word)); width > 0 && width+1+n > ticketWidth {
				out.WriteByte('\n')
				width = n
			} else {
				if width > 0 {
					out.WriteByte(' ')
				}
				width += 1 + n
			}
			out.WriteString(word)
		}
		out.WriteByte('\n')
	}
	return strings.ReplaceAll(strings.TrimRight(out.String(), "\n"), "`", "'")
}
