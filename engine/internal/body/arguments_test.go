package body

import (
	"slices"
	"strings"
	"testing"
)

// Of what is beyond a limit the plain is one text, each part once, and the rest apart for as many times again.
func TestBeyond(t *testing.T) {
	const batch = "--AbC\r\nContent-Type: application/http\r\n\r\nGET /?"
	form, list := strings.Repeat("a=1&", 1000), "["+strings.Repeat("1,", 1000)
	for _, c := range []struct {
		name, kind, contentType, body string
		want                          []string
	}{
		{"form", "URLENCODED", "", form + "b=c&d=%3Ce&b=f&f%5Bg%5D=c&=h", []string{"rest=b,c,f,f[g],h", "d=<e"}},
		{"form, all of it", "URLENCODED", "", form + strings.Repeat("b=(&", 1000) + "d=%3Ce&f=(&=g", []string{"rest=d,<e,f,(,g"}},
		{"JSON, values", "JSON", "", list + `{"a":"b\u003c","c":[2.5e3,true,{"d":null}]},[["e"],{"f(":[{"g":3}]}]]`,
			[]string{"json.1000.a=b<", "rest=a,c,d,e", "json.1001.1.f(.0.g=3"}},
		{"JSON, lists", "JSON", "", `{"a":[` + strings.Repeat("[1],", 999) + `[1]],"b":[["c"]]}`, []string{"rest=b,c"}},
		{"JSON, deep", "JSON", "", `{"a":` + strings.Repeat("[", 1100) + `"b (",false` + strings.Repeat("]", 1100) + `,"c":"d"}`, []string{"rest=b (,c,d"}},
		{"JSON, long names", "JSON", "", strings.Repeat(`{"`+strings.Repeat("a", 99)+`":`, 500) + `[` + strings.Repeat(`1,`, 7) + `"b","c","d"]` +
			strings.Repeat("}", 500), []string{"rest=c,d"}},
		{"JSON, broken", "JSON", "", list + `"a",id;id,"b`, []string{"rest=a,b", "json.1001=id;id"}},
		{"JSON in a form", "URLENCODED", "", list + `"a"]`, []string{"rest=a"}},
		{"batch", "MULTIPART", "multipart/mixed; boundary=AbC", batch + form + "b=2&c=3 HTTP/1.1\r\n\r\n\r\n" +
			batch + "d=4 HTTP/1.1\r\n\r\n\r\n--AbC--\r\n", []string{"rest=a,1,b,2,c,3,d,4"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ours, _ := wafs(t, c.kind)
			v := processedBy(t, ours, c.contentType, c.body)
			var all []string
			for _, m := range v.ArgsPost().FindAll() {
				all = append(all, m.Key()+"="+m.Value())
			}
			for _, want := range c.want {
				if !slices.Contains(all, want) {
					t.Errorf("%q is not there; the last are %.500q, the fault is %q", want, all[max(0, len(all)-20):], v.RequestBodyErrorMsg().Get())
				}
			}
		})
	}
}
