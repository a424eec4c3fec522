// Package report makes one HTML page of many alerts. The page needs nothing but itself, and what alerts say stays text in it.
package report

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/modsecurity-for-anylog/msa/engine/sensitive"
)

// Options say what a report is like.
type Options struct {
	Title string
	Size  int  // most bytes of the page; what can't be left out comes on top if it is more
	Mask  bool // sensitive values, once more: alerts may have been made without
}

// Report counts alerts, and keeps as many as the page has room for. Its size is bounded.
type Report struct {
	options       Options
	alerts        int
	facts         *facts
	rules         map[string]*rule
	hosts         *hosts
	paths         paths
	unparsedPaths int // evidence of pivots that is no path
	findings      *findings
	incidents     incidents
	details       *details
	undated       int

	first, last int64 // of those with a time
}

// rule is what alerts say of their rule, or detector.
type rule struct {
	id, detector, message string
	kind                  int
	attack                []string
}

// New makes a report of nothing.
func New(o Options) *Report {
	return &Report{
		options: o, facts: newFacts(mostFacts), rules: map[string]*rule{}, hosts: newHosts(), findings: newFindings(),
		details: newDetails(o.Size * 3 / 4), // as base64 it is a third longer
	}
}

// Add adds an alert, or a message about an incident: a JSON object in format msa.
func (r *Report) Add(alert string) error {
	text := clean(alert)
	if m, ok := parseMessage(text); ok {
		if r.options.Mask {
			m.Summary, m.Text = sensitive.Mask(m.Summary), sensitive.Mask(m.Text)
		}
		r.incidents.tell(m)
		return nil
	}
	k, err := parse(text)
	if err != nil {
		return err
	}
	shown := shortened
	if r.options.Mask {
		shown = k.masked()
	}
	if rewritten := rewrite(make([]byte, 0, len(text)), text, shown); string(rewritten) != string(text) {
		text = rewritten
		if k, err = parse(text); err != nil {
			return err
		}
	}
	k.Source, k.Target = cut(k.Source, longestName), cut(k.Target, longestName)
	k.Category = cut(k.Category, longestName)

	r.alerts++
	switch {
	case k.at == undated:
		r.undated++
	case r.alerts-r.undated == 1:
		r.first, r.last = k.at, k.at
	default:
		r.first, r.last = min(r.first, k.at), max(r.last, k.at)
	}
	key := r.rule(k)
	r.facts.add(k, key)
	r.hosts.add(k)
	r.findings.add(k)
	r.incidents.add(k)
	if path, ok := parsePath(k.Evidence); ok {
		r.paths.add(path)
	} else if strings.HasPrefix(k.Evidence, pathHead) {
		r.unparsedPaths++
	}
	f := r.facts
	return r.details.add(row{
		at: k.at, severity: k.severity(), direction: k.direction(), isDetector: k.Detector != "", label: k.label(),
		category: f.categories.same(k.Category), rule: f.rules.same(key), source: f.sources.same(k.Source), target: f.targets.same(k.Target),
	}, text)
}

// rule is the name of an alert's rule among names.
func (r *Report) rule(k *known) string {
	key := cut(k.RuleID, longestName) + "\x00" + cut(k.Detector, longestName)
	if r.rules[key] == nil && len(r.rules) < 2*mostRules {
		attack := k.Attack
		if len(attack) > 6 {
			attack = attack[:6]
		}
		attack = slices.Clone(attack)
		for i := range attack {
			attack[i] = cut(attack[i], 20)
		}
		r.rules[key] = &rule{cut(k.RuleID, longestName), cut(k.Detector, longestName), cut(k.Message, longestLabel), k.kind(), attack}
	}
	return key
}

// Alerts is how many were added.
func (r *Report) Alerts() int { return r.alerts }

// Input is what the page says of where the alerts are from.
type Input struct {
	Files      []string
	Broken     int // lines that were no alerts
	Unreadable int // files that could not be read, or not to their end
	Made       time.Time
}

var errEmpty = errors.New("there is no alert to report")
