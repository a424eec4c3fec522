package analysis

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each test and each pass that the design names is there.
func TestDesign(t *testing.T) {
	text, err := os.ReadFile("DESIGN.md")
	if err != nil {
		t.Fatal(err)
	}
	var sources strings.Builder
	for _, dir := range []string{".", "..", "../screen", "../internal/reading", "../internal/transform", "../textmatch", "../../rules"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no sources in %s, %v", dir, err)
		}
		for _, f := range files {
			source, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			sources.Write(source)
		}
	}
	named := regexp.MustCompile("`((?:Test|Fuzz)\\w+|(?:find|check|resolve)[A-Z]\\w+)(…?)`").FindAllStringSubmatch(string(text), -1)
	if len(named) < 40 {
		t.Fatalf("only %d tests and passes are named", len(named))
	}
	for _, m := range named {
		end := `\(`
		if m[2] != "" {
			end = ""
		}
		if !regexp.MustCompile(`\nfunc (?:\(\w+ \*\w+\) )?` + m[1] + end).MatchString(sources.String()) {
			t.Errorf("there is no %s", m[1])
		}
	}
}
