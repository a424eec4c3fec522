// Package coverage says how much of what attacks a log can find, by what it shows of an exchange: how many of the Core Rule
// Set's regression tests, and of how many attacks the outcome. The figures are measured, by test/crs and test/lab.
package coverage

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// Field is what a log may show of an exchange beside its method and path. That of a single header is HeaderField.
type Field string

// The fields.
const (
	Query           Field = "query"
	RequestHeaders  Field = "headers" // all of them
	RequestBody     Field = "body"
	Status          Field = "status"
	ResponseHeaders Field = "answer-headers" // some of them: those that matter are Location, Set-Cookie and Content-Type
	ResponseBody    Field = "answer-body"
	Time            Field = "time" // that the exchange took

	header = "header:"
)

// HeaderField is a header of the request; the name is in lower case.
func HeaderField(name string) Field { return Field(header + name) }

// parts are the fields that mappings have a name for.
var parts = map[Field]mapping.Part{
	Query:           {Kind: mapping.Query},
	RequestHeaders:  {Kind: mapping.RequestHeader},
	RequestBody:     {Kind: mapping.RequestBody},
	ResponseHeaders: {Kind: mapping.ResponseHeader},
	ResponseBody:    {Kind: mapping.ResponseBody},
}

func (f Field) part() mapping.Part {
	if name, ok := strings.CutPrefix(string(f), header); ok {
		return mapping.Part{Kind: mapping.RequestHeader, Name: name}
	}
	return parts[f]
}

// String is the field in words.
func (f Field) String() string {
	switch f {
	case Status:
		return "the response status"
	case Time:
		return "the time taken"
	case RequestHeaders:
		return "all request headers"
	case ResponseHeaders:
		return "response headers"
	}
	return f.part().String()
}

// Log is what a log shows.
type Log struct {
	mapping.Observed
	Status, Time bool
}

// Of is what the log of a transaction shows. It shows a body, too, that it has cut: few attacks are behind that.
func Of(tx *mapping.Transaction) Log {
	l := Log{tx.Observed, tx.Status != 0, tx.ShowsDuration()}
	l.RequestBody = l.RequestBody || tx.RequestBody.Truncated
	l.ResponseBody = l.ResponseBody || tx.ResponseBody.Truncated
	return l
}

// Has reports whether the log shows a field.
func (l *Log) Has(f Field) bool {
	switch f {
	case Status:
		return l.Status
	case Time:
		return l.Time
	case ResponseHeaders:
		return l.Response.All || len(l.Response.Names) > 0
	}
	return l.Observed.Has(f.part())
}

// With is the log with one more field.
func (l Log) With(f Field) Log {
	switch f {
	case Status:
		l.Status = true
	case Time:
		l.Time = true
	default:
		l.Observed = l.Observed.With(f.part())
	}
	return l
}

// Need says how many regression tests of a rule a log finds that shows the fields, and none that does not.
type Need struct {
	Rule, Tests int
	Fields      []Field // in the order of their names
}

//go:embed tests.txt
var testsFile string

// Needs are those of all tests in which a rule shall match, in the order of rules.
var Needs = embedded("tests.txt", testsFile, readNeeds)

// embedded reads a file that is part of the program, when it is asked for.
func embedded[T any](name, text string, read func(text string) ([]T, error)) func() []T {
	return sync.OnceValue(func() []T {
		all, err := read(text)
		if err != nil {
			panic(fmt.Sprintf("internal/coverage/%s: %v", name, err))
		}
		return all
	})
}

func readNeeds(text string) (all []Need, err error) {
	err = eachLine(text, 2, func(numbers []int, fields []Field) {
		all = append(all, Need{numbers[0], numbers[1], fields})
	})
	return all, err
}

// String is the need as a line of the file.
func (n Need) String() string { return line(n.Fields, n.Rule, n.Tests) }

// eachLine reads lines of so many numbers and fields behind them.
func eachLine(text string, numbers int, visit func(numbers []int, fields []Field)) error {
	n := 0
	for line := range strings.Lines(text) {
		n++
		words := strings.Fields(line)
		if len(words) < numbers {
			return fmt.Errorf("line %d: %d numbers are expected in %q", n, numbers, line)
		}
		var values []int
		for _, word := range words[:numbers] {
			value, err := strconv.Atoi(word)
			if err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
			values = append(values, value)
		}
		var fields []Field
		for _, word := range words[numbers:] {
			fields = append(fields, Field(word))
		}
		visit(values, fields)
	}
	return nil
}

func line(fields []Field, numbers ...int) string {
	var words []string
	for _, n := range numbers {
		words = append(words, strconv.Itoa(n))
	}
	for _, f := range fields {
		words = append(words, string(f))
	}
	return strings.Join(words, " ")
}

// Tests are the regression tests of some rules: those that a log finds, and all.
func Tests(l Log, isOn func(rule int) bool) (found, all int) {
	for _, n := range Needs() {
		if !isOn(n.Rule) {
			continue
		}
		all += n.Tests
		if l.shows(n.Fields) {
			found += n.Tests
		}
	}
	return found, all
}

func (l *Log) shows(fields []Field) bool {
	return !slices.ContainsFunc(fields, func(f Field) bool { return !l.Has(f) })
}

// Missing are the fields that a log lacks and that tests or outcomes need, in the order of their names.
func Missing(l Log) []Field {
	return slices.DeleteFunc(slices.Clone(fields()), l.Has)
}

// fields are all that a test or an outcome needs; and all headers.
var fields = sync.OnceValue(func() []Field {
	all := append([]Field{RequestHeaders}, AnswerFields...)
	for _, n := range Needs() {
		all = append(all, n.Fields...)
	}
	slices.Sort(all)
	return slices.Compact(all)
})

// Outcome says of how many attacks on the laboratory's site an alert tells the outcome.
type Outcome struct {
	Worked, Success int     // attacks that worked, and those of them that are called success
	Failed, Failure int     // attacks that did not, and those of them that are called failure
	Fields          []Field // of the answer that the log shows
}

// AnswerFields are those by which outcomes are told.
var AnswerFields = []Field{Status, ResponseHeaders, ResponseBody, Time}

//go:embed outcomes.txt
var outcomesFile string

// outcomes are those of logs that show each selection of AnswerFields.
var outcomes = embedded("outcomes.txt", outcomesFile, readOutcomes)

func readOutcomes(text string) (all []Outcome, err error) {
	err = eachLine(text, 4, func(numbers []int, fields []Field) {
		all = append(all, Outcome{numbers[0], numbers[1], numbers[2], numbers[3], fields})
	})
	return all, err
}

// String is the outcome as a line of the file.
func (o Outcome) String() string { return line(o.Fields, o.Worked, o.Success, o.Failed, o.Failure) }

// OutcomeOf is what a log tells of outcomes.
func OutcomeOf(l Log) Outcome {
	shown := slices.DeleteFunc(slices.Clone(AnswerFields), func(f Field) bool { return !l.Has(f) })
	all := outcomes()
	return all[slices.IndexFunc(all, func(o Outcome) bool { return slices.Equal(o.Fields, shown) })] // a test looks for each
}
