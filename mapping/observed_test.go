package mapping

import "testing"

// A log that shows bodies shows that a request had none, whether it leaves the field out or not.
func TestObservedBody(t *testing.T) {
	const shown = "request: {method: m, uri: u, headers: {map: h}, body: b}\n"
	for _, c := range []struct {
		name, yaml, record string
		want               bool
	}{
		{"there is one", shown, `{"m":"POST","u":"/","b":"a=1"}`, true},
		{"it is cut", shown, `{"m":"POST","u":"/","h":{"Content-Length":"9"},"b":"a=1"}`, false},
		{"of GET", shown, `{"m":"GET","u":"/","h":{"Host":"a"}}`, true},
		{"of HEAD, written as none", shown, `{"m":"HEAD","u":"/","h":{"Content-Length":"0"},"b":"-"}`, true},
		{"of GET, with a length", shown, `{"m":"GET","u":"/","h":{"Content-Length":"9"}}`, false},
		{"of GET, chunked", shown, `{"m":"GET","u":"/","h":{"transfer-encoding":"chunked"}}`, false},
		{"of POST", shown, `{"m":"POST","u":"/","h":{"Host":"a"}}`, false},
		{"none is shown", "request: {method: m, uri: u}\n", `{"m":"GET","u":"/"}`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var tx Transaction
			if err := parseOne(t, c.yaml).Map("t", record(t, c.record), &tx); err != nil {
				t.Fatal(err)
			}
			if got := tx.Observed.Has(Part{Kind: RequestBody}); got != c.want {
				t.Errorf("observed: %v", got)
			}
		})
	}
}
