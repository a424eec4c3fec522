package engine

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

func viewing(t *testing.T, mode ScreenMode) *Engine {
	t.Helper()
	e, err := New(Config{
		Rules: []string{"crs", "evidence"}, ParanoiaLevel: 1, InboundThreshold: 5, OutboundThreshold: 4, BodyLimit: 128 << 10, CacheSize: 1 << 10,
		Screen: mode, ScreenEvidence: true, Views: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// What a value decodes to, segments of the path and headers are inspected, with and without the fast path alike, and
// matches name them.
func TestViews(t *testing.T) {
	fast, slow := viewing(t, ScreenOn), viewing(t, ScreenOff)
	for name, c := range map[string]struct {
		tx   mapping.Transaction
		rule int
		at   string
	}{
		"base64":                   {mapping.Transaction{URI: "/?f=Li4vLi4vLi4vZXRjL3Bhc3N3ZA%3D%3D"}, 930120, "ARGS:f (base64)"},
		"overlong":                 {mapping.Transaction{URI: "/?f=..%c0%af..%c0%afetc%c0%afpasswd"}, 930120, "ARGS:f (folded)"},
		"JSON in a cookie":         {mapping.Transaction{URI: "/", RequestHeaders: []mapping.Header{{Name: "Cookie", Value: `c={"n":3,"a":"..\u002f..\u002fetc/passwd"}`}}}, 930110, "REQUEST_COOKIES:c (escapes)"},
		"header":                   {mapping.Transaction{URI: "/", RequestHeaders: []mapping.Header{{Name: "X-Tenant", Value: "a; cat /etc/passwd"}}}, 930120, "REQUEST_HEADERS:x-tenant"},
		"base64 in a header":       {mapping.Transaction{URI: "/", RequestHeaders: []mapping.Header{{Name: "X-State", Value: "Li4vLi4vLi4vZXRjL3Bhc3N3ZA"}}}, 930120, "REQUEST_HEADERS:x-state (base64)"},
		"base64 in the path":       {mapping.Transaction{URI: "/show/Li4vLi4vLi4vZXRjL3Bhc3N3ZA/a"}, 930120, "REQUEST_FILENAME (base64)"},
		"padded in a cookie":       {mapping.Transaction{URI: "/", RequestHeaders: []mapping.Header{{Name: "Cookie", Value: "c=Li4vLi4vLi4vZXRjL3Bhc3N3ZA%3D%3D"}}}, 930120, "REQUEST_COOKIES:c (percent, base64)"},
		"string of GraphQL":        {*postOf("application/json", `{"query":"{ file(path: \"Li4vLi4vLi4vZXRjL3Bhc3N3ZA\") { text } }"}`), 930120, "ARGS:json.query (graphql, base64)"},
		"text as a body":           {*postOf("text/plain", "hello ../../../etc/passwd"), 930120, "REQUEST_BODY"},
		"base64 as a body":         {*postOf("", "Li4vLi4vLi4vZXRjL3Bhc3N3ZA=="), 930120, "REQUEST_BODY (base64)"},
		"text as JSON":             {*postOf("application/json", "hello ../../../etc/passwd"), 930120, "REQUEST_BODY"},
		"text as a form in parts":  {*postOf(multipartType, "hello ../../../etc/passwd"), 930120, "REQUEST_BODY"},
		"JSON5":                    {*postOf("application/json", "{file: '../../../etc/passwd'}"), 930120, "REQUEST_BODY"},
		"JSON5 as a form in parts": {*postOf(multipartType, "{/*c*/'file': '../../../etc/passwd'}"), 930120, "REQUEST_BODY"},
		"name in the query":        {mapping.Transaction{URI: "/?a;+cat+/etc/passwd"}, 9703020, "ARGS:a; cat /etc/passwd (name)"},
		"name in JSON":             {*postOf("application/json", `{"; cat /etc/passwd":1}`), 9703020, "ARGS:json.; cat /etc/passwd (name)"},
		"template as a body":       {*postOf("", "{{7*7}}"), 9703033, "REQUEST_BODY"},
		"base64 in XML":            {*postOf("text/xml", "<a><b>Li4vLi4vLi4vZXRjL3Bhc3N3ZA==</b></a>"), 930120, "REQUEST_XML:/* (base64)"},
		"attribute of XML":         {*postOf("text/xml", `<?xml version="1.0"?><a b="x'; cat /etc/passwd"/>`), 932160, "REQUEST_XML://@*"},
		"piece of HTML":            {*postOf("text/xml", "<img src=x onerror=alert(1)>"), 941160, "REQUEST_BODY"},
		"script in XML":            {*postOf("text/xml", "<note><script>alert(1)</script></note>"), 941110, "REQUEST_BODY"},
		"segment":                  {mapping.Transaction{URI: "/user/x%27%20union%20select%20password%20from%20users--%20/a"}, 942100, "REQUEST_FILENAME"},
		"comments in a path":       {mapping.Transaction{URI: "/item/1/**/union/**/select/**/1,2,password/**/from/**/users"}, 942100, "REQUEST_FILENAME"},
		"escaped comments":         {mapping.Transaction{URI: "/item/1/%2A%2a/or/**/1=1/a"}, 942100, "REQUEST_FILENAME"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.tx.Method, c.tx.Protocol = "GET", "HTTP/1.1"; c.tx.RequestBody.Text != "" {
				c.tx.Method = "POST"
			}
			a, err1 := fast.Inspect(&c.tx)
			b, err2 := slow.Inspect(&c.tx)
			if err1 != nil || err2 != nil {
				t.Fatal(err1, err2)
			}
			for _, v := range []Verdict{a, b} {
				if !slices.ContainsFunc(v.Matches, func(m Match) bool {
					return m.RuleID == c.rule && m.View && slices.ContainsFunc(m.Places, func(p Place) bool { return p.Variable == c.at })
				}) {
					t.Errorf("no match of %d at %s", c.rule, c.at)
				}
				for _, m := range v.Matches {
					if strings.Contains(m.Data, "ARGS:REQUEST_") {
						t.Errorf("%d has matched data %q", m.RuleID, m.Data)
					}
				}
			}
			evidence := func(v Verdict) (ids []int) {
				for _, m := range v.Matches {
					if m.IsEvidence() {
						ids = append(ids, m.RuleID)
					}
				}
				return ids
			}
			if !slices.Equal(evidence(a), evidence(b)) {
				t.Errorf("with the fast path %v, without %v", evidence(a), evidence(b))
			}
		})
	}
}

func TestSegments(t *testing.T) {
	for path, want := range map[string][]string{
		"":                     {""},
		"/a/b/":                {"", "a", "b", ""},
		"/i/1/**/or/**/1=1/a":  {"", "i", "1/**/or/**/1=1", "a"},
		"/i/1/%2a%2A/x":        {"", "i", "1/%2a%2A/x"},
		"/1/*!50000a*//**/b/c": {"", "1/*!50000a*//**/b", "c"},
		"/1/*a/b*/c":           {"", "1/*a/b*/c"},
		"/logs/*/a/*/b":        {"", "logs", "*", "a", "*", "b"},
		"/1/*a/b":              {"", "1", "*a", "b"},
	} {
		if got := slices.Collect(segments(path)); !slices.Equal(got, want) {
			t.Errorf("%s has the segments %q, want %q", path, got, want)
		}
	}
}

// Conditions on a view and on what else is known of the exchange are one rule's, with and without the fast path; and what
// else is known is no reason to hold the fast path wrong.
func TestViewsInChains(t *testing.T) {
	chain := file(t, "own.conf", `SecRule REQUEST_FILENAME "@beginsWith /admin" "id:100,phase:2,block,msg:'word in admin',chain"
    SecRule ARGS "@contains hidden word"
SecRule REQUEST_FILENAME "@beginsWith /score" "id:101,phase:2,block,msg:'word where the head scores',setvar:tx.anomaly_score=+5,chain"
    SecRule ARGS "@contains covert word"
`)
	for _, c := range []struct {
		uri  string
		want []int
	}{
		{"/admin/?f=YSBoaWRkZW4gd29yZCBpbiBhbiBhcmd1bWVudA", []int{100}},
		{"/score?f=YSBjb3ZlcnQgd29yZCBpbiBhbiBhcmd1bWVudA", []int{101}},
		{"/public?f=YSBoaWRkZW4gd29yZCBpbiBhbiBhcmd1bWVudA", nil},
		{"/config.json?f=YSBoYXJtbGVzcyB3b3JkIGluIGFuIGFyZ3VtZW50", nil},
	} {
		for _, mode := range []ScreenMode{ScreenOff, ScreenOn, ScreenVerify} {
			e := newEngine(t, Config{Rules: []string{chain, "crs"}, ParanoiaLevel: 1, InboundThreshold: 5, OutboundThreshold: 4, BodyLimit: 1 << 10,
				CacheSize: 64, Screen: mode, ScreenEvidence: true, Views: true})
			v := inspect(t, e, &mapping.Transaction{Method: "GET", Protocol: "HTTP/1.1", Host: "a.example", URI: c.uri})
			var got []int
			for _, m := range v.Matches {
				if m.View {
					got = append(got, m.RuleID)
				}
			}
			if !slices.Equal(got, c.want) || v.Screened == ScreenWrong {
				t.Errorf("%s, screen %d: rules %v match in views, want %v; %v", c.uri, mode, got, c.want, v.Screened)
			}
		}
	}
}

// An attack that only a view has is told with all that matches beside it, also what can't alarm by itself.
func TestViewsBesidePolicy(t *testing.T) {
	tx := get("/?q=JyB1bmlvbiBzZWxlY3QgcGFzc3dvcmQgZnJvbSB1c2Vycy0t", mapping.Header{Name: "Host", Value: "192.0.2.7"})
	var want []int
	for _, mode := range []ScreenMode{ScreenOff, ScreenOn} {
		e := newEngine(t, Config{Rules: []string{"crs"}, ParanoiaLevel: 1, InboundThreshold: 5, OutboundThreshold: 4, BodyLimit: 1 << 10,
			CacheSize: 64, Screen: mode, ScreenEvidence: true, Views: true})
		v := inspect(t, e, tx)
		got := v.RuleIDs()
		if mode == ScreenOff {
			want = got
		}
		if !slices.Equal(got, want) || !slices.Contains(got, 920350) || !slices.Contains(got, 942100) {
			t.Errorf("screen %d: rules %v, want %v", mode, got, want)
		}
	}
}

// A body that has arguments is seen by these alone, and one that nobody can read is not seen.
func TestBodiesWithoutViews(t *testing.T) {
	e := viewing(t, ScreenOff)
	for name, tx := range map[string]*mapping.Transaction{
		"JSON":      postOf("application/json", `{"a":"1' union select name from users-- "}`),
		"form":      postOf("application/x-www-form-urlencoded", "a=1'+union+select+name+from+users--+"),
		"bytes":     postOf("application/octet-stream", "\x00\xff; cat /etc/passwd"),
		"Latin-1":   postOf("", "\u001f\u008b\u0008; cat /etc/passwd"),
		"document":  postOf("application/xml", "<channel><item><link>http://www.example.com/news</link><title>What is new</title></item></channel>"),
		"parts":     postOf("multipart/related; boundary=b", "--b\r\nContent-Type: application/json\r\n\r\n{\"name\":\"a.txt\"}\r\n--b\r\nContent-Type: text/plain\r\n\r\nA line.\r\n--b--"),
		"long text": postOf("text/plain", strings.Repeat("A line. ", 1<<10)+"; cat /etc/passwd"),
	} {
		v, err := e.Inspect(tx)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range v.Matches {
			if slices.ContainsFunc(m.Places, func(p Place) bool { return m.View && strings.HasPrefix(p.Variable, "REQUEST_BODY") }) {
				t.Errorf("%s: %d matches the body as a whole", name, m.RuleID)
			}
		}
	}
}

// Views are arguments to rules; only those of what stands in the URL are arguments of a query.
func TestViewsInQuery(t *testing.T) {
	own := file(t, "own.conf", `SecRule ARGS_GET "@contains hidden word" "id:100,phase:2,block,msg:'in the query'"
SecRule ARGS "@contains hidden word" "id:101,phase:2,block,msg:'anywhere'"
`)
	const word = "YSBoaWRkZW4gd29yZCBpbiBhbiBhcmd1bWVudA"
	for name, c := range map[string]struct {
		tx   *mapping.Transaction
		want []int
	}{
		"query":     {get("/?f=" + word), []int{100, 101}},
		"path":      {get("/" + word), []int{100, 101}},
		"cookie":    {get("/", mapping.Header{Name: "Cookie", Value: "f=" + word}), []int{101}},
		"form":      {postOf("application/x-www-form-urlencoded", "f="+word), []int{101}},
		"multipart": {postOf("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n"+word+"\r\n--b--\r\n"), []int{101}},
	} {
		for _, mode := range []ScreenMode{ScreenOff, ScreenOn, ScreenVerify} {
			e := newEngine(t, Config{Rules: []string{own}, ParanoiaLevel: 1, InboundThreshold: 5, OutboundThreshold: 4, BodyLimit: 1 << 10, CacheSize: 64, Screen: mode, Views: true})
			if v := inspect(t, e, c.tx); !slices.Equal(v.RuleIDs(), c.want) || v.Screened == ScreenWrong {
				t.Errorf("%s, screen %d: rules %v, want %v; %v", name, mode, v.RuleIDs(), c.want, v.Screened)
			}
		}
	}
}

// What a user leaves out for a variable is left out of its views.
func TestViewsExcluded(t *testing.T) {
	e, err := New(Config{
		Rules: []string{"crs"}, ParanoiaLevel: 1, InboundThreshold: 5, OutboundThreshold: 4, BodyLimit: 128 << 10, CacheSize: 1 << 10,
		Screen: ScreenOn, ScreenEvidence: true, Views: true, Exclude: []string{"930100-930130@ARGS:f", "932160@ARGS:f"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	v, err := e.Inspect(&mapping.Transaction{Method: "GET", Protocol: "HTTP/1.1", URI: "/?f=Li4vLi4vLi4vZXRjL3Bhc3N3ZA%3D%3D"})
	if err != nil || v.HasEvidence() {
		t.Errorf("got %+v, %v", v.Matches, err)
	}
}

// So is what is left out for a variable of some exchanges only, and for a cookie, which Coraza knows by no such name there.
func TestViewsExcludedByLimits(t *testing.T) {
	const encoded = "Li4vLi4vLi4vZXRjL3Bhc3N3ZA=="
	argument := mapping.Transaction{Method: "GET", Protocol: "HTTP/1.1", Host: "shop.example", URI: "/file/get?f=" + strings.ReplaceAll(encoded, "=", "%3D")}
	cookie := mapping.Transaction{Method: "GET", Protocol: "HTTP/1.1", Host: "shop.example", URI: "/file/get",
		RequestHeaders: []mapping.Header{{Name: "Cookie", Value: "f=" + encoded}}}
	for _, c := range []struct {
		exclude string
		of      mapping.Transaction
		found   bool
	}{
		{"1-9999999@/other/@ARGS:f", argument, true},
		{"1-9999999@/file/@ARGS:f", argument, false},
		{"1-9999999@host:shop.example@ARGS:f", argument, false},
		{"1-9999999@host:other.example@ARGS:f", argument, true},
		{"1-9999999@REQUEST_COOKIES:other", cookie, true},
		{"1-9999999@REQUEST_COOKIES:f", cookie, false},
		{"1-9999999@/file/@REQUEST_COOKIES:f", cookie, false},
		{"1-9999999@/other/@REQUEST_COOKIES:f", cookie, true},
	} {
		for _, mode := range []ScreenMode{ScreenOff, ScreenOn} {
			e, err := New(Config{
				Rules: []string{"crs"}, ParanoiaLevel: 1, InboundThreshold: 5, OutboundThreshold: 4, BodyLimit: 128 << 10, CacheSize: 1 << 10,
				Screen: mode, ScreenEvidence: true, Views: true, Exclude: []string{c.exclude},
			})
			if err != nil {
				t.Fatal(err)
			}
			v, err := e.Inspect(&c.of)
			if err != nil || v.HasEvidence() != c.found {
				t.Errorf("%s, screen %d: got %v, %v", c.exclude, mode, v.RuleIDs(), err)
			}
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// Rules of policy are told from CRS's own tags, and no rule about attacks is one.
func TestPolicyRules(t *testing.T) {
	e := viewing(t, ScreenOff)
	for id, want := range map[int]bool{
		911100: true, 920420: true, 920350: true, 920450: true, 920170: true, 953100: true,
		930100: false, 932160: false, 942100: false, 941100: false, 921110: false, 913100: false, 953110: false, 951110: false, 9703010: false,
	} {
		r, ok := e.rules[id]
		if !ok || r.policy != want {
			t.Errorf("rule %d: there %v, policy %v", id, ok, r.policy)
		}
	}
}

// Rules that are taken away from a variable under a path take the hints of their kind with them, there and only there,
// however that is said.
func TestHintsExcluded(t *testing.T) {
	const under = `SecRule REQUEST_FILENAME "@beginsWith /search" "id:1,phase:1,pass,nolog,ctl:`
	for _, c := range []struct {
		exclude, rules string
		elsewhere      bool // under other paths, too
	}{
		{exclude: "942100-942999@/search@ARGS:q"},
		{exclude: "OWASP_CRS@/search@ARGS:q"},
		{exclude: "OWASP_CRS@ARGS:q", elsewhere: true},
		{rules: under + `ruleRemoveTargetById=942100-942999;ARGS:q"`},
		{rules: under + `ruleRemoveTargetByTag=OWASP_CRS;ARGS:q"`},
		{rules: under + `'ruleRemoveTargetByTag=OWASP_CRS;ARGS:q|ARGS:s'"`},
		{rules: `SecRuleUpdateTargetById 942100-942999 "!ARGS:q"`, elsewhere: true},
		{rules: `SecRuleUpdateTargetByTag OWASP_CRS "!ARGS:q"`, elsewhere: true},
	} {
		file := filepath.Join(t.TempDir(), "own.conf")
		if err := os.WriteFile(file, []byte(c.rules), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg := Config{
			Rules: []string{"crs", "evidence", file}, ParanoiaLevel: 1, InboundThreshold: 5, OutboundThreshold: 4, BodyLimit: 128 << 10, CacheSize: 1 << 10,
			Screen: ScreenOn, ScreenEvidence: true, Views: true,
		}
		if c.exclude != "" {
			cfg.Exclude = []string{c.exclude}
		}
		e, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		if len(e.Warnings()) > 0 {
			t.Error(e.Warnings())
		}
		for uri, want := range map[string]bool{
			"/search?q=1%27+or+1%3D1--+": false, "/search?r=1%27+or+1%3D1--+": true, "/other?q=1%27+or+1%3D1--+": !c.elsewhere,
		} {
			v, err := e.Inspect(&mapping.Transaction{Method: "GET", Protocol: "HTTP/1.1", URI: uri})
			if err != nil || v.HasEvidence() != want {
				t.Errorf("%s%s: %s: got %+v, %v", c.exclude, c.rules, uri, v.Matches, err)
			}
		}
	}
}
