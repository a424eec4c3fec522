package triage

import (
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// Documents that point to what is beside them, queries without a text, settings from where secrets are, and files that somebody keeps.
func TestReferences(t *testing.T) {
	for _, c := range []struct {
		kind, method, uri, variable, value string
		want                               bool
	}{
		{"lfi", "POST", "/specs", "ARGS:json.paths./a.get.schema.$ref", "../common/order.yaml#/Order", true},
		{"lfi", "POST", "/specs", "ARGS:json.paths./a.get.schema.$ref", "../../../../../etc/passwd", false},
		{"lfi", "POST", "/specs", "ARGS:json.file", "../common/order.yaml", false},
		{"lfi", "POST", "/forum/adm/index.php", "ARGS:redirect", "./../adm/index.php?i=1", true},
		{"lfi", "POST", "/forum/adm/index.php", "ARGS:redirect", "./../../wp-config.php", false},
		{"lfi", "POST", "/forum/adm/index.php", "ARGS:file", "./../adm/index.php", false},
		{"sqli", "POST", "/graphql", "ARGS:json.1.query", "query Shops($where: ShopFilter!, $n: Int = 5) { shops(where: $where, first: $n) { id ...all } }", true},
		{"sqli", "POST", "/graphql", "ARGS:json.query", "query { shops(where: {$where: \"sleep(5)\"}) { id } }", false},
		{"sqli", "GET", "/a", "ARGS:query", "query {a} union select 1 from b {c}", false},
		{"sqli", "GET", "/a", "ARGS:query", "query or 1=1", false},
		{"sqli", "POST", "/graphql", "ARGS:json.variables.where", "query a($where: F)", false},
		{"rce", "PUT", "/connectors/orders/config", "ARGS:json.connection.password", "${file:/opt/kafka/dwh.properties:password}", true},
		{"rce", "POST", "/kafka/connectors", "ARGS:json.config.connection.password", "${env:DWH_PASSWORD:x}", true},
		{"injection-java", "PUT", "/connectors/orders/config", "ARGS:json.sasl.jaas.config", `org.apache.kafka.common.security.scram.ScramLoginModule required username="a" password="${env:PW}";`, true},
		{"injection-java", "PUT", "/connectors/orders/config", "ARGS:json.sasl.jaas.config", `com.sun.security.auth.module.JndiLoginModule required user.provider.url="ldap://a.example/x";`, false},
		{"rce", "PUT", "/connectors/orders/config", "ARGS:json.connection.password", "${file:/etc/passwd:root}", false},
		{"rce", "PUT", "/connectors/orders/config", "ARGS:json.connection.password", "${jndi:ldap://a.example/x}", false},
		{"rce", "PUT", "/settings", "ARGS:json.connection.password", "${file:/opt/kafka/dwh.properties:password}", false},
		{"lfi", "POST", "/wp-json/wp/v2/posts/7/autosaves?_locale=user", "ARGS:json.content", "<pre>cat /etc/passwd</pre>", true},
		{"sqli", "POST", "/wp-json/wp/v2/posts/7", "ARGS:json.content", "' or 1=1 --", false},
		{"lfi", "POST", "/wp-json/wp/v2/users/7", "ARGS:json.content", "/etc/passwd", false},
		{"rce", "PUT", "/user/ann/api/contents/lamps/train.ipynb?1", "ARGS:json.content.cells.0.source", "!cat /tmp/a | sh", true},
		{"rce", "PUT", "/user/ann/api/contents/lamps/train.sh", "ARGS:json.content.cells.0.source", "cat /tmp/a | sh", false},
		{"rce", "PUT", "/wiki/rest/api/content/7", "ARGS:json.body.storage.value", "<p>run id; cat a</p>", true},
		{"injection-php", "PUT", "/remote.php/dav/files/ann/shop/index.php", "REQUEST_BODY", "<?php system('id');", true},
		{"injection-php", "PUT", "/cloud/remote.php/webdav/index.php", "ARGS_POST:a", "<?php system('id');", true},
		{"injection-php", "PUT", "/remote.php/dav/files/../../index.php", "REQUEST_BODY", "<?php system('id');", false},
		{"injection-php", "PUT", "/uploads/index.php", "REQUEST_BODY", "<?php system('id');", false},
		{"injection-php", "PUT", "/remote.php/dav/files/ann/a", "REQUEST_HEADERS:x", "<?php system('id');", false},
		{"ssrf", "POST", "/ws", "REQUEST_XML:/*", "file:///out/R-1.pdf", true},
		{"ssrf", "POST", "/ws", "REQUEST_XML:/*", "file:///etc/passwd", false},
		{"ssrf", "POST", "/ws", "ARGS:url", "file:///out/R-1.pdf", false},
		{"ssrf", "POST", "/specs", "ARGS:json.servers.0.url", "http://localhost:8080/v1", true},
		{"ssrf", "GET", "/auth", "ARGS:redirect_uri", "http://localhost:8000/callback?a=1", true},
		{"xss", "POST", "/api/7", "ARGS_NAMES:<?xml version", "<?xml version", true},
		{"xss", "POST", "/api/7", "ARGS_NAMES:<script", "<script", false},
	} {
		tx := &mapping.Transaction{Method: c.method, URI: c.uri, Status: 200}
		m := &engine.Match{Tags: []string{"attack-" + c.kind, "OWASP_CRS"}, Data: "Matched Data: ../ found within x"}
		if got := isOrdinary(tx, m, c.variable, c.value) || isMeant(tx, m, c.variable, c.value); got != c.want {
			t.Errorf("%s: %s %s, %s: %s: %v", c.kind, c.method, c.uri, c.variable, c.value, got)
		}
	}
}

// A body as a whole is what is shipped, where nothing else is.
func TestShippedBody(t *testing.T) {
	for uri, want := range map[string]bool{"/_bulk": true, "/loki/api/v1/push": true, "/?query=INSERT+INTO+a+FORMAT+JSONEachRow": true, "/hooks/a": false, "/a": false} {
		tx := &mapping.Transaction{Method: "POST", URI: uri, ResponseHeaders: []mapping.Header{{Name: "X-ClickHouse-Query-Id", Value: "1"}}}
		for _, variable := range []string{"XML:body", "REQUEST_XML:/*", "REQUEST_BODY"} {
			if got := isOrdinary(tx, &engine.Match{Tags: []string{"attack-rce"}}, variable, "java.lang.Runtime.exec"); got != want {
				t.Errorf("%s, %s: %v", uri, variable, got)
			}
		}
		if isOrdinary(tx, &engine.Match{Tags: []string{"attack-rce"}}, "XML:body", "${jndi:ldap://a.example/x}") {
			t.Errorf("%s: a lookup is ordinary", uri)
		}
	}
}

// What is shipped, or searched for, quotes what others did.
func TestShippedRows(t *testing.T) {
	for _, c := range []struct {
		uri, name string
		want      bool
	}{
		{"/?database=logs&query=INSERT%20INTO%20access%20FORMAT%20JSONEachRow&wait=1", "json.path", true},
		{"/?query=SELECT%20*%20FROM%20a%20FORMAT%20JSON", "json.path", false},
		{"/_bulk", "json.msg", true},
		{"/logs/_bulk", "json.url.original", true},
		{"/_bulk", "json.script.source", false},
		{"/s/soc/internal/bsearch?compress=true", "json.batch.0.request.params.body.query.bool.filter.0.query_string.query", true},
		{"/internal/bsearch", "json.batch.0.request.params.body.script_fields.a.script.source", false},
	} {
		tx := &mapping.Transaction{Method: "POST", URI: c.uri, ResponseHeaders: []mapping.Header{{Name: "X-ClickHouse-Query-Id", Value: "1"}}}
		m := &engine.Match{Tags: []string{"attack-lfi"}}
		if got := isOrdinary(tx, m, "ARGS:"+c.name, "/../../etc/passwd"); got != c.want {
			t.Errorf("%s, %s: %v", c.uri, c.name, got)
		}
		if tx.ResponseHeaders = nil; strings.Contains(c.uri, "INSERT") && isOrdinary(tx, m, "ARGS:"+c.name, "/../../etc/passwd") {
			t.Errorf("%s: whose answer is not ClickHouse's is taken for it", c.uri)
		}
	}
}
