package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

const (
	zeekFields   = "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\ttrans_depth\tmethod\thost\turi\treferrer\tversion\tuser_agent\tstatus_code\ttags"
	zeekLine     = "1795169472.5\tCMreaf3tGGK2whbqh7\t10.0.0.7\t51234\t10.0.1.5\t80\t1\tGET\tshop.example.com\t/a?b=c\t-\t1.1\tcurl/8.5.0\t200\t(empty)"
	zeek29       = "1795169472.5\tCMreaf3tGGK2whbqh7\t10.0.0.7\t51234\t10.0.1.5\t80\t1\tGET\tshop.example.com\t/a?b=c\t-\t1.1\tcurl/8.5.0\t0\t5120\t200\tOK\t-\t-\t(empty)\t-\t-\t-\t-\t-\t-\t-\t-\t-"
	zeek29Fields = "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\ttrans_depth\tmethod\thost\turi\treferrer\tversion\tuser_agent\trequest_body_len\tresponse_body_len\tstatus_code\tstatus_msg\tinfo_code\tinfo_msg\ttags\tusername\tpassword\tproxied\torig_fuids\torig_filenames\torig_mime_types\tresp_fuids\tresp_filenames\tresp_mime_types"
)

// Logs in columns as servers and sensors write them: what the last line becomes after those before it.
func TestColumnsAsWritten(t *testing.T) {
	for _, c := range []struct {
		name, preset string
		lines        []string
		want         string // client, method, URI, status, time, User-Agent; empty for unmapped
	}{
		{"IIS, default columns", "iis", []string{
			"2026-11-20 10:11:12 10.0.1.5 GET /a b=c 443 - 10.0.0.7 Mozilla/5.0+(X11) - 200 0 0 15"},
			"10.0.0.7 GET /a?b=c 200 2026-11-20T10:11:12Z Mozilla/5.0 (X11)"},
		{"IIS, a user's name with spaces", "iis", []string{
			`2026-11-20 10:11:12 10.0.1.5 GET /a b=c 443 EXAMPLE\Mary Ann Doe 10.0.0.7 curl/8.5.0 - 200 0 0 15`},
			"10.0.0.7 GET /a?b=c 200 2026-11-20T10:11:12Z curl/8.5.0"},
		{"IIS, a word too many in no column", "iis", []string{
			"2026-11-20 10:11:12 10.0.1.5 GET /a b=c 443 - nobody at home - - - - - 15"}, ""},
		{"columns in quotes", "iis", []string{
			"#Fields: date time c-ip cs-method cs-uri-stem cs(User-Agent) sc-status",
			`2026-11-20 10:11:12 10.0.0.7 GET /a "Mozilla/5.0 (X11; ""odd"") Gecko" 200`},
			`10.0.0.7 GET /a 200 2026-11-20T10:11:12Z Mozilla/5.0 (X11; "odd") Gecko`},
		{"Exchange, columns parted by commas", "iis", []string{
			"#Software: Microsoft Exchange Server", "#Log-type: HttpProxy Logs", "#Date: 2026-11-20T00:00:00.000Z",
			"#Fields: DateTime,Protocol,UrlHost,UrlStem,UserAgent,ClientIpAddress,ServerHostName,HttpStatus,Method,UrlQuery",
			`2026-11-20T10:11:12.000Z,Ecp,mail.example.com,/ecp/x.js,"Mozilla/5.0 (X11; a, b)",10.0.0.7,EX1,200,POST,?b=c`},
			"10.0.0.7 POST /ecp/x.js?b=c 200 2026-11-20T10:11:12Z Mozilla/5.0 (X11; a, b)"},
		{"the day is that of #Date:", "iis", []string{
			"#Software: Microsoft Internet Information Services 10.0", "#Version: 1.0", "#Date: 2026-11-20 00:00:00",
			"#Fields: time c-ip cs-method cs-uri-stem sc-status", "10:11:12 10.0.0.7 GET /a 200"},
			"10.0.0.7 GET /a 200 2026-11-20T10:11:12Z "},
		{"the next day", "iis", []string{
			"#Date: 2026-11-20 00:00:00", "#Fields: time c-ip cs-method cs-uri-stem sc-status", "#Date: 2026-11-21 00:00:00", "10:11:12 10.0.0.7 GET /a 200"},
			"10.0.0.7 GET /a 200 2026-11-21T10:11:12Z "},
		{"Zeek, columns of #fields", "zeek", []string{
			"#separator \\x09", "#set_separator\t,", "#empty_field\t(empty)", "#unset_field\t-", "#path\thttp", zeekFields, zeekLine},
			"10.0.0.7 GET /a?b=c 200 2026-11-20T10:11:12.5Z curl/8.5.0"},
		{"Zeek, 29 columns of #fields", "zeek", []string{zeek29Fields, zeek29}, "10.0.0.7 GET /a?b=c 200 2026-11-20T10:11:12.5Z curl/8.5.0"},
		{"Zeek, 29 columns that nothing announces", "zeek", []string{zeek29}, ""},
		{"Zeek, few columns of the log http", "zeek", []string{
			"#path\thttp", "#fields\tts\tid.orig_h\turi\tuser_agent", "1795169472.5\t10.0.0.7\t/a?b=c\tcurl/8.5.0"},
			"10.0.0.7  /a?b=c 0 2026-11-20T10:11:12.5Z curl/8.5.0"},
		{"Zeek, few columns, the name of the log behind another separator", "zeek", []string{
			`#separator \x7c`, "#path|http", "#fields|ts|id.orig_h|method|uri", "1795169472.5|10.0.0.7|GET|/a?b=c"},
			"10.0.0.7 GET /a?b=c 0 2026-11-20T10:11:12.5Z "},
		{"Zeek, the log http behind another one", "zeek", []string{
			"#path\tsip", "#fields\tts\tuid\tid.orig_h\tid.resp_h\tmethod\turi", "1795169472.5\tC1\t10.0.0.7\t10.0.1.9\tOPTIONS\tsip:100@10.0.1.9",
			"#path\thttp", "#fields\tts\tuid\tid.orig_h\tid.resp_h\tmethod\turi", "1795169472.5\tC1\t10.0.0.7\t10.0.1.5\tGET\t/a?b=c"},
			"10.0.0.7 GET /a?b=c 0 2026-11-20T10:11:12.5Z "},
		{"Zeek, bytes in hexadecimal", "zeek", []string{zeekFields, strings.NewReplacer("/a?b=c", `/a?b=1'\x0aor\x0d\xff\x5c`, "curl/8.5.0", `curl\x09\xc3\xa9`).Replace(zeekLine)},
			"10.0.0.7 GET /a?b=1'%0Aor%0D\xff\\ 200 2026-11-20T10:11:12.5Z curl\té"},
	} {
		t.Run(c.name, func(t *testing.T) {
			all, err := Preset(c.preset)
			if err != nil {
				t.Fatal(err)
			}
			set := NewSet(all, false)
			var tx Transaction
			for i, line := range c.lines {
				tx = Transaction{}
				// The columns that a tag's lines announce are known for as long as the preset is.
				err = set.Map(c.name, lineRecord("log", line), &tx)
				if i < len(c.lines)-1 && !errors.Is(err, ErrSkipped) {
					t.Errorf("%s: %v", line, err)
				}
			}
			if c.want == "" {
				if err == nil || errors.Is(err, ErrSkipped) {
					t.Errorf("%v; mapped to %+v", err, tx)
				}
				return
			}
			agent := ""
			for _, h := range tx.RequestHeaders {
				if h.Name == "User-Agent" {
					agent = h.Value
				}
			}
			got := fmt.Sprint(tx.Client.Address, " ", tx.Method, " ", tx.URI, " ", tx.Status, " ", tx.Time.UTC().Format(time.RFC3339Nano), " ", agent)
			if err != nil || got != c.want {
				t.Errorf("%v\ngot  %q\nwant %q", err, got, c.want)
			}
		})
	}
}

// Of Zeek's logs in columns, only those of HTTP are read, whichever columns a site has left out.
func TestColumnsOfZeek(t *testing.T) {
	const connection = "1795169472.5\tC1\t10.0.0.7\t51234\t10.0.1.5\t80\t"
	for _, c := range []struct {
		path, columns, values string
		isRead                bool
	}{
		{"http", "method\thost\turi\tuser_agent\tstatus_code", "GET\tshop.example.com\t/a?b=c\tcurl/8.5.0\t200", true},
		{"http", "trans_depth\tmethod\thost\turi\tversion\tstatus_code\tresp_mime_types", "1\tGET\t-\t/a?b=c\t1.0\t200\ttext/html", true},
		{"http", "method\turi", "GET\t/a?b=c", true},
		{"http", "method\turi", "GET\t../a?b=c", true},
		{"http", "uri", "/a?b=c", true},
		{"http_dmz", "method\turi", "GET\t/a?b=c", true},
		{"web", "method\thost\turi", "GET\tshop.example.com\t/a?b=c", true},
		{"web", "trans_depth\tmethod\turi\ttags", "1\tGET\ta?b=c\t(empty)", true},
		{"", "method\thost\turi", "GET\tshop.example.com\ta?b=c", true},
		{"", "trans_depth\tmethod\turi\tuser_agent\tstatus_code", "1\tGET\t/a?b=c\tcurl/8.5.0\t200", true},
		{"", "method\turi", "GET\thttp://shop.example.com/a?b=c", true},
		{"http", "method\turi", "-\t-", false},
		{"http", "status_code", "200", false},
		{"sip", "trans_depth\tmethod\turi\trequest_path\tuser_agent\tstatus_code", "0\tOPTIONS\tsip:100@10.0.1.9\t(empty)\tfriendly-scanner\t-", false},
		{"sip", "method\turi", "OPTIONS\tsip:100@10.0.1.9", false},
		{"sip", "method\turi\tuser_agent", "OPTIONS\t/\tfriendly-scanner", false},
		{"", "trans_depth\tmethod\turi\tuser_agent\tstatus_code", "0\tOPTIONS\tsip:100@10.0.1.9\tfriendly-scanner\t-", false},
		{"", "method\turi\tcall_id", "OPTIONS\t/\t98420111", false},
		{"websocket", "host\turi\tuser_agent", "shop.example.com\t/a?b=c\tcurl/8.5.0", false},
		{"coap", "method\turi", "GET\t/a?b=c", false},
		{"conn", "proto\tservice\tduration\tconn_state", "tcp\thttp\t0.2\tSF", false},
		{"dns", "proto\ttrans_id\tquery\tqtype_name\trcode_name", "udp\t7\tshop.example.com\tA\tNOERROR", false},
		{"files", "fuid\tsource\tmime_type\tfilename", "F1\tHTTP\ttext/html\t/a", false},
		{"ssl", "version\tcipher\tserver_name", "TLSv13\tTLS_AES_128_GCM_SHA256\tshop.example.com", false},
	} {
		t.Run(strings.ReplaceAll(c.path+" "+c.columns, "\t", " "), func(t *testing.T) {
			for _, preset := range []string{"zeek", "auto"} {
				set, err := Load(preset)
				if err != nil {
					t.Fatal(err)
				}
				tag := t.Name() + c.values
				names := "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\t" + c.columns
				head := []string{"#path\t" + c.path, "#fields\t" + names}
				if c.path == "" {
					head = head[1:]
				}
				var tx Transaction
				for _, line := range head {
					if err := set.Map(tag, lineRecord("log", line), &tx); !errors.Is(err, ErrSkipped) {
						t.Errorf("%s: %q: %v", preset, line, err)
					}
				}
				err = set.Map(tag, lineRecord("log", connection+c.values), &tx)
				if isRead := err == nil && tx.Preset == "zeek" && tx.Client.Address == "10.0.0.7" && strings.HasSuffix(tx.URI, "a?b=c"); isRead != c.isRead {
					t.Errorf("%s: %v by %s: %s", preset, err, tx.Preset, tx.URI)
				}
				if !c.isRead && !errors.Is(err, ErrSkipped) {
					t.Errorf("%s: %v, want it to be skipped", preset, err)
				}

				object := map[string]any{}
				values := strings.Split(connection+c.values, "\t")
				for i, name := range strings.Split(names, "\t") {
					if values[i] != "-" {
						object[name] = values[i]
					}
				}
				if c.path != "" {
					object["_path"] = c.path
				}
				text, err := json.Marshal(object)
				if err != nil {
					t.Fatal(err)
				}
				err = set.Map("json"+tag, record(t, string(text)), &tx)
				if isRead := err == nil && tx.Preset == "zeek"; isRead != c.isRead || !isRead && !errors.Is(err, ErrSkipped) {
					t.Errorf("%s: %v by %s: %s", preset, err, tx.Preset, text)
				}
			}
		})
	}
}

// CSV: text with separators and quotes in it stands between quotes.
func TestSeparator(t *testing.T) {
	set, err := Parse("csv.yaml", []byte("name: csv\nparse: {format: w3c, columns: [method, uri, agent, status], separator: ','}\n"+
		"request: {method: method, uri: uri, headers: {fields: {User-Agent: agent}}}\nresponse: {status: status}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ line, want string }{
		{`GET,/a,curl/8.5.0,200`, "GET /a curl/8.5.0 200"},
		{`GET,"/a?x=1,2","Mozilla/5.0 (""odd"", X11)",200`, `GET /a?x=1,2 Mozilla/5.0 ("odd", X11) 200`},
		{`GET,/a,"""",200`, `GET /a " 200`},
		{`"GET","/a","","200"`, "GET /a  200"},
		{`GET,/a,a "quoted" word,200`, `GET /a a "quoted" word 200`},
		{`GET,/a,,`, "GET /a  0"},
		{`GET,/a,curl/8.5.0`, ""},
		{`GET,/a,curl/8.5.0,200,5`, ""},
		{`GET,/a,"open,200`, `GET /a "open 200`},
	} {
		var tx Transaction
		got := ""
		if err := NewSet(set, false).Map("csv", record(t, fmt.Sprintf(`{"log":%q}`, c.line)), &tx); err == nil {
			agent := ""
			for _, h := range tx.RequestHeaders {
				agent = h.Value
			}
			got = fmt.Sprintf("%s %s %s %d", tx.Method, tx.URI, agent, tx.Status)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.line, got, c.want)
		}
	}
}
