package e2e

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// tailConfig reads a file's records, and sends alerts by TCP. What waits is in files. Beside the filter, rewrite_tag
// sends on the records themselves, if it is given a port.
func tailConfig(dir string, alerts, records int) string {
	config := fmt.Sprintf(`[SERVICE]
    Flush          0.2
    Grace          2
    Parsers_File   %[1]s/parsers.conf
    storage.path   %[1]s/storage
    scheduler.base 1
    scheduler.cap  2
[INPUT]
    Name           tail
    Path           %[1]s/in.log
    DB             %[1]s/tail.db
    Tag            nano
    Parser         msa_json
    Read_From_Head on
    storage.type   filesystem
[FILTER]
    Name     msa
    Match    nano
    Mapping  nano
    Behavior off
[OUTPUT]
    Name        tcp
    Match       msa.alert
    Host        127.0.0.1
    Port        %[2]d
    Format      json_lines
    Retry_Limit no_limits
`, dir, alerts)
	if records != 0 {
		config += fmt.Sprintf(`[FILTER]
    Name                 rewrite_tag
    Match                nano
    Rule                 $URL passwd rewritten true
    Emitter_Storage.type filesystem
[OUTPUT]
    Name        tcp
    Match       rewritten
    Host        127.0.0.1
    Port        %d
    Format      json_lines
    Retry_Limit no_limits
`, records)
	}
	return config
}

var numberOfURL = regexp.MustCompile(`/\?n=(\d+)&t=`)

// received are the numbers of the attacks of which a file has something.
func received(t *testing.T, file string) map[int]bool {
	t.Helper()
	f, err := os.Open(file)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, m := range numberOfURL.FindAllSubmatch(text, -1) {
		n, _ := strconv.Atoi(string(m[1]))
		seen[n] = true
	}
	return seen
}

func waitReceived(t *testing.T, file string, n int, timeout time.Duration) error {
	t.Helper()
	return rig.Wait(timeout, func() error {
		if got := len(received(t, file)); got < n {
			return fmt.Errorf("of %d attacks %d arrived in %s", n, got, filepath.Base(file))
		}
		return nil
	})
}

// writeAttacks appends attacks to the log.
func writeAttacks(t *testing.T, dir string, from, to int) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(dir, "in.log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i := from; i < to; i++ {
		if _, err := fmt.Fprintf(f, "%s\n", numbered(t, i)); err != nil {
			t.Fatal(err)
		}
	}
}

// Alerts that wait for a receiver outlive the process, however it ends.
func TestAlertsWaitForTheReceiver(t *testing.T) {
	t.Run("stopped", func(t *testing.T) {
		testAlertsWait(t, func(p *rig.Process) error { return p.Stop(rig.Patience) })
	})
	t.Run("killed", func(t *testing.T) {
		testAlertsWait(t, func(p *rig.Process) error { p.Kill(); return nil })
	})
}

func testAlertsWait(t *testing.T, end func(*rig.Process) error) {
	const n = 1000
	dir, port := t.TempDir(), freePort(t)
	writeParsers(t, dir)
	writeAttacks(t, dir, 0, n)
	config := tailConfig(dir, port, 0)
	p := fluentBit(t, dir, config)
	if err := p.WaitOutput("failed to flush chunk", rig.Patience); err != nil {
		t.Fatal(err)
	}
	// All are made when the input has nothing more to inspect.
	if err := rig.Wait(rig.Patience, func() error {
		made := map[string]bool{}
		chunks, err := filepath.Glob(filepath.Join(dir, "storage", "emitter.*", "*"))
		for _, c := range chunks {
			text, err := os.ReadFile(c)
			if err != nil {
				return err
			}
			for _, m := range numberOfURL.FindAllSubmatch(text, -1) {
				made[string(m[1])] = true
			}
		}
		if err == nil && len(made) < n {
			err = fmt.Errorf("%d alerts wait in %d files, want %d", len(made), len(chunks), n)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := end(p); err != nil {
		t.Fatal(err)
	}
	got := filepath.Join(dir, "got")
	if seen := received(t, got); len(seen) != 0 {
		t.Fatalf("%d alerts arrived while there was no receiver", len(seen))
	}
	startReceiver(t, dir, port, got)
	fluentBit(t, dir, config)
	if err := waitReceived(t, got, n, rig.Patience); err != nil {
		t.Error(err)
	}
}

// Six times killed under load, no more is lost than what no file has yet: alerts of the part that is inspected, and of the one before.
func TestKilled(t *testing.T) {
	const rounds, each, parts = 6, 1000, 10 // in parts, so that there is something in every stage when it ends
	dir, alerts, records := t.TempDir(), freePort(t), freePort(t)
	writeParsers(t, dir)
	got, rewritten := filepath.Join(dir, "got"), filepath.Join(dir, "rewritten")
	writeAttacks(t, dir, 0, 0) // a file that is not there is only looked for once a minute
	startReceiver(t, dir, alerts, got)
	startReceiver(t, dir, records, rewritten)
	config := tailConfig(dir, alerts, records)
	for round := range rounds {
		p := fluentBit(t, dir, config)
		if err := p.WaitOutput("stream processor started", rig.Patience); err != nil {
			t.Fatal(err)
		}
		for part, before := 0, len(received(t, got)); part < parts; part++ {
			from := round*each + part*each/parts
			writeAttacks(t, dir, from, from+each/parts)
			if err := waitReceived(t, got, before+part*each/parts/2, rig.Patience); err != nil {
				t.Fatal(err)
			}
		}
		p.Kill()
	}
	fluentBit(t, dir, config)
	// What was killed may have left chunks that nobody reads again. All is there when nothing moves while more goes through.
	sent := rounds * each
	for before, still := "", 0; still < 5; sent++ {
		writeAttacks(t, dir, sent, sent+1)
		if err := rig.Wait(rig.Patience, func() error {
			if !received(t, got)[sent] || !received(t, rewritten)[sent] {
				return fmt.Errorf("attack %d did not arrive", sent)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		now := fmt.Sprint(sent+1-len(received(t, got)), sent+1-len(received(t, rewritten)), chunks(t, dir))
		if still++; now != before {
			before, still = now, 0
		}
	}
	lostAlerts := sent - len(received(t, got))
	lostRecords := sent - len(received(t, rewritten))
	t.Logf("of %d lost: %d alerts, %d records of rewrite_tag", rounds*each, lostAlerts, lostRecords)
	if most := rounds * 2 * each / parts; lostAlerts > most {
		t.Errorf("of %d lost: %d alerts, at most %d can be", rounds*each, lostAlerts, most)
	}
}

// chunks are the files that wait in Fluent Bit's storage.
func chunks(t *testing.T, dir string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "storage", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}
