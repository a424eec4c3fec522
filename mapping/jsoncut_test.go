package mapping

import (
	"encoding/json"
	"testing"
)

func TestCompleteJSON(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`{"a":1}`, `{"a":1}`},
		{`{"a":"x`, `{"a":"x"}`},
		{`{"a":"x\`, `{"a":"x"}`},
		{`{"a":"x\\`, `{"a":"x\\"}`},
		{`{"a":"x\u00`, `{"a":"x"}`},
		{`{"a":"x\\u00`, `{"a":"x\\u00"}`},
		{`{"a`, `{"a":null}`},
		{`{"a"`, `{"a":null}`},
		{`{"a":`, `{"a":null}`},
		{`{"a":tr`, `{"a":"tr"}`},
		{`{"a":12`, `{"a":"12"}`},
		{`{"a":[1,{"b":2`, `{"a":[1,{"b":"2"}]}`},
		{`{"a":[1,`, `{"a":[1,null]}`},
		{`{"a":1,`, `{"a":1,"":null}`},
		{`[`, `[]`}, {`{`, `{}`},
		{`[{},[],"]}" `, `[{},[],"]}" ]`},
		{``, ``}, {`x`, ``}, {`"a"`, ``}, {`12`, ``}, {`{a`, ``}, {`{"a" 1`, ``}, {`[1 2`, ``}, {`{]`, ``}, {`{} x`, ``}, {`a=1&b={"c":`, ``},
	} {
		got, ok := CompleteJSON(c.text)
		if ok != (c.want != "") || ok && got != c.want {
			t.Errorf("%s: got %s, %v, want %s", c.text, got, ok, c.want)
		}
		if ok && !json.Valid([]byte(got)) {
			t.Errorf("%s: %s is no JSON", c.text, got)
		}
	}
}

// Whatever JSON is cut at whatever place can be completed.
func FuzzCompleteJSON(f *testing.F) {
	f.Add(`{"a":[1,-2.5e7,true,null,{"b\"":"\u00e9\\"}],"c":{}}`, 7)
	f.Fuzz(func(t *testing.T, text string, at int) {
		whole, ok := CompleteJSON(text)
		if ok && len(whole) < len(text)-len(`\u000`) {
			t.Errorf("%q lost text: %q", text, whole)
		}
		if !json.Valid([]byte(text)) || at < 1 || at > len(text) || text[0] != '{' && text[0] != '[' {
			return
		}
		whole, ok = CompleteJSON(text[:at])
		if !ok || !json.Valid([]byte(whole)) {
			t.Errorf("%q is completed to %q, %v", text[:at], whole, ok)
		}
	})
}
