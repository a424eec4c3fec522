package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/corazawaf/coraza/v3/collection"
	"github.com/corazawaf/coraza/v3/types/variables"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// What is read of a request is what Coraza reads of it, for each variable there is.
func TestBareSource(t *testing.T) {
	cfg := config("crs")
	cfg.BodyLimit, cfg.Screen = 1<<10, ScreenOn
	e := newEngine(t, cfg)
	headers := func(all ...string) (h []mapping.Header) {
		for i := 0; i < len(all); i += 2 {
			h = append(h, mapping.Header{Name: all[i], Value: all[i+1]})
		}
		return h
	}
	transactions := map[string]mapping.Transaction{
		"nothing":  {},
		"peers":    {Client: mapping.Endpoint{Address: "10.1.0.7", Port: "40112"}, Server: mapping.Endpoint{Address: "2001:db8::1", Port: "8080"}, Host: "shop"},
		"response": {Status: 404, ResponseHeaders: headers("Server", "x", "server", "y", "", "z"), ResponseVersion: "HTTP/2"},
		"of views": {URI: "/a", Args: []mapping.Arg{{Name: "q", Value: "x%41"}, {Name: "Q", Value: strings.Repeat("y", 2000)}, {}}},
		"headers": {
			URI: "/", Method: "PUT", Protocol: "HTTP/1.0", Host: "h",
			RequestHeaders: headers("Host", "h", "HOST", "i", "", "none", "X", "", "coo\u212aie", "k=1", "Cook\u0130e", "i=2", "COOKIE", "c=3", "cookies", "no=4"),
		},
	}
	for _, uri := range []string{
		"", "/", "//", "//host/a?b", "/a/b.c", "/a\\b", "/a/?", "/?", "?", "?a=1", "a/b", "/a%20b", "/%41?x", "/%zz?x=1", "/a b?c=d e", "/a?x#y", "/#?", "#", "/a\x01?b=1", "/a?b=\x01", "/é", "/\xff?\xff",
		"/a:b", "/a;b=c", "/~x/./../y//", "/a?b?c", "http://host/p?q=1", "http://host", "*", "/a!$&'()*+,=@", "/a[1]", "/a|b", "/a?x=[1]&|", "/\u0085", "/a?\x7f", "/a\x7f", "/a\"<>^`{}",
	} {
		transactions["uri "+uri] = mapping.Transaction{URI: uri}
	}
	for _, query := range []string{
		"a", "a=", "=a", "=", "&", "&&a=1&", "a=1&a=2&A=3", "a+b=c%20d", "%41=%4", "a=%zz%", "a==b=", "a;b=c", "a=%00%ff", "a=1?b=2", strings.Repeat("a&", 98), strings.Repeat("&", 98),
	} {
		transactions["query "+query] = mapping.Transaction{URI: "/x?" + query}
	}
	for _, cookie := range []string{
		"", "a=1", "a=1; b=2;c=3", " a = 1 ;; ;b", "=x", "=", " = ", "\x01a\x7f=\x02b\x00;", "a=b=c; A=d", "a;b", "\u00a0a=b\u0085", "a=\xff", ";", "a=%41+",
	} {
		transactions["cookie "+cookie] = mapping.Transaction{URI: "/", RequestHeaders: headers("Cookie", cookie, "cookie", "second=1")}
	}
	for _, body := range []string{
		"", "a=1&b=%41&a=2", `{"a":{"b":[1,"x"]},"A":null}`, `{"a":`, "{\"a\":1}\n{\"b\":2}\n", "<a b='c'>d<e/></a>", "<a", "--B\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n" +
			"--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nid\r\n--B--\r\n", "--B", "a: b\nc: [d, e]\n", "\x00\xff", "hello",
		strings.Repeat("a=1&", 600), strings.Repeat("<a>", 500), "[" + strings.Repeat("1,", 700) + "1]", strings.Repeat("[", 600),
	} {
		for _, kind := range []string{
			"", "application/x-www-form-urlencoded", "application/json; charset=utf-8", "APPLICATION/JSON", "text/xml", "application/soap+xml", "application/vnd.api+json", "multipart/form-data; boundary=B", "multipart/form-data",
			"application/yaml", "text/plain", "application/x-ndjson", " application/json", "x",
		} {
			tx := mapping.Transaction{URI: "/a/b?c=d&e", Method: "POST", RequestHeaders: headers("Host", "h", "Cookie", "k=1"), RequestBody: mapping.Body{Text: body}}
			if kind != "" {
				tx.RequestHeaders = append(tx.RequestHeaders, headers("Content-Type", kind)...)
			}
			transactions["body "+kind+" "+body] = tx
			tx.RequestBody.Truncated = true
			tx.RequestHeaders = append(tx.RequestHeaders, headers("content-type", "text/xml", "Content-Length", "7")...)
			transactions["cut "+kind+" "+body] = tx
			tx.RequestBody.Coded = true
			transactions["coded "+kind+" "+body] = tx
		}
	}
	bodies := 0
	for name, tx := range transactions {
		s := e.bare(&tx, e.fast.hasBody(&tx))
		if s == nil {
			t.Fatalf("%q: it is left to Coraza", name)
		}
		if s.hasBody {
			bodies++
			if err := s.readBody(); err != nil {
				t.Fatal(err)
			}
		}
		whole, err := e.fast.newReader(s.hasBody)
		if err != nil {
			t.Fatal(err)
		}
		e.readWhole(whole, &tx, s.hasBody, s.excluded)
		for v := variables.Unknown + 1; v.Name() != "INVALID_VARIABLE"; v++ {
			if slices.Contains([]variables.RuleVariable{variables.UniqueID, variables.Rule, variables.TX, variables.Env}, v) || strings.HasPrefix(v.Name(), "TIME") {
				continue
			}
			got, want := pairsIn(s, v), pairsIn(onlyCollections{whole}, v)
			if !slices.Equal(got, want) {
				t.Errorf("%q: %s is %q, Coraza's is %q", name, v.Name(), got, want)
			}
			for _, key := range []string{"", "host", "server", "cookie", "x", "\u212a"} {
				keyed, ok := whole.Collection(v).(collection.Keyed)
				n, counts := s.Count(v, key)
				if !ok || !counts {
					continue
				}
				all := keyed.FindAll()
				if key != "" {
					all = keyed.FindString(key)
				}
				if n != len(all) {
					t.Errorf("%q: %s has %d of %q, Coraza's has %d", name, v.Name(), n, key, len(all))
				}
			}
		}
		if got, want := s.values, valuesOf(whole, &tx); got.filename != want.filename || got.processor != want.processor || len(got.xml) != len(want.xml) {
			t.Errorf("%q: views are made of the file name %q, what %q has read and %d texts of XML, not of %q, %q and %d",
				name, got.filename, got.processor, len(got.xml), want.filename, want.processor, len(want.xml))
		}
		_ = whole.Close()
	}
	if bodies < 100 {
		t.Errorf("only %d have bodies", bodies)
	}
	if s := e.bare(&mapping.Transaction{URI: "/?" + strings.Repeat("a&", maxBare)}, false); s != nil {
		t.Error("so many arguments are not left to Coraza, which has a limit")
	}
}

// A limit of arguments that the rules set is Coraza's to know, and so is how a body is read if that takes more than its type.
func TestNotBare(t *testing.T) {
	for rules, want := range map[string]bool{"SecArgumentsLimit 3": false, "SecArgumentsLimit 500": true, `SecRule FULL_REQUEST_LENGTH "@gt 1" "id:2,phase:1,deny"`: false} {
		cfg := config(file(t, "x.conf", rules+"\nSecRule ARGS \"@rx evil\" \"id:1,phase:2,deny\""))
		cfg.Screen = ScreenOn
		e := newEngine(t, cfg)
		if bare := e.bare(&mapping.Transaction{URI: "/"}, false) != nil; bare != want {
			t.Errorf("%s: read without Coraza %v", rules, bare)
		}
	}
	for condition, want := range map[string]bool{
		"REQUEST_HEADERS:Content-Type": true, "REQUEST_HEADERS:Content-Type|REQUEST_HEADERS:X": false, "REQUEST_HEADERS": false, "REQUEST_METHOD": false,
		"&REQUEST_HEADERS:Content-Type": false, "ARGS:x": false,
	} {
		cfg := config(file(t, "x.conf", `SecRule `+condition+` "@rx x" "id:2,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule ARGS "@rx evil" "id:1,phase:2,deny"`))
		cfg.Screen = ScreenOn
		e := newEngine(t, cfg)
		if bare := e.bare(&mapping.Transaction{URI: "/", RequestBody: mapping.Body{Text: "a"}}, true) != nil; bare != want {
			t.Errorf("%s: the body is read without the rest %v", condition, bare)
		}
	}
}

// onlyCollections has nothing but Coraza's collections.
type onlyCollections struct{ transaction }

func (onlyCollections) Each(variables.RuleVariable, func(key, value string)) bool { return false }

// pairsIn are what the screen reads of a variable, sorted.
func pairsIn(s interface {
	Collection(variables.RuleVariable) collection.Collection
	Each(variables.RuleVariable, func(key, value string)) bool
}, v variables.RuleVariable) (all []string) {
	visit := func(key, value string) { all = append(all, fmt.Sprintf("%s=%s", key, value)) }
	if !s.Each(v, visit) {
		switch col := s.Collection(v).(type) {
		case nil:
		case collection.Single:
			visit("", col.Get())
		default:
			for _, m := range col.FindAll() {
				visit(m.Key(), m.Value())
			}
		}
	}
	slices.Sort(all)
	return all
}
