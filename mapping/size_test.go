package mapping

import (
	"strconv"
	"testing"
)

func TestSizes(t *testing.T) {
	const nano = "request: {method: m, uri: u, headers: {raw: q}}\nresponse: {status: s, headers: {raw: r}}\nbytes: b"
	const both = "request: {method: m, uri: u, bytes: in}\nresponse: {status: s, bytes: [out, size]}"
	for _, c := range []struct {
		name, yaml, record string
		in, out            int64
	}{
		{"Content-Length", nano, `{"m":"GET","u":"/","s":"200","q":"GET / HTTP/1.1\r\nHost: a\r\n\r\n","r":"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n","b":"500"}`, 0, 12},
		{"chunked", nano, `{"m":"GET","u":"/","s":"200","q":"GET / HTTP/1.1\r\nHost: a\r\n\r\n","r":"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n","b":"1000000"}`, 0, 1_000_000 - 9 - 28},
		{"an upload, chunked", nano, `{"m":"PUT","u":"/","s":"201","q":"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n","r":"HTTP/1.1 201 OK\r\nContent-Length: 0\r\n\r\n","b":"70000"}`, 70_000 - 28 - 19, 0},
		{"an answer that has no body", nano, `{"m":"HEAD","u":"/","s":"200","q":"HEAD / HTTP/1.1\r\nContent-Length: 0\r\n\r\n","r":"HTTP/1.1 200 OK\r\n\r\n","b":"900"}`, 0, 0},
		{"no number", nano, `{"m":"GET","u":"/","s":"200","q":"GET / HTTP/1.1\r\n\r\n","r":"HTTP/1.1 200 OK\r\n\r\n","b":"-"}`, 0, 0},
		{"each way", both, `{"m":"GET","u":"/","s":200,"in":77,"out":"4242"}`, 77, 4242},
		{"another name", both, `{"m":"GET","u":"/","s":200,"size":9}`, 0, 9},
		{"a length that nobody has sent", nano, `{"m":"GET","u":"/","s":"200","q":"GET / HTTP/1.1\r\nContent-Length: 9223372036854775807\r\n\r\n","r":"HTTP/1.1 200 OK\r\n\r\n","b":"61"}`, 0, 61 - 37},
		{"a size that nobody has sent", both, `{"m":"GET","u":"/","s":200,"out":9223372036854775807,"size":9}`, 0, 0},
		{"less than nothing", both, `{"m":"GET","u":"/","s":200,"out":-1,"size":3}`, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var tx Transaction
			if err := parseOne(t, c.yaml).Map("t", record(t, c.record), &tx); err != nil {
				t.Fatal(err)
			}
			if in, out := tx.Sizes(); in != c.in || out != c.out {
				t.Errorf("got %d and %d, want %d and %d", in, out, c.in, c.out)
			}
		})
	}
}

// Presets know the sizes that their logs have.
func TestSizesOfPresets(t *testing.T) {
	for preset, c := range map[string]struct {
		line    string
		in, out int64
	}{
		"nginx":   {`192.0.2.7 - - [20/Nov/2026:10:11:12 +0000] "GET /export HTTP/1.1" 200 8123456 "-" "curl/8.5"`, 0, 8123456},
		"apache":  {`shop.example 192.0.2.7 - - [20/Nov/2026:10:11:12 +0000] "GET /export HTTP/1.1" 200 8123456`, 0, 8123456},
		"aws-alb": {`http 2026-11-20T10:11:12.186641Z app/shop/50dc6c495c0c9188 192.0.2.7:2817 10.0.0.1:80 0.0 0.0 0.0 200 200 34 366001 "GET http://shop.example:80/ HTTP/1.1" "curl/8.5" - - arn "Root=1-58337262-36d228ad5d99923122bbe354" "-"`, 34, 366001},
		"haproxy": {`192.0.2.7:52000 [20/Nov/2026:10:11:12.655] http-in shop/web1 10/0/30/69/109 200 275001 - - ---- 1/1/1/1/0 0/0 "GET /export HTTP/1.1"`, 0, 275001},
		"envoy":   {`[2026-11-20T10:11:12.000Z] "POST /up HTTP/1.1" 200 - 154001 99 226 100 "192.0.2.7" "curl/8.5" "b0ec4b2e" "shop" "10.0.35.28:8080"`, 154001, 99},
	} {
		t.Run(preset, func(t *testing.T) {
			all, err := Preset(preset)
			if err != nil {
				t.Fatal(err)
			}
			var tx Transaction
			if err := all[0].Map("t", record(t, `{"log":`+strconv.Quote(c.line)+`}`), &tx); err != nil {
				t.Fatal(err)
			}
			if in, out := tx.Sizes(); in != c.in || out != c.out {
				t.Errorf("got %d and %d, want %d and %d", in, out, c.in, c.out)
			}
		})
	}
}
