package secrets

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"iter"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Attack stands beside each generated secret, in an argument of its own. It must stay to be seen.
const Attack = "../../etc/passwd"

// Case is a request with a secret in it.
type Case struct {
	Name   string
	Value  string
	Record map[string]string // of Nano
}

// credential is a secret that its name tells, or itself.
type credential struct{ name, value string }

// credentials are of all sorts of names. Those without one tell themselves.
func credentials() []credential {
	all := []credential{
		{"password", "Summer2026!"}, {"user[password]", "Winter-2025.x"}, {"user[password][]", "Winter-2025.x"}, {"new_password", "Autumn&Leaves7"},
		{"passwd", `Say "friend" 7`}, {"userPwd", "Zürich-8000"}, {"password2", "a<b>c=Delta9"}, {"passphrase", "correct horse battery"},
		{"client_secret", "internal-blue-badger"}, {"api_key", "internal-service-key"}, {"access_token", "opaque-seven-of-words"},
		{"refresh_token", "rt.17.abcdef"}, {"id_token", "it-0815-abc"}, {"token", "tok-4711-abc"}, {"secret", "squirrel-nest"},
		{"csrf_token", "c5Rf-abcdef"}, {"otp", "491623"}, {"session", "k7d93hs8f0aq"}, {"sid", "s:Qx7-Rt.Zz9+abc"}, {"code", "SplxlOBeZQQYbYS6WxSbIA"},
	}
	for _, s := range All() {
		if !strings.ContainsAny(s.Text, "\r\n") && strings.HasPrefix(s.Text, s.Value) && strings.HasSuffix(s.Text, s.Value) {
			all = append(all, credential{"", s.Value})
		}
	}
	return all
}

// cookies, headers are names that credentials have there alone.
var (
	cookies = []string{
		"PHPSESSID", "JSESSIONID", "connect.sid", "session", "sid", "laravel_session", "ASP.NET_SessionId", "_session_id", "XSRF-TOKEN", "sessionid",
		"wordpress_logged_in_5c016e8f0f95f039102cbe8366c5c7f3", "wordpress_sec_5c016e8f0f95f039102cbe8366c5c7f3", "__Host-session", "_gitlab_session",
		"remember_web_59ba36addc2b2f9401580f014c7f58ea4e30989d", ".AspNetCore.Cookies", "ci_session", "auth_token", "__Secure-next-auth.session-token",
	}
	headers = []string{
		"X-Api-Key", "X-Vault-Token", "X-Auth-Token", "X-CSRF-Token", "X-Gitlab-Token", "Private-Token", "X-Amz-Security-Token", "Ocp-Apim-Subscription-Key",
		"X-Functions-Key", "X-Auth-Key", "Api-Key", "DD-API-KEY",
	}
	authorizations = []string{
		"Bearer %s", "Token %s", "ApiKey %s", `Digest username="ann", realm="r", nonce="n0", uri="/", response="%s", opaque="x"`, "NTLM %s",
		`OAuth oauth_consumer_key="a", oauth_signature="%s"`, "%s",
	}
)

// writings are the ways to write a name and a value together.
var writings = []struct {
	name  string
	write func(name, value string) string
}{
	{"form", func(n, v string) string { return n + "=" + url.QueryEscape(v) }},
	{"component", func(n, v string) string { return percent(n) + "=" + percent(v) }},
	{"json", func(n, v string) string { return "{" + quoted(n) + ":" + quoted(v) + "}" }},
	{"json list", func(n, v string) string { return "{\"a\": 1, " + quoted(n) + " : [ " + quoted(v) + ", \"b\" ]}" }},
	{"json deep", func(n, v string) string { return `{"a":[{"b":{"c":[1,{` + quoted(n) + ":\n  " + quoted(v) + `}]}}]}` }},
	{"json in json", func(n, v string) string { return `{"a":` + quoted("{"+quoted(n)+":"+quoted(v)+"}") + "}" }},
	{"json pair", func(n, v string) string { return `[{"name":` + quoted(n) + `,"type":"t","value":` + quoted(v) + "}]" }},
	{"xml", func(n, v string) string { return "<r><" + n + ">" + html.EscapeString(v) + "</" + n + "><b>x</b></r>" }},
	{"xml prefix", func(n, v string) string {
		return `<s:r><ns1:` + n + ` Type="urn:x#y">` + "\n " + html.EscapeString(v) + "\n</ns1:" + n + "></s:r>"
	}},
	{"xml cdata", func(n, v string) string { return "<" + n + "><![CDATA[" + v + "]]></" + n + ">" }},
	{"xml attribute", func(n, v string) string { return `<user id="7" ` + n + `="` + html.EscapeString(v) + `" a="b"/>` }},
	{"xml pair", func(n, v string) string { return `<add key="` + n + `" value="` + html.EscapeString(v) + `"/>` }},
	{"xml entry", func(n, v string) string { return `<entry key="` + n + `">` + html.EscapeString(v) + `</entry>` }},
	{"multipart", func(n, v string) string {
		return "--b\r\nContent-Disposition: form-data; name=\"" + n + "\"\r\nContent-Type: text/plain\r\n\r\n" + v + "\r\n--b--\r\n"
	}},
}

// encodings are the ways to write a text.
var encodings = []struct {
	name   string
	encode func(string) string
}{
	{"plain", func(s string) string { return s }},
	{"percent", percent},
	{"percent, lower", func(s string) string {
		return percentEscape.ReplaceAllStringFunc(percent(s), strings.ToLower)
	}},
	{"percent, all", func(s string) string { return each(s, "%%%02X") }},
	{"form", url.QueryEscape},
	{"double percent", func(s string) string { return percent(percent(s)) }},
	{"triple percent", func(s string) string { return percent(percent(percent(s))) }},
	{"html", html.EscapeString},
	{"html, numeric", func(s string) string { return runes(s, func(r rune) string { return fmt.Sprintf("&#x%x;", r) }) }},
	{"html, decimal", func(s string) string { return runes(s, func(r rune) string { return fmt.Sprintf("&#%d;", r) }) }},
	{"html in percent", func(s string) string { return percent(html.EscapeString(s)) }},
	{"json", func(s string) string { return strings.Trim(quoted(s), `"`) }},
	{"json, \\u", func(s string) string { return runes(s, func(r rune) string { return fmt.Sprintf(`\u%04x`, r) }) }},
	{"json in percent", func(s string) string { return percent(strings.Trim(quoted(s), `"`)) }},
	{"json twice", func(s string) string { return strings.Trim(quoted(quoted(s)), `"`) }},
	{"base64", func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }},
	{"base64url", func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }},
	{"base64 of percent", func(s string) string { return base64.StdEncoding.EncodeToString([]byte(percent(s))) }},
	{"base64 in percent", func(s string) string { return percent(base64.StdEncoding.EncodeToString([]byte(s))) }},
	{"base64 twice", func(s string) string {
		return base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(s))))
	}},
}

// places are where a text stands in a request.
var places = []struct {
	name string
	put  func(r *request, text string)
}{
	{"query", func(r *request, s string) { r.query = "&q=" + s + "&z=1" }},
	{"path", func(r *request, s string) { r.path = "/a/" + s + "/b" }},
	{"form", func(r *request, s string) {
		r.kind, r.body = "application/x-www-form-urlencoded", "a=1&q="+url.QueryEscape(s)+"&z=1"
	}},
	{"json", func(r *request, s string) {
		r.kind, r.body = "application/json", `{"a":[1,{"q":`+quoted(s)+`,"z":1}]}`
	}},
	{"xml", func(r *request, s string) {
		r.kind, r.body = "text/xml", `<?xml version="1.0"?><a><q>`+html.EscapeString(s)+`</q><z>1</z></a>`
	}},
	{"multipart", func(r *request, s string) {
		r.kind, r.body = "multipart/form-data; boundary=bb", "--bb\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\n"+s+"\r\n--bb--\r\n"
	}},
	{"text", func(r *request, s string) { r.kind, r.body = "text/plain", s }},
	{"cookie", func(r *request, s string) { r.headers = "Cookie: a=1; q=" + oneLine(s) + "; z=1\r\n" }},
	{"header", func(r *request, s string) { r.headers = "X-Note: " + oneLine(s) + "\r\nX-Other: 1\r\n" }},
	{"referer", func(r *request, s string) { r.headers = "Referer: https://h.example/?q=" + percent(s) + "\r\n" }},
	{"basic", func(r *request, s string) {
		r.headers = "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("ann:"+s)) + "\r\n"
	}},
	{"jwt", func(r *request, s string) {
		encode := base64.RawURLEncoding.EncodeToString
		r.query = "&t=" + encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode([]byte(`{"sub":"7","q":`+quoted(s)+"}")) + ".c2lnbmF0dXJl"
	}},
	{"response", func(r *request, s string) { r.response = s }},
}

// request is one that is put together.
type request struct{ path, query, kind, headers, body, response string }

func (r *request) record() map[string]string {
	uri := orElse(r.path, "/a") + "?f=" + Attack + r.query
	head := "POST " + uri + " HTTP/1.1\r\nHost: h\r\n"
	if r.kind != "" {
		head += "Content-Type: " + r.kind + "\r\nContent-Length: " + strconv.Itoa(len(r.body)) + "\r\n"
	}
	fields := map[string]string{
		"METHOD": "POST", "URL": uri, "DOMAIN": "h", "SRC_IP": "10.0.0.1", "DST_IP": "10.0.0.2", "RETCODE": "200",
		"REQ_HEADER": head + r.headers + "\r\n", "REQ_BODY": r.body,
	}
	if r.response != "" {
		fields["RSP_HEADER"], fields["RSP_BODY"] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n", r.response
	}
	return fields
}

// Cases are secrets of each sort in each writing, encoding and place, of these every stride-th, and those that only one place has.
func Cases(stride int) iter.Seq[Case] {
	return func(yield func(Case) bool) {
		n := 0
		for c := range own() {
			if n++; n%stride == 0 && !yield(c) {
				return
			}
		}
		for _, c := range credentials() {
			for _, w := range writings {
				for _, e := range encodings {
					for _, p := range places {
						if !isWritten(c, w.name, e.name, p.name) {
							continue
						}
						if n++; n%stride != 0 {
							continue
						}
						text := c.value
						if c.name != "" {
							text = w.write(c.name, c.value)
						}
						var r request
						p.put(&r, e.encode(text))
						if !yield(Case{strings.Join([]string{orElse(c.name, c.value), w.name, e.name, p.name}, ", "), c.value, r.record()}) {
							return
						}
					}
				}
			}
		}
	}
}

// isWritten reports whether anybody writes that: no plain text with quotes and spaces in a URL or a cookie, nor brackets in an element.
func isWritten(c credential, writing, encoding, place string) bool {
	switch {
	case c.name == "" && writing != "form": // it is written once
		return false
	case c.name == "code" && writing == "json list":
		return false
	case place == "xml" && strings.HasPrefix(encoding, "json") && strings.Contains(c.value, `"`): // its quotes can't be told from others
		return false
	case strings.HasPrefix(writing, "xml") && strings.Contains(c.name, "[") && writing != "xml pair" && writing != "xml entry":
		return false
	case writing == "multipart" && (place == "cookie" || place == "header" || place == "query" || place == "path") && !isOneLine(encoding):
		return false
	case place == "query" || place == "path" || place == "cookie":
		// What has a separator of the place in it.
		return slices.Contains([]string{"percent", "percent, lower", "percent, all", "form", "double percent", "triple percent", "html in percent",
			"json in percent", "base64url", "base64 in percent"}, encoding) || encoding == "plain" && (writing == "form" || writing == "component")
	case place == "multipart" && writing == "multipart":
		return isOneLine(encoding)
	}
	return true
}

func isOneLine(encoding string) bool { return encoding != "plain" && encoding != "html" }

// own are cases of names and forms that one place has.
func own() iter.Seq[Case] {
	return func(yield func(Case) bool) {
		give := func(name, value string, put func(r *request)) bool {
			var r request
			put(&r)
			return yield(Case{name, value, r.record()})
		}
		const id = "rq8kd0f7m1v3c9n2s5t6u4w8xa"
		for _, name := range cookies {
			for _, value := range []string{id, "s%3A" + id + ".h%2Bx", "internal-words"} {
				if !give("cookie "+name, value, func(r *request) { r.headers = "Cookie: a=b; " + name + "=" + value + "; c=d\r\n" }) ||
					!give("set-cookie "+name, value, func(r *request) { r.headers = "Set-Cookie: " + name + "=" + value + "; Path=/; HttpOnly\r\n" }) {
					return
				}
			}
		}
		for _, name := range headers {
			for _, value := range []string{id, "internal-service-key", "two words"} {
				if !give("header "+name, value, func(r *request) { r.headers = name + ": " + value + "\r\nX-B: c\r\n" }) ||
					!give("header in lower case "+name, value, func(r *request) { r.headers = strings.ToLower(name) + ": " + value + "\r\n" }) {
					return
				}
			}
		}
		for _, scheme := range authorizations {
			for _, name := range []string{"Authorization", "Proxy-Authorization", "X-Forwarded-Authorization"} {
				if !give(name+" "+scheme, "internal-words", func(r *request) { r.headers = name + ": " + fmt.Sprintf(scheme, "internal-words") + "\r\nX-B: c\r\n" }) {
					return
				}
			}
		}
		key := All()[9].Value
		for name, encode := range map[string]func(string) string{"percent": percent, "form": url.QueryEscape, "all": encodings[3].encode, "double": encodings[5].encode} {
			for _, text := range []string{encode(key), percentEscape.ReplaceAllStringFunc(encode(key), strings.ToLower)} {
				if !give("key, "+name, strings.Split(key, "\n")[1], func(r *request) { r.query = "&v=" + text }) {
					return
				}
			}
		}
		// Bodies that the log cuts.
		for _, w := range writings {
			text := w.write("password", "Summer2026!AndMore")
			cut := strings.Index(text, "More")
			if !give("cut "+w.name, "Summer2026", func(r *request) { r.body = text[:cut] }) {
				return
			}
		}
		give("code of OAuth", "short7code", func(r *request) { r.query = "&code=short7code&state=xyz" })
		give("credentials in a URL", "p@ss:w0rd!", func(r *request) { r.query = "&u=https://ann:" + percent("p@ss:w0rd!") + "@h.example/" })
		give("address in a URL", "ann+lee@mail.example", func(r *request) { r.query = "&u=ann%2Blee%40mail.example" })
	}
}

// Disclosed reports whether an output has a secret, or a form of it that can be decoded: in the escapes of URLs, HTML and JSON, or in base64.
// Of a secret with signs in it each longer word counts.
func Disclosed(output, value string) bool {
	for range deepest {
		if hasSecret(output, value) {
			return true
		}
		for _, run := range base64Run.FindAllString(output, -1) {
			if isInBase64(run, value, 3) {
				return true
			}
		}
		next := unescape(output)
		if next == output {
			return false
		}
		output = next
	}
	return hasSecret(output, value)
}

// deepest is in how many escapes a secret is in one of the cases.
const deepest = 6

var (
	percentEscape = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
	unicodeEscape = regexp.MustCompile(`\\u[0-9A-Fa-f]{4}`)
	base64Run     = regexp.MustCompile(`[A-Za-z0-9+/_-]{12,}`)
	words         = regexp.MustCompile(`[\pL\pN]{5,}`)
)

func hasSecret(text, value string) bool {
	text, value = strings.ToLower(strings.ReplaceAll(text, `\`, "")), strings.ToLower(value)
	if strings.Contains(text, value) {
		return true
	}
	if percentEscape.MatchString(value) {
		value = unescape(value)
	}
	for _, w := range words.FindAllString(value, -1) {
		if strings.Contains(text, w) && w != "internal" && w != "example" && w != "words" { // that are in other texts
			return true
		}
	}
	return strings.Contains(text, value)
}

func isInBase64(run, value string, depth int) bool {
	run = strings.NewReplacer("-", "+", "_", "/").Replace(run)
	for skip := range min(4, len(run)) {
		part := run[skip:]
		if len(part)%4 == 1 { // no length of base64
			part = part[:len(part)-1]
		}
		decoded, _ := base64.RawStdEncoding.DecodeString(part) // all bits are allowed at its end
		text := string(decoded)
		for range deepest {
			text = unescape(text)
		}
		if hasSecret(text, value) {
			return true
		}
		if depth > 1 {
			for _, inner := range base64Run.FindAllString(text, -1) {
				if isInBase64(inner, value, depth-1) {
					return true
				}
			}
		}
	}
	return false
}

func unescape(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, `\"`, `"`), `\\`, `\`)
	s = percentEscape.ReplaceAllStringFunc(s, func(e string) string {
		n, _ := strconv.ParseUint(e[1:], 16, 8) // two hexadecimal digits
		return string([]byte{byte(n)})
	})
	s = unicodeEscape.ReplaceAllStringFunc(s, func(e string) string {
		n, _ := strconv.ParseUint(e[2:], 16, 16) // four
		return string(rune(n))
	})
	return html.UnescapeString(s)
}

// percent is a text as encodeURIComponent writes it.
func percent(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil { // of a string: can't be
		panic(err)
	}
	return string(b)
}

func each(s, format string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, format, s[i])
	}
	return b.String()
}

func runes(s string, write func(rune) string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteString(write(r))
	}
	return b.String()
}

func oneLine(s string) string { return strings.NewReplacer("\r", " ", "\n", " ").Replace(s) }

func orElse(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}
