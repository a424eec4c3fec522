package monitoring

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// ruleFile is a file of Prometheus's rules.
type ruleFile struct {
	Groups []struct {
		Name  string
		Rules []rule
	}
}

type rule struct {
	Record, Alert string
	Expr          string
	For           string
	Labels        map[string]string
	Annotations   map[string]string
}

func rules(t *testing.T) []rule {
	t.Helper()
	var f ruleFile
	if err := yaml.UnmarshalWithOptions([]byte(read(t, "deploy", "prometheus", "msa-rules.yml")), &f, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	var all []rule
	for _, g := range f.Groups {
		all = append(all, g.Rules...)
	}
	return all
}

func promtool(t *testing.T, dir string, args ...string) {
	t.Helper()
	path, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("no promtool on the PATH")
	}
	c := exec.Command(path, args...)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func TestPromtool(t *testing.T) {
	dir := filepath.Join(rig.Root(), "deploy", "prometheus")
	promtool(t, dir, "check", "rules", "msa-rules.yml")
	promtool(t, dir, "test", "rules", "msa-rules.test.yml")
}

// Rules are about metrics of the filter and what other rules record. Each alert says how severe it is and what it is
// about, fires in a test, and stands in the table, with its severity.
func TestRules(t *testing.T) {
	documented := map[string]string{}
	for _, row := range rows(t, "alert") {
		documented[row[0]] = row[1]
	}
	tests := read(t, "deploy", "prometheus", "msa-rules.test.yml")
	recorded := ""
	alerts := 0
	for _, r := range rules(t) {
		known(t, r.Record+r.Alert, named(r.Expr))
		if r.Record != "" {
			if !strings.Contains(tests, "{expr: '"+r.Record+"'") {
				t.Errorf("no test has %s", r.Record)
			}
			recorded += r.Record + "\n"
			continue
		}
		alerts++
		if r.Annotations["summary"] == "" || r.Annotations["description"] == "" || !slices.Contains([]string{"critical", "warning", "info"}, r.Labels["severity"]) {
			t.Errorf("%s has labels %v and annotations %v", r.Alert, r.Labels, r.Annotations)
		}
		if !strings.Contains(tests, "alertname: "+r.Alert+"\n        exp_alerts:\n          - exp_labels: {severity: "+r.Labels["severity"]) {
			t.Errorf("%s fires in no test", r.Alert)
		}
		if documented[r.Alert] != r.Labels["severity"] {
			t.Errorf("%s is %q in docs/monitoring.md, and %q in the file", r.Alert, documented[r.Alert], r.Labels["severity"])
		}
		for _, word := range strings.FieldsFunc(r.Expr, func(c rune) bool { return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789_:", c) }) {
			if strings.HasPrefix(word, "msa:") && !strings.Contains(recorded, word+"\n") {
				t.Errorf("%s: no rule records %s", r.Alert, word)
			}
		}
	}
	if alerts != len(documented) {
		t.Errorf("%d alerts, %d in docs/monitoring.md", alerts, len(documented))
	}
}

// queryRules is a file of rules that has some queries of a dashboard, with values for its variables.
func queryRules(t *testing.T, queries []string) string {
	t.Helper()
	values := strings.NewReplacer("$__rate_interval", "5m", "$__range", "6h", "$job", ".*", "$instance", ".*", "$name", ".*")
	type recording struct {
		Record string `yaml:"record"`
		Expr   string `yaml:"expr"`
	}
	type group struct {
		Name  string      `yaml:"name"`
		Rules []recording `yaml:"rules"`
	}
	g := group{Name: "queries"}
	for i, q := range queries {
		g.Rules = append(g.Rules, recording{"query:" + strings.Repeat("x", i+1), values.Replace(q)})
	}
	text, err := yaml.Marshal(map[string][]group{"groups": {g}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "queries.yml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
