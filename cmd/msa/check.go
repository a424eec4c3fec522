package main

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/inspect"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/listing"
	"github.com/modsecurity-for-anylog/msa/internal/fluentconf"
	"github.com/modsecurity-for-anylog/msa/pipeline"
)

type checkCommand struct {
	Pipeline string `arg:"" optional:"" help:"A configuration of Fluent Bit, in its classic format or in YAML, of which each filter msa is checked, and what is around it."`

	JSON bool `name:"json" help:"Print what was found as JSON, for programs."`

	kong.Plugins
}

// Help explains the exit codes.
func (*checkCommand) Help() string {
	return `Says whether the filter would start, and names each rule or directive that would be skipped. Of a configuration of Fluent Bit it also says what keeps alerts from arriving. Then follow, for each mapping, the rules that its log can't support, and the rules that are about policy. Exit code: 0 if the filter would start, also if it skips some; 1 if not.`
}

// Run compiles what the filter would compile.
func (c *checkCommand) Run(p *process) error {
	given := givenProperties(c.Plugins)
	if c.Pipeline == "" {
		filter, err := checkFilter(given)
		return cmp.Or(c.print(p.stdout, checked{Filters: []checkedFilter{filter}}), err)
	}
	if len(given) > 0 {
		complain(p.stderr, "msa: %v", fmt.Errorf("properties are those of %s: give either", c.Pipeline))
		return exitCode(exitUsage)
	}
	all, err := c.checkPipeline(p.getenv)
	if err != nil {
		return err
	}
	if err := c.print(p.stdout, all); err != nil {
		return err
	}
	if slices.ContainsFunc(all.Remarks, remark.isError) {
		return exitCode(exitFailed)
	}
	return nil
}

// checkPipeline checks each filter of a configuration, and what is around it.
func (c *checkCommand) checkPipeline(getenv func(string) string) (checked, error) {
	sections, err := fluentconf.Read(c.Pipeline, func(name string) (string, bool) {
		v := getenv(name)
		return v, v != ""
	})
	if err != nil {
		return checked{}, err
	}
	r := &review{sections: sections}
	filters := r.filters()
	if len(filters) == 0 {
		return checked{}, fmt.Errorf("cannot check %q: there is no filter msa in it", c.Pipeline)
	}
	r.service()
	var all checked
	for _, f := range filters {
		given := r.properties(f)
		config, err := given.Config()
		if err == nil {
			r.flow(f, config)
		}
		filter, err := checkFilter(given)
		if err != nil {
			r.add(f, true, "%v", err)
		}
		filter.Place, filter.Match = f.Place, f.Get("match")+f.Get("match_regex")
		all.Filters = append(all.Filters, filter)
	}
	all.Remarks = r.remarks
	return all, nil
}

// checked is what a check has found.
type checked struct {
	Filters []checkedFilter `json:"filters"`
	Remarks []remark        `json:"remarks,omitempty"` // about the configuration of Fluent Bit
}

// checkedFilter is what one filter would use.
type checkedFilter struct {
	Place       string           `json:"place,omitempty"` // in the configuration of Fluent Bit
	Match       string           `json:"match,omitempty"`
	Error       string           `json:"error,omitempty"` // why it would not start
	OK          bool             `json:"ok"`              // it would start
	RuleCount   int              `json:"rule_count"`
	Rules       string           `json:"rules,omitempty"` // the properties
	Mapping     string           `json:"mapping,omitempty"`
	Warnings    []warning        `json:"warnings,omitempty"` // what would be skipped, among others
	Unapplied   []unappliedRules `json:"unapplied,omitempty"`
	Policy      []int            `json:"policy_rules,omitempty"` // no evidence of attacks
	CostsScreen []unanalyzedRule `json:"costs_the_fast_path,omitempty"`
}

type unappliedRules struct {
	Mapping string `json:"mapping"`
	Rules   []int  `json:"rules"` // that miss or compare with what its log does not show
}

type unanalyzedRule struct {
	Rule   int    `json:"rule"`
	Reason string `json:"reason"`
}

// checkFilter compiles what the filter would compile. With an error there are the warnings before it.
func checkFilter(given inspect.Properties) (checkedFilter, error) {
	warned := keepWarnings()
	f := checkedFilter{Rules: given.Or("rules"), Mapping: given.Or("mapping")}
	config, err := given.Config()
	var compiled *pipeline.Pipeline
	if err == nil {
		compiled, err = pipeline.New(config, nil, slog.New(warned))
	}
	f.Warnings = warned.all()
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
	for _, o := range compiled.ScreenOpen() {
		f.CostsScreen = append(f.CostsScreen, unanalyzedRule{o.Rule, o.Reason})
	}
	return f, nil
}

func (c *checkCommand) print(w io.Writer, all checked) error {
	if c.JSON {
		return listing.JSON(w, all)
	}
	out := bufio.NewWriter(w) // it keeps the first error
	for _, f := range all.Filters {
		f.printVerdict(out)
	}
	for _, r := range all.Remarks {
		tell(out, "%s", r)
	}
	for _, f := range all.Filters {
		f.printDetails(out, len(all.Filters) > 1)
	}
	return out.Flush()
}

// printVerdict says what matters: whether it would start, and what it would skip.
func (f *checkedFilter) printVerdict(out io.Writer) {
	if f.Place != "" {
		tell(out, "%s: filter msa, match %s", f.Place, f.Match)
	}
	if f.OK {
		tell(out, "ok: %d rules from %s, mapping %s, %d warnings", f.RuleCount, f.Rules, f.Mapping, len(f.Warnings))
	}
	for _, w := range f.Warnings {
		tell(out, "%s", w)
	}
}

// printDetails says what is worth to know of a filter that would start.
func (f *checkedFilter) printDetails(out io.Writer, several bool) {
	if !f.OK {
		return
	}
	if several {
		tell(out, "%s:", f.Place)
	}
	for _, u := range f.Unapplied {
		tell(out, "mapping %s: off, as they miss or compare with what this log does not show: %s", u.Mapping, spaced(u.Rules))
	}
	if len(f.Policy) > 0 {
		tell(out, "about policy, no evidence of attacks (policy_rules): %s", spaced(f.Policy))
	}
	for _, o := range f.CostsScreen {
		tell(out, "rule %d costs the fast path: %s", o.Rule, o.Reason)
	}
}

// spaced are numbers with a space between them.
func spaced(ids []int) string { return strings.Trim(fmt.Sprint(ids), "[]") }
