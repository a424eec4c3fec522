package crs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/internal/coverage"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/pipeline"
)

// Needs finds out for each stage in which rules shall match what a log has to show for that. Stages of one rule with the
// same needs are one entry; these are in the order of rules.
func Needs(stages []Stage) ([]coverage.Need, error) {
	p, err := newProber()
	if err != nil {
		return nil, err
	}
	defer func() { _ = p.engine.Close() }() // frees memory only
	stages = slices.DeleteFunc(slices.Clone(stages), func(s Stage) bool { return !s.Expect.Detection() })
	needs, errs := make([]coverage.Need, len(stages)), make([]error, len(stages))
	parallel(len(stages), func(i int) {
		needs[i].Rule, needs[i].Tests = stages[i].Rule, 1
		needs[i].Fields, errs[i] = p.needs(&stages[i])
	})
	for i, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", stages[i].Name, err)
		}
	}
	return joinNeeds(needs), nil
}

func joinNeeds(needs []coverage.Need) (all []coverage.Need) {
	byFields := func(a, b coverage.Need) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), slices.Compare(a.Fields, b.Fields))
	}
	slices.SortFunc(needs, byFields)
	for _, n := range needs {
		if last := len(all) - 1; last >= 0 && byFields(all[last], n) == 0 {
			all[last].Tests += n.Tests
		} else {
			all = append(all, n)
		}
	}
	return all
}

// prober shows an engine less and less of exchanges.
type prober struct {
	kind    Kind
	mapping *mapping.Set
	engine  *engine.Engine
}

func newProber() (*prober, error) {
	kind, _ := KindNamed("nano") // which shows all
	values := kind.properties()
	cfg, err := pipeline.ParseConfig(func(name string) []string { return values[name] })
	if err != nil {
		return nil, err
	}
	m, err := mapping.Load(kind.Preset)
	if err != nil {
		return nil, err
	}
	e, err := engine.New(cfg.Engine)
	if err != nil {
		return nil, err
	}
	return &prober{kind, m, e}, nil
}

// needs takes away field by field, the least common first, and gives back those without which a rule does not match.
func (p *prober) needs(s *Stage) ([]coverage.Field, error) {
	fields := p.fields(s)
	if ok, err := p.matches(s, fields); err != nil || !ok {
		return nil, cmp.Or(err, fmt.Errorf("rules %v do not match a log that shows all", s.Expect.IDs))
	}
	for _, f := range slices.Clone(fields) {
		less := slices.DeleteFunc(slices.Clone(fields), func(other coverage.Field) bool { return other == f })
		ok, err := p.matches(s, less)
		if err != nil {
			return nil, err
		}
		if ok {
			fields = less
		}
	}
	if slices.Contains(fields, coverage.RequestHeaders) { // with which all others are shown
		fields = slices.DeleteFunc(fields, func(f coverage.Field) bool { return strings.HasPrefix(string(f), string(coverage.HeaderField(""))) })
	}
	for i, f := range fields {
		if slices.Contains(anyHeader, f) {
			fields[i] = coverage.RequestHeaders
		}
	}
	slices.Sort(fields)
	return slices.Compact(fields), nil
}

// anyHeader are headers of the tests that stand for any: a log has those only if it has all.
var anyHeader = []coverage.Field{coverage.HeaderField("test"), coverage.HeaderField("someheader"), coverage.HeaderField("foobarheader")}

// common are the fields that many logs have, the most common last.
var common = []coverage.Field{
	coverage.RequestBody, coverage.HeaderField("cookie"), coverage.HeaderField("content-type"), coverage.HeaderField("host"),
	coverage.HeaderField("referer"), coverage.HeaderField("user-agent"), coverage.Status, coverage.Query,
}

// fields are all that a stage's rules may look at, the least common first: headers that were sent, and those whose absence
// a rule tests.
func (p *prober) fields(s *Stage) []coverage.Field {
	all := []coverage.Field{coverage.RequestHeaders, coverage.ResponseHeaders, coverage.ResponseBody}
	add := func(header string) {
		f := coverage.HeaderField(strings.ToLower(header))
		if !slices.Contains(all, f) && !slices.Contains(common, f) && header != "" {
			all = append(all, f)
		}
	}
	for _, h := range s.Request.Headers {
		add(h.Name)
	}
	for _, u := range p.engine.Unapplied(mapping.Observed{}) {
		for _, part := range u.Missing {
			if slices.Contains(s.Expect.IDs, u.Rule) && part.Kind == mapping.RequestHeader {
				add(part.Name)
			}
		}
	}
	return append(all, common...)
}

// matches reports whether all rules that a stage expects match a log that shows no more than fields.
func (p *prober) matches(s *Stage, fields []coverage.Field) (bool, error) {
	var tx mapping.Transaction
	if err := p.mapping.Map(tag, p.kind.Record(Respond(s)), &tx); err != nil {
		return false, err
	}
	limit(&tx, fields)
	v, err := p.engine.Inspect(&tx)
	if err != nil {
		return false, err
	}
	ids := v.RuleIDs()
	return !slices.ContainsFunc(s.Expect.IDs, func(id int) bool { return !slices.Contains(ids, id) }), nil
}

// limit leaves of a transaction what a log has that shows no more than fields.
func limit(tx *mapping.Transaction, fields []coverage.Field) {
	var l coverage.Log
	for _, f := range fields {
		l = l.With(f)
	}
	tx.Observed = l.Observed
	tx.RequestHeaders = slices.DeleteFunc(tx.RequestHeaders, func(h mapping.Header) bool {
		return !l.Has(coverage.HeaderField(strings.ToLower(h.Name)))
	})
	if !l.Has(coverage.HeaderField("host")) {
		tx.Host = ""
	}
	if !l.Has(coverage.Query) {
		tx.URI, _, _ = strings.Cut(tx.URI, "?")
	}
	if !l.Has(coverage.RequestBody) {
		tx.RequestBody = mapping.Body{}
	}
	if !l.Has(coverage.Status) {
		tx.Status = 0
	}
	if !l.Has(coverage.ResponseHeaders) {
		tx.ResponseHeaders = nil
	}
	if !l.Has(coverage.ResponseBody) {
		tx.ResponseBody = mapping.Body{}
	}
}
