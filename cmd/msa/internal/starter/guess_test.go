package starter

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

func records(t *testing.T, lines ...string) []map[string]any {
	t.Helper()
	var all []map[string]any
	for _, line := range lines {
		var r map[string]any
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

func TestGuess(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines []string
		want  map[string]string
	}{
		{"flat", []string{
			`{"ts":1700000000.5,"verb":"GET","target":"/a?b=c","code":200,"peer":"10.0.0.1:4711","upstream":"10.0.1.1:80","ua":"curl/8.5.0","size":12}`,
			`{"ts":1700000001.5,"verb":"POST","target":"/","code":302,"peer":"10.0.0.2:4712","upstream":"10.0.1.1:80","ua":"Mozilla/5.0 (X11)","size":500}`},
			map[string]string{"time": "ts", "request.method": "verb", "request.uri": "target", "response.status": "code", "client.address": "peer", "server.address": "upstream", "User-Agent": "ua"}},
		{"nested, in camel case", []string{
			`{"when":"2026-11-20T10:11:12Z","request":{"httpMethod":"GET","path":"/a","queryString":"b=c","body":"x=1","hostName":"shop.example"},"response":{"statusCode":200,"body":"ok"},"remoteAddr":"10.0.0.1"}`},
			map[string]string{"time": "when", "request.method": "$request['httpMethod']", "request.path": "$request['path']", "request.query": "$request['queryString']",
				"request.body": "$request['body']", "request.host": "$request['hostName']", "response.status": "$response['statusCode']", "client.address": "remoteAddr"}},
		{"a duration is no status, a size no port", []string{`{"url":"/a?x=1","ms":200,"bytes":404}`}, map[string]string{"request.uri": "url", "duration": "ms"}},
		{"a duration in nobody knows what", []string{`{"url":"/a?x=1","latency":200}`}, map[string]string{"request.uri": "url"}},
		{"odd names, headers as maps", []string{
			`{"rq":{"verb":"GET","tgt":"/a","hdrs":{"host":["shop.example"],"user-agent":["curl/8.5.0"]}},"rs":{"code":200,"hdrs":{"content-type":"text/html","server":"x"}},"who":{"addr":"10.0.0.1"},"took_ms":12.5}`},
			map[string]string{"request.method": "$rq['verb']", "request.uri": "$rq['tgt']", "request.headers": "$rq['hdrs']", "response.status": "$rs['code']",
				"response.headers": "$rs['hdrs']", "client.address": "$who['addr']", "duration": "took_ms"}},
		{"headers as pairs and as lines", []string{
			`{"url":"/a","sent":[{"k":"Host","v":"shop.example"},{"k":"User-Agent","v":"curl/8.5.0"}],"reply":["Content-Type: text/html","Server: x"]}`},
			map[string]string{"request.uri": "url", "request.headers": "sent", "response.headers": "reply"}},
		{"a map with a host is none of headers", []string{`{"url":"/a","meta":{"host":"web-1","pod":"shop","zone":"a"}}`},
			map[string]string{"request.uri": "url", "request.host": "$meta['host']"}},
		{"the only address is the server's", []string{`{"url":"/a","upstream":"10.0.1.5:80"}`}, map[string]string{"request.uri": "url", "server.address": "upstream"}},
		{"the only address has no name for it", []string{`{"url":"/a","visitor":"10.0.1.5"}`}, map[string]string{"request.uri": "url", "client.address": "visitor"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := Guess(records(t, c.lines...))
			if err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(d.Fields, c.want) {
				t.Errorf("got %v, want %v", d.Fields, c.want)
			}
			text, err := d.YAML("own")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := mapping.Parse("own.yaml", text); err != nil {
				t.Errorf("%v in\n%s", err, text)
			}
		})
	}
}

func TestGuessWithoutARequest(t *testing.T) {
	for want, line := range map[string]string{"the path of a request: a, b": `{"a":1,"b":"two"}`, "neither JSON with fields": `{}`} {
		if d, err := Guess(records(t, line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", line, d, err)
		}
	}
}
