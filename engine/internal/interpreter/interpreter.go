package interpreter

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/corazawaf/coraza/v3/collection"
	"github.com/corazawaf/coraza/v3/debuglog"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
	"github.com/corazawaf/coraza/v3/types"
	"github.com/corazawaf/coraza/v3/types/variables"

	"github.com/modsecurity-for-anylog/msa/engine/analysis"
	"github.com/modsecurity-for-anylog/msa/engine/internal/order"
	"github.com/modsecurity-for-anylog/msa/engine/screen"
)

// Source gives a transaction's variables.
type Source interface {
	screen.Source

	// InURL is how many of the arguments stand in the URL; these come first.
	InURL() int
}

// Match is a rule that matched.
type Match struct {
	Rule  *Rule
	Found []types.MatchData
}

// Run runs the rules but those that can't match, of which some ids are given in ascending order, and those that are not
// applied. found are the values that fulfil conditions. What matches, and the variables of TX, are read before it returns. It
// is not ok if the rules do what only Coraza can: then nothing is read.
func (p *Program) Run(source Source, cannotMatch, unapplied []int, found []screen.Found, read func(matches []Match, tx collection.Keyed)) (ok bool) {
	s := p.states.Get().(*state)
	s.source, s.found = source, found
	if ok = p.run(s, cannotMatch, unapplied); ok {
		read(s.matches, &s.tx)
	}
	if !s.isLarge() {
		s.forget()
		p.states.Put(s)
	}
	return ok
}

// run runs the rules in the order of their phases.
func (p *Program) run(s *state, cannotMatch, unapplied []int) (ok bool) {
	lines := p.running(s.lines[:0], cannotMatch, unapplied)
	s.lines = lines
	skipTo := ""
	for s.phase = 1; s.phase <= 5; s.phase++ {
		skip := 0
		for _, i := range lines {
			l := &p.lines[i]
			switch {
			case l.ID != 0 && (l.Phase != s.phase || s.isRemoved(l.Rule)):
				continue
			case skipTo != "":
				if l.ID == 0 && l.Marker == skipTo {
					skipTo = ""
				}
				continue
			case skip > 0:
				skip--
				continue
			case l.ID == 0 || l.isSilent:
				continue
			}
			if p.begin != nil {
				p.begin(l.ID)
			}
			all := s.run(l)
			if p.end != nil {
				p.end()
			}
			if s.gaveUp || len(all) > 0 && l.isOdd {
				return false
			}
			if len(all) == 0 {
				continue
			}
			skipTo, skip = l.skipTo, l.skip
			if l.Logged {
				s.matches = append(s.matches, Match{l.Rule, all})
			}
		}
	}
	return true
}

// running appends the lines that run, in their order.
func (p *Program) running(lines, cannotMatch, unapplied []int) []int {
	lines = append(lines, p.markers...)
	for _, i := range p.rules {
		id := p.lines[i].ID
		for len(cannotMatch) > 0 && cannotMatch[0] < id {
			cannotMatch = cannotMatch[1:]
		}
		if (len(cannotMatch) == 0 || cannotMatch[0] != id) && !slices.Contains(unapplied, id) {
			lines = append(lines, i)
		}
	}
	slices.Sort(lines)
	return lines
}

// state is a transaction as operators, actions and macros see it.
type state struct {
	source Source
	found  []screen.Found
	phase  int

	line               *line // that runs
	capturing          bool
	tx                 txVars
	matchedVar, nameOf single
	matched            []variable // MATCHED_VARS
	removals           []*removal
	before             int // of removals, those from before the link
	gaveUp             bool
	matches            []Match

	target     *target // whose values add gets
	at, inURL  int     // how many of them it has got, and how many of the arguments stand in the URL
	isEarly    bool    // the body is not read yet
	addToThese func(name, text string)

	// Memory.
	lines       []int
	values      []value // of valuesOf
	transformed []string
	all         []types.MatchData // what links have matched
	data        []data
	text        []byte
}

func newState(tx map[string]variable) *state {
	s := &state{tx: txVars{before: tx}}
	s.addToThese = s.addOfSource
	return s
}

// mostKept is for how many values, matches and variables a state keeps memory.
const mostKept = 1 << 10

// isLarge reports whether a state has more memory than it should keep.
func (s *state) isLarge() bool {
	return max(cap(s.all), cap(s.values), cap(s.matched), len(s.tx.set)) > mostKept
}

// forget makes room for another transaction, and keeps nothing of this one.
func (s *state) forget() {
	s.source, s.found, s.line, s.target = nil, nil, nil, nil
	s.matchedVar, s.nameOf, s.gaveUp = single{}, single{}, false
	s.tx.forget()
	clear(s.transformed[:cap(s.transformed)])
	clear(s.values[:cap(s.values)])
	clear(s.matched[:cap(s.matched)])
	clear(s.matches)
	clear(s.all)
	clear(s.data)
	s.matches, s.all, s.data, s.removals = s.matches[:0], s.all[:0], s.data[:0], s.removals[:0]
}

// value is one that a link looks at.
type value struct {
	name, text string
	lower      string // the name in lower case, once values are sorted
	inBody     bool   // of ARGS
}

// run is what a rule with its chain matches, nothing if it does not.
func (s *state) run(l *line) []types.MatchData {
	s.line, s.matched = l, s.matched[:0]
	first := len(s.all)
	for n := range l.links {
		before := len(s.all)
		if s.step(l, n); len(s.all) == before || s.gaveUp {
			s.all = s.all[:first]
			return nil
		}
	}
	all := slices.Clip(s.all[first:])
	if head := &l.links[0]; len(l.links) > 1 || head.operator == nil {
		s.say(head, all[0].(*data))
	}
	return all
}

// newMatch is memory for a match.
func (s *state) newMatch() *data {
	if len(s.data) == cap(s.data) {
		s.data = make([]data, 0, max(16, 2*cap(s.data))) // the matches so far keep theirs
	}
	s.data = s.data[:len(s.data)+1]
	d := &s.data[len(s.data)-1]
	s.all = append(s.all, d)
	return d
}

// step finds what a link matches.
func (s *state) step(l *line, n int) {
	st := &l.links[n]
	s.capturing, s.before = st.capture, len(s.removals)
	if st.operator == nil {
		d := s.newMatch()
		if n > 0 || st.multi {
			s.say(st, d)
		}
		s.match(st, d)
		return
	}
	if st.isOdd {
		s.gaveUp = true
		return
	}
	var before [][]value // by target
	if st.isAsked {
		before = make([][]value, len(st.targets))
		for i := range st.targets {
			if t := &st.targets[i]; t.isOfRules() {
				before[i] = slices.Clone(s.valuesOf(t, -1))
			}
		}
	}
	for i := range st.targets {
		t := &st.targets[i]
		var values []value
		if st.isAsked && t.isOfRules() {
			values = before[i]
		} else {
			values = s.valuesOf(t, st.condition)
		}
		for _, v := range values {
			for _, text := range s.stages(st, v.text) {
				if st.operator.Operator.Evaluate(s, text) == st.operator.Negation {
					continue
				}
				d := s.newMatch()
				d.variable, d.key, d.value, d.level = t.named(), v.name, text, n
				s.match(st, d)
				if n > 0 || len(l.links) == 1 {
					s.say(st, d)
				}
			}
		}
	}
}

// stages are what the operator sees of a value.
func (s *state) stages(st *step, text string) []string {
	s.transformed = s.transformed[:0]
	if st.multi {
		s.transformed = append(s.transformed, text)
	}
	for _, t := range st.transformations {
		after, changed, err := t.Function(text)
		if err != nil {
			continue
		}
		if changed && st.multi {
			s.transformed = append(s.transformed, after)
		}
		if changed || !st.multi {
			text = after
		}
	}
	if !st.multi {
		s.transformed = append(s.transformed, text)
	}
	return s.transformed
}

// say expands what a link tells of a match.
func (s *state) say(st *step, d *data) {
	if st.msg != nil {
		d.message = s.expand(st.msg)
	}
	if st.logData != nil {
		d.data = s.expand(st.logData)
	}
}

// match notes a match and does what a link does with each.
func (s *state) match(st *step, d *data) {
	name := d.variable.Name()
	if d.key != "" {
		name += ":" + d.key
	}
	s.matchedVar.value, s.nameOf.value = d.value, name
	s.matched = append(s.matched, variable{name, d.value})
	s.gaveUp = s.gaveUp || st.doesOdd
	for i := range st.removals {
		s.removals = append(s.removals, &st.removals[i])
	}
	for i := range st.assignments {
		s.assign(&st.assignments[i])
	}
}

// named is the variable as Coraza names it in a match.
func (t *target) named() variables.RuleVariable {
	if t.Variable == variables.XML {
		return variables.RequestXML // of which it is another name
	}
	return t.Variable
}

// valuesOf are the values of a target that a link may match.
func (s *state) valuesOf(t *target, condition int32) []value {
	s.values = s.values[:0]
	switch t.Variable {
	case variables.TX:
		s.ofTX(t)
	case variables.MatchedVar:
		s.values = append(s.values, value{text: s.matchedVar.value})
	case variables.MatchedVarName:
		s.values = append(s.values, value{text: s.nameOf.value})
	case variables.MatchedVars:
		for _, v := range s.matched {
			s.add(t, v.name, v.value)
		}
		s.sort()
	default:
		s.ofSource(t, condition)
	}
	if t.Count {
		key := t.KeyStr
		if key == "" {
			key = order.NameOfAll(t.Variable)
		}
		s.values = append(s.values[:0], value{name: key, text: strconv.Itoa(len(s.values))})
	}
	return s.values
}

func (s *state) ofTX(t *target) {
	if t.KeyStr != "" && t.KeyRx == nil {
		if v, ok := s.tx.get(strings.ToLower(t.KeyStr)); ok {
			s.add(t, v.name, v.value)
		}
		return
	}
	for _, v := range s.tx.fitting(t.KeyRx) {
		s.add(t, v.name, v.value)
	}
}

// isOfArgs reports whether a variable is of the arguments of the URL and of those of a body, in this order.
func isOfArgs(v variables.RuleVariable) bool { return v == variables.Args || v == variables.ArgsNames }

// ofSource adds the values of a variable of the transaction.
func (s *state) ofSource(t *target, condition int32) {
	v := t.Variable
	s.isEarly = s.phase < analysis.Populated(v)
	if !analysis.IsSteady(v) || s.isEarly && !isOfArgs(v) {
		s.gaveUp = true
		return
	}
	s.target, s.at, s.inURL = t, 0, math.MaxInt
	if isOfArgs(v) {
		s.inURL = s.source.InURL()
	}
	switch {
	case condition >= 0 && !t.Count:
		for i := range s.found {
			if f := &s.found[i]; f.Condition == condition && f.Variable == v {
				s.at = f.At
				s.addOfSource(f.Key, f.Value)
			}
		}
	case s.source.Each(v, s.addToThese):
	default:
		col := s.source.Collection(v)
		if one, ok := col.(collection.Single); ok {
			s.addOfSource("", one.Get())
		} else if col != nil {
			for _, m := range col.FindAll() {
				s.addOfSource(m.Key(), m.Value())
			}
		}
	}
	if t.KeyStr == "" || t.KeyRx != nil {
		s.sort()
	}
}

// addOfSource adds the next value of a variable of the transaction.
func (s *state) addOfSource(name, text string) {
	inBody := s.at >= s.inURL
	if s.at++; inBody && s.isEarly {
		return
	}
	if s.add(s.target, name, text) {
		s.values[len(s.values)-1].inBody = inBody
	}
}

// isRemoved reports whether a rule has been taken away.
func (s *state) isRemoved(r *Rule) bool {
	return slices.ContainsFunc(s.removals, func(m *removal) bool { return !m.ofTargets && m.removes(r) })
}

// add adds a value if a target names it.
func (s *state) add(t *target, name, text string) bool {
	if order.IsList(name) {
		s.gaveUp = true
	}
	if !t.asksForNames() && s.before == 0 {
		s.values = append(s.values, value{name: name, text: text})
		return true
	}
	lower := strings.ToLower(name)
	if !t.fits(lower) || slices.ContainsFunc(s.removals[:s.before], func(m *removal) bool { return m.ofTargets && m.removes(s.line.Rule) && m.hides(t, lower) }) {
		return false
	}
	s.values = append(s.values, value{name: name, text: text})
	return true
}

// sort puts values of several names into the order that package order gives them.
func (s *state) sort() {
	if len(s.values) < 2 {
		return
	}
	for i := range s.values {
		s.values[i].lower = strings.ToLower(s.values[i].name)
	}
	slices.SortStableFunc(s.values, func(a, b value) int {
		if a.inBody != b.inBody {
			if a.inBody {
				return 1
			}
			return -1
		}
		return cmp.Or(strings.Compare(a.lower, b.lower), strings.Compare(a.name, b.name))
	})
}

var _ plugintypes.TransactionState = (*state)(nil)

// ID implements [plugintypes.TransactionState], as the following do.
func (s *state) ID() string { return "" }

// Variables gives up: operators that need them are Coraza's alone.
func (s *state) Variables() plugintypes.TransactionVariables {
	panic("no variables here")
}

// Collection is that of a variable, as macros ask for it.
func (s *state) Collection(v variables.RuleVariable) collection.Collection {
	switch v {
	case variables.TX:
		return &s.tx
	case variables.MatchedVar:
		return &s.matchedVar
	case variables.MatchedVarName:
		return &s.nameOf
	}
	if !analysis.IsSteady(v) || s.phase < analysis.Populated(v) {
		s.gaveUp = true
		return &single{}
	}
	return s.source.Collection(v)
}

// Interrupt does nothing, as in a transaction that only detects.
func (s *state) Interrupt(*types.Interruption) {}

// DebugLogger logs nothing.
func (s *state) DebugLogger() debuglog.Logger { return silent }

var silent = debuglog.Noop()

// Capturing reports whether operators are to capture.
func (s *state) Capturing() bool { return s.capturing }

// CaptureField sets TX:0 to TX:9.
func (s *state) CaptureField(i int, value string) {
	if s.capturing {
		s.tx.SetIndex(strconv.Itoa(i), 0, value)
	}
}

// LastPhase is the phase that runs.
func (s *state) LastPhase() types.RulePhase { return types.RulePhase(s.phase) }

// data is what a link has matched. It implements [types.MatchData].
type data struct {
	variable      variables.RuleVariable
	key, value    string
	message, data string
	level         int
}

func (d *data) Variable() variables.RuleVariable { return d.variable }
func (d *data) Key() string                      { return d.key }
func (d *data) Value() string                    { return d.value }
func (d *data) Message() string                  { return d.message }
func (d *data) Data() string                     { return d.data }
func (d *data) ChainLevel() int                  { return d.level }

// ruleNumber is what an action is told of its rule: setvar only logs it.
type ruleNumber int

func (n ruleNumber) ID() int       { return int(n) }
func (n ruleNumber) ParentID() int { return 0 }
func (n ruleNumber) Status() int   { return 0 }
