package behavior

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/modsecurity-for-anylog/msa/test/schema"
)

func isValid(t *testing.T, s *jsonschema.Schema, text []byte) bool {
	t.Helper()
	asJSON, err := yaml.YAMLToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(s, asJSON); err != nil {
		t.Log(err)
		return false
	}
	return true
}

// The schema and the code say the same of which keys there are, and what may be in them.
func TestSchema(t *testing.T) {
	s, doc := schema.Compile(t, "schema.json")
	if !isValid(t, s, defaults) {
		t.Error("the default detectors are not valid")
	}
	properties := doc["$defs"].(map[string]any)["detector"].(map[string]any)["properties"].(map[string]any)
	var keys []string
	spec := reflect.TypeFor[Spec]()
	for i := range spec.NumField() {
		if name := spec.Field(i).Tag.Get("yaml"); name != "" {
			keys = append(keys, name)
		}
	}
	slices.Sort(keys)
	if got := slices.Sorted(maps.Keys(properties)); !slices.Equal(got, keys) {
		t.Errorf("the schema has the keys %v, and the code %v", got, keys)
	}
	text, err := json.Marshal(doc["$defs"].(map[string]any)["field"])
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fields {
		if !strings.Contains(string(text), `"`+f.name+`"`) {
			t.Errorf("the schema does not know the field %s", f.name)
		}
	}
	for _, text := range []string{
		"type: threshold, key: [client], count: 3, window: 1m", "type: threshold, key: [client], count: 3, window: soon", "type: threshold, key: [client], count: 3",
		"type: threshold, key: [clinet], count: 3, window: 1m", "type: threshold, key: [\"$a['b']\"], count: 3, window: 1m", "type: threshold, key: [client], count: 3, window: 1m, learn: 1h",
		"type: volume, key: [client], amount: events, window: 1m, at_least: 5, learn: 1d", "type: volume, key: [client], amount: beer, window: 1m, at_least: 5",
		"type: pivot, window: 24h, where: {alarm: true}", "type: pivot, window: 24h, where: {alarms: true}", "type: off_hours, key: [client], learn: 14d",
		"type: first_seen, key: [client], field: [service], learn: 1h, settle: 1m, common_from: 2", "type: magic", "type: beacon, key: [source], field: [service], count: 30, window: 1h, learn: 1d, settle: 1h", "type: beacon, key: [source], field: [service], count: 30, learn: 1d",
		"type: pivot, window: 1h, severity: bad",
		"type: logins, key: [source], count: 3, window: 1m, where: {login: true}", "type: logins, key: [source], count: 3, window: 1m, learn: 1h",
		"type: sequence, key: [source], peers: [service], count: 3, window: 1m", "type: sequence, key: [source], window: 1m", "type: volume, key: [client], amount: query_bytes, window: 1m, at_least: 5, peers: [service]",
		"type: distinct, key: [client], field: [path], count: 3, window: 1m, unless: [{path: /x}, {status: 404}]",
	} {
		file := []byte("detectors:\n  - {name: a, id: 1, " + text + "}\n")
		_, err := Parse(file)
		if valid := isValid(t, s, file); valid != (err == nil) {
			t.Errorf("%s: the schema says %v, the code %v", text, valid, err)
		}
	}
}
