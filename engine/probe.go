package engine

import (
	"errors"

	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/rules"
)

// withoutPanicking leaves out the rules at which Coraza panics when it is tried, so that the others are judged the same with
// the screen and without it. What only some records show costs the rule for these: see evaluate.
func withoutPanicking(all []*unit, cfg Config, sum [32]byte) (kept []*unit, warnings []rules.Warning) {
	for i := 0; i < len(all); {
		u := all[i]
		if u.IsRule() && !rules.IsEmbedded(u.File) { // what is embedded is known not to
			if p := u.probe(cfg, sum); p != nil {
				all, warnings = skip(all, i, "Coraza panics when it runs: "+p.Text, warnings)
				continue
			}
		}
		i++
	}
	return all, warnings
}

// probe runs a rule, as it is and such that it matches, and returns what Coraza panics at.
func (u *unit) probe(cfg Config, sum [32]byte) *RulePanic {
	for _, one := range []*unit{u, u.matching()} {
		settings := own("SecRuleEngine DetectionOnly", "SecRequestBodyAccess On", "SecResponseBodyAccess On")
		waf, taken, _, err := compile(append(settings, one), cfg, sum)
		if err != nil {
			return nil //nolint:nilerr // the compiler says it
		}
		if len(taken) > len(settings) {
			e := &Engine{waf: waf, bodyLimit: cfg.BodyLimit}
			_, err = e.run(waf, nil, &probed, nil)
		}
		err = errors.Join(err, closeWAF(waf))
		var p *RulePanic
		if errors.As(err, &p) {
			return p
		}
	}
	return nil
}

// matching is the rule with operators that match everything, and with a target that is always there.
func (u *unit) matching() *unit {
	rule, d := *u.Rule, *u.Directive
	rule.Links = nil
	for _, l := range u.Rule.Links {
		m := *l
		if !l.IsAction() {
			m.Operator = rules.Operator{Name: "unconditionalMatch"}
			m.Targets = append([]rules.Target{{Variable: "request_method"}}, l.Targets...)
		}
		rule.Links = append(rule.Links, &m)
	}
	d.Rule = &rule
	return &unit{Directive: &d}
}

// probed has something for each collection.
var probed = mapping.Transaction{
	Method: "POST", URI: "/a/b.php?a=1&b=%27%3Cx%3E&c=4000000000000002&d=%ff%00", Protocol: "HTTP/1.1", Host: "a.example", Status: 200,
	RequestHeaders: []mapping.Header{
		{Name: "Host", Value: "a.example"}, {Name: "Cookie", Value: "a=1; b=2"}, {Name: "User-Agent", Value: "a"},
		{Name: "Content-Type", Value: "application/x-www-form-urlencoded"}, {Name: "Content-Length", Value: "8"},
	},
	RequestBody:     mapping.Body{Text: "e=1&f=-1"},
	ResponseHeaders: []mapping.Header{{Name: "Content-Type", Value: "text/html"}},
	ResponseBody:    mapping.Body{Text: "<html>"},
}
