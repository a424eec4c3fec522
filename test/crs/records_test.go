package crs

import (
	"reflect"
	"testing"

	"github.com/tinylib/msgp/msgp"
)

// TestRecord: what each kind of log has of one exchange.
func TestRecord(t *testing.T) {
	s := stageOf(t, `{method: POST, uri: "/reflect?q=\\", headers: {Host: Shop, User-Agent: "a\"b", X-Y: "1", Content-Type: application/json}, data: '{"body":"ÿ"}'}`)
	s.Expect.NoIDs = []int{1}
	for _, h := range []Header{{"x-y", "2"}, {"Z", "\xff"}} {
		s.Request.add(h.Name, h.Value)
	}
	s.Request.head = s.Request.block()
	e := Respond(&s)
	headers := map[string]any{"host": "Shop", "user-agent": `a"b`, "x-y": "1, 2", "content-type": "application/json", "connection": "close", "content-length": "13", "z": "\xff"}
	rsp := map[string]any{"content-type": "text/plain; charset=utf-8", "content-length": "2"}
	for kind, want := range map[string]map[string]any{
		"nano": {
			"METHOD": "POST", "URL": `/reflect?q=\`, "DOMAIN": "Shop", "FORWARD": "0.0.0.0", "RETCODE": "200",
			"REQ_HEADER": "POST /reflect?q=\\ HTTP/1.1\r\nHost: Shop\r\nUser-Agent: a\"b\r\nX-Y: 1\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 13\r\nx-y: 2\r\nZ: \xff\r\n\r\n",
			"REQ_BODY":   `{"body":"ÿ"}`,
			"RSP_HEADER": "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\n\r\n", "RSP_BODY": "ÿ",
		},
		"nginx-json": {
			"request_uri": `/reflect?q=\`, "host": "shop", "http_host": "Shop", "http_x_y": "1, 2", "http_z": "\xff", "http_referer": "",
			"request_body": `{"body":"ÿ"}`, "sent_http_content_type": "text/plain; charset=utf-8", "resp_body": "ÿ", "status": "200",
		},
		"envoy": {
			"path": `/reflect?q=\`, "authority": "Shop", "protocol": "HTTP/1.1", "response_code": int64(200), "downstream_remote_address": "192.168.1.105:46152",
			"request_headers": headers, "response_headers": rsp, "request_body": `{"body":"ÿ"}`, "response_body": "ÿ",
		},
		"ecs": {
			"source": map[string]any{"ip": "192.168.1.105", "port": int64(46152)}, "url": map[string]any{"original": `/reflect?q=\`, "domain": "Shop"},
			"http": map[string]any{
				"version":  "1.1",
				"request":  map[string]any{"method": "POST", "headers": headers, "body": map[string]any{"content": `{"body":"ÿ"}`}},
				"response": map[string]any{"status_code": int64(200), "headers": rsp, "body": map[string]any{"content": "ÿ"}},
			},
		},
		"combined": {
			"log": `192.168.1.105 - - [30/May/2024:07:16:48 +0000] "POST /reflect?q=\x5C HTTP/1.1" 200 2 "-" "a\x22b"`,
		},
	} {
		t.Run(kind, func(t *testing.T) {
			k, ok := KindNamed(kind)
			if !ok {
				t.Fatal("no such kind")
			}
			got, rest, err := msgp.ReadMapStrIntfBytes(k.Record(e), nil)
			if err != nil || len(rest) > 0 {
				t.Fatalf("%v, %d bytes follow", err, len(rest))
			}
			for key, v := range want {
				if !reflect.DeepEqual(got[key], v) {
					t.Errorf("%s is %#v, want %#v", key, got[key], v)
				}
			}
		})
	}
}

// TestCut: Nano's default limit.
func TestCut(t *testing.T) {
	s := stageOf(t, `{method: POST, data: '{{ "1" | repeat 1025 }}'}`)
	for kind, want := range map[string]int{"nano": 1025, "nano-1024": 1024} {
		k, _ := KindNamed(kind)
		got, _, err := msgp.ReadMapStrIntfBytes(k.Record(Respond(&s)), nil)
		if err != nil {
			t.Fatal(err)
		}
		if body := got["REQ_BODY"].(string); len(body) != want {
			t.Errorf("%s: %d bytes", kind, len(body))
		}
	}
}
