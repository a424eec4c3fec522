package e2e

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/leodido/go-syslog/v4/rfc5424"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// syslogConfigurations are the shipped files with an output of syslog in the form of RFC 5424.
func syslogConfigurations(t *testing.T) (files []string) {
	t.Helper()
	for _, pattern := range []string{"fluent-bit.*", "examples/*", "deploy/*/*"} {
		found, err := filepath.Glob(filepath.Join(rig.Root(), pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range found {
			text, err := os.ReadFile(file)
			if err == nil && strings.Contains(strings.ToLower(string(text)), "syslog_hostname_key") {
				files = append(files, file)
			}
		}
	}
	return files
}

// block is the part of a configuration's lines that begins with one of them and has a word in it: a section.
func block(text, begins, has string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		if strings.TrimSpace(lines[i]) != begins {
			continue
		}
		indent := len(lines[i]) - len(strings.TrimLeft(lines[i], " "))
		end := i + 1
		for end < len(lines) && strings.HasPrefix(lines[end], strings.Repeat(" ", indent+2)) {
			end++
		}
		for j := i; j < end; j++ {
			lines[j] = lines[j][indent:]
		}
		if part := strings.Join(lines[i:end], "\n"); strings.Contains(strings.ToLower(part), has) {
			return part
		}
	}
	return ""
}

// receiver is the name of the host that alerts go to.
var receiver = regexp.MustCompile(`(?im)^(\s*host:?\s+)\S+$`)

// transport is how alerts go there, which makes no difference to their headers.
var transport = regexp.MustCompile(`(?im)^(\s*mode:?\s+)\S+$`)

// syslogOnly is a configuration with a shipped file's way from an alert to syslog, and alerts with hosts of all kinds.
func syslogOnly(t *testing.T, file string, port int, hosts []string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "[FILTER]", "[OUTPUT]"
	isYAML := block(string(text), "- name: syslog", "syslog_hostname_key") != ""
	if isYAML {
		begin, end = "- name: modify", "- name: syslog"
	}
	filter, output := block(string(text), begin, "condition"), block(string(text), end, "syslog_hostname_key")
	if filter == "" || output == "" {
		t.Fatalf("%s: no filter that removes a host that is none, or no output", file)
	}
	output = rig.WithPorts(output, map[int]int{12201: port})
	output = transport.ReplaceAllString(receiver.ReplaceAllString(output, "${1}127.0.0.1"), "${1}udp")
	tag := "msa.alert"
	switch {
	case strings.Contains(output, "msa.alert.*"):
		tag = "msa.alert.crs"
	case !strings.Contains(output, "msa.alert"):
		tag = "attack"
	}
	var b strings.Builder
	if isYAML {
		b.WriteString("service: {flush: 0.2}\npipeline:\n  inputs:\n")
	} else {
		b.WriteString("[SERVICE]\n    Flush 0.2\n")
	}
	for i, host := range hosts {
		alert := fmt.Sprintf(`{"rule_id":"930100","alert_engine":"modsecurity","severity":"2","host":"%s","log":"alert %d","URL":"alert %d"}`, host, i, i)
		if host == "missing" {
			alert = strings.Replace(alert, `"host":"missing",`, "", 1)
		}
		if isYAML {
			fmt.Fprintf(&b, "    - {name: dummy, tag: %s, samples: 1, dummy: '%s'}\n", tag, alert)
		} else {
			fmt.Fprintf(&b, "[INPUT]\n    Name dummy\n    Tag %s\n    Samples 1\n    Dummy %s\n", tag, alert)
		}
	}
	if !isYAML {
		return b.String() + filter + "\n" + output + "\n"
	}
	under := func(s string) string { return "    " + strings.ReplaceAll(s, "\n", "\n    ") + "\n" }
	return b.String() + "  filters:\n" + under(filter) + "  outputs:\n" + under(output)
}

// Every shipped configuration writes headers of RFC 5424 that strict receivers take, whatever host an alert has.
func TestSyslogHeaders(t *testing.T) {
	hosts := []string{"web1.example.com", "", "missing", "two words", "10.64.1.254", `tab\there`, "höst"}
	want := []string{"web1.example.com", "", "", "", "10.64.1.254", "", ""}
	files := syslogConfigurations(t)
	if len(files) < 9 {
		t.Fatalf("only %q", files)
	}
	for _, file := range files {
		name, err := filepath.Rel(rig.Root(), file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			conn, err := net.ListenPacket("udp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			config := syslogOnly(t, file, conn.LocalAddr().(*net.UDPAddr).Port, hosts)
			fluentBit(t, t.TempDir(), config)
			if err := conn.SetReadDeadline(time.Now().Add(rig.Patience)); err != nil {
				t.Fatal(err)
			}
			buf := make([]byte, 64<<10)
			for range hosts {
				n, _, err := conn.ReadFrom(buf)
				if err != nil {
					t.Fatal(err)
				}
				m, err := rfc5424.NewParser().Parse(buf[:n])
				if err != nil {
					t.Errorf("%v: %q", err, buf[:n])
					continue
				}
				got := m.(*rfc5424.SyslogMessage)
				var i int
				if got.Message == nil {
					t.Fatalf("no message in %q", buf[:n])
				}
				if _, err := fmt.Sscanf(strings.TrimPrefix(*got.Message, "\ufeff"), "alert %d", &i); err != nil {
					t.Fatalf("%v: %q", err, buf[:n])
				}
				if host := got.Hostname; (host == nil) != (want[i] == "") || host != nil && *host != want[i] {
					t.Errorf("host %q is in %q", hosts[i], buf[:n])
				}
			}
		})
	}
}
