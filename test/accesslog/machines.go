package accesslog

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// program is a request of a program that sends few headers.
func (g *Generator) program(method, host, uri, agent, accept string) Request {
	r := Request{Method: method, URI: uri, Protocol: "HTTP/1.1"}
	r.add("Host", host)
	r.add("User-Agent", agent)
	r.add("Accept", accept)
	return r
}

func (g *Generator) crawler() Request {
	chrome := fmt.Sprintf("%d.0.%d.%d", g.between(130, 145), g.between(6700, 7500), g.between(20, 200))
	agent := pick(g,
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
		"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/"+chrome+" Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
		"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/"+chrome+" Safari/537.36",
		"Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
		"Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
		"DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.1.1 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)",
		"Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)",
		"Mozilla/5.0 (compatible; MJ12bot/v1.4.8; http://mj12bot.com/)", "Mozilla/5.0 (compatible; PetalBot;+https://webmaster.petalsearch.com/site/petalbot)",
		"facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", "Twitterbot/1.0", "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
		"Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "WhatsApp/2.23.20.0", "TelegramBot (like TwitterBot)",
		"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; GPTBot/1.2; +https://openai.com/gptbot", "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
		"CCBot/2.0 (https://commoncrawl.org/faq/)", "Mozilla/5.0 (compatible; archive.org_bot +http://archive.org/details/archive.org_bot)", "ia_archiver", "Screaming Frog SEO Spider/20.2", "Pinterestbot/1.0 (+http://www.pinterest.com/bot.html)",
		"AdsBot-Google (+http://www.google.com/adsbot.html)", "Mediapartners-Google", "Googlebot-Image/1.0", "Sogou web spider/4.0(+http://www.sogou.com/docs/help/webmasters.htm#07)")
	uri := "/robots.txt"
	switch n := g.IntN(20); {
	case n == 1:
		uri = pick(g, "/sitemap.xml", "/sitemaps/products-"+strconv.Itoa(g.between(1, 40))+".xml.gz")
	case n < 10:
		uri = g.product()
	case n < 16:
		uri = "/c/" + escapedPath(pick(g, categories...)) + query("page", strconv.Itoa(g.between(2, 400)), "f%5Bcolor%5D%5B%5D", g.maybe(0.5, strings.ReplaceAll(pick(g, colours...), " ", "%20")), "sort", g.maybe(0.3, "price"))
	case n < 18:
		uri = "/search?q=" + component(g.words())
	case n < 20:
		uri = "/media/catalog/product/" + g.letters(6, digits) + ".jpg"
	}
	r := g.program(pick(g, "GET", "GET", "GET", "GET", "GET", "HEAD"), "www.shop.example", uri, agent, pick(g, "*/*", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html,text/plain,text/xml,text/*,application/xml,application/xhtml+xml,application/rss+xml,*/*"))
	r.add("Accept-Encoding", "gzip, deflate, br")
	r.add("From", g.maybe(0.3, "googlebot(at)googlebot.com"))
	r.add("If-Modified-Since", g.maybe(0.2, "Sat, 14 Feb 2026 07:08:09 GMT"))
	r.Status = pick(g, 200, 200, 200, 200, 200, 200, 304, 301, 404)
	return r
}

func (g *Generator) feedReader() Request {
	agent := pick(g, "Feedly/1.0 (+http://www.feedly.com/fetcher.html; "+strconv.Itoa(g.between(1, 90))+" subscribers; like FeedFetcher-Google)", "FreshRSS/1.24.1 (Linux; https://freshrss.org)", "Tiny Tiny RSS/24.09 (https://tt-rss.org/)", "NewsBlur Feed Fetcher - 42 subscribers - https://www.newsblur.com/site/1/blog",
		"Miniflux/2.2.3", "Mozilla/5.0 (compatible; inoreader.com; 12 subscribers)", "UniversalFeedParser/5.2.1 +https://code.google.com/p/feedparser/", "Tentacles/1.0 NetNewsWire (RSS Reader; https://netnewswire.com/)")
	r := g.program("GET", "blog.shop.example", pick(g, "/feed/", "/feed/atom/", "/comments/feed/", "/rss.xml", "/index.php?format=feed&type=rss"), agent, "application/atom+xml,application/rdf+xml,application/rss+xml,application/xml;q=0.9,*/*;q=0.8")
	r.add("Accept-Encoding", "gzip")
	r.add("If-None-Match", g.maybe(0.7, `"`+g.hex(32)+`"`))
	r.Status = pick(g, 200, 304, 304)
	return r
}

// inside is an address of the shop's own network.
func (g *Generator) inside() netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 20, 1, byte(2 + g.IntN(20))}), g.port())
}

func (g *Generator) healthCheck() Request {
	host := fmt.Sprintf("10.20.0.%d:8080", 11+g.IntN(4))
	r := pick(g,
		g.program("GET", host, pick(g, "/healthz", "/ready", "/livez"), "kube-probe/1.31", "*/*"),
		g.program("GET", strings.TrimSuffix(host, ":8080"), "/health", "ELB-HealthChecker/2.0", ""),
		g.program("GET", "www.shop.example", "/", "GoogleHC/1.0", ""),
		g.program("HEAD", "www.shop.example", "/", "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)", "*/*"),
		g.program("GET", "www.shop.example", "/status?check=full&_="+strconv.FormatInt(g.now.Unix(), 10), "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)", "*/*"),
		g.program("OPTIONS", "localhost", "/", "", ""), // HAProxy's option httpchk
		g.program("GET", "localhost", "/nginx_status", "curl/8.5.0", "*/*"),
		g.program("GET", "www.shop.example", "/", "Blackbox Exporter/0.25.0", ""))
	if r.Header("User-Agent") == "" {
		r.Protocol, r.Headers = "HTTP/1.0", nil
	}
	r.add("Accept-Encoding", g.maybe(0.5, "gzip, compressed"))
	r.add("Connection", "close")
	r.Client = g.inside()
	return r
}

func (g *Generator) monitoring() Request {
	step := pick(g, "15", "60", "300")
	end := g.now.Unix()
	scrape := g.program("GET", fmt.Sprintf("10.20.0.%d:9113", 11+g.IntN(4)), "/metrics", "Prometheus/2.54.1", "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1")
	r := pick(g, scrape, scrape, scrape, scrape, scrape,
		g.program("GET", "10.20.0.12:9113", "/metrics?collect[]=cpu&collect[]=filesystem", "vm_promscrape", "text/plain;version=0.0.4;q=1,*/*;q=0.1"),
		g.program("GET", "grafana.shop.example", "/api/datasources/proxy/uid/prom/api/v1/query_range?query="+component(`sum(rate(http_requests_total{job="`+pick(g, "web", "api", "app")+`",code=~"5.."}[5m])) by (instance)`)+fmt.Sprintf("&start=%d&end=%d&step=%s", end-3600, end, step), "Grafana/11.4.0", "application/json"),
		g.program("GET", "grafana.shop.example", fmt.Sprintf("/d/nginx/overview?orgId=1&from=now-6h&to=now&refresh=30s&var-host=%s", g.hex(6)), "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36", accepts[document]))
	r.add("Accept-Encoding", "gzip")
	r.add("X-Prometheus-Scrape-Timeout-Seconds", "10")
	r.Client = g.inside()
	return r
}

func (g *Generator) webhook() Request {
	r := Request{Method: "POST", Protocol: "HTTP/1.1"}
	r.add("Host", "api.shop.example")
	r.add("Accept", "*/*")
	switch g.IntN(3) {
	case 0:
		r.URI = "/hooks/payment?endpoint=we_" + g.letters(24, alnum)
		r.add("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
		r.add("Stripe-Signature", fmt.Sprintf("t=%d,v1=%s", g.now.Unix(), g.hex(64)))
		r.post("application/json; charset=utf-8", `{"id":"evt_`+g.letters(24, alnum)+`","object":"event","type":"payment_intent.succeeded","data":{"object":{"amount":4200,"currency":"eur"}}}`)
	case 1:
		r.URI = "/hooks/git"
		r.add("User-Agent", "GitHub-Hookshot/"+g.hex(7))
		r.add("X-GitHub-Event", pick(g, "push", "pull_request", "ping"))
		r.add("X-Hub-Signature-256", "sha256="+g.hex(64))
		r.post("application/json", `{"ref":"refs/heads/main","after":"`+g.hex(40)+`","commits":[{"message":"Fix: don't select deleted rows; update docs","modified":["src/db.sql",".github/workflows/ci.yml"]}]}`)
	default:
		r.URI = "/hooks/parcel/" + g.letters(20, digits) + "?event=DELIVERED&ts=" + g.now.Format("2006-01-02T15%3A04%3A05Z")
		r.add("User-Agent", pick(g, "Apache-HttpClient/5.3 (Java/17.0.13)", "Java/11.0.25", "axios/1.7.9", "GuzzleHttp/7"))
		r.post("application/xml", `<?xml version="1.0"?><event><parcel>`+g.letters(20, digits)+`</parcel><state>delivered</state></event>`)
	}
	r.Status = pick(g, 200, 202, 204)
	return r
}

// partner is other firms' programs, and scripts.
func (g *Generator) partner() Request {
	agent := pick(g, "Go-http-client/1.1", "Go-http-client/2.0", "python-requests/2.32.3", "Python/3.12 aiohttp/3.11.11", "PostmanRuntime/7.43.0", "curl/8.7.1", "axios/1.7.9", "Java-http-client/21.0.5", "Wget/1.21.4", "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)", "Ruby", "")
	uri := pick(g,
		"/v2/export/products.csv?since="+g.date()+"T00:00:00%2B00:00&fields=sku,price,stock&delimiter=%3B&key="+g.hex(32),
		"/v2/orders/"+g.letters(8, digits)+"?expand[]=customer&expand[]=items.data",
		"/v2/prices?skus="+g.sku()+"%7C"+g.sku()+"&currency=USD",
		"/odata/Products?$filter=Price%20gt%2010%20and%20contains(Name,%27lamp%27)&$top=50&$orderby=Name%20desc&$select=Id,Name",
		"/v2/customers?where="+component(`email='anna@mail.example'`)+"&limit=1")
	r := g.program("GET", "api.shop.example", uri, agent, "*/*")
	r.add("Accept-Encoding", "gzip, deflate")
	r.add("Authorization", "Basic "+g.letters(28, alnum)+"==")
	return r
}
