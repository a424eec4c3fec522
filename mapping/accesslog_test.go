package mapping

import (
	"reflect"
	"slices"
	"testing"
)

// What servers and their administrators have made of the combined log format. What no name has is left over.
func TestAccessLine(t *testing.T) {
	const when = ` [20/Nov/2026:10:11:12 +0000] `
	const tail = `"GET /a HTTP/1.1" 200 12 "http://r/" "curl/8"`
	for _, c := range []struct {
		name, line               string
		remote, vhost, forwarded string
		request, referer, agent  string
		rest                     []string
	}{
		{"plain", `198.51.100.7 - -` + when + tail, "198.51.100.7", "", "", "GET /a HTTP/1.1", "http://r/", "curl/8", nil},
		{"quoted client", `"198.51.100.7" - -` + when + tail, "198.51.100.7", "", "", "GET /a HTTP/1.1", "http://r/", "curl/8", nil},
		{"X-Forwarded-For", `10.1.1.1, 198.51.100.7, 10.2.2.2 - -` + when + tail, "198.51.100.7", "", "10.1.1.1, 198.51.100.7, 10.2.2.2", "GET /a HTTP/1.1", "http://r/", "curl/8", nil},
		{"X-Forwarded-For without spaces", `10.1.1.1,10.2.2.2 - -` + when + tail, "10.1.1.1", "", "10.1.1.1,10.2.2.2", "GET /a HTTP/1.1", "http://r/", "curl/8", nil},
		{"X-Forwarded-For and who connected", `198.51.100.7 10.2.2.2 - -` + when + tail, "198.51.100.7", "", "198.51.100.7, 10.2.2.2", "GET /a HTTP/1.1", "http://r/", "curl/8", nil},
		{"no X-Forwarded-For", `- 10.2.2.2 - -` + when + tail, "10.2.2.2", "", "", "GET /a HTTP/1.1", "http://r/", "curl/8", nil},
		{"nobody", `- - -` + when + tail, "", "", "", "GET /a HTTP/1.1", "http://r/", "curl/8", nil},
		{"virtual host", `shop.example.com:443 198.51.100.7 - -` + when + tail, "198.51.100.7", "shop.example.com:443", "", "GET /a HTTP/1.1", "http://r/", "curl/8", nil},
		{"virtual host that is an address", `10.0.0.1:443 10.0.0.2 - -` + when + tail, "10.0.0.2", "10.0.0.1:443", "", "GET /a HTTP/1.1", "http://r/", "curl/8", nil},
		{"name of a host", `client.example.net - -` + when + tail, "client.example.net", "", "", "GET /a HTTP/1.1", "http://r/", "curl/8", nil},
		{"user name with an address", `198.51.100.7 - x 203.0.113.9 - -` + when + tail, "198.51.100.7", "", "", "GET /a HTTP/1.1", "http://r/", "curl/8", nil},
		{"quote in the request", `198.51.100.7 - -` + when + `"GET /?q="><b> HTTP/1.1" 404 12 "-" "curl/8"`, "198.51.100.7", "", "", `GET /?q="><b> HTTP/1.1`, "-", "curl/8", nil},
		{"status in the request", `198.51.100.7 - -` + when + `"GET /?q=" 200 x HTTP/1.1" 404 12 "-" "curl/8"`, "198.51.100.7", "", "", `GET /?q=" 200 x HTTP/1.1`, "-", "curl/8", nil},
		{"quote in the agent", `198.51.100.7 - -` + when + `"GET /a HTTP/1.1" 404 12 "-" "cu"rl<script>"`, "198.51.100.7", "", "", "GET /a HTTP/1.1", "-", `cu"rl<script>`, nil},
		{"quotes and spaces in the agent", `198.51.100.7 - -` + when + `"GET /a HTTP/1.1" 404 12 "-" "cu" or 1=1 --"`, "198.51.100.7", "", "", "GET /a HTTP/1.1", "-", "cu", []string{`"-" "cu" or 1=1 --"`}},
		{"field before the referer", `198.51.100.7 - -` + when + `"GET /a HTTP/1.1" 200 12 0.005 "-" "${x}"`, "198.51.100.7", "", "", "GET /a HTTP/1.1", "-", "${x}", nil},
		{"field before the request", `198.51.100.7 - -` + when + "shop.example.com " + tail, "198.51.100.7", "", "", "GET /a HTTP/1.1", "http://r/", "curl/8", nil},
		{"attack behind the agent", `198.51.100.7 - -` + when + tail + ` "-" 0.005 "${jndi:x}"`, "198.51.100.7", "", "-", "GET /a HTTP/1.1", "http://r/", "curl/8", []string{"${jndi:x}"}},
		{"ordinary fields", `198.51.100.7 - -` + when + tail + ` 0.005 rt="0.1 0.2" [shop-80] [] 10.0.0.1:80, 10.0.0.2:80 TLSv1.3 MISS`, "198.51.100.7", "", "", "GET /a HTTP/1.1", "http://r/", "curl/8", nil},
		{"no referer, and no quotes for it", `198.51.100.7 - -` + when + `"GET /a HTTP/1.1" 200 12 - "curl/8" 17 "shop@docker" 3ms`, "198.51.100.7", "", "", "GET /a HTTP/1.1", "-", "curl/8", nil},
		{"another field without a value before the referer", `198.51.100.7 - -` + when + `"GET /a HTTP/1.1" 200 12 - "http://r/" "curl/8"`, "198.51.100.7", "", "", "GET /a HTTP/1.1", "http://r/", "curl/8", nil},
		{"host in quotes before the request", `198.51.100.7 - -` + when + `"shop.example.com" ` + tail, "198.51.100.7", "", "", "GET /a HTTP/1.1", "http://r/", "curl/8", nil},
		{"the time first", `[20/Nov/2026:10:11:12 +0000] 198.51.100.7 0.004 ` + tail, "198.51.100.7", "", "", "GET /a HTTP/1.1", "http://r/", "curl/8", nil},
		{"the time first, then a virtual host", `[20/Nov/2026:10:11:12 +0000] shop.example.com 198.51.100.7 ` + tail, "198.51.100.7", "shop.example.com", "", "GET /a HTTP/1.1", "http://r/", "curl/8", nil},
		{"an attack between the time and the request", `[20/Nov/2026:10:11:12 +0000] 198.51.100.7 ${jndi:x} ` + tail, "198.51.100.7", "", "", "GET /a HTTP/1.1", "http://r/", "curl/8", []string{"${jndi:x}"}},
		{"no time", `198.51.100.7 ` + tail, "198.51.100.7", "", "", "GET /a HTTP/1.1", "http://r/", "curl/8", nil},
		{"no time, common", `198.51.100.7 - jane "GET /a HTTP/1.1" 200 12 0.004`, "198.51.100.7", "", "", "GET /a HTTP/1.1", "", "", nil},
		{"tabs", "198.51.100.7\t-\t-\t[20/Nov/2026:10:11:12 +0000]\t\"GET /a HTTP/1.1\"\t200\t12\t\"http://r/\"\t\"curl/8\"", "198.51.100.7", "", "", "GET /a HTTP/1.1", "http://r/", "curl/8", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, ok := readAccessLine(c.line)
			if !ok {
				t.Fatal("not understood")
			}
			got := []string{a.remote, a.vhost, a.forwarded, a.request, a.referer, a.agent}
			if want := []string{c.remote, c.vhost, c.forwarded, c.request, c.referer, c.agent}; !reflect.DeepEqual(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			if !reflect.DeepEqual(a.rest, c.rest) {
				t.Errorf("left over is %q, want %q", a.rest, c.rest)
			}
		})
	}
	for _, line := range []string{
		"Dec 23 15:31:15 web1 nginx: 198.51.100.7 - -" + when + tail, // its prefix is not cut off
		"10.9.9.9 web1 nginx: 198.51.100.7 - -" + when + tail,
		`[20/Nov/2026:10:11:12 +0000] "GET /a HTTP/1.1" 200 12`,
		`[20/Nov/2026:10:11:12 +0000] worker 198.51.100.7 said "GET /a HTTP/1.1" 200 12`,
		`[20/Nov/2026:10:11:12 +0000] 198.51.100.7 said "hello"`,
		`198.51.100.7 said "GET /a HTTP/1.1"`,
		`198.51.100.7 - - "GET /a" 200 12`,
		`cart 198.51.100.7 "GET /a HTTP/1.1" 200 12`,
		"198.51.100.7 - -" + when + "started",
	} {
		if a, ok := readAccessLine(line); ok {
			t.Errorf("%s: client is %q", line, a.remote)
		}
	}
}

func FuzzAccessLine(f *testing.F) {
	f.Add(`10.1.1.1, 198.51.100.7 - - [20/Nov/2026:10:11:12 +0000] "GET /?q=" HTTP/1.1" 200 12 0.5 "-" "cu"rl" x="y z`)
	f.Fuzz(func(t *testing.T, line string) {
		if a, ok := readAccessLine(line); ok && a.remote != "" && !isAddressList(a.remote) && !isHostName(a.remote) {
			t.Errorf("client is %q", a.remote)
		}
	})
}

// A field in quotes that no name has reaches the rules as a whole: in parts, an attack looks like ordinary words.
func TestLeftOverFieldIsWhole(t *testing.T) {
	for field, want := range map[string][]string{
		"session=1' or 1=1--":                {"session=1' or 1=1--"},
		"1 union select password from users": {"1 union select password from users"},
		"10.0.0.1, 10.0.0.2":                 nil,
		"shop.example":                       nil,
	} {
		a, ok := readAccessLine(`192.0.2.7 - - [20/Nov/2026:10:11:12 +0000] "GET / HTTP/1.1" 200 12 "-" "Mozilla/5.0" "-" "` + field + `" 0.005`)
		if !ok || !slices.Equal(a.rest, want) {
			t.Errorf("%q leaves %q, want %q", field, a.rest, want)
		}
	}
}

// What else than the client and the request stands elsewhere than in the combined format.
func TestAccessLineOutOfOrder(t *testing.T) {
	for _, c := range []struct{ name, line, domain, code, size string }{
		{"host asked for", `192.0.2.7 - - [20/Nov/2026:10:11:12 +0000] shop.example.com "GET / HTTP/1.1" 200 12`, "shop.example.com", "200", "12"},
		{"in quotes", `192.0.2.7 - - [20/Nov/2026:10:11:12 +0000] "shop.example.com:8443" "GET / HTTP/1.1" 200 12`, "shop.example.com:8443", "200", "12"},
		{"a duration", `192.0.2.7 - - [20/Nov/2026:10:11:12 +0000] 0.004 "GET / HTTP/1.1" 200 12`, "", "200", "12"},
		{"a version", `192.0.2.7 - - [20/Nov/2026:10:11:12 +0000] TLSv1.3 "GET / HTTP/1.1" 200 12`, "", "200", "12"},
		{"Apache's ssl_request_log", `[20/Nov/2026:10:11:12 +0000] 192.0.2.7 TLSv1.3 TLS_AES_256_GCM_SHA384 "GET / HTTP/1.1" 512`, "", "-", "512"},
		{"the same, more bytes", `[20/Nov/2026:10:11:12 +0000] 192.0.2.7 TLSv1.3 TLS_AES_256_GCM_SHA384 "GET / HTTP/1.1" 15320`, "", "-", "15320"},
		{"the time first, with a status", `[20/Nov/2026:10:11:12 +0000] 192.0.2.7 "GET / HTTP/1.1" 404 512`, "", "404", "512"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, ok := readAccessLine(c.line)
			if !ok {
				t.Fatal("not understood")
			}
			if a.remote != "192.0.2.7" || a.domain != c.domain || a.code != c.code || a.size != c.size || a.rest != nil {
				t.Errorf("got %+v", a)
			}
		})
	}
}
