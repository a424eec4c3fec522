package send

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/internal/event"
)

func openTransport(t testing.TB, address string, c Config) Transport {
	t.Helper()
	tr, err := NewTransport(address, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.Close)
	return tr
}

// deliver delivers alerts of rules 1 to n.
func deliver(t testing.TB, tr Transport, n int) error {
	t.Helper()
	var alerts []event.Alert
	for i := range n {
		a := newAlert(t, fmt.Sprintf(`{"rule_id":"%d","severity":"2"}`, i+1))
		a.Tag = "msa.alert"
		alerts = append(alerts, a)
	}
	return tr.Deliver(context.Background(), alerts)
}

// What a receiver does decides whether a delivery counts.
func TestReceipts(t *testing.T) {
	for _, c := range []struct {
		name   string
		handle func(*net.TCPConn) // until it returns the connection stays open
		fault  string             // part of the error; empty when it counts
	}{
		{"reads all and ends", func(c *net.TCPConn) {
			_, _ = io.Copy(io.Discard, c)
		}, ""},
		{"says something meanwhile", func(c *net.TCPConn) {
			_, _ = c.Write([]byte("220 hello\n"))
			_, _ = io.Copy(io.Discard, c)
		}, ""},
		{"dies before it has read all", func(c *net.TCPConn) {
			_, _ = io.ReadFull(c, make([]byte, 100))
		}, "reset"},
		{"is killed while it reads", func(c *net.TCPConn) {
			_, _ = io.ReadFull(c, make([]byte, 100))
			_ = c.SetLinger(0)
		}, "reset"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := listenTCP(t, "127.0.0.1:0")
			defer func() { _ = l.Close() }()
			go func() {
				for {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					c.handle(conn.(*net.TCPConn))
					_ = conn.Close()
				}
			}()
			config, _ := testConfig(t)
			err := deliver(t, openTransport(t, "syslog+tcp://"+l.Addr().String(), config), 40_000)
			if (c.fault == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.fault) {
				t.Errorf("got %v, want %q", err, c.fault)
			}
		})
	}
}

// A receiver that hangs with its buffers full has not got them, whatever it is waited for.
func TestNoReceiptOfWhatIsNotRead(t *testing.T) {
	l := listenTCP(t, "127.0.0.1:0") // and accepts nothing
	defer func() { _ = l.Close() }()
	config, _ := testConfig(t)
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	alerts := slices.Repeat([]event.Alert{newAlert(t, `{"rule_id":"1","severity":"2"}`)}, 40_000)
	err := openTransport(t, "syslog+tcp://"+l.Addr().String(), config).Deliver(ctx, alerts)
	if err == nil || !strings.Contains(err.Error(), "timeout") {
		t.Errorf("got %v", err)
	}
}

// A receiver that keeps connections open is trusted with what its system has taken in.
func TestNoReceipt(t *testing.T) {
	l := listenTCP(t, "127.0.0.1:0")
	defer func() { _ = l.Close() }()
	end := make(chan struct{})
	defer close(end)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(io.Discard, conn)
				<-end
				_ = conn.Close() // and not before: a connection that nobody has is closed when it is collected
			}()
		}
	}()
	config, log := testConfig(t)
	s := &stream{network: "tcp", address: l.Addr().String(), frame: newSyslogHeader(config).frame, config: config}
	s.silent.Store(true) // the first time takes receiptTimeout
	if err := deliver(t, s, 3); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "keeps connections open") {
		t.Errorf("log: %s", log)
	}
}

func TestDeliverToNobody(t *testing.T) {
	address := refusing(t)
	for _, scheme := range []string{"syslog+tcp", "syslog+tls", "forward", "forward+tls", "http", "https"} {
		config, _ := testConfig(t)
		if err := deliver(t, openTransport(t, scheme+"://"+address, config), 1); err == nil || !strings.Contains(err.Error(), "refused") {
			t.Errorf("%s: got %v", scheme, err)
		}
	}
	config, log := testConfig(t)
	if err := deliver(t, openTransport(t, "unix:///nowhere/log", config), 1); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("unix: got %v", err)
	}
	deaf, err := net.Dial("udp", "127.0.0.1:9") // it hears nobody but its peer
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = deaf.Close() }()
	udp := openTransport(t, "syslog+udp://"+deaf.LocalAddr().String(), config)
	wait(t, log, func() error { // the first datagram is only refused later
		if err := deliver(t, udp, 1); err == nil || !strings.Contains(err.Error(), "refused") {
			return fmt.Errorf("syslog+udp: got %w", err)
		}
		return nil
	})
}

func TestSyslog3164(t *testing.T) {
	config, _ := testConfig(t)
	config.Syslog = rfc3164
	address, next := receiveUDP(t)
	if err := deliver(t, openTransport(t, "syslog+udp://"+address, config), 1); err != nil {
		t.Fatal(err)
	}
	want := `^<162>` + eventTime.Local().Format(time.Stamp) + ` probe\.example msa\[\d+\]: \{"rule_id":"1","severity":"2"\}$`
	if got := string(next()); !regexp.MustCompile(want).MatchString(got) {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestUnixSockets(t *testing.T) {
	want := regexp.MustCompile(`^<162>\w{3} [ \d]\d \d\d:\d\d:\d\d msa\[\d+\]: \{"rule_id":"1","severity":"2"\}$`)
	config, _ := testConfig(t)

	path := filepath.Join(t.TempDir(), "log")
	datagrams, err := net.ListenPacket("unixgram", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = datagrams.Close() }()
	if err := deliver(t, openTransport(t, "unix://"+path, config), 2); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1000)
	if n, _, err := datagrams.ReadFrom(b); err != nil || !want.Match(b[:n]) {
		t.Errorf("got %v, %s", err, b[:n])
	}

	path = filepath.Join(t.TempDir(), "stream")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	lines := make(chan string, 10)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		for s := bufio.NewScanner(conn); s.Scan(); {
			lines <- s.Text()
		}
		_ = conn.Close()
	}()
	if err := deliver(t, openTransport(t, "unix://"+path, config), 2); err != nil {
		t.Fatal(err)
	}
	if got := next(t, lines); !want.MatchString(got) {
		t.Errorf("got %s", got)
	}
}

// receiveForward speaks the other side of the forward protocol; ack makes the receipt of a chunk.
func receiveForward(t testing.TB, ack func(chunk string) string) (address string, messages <-chan []any) {
	t.Helper()
	l := listenTCP(t, "127.0.0.1:0")
	t.Cleanup(func() { _ = l.Close() })
	got := make(chan []any, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			r := msgp.NewReader(conn)
			for {
				v, err := r.ReadIntf()
				if err != nil {
					break
				}
				message := v.([]any)
				got <- message
				chunk := message[2].(map[string]any)["chunk"].(string)
				b := msgp.AppendMapHeader(nil, 1)
				b = msgp.AppendString(b, "ack")
				if _, err := conn.Write(msgp.AppendString(b, ack(chunk))); err != nil {
					break
				}
			}
			_ = conn.Close()
		}
	}()
	return l.Addr().String(), got
}

func TestForward(t *testing.T) {
	address, messages := receiveForward(t, func(chunk string) string { return chunk })
	config, _ := testConfig(t)
	tr := openTransport(t, "forward://"+address, config)
	a, b := newAlert(t, `{"rule_id":"1"}`), newAlert(t, `{"rule_id":"2"}`)
	a.Tag, b.Tag = "msa.a", "msa.b"
	if err := tr.Deliver(context.Background(), []event.Alert{a, a, b}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		tag, rule string
		count     int
	}{{"msa.a", "1", 2}, {"msa.b", "2", 1}} {
		m := <-messages
		entries := m[1].([]any)
		if m[0] != want.tag || len(entries) != want.count {
			t.Errorf("got %v", m)
			continue
		}
		entry := entries[0].([]any)
		if at, ok := entry[0].(*msgp.RawExtension); !ok || at.Type != 0 || len(at.Data) != 8 {
			t.Errorf("time is %v", entry[0])
		}
		if got := entry[1].(map[string]any)["rule_id"]; got != want.rule {
			t.Errorf("rule_id is %v", got)
		}
	}
}

func TestForwardReceiptOfAnother(t *testing.T) {
	address, _ := receiveForward(t, func(string) string { return "another" })
	config, _ := testConfig(t)
	if err := deliver(t, openTransport(t, "forward://"+address, config), 1); err == nil || !strings.Contains(err.Error(), `receipt is for "another"`) {
		t.Errorf("got %v", err)
	}
}

func TestHTTP(t *testing.T) {
	var status int
	var body bytes.Buffer
	var headers http.Header
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		headers = r.Header
		_, _ = body.ReadFrom(r.Body)
		w.WriteHeader(status)
		_, _ = w.Write([]byte("because"))
	}))
	defer server.Close()
	config, _ := testConfig(t)
	config.Header = "X-Token: s3cret"
	tr := openTransport(t, strings.Replace(server.URL, "://", "://msa:pass@", 1)+"/in", config)
	status = 204
	if err := deliver(t, tr, 3); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(body.String(), "\n"); got != 3 || !strings.HasPrefix(body.String(), `{"rule_id":"1","severity":"2"}`+"\n") {
		t.Errorf("%d lines: %s", got, body.String())
	}
	for key, want := range map[string]string{
		"Content-Type": "application/x-ndjson", "X-Token": "s3cret", "Authorization": "Basic bXNhOnBhc3M=",
	} {
		if got := headers.Get(key); got != want {
			t.Errorf("%s is %q", key, got)
		}
	}
	for _, status = range []int{400, 429, 503} {
		err := deliver(t, tr, 1)
		if want := fmt.Sprint("the receiver answers ", status); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "because") {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	server.Close()
	if err := deliver(t, tr, 1); err == nil || strings.Contains(err.Error(), "pass") {
		t.Errorf("got %v", err)
	}
}

// A redirect is no receipt, and the header is for the receiver alone.
func TestHTTPRedirect(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the redirect was followed")
	}))
	defer elsewhere.Close()
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusFound))
	defer server.Close()
	config, _ := testConfig(t)
	config.Header = "X-Token: s3cret"
	if err := deliver(t, openTransport(t, server.URL, config), 1); err == nil || !strings.Contains(err.Error(), "answers 302") {
		t.Errorf("got %v", err)
	}
}

func TestHTTPHeader(t *testing.T) {
	for _, header := range []string{"no colon", ": x", "Bad Name: x", "X: a\r\nY: b", "Ä: x"} {
		config, _ := testConfig(t)
		config.Header = header
		if _, err := NewTransport("http://h", config); err == nil || !strings.Contains(err.Error(), "header") {
			t.Errorf("%q: got %v", header, err)
		}
	}
}

// What claims to be a long receipt takes no memory.
func TestForwardReceiptIsBounded(t *testing.T) {
	for name, receipt := range map[string]string{
		"string": "\x81\xdb\x7f\xff\xff\xff",
		"map":    "\xdf\xff\xff\xff\xff",
	} {
		l := listenTCP(t, "127.0.0.1:0")
		go func() {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, receipt)
			_, _ = io.Copy(io.Discard, conn)
		}()
		config, _ := testConfig(t)
		if err := deliver(t, openTransport(t, "forward://"+l.Addr().String(), config), 1); err == nil || !strings.Contains(err.Error(), "limit") {
			t.Errorf("%s: got %v", name, err)
		}
		_ = l.Close()
	}
}

// narrow listens with a receive buffer that holds next to nothing.
func narrow(t *testing.T) net.Listener {
	t.Helper()
	c := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) {
			if err := syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 2304); err != nil {
				t.Error(err)
			}
		})
	}}
	l, err := c.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// The receiver's end is no receipt before its system has taken in all, and one that was slow once gets its time again.
func TestEndBeforeAllIsTakenIn(t *testing.T) {
	for _, c := range []struct {
		name   string
		ends   bool
		silent bool
		want   string
	}{
		{"ends at once", true, false, "ended the connection before"},
		{"only hangs, having been silent", false, true, "has not taken in all"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, done := narrow(t), make(chan struct{})
			defer close(done)
			go func() {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				if c.ends {
					_ = conn.(*net.TCPConn).CloseWrite()
				}
				<-done
				_ = conn.Close()
			}()
			config, _ := testConfig(t)
			s := &stream{network: "tcp", address: l.Addr().String(), frame: newSyslogHeader(config).frame, config: config}
			s.silent.Store(c.silent)
			if err := deliver(t, s, 300); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if s.silent.Load() {
				t.Error("the next delivery gets less time")
			}
		})
	}
}

// A receiver that leaves connections open is known as such within the time that a delivery has.
func TestNoReceiptInTime(t *testing.T) {
	for _, has := range []time.Duration{3 * time.Second, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			config, _ := testConfig(t)
			conn, open := net.Pipe() // which is never ended
			defer func() { _, _ = conn.Close(), open.Close() }()
			ctx, cancel := context.WithTimeout(context.Background(), has)
			defer cancel()
			s := &stream{config: config}
			began := time.Now()
			if err := s.awaitReceipt(ctx, conn); err != nil || !s.silent.Load() {
				t.Errorf("of %v: %v, silent %v", has, err, s.silent.Load())
			}
			if took := time.Since(began); took != min(receiptTimeout, has/2) {
				t.Errorf("of %v it took %v", has, took)
			}
		})
	}
}

// over is a context whose time is over, though nobody has noticed yet: a write is then the first to.
type over struct{ context.Context }

func (over) Deadline() (time.Time, bool) { return time.Now().Add(-time.Second), true }

// A full socket keeps nobody longer than asked for.
func TestFullSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	full, err := net.ListenPacket("unixgram", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = full.Close() }()
	config, _ := testConfig(t)
	tr := openTransport(t, "unix://"+path, config)
	one := []event.Alert{newAlert(t, `{"rule_id":"1"}`)}
	if err := tr.Deliver(context.Background(), one); err != nil { // which connects
		t.Fatal(err)
	}
	if err := tr.Deliver(over{context.Background()}, one); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("with no time left: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	for err == nil {
		err = tr.Deliver(ctx, one)
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestShown(t *testing.T) {
	for address, want := range map[string]string{
		"https://u:secret@h/p":   "https://h",
		"https://token@h:443/":   "https://h:443",
		"https://h/hook/secret":  "https://h",
		"https://h?token=secret": "https://h",
		"https://u:pa/ss@h/":     "https://h",
		"https:/u:secret@h/":     "an address without ://",
		"https//u:secret@h":      "an address without ://",
		"syslog+tcp://h:601":     "syslog+tcp://h:601",
		"127.0.0.1:514":          "127.0.0.1:514",
		"unix:///dev/log":        "unix:///dev/log",
		"stdout":                 "stdout",
	} {
		if got := Shown(address); got != want {
			t.Errorf("%s is shown as %s, want %s", address, got, want)
		}
	}
	config, _ := testConfig(t)
	for _, address := range []string{"https://u:secret@[::1", "https://u:secret/x@h/"} {
		if _, err := NewTransport(address, config); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("got %v", err)
		}
	}
}
