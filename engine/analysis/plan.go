// Package analysis makes a plan of the loaded rules, once: what a record must have for each of them to match. Package screen
// goes by the plan, record by record, and so finds where no alert is possible. DESIGN.md says why that holds.
//
// Each rule becomes conditions: on single values (an argument, a header, the URI), on counts, and on what other rules have
// set. A rule can match only if all its conditions are fulfilled, and an alert is possible only if the scores of the rules
// that can match reach a threshold.
package analysis

import (
	"fmt"
	"slices"

	"github.com/modsecurity-for-anylog/msa/rules"
)

// Config is what a plan is made of.
type Config struct {
	Directives []*rules.Directive // in order

	// TX are the variables that the rules set for every transaction alike, as they are after
	// one without anything in it; names are in lower case.
	TX map[string]string

	// ReadFile reads a data file that a rule of a file names.
	ReadFile func(ruleFile, name string) ([]byte, error)

	// Removed are ids, ranges and tags of rules that are not applied to some transactions; * is all. Absent are
	// ids of single rules that may not be.
	Removed []string
	Absent  []int

	Inbound, Outbound int // anomaly scores from which a transaction alarms
}

// Plan is what the rules come to. It never changes.
type Plan struct {
	Inbound, Outbound int // the least scores from which a transaction alarms

	Conditions []Condition
	Rules      []Rule
	Helpers    []Helper
	Unjudged   []Unjudged
	Reduction  Reduction
	Reading    Reading

	// OfLinks are, for the links of a rule by its id, the condition that a value must fulfil for the link to match it, or -1. Links
	// of which nothing is known may be left out at the end.
	OfLinks map[int][]int32

	dependent map[int][]int // rules that depend on a rule, by its id
}

// Rule is one that may come to matter.
type Rule struct {
	ID         int
	Conditions []int    // all must be fulfilled
	Unasked    []Target // of links that no condition is made of, as one before them adds to the scores
	In, Out    int      // what a match adds to the scores
	Alarms     bool     // by itself
	Logged     bool
	Scores     int     // the condition whose matches add, -1 for once
	Removable  bool    // as long as it does not match, it does nothing that others see, but for
	Affects    []int32 // these
}

// Helper is a rule that only has other rules see less.
type Helper struct {
	ID      int
	Affects []int32
}

// Unjudged is a rule that can't be judged: it may match whenever its other conditions are fulfilled.
type Unjudged struct {
	Rule   int
	Reason string
}

// Reduction says how the rules can be made fewer without any difference to a verdict.
type Reduction struct {
	// Rules do nothing in any transaction, or only set variables of TX that can be set before: they are always
	// skipped, never match, skip nothing but such, or set the same in every transaction.
	Rules map[int]bool

	Markers map[string]bool   // that nothing skips to then
	TX      map[string]string // what is to be set before the first rule instead

	// Observed: some rule looks at what was matched last, also by a rule that only sets something up.
	Observed bool
}

// Reading is what has to run for bodies to be read as they are with all rules: the rules that say how, and those that
// decide whether these match.
type Reading struct {
	Rules   map[int]bool
	Markers map[string]bool

	TX     map[string]string // what is to be set before the first of them
	AsksTX bool              // they look at TX, also at what is set before all rules

	OfBodies bool // they do nothing to a request that has neither a body nor a Content-Type
	ByType   bool // they look at nothing but the Content-Type
}

// New makes a plan. It fails where a plan could be wrong for all rules.
func New(cfg Config) (*Plan, error) {
	plan, err := newPlan(cfg)
	if err != nil {
		return nil, fmt.Errorf("cannot screen these rules: %w", err)
	}
	return plan, nil
}

func newPlan(cfg Config) (*Plan, error) {
	program, err := newProgram(cfg)
	if err != nil {
		return nil, err
	}
	constants := findConstants(program)
	reading, err := constants.findReading()
	if err != nil {
		return nil, err
	}
	if err := constants.checkRemovals(); err != nil {
		return nil, err
	}
	compiled, err := compile(constants)
	if err != nil {
		return nil, err
	}
	reduced := reduce(compiled)
	return &Plan{
		Inbound: compiled.inbound, Outbound: compiled.outbound,
		Conditions: compiled.conditions, Rules: compiled.planned, Helpers: reduced.helpers, Unjudged: compiled.unjudged,
		Reduction: reduced.reduction(), Reading: reading, OfLinks: compiled.ofLinks, dependent: reduced.dependent(),
	}, nil
}

// IsBlind reports whether the plan is wrong for a transaction to which some rules are not applied: without one of
// them, others that are not among them find another thing.
func (p *Plan) IsBlind(ids []int) bool {
	return slices.ContainsFunc(ids, func(id int) bool {
		return slices.ContainsFunc(p.dependent[id], func(other int) bool { return !slices.Contains(ids, other) })
	})
}
