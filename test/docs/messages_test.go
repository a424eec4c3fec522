package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// sources are the folders with what runs in production.
var sources = []string{"alert", "behavior", "cmd", "engine", "internal", "mapping", "pipeline", "plugin", "rules"}

// said is a message in the sources: a text with % for what varies.
type said struct {
	text, place string
}

// messages reads the Go sources: the first is what is logged as a warning or an error, or counted and then logged, or
// complained about; the second all texts.
func messages(t *testing.T) (logged, all []said) {
	t.Helper()
	files := token.NewFileSet()
	for _, dir := range sources {
		if err := filepath.WalkDir(filepath.Join(rig.Root(), dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(files, path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.BasicLit:
					if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
						all = append(all, said{text, ""})
					}
				case *ast.BinaryExpr:
					if text := textOf(n); text != "" {
						all = append(all, said{text, ""})
					}
				case *ast.CallExpr:
					for _, text := range loggedBy(n) {
						logged = append(logged, said{text, files.Position(n.Pos()).String()})
					}
				}
				return true
			})
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	return logged, all
}

// loggedBy are the texts that a call logs.
func loggedBy(call *ast.CallExpr) (texts []string) {
	var which []int
	name := ""
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		name = f.Sel.Name
	case *ast.Ident:
		name = f.Name
	}
	switch name {
	case "Warn", "Error":
		which = []int{0}
	case "fail": // of the plugin; others, of parsers, have more arguments
		if len(call.Args) == 1 {
			which = []int{0}
		}
	case "warn", "lose", "complain":
		which = []int{1}
	case "Log":
		which = []int{2}
	case "Add": // of a ratelog.Logger: level, message, cause
		if len(call.Args) > 3 {
			which = []int{1, 2}
		}
	case "lost": // of an output: cause
		which = []int{0}
	}
	for _, i := range which {
		if i < len(call.Args) {
			if text, _, _ := strings.Cut(textOf(call.Args[i]), "\n"); text != "" {
				texts = append(texts, text)
			}
		}
	}
	return texts
}

// textOf is the text that an expression is, with % for what varies; "" if it is none.
func textOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return verbs.ReplaceAllString(text, "%")
		}
	case *ast.BinaryExpr:
		a, b := textOf(e.X), textOf(e.Y)
		if e.Op != token.ADD || a == "" && b == "" {
			return ""
		}
		return orPercent(a) + orPercent(b)
	case *ast.CallExpr:
		if f, ok := e.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Sprintf" && len(e.Args) > 0 {
			return textOf(e.Args[0])
		}
	}
	return ""
}

func orPercent(s string) string {
	if s == "" {
		return "%"
	}
	return s
}

var (
	verbs = regexp.MustCompile(`%[+#]?[a-zA-Z]`)
	// quoted is a message in the tables of the document.
	quoted = regexp.MustCompile("`([^`]+)`")
)

// pieces are what does not vary in a message and is long enough to know it by.
func pieces(text, by string) (all []string) {
	for piece := range strings.SplitSeq(text, by) {
		if piece = strings.Trim(piece, " :;,.()\n"); len(piece) > 4 {
			all = append(all, piece)
		}
	}
	return all
}

// tableMessages are the messages in the first column of the document's tables.
func tableMessages(doc string) (all []string) {
	for line := range strings.Lines(doc) {
		if cells := strings.Split(line, " | "); strings.HasPrefix(line, "| ") && len(cells) >= 3 {
			for _, m := range quoted.FindAllStringSubmatch(cells[0], -1) {
				all = append(all, m[1])
			}
		}
	}
	return all
}

// TestMessages: every warning and error that is logged is in docs/troubleshooting.md, and every message there is one.
func TestMessages(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(rig.Root(), "docs", "troubleshooting.md"))
	if err != nil {
		t.Fatal(err)
	}
	doc := string(text)
	logged, all := messages(t)
	if len(logged) < 40 {
		t.Fatalf("only %d messages are found in the sources", len(logged))
	}
	for _, m := range logged {
		for _, piece := range pieces(m.text, "%") {
			if !strings.Contains(doc, strings.TrimPrefix(piece, "msa: ")) {
				t.Errorf("%s: %q is not in docs/troubleshooting.md", m.place, piece)
			}
		}
	}

	host, err := os.ReadFile(filepath.Join(rig.Root(), "plugin", "host.c"))
	if err != nil {
		t.Fatal(err)
	}
	inC := strings.ReplaceAll(regexp.MustCompile(`"\s*\n\s*"`).ReplaceAllString(string(host), ""), "%s", "…")
	known := tableMessages(doc)
	if len(known) < 40 {
		t.Fatalf("only %d messages are found in the document", len(known))
	}
	for _, m := range known {
		for _, piece := range pieces(m, "…") {
			if !strings.Contains(inC, piece) && !slices.ContainsFunc(all, func(s said) bool {
				return strings.Contains(s.text, piece)
			}) {
				t.Errorf("docs/troubleshooting.md has %q: nothing says %q", m, piece)
			}
		}
	}
	for _, m := range regexp.MustCompile(`cannot start: [^"\\]*`).FindAllString(inC, -1) {
		if !strings.Contains(doc, strings.TrimSpace(m)) {
			t.Errorf("plugin/host.c: %q is not in docs/troubleshooting.md", m)
		}
	}
}
