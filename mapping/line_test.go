package mapping

import (
	"slices"
	"strings"
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
			checkLeft(t, m, c.line, c.want)
		})
	}
}

// checkLeft checks that a line with a request for /a leaves these texts as arguments.
func checkLeft(t *testing.T, m *Mapping, line string, want []string) {
	t.Helper()
	var tx Transaction
	if err := m.Map("t", msgp.AppendMapStrStr(nil, map[string]string{"log": line}), &tx); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range tx.Args {
		got = append(got, a.Value)
	}
	if tx.URI != "/a" || !slices.Equal(got, want) {
		t.Errorf("URI %q, arguments %q, want %q", tx.URI, got, want)
	}
}

// So may what stands before pairs or an object.
func TestLeftBeforePairsAndObjects(t *testing.T) {
	const (
		pairs  = `method=GET path=/a client_ip=192.0.2.7 status=200`
		object = `{"method":"GET","path":"/a","client_ip":"192.0.2.7","status":200}`
		named  = "request: {method: method, uri: path}\nclient: {address: client_ip}"
		found  = "request: {method: found.method, uri: found.target}"
	)
	for _, format := range []struct{ name, mapping, line string }{
		{"logfmt", "logfmt}\n" + named, pairs},
		{"json", "json}\n" + named, object},
		{"fields, pairs", "fields}\n" + found, pairs},
		{"fields, object", "fields}\n" + found, object},
	} {
		m := parseOne(t, "parse: {field: log, format: "+format.mapping)
		for _, c := range []struct {
			before string
			want   []string
		}{
			{"", nil},
			{"INFO ", nil},
			{"2026-11-20T10:11:12Z INFO [main] shop.Api - request: ", nil},
			{"<134>Nov 20 10:11:14 web1 shop[7]: ", nil},
			{"<script>alert(1)</script> ", []string{"<script>alert(1)</script>"}},
			{"<134>Nov 20 10:11:14 web1 shop[7]: ${jndi:x} served ", []string{"${jndi:x}"}},
			{`" or ann `, []string{`" or ann`}},
		} {
			t.Run(format.name+", "+c.before, func(t *testing.T) {
				checkLeft(t, m, c.before+format.line, c.want)
			})
		}
	}
}

// A logger of key=value escapes the quotes of the access line that it was given. What stands beside is inspected, too.
func TestAccessLineInPair(t *testing.T) {
	const access = `10.0.64.1 - - [10/Oct/2026:13:55:36 +0000] \"GET /a?b=c HTTP/1.1\" 200 12 \"-\" \"curl/8.0\"`
	for _, c := range []struct {
		name, line string
		client     string
		want       []string
	}{
		{"logrus", `time="2026-10-10T15:31:15Z" level=info msg="` + access + `"`, "10.0.64.1", nil},
		{"behind syslog", `<134>Oct 10 15:31:14 web1 shop[7]: time="2026-10-10T15:31:15Z" level=info msg="` + access + `"`, "10.0.64.1", nil},
		{"other names", `ts=2026-10-10T15:31:15Z caller=log.go:7 message="` + access + `"`, "10.0.64.1", nil},
		{"first", `msg="` + access + `" level=info`, "10.0.64.1", nil},
		{"without a time", `level=info msg="10.0.64.1 - - \"GET /a?b=c HTTP/1.1\" 200 12"`, "10.0.64.1", nil},
		{"more pairs", `level=info user="<script>alert(1)</script>" msg="` + access + `" n=7 ${jndi:x}`, "10.0.64.1", []string{"<script>alert(1)</script>", "${jndi:x}"}},
		{"pairs of the request", `level=info msg="` + access + `" client_ip=192.0.2.7 method=GET path=/a?b=c status=200`, "192.0.2.7", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			auto, err := Load("auto")
			if err != nil {
				t.Fatal(err)
			}
			var tx Transaction
			if err := auto.Map("t", lineRecord("log", c.line), &tx); err != nil {
				t.Fatal(err)
			}
			if tx.URI != "/a?b=c" || tx.Status != 200 || tx.Client.Address != c.client {
				t.Errorf("got %s, %d, %v by %s", tx.URI, tx.Status, tx.Client, tx.Preset)
			}
			var got []string
			for _, a := range tx.Args {
				got = append(got, a.Value)
			}
			if tx.Preset != "structured" && !slices.Equal(got, c.want) {
				t.Errorf("left %q, want %q", got, c.want)
			}
		})
	}
}

// What looks like prefixes, without an end, is no more work than other text: after a few layers the rest counts as a whole.
func TestLeftOfManyPrefixes(t *testing.T) {
	for _, c := range []struct {
		prefixes int
		want     string
	}{
		{maxLayers - 1, "<script>"},
		{maxLayers, "<13><script>"},
		{5_000, strings.Repeat("<13>", 5_001-maxLayers) + "<script>"},
	} {
		line := strings.Repeat("<13>", c.prefixes) + "<script> "
		if left := leftBefore(line, len(line)); len(left) != 1 || left[0] != c.want {
			t.Errorf("%d prefixes: left is %.100q", c.prefixes, left)
		}
	}
}

// A step is tried on no text that lacks what it must have, whatever its format.
func TestEndsAndContains(t *testing.T) {
	const (
		json      = `{"verb":"GET","path":"/a","client_ip":"192.0.2.7","status":200}`
		pairs     = `verb=GET path=/a client_ip=192.0.2.7 status=200`
		named     = "request: {uri: path}"
		anyFields = "request: {uri: found.target}"
		both      = "request: {method: verb, uri: found.target}"
	)
	for _, c := range []struct {
		name, format, line, mapping string
		contains, ends, other       string
	}{
		{"json", "json", json, named, "verb", "200}", "500}"},
		{"logfmt", "logfmt", pairs, named, "verb=", "=200", "=500"},
		{"fields, JSON", "fields", json, anyFields, "verb", "200}", "500}"},
		{"fields, pairs", "fields", pairs, anyFields, "verb=", "=200", "=500"},
	} {
		for _, step := range []struct {
			only string
			want bool
		}{
			{"contains: '" + c.contains + "'", true},
			{"contains: '" + c.other + "'", false},
			{"ends: '" + c.ends + "'", true},
			{"ends: '" + c.other + "'", false},
			{"ends: '" + c.ends + "', contains: '" + c.other + "'", false},
		} {
			t.Run(c.name+", "+step.only, func(t *testing.T) {
				m := parseOne(t, "parse: {field: log, format: "+c.format+", "+step.only+"}\n"+c.mapping)
				var tx Transaction
				err := m.Map("t", msgp.AppendMapStrStr(nil, map[string]string{"log": c.line}), &tx)
				if got := err == nil && tx.URI == "/a"; got != step.want {
					t.Errorf("URI %q, %v, want it to be read: %v", tx.URI, err, step.want)
				}
			})
		}
	}
	for _, contains := range []string{"path", "other"} { // fields that add to what another format has found
		m := parseOne(t, "parse: [{field: log, format: json}, {format: fields, contains: "+contains+"}]\n"+both)
		var tx Transaction
		err := m.Map("t", msgp.AppendMapStrStr(nil, map[string]string{"log": json}), &tx)
		if got := tx.URI == "/a"; got != (contains == "path") {
			t.Errorf("fields that contain %q add the URI %q, %v", contains, tx.URI, err)
		}
	}
}
