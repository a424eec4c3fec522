package alert

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// example is what docs/alert-formats.md shows of a format: its golden file.
func example(t *testing.T, format string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "nano-attack", format+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	var indented bytes.Buffer
	if json.Indent(&indented, text, "", "  ") != nil {
		return "```text\n" + string(text) + "```\n"
	}
	return "```json\n" + strings.TrimRight(indented.String(), "\n") + "\n```\n"
}

// The documentation's examples are what comes out, one for each format.
func TestDocumentedExamples(t *testing.T) {
	const file = "../docs/alert-formats.md"
	doc, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	want := regexp.MustCompile("(?s)<!-- example of (\\w+) -->\n(\n?```.*?\n```\n)?").ReplaceAllStringFunc(string(doc), func(s string) string {
		mark, _, _ := strings.Cut(s, "\n")
		format := strings.Fields(mark)[3]
		documented[format] = true
		return mark + "\n" + example(t, format)
	})
	for _, f := range Formats() {
		if !documented[f] {
			t.Errorf("%s has no example of %s", file, f)
		}
	}
	if want == string(doc) {
		return
	}
	if !*update {
		t.Fatalf("%s has old examples: run go test ./alert -update", file)
	}
	if err := os.WriteFile(file, []byte(want), 0o600); err != nil {
		t.Fatal(err)
	}
}
