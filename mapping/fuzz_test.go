package mapping

import (
	"bytes"
	"io"
	"net/http/httputil"
	"strings"
	"testing"
	"time"
)

// What Go's reader takes for a body that is whole, dechunk takes for the same.
func FuzzDechunk(f *testing.F) {
	f.Add("5\r\nhello\r\n0\r\n\r\n")
	f.Add("5\r\nhel")
	f.Add("5;x=y\r\nhello\r\n0\r\n\r\n")
	f.Add("00000000000000005\nhello\n0\n\n")
	f.Fuzz(func(t *testing.T, s string) {
		data, whole, ok := dechunk(s)
		if len(data) > len(s) || whole && !ok {
			t.Fatalf("%d bytes of %d, whole %v, ok %v", len(data), len(s), whole, ok)
		}
		r := strings.NewReader(s)
		want, err := io.ReadAll(httputil.NewChunkedReader(r))
		if err == nil && ok && whole && r.Len() == 0 && data != string(want) {
			t.Errorf("got %q, want %q", data, want)
		}
	})
}

// A record accessor that is read finds what it names, or nothing.
func FuzzAccessor(f *testing.F) {
	f.Add("$a['b'][0]", `{"a":{"b":[1]}}`)
	f.Add("$$a", `{"$a":"x"}`)
	f.Add("a.b", `{"a.b":null}`)
	f.Fuzz(func(t *testing.T, text, record string) {
		a, err := ParseAccessor(text)
		if err != nil {
			return
		}
		r, _, err := AppendJSON(nil, []byte(record))
		if err != nil {
			return
		}
		before := bytes.Clone(r)
		if text, ok := Record(r).Text(a); ok && text == "" && len(r) == 0 {
			t.Error("something was found in nothing")
		}
		if !bytes.Equal(r, before) {
			t.Error("the record was changed")
		}
	})
}

// Times, addresses and networks are a record's or a user's text.
func FuzzScalars(f *testing.F) {
	for _, s := range []string{"2026-03-04T05:06:07.8Z", "04/Mar/2026:05:06:07 +0100", "1772600767.123", "1e300", "-1", "10.0.0.0/8", "::ffff:10.0.0.1%eth0", "fe80::/129"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_, _ = parseTime(s, time.UTC)
		if ip, err := ParseAddress(s); err == nil && (ip.Is4In6() || ip.Zone() != "") {
			t.Errorf("%q is %v", s, ip)
		}
		if n, err := ParseNetwork(s); err == nil && (!n.IsValid() || !n.Contains(n.Addr())) {
			t.Errorf("%q is %v", s, n)
		}
	})
}
