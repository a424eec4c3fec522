package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/modsecurity-for-anylog/msa/test/lab/app"
)

// lab is two sites, one of them weak, with a recorder before them.
type lab struct {
	ledger *app.Ledger
	*recorder
	weakSite, strongSite *app.Site
	random               *rand.Rand // of the hand-written part: the same in each run
	clients              int
}

// The sites' addresses, as the records have them.
const (
	weakAddress   = "10.2.0.31"
	strongAddress = "10.2.0.32"
)

func newLab(dir string, c clock) (*lab, error) {
	ledger := app.NewLedger()
	l := &lab{ledger: ledger, recorder: &recorder{ledger: ledger, clock: c}, random: rand.New(rand.NewPCG(14, 10))} //nolint:gosec // it has to be the same each time
	_, isSet := c.(*setClock)
	for _, s := range []struct {
		site    **app.Site
		name    string
		weak    bool
		address string
	}{{&l.weakSite, "weak", true, weakAddress}, {&l.strongSite, "strong", false, strongAddress}} {
		home := filepath.Join(dir, s.name)
		if err := os.MkdirAll(home, 0o755); err != nil {
			return nil, fmt.Errorf("cannot make the site's folder %q: %w", home, err)
		}
		site, err := app.Listen(app.Config{Weak: s.weak, Dir: home, Ledger: ledger, Real: !isSet,
			Fetch: func(_ int, address string) (string, []byte, error) { return l.outgoing(s.address, s.weak, address) }})
		if err != nil {
			return nil, err
		}
		*s.site = site
	}
	return l, nil
}

func (l *lab) close() { _ = errors.Join(l.weakSite.Close(), l.strongSite.Close()) }

// site is the weak or the strong one, with its address.
func (l *lab) site(weak bool) (*app.Site, string) {
	if weak {
		return l.weakSite, weakAddress
	}
	return l.strongSite, strongAddress
}

// newClient is an address that nobody has had before.
func (l *lab) newClient(network string) string {
	l.clients++
	return fmt.Sprintf("%s.%d.%d", network, l.clients/250, 1+l.clients%250)
}

// Servers that the sites' machines reach, beside which there is nothing on the machine itself.
const metadataAddress = "169.254.169.254"

// outgoing is a request of a site's own machine to another server, which the probe sees, too. No packet is sent: the
// servers are here.
func (l *lab) outgoing(from string, weak bool, address string) (string, []byte, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return "", nil, fmt.Errorf("cannot ask %q", address)
	}
	host := canonical(u.Hostname())
	kind, body, ok := inside(host, u)
	if !ok {
		return "", nil, fmt.Errorf("connection refused: %q", address)
	}
	port := u.Port()
	if port == "" {
		port = "80"
	}
	p := party{campaign: "the site's machine", purpose: around, weak: weak, client: from, server: host, port: port}
	if _, err := netip.ParseAddr(host); err != nil {
		p.server = "203.0.113.80" // where names of the outside lead to
	}
	request := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: Java/17.0.9\r\nAccept: */*\r\n\r\n", u.RequestURI(), u.Host)
	response := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", kind, len(body), body)
	id := l.begin(p)
	l.end(id, l.clock.now(), 1e6, []byte(request), []byte(response))
	return kind, []byte(body), nil
}

// canonical is an address as the network has it, however it is written.
func canonical(host string) string {
	if n, err := strconv.ParseUint(host, 0, 32); err == nil {
		return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}).String()
	}
	if parts := strings.Split(host, "."); len(parts) == 4 {
		var b [4]byte
		for i, p := range parts {
			n, err := strconv.ParseUint(p, 0, 8)
			if err != nil {
				return host
			}
			b[i] = byte(n)
		}
		return netip.AddrFrom4(b).String()
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap().String()
	}
	switch host {
	case "localhost", "0.0.0.0", "::1":
		return "127.0.0.1"
	case "metadata.google.internal":
		return metadataAddress
	}
	return host
}

// inside is what a server answers.
func inside(host string, u *url.URL) (kind, body string, ok bool) {
	switch host {
	case metadataAddress:
		switch path := u.Path; {
		case strings.Contains(path, "security-credentials/"):
			return "application/json", `{"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"ASIALABORATORYONLY00","SecretAccessKey":"0123456789abcdefghijklmnopqrstuvwxyzLAB0","Token":"bGFib3JhdG9yeQ=="}`, true
		case strings.Contains(path, "computeMetadata") && strings.HasSuffix(path, "token"):
			return "application/json", `{"access_token":"ya29.laboratory","expires_in":3599,"token_type":"Bearer"}`, true
		case strings.Contains(path, "meta-data"):
			return "text/plain", "ami-id\nhostname\niam/\ninstance-id\nlocal-ipv4\n", true
		case strings.Contains(path, "user-data"):
			return "text/plain", "#!/bin/bash\nexport DB_PASSWORD=tulip-4711\n", true
		}
		return "text/plain", "1.0\nlatest\n", true
	case "127.0.0.1", "0.0.0.0", "::1":
		switch u.Port() {
		case "", "80":
			return "text/html", "<html><head><title>Apache Status</title></head><body>Server uptime: 3 days</body></html>", true
		case "8500":
			return "application/json", `{"Config":{"Datacenter":"dc1","NodeName":"shop-7d9f","Server":true}}`, true
		case "9200":
			return "application/json", `{"name":"node-1","cluster_name":"shop","tagline":"You Know, for Search"}`, true
		}
		return "", "", false
	}
	if strings.HasSuffix(host, ".internal") || strings.HasPrefix(host, "10.2.0.") {
		return "text/html", "<html><title>Admin</title><h1>Internal console</h1><a href=/users>Users</a></html>", true
	}
	return "text/plain", "ok\n", true
}

// session is somebody who talks to a site.
type session struct {
	*lab
	party
	site    *app.Site
	headers [][2]string
	cookies string
}

// request is one that is put together byte by byte, so that it is on the wire as it is written here.
type request struct {
	method, target, kind, body string // kind is of the body
	headers                    [][2]string
}

func (s *session) bytes(q request) []byte {
	var b strings.Builder
	method := q.method
	if method == "" {
		method = http.MethodGet
	}
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, q.target, hostNames[s.weak])
	written := map[string]bool{}
	for _, h := range append(append([][2]string{}, q.headers...), s.headers...) {
		if name := strings.ToLower(h[0]); !written[name] {
			written[name] = true
			fmt.Fprintf(&b, "%s: %s\r\n", h[0], h[1])
		}
	}
	if s.cookies != "" && !written["cookie"] {
		fmt.Fprintf(&b, "Cookie: %s\r\n", s.cookies)
	}
	if q.body != "" || method == http.MethodPost || method == http.MethodPut {
		if q.kind != "" {
			fmt.Fprintf(&b, "Content-Type: %s\r\n", q.kind)
		}
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(q.body))
	}
	return []byte(b.String() + "\r\n" + q.body)
}

var hostNames = map[bool]string{true: "shop.example.com", false: "store.example.org"}

// send sends a request for a purpose.
func (s *session) send(purpose, kind string, q request) (status int, headers http.Header, body string) {
	p := s.party
	p.purpose, p.kind = purpose, kind
	return parse(s.exchange(s.site, p, s.bytes(q)))
}

// visit begins a session of a client.
func (l *lab) visit(weak bool, campaign, client string, headers [][2]string) *session {
	site, address := l.site(weak)
	return &session{lab: l, site: site, headers: headers, party: party{campaign: campaign, weak: weak, client: client, server: address, port: "80"}}
}
