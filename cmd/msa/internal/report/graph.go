package report

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
)

// graph is who attacked whom: hosts, and edges from those that attack to those that are attacked.
type graph struct {
	nodes  []*node
	edges  []*edge
	of     map[string]int // number of the node of an address
	hidden int            // edges that there was no room for
	lanes  []lane
	width  int
	height int
}

// node is one host, or several that there is no room to draw one by one.
type node struct {
	name   string // an address, or what the hosts are
	group  string
	onPath bool

	alerts   int
	severity uint8

	layer       int // of the drawing
	x, y, width int
}

// edge is all attacks of one node on another.
type edge struct {
	from, to int
	alerts   int
	severity uint8
	onPath   bool
	line     string // of the drawing
}

// Bounds of what is drawn.
const (
	mostNodes   = 200
	mostEdges   = 500
	mostOutside = 12 // hosts outside that are drawn one by one
	mostGroups  = 20
)

// groupOutside is the group of all hosts that are not inside.
const groupOutside = "outside"

// hosts is what is known of addresses.
type hosts struct {
	inside     map[string]bool
	namespaces map[string]string // of servers
}

// mostHosts bounds what is kept of addresses.
const mostHosts = 2 * mostAddresses

func newHosts() *hosts { return &hosts{map[string]bool{}, map[string]string{}} }

func (h *hosts) add(k *known) {
	if len(h.inside) >= mostHosts {
		return
	}
	source, target := k.inside()
	// Once inside, always inside: alerts about many records may have no direction.
	h.inside[k.Source] = h.inside[k.Source] || source
	h.inside[k.Target] = h.inside[k.Target] || target
	if k.Namespace != "" {
		h.namespaces[k.Target] = cut(k.Namespace, longestName)
	}
}

// isInside is what the alerts say, or what the address does if they say nothing.
func (h *hosts) isInside(address string) bool {
	if in, ok := h.inside[address]; ok {
		return in
	}
	return isInside(address)
}

// newGraph draws pairs and paths.
func newGraph(f *facts, h *hosts, all []([]step)) *graph {
	g := &graph{of: map[string]int{}}
	type pair struct{ from, to string }
	weights := map[pair]*edge{}
	weigh := func(from, to string, alerts int, severity uint8) *edge {
		e := weights[pair{from, to}]
		if e == nil {
			e = &edge{severity: severity}
			weights[pair{from, to}] = e
		}
		e.alerts, e.severity = e.alerts+alerts, min(e.severity, severity)
		return e
	}
	for k, n := range f.counts {
		if from, to := f.sources.list[k.Source], f.targets.list[k.Target]; from != "" && to != "" && from != to {
			weigh(from, to, n, k.Severity)
		}
	}
	onPath := map[string]bool{}
	for _, path := range all {
		for _, s := range path {
			weigh(s.From, s.To, 0, 7).onPath = true
			onPath[s.From], onPath[s.To] = true, true
		}
	}
	hosts := map[string]*node{}
	host := func(name string, e *edge) {
		n := hosts[name]
		if n == nil {
			n = &node{name: name, severity: 7, onPath: onPath[name]}
			hosts[name] = n
		}
		n.alerts, n.severity = n.alerts+e.alerts, min(n.severity, e.severity)
	}
	for p, e := range weights {
		host(p.from, e)
		host(p.to, e)
	}
	g.group(hosts, h)
	g.pick(hosts)

	edges := map[[2]int]*edge{}
	for p, e := range weights {
		key := [2]int{g.of[p.from], g.of[p.to]}
		if key[0] == key[1] {
			continue
		}
		to := edges[key]
		if to == nil {
			to = &edge{from: key[0], to: key[1], severity: 7}
			edges[key] = to
			g.edges = append(g.edges, to)
		}
		to.alerts, to.severity, to.onPath = to.alerts+e.alerts, min(to.severity, e.severity), to.onPath || e.onPath
	}
	slices.SortFunc(g.edges, func(a, b *edge) int {
		return cmp.Or(compareBool(b.onPath, a.onPath), cmp.Compare(a.severity, b.severity), cmp.Compare(b.alerts, a.alerts), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
	g.thin()
	g.place(all)
	return g
}

// thin leaves as many edges as can be told apart: those on paths, the strongest one from each node and to each, and the strongest
// of the others.
func (g *graph) thin() {
	from, to := map[int]bool{}, map[int]bool{}
	var kept, rest []*edge
	for _, e := range g.edges {
		if e.onPath || !from[e.from] || !to[e.to] {
			kept = append(kept, e)
			from[e.from], to[e.to] = true, true
		} else {
			rest = append(rest, e)
		}
	}
	room := min(max(mostEdges-len(kept), 0), len(rest))
	g.hidden = len(rest) - room
	g.edges = slices.Concat(kept, rest[:room])
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

// pick makes nodes of the hosts: those on paths, then the most severe and most frequent. The others of a group are one node.
func (g *graph) pick(hosts map[string]*node) {
	var all []*node
	outside := 0
	for _, n := range hosts {
		all = append(all, n)
		if n.group == groupOutside {
			outside++
		}
	}
	slices.SortFunc(all, func(a, b *node) int {
		return cmp.Or(compareBool(b.onPath, a.onPath), cmp.Compare(a.severity, b.severity), cmp.Compare(b.alerts, a.alerts), compareNames(a.name, b.name))
	})
	room := mostNodes
	if len(all) > room {
		groups := map[string]bool{}
		for _, n := range all {
			groups[n.group] = true
		}
		room -= len(groups) // for what stands for the others
	}
	rest := map[string][]*node{}
	for i, n := range all {
		if i < room && (n.onPath || n.group != groupOutside || outside <= mostOutside) {
			g.add(n, n)
		} else {
			rest[n.group] = append(rest[n.group], n)
		}
	}
	for _, group := range slices.SortedFunc(maps.Keys(rest), compareGroups) {
		others := rest[group]
		if len(others) == 1 {
			g.add(others[0], others[0])
			continue
		}
		what := "more hosts"
		if group == groupOutside {
			what = "hosts outside"
		}
		g.add(&node{name: fmt.Sprintf("%d %s", len(others), what), group: group, severity: 7}, others...)
	}
}

// add draws hosts as one node.
func (g *graph) add(as *node, hosts ...*node) {
	for _, h := range hosts {
		g.of[h.name] = len(g.nodes)
		if h != as {
			as.alerts, as.severity = as.alerts+h.alerts, min(as.severity, h.severity)
		}
	}
	g.nodes = append(g.nodes, as)
}

// prefixes are lengths of networks that hosts are grouped by, of IPv4 and IPv6, the narrowest first.
var prefixes = [][2]int{{24, 64}, {16, 48}, {8, 32}, {0, 0}}

// group names each host's group: its Kubernetes namespace if there are several of them, else the narrowest networks that
// are few enough.
func (g *graph) group(hosts map[string]*node, h *hosts) {
	namespaces := map[string]bool{}
	for name := range hosts {
		if ns := h.namespaces[name]; ns != "" {
			namespaces[ns] = true
		}
	}
	byNamespace := len(namespaces) > 1 && len(namespaces) < mostGroups
	for _, prefix := range prefixes {
		groups := map[string]bool{}
		for name, n := range hosts {
			switch {
			case !h.isInside(name):
				n.group = groupOutside
			case byNamespace && h.namespaces[name] != "":
				n.group = "namespace " + h.namespaces[name]
			default:
				n.group = networkOf(name, prefix)
			}
			groups[n.group] = true
		}
		if len(groups) <= mostGroups {
			return
		}
	}
}

func networkOf(address string, prefix [2]int) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return "by name"
	}
	ip = ip.Unmap().WithZone("")
	bits, family := prefix[0], "IPv4"
	if ip.Is6() {
		bits, family = prefix[1], "IPv6"
	}
	p, err := ip.Prefix(bits)
	if err != nil || bits == 0 {
		return family
	}
	return p.String()
}

// compareNames has addresses in their order, before other names.
func compareNames(a, b string) int {
	x, err1 := netip.ParseAddr(a)
	y, err2 := netip.ParseAddr(b)
	if err1 != nil || err2 != nil {
		return cmp.Or(compareBool(err1 != nil, err2 != nil), cmp.Compare(a, b))
	}
	return cmp.Or(x.Compare(y), cmp.Compare(a, b))
}

// compareGroups has networks in the order of their addresses, hosts outside first, and other names after them.
func compareGroups(a, b string) int {
	if a == groupOutside || b == groupOutside {
		return compareBool(a != groupOutside, b != groupOutside)
	}
	x, err1 := netip.ParsePrefix(a)
	y, err2 := netip.ParsePrefix(b)
	if err1 != nil || err2 != nil {
		return cmp.Or(compareBool(err1 != nil, err2 != nil), cmp.Compare(a, b))
	}
	return cmp.Or(x.Addr().Compare(y.Addr()), cmp.Compare(x.Bits(), y.Bits()))
}
