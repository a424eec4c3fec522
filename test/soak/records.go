package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/netip"
	"strings"
	"time"

	"github.com/modsecurity-for-anylog/msa/internal/event"
	"github.com/modsecurity-for-anylog/msa/test/accesslog"
	"github.com/modsecurity-for-anylog/msa/test/intrusion"
)

// maker makes chunks of records of all sorts: a shop's clients with every value new, traffic between its services, attacks in
// both, and hostile records.
type maker struct {
	clients  *accesslog.Generator
	services *intrusion.Generator
	hours    uint64
	n        int
}

func newMaker() *maker { return &maker{clients: accesslog.New(1), services: services(1)} }

// services are an hour of a shop's services, the end of which has an intruder.
func services(seed uint64) *intrusion.Generator {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC).Add(time.Duration(seed-1) * time.Hour)
	return intrusion.New(intrusion.Options{Seed: seed, Start: start, RecordsPerHour: 50_000, Intrusion: true})
}

// chunk is one of n records.
func (m *maker) chunk(n int) (chunk []byte) {
	for range n {
		var err error
		if chunk, err = event.AppendRecord(chunk, time.Unix(1_772_442_000+int64(m.n/1000), 0), m.record()); err != nil {
			panic(err) // the generators' JSON is theirs
		}
	}
	return chunk
}

// hostileEvery is which records are hostile: each is as large as hundreds of others.
const hostileEvery = 500

func (m *maker) record() []byte {
	m.n++
	switch {
	case m.n%hostileEvery == 0:
		return hostileRecord(m.n / hostileEvery)
	case m.n%5 == 0:
		for {
			if e, ok := m.services.Next(); ok {
				return e.AppendNano(nil)
			}
			m.hours++
			m.services = services(m.hours + 1)
		}
	}
	r := m.clients.Next()
	r.Client = netip.AddrPortFrom(ofFew(r.Client.Addr()), r.Client.Port())
	separator := "?"
	if strings.Contains(r.URI, "?") {
		separator = "&"
	}
	r.URI += fmt.Sprintf("%sn=n%d", separator, m.n)
	return r.AppendNano(nil)
}

// shopClients are so few that the warm-up sees them all. What is remembered of clients has room for 200,000, which would go on
// filling for hours, and would look like a leak.
const shopClients = 5000

// ofFew is always the same of those for an address.
func ofFew(a netip.Addr) netip.Addr {
	h := fnv.New32a()
	_, _ = h.Write(a.AsSlice())
	n := h.Sum32() % shopClients
	return netip.AddrFrom4([4]byte{198, 18, byte(n >> 8), byte(n)})
}

// texts are what parsers, patterns and recognisers like.
var texts = []string{
	"a", "'", `\'`, `"`, "<", "<a b='", "<!--", "/*", "%25", "%u0041", "&#", "\\u0041", "../", "$(", "=", ",", "\x00", "\u0080", "\u2028", "\u017f", "😀", "select ", "a=1&", "a[",
	"{", "[", "x'or 1=1 ", "<?php ", "aHR0cDovL2E", "0x41", "4111 1111 1111 1111 ", "DE89370400440532013000 ", "eyJhbGciOiJub25lIn0.", "user@example.com ",
}

var places = []func(text string) map[string]string{
	func(text string) map[string]string {
		return map[string]string{"REQ_HEADER": head("application/x-www-form-urlencoded"), "REQ_BODY": "q=" + fill(text, 128<<10)}
	},
	func(text string) map[string]string {
		return map[string]string{"REQ_HEADER": head("application/json"), "REQ_BODY": `{"q":` + quote(fill(text, 64<<10)) + "}"}
	},
	func(text string) map[string]string {
		return map[string]string{"REQ_HEADER": head("text/xml"), "REQ_BODY": "<a>" + fill(text, 128<<10) + "</a>"}
	},
	func(text string) map[string]string {
		return map[string]string{"REQ_HEADER": head("multipart/form-data; boundary=b"),
			"REQ_BODY": "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n" + fill(text, 127<<10) + "\r\n--b--\r\n"}
	},
	func(text string) map[string]string {
		return map[string]string{"URL": "/" + fill(text, 16<<10) + "?q=" + fill(text, 16<<10)}
	},
	func(text string) map[string]string {
		return map[string]string{"REQ_HEADER": head("text/plain", "Cookie: q="+fill(text, 30<<10), "User-Agent: "+fill(text, 10<<10), "Referer: "+fill(text, 20<<10))}
	},
	func(text string) map[string]string {
		return map[string]string{"RSP_HEADER": "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", "RSP_BODY": fill(text, 128<<10)}
	},
}

// hostileRecord is the n-th: each text in each place, from a client that comes again after 500 others.
func hostileRecord(n int) []byte {
	r := places[n%len(places)](texts[n/len(places)%len(texts)])
	c := n * 7919 % 500
	r["SRC_IP"], r["DST_IP"], r["RETCODE"], r["METHOD"] = fmt.Sprintf("10.9.%d.%d", c/250, c%250+1), "10.0.0.2", "200", "POST"
	if r["URL"] == "" {
		r["URL"] = fmt.Sprintf("/hostile/%d", n)
	}
	return []byte(quote(r))
}

func head(contentType string, more ...string) string {
	return "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: " + contentType + "\r\n" + strings.Join(append(more, "", ""), "\r\n")
}

func fill(text string, size int) string { return strings.Repeat(text, size/len(text)) }

// quote is a value as JSON, with < and & as they are.
func quote(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // texts and maps of texts
	}
	return strings.TrimSpace(b.String())
}
