package host

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// hostSignals are those for which Fluent Bit has handlers.
var hostSignals = []syscall.Signal{syscall.SIGHUP, syscall.SIGCONT, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM}

// TestSignalHandlers has the handlers stay what the Go runtime needs them to be when the host's
// handler sets them all again, and each signal reach the host once.
func TestSignalHandlers(t *testing.T) {
	want := []string{"HUP library onstack", "CONT library onstack", "INT library onstack", "QUIT library onstack",
		"TERM library onstack", "SEGV library onstack", "FPE library onstack"}
	everywhere(t, func(t *testing.T, h *host) {
		var script strings.Builder
		fmt.Fprintf(&script, "handlers\n")
		for _, s := range hostSignals {
			fmt.Fprintf(&script, "signal %d\nhandlers\n", s)
		}
		out, _ := h.run(t, nil, script.String())
		got := lines(out, "handler ")
		if len(got) != len(want)*(1+len(hostSignals)) {
			t.Fatalf("%d handlers printed:\n%s", len(got), out)
		}
		for i, line := range got {
			if line != "handler "+want[i%len(want)] {
				t.Errorf("after %d signals: %s, want %s", i/len(want), line, want[i%len(want)])
			}
		}
		check(t, out, fmt.Sprintf("signals handled: %d$", len(hostSignals)))
	})
}

// TestSignalsAndThreads has no thread of the Go runtime take the host's signals, and none of the
// host's while it is in a call to the library; outside of it the host's thread takes them as before.
func TestSignalsAndThreads(t *testing.T) {
	attack := file(t, sample(t, "/?t=../../etc/passwd"))
	everywhere(t, func(t *testing.T, h *host) {
		out, _ := h.run(t, nil, one+"set a workers 4\ninit a\nfilter a in "+attack+" 50\nthread a in "+attack+" 50\ntick 1\nthreads\nexit a\n")
		check(t, out, "append ", "!signals are taken")
		got := lines(out, "thread ")
		if n := len(slices.DeleteFunc(slices.Clone(got), func(line string) bool { return line != "thread other holds" })); n < 3 {
			t.Errorf("only %d threads of the Go runtime", n)
		}
		for _, line := range got {
			if line != "thread main takes" && line != "thread other holds" {
				t.Error(line)
			}
		}
	})
}

// TestSignalStorm sends thousands of each signal to each thread, while and after chunks are inspected.
func TestSignalStorm(t *testing.T) {
	attack := file(t, sample(t, "/?t=../../etc/passwd"))
	script := one + "init a\nquiet\n"
	for _, s := range hostSignals {
		script += fmt.Sprintf("storm %d 1000\nfilter a in %s 20\ntick 1\n", s, attack)
	}
	out, _ := plain.run(t, nil, script+"handlers\nexit a\n")
	check(t, out, "handler HUP library onstack", "handler SEGV library onstack", "signals handled: [0-9]{4,}$", "exit a ret=0")
}

// TestPanicAfterSignals has a nil dereference in Go counted as a panic, also when the host has set
// its handlers again, and the next chunk inspected.
func TestPanicAfterSignals(t *testing.T) {
	attack := file(t, sample(t, "/?t=../../etc/passwd"))
	for name, before := range map[string]string{
		"no signal": "", "SIGHUP": "signal 1\n", "SIGCONT": "signal 18\n", "two": "signal 1\nsignal 18\n",
	} {
		t.Run(name, func(t *testing.T) {
			out, _ := plain.run(t, nil, one+"init a\n"+before+"badchunk a\nfilter a in "+attack+"\nsleep 1100\ntick 1\nexit a\n")
			check(t, out, `log error \[filter:msa:a\] panic: runtime error: invalid memory address or nil pointer dereference; records pass as they are`,
				"badchunk a ret=2", "append ", `metric msa_errors_total\{name=a,cause=panic\} 1$`, "exit a ret=0")
		})
	}
}

// TestHostCrashes has a fault in the host's own code end as the host wants it to end.
func TestHostCrashes(t *testing.T) {
	for _, before := range []string{"", "signal 1\n"} {
		out, _, err := plain.try(t, nil, one+"init a\n"+before+"crash\n")
		if err == nil || !regexp.MustCompile(`(?m)^the host has crashed$`).MatchString(out) {
			t.Errorf("after %q: %v\n%s", before, err, out)
		}
	}
}
