package accesslog

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// api is what the shop's single-page application asks for.
func (g *Generator) api() Request {
	v := g.someone()
	lang := pick(g, "de-DE", "en-GB", "fr-FR", "pl-PL")
	var uri string
	switch g.IntN(12) {
	case 0, 1:
		uri = "/v2/products?" + pick(g, "category", "categoryId") + "=" + escapedPath(pick(g, categories...)) + "&fields=id,name,price,images(url,alt)&sort=" + pick(g, "-price,name", "popularity", "price%3Aasc") + "&page%5Bnumber%5D=" + strconv.Itoa(g.between(1, 30)) + "&page%5Bsize%5D=24&locale=" + lang
	case 2:
		uri = "/v2/products?filter=" + component(fmt.Sprintf(`{"price":{"gte":%d,"lte":%d},"brand":["%s","%s"],"inStock":true,"color":"%s"}`, g.between(1, 40), g.between(50, 400), pick(g, brands...), pick(g, brands...), pick(g, colours...))) + "&limit=24&offset=" + strconv.Itoa(24*g.IntN(20))
	case 3, 4:
		words := []rune(g.words())
		uri = "/v2/search/suggest?q=" + component(string(words[:g.between(1, len(words))])) + "&limit=8&locale=" + lang
	case 5:
		uri = "/v2/stock?sku=" + g.sku() + "," + g.sku() + "," + g.sku()
	case 6:
		uri = "/v2/orders?from=" + g.date() + "T00%3A00%3A00.000Z&to=" + g.date() + "T23:59:59%2B01:00&status=open,paid,shipped&include=items.product,payments&q=" + component("created_at>="+g.date()+" AND total>100")
	case 7:
		uri = "/v2/" + pick(g, "users/me", "cart", "wishlist", "users/me/addresses", "recommendations?placement=home&userId="+g.uuid(), "feature-flags?env=prod&keys=newCheckout,abTest_42", "geo?ip="+v.addr.String())
	case 8:
		uri = "/v2/shipping/quote?country=" + pick(g, "DE", "FR", "PL", "US") + "&zip=" + g.letters(5, digits) + "&weight=" + fmt.Sprintf("%.3f", g.Float64()*10) + "&cartId=" + g.uuid()
	case 9:
		uri = "/v2/products/" + g.letters(6, digits) + pick(g, "", "/reviews?page=2&order=desc", "/availability?at="+g.date()+"T10:00&tz=Europe%2FBerlin", "/similar?exclude=%5B"+g.letters(6, digits)+"%2C"+g.letters(6, digits)+"%5D")
	case 10:
		state := base64.StdEncoding.EncodeToString([]byte(fmt.Sprintf(`{"cursor":%d,"dir":"next","seen":["%s"]}`, g.IntN(1e6), g.hex(8))))
		uri = "/v2/feed?cursor=" + pick(g, component(state), strings.TrimRight(state, "="), state) + "&_=" + strconv.FormatInt(g.now.UnixMilli(), 10)
	default:
		uri = "/v2/geo/reverse?lat=" + fmt.Sprintf("%.6f", g.Float64()*180-90) + "&lon=" + fmt.Sprintf("%.6f", g.Float64()*360-180) + "&bbox=" + fmt.Sprintf("%.2f,%.2f,%.2f,%.2f", g.Float64()*10, g.Float64()*50, g.Float64()*10+10, g.Float64()*50+1)
	}
	r := g.request(v, fetch, "GET", "api.shop.example", uri)
	g.authorize(&r)
	if g.odds(0.03) {
		r.Status = pick(g, 401, 403, 404, 429)
	}
	return r
}

func (g *Generator) authorize(r *Request) {
	if g.odds(0.5) {
		r.add("Authorization", "Bearer "+g.jwt())
	}
	r.add("Origin", g.maybe(0.6, site))
	r.add("X-Requested-With", g.maybe(0.3, "XMLHttpRequest"))
	r.add("X-Request-Id", g.maybe(0.4, g.uuid()))
	r.add("traceparent", g.maybe(0.3, "00-"+g.hex(32)+"-"+g.hex(16)+"-01"))
}

// apiWrite changes something. CRS allows GET, HEAD, POST and OPTIONS unless told otherwise, so that
// PUT, PATCH and DELETE, about 4 requests in 1,000 here, alarm in a REST API's log by design.
func (g *Generator) apiWrite() Request {
	v := g.someone()
	method, uri, body := "POST", "/v2/cart/items", fmt.Sprintf(`{"sku":"%s","quantity":%d,"options":{"gift":true,"note":%q}}`, g.sku(), g.between(1, 4), pick(g, sentences...))
	switch g.IntN(8) {
	case 0:
		method, uri, body = pick(g, "PUT", "PATCH"), "/v2/cart/items/"+g.letters(7, digits), fmt.Sprintf(`{"quantity":%d}`, g.between(1, 9))
	case 1:
		method, uri, body = "DELETE", "/v2/wishlist/"+g.uuid(), ""
	case 2:
		uri, body = "/v2/reviews", fmt.Sprintf(`{"product":%s,"stars":%d,"text":%q,"author":"D'Arcy"}`, g.letters(6, "123456789"), g.between(1, 5), pick(g, sentences...))
	case 3:
		uri, body = "/v2/checkout", fmt.Sprintf(`{"cart":"%s","address":{"street":"Hauptstr. 1/2","city":"Köln"},"payment":{"method":"card","token":"tok_%s"}}`, g.uuid(), g.letters(24, alnum))
	}
	r := g.request(v, fetch, method, "api.shop.example", uri)
	g.authorize(&r)
	if body != "" {
		r.post("application/json", body)
	}
	r.Status = pick(g, 200, 200, 201, 204, 409, 422)
	return r
}

func (g *Generator) graphQL() Request {
	v := g.someone()
	operation := pick(g, "ProductPage", "CartQuery", "SearchResults", "HomeTeasers")
	variables := fmt.Sprintf(`{"id":"%s","first":%d,"filter":{"q":%q,"tags":["new","sale"]},"after":null}`, g.letters(6, digits), g.between(10, 50), g.words())
	if g.odds(0.6) {
		uri := "/graphql?operationName=" + operation + "&variables=" + component(variables) + "&extensions=" + component(`{"persistedQuery":{"version":1,"sha256Hash":"`+g.hex(64)+`"}}`)
		r := g.request(v, fetch, "GET", "api.shop.example", uri)
		g.authorize(&r)
		return r
	}
	r := g.request(v, fetch, "POST", "api.shop.example", "/graphql")
	g.authorize(&r)
	r.post("application/json", `{"operationName":"`+operation+`","variables":`+variables+`,"query":"query `+operation+`($id: ID!, $first: Int) { product(id: $id) { name price { amount currency } reviews(first: $first) { edges { node { text } } } } }"}`)
	return r
}

// beacon is analytics that the shop keeps itself.
func (g *Generator) beacon() Request {
	v := g.someone()
	where := v.page
	if where == "" {
		where = site + g.product()
	}
	switch g.IntN(4) {
	case 0:
		r := g.request(v, fetch, "POST", "www.shop.example", "/collect/events?batch=1&sent="+strconv.FormatInt(g.now.UnixMilli(), 10))
		r.add("Origin", site)
		r.post("text/plain;charset=UTF-8", fmt.Sprintf(`[{"event":"scroll","depth":%d,"url":%q,"ts":%d}]`, g.between(1, 100), where, g.now.UnixMilli()))
		r.Status = 204
		return r
	case 1:
		data := base64.StdEncoding.EncodeToString([]byte(fmt.Sprintf(`{"e":"view","p":%q,"w":%d,"h":%d}`, where, g.between(320, 2560), g.between(480, 1440))))
		return g.request(v, picture, "GET", "www.shop.example", "/pixel.gif?data="+pick(g, data, component(data))+"&r="+fmt.Sprint(g.Float64()))
	}
	uri := "/g/collect?v=2&tid=G-" + g.letters(10, "ABCDEFGHJKLMNPQRSTVWXYZ"+digits) + "&gtm=45je5" + g.letters(14, alnum) + "&_p=" + strconv.FormatInt(g.now.UnixMilli(), 10) + "&cid=" + fmt.Sprintf("%d.%d", g.between(1e8, 2e9), g.now.Unix()) +
		"&ul=" + pick(g, "de-de", "en-us", "fr") + "&sr=1920x1080&uaa=x86&uafvl=Not%2FA)Brand%3B8.0.0.0%7CChromium%3B132.0.6834.110&dl=" + component(where) + "&dr=" + g.maybe(0.5, component(g.landing())) + "&dt=" + component(g.words()+" | Shop") +
		"&sid=" + strconv.FormatInt(g.now.Unix(), 10) + "&sct=3&seg=1&en=" + pick(g, "page_view", "add_to_cart", "scroll", "view_item_list") + "&epn.percent_scrolled=90&ep.list=" + component(pick(g, categories...)) + "&_et=" + g.letters(4, "123456789") + "&tfd=" + g.letters(4, "123456789")
	r := g.request(v, fetch, pick(g, "GET", "GET", "POST"), "www.shop.example", uri)
	if r.Method == "POST" {
		r.post("text/plain;charset=UTF-8", "")
	}
	r.Status = 204
	return r
}

// app is the shop's app on phones.
func (g *Generator) app() Request {
	version := fmt.Sprintf("7.%d.%d", g.between(2, 30), g.IntN(4))
	device := pick(g, phones...)
	agent := pick(g,
		"Shop/"+version+" (iPhone; iOS "+pick(g, "17.7", "18.3.1", "18.6", "26.2")+"; Scale/3.00)",
		"Shop/"+g.letters(4, "123456789")+" CFNetwork/"+pick(g, "1568.300.101", "3826.400.120", "1496.0.7")+" Darwin/"+pick(g, "24.2.0", "23.6.0", "25.1.0"),
		"Shop/"+version+" (Android "+strconv.Itoa(g.between(11, 16))+"; "+device+"; "+pick(g, "de_DE", "en_US", "pl_PL")+") okhttp/4.12.0",
		"Dalvik/2.1.0 (Linux; U; Android "+strconv.Itoa(g.between(11, 16))+"; "+device+" Build/"+g.letters(4, alnum)+"."+g.letters(6, digits)+".002)",
		"okhttp/4.12.0", "Dart/3.5 (dart:io)")
	method, uri, body := "GET", "", ""
	switch g.IntN(7) {
	case 0:
		uri = "/app/v3/home?lat=" + fmt.Sprintf("%.5f", g.Float64()*60) + "&lng=" + fmt.Sprintf("%.5f", g.Float64()*20) + "&density=xxhdpi&tz=Europe/Berlin&device=" + component(device) + "&v=" + version
	case 1:
		uri = "/app/v3/search?q=" + component(g.words()) + "&facets=color:" + component(pick(g, colours...)) + "|size:" + pick(g, "M", "L") + "&page=" + strconv.Itoa(g.between(1, 5))
	case 2:
		uri = "/app/v3/products/" + g.letters(6, digits) + "?expand=variants,reviews&currency=EUR"
	case 3:
		uri = "/app/v3/config?platform=android&build=" + g.letters(4, digits) + "&locale=" + pick(g, "de_DE", "zh-Hans_CN", "pt_BR") + "&etag=" + g.hex(12)
	case 4:
		method, uri, body = "POST", "/app/v3/devices/"+strings.ToUpper(g.uuid())+"/token", `{"token":"`+g.letters(22, base64URL)+":APA91b"+g.letters(120, base64URL)+`","topics":["offers","orders"],"tz":"Europe/Berlin"}`
	case 5:
		uri = "/app/v3/deeplink?url=" + component("shop://product/"+g.letters(6, digits)+"?ref=push&utm_source=push") + "&idfa=" + strings.ToUpper(g.uuid())
	default:
		method, uri, body = "POST", "/app/v3/metrics", fmt.Sprintf(`{"session":"%s","events":[{"n":"open","t":%d},{"n":"tap","id":"btn_buy","x":%d}]}`, g.uuid(), g.now.UnixMilli(), g.between(1, 1000))
	}
	r := Request{Method: method, URI: uri, Protocol: pick(g, "HTTP/1.1", "HTTP/2.0", "HTTP/2.0")}
	v := g.someone()
	r.Client = netip.AddrPortFrom(v.addr, g.port())
	r.add("Host", "app.shop.example")
	r.add("User-Agent", agent)
	r.add("Accept", pick(g, "application/json", "*/*"))
	r.add("Accept-Encoding", "gzip")
	r.add("Accept-Language", v.language)
	r.add("X-App-Version", version)
	r.add("X-Device-Id", g.uuid())
	r.add("Authorization", g.maybe(0.7, "Bearer "+g.jwt()))
	if body != "" {
		r.post("application/json; charset=UTF-8", body)
	}
	if g.odds(0.15) && method == "GET" {
		r.Status = 304
	}
	return r
}

// preflight is CORS.
func (g *Generator) preflight() Request {
	v := g.someone()
	r := g.request(v, fetch, "OPTIONS", "api.shop.example", "/v2/"+pick(g, "cart/items", "users/me", "checkout", "products/"+g.letters(6, digits)))
	r.add("Access-Control-Request-Method", pick(g, "POST", "PUT", "DELETE"))
	r.add("Access-Control-Request-Headers", "authorization,content-type,x-request-id")
	r.add("Origin", site)
	r.Status = 204
	return r
}
