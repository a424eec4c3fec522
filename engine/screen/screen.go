// Package screen is the fast path: it proves, value by value, that a transaction can't raise an alert,
// so that the rules need not run. It may say "maybe" too often, and never "no" wrongly.
//
// It goes by the plan that package analysis has made of the rules. What a value fulfils of the plan's conditions does not
// depend on the transaction, so it is found once and remembered: user agents, header values, paths and names repeat.
package screen

import (
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/corazawaf/coraza/v3/collection"
	"github.com/corazawaf/coraza/v3/types/variables"

	"github.com/modsecurity-for-anylog/msa/engine/analysis"
	"github.com/modsecurity-for-anylog/msa/engine/textmatch"
)

// Config says what matters of what the plan tells.
type Config struct {
	AnyMatch  bool         // a match matters below the thresholds too
	Minor     map[int]bool // rules of which neither matches nor scores matter
	CacheSize int          // remembered values, at most
}

// Screen is safe for concurrent use.
type Screen struct {
	inbound, outbound int
	anyMatch          bool

	conditions []analysis.Condition
	patterns   []*textmatch.Pattern // of conditions that ask for no more
	needs      []need               // of conditions
	rules      []rule
	removable  []removable               // by ascending ids
	deciding   part                      // conditions on values, by which an alert is possible or not
	listing    part                      // the others, which tell what rules find beside
	always     []int                     // rules without a condition on values
	valueless  []int32                   // conditions on variables that no single value fulfils
	unasked    []int                     // rules that look at more than their conditions do
	bytes      textmatch.Content         // literals of one byte
	ofByte     [256]set                  // conditions that want one of these
	possible   [textmatch.Levels + 1]set // conditions that texts of a level may fulfil
	steps      map[string]int            // transformations of all conditions, by name
	cache      *cache
	names      *names
	classes    atomic.Uint32
	scratch    sync.Pool
}

// rule is one of the plan.
type rule struct {
	analysis.Rule
	minor bool // see Config.Minor
}

// removable is a rule that need not run where neither it nor what it affects can match.
type removable struct {
	id      int
	rule    int32 // -1 of one that does nothing but affect others
	asks    int32 // a condition of it on values, -1 without one
	affects []int32
}

// buildRemovable finds the rules that need not always run.
func (s *Screen) buildRemovable(helpers []analysis.Helper) {
	for i := range s.rules {
		if r := &s.rules[i]; r.Removable {
			asks := int32(-1)
			if at := slices.IndexFunc(r.Conditions, func(c int) bool { return s.conditions[c].Kind == analysis.OnValues }); at >= 0 {
				asks = int32(r.Conditions[at])
			}
			s.removable = append(s.removable, removable{r.ID, int32(i), asks, r.Affects})
		}
	}
	for _, h := range helpers {
		s.removable = append(s.removable, removable{h.ID, -1, -1, h.Affects})
	}
	slices.SortFunc(s.removable, func(a, b removable) int { return a.id - b.id })
}

// Source gives a transaction's variables.
type Source interface {
	Collection(variables.RuleVariable) collection.Collection

	// Each visits the pairs of a collection, where that is faster than by Collection; otherwise it is false.
	Each(v variables.RuleVariable, visit func(key, value string)) bool

	// Count is the number of pairs of a collection, or of those of a key in any case if there is one, where that is known
	// without the collection; otherwise ok is false.
	Count(v variables.RuleVariable, key string) (n int, ok bool)
}

// New makes the screen of a plan.
func New(plan *analysis.Plan, cfg Config) *Screen {
	s := &Screen{
		inbound: plan.Inbound, outbound: plan.Outbound, anyMatch: cfg.AnyMatch,
		conditions: plan.Conditions, cache: newCache(cfg.CacheSize), names: newNames(),
	}
	for _, r := range plan.Rules {
		s.rules = append(s.rules, rule{r, cfg.Minor[r.ID]})
	}
	for i := range s.conditions {
		s.patterns = append(s.patterns, s.conditions[i].Pattern())
		s.needs = append(s.needs, s.needOf(int32(i)))
	}
	s.buildRemovable(plan.Helpers)
	s.buildSteps()
	s.buildLevels()
	s.buildBytes()
	s.buildParts()
	s.sortRules()
	s.scratch.New = func() any {
		literals := max(len(s.deciding.literals.wantedBy), len(s.listing.literals.wantedBy))
		x := &scratch{matches: make([]int32, len(s.conditions)), state: make([]answer, len(s.rules)), skipped: make([]bool, len(s.rules)), texts: newTexts(len(s.conditions), literals)}
		x.visit = func(key, value string) { s.visit(x, key, value) }
		return x
	}
	return s
}

// answer is what is known of a rule in one transaction.
type answer uint8

const (
	unknown answer = iota
	asking         // being found out: it depends on itself
	no
	yes
	added // yes, and what it does is in the scores
)

// scratch is the working memory of one call.
type scratch struct {
	matches   []int32 // by condition: values that fulfil it
	touched   []int32 // conditions with matches
	state     []answer
	skipped   []bool  // by rule
	asked     []int32 // rules whose state is known
	class     *class  // of the value that is judged
	texts     texts
	hits      []hit
	source    Source
	partial   Source                     // of some variables, see AskOf; nil where source has all
	isPartial func(variable string) bool // of which
	known     func(variable string) bool // variables that the source has, as long as the others are not read; nil for all
	skip      func(id int) bool

	variable *variable // whose values visit gets
	at       int       // how many of them it has got
	found    []Found
	lower    []byte            // memory for a key
	names    [families][]*name // of keys that were met, by their place
	fresh    freshNames
	visit    func(key, value string)

	work, most int // see spend
	reads      []classRead
	readAt     []int32 // where a class is in reads, and one more, by its id; 0 where it is not
}

// Answer is what a screen says of a transaction.
type Answer struct {
	MayAlarm bool // an alert is possible
	// Skippable are, if an alert is possible, the rules that need not run, by ascending ids: they can't match and do nothing
	// else, nor do the rules that they affect.
	Skippable []int

	// Found are, if an alert is possible, the values that fulfil conditions of rules that are left.
	Found []Found

	// Work is that of the screen and of these others, as it is counted (see work.go). More than there may be means that
	// the screen has stopped, and knows nothing.
	Work int
}

// mostKept is how many of what was found a scratch has memory for, when it waits for another transaction.
const mostKept = 1 << 12

// Found is a value that fulfils a condition of the plan.
type Found struct {
	Condition  int32
	Variable   variables.RuleVariable
	At         int // its place among the values of the variable
	Key, Value string
}

// Ask judges a transaction whose variables are read. skip says which rules are not applied to it, and most is how much
// work there may be.
func (s *Screen) Ask(source Source, skip func(id int) bool, most int) Answer {
	return s.ask(source, skip, most, (*Screen).answer)
}

// Rest is Ask where rules are to run although no alert is possible.
func (s *Screen) Rest(source Source, skip func(id int) bool, most int) Answer {
	return s.ask(source, skip, most, (*Screen).rest)
}

// ask reads a source and has it judged.
func (s *Screen) ask(source Source, skip func(id int) bool, most int, judge func(*Screen, *scratch) Answer) Answer {
	x := s.scratch.Get().(*scratch)
	defer s.release(x)
	x.begin(source, skip, most)
	s.read(x, &s.deciding)
	return judge(s, x)
}

// answer judges what was read of the deciding part.
func (s *Screen) answer(x *scratch) Answer {
	if !x.isSpent() && !s.mayAlarm(x) {
		return Answer{Work: x.work}
	}
	return s.rest(x)
}

// rest reads the listing part, too, and finds the rules that need not run.
func (s *Screen) rest(x *scratch) Answer {
	s.read(x, &s.listing)
	if x.isSpent() {
		return Answer{MayAlarm: true, Work: x.work}
	}
	s.forget(x) // rules of which not all conditions were known
	skipped := x.skipped
	clear(skipped)
	a := Answer{MayAlarm: true, Skippable: make([]int, 0, len(s.removable))} // nearly all of them
	for i := range s.removable {
		r := &s.removable[i]
		if !s.canRemove(x, r) {
			continue
		}
		a.Skippable = append(a.Skippable, r.id)
		if r.rule >= 0 {
			skipped[r.rule] = true
		}
	}
	a.Found = s.foundBut(x, skipped)
	a.Work = x.work + s.rulesWork(x, func(rule int32) bool { return !skipped[rule] })
	return a
}

// canRemove reports whether neither a rule nor what it affects can match. Of nearly all rules one look tells that they can't.
func (s *Screen) canRemove(x *scratch, r *removable) bool {
	isUnmet := r.asks >= 0 && x.matches[r.asks] == 0
	return (isUnmet || r.rule < 0 || !s.mayMatch(x, int(r.rule))) && s.canSkipAll(x, r.affects)
}

// foundBut are the values that fulfil conditions of rules that are not skipped.
func (s *Screen) foundBut(x *scratch, skipped []bool) (all []Found) {
	for _, f := range x.found {
		if slices.ContainsFunc(s.conditions[f.Condition].Rules, func(r int32) bool { return !skipped[r] }) {
			all = append(all, f)
		}
	}
	return all
}

// AskOf is Ask where a source has the values of some variables, by their names in lower case, and the others are known at a
// cost. First these may be anything: only if a rule may match then, with a condition on the known ones that some value
// fulfils, or that is about no single one, or with a link that is not asked about, whole is called to have the question put
// with a source that has the others.
func (s *Screen) AskOf(source Source, known func(variable string) bool, skip func(id int) bool, most int, whole func(ask func(Source) Answer) error) (a Answer, err error) {
	x := s.scratch.Get().(*scratch)
	defer s.release(x)
	x.begin(source, skip, most)
	x.known = known
	s.read(x, &s.deciding)
	if x.work > most || !s.mayConcern(x) {
		return Answer{Work: x.work}, nil
	}
	x.known = nil
	s.forget(x)
	err = whole(func(others Source) Answer {
		x.source = others
		for _, v := range s.deciding.variables {
			if !known(v.name) {
				s.readVariable(x, v, others)
			}
		}
		x.partial, x.isPartial = source, known
		a = s.answer(x)
		return a
	})
	return a, err
}

func (s *Screen) mayConcern(x *scratch) bool {
	concerns := func(r int) bool { return s.concerns(&s.rules[r]) && s.mayMatch(x, r) }
	return slices.ContainsFunc(x.touched, func(c int32) bool {
		return slices.ContainsFunc(s.conditions[c].Rules, func(r int32) bool { return concerns(int(r)) })
	}) || slices.ContainsFunc(s.valueless, func(c int32) bool {
		return s.conditions[c].LooksAt(x.known) && slices.ContainsFunc(s.conditions[c].Rules, func(r int32) bool { return concerns(int(r)) })
	}) || slices.ContainsFunc(s.unasked, func(r int) bool { return analysis.LookAt(s.rules[r].Unasked, x.known) && concerns(r) })
}

// concerns reports whether a match of a rule can be part of an alert, or contribute to one.
func (s *Screen) concerns(r *rule) bool { return s.alarms(r) || !r.minor && (r.In > 0 || r.Out > 0) }

// canSkip reports whether a rule can't match, and so does nothing.
func (s *Screen) canSkip(x *scratch, r int32) bool {
	return s.rules[r].Removable && !s.mayMatch(x, int(r))
}

func (s *Screen) canSkipAll(x *scratch, all []int32) bool {
	return !slices.ContainsFunc(all, func(r int32) bool { return !s.canSkip(x, r) })
}

func (s *Screen) mayAlarm(x *scratch) bool {
	in, out := 0, 0
	for _, c := range x.touched {
		for _, r := range s.conditions[c].Rules {
			if s.addOnce(x, int(r), &in, &out) {
				return true
			}
		}
	}
	for _, r := range s.always {
		if s.addOnce(x, r, &in, &out) {
			return true
		}
	}
	return false
}

func (x *scratch) begin(source Source, skip func(id int) bool, most int) {
	x.source, x.skip, x.work, x.most = source, skip, 0, most
}

// read finds what the values of variables fulfil of a part.
func (s *Screen) read(x *scratch, p *part) {
	for _, v := range p.variables {
		source := x.source
		if x.partial != nil && x.isPartial(v.name) {
			source = x.partial
		}
		s.readVariable(x, v, source)
	}
}

func (s *Screen) release(x *scratch) {
	for _, c := range x.touched {
		x.matches[c] = 0
	}
	for _, r := range x.reads {
		x.readAt[r.class.id] = 0
	}
	s.forget(x)
	clear(x.found)
	for i, known := range x.names {
		clear(known)
		x.names[i] = known[:0]
	}
	if cap(x.found) > mostKept {
		x.found = nil
	}
	x.touched, x.reads, x.found = x.touched[:0], x.reads[:0], x.found[:0]
	x.source, x.partial, x.isPartial, x.known, x.skip = nil, nil, nil, nil, nil
	s.scratch.Put(x)
}

// addOnce adds what a rule does if it may match and is not added yet. That it may match says nothing of the latter: a rule
// which looks at what it sets may have asked before.
func (s *Screen) addOnce(x *scratch, r int, in, out *int) bool {
	if x.state[r] == added || !s.mayMatch(x, r) {
		return false
	}
	x.state[r] = added
	return s.add(x, r, in, out)
}

// add adds what a rule that may match does, and reports whether that is enough for an alert.
func (s *Screen) add(x *scratch, r int, in, out *int) bool {
	rule := &s.rules[r]
	if s.alarms(rule) {
		return true
	}
	if rule.minor {
		return false
	}
	times := 1
	if rule.Scores >= 0 {
		times = max(1, int(x.matches[rule.Scores]))
	}
	*in += rule.In * times
	*out += rule.Out * times
	return *in >= s.inbound || *out >= s.outbound
}

// alarms reports whether a match of a rule is enough for an alert.
func (s *Screen) alarms(r *rule) bool { return !r.minor && (r.Alarms || s.anyMatch && r.Logged) }

// mayMatch reports whether all conditions of a rule are fulfilled.
func (s *Screen) mayMatch(x *scratch, r int) bool {
	switch x.state[r] {
	case yes, added, asking: // what depends on itself may match
		return true
	case no:
		return false
	}
	x.state[r] = asking
	x.asked = append(x.asked, int32(r))
	rule := &s.rules[r]
	for _, c := range rule.Conditions {
		if !s.fulfilled(x, c) {
			x.state[r] = no
			return false
		}
	}
	if x.skip(rule.ID) {
		x.state[r] = no
		return false
	}
	x.state[r] = yes
	return true
}

func (s *Screen) fulfilled(x *scratch, i int) bool {
	c := &s.conditions[i]
	switch c.Kind {
	case analysis.OnValues:
		return x.matches[i] > 0 || x.known != nil && c.LooksAt(func(variable string) bool { return !x.known(variable) })
	case analysis.OnCount:
		return x.known != nil || c.CountFulfils(count(x.source, c.Variable, c.Key))
	case analysis.OnRules:
		for _, r := range c.Setters {
			if s.mayMatch(x, int(r)) {
				return true
			}
		}
		return false
	}
	return true
}

// count is the number of a variable's values, or of those of a key.
func count(source Source, v variables.RuleVariable, key string) int {
	if n, ok := source.Count(v, key); ok {
		return n
	}
	switch col := source.Collection(v).(type) {
	case nil:
		return 0
	case collection.Keyed:
		if key != "" {
			return len(col.FindString(key))
		}
		return len(col.FindAll())
	default:
		return len(col.FindAll())
	}
}

// readVariable finds what the values of a variable fulfil.
func (s *Screen) readVariable(x *scratch, v *variable, of Source) {
	x.variable, x.at = v, 0
	if of.Each(v.id, x.visit) {
		return
	}
	col := of.Collection(v.id)
	if single, ok := col.(collection.Single); ok {
		x.visit("", single.Get())
		return
	}
	if col == nil {
		return
	}
	for _, m := range col.FindAll() {
		x.visit(m.Key(), m.Value())
	}
}

// visit finds what a value of a variable fulfils.
func (s *Screen) visit(x *scratch, key, value string) {
	v := x.variable
	at := x.at
	x.at++
	if len(key) > longestKey {
		x.spend(costOfKey * len(key) * (1 + len(v.patterns)))
	}
	if x.isSpent() {
		return
	}
	n := s.nameAt(x, v, at, key)
	cl := s.classAt(x, v, n, key)
	if cl == nil {
		return
	}
	x.note(cl, value)
	var hits []hit
	if n != nil && value == key {
		hits = s.lookupName(x, v, cl, n)
	} else {
		hits = s.lookup(x, cl, value)
	}
	for _, h := range hits {
		x.count(h)
		x.found = append(x.found, Found{h.condition, v.id, at, key, value})
	}
}

func (x *scratch) count(h hit) {
	if x.matches[h.condition] == 0 {
		x.touched = append(x.touched, h.condition)
	}
	x.matches[h.condition] += h.times
}

// lookup is what a value fulfils, remembered or found out.
func (s *Screen) lookup(x *scratch, cl *class, value string) []hit {
	if hits, work, ok := s.cache.get(cl.id, value); ok {
		x.spend(work)
		return hits
	}
	before := x.work
	hits := s.judge(x, cl, value)
	if !x.isSpent() {
		s.cache.put(cl.id, value, hits, x.work-before)
	}
	return hits
}

// judge finds out what a value fulfils. It stops where that takes more work than there may be.
func (s *Screen) judge(x *scratch, cl *class, value string) []hit {
	x.hits = x.hits[:0]
	x.class = cl
	x.spend(costOfValue)
	x.texts.add(value)
	for _, sc := range cl.shortcuts {
		for left := sc.find(s, x); left != 0; left &= left - 1 {
			if x.isSpent() {
				break
			}
			s.judgeGroup(x, &sc.groups[bits.TrailingZeros64(uint64(left))])
		}
	}
	x.texts.forget()
	return x.hits
}

// judgeGroup finds out what the value fulfils of a group's conditions.
func (s *Screen) judgeGroup(x *scratch, g *group) {
	at := 0
	if g.IsMulti() {
		s.judgeStage(x, g, at)
	}
	asked := -1
	for i := range g.steps {
		if asked != at {
			if asked = at; !g.mayFulfil(&x.texts.all[at], i) {
				return
			}
		}
		if x.texts.all[at].traits&g.behind[i] == 0 && s.passes(x, g, at) {
			return
		}
		next, changed := x.apply(&g.steps[i], at)
		if at = next; changed && g.IsMulti() {
			s.judgeStage(x, g, at)
		}
	}
	if !g.IsMulti() {
		s.judgeStage(x, g, at)
	}
}

// passes reports whether a text of the value fulfils nothing of a group, whatever the case of its letters.
func (s *Screen) passes(x *scratch, g *group, i int) bool {
	l := x.texts.all[i].level
	at := g.at[l]
	return !at.unfiltered && (!at.filtered || !x.mayHave(g, i) || !g.filtered.meets(s.scan(x, i), s.possible[l]))
}

// judgeStage finds out what a text of the value fulfils of a group's conditions.
func (s *Screen) judgeStage(x *scratch, g *group, i int) {
	l := x.texts.all[i].level
	at := g.at[l]
	if at.unfiltered {
		for _, c := range g.unfiltered {
			if s.possible[l].has(c) {
				s.judgeText(x, c, i)
			}
		}
	}
	if at.filtered && x.mayHave(g, i) {
		g.filtered.both(s.scan(x, i), func(c int32) {
			if s.possible[l].has(c) {
				s.judgeText(x, c, i)
			}
		})
	}
}

func (s *Screen) judgeText(x *scratch, c int32, i int) {
	if x.isSpent() {
		return
	}
	text := x.texts.all[i].text
	var fulfilled bool
	var work int
	if p := s.patterns[c]; p != nil {
		fulfilled, work = p.MeasureOf(text, &x.texts.all[i].lower)
	} else {
		fulfilled, work = s.conditions[c].Judge(text, &x.texts.all[i].lower)
	}
	x.spend(work)
	if !fulfilled {
		return
	}
	x.hits = appendHit(x.hits, c, 1)
	if s.conditions[c].Operator.IsPattern() {
		x.spend(captureWork(text))
	}
}

// hit says that a value fulfils a condition, and how many times.
type hit struct {
	condition int32
	times     int32
}

func appendHit(hits []hit, condition int32, times int32) []hit {
	for i := range hits {
		if hits[i].condition == condition {
			hits[i].times += times
			return hits
		}
	}
	return append(hits, hit{condition, times})
}
