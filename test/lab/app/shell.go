package app

import (
	"bytes"
	"context"
	"html"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// traced marks the lines in which the shell tells which commands it runs.
const traced = "+lab+ "

// nobody is the user and the group that the shell runs as, if the site may choose.
const nobody = 65534

// shell runs a command line of which a careless program has put an input. It runs without privileges, without a network
// proxy that leads anywhere, and for ten seconds at most. More than one command that was found is an attack that worked, if it
// gave something: output that the site shows, a wait, or a request to another server.
func (v *visit) shell(line string) string { return v.runs(line, true) }

func (v *visit) runs(line string, shown bool) string {
	scratch, err := os.MkdirTemp("", "lab-shell-")
	if err != nil {
		return ""
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	waits, calls := filepath.Join(scratch, "waits"), filepath.Join(scratch, "calls")
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", "set -x\n"+strings.ReplaceAll(line, "\x00", ""))
	cmd.Dir = filepath.Join(v.Dir, shop)
	cmd.Env = []string{"PATH=" + filepath.Join(v.Dir, "lab", "bin") + ":/usr/bin:/bin", "PS4=" + traced, "LAB_WAITS=" + waits, "LAB_CALLS=" + calls,
		"http_proxy=http://127.0.0.1:9", "https_proxy=http://127.0.0.1:9", "HOME=/var/www", "DB_PASSWORD=tulip-4711"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if os.Getuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
		_ = os.Chmod(scratch, 0o777) //nolint:gosec // the user nobody writes there
	}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	var out, trace bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &trace
	_ = cmd.Run() // what it printed is the answer, whatever its status
	waited := v.afterShell(waits, calls)
	if ran := strings.Count(trace.String(), traced) - strings.Count(trace.String(), "not found"); ran > 1 {
		what := "ran " + strconv.Itoa(ran) + " commands of " + line
		if waited || shown && strings.TrimSpace(out.String()) != "" {
			v.took("rce", what)
		} else {
			v.Ledger.blind(v.id, "rce", what)
		}
	}
	return out.String()[:min(out.Len(), 64<<10)]
}

// afterShell does what commands have asked for that must not be done by themselves: to wait, and to ask servers. It reports
// whether there was any.
func (v *visit) afterShell(waits, calls string) (asked bool) {
	if text, err := os.ReadFile(waits); err == nil {
		for _, n := range strings.Fields(string(text)) {
			if seconds, err := strconv.ParseFloat(n, 64); err == nil && seconds > 0 {
				v.wait(time.Duration(seconds * float64(time.Second)))
				asked = true
			}
		}
	}
	if text, err := os.ReadFile(calls); err == nil {
		for _, url := range strings.Fields(string(text)) {
			_, _, _ = v.Fetch(v.id, url)
			asked = true
		}
	}
	return asked
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]{0,100}$`)

// ping: output in a page. A site that is not weak refuses what is no name.
func (v *visit) ping() {
	host := v.param("addr")
	if !v.Weak && !hostName.MatchString(host) {
		v.page(http.StatusOK, "Ping", "<p>"+html.EscapeString(host)+" is not the name of a host.</p>")
		return
	}
	v.page(http.StatusOK, "Ping", "<pre>"+v.shell("ping -c 1 "+host)+"</pre>")
}

// convert: an input in quotes, and plain text.
func (v *visit) convert() {
	name := v.param("name")
	if !v.Weak {
		v.text(http.StatusOK, "text/plain", "converted "+name+"\n")
		return
	}
	v.text(http.StatusOK, "text/plain", v.shell("convert '"+name+"'"))
}

// backup: no output at all.
func (v *visit) backup() {
	name := v.param("name")
	if !v.Weak && !hostName.MatchString(name) {
		v.page(http.StatusBadRequest, "Backup", "<p>Bad name.</p>")
		return
	}
	v.runs("tar cf /dev/null "+name, false)
	v.page(http.StatusOK, "Backup", "<p>The backup runs.</p>")
}

// apiDNS: JSON to JSON.
func (v *visit) apiDNS() {
	name := v.field("name")
	if !v.Weak && !hostName.MatchString(name) {
		v.json(http.StatusBadRequest, map[string]any{"error": "name is invalid"})
		return
	}
	v.json(http.StatusOK, map[string]any{"name": name, "output": v.shell("nslookup \"" + name + "\"")})
}

var shellshock = regexp.MustCompile(`^\(\)\s*\{.*?\}\s*;(.*)`)

// cgi: a script whose shell takes functions from headers.
func (v *visit) cgi() {
	for _, name := range []string{"User-Agent", "Referer", "Cookie"} {
		if m := shellshock.FindStringSubmatch(v.r.Header.Get(name)); m != nil && v.Weak {
			v.text(http.StatusOK, "text/plain", v.shell("true\n"+m[1]))
			return
		}
	}
	v.text(http.StatusOK, "text/plain", "uptime: 3 days\n")
}

// windowsCommands are what cmd.exe knows, with what it prints.
var windowsCommands = []struct {
	command *regexp.Regexp
	output  string
}{
	{regexp.MustCompile(`(?i)^dir\b`), " Volume in drive C has no label.\r\n Volume Serial Number is 7C2A-11D0\r\n\r\n Directory of C:\\inetpub\\shop\r\n\r\n03/02/2026  08:00 AM    <DIR>          .\r\n03/02/2026  08:00 AM             1,204 default.aspx\r\n"},
	{regexp.MustCompile(`(?i)^ipconfig\b`), "\r\nWindows IP Configuration\r\n\r\nEthernet adapter Ethernet0:\r\n   IPv4 Address. . . . . . . . . . . : 10.2.0.31\r\n"},
	{regexp.MustCompile(`(?i)^ver\b`), "\r\nMicrosoft Windows [Version 10.0.17763.5458]\r\n"},
	{regexp.MustCompile(`(?i)^whoami\b`), "iis apppool\\shop\r\n"},
	{regexp.MustCompile(`(?i)^type\s+c:\\windows\\win\.ini`), machine["windows/win.ini"]},
	{regexp.MustCompile(`(?i)^set /a 7331\*11`), "80641"},
	{regexp.MustCompile(`(?i)^net user\b`), "\r\nUser accounts for \\\\SHOP01\r\n\r\n-----------------------------\r\nAdministrator            Guest                    svc_shop\r\nThe command completed successfully.\r\n"},
}

// windowsPing: the same on Windows.
func (v *visit) windowsPing() {
	host := v.param("host")
	if !v.Weak && !hostName.MatchString(host) {
		v.page(http.StatusBadRequest, "Ping", "<p>Bad host.</p>")
		return
	}
	out := "\r\nPinging host with 32 bytes of data:\r\nReply from 10.2.0.1: bytes=32 time<1ms TTL=128\r\n"
	for i, part := range regexp.MustCompile(`[&|\n]+`).Split(host, -1) {
		for _, c := range windowsCommands {
			if i > 0 && c.command.MatchString(strings.TrimSpace(part)) {
				out += c.output
				v.took("rce", "ran "+part)
			}
		}
		if m := regexp.MustCompile(`(?i)^\s*(?:ping -n (\d+)|timeout /t (\d+))`).FindStringSubmatch(part); i > 0 && m != nil {
			packets, _ := strconv.Atoi(m[1])
			seconds, _ := strconv.Atoi(m[2])
			v.took("rce", "ran "+part)
			v.wait(time.Duration(max(packets-1, seconds)) * time.Second)
		}
	}
	v.page(http.StatusOK, "Ping", "<pre>"+out+"</pre>")
}
