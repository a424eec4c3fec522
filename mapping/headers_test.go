package mapping

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParseHeaders(t *testing.T) {
	for _, c := range []struct {
		name, block, start string
		headers            []Header
		rest               string
		complete           bool
	}{
		{"request", "GET / HTTP/1.1\r\nA: b\r\n\r\nbody", "GET / HTTP/1.1", []Header{{"A", "b"}}, "body", true},
		{"no start line", "A: b\r\n\r\n", "", []Header{{"A", "b"}}, "", true},
		{"line feeds only", "A: b\nC:d\n\n", "", []Header{{"A", "b"}, {"C", "d"}}, "", true},
		{"cut", "A: b\r\nC: d", "", []Header{{"A", "b"}, {"C", "d"}}, "", false},
		{"order and duplicates", "B: 1\nA: 2\nB: 3\n\n", "", []Header{{"B", "1"}, {"A", "2"}, {"B", "3"}}, "", true},
		{"continued", "A: b\r\n\tc\r\n  d\r\n\r\n", "", []Header{{"A", "b c d"}}, "", true},
		{"no colon", "GET / HTTP/1.1\r\n${jndi:x}\r\nrubbish\r\n\r\n", "GET / HTTP/1.1", []Header{{"${jndi", "x}"}, {"rubbish", ""}}, "", true},
		{"pseudo-header", ":authority: x\n\n", "", []Header{{":authority", "x"}}, "", true},
		{"colon in value", "Host: [::1]:80\n\n", "", []Header{{"Host", "[::1]:80"}}, "", true},
		{"empty line first", "\r\nGET / HTTP/1.1\r\nA: b\r\n\r\n", "GET / HTTP/1.1", []Header{{"A", "b"}}, "", true},
		{"empty", "", "", nil, "", false},
		{"only the end", "\r\n", "", nil, "", false},
		{"bytes", "A: \xff\x00\xfe\n\n", "", []Header{{"A", "\xff\x00\xfe"}}, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			start, headers, rest, complete := parseHeaders(c.block, nil)
			if start != c.start || !reflect.DeepEqual(headers, c.headers) || rest != c.rest || complete != c.complete {
				t.Errorf("got %q %q %q %v", start, headers, rest, complete)
			}
		})
	}
}

func FuzzParseHeaders(f *testing.F) {
	f.Add("GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\nbody")
	f.Fuzz(func(t *testing.T, block string) {
		start, headers, rest, complete := parseHeaders(block, nil)
		if !complete && rest != "" {
			t.Errorf("a body %q without an end of the headers", rest)
		}
		n := len(start) + len(rest)
		for _, h := range headers {
			n += len(h.Name) + len(h.Value)
		}
		if n > len(block) {
			t.Errorf("%d bytes made of %d", n, len(block))
		}
		splitRequestLine(start)
	})
}

func TestSplitRequestLine(t *testing.T) {
	for _, c := range []struct{ line, method, uri, protocol string }{
		{"GET / HTTP/1.1", "GET", "/", "HTTP/1.1"},
		{"GET /a b c HTTP/1.0", "GET", "/a b c", "HTTP/1.0"},
		{"GET /a", "GET", "/a", ""},
		{"GET  /a  HTTP/1.1", "GET", "/a ", "HTTP/1.1"},
		{"GET HTTP/1.1", "GET", "", "HTTP/1.1"},
		{"", "", "", ""},
	} {
		if m, u, p := splitRequestLine(c.line); m != c.method || u != c.uri || p != c.protocol {
			t.Errorf("%q: got %q %q %q", c.line, m, u, p)
		}
	}
}

func TestDechunk(t *testing.T) {
	for _, c := range []struct {
		name, in, data string
		whole, ok      bool
	}{
		{"whole", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world", true, true},
		{"extension", "5\r\nhello\r\n6; x=y\r\n world\r\n0\r\n\r\n", "", false, false},
		{"line feeds", "2\nab\n0\n\n", "ab", true, true},
		{"cut in the data", "5\r\nhello\r\n6\r\n wo", "hello wo", false, true},
		{"cut in the first chunk", "ff\r\nhello", "hello", false, true},
		{"cut before the last chunk", "5\r\nhello\r\n", "hello", false, true},
		{"not chunked", "223sdfalkjsflkajf", "", false, false},
		{"looks like a size", "2\r\nabc\r\n", "", false, false},
		{"size too large", "ffffffffffffffffff\r\nabc", "", false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if data, whole, ok := dechunk(c.in); data != c.data || whole != c.whole || ok != c.ok {
				t.Errorf("got %q %v %v", data, whole, ok)
			}
		})
	}
}

func TestParseTime(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"2024-05-30 07:16:48.917", "2024-05-30 07:16:48.917"},
		{"2024-05-30 07:16:48", "2024-05-30 07:16:48"},
		{"2024-05-30T07:16:48Z", "2024-05-30 07:16:48"},
		{"2024-05-30T15:16:48.5+08:00", "2024-05-30 07:16:48.5"},
		{"30/May/2024:07:16:48 +0000", "2024-05-30 07:16:48"},
		{"1717053408", "2024-05-30 07:16:48"},
		{"1717053408.5", "2024-05-30 07:16:48.5"},
		{"1717053408917", "2024-05-30 07:16:48.917"},
		{"1717053408917000000", "2024-05-30 07:16:48.917"},
		{"yesterday", ""}, {"", ""}, {"0", ""}, {".", ""}, {"99999999999999999999999", ""},
	} {
		got, ok := parseTime(c.in, time.UTC)
		if ok != (c.want != "") || ok && got.Round(1e6).Format("2006-01-02 15:04:05.999") != c.want {
			t.Errorf("%q: got %v %v, want %q", c.in, got, ok, c.want)
		}
	}
}

// What of a list of headers is not understood is said.
func TestExplainUnreadHeaders(t *testing.T) {
	set := NewSet([]*Mapping{parseOne(t, "request: {uri: u, headers: {list: h}}")}, false)
	for list, want := range map[string]string{
		`[{"a":1,"b":2},{"c":3,"d":4}]`:     "0 of 2 entries understood",
		`[{"a":1,"b":2},{"k":"A","v":"1"}]`: "1 of 2 entries understood",
		`7`:                                 "0 of 1 entries understood",
		`[{"k":"A","v":"1"}]`:               "",
		`{"A":["1"]}`:                       "",
	} {
		var tx Transaction
		x, err := set.Explain("t", record(t, `{"u":"/","h":`+list+`}`), &tx)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range x.Fields {
			if f.Part == "request.headers.list" && (!strings.HasPrefix(f.Note, want) || want == "" && f.Note != "") {
				t.Errorf("%s: the note is %q, want %q", list, f.Note, want)
			}
		}
	}
}

// A word in place of a value says that there was a header, not what it was.
func TestHiddenInBlock(t *testing.T) {
	const block = `"h":"GET / HTTP/1.1\r\nHost: REDACTED\r\nCookie: REDACTED\r\nA: b\r\nAuthorization: Bearer REDACTED\r\n`
	want := []Header{{"Host", "REDACTED"}, {"A", "b"}, {"Authorization", "Bearer REDACTED"}}
	for _, c := range []struct {
		name, headers, record string
		want                  []Header
		all                   bool
	}{
		{"complete", "raw: h", block + `\r\n"`, want, true},
		{"cut", "raw: h", block + `"`, want, false},
		{"a block as a map", "map: h", block + `"`, want, false},
		{"with a field of its own", "raw: h, fields: {Cookie: c}", block + `","c":"a=1"`, append(want[:3:3], Header{"Cookie", "a=1"}), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := parseOne(t, "request: {uri: u, headers: {"+c.headers+"}}\nresponse: {headers: {raw: h}}\nhidden: [REDACTED]")
			var tx Transaction
			if err := m.Map("t", record(t, `{"u":"/",`+c.record+`}`), &tx); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(tx.RequestHeaders, c.want) || !reflect.DeepEqual(tx.ResponseHeaders, want) {
				t.Errorf("headers %q and %q, want %q", tx.RequestHeaders, tx.ResponseHeaders, c.want)
			}
			o := &tx.Observed
			if o.Request.All != c.all || o.Has(Part{RequestHeader, "cookie"}) || o.Has(Part{RequestHeader, ""}) || o.Has(Part{ResponseHeader, "cookie"}) {
				t.Errorf("observed %+v", o)
			}
		})
	}
}
