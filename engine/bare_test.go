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

// What is read of a request without a body is what Coraza reads of it, for each variable there is.
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
	for name, tx := range transactions {
		s := e.bare(&tx)
		if s == nil {
			t.Fatalf("%q: it is left to Coraza", name)
		}
		whole := e.fast.plain.NewTransaction().(transaction)
		e.read(whole, &tx, false)
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
		if s.values.filename != whole.Variables().RequestFilename().Get() || s.values.processor != whole.Variables().RequestBodyProcessor().Get() {
			t.Errorf("%q: views are made of the file name %q", name, s.values.filename)
		}
		_ = whole.Close()
	}
	if s := e.bare(&mapping.Transaction{URI: "/?" + strings.Repeat("a&", maxBare)}); s != nil {
		t.Error("so many arguments are not left to Coraza, which has a limit")
	}
}

// A limit of arguments that the rules set is Coraza's to know.
func TestNotBare(t *testing.T) {
	for rules, want := range map[string]bool{"SecArgumentsLimit 3": false, "SecArgumentsLimit 500": true, `SecRule FULL_REQUEST_LENGTH "@gt 1" "id:2,phase:1,deny"`: false} {
		cfg := config(file(t, "x.conf", rules+"\nSecRule ARGS \"@rx evil\" \"id:1,phase:2,deny\""))
		cfg.Screen = ScreenOn
		e := newEngine(t, cfg)
		if bare := e.bare(&mapping.Transaction{URI: "/"}) != nil; bare != want {
			t.Errorf("%s: read without Coraza %v", rules, bare)
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
