package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// receiverArgument makes the test's program a receiver: it writes what comes to a
// TCP port to a file, and can be killed.
const receiverArgument = "-receiver"

func runReceiver(port, file string) error {
	out, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		return err
	}
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			_ = store(out, conn.(*net.TCPConn))
			_ = conn.Close()
		}()
	}
}

// store writes what comes before it takes it from the kernel: who is killed in between has not read it, so that the
// connection is reset, and does not end as if all had been read.
func store(out io.Writer, conn *net.TCPConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	buffer := make([]byte, 32<<10)
	for {
		n, failed := 0, error(nil)
		if err := raw.Read(func(fd uintptr) bool {
			n, _, failed = syscall.Recvfrom(int(fd), buffer, syscall.MSG_PEEK)
			return !errors.Is(failed, syscall.EAGAIN)
		}); err != nil || failed != nil || n == 0 {
			return errors.Join(err, failed)
		}
		if _, err := out.Write(buffer[:n]); err != nil {
			return err
		}
		if _, err := io.ReadFull(conn, buffer[:n]); err != nil {
			return err
		}
	}
}

func startReceiver(t *testing.T, dir string, port int, file string) *rig.Process {
	t.Helper()
	p, err := rig.Start(dir, os.Args[0], receiverArgument, strconv.Itoa(port), file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop(rig.Patience) })
	c, err := rig.Dial(port)
	if err != nil {
		t.Fatalf("the receiver does not listen: %v", err)
	}
	_ = c.Close()
	return p
}

// outputConfig has an output with msa that reads a file's records.
func outputConfig(in, to string, metrics int) string {
	return fmt.Sprintf(`[SERVICE]
    Flush           0.2
    Grace           20
    HTTP_Server     on
    HTTP_Listen     127.0.0.1
    HTTP_Port       %d
    scheduler.base  1
    scheduler.cap   2
    Parsers_File    %s
[INPUT]
    Name            tail
    Path            %s
    Tag             nano
    Parser          msa_json
    Read_From_Head  on
    Buffer_Max_Size 1M
[OUTPUT]
    Name            msa
    Match           nano
    Mapping         nano
    Behavior        off
    Forward_To      %s
    Workers         2
    Retry_Limit     no_limits
`, metrics, filepath.Join(filepath.Dir(in), "parsers.conf"), in, to)
}

func writeParsers(t *testing.T, dir string) {
	t.Helper()
	text := "[PARSER]\n    Name msa_json\n    Format json\n"
	if err := os.WriteFile(filepath.Join(dir, "parsers.conf"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// numbersIn are the numbers of attacks whose alerts a file has, and how many alerts it has.
func numbersIn(t *testing.T, file string) (seen map[int]bool, alerts int) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	seen = map[int]bool{}
	for _, m := range regexp.MustCompile(`"url":"/\?n=(\d+)&t=`).FindAllSubmatch(text, -1) {
		n, _ := strconv.Atoi(string(m[1]))
		seen[n] = true
		alerts++
	}
	return seen, alerts
}

// waitNumbers waits until a file has the alerts of more than n attacks.
func waitNumbers(t *testing.T, file string, n int) {
	t.Helper()
	if err := rig.Wait(rig.Patience, func() error {
		if seen, _ := numbersIn(t, file); len(seen) <= n {
			return fmt.Errorf("%d attacks arrived, want more than %d", len(seen), n)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// A receiver that is killed and comes back ten times misses no alert, and Fluent Bit
// drops no chunk.
func TestOutputAndAKilledReceiver(t *testing.T) {
	if testing.Short() {
		t.Skip("short: 100,000 records take half a minute")
	}
	const rounds, each, attackEvery = 10, 10_000, 25
	dir, port, metrics := t.TempDir(), freePort(t), freePort(t)
	in, got := filepath.Join(dir, "in.log"), filepath.Join(dir, "got")
	writeParsers(t, dir)
	f, err := os.Create(in)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	receiver := startReceiver(t, dir, port, got)
	p := fluentBit(t, dir, outputConfig(in, fmt.Sprintf("syslog+tcp://127.0.0.1:%d", port), metrics))

	attacks, n := 0, 0
	w := bufio.NewWriter(f)
	for round := range rounds {
		before := attacks
		for range each {
			line := sample(t, fmt.Sprintf("/?harmless=%d", n))
			if n%attackEvery == 0 {
				line = numbered(t, attacks)
				attacks++
			}
			n++
			fmt.Fprintf(w, "%s\n", line)
			if n%each == each/2 { // while it is being inspected
				if err := w.Flush(); err != nil {
					t.Fatal(err)
				}
				waitNumbers(t, got, before)
				_ = receiver.Signal(os.Kill)
				<-receiver.Done()
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		if round == rounds/2 { // for once longer than a worker waits
			if err := p.WaitOutput("the chunk will be retried", rig.Patience); err != nil {
				t.Fatal(err)
			}
		}
		receiver = startReceiver(t, dir, port, got)
	}
	waitNumbers(t, got, attacks-1)
	if err := rig.Wait(rig.Patience, func() error {
		return checkMetric(metrics, "fluentbit_output_proc_records_total", rounds*each)
	}); err != nil {
		t.Fatal(err)
	}
	_, alerts := numbersIn(t, got)
	t.Logf("%d attacks in %d records, %d alerts arrived", attacks, rounds*each, alerts)
	for _, name := range []string{"fluentbit_output_dropped_records_total", "fluentbit_output_retries_failed_total"} {
		if err := checkMetric(metrics, name, 0); err != nil {
			t.Error(err)
		}
	}
}

// checkMetric checks a counter of the output.
func checkMetric(port int, name string, want int) error {
	return metricIs(port, name+`{name="msa.0"}`, want)
}

// metricIs checks a counter, with its labels, of Fluent Bit's own.
func metricIs(port int, name string, want int) error {
	text, err := get(fmt.Sprintf("http://127.0.0.1:%d/api/v2/metrics/prometheus", port))
	if err != nil {
		return err
	}
	m := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\d+)`).FindStringSubmatch(text)
	if m == nil {
		return fmt.Errorf("no metric %s in %s", name, text)
	}
	if m[1] != strconv.Itoa(want) {
		return fmt.Errorf("%s is %s, want %d", name, m[1], want)
	}
	return nil
}

// Alerts go back into Fluent Bit as records under their tag, to an input that wants to see a shared key too.
func TestOutputForwards(t *testing.T) {
	for _, key := range []string{"", "a common secret"} {
		t.Run(key, func(t *testing.T) { testForward(t, key) })
	}
}

// endsAlone skips a test where Fluent Bit dies at its end without MSA: 3.2 frees twice the shared key of its input forward,
// and what its output kafka takes the messages' keys from. It may live on by luck, so its version counts, too: valgrind
// shows the first without MSA (fw_config_destroy, then flb_kv_item_destroy).
func endsAlone(t *testing.T, config string) {
	t.Helper()
	program, ok := rig.FluentBit()
	if !ok {
		t.Skip("no Fluent Bit: set $FLUENT_BIT or PATH")
	}
	if version, err := exec.Command(program, "--version").Output(); err != nil {
		t.Fatal(err)
	} else if bytes.HasPrefix(version, []byte("Fluent Bit v3.")) {
		t.Skip("this Fluent Bit frees memory twice at its end")
	}
	needs(t, config)
	name := filepath.Join(t.TempDir(), "alone.conf")
	if err := os.WriteFile(name, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, "-c", name)
	if err := p.WaitOutput("stream processor started", rig.Patience); err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(rig.Patience); err != nil {
		t.Skipf("this Fluent Bit does not end in order without MSA: %v", err)
	}
}

func testForward(t *testing.T, key string) {
	dir, port, metrics := t.TempDir(), freePort(t), freePort(t)
	in := filepath.Join(dir, "in.log")
	writeParsers(t, dir)
	if err := os.WriteFile(in, append(numbered(t, 7), '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	ours, receiver := "", fmt.Sprintf("\n[INPUT]\n    Name   forward\n    Listen 127.0.0.1\n    Port   %d\n", port)
	if key != "" {
		ours = "    Shared_Key " + key + "\n"
		receiver += ours + "    Self_Hostname aggregator\n"
		endsAlone(t, receiver+"[OUTPUT]\n    Name null\n    Match *\n")
	}
	config := outputConfig(in, fmt.Sprintf("forward://127.0.0.1:%d", port), metrics) + ours + receiver + fmt.Sprintf(`[OUTPUT]
    Name   file
    Match  msa.alert
    Path   %s
    File   alerts
    Format plain
`, dir)
	fluentBit(t, dir, config)
	got := waitLines(t, filepath.Join(dir, "alerts"), 1, rig.Patience)
	if a := object(t, got[0]); a["rule_id"] != "930100" || a["url"] != "/?n=7&t=../../etc/passwd" {
		t.Errorf("alert is %s", got[0])
	}
}

// The filter and the output work in one process, as one library.
func TestFilterAndOutput(t *testing.T) {
	dir, port, metrics := t.TempDir(), freePort(t), freePort(t)
	in, got := filepath.Join(dir, "in.log"), filepath.Join(dir, "got")
	writeParsers(t, dir)
	if err := os.WriteFile(in, append(numbered(t, 7), '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	startReceiver(t, dir, port, got)
	config := outputConfig(in, fmt.Sprintf("syslog+tcp://127.0.0.1:%d", port), metrics) + fmt.Sprintf(`
[FILTER]
    Name     msa
    Match    nano
    Mapping  nano
    Behavior off
[OUTPUT]
    Name   file
    Match  msa.alert
    Path   %s
    File   alerts
    Format plain
`, dir)
	fluentBit(t, dir, config)
	waitLines(t, filepath.Join(dir, "alerts"), 1, rig.Patience)
	waitNumbers(t, got, 0)
}

// While the receiver is away, Fluent Bit ends as soon as it is told to, whatever waits.
func TestOutputEndsInAnOutage(t *testing.T) {
	dir, port, metrics := t.TempDir(), freePort(t), freePort(t)
	in := filepath.Join(dir, "in.log")
	writeParsers(t, dir)
	const files = 60 // of a tag each, and so a chunk each
	for n := range files {
		if err := os.WriteFile(fmt.Sprint(in, n), append(numbered(t, n), '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config := strings.NewReplacer("Grace           20", "Grace           2", "Workers         2", "Workers         1",
		"in.log\n", "in.log*\n", "Tag             nano\n", "Tag             nano.*\n", "Match           nano\n", "Match           nano.*\n").
		Replace(outputConfig(in, fmt.Sprintf("syslog+tcp://127.0.0.1:%d", port), metrics))
	p := fluentBit(t, dir, config)
	if err := rig.Wait(rig.Patience, func() error {
		return metricIs(metrics, `fluentbit_input_records_total{name="tail.0"}`, files)
	}); err != nil {
		t.Fatal(err)
	}
	if err := p.WaitOutput("the chunk will be retried", rig.Patience); err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(rig.Patience); err != nil {
		t.Error(err)
	}
}
