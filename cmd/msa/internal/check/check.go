// Package check says what a filter with given properties would use and skip, and what in a configuration of Fluent Bit keeps
// its alerts from arriving.
package check

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/inspect"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/listing"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/warnings"
	"github.com/modsecurity-for-anylog/msa/internal/fluentconf"
	"github.com/modsecurity-for-anylog/msa/pipeline"
)

// Properties checks a filter with these properties. With an error there is what was found before it.
func Properties(given inspect.Properties) (Report, error) {
	filter, err := checkFilter(given)
	return Report{Filters: []Filter{filter}}, err
}

// Configuration checks each filter of a configuration of Fluent Bit, and what is around it.
func Configuration(file string, getenv func(string) string) (Report, error) {
	sections, err := fluentconf.Read(file, func(name string) (string, bool) {
		v := getenv(name)
		return v, v != ""
	})
	if err != nil {
		return Report{}, err
	}
	r := &review{sections: sections}
	filters := r.filters()
	if len(filters) == 0 {
		return Report{}, fmt.Errorf("cannot check %q: there is no filter msa in it", file)
	}
	r.service()
	var all Report
	for _, f := range filters {
		given, ok := r.properties(f)
		filter, err := checkFilter(given)
		filter.OK = filter.OK && ok
		if filter.config != nil {
			r.flow(f, *filter.config)
		}
		if err != nil {
			r.add(f, true, "%v", err)
		}
		filter.Place, filter.Match = f.Place, f.Get("match")+f.Get("match_regex")
		all.Filters = append(all.Filters, filter)
	}
	all.Remarks = r.remarks
	return all, nil
}

// Report is what a check has found.
type Report struct {
	Filters []Filter `json:"filters"`
	Remarks []Remark `json:"remarks,omitempty"` // about the configuration of Fluent Bit
}

// Filter is what one filter would use.
type Filter struct {
	Place       string             `json:"place,omitempty"` // in the configuration of Fluent Bit
	Match       string             `json:"match,omitempty"`
	Error       string             `json:"error,omitempty"` // why it would not start
	OK          bool               `json:"ok"`              // it would start
	RuleCount   int                `json:"rule_count"`
	Rules       string             `json:"rules,omitempty"` // the properties
	Mapping     string             `json:"mapping,omitempty"`
	Warnings    []warnings.Warning `json:"warnings,omitempty"` // what would be skipped, among others
	Unapplied   []unappliedRules   `json:"unapplied,omitempty"`
	Policy      []int              `json:"policy_rules,omitempty"` // no evidence of attacks
	CostsScreen []unanalyzedRule   `json:"costs_the_fast_path,omitempty"`

	config *pipeline.Config // nil if the properties are wrong
}

type unappliedRules struct {
	Mapping string `json:"mapping"`
	Rules   []int  `json:"rules"` // that need what its log does not show
}

type unanalyzedRule struct {
	Rule   int    `json:"rule"`
	Reason string `json:"reason"`
}

// checkFilter compiles what the filter would compile. With an error there are the warnings before it.
func checkFilter(given inspect.Properties) (Filter, error) {
	warned := warnings.Keep()
	f := Filter{Rules: given.Or("rules"), Mapping: given.Or("mapping")}
	config, err := given.Config()
	var compiled *pipeline.Pipeline
	if err == nil {
		f.config = &config
		compiled, err = pipeline.Examine(config, slog.New(warned))
	}
	f.Warnings = warned.All()
	if err != nil {
		f.Error = err.Error()
		return f, err
	}
	defer compiled.Close()
	f.OK, f.RuleCount, f.Policy = true, compiled.RuleCount(), compiled.NoEvidence()
	for _, u := range compiled.Unapplied() {
		if len(u.Rules) == 0 {
			continue
		}
		ids := make([]int, len(u.Rules))
		for i, r := range u.Rules {
			ids[i] = r.Rule
		}
		f.Unapplied = append(f.Unapplied, unappliedRules{u.Mapping, ids})
	}
	for _, o := range compiled.Unjudged() {
		f.CostsScreen = append(f.CostsScreen, unanalyzedRule{o.Rule, o.Reason})
	}
	return f, nil
}

// HasErrors reports whether something in the configuration would not work.
func (r Report) HasErrors() bool { return slices.ContainsFunc(r.Remarks, Remark.isError) }

// Print writes what was found for people: first what matters.
func (r Report) Print(w io.Writer) error {
	out := bufio.NewWriter(w) // it keeps the first error
	for _, f := range r.Filters {
		f.printVerdict(out)
	}
	for _, remark := range r.Remarks {
		tell(out, "%s", remark)
	}
	for _, f := range r.Filters {
		f.printDetails(out, len(r.Filters) > 1)
	}
	return out.Flush()
}

// printVerdict says what matters: whether it would start, and what it would skip.
func (f *Filter) printVerdict(out *bufio.Writer) {
	if f.Place != "" {
		tell(out, "%s: filter msa, match %s", f.Place, f.Match)
	}
	if f.OK {
		tell(out, "ok: %s from %s, mapping %s, %s", listing.Plural(f.RuleCount, "rule"), f.Rules, f.Mapping, listing.Plural(len(f.Warnings), "warning"))
	}
	for _, w := range f.Warnings {
		tell(out, "%s", w)
	}
}

// printDetails says what is worth to know of a filter that would start.
func (f *Filter) printDetails(out *bufio.Writer, several bool) {
	if !f.OK {
		return
	}
	if several {
		tell(out, "%s:", f.Place)
	}
	for _, off := range f.unappliedSets() {
		tell(out, "mapping %s: off, as they need what the log does not show: %s", off.mappings, off.rules)
	}
	if len(f.Policy) > 0 {
		tell(out, "about policy, no evidence of attacks (policy_rules): %s", spaced(f.Policy))
	}
	for _, o := range f.CostsScreen {
		tell(out, "the fast path can't judge rule %d: %s", o.Rule, o.Reason)
	}
}

type unappliedSet struct{ mappings, rules string }

// unappliedSets are the rules that are off, each set once, with the mappings that it is for.
func (f *Filter) unappliedSets() []unappliedSet {
	var sets []unappliedSet
	for _, u := range f.Unapplied {
		rules := spaced(u.Rules)
		i := slices.IndexFunc(sets, func(s unappliedSet) bool { return s.rules == rules })
		switch {
		case i < 0:
			sets = append(sets, unappliedSet{u.Mapping, rules})
		case !slices.Contains(strings.Split(sets[i].mappings, ", "), u.Mapping): // which may have several documents
			sets[i].mappings += ", " + u.Mapping
		}
	}
	return sets
}

// spaced are numbers with a space between them.
func spaced(ids []int) string { return strings.Trim(fmt.Sprint(ids), "[]") }

// tell writes a line. The writer keeps the first error.
func tell(w *bufio.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
