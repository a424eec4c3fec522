package app

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// partners are the hosts to which every site sends its visitors.
var partners = []string{"login.example.com", "pay.example.net"}

// hostOf is the host to which a browser would go, which takes more than two slashes as two.
func hostOf(address string) string {
	address = strings.ReplaceAll(strings.TrimSpace(address), `\`, "/")
	for strings.HasPrefix(address, "///") {
		address = address[1:]
	}
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

func isPartner(host string) bool { return host == "" || host == partners[0] || host == partners[1] }

// redirect: to where the input says.
func (v *visit) redirect() {
	to := v.param("url")
	if !v.Weak && !isPartner(hostOf(to)) {
		v.w.Header().Set("Location", "/")
		v.page(http.StatusFound, "Found", "<p>Found.</p>")
		return
	}
	if !isPartner(hostOf(to)) {
		v.took("redirect", "to "+hostOf(to))
	}
	v.head(http.StatusFound, "Location: "+to)
}

// language: a cookie with the input.
func (v *visit) language() {
	set := v.param("set")
	if !v.Weak {
		set = url.QueryEscape(set)
	}
	v.head(http.StatusOK, "Set-Cookie: lang="+set)
}

// newHeader is another header, or the end of all.
var newHeader = regexp.MustCompile(`[\r\n]+(?:[A-Za-z-]+:|[\r\n])`)

// head answers with a header as it is given, which net/http would not write if it has line breaks.
func (v *visit) head(status int, header string) {
	if newHeader.MatchString(header) {
		v.took("crlf", "another header")
	}
	conn, rw, err := v.w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	const body = "<html><body>Done.</body></html>"
	_, _ = fmt.Fprintf(rw, "HTTP/1.1 %d %s\r\nServer: nginx\r\nContent-Type: text/html\r\n%s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", status, http.StatusText(status), header, len(body), body)
	_ = rw.Flush()
}

// get asks for an address as careless programs do. An address that is not a partner's is an attack that worked, if anybody answered.
func (v *visit) get(address string) (kind, text string, err error) {
	if !v.Weak && (!isPartner(hostOf(address)) || !strings.HasPrefix(address, "https://")) {
		return "", "", errBadInput
	}
	if name, ok := strings.CutPrefix(strings.ToLower(address), "file://"); ok {
		text, ok := machine[strings.TrimPrefix(name, "/")]
		if !ok {
			return "", "", fmt.Errorf("no such file: %s", name)
		}
		v.took("ssrf", "read "+name)
		return "text/plain", text, nil
	}
	kind, body, err := v.Fetch(v.id, address)
	if err == nil && !isPartner(hostOf(address)) {
		v.took("ssrf", "asked "+address)
	}
	return kind, string(body), err
}

// fetch: shows what it got.
func (v *visit) fetch() {
	kind, text, err := v.get(v.param("url"))
	if err != nil {
		v.page(http.StatusBadGateway, "Error", "<p>Could not fetch "+html.EscapeString(v.param("url"))+".</p>")
		return
	}
	v.text(http.StatusOK, kind, text)
}

// thumb: says nothing of what it got.
func (v *visit) thumb() {
	if _, _, err := v.get(v.param("src")); err != nil {
		v.json(http.StatusOK, map[string]any{"ok": false, "error": "cannot load image"})
		return
	}
	v.json(http.StatusOK, map[string]any{"ok": true})
}

// apiImport: JSON to JSON that quotes what it got.
func (v *visit) apiImport() {
	_, text, err := v.get(v.field("url"))
	if err != nil {
		v.json(http.StatusBadRequest, map[string]any{"error": "cannot import"})
		return
	}
	v.json(http.StatusOK, map[string]any{"imported": len(text), "preview": text[:min(len(text), 400)]})
}

var (
	lookup = regexp.MustCompile(`\$\{(?:lower|upper):([^{}]*)\}|\$\{[^{}]*:-([^{}]*)\}`)
	jndi   = regexp.MustCompile(`(?i)\$\{jndi:(?:ldaps?|rmi|dns|http)://([^/}]+)(/[^}]*)?\}`)
)

// logHeaders logs a request with a library that looks things up in what it logs.
func (v *visit) logHeaders() {
	if !v.Weak {
		return
	}
	values := []string{v.r.URL.RawQuery, v.r.URL.Path, string(v.body)}
	if plain, err := url.QueryUnescape(v.r.URL.RawQuery); err == nil {
		values = append(values, plain)
	}
	for _, all := range v.r.Header {
		values = append(values, all...)
	}
	for _, value := range values {
		for i := 0; i < 20 && lookup.MatchString(value); i++ {
			value = lookup.ReplaceAllString(value, "$1$2")
		}
		if m := jndi.FindStringSubmatch(value); m != nil {
			v.took("jndi", "looked up "+m[0])
			_, _, _ = v.Fetch(v.id, "http://"+m[1]+m[2]+".class")
			return
		}
	}
}
