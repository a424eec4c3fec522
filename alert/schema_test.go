package alert

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/test/schema"
	"github.com/modsecurity-for-anylog/msa/triage"
)

// byCommand are keys that are not the alert's: msa scan adds them.
var byCommand = []string{"line", "file"}

// schema.json has every key of an alert in format msa, in order, and every alert is valid by it.
func TestSchema(t *testing.T) {
	compiled, document := schema.Compile(t, "schema.json")
	properties := document["properties"].(map[string]any)
	alerts := []Alert{sample(t), ofDetector()}
	for _, tx := range []mapping.Transaction{
		{},
		{URI: "/", Method: "\xff", Status: 500, Client: mapping.Endpoint{Address: "10.0.0.1", Port: "x"}, Server: mapping.Endpoint{Address: "8.8.8.8"}},
	} {
		v := engine.Verdict{Alarm: true, Matches: []engine.Match{match(1, engine.SeverityUnset, "T1190"), match(2, 7, "attack-x", "capec/1/2")}, Uninspected: []string{"uri", "args"}}
		alerts = append(alerts, New(defaults, nil, &tx, &v, triage.Appraisal{}, "t", time.Now())[0])
	}
	var keys []string
	for i := range alerts {
		text := alerts[i].JSON()
		if err := schema.Validate(compiled, text); err != nil {
			t.Errorf("%v in %s", err, text)
		}
		for _, p := range pairs(t, text) {
			if properties[p.key] == nil {
				t.Errorf("schema.json has no %s", p.key)
			}
			if i == 1 { // it has all
				keys = append(keys, p.key)
			}
		}
		var o map[string]any
		if err := json.Unmarshal(text, &o); err != nil {
			t.Fatal(err)
		}
		for _, key := range document["required"].([]any) {
			v := o[key.(string)]
			delete(o, key.(string))
			without, err := json.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			if schema.Validate(compiled, without) == nil {
				t.Errorf("without %s it is an alert, too", key)
			}
			o[key.(string)] = v
		}
	}
	if described := describedKeys(t); !slices.Equal(described, append(keys, byCommand...)) {
		t.Errorf("schema.json has the keys %q", described)
	}
}

type property struct {
	Type        string
	Const       any
	Enum        []any
	Description string
	From        string
	Examples    []json.RawMessage
}

// schemaProperties are the keys of schema.json in order.
func schemaProperties(t *testing.T) []pair {
	t.Helper()
	text, err := os.ReadFile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pairs(t, text) {
		if p.key == "properties" {
			return pairs(t, []byte(p.value.(string)))
		}
	}
	t.Fatal("schema.json has no properties")
	return nil
}

func describedKeys(t *testing.T) (keys []string) {
	for _, p := range schemaProperties(t) {
		keys = append(keys, p.key)
	}
	return keys
}

// The table of docs/alert.md is what schema.json says; its examples are valid.
func TestDocumentedKeys(t *testing.T) {
	compiled, _ := schema.Compile(t, "schema.json")
	valid := map[string]any{}
	a := sample(t)
	if err := json.Unmarshal(a.JSON(), &valid); err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	table.WriteString("| key | type | meaning | from | example |\n|---|---|---|---|---|\n")
	for _, p := range schemaProperties(t) {
		var d property
		if err := json.Unmarshal([]byte(p.value.(string)), &d); err != nil {
			t.Fatal(err)
		}
		if d.Description == "" || len(d.Examples) == 0 {
			t.Fatalf("schema.json does not say what %s is, or has no example", p.key)
		}
		var example any
		if err := json.Unmarshal(d.Examples[0], &example); err != nil {
			t.Fatal(err)
		}
		before, was := valid[p.key]
		valid[p.key] = example
		text, err := json.Marshal(valid)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(compiled, text); err != nil {
			t.Errorf("the example of %s: %v", p.key, err)
		}
		if valid[p.key] = before; !was {
			delete(valid, p.key)
		}
		typ := d.Type
		if typ == "" {
			typ = "string"
		}
		table.WriteString("| " + p.key + " | " + typ + " | " + cell(d.Description) + " | " + cell(d.From) + " | " + code(compact(t, d.Examples[0])) + " |\n")
	}

	const file = "../docs/alert.md"
	doc, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`(?m)^\| key \| type \| meaning \|.*\n(\|.*\n)*`).ReplaceAllLiteralString(string(doc), table.String())
	if !strings.Contains(want, table.String()) {
		t.Fatalf("%s has no table of keys", file)
	}
	if want == string(doc) {
		return
	}
	if !*update {
		t.Fatalf("%s is older than schema.json: run go test ./alert -update", file)
	}
	if err := os.WriteFile(file, []byte(want), 0o600); err != nil {
		t.Fatal(err)
	}
}

func compact(t *testing.T, text json.RawMessage) string {
	t.Helper()
	var s string
	if json.Unmarshal(text, &s) == nil && s == "" {
		return ""
	}
	return strings.Join(strings.Fields(string(text)), " ")
}

// cell is text in a table of Markdown.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// code is text in backticks, or in more of them where it has some.
func code(s string) string {
	switch {
	case s == "":
		return ""
	case strings.Contains(s, "`"):
		return "`` " + s + " ``"
	}
	return "`" + cell(s) + "`"
}
