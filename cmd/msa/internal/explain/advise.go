package explain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/advice"
	"github.com/modsecurity-for-anylog/msa/internal/coverage"
)

// worth is what a log finds: CRS's regression tests of the rules that are on, and outcomes of attacks.
type worth struct {
	Tests   int `json:"crs_tests"`
	Success int `json:"success"`
	Failure int `json:"failure"`
}

func (w worth) minus(less worth) worth {
	return worth{w.Tests - less.Tests, w.Success - less.Success, w.Failure - less.Failure}
}

// advised is what would be found if the log showed more.
type advised struct {
	All     worth           `json:"of"`
	Now     worth           `json:"now"`
	More    []advisedField  `json:"more"` // the most useful first
	Snippet *advisedSnippet `json:"configuration,omitempty"`
}

// advisedField is what one more field alone would bring.
type advisedField struct {
	Field string `json:"field"`
	worth
}

// advisedSnippet is what to write into the configuration of what writes the log, and what would be found then.
type advisedSnippet struct {
	Product string `json:"product"`
	Note    string `json:"note"`
	Text    string `json:"text,omitempty"`
	With    *worth `json:"with,omitempty"`
}

func (e *Explanation) worthOf(l coverage.Log) worth {
	o := coverage.OutcomeOf(l)
	found, _ := coverage.Tests(l, e.Pipeline.Applies)
	return worth{found, o.Success, o.Failure}
}

// advise says what more in the log would bring.
func (e *Explanation) advise() *advised {
	shown := coverage.Of(e.Transaction)
	outcome := coverage.OutcomeOf(shown)
	_, all := coverage.Tests(shown, e.Pipeline.Applies)
	a := &advised{All: worth{all, outcome.Worked, outcome.Failed}, Now: e.worthOf(shown)}
	for _, f := range coverage.Missing(shown) {
		if more := e.worthOf(shown.With(f)).minus(a.Now); more != (worth{}) {
			a.More = append(a.More, advisedField{f.String(), more})
		}
	}
	slices.SortStableFunc(a.More, func(x, y advisedField) int { return y.sum() - x.sum() })
	product, ok := advice.For(e.Transaction.Preset)
	if !ok {
		return a
	}
	a.Snippet = &advisedSnippet{Product: product.Product, Note: product.Note, Text: product.Snippet}
	if len(product.Shows) > 0 {
		for _, f := range product.Shows {
			shown = shown.With(f)
		}
		with := e.worthOf(shown)
		a.Snippet.With = &with
	}
	return a
}

func (w worth) sum() int { return w.Tests + w.Success + w.Failure }

// fewTests: single headers that bring no more are counted together.
const fewTests = 10

// printAdvice says what would be found if the log showed more, and how the product that wrote it does.
func (e *Explanation) printAdvice() {
	a := e.advise()
	e.title("advice: what more in the log would bring, of CRS's regression tests of the rules that are on and of attacks on the laboratory's site")
	e.line("%-34s %14s %14s %14s", "", "tests found", "success told", "failure told")
	row := func(name, tests, success, failure string) {
		e.line("%-34s %14s %14s %14s", name, tests, success, failure)
	}
	of := func(n, all int) string { return fmt.Sprintf("%d of %d", n, all) }
	whole := func(name string, w worth) {
		row(name, of(w.Tests, a.All.Tests), of(w.Success, a.All.Success), of(w.Failure, a.All.Failure))
	}
	more := func(n int) string {
		if n == 0 {
			return "-"
		}
		return fmt.Sprintf("%+d", n)
	}
	whole("as it is", a.Now)
	few := 0
	for _, m := range a.More {
		if m.sum() <= fewTests {
			few++
			continue
		}
		row("with "+m.Field, more(m.Tests), more(m.Success), more(m.Failure))
	}
	if few > 0 {
		e.line("and %d headers of the request with up to %d tests each (--json lists them)", few, fewTests)
	}
	if len(a.More) == 0 {
		e.line("it shows all that is asked for")
	}
	if a.Snippet == nil {
		e.title("advice: what to write into the configuration is not known for %s", e.Transaction.Preset)
		return
	}
	if a.Snippet.With != nil {
		whole("with the configuration below", *a.Snippet.With)
	}
	e.title("advice for %s: %s", a.Snippet.Product, a.Snippet.Note)
	for line := range strings.Lines(a.Snippet.Text) {
		e.line("  %s", strings.TrimSuffix(line, "\n"))
	}
}
