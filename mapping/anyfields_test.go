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

// The server is whoever a name says that was asked, if that is an address, with the port of the same name. It is never the client.
func TestServerByItsName(t *testing.T) {
	for _, c := range []struct{ fields, want string }{
		{`"dest_ip":"10.0.0.2"`, "10.0.0.2"},
		{`"dst_ip":"10.0.0.2","dst_port":8080`, "10.0.0.2:8080"},
		{`"dest_port":"8080","dest_ip":"10.0.0.2"`, "10.0.0.2:8080"},
		{`"destination_ip":"10.0.0.2","dst_port":8080`, "10.0.0.2:8080"},
		{`"destination.ip":"10.0.0.2","destination.port":8080`, "10.0.0.2:8080"},
		{`"destination":{"ip":"10.0.0.2","port":8080}`, "10.0.0.2:8080"},
		{`"http":{"server":{"address":"10.0.0.2","port":8080}}`, "10.0.0.2:8080"},
		{`"server_ip":"10.0.0.2"`, "10.0.0.2"},
		{`"serverIP":"10.0.0.2","serverPort":8080`, "10.0.0.2:8080"},
		{`"server_addr":"10.0.0.2:8080"`, "10.0.0.2:8080"},
		{`"server":"10.0.0.2"`, "10.0.0.2"},
		{`"upstream_host":"10.0.0.2:8080"`, "10.0.0.2:8080"},
		{`"upstreamAddr":"[2001:db8::2]:8080"`, "2001:db8::2:8080"},
		{`"upstream_addr":"10.0.0.3:8080, 10.0.0.2:8081"`, "10.0.0.2:8081"},
		{`"upstream_addr":"10.0.0.3:8080 : 10.0.0.2:8081"`, "10.0.0.2:8081"},
		{`"upstream_addr":["10.0.0.2:8080"]`, "10.0.0.2:8080"},
		{`"backend_addr":"10.0.0.2","server_port":443`, "10.0.0.2"},
		{`"local_addr":"/10.0.0.2:8080"`, "10.0.0.2:8080"},
		{`"localaddr":"::ffff:10.0.0.2"`, "10.0.0.2"},
		{`"server_addr":"10.0.0.3","server_port":443,"upstream_addr":"10.0.0.2:8080"`, "10.0.0.2:8080"},
		{`"dstip":"10.0.0.2","server_ip":"10.0.0.3"`, "10.0.0.2"},
		{`"upstream_host":"shop.example.com:8080"`, ""},
		{`"upstream_addr":"unix:/run/shop.sock"`, ""},
		{`"upstream_addr":"10.0.0.3:8080, unix:/run/shop.sock"`, ""},
		{`"server_addr":"shop-1","server_port":8080`, ""},
		{`"server_name":"10.0.0.2"`, ""},
		{`"local_addr":"0.0.0.0:8080"`, ""},
		{`"dns_server_ip":"10.0.0.2"`, ""},
		{`"upstream_local_address":"10.0.0.2:41000"`, ""},
		{`"destination_mask":"255.255.255.0"`, ""},
		{`"dst_port":8080`, ""},
	} {
		for _, line := range []string{
			`{"client_ip":"192.0.2.7","method":"GET","path":"/x","status":200,` + c.fields + `}`,
			`{"a":{` + c.fields + `,"client":"192.0.2.7","httpVerb":"GET","fullPath":"/x","replyStatus":200}}`,
		} {
			auto, err := Load("auto")
			if err != nil {
				t.Fatal(err)
			}
			var tx Transaction
			if err := auto.Map("t", record(t, line), &tx); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			got := tx.Server.Address
			if tx.Server.Port != "" {
				got += ":" + tx.Server.Port
			}
			if got != c.want || tx.Client.Address != "192.0.2.7" {
				t.Errorf("%s: server %q, want %q, client %q, by %s", line, got, c.want, tx.Client.Address, tx.Preset)
			}
		}
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
