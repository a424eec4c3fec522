package intrusion

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

const nodeCount = 12

// world is the cloud with all that is right in it.
type world struct {
	maker
	end    int64
	scale  float64 // of the default number of records
	queue  queue
	parent []byte   // header of traces
	free   []*Event // that are in no queue

	nodes   [nodeCount]node
	fleets  []*fleet
	byName  map[string]*fleet
	inUse   map[netip.Addr]bool
	steps   []step // what a visitor may do
	weights int

	troubles []trouble
}

type node struct {
	addr netip.Addr
	last int // number of the last pod that it got
}

// fleet is a service with its pods and its routes, compiled.
type fleet struct {
	*service
	own    bool // of the shop, not of the platform or somebody else's
	host   string
	pods   []*pod
	routes map[string]*endpoint
	token  string // of its account for Kubernetes
	key    string // that others give to the shop
	health *endpoint
	scrape *endpoint
}

// publicHost is how the gateway is known outside.
const publicHost = "www.shop.example"

// pod is one instance, or anything else that calls.
type pod struct {
	addr netip.Addr
	node *node
	of   *fleet
	gone bool
}

type endpoint struct {
	*route
	of                *fleet
	path, ask, answer template
	calls             []call
}

type call struct {
	odds float64
	to   *endpoint
}

// trouble is a while in which a service fails now and then.
type trouble struct {
	of          *fleet
	first, last int64
	share       float64
	status      int
}

func newWorld(o Options) *world {
	w := &world{
		maker:  newMaker(o, 0x776f726c64),
		end:    int64(o.Hours * float64(time.Hour)),
		scale:  float64(o.RecordsPerHour) / defaultRecords,
		byName: map[string]*fleet{},
		inUse:  map[netip.Addr]bool{},
	}
	for i := range w.nodes {
		w.nodes[i] = node{addr: netip.AddrFrom4([4]byte{10, 20, 0, byte(11 + i)}), last: 1}
	}
	w.link()
	for i, f := range w.fleets {
		for n := range f.replicas {
			switch {
			case f.outside:
				addr := netip.AddrFrom4([4]byte{198, 51, 100, byte(10 * (i + 1 - len(w.fleets) + 8))})
				if f.name == "metadata" {
					addr = netip.MustParseAddr("169.254.169.254")
				}
				f.pods = append(f.pods, &pod{addr: addr, node: &w.nodes[0], of: f})
			case f.name == "kubelet":
				f.pods = append(f.pods, &pod{addr: w.nodes[n].addr, node: &w.nodes[n], of: f})
			case f.name == "kube-apiserver":
				host := &node{addr: netip.AddrFrom4([4]byte{10, 20, 0, byte(2 + n)})}
				f.pods = append(f.pods, &pod{addr: host.addr, node: host, of: f})
			case f.replicas == nodeCount: // one on each
				f.pods = append(f.pods, w.place(f, &w.nodes[n]))
			default:
				f.pods = append(f.pods, w.place(f, &w.nodes[(i*5+n*7)%nodeCount]))
			}
		}
	}
	w.clockwork()
	w.visitors()
	return w
}

// link makes fleets of services and resolves who calls whom.
func (w *world) link() {
	for i := range services {
		s := &services[i]
		space, own := "shop", i < inside
		if !own {
			space = "platform"
		}
		f := &fleet{service: s, own: own, routes: map[string]*endpoint{}, host: fmt.Sprintf("%s.%s.svc.cluster.local:%d", s.name, space, s.port)}
		if host, ok := hosts[s.name]; ok {
			f.host = host
		}
		if s.outside {
			f.key = "key_" + string(appendHex(nil, w.Uint64(), 16))
			one := *s
			one.replicas = 1
			f.service = &one
		}
		if s.kube != "" {
			f.token = bearer("system:serviceaccount:platform:"+s.name, w.Uint64(), w.start.Add(-20*time.Minute))
		}
		add := func(r *route) *endpoint {
			e := &endpoint{route: r, of: f, path: compile(r.path), ask: compile(r.ask), answer: compile(r.answer)}
			f.routes[r.name] = e
			return e
		}
		for j := range s.routes {
			add(&s.routes[j])
		}
		if s.health != "" {
			f.health = add(&route{name: "(health)", method: "GET", path: s.health, answer: done})
		}
		if s.metrics != "" {
			f.scrape = add(&route{name: "(metrics)", method: "GET", path: s.metrics, kind: "text/plain; version=0.0.4; charset=utf-8", bytes: 30_000,
				answer: "# HELP http_server_requests_total Requests served.\n# TYPE http_server_requests_total counter\n{24-24 metric}"})
		}
		w.fleets = append(w.fleets, f)
		w.byName[s.name] = f
	}
	for _, f := range w.fleets {
		for _, e := range f.routes {
			for _, text := range e.route.calls {
				c := call{odds: 1}
				if share, name, ok := strings.Cut(text, "% "); ok {
					n, err := strconv.Atoi(share)
					if err != nil {
						panic(fmt.Sprintf("cannot read call %q: %v", text, err))
					}
					c.odds, text = float64(n)/100, name
				}
				c.to = w.endpoint(text)
				e.calls = append(e.calls, c)
			}
		}
	}
}

// endpoint finds "users.get".
func (w *world) endpoint(name string) *endpoint {
	of, route, _ := strings.Cut(name, ".")
	if f := w.byName[of]; f != nil && f.routes[route] != nil {
		return f.routes[route]
	}
	panic(fmt.Sprintf("no service has the route %q", name))
}

// place makes a pod with an address that no other has.
func (w *world) place(f *fleet, n *node) *pod {
	for {
		n.last = 2 + (n.last-1)%250
		addr := netip.AddrFrom4([4]byte{10, 42, n.addr.As4()[3] - 10, byte(n.last)})
		if !w.inUse[addr] {
			w.inUse[addr] = true
			return &pod{addr: addr, node: n, of: f}
		}
	}
}

func (w *world) pod(f *fleet) *pod { return f.pods[w.IntN(len(f.pods))] }

// next is the event that begins first; false when the time is over.
func (w *world) next() (Event, bool) {
	for {
		it, ok := w.queue.pop(w.end)
		if !ok {
			return Event{}, false
		}
		if it.event != nil {
			e := *it.event
			*it.event = Event{}
			w.free = append(w.free, it.event)
			return e, true
		}
		it.run(it.at)
	}
}

// plan has something done at a time.
func (w *world) plan(at int64, run func(at int64)) { w.queue.push(item{at: at, run: run}) }

// every does something again and again, with the phase of its first time, until it says false. With fewer
// records than by default, it does so more slowly.
func (w *world) every(period time.Duration, run func(at int64) bool) {
	p := float64(period) / min(1, w.scale)
	var again func(at int64)
	again = func(at int64) {
		if run(at) {
			// Timers are late by a few milliseconds, and not by the same ones.
			w.plan(at+int64(p)+w.Int64N(int64(6*time.Millisecond))-int64(3*time.Millisecond), again)
		}
	}
	w.plan(w.queue.now+w.Int64N(int64(p)), again)
}

// call is an exchange with all that it leads to. It returns how long it took and how it ended; callers
// try again what failed and changes nothing.
func (w *world) call(f *flow, at int64, from *pod, to *endpoint) (took int64, status int) {
	took, status = w.try(f, at, from, w.pod(to.of), to)
	for again := range int64(2) {
		if status < 500 || to.method != "GET" || from.of == nil {
			break
		}
		wait := int64(50*time.Millisecond)<<again + w.Int64N(int64(30*time.Millisecond))
		var more int64
		more, status = w.try(f, at+took+wait, from, w.pod(to.of), to)
		took += wait + more
	}
	return took, status
}

func (w *world) try(f *flow, at int64, from, server *pod, to *endpoint) (took int64, status int) {
	status = to.status
	if status == 0 {
		status = 200
	}
	own := int64(w.about(to.of.median, 0.5) * float64(time.Millisecond))
	switch {
	case to.absent > 0 && w.odds(to.absent):
		status = 404
	case w.odds(0.0006):
		status = pick(&w.maker, 500, 500, 503, 504)
	default:
		for i := range w.troubles {
			if t := &w.troubles[i]; t.of == to.of && at >= t.first && at < t.last && w.odds(t.share) {
				status = t.status
			}
		}
	}
	took = own / 2
	if status < 400 {
		for _, c := range to.calls {
			if c.odds < 1 && !w.odds(c.odds) {
				continue
			}
			hop := *f
			if to.of.name != "gateway" {
				hop.forward = ""
			}
			d, s := w.call(&hop, at+took+int64(200*time.Microsecond), server, c.to)
			took += d + int64(200*time.Microsecond)
			if s >= 500 && c.odds == 1 {
				status = pick(&w.maker, 500, 502, 503)
				break
			}
			if s == 404 && c.odds == 1 && to.of.name == "gateway" {
				status = 404
			}
		}
	}
	took += own / 2
	w.record(f, at, took, from, server, to, status)
	return took, status
}

// record makes the event of an exchange whose result is known.
func (w *world) record(f *flow, at, took int64, from, server *pod, to *endpoint, status int) {
	w.clear()
	f.at = at
	x := hop{
		at: at, took: took,
		client: netip.AddrPortFrom(from.addr, w.port(from.addr, server.addr, at)),
		server: netip.AddrPortFrom(server.addr, to.of.port),
		method: to.method, host: to.of.host, serverName: to.of.server, status: status,
	}
	x.probe = server.node.addr
	if to.of.outside { // the probe is where the client is
		x.probe = from.node.addr
	}
	w.uri, _ = to.path.render(&w.maker, f, w.uri)
	w.ask, w.askUnseen = to.ask.render(&w.maker, f, w.ask)
	if len(w.ask) > 0 {
		x.askKind = "application/json"
	}
	w.result(&x, f, to)
	w.request(&x, f, from, server)
	e := w.take()
	*e = w.event(&x)
	w.queue.push(item{at: at, event: e})
}

func (w *world) take() *Event {
	if n := len(w.free); n > 0 {
		e := w.free[n-1]
		w.free = w.free[:n-1]
		return e
	}
	return new(Event)
}

// result is the body of the answer and what it is.
func (w *world) result(x *hop, f *flow, to *endpoint) {
	switch {
	case x.status == 204:
	case x.status == 202 && len(to.answer) == 0:
	case x.status == 404:
		x.kind, w.answer = openAPI, append(w.answer, `{"error":"not_found"}`...)
	case x.status == 401:
		x.kind, w.answer = openAPI, append(w.answer, `{"error":"invalid_credentials"}`...)
	case x.status == 500:
		x.kind, w.answer = openAPI, append(w.answer, `{"error":"internal","retry":true}`...)
	case x.status > 500:
		x.kind, w.answer = plainText, append(w.answer, "upstream connect error or disconnect before headers\n"...)
	default:
		x.kind = to.kind
		if x.kind == "" {
			x.kind = "application/json"
		}
		w.answer, w.unseen = to.answer.render(&w.maker, f, w.answer)
		if to.bytes > 0 {
			w.unseen += int(w.about(float64(to.bytes), 0.4))
		}
		// The rest of a page is there, though it is of no interest.
		for to.bytes > 0 && len(w.answer) > 0 && len(w.answer) < nanoBody {
			w.answer = append(w.answer, filler(x.kind)...)
		}
	}
}

func filler(kind string) string {
	if kind == html {
		return "<div class=\"tile\"><span>New</span></div>\n"
	}
	return "process_open_fds 41\n"
}

// request are the headers that a caller sends.
func (w *world) request(x *hop, f *flow, from, server *pod) {
	caller := from.of
	if caller == nil { // from outside
		x.agent, x.host = f.agent, publicHost
		if f.browser {
			w.add("Accept", "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8")
			w.add("Accept-Language", pick(&w.maker, "en-GB,en;q=0.9", "de-DE,de;q=0.9,en;q=0.7", "en-US,en;q=0.5"))
		} else {
			w.add("Accept", "application/json")
		}
		w.add("Accept-Encoding", "gzip, deflate, br")
		w.add("Authorization", f.token)
		return
	}
	x.agent = caller.agent
	switch {
	case server.of.name == "metadata": // asked by the node's agent
		x.agent = goClient
		w.add("Accept-Encoding", "gzip")
		return
	case caller.name == "kubelet" && server.of.name != "kube-apiserver" && server.of.name != "registry":
		x.host = netip.AddrPortFrom(server.addr, server.of.port).String()
		w.add("Accept", "*/*")
		w.add("Connection", "close")
		return
	case caller.name == "prometheus" && server.of.name != "kube-apiserver":
		x.host = netip.AddrPortFrom(server.addr, server.of.port).String()
		w.add("Accept", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1")
		w.add("Accept-Encoding", "gzip")
		w.add("X-Prometheus-Scrape-Timeout-Seconds", "10")
		return
	case server.of.name == "kube-apiserver":
		x.agent = caller.kube
		w.add("Accept", "application/json")
		w.add("Accept-Encoding", "gzip")
		w.add("Authorization", caller.token)
		return
	case caller.name == "kubelet":
		x.agent = "containerd/v1.7.24"
	}
	w.add("Accept", "application/json, */*;q=0.5")
	w.add("Accept-Encoding", "gzip")
	if server.of.outside {
		w.add("Authorization", "Bearer "+server.of.key)
		return
	}
	if server.of.own { // the platform has nothing to do with visitors
		w.add("Authorization", f.token)
	}
	if f.forward != "" && caller.name == "gateway" {
		x.forward = f.forward
		w.add("X-Forwarded-For", f.forward)
		w.add("X-Forwarded-Proto", "https")
	}
	if f.trace != 0 {
		w.parent = append(w.parent[:0], "00-"...)
		w.parent = appendHex(appendHex(w.parent, mix(f.trace), 16), mix(f.trace+1), 16)
		w.parent = append(appendHex(append(w.parent, '-'), w.Uint64(), 16), "-01"...)
		w.add("traceparent", string(w.parent))
	}
}
