package body

import (
	"slices"
	"strings"
	"testing"

	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/experimental/plugins"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
	"github.com/tidwall/gjson"
)

// wafs read bodies of a type with this package's processor and with Coraza's.
func wafs(t testing.TB, kind string) (ours, corazas coraza.WAF) {
	t.Helper()
	plugins.RegisterBodyProcessor("ours-"+strings.ToLower(kind), func() plugintypes.BodyProcessor { return Processors[kind] })
	var both [2]coraza.WAF
	for i, name := range []string{"ours-" + kind, kind} {
		var err error
		both[i], err = coraza.NewWAF(coraza.NewWAFConfig().WithDirectives("SecRuleEngine On\nSecRequestBodyAccess On\n" +
			"SecArgumentsLimit 1000\nSecAction \"id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=" + name + "\""))
		if err != nil {
			t.Fatal(err)
		}
	}
	return both[0], both[1]
}

// argsOf is what a processor makes of a body, sorted.
func argsOf(t testing.TB, waf coraza.WAF, body string) (args []string, failed, limit string) {
	t.Helper()
	tx := waf.NewTransaction()
	defer func() { _ = tx.Close() }()
	tx.ProcessRequestHeaders()
	if _, _, err := tx.WriteRequestBody([]byte(body)); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ProcessRequestBody(); err != nil {
		t.Fatal(err)
	}
	v := tx.(plugintypes.TransactionState).Variables()
	for _, m := range v.ArgsPost().FindAll() {
		args = append(args, m.Key()+"="+m.Value())
	}
	args = append(args, "REQUEST_BODY="+v.RequestBody().Get(), "REQUEST_BODY_LENGTH="+v.RequestBodyLength().Get())
	slices.Sort(args)
	return args, v.RequestBodyError().Get(), v.ArgumentsLimitReached().Get()
}

// among are those of sorted texts that are in others, too.
func among(all, others []string) (some []string) {
	for _, one := range others {
		for len(all) > 0 && all[0] < one {
			all = all[1:]
		}
		if len(all) > 0 && all[0] == one {
			some, all = append(some, one), all[1:]
		}
	}
	return some
}

func compare(t *testing.T, ours, corazas coraza.WAF, body string) {
	t.Helper()
	got, gotErr, gotLimit := argsOf(t, ours, body)
	want, wantErr, wantLimit := argsOf(t, corazas, body)
	if gotLimit == "1" { // Coraza leaves out what is beyond
		got = among(got, want)
	}
	if !slices.Equal(got, want) || gotErr != wantErr || gotLimit != wantLimit {
		got, want = got[:min(len(got), 20)], want[:min(len(want), 20)]
		t.Errorf("%.200s: got %q, error %q, limit %q; Coraza has %q, %q, %q", body, got, gotErr, gotLimit, want, wantErr, wantLimit)
	}
}

func TestJSON(t *testing.T) {
	ours, corazas := wafs(t, "JSON")
	for _, body := range []string{
		`{}`, `[]`, `""`, `"a\u00e9\n"`, `1`, `true`, `null`, ` -1.5e3 `,
		`{"a":1,"b":"x","c":[1,"2",{"d":null},[],[[3]]],"e":{"f":{"g":false}},"A":2,"a":3}`,
		`{"a b":"\ud83d\ude00 \ud800 \/","é":"ü","a\"b":"\\"}`,
		`[[[[[1]]]]]`, `[{"a":[1,2]},{"a":[3]}]`, "{\"a\" :\t[ 1 ,\n2 ] }", `{"":""}`, `{"a":{}}`,
		`{"a":"` + strings.Repeat("x", 100000) + `"}`,
		"[" + strings.Repeat("1,", 1500) + "1]", "[" + strings.Repeat("[],", 1500) + "1]",
		"[" + strings.Repeat("[1],", 1500) + "1]",
		strings.Repeat("[", 1000) + strings.Repeat("]", 1000), strings.Repeat("[", 1100) + strings.Repeat("]", 1100),
		`{"a":1}{"b":2}`, `{"a":1`, `{"a":1,,"b":2}`, `[1,`, `{"a":1,"a":2}`,
	} {
		compare(t, ours, corazas, body)
	}
}

func TestForm(t *testing.T) {
	ours, corazas := wafs(t, "URLENCODED")
	for _, body := range []string{
		"a=1&b=2&a=3", "a", "=", "=1", "&&a&&", "a=b=c", "a+b=%41%zz%4&%", strings.Repeat("a=1&", 1500), "ü=%ff%00",
	} {
		compare(t, ours, corazas, body)
	}
	// Of names that only case tells apart Coraza keeps one, and nobody sees the other's value.
	if got, _, _ := argsOf(t, ours, "A=1&a=2"); !slices.Contains(got, "A=1") || !slices.Contains(got, "a=2") {
		t.Errorf("got %q", got)
	}
}

// differInCase reports whether two names of a form differ in nothing but case.
func differInCase(body string) bool {
	names := map[string]string{}
	for pair := range strings.SplitSeq(body, "&") {
		name, _, _ := strings.Cut(pair, "=")
		name = unescape(name)
		lower := strings.ToLower(name)
		if other, ok := names[lower]; ok && other != name {
			return true
		}
		names[lower] = name
	}
	return false
}

func FuzzForm(f *testing.F) {
	f.Add("a=1&b=%41+%&a=")
	ours, corazas := wafs(f, "URLENCODED")
	f.Fuzz(func(t *testing.T, body string) {
		if body != "" && !differInCase(body) {
			compare(t, ours, corazas, body)
		}
	})
}

// Of valid JSON both make the same.
func FuzzJSON(f *testing.F) {
	f.Add(`{"a":[1,"b",{"c":null}],"d":"\u0041"}`)
	ours, corazas := wafs(f, "JSON")
	f.Fuzz(func(t *testing.T, body string) {
		if body == "" {
			return
		}
		if gjson.Valid(body) {
			compare(t, ours, corazas, body)
			return
		}
		argsOf(t, ours, body)
	})
}
