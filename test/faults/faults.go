package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// fault is one thing that goes wrong.
type fault struct {
	name    string
	do      func(h *host) (note string, err error)
	mayLose bool // what MSA can't count: by a kill, by a protocol without receipts, of records that Fluent Bit did not hand over
}

var faults = append([]fault{
	{"none", calm, false},
	{"kill -9, four times", killed, true},
	{"disk full", diskFull, true},
	{"receiver stuck, memory alone", paused, false},
	{"a second Go plugin", secondPlugin, false},
	{"records from other times", otherTimes, false},
	{"the clock jumps", clockJumps, false},
	{"rules replaced while read", rulesReplaced, false},
	{"memory limit 192 MiB", memoryLimit, false},
	{"16 workers, 4 inputs", manyWorkers, false},
}, receivers()...)

// under has load for some seconds.
func under(h *host, rate int, seconds time.Duration, meanwhile func() error) error {
	written := make(chan error, 1)
	go func() { written <- h.write(rate, seconds*time.Second) }()
	err := meanwhile()
	if werr := <-written; err == nil {
		err = werr
	}
	return err
}

func nothing() error { return nil }

// begin starts Fluent Bit with a receiver.
func begin(h *host, kind string, m mood) error {
	if err := h.receive(kind, m); err != nil {
		return err
	}
	return h.start()
}

func calm(h *host) (string, error) {
	if err := begin(h, "http", well); err != nil {
		return "", err
	}
	return "", under(h, 1000, 5, nothing)
}

// killed compares with rewrite_tag, which re-emits the same records in the same host.
func killed(h *host) (string, error) {
	port, err := rig.FreePort()
	if err != nil {
		return "", err
	}
	if h.other, err = newReceiver("http", port); err != nil {
		return "", err
	}
	if err := h.other.become(well); err != nil {
		return "", err
	}
	if err := begin(h, "http", well); err != nil {
		return "", err
	}
	for range 4 {
		if err := under(h, 1000, 4, func() error { time.Sleep(3 * time.Second); return h.kill() }); err != nil {
			return "", err
		}
	}
	if err := h.settle(); err != nil {
		return "", err
	}
	n, _ := h.other.counts()
	return fmt.Sprintf("rewrite_tag beside it delivered %d", n), nil
}

// diskFull has chunks pile up on a small disk until it is full, while nobody takes alerts.
func diskFull(h *host) (string, error) {
	if os.Getuid() != 0 {
		return "", skip("needs root, for a small tmpfs")
	}
	if err := os.Mkdir(h.storage, 0o700); err != nil {
		return "", err
	}
	if err := syscall.Mount("tmpfs", h.storage, "tmpfs", 0, "size=4m"); err != nil {
		return "", skip(fmt.Sprintf("cannot mount a tmpfs: %v", err))
	}
	defer func() { _ = syscall.Unmount(h.storage, syscall.MNT_DETACH) }()
	if err := begin(h, "http", gone); err != nil {
		return "", err
	}
	if err := under(h, 1000, 30, nothing); err != nil {
		return "", err
	}
	var s syscall.Statfs_t
	if err := syscall.Statfs(h.storage, &s); err != nil {
		return "", err
	}
	note := fmt.Sprintf("%d %% of the disk were in use", 100*(s.Blocks-s.Bavail)/s.Blocks)
	return note, h.settle()
}

func paused(h *host) (string, error) {
	h.storage = ""
	h.properties["alert_buffer"] = "64K"
	if err := begin(h, "http", stuck); err != nil {
		return "", err
	}
	return "alert_buffer 64K", under(h, 1000, 20, nothing)
}

// receivers are what a receiver of alerts may do to its sender, for all that it may be.
func receivers() (all []fault) {
	for _, kind := range []string{"tcp", "tls", "http", "forward"} {
		for _, m := range []struct {
			name string
			mood mood
		}{{"gone", gone}, {"slow", slow}, {"refusing", refusing}} {
			mayLose := m.mood == refusing && kind == "tcp" // what is written is not what is read
			all = append(all, fault{fmt.Sprintf("receiver by %s, %s", kind, m.name), func(h *host) (string, error) {
				if err := begin(h, kind, m.mood); err != nil {
					return "", err
				}
				return "", under(h, 1000, 8, nothing)
			}, mayLose})
		}
	}
	return all
}

// secondPlugin has another Go runtime in the process, and reloads with it.
func secondPlugin(h *host) (string, error) {
	library := filepath.Join(h.dir, "out_second.so")
	build := exec.Command("go", "build", "-buildmode=c-shared", "-o", library, "./test/faults/testdata/second")
	build.Dir = rig.Root()
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("cannot build the second plugin: %w\n%s", err, out)
	}
	h.plugins = append(h.plugins, library)
	h.more = "    - name: second\n      match: nano.*\n"
	if err := begin(h, "http", well); err != nil {
		return "", err
	}
	reloads := 0
	err := under(h, 1000, 10, func() error {
		for range 3 {
			time.Sleep(3 * time.Second)
			if err := h.reload(); err != nil {
				return err
			}
			reloads++
		}
		return nil
	})
	if err == nil {
		err = h.process.WaitOutput("second: flushed", time.Minute)
	}
	return fmt.Sprintf("%d reloads", reloads), err
}

// otherTimes has records of 1970, of today and of 2200 in turn, for detectors that learn.
func otherTimes(h *host) (string, error) {
	h.properties["behavior"] = "default"
	h.properties["state_path"] = filepath.Join(h.dir, "behavior.state")
	h.properties["exclude"] = "*@/detectors" // none: the detectors' alerts have no number
	if err := begin(h, "http", well); err != nil {
		return "", err
	}
	times := []string{"1970-01-01 00:00:01", time.Now().UTC().Format(time.DateTime), "2200-12-31 23:59:59", "0000-00-00 00:00:00"}
	return "", h.writeAs(1000, 8*time.Second, func(n int) string {
		return strings.Replace(record(n), "{", fmt.Sprintf(`{"BEGIN_TIME":%q,`, times[n/100%len(times)]), 1)
	})
}

// fakers are where distributions have libfaketime.
var fakers = []string{os.Getenv("LIBFAKETIME"), "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1", "/usr/lib64/faketime/libfaketimeMT.so.1"}

// clockJumps has Fluent Bit's clock jump a day on and two back. Go asks the kernel, and stays with the true time.
func clockJumps(h *host) (string, error) {
	library := ""
	for _, f := range fakers {
		if _, err := os.Stat(f); library == "" && f != "" && err == nil {
			library = f
		}
	}
	if library == "" {
		return "", skip("no libfaketime: install faketime")
	}
	offset := filepath.Join(h.dir, "offset")
	set := func(text string) error { return os.WriteFile(offset, []byte(text+"\n"), 0o600) }
	if err := set("+0"); err != nil {
		return "", err
	}
	h.env = []string{"LD_PRELOAD=" + library, "FAKETIME_TIMESTAMP_FILE=" + offset, "FAKETIME_CACHE_DURATION=1", "FAKETIME_DONT_FAKE_MONOTONIC=1"}
	if err := begin(h, "http", well); err != nil {
		return "", err
	}
	return "of Fluent Bit, by libfaketime", under(h, 1000, 12, func() error {
		for _, o := range []string{"+1d", "-1d", "+0"} {
			time.Sleep(3 * time.Second)
			if err := set(o); err != nil {
				return err
			}
		}
		return nil
	})
}

// rulesReplaced has a file of rules rewritten in parts, byte after byte as an editor without care would, and reloads
// meanwhile; one that is whole always is beside it.
func rulesReplaced(h *host) (string, error) {
	file := filepath.Join(h.dir, "own.conf")
	var text strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&text, "SecRule ARGS:none \"@rx ^never%d$\" \"id:%d,phase:2,pass,log,msg:'never'\"\n", i, 10000+i)
	}
	write := func(s string) error { return os.WriteFile(file, []byte(s), 0o600) }
	if err := write(text.String()); err != nil {
		return "", err
	}
	h.rules = "crs," + file
	if err := begin(h, "http", well); err != nil {
		return "", err
	}
	reloads := 0
	err := under(h, 1000, 20, func() error {
		for end := time.Now().Add(18 * time.Second); time.Now().Before(end); reloads++ {
			cut := text.Len() * (reloads%7 + 1) / 9
			if err := write(text.String()[:cut+reloads%3]); err != nil {
				return err
			}
			if err := h.reload(); err != nil {
				return err
			}
			time.Sleep(700 * time.Millisecond)
			if err := write(text.String()); err != nil {
				return err
			}
			time.Sleep(300 * time.Millisecond)
		}
		return nil
	})
	return fmt.Sprintf("%d reloads, %d with the last good rules", reloads, h.said("KEEPING THE LAST GOOD RULES")), err
}

// memoryLimit has a control group of its own, and large bodies of attacks.
func memoryLimit(h *host) (string, error) {
	const limit = 192 << 20
	group, limitFile, peakFile := "/sys/fs/cgroup/memory/msa-faults", "memory.limit_in_bytes", "memory.max_usage_in_bytes"
	if _, err := os.Stat("/sys/fs/cgroup/cgroup.controllers"); err == nil {
		group, limitFile, peakFile = "/sys/fs/cgroup/msa-faults", "memory.max", "memory.peak"
	}
	if err := os.Mkdir(group, 0o755); err != nil && !os.IsExist(err) {
		return "", skip(fmt.Sprintf("cannot make a control group: %v", err))
	}
	defer func() {
		h.end() // a group with processes stays
		_ = os.Remove(group)
	}()
	if err := os.WriteFile(filepath.Join(group, limitFile), []byte(strconv.Itoa(limit)), 0o600); err != nil {
		return "", skip(fmt.Sprintf("cannot limit a control group: %v", err))
	}
	h.prefix = []string{"sh", "-c", "echo $$ >" + group + `/cgroup.procs; exec "$@"`, "sh"}
	if err := begin(h, "http", well); err != nil {
		return "", err
	}
	body := strings.Repeat("q=%27+or+1=1--+&", 4000)
	err := h.writeAs(400, 20*time.Second, func(n int) string {
		if n%20 != 0 {
			return record(n)
		}
		return strings.Replace(record(n), "{", fmt.Sprintf(`{"REQ_BODY":%q,`, strings.Replace(body, "or", fmt.Sprint(n), 1)[:n%len(body)]), 1)
	})
	if err == nil {
		err = h.settle()
	}
	used, _ := os.ReadFile(filepath.Join(group, peakFile))
	bytes, _ := strconv.Atoi(strings.TrimSpace(string(used)))
	return fmt.Sprintf("at most %d MiB in use", bytes>>20), err
}

func manyWorkers(h *host) (string, error) {
	h.inputs = 4
	h.properties["workers"] = "16"
	h.output["workers"] = "4"
	if err := begin(h, "http", well); err != nil {
		return "", err
	}
	return "", under(h, 2000, 8, nothing)
}
