// Package readback has real receivers of syslog read alerts of each format: rsyslog and syslog-ng, with the configurations
// in examples/receivers. A receiver that is not installed is skipped.
package readback

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/internal/event"
	"github.com/modsecurity-for-anylog/msa/pipeline"
	"github.com/modsecurity-for-anylog/msa/test/rig"
)

func TestMain(m *testing.M) {
	if out, err := exec.Command("make", "-C", rig.Root(), "all").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "cannot build MSA: %v\n%s", err, out)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

const rule = `SecRule ARGS:t "@contains passwd" "id:77,phase:2,pass,log,msg:'A file = of passwords',severity:CRITICAL,ver:'own/1',tag:'attack-lfi',tag:'T1083',logdata:'in %{MATCHED_VAR_NAME}'"` + "\n"

// url is the record's: it has what each format has to escape, and an attempt at forging a source in each.
const url = `/run?t=/etc/passwd src=6.6.6.6 ^src=6.6.6.6^|a\b"ü` + "\u2028;"

func record(t *testing.T) []byte {
	text, err := json.Marshal(map[string]string{
		"BEGIN_TIME": "2024-05-30 07:16:48.917", "host": "probe-1", "message": "jxit", "SRC_IP": "10.0.0.1", "SRC_PORT": "40000", "DST_IP": "10.0.0.2",
		"DST_PORT": "8080", "METHOD": "POST", "URL": url, "DOMAIN": "shop.svc", "RETCODE": "403",
		"REQ_HEADER": "POST /run HTTP/1.1\r\nHost: shop.svc\r\nUser-Agent: pro=be/1.0\r\n\r\n", "REQ_BODY": "a\nb\tc",
		"RSP_HEADER": "HTTP/1.1 403 Forbidden\r\nServer: x\r\n\r\n", "RSP_BODY": "\"}\n<1>",
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// settings are the properties of every sender.
func settings(rules, format string) map[string]string {
	return map[string]string{"mapping": "nano", "rules": rules, "behavior": "off", "incident_tag": "off", "alert_format": format}
}

// alertText is what has to arrive of the alert in a format, made without a network.
func alertText(t *testing.T, rules, format, tag string) string {
	t.Helper()
	given := settings(rules, format)
	config, err := pipeline.ParseConfig(func(name string) []string {
		if v, ok := given[name]; ok {
			return []string{v}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := pipeline.New(config, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	chunk, err := event.AppendRecord(nil, time.Now(), record(t))
	if err != nil {
		t.Fatal(err)
	}
	result := p.Process(tag, chunk)
	if len(result.Alerts) != 1 || result.Alerts[0].Count != 1 {
		t.Fatalf("%d runs of alerts", len(result.Alerts))
	}
	text := ""
	if err := event.Alerts(result.Alerts[0].Events, func(a event.Alert) { text = strings.Clone(a.Text()) }); err != nil {
		t.Fatal(err)
	}
	return text
}

// sender is a way by which alerts leave.
type sender struct {
	name string
	tag  string // of the records
	host bool   // whether it is Fluent Bit
	send func(t *testing.T, dir, rules string, r *receiver)
}

var senders = []sender{
	{"run over UDP", "msa.run", false, func(t *testing.T, dir, rules string, r *receiver) {
		runCommand(t, rules, fmt.Sprintf("syslog+udp://127.0.0.1:%d", r.port))
	}},
	{"run over TCP", "msa.run", false, func(t *testing.T, dir, rules string, r *receiver) {
		runCommand(t, rules, fmt.Sprintf("syslog+tcp://127.0.0.1:%d", r.port))
	}},
	{"out_syslog over UDP in RFC 5424", "nano", true, func(t *testing.T, dir, rules string, r *receiver) {
		fluentBit(t, dir, rules, "rfc5424", "udp", r.port)
	}},
	{"out_syslog over UDP in RFC 3164", "nano", true, func(t *testing.T, dir, rules string, r *receiver) {
		fluentBit(t, dir, rules, "rfc3164", "udp", r.otherPort)
	}},
	{"out_syslog over TCP in RFC 5424", "nano", true, func(t *testing.T, dir, rules string, r *receiver) {
		fluentBit(t, dir, rules, "rfc5424", "tcp", r.otherPort)
	}},
}

// runCommand has msa run send the alert, once in each format.
func runCommand(t *testing.T, rules, output string) {
	for _, format := range alert.Formats() {
		port, err := rig.FreePort()
		if err != nil {
			t.Fatal(err)
		}
		args := []string{"run", "--listen", fmt.Sprintf("tcp://127.0.0.1:%d", port), "--output", output, "--hostname", "probe-1"}
		for name, v := range settings(rules, format) {
			args = append(args, "--"+strings.ReplaceAll(name, "_", "-"), v)
		}
		p := launch(t, t.Errorf, rig.Root(), filepath.Join(rig.Root(), "build/msa"), args...)
		if err := p.WaitOutput("listening", rig.Patience); err != nil {
			t.Fatal(err)
		}
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write(append(record(t), '\n')); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// fluentBit has one filter for each format send the alert by out_syslog.
func fluentBit(t *testing.T, dir, rules, rfc, mode string, port int) {
	path, _ := rig.FluentBit()
	in := filepath.Join(dir, "in.json")
	if err := os.WriteFile(in, append(record(t), '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	parsers := filepath.Join(dir, "parsers.conf")
	if err := os.WriteFile(parsers, []byte("[PARSER]\n    Name json_line\n    Format json\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "[SERVICE]\n    Flush 0.2\n    Grace 1\n    Parsers_File %s\n", parsers)
	fmt.Fprintf(&b, "[INPUT]\n    Name tail\n    Path %s\n    Tag nano\n    Parser json_line\n    Read_From_Head On\n", in)
	for _, format := range alert.Formats() {
		fmt.Fprintf(&b, "[FILTER]\n    Name msa\n    Match nano\n    Alert_Tag msa.%s\n", format)
		for name, v := range settings(rules, format) {
			fmt.Fprintf(&b, "    %s %s\n", name, v)
		}
	}
	fmt.Fprintf(&b, "[OUTPUT]\n    Name syslog\n    Match msa.*\n    Host 127.0.0.1\n    Port %d\n    Mode %s\n    Syslog_Format %s\n    Syslog_MaxSize 60000\n", port, mode, rfc)
	b.WriteString("    Syslog_Message_Key log\n    Syslog_Severity_Key severity\n    Syslog_Hostname_Preset probe-1\n    Syslog_Appname_Preset msa\n")
	config := filepath.Join(dir, "fluent-bit.conf")
	if err := os.WriteFile(config, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, rig.Root(), path, "-e", filepath.Join(rig.Root(), "build/flb-filter_msa.so"), "-c", config)
}

// start starts a program that ends with the test, and ends well.
func start(t *testing.T, dir, path string, args ...string) {
	t.Helper()
	launch(t, t.Errorf, dir, path, args...)
}

// launch starts a program that ends with the test. badEnd is told when it doesn't end well.
func launch(t *testing.T, badEnd func(format string, args ...any), dir, path string, args ...string) *rig.Process {
	t.Helper()
	p, err := rig.Start(dir, path, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(rig.Patience); err != nil {
			badEnd("%s: %v", filepath.Base(path), err)
		}
		if t.Failed() {
			t.Log(p.Output())
		}
	})
	return p
}

// receiver is a program that writes what it reads as JSON, a line for each message.
type receiver struct {
	port      int // what msa run sends, and RFC 5424 by UDP
	otherPort int // what Fluent Bit sends otherwise
	file      string
}

// message is a line that a receiver has written.
type message struct {
	Severity, Host, Program, MsgID string
	Header                         map[string]string
	Alert                          map[string]any
}

// messages are what the receiver has written, when that is one for each format.
func (r *receiver) messages(t *testing.T) (all []message) {
	t.Helper()
	if err := rig.Wait(rig.Patience, func() error {
		all = nil
		f, err := os.Open(r.file)
		if err != nil {
			return err
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var m message
			if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
				return fmt.Errorf("%w in %s", err, lines.Text())
			}
			all = append(all, m)
		}
		if len(all) < len(alert.Formats()) {
			return fmt.Errorf("%d messages", len(all))
		}
		return lines.Err()
	}); err != nil {
		t.Fatal(err)
	}
	if len(all) != len(alert.Formats()) {
		t.Fatalf("%d messages for %d formats", len(all), len(alert.Formats()))
	}
	return all
}

// example is a configuration of examples/receivers that writes into a directory.
func (r *receiver) example(t *testing.T, dir, name string) (file string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(rig.Root(), "examples/receivers", name))
	if err != nil {
		t.Fatal(err)
	}
	r.file = filepath.Join(dir, "alerts.json")
	file = filepath.Join(dir, name)
	changed := strings.ReplaceAll(rig.WithPorts(string(text), map[int]int{12201: r.port, 12202: r.otherPort}), "/var/log/msa-alerts.json", r.file)
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// run runs a receiver until the test ends, and returns when it listens.
func (r *receiver) run(t *testing.T, dir, path string, env []string, args ...string) {
	t.Helper()
	p := launch(t, t.Logf, dir, "/usr/bin/env", slices.Concat(env, []string{path}, args)...) // how a receiver ends is its own affair
	for _, port := range []int{r.port, r.otherPort} {
		if err := rig.Wait(rig.Patience, func() error {
			c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
			if err == nil {
				err = c.Close()
			}
			return err
		}); err != nil {
			t.Fatalf("it does not listen: %v\n%s", err, p.Output())
		}
	}
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	port, err := rig.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	other, err := rig.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return &receiver{port: port, otherPort: other}
}

// eachSender runs a test with a receiver for each way by which alerts leave. check compares a message with the alert in its format,
// and tells which that is.
func eachSender(t *testing.T, receive func(t *testing.T, dir string) *receiver, check func(t *testing.T, m message, text func(format string) string) (format string)) {
	for _, s := range senders {
		t.Run(s.name, func(t *testing.T) {
			if _, ok := rig.FluentBit(); s.host && !ok {
				t.Skip("no Fluent Bit: set $FLUENT_BIT or PATH")
			}
			t.Parallel()
			dir := t.TempDir()
			rules := filepath.Join(dir, "own.conf")
			if err := os.WriteFile(rules, []byte(rule), 0o600); err != nil {
				t.Fatal(err)
			}
			r := receive(t, dir)
			s.send(t, dir, rules, r)
			for _, m := range r.messages(t) {
				format := check(t, m, func(format string) string { return alertText(t, rules, format, s.tag) })
				checkHeader(t, format, m, s)
			}
		})
	}
}

// formatOf tells the format of an alert that a receiver has read as JSON; "" if it is none.
func formatOf(a map[string]any) string {
	switch {
	case a["alert_engine"] != nil:
		return "msa"
	case a["ecs"] != nil:
		return "ecs"
	case a["class_uid"] != nil:
		return "ocsf"
	case a["transaction"] != nil:
		return "modsecurity"
	case a["output_fields"] != nil:
		return "falco"
	}
	return ""
}

// sure stands for the confidence of what alarms by default, which each training may change.
const sure = "40 to 100"

// cefExtension and leefAttributes are what CEF and LEEF have of the record.
func cefExtension(tag string) map[string]any {
	return map[string]any{
		"rt": "1717053408917", "cat": "lfi", "src": "10.0.0.1", "spt": "40000", "dst": "10.0.0.2", "dpt": "8080", "dhost": "shop.svc",
		"requestMethod": "POST", "request": shown(url), "requestClientApplication": "pro=be/1.0",
		"msg":     "Matched \"Operator `Contains' with parameter `passwd' against variable `ARGS:t' (Value: `" + logged + "' )",
		"dvchost": "probe-1", "cn1": "403", "cn1Label": "HTTP status", "cn2": "0", "cn2Label": "score_in", "cn3": "0", "cn3Label": "score_out",
		"cfp1": sure, "cfp1Label": "confidence", "outcome": "failure", "reason": "403: the server refused the request",
		"cs1": "77", "cs1Label": "rules", "cs2": "east-west", "cs2Label": "direction", "cs3": "T1083", "cs3Label": "attack",
		"cs5": "nano", "cs5Label": "preset", "flexString2": tag, "flexString2Label": "tag",
	}
}

func leefAttributes(tag string) map[string]any {
	return map[string]any{
		"devTime": "1717053408917", "sev": "3", "cat": "lfi", "src": "10.0.0.1", "srcPort": "40000", "dst": "10.0.0.2", "dstPort": "8080",
		"msg": "A file = of passwords", "method": "POST", "domain": "shop.svc", "url": shown(url), "status": "403", "userAgent": "pro=be/1.0",
		"matched":   "Matched \"Operator `Contains' with parameter `passwd' against variable `ARGS:t' (Value: `" + logged + "' )",
		"direction": "east-west", "attack": "T1083", "rules": "77", "scoreIn": "0", "scoreOut": "0", "confidence": sure, "outcome": "failure", "outcomeEvidence": "403: the server refused the request", "host": "probe-1", "tag": tag, "preset": "nano",
	}
}

// shown is a text as CEF and LEEF have it: U+2028 would end a line.
func shown(s string) string { return strings.ReplaceAll(s, "\u2028", "\ufffd") }

// logged is the value as ModSecurity's words have it.
const logged = `/etc/passwd src=6.6.6.6 ^src=6.6.6.6^|a\b"\xc3\xbc\xe2\x80\xa8;`

func object(t *testing.T, text string) (o map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return o
}

func same(t *testing.T, format string, got, want any) {
	t.Helper()
	if read, ok := got.(map[string]any); ok {
		for key, value := range want.(map[string]any) {
			text, _ := read[key].(string)
			if n, err := strconv.Atoi(text); value == sure && err == nil && n >= 40 && n <= 100 {
				want.(map[string]any)[key] = text
			}
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: read  %.3000v\nwant %.3000v", format, fmt.Sprint(got), fmt.Sprint(want))
	}
}

// tagOf is the tag in a line of CEF or LEEF.
func tagOf(line string) string {
	for _, mark := range []string{"flexString2=", "^tag="} {
		if _, rest, ok := strings.Cut(line, mark); ok {
			return rest[:strings.IndexAny(rest, " ^")]
		}
	}
	return ""
}

// checkHeader: the syslog header has the alert's severity, of out_syslog only where the record has one at its top. msa run says
// the rule, too.
func checkHeader(t *testing.T, format string, m message, s sender) {
	t.Helper()
	if m.Host != "probe-1" || m.Program != "msa" {
		t.Errorf("%s: the header says %q, %q", format, m.Host, m.Program)
	}
	byRun := strings.HasPrefix(s.name, "run")
	if (byRun || slices.Contains([]string{"msa", "cef", "leef"}, format)) && m.Severity != "5" {
		t.Errorf("%s: severity is %s", format, m.Severity)
	}
	if byRun && m.MsgID != "77" {
		t.Errorf("%s: the message's id is %q", format, m.MsgID)
	}
}
