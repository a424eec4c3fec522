package accesslog

import (
	"fmt"
	"net/netip"
	"strings"
)

// visitor is a browser with somebody before it.
type visitor struct {
	addr     netip.Addr
	family   family
	agent    string
	hints    [][2]string // Sec-CH-UA and the like, Chromium's
	language string
	protocol string
	cookies  []string
	session  string
	page     string // where they are: the next request's Referer
}

type family int

const (
	chromium family = iota
	gecko
	webkit
)

const site = "https://www.shop.example"

func (g *Generator) visitor() *visitor {
	v := &visitor{
		addr:     g.address(),
		language: pick(g, "en-US,en;q=0.9", "en-GB,en;q=0.9", "de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7", "de", "fr-FR,fr;q=0.9,en;q=0.8", "es-ES,es;q=0.9", "pt-BR,pt;q=0.9,en-US;q=0.8", "pl,en-US;q=0.7,en;q=0.3", "ru-RU,ru;q=0.9", "zh-CN,zh;q=0.9", "ja", "tr-TR,tr;q=0.9", "en-US,en;q=0.5"),
		protocol: pick(g, "HTTP/2.0", "HTTP/2.0", "HTTP/2.0", "HTTP/2.0", "HTTP/1.1"),
		session:  g.hex(32),
		page:     g.landing(),
	}
	g.browser(v)
	if g.odds(0.75) {
		v.cookies = append(v.cookies, "sid="+v.session)
	}
	ga := fmt.Sprintf("%d.%d", g.between(1e8, 2e9), g.now.Unix()-int64(g.IntN(1e7)))
	for _, c := range []struct {
		odds   float64
		cookie string
	}{
		{0.6, "_ga=GA1.1." + ga},
		{0.5, fmt.Sprintf("_ga_%s=GS2.1.s%d$o%d$g1$t%d$j%d$l0$h0", g.letters(10, "ABCDEFGHJKLMNPQRSTVWXYZ0123456789"), g.now.Unix(), g.between(1, 30), g.now.Unix()+60, g.IntN(60))},
		{0.35, fmt.Sprintf("_fbp=fb.1.%d.%d", g.now.UnixMilli(), g.between(1e8, 2e9))},
		{0.3, "_gcl_au=1.1." + ga},
		{0.4, "cart=" + g.uuid()},
		{0.35, "consent=" + pick(g, "%7B%22necessary%22%3Atrue%2C%22analytics%22%3Atrue%2C%22ads%22%3Afalse%7D", "necessary%2Canalytics", "all", "C0001%3A1%2CC0002%3A0%2CC0003%3A1")},
		{0.25, "OptanonConsent=isGpcEnabled=0&datestamp=" + component(g.now.Format("Mon Jan 02 2006 15:04:05 GMT+0000 (Coordinated Universal Time)")) + "&version=202401.2.0&hosts=&groups=C0001%3A1%2CC0002%3A1"},
		{0.3, "currency=" + pick(g, "EUR", "USD", "GBP", "PLN")},
		{0.2, "recent=" + component("["+g.letters(6, digits)+","+g.letters(6, digits)+"]")},
		{0.15, "jwt=" + g.jwt()},
	} {
		if g.odds(c.odds) {
			v.cookies = append(v.cookies, c.cookie)
		}
	}
	return v
}

// landing is where somebody comes from, "" for nowhere.
func (g *Generator) landing() string {
	switch g.IntN(14) {
	case 0, 1, 2, 3:
		return "https://www.google." + pick(g, "com", "com", "com", "de", "fr", "co.uk", "es") + "/"
	case 4:
		return "https://www.bing.com/search?q=" + pick(g, strings.ReplaceAll(component(g.words()), "%20", "+"), component(g.words())) + "&form=QBLH&sp=-1"
	case 5:
		return "https://duckduckgo.com/"
	case 6:
		return "https://www.google.com/search?client=firefox-b-d&q=" + strings.ReplaceAll(component(g.words()), "%20", "+") + "&ei=" + g.letters(20, base64URL) + "&ved=0ahUKE" + g.letters(30, base64URL)
	case 7:
		return pick(g, "https://l.facebook.com/", "https://t.co/"+g.letters(10, alnum), "https://www.instagram.com/", "https://out.reddit.com/", "android-app://com.google.android.gm/",
			"https://yandex.ru/clck/jsredir?from=yandex.ru;search;web;;&text=&etext=2202."+g.letters(40, base64URL)+"&uuid=&state=", "https://www.baidu.com/link?url="+g.letters(43, base64URL)+"&wd=&eqid="+g.hex(16))
	default:
		return ""
	}
}

// version is a release of something: most people have one of the last ones.
func (g *Generator) version(last, first int) int {
	return max(first, last-int(g.ExpFloat64()*2.5))
}

// browser sets what the browser tells of itself.
func (g *Generator) browser(v *visitor) {
	chrome := g.version(145, 126)
	switch n := g.IntN(20); {
	case n < 11:
		platform := pick(g, "Windows NT 10.0; Win64; x64", "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64", "Linux; Android 10; K", "Linux; Android 10; K", "X11; CrOS x86_64 14541.0.0")
		mobile, mobileHint := "", "?0"
		if strings.Contains(platform, "Android") {
			mobile, mobileHint = " Mobile", "?1"
		}
		v.agent = fmt.Sprintf("Mozilla/5.0 (%s) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0%s Safari/537.36", platform, chrome, mobile)
		brand := "Google Chrome"
		switch g.IntN(6) {
		case 0:
			brand = "Microsoft Edge"
			v.agent += fmt.Sprintf(" Edg/%d.0.0.0", chrome)
		case 1:
			brand = "Opera"
			v.agent += fmt.Sprintf(" OPR/%d.0.0.0", chrome-15)
		}
		v.hints = [][2]string{
			{"sec-ch-ua", fmt.Sprintf(`"Not/A)Brand";v="8", "Chromium";v="%d", "%s";v="%d"`, chrome, brand, chrome)},
			{"sec-ch-ua-mobile", mobileHint},
			{"sec-ch-ua-platform", map[byte]string{'W': `"Windows"`, 'M': `"macOS"`, 'X': `"Linux"`, 'L': `"Android"`}[platform[0]]},
		}
	case n < 13:
		v.family = gecko
		version := g.version(147, 115)
		v.agent = fmt.Sprintf("Mozilla/5.0 (%s; rv:%d.0) Gecko/20100101 Firefox/%d.0", pick(g, "Windows NT 10.0; Win64; x64", "X11; Ubuntu; Linux x86_64", "Macintosh; Intel Mac OS X 10.15", "Android 14; Mobile"), version, version)
	case n < 17:
		v.family = webkit
		major, minor := pick(g, 26, 26, 18, 18, 17, 16), g.IntN(4)
		v.agent = pick(g,
			fmt.Sprintf("Mozilla/5.0 (iPhone; CPU iPhone OS %d_%d like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/%d.%d Mobile/15E148 Safari/604.1", major, minor, major, minor),
			fmt.Sprintf("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/%d.%d Safari/605.1.15", major, minor))
	case n < 19: // browsers within apps
		v.agent = pick(g,
			fmt.Sprintf("Mozilla/5.0 (Linux; Android %d; %s Build/%s; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/%d.0.%d.%d Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/%d.0.0.41.118;IABMV/1;]", g.between(11, 16), pick(g, phones...), g.letters(4, alnum), chrome, g.between(6000, 7200), g.between(20, 200), g.between(440, 540)),
			fmt.Sprintf("Mozilla/5.0 (iPhone; CPU iPhone OS 18_%d like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/22D72 [FBAN/FBIOS;FBAV/%d.0.0.38.97;FBBV/%s;FBDV/iPhone16,2;FBMD/iPhone;FBSN/iOS;FBSV/18.3.1;FBSS/3;FBID/phone;FBLC/de_DE;FBOP/80]", g.IntN(6), g.between(440, 540), g.letters(9, digits)),
			fmt.Sprintf("Mozilla/5.0 (iPhone; CPU iPhone OS 17_%d like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/21G93 Instagram %d.0.0.25.91 (iPhone14,5; iOS 17_6; pl_PL; pl; scale=3.00; 1170x2532; %s)", g.IntN(7), g.between(300, 370), g.letters(9, digits)),
			fmt.Sprintf("Mozilla/5.0 (Linux; Android %d; SAMSUNG %s) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/%d.0 Chrome/121.0.0.0 Mobile Safari/537.36", g.between(12, 15), pick(g, phones...), g.between(22, 27)),
			fmt.Sprintf("Mozilla/5.0 (iPhone; CPU iPhone OS 18_3_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) GSA/%d.0.729200000 Mobile/15E148 Safari/604.1", g.between(330, 360)))
	default: // old and odd ones
		v.agent = pick(g, "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/119.0.6045.105 Safari/537.36",
			"Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)", "Mozilla/5.0 (Linux; U; Android 11; zh-CN; M2012K11AC Build/RKQ1.200826.002) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/100.0.4896.58 UCBrowser/15.7.9.1339 Mobile Safari/537.36",
			"Mozilla/5.0 (PlayStation; PlayStation 5/9.60) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1.15", "Opera/9.80 (J2ME/MIDP; Opera Mini/7.1.32052/191.308; U; en) Presto/2.12.423 Version/12.16")
		v.protocol = "HTTP/1.1"
	}
}

var phones = []string{"SM-G991B", "SM-S918B", "SM-A546E", "Pixel 7", "Pixel 8 Pro", "2201117TG", "CPH2449", "M2101K6G", "moto g(60)", "RMX3363", "V2250"}

// someone is a visitor who is on the site; now and then somebody new comes.
func (g *Generator) someone() *visitor {
	i := g.IntN(len(g.visitors))
	if g.odds(0.06) {
		g.visitors[i] = g.visitor()
	}
	return g.visitors[i]
}

// mode is what a browser wants a request for: it decides which headers are sent.
type mode int

const (
	document mode = iota
	script
	style
	picture
	font
	fetch
)

var accepts = [...]string{
	document: "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
	script:   "*/*",
	style:    "text/css,*/*;q=0.1",
	picture:  "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
	font:     "*/*",
	fetch:    "application/json, text/plain, */*",
}

// request is what the visitor's browser sends.
func (g *Generator) request(v *visitor, m mode, method, host, uri string) Request {
	r := Request{Method: method, URI: uri, Protocol: v.protocol, Client: netip.AddrPortFrom(v.addr, g.port())}
	r.add("Host", host)
	if v.protocol == "HTTP/1.1" {
		r.add("Connection", "keep-alive")
	}
	for _, h := range v.hints {
		r.add(h[0], h[1])
	}
	if m == document {
		r.add("Upgrade-Insecure-Requests", "1")
	}
	r.add("User-Agent", v.agent)
	accept := accepts[m]
	if m == document && v.family != chromium {
		accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	}
	r.add("Accept", accept)
	if v.family != webkit || g.odds(0.8) {
		dest := [...]string{"document", "script", "style", "image", "font", "empty"}[m]
		way := [...]string{"navigate", "no-cors", "no-cors", "no-cors", "cors", "cors"}[m]
		r.add("Sec-Fetch-Site", pick(g, "same-origin", "same-site", "cross-site", "none"))
		r.add("Sec-Fetch-Mode", way)
		r.add("Sec-Fetch-Dest", dest)
	}
	r.add("Referer", v.referer(m, host))
	r.add("Accept-Encoding", "gzip, deflate, br, zstd")
	r.add("Accept-Language", v.language)
	r.add("Cookie", strings.Join(v.cookies, "; "))
	return r
}

// referer is the page that the visitor is on, or has come from. Other hosts get its origin only, as
// browsers have it (strict-origin-when-cross-origin).
func (v *visitor) referer(m mode, host string) string {
	if m != document && !strings.HasPrefix(v.page, site) || strings.HasPrefix(v.page, site) && host != "www.shop.example" {
		return site + "/"
	}
	return v.page
}

func (g *Generator) jwt() string {
	return "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6I" + g.letters(20, alnum) + ".eyJzdWIiOiI" + g.letters(g.between(80, 200), base64URL) + "." + g.letters(86, base64URL)
}
