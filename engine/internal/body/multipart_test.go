package body

import (
	"fmt"
	"mime/multipart"
	"slices"
	"strings"
	"testing"

	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/collection"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
)

const formType = "multipart/form-data; boundary=AbC"

// variablesOf is what a processor makes of a body, and what it fails with.
func variablesOf(t testing.TB, waf coraza.WAF, contentType, body string, cut bool) (all []string, failed string) {
	t.Helper()
	tx := waf.NewTransaction()
	defer func() { _ = tx.Close() }()
	tx.AddRequestHeader("Content-Type", contentType)
	tx.ProcessRequestHeaders()
	if _, _, err := tx.WriteRequestBody([]byte(body)); err != nil {
		t.Fatal(err)
	}
	v := tx.(plugintypes.TransactionState).Variables()
	if cut {
		if err := MarkCut(v); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tx.ProcessRequestBody(); err != nil {
		t.Fatal(err)
	}
	for _, col := range []collection.Collection{
		v.ArgsPost(), v.Files(), v.FilesNames(), v.FilesSizes(), v.FilesCombinedSize(), v.MultipartPartHeaders(), v.MultipartName(),
		v.MultipartFilename(), v.MultipartFilenameCharset(), v.MultipartFilenameLanguage(), v.MultipartStrictError(),
		v.MultipartDuplicatePartHeader(), v.MultipartInvalidQuoting(), v.RequestXML(), v.InboundDataError(), v.RequestBody(),
	} {
		var own []string
		for _, m := range col.FindAll() {
			if m.Key() == xmlBody && col.Name() == "REQUEST_XML" {
				continue // the text that the test gave: see TestWhole
			}
			key := m.Key()
			if col.Name() == "FILES" || col.Name() == "FILES_SIZES" {
				key = "" // ours are of the field, Coraza's of nothing and of the file: see TestFilesOfFields
			}
			if m.Value() != "" && m.Value() != "0" || key != "" {
				own = append(own, fmt.Sprintf("%s:%s=%s", col.Name(), key, m.Value()))
			}
		}
		slices.Sort(own)
		all = append(all, own...)
	}
	return all, v.RequestBodyError().Get()
}

// lines joins lines with the ends that HTTP has.
func lines(all ...string) string { return strings.Join(all, "\r\n") }

func field(name, value string) string {
	return lines("--AbC", `Content-Disposition: form-data; name="`+name+`"`, "", value, "")
}

func file(disposition, data string) string {
	return lines("--AbC", "Content-Disposition: form-data; "+disposition, "Content-Type: text/plain", "", data, "")
}

const formEnd = "--AbC--\r\n"

// Of bodies that Coraza's own takes without a complaint both make the same.
func TestMultipart(t *testing.T) {
	ours, corazas := wafs(t, "MULTIPART")
	for name, body := range map[string]string{
		"a field":                field("a", "1") + formEnd,
		"no line end after it":   field("a", "1") + "--AbC--",
		"two fields":             field("a", "1") + field("b", "2\r\n3") + formEnd,
		"a name twice":           field("a", "1") + field("a", "2") + formEnd,
		"an empty name":          field("", "1") + formEnd,
		"an empty value":         field("a", "") + formEnd,
		"a file":                 file(`name="f"; filename="a b.txt"`, "data\r\n--Ab\r\n--AbCd") + formEnd,
		"an empty file":          file(`name="f"; filename=""`, "") + formEnd,
		"files of one name":      file(`name="f"; filename="a"`, "1") + file(`name="f"; filename="b"`, "22") + formEnd,
		"an extended name":       file(`name="f"; filename="a"; filename*=utf-8'en'%41%20b`, "1") + formEnd,
		"of another charset":     file(`name="f"; filename="a"; filename*=iso-8859-1''%e9`, "1") + formEnd,
		"before the first part":  "preamble\r\n" + field("a", "1") + formEnd,
		"after the last part":    field("a", "1") + formEnd + "epilogue",
		"LF":                     strings.ReplaceAll(field("a", "1")+field("b", "2")+formEnd, "\r\n", "\n"),
		"white space":            strings.ReplaceAll(field("a", "1"), "--AbC\r\n", "--AbC \t\r\n") + formEnd,
		"no Content-Disposition": lines("--AbC", "Content-Type: text/plain", "", "1", formEnd),
		"folded":                 lines("--AbC", "Content-Disposition: form-data;", ` name="a"`, "", "1", formEnd),
		"case":                   lines("--AbC", `content-DISPOSITION: form-data; name="a"`, "", "1", formEnd),
		"no data":                lines("--AbC", `Content-Disposition: form-data; name="a"`, "", formEnd),
		"only the end":           formEnd,
		"quoted-printable body":  lines("--AbC", `Content-Disposition: form-data; name="a"`, "Content-Transfer-Encoding: 8bit", "", "a=41", formEnd),
		"no UTF-8":               field("a", "\xff\xfe\x00") + formEnd,
		"attachment":             lines("--AbC", `Content-Disposition: attachment; name="a"`, "", "1", formEnd),
	} {
		got, gotErr := variablesOf(t, ours, formType, body, false)
		want, wantErr := variablesOf(t, corazas, formType, body, false)
		if !slices.Equal(got, want) || gotErr != wantErr {
			t.Errorf("%s:\ngot  %q, error %q\nwant %q, error %q", name, got, gotErr, want, wantErr)
		}
	}
}

// Parts that are no fields of a form have no names: they are read as what they are.
func TestMixed(t *testing.T) {
	ours, _ := wafs(t, "MULTIPART")
	part := func(contentType, data string) string {
		return lines("--AbC", "Content-Type: "+contentType, "", data, "")
	}
	for name, c := range map[string]struct {
		body string
		want []string
	}{
		"metadata and a file": {part("application/json; charset=UTF-8", `{"title":"a"}`) + part("text/html", "<p>one</p> two"), []string{"ARGS_POST:json.title=a"}},
		"file":                {part("text/plain", "a: 1\r\nb"), nil},
		"XML":                 {part("application/xop+xml", `<a b="1">2</a>`), []string{"REQUEST_XML:/*=2", "REQUEST_XML://@*=1"}},
		"external entity":     {part("text/xml", `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///a">]><a/>`), []string{`REQUEST_XML:external=<!ENTITY x SYSTEM "file:///a">`}},
		"requests": {part("application/http", lines("PATCH /items(1)?$filter=a%20eq%201&b=2 HTTP/1.1", "Content-Type: application/json", "", `{"c":"d"}`)),
			[]string{"ARGS_POST:$filter=a eq 1", "ARGS_POST:b=2", "ARGS_POST:json.c=d"}},
		"field": {field("a", "1"), []string{"ARGS_POST:a=1"}},
	} {
		all, failed := variablesOf(t, ours, "multipart/mixed; boundary=AbC", c.body+formEnd, true)
		var got []string
		for _, one := range all {
			if strings.HasPrefix(one, "ARGS_POST:") || strings.HasPrefix(one, "REQUEST_XML:") {
				got = append(got, one)
			}
		}
		if !slices.Equal(got, c.want) || failed != "0" {
			t.Errorf("%s: %q, error %q; want %q", name, got, failed, c.want)
		}
	}
}

// Files and their sizes are found by the field, as in ModSecurity.
func TestFilesOfFields(t *testing.T) {
	ours, _ := wafs(t, "MULTIPART")
	tx := ours.NewTransaction()
	defer func() { _ = tx.Close() }()
	tx.AddRequestHeader("Content-Type", formType)
	tx.ProcessRequestHeaders()
	text := file(`name="Photo"; filename="a"`, "1") + file(`name="photo"; filename="b"`, "22") + formEnd
	if _, _, err := tx.WriteRequestBody([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ProcessRequestBody(); err != nil {
		t.Fatal(err)
	}
	v := tx.(plugintypes.TransactionState).Variables()
	for name, got := range map[string][]string{"a b": v.Files().Get("photo"), "1 2": v.FilesSizes().Get("photo")} {
		if strings.Join(got, " ") != name {
			t.Errorf("got %q, want %s", got, name)
		}
	}
}

// Where Coraza's own complains, this one does, and reads on.
func TestBrokenMultipart(t *testing.T) {
	ours, corazas := wafs(t, "MULTIPART")
	const attack = "ARGS_POST:b=<script>"
	after := field("b", "<script>") + formEnd
	for name, body := range map[string]string{
		"no last delimiter":      field("a", "1") + strings.TrimSuffix(after, "\r\n"+formEnd),
		"a header without colon": lines("--AbC", "Content-Disposition", "", "1", after),
		"a header with a NUL":    lines("--AbC", "A\x00: b", "", "1", after),
		"headers without an end": lines("--AbC", `Content-Disposition: form-data; name="a"`, after),
		"behind a delimiter":     field("a", "1") + lines("--AbC x", `Content-Disposition: form-data; name="a"`, "", "1", after),
		"a parameter twice":      file(`name="a"; name="c"`, "1") + after,
		"a quoted extended name": file(`name="f"; filename*="utf-8''a"`, "1") + after,
		"a broken extended name": file(`name="f"; filename*=a`, "1") + after,
		"a header twice":         lines("--AbC", `Content-Disposition: form-data; name="a"`, "A: 1", "A: 2", "", "1", after),
		"a name in pieces":       file(`name="f"; filename*0="a"; filename*1="b"`, "1") + after,
		"behind the last one":    field("a", "1") + formEnd + after,
	} {
		got, gotErr := variablesOf(t, ours, formType, body, false)
		if !slices.Contains(got, attack) || !slices.Contains(got, "MULTIPART_STRICT_ERROR:=1") {
			t.Errorf("%s: got %q", name, got)
		}
		_, wantErr := variablesOf(t, corazas, formType, body, false)
		if gotErr != wantErr && name != "behind the last one" {
			t.Errorf("%s: error %q, Coraza has %q", name, gotErr, wantErr)
		}
		if got, gotErr := variablesOf(t, ours, formType, body, true); !slices.Contains(got, attack) || gotErr == "1" || slices.Contains(got, "MULTIPART_STRICT_ERROR:=1") {
			t.Errorf("%s, cut: error %q, got %q", name, gotErr, got)
		}
	}
	for name, contentType := range map[string]string{"no boundary": "multipart/form-data", "another one": "multipart/form-data; boundary=x", "broken": "multipart/form-data; boundary"} {
		if got, failed := variablesOf(t, ours, contentType, after, false); failed != "1" || !slices.Contains(got, attack) {
			t.Errorf("%s: error %q, got %q", name, failed, got)
		}
	}
	if got, failed := variablesOf(t, ours, "text/plain", after, false); failed == "1" || !slices.Contains(got, attack) {
		t.Errorf("another type: error %q, got %q", failed, got)
	}
}

// A malformed header hides neither the field nor the file from the rules.
func TestMalformedDisposition(t *testing.T) {
	ours, _ := wafs(t, "MULTIPART")
	got, _ := variablesOf(t, ours, formType, file(`name="a"; filename="x.php"; filename="x.txt"`, "<?php")+formEnd, false)
	for _, want := range []string{"ARGS_POST:a=<?php", "FILES:=x.php", "FILES_NAMES:=a"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not in %q", want, got)
		}
	}
}

// A body that is cut anywhere has the parts that are there, without a complaint; the last one ends where the log ends.
func TestCutMultipart(t *testing.T) {
	ours, _ := wafs(t, "MULTIPART")
	whole := field("first", "one\r\n") + file(`name="f"; filename="a.txt"`, "line\r\n\r\nline\r\n") + field("last", "two") + formEnd
	for n := 1; n < len(whole); n++ {
		got, failed := variablesOf(t, ours, formType, whole[:n], true)
		if failed == "1" || slices.ContainsFunc(got, func(s string) bool { return strings.HasSuffix(s, "ERROR:=1") }) {
			t.Fatalf("%q: error %q, %q", whole[:n], failed, got)
		}
		if n > strings.Index(whole, "one\r\n\r\n--AbC")+len("one\r\n\r\n--AbC") && !slices.Contains(got, "ARGS_POST:first=one\r\n") {
			t.Fatalf("%q: got %q", whole[:n], got)
		}
		for _, s := range got {
			if value, ok := strings.CutPrefix(s, "ARGS_POST:last="); ok && !strings.HasPrefix("two", value) {
				t.Fatalf("%q: got %q", whole[:n], got)
			}
		}
	}
}

func TestMultipartLimit(t *testing.T) {
	ours, _ := wafs(t, "MULTIPART")
	thousand := strings.Repeat(field("a", "1"), 1000)
	v := processedBy(t, ours, formType, thousand+formEnd)
	if n := len(v.ArgsPost().FindAll()); n != 1000 || v.ArgumentsLimitReached().Get() == "1" {
		t.Errorf("%d arguments, limit %q", n, v.ArgumentsLimitReached().Get())
	}
	v = processedBy(t, ours, formType, thousand+field("b", "(")+file(`name="c"; filename="d"`, "2")+field("e", "3")+formEnd)
	if n := len(v.ArgsPost().FindAll()); n != 1002 || v.ArgumentsLimitReached().Get() != "1" {
		t.Errorf("%d arguments, limit %q", n, v.ArgumentsLimitReached().Get())
	}
	if got, want := only(v.ArgsPost().Get("b")), "("; got != want {
		t.Errorf("beyond the limit is %q, want %q", got, want)
	}
	if got, want := only(v.FilesTmpContent().Get("d")), "2"; got != want {
		t.Errorf("beyond the limit is a file %q, want %q", got, want)
	}
	if got, want := only(v.ArgsPost().Get("rest")), "e,3"; got != want {
		t.Errorf("beyond the limit are %q, want %q", got, want)
	}
	v = processedBy(t, ours, formType, thousand+strings.Repeat(field("b", "("), 1000)+field("c", ")")+file(`name="d"; filename="e"`, "2")+formEnd)
	if got, want := only(v.ArgsPost().Get("rest")), "c,),d,e"; got != want {
		t.Errorf("far beyond the limit are %q, want %q", got, want)
	}
	if got, want := only(v.FilesTmpContent().Get("")), "2"; got != want {
		t.Errorf("far beyond the limit are files %q, want %q", got, want)
	}
}

func FuzzMultipart(f *testing.F) {
	f.Add(field("a", "1")+file(`name="f"; filename="a"`, "x")+formEnd, false)
	f.Add(field("a", "1"), true)
	ours, corazas := wafs(f, "MULTIPART")
	f.Fuzz(func(t *testing.T, body string, cut bool) {
		if body == "" {
			return
		}
		got, gotErr := variablesOf(t, ours, formType, body, cut)
		if cut {
			if gotErr == "1" {
				t.Errorf("%q: an error, though it is cut", body)
			}
			return
		}
		want, wantErr := variablesOf(t, corazas, formType, body, false)
		if !isSound(body) || wantErr == "1" || slices.Contains(want, "MULTIPART_STRICT_ERROR:=1") {
			return
		}
		// Coraza's own takes some that have no end without a complaint.
		complains := gotErr == "1" || slices.Contains(got, "MULTIPART_STRICT_ERROR:=1")
		if !complains && !slices.Equal(got, want) {
			t.Errorf("%q:\ngot  %q\nwant %q", body, got, want)
		}
		for _, s := range want {
			if complains && strings.HasPrefix(s, "ARGS_POST") && !slices.Contains(got, s) {
				t.Errorf("%q: %q is not in %q", body, s, got)
			}
		}
	})
}

// isSound reports whether a body has nothing in which this processor is meant to differ from Coraza's.
func isSound(body string) bool {
	end := strings.Index(body, "\n"+formEnd) + 1
	return end > 0 && !strings.Contains(body[end+len(formEnd):], "--AbC") && !strings.Contains(strings.ToLower(body), "quoted-printable")
}

// A body of one part may be all there is.
func BenchmarkMultipart(b *testing.B) {
	var buf strings.Builder
	w := multipart.NewWriter(&buf)
	_ = w.SetBoundary("AbC")
	for i := range 10 {
		_ = w.WriteField(fmt.Sprint("field", i), strings.Repeat("value ", 10))
	}
	_ = w.Close()
	ours, _ := wafs(b, "MULTIPART")
	b.ReportAllocs()
	for b.Loop() {
		variablesOf(b, ours, formType, buf.String(), false)
	}
}
