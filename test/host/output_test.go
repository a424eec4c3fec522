package host

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// receiver takes syslog messages by TCP. It breaks off the first connections.
type receiver struct {
	address string

	mu       sync.Mutex
	messages []string
}

func receive(t *testing.T, broken int) *receiver {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	r := &receiver{address: l.Addr().String()}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if broken > 0 {
				broken--
				_ = conn.(*net.TCPConn).SetLinger(0)
			} else {
				r.read(conn)
			}
			_ = conn.Close()
		}
	}()
	return r
}

func (r *receiver) read(conn io.Reader) {
	for b := bufio.NewReader(conn); ; {
		var n int
		if _, err := fmt.Fscanf(b, "%d ", &n); err != nil {
			return
		}
		message := make([]byte, n)
		if _, err := io.ReadFull(b, message); err != nil {
			return
		}
		r.mu.Lock()
		r.messages = append(r.messages, string(message))
		r.mu.Unlock()
	}
}

// rules are those of the messages, in the order in which they came.
func (r *receiver) rules() (ids []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.messages {
		ids = append(ids, regexp.MustCompile(`^<\d+>1 \S+ \S+ msa \d+ (\S+) `).FindStringSubmatch(m)[1])
	}
	return ids
}

// output begins a script with one output, whose one rule the sample matches.
func output(to, behavior string) string {
	return "output o\noutputset o rules testdata/passwd.conf\noutputset o incident_tag off\noutputset o Forward_To " + to + "\noutputset o behavior " + behavior + "\n"
}

func TestOutput(t *testing.T) {
	attack := file(t, slices.Concat(sample(t, "/harmless"), sample(t, "/?t=../../etc/passwd")))
	for _, c := range []struct {
		name   string
		script string
		broken int
		want   []string // of the log and of what flush returns
		rules  []string
	}{
		{"workers", "workerflush o in " + attack + "\nworkerflush o in " + attack + "\n", 0,
			[]string{"flush o ok", "flush o ok"}, []string{"100", "9702999", "100"}},
		{"workers try again", "workerflush o in " + attack + "\n", 3,
			[]string{"flush o ok"}, []string{"100", "9702999"}},
		{"no workers", "flush o in " + attack + "\nsleep 200\nflush o in " + attack + "\n", 1,
			[]string{"log warn .*set Workers 1 or more", "log warn .*cannot deliver alerts to syslog.tcp://127.0.0.1:", "flush o retry", "flush o ok"}, []string{"100", "9702999"}},
		{"no hurry without workers", "flush o in " + attack + "\nflush o in " + attack + "\n", 1,
			[]string{"flush o retry", "flush o retry"}, nil},
		{"workers and reloads", "hotreload\nworkerflush o in " + attack + "\n", 0,
			[]string{"log warn .*do not reload", "flush o ok"}, []string{"100", "9702999"}},
		{"its own alerts", "flush o msa.alert " + attack + "\n", 0, []string{"flush o ok"}, nil},
		{"nothing to say", "workerflush o in " + file(t, sample(t, "/harmless")) + "\n", 0, []string{"flush o ok"}, nil},
		{"junk", "workerflush o in " + file(t, []byte("\xc1junk")) + "\n", 0, []string{"log error|log warn", "flush o ok"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, h *host) {
				r := receive(t, c.broken)
				out, _ := h.run(t, nil, output("syslog+tcp://"+r.address, "testdata/passwd.yaml")+"outputinit o\n"+c.script+"outputexit o\n")
				check(t, out, append(append([]string{"output msa type=2 proxy=11 ", "outputinit o ret=1 context=set"}, c.want...), "outputexit o ret=1")...)
				if got := r.rules(); !slices.Equal(got, c.rules) {
					t.Errorf("alerts of %v came, want %v", got, c.rules)
				}
			})
		})
	}
}

func TestOutputProperties(t *testing.T) {
	attack := file(t, sample(t, "/?t=../../etc/passwd"))
	r := receive(t, 0)
	out, _ := plain.run(t, nil, output("syslog+tcp://"+r.address, "off")+"outputset o RULES testdata/curl.conf\noutputset o alert_per rule\n"+
		"outputinit o\nworkerflush o in "+attack+"\noutputexit o\n")
	check(t, out, "flush o ok")
	if got := r.rules(); !slices.Contains(got, "100") || !slices.Contains(got, "200") {
		t.Errorf("alerts of %v came: not both rules files are in use", got)
	}
	for name, c := range map[string]struct{ set, says string }{
		"unknown":     {"paranoya_level 2", "property paranoya_level: there is no property of this name"},
		"emitter":     {"emitter_mem_buf_limit 1M", "property emitter_mem_buf_limit: an output has no emitter"},
		"bad":         {"paranoia_level 9", "paranoia_level"},
		"annotate":    {"annotate waf", "an output can't change records"},
		"no alerts":   {"alert_tag off", "property alert_tag"},
		"syslog":      {"syslog_format rfc1", `syslog format "rfc1" is not one of`},
		"certificate": {"tls_cert a.pem", "options of TLS are given, but syslog+tcp:// is not encrypted"},
	} {
		t.Run(name, func(t *testing.T) {
			out, _ := plain.run(t, nil, output("syslog+tcp://127.0.0.1:1", "off")+"outputset o "+c.set+"\noutputinit o\n")
			check(t, out, `log error \[output:msa:o\] cannot start: .*`+regexp.QuoteMeta(c.says), "outputinit o ret=0 context=none")
		})
	}
	for name, c := range map[string]struct{ to, says string }{
		"scheme": {"smtp://h:1", `scheme "smtp" is not one of gelf, `},
		"port":   {"gelf://h", "missing port"},
	} {
		t.Run(name, func(t *testing.T) {
			out, _ := plain.run(t, nil, output(c.to, "off")+"outputinit o\n")
			check(t, out, `log error \[output:msa:o\] cannot start: property forward_to: .*`+regexp.QuoteMeta(c.says), "outputinit o ret=0 context=none")
		})
	}
	out, _ = plain.run(t, nil, "output o\noutputinit o\n")
	check(t, out, `log error .*property forward_to: missing`, "outputinit o ret=0")
}

// An output keeps the last good rules at a reload, as the filter does, and shares them with it.
func TestOutputReload(t *testing.T) {
	attack := file(t, sample(t, "/?t=../../etc/passwd"))
	r := receive(t, 0)
	first := output("syslog+tcp://"+r.address, "off") + "outputinit o\nworkerflush o in " + attack + "\noutputexit o\n"
	out, _ := plain.run(t, nil, one+"init a\n"+first+strings.Replace(first, "passwd.conf", "broken.conf", 1)+"sleep 1100\ntick 1\nexit a\n")
	check(t, out, `outputinit o ret=1`, `log error \[output:msa:o\] cannot reload: .*broken.conf.*KEEPING THE LAST GOOD RULES`, "outputinit o ret=1", "flush o ok")
	if got := r.rules(); !slices.Equal(got, []string{"100", "100"}) {
		t.Errorf("alerts of %v came", got)
	}
}

func TestOutputMetrics(t *testing.T) {
	attack := file(t, sample(t, "/?t=../../etc/passwd"))
	r := receive(t, 1)
	out, _ := plain.run(t, nil, one+"init a\n"+output("syslog+tcp://"+r.address, "off")+"outputinit o\n"+
		"flush o in "+attack+"\nsleep 1100\ntick 1\noutputexit o\nexit a\n")
	check(t, out, "flush o retry", `metric msa_records_total\{name=a\} 0$`, `metric msa_records_total\{name=output:o\} 1$`)
	check(t, out, `metric msa_alerts_waiting\{name=output:o\} 1$`)
}
