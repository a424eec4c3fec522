package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// receiverArgument makes the test's program a receiver: it writes what comes to a
// TCP port to a file, before it reads on, and can be killed.
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
			_, _ = io.Copy(struct{ io.Writer }{out}, struct{ io.Reader }{conn}) // not by the kernel
			_ = conn.Close()
		}()
	}
}

func startReceiver(t *testing.T, dir string, port int, file string) *rig.Process {
	t.Helper()
	p, err := rig.Start(dir, os.Args[0], receiverArgument, strconv.Itoa(port), file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop(time.Second) })
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
				time.Sleep(300 * time.Millisecond)
				_ = receiver.Signal(os.Kill)
				<-receiver.Done()
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		if round == rounds/2 { // for once longer than a worker waits
			if err := p.WaitOutput("the chunk has to come again", 30*time.Second); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(700 * time.Millisecond)
		receiver = startReceiver(t, dir, port, got)
	}
	if err := rig.Wait(60*time.Second, func() error {
		if seen, _ := numbersIn(t, got); len(seen) < attacks {
			return fmt.Errorf("%d of %d attacks arrived", len(seen), attacks)
		}
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
	r, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/api/v2/metrics/prometheus", port))
	if err != nil {
		return err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	m := regexp.MustCompile(`(?m)^` + name + `\{name="msa\.0"\} (\d+)`).FindSubmatch(text)
	if m == nil {
		return fmt.Errorf("no metric %s in %s", name, text)
	}
	if string(m[1]) != strconv.Itoa(want) {
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

func testForward(t *testing.T, key string) {
	dir, port, metrics := t.TempDir(), freePort(t), freePort(t)
	in := filepath.Join(dir, "in.log")
	writeParsers(t, dir)
	if err := os.WriteFile(in, append(numbered(t, 7), '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	ours, theirs := "", ""
	if key != "" {
		ours = "    Shared_Key " + key + "\n"
		theirs = ours + "    Self_Hostname aggregator\n"
	}
	config := outputConfig(in, fmt.Sprintf("forward://127.0.0.1:%d", port), metrics) + ours + fmt.Sprintf(`
[INPUT]
    Name   forward
    Listen 127.0.0.1
    Port   %d
%s[OUTPUT]
    Name   file
    Match  msa.alert
    Path   %s
    File   alerts
    Format plain
`, port, theirs, dir)
	fluentBit(t, dir, config)
	got := waitLines(t, filepath.Join(dir, "alerts"), 1, 20*time.Second)
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
	waitLines(t, filepath.Join(dir, "alerts"), 1, 20*time.Second)
	if err := rig.Wait(20*time.Second, func() error {
		if seen, _ := numbersIn(t, got); !seen[7] {
			return errors.New("no alert of the output arrived")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// While the receiver is away, Fluent Bit ends as soon as it is told to, whatever waits.
func TestOutputEndsInAnOutage(t *testing.T) {
	dir, port, metrics := t.TempDir(), freePort(t), freePort(t)
	in := filepath.Join(dir, "in.log")
	writeParsers(t, dir)
	f, err := os.Create(in)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	config := strings.NewReplacer("Grace           20", "Grace           2", "Workers         2", "Workers         1").
		Replace(outputConfig(in, fmt.Sprintf("syslog+tcp://127.0.0.1:%d", port), metrics))
	p := fluentBit(t, dir, config)
	for n := range 60 { // a chunk each
		fmt.Fprintf(f, "%s\n", numbered(t, n))
		time.Sleep(200 * time.Millisecond)
	}
	began := time.Now()
	if err := p.Stop(25 * time.Second); err != nil {
		t.Error(err)
	}
	t.Logf("it took %v", time.Since(began))
}
