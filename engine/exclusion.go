package engine

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/rules"
)

// exclusion is one value of the property exclude: which rules, and where.
type exclusion struct {
	rules    string // id, "first-last", or a tag
	tag      bool
	path     string       // only for URIs that begin so
	variable string       // only for this variable: "ARGS:name"
	network  netip.Prefix // only for clients of it
	workload workloadLimit
}

// workloadLimit is a workload at one side of a transaction, or at either.
type workloadLimit struct {
	of             mapping.Workload // the zero one for no limit
	client, server bool
}

func (l *workloadLimit) isSet() bool { return l.client || l.server }

func (l *workloadLimit) holds(client, server *mapping.Workload) bool {
	return l.client && l.of.Covers(client) || l.server && l.of.Covers(server)
}

// everything names all rules and detectors.
const everything = "*"

// isLimited reports whether the rules still apply to some transactions, or to some variables.
func (e *exclusion) isLimited() bool {
	return e.path != "" || e.variable != "" || e.network.IsValid() || e.workload.isSet()
}

var (
	idOrRange = regexp.MustCompile(`^\d+(-\d+)?$`)
	tagName   = regexp.MustCompile(`^[A-Za-z][\w./:-]*$`)
	pathName  = regexp.MustCompile(`^/[^\s"'\\,]*$`)
	variable  = regexp.MustCompile(`^[A-Z_]+(:[^\s"'\\,|]+)?$`)
	workload  = regexp.MustCompile(`^(workload|client|server):(\S+)$`)
)

// parseExclusion reads 942100, 920000-920999 or a tag, each with @/path, @VARIABLE:name, @10.0.0.0/8, @client:shop/cart,
// @server:shop/cart or @workload:shop/cart after it; or * with one of these, but a variable.
func parseExclusion(s string) (exclusion, error) {
	var e exclusion
	rules, where, limited := strings.Cut(s, "@")
	e.rules, e.tag = rules, !idOrRange.MatchString(rules)
	if rules == everything && limited && !variable.MatchString(where) {
		e.tag = false
	} else if e.tag && !tagName.MatchString(rules) {
		return e, fmt.Errorf("%q is no rule id, range or tag", rules)
	}
	if first, last, ok := strings.Cut(rules, "-"); ok && !e.tag {
		from, _ := strconv.Atoi(first)
		if to, _ := strconv.Atoi(last); to < from {
			return e, fmt.Errorf("range %s is empty", rules)
		}
	}
	switch {
	case !limited:
	case pathName.MatchString(where):
		e.path = where
	case variable.MatchString(where):
		e.variable = where
	case workload.MatchString(where):
		side, name, _ := strings.Cut(where, ":")
		of, ok := mapping.ParseWorkload(name)
		if !ok || !of.IsLimit() {
			return e, fmt.Errorf("%q is no workload such as shop/deployment/cart, shop/cart or shop/*", name)
		}
		e.workload = workloadLimit{of: of, client: side != "server", server: side != "client"}
	default:
		network, err := mapping.ParseNetwork(where)
		if err != nil {
			return e, fmt.Errorf("%q is neither a path (/…) nor a variable (ARGS:name) nor a network of clients (10.0.0.0/8) nor a workload (server:shop/cart)", where)
		}
		e.network = network
	}
	return e, nil
}

// before is the directive that must stand before the rules, "" if there is none.
func (e exclusion) before(id int) string {
	when := ""
	switch {
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
	case e.path != "", e.network.IsValid(), e.workload.isSet(): // a workload is no variable: see excludedIn
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

// Exclusions are what the property exclude says, for those who are no rules.
type Exclusions struct{ all []exclusion }

// ParseExclusions reads the values of the property.
func ParseExclusions(list []string) (Exclusions, error) {
	all, err := Config{Exclude: list}.exclusions()
	return Exclusions{all}, err
}

// Exchange is what exclusions look at.
type Exchange struct {
	Path                           string
	Client                         netip.Addr
	ClientWorkload, ServerWorkload *mapping.Workload
}

// Excluded reports whether something with an id, a name and tags is excluded for an exchange.
func (e Exclusions) Excluded(id int, name string, tags []string, in Exchange) bool {
	for i := range e.all {
		x := &e.all[i]
		switch {
		case x.variable != "",
			!strings.HasPrefix(in.Path, x.path),
			x.network.IsValid() && !x.network.Contains(in.Client),
			x.workload.isSet() && !x.workload.holds(in.ClientWorkload, in.ServerWorkload):
		case x.rules == everything, x.tag && (x.rules == name || slices.Contains(tags, x.rules)), !x.tag && rules.InRange(id, x.rules):
			return true
		}
	}
	return false
}

// Any reports whether there are any.
func (e Exclusions) Any() bool { return len(e.all) > 0 }

// excluded are the rules that a mapping excludes.
type excluded struct {
	ids   []int
	blind bool // the screen can't judge transactions to which they are not applied
}

// excludedIn are the rules that are not applied to a transaction: those that its mapping excludes, and those that are
// excluded for its workloads.
func (e *Engine) excludedIn(t *mapping.Transaction) excluded {
	list := t.Exclude
	for i := range e.ofWorkloads {
		if x := &e.ofWorkloads[i]; x.workload.holds(&t.ClientWorkload, &t.ServerWorkload) {
			list = append(slices.Clip(list), x.rules)
		}
	}
	return e.excluded(list)
}

// excluded are the rules that ids, ranges and tags name, or * for all.
func (e *Engine) excluded(list []string) excluded {
	if len(list) == 0 {
		return excluded{}
	}
	key := strings.Join(list, " ")
	if x, ok := e.excludes.Load(key); ok { // those of one tag are many, and so are kept
		return x.(excluded)
	}
	x := excluded{ids: e.named(list)}
	x.blind = e.fast != nil && e.fast.screen.IsBlind(x.ids)
	e.excludes.Store(key, x)
	return x
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
