package monitoring

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	grafana "github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/elasticsearch"
	"github.com/grafana/grafana-foundation-sdk/go/logs"
	"github.com/grafana/grafana-foundation-sdk/go/loki"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// dashboard is what the tests look at of one.
type dashboard struct {
	ID, UID       any
	Title         string
	SchemaVersion int
	Panels        []panel
	Templating    struct{ List []variable }
}

type panel struct {
	ID          int
	Type, Title string
	Datasource  source
	GridPos     struct{ H, W, X, Y int }
	Targets     []target
}

type source struct{ Type, UID string }

type target struct {
	RefID      string
	Datasource source
	Expr       string // of Prometheus and Loki
	Query      string // of Elasticsearch
	TimeField  string
	BucketAggs []struct{ Field string }
}

type variable struct {
	Name, Type string
	Datasource source
	Query      any
}

// dashboards are all of them, by their files' names.
func dashboards(t *testing.T) map[string]dashboard {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(rig.Root(), "deploy", "grafana", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("dashboards %v, error %v", files, err)
	}
	all := map[string]dashboard{}
	for _, file := range files {
		name := filepath.Base(file)
		var d dashboard
		if err := json.Unmarshal([]byte(read(t, "deploy", "grafana", name)), &d); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all[name] = d
	}
	return all
}

// The types that Grafana publishes know each field of the dashboards, their panels and their queries.
func TestDashboardTypes(t *testing.T) {
	types := cog.NewRuntime()
	types.RegisterPanelcfgVariant(stat.VariantConfig())
	types.RegisterPanelcfgVariant(timeseries.VariantConfig())
	types.RegisterPanelcfgVariant(table.VariantConfig())
	types.RegisterPanelcfgVariant(logs.VariantConfig())
	types.RegisterDataqueryVariant(prometheus.VariantConfig())
	types.RegisterDataqueryVariant(loki.VariantConfig())
	types.RegisterDataqueryVariant(elasticsearch.VariantConfig())
	for name := range dashboards(t) {
		text := read(t, "deploy", "grafana", name)
		for _, c := range []struct{ from, to string }{{"", ""}, {`"refId"`, `"refID"`}, {`"colorMode"`, `"mode"`}, {`"graphTooltip"`, `"tooltip"`}} {
			var d grafana.Dashboard //nolint:staticcheck // the classic model, which every Grafana reads
			err := d.UnmarshalJSONStrict([]byte(strings.ReplaceAll(text, c.from, c.to)))
			var found cog.BuildErrors // the error of a dashboard without a fault is an empty list
			if err != nil && !errors.As(err, &found) {
				t.Fatalf("%s: %v", name, err)
			}
			if c.from == "" && len(found) > 0 {
				t.Errorf("%s: %v", name, err)
			} else if c.from != "" && len(found) == 0 {
				t.Errorf("%s: %s is no field, and was not found", name, c.to)
			}
		}
	}
}

// A dashboard is bound to no Grafana: it has no id of its own, and takes its data from where the variable says. Its
// panels have ids of their own, and places where no other is.
func TestDashboards(t *testing.T) {
	for name, d := range dashboards(t) {
		if d.ID != nil || d.UID != nil || d.Title == "" || d.SchemaVersion != 39 {
			t.Errorf("%s: id %v, uid %v, title %q, schema version %d", name, d.ID, d.UID, d.Title, d.SchemaVersion)
		}
		kind, _ := d.Templating.List[0].Query.(string)
		want := source{kind, "${datasource}"}
		if first := d.Templating.List[0]; first.Name != "datasource" || first.Type != "datasource" || kind == "" {
			t.Errorf("%s: the first variable is %+v", name, first)
		}
		for _, v := range d.Templating.List[1:] {
			if v.Type == "query" && v.Datasource != want {
				t.Errorf("%s: variable %s is of %v", name, v.Name, v.Datasource)
			}
		}
		ids, taken := map[int]bool{}, map[[2]int]string{}
		for _, p := range d.Panels {
			g := p.GridPos
			if ids[p.ID] || p.ID < 1 || p.Title == "" || g.W < 1 || g.H < 1 || g.X < 0 || g.Y < 0 || g.X+g.W > 24 {
				t.Errorf("%s: panel %d, %q, at %+v", name, p.ID, p.Title, g)
			}
			ids[p.ID] = true
			for x := g.X; x < g.X+g.W; x++ {
				for y := g.Y; y < g.Y+g.H; y++ {
					if other, ok := taken[[2]int{x, y}]; ok {
						t.Fatalf("%s: %q is where %q is", name, p.Title, other)
					}
					taken[[2]int{x, y}] = p.Title
				}
			}
			if (p.Type == "row") != (len(p.Targets) == 0) || p.Type != "row" && p.Datasource != want {
				t.Errorf("%s: %s %q has %d queries of %v", name, p.Type, p.Title, len(p.Targets), p.Datasource)
			}
			refs := map[string]bool{}
			for _, q := range p.Targets {
				if refs[q.RefID] || q.RefID == "" || q.Datasource != want || q.Expr == "" && q.Query == "" {
					t.Errorf("%s: %q has query %+v", name, p.Title, q)
				}
				refs[q.RefID] = true
			}
		}
		text := read(t, "deploy", "grafana", name)
		uses := regexp.MustCompile(`\$\{?([a-z]\w*)`).FindAllStringSubmatch(text, -1)
		for _, use := range uses {
			if !slices.ContainsFunc(d.Templating.List, func(v variable) bool { return v.Name == use[1] }) {
				t.Errorf("%s: there is no variable %s", name, use[1])
			}
		}
		for _, v := range d.Templating.List {
			if !slices.ContainsFunc(uses, func(use []string) bool { return use[1] == v.Name }) {
				t.Errorf("%s: variable %s is not used", name, v.Name)
			}
		}
	}
}

// expressions are a dashboard's queries.
func (d dashboard) expressions() []string {
	var all []string
	for _, p := range d.Panels {
		for _, q := range p.Targets {
			all = append(all, q.Expr)
		}
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}

// The dashboard of the filters shows each of their metrics, and no others.
func TestMetricsDashboard(t *testing.T) {
	d := dashboards(t)["msa-metrics.json"]
	queries := d.expressions()
	shown := named(queries...)
	known(t, "msa-metrics.json", named(read(t, "deploy", "grafana", "msa-metrics.json")))
	for _, m := range metrics(t) {
		if !slices.Contains(shown, m.name) {
			t.Errorf("%s is in no panel", m.name)
		}
	}
	promtool(t, ".", "check", "rules", queryRules(t, queries))
}

var (
	lokiFields = regexp.MustCompile(`\| json ((?:\w+="\w+"(?:, )?)+)`)
	lokiField  = regexp.MustCompile(`(\w+)="(\w+)"`)
	lokiUses   = regexp.MustCompile(`(?:sum by \(|\| |\{\{\.)(\w+)(?:, (\w+))?`)
)

// fieldsOfLoki are the keys of alerts that queries of Loki take out of the line.
func fieldsOfLoki(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, query := range dashboards(t)["msa-alerts-loki.json"].expressions() {
		taken := lokiFields.FindStringSubmatch(query)
		if taken == nil {
			t.Fatalf("%s takes no fields", query)
		}
		var fields []string
		for _, f := range lokiField.FindAllStringSubmatch(taken[1], -1) {
			if f[1] != f[2] {
				t.Errorf("%s: %s is called %s", query, f[2], f[1])
			}
			fields = append(fields, f[2])
		}
		for _, use := range lokiUses.FindAllStringSubmatch(strings.Replace(query, taken[0], "", 1), -1) {
			for _, name := range use[1:] {
				if name != "" && name != "line_format" && !slices.Contains(fields, name) {
					t.Errorf("%s: %s is used, and not taken", query, name)
				}
			}
		}
		all = append(all, fields...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

var luceneField = regexp.MustCompile(`(?:_exists_:([a-z_.]+)|([a-z_]+\.[a-z_.]+):)`)

// fieldsOfElasticsearch are the fields of alerts that queries of Elasticsearch ask for.
func fieldsOfElasticsearch(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, p := range dashboards(t)["msa-alerts-elasticsearch.json"].Panels {
		for _, q := range p.Targets {
			for _, m := range luceneField.FindAllStringSubmatch(q.Query, -1) {
				all = append(all, m[1]+m[2])
			}
			for _, b := range q.BucketAggs {
				all = append(all, b.Field)
			}
			all = append(all, q.TimeField)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
