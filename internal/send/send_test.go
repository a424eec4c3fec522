package send

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/modsecurity-for-anylog/msa/internal/event"
	"github.com/modsecurity-for-anylog/msa/internal/ratelog"
	"github.com/modsecurity-for-anylog/msa/test/rig"
)

var eventTime = time.Date(2024, 5, 30, 7, 16, 48, 917_000_000, time.UTC)

// newAlert makes an alert event of JSON fields, with the same text.
func newAlert(t testing.TB, fields string) event.Alert {
	t.Helper()
	fields = strings.TrimSpace(fields)
	b, err := event.AppendRecord(nil, eventTime, []byte(strings.TrimSuffix(fields, "}")+`,"log":`+quote(fields)+"}"))
	if err != nil {
		t.Fatal(err)
	}
	var out event.Alert
	if err := event.Alerts(b, func(a event.Alert) { out = a }); err != nil {
		t.Fatal(err)
	}
	return out
}

func sample(t testing.TB) event.Alert {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "alert.json"))
	if err != nil {
		t.Fatal(err)
	}
	return newAlert(t, string(text))
}

func testConfig(t testing.TB) (Config, *rig.Output) {
	out := &rig.Output{}
	log := slog.New(slog.NewTextHandler(out, nil))
	c := Config{Hostname: "probe.example", Buffer: 1 << 20, Log: log, RateLog: ratelog.New(log)}
	t.Cleanup(c.RateLog.Close)
	return c, out
}

func openSink(t testing.TB, address string, c Config) Sink {
	t.Helper()
	s, err := Open(address, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { giveUp(s) })
	return s
}

// giveUp closes a sink that has no time to deliver what waits.
func giveUp(s Sink) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s.Close(ctx)
}

// wait waits for what has to come.
func wait(t testing.TB, log *rig.Output, check func() error) {
	t.Helper()
	if err := rig.Wait(rig.Patience, check); err != nil {
		t.Fatalf("%v; log %s", err, log)
	}
}

// waitLog waits for a part of the log.
func waitLog(t testing.TB, log *rig.Output, part string) {
	t.Helper()
	wait(t, log, func() error {
		if !strings.Contains(log.String(), part) {
			return fmt.Errorf("%q is not in the log", part)
		}
		return nil
	})
}

// receiveUDP listens, and gives the datagrams.
func receiveUDP(t testing.TB) (address string, next func() []byte) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.(*net.UDPConn).SetReadBuffer(4 << 20)
	t.Cleanup(func() { _ = conn.Close() })
	return conn.LocalAddr().String(), func() []byte {
		b := make([]byte, 64<<10)
		_ = conn.SetReadDeadline(time.Now().Add(rig.Patience))
		n, _, err := conn.ReadFrom(b)
		if err != nil {
			t.Fatal(err)
		}
		return b[:n]
	}
}

func object(t testing.TB, b []byte) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatalf("%v in %q", err, b)
	}
	return m
}

func TestGELF(t *testing.T) {
	a := sample(t)
	for _, c := range []struct {
		name  string
		alert event.Alert
		want  map[string]any // beside version
	}{
		{"sample", a, map[string]any{
			"host": "10.64.1.254", "short_message": "Remote command execution: Discover Unix Shell code",
			"timestamp": 1717053408.917, "level": 2.0, "severity": "2", "message": "jxit", "rule_id": "932160",
		}},
		{"no host", newAlert(t, `{"rule_id":"1","msg":"m","severity":"4"}`), map[string]any{"host": "probe.example", "rule_id": "1", "level": 4.0}},
		{"empty host", newAlert(t, `{"url":"\"host\":\"\"","host":"","msg":"m"}`), map[string]any{"host": "probe.example", "url": `"host":""`}},
		{"empty msg", newAlert(t, `{"rule_id":"17","msg":"","host":"h"}`), map[string]any{"short_message": "rule 17", "level": 4.0}},
		{"control characters", newAlert(t, `{"msg":"a\u0000\"\\<","host":"h"}`), map[string]any{"short_message": "a\x00\"\\<"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			address, next := receiveUDP(t)
			config, _ := testConfig(t)
			openSink(t, "gelf://"+address, config).Send(c.alert)
			got := next()
			m := object(t, got)
			if m["version"] != "1.1" {
				t.Errorf("version is %v", m["version"])
			}
			for key, want := range c.want {
				if m[key] != want {
					t.Errorf("%s is %v, want %v", key, m[key], want)
				}
			}
			for _, key := range []string{"version", "host", "short_message", "timestamp", "level"} {
				if n := strings.Count(string(got), `"`+key+`":`); n != 1 {
					t.Errorf("%s is there %d times: %s", key, n, got)
				}
			}
			if text := c.alert.Text(); c.alert.Get("host") != "" && !strings.HasPrefix(string(got), strings.TrimSuffix(text, "}")) {
				t.Errorf("the alert's own names changed: %s", got)
			}
		})
	}
}

func TestGELFOfOtherText(t *testing.T) {
	b, err := event.AppendRecord(nil, eventTime, []byte(`{"log":"CEF:0|msa|\"x\"","msg":"m"}`))
	if err != nil {
		t.Fatal(err)
	}
	address, next := receiveUDP(t)
	config, _ := testConfig(t)
	sink := openSink(t, "gelf://"+address, config)
	if err := event.Alerts(b, sink.Send); err != nil {
		t.Fatal(err)
	}
	if m := object(t, next()); m["full_message"] != `CEF:0|msa|"x"` || m["host"] != "probe.example" {
		t.Errorf("got %v", m)
	}
}

func TestGELFChunks(t *testing.T) {
	for _, c := range []struct {
		name         string
		size, chunks int
		cut          bool
	}{
		{"fits", 7000, 1, false},
		{"two chunks", 9000, 2, false},
		{"many", 200_000, 25, false},
		{"longer than 128 chunks", 2 << 20, 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			address, next := receiveUDP(t)
			config, _ := testConfig(t)
			body := strings.Repeat("x", c.size)
			openSink(t, "gelf://"+address, config).Send(newAlert(t, `{"msg":"m","host":"h","rsp_body":"`+body+`"}`))
			var whole []byte
			first := next()
			chunks := 1
			if c.chunks == 1 {
				whole = first
			} else {
				for d := first; ; d = next() {
					if len(d) > 8192 || !bytes.HasPrefix(d, []byte{0x1e, 0x0f}) || !bytes.Equal(d[2:10], first[2:10]) || int(d[10]) != chunks-1 || d[11] > 128 {
						t.Fatalf("chunk %d has %d bytes and begins %x", chunks, len(d), d[:12])
					}
					whole = append(whole, d[12:]...)
					if chunks == int(d[11]) {
						break
					}
					chunks++
				}
			}
			if c.chunks > 0 && chunks != c.chunks {
				t.Errorf("%d chunks, want %d", chunks, c.chunks)
			}
			got := object(t, whole)["rsp_body"]
			if cut := got != body; cut != c.cut {
				t.Errorf("body of %d bytes came as %.40q…", c.size, got)
			}
		})
	}
}

// message is an RFC 5424 message, taken apart by a parser that takes nothing else.
type message struct {
	priority                          int
	time                              time.Time
	host, app, procID, msgID, id, msg string
	params                            map[string]string
}

func parseSyslog(s string) (m message, err error) {
	fail := func(format string, args ...any) (message, error) {
		return message{}, fmt.Errorf(format+" in %.200q", append(args, s)...)
	}
	rest, ok := strings.CutPrefix(s, "<")
	pri, rest, ok2 := strings.Cut(rest, ">1 ")
	if m.priority, err = strconv.Atoi(pri); !ok || !ok2 || err != nil || m.priority > 191 || pri != strconv.Itoa(m.priority) {
		return fail("bad PRI or version")
	}
	for i, f := range []*string{nil, &m.host, &m.app, &m.procID, &m.msgID} {
		field, after, ok := strings.Cut(rest, " ")
		if !ok || field == "" || len(field) > []int{32, 255, 48, 128, 32}[i] || strings.Trim(field, "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~") != "" {
			return fail("bad header field %d %q", i, field)
		}
		if rest = after; f != nil {
			*f = field
			continue
		}
		if m.time, err = time.Parse("2006-01-02T15:04:05.000Z07:00", field); err != nil {
			return fail("bad time: %v", err)
		}
	}
	m.params = map[string]string{}
	if after, ok := strings.CutPrefix(rest, "- "); ok {
		m.msg = after
		return m, nil
	}
	if rest, ok = strings.CutPrefix(rest, "["); !ok {
		return fail("no structured data")
	}
	end := strings.IndexAny(rest, " ]")
	if end < 1 {
		return fail("no SD-ID")
	}
	m.id, rest = rest[:end], rest[end:]
	for strings.HasPrefix(rest, " ") {
		key, after, ok := strings.Cut(rest[1:], `="`)
		if !ok || key == "" || len(key) > 32 || strings.ContainsAny(key, " =]\"") {
			return fail("bad PARAM-NAME %q", key)
		}
		var value strings.Builder
		i := 0
		for ; i < len(after) && after[i] != '"'; i++ {
			switch after[i] {
			case ']':
				return fail("unescaped ] in %s", key)
			case '\\':
				if i++; i == len(after) || !strings.ContainsRune(`"\]`, rune(after[i])) {
					return fail("bad escape in %s", key)
				}
			}
			value.WriteByte(after[i])
		}
		if i == len(after) {
			return fail("no end of %s", key)
		}
		m.params[key], rest = value.String(), after[i+1:]
	}
	if m.msg, ok = strings.CutPrefix(rest, "] "); !ok {
		return fail("structured data does not end")
	}
	return m, nil
}

func checkSample(t *testing.T, s string) {
	t.Helper()
	m, err := parseSyslog(s)
	if err != nil {
		t.Fatal(err)
	}
	if m.priority != 20*8+2 || !m.time.Equal(eventTime) || m.time.Location() != time.UTC ||
		m.host != "probe.example" || m.app != "msa" || m.procID != strconv.Itoa(os.Getpid()) || m.msgID != "932160" || m.id != "msa@32473" {
		t.Errorf("header is %+v", m)
	}
	for key, want := range map[string]string{"rule_id": "932160", "src_ip": "192.168.1.105", "dst_ip": "192.168.1.55", "dst_port": "80", "method": "GET"} {
		if m.params[key] != want {
			t.Errorf("%s is %q, want %q", key, m.params[key], want)
		}
	}
	if m.msg != sample(t).Text() {
		t.Errorf("message is %s", m.msg)
	}
}

func TestSyslogUDP(t *testing.T) {
	address, next := receiveUDP(t)
	config, _ := testConfig(t)
	openSink(t, "syslog+udp://"+address, config).Send(sample(t))
	checkSample(t, string(next()))
}

func TestSyslogHeader(t *testing.T) {
	for _, c := range []struct {
		name, hostname, alert string
		want                  message
	}{
		{"escapes", "h", `{"rule_id":"1","severity":"0","domain":"a\"b\\c]d"}`,
			message{priority: 160, host: "h", msgID: "1", id: "msa@32473", params: map[string]string{"rule_id": "1", "domain": `a"b\c]d`}}},
		{"control characters", "h", `{"rule_id":"1","severity":"7","domain":"a\n\u0000\u007fé"}`,
			message{priority: 167, host: "h", msgID: "1", id: "msa@32473", params: map[string]string{"rule_id": "1", "domain": "a???é"}}},
		{"invalid UTF-8", "h", "{\"rule_id\":\"1\",\"domain\":\"a\xffb\"}",
			message{priority: 164, host: "h", msgID: "1", id: "msa@32473", params: map[string]string{"rule_id": "1", "domain": "a\ufffdb"}}},
		{"bounded", strings.Repeat("h", 300), `{"rule_id":"` + strings.Repeat("9", 40) + `","severity":"x","domain":"` + strings.Repeat("é", 2000) + `"}`,
			message{priority: 164, host: strings.Repeat("h", 255), msgID: strings.Repeat("9", 32), id: "msa@32473",
				params: map[string]string{"rule_id": strings.Repeat("9", 40), "domain": strings.Repeat("é", 127)}}},
		{"nothing known", " \n", `{"msg":"m"}`, message{priority: 164, host: "-", msgID: "-", params: map[string]string{}}},
		{"numbers", "h", `{"rule_id":932160,"severity":2,"score_in":15}`,
			message{priority: 162, host: "h", msgID: "932160", id: "msa@32473", params: map[string]string{"rule_id": "932160", "score_in": "15"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newSyslogHeader(Config{Hostname: c.hostname})
			got, err := parseSyslog(string(h.append(nil, newAlert(t, c.alert))) + "text")
			if err != nil {
				t.Fatal(err)
			}
			c.want.time, c.want.app, c.want.procID, c.want.msg = eventTime, "msa", strconv.Itoa(os.Getpid()), "text"
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestLongAlertFitsIntoADatagram(t *testing.T) {
	address, next := receiveUDP(t)
	config, _ := testConfig(t)
	body := strings.Repeat(`\n`, 60_000)
	openSink(t, "syslog+udp://"+address, config).Send(newAlert(t, `{"rule_id":"1","url":"/x","rsp_body":"`+body+`"}`))
	m, err := parseSyslog(string(next()))
	if err != nil {
		t.Fatal(err)
	}
	if o := object(t, []byte(m.msg)); o["url"] != "/x" || !strings.HasSuffix(o["rsp_body"].(string), "…") {
		t.Errorf("got %.200s", m.msg)
	}
}

func TestDatagramsRefusedAreCounted(t *testing.T) {
	// A connected socket holds the port, and hears nobody but its peer.
	conn, err := net.Dial("udp", "127.0.0.1:9")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	config, log := testConfig(t)
	s := openSink(t, "gelf://"+conn.LocalAddr().String(), config)
	a := sample(t)
	sent := uint64(0)
	wait(t, log, func() error {
		s.Send(a)
		sent++
		if n := config.RateLog.Total("refused"); n < 3 {
			return fmt.Errorf("%d of %d counted as refused", n, sent)
		}
		return nil
	})
	if n := config.RateLog.Total("refused"); n > sent {
		t.Errorf("%d of %d counted as refused", n, sent)
	}
	waitLog(t, log, "alerts lost")
}

func TestUnresolvableReceiverIsCounted(t *testing.T) {
	config, log := testConfig(t)
	s := openSink(t, "gelf://receiver.invalid:12201", config)
	s.Send(sample(t))
	if config.RateLog.Total("cannot send") != 1 || !strings.Contains(log.String(), "receiver.invalid") {
		t.Errorf("log: %s", log)
	}
}

// receiveFrames accepts connections and gives their messages, by octet counting.
func receiveFrames(t testing.TB, l net.Listener, messages chan<- string) {
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go readFrames(t, conn, messages)
		}
	}()
}

func readFrames(t testing.TB, conn net.Conn, messages chan<- string) {
	defer func() { _ = conn.Close() }()
	r := bufio.NewReader(conn)
	for {
		length, err := r.ReadString(' ')
		if err != nil {
			return
		}
		n, err := strconv.Atoi(strings.TrimSuffix(length, " "))
		if err != nil || n < 1 {
			t.Errorf("bad octet count %q", length)
			return
		}
		b := make([]byte, n)
		if _, err := io.ReadFull(r, b); err != nil {
			return
		}
		messages <- string(b)
	}
}

func next(t testing.TB, messages <-chan string) string {
	t.Helper()
	select {
	case m := <-messages:
		return m
	case <-time.After(rig.Patience):
		t.Fatal("no message came")
		return ""
	}
}

func listenTCP(t testing.TB, address string) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// refusing is an address that refuses connections while nobody listens there; nobody else gets its port. Package net makes
// its listeners with the same option, so a test may listen.
func refusing(t testing.TB) (address string) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	got, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", got.(*syscall.SockaddrInet4).Port)
}

func TestSyslogTCP(t *testing.T) {
	l := listenTCP(t, "127.0.0.1:0")
	messages := make(chan string, 10)
	receiveFrames(t, l, messages)
	config, _ := testConfig(t)
	s := openSink(t, "syslog+tcp://"+l.Addr().String(), config)
	s.Send(sample(t))
	s.Send(newAlert(t, `{"rule_id":"2","rsp_body":"`+strings.Repeat("x", 100_000)+`"}`))
	checkSample(t, next(t, messages))
	m, err := parseSyslog(next(t, messages))
	if err != nil || len(m.msg) < 100_000 || m.msgID != "2" {
		t.Errorf("%v, %d bytes", err, len(m.msg))
	}
}

func TestSyslogTCPWaitsForTheReceiver(t *testing.T) {
	address := refusing(t)
	config, log := testConfig(t)
	s := openSink(t, "syslog+tcp://"+address, config)
	s.Send(sample(t))
	waitLog(t, log, "cannot deliver; alerts wait")
	messages := make(chan string, 10)
	receiveFrames(t, listenTCP(t, address), messages)
	checkSample(t, next(t, messages))
}

func TestSyslogTCPReconnects(t *testing.T) {
	address := refusing(t)
	l := listenTCP(t, address)
	config, log := testConfig(t)
	s := openSink(t, "syslog+tcp://"+address, config)
	messages := make(chan string, 10)
	receiveFrames(t, l, messages)
	s.Send(newAlert(t, `{"rule_id":"1"}`))
	next(t, messages)
	// The receiver goes away, comes back, and misses nothing that was sent since.
	_ = l.Close()
	s.Send(newAlert(t, `{"rule_id":"2"}`))
	s.Send(newAlert(t, `{"rule_id":"3"}`))
	waitLog(t, log, "cannot deliver; alerts wait")
	receiveFrames(t, listenTCP(t, address), messages)
	for _, want := range []string{"2", "3"} {
		if m, err := parseSyslog(next(t, messages)); err != nil || m.msgID != want {
			t.Errorf("got %q, %v, want %s; log %s", m.msgID, err, want, log)
		}
	}
}

func TestBufferIsBounded(t *testing.T) {
	address := refusing(t)
	config, log := testConfig(t)
	config.Buffer = 20_000 // an alert is a kilobyte, and its text as much again
	s := openSink(t, "syslog+tcp://"+address, config)
	for range 20 {
		s.Send(newAlert(t, `{"rule_id":"1","rsp_body":"`+strings.Repeat("x", 1000)+`"}`))
	}
	full := config.RateLog.Total("buffer full")
	if full < 10 || full > 12 {
		t.Errorf("%d of 20 lost", full)
	}
	giveUp(s)
	if left := config.RateLog.Total("not delivered before the end"); left+full != 20 {
		t.Errorf("%d counted at the end, %d before, of 20", left, full)
	}
	if !strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("log: %s", log)
	}
}

func TestCloseDeliversWhatWaits(t *testing.T) {
	l := listenTCP(t, "127.0.0.1:0")
	messages := make(chan string, 1000)
	receiveFrames(t, l, messages)
	config, _ := testConfig(t)
	config.Buffer = 10 << 20
	s := openSink(t, "syslog+tcp://"+l.Addr().String(), config)
	a := sample(t)
	for range 1000 {
		s.Send(a)
	}
	s.Close(context.Background())
	for range 1000 {
		next(t, messages)
	}
}

func TestCloseIsQuickWhenIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // where only who waits for time lets it pass
		config, _ := testConfig(t)
		s := openSink(t, "syslog+tcp://192.0.2.1:601", config)
		synctest.Wait()
		began := time.Now()
		s.Close(context.Background())
		if took := time.Since(began); took != 0 {
			t.Errorf("took %v to close", took)
		}
	})
}

// authority makes certificates.
type authority struct {
	t    testing.TB
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t testing.TB, name string) *authority {
	a := &authority{t: t, dir: t.TempDir()}
	a.cert, a.key = a.issue(name, &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

func (a *authority) issue(name string, template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.Subject = pkix.Name{CommonName: name}
	template.NotBefore = time.Now().Add(-time.Hour)
	template.NotAfter = time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	a.write(name+".pem", "CERTIFICATE", der)
	a.write(name+".key", "EC PRIVATE KEY", keyDER)
	return cert, key
}

func (a *authority) write(file, kind string, der []byte) {
	if err := os.WriteFile(a.path(file), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

func (a *authority) path(file string) string { return filepath.Join(a.dir, file) }

func (a *authority) server(name string, client *x509.CertPool) net.Listener {
	a.issue(name, &x509.Certificate{DNSNames: []string{name}})
	pair, err := tls.LoadX509KeyPair(a.path(name+".pem"), a.path(name+".key"))
	if err != nil {
		a.t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	if client != nil {
		config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, client
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		a.t.Fatal(err)
	}
	return l
}

func TestSyslogTLS(t *testing.T) {
	ours, others := newAuthority(t, "ca"), newAuthority(t, "other")
	ours.issue("client", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	others.issue("client", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	clients := x509.NewCertPool()
	clients.AddCert(ours.cert)
	for _, c := range []struct {
		name   string
		tls    TLS
		client *x509.CertPool // that the server asks for
		fault  string         // part of the log; empty when it has to work
	}{
		{"trusted", TLS{CAFile: ours.path("ca.pem"), ServerName: "log.example"}, nil, ""},
		{"client certificate", TLS{CAFile: ours.path("ca.pem"), ServerName: "log.example", CertFile: ours.path("client.pem"), KeyFile: ours.path("client.key")}, clients, ""},
		{"another authority", TLS{CAFile: others.path("other.pem"), ServerName: "log.example"}, nil, "unknown authority"},
		{"another name", TLS{CAFile: ours.path("ca.pem"), ServerName: "else.example"}, nil, "not else.example"},
		{"name from the address", TLS{CAFile: ours.path("ca.pem")}, nil, "IP SANs"},
		{"no client certificate", TLS{CAFile: ours.path("ca.pem"), ServerName: "log.example"}, clients, "certificate required"},
		{"another's client certificate", TLS{CAFile: ours.path("ca.pem"), ServerName: "log.example", CertFile: others.path("client.pem"), KeyFile: others.path("client.key")}, clients, "remote error: tls:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := ours.server("log.example", c.client)
			messages := make(chan string, 10)
			receiveFrames(t, l, messages)
			config, log := testConfig(t)
			config.TLS = c.tls
			s := openSink(t, "syslog+tls://"+l.Addr().String(), config)
			s.Send(sample(t))
			if c.fault == "" {
				checkSample(t, next(t, messages))
				return
			}
			waitLog(t, log, c.fault)
			giveUp(s)
			if n := config.RateLog.Total("not delivered before the end"); n != 1 || len(messages) > 0 || !strings.Contains(log.String(), c.fault) {
				t.Errorf("%d counted as lost, %d delivered; log %s", n, len(messages), log)
			}
		})
	}
}

func TestStdout(t *testing.T) {
	config, log := testConfig(t)
	var out bytes.Buffer
	config.Stdout = &out
	s := openSink(t, "stdout", config)
	a := sample(t)
	s.Send(a)
	s.Send(a)
	if want := a.Text() + "\n"; out.String() != want+want {
		t.Errorf("got %s", out.String())
	}
	config.Stdout = brokenWriter{}
	openSink(t, "stdout", config).Send(a)
	if config.RateLog.Total("cannot write") != 1 {
		t.Errorf("log: %s", log)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestOpenErrors(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		address string
		tls     TLS
		want    string
	}{
		{"127.0.0.1:514", TLS{}, "expected an address like syslog+tcp://host:port; it may begin with gelf, "},
		{"syslog://h:1", TLS{}, `scheme "syslog" is not one of gelf, syslog+udp, `},
		{"gelf://h", TLS{}, "missing port"},
		{"gelf://:12201", TLS{}, `expected host:port, not ":12201"`},
		{"unix://dev/log", TLS{}, "expected unix:///path, not"},
		{"https://", TLS{}, "no host"},
		{"gelf://h:0", TLS{}, `expected host:port, not "h:0"`},
		{"gelf://h:70000", TLS{}, `expected host:port, not "h:70000"`},
		{"syslog+tcp://h:1", TLS{CAFile: "ca.pem"}, "options of TLS are given, but syslog+tcp:// is not encrypted: use syslog+tls"},
		{"http://h", TLS{ServerName: "h"}, "options of TLS are given, but http:// is not encrypted"},
		{"syslog+tls://h:1", TLS{CAFile: "/nowhere/ca.pem"}, "cannot read CA file: open /nowhere/ca.pem"},
		{"syslog+tls://h:1", TLS{CAFile: empty}, "no certificate in PEM"},
		{"syslog+tls://h:1", TLS{CertFile: "c.pem"}, "client certificate and its key go together"},
		{"syslog+tls://h:1", TLS{CertFile: empty, KeyFile: empty}, "cannot read client certificate"},
	} {
		config, _ := testConfig(t)
		config.TLS = c.tls
		_, err := Open(c.address, config)
		if prefix := fmt.Sprintf("cannot send alerts to %q: ", c.address); err == nil || !strings.HasPrefix(err.Error(), prefix) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v\nwant %s%s", err, prefix, c.want)
		}
	}
}
