package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
)

// Ordinary use that is as hard as real life: what people and programs send that looks like attacks to patterns.

// searches are what people look for in a shop, in a wiki and in a forum about computers.
var searches = []string{
	"O'Brien sofa", "rock 'n' roll poster", "children's desk", "table lamp", "drop leaf table", "union jack cushion", "select comfort mattress", "IKEA & co", "50% off chairs", "chairs > 100 €", "<3 gifts", "7*7 cm frame", "3/4\" bolts",
	"where can i buy a desk and chair", "order by phone", "group by color", "insert into wall anchor", "update from v1 to v2", "delete account", "table or desk", "c++ primer", "C# in depth", ".NET core 8", "$10 - $20", "AT&T case", "\"exact match\" lamp", "lamp -led", "(red OR blue) lamp",
	"shelf 80x40x200", "50/50 cotton", "L'Oréal", "d'Artagnan", "l'été", "Müller's", "日本語 ランプ", "кровать", "🛋️ sofa", "a|b testing book", "cat litter box", "cat 6 cable", "ping pong table", "curl cream", "echo dot", "man's wallet", "sleep (5) pack", "ls1 engine poster", "id card holder", "bash the ghost game",
}

// hardSearches are what people look for who write programs, and what has many quotes and words of databases.
var hardSearches = []string{
	"1=1 kit; set of 2", "how to exit vim", "sed -i 's/a/b/g'", "what is ../ in a path", "rm -rf joke mug", "select * from t-shirt", "Robert'); DROP TABLE Students; mug", "javascript: the good parts", "alert() tutorial", "<script> tag explained", "css { color: red }", "{{ mustache }} template", "${variable} in bash", "printf('%s')", "/etc/hosts windows", "/etc/fstab explained", "php array()", "0x1F hex", "base64 decode", "127.0.0.1 vs localhost", "http://localhost:3000 not working", "chmod 777 why bad", "sudo apt install nginx", "wget vs curl", "xp_cmdshell disable", "like '%foo%' slow", "union all vs union", "having clause", "or 1", "and/or", "SELECT name FROM customers", "admin@example.com", "C:\\Program Files missing", "\\\\server\\share", "%20 in url", "100%25", "#hashtag", "--help option", "/* comment */", "&nbsp; in html", "a=b&c=d", "[1,2,3]", "yes; no", "it's; that's", "`code`", "1' x 2' rug", "6'2\" man jeans", "5' or 6' rug", "don't and won't", "Rock'n'Roll or Jazz", "x' = y'", "sofa's and chairs", "case when to use", "benchmark (cpu)", "char(10) newline", "sleep(8 hours)",
}

// articles are what people write into content management, wikis, forums and tickets.
var articles = []string{
	"<p>Our <strong>spring</strong> sale starts on <em>Monday</em>.</p><ul><li>Lamps: 20&nbsp;% off</li><li>O'Brien sofas: free delivery</li></ul>",
	"<!-- wp:paragraph --><p>See the video:</p><!-- /wp:paragraph --><!-- wp:html --><iframe width=\"560\" height=\"315\" src=\"https://www.youtube-nocookie.com/embed/abc\" allowfullscreen></iframe><!-- /wp:html -->",
	"I get `Uncaught TypeError: Cannot read property 'x' of undefined` at `document.getElementById('a').innerHTML = \"<b>\" + name + \"</b>\"`. What's wrong?",
	"Dear team, I can't log in; it says \"wrong password\" -- but I'm sure it's right. Could you reset it and/or delete my account? Thanks; Bert",
	"Ticket: upgrade from 1.2.3 to 2.0; drop support for PHP 7; select new hosting; update docs; union of both lists (see #42 and !17).",
	"<?xml version=\"1.0\"?><note><to>Tove</to><body>Don't forget me &amp; the cat</body></note>",
	"Formeln: =SUMME(A1:A9)*1,19; =WENN(A1>0;\"ja\";\"nein\"); =HYPERLINK(\"http://example.com\";\"Klick\")",
	"L'été, c'est l'occasion d'acheter une table (ou deux); qu'est-ce que vous en pensez ? -- Zoé",
	"$$E = mc^2$$ and $\\frac{a}{b} \\neq {x \\over y}$; 2 > 1 && 1 < 2",
}

// hardArticles have code, markup of scripts, and talk of attacks.
var hardArticles = []string{
	"<script async src=\"https://analytics.example.com/a.js\"></script><script>window.dataLayer = window.dataLayer || []; function gtag(){dataLayer.push(arguments);} gtag('js', new Date());</script>",
	"<p style=\"color:red\">Attention!</p><img src=\"/images/lamp.png\" alt=\"A lamp\" onerror=\"this.style.display='none'\"><a href=\"https://example.com/?a=1&amp;b=2\">more</a>",
	"# How to list files\n\n```bash\nls -la /var/log && cat /etc/os-release | grep NAME\nfor f in *.txt; do echo \"$f\"; done\n```\n\nThen `sudo systemctl restart nginx`.",
	"## Query\n\n```sql\nSELECT c.name, SUM(o.total) FROM customers c JOIN orders o ON o.customer_id = c.id WHERE o.created > '2026-01-01' GROUP BY c.name HAVING SUM(o.total) > 100 ORDER BY 2 DESC;\n```\n\nDon't forget the index.",
	"In PHP: <?php echo htmlspecialchars($_GET['name'] ?? ''); ?> and never echo $_GET['name'] directly.",
	"The template says {{ user.name | default('guest') }} and {% for item in items %}{{ item.price * 1.19 }}{% endfor %}.",
	"Path is C:\\Users\\anna\\Documents\\..\\Desktop\\list.xlsx; on Linux ../Desktop/list.xlsx. See /etc/hosts and ~/.ssh/config.",
	"docker run --rm -it -v $(pwd):/work -e TOKEN=${TOKEN} alpine sh -c 'cd /work && ls; id'",
	"function f(x) { return x && x.length > 0 || x === null; } // eval(x) is evil; setTimeout(() => alert('done'), 1000)",
	"> quote\n\n| a | b |\n|---|---|\n| 1 | 'x' OR 'y' |\n\n<details><summary>Log</summary>\n\n```\njava.lang.NullPointerException: at org.apache.catalina.core.StandardWrapper.invoke(StandardWrapper.java:42)\n```\n</details>",
	"cron: 0 5 * * 1 tar -zcf /var/backups/home.tgz /home/ 2>&1 | mail -s 'backup' root@example.com",
	"Regex to match e-mail: ^[\\w.+-]+@[\\w-]+\\.[\\w.-]+$ and to strip tags: /<[^>]*>/g",
	"nginx: location ~ \\.php$ { fastcgi_pass unix:/run/php/php-fpm.sock; include fastcgi_params; } # root /var/www/html;",
	"Today's lesson: an attacker may type ' OR '1'='1 into the log-in form; always use prepared statements.",
	"```python\nimport os, subprocess\nsubprocess.run([\"ls\", \"-l\"], check=True)\nprint(os.environ['HOME'])\n```",
	"git push origin main; if it's rejected: git fetch && git rebase origin/main || git rebase --abort",
}

// titles are those of pages.
var titles = []string{
	"Search: \"O'Brien\" | Shop & more", "Lamps, shelves & more - Example Shop", "Your cart (2) – Checkout", "50% off; today only!", "FAQ: How do I select a size?", "Küche & Bad | Möbel", "Sign in / Register", "Blog » Our 10 best desks (and 3 that aren't)",
	"Kids' rooms: order by age", "What's new? | Example",
}

// words of which ordinary texts are made.
var words = strings.Fields("lamp shelf chair desk oak steel warm light table order price customer delivery garden kitchen paper blue green report sample number window door night market spring autumn")

// visitor is somebody who uses a site.
type visitor struct {
	*session
	random *rand.Rand
}

func (v *visitor) one(of []string) string { return of[v.random.IntN(len(of))] }

func (v *visitor) token(n int) string {
	const signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	b := make([]byte, n)
	for i := range b {
		b[i] = signs[v.random.IntN(len(signs))]
	}
	return string(b)
}

func (v *visitor) phrase(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = v.one(words)
	}
	return strings.Join(all, " ")
}

// jwt is a token in JSON, of invented claims.
func (v *visitor) jwt() string {
	claims := fmt.Sprintf(`{"iss":"https://login.example.com","sub":"%d","name":"%s O'Neil","roles":["user","editor"],"exp":1772500000}`, v.random.IntN(1e6), v.one(words))
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT","kid":"k1"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + "." + v.token(86)
}

// analytics are cookies as services of analytics, consent and load balancers set them.
func (v *visitor) analytics() string {
	n := func(k int) int { return v.random.IntN(k) }
	all := []string{
		fmt.Sprintf("_ga=GA1.1.%d.177%07d", n(1e9), n(1e7)), fmt.Sprintf("_ga_%s=GS1.1.177%07d.%d.1.177%07d.%d.0.0", v.token(10), n(1e7), 1+n(9), n(1e7), n(60)), fmt.Sprintf("_fbp=fb.1.177%010d.%d", n(1e10), n(1e9)),
		"OptanonConsent=isGpcEnabled=0&datestamp=Mon+Mar+02+2026+08%3A15%3A42+GMT%2B0100+(Central+European+Standard+Time)&version=202401.1.0&hosts=&groups=C0001%3A1%2CC0002%3A0&AwaitingReconsent=false&geolocation=DE%3BBE",
		"CookieConsent={stamp:%27" + v.token(40) + "==%27%2Cnecessary:true%2Cpreferences:false%2Cmethod:%27explicit%27%2Cver:1%2Cutc:1772438142000}",
		"AWSALB=" + v.token(120) + "; AWSALBCORS=" + v.token(120), "session=" + v.token(64) + "." + v.token(6) + "." + v.token(27), "_hjSessionUser_123=" + base64.StdEncoding.EncodeToString(fmt.Appendf(nil, `{"id":"%s","created":1772438142,"existing":true}`, v.token(20))),
		"mp_abc_mixpanel=%7B%22distinct_id%22%3A%20%22" + v.token(20) + "%22%2C%22%24initial_referrer%22%3A%20%22%24direct%22%2C%22%24search_engine%22%3A%20%22google%22%7D", "ajs_anonymous_id=%22" + v.token(36) + "%22", "cart=" + url.QueryEscape(`[{"id":3,"qty":2,"name":"O'Brien sofa"},{"id":1,"qty":1}]`),
		"_pk_ref.1.1fff=" + url.QueryEscape(`["","",1772438142,"https://www.google.com/"]`), "utag_main=v_id:" + v.token(30) + "$_sn:3$_se:12$_ss:0$_st:1772438142$dc_visit:3$ses_id:1772438142%3Bexp-session", "token=" + v.jwt(), "__cf_bm=" + v.token(43) + "-1772438142-1.0.1.1-" + v.token(80),
		"prefs=" + base64.StdEncoding.EncodeToString([]byte(`{"theme":"dark","columns":["name","price"],"sort":"price desc"}`)), "lang=en-US", "PHPSESSID=" + strings.ToLower(v.token(26)), "JSESSIONID=" + v.token(32) + ".node1", "visitor=v-1001",
	}
	v.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return strings.Join(all[:1+n(6)], "; ")
}

func text(value any) string {
	b, _ := json.Marshal(value)
	return string(b)
}

func get(target string) request { return request{target: target} }

func post(target string, value any) request {
	return request{method: http.MethodPost, target: target, kind: "application/json", body: text(value)}
}

func postForm(target string, pairs ...string) request {
	values := make([]string, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		values = append(values, url.QueryEscape(pairs[i])+"="+url.QueryEscape(pairs[i+1]))
	}
	return request{method: http.MethodPost, target: target, kind: form, body: strings.Join(values, "&")}
}

// uses are what visitors do: each makes one request.
var uses = []func(v *visitor) request{
	func(v *visitor) request { return get("/") },
	func(v *visitor) request { return get("/search?q=" + url.QueryEscape(v.one(searches))) },
	func(v *visitor) request { return get("/search?q=" + url.QueryEscape(v.one(searches))) },
	func(v *visitor) request {
		return get("/search?q=" + url.QueryEscape(v.phrase(2)) + "&utm_source=newsletter&utm_campaign=spring%202026%20%7C%20O%27Brien&gclid=" + v.token(60))
	},
	func(v *visitor) request { return get(fmt.Sprintf("/item?id=%d&lang=en", 1+v.random.IntN(5))) },
	func(v *visitor) request { return get(fmt.Sprintf("/items/%d", 1+v.random.IntN(6))) },
	func(v *visitor) request { return get("/page?name=" + v.one([]string{"about", "contact", "imprint"})) },
	func(v *visitor) request {
		return get("/download?file=" + v.one([]string{"price-list.txt", "terms.txt", "2026/march.csv"}))
	},
	func(v *visitor) request { return get("/static/site.css?v=1.2.3") },
	func(v *visitor) request { return get("/static/docs/manual.txt") },
	func(v *visitor) request {
		return get("/profile?color=%23ff8800&name=" + url.QueryEscape(v.one([]string{"Anna O'Hara", "D'Angelo & Sons", "Smith <bert@example.com>", "Zoë", "Null, Jr."})))
	},
	func(v *visitor) request {
		return get("/greet?name=" + url.QueryEscape(v.one([]string{"Anna", "Jean-Luc", "O'Neil", "Ann {Annie} Lee"})))
	},
	func(v *visitor) request {
		return get("/go?url=" + url.QueryEscape("https://pay.example.net/checkout?return=https://shop.example.com/thanks&amount=19.90"))
	},
	func(v *visitor) request {
		return get("/ping?addr=" + v.one([]string{"db.example.com", "10.2.0.5", "www.example.org"}))
	},
	func(v *visitor) request { return get("/people?name=" + v.one([]string{"alice", "bob", "admin"})) },
	func(v *visitor) request { return get("/comments") },
	func(v *visitor) request {
		return postForm("/comments", "rating", "5", "text", v.one(searches)+"; "+v.phrase(8)+".")
	},
	func(v *visitor) request {
		return postForm("/signin", "user", v.one([]string{"alice", "bob", "erin"}), "password", v.one([]string{"summer2024", "qwerty123", "p'w;d--1", "c0rrect|horse&battery"}))
	},
	func(v *visitor) request {
		return postForm("/login", "user", "alice", "password", v.one([]string{"summer2024", "summer2023", "it's-me"}))
	},
	func(v *visitor) request { return postForm("/orders", "page", "1", "name", v.one(searches)) },
	func(v *visitor) request {
		return post("/api/session", map[string]any{"user": "carol", "password": "Tr0ub4dor&3-horse"})
	},
	func(v *visitor) request {
		return post("/api/items", map[string]any{"filter": v.one(words), "sort": v.one([]string{"name", "price"}), "limit": 20})
	},
	func(v *visitor) request {
		return post("/api/login", map[string]any{"name": "alice", "password": "summer2024"})
	},
	func(v *visitor) request { return get("/api/users?role=customer&limit=20&sort=-created") },
	func(v *visitor) request {
		return post("/graphql", map[string]any{"operationName": "Items", "variables": map[string]any{"first": 20, "after": nil}, "query": "query Items($first: Int!) {\n  shop { ...ShopParts }\n}\nfragment ShopParts on Shop {\n  name\n  items(first: $first, where: {price: {_gt: 10}}, orderBy: {price: desc}) { edges { node { id name } } }\n}"})
	},
	func(v *visitor) request {
		return post("/graphql", map[string]any{"query": "{ item(name: \"lamp\") { name price } }", "variables": map[string]any{}})
	},
	func(v *visitor) request {
		return post("/mail/preview", map[string]any{"to": "customer", "text": "Dear Ms O'Hara, your order of " + v.phrase(3) + " is on its way; it'll arrive by Monday & we hope you like it."})
	},
	func(v *visitor) request {
		return request{method: http.MethodPost, target: "/api/order", kind: "application/xml", body: "<order><customer>7</customer><sku>lamp</sku><note>Don&apos;t ring; leave at door &amp; call 0171/123</note></order>"}
	},
	func(v *visitor) request {
		return request{method: http.MethodPost, target: "/soap", kind: "text/xml; charset=utf-8", headers: [][2]string{{"SOAPAction", `"http://example.com/GetPrice"`}}, body: `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><GetPrice><article>lamp</article></GetPrice></soap:Body></soap:Envelope>`}
	},
	func(v *visitor) request {
		return get("/reports?data=" + url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(text(map[string]string{"id": v.one(words)})))))
	},
	func(v *visitor) request {
		return get("/export?format=csv&column=" + v.one([]string{"name", "price", "note"}))
	},
	func(v *visitor) request {
		return postForm("/wp-admin/post.php", "post_ID", "42", "action", "editpost", "post_title", v.phrase(4), "content", v.one(articles))
	},
	func(v *visitor) request {
		return multipart("/wp-admin/admin-ajax.php", part("action", "", "", "heartbeat")+part("data[wp-refresh-post-lock][post_id]", "", "", "42")+part("interval", "", "", "60"))
	},
	func(v *visitor) request {
		return get("/wiki/" + v.one([]string{"Start", "SQL_joins", "Linux_users", "How_to_use_curl", "C++", "O'Reilly_books", "Union_(set_theory)"}))
	},
	func(v *visitor) request {
		return post("/tickets/17/comments", map[string]any{"body": v.one(articles), "internal": false, "labels": []string{"bug", "it's urgent"}})
	},
	func(v *visitor) request {
		return post("/elastic/logs-*/_search", map[string]any{"query": map[string]any{"bool": map[string]any{"must": []any{map[string]any{"query_string": map[string]any{"query": "status:>=500 AND (path:\"/api/*\" OR path:/admin) AND NOT agent:curl*"}}}}}, "script_fields": map[string]any{"total": map[string]any{"script": "doc['price'].value * 2"}}})
	},
	func(v *visitor) request {
		return get("/prometheus/api/v1/query?query=" + url.QueryEscape(`sum by (pod) (rate(http_requests_total{job="web",status=~"5..|429",path!~"/(healthz|ready).*"}[5m])) > 0.1 or vector(0)`))
	},
	func(v *visitor) request {
		return get("/prometheus/api/v1/query_range?query=" + url.QueryEscape(`histogram_quantile(0.99, sum(rate(d_bucket{ns="shop"}[5m])) by (le))`) + "&start=1772438142&end=1772441742&step=15")
	},
	func(v *visitor) request {
		return get("/collect/c.gif?v=2&tid=G-ABC&dl=" + url.QueryEscape("https://shop.example.com/search?sort=price&q="+url.QueryEscape(v.one(searches))) + "&dt=" + url.QueryEscape(v.one(titles)) + "&_p=" + v.token(12) + "&ev=" + url.QueryEscape(v.one([]string{`{"cat":"a/b","act":"click","lbl":"Lamps & more"}`, `{"cat":"nav","act":"scroll","val":75}`, `{"cat":"form","act":"submit","lbl":"Log in / sign up"}`})))
	},
	func(v *visitor) request {
		return get("/oauth/authorize?response_type=code&client_id=shop&redirect_uri=" + url.QueryEscape("https://shop.example.com/callback?x=1") + "&scope=openid%20profile%20email&state=" + v.token(43) + "&code_challenge=" + v.token(43))
	},
	func(v *visitor) request {
		return postForm("/saml/acs", "SAMLResponse", base64.StdEncoding.EncodeToString([]byte(`<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_`+v.token(20)+`"><saml:Assertion><saml:Subject>anna@example.com</saml:Subject></saml:Assertion></samlp:Response>`)), "RelayState", "https://shop.example.com/account")
	},
	func(v *visitor) request {
		return request{method: "PROPFIND", target: "/dav/" + url.PathEscape(v.one([]string{"notes.txt", "Bert's files", "R&D; plans", "100% done"})), kind: "application/xml", headers: [][2]string{{"Depth", "1"}}, body: `<?xml version="1.0"?><d:propfind xmlns:d="DAV:"><d:prop><d:getlastmodified/></d:prop></d:propfind>`}
	},
	func(v *visitor) request {
		return multipart("/upload", part("file", v.one([]string{"Bert's photo (1).png", "scan;2026.png", "L'été.png"}), "image/png", "\x89PNG\r\n\x1a\n\x00\x00"+v.token(300))+part("title", "", "", v.one(searches)))
	},
	func(v *visitor) request {
		return multipart("/upload", part("file", "report.pdf", "application/pdf", "%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction[2 0 R/Fit]>>endobj\nstream\n"+v.token(400)+"\nendstream"))
	},
	func(v *visitor) request {
		return multipart("/upload", part("file", "customers.csv", "text/csv", "name;city;note\nO'Hara;Cork;it's ok\nSmith & Sons;\"Select; Union\";=A1+B1\n"))
	},
	func(v *visitor) request {
		return multipart("/upload", part("file", "logo.svg", "image/svg+xml", `<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd"><svg xmlns="http://www.w3.org/2000/svg"><style>.a{fill:url(#b)}</style><path d="M0 0L9 9z"/></svg>`))
	},
	func(v *visitor) request {
		return post("/checkout/orders", map[string]any{"items": []any{map[string]any{"id": 3, "qty": 2}}, "address": map[string]any{"name": "Siobhán O'Hara-D'Arcy", "street": "12/4 King's Rd; 2nd floor", "note": "ring \"Smith & Co\" -- or call"}, "coupon": "SAVE-10%", "return_url": "https://shop.example.com/thanks?o=1"})
	},
	func(v *visitor) request {
		return postForm("/cart/add", "id", "5", "qty", "1", "options[size]", "80x200", "options[note]", v.one(searches), "csrf_token", v.token(44))
	},
	func(v *visitor) request {
		return request{target: "/account/orders?filter[state]=open&filter[total][gte]=100&sort=-created&page[size]=20", headers: [][2]string{{"Authorization", "Bearer " + v.jwt()}}}
	},
	func(v *visitor) request {
		return get("/account/return?next=" + url.QueryEscape("/account/orders?page=2#top") + "&msg=" + url.QueryEscape("It's done; thank you & good-bye"))
	},
}

// hardUses are what visitors do who write programs, run servers or write about it: texts that are code. A site has few of them.
var hardUses = []func(v *visitor) request{
	func(v *visitor) request {
		return post("/graphql", map[string]any{"operationName": "IntrospectionQuery", "query": "query IntrospectionQuery { __schema { queryType { name } types { name kind } } }"})
	},
	func(v *visitor) request {
		return get("/collect/c.gif?v=2&ev=" + url.QueryEscape(`{"cat":"a/b","act":"click","lbl":"<button class='x'>"}`))
	},
	func(v *visitor) request { return get("/download?file=2026/../terms.txt") },
	func(v *visitor) request {
		return post("/wp-json/wp/v2/posts/42?_locale=user", map[string]any{"id": 42, "title": v.phrase(3), "content": v.one(hardArticles), "status": "publish"})
	},
	func(v *visitor) request {
		return postForm("/wiki/edit/"+v.one([]string{"Start", "SQL_joins", "Linux_users"}), "text", v.one(hardArticles)+"\n\n"+v.one(hardArticles), "summary", "typo; it's fixed")
	},
	func(v *visitor) request {
		return post("/git/api/v4/projects/7/repository/commits", map[string]any{"branch": "main", "commit_message": "fix: don't drop table on update; closes #12", "actions": []any{map[string]any{"action": "update", "file_path": "src/../deploy/run.sh", "content": v.one(hardArticles)}}})
	},
	func(v *visitor) request {
		return post("/hooks/git", map[string]any{"ref": "refs/heads/fix/select-from-where", "commits": []any{map[string]any{"id": strings.ToLower(v.token(40)), "message": "Merge branch 'main' into 'dev' && cleanup", "added": []string{"app/config/.env.example", ".github/workflows/ci.yml"}}}})
	},
	func(v *visitor) request {
		return post("/chat/api/messages", map[string]any{"channel": "#ops", "text": v.one(hardArticles), "blocks": []any{map[string]any{"type": "section", "text": map[string]any{"type": "mrkdwn", "text": "*Deploy* `kubectl rollout restart deploy/web && sleep 5`"}}}})
	},
	func(v *visitor) request {
		return post("/dashboards/api/ds/query", map[string]any{"from": "now-1h", "to": "now", "queries": []any{map[string]any{"refId": "A", "format": "table", "rawSql": "SELECT time, value FROM metrics WHERE host = '" + v.one(words) + "' AND value > 10 ORDER BY time DESC LIMIT 100"}}})
	},
	func(v *visitor) request {
		return post("/k8s/apis/batch/v1/namespaces/shop/jobs", map[string]any{"kind": "Job", "metadata": map[string]any{"name": "migrate"}, "spec": map[string]any{"template": map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"name": "m", "image": "shop/migrate:1.2", "command": []string{"/bin/sh", "-c", "until nc -z db 5432; do sleep 2; done; ./migrate up && echo done"}}}}}}})
	},
	func(v *visitor) request {
		return post("/ci/job/build/configSubmit", map[string]any{"script": "pipeline { agent any\n stages { stage('b') { steps { sh 'make all && ./test.sh | tee log.txt' } } } }"})
	},
	func(v *visitor) request {
		return postForm("/dbadmin/sql", "db", "shop", "sql_query", "SELECT * FROM `orders` WHERE `state` = 'open' AND `total` > 100 ORDER BY `id` DESC LIMIT 25", "token", v.token(32))
	},
	func(v *visitor) request {
		return postForm("/admin/settings", "smtp_password", "p&w|x;'y\"z", "footer_html", "<a href=\"/imprint\">Imprint</a> &copy; 2026", "log_path", "/var/log/shop/app.log", "allow", "10.0.0.0/8, 127.0.0.1")
	},
	func(v *visitor) request {
		return post("/traces/v1/traces", map[string]any{"resourceSpans": []any{map[string]any{"scopeSpans": []any{map[string]any{"spans": []any{map[string]any{"name": "SELECT shop.orders", "attributes": []any{map[string]any{"key": "db.statement", "value": map[string]any{"stringValue": "SELECT id, name FROM orders WHERE customer = $1 AND state IN ('open','paid')"}}, map[string]any{"key": "process.command_line", "value": map[string]any{"stringValue": "/usr/bin/java -jar /app/shop.jar --spring.config.location=file:/etc/shop/"}}}}}}}}}})
	},
	func(v *visitor) request {
		return post("/csp/report", map[string]any{"csp-report": map[string]any{"document-uri": "https://shop.example.com/", "blocked-uri": "inline", "violated-directive": "script-src-elem", "original-policy": "default-src 'self'; script-src 'self' 'unsafe-inline' https://a.example.com; object-src 'none'", "script-sample": "window.a = function(){ document.cookie"}})
	},
	func(v *visitor) request {
		return post("/collect/envelope", map[string]any{"exception": map[string]any{"type": "TypeError", "value": "undefined is not an object (evaluating 'e.target.value')", "stacktrace": []string{"at HTMLButtonElement.onclick (https://shop.example.com/:12:5)", "at eval (webpack:///./src/../node_modules/x/index.js?:42:1)"}}, "breadcrumbs": []string{"GET /api/items?filter[price][gt]=10&order=price desc [200]"}})
	},
	func(v *visitor) request {
		return request{method: http.MethodPut, target: "/dav/backup.sql", kind: "application/sql", body: "DROP TABLE IF EXISTS `orders`;\nCREATE TABLE `orders` (id int);\nINSERT INTO `orders` VALUES (1,'O''Brien'),(2,'x');\n"}
	},
	func(v *visitor) request {
		return request{method: http.MethodPut, target: "/git/raw/deploy.sh", kind: "text/x-shellscript", body: "#!/bin/bash\nset -euo pipefail\nfor h in $(cat hosts.txt); do scp app.tgz \"$h\":/tmp/ && ssh \"$h\" 'tar xzf /tmp/app.tgz; sudo systemctl restart app'; done\n"}
	},
	func(v *visitor) request {
		return multipart("/upload", part("file", "notes.md", "text/markdown", v.one(hardArticles)))
	},
	func(v *visitor) request {
		return postForm("/account/profile", "about", v.one(hardArticles), "website", "http://localhost:8080/~bert/", "signature", "-- \nBert 'the Builder' O'Neil")
	},
	func(v *visitor) request { return get("/search?q=" + url.QueryEscape(v.one(hardSearches))) },
	func(v *visitor) request {
		return postForm("/wp-admin/post.php", "post_ID", "42", "post_title", v.phrase(4), "content", v.one(hardArticles))
	},
	func(v *visitor) request {
		return post("/tickets/17/comments", map[string]any{"body": v.one(hardArticles), "internal": true})
	},
}

// probes are requests of programs that look whether a site is there.
var probes = []struct {
	agent string
	request
}{{"kube-probe/1.29", get("/healthz")}, {"ELB-HealthChecker/2.0", get("/healthz")}, {"Prometheus/2.50.0", get("/ready")}, {"Googlebot/2.1 (+http://www.google.com/bot.html)", get("/robots.txt")}, {"Mozilla/5.0 (compatible; UptimeRobot/2.0)", request{method: http.MethodHead, target: "/"}}}

// hardOf is of how many requests one is hard.
const hardOf = 20

// crowd is how many people use the sites.
const crowd = 60

// benignUse makes ordinary requests: each is by one of a crowd of clients.
func (l *lab) benignUse(requests int) {
	for range requests {
		weak := l.random.IntN(2) == 0
		who := l.random.IntN(crowd)
		s := l.visit(weak, "ordinary use", fmt.Sprintf("10.1.%d.%d", who/20, 10+who%20), browsers[who%len(browsers)])
		v := &visitor{s, l.random}
		if l.random.IntN(12) == 0 {
			p := probes[l.random.IntN(len(probes))]
			s.headers = [][2]string{{"User-Agent", p.agent}, {"Accept", "*/*"}}
			s.send(benign, "ordinary", p.request)
			continue
		}
		s.cookies = v.analytics()
		if l.random.IntN(3) > 0 {
			s.headers = append(append([][2]string{}, s.headers...), [2]string{"Referer", "https://" + hostNames[weak] + "/search?q=" + url.QueryEscape(v.one(searches))})
		}
		if l.random.IntN(hardOf) == 0 {
			s.send(benign, "hard", hardUses[l.random.IntN(len(hardUses))](v))
			continue
		}
		s.send(benign, "ordinary", uses[l.random.IntN(len(uses))](v))
	}
}

// benignOnce has each way of use and each text at least once.
func (l *lab) benignOnce() {
	s := l.visit(false, "ordinary use", "10.1.9.9", firefox)
	v := &visitor{s, l.random}
	for _, kind := range []struct {
		name               string
		uses               []func(v *visitor) request
		searches, articles []string
	}{{"ordinary", uses, searches, articles}, {"hard", hardUses, hardSearches, hardArticles}} {
		for _, use := range kind.uses {
			s.cookies = v.analytics()
			s.send(benign, kind.name, use(v))
		}
		s.cookies = "lang=en"
		for _, q := range kind.searches {
			s.send(benign, kind.name, get("/search?q="+url.QueryEscape(q)))
		}
		for _, a := range kind.articles {
			s.send(benign, kind.name, postForm("/wp-admin/post.php", "content", a))
			s.send(benign, kind.name, post("/tickets/1/comments", map[string]any{"body": a}))
		}
	}
}
