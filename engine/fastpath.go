package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/types/variables"

	"github.com/modsecurity-for-anylog/msa/engine/analysis"
	"github.com/modsecurity-for-anylog/msa/engine/internal/interpreter"
	"github.com/modsecurity-for-anylog/msa/engine/internal/order"
	"github.com/modsecurity-for-anylog/msa/engine/internal/remembered"
	"github.com/modsecurity-for-anylog/msa/engine/screen"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/rules"
)

// ScreenMode says how the fast path is used.
type ScreenMode int

// The modes of the fast path.
const (
	ScreenOff    ScreenMode = iota
	ScreenOn                // the rules run only where an alert may come of a transaction
	ScreenVerify            // they always run, and the screen's word is compared with theirs
)

// verifyEvery is how many transactions there are to one that all rules see all the same.
const verifyEvery = 4000

// mostVerified is the most work of one that is chosen.
const mostVerified = 1 << 19

// Screened says how the fast path took part in a verdict.
type Screened int

// What the screen may have to do with a verdict.
const (
	NotScreened   Screened = iota // it was off, or an alert could come of the transaction
	ScreenCleared                 // no alert could, so the rules did not run
	ScreenRight                   // no alert could, the rules ran all the same, and none came
	ScreenWrong                   // one came, or rules matched that could not: a defect of the screen
)

// fastPath is the screen, and Coraza without rules to read what it looks at: whatever Coraza makes
// of a request, arguments and cookies and bodies, the screen sees the same.
type fastPath struct {
	plan      *analysis.Plan
	screen    *screen.Screen
	reader    coraza.WAF           // with the rules that have a say in how bodies are read
	readerTX  order.Settings       // of TX that it has set before
	plain     coraza.WAF           // without any, for requests without a body
	needsBody bool                 // plain reads such requests as reader does
	byType    bool                 // reader goes by the Content-Type alone
	blank     transaction          // of plain, with nothing in it; nil where it takes Coraza to read any, see bare.go
	rest      coraza.WAF           // with the rules that are needed, for what the screen can't clear
	tx        order.Settings       // of TX that rest has set before
	program   *interpreter.Program // of rest's rules; nil where only Coraza can run them
	ids       []int                // of rest's rules, ascending
	removed   map[int]bool         // rules that are excluded everywhere
	viewless  *remembered.Values   // see views

	mode     ScreenMode
	anyMatch bool
	evidence bool // see Config.ScreenEvidence

	screened, reduced atomic.Uint64 // transactions that no rules saw, or only some
}

// isVerified counts a transaction, and reports whether all rules are to see it. Long ones are not chosen: all rules may take
// seconds for these.
func (f *fastPath) isVerified(s *screening) bool {
	if f.mode == ScreenVerify || s.work() > mostVerified {
		return f.mode == ScreenVerify
	}
	count := &f.screened
	if s.MayAlarm {
		count = &f.reduced
	}
	return count.Add(1)%verifyEvery == 0
}

// Unjudged lists the rules that the screen can't judge, which make the fast path clear fewer records; nil without one.
func (e *Engine) Unjudged() []analysis.Unjudged {
	if e.fast == nil {
		return nil
	}
	return e.fast.plan.Unjudged
}

// Prepare makes the automata of all patterns, a tenth of a second of work that the first records would have to wait for
// otherwise: the first of hostile texts meets hundreds of patterns. It may be called while transactions are inspected.
func (e *Engine) Prepare() {
	if e.fast == nil {
		return
	}
	for i := range e.fast.plan.Conditions {
		e.fast.plan.Conditions[i].Operator.Prepare()
	}
}

// Plan is what the fast path asks of a record, rule by rule, for people; empty without a fast path.
func (e *Engine) Plan() string {
	if e.fast == nil {
		return ""
	}
	return e.fast.plan.String()
}

// newFastPath makes the screen of the rules that were taken.
func (e *Engine) newFastPath(cfg Config, own, taken []*unit, exclusions []exclusion, sum [32]byte) (*fastPath, error) {
	plan, err := e.newPlan(cfg, taken, exclusions, sum)
	if err != nil {
		return nil, err
	}
	sc := screen.Config{AnyMatch: cfg.ScreenAnyMatch || !e.evaluates, CacheSize: cfg.CacheSize}
	f := &fastPath{plan: plan, removed: map[int]bool{}, viewless: remembered.New(cfg.CacheSize / 4), mode: cfg.Screen, anyMatch: sc.AnyMatch}
	if cfg.ScreenEvidence && !sc.AnyMatch {
		f.evidence, sc.AnyMatch, sc.Minor = true, true, map[int]bool{}
		for id, r := range e.rules {
			sc.Minor[id] = r.policy || r.loose || r.role >= rules.Evaluates
		}
	}
	f.screen = screen.New(plan, sc)
	for _, x := range exclusions {
		if !x.isLimited() {
			for _, id := range e.named([]string{x.rules}) {
				f.removed[id] = true
			}
		}
	}
	if err := f.compile(cfg, own, taken, sum); err != nil {
		return nil, fmt.Errorf("cannot compile the fast path: %w", err)
	}
	if e.readsBare(f) {
		if f.blank, err = e.newBlank(f); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// newPlan makes the plan that the screen goes by.
func (e *Engine) newPlan(cfg Config, taken []*unit, exclusions []exclusion, sum [32]byte) (*analysis.Plan, error) {
	tx, err := e.staticTX(cfg, taken, sum)
	if err != nil {
		return nil, err
	}
	of := analysis.Config{TX: tx, ReadFile: readDataFile, Inbound: cfg.InboundThreshold, Outbound: cfg.OutboundThreshold}
	for _, u := range taken {
		if !u.own {
			of.Directives = append(of.Directives, u.Directive)
		}
	}
	for i := range e.absence {
		of.Absent = append(of.Absent, e.absence[i].rule)
	}
	for _, x := range exclusions {
		if x.variable == "" {
			of.Removed = append(of.Removed, x.rules)
		}
	}
	return analysis.New(of)
}

// compile makes Coraza's rule sets of the plan: those that read what the screen looks at, and the one for the rest.
func (f *fastPath) compile(cfg Config, own, taken []*unit, sum [32]byte) (err error) {
	reading, reduction := f.plan.Reading, f.plan.Reduction
	f.needsBody, f.byType = reading.OfBodies, reading.ByType
	var plain, reader, rest []*unit
	ownTX := map[string]string{}
	for _, u := range own {
		if u.setsUp() {
			maps.Copy(ownTX, u.settings())
		} else {
			plain = append(plain, u)
		}
	}
	for _, u := range taken {
		if isSetBefore := u.own && u.setsUp() && !reduction.Observed; !isSetBefore && !u.isNeedless(reduction) {
			rest = append(rest, u)
		}
		if !u.own && u.configures() {
			plain = append(plain, u)
		}
		if u.isOfReading(reading) {
			reader = append(reader, u)
		}
	}
	if reading.AsksTX {
		f.readerTX = order.SettingsOf(ownTX, reading.TX)
	}
	if reduction.Observed {
		ownTX = nil
	}
	f.tx, f.ids = order.SettingsOf(ownTX, reduction.TX), idsOf(rest)
	reader = slices.Concat(plain, reader)
	for waf, units := range map[*coraza.WAF][]*unit{&f.plain: plain, &f.reader: reader, &f.rest: rest} {
		var took []*unit
		if *waf, took, _, err = compile(units, cfg, sum); err != nil {
			return err
		}
		if waf == &f.rest && len(took) < len(units) {
			return errors.New("some rules need others that do nothing")
		}
	}
	if !reduction.Observed {
		if f.program, err = newProgram(f, taken, cfg.RuleTimes); err != nil {
			return err
		}
	}
	return order.Targets(f.rest)
}

// idsOf are the ids of the rules among some units, ascending.
func idsOf(units []*unit) (ids []int) {
	for _, u := range units {
		if u.IsRule() {
			ids = append(ids, u.ID())
		}
	}
	slices.Sort(ids)
	return ids
}

// maxRanges is up to how many ranges of rules are removed as such: for each rule, Coraza goes through all of them.
const maxRanges = 24

// remove takes rules of the rest away from a transaction. They are nearly all of them, so that ranges are few, where a set
// would have hundreds. It sorts the ids.
func (f *fastPath) remove(tx transaction, ids []int) {
	slices.Sort(ids)
	var ranges [maxRanges][2]int
	n, isOpen := 0, false
	for _, id := range f.ids {
		for len(ids) > 0 && ids[0] < id {
			ids = ids[1:]
		}
		switch {
		case len(ids) == 0 || ids[0] != id:
			isOpen = false
		case isOpen:
			ranges[n-1][1] = id
		case n == maxRanges:
			tx.RemoveRuleByID(id)
		default:
			ranges[n], isOpen = [2]int{id, id}, true
			n++
		}
	}
	for _, r := range ranges[:n] {
		tx.RemoveRuleByIDRange(r[0], r[1])
	}
}

// staticTX runs an empty transaction through the rules that look at nothing but variables of TX, and returns
// those that are set then. Others set what is not the same for all transactions.
func (e *Engine) staticTX(cfg Config, taken []*unit, sum [32]byte) (all map[string]string, err error) {
	var static []*unit
	for _, u := range taken {
		if u.looksAtTXOnly() {
			static = append(static, u)
		}
	}
	waf, _, _, err := compile(static, cfg, sum)
	if err != nil {
		return nil, fmt.Errorf("cannot compile the fast path: %w", err)
	}
	defer func() { err = errors.Join(err, closeWAF(waf)) }()
	tx, ok := waf.NewTransaction().(transaction)
	if !ok {
		return nil, errTransaction
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("cannot tell what the rules set: %v", r)
		}
	}()
	e.feed(tx, &mapping.Transaction{})
	tx.ProcessLogging()
	all = map[string]string{}
	for _, m := range tx.Variables().TX().FindAll() {
		all[strings.ToLower(m.Key())] = m.Value()
	}
	return all, tx.Close()
}

// looksAtTXOnly reports whether the unit is a rule that looks at nothing but TX, or no rule.
func (u *unit) looksAtTXOnly() bool {
	if !u.IsRule() {
		return !strings.HasPrefix(u.Name, "secruleupdate") // its rule may not be there
	}
	return !slices.ContainsFunc(u.Rule.Links, func(l *rules.Link) bool {
		return slices.ContainsFunc(l.Targets, func(t rules.Target) bool { return t.Variable != "tx" })
	})
}

func readDataFile(ruleFile, name string) ([]byte, error) {
	if !path.IsAbs(name) {
		name = path.Join(path.Dir(ruleFile), name)
	}
	return fs.ReadFile(rules.FS, name)
}

// isOfReading reports whether the unit is a rule that has a say in how bodies are read, or about such.
func (u *unit) isOfReading(r analysis.Reading) bool {
	switch {
	case u.IsRule():
		return r.Rules[u.ID()]
	case u.Name == "secmarker":
		return r.Markers[u.Args]
	case u.Name == "secruleupdatetargetbyid":
		id, ok := u.updates()
		return ok && r.Rules[id] // Coraza would not find another one
	}
	return strings.HasPrefix(u.Name, "secrule")
}

// updates is the id of the rule that SecRuleUpdateTargetById is about, if it is about one.
func (u *unit) updates() (id int, ok bool) {
	of, _, _ := strings.Cut(u.Args, " ")
	id, err := strconv.Atoi(of)
	return id, err == nil
}

// configures reports whether the unit is a setting of Coraza, and neither a rule nor about rules.
func (u *unit) configures() bool {
	return !u.IsRule() && u.Name != "secmarker" && u.Name != "secdataset" && !strings.HasPrefix(u.Name, "secrule")
}

// isNeedless reports whether the unit is, or is about, what can be left out.
func (u *unit) isNeedless(r analysis.Reduction) bool {
	switch {
	case u.Name == "secruleupdatetargetbyid":
		id, ok := u.updates()
		return ok && r.Rules[id] // Coraza would not find the rule
	case u.own:
		return false
	case u.IsRule():
		return r.Rules[u.ID()]
	default:
		return u.Name == "secmarker" && r.Markers[u.Args]
	}
}

// setsUp reports whether the unit only sets variables, which can be set before.
func (u *unit) setsUp() bool {
	return u.IsRule() && u.Rule.Links[0].IsAction() && !u.Rule.Links[0].Has("ctl")
}

// settings are the variables that a unit which sets up sets.
func (u *unit) settings() map[string]string {
	all := map[string]string{}
	for _, s := range u.Rule.Sets() {
		all[s.Name] = s.Value
	}
	return all
}

// screening is what the screen says of a transaction, and of its views.
type screening struct {
	screen.Answer
	decision
	ofViews *viewTransaction // nil without any
}

// work is that of both.
func (s *screening) work() int {
	if s.ofViews == nil {
		return s.Work
	}
	return s.Work + s.ofViews.Work
}

// screen asks the screen.
func (e *Engine) screen(t *shortened, r reach) (s screening, err error) {
	var found *views
	err = e.ask(t.Transaction, func(source source, skip func(id int) bool) {
		s.Answer = e.fast.screen.Ask(source, skip, r.work)
		if e.views && s.Work <= r.work {
			found = viewsOf(source.read(), t.Transaction, r.views, e.fast.viewless)
		}
		if s.Work <= r.work {
			s.decision = e.interpret(t.Transaction, source, &s.Answer)
		}
	})
	if err != nil {
		return screening{}, err
	}
	if s.ofViews = newViewTransaction(t.Transaction, found.with(t.ends, r.views)); s.ofViews != nil && s.Work <= r.work {
		err = e.screenViews(s.ofViews, r.work-s.Work)
	}
	return s, err
}

// Suspects are the rules that keep a transaction off the fast path, none if it is cleared, or if there is no fast path.
func (e *Engine) Suspects(t *mapping.Transaction) (all []screen.Suspect, err error) {
	if e.fast == nil {
		return nil, nil
	}
	err = e.ask(t, func(source source, skip func(id int) bool) {
		all = e.fast.screen.Suspects(source, skip)
	})
	return all, err
}

// ScreenDoubt says why a rule may be suspected in vain, if that is known.
func (e *Engine) ScreenDoubt(id int) string {
	if e.fast == nil {
		return ""
	}
	return e.fast.screen.Doubt(id)
}

// ask reads a transaction and has a question to the screen answered about it.
func (e *Engine) ask(t *mapping.Transaction, question func(source source, skip func(id int) bool)) (err error) {
	hasBody := e.fast.hasBody(t)
	if s := e.bare(t, hasBody); s != nil {
		return s.ask(question)
	}
	tx, err := e.fast.newReader(hasBody)
	if err != nil {
		return err
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the screen failed: %w", panicked(tx, r))
			return
		}
		err = errors.Join(err, tx.Close())
	}()
	x := e.excludedIn(t)
	e.readWhole(tx, t, hasBody, x)
	question(&readerSource{tx, valuesOf(tx, t)}, e.isSkipped(t, x))
	return nil
}

// hasBody reports whether rules have a say in how a transaction is read.
func (f *fastPath) hasBody(t *mapping.Transaction) bool {
	return !f.needsBody || t.RequestBody.Text != "" || slices.ContainsFunc(t.RequestHeaders, isContentType)
}

// newReader is a transaction of Coraza to read one.
func (f *fastPath) newReader(hasBody bool) (transaction, error) {
	waf := f.plain
	if hasBody {
		waf = f.reader
	}
	tx, ok := waf.NewTransaction().(transaction)
	if !ok {
		return nil, errTransaction
	}
	return tx, nil
}

// readWhole has Coraza read a transaction.
func (e *Engine) readWhole(tx transaction, t *mapping.Transaction, hasBody bool, x excluded) {
	if hasBody {
		e.fast.readerTX.Set(tx.Variables())
		e.remove(tx, t, x)
	}
	e.read(tx, t, hasBody)
}

// isSkipped tells which rules are not applied to a transaction, for which some are excluded.
func (e *Engine) isSkipped(t *mapping.Transaction, of excluded) func(id int) bool {
	return func(id int) bool {
		return e.fast.removed[id] || slices.Contains(of.ids, id) || e.isBlind(id, t)
	}
}

func isContentType(h mapping.Header) bool { return strings.EqualFold(h.Name, "content-type") }

// read is feed for a reader. Where it has no rules, which may act without a body too, there is nothing to read in none.
func (e *Engine) read(tx transaction, t *mapping.Transaction, hasRules bool) {
	e.addRequestHead(tx, t)
	tx.ProcessRequestHeaders()
	if t.RequestBody.Text != "" || hasRules {
		e.requestBody(tx, t)
	}
	addHeaders(t.ResponseHeaders, tx.AddResponseHeader)
	e.processResponseHeaders(tx, t)
	e.readResponseBody(tx, t)
}

// readResponseBody sets what Coraza would set, without copies.
func (e *Engine) readResponseBody(tx transaction, t *mapping.Transaction) {
	if !tx.IsResponseBodyAccessible() || !tx.IsResponseBodyProcessable() {
		return
	}
	body, ok1 := tx.Variables().ResponseBody().(settable)
	length, ok2 := tx.Variables().ResponseContentLength().(settable)
	if !ok1 || !ok2 || tx.Variables().ResponseBodyProcessor().Get() != "" {
		e.responseBody(tx, t)
		return
	}
	head, _ := cut(t.ResponseBody.Text, e.bodyLimit)
	body.Set(head)
	length.Set(strconv.Itoa(len(head)))
}

type settable interface{ Set(string) }

// readerSource is the variables of a transaction that a reader has read.
type readerSource struct {
	transaction
	values values
}

func (s *readerSource) read() *values { return &s.values }

// InURL implements [interpreter.Source].
func (s *readerSource) InURL() int { return len(s.values.get) }

// Each implements [screen.Source].
func (s *readerSource) Each(v variables.RuleVariable, visit func(key, value string)) bool {
	return s.values.each(v, visit)
}

// Count implements [screen.Source].
func (s *readerSource) Count(v variables.RuleVariable, key string) (n int, ok bool) {
	return s.values.count(v, key)
}

// isBlind reports whether a rule is not applied, as it misses what the log does not show.
func (e *Engine) isBlind(id int, t *mapping.Transaction) bool {
	i, found := slices.BinarySearchFunc(e.absence, id, func(a absence, id int) int { return a.rule - id })
	return found && !e.absence[i].applies(&t.Observed)
}
