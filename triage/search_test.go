package triage

import (
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// Who searches logs for an attack has its words in a query; elsewhere they are no query.
func TestSearch(t *testing.T) {
	const loki = `{app="nginx"} |= "../../etc/passwd"`
	for _, c := range []struct {
		uri, variable, value string
		want                 bool
	}{
		{"/loki/api/v1/query_range?query=x", "ARGS:query", loki, true},
		{"/logs/loki/api/v1/query?query=x", "ARGS_GET:query", loki, true},
		{"/rest/api/2/search?jql=x", "ARGS:jql", `text ~ "drop table"`, true},
		{"/rest/api/3/search/jql", "ARGS:json.jql", `text ~ "drop table"`, true},
		{"/rest/api/content/search?cql=x", "ARGS:cql", `text ~ "<script>"`, true},
		{"/logs-2026/_search", "ARGS:json.query.bool.must.0.query_string.query", "../../etc/passwd", true},
		{"/logs-*/_count", "ARGS:json.query.term.url.value", "' or 1=1", true},
		{"/services/data/v60.0/query?q=x", "ARGS:q", "SELECT Id FROM Account WHERE Name = 'a' OR Name = 'b'", true},
		{"/parse/classes/Post?where=x", "ARGS:where", `{"author":{"$ne":null}}`, true},
		{"/api/data/v1/action/find", "ARGS:json.filter.$and.0.status.$ne", "void", true},

		{"/loki/api/v1/query_range?query=x", "ARGS:limit", "../../etc/passwd", false},
		{"/loki/api/v1/query_range?query=x", "REQUEST_COOKIES:query", loki, false},
		{"/loki/api/v1/query_range?query=x", "ARGS:query", "${jndi:ldap://x.example/a}", false},
		{"/loki/../app?query=x", "ARGS:query", loki, false},
		{"/search?jql=x", "ARGS:jql", "' or 1=1", false},
		{"/logs/_search", "ARGS:json.script.source", "java.lang.Math.class.forName(x)", false},
		{"/logs/_search", "ARGS:json.script_fields.a.script.value", "x", false},
		{"/parse/classes/Post?where=x", "ARGS:where", `{"$where":"sleep(5000)"}`, false},
		{"/api/classes/Post?where=x", "ARGS:where", `{"author":{"$ne":null}}`, false},
	} {
		if got := isSearch(&mapping.Transaction{URI: c.uri}, c.variable, c.value); got != c.want {
			t.Errorf("%s %s: %q: %v", c.uri, c.variable, c.value, got)
		}
	}
	file := &engine.Match{Tags: []string{"attack-lfi"}, Data: "Matched Data: /../ found within REQUEST_URI_RAW"}
	for uri, want := range map[string]bool{
		"/loki/api/v1/query?query=%7Ba%3D%22b%22%7D%20%7C%3D%20%22..%2F..%2Fetc%2Fpasswd%22&limit=7": true,
		"/loki/api/v1/query?query=%7Ba%3D%22b%22%7D&limit=..%2F..%2Fetc%2Fpasswd":                    false,
		"/loki/../../etc/passwd?query=a": false,
	} {
		if got := isOrdinary(&mapping.Transaction{URI: uri}, file, "REQUEST_URI_RAW", uri); got != want {
			t.Errorf("%s: %v", uri, got)
		}
	}
}
