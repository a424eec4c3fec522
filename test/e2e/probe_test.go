package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// probe is one way through an example: what its users would send to it, and what
// must come out. What is harmless has that word in it.
type probe struct {
	in       string // udp, tcp, http or forward and the example's port, or the log's file
	attack   string
	harmless string
	record   func(sent string) string // in JSON, as the filter gets it; nil for what was sent, or in a log the line
	metadata func(sent string) string // of the record, in JSON
	tag      string                   // of the record
	out      string                   // udp, tcp or http and the port at which alerts arrive
	want     []string                 // in what arrives, and in the alerts
	check    func(t *testing.T, arrived string)
}

// event is what was sent, as a filter gets it.
func (p probe) event(t *testing.T, sent string) []byte {
	t.Helper()
	record, metadata := sent, "{}"
	switch {
	case p.record != nil:
		record = p.record(sent)
	case strings.HasPrefix(p.in, "/"):
		record = fmt.Sprintf(`{"log":%q}`, sent)
	}
	if p.metadata != nil {
		metadata = p.metadata(sent)
	}
	b := msgp.AppendArrayHeader(nil, 2)
	b = msgp.AppendArrayHeader(b, 2)
	b = msgp.AppendInt64(b, 1795169472)
	for _, text := range []string{metadata, record} {
		var err error
		if b, _, err = mapping.AppendJSON(b, []byte(text)); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
	}
	return b
}

// way parts a probe's way into its kind and port.
func way(t *testing.T, text string) (kind string, port int) {
	t.Helper()
	kind, rest, _ := strings.Cut(text, " ")
	number, _, _ := strings.Cut(rest, "/")
	port, err := strconv.Atoi(number)
	if err != nil {
		t.Fatalf("no port in %q", text)
	}
	return kind, port
}

// receive opens a port that takes down all that arrives.
func receive(t *testing.T, kind string, all *rig.Output) (port int) {
	t.Helper()
	if kind == "udp" {
		conn, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		go func() {
			buf := make([]byte, 64<<10)
			for {
				n, _, err := conn.ReadFrom(buf)
				if err != nil {
					return
				}
				_, _ = all.Write(append(buf[:n:n], '\n'))
			}
		}()
		return conn.LocalAddr().(*net.UDPAddr).Port
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	if kind == "http" {
		go func() { _ = http.Serve(l, taker(all)) }()
		return l.Addr().(*net.TCPAddr).Port
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = io.Copy(all, conn)
			}()
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

// taker answers as Elasticsearch's _bulk does when it has created all documents, and as OTLP's receivers do.
func taker(all *rig.Output) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		_, _ = all.Write(body)
		w.Header().Set("Content-Type", "application/json")
		if path.Base(r.URL.Path) != "_bulk" {
			_, _ = io.WriteString(w, "{}")
			return
		}
		items := strings.Repeat(`,{"create":{"status":201}}`, bytes.Count(body, []byte(`{"create":`)))
		_, _ = fmt.Fprintf(w, `{"took":1,"errors":false,"items":[%s]}`, strings.TrimPrefix(items, ","))
	})
}

// sender sends the way that a probe says. While nobody listens yet, what is sent is lost.
func sender(t *testing.T, in string, ports map[int]int) func(string) {
	t.Helper()
	if strings.HasPrefix(in, "/") {
		if err := os.MkdirAll(filepath.Dir(in), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(in, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		return func(line string) { appendLine(t, in, line) }
	}
	kind, port := way(t, in)
	if ports[port] == 0 {
		ports[port] = freePort(t)
	}
	at := fmt.Sprintf("127.0.0.1:%d", ports[port])
	if kind == "http" {
		_, path, _ := strings.Cut(in, "/")
		return func(text string) {
			if r, err := http.Post("http://"+at+"/"+path, "application/json", strings.NewReader(text)); err == nil {
				_ = r.Body.Close()
			}
		}
	}
	if kind == "forward" {
		return func(text string) {
			message := msgp.AppendInt64(msgp.AppendString(msgp.AppendArrayHeader(nil, 3), "probe"), 1795169472)
			message, _, err := mapping.AppendJSON(message, []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if conn, err := net.Dial("tcp", at); err == nil {
				_, _ = conn.Write(message)
				_ = conn.Close()
			}
		}
	}
	return func(text string) {
		if conn, err := net.Dial(kind, at); err == nil {
			_, _ = io.WriteString(conn, text)
			_ = conn.Close()
		}
	}
}

func appendLine(t *testing.T, file, line string) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(line + "\n"); err != nil {
		t.Fatal(err)
	}
}
