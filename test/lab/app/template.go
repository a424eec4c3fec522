package app

import (
	"errors"
	"fmt"
	"go/constant"
	"go/token"
	"go/types"
	"html"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// The brackets of the template languages that the site has.
var (
	jinja      = regexp.MustCompile(`\{\{(.*?)\}\}`)
	freemarker = regexp.MustCompile(`[$#]\{(.*?)\}`)
	erb        = regexp.MustCompile(`<%=?(.*?)%>`)
	spring     = regexp.MustCompile(`[$*]\{(.*?)\}`)
)

var errTemplate = errors.New("template syntax error")

// render evaluates an input as a template, as careless programs do. An expression that was evaluated is an attack that worked.
func (v *visit) render(brackets *regexp.Regexp, text string) (string, error) {
	var failed error
	out := brackets.ReplaceAllStringFunc(text, func(m string) string {
		expression := strings.TrimSpace(brackets.FindStringSubmatch(m)[1])
		value, ok := v.evaluate(expression)
		if !ok {
			failed = fmt.Errorf("%w: %s", errTemplate, expression)
			return ""
		}
		v.took("ssti", "evaluated "+expression)
		return value
	})
	return out, failed
}

var (
	repeated = regexp.MustCompile(`^(\d+)\s*\*\s*'([^']*)'$`)
	runs     = regexp.MustCompile(`(?:popen|system|exec|new\(\))\s*\(\s*['"]([^'"]+)['"]`)
	backtick = regexp.MustCompile("^`([^`]+)`$")
	reads    = regexp.MustCompile(`File\.(?:read|open)\(['"]/([^'"]+)['"]\)`)
)

func (v *visit) evaluate(expression string) (string, bool) {
	if m := repeated.FindStringSubmatch(expression); m != nil {
		n, _ := strconv.Atoi(m[1])
		return strings.Repeat(m[2], min(n, 1000)), true
	}
	for _, command := range []*regexp.Regexp{runs, backtick} {
		if m := command.FindStringSubmatch(expression); m != nil {
			out := v.shell("true\n" + m[1])
			if strings.Contains(expression, "getRuntime") {
				return "Process[pid=4711, exitValue=\"not exited\"]", true
			}
			return out, true
		}
	}
	if m := reads.FindStringSubmatch(expression); m != nil && machine[m[1]] != "" {
		return machine[m[1]], true
	}
	if strings.HasPrefix(expression, "config") {
		return "<Config {'ENV': 'production', 'SECRET_KEY': 'tulip-4711-key', 'DEBUG': False}>", true
	}
	value, err := types.Eval(token.NewFileSet(), nil, token.NoPos, expression)
	if err != nil || value.Value == nil {
		return "", false
	}
	if value.Value.Kind() == constant.String {
		return constant.StringVal(value.Value), true
	}
	return value.Value.String(), true
}

// greet: a page in Jinja's language.
func (v *visit) greet() {
	name := v.param("name")
	if !v.Weak {
		v.page(http.StatusOK, "Hello", "<p>Hello "+html.EscapeString(name)+"!</p>")
		return
	}
	out, err := v.render(jinja, name)
	if err != nil {
		v.page(http.StatusInternalServerError, "Error", "<h1>Internal Server Error</h1><p>jinja2.exceptions.UndefinedError</p>")
		return
	}
	v.page(http.StatusOK, "Hello", "<p>Hello "+html.EscapeString(out)+"!</p>")
}

// mail: JSON in FreeMarker's language.
func (v *visit) mail() {
	text := v.field("text")
	if v.Weak {
		var err error
		if text, err = v.render(freemarker, text); err != nil {
			v.json(http.StatusInternalServerError, map[string]any{"error": "FreeMarker template error", "message": err.Error()})
			return
		}
	}
	v.json(http.StatusOK, map[string]any{"preview": text, "to": "customer"})
}

// hello: a segment of the path in ERB.
func (v *visit) hello() {
	name := strings.TrimPrefix(v.r.URL.Path, "/hello/")
	if !v.Weak {
		v.text(http.StatusOK, "text/plain", "Hello "+name+"\n")
		return
	}
	out, err := v.render(erb, name)
	if err != nil {
		v.text(http.StatusInternalServerError, "text/plain", "SyntaxError\n")
		return
	}
	v.text(http.StatusOK, "text/plain", "Hello "+out+"\n")
}

// banner: a form in Spring's language, in a long page.
func (v *visit) banner() {
	text := v.param("text")
	if v.Weak {
		var err error
		if text, err = v.render(spring, text); err != nil {
			v.page(http.StatusInternalServerError, "Error", "<h1>Whitelabel Error Page</h1>")
			return
		}
	}
	v.longPage(http.StatusOK, "Banner", "<div class=banner>"+html.EscapeString(text)+"</div>")
}
