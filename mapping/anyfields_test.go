package mapping

import (
	"errors"
	"strings"
	"testing"
)

// A record is no request because it has a path or a URL in it.
func TestFieldsWithoutRequest(t *testing.T) {
	for _, line := range []string{
		`{"level":"info","msg":"called","httpVerb":"GET","fullUrl":"https://shop.example.com/x","replyCode":200}`,
		`{"event":"webhook.sent","url":"https://shop.example.com/in?a=b","status":200}`,
		`{"metric":"http_requests_total","path":"/api","method":"GET","value":42}`,
		`{"file":"/etc/shop.yaml","clientIp":"192.0.2.7","status":200}`,
		`{"grpc.service":"shop.v1.Orders","grpc.method":"List","peer.address":"192.0.2.7:1","grpc.code":"OK"}`,
		`{"items":[{"method":"GET","uri":"/x","status":200,"clientIp":"192.0.2.7"},{"method":"GET","uri":"/y"}]}`,
		`{"file_path":"/etc/shop.yaml","clientIp":"192.0.2.7","status":200,"user_agent":"curl/8.5.0"}`,
		`{"repo":"git.example.com/shop","url":"git.example.com/shop/items","status":200}`,
		`level=info msg="the answer to the request" verb=GET uri=/x`,
		`2026-11-20 10:11:12 calling "GET https://shop.example.com/x" with timeout 5`,
		`2026-11-20 10:11:12 retry "GET /x" in 5`,
		`level=info msg=called verb=GET target=https://shop.example.com/x result=200`,
	} {
		auto, err := Load("auto")
		if err != nil {
			t.Fatal(err)
		}
		records := []Record{lineRecord("log", line)}
		if line[0] == '{' {
			records = append(records, record(t, line))
		}
		for _, r := range records {
			var tx Transaction
			if err := auto.Map("t", r, &tx); !errors.Is(err, ErrNotHTTP) && !errors.Is(err, ErrUnmapped) {
				t.Errorf("%s: got %v by %s", line, err, tx.Preset)
			}
		}
	}
}

// Of a server's and the client's address, of the request's and the answer's header, of the path and the whole of what was asked for,
// the right one counts, in whichever order they stand.
func TestFieldsByTheirNames(t *testing.T) {
	for name, line := range map[string]string{
		"in maps":  `{"a":{"serverIp":"10.0.0.9","clientIp":"192.0.2.7","httpMethod":"GET","path":"/x","requestUri":"/x?a=b","responseStatus":404,"responseHeaders":{"X":"1"},"requestHeaders":{"Y":"2"}}}`,
		"reversed": `{"a":{"requestHeaders":{"Y":"2"},"responseHeaders":{"X":"1"},"responseStatus":404,"requestUri":"/x?a=b","path":"/x","httpMethod":"GET","clientIp":"192.0.2.7","serverIp":"10.0.0.9"}}`,
		"parted":   `{"a":{"peer":["192.0.2.7",51000]},"b":{"req":{"verb":"get","target":"/x","query":{"a":"b"},"hdrs":[["Y","2"]]},"res":{"hdrs":[["X","1"]],"code":404}}}`,
		"empty":    `{"a":{"tags":["",1],"none":"","dash":["-"],"clientIp":"192.0.2.7","httpMethod":"GET","path":"/x?a=b","status":404,"requestHeaders":{"Y":"2"}}}`,
		"in texts": `{"a":"{\"http\":\"{\\\"method\\\":\\\"GET\\\",\\\"requestPath\\\":\\\"/x?a=b\\\",\\\"status\\\":404,\\\"reqHeaders\\\":{\\\"Y\\\":\\\"2\\\"}}\"}","sourceIp":"192.0.2.7"}`,
	} {
		t.Run(name, func(t *testing.T) {
			auto, err := Load("fields")
			if err != nil {
				t.Fatal(err)
			}
			var tx Transaction
			if err := auto.Map("t", record(t, line), &tx); err != nil {
				t.Fatal(err)
			}
			if y, _ := HeaderValue(tx.RequestHeaders, "Y"); tx.Method != "GET" || tx.URI != "/x?a=b" || tx.Status != 404 || tx.Client.Address != "192.0.2.7" || y != "2" {
				t.Errorf("got %s %s, %d, %v, %v", tx.Method, tx.URI, tx.Status, tx.Client, tx.RequestHeaders)
			}
		})
	}
}

// Of a name the end counts: a long one costs no more than a short one, in each field that it is around.
func TestFieldsOfLongNames(t *testing.T) {
	long := strings.Repeat("k", 1<<16)
	r := record(t, `{"`+long+`":{"`+long+`-request":{"`+long+`-method":"GET","`+long+`-path":"/x","`+long+`-status":404}},"clientIp":"192.0.2.7"}`)
	m, err := Load("fields")
	if err != nil {
		t.Fatal(err)
	}
	var tx Transaction
	if err := m.Map("t", r, &tx); err != nil || tx.Method != "GET" || tx.URI != "/x" || tx.Status != 404 {
		t.Errorf("got %s %s, %d, %v", tx.Method, tx.URI, tx.Status, err)
	}
	f := anyFields{tx: &tx, left: maxLookedAt, words: []byte{' '}}
	f.walk(r)
	if n := cap(f.words); n > 4*maxAnyDepth*maxAnyName {
		t.Errorf("names around a field came to %d bytes", n)
	}
}
