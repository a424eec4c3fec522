package pipeline

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// An alert's rule_id says what it is about: no id is that of two rules or detectors.
func TestIDs(t *testing.T) {
	seen := map[string]string{}
	for pattern, id := range map[string]*regexp.Regexp{
		"../rules/packs/*.conf":    regexp.MustCompile(`(?m)^[^#]*\bid:(\d+)`),
		"../behavior/default.yaml": regexp.MustCompile(`(?m)^\s+id: (\d+)`),
		"../examples/rules/*.conf": regexp.MustCompile(`(?m)^[^#]*\bid:(\d+)`),
	} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found := id.FindAllStringSubmatch(string(text), -1)
			if len(found) == 0 {
				t.Errorf("%s has no id", file)
			}
			for _, m := range found {
				if other := seen[m[1]]; other != "" {
					t.Errorf("%s is in %s and in %s", m[1], other, file)
				}
				seen[m[1]] = file
			}
		}
	}
}
