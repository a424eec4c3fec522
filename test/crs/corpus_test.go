package crs

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestStages: the whole corpus is read, and its oddities are as they should be.
func TestStages(t *testing.T) {
	stages := corpus(t)
	byName := map[string]Stage{}
	rules, detections := 0, 0
	for _, s := range stages {
		if _, ok := byName[s.Name]; ok {
			t.Errorf("there are two stages %s", s.Name)
		}
		byName[s.Name] = s
		if s.Expect.Rules() {
			rules++
		}
		if s.Expect.Detection() {
			detections++
		}
	}
	if len(stages) != 4680 || rules != 4659 || detections != 3746 {
		t.Errorf("%d stages, of which %d expect rules, %d that one matches; CRS 4.25 has 4680, 4659, 3746", len(stages), rules, detections)
	}
	if _, ok := byName["934120-43.6"]; !ok {
		t.Error("stages after the first are not named")
	}
	if body := byName["944200-1"].Request.Body; utf8.ValidString(body) || !strings.Contains(body, "\xac\xed\x00\x05") {
		t.Errorf("the bytes of a serialized Java object are not kept: %q", body)
	}
	if n := len(byName["920400-1"].Request.Body); n != 64200 {
		t.Errorf("the template's body has %d bytes", n)
	}
	if r := byName["920171-2"].Request; r.Body != "Hi CRS" || r.body != "3\r\nHi \r\n3\r\nCRS\r\n0\r\n\r\n" {
		t.Errorf("a chunked body is read as %q, sent as %q", r.Body, r.body)
	}
}

func replaced(text, old, with string) []byte { return []byte(strings.ReplaceAll(text, old, with)) }

// stageOf is the one stage of a test with this input, in YAML's flow style.
func stageOf(t *testing.T, input string) Stage {
	t.Helper()
	stages, err := appendStages(nil, replaced("rule_id: 1\ntests:\n  - test_id: 2\n    stages:\n      - input: INPUT\n        output: {status: 200}\n", "INPUT", input))
	if err != nil {
		t.Fatal(err)
	}
	if len(stages) != 1 {
		t.Fatalf("%d stages", len(stages))
	}
	return stages[0]
}

func TestRequest(t *testing.T) {
	for _, c := range []struct {
		name, input, want string
	}{
		{"defaults", `{}`, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"},
		{"nothing is added", `{autocomplete_headers: false, method: POST}`, "POST / HTTP/1.1\r\n\r\n"},
		{"headers stay in order", `{headers: {Host: h, Accept: "*/*", Connection: x, B: 1.10}}`, "GET / HTTP/1.1\r\nHost: h\r\nAccept: */*\r\nConnection: x\r\nB: 1.10\r\n\r\n"},
		{"form by default, encoded", `{method: POST, data: "a=b c&d"}`, "POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: close\r\nContent-Length: 7\r\n\r\na=b+c&d"},
		{"encoded already", `{method: POST, data: "a=%41 b"}`, "POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: close\r\nContent-Length: 7\r\n\r\na=%41 b"},
		{"another type is not encoded", `{headers: {content-type: text/plain}, data: "a b"}`, "GET / HTTP/1.1\r\ncontent-type: text/plain\r\nConnection: close\r\nContent-Length: 3\r\n\r\na b"},
		{"no body", `{method: DELETE}`, "DELETE / HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"},
		{"multipart lines end in CRLF", `{headers: {Content-Type: multipart/form-data; boundary=x, Connection: x, Content-Length: 8}, data: "--x\n--"}`,
			"GET / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=x\r\nConnection: x\r\nContent-Length: 8\r\n\r\n--x\r\n--"},
		{"what exceeds Content-Length is no body", `{autocomplete_headers: false, headers: {Content-Length: 2}, data: "abc"}`, "GET / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab"},
		{"without a length there is no body", `{autocomplete_headers: false, data: "abc"}`, "GET / HTTP/1.1\r\n\r\n"},
		{"template", `{autocomplete_headers: false, headers: {Content-Length: 3}, data: '{{ "1" | repeat 3 }}'}`, "GET / HTTP/1.1\r\nContent-Length: 3\r\n\r\n111"},
		{"byte for byte", `{encoded_request: "` + base64.StdEncoding.EncodeToString([]byte("PUT /\xff x\r\nA:b\r\nContent-Length: 1\r\n\r\n\xfe")) + `"}`, "PUT /\xff x\r\nA:b\r\nContent-Length: 1\r\n\r\n\xfe"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := stageOf(t, c.input)
			if got := s.Request.head + s.Request.body; got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
			if s.Name != "1-2" || s.Request.Body != s.Request.body {
				t.Errorf("name %s, body %q", s.Name, s.Request.Body)
			}
		})
	}
}

func TestParseRequest(t *testing.T) {
	r, err := parseRequest("POST /a?b=c HTTP/1.0\r\nHost: h\r\nX: 1\r\nX:2 \r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	if r.Method != "POST" || r.URI != "/a?b=c" || r.Version != "HTTP/1.0" || r.Body != "ab" {
		t.Errorf("got %+v", r)
	}
	if len(r.Headers) != 4 || r.Headers[2] != (Header{"X", "2"}) {
		t.Errorf("headers are %v", r.Headers)
	}
}

// TestUnreadable: what the reader does not understand is an error, not another test.
func TestUnreadable(t *testing.T) {
	for _, c := range []struct{ name, file string }{
		{"unknown key of input", "rule_id: 1\ntests: [{test_id: 1, stages: [{input: {ordered_headers: []}, output: {status: 200}}]}]"},
		{"unknown key of output", "rule_id: 1\ntests: [{test_id: 1, stages: [{input: {}, output: {log_contains: x, status: 200}}]}]"},
		{"nothing is expected", "rule_id: 1\ntests: [{test_id: 1, stages: [{input: {}, output: {}}]}]"},
		{"bad pattern", "rule_id: 1\ntests: [{test_id: 1, stages: [{input: {}, output: {log: {match_regex: '('}}}]}]"},
		{"unknown template function", "rule_id: 1\ntests: [{test_id: 1, stages: [{input: {data: '{{ env }}'}, output: {status: 200}}]}]"},
		{"no base64", "rule_id: 1\ntests: [{test_id: 1, stages: [{input: {encoded_request: '!'}, output: {status: 200}}]}]"},
		{"no YAML", "rule_id: ["},
	} {
		t.Run(c.name, func(t *testing.T) {
			if stages, err := appendStages(nil, []byte(c.file)); err == nil {
				t.Errorf("read as %+v", stages)
			}
		})
	}
	if stages, err := appendStages(nil, bytes.Repeat([]byte("# only comments\n"), 3)); err != nil || len(stages) != 0 {
		t.Errorf("a file of comments: %v, %v", stages, err)
	}
}
