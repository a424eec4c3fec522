package main

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/modsecurity-for-anylog/msa/pipeline"
)

type checkCommand struct {
	kong.Plugins
}

// Help explains the exit codes.
func (*checkCommand) Help() string {
	return `Prints a line for each rule or directive that would be skipped, and for each mapping one with the rules that its log can't support. Exit code: 0 if the filter would start, also if it skips some; 1 if not.`
}

// Run compiles what the filter would compile.
func (c *checkCommand) Run(p *process) error {
	given := givenProperties(c.Plugins)
	config, err := given.config()
	if err != nil {
		return err
	}
	skipped := newWarnings(p.stdout)
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
		if _, err := fmt.Fprintf(p.stdout, "mapping %s: off, as they miss or compare with what this log does not show: %s\n", u.Mapping, strings.Join(ids, " ")); err != nil {
			return err
		}
	}
	if ids := checked.NoEvidence(); len(ids) > 0 {
		if _, err := fmt.Fprintf(p.stdout, "about policy, no evidence of attacks (policy_rules): %s\n", strings.Trim(fmt.Sprint(ids), "[]")); err != nil {
			return err
		}
	}
	for _, o := range checked.ScreenOpen() {
		if _, err := fmt.Fprintf(p.stdout, "rule %d costs the fast path: %s\n", o.Rule, o.Reason); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(p.stdout, "ok: %d rules from %s, mapping %s, %d warnings\n",
		checked.RuleCount(), given.or("rules"), given.or("mapping"), skipped.count())
	return err
}
