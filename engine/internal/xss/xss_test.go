package xss

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/corazawaf/libinjection-go"
)

// names are all that libinjection looks for, in upper case: of tags, attributes and events without "ON".
func names(t *testing.T) (all []string) {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/corazawaf/libinjection-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(dir)), "xss_decls.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
			name, err := strconv.Unquote(l.Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, name)
		}
		return true
	})
	if len(all) < 400 {
		t.Fatalf("only %d names", len(all))
	}
	return append(all, "XMLNS", "XLINK", "SVG", "XSLT")
}

// Each name that libinjection looks for is looked for here.
func TestNames(t *testing.T) {
	attacks := 0
	for _, name := range names(t) {
		for _, text := range []string{"<" + name + ">", "</" + name + " ", "<a " + name + "=javascript:", "'on" + strings.ToLower(name) + "\t=x", name + "=onclick", "/" + name + "=data:x"} {
			if !libinjection.IsXSS(text) {
				continue
			}
			attacks++
			if !mayBe(text) {
				t.Errorf("%q is an attack", text)
			}
		}
	}
	if attacks < 400 {
		t.Errorf("only %d attacks", attacks)
	}
}

// Texts that libinjection takes for attacks may be such, whatever parts they are made of.
func TestMayBe(t *testing.T) {
	parts := []string{
		"<", "</", "<!", "<?", "<%", "<!--", "-->", ">", "=", "==", "'", "\"", "`", "/", " ", "\t", "\v", "\f", "\r\n", "\x00", "&", ";", ":", "-", ".", "%3C", "[CDATA[", "]]>", "doctype", "xml", "[if", "import",
		"script", "ScRiPt", "svg", "xslt", "a", "p", "img", "href", "HREF", "src", "style", "by", "to", "on", "onclick", "ONERROR", "onx", "xlink", "xlink:href", "xmlns", "attributename", "javascript:", "data:", "vbscript:x",
		"x", "1", "é", "id", "name", "value", "q", "ſtyle", "K",
	}
	random := rand.New(rand.NewPCG(1, 2))
	attacks, cleared := 0, 0
	for range 500_000 {
		var b strings.Builder
		for range 1 + random.IntN(8) {
			b.WriteString(parts[random.IntN(len(parts))])
		}
		text := b.String()
		is, may := libinjection.IsXSS(text), mayBe(text)
		switch {
		case is && !may:
			t.Fatalf("%q is an attack, and not taken for one", text)
		case is:
			attacks++
		case !may:
			cleared++
		}
	}
	if attacks < 10_000 || cleared < 10_000 {
		t.Errorf("%d attacks and %d texts that are told before: too few to prove anything", attacks, cleared)
	}
}

// Ordinary values are told without libinjection.
func TestMayBeIsOfUse(t *testing.T) {
	for _, text := range []string{"", "a=b", "/search?q=1&to=2&style=dark", "1 < 2", "<p>Hello <b>there</b></p>", `<a class="x">`, "x-on=1", "GA=GS1.1.1728881553", "<3", "</p>"} {
		if mayBe(text) {
			t.Errorf("%q may be an attack", text)
		}
	}
}
