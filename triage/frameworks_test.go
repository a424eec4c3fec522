package triage

import (
	"strings"
	"testing"
)

// Answers as frameworks and servers of many kinds give them: what shows success in one of them is found in the others, and
// their errors and empty results are none.
func TestOutcomeOfFrameworks(t *testing.T) {
	const passwd = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"
	for name, c := range map[string]struct {
		attempt
		want Outcome
	}{
		// Pages of errors.
		"Django, debugging":     {attempt{kind: "sqli", payload: "4'", status: "500", body: "<title>ProgrammingError at /book</title><pre>syntax error at or near \"'\"</pre>"}, Failure},
		"Rails":                 {attempt{kind: "sqli", payload: "4'", status: "500", body: "<h1>We're sorry, but something went wrong.</h1>"}, Failure},
		"Spring, JSON":          {attempt{kind: "sqli", payload: "4'", status: "500", mime: "application/json", body: `{"status":500,"error":"Internal Server Error","path":"/book"}`}, Failure},
		"Express":               {attempt{kind: "lfi", payload: "../../etc/passwd", status: "404", body: "<pre>Cannot GET /etc/passwd</pre>"}, Failure},
		"Laravel":               {attempt{kind: "sqli", payload: "4'", status: "500", body: "<title>SQLSTATE[42000]: Syntax error</title>"}, Failure},
		"ASP.NET":               {attempt{kind: "xss", payload: "<script>alert(7)</script>", status: "500", body: "<title>A potentially dangerous Request.Form value was detected</title>"}, Failure},
		"Tomcat":                {attempt{kind: "lfi", payload: "..;/WEB-INF/web.xml", status: "400", body: "<h1>HTTP Status 400 – Bad Request</h1>"}, Failure},
		"IIS":                   {attempt{kind: "lfi", payload: `..\..\windows\win.ini`, status: "404", body: "<h2>404 - File or directory not found.</h2>"}, Failure},
		"FastAPI":               {attempt{kind: "sqli", payload: "4 or 1=1", status: "422", mime: "application/json", body: `{"detail":[{"type":"int_parsing","loc":["path","id"]}]}`}, Failure},
		"gateway":               {attempt{kind: "sqli", payload: "4'", status: "502", body: "<center>openresty</center>"}, Failure},
		"login of Devise":       {attempt{kind: "sqli", payload: "' or 1=1-- ", request: "user[password]=%27+or+1%3D1--+", status: "302", headers: "Location: /users/sign_in\r\n"}, Failure},
		"firewall of a cloud":   {attempt{kind: "sqli", payload: "4'", status: "403", body: "<title>Attention Required! | Shield</title>"}, Failure},
		"firewall with 200":     {attempt{kind: "sqli", payload: "4'", body: "<h1>The requested URL was rejected. Please consult with your administrator.</h1>"}, Failure},
		"PHP warning":           {attempt{kind: "lfi", payload: "../../etc/passwd", body: "<b>Warning</b>: include(../../etc/passwd): Failed to open stream: No such file in <b>/srv/index.php</b>"}, Failure},
		"fetch, refused kindly": {attempt{kind: "ssrf", payload: "http://10.1.1.1:2375/version", mime: "application/json", body: `{"success":false,"message":"host not allowed"}`}, Failure},
		"operator, nobody":      {attempt{kind: "sqli", payload: "$ne", request: `{"user":{"$ne":""},"password":{"$ne":""}}`, mime: "application/json", body: `{"success":false}`}, Failure},

		// Answers that say nothing.
		"no rows":                 {attempt{kind: "sqli", payload: "a' union select 1,2-- ", mime: "application/json", body: `{"count":0,"next":null,"results":[]}`}, Unknown},
		"the payload in JSON":     {attempt{kind: "xss", payload: "<script>alert(7)</script>", mime: "application/problem+json", body: `{"title":"no <script>alert(7)</script>"}`}, Unknown},
		"escaped by a template":   {attempt{kind: "xss", payload: `<img src=x onerror=alert(7)>`, body: "<p>&lt;img src=x onerror=alert(7)&gt;</p>"}, Failure},
		"template, as it is":      {attempt{kind: "injection-generic", payload: "${{9*9}}", body: "<h1>Dear ${{9*9}}</h1><p>81 items</p>"}, Unknown},
		"shop with a number":      {attempt{kind: "injection-generic", payload: "{{9*9}}", body: strings.Repeat("<li>lamp</li>", 100) + "<b>81</b>"}, Unknown},
		"command, as a name":      {attempt{kind: "rce", payload: "host;id", mime: "text/plain", body: "host;id: Name or service not known"}, Unknown},
		"article about uname":     {attempt{kind: "rce", payload: ";uname -a", body: "<p>uname prints the name of the kernel, as Linux.</p>"}, Unknown},
		"SPA to every path":       {attempt{kind: "lfi", payload: "/.git/config", body: `<!doctype html><div id="root"></div><script src="/assets/main.js"></script>`}, Unknown},
		"token for a right login": {attempt{kind: "rce", payload: "a;b", request: `{"user":"a;b","password":"right"}`, mime: "application/json", body: `{"access_token":"eyJhbGciOiJIUzI1NiJ9.e30.x"}`}, Unknown},
		"redirect to a partner":   {attempt{kind: "lfi", payload: "https://pay.example.net/../x", status: "302", headers: "Location: https://pay.example.net/x\r\n"}, Unknown},

		// Success.
		"file in a page of Rails": {attempt{kind: "lfi", payload: "../../etc/hosts", body: "<pre>127.0.0.1\tlocalhost\n::1 ip6-localhost</pre>"}, Success},
		"passwd, by a rule":       {attempt{kind: "lfi", payload: "../../etc/passwd", mime: "application/octet-stream", body: passwd, succeeded: true}, Success},
		"ls in an envelope":       {attempt{kind: "rce", payload: "a|ls -la", mime: "application/json", body: `{"status":"success","data":{"stdout":"total 4\ndrwxr-xr-x 2 node node 4096 Jan  1 10:00 .\n"}}`}, Success},
		"dir on Windows":          {attempt{kind: "rce", payload: "a&dir", body: "<pre> Volume Serial Number is 9A8B-7C6D\r\n\r\n Directory of C:\\inetpub\\wwwroot\r\n</pre>"}, Success},
		"Windows' account":        {attempt{kind: "rce", payload: "a&whoami", body: "<pre>iis apppool\\defaultapppool\r\n</pre>"}, Success},
		"Jinja in an e-mail":      {attempt{kind: "injection-generic", payload: "{{99*98}}", mime: "application/json", body: `{"preview":"Dear 9702,"}`}, Success},
		"FreeMarker":              {attempt{kind: "injection-java", payload: "${300*41}", body: "<td>12300</td>"}, Success},
		"markers in CSV":          {attempt{kind: "sqli", payload: "4 union select concat(0x7a6b7176,user(),0x76716b7a)", mime: "text/csv", body: "id;name\n1;zkqvapp@dbvqkz\n"}, Success},
		"Rails waited":            {attempt{kind: "sqli", payload: "4; select pg_sleep(7)", took: "07.040"}, Success},
		"SQL Server waited":       {attempt{kind: "sqli", payload: "4'; waitfor delay '0:0:6'--", took: "06.020"}, Success},
		"React's raw HTML":        {attempt{kind: "xss", payload: "<svg onload=alert(7)>", body: "<main><h2>Results for <svg onload=alert(7)></h2></main>"}, Success},
		"Django's next":           {attempt{kind: "rfi", payload: "//evil.example.net/x", status: "302", headers: "Location: //evil.example.net/x\r\n"}, Success},
		"second cookie":           {attempt{kind: "protocol", payload: "de\r\nSet-Cookie: role=root", headers: "Set-Cookie: lang=de\r\nSet-Cookie: role=root\r\n"}, Success},
		"SOAP with an entity":     {attempt{kind: "xxe", payload: `<!ENTITY e SYSTEM "file:///etc/hosts">`, mime: "text/xml", body: "<s:Fault><detail>127.0.0.1 localhost&#10;</detail></s:Fault>"}, Success},
		"Redis by gopher":         {attempt{kind: "ssrf", payload: "gopher://10.0.0.5:6379/_INFO", mime: "text/plain", body: "$120\r\n# Server\r\nredis_version:7.2.4\r\n"}, Success},
		"Docker":                  {attempt{kind: "ssrf", payload: "http://10.1.1.1:2375/version", mime: "application/json", body: `{"Version":"26.1","ApiVersion":"1.45","MinAPIVersion":"1.24"}`}, Success},
		"metadata of Azure":       {attempt{kind: "ssrf", payload: "http://169.254.169.254/metadata/instance?api-version=2021-02-01", mime: "application/json", body: `{"compute":{"azEnvironment":"AzurePublicCloud","name":"vm1"}}`}, Success},
		"token by an operator":    {attempt{kind: "sqli", payload: "$gt", request: `{"email":{"$gt":""},"password":{"$gt":""}}`, mime: "application/json", body: `{"authentication":{"token":"eyJ0eXAiOiJKV1Qi.e30.s"}}`}, Success},
		"login of PHP by SQL":     {attempt{kind: "sqli", payload: "admin'-- ", request: "uname=admin%27--+&pass=x", status: "302", headers: "Location: dashboard.php\r\nSet-Cookie: PHPSESSID=a1b2c3\r\n"}, Success},
	} {
		t.Run(name, func(t *testing.T) {
			tx, v := c.exchange(t)
			if got, evidence := OutcomeOf(tx, v); got != c.want {
				t.Errorf("%s, want %s: %q", got, c.want, evidence)
			}
		})
	}
}
