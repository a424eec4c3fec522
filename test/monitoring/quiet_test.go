package monitoring

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// What a real Fluent Bit exposes goes through the rules that come with MSA. They are quiet on a node on which all is well,
// with logs of HTTP and of much else, and where attacks come that are refused. Where all is not well, they say so.
func TestRulesOnWhatIsExposed(t *testing.T) {
	path, ok := rig.FluentBit()
	if !ok {
		t.Skip("no Fluent Bit: set $FLUENT_BIT or PATH")
	}
	tool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("no promtool on the PATH")
	}
	if out, err := exec.Command("make", "-C", rig.Root(), "build/flb-filter_msa.so").CombinedOutput(); err != nil {
		t.Fatalf("cannot build the plugin: %v\n%s", err, out)
	}
	const (
		request = `{"log":"192.0.2.%d - - [20/Nov/2026:10:11:12 +0000] \"GET /shop?page=%d HTTP/1.1\" 200 512 \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\""}`
		other   = `{"log":"I1120 10:11:12.345678 1 controller.go:%d] synced %d pods"}`
		refused = `{"log":"198.51.100.%d - - [20/Nov/2026:10:11:12 +0000] \"GET /?n=%d&t=../../etc/passwd HTTP/1.1\" 403 12 \"-\" \"curl/8\""}`
	)
	for _, c := range []struct {
		name, mapping string
		lines         []string
		fires         []string
	}{
		{"healthy", "auto", []string{request, request, request, other, other, refused}, nil},
		{"a mapping that fits nothing", "nano", []string{request, other}, []string{"MSANotInspected"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in, exporter := freePort(t), freePort(t)
			p, err := rig.Start(rig.Root(), path, "-e", filepath.Join("build", "flb-filter_msa.so"), "-c", exposing(t, in, exporter, c.mapping))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				_ = p.Stop(rig.Patience)
				if t.Failed() {
					t.Logf("Fluent Bit printed:\n%s", p.Output())
				}
			})
			const each = 50
			var seen [2]map[string]float64 // what is exposed, before and after
			for i := range seen {
				sendLines(t, in, c.lines, each)
				seen[i] = exposed(t, exporter, float64((i+1)*each*len(c.lines)))
			}
			fired := firing(t, tool, seen[0], seen[1])
			if len(c.fires) == 0 && fired != "" {
				t.Errorf("fires:\n%s", fired)
			}
			for _, alert := range c.fires {
				if !strings.Contains(fired, alert) {
					t.Errorf("%s does not fire, but\n%s", alert, fired)
				}
			}
		})
	}
}

// exposing is a file of a pipeline whose metrics can be scraped.
func exposing(t *testing.T, in, exporter int, mapping string) string {
	t.Helper()
	config := fmt.Sprintf("[SERVICE]\n    Flush 0.2\n[INPUT]\n    Name tcp\n    Listen 127.0.0.1\n    Port %d\n    Format json\n    Tag node\n"+
		"[FILTER]\n    Name msa\n    Match node\n    Mapping %s\n[OUTPUT]\n    Name null\n    Match *\n", in, mapping) +
		rig.WithPorts(blocks(t)["prometheus_exporter"], map[int]int{2021: exporter})
	file := filepath.Join(t.TempDir(), "fluent-bit.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// sendLines sends so many of each line, with numbers in it.
func sendLines(t *testing.T, port int, lines []string, each int) {
	t.Helper()
	c, err := rig.Dial(port)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	for i := range each {
		for _, line := range lines {
			if _, err := fmt.Fprintf(c, line+"\n", i, i); err != nil {
				t.Fatal(err)
			}
		}
	}
}

var sample = regexp.MustCompile(`(?m)^(msa_\w+\{[^}]*)\} (\S+)`)

// exposed is each series of the filter, once it has seen so many records.
func exposed(t *testing.T, port int, records float64) map[string]float64 {
	t.Helper()
	all := map[string]float64{}
	if err := rig.Wait(rig.Patience, func() error {
		text, err := scraped(port)
		if err != nil {
			return err
		}
		for _, m := range sample.FindAllSubmatch(text, -1) {
			value, err := strconv.ParseFloat(string(m[2]), 64)
			if err != nil {
				return err
			}
			all[string(m[1])+`,job="msa",instance="node:2021"}`] = value
		}
		for series, value := range all {
			if strings.HasPrefix(series, "msa_records_total{") && value >= records {
				return nil
			}
		}
		return fmt.Errorf("fewer than %v records in %s", records, text)
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// firing is what promtool says of a test by which no alert may fire, where what has happened between two looks happens each
// minute for two hours; nothing if none does.
func firing(t *testing.T, tool string, before, after map[string]float64) string {
	t.Helper()
	type series struct {
		Series string `yaml:"series"`
		Values string `yaml:"values"`
	}
	type expected struct {
		Expr    string `yaml:"expr"`
		At      string `yaml:"eval_time"`
		Samples []int  `yaml:"exp_samples"`
	}
	type test struct {
		Interval string     `yaml:"interval"`
		Input    []series   `yaml:"input_series"`
		Expect   []expected `yaml:"promql_expr_test"`
	}
	one := test{Interval: "1m"}
	for name, value := range after {
		change := value - before[name]
		if !strings.Contains(name, "_total{") { // a gauge stays as it is
			change = 0
		}
		one.Input = append(one.Input, series{name, fmt.Sprintf("%f+%fx120", value, change)})
	}
	for _, at := range []string{"10m", "20m", "60m", "120m"} {
		one.Expect = append(one.Expect, expected{`ALERTS{alertstate="firing"}`, at, []int{}})
	}
	text, err := yaml.Marshal(map[string]any{
		"rule_files":          []string{filepath.Join(rig.Root(), "deploy", "prometheus", "msa-rules.yml")},
		"evaluation_interval": "1m", "tests": []test{one},
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "exposed.test.yml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tool, "test", "rules", file).CombinedOutput()
	switch {
	case err == nil:
		return ""
	case !bytes.Contains(out, []byte("alertname=")):
		t.Fatalf("promtool: %v\n%s\nof\n%s", err, out, text)
	}
	return string(out)
}
