package mapping

import (
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"
)

func lineRecord(key, line string) Record {
	r := msgp.AppendMapHeader(nil, 1)
	return msgp.AppendString(msgp.AppendString(r, key), line)
}

// prefixes are what stands before a line where something carries it.
var prefixes = []string{
	"",
	"\xef\xbb\xbf",
	"  \t",
	"Dec 23 15:31:15 web1 nginx: ",
	"Dec  3 15:31:15 web1 nginx[812]:  ",
	"Dec 03 15:31:15.123456 web1 nginx[812]: ",
	"<190>Dec 23 15:31:15 web1 nginx: ",
	"<190>Dec 23 15:31:15 nginx[812]: ",
	"<13>Dec 23 2026 15:31:15 web1.example.com docker/web_1[812]: ",
	"Dec 23 15:31:15 10.9.9.9 nginx: ",
	"Dec 23 15:31:15 web1 ",
	"<134>1 2026-12-23T15:31:15.123456+01:00 web1 nginx 812 - - ",
	"<134>1 2026-12-23T15:31:15Z web1 nginx - access - \xef\xbb\xbf",
	`<134>1 2026-12-23T15:31:15.003Z web1 nginx 812 ID47 [ex@32473 a="1" b="x \"y\] z"][o@1 c="2"] `,
	`186 <134>1 2026-12-23T15:31:15Z web1 nginx 812 - - `,
	"2026-12-23T15:31:15.123456+01:00 web1 nginx 812 - - ",
	"2026-12-23T15:31:15.123456+01:00 web1 nginx[812]: ",
	"2026-12-23T15:31:15+0100 web1 nginx[812]: ",
	"2026-12-23T15:31:15.123456789Z stdout F ",
	"2026-12-23T15:31:15.123456789+01:00 stderr P ",
	"2026-12-23T15:31:15.123456789Z ",
	"2026-12-23 15:31:15,123 INFO  [access] ",
	"2026-12-23 15:31:15.123 +0100 ",
	"Wed 2026-12-23 15:31:15 UTC web1 nginx[812]: ",
	"Wed 2026-12-23 15:31:15 CET web1 nginx.service[812]: ",
	"1798036275.123456 web1 nginx[812]: ",
	"[12345.678901] web1 nginx[812]: ",
	"web_1  | ",
	"shop-web-1  | ",
	"\x1b[36mweb_1  |\x1b[0m ",
	"web.1.x2f3@node-a    | ",
	"0|www  | ",
	"15:31:15 web.1  | ",
	"[pod/web-7d4b9c/nginx] ",
	"[pod/web-7d4b9c/nginx] 2026-12-23T15:31:15.123456789Z ",
	"web-7d4b9c nginx ",
	"0.005 ",
	"12ms ",
	"     7\t",
	"/var/log/nginx/access.log:",
	"access.log.1:17:",
	"INFO: ",
	"app[web.1]: ",
	"2026-12-23T15:31:15.123456+00:00 app[web.1]: ",
	"web_1  | Dec 23 15:31:15 web1 nginx: ",
	"#033[32mINFO#033[0m ",
}

// What carries a line is never the client, and hides nothing of it.
func TestPrefixes(t *testing.T) {
	lines := map[string]string{
		"nginx":   `198.51.100.7 - - [20/Nov/2026:10:11:12 +0000] "GET /a?b=c HTTP/1.1" 200 12 "-" "curl/8.5.0"`,
		"apache":  `198.51.100.7 - alice [20/Nov/2026:10:11:12 +0000] "GET /a?b=c HTTP/1.1" 200 -`,
		"haproxy": `198.51.100.7:40122 [20/Nov/2026:10:11:12.042] https-in~ app/web1 0/0/1/21/23 200 18431 - - ---- 12/11/3/1/0 0/0 {shop.example.com|curl} "GET /a?b=c HTTP/1.1"`,
		"ingress-nginx": `198.51.100.7 - - [20/Nov/2026:10:11:12 +0000] "GET /a?b=c HTTP/1.1" 200 412 "-" "curl/8.5.0" 118 0.004 ` +
			`[shop-cart-80] [] 10.244.1.17:8080 412 0.004 200 2b0c7a9d51e84f66b1a3d0c2e7f49a18`,
		"nginx-json": `{"remote_addr":"198.51.100.7","request":"GET /a?b=c HTTP/1.1","status":200,"bytes_sent":1,"time_iso8601":"2026-11-20T10:11:12Z"}`,
	}
	for preset, line := range lines {
		for _, prefix := range prefixes {
			auto, err := Load("auto")
			if err != nil {
				t.Fatal(err)
			}
			named, err := Load(preset)
			if err != nil {
				t.Fatal(err)
			}
			for way, set := range map[string]*Set{"auto": auto, "by name": named} {
				var tx Transaction
				if err := set.Map("t", lineRecord("log", prefix+line), &tx); err != nil {
					t.Errorf("%s, %s, after %q: %v", preset, way, prefix, err)
					continue
				}
				if tx.Preset != preset || tx.Client.Address != "198.51.100.7" || tx.URI != "/a?b=c" || tx.Status != 200 || len(tx.Args) > 0 {
					t.Errorf("%s, %s, after %q: %s from %q, %s, %d, args %q", preset, way, prefix, tx.Preset, tx.Client.Address, tx.URI, tx.Status, tx.Args)
				}
				if got := tx.Time.Format("02 15:04:05"); got != "20 10:11:12" {
					t.Errorf("%s, %s, after %q: time is %s", preset, way, prefix, got)
				}
				if strings.Contains(prefix, " web1 nginx") && tx.Alert.Host != "web1" {
					t.Errorf("%s, %s, after %q: host is %q", preset, way, prefix, tx.Alert.Host)
				}
			}
		}
	}
}

// A line without a time of its own has that of whoever carried it.
func TestTimeOfPrefix(t *testing.T) {
	const mapping = "parse: {format: pattern, pattern: '$client \"$request\"'}\nclient: {address: client}\nrequest: {line: request}\n"
	for prefix, want := range map[string]string{
		"2026-12-23T15:31:15.123456+01:00 web1 nginx[812]: ":         "2026-12-23T14:31:15.123456Z",
		"<134>1 2026-12-23T15:31:15.5Z web1 nginx 812 - - ":          "2026-12-23T15:31:15.5Z",
		"<134>1 2026-12-23T15:31:15.5Z - - - - - ":                   "2026-12-23T15:31:15.5Z",
		"2026-12-23T15:31:15.123Z stdout F ":                         "2026-12-23T15:31:15.123Z",
		"2026-12-23 15:31:15,250 ":                                   "2026-12-23T15:31:15.25Z",
		"2026-12-23T15:31:15+01:00[Europe/Berlin] ":                  "2026-12-23T14:31:15Z",
		"1798036275.5 web1 nginx[812]: ":                             "2026-12-23T14:31:15.5Z",
		"Dec 23 2025 15:31:15 web1 nginx: ":                          "2025-12-23T15:31:15Z",
		"web_1  | 2026-12-23T15:31:15Z Dec 24 2025 15:31:15 nginx: ": "2025-12-24T15:31:15Z",
	} {
		var tx Transaction
		if err := parseOne(t, mapping).Map("t", lineRecord("log", prefix+`10.0.0.7 "GET /a HTTP/1.1"`), &tx); err != nil {
			t.Errorf("%q: %v", prefix, err)
			continue
		}
		if got := tx.Time.Format("2006-01-02T15:04:05.999999999Z07:00"); got != want || tx.Client.Address != "10.0.0.7" {
			t.Errorf("%q: %s from %s, want %s", prefix, got, tx.Client.Address, want)
		}
	}
}

func FuzzLayers(f *testing.F) {
	for _, prefix := range prefixes {
		f.Add(prefix + `198.51.100.7 - - [20/Nov/2026:10:11:12 +0000] "GET / HTTP/1.1" 200 12`)
	}
	f.Fuzz(func(t *testing.T, line string) {
		var o origin
		all := layers(nil, line, &o)
		if len(all) == 0 || len(all) > maxLayers+1 {
			t.Errorf("%d layers", len(all))
		}
		for i := 1; i < len(all); i++ {
			if len(all[i]) >= len(all[i-1]) || !strings.HasSuffix(all[i-1], all[i]) {
				t.Errorf("%q is no end of %q", all[i], all[i-1])
			}
		}
	})
}
