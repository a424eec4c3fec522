// Package e2e runs the filter in a real Fluent Bit, with a real rsyslog to receive
// the alerts. Without a Fluent Bit ($FLUENT_BIT or PATH) the tests skip.
package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/internal/fluentconf"
	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// The library under its two names: the filter's and the output's.
var (
	plugin       = filepath.Join(rig.Root(), "build", "flb-filter_msa.so")
	outputPlugin = filepath.Join(rig.Root(), "build", "out_msa.so")
)

func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == receiverArgument {
		fmt.Fprintln(os.Stderr, runReceiver(os.Args[2], os.Args[3]))
		os.Exit(1)
	}
	if out, err := exec.Command("make", "-C", rig.Root(), "all").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "cannot build the plugin: %v\n%s", err, out)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// sample is the Nano record of the attack, or with another URL.
func sample(t testing.TB, url string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(rig.Root(), "test/testdata/nano-attack.json"))
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.TrimSpace(text)
	if url == "" {
		return text
	}
	return bytes.ReplaceAll(text, []byte("/?t=../../etc/passwd"), []byte(url))
}

// numbered is the attack with a number to tell it by.
func numbered(t testing.TB, n int) []byte {
	return sample(t, fmt.Sprintf("/?n=%d&t=../../etc/passwd", n))
}

// fluentBit starts a real Fluent Bit with a configuration in a directory of the test's.
func fluentBit(t *testing.T, dir, config string, args ...string) *rig.Process {
	t.Helper()
	if _, ok := rig.FluentBit(); !ok {
		t.Skip("no Fluent Bit: set $FLUENT_BIT or PATH")
	}
	needs(t, config)
	name := filepath.Join(dir, "fluent-bit.conf")
	if strings.HasPrefix(config, "service:") || strings.HasPrefix(config, "pipeline:") || strings.Contains(config, "\npipeline:") {
		name = filepath.Join(dir, "fluent-bit.yaml")
	}
	if err := os.WriteFile(name, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, append([]string{"-e", plugin, "-e", outputPlugin, "-c", name}, args...)...)
	t.Cleanup(func() {
		if err := p.Stop(rig.Patience); err != nil && !t.Failed() {
			t.Errorf("Fluent Bit: %v\n%s", err, p.Output())
		}
		if t.Failed() {
			t.Logf("Fluent Bit printed:\n%s", tail(p.Output(), 40))
		}
	})
	return p
}

// start starts the real Fluent Bit.
func start(t *testing.T, args ...string) *rig.Process {
	t.Helper()
	path, _ := rig.FluentBit()
	p, err := rig.Start(rig.Root(), path, args...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func tail(s string, lines int) string {
	all := strings.Split(s, "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// rsyslog starts an rsyslogd that writes the message part of what it receives by
// UDP and TCP into a file, a line each.
func rsyslog(t *testing.T, dir string) (port int, file string) {
	t.Helper()
	path, err := exec.LookPath("rsyslogd")
	if err != nil {
		if path, err = exec.LookPath("/usr/sbin/rsyslogd"); err != nil {
			t.Skip("no rsyslogd: install rsyslog")
		}
	}
	port = freePort(t)
	file = filepath.Join(dir, "alerts.log")
	config := fmt.Sprintf(`global(workDirectory=%q maxMessageSize="256k" parser.escapeControlCharactersOnReceive="off")
module(load="imudp")
module(load="imtcp")
input(type="imudp" address="127.0.0.1" port="%d" rcvbufSize="16m")
input(type="imtcp" address="127.0.0.1" port="%d")
template(name="message" type="string" string="%%syslogseverity%% %%hostname%% %%app-name%% %%msgid%% %%msg%%\n")
action(type="omfile" file=%q template="message")
`, dir, port, port, file)
	name := filepath.Join(dir, "rsyslog.conf")
	if err := os.WriteFile(name, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := rig.Start(dir, path, "-n", "-f", name, "-i", filepath.Join(dir, "rsyslog.pid"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop(rig.Patience) })
	c, err := rig.Dial(port)
	if err != nil {
		t.Fatalf("rsyslogd does not listen: %v\n%s", err, p.Output())
	}
	_ = c.Close()
	return port, file
}

func freePort(t testing.TB) int {
	t.Helper()
	port, err := rig.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// lines are the whole lines of a file, none if there is no file yet.
func lines(t testing.TB, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Split(string(text), "\n")
	return all[:len(all)-1] // the last is being written, or empty
}

// object is the JSON object at the end of a line.
func object(t testing.TB, line string) map[string]any {
	t.Helper()
	i := strings.IndexByte(line, '{')
	if i < 0 {
		t.Fatalf("no JSON in %q", line)
	}
	var out map[string]any
	if err := json.Unmarshal([]byte(line[i:]), &out); err != nil {
		t.Fatalf("%v in %q", err, line)
	}
	return out
}

// waitLines waits until a file has n lines.
func waitLines(t testing.TB, file string, n int, timeout time.Duration) []string {
	t.Helper()
	var got []string
	if err := rig.Wait(timeout, func() error {
		if got = lines(t, file); len(got) < n {
			return fmt.Errorf("%s has %d lines, want %d", filepath.Base(file), len(got), n)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return got
}

// udpRoom is what may wait at a receiver of datagrams when the next is sent: less than the smallest buffer holds.
const udpRoom = 32 << 10

// udp sends datagrams as soon as there is a receiver, and as fast as it reads them.
func udp(t testing.TB, port int, datagrams ...[]byte) {
	t.Helper()
	c, err := net.Dial("udp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, d := range datagrams {
		if err := rig.Wait(rig.Patience, func() error {
			waiting, err := rig.UDPQueue(port)
			if err == nil && waiting > udpRoom {
				err = fmt.Errorf("%d bytes wait at port %d", waiting, port)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write(d); err != nil {
			t.Fatal(err)
		}
	}
}

// tcp opens a connection to a port that may not be open yet.
func tcp(t testing.TB, port int) net.Conn {
	t.Helper()
	c, err := rig.Dial(port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// abilities are what the Fluent Bit says that it was built with: its plugins, and the properties of tail.
var abilities = sync.OnceValue(func() (out struct{ plugins, tail string }) {
	path, _ := rig.FluentBit()
	ask := func(args ...string) string {
		text, err := exec.Command(path, args...).CombinedOutput()
		if err != nil {
			panic(fmt.Sprintf("%s %s: %v\n%s", path, args, err, text))
		}
		return string(text)
	}
	out.plugins, out.tail = ask("--help"), ask("-i", "tail", "-h")
	return out
})

// hasPlugin reports whether the Fluent Bit was built with a plugin of its own.
func hasPlugin(name string) bool {
	return regexp.MustCompile(`(?m)^  ` + regexp.QuoteMeta(strings.ToLower(name)) + ` `).MatchString(abilities().plugins)
}

// needs skips a test where the Fluent Bit was built without what a configuration uses: a plugin, or SQL for tail's place.
func needs(t *testing.T, config string) {
	t.Helper()
	sections, err := fluentconf.Parse(config)
	if err != nil {
		return // which Fluent Bit will say, too
	}
	for _, s := range sections {
		name := s.Get("name")
		switch {
		case s.Kind != "input" && s.Kind != "filter" && s.Kind != "output", name == "msa", name == "fault":
		case !hasPlugin(name):
			t.Skipf("this Fluent Bit was built without the %s %s", s.Kind, name)
		case name == "tail" && s.Get("db") != "" && !regexp.MustCompile(`(?m)^db `).MatchString(abilities().tail):
			t.Skip("this Fluent Bit was built without SQL, so tail has no DB")
		}
	}
}
