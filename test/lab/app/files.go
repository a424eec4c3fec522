package app

import (
	"encoding/base64"
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// decodedField is a member of a JSON text in base64.
func decodedField(text, name string) string {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		if b, err = base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "=")); err != nil {
			return ""
		}
	}
	var doc map[string]string
	if json.Unmarshal(b, &doc) != nil {
		return string(b)
	}
	return doc[name]
}

// read reads a file by a name below a folder of the machine. A weak site joins the two, so that the name may lead out of
// the folder; another takes names below it only. Nothing of the real machine can be read.
func (v *visit) read(folder, name string) (string, bool) {
	name, _, _ = strings.Cut(name, "\x00")
	full := path.Join("/", folder, name)
	if !v.Weak {
		if name == "" || !filepath.IsLocal(name) {
			return "", false
		}
	} else if strings.HasPrefix(name, "/") { // as functions take it that know absolute names
		full = path.Clean(name)
	}
	if strings.HasPrefix(full, "/lab") {
		return "", false
	}
	root, err := os.OpenRoot(v.Dir)
	if err != nil {
		return "", false
	}
	defer func() { _ = root.Close() }()
	text, err := root.ReadFile("." + full)
	if err != nil {
		return "", false
	}
	if inside := "/" + folder + "/"; !strings.HasPrefix(full, inside) {
		v.took("lfi", "read "+full)
	}
	return string(text), true
}

// download: a file as it is.
func (v *visit) download() {
	text, ok := v.read(shop+"/files", v.param("file"))
	if !ok {
		v.text(http.StatusNotFound, "text/plain", "File not found.\n")
		return
	}
	v.text(http.StatusOK, "application/octet-stream", text)
}

// include: a part of a page, within a page, as PHP includes it, with its filters.
func (v *visit) include() {
	name := v.param("name")
	if resource, ok := strings.CutPrefix(name, "php://filter/convert.base64-encode/resource="); ok && v.Weak {
		for _, suffix := range []string{"", ".php"} {
			if text, ok := v.read(shop, resource+suffix); ok {
				v.took("lfi", "source of "+resource)
				v.page(http.StatusOK, "Shop", base64.StdEncoding.EncodeToString([]byte(text)))
				return
			}
		}
	}
	text, ok := v.read(shop+"/pages", name+".html")
	if !ok {
		text, ok = v.read(shop+"/pages", strings.TrimSuffix(name, ".html"))
	}
	switch {
	case ok:
		v.longPage(http.StatusOK, "Shop", text)
	case v.Weak:
		v.page(http.StatusOK, "Shop", "<b>Warning</b>: include(pages/"+html.EscapeString(name)+"): Failed to open stream: No such file or directory in <b>/var/www/shop/index.php</b>")
	default:
		v.page(http.StatusOK, "Shop", "<p>This page does not exist.</p>")
	}
}

// static: a path, which a weak site decodes once more.
func (v *visit) static() {
	name := strings.TrimPrefix(v.r.URL.EscapedPath(), "/static/")
	plain, err := url.PathUnescape(name)
	if err == nil && v.Weak {
		if twice, err := url.PathUnescape(plain); err == nil {
			plain = twice
		}
	}
	text, ok := v.read(shop+"/static", plain)
	if !ok {
		v.page(http.StatusNotFound, "Not found", "<p>Not found.</p>")
		return
	}
	v.text(http.StatusOK, "text/plain; charset=utf-8", text)
}

// windowsLog: a name with Windows' separators.
func (v *visit) windowsLog() {
	text, ok := v.read("inetpub/logs", strings.ReplaceAll(strings.TrimPrefix(v.param("file"), `C:`), `\`, "/"))
	if !ok {
		v.page(http.StatusInternalServerError, "Runtime Error", "<h1>Server Error in '/' Application.</h1>")
		return
	}
	v.page(http.StatusOK, "Log", "<pre>"+html.EscapeString(text)+"</pre>")
}

// image: a name in base64.
func (v *visit) image() {
	text, ok := v.read(shop+"/images", decodedField(v.param("src"), "file"))
	if !ok {
		v.text(http.StatusNotFound, "text/plain", "no such image\n")
		return
	}
	v.text(http.StatusOK, "image/png", text)
}

// apiFile: a path in JSON, and the file in a string of JSON.
func (v *visit) apiFile() {
	text, ok := v.read(shop+"/files", v.field("path"))
	if !ok {
		v.json(http.StatusOK, map[string]any{"ok": false, "error": "file not found", "path": v.field("path")})
		return
	}
	v.json(http.StatusOK, map[string]any{"ok": true, "content": text})
}

// exposed are files that no server should serve.
var exposed = []string{".env", ".git/HEAD", ".git/config", ".htpasswd", "backup.sql", "WEB-INF/web.xml", "server-status", "actuator/env", "phpinfo.php"}

// other is what no handler has: files of the site's folder, and calls of programs that benign clients make.
func (v *visit) other(first, rest string) {
	name := strings.TrimSuffix(first+"/"+rest, "/")
	if v.Weak {
		for _, e := range exposed {
			if name == e {
				text, _ := v.read(shop, name)
				v.took("exposed", "read "+name)
				kind := "text/plain"
				if strings.HasPrefix(text, "<") {
					kind = "text/html"
				}
				v.text(http.StatusOK, kind, text)
				return
			}
		}
	}
	v.ordinary(first, rest)
}
