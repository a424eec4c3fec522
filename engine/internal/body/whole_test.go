package body

import (
	"testing"

	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
)

// What a processor takes apart is also there as one text: JSON and XML as XML:body, files as FILES_TMP_CONTENT.
func TestWhole(t *testing.T) {
	for _, c := range []struct{ kind, contentType, body, xml, file string }{
		{kind: "JSON", body: `[{"a":1},{"a":2}]`, xml: `[{"a":1},{"a":2}]`},
		{kind: "JSON", body: `{"a":`, xml: `{"a":`},
		{kind: "XML", body: "<a><b>1</b></a>", xml: "<a><b>1</b></a>"},
		{kind: "MULTIPART", contentType: "multipart/form-data; boundary=AbC",
			body: file(`name="a"; filename="b.txt"`, "one\r\ntwo") + "--AbC--\r\n", file: "one\r\ntwo"},
		{kind: "MULTIPART", contentType: "multipart/form-data; boundary=AbC", body: field("a", "one") + "--AbC--\r\n"},
		{kind: "URLENCODED", body: "a=1"},
	} {
		t.Run(c.kind, func(t *testing.T) {
			ours, _ := wafs(t, c.kind)
			v := processedBy(t, ours, c.contentType, c.body)
			if got := only(v.RequestXML().Get(xmlBody)); got != c.xml {
				t.Errorf("XML:body is %q, want %q", got, c.xml)
			}
			if got := only(v.FilesTmpContent().Get("b.txt")); got != c.file {
				t.Errorf("FILES_TMP_CONTENT is %q, want %q", got, c.file)
			}
		})
	}
}

// processedBy are the variables of a request with this body.
func processedBy(t *testing.T, waf coraza.WAF, contentType, body string) plugintypes.TransactionVariables {
	t.Helper()
	tx := waf.NewTransaction()
	t.Cleanup(func() { _ = tx.Close() })
	tx.AddRequestHeader("Content-Type", contentType)
	tx.ProcessRequestHeaders()
	if _, _, err := tx.WriteRequestBody([]byte(body)); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ProcessRequestBody(); err != nil {
		t.Fatal(err)
	}
	return tx.(plugintypes.TransactionState).Variables()
}

// only is the one value of a list, empty without one.
func only(values []string) string {
	if len(values) != 1 {
		return ""
	}
	return values[0]
}
