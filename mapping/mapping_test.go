package mapping

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"
)

// record makes a record of JSON.
func record(t testing.TB, json string) Record {
	t.Helper()
	r, _, err := AppendJSON(nil, []byte(json))
	if err != nil {
		t.Fatalf("cannot read test record: %v", err)
	}
	return r
}

// forget drops what a transaction keeps for the next record.
func forget(tx *Transaction) {
	fresh := Transaction{
		Preset: tx.Preset, Time: tx.Time, Client: tx.Client, Server: tx.Server, Method: tx.Method, URI: tx.URI, Protocol: tx.Protocol, Host: tx.Host,
		RequestHeaders: tx.RequestHeaders, RequestBody: tx.RequestBody, Status: tx.Status, ResponseVersion: tx.ResponseVersion,
		ResponseHeaders: tx.ResponseHeaders, ResponseBody: tx.ResponseBody, Args: tx.Args, Observed: tx.Observed, Alert: tx.Alert,
	}
	*tx = fresh
}

func nano(t testing.TB) *Mapping {
	t.Helper()
	all, err := Preset("nano")
	if err != nil {
		t.Fatal(err)
	}
	return all[0]
}

func TestNanoSample(t *testing.T) {
	text, err := os.ReadFile("../test/testdata/nano-attack.json")
	if err != nil {
		t.Fatal(err)
	}
	var tx Transaction
	if err := nano(t).Map("t", record(t, string(text)), &tx); err != nil {
		t.Fatal(err)
	}
	forget(&tx)
	if got := tx.Time.String(); got != "2024-05-30 07:16:48.917 +0000 UTC" {
		t.Errorf("time is %s", got)
	}
	rspHeader := "HTTP/1.1 403 Forbidden\r\nDate: Thu, 30 May 2024 07:16:49 GMT\r\nContent-Type: text/html; charset=UTF-8\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\nserver: ZhongKui WAF\r\n\r\n"
	want := Transaction{
		Preset: "nano",
		Time:   tx.Time,
		Client: Endpoint{"192.168.1.105", "46152"}, Server: Endpoint{"192.168.1.55", "80"},
		Method: "GET", URI: "/?t=../../etc/passwd", Protocol: "HTTP/1.1", Host: "192.168.1.55",
		RequestHeaders: []Header{{"Host", "192.168.1.55"}, {"User-Agent", "curl/7.81.0"}, {"Accept", "*/*"}},
		Status:         403, ResponseVersion: "HTTP/1.1",
		ResponseHeaders: []Header{
			{"Date", "Thu, 30 May 2024 07:16:49 GMT"}, {"Content-Type", "text/html; charset=UTF-8"},
			{"Transfer-Encoding", "chunked"}, {"Connection", "keep-alive"}, {"server", "ZhongKui WAF"},
		},
		ResponseBody: Body{Text: "223sdfalkjsflkajf"}, // says chunked and is not
		Observed: Observed{
			Request: ObservedHeaders{All: true}, Response: ObservedHeaders{All: true},
			Query: true, RequestBody: true, ResponseBody: true,
		},
		Alert: AlertFields{
			Message: "jxit", Forward: "0.0.0.0", Host: "10.64.1.254", Domain: "192.168.1.55", Status: "403",
			RequestHeader:  "GET /?t=../../etc/passwd HTTP/1.1\r\nHost: 192.168.1.55\r\nUser-Agent: curl/7.81.0\r\nAccept: */*\r\n\r\n",
			ResponseHeader: rspHeader, ResponseBody: "223sdfalkjsflkajf",
		},
	}
	if !reflect.DeepEqual(tx, want) {
		t.Errorf("got\n%+v\nwant\n%+v", tx, want)
	}
}

func TestNano(t *testing.T) {
	long := strings.Repeat("9", 1100)
	for _, c := range []struct {
		name, json string
		get        func(*Transaction) any
		want       any
	}{
		{"GELF names", `{"_URL":"/a","_METHOD":"PUT","_SRC_IP":"1.2.3.4"}`,
			func(tx *Transaction) any { return tx.Method + " " + tx.URI + " " + tx.Client.Address }, "PUT /a 1.2.3.4"},
		{"plain name before GELF name", `{"_URL":"/b","URL":"/a"}`, func(tx *Transaction) any { return tx.URI }, "/a"},
		{"last of duplicate keys", `{"URL":"/a","URL":"/b"}`, func(tx *Transaction) any { return tx.URI }, "/b"},
		{"a status with its text", `{"URL":"/","RETCODE":"404 Not Found"}`,
			func(tx *Transaction) any { return []any{tx.Status, tx.Alert.Status} }, []any{404, "404"}},
		{"numbers", `{"URL":"/","RETCODE":404,"SRC_PORT":46152,"DST_PORT":80.0}`,
			func(tx *Transaction) any { return []any{tx.Status, tx.Client.Port, tx.Server.Port} }, []any{404, "46152", "80"}},
		{"null and objects are none", `{"URL":"/","RETCODE":null,"SRC_PORT":{"a":1},"SRC_IP":{},"BEGIN_TIME":{}}`,
			func(tx *Transaction) any { return []any{tx.Status, tx.Client, tx.Time.IsZero()} }, []any{0, Endpoint{}, true}},
		{"long address and time", `{"URL":"/","SRC_IP":"` + long + `","BEGIN_TIME":"` + long + `"}`,
			func(tx *Transaction) any { return []any{len(tx.Client.Address), tx.Time.IsZero()} }, []any{1100, true}},
		{"no forward", `{"URL":"/","FORWARD":"0.0.0.0"}`, func(tx *Transaction) any { return len(tx.RequestHeaders) }, 0},
		{"forward", `{"URL":"/","FORWARD":"10.1.2.3"}`,
			func(tx *Transaction) any { return tx.RequestHeaders }, []Header{{"X-Forwarded-For", "10.1.2.3"}}},
		{"fields without a block", `{"URL":"/","DOMAIN":"a.example:8080","AGENT":"-"}`,
			func(tx *Transaction) any { return []any{tx.RequestHeaders, tx.Observed.Request, tx.Host} },
			[]any{[]Header{{"Host", "a.example:8080"}}, ObservedHeaders{Names: []string{"host", "user-agent"}}, "a.example"}},
		{"fields beside a block that is cut", `{"URL":"/","REQ_HEADER":"GET / HTTP/1.1\r\nHost: b\r\nCoo","AGENT":"x"}`,
			func(tx *Transaction) any { return []any{tx.RequestHeaders, tx.Observed.Request} },
			[]any{[]Header{{"Host", "b"}, {"Coo", ""}, {"User-Agent", "x"}}, ObservedHeaders{Names: []string{"user-agent"}}}},
		{"no fields beside a whole block", `{"URL":"/","REQ_HEADER":"GET / HTTP/1.1\r\nAccept: a\r\n\r\n","DOMAIN":"10.0.0.1"}`,
			func(tx *Transaction) any { return []any{tx.RequestHeaders, tx.Observed.Request, tx.Host} },
			[]any{[]Header{{"Accept", "a"}}, ObservedHeaders{All: true}, "10.0.0.1"}},
		{"request line only", `{"REQ_HEADER":"POST /x y?z HTTP/1.0\r\n\r\na=b"}`,
			func(tx *Transaction) any { return []any{tx.Method, tx.URI, tx.Protocol, tx.RequestBody.Text} },
			[]any{"POST", "/x y?z", "HTTP/1.0", "a=b"}},
		{"request line without a version", `{"REQ_HEADER":"GET /x\r\n\r\n"}`, func(tx *Transaction) any { return tx.Protocol }, "HTTP/0.9"},
		{"request line that is cut", `{"REQ_HEADER":"GET /x"}`, func(tx *Transaction) any { return tx.Protocol }, ""},
		{"URL field is cut", `{"URL":"/a?b=1","REQ_HEADER":"GET /a?b=123 HTTP/1.1\r\n\r\n"}`,
			func(tx *Transaction) any { return tx.URI }, "/a?b=123"},
		{"URL field differs", `{"URL":"/a","REQ_HEADER":"GET /b HTTP/1.1\r\n\r\n"}`, func(tx *Transaction) any { return tx.URI }, "/a"},
		{"status line", `{"URL":"/","RSP_HEADER":"HTTP/1.0  500 Oh\nA: b\n\n"}`,
			func(tx *Transaction) any { return []any{tx.Status, tx.ResponseVersion, tx.ResponseHeaders} },
			[]any{500, "HTTP/1.0", []Header{{"A", "b"}}}},
		{"body is cut", `{"URL":"/","REQ_HEADER":"POST / HTTP/1.1\r\nContent-Length: 2000\r\n\r\n","REQ_BODY":"{\"a\":"}`,
			func(tx *Transaction) any { return tx.RequestBody }, Body{Text: `{"a":`, Truncated: true}},
		{"base64 body", `{"URL":"/","REQ_HEADER":"POST / HTTP/1.1\r\nContent-Length: 7\r\n\r\n","REQ_BODY":"aWQ9MTIzNA=="}`,
			func(tx *Transaction) any { return tx.RequestBody }, Body{Text: "id=1234"}},
		{"body that looks like base64", `{"URL":"/","REQ_HEADER":"POST / HTTP/1.1\r\nContent-Length: 12\r\n\r\n","REQ_BODY":"aWQ9MTIzNA=="}`,
			func(tx *Transaction) any { return tx.RequestBody }, Body{Text: "aWQ9MTIzNA=="}},
		{"IPv6", `{"URL":"/","SRC_IP":"fd00::1","DOMAIN":"[fd00::2]:80"}`,
			func(tx *Transaction) any { return tx.Client.Address + " " + tx.Host }, "fd00::1 fd00::2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var tx Transaction
			if err := nano(t).Map("t", record(t, c.json), &tx); err != nil {
				t.Fatal(err)
			}
			if got := c.get(&tx); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %#v, want %#v", got, c.want)
			}
		})
	}
}

func TestMapReplacesWhatWasThere(t *testing.T) {
	var tx Transaction
	m := nano(t)
	if err := m.Map("t", record(t, `{"URL":"/a","REQ_HEADER":"GET /a HTTP/1.1\r\nA: b\r\n\r\n","REQ_BODY":"x","RETCODE":"200","message":"m"}`), &tx); err != nil {
		t.Fatal(err)
	}
	if err := m.Map("t", record(t, `{"URL":"/b"}`), &tx); err != nil {
		t.Fatal(err)
	}
	var want Transaction
	if err := m.Map("t", record(t, `{"URL":"/b"}`), &want); err != nil {
		t.Fatal(err)
	}
	for _, one := range []*Transaction{&tx, &want} {
		forget(one)
		one.RequestHeaders = append([]Header{}, one.RequestHeaders...) // empty or nil is the same
		one.ResponseHeaders = append([]Header{}, one.ResponseHeaders...)
		one.Args, one.Observed.Request, one.Observed.Response = nil, ObservedHeaders{}, ObservedHeaders{}
	}
	if !reflect.DeepEqual(tx, want) {
		t.Errorf("got %+v, want %+v", tx, want)
	}
}

func TestBytesStayExact(t *testing.T) {
	r := msgp.AppendMapHeader(nil, 1)
	r = msgp.AppendString(r, "URL")
	r = msgp.AppendBytes(r, []byte("/\xac\xed\x00\x05"))
	var tx Transaction
	if err := nano(t).Map("t", r, &tx); err != nil {
		t.Fatal(err)
	}
	if tx.URI != "/\xac\xed\x00\x05" {
		t.Errorf("URI is %q", tx.URI)
	}
}

func TestMapErrors(t *testing.T) {
	for _, c := range []struct {
		name string
		r    Record
		want error
	}{
		{"array", Record{0x90}, ErrNotMap},
		{"string", Record{0xa1, 'a'}, ErrNotMap},
		{"no bytes", nil, ErrNotMap},
		{"empty map", Record{0x80}, ErrUnmapped},
		{"nothing of HTTP", record(t, `{"log":"x","SRC_IP":"1.2.3.4"}`), ErrUnmapped},
		{"truncated", Record{0x81, 0xa3, 'U', 'R'}, msgp.ErrShortBytes},
		{"more promised than there", Record{0xdf, 0xff, 0xff, 0xff, 0xff, 0xc0, 0xc0}, msgp.ErrShortBytes},
	} {
		t.Run(c.name, func(t *testing.T) {
			var tx Transaction
			if err := nano(t).Map("t", c.r, &tx); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestAuto(t *testing.T) {
	a := NewSet(nil, true)
	var tx Transaction
	for range 2 { // the second time from memory
		if err := a.Map("t", record(t, `{"URL":"/a","METHOD":"GET","SRC_IP":"1.2.3.4"}`), &tx); err != nil || tx.Preset != "nano" {
			t.Errorf("got %v, preset %q", err, tx.Preset)
		}
		if err := a.Map("t", record(t, `{"URL":"/a","log":"x"}`), &tx); !errors.Is(err, ErrNotHTTP) {
			t.Errorf("got %v for a record that is not Nano's", err)
		}
	}
}

// What somebody names comes before the presets, whatever came before.
func TestNamedBeforeAuto(t *testing.T) {
	file := filepath.Join(t.TempDir(), "shop.yaml")
	if err := os.WriteFile(file, []byte("name: shop\nrequest: {method: how, path: what}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Load("nano, " + file + ",auto")
	if err != nil || len(s.Named()) != 2 || len(s.Mappings()) != len(presets())+1 {
		t.Fatalf("%v, %d named of %d", err, len(s.Named()), len(s.Mappings()))
	}
	var tx Transaction
	for range 2 {
		for _, c := range []struct{ record, preset string }{
			{`{"how":"GET","what":"/a"}`, "shop"},
			{`{"log":"192.0.2.7 - - [02/Mar/2026:09:00:00 +0000] \"GET /b HTTP/1.1\" 200 12 \"-\" \"curl/8.1\""}`, "nginx"},
			{`{"URL":"/c","METHOD":"GET","SRC_IP":"192.0.2.7"}`, "nano"},
		} {
			if err := s.Map("t", record(t, c.record), &tx); err != nil || tx.Preset != c.preset {
				t.Errorf("%s: %v, preset %q, want %q", c.record, err, tx.Preset, c.preset)
			}
		}
		if err := s.Map("t", record(t, `{"log":"started"}`), &tx); !errors.Is(err, ErrNotHTTP) {
			t.Errorf("got %v for a line that is no HTTP", err)
		}
	}
	if _, err := Load("auto,nano"); err == nil || !strings.Contains(err.Error(), "auto stands at the end") {
		t.Errorf("got %v", err)
	}
}

func TestLoad(t *testing.T) {
	if _, err := Load("nano"); err != nil {
		t.Error(err)
	}
	if _, err := Load("nanoo"); err == nil || !strings.Contains(err.Error(), "nano") {
		t.Errorf("got %v, want the presets listed", err)
	}
	if _, err := Load("none/there.yaml"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestAccessor(t *testing.T) {
	r := record(t, `{"a":{"b.c":[{"d":"x"},7]},"$plain":true}`)
	for _, c := range []struct{ accessor, want, wantErr string }{
		{"$a['b.c'][0]['d']", "x", ""},
		{`$a["b.c"][1]`, "7", ""},
		{"$a['b.c'][2]", "", ""},
		{"$a[0]", "", ""},
		{"a.b", "", ""},
		{"", "", "empty"},
		{"$", "", "no name"},
		{"$a[", "", "not closed"},
		{"$a['b", "", "does not end"},
		{"$a[x]", "", "neither"},
		{"$a[0]x", "", "expected ["},
	} {
		t.Run(c.accessor, func(t *testing.T) {
			a, err := ParseAccessor(c.accessor)
			if (err != nil) != (c.wantErr != "") || err != nil && !strings.Contains(err.Error(), c.wantErr) {
				t.Fatalf("got error %v, want %q", err, c.wantErr)
			}
			if got, _ := r.Text(a); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func FuzzMap(f *testing.F) {
	f.Add([]byte(record(f, `{"URL":"/a","REQ_HEADER":"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n","REQ_BODY":"5\r\nhello\r\n0\r\n\r\n"}`)))
	f.Add([]byte{0xdf, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte(record(f, `{"`+strings.Repeat("k", maxRememberedKey+1)+`":1,"URL":"/a"}`)))
	auto, err := Load("auto")
	if err != nil {
		f.Fatal(err)
	}
	m := nano(f)
	f.Fuzz(func(t *testing.T, r []byte) {
		var tx Transaction
		before := string(r)
		_ = m.Map("t", r, &tx)
		_ = auto.Map("t", r, &tx)
		if string(r) != before {
			t.Error("the record was changed")
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("request:\n  uri: {field: [a, \"$b['c'][0]\"], encoding: auto}\n")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := Parse("fuzz.yaml", []byte(text))
		if err != nil {
			return
		}
		var tx Transaction
		for _, one := range m {
			_ = one.Map("t", record(t, `{"a":"/x","b":{"c":[1]},"log":"1.2.3.4 - - [x] \"GET / HTTP/1.1\" 200 1"}`), &tx)
		}
	})
}

// nginxRecord is what nginx logs as JSON when all is switched on.
const nginxRecord = `{"time_iso8601":"2026-11-20T10:11:12+00:00","msec":"1795169472.046","connection":"1042","connection_requests":"7","pid":"31","request_id":"5c1f9b0c7d3e4a5f8b6a7c8d9e0f1a2b","request_length":"742","remote_addr":"10.0.0.7","remote_user":"","remote_port":"51234","request":"GET /shop/search?q=blue+shoes&page=2 HTTP/1.1","request_uri":"/shop/search?q=blue+shoes&page=2","request_method":"GET","args":"q=blue+shoes&page=2","status":"200","body_bytes_sent":"5120","bytes_sent":"5467","http_referer":"https://shop.example.com/","http_user_agent":"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0","http_x_forwarded_for":"","http_host":"shop.example.com","http_accept":"text/html,application/xhtml+xml","http_cookie":"sid=9a8b7c6d5e4f","server_name":"shop.example.com","server_addr":"10.0.1.5","server_port":"443","request_time":"0.012","upstream":"10.0.2.3:8080","upstream_addr":"10.0.2.3:8080","upstream_connect_time":"0.001","upstream_response_time":"0.011","upstream_status":"200","ssl_protocol":"TLSv1.3","ssl_cipher":"TLS_AES_256_GCM_SHA384","scheme":"https","server_protocol":"HTTP/1.1","pipe":".","gzip_ratio":"2.91","request_body":""}`

// What a record costs before the engine.
func BenchmarkMap(b *testing.B) {
	sample, err := os.ReadFile("../test/testdata/nano-attack.json")
	if err != nil {
		b.Fatal(err)
	}
	for name, text := range map[string]string{"nano": string(sample), "nginx-json": nginxRecord} {
		for _, way := range []string{name, "auto"} {
			b.Run(name+"/"+way, func(b *testing.B) {
				r := record(b, text)
				set, err := Load(way)
				if err != nil {
					b.Fatal(err)
				}
				var tx Transaction
				b.ReportAllocs()
				for b.Loop() {
					if err := set.Map("t", r, &tx); err != nil {
						b.Fatal(err)
					}
				}
				if tx.Preset != name {
					b.Fatal(tx.Preset)
				}
			})
		}
	}
}

// A record takes at most five allocations on its way into a transaction.
func TestMapAllocations(t *testing.T) {
	sample, err := os.ReadFile("../test/testdata/nano-attack.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"nano": string(sample), "nginx-json": nginxRecord} {
		r := record(t, text)
		set, err := Load("auto")
		if err != nil {
			t.Fatal(err)
		}
		var tx Transaction
		if n := testing.AllocsPerRun(100, func() {
			if err := set.Map("t", r, &tx); err != nil {
				t.Fatal(err)
			}
		}); n > 5 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
