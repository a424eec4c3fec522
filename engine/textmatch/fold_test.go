package textmatch_test

import (
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine/textmatch"
)

func TestSameButCase(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"", "", true}, {"a", "", false}, {"a", "A", true}, {"@", "`", false}, {"[", "{", false}, {"é", "É", false}, {"k", "\u212a", false},
		{"longer than eight", "LONGER THAN EIGHT", true}, {"longer than eight", "longer than eighd", false}, {"longer than eight", "lonGer\x00than eight", false},
	} {
		if got := textmatch.SameButCase(c.a, c.b); got != c.same {
			t.Errorf("%q and %q: %v", c.a, c.b, got)
		}
	}
}
