package main

import (
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/modsecurity-for-anylog/msa/internal/fluentconf"
	"github.com/modsecurity-for-anylog/msa/pipeline"
)

type checkCommand struct {
	Pipeline string `arg:"" optional:"" help:"A configuration of Fluent Bit, in its classic format or in YAML, of which each filter msa is checked, and what is around it."`

	kong.Plugins
}

// Help explains the exit codes.
func (*checkCommand) Help() string {
	return `Prints a line for each rule or directive that would be skipped, and for each mapping one with the rules that its log can't support. Of a configuration of Fluent Bit it also says what keeps alerts from arriving. Exit code: 0 if the filter would start, also if it skips some; 1 if not.`
}

// Run compiles what the filter would compile.
func (c *checkCommand) Run(p *process) error {
	given := givenProperties(c.Plugins)
	if c.Pipeline == "" {
		return checkFilter(p.stdout, given)
	}
	if len(given) > 0 {
		complain(p.stderr, "msa: %v", fmt.Errorf("properties are those of %s: give either", c.Pipeline))
		return exitCode(exitUsage)
	}
	return c.checkPipeline(p)
}

// checkPipeline checks each filter of a configuration, and what is around it.
func (c *checkCommand) checkPipeline(p *process) error {
	sections, err := fluentconf.Read(c.Pipeline, func(name string) (string, bool) {
		v := p.getenv(name)
		return v, v != ""
	})
	if err != nil {
		return err
	}
	r := &review{sections: sections}
	filters := r.filters()
	if len(filters) == 0 {
		return fmt.Errorf("cannot check %q: there is no filter msa in it", c.Pipeline)
	}
	r.service()
	for _, f := range filters {
		if _, err := fmt.Fprintf(p.stdout, "%s: filter msa, match %s\n", f.Place, f.Get("match")+f.Get("match_regex")); err != nil {
			return err
		}
		given := r.properties(f)
		config, err := given.config()
		if err == nil {
			r.flow(f, config)
			err = checkFilter(p.stdout, given)
		}
		if err != nil {
			r.add(f, true, "%v", err)
		}
	}
	errorCount := 0
	for _, remark := range r.remarks {
		if remark.isError {
			errorCount++
		}
		if _, err := fmt.Fprintln(p.stdout, remark); err != nil {
			return err
		}
	}
	if errorCount > 0 {
		return exitCode(exitFailed)
	}
	return nil
}

// checkFilter compiles what the filter would compile.
func checkFilter(out io.Writer, given properties) error {
	config, err := given.config()
	if err != nil {
		return err
	}
	skipped := newWarnings(out)
	checked, err := pipeline.New(config, nil, slog.New(skipped))
	if err != nil {
		return err
	}
	defer checked.Close()
	for _, u := range checked.Unapplied() {
		if len(u.Rules) == 0 {
			continue
		}
		ids := make([]string, len(u.Rules))
		for i, r := range u.Rules {
			ids[i] = strconv.Itoa(r.Rule)
		}
		if _, err := fmt.Fprintf(out, "mapping %s: off, as they miss or compare with what this log does not show: %s\n", u.Mapping, strings.Join(ids, " ")); err != nil {
			return err
		}
	}
	if ids := checked.NoEvidence(); len(ids) > 0 {
		if _, err := fmt.Fprintf(out, "about policy, no evidence of attacks (policy_rules): %s\n", strings.Trim(fmt.Sprint(ids), "[]")); err != nil {
			return err
		}
	}
	for _, o := range checked.ScreenOpen() {
		if _, err := fmt.Fprintf(out, "rule %d costs the fast path: %s\n", o.Rule, o.Reason); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(out, "ok: %d rules from %s, mapping %s, %d warnings\n",
		checked.RuleCount(), given.or("rules"), given.or("mapping"), skipped.count())
	return err
}
