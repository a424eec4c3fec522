package screen

import (
	"strings"
	"testing"
)

// Transformations that make nothing new of a value, or only other capitals, cost no scan of it.
func TestScansOfAValue(t *testing.T) {
	var rules strings.Builder
	for i, chain := range []string{"t:none", "t:lowercase", "t:urlDecodeUni", "t:urlDecodeUni,t:lowercase", "t:cmdLine", "t:htmlEntityDecode,t:lowercase"} {
		rules.WriteString(`SecRule ARGS:x "@rx (?i)select.*from" "id:` + string(rune('1'+i)) + `,phase:2,block,` + chain + critical + "\"\n")
	}
	s := newScreen(t, rules.String(), scores, 0)
	for _, c := range []struct {
		value string
		scans uint32
		hits  int
	}{
		{"plain", 1, 0},
		{"Plain Text, 17 words or more of it", 2, 0}, // cmdLine takes the comma away
		{"Select a from b", 1, 6},
		{"Sel%65ct a from b", 2, 2},
		{"Sel%65ct&#32;a from b", 4, 2},
	} {
		x := s.scratch.Get().(*scratch)
		hits := s.judge(x, s.variables[0].class("x", new([]byte)), c.value)
		if x.texts.stamp != c.scans || len(hits) != c.hits {
			t.Errorf("%q: %d scans and %d hits, want %d and %d", c.value, x.texts.stamp, len(hits), c.scans, c.hits)
		}
	}
}
