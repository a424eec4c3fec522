package triage

import (
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// A service that is set up, and a page that is developed, name the machine itself; what a server is to fetch is no such thing.
func TestOwnMachine(t *testing.T) {
	for _, c := range []struct {
		uri, name, value string
		want             bool
	}{
		{"/api/datasources", "json.url", "http://localhost:9090", true},
		{"/grafana/api/datasources/uid/ab-1", "json.url", "http://127.0.0.1:3100/", true},
		{"/api/datasources", "json.url", "http://169.254.169.254/", false},
		{"/api/datasources", "json.url", "http://127.0.0.1:6379/%0d%0aFLUSHALL%0d%0a", false},
		{"/api/datasources", "json.url", "gopher://127.0.0.1:6379/_FLUSHALL", false},
		{"/api/proxy", "json.url", "http://localhost:9090", false},
		{"/v1/agent/service/register", "json.Check.HTTP", "http://localhost:80/health", true},
		{"/v1/agent/service/register", "json.Checks.1.HTTP", "http://localhost:80/health?full=1", true},
		{"/v1/agent/service/register", "json.Check.Args.2", "http://localhost:80/health", false},
		{"/admin/realms/shop/clients", "json.redirectUris.0", "http://localhost:3000/*", true},
		{"/admin/realms/shop/clients/0a-1", "json.rootUrl", "http://localhost:3000", true},
		{"/g/collect?v=2", "dl", "http://localhost:3000/cart?item=7#top", true},
		{"/g/collect?v=2", "dr", "http://127.0.0.1:3000/", true},
		{"/g/collect?v=2", "dl", "http://localhost:3000/?a=<script>", false},
		{"/g/collect?v=2", "dl", "http://localhost.other.example/", false},
		{"/e/", "json.properties.$current_url", "http://localhost:5173/login", true},
		{"/api/event", "json.u", "http://localhost:5173/login", true},
		{"/v1/batch", "json.batch.0.context.page.url", "http://localhost:5173/login", true},
		{"/matomo.php", "url", "http://localhost:5173/login", true},
		{"/fetch", "dl", "http://localhost:5173/login", false},
		{"/fetch", "page_url", "http://localhost:5173/login", false},
		{"/fetch", "url", "http://localhost:5173/login", false},
		{"/fetch", "page", "http://localhost:5173/login", false},
	} {
		tx := &mapping.Transaction{URI: c.uri}
		if got := isOrdinary(tx, &engine.Match{Tags: []string{"attack-ssrf"}}, "ARGS:"+c.name, c.value); got != c.want {
			t.Errorf("%s, %s: %s: %v", c.uri, c.name, c.value, got)
		}
	}
}
