package tuning

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/corazawaf/coraza/v3/types/variables"
)

// proposal is one or more exclusions that silence alerts together.
type proposal struct {
	detector string // what is excluded: a detector, or rules
	rules    []int

	path      string   // only for URIs that begin so
	variables []string // only these, of the rule of the same index
	client    netip.Addr

	group    string
	covered  int      // alerts of the group
	place    int      // among all of them
	silenced []*Alert // by it alone
	own      []*Alert // of these, those of the group
	fresh    int      // of these, those that no proposal before it silences
}

// excludes are the values of the property exclude, which knows one limit for each.
func (p *proposal) excludes() []string {
	where := ""
	switch {
	case p.path != "":
		where = p.path
	case p.client.IsValid():
		where = p.client.String()
	}
	if p.detector != "" {
		return []string{p.detector + "@" + where}
	}
	var all []string
	for i, rule := range p.rules {
		limit := where
		if limit == "" {
			limit = p.variables[i]
		}
		all = append(all, strconv.Itoa(rule)+"@"+limit)
	}
	return all
}

// seclang is the rule that does it, to be loaded before those that it limits.
func (p *proposal) seclang(id int) string {
	when := "SecAction"
	switch {
	case p.isOfOnePath():
		when = fmt.Sprintf(`SecRule REQUEST_FILENAME "@streq %s"`, p.path)
	case p.path != "":
		when = fmt.Sprintf(`SecRule REQUEST_FILENAME "@beginsWith %s"`, p.path)
	case p.client.IsValid():
		when = fmt.Sprintf(`SecRule REMOTE_ADDR "@ipMatch %s"`, p.client)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s \\\n    \"id:%d,phase:1,pass,nolog,t:none", when, id)
	for i, rule := range p.rules {
		if p.variables == nil {
			fmt.Fprintf(&b, ",\\\n    ctl:ruleRemoveById=%d", rule)
		} else {
			fmt.Fprintf(&b, ",\\\n    ctl:ruleRemoveTargetById=%d;%s", rule, p.variables[i])
		}
	}
	return b.String() + "\""
}

// isOfOnePath reports whether all that it silences was about the path itself, and nothing below it.
func (p *proposal) isOfOnePath() bool {
	return p.path != "" && len(p.silenced) > 0 && !slices.ContainsFunc(p.silenced, func(a *Alert) bool { return !a.isWhole || a.prefix != p.path })
}

// covers reports whether the proposal is about where the alert is from.
func (p *proposal) covers(a *Alert) bool {
	if p.client.IsValid() {
		addr, ok := clientOf(a)
		return ok && addr == p.client
	}
	return strings.HasPrefix(a.prefix, p.path)
}

// removes reports whether the proposal takes away a match of an alert that it covers.
func (p *proposal) removes(m match) bool {
	i := slices.Index(p.rules, m.rule)
	return i >= 0 && (p.variables == nil || strings.EqualFold(p.variables[i], m.variable))
}

func clientOf(a *Alert) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(a.source)
	return addr.Unmap(), err == nil && addr.Zone() == ""
}

// variableName is one variable of a collection, in what neither SecLang nor the property exclude nor fluent-bit.conf gives a
// meaning.
var variableName = regexp.MustCompile(`^[A-Z][A-Z_]*:[A-Za-z0-9_.\[\]-]+$`)

// isNamed reports whether an exclusion may name a variable of an alert: one of a collection that rules can look at.
func isNamed(variable string) bool {
	collection, _, _ := strings.Cut(variable, ":")
	_, err := variables.Parse(collection)
	return err == nil && variableName.MatchString(variable)
}

// proposer makes proposals.
type proposer struct {
	*scoreModel
	alerts   []*Alert
	decisive map[*Alert]string // the key of its group
	both     bool              // SecLang: a path and a variable can be limits of one exclusion
	broad    bool              // / is a path too
	chained  func(rule int) bool
	isInside func(netip.Addr) bool

	notes map[string]int // of alerts without a proposal
}

// group is alerts that need the same exclusions.
type group struct {
	detector string
	id       int
	matches  []match
	alerts   []*Alert

	prefixes []string           // of all of them, sorted; nil before it is asked for
	clients  map[netip.Addr]int // how many each has sent, the same
}

// propose groups the alerts and gives the proposals, the most effective first, each by what those before it leave.
func (p *proposer) propose(top int) []*proposal {
	p.decisive, p.notes = map[*Alert]string{}, map[string]int{}
	groups := map[string]*group{}
	for _, a := range p.alerts {
		g := &group{detector: a.detector, id: a.id}
		key := "detector " + a.detector
		if a.detector == "" {
			g.matches = p.scoreModel.decisive(a)
			var b strings.Builder
			for _, m := range g.matches {
				fmt.Fprintf(&b, "%d@%q ", m.rule, m.variable)
			}
			key = b.String()
		}
		p.decisive[a] = key
		if known := groups[key]; known != nil {
			g = known
		} else {
			groups[key] = g
		}
		g.alerts = append(g.alerts, a)
	}
	candidates := p.best(groups, max(mostLookedAt, 10*top))
	for _, c := range candidates {
		for _, a := range p.alerts {
			if !p.silences(c, a) {
				continue
			}
			if c.silenced = append(c.silenced, a); p.decisive[a] == c.group {
				c.own = append(c.own, a)
			}
		}
	}
	return p.choose(candidates, top)
}

// mostLookedAt bounds the groups, and the proposals for them, that are compared with all alerts: whoever attacks chooses names
// and paths, and so how many there are.
const mostLookedAt = 200

// Of alerts whose group, or whose place in it, is one of too many.
const tooSmall = "alerts of groups and places that are too many, with too few alerts each, to propose something"

// best are the candidates that cover most of the largest groups, in the order of groups.
func (p *proposer) best(groups map[string]*group, most int) (all []*proposal) {
	keys := largest(slices.Sorted(maps.Keys(groups)), func(key string) int { return len(groups[key].alerts) })
	for _, key := range keys[min(most, len(keys)):] {
		p.note(len(groups[key].alerts), tooSmall)
	}
	keys = keys[:min(most, len(keys))]
	slices.Sort(keys)
	for _, key := range keys {
		g := groups[key]
		for _, c := range p.candidates(key, g) {
			c.group, c.covered, c.place = key, g.covered(c), len(all)
			all = append(all, c)
		}
	}
	all = largest(all, func(c *proposal) int { return c.covered })
	for _, c := range all[min(most, len(all)):] {
		p.note(c.covered, tooSmall)
	}
	all = all[:min(most, len(all))]
	slices.SortFunc(all, func(a, b *proposal) int { return cmp.Compare(a.place, b.place) })
	return all
}

// largest puts what has more of something first.
func largest[T any](all []T, of func(T) int) []T {
	slices.SortStableFunc(all, func(a, b T) int { return cmp.Compare(of(b), of(a)) })
	return all
}

// covered is how many alerts of a group are where a proposal for it is about.
func (g *group) covered(c *proposal) int {
	switch {
	case c.client.IsValid():
		if g.clients == nil {
			g.clients = map[netip.Addr]int{}
			for _, a := range g.alerts {
				if addr, ok := clientOf(a); ok {
					g.clients[addr]++
				}
			}
		}
		return g.clients[c.client]
	case c.path == "":
		return len(g.alerts)
	}
	if g.prefixes == nil {
		g.prefixes = prefixesOf(g.alerts)
	}
	return below(g.prefixes, c.path)
}

// prefixesOf are the prefixes of alerts, sorted.
func prefixesOf(alerts []*Alert) []string {
	all := make([]string, len(alerts))
	for i, a := range alerts {
		all[i] = a.prefix
	}
	slices.Sort(all)
	return all
}

// below is how many of a sorted list begin with a path.
func below(sorted []string, path string) int {
	first, _ := slices.BinarySearch(sorted, path)
	return sort.Search(len(sorted)-first, func(i int) bool { return !strings.HasPrefix(sorted[first+i], path) })
}

// choose takes the candidate that silences most of its own group of what is left, and of these the one with the fewest
// rules, until there is none, or enough. Others' alerts don't count: what excludes the most rules, which an attack needs,
// would come before what false alarms at the same place need.
func (p *proposer) choose(candidates []*proposal, top int) (chosen []*proposal) {
	silent := map[*Alert]bool{}
	for len(chosen) < top {
		var best *proposal
		most := 0
		for _, c := range candidates {
			own := 0
			for _, a := range c.own {
				if !silent[a] {
					own++
				}
			}
			if own > most || own > 0 && own == most && len(c.rules) < len(best.rules) {
				best, most = c, own
			}
		}
		if best == nil {
			break
		}
		for _, a := range best.silenced {
			if !silent[a] {
				best.fresh++
			}
			silent[a] = true
		}
		candidates = slices.DeleteFunc(candidates, func(c *proposal) bool { return c == best })
		chosen = append(chosen, best)
	}
	return chosen
}

func (p *proposer) silences(c *proposal, a *Alert) bool {
	switch {
	case !c.covers(a):
		return false
	case c.detector != "" || a.detector != "":
		return c.detector != "" && (c.detector == a.detector || c.detector == strconv.Itoa(a.id))
	}
	return !p.alarms(a, c.removes)
}

func (p *proposer) note(n int, why string) {
	if n > 0 {
		p.notes[why] += n
	}
}

// nothingNarrow says why alerts have no proposal. Those that another one silences are among them.
const nothingNarrow = "alerts without a narrow exclusion (no named variable, and a path that is / or can't be written in one)"

// candidates are the narrowest proposals for a group.
func (p *proposer) candidates(key string, g *group) []*proposal {
	if g.detector != "" {
		return p.forDetector(g)
	}
	with := proposal{}
	named := &proposal{}
	isArgument, isChained := true, false
	for _, m := range g.matches {
		with.rules = append(with.rules, m.rule)
		if !isNamed(m.variable) {
			named = nil
		} else if named != nil {
			named.variables = append(named.variables, m.variable)
		}
		isArgument = isArgument && (strings.HasPrefix(m.variable, "ARGS") || strings.HasPrefix(m.variable, "REQUEST_COOKIES:"))
		isChained = isChained || p.chained(m.rule)
	}
	if named != nil {
		named.rules = with.rules
	}
	paths, without := p.paths(key, g, with)
	byPath := func() (all []*proposal) {
		for _, path := range paths {
			c := with
			c.path = path
			if p.both && named != nil && !isChained {
				c.variables = named.variables
			}
			all = append(all, &c)
		}
		return all
	}
	switch {
	case named == nil && len(paths) == 0, isChained && len(paths) == 0:
	case named == nil, isChained, p.both && without == 0 && len(paths) <= 3:
		p.note(without, nothingNarrow)
		return byPath()
	case without > 0, len(paths) > 1, isArgument:
		return []*proposal{named}
	default:
		return byPath()
	}
	if len(sources(g.alerts)) == 1 {
		if addr, ok := clientOf(g.alerts[0]); ok && p.isInside(addr) {
			with.client = addr
			return []*proposal{&with}
		}
	}
	p.note(len(g.alerts), nothingNarrow)
	return nil
}

// forDetector: what a detector sees has come from a client; the path is that of the last record only.
func (p *proposer) forDetector(g *group) (all []*proposal) {
	if p.both {
		p.note(len(g.alerts), "alerts of detectors, which no rule can exclude (see --format exclude)")
		return nil
	}
	name := g.detector
	if !detectorName.MatchString(name) {
		name = strconv.Itoa(g.id)
	}
	from := sources(g.alerts)
	if path := g.alerts[0].prefix; len(from) > 2 && path != "/" && path != "" && g.alerts[0].isWhole &&
		!slices.ContainsFunc(g.alerts, func(a *Alert) bool { return a.prefix != path }) {
		return []*proposal{{detector: name, path: path}}
	}
	for _, source := range from {
		if addr, ok := clientOf(&Alert{source: source}); ok {
			all = append(all, &proposal{detector: name, client: addr})
		}
	}
	return all
}

// sources are the addresses of alerts, sorted.
func sources(alerts []*Alert) []string {
	set := map[string]bool{}
	for _, a := range alerts {
		set[a.source] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// paths are the prefixes that cover the group's alerts, each as narrow as what they have in common, and without alerts of
// other groups in them; and how many alerts they don't cover.
func (p *proposer) paths(key string, g *group, with proposal) (all []string, without int) {
	prefixes := map[string]bool{}
	for _, a := range g.alerts {
		prefixes[a.prefix] = true
	}
	delete(prefixes, "")
	others := prefixesOf(slices.DeleteFunc(slices.Clone(p.alerts), func(a *Alert) bool {
		return p.decisive[a] == key || !p.alarms(a, with.removes)
	}))
	foreign := func(path string) bool { return below(others, path) > 0 }
	var cover func(list []string)
	cover = func(list []string) {
		common := commonPath(list)
		switch {
		case common == "/" && p.broad && !foreign(common),
			common != "/" && (len(list) == 1 || !foreign(common)):
			all = append(all, common)
			return
		case len(list) == 1:
			return
		}
		below := map[string][]string{}
		for _, path := range list {
			rest := path[len(common):]
			next, _, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
			if strings.HasPrefix(rest, "/") { // below a path that is itself one of them
				next = "/" + next
			}
			below[next] = append(below[next], path)
		}
		for _, next := range slices.Sorted(maps.Keys(below)) {
			cover(below[next])
		}
	}
	if len(prefixes) > 0 {
		cover(slices.Sorted(maps.Keys(prefixes)))
	}
	slices.Sort(all)
	for _, a := range g.alerts {
		if a.prefix == "" || !hasPrefixOf(all, a.prefix) {
			without++
		}
	}
	return all, without
}

// hasPrefixOf reports whether a path begins with one of a sorted list: if not with the last one before it, then with none but
// what that begins with.
func hasPrefixOf(sorted []string, path string) bool {
	for n := len(path); n > 0; {
		i, found := slices.BinarySearch(sorted, path[:n])
		if found {
			return true
		}
		if i == 0 {
			return false
		}
		n = common(sorted[i-1], path[:n])
		if n == len(sorted[i-1]) {
			return true
		}
	}
	return false
}

// common is how long the beginning is that two texts have in common.
func common(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// commonPath is what paths have in common, in whole segments: a directory with a slash at its end, unless
// one of them is it without.
func commonPath(paths []string) string {
	if len(paths) == 1 {
		return paths[0]
	}
	common := strings.Split(paths[0], "/")
	file := false
	for _, path := range paths {
		segments := strings.Split(path, "/")
		n := 0
		for n < min(len(common), len(segments)) && common[n] == segments[n] {
			n++
		}
		common = common[:n]
	}
	joined := strings.Join(common, "/")
	for _, path := range paths {
		file = file || path == joined
	}
	if file && joined != "" {
		return joined
	}
	return joined + "/"
}
