package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// TestMain lets the test binary be the program, as a process of its own.
func TestMain(m *testing.M) {
	if os.Getenv("MSA_TEST_PROGRAM") != "" {
		main()
	}
	os.Exit(m.Run())
}

// program is msa as a child process.
type program struct {
	t      testing.TB
	cmd    *exec.Cmd
	temp   string // its directory for temporary files
	stdout rig.Output
	stderr rig.Output
}

// command prepares a process. Variables of the environment are given as NAME=value
// arguments before the flags; the program's name is that of argv[0]. Detectors, whose alerts are beside those of
// records, are off unless the arguments say something of them.
func command(t testing.TB, name string, args ...string) *program {
	t.Helper()
	p := &program{t: t, temp: t.TempDir()}
	p.cmd = exec.Command(os.Args[0])
	p.cmd.Env = append(os.Environ(), "MSA_TEST_PROGRAM=1", "TMPDIR="+p.temp,
		"GORACE=atexit_sleep_ms=0") // a race build waits a second at the end otherwise
	for len(args) > 0 && regexp.MustCompile(`^[A-Z_]+=`).MatchString(args[0]) {
		p.cmd.Env = append(p.cmd.Env, args[0])
		args = args[1:]
	}
	has := func(flag string) bool {
		return slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, flag) })
	}
	if len(args) > 0 && (args[0] == "run" || args[0] == "scan") && !has("--behavior") {
		args = slices.Insert(slices.Clone(args), 1, "--behavior=off")
	}
	if len(args) > 0 && args[0] == "run" && !has("--incident-tag") { // most tests count alerts
		args = slices.Insert(slices.Clone(args), 1, "--incident-tag=off")
	}
	p.cmd.Args = append([]string{name}, args...)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	return p
}

// run runs to the end and is the exit code.
func (p *program) run(stdin string) int {
	p.t.Helper()
	p.cmd.Stdin = strings.NewReader(stdin)
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	return p.wait()
}

func (p *program) start() {
	p.t.Helper()
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		if p.cmd.ProcessState == nil {
			_ = p.cmd.Process.Kill()
			_ = p.cmd.Wait()
		}
		if p.t.Failed() {
			p.t.Logf("standard error of %v:\n%.3000s", p.cmd.Args, p.stderr.String())
		}
	})
}

func (p *program) wait() int {
	p.t.Helper()
	timeout := time.AfterFunc(rig.Patience, func() { _ = p.cmd.Process.Kill() })
	defer timeout.Stop()
	_ = p.cmd.Wait()
	return p.cmd.ProcessState.ExitCode()
}

func (p *program) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// logged waits for a part of the log.
func (p *program) logged(pattern string) []string {
	p.t.Helper()
	return p.find(&p.stderr, pattern)
}

func (p *program) find(o *rig.Output, pattern string) []string {
	p.t.Helper()
	re := regexp.MustCompile(pattern)
	var found []string
	p.until(func() error {
		if found = re.FindStringSubmatch(o.String()); found == nil {
			return fmt.Errorf("%q did not come", pattern)
		}
		return nil
	})
	return found
}

// until waits for what has to come.
func (p *program) until(check func() error) {
	p.t.Helper()
	if err := rig.Wait(rig.Patience, check); err != nil {
		p.t.Fatal(err)
	}
}

// alerts reads alerts in JSON, one a line.
func alerts(t testing.TB, lines string) (all []map[string]any) {
	t.Helper()
	for line := range strings.Lines(lines) {
		var a map[string]any
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		all = append(all, a)
	}
	return all
}

// file writes a file of the test.
func file(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// attack is the sample record with some fields changed; nil removes one.
func attack(t testing.TB, change map[string]any) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "attack.json"))
	if err != nil {
		t.Fatal(err)
	}
	var record map[string]any
	if err := json.Unmarshal(text, &record); err != nil {
		t.Fatal(err)
	}
	for key, value := range change {
		if record[key] = value; value == nil {
			delete(record, key)
		}
	}
	out, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// benign is the sample record of a harmless request.
func benign(t testing.TB, change map[string]any) string {
	t.Helper()
	const request = "GET /index.html HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0\r\nAccept: */*\r\n\r\n"
	fields := map[string]any{"URL": "/index.html", "DOMAIN": "www.example.com", "REQ_HEADER": request, "AGENT": "Mozilla/5.0",
		"RETCODE": "200", "RSP_HEADER": "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", "RSP_BODY": "<p>Hello</p>"}
	for key, value := range change {
		fields[key] = value
	}
	return attack(t, fields)
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args           []string
		code           int
		stdout, stderr string
	}{
		{[]string{"version"}, 0, `^msa \S+ \(.*go1\.`, `^$`},
		{[]string{"--version"}, 0, `^msa \S+ \(`, `^$`},
		{[]string{"--help"}, 0, `(?s)run .*scan .*check .*tune .*test .*version`, `^$`},
		{[]string{"presets"}, 0, `(?m)^nano +Nano probe, HTTP$[\s\S]*^apache +`, `^$`},
		{[]string{"presets", "nginx"}, 0, `(?m)^name: nginx$`, `^$`},
		{[]string{"presets", "ngnix"}, 1, `^$`, `did you mean "nginx"`},
		{[]string{"scan", "--help"}, 0, `(?s)--paranoia-level.*`, `^$`},
		{[]string{}, 2, `^$`, `^msa: expected one of`},
		{[]string{"fly"}, 2, `^$`, `^msa: unexpected argument fly`},
		{[]string{"help", "scann"}, 2, `^$`, `^msa: there is no command "scann": did you mean "scan"\?\n$`},
		{[]string{"help", "incidents"}, 2, `^$`, `^msa: there is no command "incidents": there are run, scan, `},
		{[]string{"run", "--flying"}, 2, `^$`, `^msa: unknown flag --flying`},
		{[]string{"scan"}, 2, `^$`, `^msa: expected "<file>`},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			p := command(t, "msa", c.args...)
			if code := p.run(""); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if !regexp.MustCompile(c.stdout).MatchString(p.stdout.String()) {
				t.Errorf("stdout: %s", p.stdout.String())
			}
			if !regexp.MustCompile(c.stderr).MatchString(p.stderr.String()) {
				t.Errorf("stderr: %s", p.stderr.String())
			}
		})
	}
}
