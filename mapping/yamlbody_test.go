package mapping

import (
	"encoding/json"
	"strings"
	"testing"
)

// Requests in YAML become the JSON of what is in them; what is no mapping and no list stays as it is.
func TestYAMLBody(t *testing.T) {
	for _, c := range []struct{ name, kind, body, want string }{
		{"blocks", "application/yaml", "name: tea\nprice: 3.5\nparts:\n- leaf: true\n  from: ~\n- water\n", `{"name":"tea","price":3.5,"parts":[{"leaf":true,"from":"~"},"water"]}`},
		{"flow, upper case, parameters", "Text/YAML; charset=utf-8", `{name: tea, "also": ['it''s', "\x3c"]}`, `{"name":"tea","also":["it's","<"]}`},
		{"texts of several lines", "text/x-yaml", "a: |\n  x\n  y\nb: >-\n  x\n  y\n", `{"a":"x\u000ay\u000a","b":"x y"}`},
		{"a patch", "application/apply-patch+yaml", "spec: {hostPID: true}", `{"spec":{"hostPID":true}}`},
		{"a patch in JSON", "application/apply-patch+yaml", `{"spec": {"a":1}}`, `{"spec": {"a":1}}`},
		{"numbers that JSON has not", "application/x-yaml", "a: 0x1f\nb: .inf\nc: 012\n", `{"a":"0x1f","b":".inf","c":"012"}`},
		{"keys that JSON has not", "application/yaml", "1: a\n[x, y]: b\n? {z: 1}\n: c\n", `{"1":"a","x y":"b","z 1":"c"}`},
		{"documents", "application/yaml", "---\na: 1\n---\n- b\n...\n", `[{"a":1},["b"]]`},
		{"empty documents", "application/yaml", "---\n# tea\n---\na: 1\n---\n", `{"a":1}`},
		{"tags of programs", "application/yaml", "a: !!python/object/apply:os.system [id]\nb: !!str 5\nc: !<tag:yaml.org,2002:java.net.URL> x\nd: !own y\n", `[{"a":["id"],"b":"5","c":"x","d":"y"},"!!python/object/apply:os.system","!!java.net.URL","!own"]`},
		{"aliases", "application/yaml", "a: &s {hostPID: true}\nspec: *s\n", `{"a":{"hostPID":true},"spec":{"hostPID":true}}`},
		{"cut in a text", "application/yaml", "name: tea\nnote: \"hot <scr", `[{"name":"tea"},"note: \"hot <scr"]`},
		{"nothing but what is cut", "application/yaml", "note: \"hot", "note: \"hot"},
		{"a single value", "application/yaml", "hello there", "hello there"},
		{"a list and a single value", "application/yaml", "- a\n---\nhello\n", `[["a"],"hello\u000a"]`},
		{"comments alone", "application/yaml", "# tea\n", "# tea\n"},
		{"an anchor that holds itself", "application/yaml", "a: &a [*a]\n", `{"a":[[[[[[[[[[[[[[[["a"]]]]]]]]]]]]]]]]}`},
		{"a form", "application/x-www-form-urlencoded", "a: b", "a: b"},
	} {
		b := Body{Text: c.body}
		b.readYAML([]Header{{"Content-Type", c.kind}})
		if b.Text != c.want {
			t.Errorf("%s: got %q, want %q", c.name, b.Text, c.want)
		}
	}
	coded := Body{Text: "a: b", Coded: true}
	if coded.readYAML([]Header{{"Content-Type", "text/yaml"}}); coded.Text != "a: b" {
		t.Error("what is still in a content coding was read")
	}
}

// The log's record has the request as it was; an answer stays text.
func TestYAMLOfARecord(t *testing.T) {
	m := parseOne(t, "name: t\nrequest: {method: m, uri: u, headers: {raw: h}, body: b}\nresponse: {status: s, headers: {raw: g}, body: c}")
	var tx Transaction
	if err := m.Map("t", record(t, `{"m":"POST","u":"/","s":200,"h":"Content-Type: text/yaml","b":"a: b\n","g":"Content-Type: text/yaml","c":"c: d\n"}`), &tx); err != nil {
		t.Fatal(err)
	}
	if tx.RequestBody.Text != `{"a":"b"}` || tx.ResponseBody.Text != "c: d\n" || tx.Alert.RequestBody != "a: b\n" {
		t.Errorf("got %q and %q, logged %q", tx.RequestBody.Text, tx.ResponseBody.Text, tx.Alert.RequestBody)
	}
}

// No aliases make a body much longer, and what is nested too deeply stays as it is.
func TestYAMLBodyBounds(t *testing.T) {
	bomb := "a0: &a0 [lol, lol]\n"
	for i := byte('1'); i <= '9'; i++ {
		bomb += "a" + string(i) + ": &a" + string(i) + " [" + strings.Repeat("*a"+string(i-1)+", ", 9) + "x]\n"
	}
	for name, body := range map[string]string{
		"aliases": bomb,
		"flow":    strings.Repeat("[", 30000) + strings.Repeat("]", 30000),
		"blocks":  strings.Repeat("- ", 30000),
		"keys":    strings.Repeat("{", 60) + "x" + strings.Repeat("}", 60),
		"long":    strings.Repeat("- tea\n", yamlLimit),
	} {
		b := Body{Text: body}
		b.readYAML([]Header{{"Content-Type", "application/yaml"}})
		if len(b.Text) > 4*len(body) {
			t.Errorf("%s: %d bytes became %d", name, len(body), len(b.Text))
		}
		if (b.Text == body) != (name != "aliases" && name != "keys") {
			t.Errorf("%s: became %.80q", name, b.Text)
		}
	}
}

func FuzzYAMLBody(f *testing.F) {
	f.Add("a: &x [1, ~, 'b']\n? *x\n: !t \"\\x41\"\n--- # c\n- |\n  d\n<<: *x\n")
	f.Fuzz(func(t *testing.T, body string) {
		b := Body{Text: body}
		if b.readYAML([]Header{{"Content-Type", "text/yaml"}}); b.Text == body {
			return
		}
		if !json.Valid([]byte(strings.ToValidUTF8(b.Text, "?"))) {
			t.Errorf("%q became %q", body, b.Text)
		}
		if len(b.Text) > 100+8*len(body) {
			t.Errorf("%d bytes became %d", len(body), len(b.Text))
		}
	})
}
