// Package engine runs transactions through Coraza with the rules that were loaded
// and says what matched.
package engine

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unsafe"

	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/collection"
	"github.com/corazawaf/coraza/v3/experimental"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
	"github.com/corazawaf/coraza/v3/types"
	"github.com/corazawaf/coraza/v3/types/variables"

	"github.com/modsecurity-for-anylog/msa/engine/internal/body"
	"github.com/modsecurity-for-anylog/msa/engine/internal/order"
	"github.com/modsecurity-for-anylog/msa/engine/internal/reading"
	"github.com/modsecurity-for-anylog/msa/engine/screen"
	"github.com/modsecurity-for-anylog/msa/internal/stopwatch"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/rules"
)

// Config is what an engine is made of.
type Config struct {
	Rules             []string // sources: crs, files, globs, directories
	ParanoiaLevel     int      // 1 to 4
	InboundThreshold  int
	OutboundThreshold int
	Exclude           []string
	BodyLimit         int // bytes of each body that are inspected

	Screen         ScreenMode
	ScreenAnyMatch bool // a match matters below the thresholds too
	ScreenEvidence bool // the same of matches that are evidence of an attack
	CacheSize      int  // values that the screen remembers

	Views            bool // what values decode to is inspected too, which takes ScreenAnyMatch or ScreenEvidence beside a screen
	PolicyIsEvidence bool // rules of policy count as those about attacks do
	LooseIsNote      bool // rules that CRS leaves to higher paranoia levels are no evidence, see Match.Loose

	// For measuring an engine that one goroutine uses; nil otherwise.
	Watch     *stopwatch.Watch
	RuleTimes *RuleTimes
}

// Validate checks everything but the rules themselves.
func (c Config) Validate() error {
	switch {
	case len(c.Rules) == 0:
		return errors.New("no rules are named")
	case c.ParanoiaLevel < 1 || c.ParanoiaLevel > 4:
		return fmt.Errorf("paranoia level %d is not between 1 and 4", c.ParanoiaLevel)
	case c.InboundThreshold < 1:
		return fmt.Errorf("inbound threshold %d is not above 0", c.InboundThreshold)
	case c.OutboundThreshold < 1:
		return fmt.Errorf("outbound threshold %d is not above 0", c.OutboundThreshold)
	case c.BodyLimit < 1:
		return fmt.Errorf("body limit %d is not above 0", c.BodyLimit)
	}
	_, err := c.exclusions()
	return err
}

func (c Config) exclusions() ([]exclusion, error) {
	var all []exclusion
	for _, s := range c.Exclude {
		e, err := parseExclusion(s)
		if err != nil {
			return nil, fmt.Errorf("cannot exclude %q: %w", s, err)
		}
		all = append(all, e)
	}
	return all, nil
}

// Engine is one compiled set of rules, safe for concurrent use.
type Engine struct {
	waf           coraza.WAF
	rules         map[int]rule
	absence       []absence
	evaluates     bool // some rule compares the score with a threshold
	fillsMore     bool // some rule looks at what Coraza does not fill
	argumentLimit int
	paranoia      int
	bodyLimit     int
	fast          *fastPath // nil when it is off
	views         bool
	watch         *stopwatch.Watch // nil but for measuring
	excludes      sync.Map         // of mappings and workloads, joined by spaces, to excluded

	byTransaction []exclusion // see exclusion.isByTransaction
	hidden        []exclusion // whose only limit is a variable
	warnings      []rules.Warning
	files         []string
}

// New loads and compiles the rules. Rules that Coraza can't compile are left out
// and listed by Warnings; a file that is broken is an error.
func New(cfg Config) (*Engine, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	set, err := rules.Load(cfg.Rules)
	if err != nil {
		return nil, err
	}
	return Compile(cfg, set)
}

// Compile is New with rules that are loaded already.
func Compile(cfg Config, set *rules.Set) (*Engine, error) {
	exclusions, err := cfg.exclusions()
	if err != nil {
		return nil, err
	}
	registerOverrides()
	loaded, err := units(set.Directives)
	if err != nil {
		return nil, fmt.Errorf("cannot load rules: %w", err)
	}
	exclusions = append(exclusions, ofHints(exclusions, set)...)
	first := before(cfg, set, exclusions)
	loaded, unusable := withoutUnusable(loaded)
	loaded, panicking := withoutPanicking(loaded, cfg, set.Sum)
	waf, taken, warnings, err := compile(slices.Concat(first, loaded, after(exclusions, loaded)), cfg, set.Sum)
	if err != nil {
		return nil, err
	}
	misread, err := misread(waf, taken)
	if err != nil {
		return nil, fmt.Errorf("cannot compile rules: %w", err)
	}
	if err := order.Targets(waf); err != nil {
		return nil, fmt.Errorf("cannot compile rules: %w", err)
	}
	e := &Engine{
		waf:           waf,
		rules:         newRules(taken),
		argumentLimit: argumentLimit(taken),
		paranoia:      cfg.ParanoiaLevel,
		bodyLimit:     cfg.BodyLimit,
		watch:         cfg.Watch,
		warnings:      slices.Concat(set.Warnings, unusable, panicking, warnings, misread),
		files:         set.Files,
		views:         cfg.Views,

		byTransaction: slices.DeleteFunc(slices.Clone(exclusions), func(x exclusion) bool { return !x.isByTransaction() }),
		hidden:        slices.DeleteFunc(slices.Clone(exclusions), func(x exclusion) bool { return x.isByTransaction() || x.variable == "" }),
	}
	if len(e.rules) == 0 {
		return nil, unusableError(cfg.Rules, e.warnings)
	}
	for id, r := range e.rules {
		r.policy = r.policy && !cfg.PolicyIsEvidence
		r.loose = cfg.LooseIsNote && r.paranoia > 1 && r.role == rules.Scores
		e.rules[id] = r
		e.evaluates = e.evaluates || r.role == rules.Evaluates
		e.fillsMore = e.fillsMore || r.needsMore()
		if len(r.absent) > 0 {
			e.absence = append(e.absence, absence{id, r.absent})
		}
	}
	slices.SortFunc(e.absence, func(a, b absence) int { return a.rule - b.rule })
	if cfg.Screen != ScreenOff && len(misread) == 0 {
		if e.fast, err = e.newFastPath(cfg, first, taken, exclusions, set.Sum); err != nil {
			e.warnings = append(e.warnings, rules.Warning{Text: err.Error() + ": the fast path is off"})
		}
	}
	return e, nil
}

// misread says which rules Coraza reads otherwise than MSA. There is no fast path then: it knows what the rules do by how
// MSA reads them.
func misread(waf coraza.WAF, taken []*unit) (warnings []rules.Warning, err error) {
	var all []*rules.Rule
	for _, u := range taken {
		if u.IsRule() && !u.own {
			all = append(all, u.Rule)
		}
	}
	differences, err := reading.Differences(waf, all)
	for _, r := range all {
		if what, ok := differences[r.ID]; ok {
			warnings = append(warnings, rules.Warning{File: r.File, Line: r.Line, Rule: r.ID,
				Text: fmt.Sprintf("Coraza reads the rule differently, with %s: the fast path is off", what)})
		}
	}
	return warnings, err
}

// unusableError says why nothing is left of the rules.
func unusableError(sources []string, warnings []rules.Warning) error {
	text := fmt.Sprintf("cannot load rules %q: there is no rule in them that could be used", sources)
	for _, w := range warnings {
		text += "; " + w.String()
	}
	return errors.New(text)
}

// Warnings are the rules and directives that were passed over.
func (e *Engine) Warnings() []rules.Warning { return e.warnings }

// Files are the rules files that were read.
func (e *Engine) Files() []string { return e.files }

// PolicyRules are the rules that are about what a site wants to allow, in the order of their ids.
func (e *Engine) PolicyRules() (ids []int) {
	for id, r := range e.rules {
		if r.policy && r.detects && r.enabled(e.paranoia) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// RuleCount is the number of rules, chains counted once.
func (e *Engine) RuleCount() int { return len(e.rules) }

// Close gives back what Coraza shares between rule sets. The engine must not be
// in use any more.
func (e *Engine) Close() error {
	wafs := []coraza.WAF{e.waf}
	var errs []error
	if e.fast != nil {
		wafs = append(wafs, e.fast.reader, e.fast.plain, e.fast.rest)
		if e.fast.blank != nil {
			errs = append(errs, e.fast.blank.Close())
		}
	}
	for _, waf := range wafs {
		errs = append(errs, closeWAF(waf))
	}
	return errors.Join(errs...)
}

func closeWAF(waf coraza.WAF) error {
	if c, ok := waf.(experimental.WAFCloser); ok {
		return c.Close()
	}
	return nil
}

// transaction is what Coraza's transactions can do; the interfaces for users
// leave out parts of it.
type transaction interface {
	types.Transaction
	plugintypes.TransactionState
	RemoveRuleByID(id int)
	RemoveRuleByIDRange(first, last int)
	RemoveRuleTargetByID(id int, variable variables.RuleVariable, key string, pattern *regexp.Regexp)
}

// Inspect tells what the rules' five phases find in a transaction, and runs only those that the fast path
// leaves. It may be called concurrently, with a transaction each. The verdict has views into the transaction.
func (e *Engine) Inspect(t *mapping.Transaction) (Verdict, error) {
	v, _, err := e.inspectInReach(t)
	return v, err
}

// inspectInReach is Inspect, and how much work that was in the reach that it came to.
func (e *Engine) inspectInReach(t *mapping.Transaction) (v Verdict, work int, err error) {
	r := e.wholeReach()
	v, work, err = e.inspect(&shortened{Transaction: t}, r)
	var cut []string
	for i := 0; work > r.work; i++ {
		r = shorterReaches[i]
		s := shorten(t, r)
		cut = s.cut
		v, work, err = e.inspect(s, r)
	}
	v.Uninspected = e.uninspected(t, cut)
	return v, work, err
}

// inspect inspects what is in reach. It stops where that takes more work than there may be.
func (e *Engine) inspect(t *shortened, r reach) (v Verdict, work int, err error) {
	if e.fast == nil || e.excludedIn(t.Transaction).blind {
		e.watch.Enter(stopwatch.Rules)
		v, err = e.evaluateBoth(t.Transaction, t.ends)
		return v, 0, err
	}
	e.watch.Enter(stopwatch.Screen)
	s, err := e.screen(t, r)
	if err != nil {
		e.watch.Enter(stopwatch.Rules)
		v, err2 := e.evaluateBoth(t.Transaction, t.ends)
		var p *RulePanic
		if errors.As(err, &p) { // it may have panicked for what readers lack, and so not have done it now
			v.addPanic(*p)
			return v, 0, err2
		}
		return v, 0, errors.Join(err, err2)
	}
	if work = s.work(); work > r.work {
		return v, work, nil
	}
	verified := e.fast.isVerified(&s)
	v, err = e.decide(t.Transaction, &s, verified)
	if err == nil && s.ofViews != nil {
		err = e.decideViews(&v, t.Transaction, s.ofViews, r.work-work, verified)
	}
	return v, work, err
}

// decide runs the rules that the screen leaves, and all if that is verified.
func (e *Engine) decide(t *mapping.Transaction, s *screening, verified bool) (v Verdict, err error) {
	if !s.MayAlarm {
		v.Screened = ScreenCleared
	} else {
		e.watch.Enter(stopwatch.Rules)
		v, err = e.rest(t, &s.Answer, s.decision)
	}
	if err != nil || !verified {
		return v, err
	}
	e.watch.Enter(stopwatch.Check)
	return e.verify(t, v, &s.Answer)
}

// rest is what the rules say that the screen has left: as decided, else by Coraza.
func (e *Engine) rest(t *mapping.Transaction, a *screen.Answer, d decision) (Verdict, error) {
	if d.made {
		return d.verdict, nil
	}
	return e.evaluate(e.fast.rest, e.fast.tx, t, a.Skippable)
}

// verify compares a verdict of the rules that the screen had left with that of all rules, which it returns.
func (e *Engine) verify(t *mapping.Transaction, some Verdict, a *screen.Answer) (Verdict, error) {
	all, err := e.evaluateAll(t)
	if err != nil {
		return all, err
	}
	switch {
	case e.isWrong(&all, &some, a):
		all.Screened = ScreenWrong
	case !a.MayAlarm:
		all.Screened = ScreenRight
	}
	return all, nil
}

// isWrong reports whether the screen was wrong: if a rule matches of which it said that it can't, if all rules say another
// thing than those that it had left, or if they find what it held to be impossible.
func (e *Engine) isWrong(all, some *Verdict, a *screen.Answer) bool {
	switch {
	case a.MayAlarm:
		return !all.agrees(some) || slices.ContainsFunc(all.RuleIDs(), func(id int) bool { return slices.Contains(a.Skippable, id) })
	case e.fast.anyMatch:
		return len(all.Matches) > 0
	case e.fast.evidence:
		return all.HasEvidence()
	}
	return all.Alarm
}

var errTransaction = errors.New("this version of Coraza has transactions of another type")

// Evaluate is Inspect without the fast path: the rules always run.
func (e *Engine) Evaluate(t *mapping.Transaction) (Verdict, error) {
	return e.evaluateBoth(t, nil)
}

// evaluateBoth runs all rules on the values as they are and on their views, of which some are known.
func (e *Engine) evaluateBoth(t *mapping.Transaction, known []viewed) (Verdict, error) {
	v, err := e.evaluateAll(t)
	if err != nil {
		return v, err
	}
	of := newViewTransaction(t, v.views.with(known, maxViewBytes))
	if of == nil {
		return v, nil
	}
	found, err := e.evaluateAll(of.Transaction)
	v.add(e.matchesOfViews(&v, of, &found))
	return v, err
}

// evaluateAll runs all rules on the values as they are.
func (e *Engine) evaluateAll(t *mapping.Transaction) (Verdict, error) {
	return e.evaluate(e.waf, nil, t, nil)
}

// evaluate runs all rules of one of the engine's rule sets but those that can't match; set is what is set before. A rule
// at which Coraza panics is left out, and the others run again.
func (e *Engine) evaluate(waf coraza.WAF, set order.Settings, t *mapping.Transaction, cannotMatch []int) (Verdict, error) {
	var panics []RulePanic
	for {
		v, err := e.run(waf, set, t, cannotMatch)
		v.Panics = panics
		var p *RulePanic
		if !errors.As(err, &p) || len(panics) == maxPanics {
			return v, err
		}
		panics = append(panics, *p)
		cannotMatch = append(slices.Clip(cannotMatch), p.Rule)
	}
}

// run is evaluate for one time.
func (e *Engine) run(waf coraza.WAF, before order.Settings, t *mapping.Transaction, removed []int) (v Verdict, err error) {
	tx, ok := waf.NewTransaction().(transaction)
	if !ok {
		return v, errTransaction
	}
	defer func() {
		if r := recover(); r != nil {
			err = panicked(tx, r) // the transaction may be broken: it is not reused
			return
		}
		err = errors.Join(err, tx.Close())
	}()
	before.Set(tx.Variables())
	e.remove(tx, t, e.excludedIn(t))
	if e.fast != nil && waf == e.fast.rest {
		e.fast.remove(tx, removed)
	} else {
		for _, id := range removed {
			tx.RemoveRuleByID(id)
		}
	}
	e.feed(tx, t)
	tx.ProcessLogging()
	v = e.verdict(tx)
	if e.views && waf == e.waf {
		of := valuesOf(tx, t)
		v.views = viewsOf(&of, t, maxViewBytes, nil)
	}
	return v, nil
}

// unapplied are the rules that are not applied to an exchange as a whole.
func (e *Engine) unapplied(t *mapping.Transaction, x excluded) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range e.absence {
			if a := &e.absence[i]; !a.applies(&t.Observed) && !yield(a.rule) {
				return
			}
		}
		for _, id := range x.ids {
			if !yield(id) {
				return
			}
		}
	}
}

// remove takes away what is not applied to an exchange: rules about what its log can't show, and what is excluded.
func (e *Engine) remove(tx transaction, t *mapping.Transaction, x excluded) {
	for id := range e.unapplied(t, x) {
		tx.RemoveRuleByID(id)
	}
	for _, x := range x.targets {
		tx.RemoveRuleTargetByID(x.rule, x.variable, x.key, x.pattern)
	}
}

// feed gives Coraza the exchange.
func (e *Engine) feed(tx transaction, t *mapping.Transaction) {
	e.addRequestHead(tx, t)
	separate(tx.Variables().ArgsGet())
	separate(tx.Variables().RequestHeaders())
	separate(tx.Variables().RequestCookies())
	order.Request(tx.Variables())
	tx.ProcessRequestHeaders()
	e.requestBody(tx, t)
	addHeaders(t.ResponseHeaders, tx.AddResponseHeader)
	separate(tx.Variables().ResponseHeaders())
	order.Response(tx.Variables())
	e.processResponseHeaders(tx, t)
	e.responseBody(tx, t)
}

// separate gives values of one name, and those without, names in memory of their own: see the package body's Form.
func separate(col collection.Map) {
	all := col.FindAll() // those of one name follow each other
	for first := 0; first < len(all); {
		end := first + 1
		for end < len(all) && strings.EqualFold(all[end].Key(), all[first].Key()) {
			end++
		}
		if end > first+1 {
			col.Remove(all[first].Key())
			for _, m := range all[first:end] {
				col.Add(body.OwnName(m.Key()), m.Value())
			}
		}
		first = end
	}
}

// addRequestHead is all of the request's head but the end, which lets the rules see it.
func (e *Engine) addRequestHead(tx transaction, t *mapping.Transaction) {
	tx.ProcessConnection(t.Client.Address, port(t.Client), t.Server.Address, port(t.Server))
	uri, _ := cut(t.URI, maxURI)
	// What the log does not tell is what is common, so that no rule stumbles over it.
	tx.ProcessURI(or(uri, "/"), or(t.Method, "GET"), or(t.Protocol, "HTTP/1.1"))
	tx.SetServerName(t.Host)
	addHeaders(t.RequestHeaders, tx.AddRequestHeader)
	e.addArguments(tx, t)
	if e.fillsMore {
		fillRequest(tx, t, uri)
	}
}

// addArguments adds those of the mapping to the query's. Of more than the limit Coraza would leave some out.
func (e *Engine) addArguments(tx transaction, t *mapping.Transaction) {
	v := tx.Variables()
	query := v.QueryString().Get()
	add, end := tx.AddGetRequestArgument, func() bool { return false }
	if strings.Count(query, "&")+1+len(t.Args) > e.argumentLimit {
		for _, m := range v.ArgsGet().FindAll() {
			v.ArgsGet().Remove(m.Key())
		}
		all := body.NewArguments(v.ArgsGet(), e.argumentLimit)
		all.AddForm(query)
		add, end = all.Add, all.End
	}
	for _, a := range t.Args {
		value, _ := cut(a.Value, e.bodyLimit)
		add(a.Name, value)
	}
	if reached, ok := v.ArgumentsLimitReached().(settable); end() && ok {
		reached.Set("1")
	}
}

// argumentLimit is how many arguments rules see apart: Coraza's default, or what the rules have set.
func argumentLimit(taken []*unit) int {
	limit := 1000
	for _, u := range taken {
		if n, err := strconv.Atoi(u.Args); err == nil && u.Name == "secargumentslimit" {
			limit = n
		}
	}
	return limit
}

func (e *Engine) requestBody(tx transaction, t *mapping.Transaction) {
	if text := t.RequestBody.Text; text != "" {
		head, _ := cut(text, e.bodyLimit)
		head = e.chooseProcessor(tx, t, head, t.RequestBody.Truncated || len(head) < len(text))
		_, _, _ = tx.WriteRequestBody(bytesOf(head)) // fails for bodies kept on disk only
	}
	_, _ = tx.ProcessRequestBody() // what a body lacks is in REQBODY_ERROR
}

// chooseProcessor chooses how a body is read, and returns it as it can be read: as what its Content-Type says, else as what it
// is, so that nobody hides a form or JSON behind another type. What is neither has no arguments. Of a body that is not
// whole the processors are told, since they would complain of its end; what is open in JSON is closed.
func (e *Engine) chooseProcessor(tx transaction, t *mapping.Transaction, text string, truncated bool) string {
	processor, ok := tx.Variables().RequestBodyProcessor().(interface {
		collection.Single
		settable
	})
	if !ok {
		return text
	}
	name := processor.Get()
	guessed := name == ""
	switch {
	case t.RequestBody.Coded:
		name = "RAW" // whatever its Content-Type says: nobody can read it here
	case guessed:
		contentType, _ := mapping.HeaderValue(t.RequestHeaders, "content-type")
		name = body.Guess(contentType, text)
	}
	if name == "JSON" && truncated {
		if whole, ok := mapping.CompleteJSON(text); ok {
			text, truncated = whole, false
		} else if !body.StartsJSON(text) {
			name = "RAW"
		}
	}
	switch name {
	case "MULTIPART":
		_, hasLength := mapping.HeaderValue(t.RequestHeaders, "content-length")
		truncated = truncated || guessed || !hasLength
	case "XML", "JSON":
		truncated = truncated || guessed // what it is not, it need not be
	case "URLENCODED", "RAW":
	default:
		return text // not one of ours
	}
	processor.Set(name)
	v := tx.Variables()
	if guessed {
		_ = body.SetWhole(v, text) // as Coraza does with a body of no known type
	}
	if truncated {
		_ = body.MarkCut(v)
	}
	return text
}

func (e *Engine) processResponseHeaders(tx transaction, t *mapping.Transaction) {
	if e.fillsMore {
		fillStatus(tx, t)
	}
	tx.ProcessResponseHeaders(t.Status, or(t.ResponseVersion, "HTTP/1.1"))
}

func (e *Engine) responseBody(tx transaction, t *mapping.Transaction) {
	if body := t.ResponseBody.Text; body != "" {
		head, _ := cut(body, e.bodyLimit)
		_, _, _ = tx.WriteResponseBody(bytesOf(head))
	}
	_, _ = tx.ProcessResponseBody()
}

func (e *Engine) verdict(tx transaction) Verdict {
	var v Verdict
	for _, matched := range tx.MatchedRules() {
		if logged(matched) {
			e.add(&v, matched.Rule(), matched.MatchedDatas())
		}
	}
	v.count(tx.Variables().TX())
	return v
}

// add adds a rule that is logged and has matched.
func (e *Engine) add(v *Verdict, meta types.RuleMetadata, found []types.MatchData) {
	if meta.ID() > ownRules {
		return
	}
	m := e.match(meta, found)
	v.Matches = append(v.Matches, m)
	switch {
	case m.role == rules.Evaluates:
		v.Alarm = true
	case m.role == rules.Detects, !e.evaluates && (m.role == rules.Scores || m.role == rules.Noise):
		v.Alarm = true
	}
}

// count notes the scores.
func (v *Verdict) count(tx collection.Keyed) {
	if len(v.Matches) > 0 {
		v.ScoreIn = score(tx, "blocking_inbound_anomaly_score", "inbound_anomaly_score", "anomaly_score")
		v.ScoreOut = score(tx, "blocking_outbound_anomaly_score", "outbound_anomaly_score")
	}
}

// logged: rules that only set something up say nolog. Some configurations turn
// the error log off for all rules by default and rely on the audit log.
func logged(m types.MatchedRule) bool {
	l, ok := m.(interface {
		Log() bool
		Audit() bool
	})
	return !ok || l.Log() || l.Audit()
}

func (e *Engine) match(meta types.RuleMetadata, found []types.MatchData) Match {
	known := e.rules[meta.ID()]
	all := inOrder(found)
	message, logged := said(all)
	m := Match{
		RuleID:   meta.ID(),
		Message:  message,
		Data:     logged,
		Severity: SeverityUnset,
		Phase:    int(meta.Phase()),
		Tags:     meta.Tags(),
		Source: Source{
			File: known.file, Line: known.line, Version: meta.Version(), Revision: meta.Revision(),
			Maturity: meta.Maturity(), Accuracy: meta.Accuracy(),
		},
		Policy: known.policy,
		Loose:  known.loose,
		role:   known.role,
	}
	if s := meta.Severity(); s >= types.RuleSeverityEmergency && s <= types.RuleSeverityDebug {
		m.Severity = s.Int()
	}
	for _, d := range all {
		if isOfTransaction(d) {
			m.Places = append(m.Places, Place{variableName(d), d.Value()})
		}
	}
	if data := decisive(all); data != nil {
		m.Variable, m.Value = variableName(data), data.Value()
		if n := data.ChainLevel(); n < len(known.links) {
			m.Operator, m.Operand = known.links[n].Operator.Function(), known.links[n].Operator.Operand
		}
	}
	return m
}

// inOrder puts what a rule has matched into an order that does not change from run to run: Coraza goes through the names of
// a variable in the order of a Go map.
func inOrder(all []types.MatchData) []types.MatchData {
	if len(all) < 2 {
		return all
	}
	var order []variables.RuleVariable
	rank := func(d types.MatchData) int {
		if i := slices.Index(order, d.Variable()); i >= 0 {
			return i
		}
		order = append(order, d.Variable())
		return len(order) - 1
	}
	for _, d := range all {
		rank(d)
	}
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b types.MatchData) int {
		return cmp.Or(cmp.Compare(a.ChainLevel(), b.ChainLevel()), cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Key(), b.Key()))
	})
	return sorted
}

// said is the message and the log data of the first match that has them.
func said(all []types.MatchData) (message, data string) {
	for _, d := range all {
		if d.Message() != "" {
			return d.Message(), d.Data()
		}
	}
	return "", ""
}

// decisive is the first match that is not of a rule's own bookkeeping.
func decisive(all []types.MatchData) types.MatchData {
	for _, d := range all {
		if isOfTransaction(d) {
			return d
		}
	}
	if len(all) > 0 {
		return all[0]
	}
	return nil
}

// isOfTransaction reports whether a rule has matched a part of the exchange, and not a variable of its own.
func isOfTransaction(d types.MatchData) bool {
	return d.Variable() != variables.TX && d.Variable() != variables.Unknown
}

// variableName is a variable with its key: "ARGS:q".
func variableName(d types.MatchData) string {
	if d.Key() == "" || order.IsList(d.Key()) {
		return d.Variable().Name()
	}
	return d.Variable().Name() + ":" + d.Key()
}

func score(tx collection.Keyed, names ...string) int {
	for _, name := range names {
		if values := tx.Get(name); len(values) > 0 && values[0] != "" {
			n, _ := strconv.Atoi(values[0])
			return n
		}
	}
	return 0
}

func port(e mapping.Endpoint) int {
	n, err := strconv.Atoi(e.Port)
	if err != nil || n < 0 || n > 65535 {
		return 0
	}
	return n
}

func or(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}

// bytesOf is a string's bytes, to be read only.
func bytesOf(s string) []byte {
	return unsafe.Slice(unsafe.StringData(s), len(s))
}
