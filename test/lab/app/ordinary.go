package app

import (
	"fmt"
	"html"
	"net/http"
	"strings"
)

// programs are first segments of paths of what runs beside the shop: content management, dashboards, code hosting, and so on.
var programs = map[string]string{
	"wp-admin": "text/html; charset=utf-8", "wp-json": "application/json", "dashboards": "application/json", "elastic": "application/json", "prometheus": "application/json",
	"git": "application/json", "wiki": "text/html; charset=utf-8", "chat": "application/json", "collect": "image/gif", "oauth": "text/html; charset=utf-8",
	"saml": "text/html; charset=utf-8", "dav": "application/xml", "k8s": "application/json", "traces": "application/json", "csp": "application/json", "ci": "application/json",
	"account": "text/html; charset=utf-8", "cart": "text/html; charset=utf-8", "checkout": "application/json", "hooks": "application/json", "dbadmin": "text/html; charset=utf-8", "admin": "text/html; charset=utf-8", "tickets": "application/json",
}

// ordinary answers what these programs would.
func (v *visit) ordinary(first, rest string) {
	kind, ok := programs[first]
	switch {
	case first == "healthz" || first == "ready":
		v.text(http.StatusOK, "text/plain", "ok\n")
	case first == "robots.txt":
		v.text(http.StatusOK, "text/plain", machine[shop+"/robots.txt"])
	case first == "favicon.ico":
		v.text(http.StatusOK, "image/x-icon", "\x00\x00\x01\x00")
	case !ok:
		v.page(http.StatusNotFound, "Not found", "<h1>404</h1><p>There is nothing here.</p>")
	case first == "wiki" && v.r.Method == http.MethodGet:
		v.longPage(http.StatusOK, "Wiki", wikiText(rest))
	case strings.HasPrefix(kind, "text/html"):
		v.longPage(http.StatusOK, "Shop", fmt.Sprintf("<h1>%s</h1><p>Saved.</p>", first))
	case kind == "image/gif":
		v.text(http.StatusOK, kind, "GIF89a\x01\x00\x01\x00")
	case kind == "application/xml":
		v.text(http.StatusMultiStatus, kind, `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:"><d:response><d:href>/dav/notes.txt</d:href></d:response></d:multistatus>`)
	default:
		v.json(http.StatusOK, map[string]any{"status": "success", "id": v.id, "data": map[string]any{"resultType": "vector", "result": []any{}}})
	}
}

// wikiText is a page that people have written; some are about computers.
func wikiText(name string) string {
	switch name {
	case "Linux_users":
		return "<h1>Users</h1><p>Each line of the file has seven fields, the name, a placeholder for the password, two numbers, a comment, the home and the shell:</p><pre>alice:x:1001:1001:Alice:/home/alice:/bin/bash</pre>"
	case "SQL_joins":
		return "<h1>Joins</h1><pre>SELECT a.name, b.total FROM customers a LEFT JOIN orders b ON a.id = b.customer WHERE b.total &gt; 100 OR b.total IS NULL;</pre>"
	}
	return "<h1>" + html.EscapeString(strings.ReplaceAll(name, "_", " ")) + "</h1><p>An article.</p>"
}
