package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

// verdictOf is what kind of evidence said, and how often that was right.
type verdictOf struct{ outcome, evidence string }

// evidenceForms bring what an alert says of one record to what it says of all of a kind.
var evidenceForms = []struct {
	text *regexp.Regexp
	form string
}{
	{regexp.MustCompile(`^\d+ with an error of the database.*`), "an error of the database, with 5xx"},
	{regexp.MustCompile(`^\d+ with a page that blocks.*`), "a page that blocks"},
	{regexp.MustCompile(`^\d+ to the login page.*`), "a redirect to the login page"},
	{regexp.MustCompile(`^\d+ to a page of errors.*`), "a redirect to a page of errors"},
	{regexp.MustCompile(`^\d+ to this site, .*`), "a redirect to the site itself"},
	{regexp.MustCompile(`^(the file could not be opened|the parser reads no entities|the answer says that it failed) \(.*`), "$1"},
	{regexp.MustCompile(`^(\d)\d\d: the server.*`), "a status of ${1}xx"},
	{regexp.MustCompile(`^\S+ asked \S+(?:, .*| while .*)`), "the server asked the payload's address"},
	{regexp.MustCompile(`^the answer has .*, the result of .*`), "the answer has the result of an expression"},
	{regexp.MustCompile(`^the answer has .*, which .*`), "the answer has what the payload puts together"},
	{regexp.MustCompile(`^the answer has the payload's header.*`), "the answer has the payload's header"},
	{regexp.MustCompile(`^the answer sends the client to .*`), "the answer sends the client to the payload's host"},
	{regexp.MustCompile(`^answered after .*`), "the server waited as it was asked to"},
	{regexp.MustCompile(`^the login was accepted.*`), "the login was accepted"},
	{regexp.MustCompile(`^the server answers so to everything.*`), "the server answers so to everything"},
	{regexp.MustCompile(`^the same answer to \d+ .*`), "the same answer to many payloads of this client"},
	{regexp.MustCompile(`^(the page has the payload's [a-z]+ [^:]*|the payload ends [^:]*|the answer is longer [^:]*): .*`), "$1"},
	{regexp.MustCompile(`^the page \S+ has the script that .*`), "a later page has the script"},
	{regexp.MustCompile(`^\S+ was fetched with .*`), "the script that was uploaded was fetched"},
}

// formOf is the kind of a piece of evidence.
func formOf(evidence string) string {
	for _, f := range evidenceForms {
		if f.text.MatchString(evidence) {
			return f.text.ReplaceAllString(evidence, f.form)
		}
	}
	return strings.ToLower(evidence[:1]) + evidence[1:]
}

// weigh counts what an alert rests on, right or wrong.
func (f *figures) weigh(a alert, right bool) {
	if f.Evidence == nil {
		f.Evidence = map[verdictOf]share{}
	}
	seen := map[string]bool{}
	for _, e := range a.OutcomeEvidence {
		if form := formOf(e); !seen[form] {
			seen[form] = true
			s := f.Evidence[verdictOf{a.Outcome, form}]
			s.count(right)
			f.Evidence[verdictOf{a.Outcome, form}] = s
		}
	}
}

// add counts what others rest on, too.
func (f *figures) add(other *figures) {
	if f.Evidence == nil {
		f.Evidence = map[verdictOf]share{}
	}
	for v, s := range other.Evidence {
		f.Evidence[v] = share{f.Evidence[v].N + s.N, f.Evidence[v].Of + s.Of}
	}
}

// evidenceTable is what each kind of evidence said, in Markdown, what was said most first.
func (f *figures) evidenceTable() string {
	all := slices.SortedFunc(maps.Keys(f.Evidence), func(a, b verdictOf) int {
		return cmp.Or(-cmp.Compare(a.outcome, b.outcome), cmp.Compare(f.Evidence[b].Of, f.Evidence[a].Of), cmp.Compare(a.evidence, b.evidence))
	})
	var b strings.Builder
	b.WriteString("| said | evidence | right | wrong |\n|---|---|---:|---:|\n")
	for _, v := range all {
		s := f.Evidence[v]
		fmt.Fprintf(&b, "| %s | %s | %d | %d |\n", v.outcome, v.evidence, s.N, s.Of-s.N)
	}
	return b.String()
}

func (f *figures) printEvidence(w io.Writer) { _, _ = fmt.Fprintf(w, "\n%s", f.evidenceTable()) }

// The marks between which the table stands in a document.
const (
	tableBegins = "<!-- evidence: go run ./test/lab -tools=false -outcome docs/outcome.md -->\n"
	tableEnds   = "<!-- end of evidence -->\n"
)

// writeEvidence writes the table into a document.
func (f *figures) writeEvidence(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("cannot read document: %w", err)
	}
	before, rest, begins := bytes.Cut(text, []byte(tableBegins))
	_, after, ends := bytes.Cut(rest, []byte(tableEnds))
	if !begins || !ends {
		return fmt.Errorf("cannot find the marks of the table in %q", file)
	}
	return os.WriteFile(file, slices.Concat(before, []byte(tableBegins), []byte(f.evidenceTable()), []byte(tableEnds), after), 0o644)
}
