package presets

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// oddValues are what a field may hold that nobody expects there.
var oddValues = []any{
	"", "-", " ", "/", ":", "=", "{", "[", `""`, "{}", "[]", "null", "0", "\x00", "é", "::1", "[::1]:", "a b", "\r\n\r\n", "HTTP/1.1",
	nil, true, 0, -1, 1e300, []any{}, []any{""}, []any{nil}, []any{"-", "x"}, []any{map[string]any{}}, map[string]any{}, map[string]any{"": ""}, map[string]any{"a": nil},
}

// variants calls visit for a value with each of the values in it replaced by each odd one, taken away, and put into a list.
func variants(v any, visit func(any)) {
	for _, odd := range oddValues {
		visit(odd)
	}
	visit([]any{v})
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			other := maps.Clone(v)
			delete(other, name)
			visit(other)
			other = maps.Clone(v)
			variants(v[name], func(odd any) {
				other[name] = odd
				visit(other)
			})
		}
	case []any:
		for i := range v {
			other := slices.Clone(v)
			variants(v[i], func(odd any) {
				other[i] = odd
				visit(other)
			})
		}
	}
}

// Odd values of a field, and lines that end early, are no reason to fail.
func TestOddRecords(t *testing.T) {
	products, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range products {
		t.Run(p.Preset, func(t *testing.T) {
			t.Parallel()
			var sets []*mapping.Set
			for _, name := range []string{p.Preset, "auto", "fields"} {
				set, err := mapping.Load(name)
				if err != nil {
					t.Fatal(err)
				}
				sets = append(sets, set)
			}
			var tx mapping.Transaction
			try := func(c Case) {
				r, err := c.MsgPack(p.Parser)
				if err != nil {
					return // it is none of the parser's
				}
				for _, set := range sets {
					if failed := fails(set, r, &tx); failed != nil {
						t.Fatalf("%v: %.2000s%.2000s", failed, c.Record, c.Line)
					}
				}
			}
			for _, c := range p.Records[:min(len(p.Records), 4)] {
				text, of := c.Line, func(text string) Case { return Case{Line: text} }
				if c.Record != "" {
					text, of = string(c.Record), func(text string) Case { return Case{Record: JSON(text)} }
				}
				var record any
				if json.Unmarshal([]byte(text), &record) == nil {
					variants(record, func(odd any) {
						text, _ := json.Marshal(odd)
						try(of(string(text)))
					})
					continue
				}
				for i := range text {
					try(of(text[:i]))
					try(of(text[i:]))
					try(of(text[:i] + text[i+1:]))
				}
				for _, piece := range strings.Fields(text) {
					for _, odd := range []string{"", `""`, `"`, "-", "=", "{", "[]", ":", "/", "\t"} {
						try(of(strings.Replace(text, piece, odd, 1)))
					}
				}
			}
		})
	}
}

// fails maps a record, and says how that fails: errors are none.
func fails(set *mapping.Set, r mapping.Record, tx *mapping.Transaction) (failed error) {
	defer func() {
		if r := recover(); r != nil {
			failed = fmt.Errorf("it panics: %v", r)
		}
	}()
	_ = set.Map("t", r, tx)
	return nil
}
