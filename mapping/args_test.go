package mapping

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"
)

// Coraza takes no more than maxArgs arguments: whatever follows must be in the last one.
func TestMaxArgs(t *testing.T) {
	const attack = "<script>"
	list := func(n int) string { return strings.Repeat(`"x",`, n-1) + `"x"` }
	var members strings.Builder
	for i := range maxArgs + 5 {
		fmt.Fprintf(&members, `"k%d":"x",`, i)
	}
	for _, c := range []struct{ name, yaml, record, want string }{
		{"a list", "args: {d: d}", `{"d":[` + list(maxArgs+5) + `,"<script>"]}`, " x <script>"},
		{"exactly as many", "args: {d: d}", `{"d":[` + list(maxArgs-1) + `,"<script>"]}`, "<script>"},
		{"one more", "args: {d: d}", `{"d":[` + list(maxArgs) + `,"<script>"]}`, "x <script>"},
		{"a map", "args: {d: d}", `{"d":{` + members.String() + `"q":"<script>"}}`, " x q <script>"},
		{"a name", "args: {d: d}", `{"d":{` + members.String() + `"<script>":"x"}}`, " x <script> x"},
		{"a list in a list", "args: {d: d}", `{"d":[[[[` + list(maxArgs) + `],"a"],"b"],"<script>"]}`, "x a b <script>"},
		{"deeper than arguments", "args: {d: d}", `{"d":[` + list(maxArgs) + `,` + strings.Repeat("[", 40) + `"<script>"` + strings.Repeat("]", 40) + `]}`, "x <script>"},
		{"other args", "args: {d: d, e: e, f: f}", `{"d":[` + list(maxArgs) + `],"e":"a","f":{"q":"<script>"}}`, "x e a f q <script>"},
		{"left over of a line", "parse: {field: log, format: pattern, pattern: 'a $u'}\nrequest: {uri: u}\nargs: {d: d}",
			`{"d":[` + list(maxArgs) + `],"log":"a /b <script>"}`, "x log.rest <script>"},
		{"a key that is there twice", "request: {uri: u}\nargs: {d: d}", `{"u":"<script>\r\nb","u":"/","d":[` + list(maxArgs) + `]}`, "x u <script> b"},
		{"an object that is there twice", "request: {uri: u, body: b}\nargs: {d: d}", `{"u":"/","b":{"q":"<script>"},"b":"","d":[` + list(maxArgs) + `]}`, "x b q <script>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := parseOne(t, c.yaml)
			var tx Transaction
			for range 2 { // the second time with the memory of the first
				if err := m.Map("t", record(t, c.record), &tx); err != nil {
					t.Fatal(err)
				}
			}
			if len(tx.Args) != maxArgs {
				t.Fatalf("%d arguments", len(tx.Args))
			}
			if got := tx.Args[maxArgs-1].Value; !strings.HasSuffix(got, c.want) || strings.Count(got, attack) != 1 {
				t.Errorf("the last argument is %q, want it to end with %q", got, c.want)
			}
		})
	}
}

func TestMaxParameters(t *testing.T) {
	many := strings.Repeat(`"x",`, maxArgs) + `"<script>"`
	for _, yaml := range []string{"request: {path: p, query: {field: q}}", "request: {path: p, query: {field: q, escaped: true}}"} {
		var tx Transaction
		if err := parseOne(t, yaml+"\nargs: {d: d}").Map("t", record(t, `{"p":"/","q":{"a":[`+many+`],"b":["y","z"]},"d":"x"}`), &tx); err != nil {
			t.Fatal(err)
		}
		_, query, _ := strings.Cut(tx.URI, "?")
		all, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if a := all["a"]; len(all) != 1 || len(a) != maxArgs || a[maxArgs-1] != "x <script> b y z" {
			t.Errorf("%s: %d parameters that end with %q", yaml, len(a), a[max(0, len(a)-2):])
		}
		if len(tx.Args) != 1 || tx.Args[0] != (Arg{"d", "x"}) {
			t.Errorf("%s: args are %q", yaml, tx.Args)
		}
	}
}

// The way to a value may be longer than all values.
func TestMaxArgsSize(t *testing.T) {
	m := parseOne(t, "request: {uri: u, path: p, query: q}\nargs: {d: d}")
	const n = 100_000
	for _, key := range []string{"d", "q"} {
		r := msgp.AppendMapHeader(nil, 2)
		r = msgp.AppendString(msgp.AppendString(r, "p"), "/")
		r = msgp.AppendMapHeader(msgp.AppendString(r, key), 1)
		r = msgp.AppendString(r, strings.Repeat("k", maxArgName))
		r = msgp.AppendArrayHeader(r, n)
		for range n {
			r = msgp.AppendInt(msgp.AppendArrayHeader(r, 1), 7)
		}
		var tx Transaction
		if err := m.Map("t", r, &tx); err != nil {
			t.Fatal(err)
		}
		size := len(tx.URI)
		if key == "d" {
			size = len(tx.Args[maxArgs-1].Value)
		}
		if size < 2*n-maxArgs*2 || size > 2*n+maxArgs*(maxArgName+10) {
			t.Errorf("%s: %d bytes", key, size)
		}
	}
}
