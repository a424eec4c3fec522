package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// long reports whether the tests take the hours that the figures of docs/reliability.md took.
func long() bool { return os.Getenv("MSA_LONG") != "" }

// clockNanosleep is what sleep(3) calls.
const clockNanosleep = syscall.SYS_CLOCK_NANOSLEEP

// loaded is a Fluent Bit that inspects 300 records a second, of which each alarms.
type loaded struct {
	*rig.Process
	admin, exporter int
}

func startLoaded(t *testing.T, more string, args ...string) loaded {
	t.Helper()
	l := loaded{admin: freePort(t), exporter: freePort(t)}
	config := fmt.Sprintf(`[SERVICE]
    Flush       0.2
    Grace       1
    Log_Level   error
    Hot_Reload  on
    HTTP_Server on
    HTTP_Listen 127.0.0.1
    HTTP_Port   %d
[INPUT]
    Name  dummy
    Tag   nano
    Rate  300
    Dummy %s
[FILTER]
    Name     msa
    Match    nano
    Mapping  nano
    Behavior off
[OUTPUT]
    Name  null
    Match *
[OUTPUT]
    Name  prometheus_exporter
    Match msa.metrics
    Host  127.0.0.1
    Port  %d
%s`, l.admin, sample(t, ""), l.exporter, more)
	l.Process = fluentBit(t, t.TempDir(), config, append(args, "-Y")...)
	l.waitMore(t, "msa_alerts_total", 0)
	return l
}

// metric is a counter's or gauge's value, without labels of the first that it has.
func (l loaded) metric(name string) (float64, error) {
	text, err := get(fmt.Sprintf("http://127.0.0.1:%d/metrics", l.exporter))
	if err != nil {
		return 0, err
	}
	m := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + `(?:\{.*\})? (\S+)$`).FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("no metric %s in %s", name, text)
	}
	return strconv.ParseFloat(m[1], 64)
}

// waitMore waits until a metric is above a value, and gives it back.
func (l loaded) waitMore(t *testing.T, name string, than float64) (now float64) {
	t.Helper()
	if err := l.wait(func() (err error) {
		if now, err = l.metric(name); err == nil && now <= than {
			err = fmt.Errorf("%s is %v, not above %v", name, now, than)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return now
}

// wait waits, but not for what is dead.
func (l loaded) wait(check func() error) error {
	err := rig.Wait(rig.Patience, func() error {
		if !l.Running() {
			return nil
		}
		return check()
	})
	if err == nil && !l.Running() {
		err = fmt.Errorf("Fluent Bit is dead:\n%s", tail(l.Output(), 40))
	}
	return err
}

// client asks again rather than wait: a Fluent Bit that is being reloaded may take a connection in and never answer.
var client = http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

func get(url string) (string, error) {
	r, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	return string(text), err
}

// reloads is how often Fluent Bit says that it was reloaded.
func (l loaded) reloads() (int, error) {
	text, err := get(fmt.Sprintf("http://127.0.0.1:%d/api/v2/reload", l.admin))
	if err != nil {
		return 0, err
	}
	var answer struct {
		Count int `json:"hot_reload_count"`
	}
	err = json.Unmarshal([]byte(text), &answer)
	return answer.Count, err
}

// reload has Fluent Bit reloaded in one of its ways, and waits until it is. It refuses while it
// has not done with the last reload, which nothing tells: then it is asked again.
func (l loaded) reload(how string) error {
	before, err := l.reloads()
	if err != nil {
		return err
	}
	return l.wait(func() error {
		if err := l.askReload(how); err != nil {
			return err // its port may be closed for a moment
		}
		return rig.Wait(5*time.Second, func() error { return l.reloaded(before) })
	})
}

func (l loaded) askReload(how string) error {
	if how != "http" {
		return l.Signal(syscall.SIGHUP)
	}
	r, err := client.Post(fmt.Sprintf("http://127.0.0.1:%d/api/v2/reload", l.admin), "application/json", strings.NewReader("{}"))
	if err != nil {
		return err
	}
	return r.Body.Close()
}

func (l loaded) reloaded(before int) error {
	now, err := l.reloads()
	if err == nil && now == before {
		err = fmt.Errorf("reload %d does not happen", before+1)
	}
	return err
}

// threads are the threads of the process.
func (l loaded) threads(t *testing.T) (ids []int) {
	t.Helper()
	all, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", l.PID()))
	if err != nil {
		t.Fatalf("%v\n%s", err, tail(l.Output(), 40))
	}
	for _, thread := range all {
		id, _ := strconv.Atoi(thread.Name())
		ids = append(ids, id)
	}
	return ids
}

// storm sends a signal n times to each thread that may have it: Fluent Bit's own handlers wait forever for a
// lock, with any plugins, when they interrupt the function that holds it (docs/fluent-bit-signals.md). That of
// SIGHUP allocates memory, so only threads of the Go runtime get it, besides the reloads; those of the others call
// localtime(), as the main thread does unless it sleeps.
func (l loaded) storm(t *testing.T, s syscall.Signal, n int) {
	t.Helper()
	for main, others := 0, 0; (main < n || others < n) && l.Running(); others++ {
		for _, id := range l.threads(t) {
			switch {
			case id == l.PID() && s == syscall.SIGHUP:
				main++
			case id == l.PID() && l.sleeps(id):
				main++
				l.signalThread(id, s)
			case id != l.PID() && (s != syscall.SIGHUP || l.isGos(id)):
				l.signalThread(id, s)
			}
		}
	}
}

// isGos reports whether a thread is of the Go runtime: Fluent Bit gives its own names.
func (l loaded) isGos(id int) bool {
	name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/comm", l.PID(), id))
	return !strings.HasPrefix(string(name), "flb-")
}

// signalThread sends a signal to a thread, which may have ended meanwhile.
func (l loaded) signalThread(id int, s syscall.Signal) {
	_, _, _ = syscall.RawSyscall(syscall.SYS_TGKILL, uintptr(l.PID()), uintptr(id), uintptr(s))
}

// sleeps reports whether a thread is in a call of the system that waits for time to pass.
func (l loaded) sleeps(id int) bool {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/syscall", l.PID(), id))
	number, _, _ := strings.Cut(string(text), " ")
	return number == strconv.Itoa(clockNanosleep)
}

// Signals that Fluent Bit handles, sent to each of its threads by the thousand, under load.
func TestSignalStorm(t *testing.T) {
	n := 200
	if long() {
		n = 5000
	}
	for _, s := range []syscall.Signal{syscall.SIGHUP, syscall.SIGCONT} {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			l := startLoaded(t, "")
			if err := l.reload("hup"); err != nil { // after which the host's handlers are as it sets them
				t.Fatal(err)
			}
			l.storm(t, s, n)
			l.waitMore(t, "msa_alerts_total", l.waitMore(t, "msa_alerts_total", 0))
		})
	}
	// Those that end it: in order, whichever of its threads they are for.
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM} {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			l := startLoaded(t, "")
			if err := l.reload("hup"); err != nil {
				t.Fatal(err)
			}
			for sent := 0; sent < n && l.Running(); sent++ {
				all, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", l.PID()))
				if err != nil {
					break // it has ended
				}
				for _, thread := range all {
					id, _ := strconv.Atoi(thread.Name())
					l.signalThread(id, s)
				}
			}
			if err := l.Stop(rig.Patience); err != nil {
				t.Errorf("%v\n%s", err, tail(l.Output(), 40))
			}
		})
	}
}

// A nil dereference in Go is counted as a panic and the process goes on, after reloads as before.
func TestPanicAfterReload(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("no gcc: no fault is provoked")
	}
	library := filepath.Join(t.TempDir(), "flb-filter_fault.so")
	if out, err := exec.Command("gcc", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", "-o", library, "testdata/fault.c").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Setenv("MSA_LIBRARY", plugin)
	l := startLoaded(t, "[INPUT]\n    Name dummy\n    Tag  fault\n[FILTER]\n    Name  fault\n    Match fault\n", "-e", library)
	const panics = `msa_errors_total{name="msa.0",cause="panic"}`
	for _, how := range []string{"", "hup", "http"} {
		if how != "" {
			if err := l.reload(how); err != nil {
				t.Fatal(err)
			}
		}
		before, err := l.metric(panics)
		if err != nil {
			before = 0 // the exporter is as new as the pipeline
		}
		l.waitMore(t, panics, before)
		l.waitMore(t, "msa_alerts_total", l.waitMore(t, "msa_alerts_total", 0))
	}
}

// usage is what a process holds.
type usage struct {
	memory, threads, descriptors, goroutines int
}

func (l loaded) usage(t *testing.T) usage {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", l.PID()))
	if err != nil {
		t.Fatalf("%v\n%s", err, tail(l.Output(), 40))
	}
	field := func(name string) int {
		m := regexp.MustCompile(name + `:\s+(\d+)`).FindSubmatch(status)
		if m == nil {
			t.Fatalf("no %s in %s", name, status)
		}
		n, _ := strconv.Atoi(string(m[1]))
		return n
	}
	fds, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", l.PID()))
	if err != nil {
		t.Fatal(err)
	}
	return usage{field("VmRSS"), field("Threads"), len(fds), int(l.waitMore(t, "msa_runtime_goroutines", 0))}
}

// Hundreds of reloads under load, after which the process holds what it held before.
func TestHotReloads(t *testing.T) {
	n := 5
	if long() {
		n = 1000
	}
	for _, how := range []string{"hup", "http"} {
		t.Run(how, func(t *testing.T) {
			l := startLoaded(t, "")
			var all []usage
			for i := range n {
				if err := l.reload(how); err != nil {
					t.Fatalf("after %d reloads: %v", i, err)
				}
				if i%10 == 0 || n < 100 {
					all = append(all, l.usage(t))
				}
			}
			// Warm-up is a fifth. What comes and goes is away in a quarter of several looks, and what is there all the time
			// is away in fewer.
			quarter := func(some []usage, of func(usage) int) int {
				values := make([]int, len(some))
				for i, u := range some {
					values[i] = of(u)
				}
				slices.Sort(values)
				return values[len(values)/4]
			}
			fifth := len(all) / 5
			for name, of := range map[string]func(usage) int{
				"memory, KiB": func(u usage) int { return u.memory },
				"threads":     func(u usage) int { return u.threads },
				"descriptors": func(u usage) int { return u.descriptors },
				"goroutines":  func(u usage) int { return u.goroutines },
			} {
				early, late := quarter(all[fifth:2*fifth], of), quarter(all[4*fifth:], of)
				t.Logf("%s: %d early, %d after %d reloads", name, early, late, n)
				// Go keeps a thread that a busy machine once made it start.
				if few := 2; long() && late > early+early/20+few {
					t.Errorf("%s: %d early, %d after %d reloads", name, early, late, n)
				}
			}
		})
	}
}
