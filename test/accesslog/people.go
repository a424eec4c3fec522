package accesslog

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// query joins name and value pairs that are escaped already; pairs without a value are left out.
func query(pairs ...string) string {
	var b strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			continue
		}
		separator := "&"
		if b.Len() == 0 {
			separator = "?"
		}
		b.WriteString(separator + pairs[i] + "=" + pairs[i+1])
	}
	return b.String()
}

// maybe is s with odds p, otherwise "".
func (g *Generator) maybe(p float64, s string) string {
	if g.odds(p) {
		return s
	}
	return ""
}

// tracking is what campaigns and other sites put behind a link, "" mostly.
func (g *Generator) tracking() []string {
	switch g.IntN(12) {
	case 0:
		return []string{"utm_source", pick(g, "newsletter", "google", "facebook", "tiktok", "idealo.de", "chatgpt.com"), "utm_medium", pick(g, "email", "cpc", "social", "affiliate"),
			"utm_campaign", pick(g, "spring_sale_2026", "%5BDE%5D+Brand+%7C+Exact", "Q1-2026%20-%20Retargeting%20(30d)", "{{campaign.name}}", "12023%2B-%2Blookalike"), "utm_content", g.maybe(0.5, "banner-"+g.letters(3, digits)), "utm_term", g.maybe(0.3, url.QueryEscape(g.words()))}
	case 1:
		return []string{"gad_source", "1", "gclid", pick(g, "EAIaIQobChMI", "CjwKCAiA", "Cj0KCQiA") + g.letters(60, base64URL) + "_BwE"}
	case 2:
		return []string{"fbclid", "IwZXh0bgNhZW0CMTEAA" + g.letters(80, base64URL) + "_aem_" + g.letters(22, base64URL)}
	case 3:
		return []string{"msclkid", g.hex(32), "utm_source", "bing"}
	case 4:
		return []string{"srsltid", "AfmBO" + g.letters(52, base64URL)}
	case 5:
		return []string{"_gl", "1*" + g.letters(7, alnum) + "*_ga*" + g.letters(16, alnum) + "*_ga_" + g.letters(10, alnum) + "*" + g.letters(60, alnum) + "."}
	case 6:
		return []string{"mc_cid", g.hex(10), "mc_eid", g.hex(10)}
	}
	return nil
}

// page is a page of the shop.
func (g *Generator) page() Request {
	v := g.someone()
	var uri string
	switch g.IntN(10) {
	case 0:
		uri = "/" + pick(g, "", "", "", "cart", "wishlist", "about", "faq", "stores?near="+fmt.Sprintf("%.4f,%.4f", g.Float64()*180-90, g.Float64()*360-180), "account/orders", "account/orders/"+g.letters(10, digits)+"?print=1")
		uri += query(g.tracking()...)
	case 1, 2, 3:
		pairs := []string{
			"page", g.maybe(0.4, strconv.Itoa(g.between(2, 40))),
			"sort", g.maybe(0.3, pick(g, "price", "-price", "rating,desc", "newest")),
			pick(g, "color", "colour[]", "f%5Bcolor%5D%5B%5D", "filter[color]"), g.maybe(0.4, url.QueryEscape(pick(g, colours...))),
			"price", g.maybe(0.3, pick(g, "10-50", "%E2%82%AC20..%E2%82%AC80", "0%2C100", "%3C50", "10_50")),
			"brand", g.maybe(0.3, url.QueryEscape(pick(g, brands...)+"|"+pick(g, brands...))),
		}
		uri = "/c/" + escapedPath(pick(g, categories...)) + query(append(pairs, g.tracking()...)...)
	default:
		uri = g.product() + query(append([]string{"variant", g.maybe(0.4, g.sku())}, g.tracking()...)...)
	}
	r := g.request(v, document, "GET", "www.shop.example", uri)
	switch {
	case g.odds(0.03):
		r.Status = 302
	case g.odds(0.02):
		r.Status = 499
	case g.odds(0.05):
		r.Status = 304
	}
	v.page = site + uri
	return r
}

func (g *Generator) search() Request {
	v := g.someone()
	words := g.words()
	q := component(words)
	switch g.IntN(4) {
	case 0, 1: // a form
		q = url.QueryEscape(words)
	case 2: // somebody's own client: UTF-8 as it is
		if g.odds(0.2) {
			q = strings.NewReplacer(" ", "+", "&", "%26", "#", "%23", "%", "%25", "+", "%2B").Replace(words)
		}
	}
	uri := pick(g, "/search", "/search", "/suche", "/s") + query(append([]string{
		pick(g, "q", "q", "query", "k"), q,
		"category", g.maybe(0.2, escapedPath(pick(g, categories...))),
		"page", g.maybe(0.2, strconv.Itoa(g.between(2, 9))),
		"submit", g.maybe(0.1, "Search"),
	}, g.tracking()...)...)
	r := g.request(v, document, "GET", "www.shop.example", uri)
	v.page = site + uri
	return r
}

// form is something that a person sends.
func (g *Generator) form() Request {
	v := g.someone()
	name := pick(g, "Anna Nowak", "Seán O'Brien", "Jürgen Müller", "María José García", "Иван Петров", "王小明", "D'Angelo, Union & Sons Ltd.")
	mail := url.QueryEscape(strings.ToLower(g.letters(8, alnum)) + "@mail.example")
	csrf := "_token=" + g.letters(40, alnum)
	uri, body := "/cart/add", csrf+"&product="+g.letters(6, digits)+"&quantity="+strconv.Itoa(g.between(1, 4))+"&options%5Bsize%5D=M&return_to="+url.QueryEscape(g.product())
	switch g.IntN(6) {
	case 0:
		uri = "/checkout/address"
		body = csrf + "&name=" + url.QueryEscape(name) + "&email=" + mail + "&street=" + url.QueryEscape(pick(g, "Hauptstraße 12a", "12, rue de l'Église", "Flat 3/1, 45 High St", "ul. Święty Marcin 5/7", "C/ Mayor, 3 - 2ºB")) + "&zip=" + g.letters(5, digits) + "&phone=" + url.QueryEscape("+49 (0)30 "+g.letters(7, digits)) + "&note=" + url.QueryEscape(g.maybe(0.4, pick(g, sentences...)))
	case 1:
		uri, body = "/contact", csrf+"&name="+url.QueryEscape(name)+"&email="+mail+"&message="+url.QueryEscape("Hello,\r\n\r\n"+pick(g, sentences...)+"\r\n\r\n"+name)
	case 2:
		uri, body = g.product()+"/reviews", csrf+"&stars=5&text="+url.QueryEscape(pick(g, sentences...))
	case 3:
		uri, body = "/newsletter", csrf+"&email="+mail
	}
	r := g.request(v, document, "POST", "www.shop.example", uri)
	r.add("Origin", site)
	r.post("application/x-www-form-urlencoded", body)
	r.Status = pick(g, 200, 302, 302, 303, 422)
	return r
}

func (g *Generator) asset() Request {
	v := g.someone()
	build := fmt.Sprintf("%08x", 0x5eed0000+uint32(g.IntN(3))*7919)
	m, uri := script, ""
	switch g.IntN(8) {
	case 0, 1:
		uri = "/assets/" + pick(g, "app", "vendor", "runtime", "checkout", "product", "search", "polyfills", "i18n-de", "i18n-pl") + "." + build + ".js"
	case 2:
		m, uri = style, "/assets/"+pick(g, "main", "print", "product", "checkout")+"."+build+".css"
	case 3:
		m, uri = font, "/fonts/"+pick(g, "inter-v13-latin-regular", "inter-v13-latin-700", "icons")+pick(g, ".woff2", ".woff2", ".woff", ".ttf?t="+g.letters(6, alnum))
	case 4:
		m, uri = style, "/css2?family=Inter:wght@400;700&family=Roboto+Slab:ital,wght@0,400;1,700&display=swap"
	case 5:
		m, uri = picture, "/"+pick(g, "favicon.ico", "apple-touch-icon.png", "logo.svg", "sprite.svg?v="+build, "img/payment/visa.svg")
	case 6:
		n := g.IntN(60)
		uri = fmt.Sprintf("/assets/chunks/%d.%020x.chunk.js", n, uint64(n+1)*0x9e3779b97f4a7c15)
	default:
		m, uri = fetch, "/"+pick(g, "manifest.webmanifest", "service-worker.js", "_next/data/"+build+g.product()+".json", "locales/de/common.json?v="+build)
	}
	r := g.request(v, m, "GET", "static.shop.example", uri)
	if g.odds(0.2) {
		r.Status = 304
		r.add("If-None-Match", `W/"`+g.hex(8)+"-"+g.hex(5)+`"`)
		r.add("If-Modified-Since", "Mon, 02 Feb 2026 10:11:12 GMT")
	}
	return r
}

func (g *Generator) image() Request {
	v := g.someone()
	id := strconv.Itoa(100000 + int(g.popular.Uint64())*7)
	uri := pick(g,
		"/media/catalog/product/"+id[:1]+"/"+id[1:2]+"/"+id+"_"+strconv.Itoa(g.between(1, 6))+".jpg",
		"/media/"+id+".webp?w="+pick(g, "320", "640", "1280")+"&h=&fit=crop&q=80&auto=format,compress",
		"/cdn-cgi/image/width=640,quality=75,format=auto/media/"+id+".jpg",
		"/_next/image?url=%2Fmedia%2F"+id+".jpg&w="+pick(g, "384", "750", "1080")+"&q=75",
		"/media/upload/c_fill,g_auto,h_250,w_970/b_rgb:000000,e_gradient_fade,y_-0.50/"+id+".jpg")
	return g.request(v, picture, "GET", "static.shop.example", uri)
}

func (g *Generator) download() Request {
	v := g.someone()
	uri := "/downloads/" + pick(g, "manual-"+g.letters(5, digits)+".pdf", "Bedienungsanleitung%20("+g.letters(4, digits)+").pdf", "invoice/2026/"+g.letters(8, digits)+".pdf?token="+g.letters(32, base64URL)+"&expires="+strconv.FormatInt(g.now.Unix()+900, 10),
		"firmware/router_v2."+strconv.Itoa(g.IntN(20))+".1.zip", "catalog-2026.epub", "video/"+g.letters(4, digits)+".mp4", "app-release-7.1.apk", "export.csv?from="+g.date()+"&to="+g.date()+"&sep=%3B", "source.tar.gz",
		"b/"+g.uuid()+"?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAEXAMPLE%2F20260302%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Date=20260302T090000Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Signature="+g.hex(64)+"&response-content-disposition=attachment%3B%20filename%3D%22offer.pdf%22")
	r := g.request(v, document, "GET", "www.shop.example", uri)
	if g.odds(0.4) {
		from := g.IntN(50) * 65536
		r.add("Range", fmt.Sprintf("bytes=%d-%s", from, pick(g, "", strconv.Itoa(from+65535))))
		r.Status, r.Size = 206, 65536
	}
	return r
}

// login is OAuth, SAML and plain forms.
func (g *Generator) login() Request {
	v := g.someone()
	host, method, uri := "login.shop.example", "GET", ""
	state := g.letters(43, base64URL)
	switch g.IntN(8) {
	case 0, 1:
		uri = "/oauth2/authorize?response_type=code&client_id=" + pick(g, "web-shop", "shop-ios", g.uuid()) + "&redirect_uri=https%3A%2F%2Fwww.shop.example%2Fauth%2Fcallback&scope=openid%20profile%20email%20offline_access&state=" + state + "&nonce=" + g.letters(22, base64URL) + "&code_challenge=" + g.letters(43, base64URL) + "&code_challenge_method=S256&ui_locales=de%20en&prompt=select_account"
	case 2:
		host, uri = "www.shop.example", "/auth/callback?code="+g.letters(64, base64URL)+"&state="+state+"&session_state="+g.uuid()+"&iss=https%3A%2F%2Flogin.shop.example"
		v.page = "https://login.shop.example/"
	case 3:
		host, uri = "www.shop.example", "/auth/google/callback?state="+state+"&code=4%2F0AQSTgQ"+g.letters(67, base64URL)+"&scope=email+profile+https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fuserinfo.email+https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fuserinfo.profile+openid&authuser=0&prompt=none"
		v.page = "https://accounts.google.com/"
	case 4:
		uri = "/login?" + pick(g, "next=%2Faccount%2Forders", "returnUrl=https%3A%2F%2Fwww.shop.example%2Fcheckout%3Fstep%3D2", "continue=https%3A%2F%2Fwww.shop.example%2F&hl=de", "redirect_to="+component(g.product()), "return=https%3A%2F%2Flogin.shop.example%2Fprofile")
	case 5:
		uri = "/saml/sso?SAMLRequest=" + component(g.letters(g.between(300, 500), alnum+"+/")+"=") + "&RelayState=" + component(site+"/b2b") + "&SigAlg=http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23rsa-sha256&Signature=" + component(g.letters(170, alnum+"+/")+"==")
	default:
		method, uri = "POST", "/login"
	}
	r := g.request(v, document, method, host, uri)
	r.Status = pick(g, 200, 302)
	if method == "POST" {
		r.post("application/x-www-form-urlencoded", "username="+strings.ToLower(g.letters(7, alnum))+"%40mail.example&password="+url.QueryEscape(g.letters(12, alnum+"!$%&*#-_"))+"&remember=on&csrf="+g.hex(40))
	}
	return r
}

// legacy pages are of a kind that every older site still has somewhere.
func (g *Generator) legacy() Request {
	v := g.someone()
	v.page = site + "/index.php?cat=" + g.letters(2, digits)
	uri := pick(g,
		"/index.php?cat="+g.letters(2, digits)+"&PHPSESSID="+g.letters(26, "abcdefghijklmnopqrstuvwxyz"+digits),
		"/shop/detail.jsp;jsessionid="+strings.ToUpper(g.hex(32))+"?item="+g.letters(5, digits),
		"/artikel.asp?id="+g.letters(4, digits)+"&desc=T%FCrschlo%DF", // Latin-1
		"/viewtopic.php?f=4&t="+g.letters(5, digits)+"&sid="+g.hex(32),
		"/cgi-bin/search.cgi?words=lamp+shade&method=and&format=long",
		"/index.php?option=com_content&view=article&id=12:about-us&catid=3&Itemid=101",
		"/go.php?url=https%3A%2F%2Fwww.shop.example%2Fsale&id="+g.letters(4, digits))
	return g.request(v, document, "GET", "www.shop.example", uri)
}

// notFound is what browsers and old links ask for in vain.
func (g *Generator) notFound() Request {
	v := g.someone()
	r := g.request(v, document, "GET", "www.shop.example", pick(g,
		"/apple-touch-icon-precomposed.png", "/apple-touch-icon-120x120.png", "/browserconfig.xml", "/ads.txt", "/app-ads.txt", "/humans.txt", "/security.txt", "/.well-known/security.txt", "/.well-known/assetlinks.json",
		"/.well-known/apple-app-site-association", "/.well-known/traffic-advice", "/.well-known/appspecific/com.chrome.devtools.json", "/crossdomain.xml", "/old/"+g.letters(5, digits)+".html", "/index.html?lang=de", "/undefined",
		g.product()+"%20", "/c/"+escapedPath(pick(g, categories...))+"/null", "/assets/app."+g.hex(8)+".js.map", "/sitemap_index.xml", "//", "/p/(not%20set)"))
	r.Status = 404
	return r
}

// blog is a WordPress site.
func (g *Generator) blog() Request {
	v := g.someone()
	year := strconv.Itoa(g.between(2019, 2026))
	slug := "/" + year + "/" + fmt.Sprintf("%02d", g.between(1, 12)) + "/" + escapedPath(pick(g, "how-to-choose-", "10-tips-for-", "die-besten-", "review-", "select-your-")+pick(g, nouns...)) + "/"
	m, uri := document, slug
	switch g.IntN(9) {
	case 0, 1:
	case 2, 3:
		m, uri = picture, "/wp-content/uploads/"+year+"/"+fmt.Sprintf("%02d", g.between(1, 12))+"/"+pick(g, "img_", "Foto-", "screenshot-", "%E5%9B%BE%E7%89%87-")+g.letters(4, digits)+pick(g, "-300x200.jpg", "-scaled.jpg", ".png", "-1024x683.webp")
	case 4:
		m, uri = script, pick(g, "/wp-includes/js/jquery/jquery.min.js?ver=3.7.1", "/wp-includes/js/jquery/jquery-migrate.min.js?ver=3.4.1", "/wp-includes/css/dist/block-library/style.min.css?ver=6.9", "/wp-content/plugins/contact-form-7/includes/js/index.js?ver=6.0.3", "/wp-content/themes/storefront/style.css?ver=4.6.0", "/wp-content/cache/min/1/"+g.hex(32)+".js")
	case 5:
		uri = pick(g, "/?s="+url.QueryEscape(g.words()), "/?p="+g.letters(4, digits), "/tag/"+escapedPath(pick(g, nouns...))+"/page/"+strconv.Itoa(g.between(2, 9))+"/", "/author/admin/", slug+"amp/", slug+"?replytocom="+g.letters(5, digits), slug+"feed/")
	case 6:
		m, uri = fetch, pick(g, "/wp-json/wp/v2/posts?per_page=10&_embed=1&search="+component(g.words()), "/wp-json/contact-form-7/v1/contact-forms/42/refill", "/wp-json/oembed/1.0/embed?url=https%3A%2F%2Fblog.shop.example"+component(slug)+"&format=xml", "/wp-json/wp/v2/users/me?context=edit&_locale=user")
	case 7: // an editor
		uri = pick(g, "/wp-admin/", "/wp-admin/post.php?post="+g.letters(4, digits)+"&action=edit", "/wp-admin/load-scripts.php?c=0&load%5Bchunk_0%5D=jquery-core,jquery-migrate,utils,wp-hooks&load%5Bchunk_1%5D=wp-i18n&ver=6.9", "/wp-admin/edit.php?s&post_status=all&post_type=post&action=-1&m=0&cat=0&filter_action=Filter&paged=1&action2=-1",
			"/wp-admin/customize.php?return=%2Fwp-admin%2Fthemes.php", "/wp-login.php?redirect_to=https%3A%2F%2Fblog.shop.example%2Fwp-admin%2F&reauth=1", "/wp-admin/admin.php?page=wc-admin&path=%2Fanalytics%2Foverview&period=custom&after="+g.date()+"&compare=previous_year")
	default:
		r := g.request(v, fetch, "POST", "blog.shop.example", pick(g, "/wp-admin/admin-ajax.php", "/wp-comments-post.php", "/wp-cron.php?doing_wp_cron="+strconv.FormatInt(g.now.Unix(), 10)+"."+g.letters(22, digits)))
		r.post("application/x-www-form-urlencoded; charset=UTF-8", "data%5Bwp-refresh-post-lock%5D%5Bpost_id%5D="+g.letters(4, digits)+"&interval=60&_nonce="+g.hex(10)+"&action=heartbeat&screen_id=post&has_focus=false")
		return r
	}
	r := g.request(v, m, "GET", "blog.shop.example", uri)
	if g.odds(0.04) {
		r.Status = 301
	}
	return r
}
