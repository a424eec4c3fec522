package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// What browsers send is a part of what services send each other. The rest is written here after the documentation of the
// programs, with invented values, and each record differs: queries of monitoring and search systems, manifests, jobs, web
// hooks, editors, forms filled in by people, headers of proxies and tracing.

type writer struct{ r *rand.Rand }

func (w writer) pick(all ...string) string { return all[w.r.IntN(len(all))] }
func (w writer) n(most int) string         { return strconv.Itoa(w.r.IntN(most)) }
func (w writer) hex(n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte("0123456789abcdef"[w.r.IntN(16)])
	}
	return b.String()
}

var plainWords = strings.Fields(`account active add address all and annual any apply area arrive as ask at available back balance bank be before best bill
blue book both box branch bring build business but buy by call can card care case change check city class clear close code cold come company
contact cost country cover create customer cut data date day deal delete deliver department detail did do door down drop each early east else
email end even event every exec fact fall family fast file find fine first floor follow food for form free from front full game get give go good grant
group grow had half hand have head health help her here high him his hold home hour house how if in insert into is issue it item join just keep
key kind know large last late learn left less let level like line list live local long look lot love low mail main make man many map market
may mean meet member mind miss month more most move much must name near need never new next night no north not note now number of off offer
office old on one only open or order other our out over own page paper park part party pay people person phone place plan play point post power
price print product public put question quick rate read ready real receive record red region rent reply report rest result return right road
room round run safe sale same save say school search second select sell send service set share she ship shop short should show side sign simple
since sit site size sleep small so some sort sound south special staff stand star start state stay step still stock stop store street study such
sun support sure table take talk team tell test text than that the their them then there these they thing think this those time title to today
together tool top total touch town trade train travel true try turn two type under union until up update us use user value version very view visit
wait walk want warm was watch water way we week well were west what when where which while white who whole why will win with without word work
world would write year yes yet you young your zone`)

func (w writer) text(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(' ')
		}
		word := plainWords[w.r.IntN(len(plainWords))]
		switch w.r.IntN(24) {
		case 0:
			word += ","
		case 1:
			word += "."
		case 2:
			word = "\"" + word + "\""
		case 3:
			word = "(" + word + ")"
		case 4:
			word += w.pick("'s", ";", ":", "!", "?", " -", " --", " &", "/"+w.pick(plainWords...), "'t", "…")
		case 5:
			word = strings.ToUpper(word[:1]) + word[1:]
		case 6:
			word = w.n(2000)
		}
		b.WriteString(word)
	}
	return b.String()
}

func (w writer) name() string {
	return w.pick("Ann", "Bjørn", "Chloé", "Dmitri", "Eva", "Fatima", "George", "Hana", "Siân", "Niamh") + " " +
		w.pick("O'Brien", "D'Angelo", "van der Berg", "Smith", "Müller", "O’Neil", "Dark", "Null", "Select", "Union", "Grant", "St. John", "Kowalski-Nowak", "Ng")
}

func (w writer) uuid() string {
	return w.hex(8) + "-" + w.hex(4) + "-4" + w.hex(3) + "-a" + w.hex(3) + "-" + w.hex(12)
}

func (w writer) service() string {
	return w.pick("cart", "orders", "users", "billing", "search", "auth", "catalog", "mail", "reports", "web", "api", "jobs")
}

// message is a request; a body without a type is JSON.
type message struct {
	method, url, kind, body string
	headers                 []string
}

// kind is one kind of them.
type kind struct {
	name string
	make func(w writer) message
}

var kinds = []kind{
	{"rest", func(w writer) message {
		return w.json(w.pick("POST", "PUT", "PATCH"), "/api/v"+w.n(4)+"/"+w.service()+"/"+w.n(90000), map[string]any{
			"name": w.name(), "note": w.text(3 + w.r.IntN(40)), "email": "a.b+" + w.n(99) + "@example.org", "price": w.n(500) + ".99", "tags": []string{w.text(1), w.text(2)},
			"address": "Flat #" + w.n(40) + ", St. John's Rd; " + w.text(2), "phone": "+44 (0)20 7946 0" + w.n(999), "ratio": w.n(9) + "/" + w.n(9), "url": "https://www.example.org/a?b=" + w.n(99) + "&c=" + w.text(1)})
	}},
	{"promql", func(w writer) message {
		q := w.pick(`count(kube_pod_status_phase{phase="Failed"}) unless on(pod) %s`, `sum by (job) (rate(http_requests_total{job=~"%s.*",code!~"5.."}[5m])) / 2 > 0.5`,
			`histogram_quantile(0.9, sum(rate(%s_bucket[10m])) by (le)) and on() vector(1)`, `(1 - avg(rate(node_cpu_seconds_total{mode="idle"}[5m]))) * 100 or %s`,
			`topk(5, max_over_time(%s{namespace!=""}[1h])) == bool 1`, `label_replace(%s, "a", "$1", "pod", "(.*)-[a-z0-9]+")`)
		return message{method: "GET", url: "/api/v1/query_range?query=" + url.QueryEscape(fmt.Sprintf(q, w.service())) + "&start=17" + w.n(99999999) + "&end=now-1h&step=" + w.n(60)}
	}},
	{"logql", func(w writer) message {
		q := `{app="` + w.service() + `"} |= "` + w.text(2) + `" | json | line_format "{{.message}}" | status >= ` + w.n(500) + ` or duration > 1s`
		return message{method: "GET", url: "/loki/api/v1/query_range?query=" + url.QueryEscape(q) + "&limit=" + w.n(1000)}
	}},
	{"lucene", func(w writer) message {
		q := `status:[400 TO 499] AND (extension:php OR extension:"` + w.text(2) + `") NOT user.name:` + w.text(1) + ` && _exists_:host || level:>=` + w.n(9)
		return message{method: "GET", url: "/logs-*/_search?q=" + url.QueryEscape(q) + "&sort=@timestamp:desc"}
	}},
	{"elasticsearch", func(w writer) message {
		return w.json("POST", "/"+w.service()+"-2026/_search?typed_keys=true", map[string]any{"query": map[string]any{"bool": map[string]any{
			"must":   []any{map[string]any{"match": map[string]any{"title": w.text(4)}}, map[string]any{"query_string": map[string]any{"query": w.text(2) + " AND NOT (" + w.text(2) + ")"}}},
			"filter": []any{map[string]any{"range": map[string]any{"@timestamp": map[string]any{"gte": "now-1d/d", "lt": "now/d"}}}}}},
			"script_fields": map[string]any{"x": map[string]any{"script": map[string]any{"source": "doc['" + w.text(1) + "'].value * 2"}}}})
	}},
	{"bulk", func(w writer) message {
		var b strings.Builder
		for range 3 {
			b.WriteString(`{"index":{"_index":"logs"}}` + "\n" + w.object(map[string]any{"message": w.logLine(), "level": "INFO"}) + "\n")
		}
		return message{"POST", "/_bulk", "application/x-ndjson", b.String(), nil}
	}},
	{"jql", func(w writer) message {
		q := `project = ` + strings.ToUpper(w.text(1)) + ` AND status in ("In Progress", Open) AND assignee = "` + w.name() + `" OR created >= -` + w.n(30) + `d ORDER BY updated DESC`
		return message{method: "GET", url: "/rest/api/2/search?jql=" + url.QueryEscape(q)}
	}},
	{"odata", func(w writer) message {
		q := "$filter=" + url.QueryEscape("Name eq '"+strings.ReplaceAll(w.name(), "'", "''")+"' and Price gt "+w.n(90)+" or startswith(City,'"+w.text(1)+"')") + "&$select=Id,Name&$orderby=" + url.QueryEscape("Price desc") + "&$top=" + w.n(50)
		return message{method: "GET", url: "/odata/Products?" + q}
	}},
	{"scim", func(w writer) message {
		return message{method: "GET", url: "/scim/v2/Users?filter=" + url.QueryEscape(`userName eq "`+w.text(1)+`" and active eq true and (emails.value co "example.org" or title pr)`)}
	}},
	{"graphql", func(w writer) message {
		return w.json("POST", "/graphql", map[string]any{"operationName": "Get", "query": "query Get($id: ID!, $n: Int = 10) {\n  " + w.service() + "(id: $id) { id name(first: $n) ... on User { email } }\n}\n# " + w.text(3), "variables": map[string]any{"id": w.uuid(), "text": w.text(6)}})
	}},
	{"ci job", func(w writer) message {
		cmd := w.pick("make build && make test", "npm ci && npm run lint -- --fix; npm test", "set -e\ncd web\n./gradlew build | tee log.txt", "docker build -t app:$(git rev-parse --short HEAD) . && docker push app", "pip install -r requirements.txt; pytest -q", "if [ -f .env ]; then source .env; fi\necho \"$HOME\"", "cat version.txt | xargs -I{} echo {}", "kubectl -n "+w.service()+" rollout status deploy/web || exit 1", "curl -fsSL https://get.example.org/install | sh", "go vet ./... && go test ./...", "find . -name '*.tmp' -exec rm {} +")
		return w.json("POST", "/job/"+w.service()+"/configSubmit", map[string]any{"name": w.text(2), "steps": []any{map[string]any{"uses": "actions/checkout@v4"}, map[string]any{"command": cmd, "env": map[string]string{"CI": "true", "PATH": "/usr/local/bin:/usr/bin:$PATH"}}}, "description": w.text(9)})
	}},
	{"kubernetes", func(w writer) message {
		return w.json(w.pick("POST", "PATCH", "PUT"), "/apis/apps/v1/namespaces/"+w.service()+"/deployments?fieldManager=kubectl-client-side-apply", map[string]any{"apiVersion": "apps/v1", "kind": "Deployment",
			"metadata": map[string]any{"name": w.service(), "annotations": map[string]any{"kubectl.kubernetes.io/last-applied-configuration": w.object(map[string]any{"spec": map[string]any{"replicas": 2}, "note": w.text(3)})}},
			"spec":     map[string]any{"template": map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"image": "registry.example.org/app:1." + w.n(90), "command": []string{"/bin/sh", "-c", w.pick("exec java -jar app.jar", "sleep 5; nginx -g 'daemon off;'", "until nc -z db 5432; do sleep 1; done; ./run", "cp -r /src/* /data && chown -R 1000 /data")}, "volumeMounts": []any{map[string]any{"mountPath": "/etc/config"}}}}}}}})
	}},
	{"gutenberg", func(w writer) message {
		return w.json("POST", "/wp-json/wp/v2/posts/"+w.n(900)+"?_locale=user", map[string]any{"content": "<!-- wp:paragraph {\"align\":\"left\"} -->\n<p class=\"has-text\">" + w.text(20) + " <strong>" + w.text(2) + "</strong> <a href=\"https://www.example.org/?p=" + w.n(99) + "\" target=\"_blank\">" + w.text(1) + "</a></p>\n<!-- /wp:paragraph -->\n\n<!-- wp:image {\"id\":" + w.n(99) + "} --><figure class=\"wp-block-image\"><img src=\"https://img.example.org/a.png\" alt=\"\"/></figure><!-- /wp:image -->", "title": w.text(5), "status": "draft"})
	}},
	{"html mail", func(w writer) message {
		return w.form("/messages/send", "subject", w.text(5), "html", "<html><head><style>p { color: #333; font-family: 'Arial' }</style></head><body><table width=\"100%\"><tr><td><h1>"+w.text(3)+"</h1><p>"+w.text(40)+"</p><img src='cid:logo'></td></tr></table></body></html>", "to", w.name()+" <a@example.org>")
	}},
	{"markdown", func(w writer) message {
		return w.json("POST", "/repos/a/b/issues", map[string]any{"title": w.text(6), "body": "## Steps\n\n1. " + w.text(6) + "\n2. run `" + w.pick("npm start", "ls -la", "cat config.yml", "SELECT 1", "curl localhost:8080") + "`\n\n```js\nconst a = x => { return x && x.length > 0 }\nconsole.log('" + w.text(2) + "')\n```\n\n> " + w.text(12) + "\n\n- [ ] " + w.text(3) + " <br> [link](https://www.example.org)\n"})
	}},
	{"chat", func(w writer) message {
		return w.json("POST", "/api/chat.postMessage", map[string]any{"channel": "C" + w.n(99999), "text": w.pick("lol "+w.text(4)+" :)", "did you run `kubectl get pods | grep "+w.service()+"`?", "a < b && b > c, so yes", w.text(15), "it's 5 o'clock; "+w.text(4)+" -- right?", "<@U"+w.n(9999)+"> "+w.text(5), "100% of "+w.text(3)+" & more"), "thread_ts": w.n(999999) + ".00" + w.n(99)})
	}},
	{"csp report", func(w writer) message {
		return w.json("POST", "/csp", map[string]any{"csp-report": map[string]any{"document-uri": "https://www.example.org/" + w.text(1), "violated-directive": "script-src-elem", "blocked-uri": w.pick("inline", "eval", "data", "https://cdn.example.net/x.js"), "script-sample": w.pick("alert("+w.n(9)+")", "window.dataLayer = window.dataLayer || [];", "(function(w,d,s){ eval(s) })(window,document)", "document.cookie.split(';')"), "original-policy": "default-src 'self'; script-src 'self' 'unsafe-inline' *.example.net; report-uri /csp"}})
	}},
	{"oauth", func(w writer) message {
		return message{method: "GET", url: "/oauth/callback?code=4/0A" + w.hex(20) + "&scope=" + url.QueryEscape(w.pick("openid email profile https://www.googleapis.com/auth/userinfo.profile https://www.googleapis.com/auth/userinfo.email", "read:user user:email", "openid offline_access api://app/.default", "openid https://www.googleapis.com/auth/userinfo.email", "profile email https://www.googleapis.com/auth/userinfo.profile openid", "https://www.googleapis.com/auth/drive.file https://www.googleapis.com/auth/userinfo.profile", "User.Read Mail.Send .default", "email https://www.googleapis.com/auth/calendar.readonly https://www.googleapis.com/auth/userinfo.profile")) + "&state=" + url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(w.object(map[string]any{"return_to": "/" + w.text(1) + "?a=1", "nonce": w.hex(16)})))) + "&redirect_uri=" + url.QueryEscape("https://app.example.org/cb?x=1&y="+w.text(1))}
	}},
	{"upload", func(w writer) message {
		file := w.pick(w.text(1)+".sql.gz", w.text(2)+" (1).pdf", ".gitignore.txt", "C:\\fakepath\\"+w.text(1)+".pdf", "C:\\Users\\"+w.text(1)+"\\Desktop\\"+w.text(1)+".xls", w.text(1)+".v"+w.n(9)+".tar.gz", w.text(1)+".bak", w.text(1)+".log."+w.n(9), "backup-"+w.n(9999)+".sql", w.text(1)+".min.js.map", "O'"+w.text(1)+" & "+w.text(1)+".docx", "config.yml", w.text(1)+".conf.txt", w.text(1)+".jpg.png", w.text(1)+".db", "id_"+w.text(1)+".key.pdf")
		m := message{method: "POST", url: "/api/" + w.service() + "/files", kind: "multipart/form-data; boundary=b" + w.n(99)}
		return m.parts("folder", w.n(99), "", w.pick("file", "upload", "attachment", "files[]"), w.text(3), strings.ReplaceAll(file, `"`, ""))
	}},
	{"saml", func(w writer) message {
		x := `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_` + w.hex(20) + `" Version="2.0" Destination="https://sp.example.org/acs"><saml:Issuer>https://idp.example.org</saml:Issuer><saml:AttributeValue xsi:type="xs:string">` + w.name() + `</saml:AttributeValue></samlp:Response>`
		return w.form("/saml/acs", "SAMLResponse", base64.StdEncoding.EncodeToString([]byte(x)), "RelayState", "https://sp.example.org/app?"+w.text(1)+"=1")
	}},
	{"filter", func(w writer) message {
		q := w.pick("created_at>=2025-12-1"+w.n(9)+" AND total>"+w.n(900), "status=open and priority<"+w.n(9), w.text(1)+" = "+w.n(99)+" or "+w.text(1)+" != "+w.n(9), "age >= "+w.n(60)+" && city = '"+w.text(1)+"'",
			"type in (a, b) and size > "+w.n(9999), "name like "+w.text(1)+"% or owner = me", "is:open label:bug -author:bot sort:updated-desc", "from:"+w.text(1)+" has:attachment larger:5M or is:starred", "price:[10 TO "+w.n(90)+"] AND in_stock:true", "(a = 1 and b = 2) or not c = 3", "lang in ('en', 'de') and year between 2019 and 2026")
		return message{method: "GET", url: "/v2/" + w.service() + "?" + w.pick("q", "filter", "where", "query") + "=" + url.QueryEscape(q) + "&status=open,paid,shipped&include=items.product,payments&from=2025-03-17T00%3A00%3A00.000Z&to=2026-01-15T23:59:59%2B01:00"}
	}},
	{"campaign", func(w writer) message {
		return message{method: "GET", url: "/" + w.text(1) + "?utm_source=" + w.pick("google", "tiktok", "{{site_source_name}}") + "&utm_campaign=" + w.pick("{{campaign.name}}", "{campaignid}", "%7B%7Bcampaign.id%7D%7D", "${CAMPAIGN}", "[CAMPAIGN_NAME]", "{{ad.name}}", "__CAMPAIGN_NAME__", url.QueryEscape(w.text(3))) + "&gclid=" + w.hex(30) + "&fbclid=IwAR" + w.hex(40) + "&q=" + url.QueryEscape(w.text(3))}
	}},
	{"operators", func(w writer) message {
		field := func() string {
			return w.pick("price", "age", "stock", "name", "city", "status", "created_at", "role", "score", "total", "category")
		}
		operator := func() string {
			return w.pick("$gt", "$lt", "$gte", "$lte", "$ne", "$in", "$nin", "$exists", "$regex", "$eq")
		}
		switch w.r.IntN(4) {
		case 0:
			return message{method: "GET", url: "/api/" + w.service() + "?" + field() + "[" + operator() + "]=" + w.n(99) + "&" + field() + "[" + operator() + "]=" + w.text(1) + "&sort=" + w.text(1)}
		case 1:
			return message{method: "GET", url: "/api/" + w.service() + "?filters[" + field() + "][" + operator() + "]=" + w.text(1) + "&populate=*&page[size]=" + w.n(50)}
		case 2:
			return message{method: "GET", url: "/api/" + w.service() + "?" + w.pick("where", "filter", "query", "s") + "=" + url.QueryEscape(w.object(map[string]any{field(): map[string]any{operator(): w.r.IntN(99)}, "$or": []any{map[string]any{field(): w.text(1)}, map[string]any{field(): map[string]any{"$in": []string{w.text(1), w.text(1)}}}}}))}
		default:
			return w.json("POST", "/api/"+w.service()+"/find", map[string]any{"where": map[string]any{field(): map[string]any{operator(): w.r.IntN(99)}, field(): map[string]any{operator(): w.text(1)}}, "limit": w.r.IntN(99)})
		}
	}},
	{"mails", func(w writer) message {
		text := w.pick("Hello,\n\n", "> ", w.text(9)+"\n\n") + w.pick("From: ", "Von: ", "On Monday, ") + w.name() + "\n" + w.pick("To: ", "Cc: ", "Sent: ") + w.name() + "\nSubject: " + w.text(3) + "\n\n" + w.text(5+w.r.IntN(40))
		if w.r.IntN(2) == 0 {
			return w.json("POST", w.pick("/mails", "/api/messages", "/tickets/"+w.n(900)+"/replies"), map[string]any{w.pick("text", "body", "message"): text, "to": w.name()})
		}
		return w.form("/compose", "to", "a@example.org, b@example.org", "subject", w.text(4), "body", strings.ReplaceAll(text, "\n", "\r\n"))
	}},
	{"search", func(w writer) message {
		q := w.pick("rock & roll "+w.text(1), "o'reilly "+w.text(2), "c++ or c#", "AT&T and T-Mobile", "select comfort mattress from sealy", "union square "+w.text(1), "1/2 cup of "+w.text(1), "50% off "+w.text(2), "i <3 "+w.text(1), "what's "+w.text(3)+"?", "\""+w.text(3)+"\" -"+w.text(1), "dir en grey live", "cat and dog", "drop table lamp", "men's shoes size 9 1/2", "where to order by phone", w.text(4), "24\" monitor", "6' 2\" in cm", "a=b", "(1+2)*3", "how to sleep (better)", "user group by city", "ping pong table", "net weight", "type 2 diabetes", "where's my order #"+w.n(99999), "cats or dogs like fish", "black-or-white", "id card; passport", "curl hair", "grep - or - awk", "bash the monkey", "M&M's", "R&D", "python echo location", w.name())
		return message{method: "GET", url: "/" + w.pick("search", "s", "find", "api/suggest") + "?" + w.pick("q", "query", "term", "k") + "=" + url.QueryEscape(q) + "&page=" + w.n(9) + "&sort=" + w.pick("price", "name desc", "-created", "relevance")}
	}},
	{"wiki path", func(w writer) message {
		p := w.pick("AC/DC", "O'Brien_(surname)", "C++", "What's_new?", "Rock_&_Roll", "Hello,_World!", "Ubuntu_20.04_(LTS)", "100%_Wolf", "Category:"+w.text(1), "Tom_&_Jerry", "Catch-22", "File:A_(1).png", "l'été", "“quoted”", "Union_(select)", "Join_or_Die", "a;b="+w.n(9), "report (1).pdf", "menu-"+w.text(1)+"'s.html", "etc", "bin-collection", "home", "windows", "var-ious")
		return message{method: "GET", url: "/wiki/" + url.PathEscape(p) + w.pick("", "?action=history", "?lang=en&x=%20", "/"+w.uuid())}
	}},
	{"files", func(w writer) message {
		return message{method: "GET", url: w.pick("/static/js/../"+w.text(1)+".js", "/@types%2fnode", "/v2/library/nginx/manifests/sha256:"+w.hex(64), "/a/-/a-1.2."+w.n(9)+".tgz", "/info/refs?service=git-upload-pack", "/maven2/org/apache/commons/commons-lang3/maven-metadata.xml", "/download?file=reports/2026/"+w.text(1)+".pdf", "/download?path=docs/"+w.text(1)+"/index.html", "/api/files?dir=/home/user/Documents", "/browse?path=%2Fvar%2Fdata%2F"+w.text(1), "/config?name=system.ini", "/static/etc/logo.png", "/v1/kv/config/app?recurse&dc=dc1", "/assets/[id].js?ver=1.0."+w.n(9), "/sitemap.xml", "/healthz", "/metrics", "/.well-known/openid-configuration")}
	}},
	{"form", func(w writer) message {
		return w.form("/"+w.pick("contact", "checkout", "register", "profile", "comment"), "name", w.name(), "street", "St. John's Rd; Apt #"+w.n(99), "password", w.pick("P@ss'w0rd;--!", "correct horse \"battery\"", "x&y|z$1", "<Tr0ub4dor&3>", "a`b~c{d}"), "comments", w.text(10+w.r.IntN(60)), "iban", "", "date", "2026-0"+w.n(9)+"-1"+w.n(9), "accept", "on", "amount", "1,"+w.n(999)+".50", "math", w.pick("a<b && c>d", "f(x) = x^2 + 1", "5 > 3", "1-1=0"))
	}},
	{"page title", func(w writer) message {
		title := w.pick(w.text(3)+" | "+w.text(1), "Search: \""+w.text(2)+"\" | "+w.text(1)+" & more", w.name()+" - "+w.text(3)+" | "+w.text(2), w.text(4)+" » "+w.text(1), "("+w.n(20)+") "+w.text(3)+"; "+w.text(2)+" · "+w.text(1), "What's new? | "+w.text(2), "Results for '"+w.text(1)+"' & '"+w.text(1)+"' | "+w.text(1))
		return message{method: "GET", url: "/" + w.pick("g/collect", "matomo.php", "pixel.gif", "t.gif", "r/event") + "?v=2&tid=G-" + strings.ToUpper(w.hex(8)) + "&" + w.pick("dt", "action_name", "title", "t") + "=" + url.QueryEscape(title) + "&" + w.pick("dl", "url", "u") + "=" + url.QueryEscape("https://www.example.org/find?term="+w.pick(w.text(1), w.name())+"&sort=name") + "&_p=" + w.hex(6)}
	}},
	{"embedded media", func(w writer) message {
		html := w.pick(`<!-- wp:html --><iframe title="`+w.text(2)+`" width="640" height="360" src="https://video.example.org/embed/`+w.hex(8)+`" frameborder="0" allowfullscreen></iframe><!-- /wp:html -->`,
			`<div style="text-align: center;"><img src="/media/`+w.text(1)+`.jpg" alt="`+w.text(2)+`" width="300" /></div><p>`+w.text(12)+`</p><blockquote>`+w.text(8)+`</blockquote>`,
			`<table border="1"><tbody><tr><td>`+w.text(1)+`</td><td>`+w.n(90)+`</td></tr></tbody></table><p><a href="/`+w.text(1)+`" target="_blank" rel="noopener">`+w.text(3)+`</a></p>`,
			`<audio controls src="/media/`+w.hex(5)+`.mp3"></audio><p><em>`+w.text(6)+`</em></p><object data="/files/`+w.text(1)+`.pdf" type="application/pdf"></object>`)
		return w.form(w.pick("/admin/post/save", "/editor/update", "/cms/page/"+w.n(90)), "title", w.text(3), "content", html, "status", "draft")
	}},
	{"markup in a comment", func(w writer) message {
		return w.json("POST", "/"+w.pick("issues", "threads", "topics")+"/"+w.n(900)+"/replies", map[string]any{"text": w.pick(
			"<settings><name>"+w.text(1)+"</name><value>"+w.n(90)+"</value></settings>",
			`<?xml version="1.0"?><order><item>`+w.text(2)+`</item><to>`+w.name()+`</to></order>`,
			"how do I centre a <div> in a <section>? "+w.text(5),
			w.text(4)+" <b>"+w.text(1)+"</b> &amp; <i>"+w.text(1)+"</i><br/>"+w.text(6),
			"use <input type=\"number\"> and <label for=\"a\"> so that "+w.text(4))})
	}},
	{"formula", func(w writer) message {
		return w.form("/notes/save", "body", w.pick(`$$\sum_{i=1}^{n} i^2 = \frac{n(n+1)(2n+1)}{6}$$ and $x_{`+w.n(9)+`} \leq y$`, `$\int_0^1 x^2 dx$; 3 > 2 && 2 < 3 `+w.text(3), `$$a^2 + b^2 = c^2$$, $\alpha \neq \beta$ || `+w.text(2)), "title", w.text(3))
	}},
	{"relative paths", func(w writer) message {
		return w.json("POST", w.pick("/api/v4/projects/"+w.n(90)+"/repository/commits", "/envelope/", "/ingest/errors"), map[string]any{"message": w.text(4), "lines": []string{
			w.pick("import { "+w.text(1)+" } from '../lib/"+w.text(1)+"'", "#include \"../include/"+w.text(1)+".h\"", "at run (webpack:///./src/../node_modules/"+w.text(1)+"/index.js?:"+w.n(90)+":3)", "<script src=\"../js/app.js\"></script>", "cd ../.. && make "+w.text(1), "require('../../config/"+w.text(1)+"')", "C:\\\\Users\\\\"+w.text(1)+"\\\\..\\\\Desktop")}})
	}},
	{"query of a panel", func(w writer) message {
		return w.json("POST", w.pick("/api/ds/query", "/api/dataset", "/superset/sql"), map[string]any{"queries": []any{map[string]any{"refId": "A", w.pick("rawSql", "query", "native"): w.pick(
			"SELECT time, value FROM "+w.text(1)+" WHERE host = '"+w.service()+"' AND value > "+w.n(90)+" ORDER BY time DESC LIMIT 100",
			"SELECT count(*) AS n, status FROM orders WHERE created_at > now() - interval '1 day' GROUP BY status",
			"SELECT $__timeGroup(at, 5m) AS time, avg(load) FROM hosts WHERE $__timeFilter(at) AND name IN ('"+w.service()+"','"+w.service()+"') GROUP BY 1 ORDER BY 1",
			"with t as (select id, total from invoices) select sum(total) from t join customers c on c.id = t.id")}}})
	}},
	{"search of a developer", func(w writer) message {
		q := w.pick("wget or curl for downloads", "sed replace in place "+w.text(1), "grep -r without binary files", "base64 decode online", "printf(\"%d\")", "python sleep(1) in a loop", "css <a> hover", "chmod 755 meaning", "sql left join vs inner join", "git rebase -i HEAD~3", "awk '{print $1}'", "regex ^[a-z]+$", "docker run --rm -it "+w.text(1), "char(10) in excel", "mysql order by date", "bash for loop; do done", "where is hosts file windows", "cat vs less", "C:\\Program Files missing", "if (a || b) return", "ls sorted by size")
		return message{method: "GET", url: "/" + w.pick("search", "questions", "docs/find") + "?" + w.pick("q", "term", "query") + "=" + url.QueryEscape(q)}
	}},
	{"beacon", func(w writer) message {
		e := w.object(map[string]any{"e": "click", "sel": "div#main > ul.nav li:nth-child(2) a[href='/x']", "txt": w.text(3), "ts": 1700000000000 + w.r.IntN(1e9), "ua": "Mozilla/5.0 (X11; Linux x86_64)", "path": "/" + w.text(1), "err": w.pick("", "TypeError: Cannot read properties of undefined (reading 'map')\n    at n.render (https://cdn.example.org/app.js:1:2"+w.n(999)+")", "Script error.", "ReferenceError: alert is not defined")})
		return message{method: "GET", url: "/b?v=1&data=" + w.pick(url.QueryEscape(e), base64.URLEncoding.EncodeToString([]byte(e))) + "&dl=" + url.QueryEscape("https://shop.example.org/?utm_source=a&utm_campaign="+w.text(2))}
	}},
	{"logs", func(w writer) message {
		var lines []any
		for range 4 {
			lines = append(lines, map[string]any{"timestamp": "2026-05-01T10:00:0" + w.n(9) + "Z", "message": w.logLine(), "host": "node-" + w.n(9)})
		}
		return w.json("POST", "/v1/input", map[string]any{"logs": lines})
	}},
	{"webhook", func(w writer) message {
		return w.form("/hooks/github", "payload", w.object(map[string]any{"ref": "refs/heads/" + w.text(1), "commits": []any{map[string]any{"message": w.pick("Fix: don't drop table rows; "+w.text(4), "Merge branch 'main' into "+w.text(1), "select from list (#"+w.n(999)+")", w.text(8)), "author": map[string]any{"name": w.name()}, "url": "https://git.example.org/a/b/commit/" + w.hex(40)}}}))
	}},
	{"string in string", func(w writer) message {
		return w.json("POST", "/sns", map[string]any{"Type": "Notification", "Message": w.object(map[string]any{"Records": []any{map[string]any{"s3": map[string]any{"object": map[string]any{"key": "in/" + w.text(1) + "+(1).csv"}}, "note": w.text(5)}}}), "SigningCertURL": "https://sns.example.org/x.pem", "token": base64.StdEncoding.EncodeToString([]byte(w.text(6)))})
	}},
	{"aws form", func(w writer) message {
		return w.form("/", "Action", "SendMessage", "Version", "2012-11-05", "MessageBody", w.object(map[string]any{"id": w.uuid(), "text": w.text(7)}), "QueueUrl", "https://sqs.example.org/1/q")
	}},
	{"xml", func(w writer) message {
		return message{"POST", "/soap", "text/xml; charset=utf-8", `<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><m:Add xmlns:m="urn:x"><m:Name>` + strings.ReplaceAll(w.name(), "&", "&amp;") + `</m:Name><m:Note>` + strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(w.text(12)) + `</m:Note><link>https://www.example.org/?a=1&amp;b=2</link></m:Add></soap:Body></soap:Envelope>`, []string{`SOAPAction: "urn:x#Add"`}}
	}},
	{"csv", func(w writer) message {
		return message{"PUT", "/exports/2026-" + w.n(12) + ".csv", "text/csv", "id,name,note\n1," + w.name() + ",\"" + w.text(5) + "\"\n2,O'Neil,=SUM(A1:A2)\n3," + w.text(2) + ",-\n", nil}
	}},
	{"text", func(w writer) message {
		return message{"POST", "/notes", "text/plain", w.text(30) + "\n" + w.text(10), nil}
	}},
	{"dashboard", func(w writer) message {
		return w.json("POST", "/api/dashboards/db", map[string]any{"dashboard": map[string]any{"title": w.text(3), "panels": []any{map[string]any{"targets": []any{map[string]any{"expr": `sum(rate(x{a="b"}[5m])) by (c)`, "legendFormat": "{{instance}} - {{" + w.text(1) + "}}"}}, "thresholds": "50,80", "links": []any{map[string]any{"url": "/d/x?var-a=${__field.labels.a}&from=${__from}"}}}}, "templating": map[string]any{"list": []any{map[string]any{"query": "label_values(up, job)", "regex": "/^(?!test).*$/"}}}}})
	}},
	{"template text", func(w writer) message {
		return w.json("PUT", "/api/templates/"+w.n(99), map[string]any{"subject": "Hi {{ name }}, " + w.text(4), "body": "Dear {{customer.first_name}},\n" + w.text(20) + "\n{% if order %}Order {{ order.id }}{% endif %}\n<a href=\"{{ unsubscribe_url }}\">stop</a>", "css": "@media (max-width: 600px) { .a > b { display: none !important } }"})
	}},
	{"proxy headers", func(w writer) message {
		return message{"GET", "/" + w.service() + "/" + w.n(999), "", "", []string{
			"X-Forwarded-Client-Cert: By=spiffe://cluster.local/ns/" + w.service() + "/sa/default;Hash=" + w.hex(64) + ";Subject=\"CN=web,O=Example\";URI=spiffe://cluster.local/ns/web/sa/" + w.service(),
			"X-Amzn-Trace-Id: Root=1-" + w.hex(8) + "-" + w.hex(24) + ";Self=1-" + w.hex(8) + ";Sampled=1", "baggage: sentry-environment=prod,userId=" + w.n(9999) + ";prop=1,key=" + url.QueryEscape(w.text(2)),
			"Forwarded: for=192.0.2.60;proto=http;by=203.0.113.43, for=\"[2001:db8::17]:4711\"", "x-goog-api-client: gl-go/1.22.1 gccl/1.40.0 gax/2.12.3 gdcl/0.172.0", "traceparent: 00-" + w.hex(32) + "-" + w.hex(16) + "-01",
			"If-None-Match: W/\"" + w.hex(32) + "\"", "Link: <https://api.example.org/x?page=2>; rel=\"next\"", "X-Original-URL: /" + w.service() + "?a=1&b=2", "X-Amz-Date: 20260501T100000Z",
			"Authorization: " + w.pick("Bearer "+w.jwt(), "Basic "+base64.StdEncoding.EncodeToString([]byte("user:pa'ss;"+w.hex(6))), "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260501/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature="+w.hex(64), `Digest username="a", realm="b", nonce="`+w.hex(32)+`", uri="/x", response="`+w.hex(32)+`"`),
			"Prefer: return=representation; respond-async, wait=10", "X-User-Info: " + w.name() + " <a@example.org>", "Content-Disposition: attachment; filename=\"" + w.text(1) + " (1).pdf\"; filename*=UTF-8''" + url.PathEscape(w.name())}}
	}},
	{"cookies", func(w writer) message {
		return message{"GET", "/" + w.text(1), "", "", []string{"Cookie: sid=s%3A" + w.hex(24) + "." + url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(w.hex(20)))) + "; prefs=" + url.QueryEscape(w.object(map[string]any{"theme": "dark", "cols": []int{1, 2}, "q": w.text(3)})) + "; consent=" + w.pick("1---", "YES+cb.20260501-11-p0.en+FX+"+w.n(999), "{stamp:%27"+w.hex(10)+"==%27%2Cnecessary:true%2Cpreferences:false}", "1:"+w.n(99)+"|2:0|t:17"+w.n(99999999)) + "; _ga=GA1.2." + w.n(999999999) + "." + w.n(999999999) + "; lb=!" + base64.StdEncoding.EncodeToString([]byte(w.hex(30))) + "; last=" + url.QueryEscape("https://shop.example.org/c?id="+w.n(99)+"&ref=a") + "; opt=" + w.pick("a:1:{s:1:\"x\";i:1;}", "[1,2,\"3\"]", "x|y|z&", "1,2;3", "~"+w.hex(5)+"~1~"+w.hex(4)) + "; token=" + w.jwt()}}
	}},
}

func (w writer) jwt() string {
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT","kid":"`+w.hex(8)+`"}`)) + "." +
		base64.RawURLEncoding.EncodeToString([]byte(w.object(map[string]any{"sub": w.uuid(), "name": w.name(), "scope": "openid read:" + w.text(1), "iss": "https://idp.example.org/"}))) + "." + w.hex(40)
}

func (w writer) logLine() string {
	return w.pick("GET /"+w.text(1)+"?id="+w.n(99)+" HTTP/1.1\" 200 "+w.n(9999), "Exception in thread \"main\" java.lang.NullPointerException: "+w.text(4)+"\n\tat org.example.App.run(App.java:"+w.n(400)+")\n\tat java.lang.Thread.run(Thread.java:748)",
		"user "+w.name()+" logged in from 10.0."+w.n(255)+"."+w.n(255)+"; session="+w.hex(12), "level=info msg=\""+w.text(7)+"\" duration="+w.n(99)+"ms err=\"<nil>\"", "Traceback (most recent call last):\n  File \"/app/main.py\", line "+w.n(300)+", in <module>\nValueError: "+w.text(5),
		"cron: (root) CMD ("+w.pick("test -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.daily )", "/usr/lib/php/sessionclean")+")", "connection to "+w.service()+":5432 refused, retry in "+w.n(9)+"s", "config loaded from /etc/"+w.service()+"/config.yaml", w.text(12))
}

func (w writer) object(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func (w writer) json(method, u string, v any) message {
	return message{method, u, "application/json", w.object(v), nil}
}

func (w writer) form(u string, pairs ...string) message {
	var all []string
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, pairs[i]+"="+url.QueryEscape(pairs[i+1]))
	}
	return message{"POST", u, "application/x-www-form-urlencoded", strings.Join(all, "&"), nil}
}

// parts is a message with parts of a form: of each its name, its value, and the name of its file or nothing.
func (m message) parts(all ...string) message {
	_, boundary, _ := strings.Cut(m.kind, "boundary=")
	for i := 0; i < len(all); i += 3 {
		m.body += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + all[i] + "\""
		if all[i+2] != "" {
			m.body += "; filename=\"" + all[i+2] + "\"\r\nContent-Type: application/octet-stream"
		}
		m.body += "\r\n\r\n" + all[i+1] + "\r\n"
	}
	m.body += "--" + boundary + "--\r\n"
	return m
}

// record is a message as a record.
func (w writer) record(m message) []byte {
	head := m.method + " " + m.url + " HTTP/1.1\r\nHost: " + w.service() + ".example.org\r\n"
	agent := "User-Agent: " + w.pick("Go-http-client/1.1", "python-requests/2.31.0", "okhttp/4.12.0", "axios/1.6.7", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Mozilla/5.0 (compatible; ExampleBot/2.1; +http://www.example.org/bot.html)", "Grafana/10.4.0", "kube-probe/1.29", "Apache-HttpClient/4.5.14 (Java/17.0.9)", "Prometheus/2.51.0", "curl/8.5.0", "GitHub-Hookshot/"+w.hex(7)) + "\r\n"
	if !slices.ContainsFunc(m.headers, func(h string) bool { return strings.HasPrefix(h, "User-Agent:") }) {
		head += agent
	}
	head += "Accept: " + w.pick("*/*", "application/json, text/plain, */*") + "\r\n"
	if m.kind != "" {
		head += "Content-Type: " + m.kind + "\r\n"
	}
	if m.body != "" {
		head += "Content-Length: " + strconv.Itoa(len(m.body)) + "\r\n"
	}
	for _, h := range m.headers {
		head += h + "\r\n"
	}
	host, _, _ := strings.Cut(strings.SplitN(head, "Host: ", 2)[1], "\r\n")
	return []byte(w.object(map[string]string{
		"BEGIN_TIME": "2026-05-01 10:00:00.000", "SRC_IP": "10.2." + w.n(250) + "." + w.n(250), "DST_IP": "10.3.0." + w.n(250), "SRC_PORT": "40000", "DST_PORT": "8080", "RETCODE": "200",
		"METHOD": m.method, "URL": m.url, "DOMAIN": host, "FORWARD": "0.0.0.0", "REQ_HEADER": head + "\r\n", "REQ_BODY": m.body, "RSP_HEADER": "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", "RSP_BODY": "",
	}) + "\n")
}

// benign writes n records, and what each is. Another seed gives others.
func benign(n int, seed uint64) (records [][]byte, labels []string) {
	w := writer{rand.New(rand.NewPCG(seed, 11))}
	all := slices.Concat(kinds, hard, hard) // the harder, the more
	for i := range n {
		k := all[i%len(all)]
		records = append(records, w.record(k.make(w)))
		labels = append(labels, "benign "+k.name+" "+strconv.Itoa(i/len(all)%5))
	}
	return records, labels
}
