package mapping

import (
	"encoding/base64"
	"strings"
	"testing"
)

// Bodies in binary formats become the JSON of what is in them; what isn't whole what it says it is stays as it is.
func TestBodyFormats(t *testing.T) {
	const message = "\x08\x05\x12\x05alice\x1a\x07\x0a\x03tea\x10\x01"
	frame := func(s string) string { return "\x00\x00\x00\x00" + string(rune(len(s))) + s }
	for _, c := range []struct{ name, kind, body, want string }{
		{"msgpack", "application/msgpack", "\x82\xa1q\xa3tea\xa1n\x05", `{"q":"tea","n":5}`},
		{"msgpack, a list", "application/vnd.msgpack", "\x92\x01\xa3tea", `[1,"tea"]`},
		{"msgpack, upper case and parameters", "Application/X-Msgpack; v=5", "\x81\xa1q\xa3tea", `{"q":"tea"}`},
		{"a form that says it is msgpack", "application/msgpack", "q=tea", "q=tea"},
		{"msgpack with something behind it", "application/msgpack", "\x81\xa1q\xa3tea<script>", "\x81\xa1q\xa3tea<script>"},
		{"CBOR", "application/cbor", "\xa2\x61q\x63tea\x61n\x20", `{"q":"tea","n":-1}`},
		{"CBOR, no lengths", "application/cbor", "\xbf\x61q\x9f\x7f\x61t\x62ea\xff\xff\xff", `{"q":["tea"]}`},
		{"CBOR, a tag, floats, a number as a key", "application/senml+cbor", "\xd9\xd9\xf7\xa3\x01\xf9\x3e\x00\x61a\xf5\x61b\xfb\x3f\xf4\x00\x00\x00\x00\x00\x00", `{"1":1.5,"a":true,"b":1.25}`},
		{"CBOR that is cut", "application/cbor", "\xa1\x61q\x78\x40tea", "\xa1\x61q\x78\x40tea"},
		{"a form that says it is CBOR", "application/cbor", "q=tea", "q=tea"},
		{"GraphQL", "application/graphql", `{ item(name: "green \"tea\"") { id } }`, `{"query":"{ item(name: \"green \\\"tea\\\"\") { id } }","arguments":["green \"tea\""]}`},
		{"protobuf", "application/x-protobuf", message, `{"1":5,"2":"alice","3":{"1":"tea","2":1}}`},
		{"protobuf that is cut", "application/x-protobuf", message[:len(message)-4], `{"1":5,"2":"alice","3":{"1":"t"}}`},
		{"protobuf of Kubernetes", "application/vnd.kubernetes.protobuf", "k8s\x00" + message, `{"1":5,"2":"alice","3":{"1":"tea","2":1}}`},
		{"text that says it is protobuf", "application/x-protobuf", "<script>", "<script>"},
		{"gRPC", "application/grpc", frame(message) + frame("\x0a\x03tea"), `[{"1":5,"2":"alice","3":{"1":"tea","2":1}},{"1":"tea"}]`},
		{"gRPC-Web in base64", "application/grpc-web-text", base64.StdEncoding.EncodeToString([]byte(frame("\x0a\x03tea"))), `[{"1":"tea"}]`},
		{"JSON", "application/json", `{"q":"tea"}`, `{"q":"tea"}`},
	} {
		b := Body{Text: c.body}
		b.readFormat([]Header{{"Content-Type", c.kind}})
		if b.Text != c.want {
			t.Errorf("%s: got %q, want %q", c.name, b.Text, c.want)
		}
	}
	coded := Body{Text: "\x81\xa1q\xa3tea", Coded: true}
	if coded.readFormat([]Header{{"Content-Type", "application/msgpack"}}); coded.Text[0] == '{' {
		t.Error("what is still in a content coding was read")
	}
}

// No body is too deep, or longer than it says, for the readers of formats.
func TestBodyFormatsBounds(t *testing.T) {
	for kind, body := range map[string]string{
		"application/cbor":       strings.Repeat("\x81", 1<<20),
		"application/msgpack":    strings.Repeat("\x91", 1<<20),
		"application/x-protobuf": strings.Repeat("\x0a\xff\xff\xff\x7f", 1<<18),
		"application/grpc":       strings.Repeat("\x00\xff\xff\xff\xff", 1<<18),
	} {
		b := Body{Text: body}
		b.readFormat([]Header{{"Content-Type", kind}})
		if len(b.Text) > 4*len(body) {
			t.Errorf("%s: %d bytes became %d", kind, len(body), len(b.Text))
		}
	}
}

func FuzzBodyFormats(f *testing.F) {
	f.Add("\xbf\x61q\x9f\x7f\x61t\x62ea\xff\xff\xff")
	f.Add("\x00\x00\x00\x00\x05\x0a\x03tea")
	f.Add("\x82\xa1q\xa3tea\xa1n\x05")
	f.Fuzz(func(t *testing.T, body string) {
		for kind, read := range bodyFormats {
			if body == "" {
				return
			}
			json, ok := read(body)
			if _, rest, err := AppendJSON(nil, json); ok && (json[0] == '{' && err != nil || len(rest) > 0) {
				t.Errorf("%s: %q became %q: %v", kind, body, json, err)
			}
		}
	})
}
