package mapping

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/modsecurity-for-anylog/msa/test/schema"
)

// validate is the schema's word on a file of one or more documents.
func validate(t *testing.T, s *jsonschema.Schema, text string) error {
	t.Helper()
	for _, doc := range regexp.MustCompile(`(?m)^---$`).Split(text, -1) {
		asJSON, err := yaml.YAMLToJSON([]byte(doc))
		if err != nil {
			return err
		}
		if err := schema.Validate(s, asJSON); err != nil {
			return err
		}
	}
	return nil
}

func TestPresetsAreValid(t *testing.T) {
	s, _ := schema.Compile(t, "schema.json")
	for _, name := range PresetNames() {
		text, err := PresetText(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, s, string(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		m, err := Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		if m[0].Source == "" || m[0].Description == "" || len(m[0].detect) == 0 {
			t.Errorf("%s lacks source, description or detect", name)
		}
		if !strings.Contains(string(text), "name: "+name+"\n") {
			t.Errorf("%s has another name in its file", name)
		}
	}
	files, err := presetFiles.ReadDir("presets")
	if err != nil || len(files) != len(PresetNames()) {
		t.Errorf("%d files, %d presets, %v", len(files), len(PresetNames()), err)
	}
}

// What is wrong is refused by the reader, which names file, line and the nearest known key, and by
// the schema.
func TestWrongMappings(t *testing.T) {
	s, _ := schema.Compile(t, "schema.json")
	for _, c := range []struct {
		name, yaml, want string
		readerOnly       bool
	}{
		{"no YAML", "a: [", `"x.yaml": line 1, column 4: sequence end token ']' not found`, true},
		{"UTF-16", "\xff\xfen\x00", "the file is in UTF-16: save it as UTF-8", true},
		{"a tab", "request:\n\turi: a\n", "line 2, column 1: a tab: YAML is indented by spaces", true},
		{"nothing", "# nothing\n", "the file is empty", true},
		{"nothing to inspect", "name: x\n", "line 1, column 5: there is nothing to inspect", false},
		{"a list", "- a\n", "line 1, column 1: a mapping must have keys and values, not a list", false},
		{"unknown key", "request:\n  uri: a\n  metod: b\n", `line 3, column 3: unknown key "metod" in request: did you mean "method"?`, false},
		{"unknown key, nothing like it", "request:\n  uri: a\nfoo: b\n", `line 3, column 1: unknown key "foo" in a mapping: known are alert, args,`, false},
		{"key twice", "request: {uri: a}\nargs: {q: a}\nargs: {q: b}\n", "already", true},
		{"wrong accessor", "request:\n  uri:\n    - a\n    - $b[c]\n", `line 4, column 7: field "$b[c]"`, true},
		{"accessor is a map", "request: {uri: [{a: b}]}\n", "line 1", false},
		{"field without field", "request: {uri: {decode: plus}}\n", "a field needs field, join or value", false},
		{"unknown option", "request:\n  uri: {field: a, decoding: plus}\n", `line 2, column 19: unknown key "decoding" in a field: did you mean "decode"?`, false},
		{"unknown decode", "request: {uri: {field: a, decode: percnt}}\n", `unknown decode "percnt": did you mean "percent"?`, false},
		{"option of bodies elsewhere", "request: {uri: {field: a, limit: 3}}\n", `unknown key "limit"`, false},
		{"wrong limit", "request: {body: {field: a, limit: 0}}\n", `limit "0" is not a number of bytes above 0`, false},
		{"wrong encoding", "request: {body: {field: b, encoding: rot13}}\n", `unknown encoding "rot13": known are auto, base64, text`, false},
		{"wrong replace", "request: {uri: {field: a, replace: {'(': b}}}\n", "cannot read pattern", false},
		{"replace by a list", "request: {uri: {field: a, replace: {a: [b]}}}\n", "expected a text", false},
		{"wrong remove", "request: {uri: {field: a, remove: '('}}\n", "cannot read pattern", false},
		{"time format without a day", "request: {uri: a}\ntime: {field: t, format: '%H:%M:%S'}\n", `cannot use time format "%H:%M:%S": it has no month and day`, true},
		{"time format without a month", "request: {uri: a}\ntime: {field: t, format: '%a %d %H:%M:%S'}\n", `it has no month and day`, true},
		{"wrong time format", "request: {uri: a}\ntime: {field: t, format: epoch_s}\n", `unknown time format "epoch_s"`, false},
		{"wrong zone", "request: {uri: a}\ntime: {field: t, zone: Mars/Olympus}\n", `unknown time zone "Mars/Olympus"`, true},
		{"wrong network", "request: {uri: a}\nclient: {address: a, trusted_proxies: [10.0.0.0/40]}\n", `"10.0.0.0/40" is not a network`, true},
		{"condition without field", "request: {uri: a}\ndetect: [{equals: x}]\n", "a condition needs field, or any", false},
		{"condition with a wrong pattern", "request: {uri: a}\nwhen: [{field: x, matches: '['}]\n", "cannot read pattern", false},
		{"conditions are no list", "request: {uri: a}\nwhen: {field: x}\n", "expected a list of conditions", false},
		{"exists is no boolean", "request: {uri: a}\nwhen: [{field: x, exists: maybe}]\n", "expected true or false", false},
		{"parse without format", "request: {uri: a}\nparse: {field: log}\n", "parse needs format", false},
		{"decode without field", "request: {uri: a}\nparse: {format: json, decode: base64}\n", "decode needs field", true},
		{"unknown format", "request: {uri: a}\nparse: {field: log, format: combind}\n", `unknown format "combind": did you mean "combined"?`, false},
		{"pattern without names", "request: {uri: a}\nparse: {field: log, format: pattern, pattern: x}\n", "has no $name", true},
		{"names that nothing parts", "request: {uri: a}\nparse: {field: log, format: pattern, pattern: '$a$b'}\n", "nothing parts $a", true},
		{"format pattern without pattern", "request: {uri: a}\nparse: {field: log, format: pattern}\n", "format pattern needs pattern", false},
		{"pattern of a format that has one", "request: {uri: a}\nparse: {field: log, format: alb, pattern: x}\n", "format alb has no pattern of its own", false},
		{"wrong regex", "request: {uri: a}\nparse: {field: log, format: regex, pattern: '('}\n", "cannot read pattern", true},
		{"columns elsewhere", "request: {uri: a}\nparse: {field: log, format: json, columns: a}\n", "columns and separator are for format w3c only", true},
		{"a separator of two", "request: {uri: a}\nparse: {format: w3c, columns: a b, separator: ', '}\n", `a separator is one character that is no quote, not ", "`, true},
		{"a separator elsewhere", "request: {uri: a}\nparse: {format: logfmt, separator: ','}\n", "columns and separator are for format w3c only", true},
		{"wrong exclusion", "request: {uri: a}\nexclude: ['942 100']\n", `"942 100" is not a rule id, range or tag`, true},
		{"prefix without prefix", "request: {headers: {prefix: {in: a}}, uri: b}\n", "prefix needs prefix", false},
		{"error in the second document", "request: {uri: a}\n---\nrequest: {urj: a}\n", `line 3, column 11: unknown key "urj" in request: did you mean "uri"?`, false},
		{"an empty list", "request: {uri: []}\n", "the list is empty", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("x.yaml", []byte(c.yaml))
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), `"x.yaml"`) {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if !c.readerOnly && validate(t, s, c.yaml) == nil {
				t.Error("the schema accepts it")
			}
		})
	}
}

// The reader and the schema know the same keys: the reader lists its own when it meets one
// that it does not know.
func TestSchemaHasTheKeysOfTheReader(t *testing.T) {
	_, doc := schema.Compile(t, "schema.json")
	properties := func(path ...string) []string {
		var at any = doc
		for _, p := range path {
			if p == "anyOf/1" {
				at = at.(map[string]any)["anyOf"].([]any)[1]
				continue
			}
			at = at.(map[string]any)[p]
		}
		return slices.Sorted(maps.Keys(at.(map[string]any)["properties"].(map[string]any)))
	}
	def := func(name string) []string { return properties("$defs", name, "anyOf/1") }
	for yaml, want := range map[string][]string{
		"zzzzzz: a":                                 properties(),
		"request: {zzzzzz: a}":                      properties("properties", "request"),
		"response: {zzzzzz: a}":                     properties("properties", "response"),
		"client: {zzzzzz: a}":                       properties("properties", "client"),
		"server: {zzzzzz: a}":                       properties("properties", "server"),
		"client: {workload: {zzzzzz: a}}":           properties("$defs", "workload"),
		"alert: {zzzzzz: a}":                        properties("properties", "alert"),
		"time: {zzzzzz: a}":                         properties("properties", "time", "anyOf/1"),
		"request: {headers: {zzzzzz: a}}":           properties("$defs", "headers"),
		"request: {headers: {prefix: {zzzzzz: a}}}": def("prefix"),
		"request: {method: {zzzzzz: a}}":            def("field"),
		"request: {uri: {zzzzzz: a}}":               def("location"),
		"request: {body: {zzzzzz: a}}":              def("body"),
		"when: [{zzzzzz: a}]":                       def("condition"),
		"parse: {zzzzzz: a}":                        properties("$defs", "parse"),
	} {
		_, err := Parse("x", []byte(yaml))
		if _, known, ok := strings.Cut(fmt.Sprint(err), "known are "); !ok || known != strings.Join(want, ", ") {
			t.Errorf("%s:\nthe reader says %v\nthe schema has %s", yaml, err, strings.Join(want, ", "))
		}
	}
	var decoder struct {
		Defs struct {
			Decoder struct{ Enum []string }
		} `json:"$defs"`
	}
	text, _ := os.ReadFile("schema.json")
	if err := json.Unmarshal(text, &decoder); err != nil {
		t.Fatal(err)
	}
	slices.Sort(decoder.Defs.Decoder.Enum)
	if got := slices.Sorted(maps.Keys(decoders)); !slices.Equal(got, decoder.Defs.Decoder.Enum) {
		t.Errorf("decoders are %v, in the schema %v", got, decoder.Defs.Decoder.Enum)
	}
}

// Every key of the schema is in the reference.
func TestReferenceHasTheKeysOfTheSchema(t *testing.T) {
	text, err := os.ReadFile("../docs/mapping.md")
	if err != nil {
		t.Fatal(err)
	}
	_, doc := schema.Compile(t, "schema.json")
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if p, ok := v["properties"].(map[string]any); ok {
				for key := range p {
					if !regexp.MustCompile("(?m)(^|[ {`,])" + regexp.QuoteMeta(key) + "(:|`)").Match(text) {
						t.Errorf("docs/mapping.md has no %s", key)
					}
				}
			}
			for _, one := range v {
				walk(one)
			}
		case []any:
			for _, one := range v {
				walk(one)
			}
		}
	}
	walk(doc)
}

// Every example in the reference is a part of a mapping that is read.
func TestReferenceExamples(t *testing.T) {
	text, err := os.ReadFile("../docs/mapping.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(examples) < 10 {
		t.Fatalf("only %d examples", len(examples))
	}
	s, _ := schema.Compile(t, "schema.json")
	for _, e := range examples {
		yaml := e[1]
		if strings.Count(yaml, "\ntime:")+strings.Count("\n"+yaml, "\ntime:") > 1 {
			yaml = strings.Replace(yaml, "time: ts\n", "", 1) // two ways to write it
		}
		if !strings.Contains(yaml, "request:") {
			yaml += "request: {uri: u}\n"
		}
		if _, err := Parse("docs/mapping.md", []byte(yaml)); err != nil {
			t.Errorf("%v:\n%s", err, e[1])
		}
		if err := validate(t, s, yaml); err != nil {
			t.Errorf("%v:\n%s", err, e[1])
		}
	}
}
