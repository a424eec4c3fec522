package triage

import (
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine"
)

// What answers show in other languages, in encodings, within other texts, and of products; and what looks like it.
func TestShown(t *testing.T) {
	const (
		json  = "application/json"
		text  = "text/plain"
		shell = `<!doctype html><html><head><title>Tasks</title></head><body><div id="root"></div></body></html>`
		hash  = "$6$rounds=10000$MX7dBraC$FKMZwhPhrd3pAbQ65OWnOnBfrcWVzpzG8TPmuiEAfuGug5vIrdA2"
	)
	page := func(main string) string {
		return "<!DOCTYPE html><html><head><title>Suche</title></head><body><nav>" + strings.Repeat("<a href=/x>Angebot</a> ", 20) + "</nav>" + main + "</body></html>"
	}
	for name, c := range map[string]struct {
		attempt
		want     Outcome
		evidence string
	}{
		// Commands.
		"ipconfig in German":        {attempt{kind: "rce", payload: "127.0.0.1 & ipconfig", body: "<pre>Windows-IP-Konfiguration<br></pre>"}, Success, "ipconfig"},
		"dir in French":             {attempt{kind: "rce", payload: "& dir", body: "<pre> Répertoire de C:\\inetpub\n</pre>"}, Success, "dir"},
		"system in a page":          {attempt{kind: "rce", payload: "& systeminfo", body: "<pre>\nOS Name:                   Microsoft Windows Server 2019\n</pre>"}, Success, "Windows"},
		"processes in a field":      {attempt{kind: "rce", payload: "a|ps aux", body: "<textarea>USER         PID %CPU %MEM</textarea>"}, Success, "processes"},
		"files, as Python's bytes":  {attempt{kind: "rce", payload: "subprocess\ncheck_output\n(S'ls -la'", mime: json, body: `{"p":"b'total 24\\ndrwxr-xr-x 1 root root 4096 Feb  2 10:11 .\\n'"}`}, Success, "ls"},
		"table of kubectl":          {attempt{kind: "rce", payload: "; kubectl get pods", body: "<pre>NAME   READY   STATUS    RESTARTS   AGE\n</pre>"}, Success, "kubectl"},
		"lines of wmic":             {attempt{kind: "rce", payload: "& wmic os get caption /value", body: "<pre>\nCaption=Microsoft Windows 10 Pro\n</pre>"}, Success, "wmic"},
		"a shell's error":           {attempt{kind: "rce", payload: ";foo", mime: text, body: "sh: 1: foo: not found\n"}, Success, "error of a shell"},
		"a shell's error, Russian":  {attempt{kind: "rce", payload: "& ls", body: "<pre>\"ls\" не является внутренней или внешней\nкомандой</pre>"}, Success, "error of a shell"},
		"name of a host":            {attempt{kind: "rce", payload: "a;id", mime: text, body: "ping: a;id: Name or service not known"}, Unknown, ""},
		"marks of a shell":          {attempt{kind: "rce", payload: "@eval($_POST[1])", body: "->|/var/www\tLinux\twww-data|<-"}, Success, "web shells"},
		"an arrow":                  {attempt{kind: "rce", payload: "@eval($_POST[1])", body: "a ->| b"}, Unknown, ""},
		"template filled in":        {attempt{kind: "rce", payload: `Dear ${"freemarker.template.utility.Execute"?new()("whoami")}, your order`, mime: json, body: `{"rendered":"Dear root\n, your order"}`}, Success, "whoami"},
		"template, another name":    {attempt{kind: "rce", payload: `Dear ${"freemarker.template.utility.Execute"?new()("whoami")}, your order`, mime: json, body: `{"rendered":"Dear Ann, your order"}`}, Unknown, ""},
		"console":                   {attempt{kind: "rce", payload: "__import__('os').popen('hostname').read()", body: "&gt;&gt;&gt; __import__('os').popen('hostname').read()\n<span class=\"string\">'web-1\\n'</span>"}, Success, "console"},
		"script that was uploaded":  {attempt{kind: "injection-php", payload: "theme.php", method: "POST", request: "Content-Disposition: form-data; name=\"f\"; filename=\"theme.php\"\r\n\r\n<?php echo PHP_VERSION.\"|\".(233*233); ?>", body: "<p>8.0.30|54289</p>"}, Success, "54289"},
		"script, a longer number":   {attempt{kind: "injection-php", payload: "theme.php", method: "POST", request: "Content-Disposition: form-data; name=\"f\"; filename=\"theme.php\"\r\n\r\n<?php echo (233*233); ?>", body: "<p>154289</p>"}, Unknown, ""},
		"result in a header":        {attempt{kind: "rce", payload: "%{#response.addHeader('X-Ack',233*233)}", headers: "X-Ack: 54289\r\n", body: "<p>"}, Success, "X-Ack"},
		"functions off":             {attempt{kind: "rce", payload: "shell_exec('id')", body: "<b>Warning</b>:  shell_exec() has been disabled for security reasons in <b>/x.php</b>"}, Failure, "disabled"},
		"not for this client":       {attempt{kind: "rce", payload: ";id", body: "FATAL: You are not authorized to use this service"}, Failure, "not authorized"},
		"page of an application":    {attempt{kind: "rce", payload: "; sh x", mime: "text/html", body: shell}, Failure, "any path"},
		"page that asks for a hash": {attempt{kind: "rce", payload: ";cat x", body: "<p>" + hash + "</p>"}, Success, "hashes"},

		// Files.
		"shadow of an appliance":  {attempt{kind: "lfi", payload: "../../etc/shadow", mime: text, body: "admin:" + hash + ":19820:0:99999:8:::\nroot:*:19820:0:99999:7:::\n"}, Success, "shadow"},
		"system, in a drawing":    {attempt{kind: "xxe", payload: "file:///etc/os-release", mime: "image/svg+xml", body: `<svg><text x="0">PRETTY_NAME="Debian GNU/Linux 12"</text></svg>`}, Success, "name of the system"},
		"passwd within base64":    {attempt{kind: "lfi", payload: "/etc/passwd", mime: json, status: "500", body: `{"error":"can't write /tmp/reportcm9vdDp4OjA6MDpyb290Oi9yb290Oi9iaW4vYmFzaApkYWVtb246eA.pdf"}`}, Success, "passwd"},
		"settings in base64":      {attempt{kind: "lfi", payload: "../web.config", mime: json, body: `{"data":"PD94bWwgdmVyc2lvbj0iMS4wIj8+DQo8Y29uZmlndXJhdGlvbj4NCjwvY29uZmlndXJhdGlvbj4="}`}, Success, "web.config"},
		"a picture in base64":     {attempt{kind: "lfi", payload: "../x.config", mime: json, body: `{"data":"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"}`}, Unknown, ""},
		"settings with a login":   {attempt{kind: "rce", payload: "{{_self.env}}", body: "<h1>Hi</h1>APP_ENV=prod DATABASE_URL=mysql://shop:eGuovuBJ@db-01.internal:3306/"}, Success, "password"},
		"lines of settings":       {attempt{kind: "lfi", payload: "../app.ini", body: "<div>\ndb_user=alpin\ndb_pass=Gipfel_4478\nsmtp_host=mail\n</div>"}, Success, "password"},
		"a form":                  {attempt{kind: "lfi", payload: "../app.ini", body: "<form>\n<input name=user>\n<input name=password type=password>\n</form>"}, Unknown, ""},
		"settings that were sent": {attempt{kind: "rce", payload: "db_user=a\ndb_pass=Gipfel_4478", mime: text, body: "db_user=a\ndb_pass=Gipfel_4478\n"}, Unknown, ""},

		// Searches and forms.
		"search without a hit":       {attempt{kind: "sqli", payload: "' union select 1,2-- ", body: page("No results for <em>&#39; union select 1,2-- </em>")}, Failure, "No results"},
		"search, in German":          {attempt{kind: "rce", payload: "x;id;", body: page("Zu <b>x;id;</b> wurden 0 Titel gefunden")}, Failure, "0 Titel"},
		"nothing found, no echo":     {attempt{kind: "sqli", payload: "' union select 1,2-- ", body: page("No results")}, Unknown, ""},
		"signs that are not allowed": {attempt{kind: "ldap", payload: "*)(uid=*", body: "<p>Ungültige Zeichen im Suchbegriff</p>"}, Failure, "Zeichen"},
		"address not allowed":        {attempt{kind: "ssrf", payload: "gopher://127.0.0.1:25/_x", body: `<div class="error">Only http and https links to public hosts can be saved.</div>`}, Failure, "refused"},
		"another server's word":      {attempt{kind: "ssrf", payload: "http://oast.example/", status: "400", mime: text, body: "upstream response is invalid"}, Unknown, ""},
		"a proxy's patience":         {attempt{kind: "rce", payload: ";sleep 30", status: "504", body: "<h1>504 Gateway Time-out</h1>"}, Unknown, ""},
		"code of gRPC":               {attempt{kind: "sqli", payload: "' union select 1", mime: json, body: `{"code":3,"message":"invalid ItemId: must match ^[A-Z]{6}$","details":[]}`}, Failure, "code: 3"},
		"escaped within a field":     {attempt{kind: "xss", payload: `" onfocus=alert(1) x="`, body: page(`<select data-current="&quot; onfocus=alert(1) x=&quot;">`)}, Failure, "escaped"},
		"prototype":                  {attempt{kind: "injection-generic", payload: "__proto__", method: "POST", request: `{"city":"Ulm","__proto__":{"foo":"bar"}}`, mime: json, body: `{"city":"Ulm","foo":"bar"}`}, Success, "prototype"},
		"prototype, echoed":          {attempt{kind: "injection-generic", payload: "__proto__", method: "POST", request: `{"__proto__":{"foo":"bar"}}`, mime: json, body: `{"__proto__":{"foo":"bar"}}`}, Unknown, ""},
	} {
		t.Run(name, func(t *testing.T) {
			tx, v := c.exchange(t)
			got, evidence := OutcomeOf(tx, v)
			if got != c.want || c.evidence != "" && !strings.Contains(strings.Join(evidence, "\n"), c.evidence) {
				t.Errorf("%s, want %s: %q", got, c.want, evidence)
			}
		})
	}
}

// What interfaces of products answer to attacks on them.
func TestShownByProducts(t *testing.T) {
	for name, c := range map[string]struct {
		attempt
		rule     int
		tag      string
		want     Outcome
		evidence string
	}{
		"file with a password":   {attempt{uri: "/eam/vib", payload: `c:\vcdb.properties`, mime: "application/octet-stream", body: "driver = org.postgresql.Driver\nusername = vc\npassword = v3&xJ{uPq0Z\n"}, 9705138, "exploited", Success, "password"},
		"keys of Consul":         {attempt{uri: "/v1/kv/?recurse=true", payload: "/v1/kv/", mime: "application/json", body: `[{"LockIndex":0,"Key":"db/password","Value":"SGFmZW4="}]`}, 9701311, "lateral-movement", Success, "keys"},
		"Tomcat's manager":       {attempt{uri: "/manager/html", payload: "tomcat:tomcat", body: "<td>Tomcat Web Application Manager</td>"}, 9701800, "lateral-movement", Success, "accepted"},
		"login of Grafana":       {attempt{method: "POST", uri: "/login", payload: "admin", mime: "application/json", body: `{"message":"Logged in","redirectUrl":"/"}`}, 9701801, "lateral-movement", Success, "accepted"},
		"login page once more":   {attempt{method: "POST", uri: "/login", payload: "admin", body: "<form><input type=password></form>"}, 9701801, "lateral-movement", Unknown, ""},
		"logins refused":         {attempt{method: "POST", uri: "/graphql", payload: "mutation", mime: "application/json", body: `{"errors":[{"message":"Invalid credentials","path":["a0"]}],"data":null}`}, 9703150, "evidence", Failure, "logins"},
		"one login taken":        {attempt{method: "POST", uri: "/graphql", payload: "mutation", mime: "application/json", body: `{"errors":[{"message":"Invalid credentials"}],"data":{"a9":{"token":"v-U65fjTF7RvDRnYDIscFM"}}}`}, 9703150, "evidence", Unknown, ""},
		"tunnel that was opened": {attempt{uri: "/", payload: "/", status: "101"}, 9701603, "lateral-movement", Success, "opened"},
		"key of a service":       {attempt{method: "POST", uri: "/search", payload: "' union select", mime: "application/json", body: `{"a":"sk_live_x"}`}, 9705001, "exploited", Success, "A key"},
		"key of a page's script": {attempt{uri: "/", payload: "' union select", body: `<script>k="sk_live_x"</script>`}, 9705001, "exploited", Unknown, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c.kind = "generic"
			if c.status == "101" {
				c.kind = "tunnel"
			}
			tx, v := c.exchange(t)
			v.Matches[0].RuleID, v.Matches[0].Tags = c.rule, append(v.Matches[0].Tags, c.tag)
			if c.rule == 9705001 {
				v.Matches = append(v.Matches, engine.Match{RuleID: 9700203, Phase: 4, Message: "A key", Tags: []string{"attack-sensitive-data"}})
			}
			got, evidence := OutcomeOf(tx, v)
			if got != c.want || c.evidence != "" && !strings.Contains(strings.Join(evidence, "\n"), c.evidence) {
				t.Errorf("%s, want %s: %q", got, c.want, evidence)
			}
		})
	}
}

// What keeps the words of others tells nothing of the server that shows them.
func TestRetold(t *testing.T) {
	for uri, want := range map[string]bool{
		"/group/app/-/jobs/88123/trace.json?state=": true, "/api/v2/jobs/4471/stdout/?format=json": true, "/view/a/job/build%20x/12/consoleText": true,
		"/api/v4/channels/xnxfpnclo4dfnqbqecE6orgxl9/posts?page=0": true, "/api/0/projects/acme/web/events/e6b411f632cd/": true, "/scans/118/hosts/4/plugins/156016?history_id=812": true,
		"/de/latest/passwd.html": false, "/api/v2/jobs/launch": false, "/jobs": false, "/x.php": false, "/job/x/12/execute": false,
	} {
		tx, _ := attempt{uri: uri}.exchange(t)
		if isTold(tx) != want {
			t.Errorf("%s: %v", uri, !want)
		}
	}
}
