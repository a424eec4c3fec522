package mapping

import (
	"errors"
	"testing"

	"github.com/tinylib/msgp/msgp"
)

// What programs write between a name and its value, and around both.
func TestLabels(t *testing.T) {
	for _, c := range []struct{ name, line, want string }{
		{"colons and commas", `method: GET, path: /a, b, agent: x (y; z)`, `{"method":"GET","path":"/a, b","agent":"x (y; z)"}`},
		{"colons and semicolons", `Method: GET; Url: /a?b=c; Status: 200`, `{"Method":"GET","Url":"/a?b=c","Status":"200"}`},
		{"bars", `method: GET | path: /a | ip: 192.0.2.7`, `{"method":"GET","path":"/a","ip":"192.0.2.7"}`},
		{"a label a line", "method: GET\nuri: /a\nheaders:\n  Host: b\n  X: c: d\nbody: e", `{"method":"GET","uri":"/a","headers":{"Host":"b","X":"c: d"},"body":"e"}`},
		{"Python", `x {'method': 'GET', 'path': '/a', 'headers': {'X': "it's"}}`, `{"method":"GET","path":"/a","headers":{"X":"it's"}}`},
		{"Ruby", `{"method"=>"GET", "path" => "/a", "q"=>{"b"=>"\"c\""}}`, `{"method":"GET","path":"/a","q":{"b":"\"c\""}}`},
		{"Clojure", `{:request-method :get, :uri "/a", :ms 5}`, `{"request-method":"get","uri":"/a","ms":"5"}`},
		{"Java", `Request[method=GET, uri=/a, headers={Host=b, Accept=*/*}] Response[status=200]`, `{"method":"GET","uri":"/a","headers":{"Host":"b","Accept":"*/*"},"status":"200"}`},
		{"spaces and no quotes", `r{method=GET agent=() { :;}; x -c 'y' uri=/a}: close`, `{"method":"GET","agent":"() { :;}; x -c 'y'","uri":"/a"}`},
		{"JSON as a value", `method: POST, uri: /a, body: {"b": "c, d: e"}`, `{"method":"POST","uri":"/a","body":"{\"b\": \"c, d: e\"}"}`},
		{"never closed", `method='GET', uri='/a, headers={Host=b, X=c`, `{"method":"GET","uri":"'/a","headers":{"Host":"b","X":"c"}}`},
		{"text behind brackets", `R[method=GET, h={A={b}, ${jndi:x}, C=d}]`, `{"method":"GET","h":{"A":"{b}, ${jndi:x}","C":"d"}}`},
		{"text behind quotes", `{'method': 'GET', 'h': {'A': 'b', or 1=1, 'C': 'd'}}`, `{"method":"GET","h":{"A":"'b', or 1=1","C":"d"}}`},
		{"no method", `path: /a, status: 200`, ``},
		{"prose", `the method get of the handler: GET is not allowed`, ``},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ""
			if mark := markOf(c.line); mark != "" {
				r, _ := mark.appendLabels(nil, c.line, 0)
				got = string(appendJSONText(nil, r))
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// Lines with labels are no requests because one of them is a method.
func TestLabelsWithoutRequest(t *testing.T) {
	auto, err := Load("auto")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		`calling upstream: method: GET, url: https://shop.example.com/x, timeout: 5s`,
		`{'method': 'GET', 'handler': 'list', 'count': 3}`,
		`Route[method=GET, handler=list]`,
		`allowed verb: GET, resource: pods, namespace: web`,
		"GET /x is not implemented for now",
	} {
		var tx Transaction
		if err := auto.Map("t", lineRecord("log", line), &tx); !errors.Is(err, ErrNotHTTP) && !errors.Is(err, ErrUnmapped) {
			t.Errorf("%s: got %v by %s", line, err, tx.Preset)
		}
	}
}

// What is made of a line is msgpack, and no longer than a few times the line.
func FuzzLabels(f *testing.F) {
	for _, s := range []string{"method: GET, path: /a", "{'method': 'GET', 'h': {'X': 'y'}}", "R[method=GET, h={A=b}]", "{:request-method :get, :uri \"/a\"}", "{\"method\"=>\"GET\"}", "method: GET\nh:\n  X: y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		mark := markOf(s)
		if mark == "" {
			return
		}
		r, n := mark.appendLabels(nil, s, 0)
		if rest, err := msgp.Skip(r); n > 0 && (err != nil || len(rest) > 0) {
			t.Fatalf("%d bytes are left of %d labels, %v", len(rest), n, err)
		}
	})
}
