package starter

import (
	"encoding/csv"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// table is how lines of columns are written, under a first line that names these: CSV.
type table struct {
	columns   []string
	separator string
}

// separators are tried in this order.
var separators = []string{",", ";", "\t", "|"}

var (
	columnName  = regexp.MustCompile(`^[A-Za-z_][\w .()/-]*$`)
	otherInName = regexp.MustCompile(`[^\w]+`)
)

// fewestColumns: a line of fewer words may be prose.
const fewestColumns = 3

// readTable reads lines of columns as records; nil if they are none.
func readTable(lines []string) (*table, []map[string]any) {
	for _, separator := range separators {
		reader := csv.NewReader(strings.NewReader(strings.Join(lines, "\n")))
		reader.Comma = rune(separator[0])
		rows, err := reader.ReadAll() // each with as many fields as the first
		if err != nil || len(rows) < 2 || len(rows[0]) < fewestColumns {
			continue
		}
		t := &table{separator: separator}
		for _, name := range rows[0] {
			if !columnName.MatchString(name) {
				return nil, nil
			}
			t.columns = append(t.columns, strings.Trim(otherInName.ReplaceAllString(name, "_"), "_"))
		}
		var records []map[string]any
		for _, row := range rows[1:] {
			r := map[string]any{}
			for i, name := range t.columns {
				r[name] = row[i]
			}
			records = append(records, r)
		}
		return t, records
	}
	return nil, nil
}

// isTable reports whether records are lines of columns.
func isTable(records []mapping.Record) bool {
	t, _ := readTable(lines(records))
	return t != nil
}

// yaml is how a mapping reads the lines, all but the first: the URI's column has its own name there.
func (t *table) yaml(uri string) yaml.MapSlice {
	return yaml.MapSlice{
		{Key: "parse", Value: []yaml.MapSlice{{{Key: "format", Value: "w3c"}, {Key: "columns", Value: t.columns}, {Key: "separator", Value: t.separator}}}},
		{Key: "when", Value: []yaml.MapSlice{{{Key: "field", Value: uri}, {Key: "not", Value: []string{uri}}}}},
	}
}

// lines are the texts of records that are no more than that.
func lines(records []mapping.Record) (all []string) {
	for _, r := range records {
		if fields, _, err := msgp.ReadMapStrIntfBytes(r, nil); err == nil && len(fields) == 1 {
			if text, ok := fields["log"].(string); ok {
				all = append(all, text)
			}
		}
	}
	return all
}
