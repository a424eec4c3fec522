package e2e

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// machine is a newcomer's, in a directory: a web server with its log, an rsyslog as Debian configures it, and in place of
// what needs root or a network, programs of the same names.
type machine struct {
	dir  string
	port int // of the web server
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{dir: t.TempDir(), port: freePort(t)}
	for _, dir := range []string{"bin", "var/log/nginx", "var/spool/rsyslog", "etc/rsyslog.d", "home"} {
		if err := os.MkdirAll(filepath.Join(m.dir, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	rsyslogd, err := exec.LookPath("rsyslogd")
	if err != nil {
		if rsyslogd, err = exec.LookPath("/usr/sbin/rsyslogd"); err != nil {
			t.Skip("no rsyslogd: install rsyslog")
		}
	}
	logger, err := exec.LookPath("logger")
	if err != nil {
		t.Skip("no logger: install bsdutils")
	}
	m.write(t, "etc/rsyslog.conf", fmt.Sprintf(`module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="%[1]s/dev-log" CreatePath="on")
$WorkDirectory %[1]s/var/spool/rsyslog
$IncludeConfig %[1]s/etc/rsyslog.d/*.conf
*.*;auth,authpriv.none -%[1]s/var/log/syslog
`, m.dir), 0o644)
	m.write(t, "etc/gitconfig", fmt.Sprintf("[url %q]\n\tinsteadOf = https://github.com/modsecurity-for-anylog/msa\n[safe]\n\tdirectory = *\n", rig.Root()), 0o644)
	m.write(t, "bin/sudo", "#!/bin/sh\nexec \"$@\"\n", 0o755)
	m.write(t, "bin/logger", fmt.Sprintf("#!/bin/sh\nexec %s --socket %s/dev-log \"$@\"\n", logger, m.dir), 0o755)
	// It is asked for one thing only, systemctl restart rsyslog.
	m.write(t, "bin/systemctl", fmt.Sprintf(`#!/bin/sh
set -e
test "$*" = "restart rsyslog"
if test -e %[1]s/rsyslogd.pid; then kill "$(cat %[1]s/rsyslogd.pid)"; while test -e %[1]s/rsyslogd.pid; do sleep 0.1; done; fi
%[2]s -f %[1]s/etc/rsyslog.conf -i %[1]s/rsyslogd.pid
`, m.dir, rsyslogd), 0o755)
	if out, err := exec.Command(filepath.Join(m.dir, "bin/systemctl"), "restart", "rsyslog").CombinedOutput(); err != nil {
		t.Fatalf("rsyslogd: %v\n%s", err, out)
	}
	t.Cleanup(func() {
		_ = exec.Command("sh", "-c", `kill "$(cat "$0")"; while test -e "$0"; do sleep 0.1; done`, filepath.Join(m.dir, "rsyslogd.pid")).Run()
	})
	m.serve(t)
	return m
}

func (m *machine) write(t *testing.T, name, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(m.dir, name), []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// serve starts nginx, or where there is none a server that logs as nginx does.
func (m *machine) serve(t *testing.T) {
	t.Helper()
	log, at := filepath.Join(m.dir, "var/log/nginx/access.log"), fmt.Sprintf("127.0.0.1:%d", m.port)
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		nginx, err = exec.LookPath("/usr/sbin/nginx")
	}
	if err == nil {
		m.write(t, "etc/nginx.conf", fmt.Sprintf("daemon off; master_process off; pid %[1]s/nginx.pid; error_log stderr;\nevents {}\n"+
			"http { access_log %[2]s; client_body_temp_path %[1]s/t1; proxy_temp_path %[1]s/t2; fastcgi_temp_path %[1]s/t3; uwsgi_temp_path %[1]s/t4; scgi_temp_path %[1]s/t5;\n"+
			"server { listen %[3]s; return 200; } }\n", m.dir, log, at), 0o644)
		p, err := rig.Start(m.dir, nginx, "-c", filepath.Join(m.dir, "etc/nginx.conf"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = p.Stop(rig.Patience) })
	} else {
		f, err := os.Create(log)
		if err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _, _ = l.Close(), f.Close() })
		var one sync.Mutex
		go func() {
			_ = http.Serve(l, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				client, _, _ := net.SplitHostPort(r.RemoteAddr)
				one.Lock()
				defer one.Unlock()
				_, _ = fmt.Fprintf(f, "%s - - [%s] \"%s %s %s\" 200 0 \"-\" %q\n", client, time.Now().Format("02/Jan/2006:15:04:05 -0700"),
					r.Method, r.RequestURI, r.Proto, r.UserAgent())
			}))
		}()
	}
	if err := rig.Wait(rig.Patience, func() error {
		r, err := http.Get("http://" + at + "/harmless?n=1")
		if err == nil {
			_ = r.Body.Close()
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// run has a shell do the commands. What is left in the background ends with the test.
func (m *machine) run(t *testing.T, commands string) (output string) {
	t.Helper()
	fluentBit, _ := rig.FluentBit()
	port := fmt.Sprint(freePort(t))
	here := strings.NewReplacer("/var/log/", m.dir+"/var/log/", "/etc/rsyslog.d", m.dir+"/etc/rsyslog.d", "12201", port,
		"/opt/fluent-bit/bin/fluent-bit", fluentBit, "http://localhost/", fmt.Sprintf("http://localhost:%d/", m.port),
		// The pipeline in the clone is of this machine, too.
		"\ncd msa\n", fmt.Sprintf("\ncd msa\nsed -i 's,/var/l,%s/var/l,; s,12201,%s,' examples/*.conf\n", m.dir, port))
	m.write(t, "walk.sh", here.Replace(commands), 0o600)
	walk := exec.Command("sh", "-eu", filepath.Join(m.dir, "walk.sh"))
	walk.Dir = filepath.Join(m.dir, "home")
	walk.Env = append(os.Environ(), "PATH="+filepath.Join(m.dir, "bin")+":"+os.Getenv("PATH"), "GIT_CONFIG_GLOBAL="+filepath.Join(m.dir, "etc/gitconfig"))
	walk.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	walk.WaitDelay = time.Second // what is in the background keeps the output open
	var out rig.Output
	walk.Stdout, walk.Stderr = &out, &out
	if err := walk.Start(); err != nil {
		t.Fatal(err)
	}
	end := func() { _ = syscall.Kill(-walk.Process.Pid, syscall.SIGKILL) }
	t.Cleanup(end)
	defer time.AfterFunc(walkTime, end).Stop()
	if err := walk.Wait(); err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		t.Fatalf("%v\n%s", err, tail(out.String(), 60))
	}
	return out.String()
}

// walkTime is what the document promises.
const walkTime = 5 * time.Minute

// The commands of docs/quickstart.md, in their order, lead from a fresh clone to an incident in syslog; those with Fluent Bit only
// where there is one.
func TestQuickstart(t *testing.T) {
	for _, name := range []string{"git", "make", "curl"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("no %s: install it", name)
		}
	}
	if _, err := os.Stat(filepath.Join(rig.Root(), ".git")); err != nil {
		t.Skip("no git repository to clone")
	}
	text, err := os.ReadFile(filepath.Join(rig.Root(), "docs/quickstart.md"))
	if err != nil {
		t.Fatal(err)
	}
	walk, withFluentBit, ok := strings.Cut(string(text), "\n## With Fluent Bit\n")
	if !ok {
		t.Fatal("the document has no part with Fluent Bit")
	}
	told := []string{`"text":"On `, "127.0.0.1 attacked "}
	if _, ok := rig.FluentBit(); ok {
		walk += withFluentBit
		told = append(told, `"summary":"OS File Access Attempt: etc/shadow in ARGS:t`)
	}
	// Between two blocks a person reads.
	commands := strings.ReplaceAll(strings.TrimPrefix(indented(walk), "\x00"), "\x00", "sleep 1\n")
	m := newMachine(t)
	began := time.Now()
	out := m.run(t, commands)
	t.Logf("from the clone to the last incident: %v", time.Since(began).Round(time.Second))
	for _, want := range told {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, tail(out, 60))
		}
	}
	if strings.Contains(out, "harmless") {
		t.Errorf("an alert of what is harmless:\n%s", out)
	}
}

// indented are the indented blocks of a document, each after a NUL.
func indented(text string) string {
	var b strings.Builder
	inside := false
	for line := range strings.Lines(text) {
		code, isCode := strings.CutPrefix(line, "    ")
		if isCode && !inside {
			b.WriteByte(0)
		}
		if isCode {
			b.WriteString(code)
		}
		inside = isCode
	}
	return b.String()
}
