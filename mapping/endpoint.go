package mapping

import (
	"net/netip"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Endpoint is one side of a connection, as logged.
type Endpoint struct {
	Address string // an IP address, unless the log says otherwise
	Port    string // decimal, or empty
}

type endpointSpec struct {
	address, port field
	forwarded     field
	trusted       []netip.Prefix
	workload      workloadSpec
	credential    field // of the client only
}

func (y *yamlReader) endpoint(what string, into *endpointSpec, client bool) func(ast.Node) error {
	return func(node ast.Node) error {
		known := readers{"address": y.fieldInto(&into.address), "port": y.fieldInto(&into.port), "workload": y.workload(&into.workload)}
		if client {
			known["forwarded"] = y.fieldInto(&into.forwarded)
			known["credential"] = y.fieldInto(&into.credential)
			known["trusted_proxies"] = func(n ast.Node) error {
				return y.each(n, func(n ast.Node) error { return y.network(n, &into.trusted) })
			}
		}
		into.address.wholeList = client // of which firstClient chooses one
		return y.members(node, what, known)
	}
}

// network reads 10.0.0.0/8, an address, or the word private.
func (y *yamlReader) network(node ast.Node, into *[]netip.Prefix) error {
	s, err := y.text(node)
	if err != nil {
		return err
	}
	if s == "private" {
		*into = append(*into, PrivateNetworks()...)
		return nil
	}
	p, err := ParseNetwork(s)
	if err != nil {
		return positioned(node, "%w, nor the word private", err)
	}
	*into = append(*into, p)
	return nil
}

func (m *Mapping) endpoint(tx *Transaction, spec *endpointSpec) Endpoint {
	text, port := m.text(tx, &spec.address), m.text(tx, &spec.port)
	if strings.IndexByte(text, ',') >= 0 {
		text = firstClient(text)
	}
	address, itsPort := splitAddress(text)
	if v4, ok := strings.CutPrefix(address, mappedIPv4); ok && strings.IndexByte(v4, '.') > 0 {
		address = v4
	}
	return Endpoint{address, first(itsPort, port)}
}

// mappedIPv4 begins an IPv4 address as a socket for both families shows it.
const mappedIPv4 = "::ffff:"

// firstClient is the first address of a list that is one on the Internet, or else the first address, or else the
// list's first element.
func firstClient(list string) string {
	found := ""
	head, _, _ := strings.Cut(list, ",")
	for list != "" {
		var one string
		one, list, _ = strings.Cut(list, ",")
		one = trimSpace(one)
		switch ip, ok := parseAddress(one); {
		case !ok:
		case !isInternal(ip):
			return one
		default:
			found = first(found, one)
		}
	}
	return first(found, trimSpace(head))
}

func isInternal(ip netip.Addr) bool {
	return ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsUnspecified()
}

// isPublic reports whether a text has an address on the Internet in it.
func isPublic(list string) bool {
	ip, ok := parseAddress(firstClient(list))
	return ok && !isInternal(ip)
}

// splitAddress cuts the port off address:port and [address]:port, and the scheme and path off a URL. A socket in
// the file system has no address. What is no such thing stays as it is.
func splitAddress(s string) (address, port string) {
	if i := strings.Index(s, "://"); i > 0 {
		s, _, _ = strings.Cut(s[i+len("://"):], "/")
	}
	if bare, ok := strings.CutPrefix(s, "/"); ok && isAddress(bare) { // Java's, of no name
		s = bare
	}
	if strings.HasPrefix(s, "unix:") {
		return "", ""
	}
	if len(s) > 1 && s[0] == '[' && s[len(s)-1] == ']' {
		return s[1 : len(s)-1], ""
	}
	colon := strings.LastIndexByte(s, ':')
	if colon < 0 {
		return s, ""
	}
	host, port := s[:colon], s[colon+1:]
	switch {
	case s[0] == '[' && strings.HasSuffix(host, "]"):
		return host[1 : len(host)-1], port
	case strings.IndexByte(host, ':') >= 0 || strings.Trim(port, "0123456789") != "":
		return s, "" // IPv6, or no port
	}
	return host, port
}

// behindProxies is the client that a chain of proxies tells of: the last address that
// is no trusted proxy, beginning with the one that connected. chain is from the
// client to the last proxy.
func behindProxies(connected Endpoint, chain []string, trusted []netip.Prefix) Endpoint {
	client := connected
	for i := len(chain) - 1; i >= 0 && isIn(trusted, client.Address); i-- {
		address, port := splitAddress(trimSpace(chain[i]))
		if _, err := netip.ParseAddr(address); err != nil {
			break // unknown, _hidden: nothing before it can be believed
		}
		client = Endpoint{address, port}
	}
	return client
}

// forwarded finds the client behind trusted proxies, and reports whether it is another one than who connected.
func (m *Mapping) forwarded(tx *Transaction) bool {
	spec := &m.client
	if len(spec.trusted) == 0 {
		return false
	}
	var chain []string
	add := func(s string) {
		if s != "" && !m.none.has(s) {
			chain = append(chain, strings.Split(s, ",")...)
		}
	}
	if spec.forwarded.isSet() {
		if list, ok := spec.forwarded.object(tx); ok && isArray(list) {
			eachElement(list, func(v Record) {
				s, _ := v.text()
				add(s)
			})
		} else {
			add(m.text(tx, &spec.forwarded))
		}
	} else {
		for _, h := range tx.RequestHeaders {
			if strings.EqualFold(h.Name, "x-forwarded-for") {
				add(h.Value)
			}
		}
	}
	connected := tx.Client
	tx.Client = behindProxies(connected, chain, spec.trusted)
	return tx.Client != connected
}

func isIn(networks []netip.Prefix, address string) bool {
	ip, err := ParseAddress(address)
	if err != nil {
		return false
	}
	for _, p := range networks {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}
