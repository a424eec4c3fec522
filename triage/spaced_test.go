package triage

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// It is what this pattern replaces, on short texts of what it is about.
func TestSpaced(t *testing.T) {
	pattern := regexp.MustCompile(`/\*.*?\*/|[\s+]+`)
	pieces := []string{"/", "*", "/*", "*/", " ", "+", "\t", "\n", "\f", "\r", "\v", "a", "é", "\xff"}
	random := rand.New(rand.NewPCG(8, 8))
	for range 20_000 {
		var b strings.Builder
		for range random.IntN(9) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		text := b.String()
		if got, want := spaced(text), pattern.ReplaceAllString(text, " "); got != want {
			t.Fatalf("%q is %q, want %q", text, got, want)
		}
	}
}
