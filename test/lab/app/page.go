package app

import (
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"

	nethtml "golang.org/x/net/html"
)

// foreignScript is what a browser would run in a page that is not the site's own, "" if nothing. The site's own scripts have
// the attribute data-own.
func foreignScript(page string) string {
	z := nethtml.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case nethtml.ErrorToken:
			return ""
		case nethtml.StartTagToken, nethtml.SelfClosingTagToken:
			if t := z.Token(); runsCode(t) {
				return t.String()
			}
		}
	}
}

var scheme = regexp.MustCompile(`(?i)^[\s\x00-\x20]*(?:j\s*a\s*v\s*a\s*s\s*c\s*r\s*i\s*p\s*t|data:text/html)`)

func runsCode(t nethtml.Token) bool {
	own := false
	for _, a := range t.Attr {
		own = own || a.Key == "data-own"
	}
	for _, a := range t.Attr {
		switch {
		case strings.HasPrefix(a.Key, "on") && len(a.Key) > 4 && a.Val != "", a.Key == "srcdoc":
			return true
		case runsAddress(t.Data, a.Key) && scheme.MatchString(a.Val):
			return true
		}
	}
	return t.Data == "script" && !own
}

// runsAddress reports whether a browser runs an address of scripts in an attribute of a tag: not that of a picture any more.
func runsAddress(tag, attribute string) bool {
	switch attribute {
	case "href", "xlink:href":
		return tag == "a" || tag == "area" || tag == "use"
	case "action":
		return tag == "form"
	case "formaction":
		return tag == "button" || tag == "input"
	case "data":
		return tag == "object"
	case "src":
		return tag == "iframe" || tag == "frame" || tag == "embed" || tag == "script"
	}
	return false
}

// endsText is an input that ends the text in which it stands, in a script, and goes on with a script of its own.
var endsText = regexp.MustCompile(`(?is)(?:^|[^\\]|\\\\)'\s*[;+*/,&|)-].*\b(?:alert|prompt|confirm|fetch|eval|document|print|import)\b|</script`)

// profile: an input in an attribute, and one in the text. A weak site escapes < and > in the first.
func (v *visit) profile() {
	color, name := v.param("color"), v.param("name")
	if v.Weak {
		color = strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(color)
	} else {
		color = html.EscapeString(color)
	}
	v.page(http.StatusOK, "Profile", fmt.Sprintf(`<div class="card" data-color="%s"><h1>%s</h1></div>`, color, v.raw(name)))
}

// widget: an input in a script.
func (v *visit) widget() {
	name := v.param("name")
	if v.Weak {
		if endsText.MatchString(name) {
			v.took("xss", "the script's text ends in the input")
		}
	} else {
		name = strings.NewReplacer(`\`, `\\`, "'", `\x27`, "<", `\x3c`, "\n", `\n`).Replace(name)
	}
	v.page(http.StatusOK, "Widget", "<script data-own>var widget = '"+name+"'; show(widget);</script>")
}

var scriptTag = regexp.MustCompile(`(?i)</?script[^>]*>`)

// errorPage: an input in the text of an error; a weak site takes script tags away, once.
func (v *visit) errorPage() {
	text := v.param("msg")
	if v.Weak {
		text = scriptTag.ReplaceAllString(text, "")
	} else {
		text = html.EscapeString(text)
	}
	v.longPage(http.StatusOK, "Error", "<p class=error>"+text+"</p>")
}

// post is a comment that somebody has left.
type post struct {
	by   int // the exchange
	text string
}

// shownPosts are how many comments a page shows.
const shownPosts = 3

// comments: what one leaves, others see.
func (v *visit) comments() {
	if v.r.Method == http.MethodPost {
		text := v.param("text")
		if text == "" {
			text = v.field("text")
		}
		v.mu.Lock()
		v.posts = append(v.posts, post{v.id, text})
		v.mu.Unlock()
		v.w.Header().Set("Location", "/comments")
		v.page(http.StatusFound, "Found", "<p>Thank you.</p>")
		return
	}
	v.mu.Lock()
	last := append([]post(nil), v.posts[max(0, len(v.posts)-shownPosts):]...)
	v.mu.Unlock()
	var b strings.Builder
	b.WriteString("<h1>Comments</h1>")
	for _, p := range last {
		b.WriteString("<article>" + v.raw(p.text) + "</article>\n")
		if what := foreignScript(p.text); what != "" && v.Weak {
			v.Ledger.Took(p.by, "xss-stored", what)
			v.Ledger.shows(v.id)
		}
	}
	v.text(http.StatusOK, "text/html; charset=utf-8", fmt.Sprintf(head, "Comments")+b.String()+foot)
}

// apiEcho: JSON that repeats the input; no browser runs it.
func (v *visit) apiEcho() { v.json(http.StatusOK, map[string]any{"you_said": v.param("text")}) }

// siteMap has a link or a form for each place of the site, for programs that look for them.
func (v *visit) siteMap() {
	var b strings.Builder
	for _, target := range []string{"/search?q=lamp", "/item?id=1", "/items/1", "/page?name=about", "/download?file=terms.txt", "/logs?file=app-2026-03-01.log", "/ping?addr=127.0.0.1", "/backup?name=a",
		"/greet?name=Ann", "/hello/Ann", "/profile?color=red&name=Ann", "/widget?name=Ann", "/error?msg=hello", "/go?url=https://pay.example.net/", "/lang?set=en", "/fetch?url=https://pay.example.net/", "/thumb?src=https://pay.example.net/a.png",
		"/people?name=alice", "/export?column=name", "/comments", "/cgi-bin/status"} {
		fmt.Fprintf(&b, "<a href=\"%s\">%[1]s</a>\n", html.EscapeString(target))
	}
	for _, f := range [][2]string{{"/orders", "page name"}, {"/login", "user password"}, {"/signin", "user password"}, {"/comments", "rating text"}, {"/convert", "to name"}} {
		fmt.Fprintf(&b, "<form method=\"post\" action=\"%s\">", f[0])
		for _, field := range strings.Fields(f[1]) {
			fmt.Fprintf(&b, "<input name=\"%s\" value=\"a\">", field)
		}
		b.WriteString("<input type=\"submit\"></form>\n")
	}
	v.page(http.StatusOK, "Site map", b.String())
}
