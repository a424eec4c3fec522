package send

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestShorten(t *testing.T) {
	long := func(unit string) string { return strings.Repeat(unit, 1000/len(unit)) }
	for _, c := range []struct{ name, text string }{
		{"one long value", `{"a":"b","body":"` + long("x") + `","n":1}`},
		{"two", `{"body":"` + long("x") + `","value":"` + long("y") + `"}`},
		{"nested", `{"a":[{"v":"` + long("x") + `"},{"v":"short"}]}`},
		{"escapes", `{"a":"` + long(`\n\"\\`) + `"}`},
		{"unicode escapes", `{"a":"` + long(`\u0000\u001b`) + `"}`},
		{"surrogate pairs", `{"a":"x` + long(`\ud83d\ude00`) + `"}`},
		{"runes", `{"a":"` + long("é😀") + `"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			for limit := 100; limit < 1000; limit += 37 {
				got, ok := shorten(c.text, limit)
				if !ok || len(got) > limit {
					t.Fatalf("limit %d: %v, %d bytes", limit, ok, len(got))
				}
				var v any
				if err := json.Unmarshal([]byte(got), &v); err != nil || !utf8.ValidString(got) {
					t.Fatalf("limit %d: %v in %s", limit, err, got)
				}
				if !strings.Contains(got, "…") || strings.Contains(got, "\ufffd") {
					t.Errorf("limit %d: %s", limit, got)
				}
				if strings.Contains(c.text, "short") && !strings.Contains(got, `"short"`) {
					t.Errorf("limit %d: a short value was cut: %s", limit, got)
				}
			}
		})
	}
	if got, ok := shorten(`{"a":"b"}`, 9); !ok || got != `{"a":"b"}` {
		t.Errorf("what fits became %q, %v", got, ok)
	}
	if _, ok := shorten(`{"`+long("key")+`":1}`, 100); ok {
		t.Error("a key was cut")
	}
}
