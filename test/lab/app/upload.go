package app

import (
	"encoding/base64"
	"fmt"
	"html"
	"net/http"
	"path"
	"regexp"
	"strings"
)

// upload is a file that somebody has left.
type upload struct {
	by   int // the exchange
	text string
}

var scriptName = regexp.MustCompile(`(?i)\.(?:php\d?|phtml|jsp|aspx?|sh|cgi)$`)

// upload: a weak site keeps a file under its own name, another one pictures and documents only.
func (v *visit) upload() {
	file, header, err := v.r.FormFile("file")
	if err != nil {
		v.page(http.StatusBadRequest, "Upload", "<p>Choose a file.</p>")
		return
	}
	_ = file.Close()
	name := path.Base(strings.ReplaceAll(header.Filename, `\`, "/"))
	if !v.Weak && (scriptName.MatchString(name) || strings.Contains(name, ".php")) {
		v.page(http.StatusOK, "Upload", "<p>Files of this kind are not accepted.</p>")
		return
	}
	text := make([]byte, header.Size)
	if file, err := header.Open(); err == nil {
		_, _ = file.Read(text)
		_ = file.Close()
	}
	v.mu.Lock()
	v.uploads[name] = upload{v.id, string(text)}
	v.mu.Unlock()
	v.json(http.StatusOK, map[string]any{"stored": "/files/" + name, "size": header.Size})
}

var shellScript = regexp.MustCompile("(?:system|passthru|shell_exec|exec)\\(\\s*(?:base64_decode\\()?\\$_(?:GET|POST|REQUEST)\\[['\"]?(\\w+)['\"]?\\]")

// uploaded: a weak site runs scripts that it was given.
func (v *visit) uploaded() {
	name := path.Base(v.r.URL.Path)
	v.mu.Lock()
	u, ok := v.uploads[name]
	v.mu.Unlock()
	if !ok {
		v.page(http.StatusNotFound, "Not found", "<p>Not found.</p>")
		return
	}
	if !scriptName.MatchString(name) {
		v.text(http.StatusOK, "application/octet-stream", u.text)
		return
	}
	v.Ledger.Took(u.by, "upload", "the script "+name+" runs")
	out := ""
	if m := shellScript.FindStringSubmatch(u.text); m != nil {
		if command := v.param(m[1]); command != "" {
			out = v.shell("true\n" + command)
		}
	} else if strings.Contains(u.text, "phpinfo") {
		v.took("rce", "phpinfo")
		out = machine[shop+"/phpinfo.php"]
	} else if m := regexp.MustCompile(`echo\s+['"]?([\w*+() ]+)`).FindStringSubmatch(u.text); m != nil {
		out, _ = v.evaluate(m[1])
		v.took("rce", "the script ran")
	}
	v.text(http.StatusOK, "text/html", out)
}

var (
	pickled = regexp.MustCompile(`c(?:os|posix|subprocess)\n(?:system|popen|check_output)\n\(S'([^']*)'`)
	nodeFn  = regexp.MustCompile(`_\$\$ND_FUNC\$\$_function.*?exec(?:Sync)?\(\\?['"]([^'"\\]+)`)
	phpObj  = regexp.MustCompile(`O:\d+:"(?:Monolog|GuzzleHttp|Logger)[^"]*":.*s:\d+:"([^"]+)";`)
)

// preferences: a cookie that is an object of the program's language, which a weak site makes again from it.
func (v *visit) preferences() {
	theme := "light"
	if value := v.cookie("prefs"); value != "" {
		b, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(value, " ", "+"))
		if err != nil {
			b = []byte(value)
		}
		for _, form := range []*regexp.Regexp{pickled, nodeFn, phpObj} {
			m := form.FindStringSubmatch(string(b))
			switch {
			case m == nil:
			case !v.Weak:
				v.page(http.StatusBadRequest, "Bad request", "<p>Bad cookie.</p>")
				return
			default:
				theme = v.shell("true\n" + m[1])
				v.took("deserialization", "an object ran "+m[1])
			}
		}
	}
	v.page(http.StatusOK, "Preferences", fmt.Sprintf("<p>Theme: %s</p>", html.EscapeString(theme)))
}
