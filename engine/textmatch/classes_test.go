package textmatch

import (
	"regexp"
	"testing"
)

// Characters that a pattern can't tell apart are of one class.
func TestClasses(t *testing.T) {
	for pattern, want := range map[string]int{
		`(?i)union`:     8, // u, n, i, o, other letters, line feed, others, beyond ASCII
		`[a-f0-9]+`:     5,
		`(?i)[a-f]x|F`:  7, // F, a to e, x
		`\d`:            5,
		`[\s\S]`:        4,
		`[^"']|\x{100}`: 6,
	} {
		if m := NewMatcher(regexp.MustCompile(pattern)); len(m.first) != want {
			t.Errorf("%s: %d classes %q, not %d", pattern, len(m.first), m.first, want)
		}
	}
}
