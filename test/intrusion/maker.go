package intrusion

import (
	"math"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"strconv"
	"time"
)

// maker writes exchanges. The services' side and the intruder's have one each, so that neither draws from
// the other's random numbers.
type maker struct {
	*rand.Rand
	start   time.Time
	popular *rand.Zipf // products: few are looked at by many

	// Memory that is used again and again.
	buf, uri, ask, answer []byte
	headers               []header
	askUnseen, unseen     int // bytes of ask and answer that are not written, as the probe cuts them anyway

	second int64 // that date is of
	date   []byte
}

type header struct{ name, value string }

// Products and customers have the numbers from 1001 and 100001 on.
const (
	products, firstProduct   = 6_000, 1001
	customers, firstCustomer = 40_000, 100_001
)

func newMaker(o Options, stream uint64) maker {
	r := rand.New(rand.NewPCG(o.Seed, stream))
	return maker{Rand: r, start: o.Start, popular: rand.NewZipf(r, 1.2, 10, products-1), second: -1}
}

// hop is what of an exchange is neither text nor size.
type hop struct {
	stage          string
	at, took       int64 // nanoseconds since the start, and of length
	client, server netip.AddrPort
	probe          netip.Addr
	method, host   string
	askKind, kind  string // media types; "" without a body
	agent, forward string
	serverName     string // header of the response
	status         int
}

// event puts an exchange together from m's uri, headers, ask and answer. All its text is one allocation.
func (m *maker) event(x *hop) Event {
	m.buf = append(m.buf[:0], x.method...)
	b := m.buf
	b = append(b, ' ')
	b = append(b, m.uri...)
	uriEnd := len(b)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(append(b, x.host...), "\r\n"...)
	if x.agent != "" {
		b = append(append(append(b, "User-Agent: "...), x.agent...), "\r\n"...)
	}
	for _, h := range m.headers {
		b = append(append(append(append(b, h.name...), ": "...), h.value...), "\r\n"...)
	}
	if x.askKind != "" {
		b = append(append(append(b, "Content-Type: "...), x.askKind...), "\r\nContent-Length: "...)
		b = append(strconv.AppendInt(b, int64(len(m.ask)+m.askUnseen), 10), "\r\n"...)
	}
	b = append(b, "\r\n"...)
	requestEnd := len(b)
	b = append(b, m.ask[:min(len(m.ask), nanoBody)]...)
	askEnd := len(b)
	if x.status != 0 {
		b = append(b, "HTTP/1.1 "...)
		b = append(append(strconv.AppendInt(b, int64(x.status), 10), ' '), http.StatusText(x.status)...)
		b = append(b, "\r\nDate: "...)
		b = append(m.appendDate(b, x.at+x.took), "\r\n"...)
		if x.serverName != "" {
			b = append(append(append(b, "Server: "...), x.serverName...), "\r\n"...)
		}
		if x.kind != "" {
			b = append(append(append(b, "Content-Type: "...), x.kind...), "\r\n"...)
		}
		if x.status != http.StatusNoContent && x.status != http.StatusNotModified {
			b = append(b, "Content-Length: "...)
			b = append(strconv.AppendInt(b, int64(len(m.answer)+m.unseen), 10), "\r\n"...)
		}
		b = append(b, "Connection: keep-alive\r\n\r\n"...)
	}
	responseEnd := len(b)
	if x.method != http.MethodHead {
		b = append(b, m.answer[:min(len(m.answer), nanoBody)]...)
	}
	m.buf = b

	s := string(b)
	size := requestEnd + len(m.ask) + m.askUnseen + responseEnd - askEnd
	if x.method != http.MethodHead {
		size += len(m.answer) + m.unseen
	}
	return Event{
		Time: m.start.Add(time.Duration(x.at).Truncate(time.Millisecond)), Stage: x.stage,
		Client: x.client, Server: x.server,
		Method: x.method, URI: s[len(x.method)+1 : uriEnd], Host: x.host, Agent: x.agent,
		Status: x.status, Bytes: size,
		RequestHeader: s[:requestEnd], RequestBody: s[requestEnd:askEnd],
		ResponseHeader: s[askEnd:responseEnd], ResponseBody: s[responseEnd:],
		forward: x.forward, probe: x.probe, took: time.Duration(x.took),
	}
}

// clear forgets the last exchange.
func (m *maker) clear() {
	m.uri, m.ask, m.answer, m.headers = m.uri[:0], m.ask[:0], m.answer[:0], m.headers[:0]
	m.askUnseen, m.unseen = 0, 0
}

func (m *maker) add(name, value string) {
	if value != "" {
		m.headers = append(m.headers, header{name, value})
	}
}

// appendDate writes what many answers of one second have in common.
func (m *maker) appendDate(b []byte, at int64) []byte {
	at += int64(m.start.Nanosecond())
	if s := at / int64(time.Second); s != m.second {
		m.second = s
		m.date = m.start.Truncate(time.Second).Add(time.Duration(s)*time.Second).AppendFormat(m.date[:0], http.TimeFormat)
	}
	return append(b, m.date...)
}

// port is one of a few that a client keeps open to a server; another one after ten minutes, or when the
// number of connections needs it.
func (m *maker) port(client, server netip.Addr, at int64) uint16 {
	c, s := client.As4(), server.As4()
	n := mix(uint64(c[1])<<40|uint64(c[2])<<32|uint64(c[3])<<24|uint64(s[1])<<16|uint64(s[2])<<8|uint64(s[3])) + uint64(at/int64(10*time.Minute))*7 + m.Uint64()%3
	return uint16(32768 + mix(n)%28232)
}

func (m *maker) odds(p float64) bool { return m.Float64() < p }

func (m *maker) between(least, most int) int { return least + m.IntN(most-least+1) }

// about is a duration or size around a median, with the long tail that both have.
func (m *maker) about(median, sigma float64) float64 {
	return median * math.Exp(sigma*m.NormFloat64())
}

func pick[T any](m *maker, choices ...T) T { return choices[m.IntN(len(choices))] }

// mix spreads the bits of a number: what belongs to a customer or product is derived from its number by it,
// so it is the same wherever it appears (Steele, Lea, Flood: SplitMix64's finalizer).
func mix(n uint64) uint64 {
	n += 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}
