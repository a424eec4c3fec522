package mapping

import (
	"slices"
	"testing"

	"github.com/tinylib/msgp/msgp"
)

// What an expression does not cover may be anybody's text; what carried the line is not.
func TestLeftOfRegex(t *testing.T) {
	m := parseOne(t, `parse: {field: log, format: regex, pattern: 'served (?P<request>[A-Z]+ /\w*)'}`+"\nrequest: {line: request}")
	for _, c := range []struct {
		name, line string
		want       []string
	}{
		{"nothing", "served GET /a", nil},
		{"ordinary fields", "shop-1 192.0.2.7 user=ann served GET /a", nil},
		{"before", "<script>alert(1)</script> served GET /a", []string{"<script>alert(1)</script>"}},
		{"behind", "served GET /a ../../etc/passwd", []string{"../../etc/passwd"}},
		{"on both sides", "1;id served GET /a $(id)", []string{"1;id", "$(id)"}},
		{"an open quote", `" or ann served GET /a`, []string{`" or ann`}},
		{"syslog", "<134>Nov 20 10:11:14 web1 shop[7]: served GET /a", nil},
		{"syslog, and before", "<134>Nov 20 10:11:14 web1 shop[7]: ${jndi:x} served GET /a", []string{"${jndi:x}"}},
		{"RFC 5424", `<13>1 2026-11-20T10:11:12Z web1 shop 7 - [a@1 b="<c>"] x;y served GET /a`, []string{"x;y"}},
		{"Docker Compose", "web_1  | served GET /a", nil},
		{"Ruby's Logger", "I, [2026-11-20T10:11:15.046123 #7]  INFO -- : served GET /a", nil},
		{"lines before", "<a>\r\nb\n<c> served GET /a", []string{"<a>", "<c>"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := msgp.AppendMapStrStr(nil, map[string]string{"log": c.line})
			var tx Transaction
			if err := m.Map("t", r, &tx); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, a := range tx.Args {
				got = append(got, a.Value)
			}
			if tx.URI != "/a" || !slices.Equal(got, c.want) {
				t.Errorf("URI %q, arguments %q, want %q", tx.URI, got, c.want)
			}
		})
	}
}
