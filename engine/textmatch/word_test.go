package textmatch_test

import (
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine/textmatch"
)

func TestContainsWord(t *testing.T) {
	for _, c := range []struct {
		value, word string
		want        bool
	}{
		{"lamp", "lamp", true}, {"lamps", "lamp", false}, {"a lamp!", "lamp", true}, {"xlamp lamp", "lamp", true}, {"xlamp", "lamp", false},
		{"9lamp9", "lamp", true}, {"", "lamp", false}, {"", "", true}, {"lamplamp", "lamp", false}, {"Lamp", "lamp", false},
	} {
		if got := textmatch.ContainsWord(c.value, c.word); got != c.want {
			t.Errorf("%q in %q: got %v", c.word, c.value, got)
		}
	}
}
