package mapping

import (
	"errors"
	"testing"
)

// A request whose URL or headers no rule can see is not taken for one in which nothing was found.
func TestFieldsThatAreNoText(t *testing.T) {
	for _, c := range []struct {
		name, record string
		notText      bool
		err          error
	}{
		{"text", `{"METHOD":"GET","URL":"/a"}`, false, nil},
		{"number", `{"METHOD":"GET","URL":17}`, false, nil},
		{"null", `{"METHOD":"GET","URL":null,"REQ_HEADER":"GET /a HTTP/1.1\r\n\r\n"}`, false, nil},
		{"list of one", `{"METHOD":"GET","URL":["/a"]}`, false, nil},
		{"list of two", `{"METHOD":"GET","URL":["/a","/b?q=../../etc/passwd"]}`, true, nil},
		{"list of an object", `{"METHOD":"GET","URL":[{"path":"/a"}],"REQ_HEADER":"GET /a HTTP/1.1\r\n\r\n"}`, true, nil},
		{"object", `{"METHOD":"GET","URL":{"path":"/a"}}`, false, ErrNotText},
		{"object, beside headers", `{"METHOD":"GET","URL":{"path":"/a"},"REQ_HEADER":"GET /a HTTP/1.1\r\nHost: h\r\n\r\n"}`, true, nil},
		{"headers are an object", `{"METHOD":"GET","URL":"/a","REQ_HEADER":{"Host":"h"}}`, true, nil},
		{"headers of the response are an object", `{"METHOD":"GET","URL":"/a","RSP_HEADER":{"Server":"s"}}`, true, nil},
		{"other fields", `{"METHOD":"GET","URL":"/a","SRC_IP":{"a":1},"RETCODE":[1,2]}`, false, nil},
	} {
		var tx Transaction
		err := nano(t).Map("t", record(t, c.record), &tx)
		if !errors.Is(err, c.err) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.err)
		}
		if got := tx.NotText() != nil; err == nil && got != c.notText {
			t.Errorf("%s: got %v", c.name, tx.NotText())
		}
	}
}
