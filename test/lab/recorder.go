package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/modsecurity-for-anylog/msa/test/lab/app"
)

// What an exchange was made for.
const (
	benign  = "benign"  // people and programs that mean no harm
	attack  = "attack"  // an attempt, written by hand
	probing = "probing" // a tool's: an attempt, or the ordinary request that it compares with
	around  = "around"  // what an attacker or the site does besides: looking at a page, asking another server
)

// Truth is what is known of a record without MSA.
type Truth struct {
	Line     int    `json:"line"`
	Campaign string `json:"campaign"`
	Purpose  string `json:"purpose"`
	Kind     string `json:"kind,omitempty"` // of attack
	Weak     bool   `json:"weak"`
	app.Effect
}

// party is who talks to whom, and what for.
type party struct {
	campaign, purpose, kind string
	weak                    bool
	client, server, port    string
}

// recorder writes each exchange as the Nano probe does, and counts them.
type recorder struct {
	ledger *app.Ledger
	clock  clock

	mu      sync.Mutex
	records []nano
	parties []party
}

// clock is the time. That of hand-written campaigns goes on by what exchanges take, so that each run writes the same.
type clock interface {
	now() time.Time
	took(d time.Duration)
}

type realClock struct{}

func (realClock) now() time.Time     { return time.Now() }
func (realClock) took(time.Duration) {}

// setClock begins on a Monday morning.
type setClock struct{ at time.Time }

func newSetClock() *setClock             { return &setClock{time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)} }
func (c *setClock) now() time.Time       { return c.at }
func (c *setClock) took(d time.Duration) { c.at = c.at.Add(d) }

// nano is a record of the Nano probe, with the keys in its order.
type nano struct {
	Begin     string `json:"BEGIN_TIME"`
	End       string `json:"END_TIME"`
	Probe     string `json:"PROBE_VER"`
	Host      string `json:"host"`
	SrcIP     string `json:"SRC_IP"`
	DstIP     string `json:"DST_IP"`
	SrcPort   string `json:"SRC_PORT"`
	DstPort   string `json:"DST_PORT"`
	Bytes     string `json:"BYTES"`
	Took      string `json:"HTTP_RESPONSE"`
	Status    string `json:"RETCODE"`
	Method    string `json:"METHOD"`
	URL       string `json:"URL"`
	Domain    string `json:"DOMAIN"`
	Forward   string `json:"FORWARD"`
	Agent     string `json:"AGENT"`
	ReqHeader string `json:"REQ_HEADER"`
	ReqBody   string `json:"REQ_BODY"`
	RspHeader string `json:"RSP_HEADER"`
	RspBody   string `json:"RSP_BODY"`
	L7        string `json:"L7_PROTOCOL"`
}

// cutAt is where the probe cuts bodies unless it is told otherwise.
const cutAt = 1024

const nanoTime = "2006-01-02 15:04:05.000"

// begin takes a number for an exchange.
func (r *recorder) begin(p party) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.records = append(r.records, nano{})
	r.parties = append(r.parties, p)
	return len(r.records)
}

// end writes exchange id down.
func (r *recorder) end(id int, begun time.Time, took time.Duration, request, response []byte) {
	head, body := split(request)
	answerHead, answer := split(response)
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.parties[id-1]
	line, _, _ := strings.Cut(head, "\r\n")
	method, rest, _ := strings.Cut(line, " ")
	url := rest
	if i := strings.LastIndex(rest, " HTTP/"); i >= 0 {
		url = rest[:i]
	}
	forward := header(head, "X-Forwarded-For")
	if forward == "" {
		forward = "0.0.0.0"
	}
	status := ""
	if fields := strings.Fields(answerHead); len(fields) > 1 {
		status = fields[1]
	}
	r.records[id-1] = nano{
		Begin: begun.UTC().Format(nanoTime), End: begun.Add(took).UTC().Format(nanoTime), Probe: "20240527-128", Host: "10.64.1.254",
		SrcIP: p.client, DstIP: p.server, SrcPort: strconv.Itoa(20000 + id%40000), DstPort: p.port,
		Bytes: strconv.Itoa(len(request) + len(response)), Took: strconv.FormatFloat(float64(took.Microseconds())/1000, 'f', 3, 64),
		Status: status, Method: method, URL: url, Domain: header(head, "Host"), Forward: forward, Agent: header(head, "User-Agent"),
		ReqHeader: head, ReqBody: body, RspHeader: answerHead, RspBody: answer, L7: "http",
	}
}

// exchange sends a request to a site, as from a party, and returns the answer.
func (r *recorder) exchange(site *app.Site, p party, request []byte) []byte {
	id := r.begin(p)
	begun := r.clock.now()
	start := time.Now()
	response, err := forward(site.Addr, id, request)
	if err != nil {
		response = nil // the record shows a request without an answer
	}
	took := time.Since(start)
	if _, isSet := r.clock.(*setClock); isSet {
		took = time.Duration(4+id%23)*time.Millisecond + r.ledger.Waited(id)
	}
	r.clock.took(took + 40*time.Millisecond)
	r.end(id, begun, took, request, response)
	return response
}

// forward asks a server, which is told the exchange's number, and to close the connection.
func forward(address string, id int, request []byte) ([]byte, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot reach the site: %w", err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(90 * time.Second))
	line, rest, ok := bytes.Cut(request, []byte("\r\n"))
	if ok {
		rest = withoutConnection(rest)
		request = fmt.Appendf(nil, "%s\r\n%s: %d\r\nConnection: close\r\n%s", line, app.IDHeader, id, rest)
	}
	if _, err := conn.Write(request); err != nil {
		return nil, fmt.Errorf("cannot send to the site: %w", err)
	}
	response, err := io.ReadAll(conn)
	if err != nil && len(response) == 0 {
		return nil, fmt.Errorf("cannot read the site's answer: %w", err)
	}
	return response, nil
}

// withoutConnection takes the headers away that speak of the connection.
func withoutConnection(rest []byte) []byte {
	head, body, ok := bytes.Cut(rest, []byte("\r\n\r\n"))
	if !ok {
		return rest
	}
	var kept [][]byte
	for _, h := range bytes.Split(head, []byte("\r\n")) {
		name, _, _ := strings.Cut(strings.ToLower(string(h)), ":")
		if name != "connection" && name != "expect" && name != "keep-alive" {
			kept = append(kept, h)
		}
	}
	return append(append(bytes.Join(kept, []byte("\r\n")), "\r\n\r\n"...), body...)
}

// split is the head of a message, with the empty line, and its body as it was on the wire.
func split(message []byte) (head, body string) {
	h, b, ok := bytes.Cut(message, []byte("\r\n\r\n"))
	if !ok {
		return string(message), ""
	}
	return string(h) + "\r\n\r\n", string(b)
}

func header(head, name string) string {
	for _, line := range strings.Split(head, "\r\n") {
		if n, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(n, name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// listen lets programs talk to a site through the recorder. It returns the address on the loopback.
func (r *recorder) listen(site *app.Site, p func() party) (address string, end func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("cannot listen on the loopback: %w", err)
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go r.serve(conn, site, p)
		}
	}()
	return listener.Addr().String(), func() { _ = listener.Close() }, nil
}

// serve answers the one request of a connection.
func (r *recorder) serve(conn net.Conn, site *app.Site, p func() party) {
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(2 * time.Minute))
	request, err := readRequest(conn)
	if err != nil || len(request) == 0 {
		return
	}
	_, _ = conn.Write(r.exchange(site, p(), request))
}

const maxRequest = 8 << 20

// readRequest is a request as it is on the wire.
func readRequest(conn net.Conn) ([]byte, error) {
	in := bufio.NewReader(conn)
	var raw bytes.Buffer
	for !bytes.HasSuffix(raw.Bytes(), []byte("\r\n\r\n")) {
		line, err := in.ReadBytes('\n')
		raw.Write(line)
		if err != nil || raw.Len() > maxRequest {
			return raw.Bytes(), err
		}
	}
	head := raw.String()
	if strings.EqualFold(header(head, "Expect"), "100-continue") {
		_, _ = io.WriteString(conn, "HTTP/1.1 100 Continue\r\n\r\n")
	}
	if strings.EqualFold(header(head, "Transfer-Encoding"), "chunked") {
		return readChunks(in, &raw)
	}
	n, _ := strconv.Atoi(header(head, "Content-Length"))
	_, err := io.CopyN(&raw, in, int64(min(max(n, 0), maxRequest)))
	return raw.Bytes(), err
}

func readChunks(in *bufio.Reader, raw *bytes.Buffer) ([]byte, error) {
	for raw.Len() <= maxRequest {
		line, err := in.ReadBytes('\n')
		raw.Write(line)
		if err != nil {
			return raw.Bytes(), err
		}
		size, err := strconv.ParseInt(strings.TrimSpace(string(line)), 16, 32)
		if err != nil {
			return raw.Bytes(), fmt.Errorf("cannot read the size of a chunk %q: %w", line, err)
		}
		if _, err := io.CopyN(raw, in, size+2); err != nil || size == 0 {
			return raw.Bytes(), err
		}
	}
	return raw.Bytes(), errors.New("the request is too long")
}

// parse is an answer as clients read it.
func parse(response []byte) (status int, headers http.Header, body string) {
	in := textproto.NewReader(bufio.NewReader(bytes.NewReader(response)))
	line, err := in.ReadLine()
	if err != nil {
		return 0, nil, ""
	}
	if fields := strings.Fields(line); len(fields) > 1 {
		status, _ = strconv.Atoi(fields[1])
	}
	h, err := in.ReadMIMEHeader()
	if err != nil && len(h) == 0 {
		return status, nil, ""
	}
	_, body = split(response)
	return status, http.Header(h), body
}

// write writes records whole and with bodies cut, and the truth, line by line.
func (r *recorder) write(whole, cut, truth string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	cutRecords := make([]any, len(r.records))
	wholeRecords := make([]any, len(r.records))
	truths := make([]any, len(r.records))
	for i, n := range r.records {
		wholeRecords[i] = n
		n.ReqBody, n.RspBody = n.ReqBody[:min(len(n.ReqBody), cutAt)], n.RspBody[:min(len(n.RspBody), cutAt)]
		cutRecords[i] = n
		truths[i] = r.truth(i + 1)
	}
	for name, lines := range map[string][]any{whole: wholeRecords, cut: cutRecords, truth: truths} {
		if err := writeLines(name, lines); err != nil {
			return err
		}
	}
	return nil
}

// truth is what is known of a record.
func (r *recorder) truth(id int) Truth {
	p := r.parties[id-1]
	t := Truth{Line: id, Campaign: p.campaign, Purpose: p.purpose, Kind: p.kind, Weak: p.weak, Effect: r.ledger.Effect(id)}
	if t.Kind == "" {
		t.Kind = t.Effect.Kind
	}
	return t
}

func writeLines(name string, lines []any) error {
	var b bytes.Buffer
	encode := json.NewEncoder(&b)
	encode.SetEscapeHTML(false)
	for _, line := range lines {
		if err := encode.Encode(line); err != nil {
			return fmt.Errorf("cannot write %q: %w", name, err)
		}
	}
	if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("cannot write %q: %w", name, err)
	}
	return nil
}
