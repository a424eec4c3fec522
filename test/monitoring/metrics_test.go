// Package monitoring checks what is ready for Prometheus and Grafana: rules, dashboards, and docs/monitoring.md.
package monitoring

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/pipeline"
	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// metric is one of the filter's.
type metric struct {
	name, typ, help string
}

// metrics are those in the source of the plugin, which is a program and can't be imported.
func metrics(t *testing.T) []metric {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(rig.Root(), "plugin", "metrics.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []metric
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != "metrics" {
			return true
		}
		for _, element := range spec.Values[0].(*ast.CompositeLit).Elts {
			fields := map[string]string{}
			for _, f := range element.(*ast.CompositeLit).Elts {
				pair := f.(*ast.KeyValueExpr)
				switch v := pair.Value.(type) {
				case *ast.BasicLit:
					fields[pair.Key.(*ast.Ident).Name], _ = strconv.Unquote(v.Value)
				case *ast.Ident:
					fields[pair.Key.(*ast.Ident).Name] = v.Name
				}
			}
			m := metric{"msa_" + fields["subsystem"] + "_" + fields["name"], "counter", fields["help"]}
			if fields["gauge"] == "true" {
				m.typ = "gauge"
			}
			all = append(all, m)
		}
		return false
	})
	if len(all) == 0 {
		t.Fatal("there are no metrics in plugin/metrics.go")
	}
	return all
}

var metricName = regexp.MustCompile(`\bmsa_[a-z_]+`)

// named are the metrics that texts name.
func named(texts ...string) []string {
	var all []string
	for _, text := range texts {
		all = append(all, metricName.FindAllString(text, -1)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// known fails for metrics that the filter does not have.
func known(t *testing.T, where string, names []string) {
	t.Helper()
	all := metrics(t)
	for _, name := range names {
		if !slices.ContainsFunc(all, func(m metric) bool { return m.name == name }) {
			t.Errorf("%s: the filter has no metric %s", where, name)
		}
	}
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{rig.Root()}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// rows are those of the table under a heading of docs/monitoring.md whose first column has a name.
func rows(t *testing.T, column string) [][]string {
	t.Helper()
	var all [][]string
	inside := false
	for _, line := range strings.Split(read(t, "docs", "monitoring.md"), "\n") {
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case !strings.HasPrefix(line, "|"):
			inside = false
		case cells[0] == column:
			inside = true
		case inside && !strings.HasPrefix(cells[0], "--"):
			all = append(all, cells)
		}
	}
	if len(all) == 0 {
		t.Fatalf("docs/monitoring.md has no table of %q", column)
	}
	return all
}

func TestMetricsTable(t *testing.T) {
	var documented []metric
	for _, row := range rows(t, "metric") {
		documented = append(documented, metric{row[0], row[1], row[2]})
	}
	if want := metrics(t); !slices.Equal(documented, want) {
		t.Errorf("docs/monitoring.md has\n%v\nthe filter has\n%v", documented, want)
	}
}

// The table of causes is that of the pipeline, with the one that the plugin adds.
func TestCausesTable(t *testing.T) {
	var documented []string
	for _, row := range rows(t, "cause") {
		documented = append(documented, row[0])
	}
	want := []string{"memory"}
	for cause := range new(pipeline.Pipeline).Snapshot().Errors {
		want = append(want, cause)
	}
	slices.Sort(documented)
	slices.Sort(want)
	if !slices.Equal(documented, want) {
		t.Errorf("docs/monitoring.md has %v, the filter %v", documented, want)
	}
}
