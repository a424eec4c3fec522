// Package e2e runs the filter in a real Fluent Bit, with a real rsyslog to receive
// the alerts. Without a Fluent Bit ($FLUENT_BIT or PATH) the tests skip.
package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

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
	path, ok := rig.FluentBit()
	if !ok {
		t.Skip("no Fluent Bit: set $FLUENT_BIT or PATH")
	}
	name := filepath.Join(dir, "fluent-bit.conf")
	if strings.HasPrefix(config, "service:") || strings.HasPrefix(config, "pipeline:") || strings.Contains(config, "\npipeline:") {
		name = filepath.Join(dir, "fluent-bit.yaml")
	}
	if err := os.WriteFile(name, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := rig.Start(rig.Root(), path, append([]string{"-e", plugin, "-e", outputPlugin, "-c", name}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(20 * time.Second); err != nil && !t.Failed() {
			t.Errorf("Fluent Bit: %v\n%s", err, p.Output())
		}
		if t.Failed() {
			t.Logf("Fluent Bit printed:\n%s", tail(p.Output(), 40))
		}
	})
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
	t.Cleanup(func() { _ = p.Stop(5 * time.Second) })
	if err := rig.Wait(10*time.Second, func() error {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			_ = c.Close()
		}
		return err
	}); err != nil {
		t.Fatalf("rsyslogd does not listen: %v\n%s", err, p.Output())
	}
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

// lines are the lines of a file, none if there is no file yet.
func lines(t testing.TB, file string) []string {
	t.Helper()
	f, err := os.Open(file)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []string
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 16<<20)
	for sc.Scan() {
		all = append(all, sc.Text())
	}
	return all
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

// udp sends datagrams, slowly enough for the receiver to keep up.
func udp(t testing.TB, port int, datagrams ...[]byte) {
	t.Helper()
	c, err := net.Dial("udp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, d := range datagrams {
		if _, err := c.Write(d); err != nil {
			t.Fatal(err)
		}
		time.Sleep(4 * time.Millisecond)
	}
}

// tcp opens a connection to a port that may not be open yet.
func tcp(t testing.TB, port int) net.Conn {
	t.Helper()
	var c net.Conn
	if err := rig.Wait(20*time.Second, func() (err error) {
		c, err = net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// needs skips a test where Fluent Bit was built without what the test uses: a plugin, or a property of it.
func needs(t *testing.T, plugin, property string) {
	t.Helper()
	path, ok := rig.FluentBit()
	if !ok {
		t.Skip("no Fluent Bit: set $FLUENT_BIT or PATH")
	}
	out, err := exec.Command(path, "-i", plugin, "-h").CombinedOutput()
	if err != nil || !regexp.MustCompile(`(?m)^`+regexp.QuoteMeta(property)+` `).Match(out) {
		t.Skipf("this Fluent Bit has no %s with %s", plugin, property)
	}
}
