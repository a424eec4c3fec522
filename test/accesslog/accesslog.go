// Package accesslog makes the traffic of an invented online shop, the way that real access logs
// have it: people, apps and single-page applications, crawlers, probes, feeds, a blog, and now and
// then somebody who attacks. A request has all that its client sends, so that one and the same request
// can be written as the line that nginx logs and as the record of a probe that sees everything.
//
// Nothing in it is of a real log. Names are reserved ones (RFC 2606), addresses too (RFC 5737, RFC 2544,
// RFC 3849). What is real are the shapes: how clients name themselves, which headers they send and in
// which order, how parameters look.
package accesslog

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"time"
)

// Request is one exchange.
type Request struct {
	Kind   string // which of Kinds made it
	Attack bool

	Time           time.Time
	Client, Server netip.AddrPort

	Method, URI, Protocol string
	Headers               []Header // all that the client sent, in its order
	Body                  string

	Status int
	Size   int // of the response's body
}

// Header is one header line.
type Header struct{ Name, Value string }

// Header is the value of the first header of a name, "" without one.
func (r *Request) Header(name string) string {
	for _, h := range r.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

func (r *Request) add(name, value string) {
	if value != "" {
		r.Headers = append(r.Headers, Header{name, value})
	}
}

// post gives the request a body, with the headers that say so.
func (r *Request) post(contentType, body string) {
	r.Body = body
	r.add("Content-Type", contentType)
	r.add("Content-Length", fmt.Sprint(len(body)))
}

// Generator makes requests, one after the other. It makes the same ones for the same seed. It is
// not safe for concurrent use.
type Generator struct {
	*rand.Rand
	now      time.Time
	visitors []*visitor // who is on the site now
	scanners []netip.Addr
	popular  *rand.Zipf // products: few are looked at by many
	weights  int
}

// The shop has this many products.
const products = 40_000

// New makes a generator.
func New(seed uint64) *Generator {
	g := &Generator{
		Rand: rand.New(rand.NewPCG(seed, 0x6d7361)),
		now:  time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
	}
	g.popular = rand.NewZipf(g.Rand, 1.3, 12, products-1)
	for range 300 {
		g.visitors = append(g.visitors, g.visitor())
	}
	for range 8 {
		g.scanners = append(g.scanners, g.address())
	}
	for _, k := range kinds {
		g.weights += k.weight
	}
	return g
}

// Next is the next request.
func (g *Generator) Next() Request {
	g.now = g.now.Add(time.Duration(g.ExpFloat64() * float64(25*time.Millisecond)))
	n := g.IntN(g.weights)
	i := 0
	for n >= kinds[i].weight {
		n -= kinds[i].weight
		i++
	}
	r := kinds[i].make(g)
	r.Kind, r.Attack, r.Time = kinds[i].name, kinds[i].attack, g.now
	if !r.Client.IsValid() {
		r.Client = netip.AddrPortFrom(g.address(), g.port())
	}
	r.Server = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 20, 0, byte(11 + g.IntN(4))}), 8080)
	if r.Status == 0 {
		r.Status = 200
	}
	if g.odds(0.003) { // something broke behind the proxy
		r.Status = pick(g, 500, 502, 502, 503, 504)
	}
	if r.Size == 0 && r.Status != 204 && r.Status != 304 && r.Method != "HEAD" {
		r.Size = 180 + int(g.ExpFloat64()*9000)
	}
	return r
}

// kind is one sort of traffic; weight is its share in a thousand.
type kind struct {
	name   string
	weight int
	attack bool
	make   func(*Generator) Request
}

var kinds = []kind{
	// people and the pages they look at
	{"page", 160, false, (*Generator).page},
	{"search", 40, false, (*Generator).search},
	{"form", 18, false, (*Generator).form},
	{"asset", 200, false, (*Generator).asset},
	{"image", 88, false, (*Generator).image},
	{"download", 8, false, (*Generator).download},
	{"login", 14, false, (*Generator).login},
	{"legacy page", 3, false, (*Generator).legacy},
	{"not found", 14, false, (*Generator).notFound},
	{"blog", 30, false, (*Generator).blog},
	// programs in browsers and on phones
	{"api", 85, false, (*Generator).api},
	{"api write", 16, false, (*Generator).apiWrite},
	{"graphql", 22, false, (*Generator).graphQL},
	{"beacon", 22, false, (*Generator).beacon},
	{"mobile app", 55, false, (*Generator).app},
	{"preflight", 5, false, (*Generator).preflight},
	// machines
	{"crawler", 55, false, (*Generator).crawler},
	{"feed reader", 12, false, (*Generator).feedReader},
	{"health check", 105, false, (*Generator).healthCheck},
	{"monitoring", 18, false, (*Generator).monitoring},
	{"webhook", 4, false, (*Generator).webhook},
	{"partner", 8, false, (*Generator).partner},
	// others
	{"probe", 10, true, (*Generator).probe},
	{"injection", 5, true, (*Generator).injection},
	{"brute force", 3, true, (*Generator).bruteForce},
}

// pick is one of the choices; name one more than once to have it more often.
func pick[T any](g *Generator, choices ...T) T { return choices[g.IntN(len(choices))] }

func (g *Generator) odds(p float64) bool { return g.Float64() < p }

func (g *Generator) between(least, most int) int { return least + g.IntN(most-least+1) }

// address is one of the networks that are for documentation and tests.
func (g *Generator) address() netip.Addr {
	if g.odds(0.12) {
		var a [16]byte
		copy(a[:], []byte{0x20, 0x01, 0x0d, 0xb8, byte(g.IntN(64)), byte(g.Uint32()), 0, 0})
		for i := 8; i < 16; i++ {
			a[i] = byte(g.Uint32())
		}
		return netip.AddrFrom16(a)
	}
	return netip.AddrFrom4([4]byte{198, byte(18 + g.IntN(2)), byte(g.Uint32()), byte(1 + g.IntN(254))})
}

func (g *Generator) port() uint16 { return uint16(g.between(32768, 60999)) }

func (g *Generator) hex(n int) string { return g.letters(n, "0123456789abcdef") }

func (g *Generator) uuid() string {
	return g.hex(8) + "-" + g.hex(4) + "-4" + g.hex(3) + "-" + pick(g, "8", "9", "a", "b") + g.hex(3) + "-" + g.hex(12)
}

const (
	digits    = "0123456789"
	alnum     = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" + digits
	base64URL = alnum + "-_"
)

func (g *Generator) letters(n int, of string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = of[g.IntN(len(of))]
	}
	return string(b)
}
