// Package app is a small application with the weaknesses that the laboratory tries, and the same application without them.
//
// Its database, files and shell are real. It writes down by itself what an attack has done to it: a handler knows from what
// it was about to do (the form of a statement, the folder of a file, the number of commands, the page without the input)
// whether the input made something else of it. Nothing here knows of MSA or of its rules.
//
// It must never be reached by others: Listen takes a port of 127.0.0.1 only.
package app

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// IDHeader has the number under which the recorder keeps an exchange, and the ledger what it did.
const IDHeader = "X-Lab-Exchange"

// Config says which application a site is.
type Config struct {
	Weak   bool
	Dir    string  // where the site keeps its machine's files; it has to be empty
	Ledger *Ledger // what attacks did
	Real   bool    // waits are waited, rather than only written down
	// Fetch asks another server, as the site's own machine does, for exchange id.
	Fetch func(id int, url string) (contentType string, body []byte, err error)
}

// Site is one application.
type Site struct {
	Config
	Addr string

	db       *sql.DB
	server   *http.Server
	mu       sync.Mutex
	sessions map[string]string // user by token
	guesses  map[string]int    // wrong passwords by user
	posts    []post
	uploads  map[string]upload
}

// Listen starts a site on a free port of the loopback.
func Listen(c Config) (*Site, error) {
	s := &Site{Config: c, sessions: map[string]string{}, guesses: map[string]int{}, uploads: map[string]upload{}}
	if err := s.writeFiles(); err != nil {
		return nil, err
	}
	if err := s.openDatabase(); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("cannot listen on the loopback: %w", err)
	}
	s.Addr = listener.Addr().String()
	s.server = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: time.Minute}
	go func() { _ = s.server.Serve(listener) }()
	return s, nil
}

// Close ends the site.
func (s *Site) Close() error {
	_ = s.server.Close()
	return s.db.Close()
}

// visit is one request and its answer.
type visit struct {
	*Site
	w    http.ResponseWriter
	r    *http.Request
	id   int
	body []byte // of the request

	telling string // a statement that has ended with an error which tells what it has found: if the site shows it
}

// handlers are by the first segment of the path. Handlers of one kind stand in one file.
var handlers = map[string]func(*visit){
	"": (*visit).home, "search": (*visit).search, "item": (*visit).item, "items": (*visit).itemByPath, "login": (*visit).login,
	"reports": (*visit).report, "export": (*visit).export, "orders": (*visit).orders, "visits": (*visit).visits,
	"download": (*visit).download, "page": (*visit).include, "static": (*visit).static, "logs": (*visit).windowsLog, "images": (*visit).image,
	"ping": (*visit).ping, "convert": (*visit).convert, "backup": (*visit).backup, "cgi-bin": (*visit).cgi, "winping": (*visit).windowsPing,
	"greet": (*visit).greet, "mail": (*visit).mail, "hello": (*visit).hello, "banner": (*visit).banner,
	"soap": (*visit).soap, "feed": (*visit).feed,
	"profile": (*visit).profile, "widget": (*visit).widget, "comments": (*visit).comments, "error": (*visit).errorPage,
	"go": (*visit).redirect, "lang": (*visit).language,
	"fetch": (*visit).fetch, "thumb": (*visit).thumb,
	"signin": (*visit).signIn, "basic": (*visit).basic,
	"people": (*visit).people, "graphql": (*visit).graphQL,
	"sitemap": (*visit).siteMap, "upload": (*visit).upload, "files": (*visit).uploaded, "prefs": (*visit).preferences,
}

// apis are by the path behind /api/.
var apis = map[string]func(*visit){
	"items": (*visit).apiItems, "session": (*visit).apiSession, "file": (*visit).apiFile, "dns": (*visit).apiDNS, "import": (*visit).apiImport,
	"login": (*visit).apiLogin, "users": (*visit).apiUsers, "order": (*visit).apiOrder, "echo": (*visit).apiEcho,
}

func (s *Site) serve(w http.ResponseWriter, r *http.Request) {
	id, _ := strconv.Atoi(r.Header.Get(IDHeader))
	v := &visit{Site: s, w: w, r: r, id: id}
	v.body, _ = io.ReadAll(io.LimitReader(r.Body, 4<<20))
	r.Body = io.NopCloser(strings.NewReader(string(v.body)))
	w.Header().Set("Server", "nginx")
	v.logHeaders()
	first, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch handle := handlers[first]; {
	case handle != nil:
		handle(v)
	case first == "api" && apis[rest] != nil:
		apis[rest](v)
	default:
		v.other(first, rest)
	}
}

// took writes down that the attack had its effect.
func (v *visit) took(kind, what string) { v.Ledger.Took(v.id, kind, what) }

// param is a parameter of the query, a form or a multipart form.
func (v *visit) param(name string) string { return v.r.FormValue(name) }

// cookie is a cookie's value, decoded as PHP and others do it; net/http would drop those with quotes.
func (v *visit) cookie(name string) string {
	for _, pair := range strings.Split(v.r.Header.Get("Cookie"), ";") {
		if key, value, ok := strings.Cut(strings.TrimSpace(pair), "="); ok && key == name {
			if plain, err := url.QueryUnescape(value); err == nil {
				return plain
			}
			return value
		}
	}
	return ""
}

// field is a member of a JSON body, "" if it is not a text.
func (v *visit) field(name string) string {
	var doc map[string]any
	if json.Unmarshal(v.body, &doc) != nil {
		return ""
	}
	switch value := doc[name].(type) {
	case string:
		return value
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	}
	return ""
}

// wait is a wait that an attack asks for.
func (v *visit) wait(d time.Duration) {
	if d = min(d, time.Minute); v.Real {
		time.Sleep(min(d, 10*time.Second))
		return
	}
	v.Ledger.wait(v.id, d)
}

func (v *visit) text(status int, kind, body string) {
	switch {
	case v.telling == "":
	case strings.Contains(body, tellingError):
		v.took("sqli", v.telling)
	default:
		v.Ledger.blind(v.id, "sqli", v.telling)
	}
	v.w.Header().Set("Content-Type", kind)
	v.w.WriteHeader(status)
	_, _ = io.WriteString(v.w, body)
}

func (v *visit) json(status int, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{"error":"internal"}`)
	}
	v.text(status, "application/json", string(text))
}

// page is an answer in HTML, with the head and the navigation of the site. A long one has 2 KiB before its content, as pages
// of shops have. Active content that is not the site's own is an attack that took effect.
func (v *visit) page(status int, title, content string) { v.show(status, head, title, content) }

func (v *visit) longPage(status int, title, content string) { v.show(status, longHead, title, content) }

func (v *visit) show(status int, head, title, content string) {
	text := fmt.Sprintf(head, html.EscapeString(title)) + content + foot
	if what := foreignScript(text); what != "" && v.Weak {
		v.took("xss", what)
	}
	v.text(status, "text/html; charset=utf-8", text)
}

// raw is text in a weak site's page as it is, and escaped in another's.
func (v *visit) raw(text string) string {
	if v.Weak {
		return text
	}
	return html.EscapeString(text)
}

const (
	head = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>%s</title><link rel="stylesheet" href="/static/site.css">` +
		`<script data-own src="/static/site.js"></script></head><body><nav><a href="/">Shop</a> <a href="/search">Search</a> <a href="/comments">Comments</a></nav><main>` + "\n"
	foot = "\n</main><footer>Example Shop</footer></body></html>\n"
)

var longHead = strings.Replace(head, "<main>", "<aside><ul>"+strings.Repeat(`<li class="category"><a href="/search?q=shelf">Shelves and boxes for every room</a></li>`, 24)+"</ul></aside><main>", 1)

// writeFiles lays out the machine that the site runs on: what it serves, and what it should not.
func (s *Site) writeFiles() error {
	for name, text := range machine {
		path := filepath.Join(s.Dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("cannot make the folder of %q: %w", name, err)
		}
		mode := os.FileMode(0o644)
		if strings.HasPrefix(name, "lab/bin/") {
			mode = 0o755
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			return fmt.Errorf("cannot write %q: %w", name, err)
		}
	}
	return nil
}
