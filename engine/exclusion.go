package engine

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/corazawaf/coraza/v3/types/variables"

	"github.com/modsecurity-for-anylog/msa/internal/typo"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/rules"
)

// exclusion is one value of the property exclude: which rules, and where.
type exclusion struct {
	text     string // as it is written
	rules    string // id, "first-last", or a tag
	tag      bool
	path     string       // only for URIs that begin so
	variable string       // only for this variable: "ARGS:name"
	network  netip.Prefix // only for clients of it
	host     string       // only for requests to it

	workloads []workloadLimit // only between these

	limits int // of those above
}

// workloadLimit is a workload at one side of a transaction, or at either.
type workloadLimit struct {
	of             mapping.Workload // the zero one for no limit
	client, server bool
}

func (l *workloadLimit) holds(client, server *mapping.Workload) bool {
	return l.client && l.of.Covers(client) || l.server && l.of.Covers(server)
}

// everything names all rules and detectors.
const everything = "*"

// isLimited reports whether the rules still apply to some transactions, or to some variables.
func (e *exclusion) isLimited() bool { return e.limits > 0 }

// isByTransaction reports whether the engine tells for each transaction where it holds: no directive says several limits,
// a host or a workload.
func (e *exclusion) isByTransaction() bool {
	return e.limits > 1 || e.host != "" || len(e.workloads) > 0
}

// holds reports whether all limits hold for an exchange, but for the variable.
func (e *exclusion) holds(in *Exchange) bool {
	return strings.HasPrefix(in.Path, e.path) &&
		(!e.network.IsValid() || e.network.Contains(in.Client)) &&
		(e.host == "" || strings.EqualFold(e.host, in.Host)) &&
		!slices.ContainsFunc(e.workloads, func(l workloadLimit) bool { return !l.holds(in.ClientWorkload, in.ServerWorkload) })
}

var (
	idOrRange = regexp.MustCompile(`^\d{1,18}(-\d{1,18})?$`) // what an int holds
	tagName   = regexp.MustCompile(`^[A-Za-z][\w./:-]*$`)
	pathName  = regexp.MustCompile(`^/[^\s"'\\,@]*$`)
	variable  = regexp.MustCompile(`^[A-Z_]+(:[^\s"'\\,|@]+)?$`)
	hostName  = regexp.MustCompile(`^host:([\w.:\[\]-]+)$`)
	workload  = regexp.MustCompile(`^(workload|client|server):(\S+)$`)
)

// parseExclusion reads 942100, 920000-920999, a tag or *, each with limits after it, all of which must hold: @/path,
// @VARIABLE:name, @10.0.0.0/8, @host:shop.example, @client:shop/cart, @server:shop/cart or @workload:shop/cart. In a path or
// a name, %40 is an @.
func parseExclusion(s string) (exclusion, error) {
	e := exclusion{text: s}
	limits := strings.Split(s, "@")
	e.rules, limits = limits[0], limits[1:]
	e.tag = !idOrRange.MatchString(e.rules)
	for _, limit := range limits {
		if err := e.limit(limit); err != nil {
			return e, err
		}
	}
	e.limits = len(limits)
	switch {
	case e.rules == everything && (e.limits == 0 || e.variable != ""):
		return e, errors.New("* stands for all rules and detectors: it takes a path, a network, a host or a workload behind it, and no variable")
	case e.rules == everything:
		e.tag = false
	case e.tag && !tagName.MatchString(e.rules):
		return e, fmt.Errorf("%q is not a rule id, range or tag", e.rules)
	}
	if first, last, ok := strings.Cut(e.rules, "-"); ok && !e.tag {
		from, _ := strconv.Atoi(first)
		if to, _ := strconv.Atoi(last); to < from {
			return e, fmt.Errorf("range %s is empty", e.rules)
		}
	}
	return e, nil
}

// limit reads one limit.
func (e *exclusion) limit(where string) error {
	twice := false
	switch {
	case pathName.MatchString(where):
		twice, e.path = e.path != "", strings.ReplaceAll(where, "%40", "@")
	case variable.MatchString(where):
		twice, e.variable = e.variable != "", InRules(strings.ReplaceAll(where, "%40", "@"))
		if _, err := parseTarget(e.variable); err != nil {
			return err
		}
	case hostName.MatchString(where):
		twice, e.host = e.host != "", strings.TrimPrefix(where, "host:")
	case workload.MatchString(where):
		side, name, _ := strings.Cut(where, ":")
		of, ok := mapping.ParseWorkload(name)
		if !ok || !of.IsLimit() {
			return fmt.Errorf("%q is not a workload such as shop/deployment/cart, shop/cart or shop/*", name)
		}
		e.workloads = append(e.workloads, workloadLimit{of: of, client: side != "server", server: side != "client"})
	default:
		network, err := mapping.ParseNetwork(where)
		if err != nil {
			return fmt.Errorf("%q is neither a path (/…; %%40 stands for an @) nor a variable (ARGS:name) nor a network of clients (10.0.0.0/8) "+
				"nor a host (host:shop.example) nor a workload (server:shop/cart)", where)
		}
		twice, e.network = e.network.IsValid(), network
	}
	if twice {
		return fmt.Errorf("%q is the second limit of its kind: both can't hold", where)
	}
	return nil
}

// InRules is a variable as rules name it: matches of XML say REQUEST_XML, which no rule looks at.
func InRules(variable string) string {
	if key, isXML := strings.CutPrefix(variable, "REQUEST_XML:"); isXML {
		return "XML:" + key
	}
	return variable
}

// target is a variable that a rule does not see.
type target struct {
	rule     int
	variable variables.RuleVariable
	key      string         // in small letters; empty for all names
	pattern  *regexp.Regexp // instead of a key
}

// parseTarget reads a variable: ARGS, ARGS:q or ARGS:/^q/.
func parseTarget(s string) (t target, err error) {
	name, key, _ := strings.Cut(s, ":")
	if t.variable, err = variables.Parse(name); err != nil {
		return t, fmt.Errorf("unknown variable %q", name)
	}
	if len(key) > 2 && key[0] == '/' && key[len(key)-1] == '/' {
		if t.pattern, err = regexp.Compile(key[1 : len(key)-1]); err != nil {
			return t, fmt.Errorf("cannot read pattern %q: %w", key, err)
		}
		return t, nil
	}
	t.key = strings.ToLower(key)
	return t, nil
}

// hides reports whether the target is a variable as alerts name it.
func (t *target) hides(named string) bool {
	name, key, _ := strings.Cut(named, ":")
	key = strings.ToLower(key)
	switch {
	case !strings.EqualFold(t.variable.Name(), name):
		return false
	case t.pattern != nil:
		return t.pattern.MatchString(key)
	default:
		return t.key == "" || t.key == key
	}
}

// before is the directive that must stand before the rules, "" if there is none.
func (e exclusion) before(id int) string {
	when := ""
	switch {
	case e.isByTransaction():
		return ""
	case e.path != "":
		when = `REQUEST_FILENAME "@beginsWith ` + e.path + `"`
	case e.network.IsValid():
		when = `REMOTE_ADDR "@ipMatch ` + e.network.String() + `"`
	default:
		return ""
	}
	ctl, which := "ruleRemoveById", e.rules
	switch {
	case e.rules == everything:
		which = fmt.Sprintf("1-%d", ownRules-1)
	case e.tag:
		ctl = "ruleRemoveByTag"
	}
	return fmt.Sprintf(`SecRule %s "id:%d,phase:1,pass,nolog,t:none,ctl:%s=%s"`, when, id, ctl, which)
}

// after is the directive that must stand after the rules, "" if there is none.
func (e exclusion) after() string {
	switch {
	case e.path != "", e.network.IsValid(), e.isByTransaction():
		return ""
	case e.variable != "" && e.tag:
		return fmt.Sprintf(`SecRuleUpdateTargetByTag "%s" "!%s"`, e.rules, e.variable)
	case e.variable != "":
		return fmt.Sprintf(`SecRuleUpdateTargetById %s "!%s"`, e.rules, e.variable)
	case e.tag:
		return "SecRuleRemoveByTag " + e.rules
	default:
		return "SecRuleRemoveById " + e.rules
	}
}

// ofHints are exclusions of the hints about the same kinds of attacks as excluded rules, with the same limits. A rule
// that is off everywhere leaves them: they are about others, too.
func ofHints(exclusions []exclusion, set *rules.Set) (all []exclusion) {
	for _, x := range exclusions {
		if !x.isLimited() || x.rules == everything {
			continue
		}
		for _, hints := range rules.HintsAbout(set.Directives, func(r *rules.Rule) bool { return x.names(&Named{ID: r.ID, Tags: r.Tags()}) }) {
			hint := x
			hint.rules, hint.tag = hints, false
			all = append(all, hint)
		}
	}
	return all
}

// Exclusions are what the property exclude says, for those who are no rules.
type Exclusions struct {
	all  []exclusion
	seen *seen // nil where nobody asks for Unmet
}

// ParseExclusions reads the values of the property.
func ParseExclusions(list []string) (Exclusions, error) {
	all, err := Config{Exclude: list}.exclusions()
	return Exclusions{all: all}, err
}

// Exchange is what exclusions look at.
type Exchange struct {
	Path, Host                     string
	Client                         netip.Addr
	ClientWorkload, ServerWorkload *mapping.Workload
}

// ExchangeOf is that of a transaction.
func ExchangeOf(t *mapping.Transaction) Exchange {
	in := Exchange{Path: Filename(t.URI), Host: t.Host, ClientWorkload: &t.ClientWorkload, ServerWorkload: &t.ServerWorkload}
	if address, err := mapping.ParseAddress(t.Client.Address); err == nil {
		in.Client = address
	}
	return in
}

// Excluded reports whether something with an id, a name and tags is excluded for an exchange.
func (e Exclusions) Excluded(id int, name string, tags []string, in Exchange) bool {
	for i := range e.all {
		x := &e.all[i]
		switch {
		case x.variable != "", !x.holds(&in):
		case x.names(&Named{id, name, tags}):
			return true
		}
	}
	return false
}

// Named is what an exclusion can name: a rule or a detector.
type Named struct {
	ID   int
	Name string // of a detector
	Tags []string
}

func (e *exclusion) names(n *Named) bool {
	return e.rules == everything || e.tag && (e.rules == n.Name || slices.Contains(n.Tags, e.rules)) || !e.tag && rules.InRange(n.ID, e.rules)
}

// Unknown says of each exclusion that names none of these that it does nothing, and which paths have a * that is no
// wildcard.
func (e Exclusions) Unknown(all []Named) (warnings []string) {
	for i := range e.all {
		x := &e.all[i]
		if strings.Contains(x.path, "*") {
			warnings = append(warnings, fmt.Sprintf("exclude %q: * is no wildcard: a path stands for all that begin with it", x.text))
		}
		if slices.ContainsFunc(all, func(n Named) bool { return x.names(&n) }) {
			continue
		}
		warning := fmt.Sprintf("exclude %q does nothing: no rule or detector has this id, tag or name", x.rules)
		if nearest := NearestTag(x.rules, all); x.tag && nearest != "" { // of an id that is not there, all others are as near
			warning += fmt.Sprintf("; did you mean %q?", nearest)
		}
		warnings = append(warnings, warning)
	}
	return warnings
}

// NearestTag is the tag or name of one of these that may be meant by a word that none of them has, "" if there is none.
func NearestTag(word string, all []Named) string {
	var words []string
	for _, n := range all {
		words = append(words, n.Tags...)
		if n.Name != "" {
			words = append(words, n.Name)
		}
	}
	slices.Sort(words)
	return typo.Nearest(word, slices.Compact(words))
}

// Named are the rules.
func (e *Engine) Named() []Named {
	all := make([]Named, 0, len(e.rules))
	for id, r := range e.rules {
		all = append(all, Named{ID: id, Tags: r.tags})
	}
	return all
}

// Any reports whether there are any.
func (e Exclusions) Any() bool { return len(e.all) > 0 }

// excluded is what is not applied to a transaction.
type excluded struct {
	ids     []int
	targets []target
	blind   bool // the screen can't judge transactions to which these are not applied
}

// excludedIn are the rules that are not applied to a transaction, and the variables that others do not see: what its
// mapping excludes, and the exclusions that hold for it.
func (e *Engine) excludedIn(t *mapping.Transaction) excluded {
	list := t.Exclude
	if len(e.byTransaction) == 0 {
		return e.excluded(list)
	}
	in := ExchangeOf(t)
	for i := range e.byTransaction {
		if x := &e.byTransaction[i]; x.holds(&in) {
			named := x.rules
			if x.variable != "" {
				named += "@" + x.variable
			}
			list = append(slices.Clip(list), named)
		}
	}
	return e.excluded(list)
}

// Filename is REQUEST_FILENAME, as Coraza reads it from a URI.
func Filename(uri string) string {
	uri, _ = cut(uri, maxURI)
	uri, _, _ = strings.Cut(or(uri, "/"), "#")
	if u, err := url.ParseRequestURI(uri); err == nil {
		return u.Path
	}
	path, _, _ := strings.Cut(uri, "?")
	return path
}

// excluded is what ids, ranges and tags name, or * for all, each with or without a variable behind an @.
func (e *Engine) excluded(list []string) excluded {
	if len(list) == 0 {
		return excluded{}
	}
	key := strings.Join(list, " ")
	if x, ok := e.excludes.Load(key); ok { // those of one tag are many, and so are kept
		return x.(excluded)
	}
	var whole []string
	var x excluded
	for _, s := range list {
		named, of, ok := strings.Cut(s, "@")
		t, err := parseTarget(of)
		if !ok || err != nil {
			whole = append(whole, s)
			continue
		}
		for _, t.rule = range e.named([]string{named}) {
			x.targets = append(x.targets, t)
			// Without a target, a rule that counts it, or looks at what others have set, may match where it did not.
			r := e.rules[t.rule]
			x.blind = x.blind || t.variable == variables.TX || r.counts()
		}
	}
	x.ids = e.named(whole)
	affected := slices.Clone(x.ids)
	for _, t := range x.targets {
		affected = append(affected, t.rule)
	}
	x.blind = x.blind || e.fast != nil && e.fast.plan.IsBlind(affected)
	e.excludes.Store(key, x)
	return x
}

// counts reports whether the rule looks at how many values a variable has.
func (r *rule) counts() bool {
	return slices.ContainsFunc(r.links, func(l *rules.Link) bool {
		return slices.ContainsFunc(l.Targets, func(t rules.Target) bool { return t.Count })
	})
}

// named are the ids of the rules that ids, ranges and tags name.
func (e *Engine) named(list []string) []int {
	var ids []int
	for id, r := range e.rules {
		if slices.ContainsFunc(list, func(s string) bool { return r.isNamed(id, s) }) {
			ids = append(ids, id)
		}
	}
	return ids
}

// isNamed reports whether an id, a range of ids or a tag names the rule.
func (r *rule) isNamed(id int, name string) bool {
	if name == everything {
		return id < ownRules
	}
	if !idOrRange.MatchString(name) {
		return slices.Contains(r.tags, name)
	}
	return rules.InRange(id, name)
}
