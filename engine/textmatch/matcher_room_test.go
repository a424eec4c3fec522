package textmatch

import (
	"math/rand/v2"
	"regexp"
	"testing"
)

// An automaton that is full forgets its states and goes on: it never takes more than its room, and never leaves a text to
// the expression.
func TestMatcherKeepsToItsRoom(t *testing.T) {
	before, forgotten := transitions.Load(), 0
	m := NewMatcher(regexp.MustCompile(`a[ab]{15}c`))
	m.simple = func(string) bool { t.Fatal("left to the expression"); return false }
	random := rand.New(rand.NewPCG(1, 0))
	for range 20_000 {
		text := make([]byte, 60)
		for i := range text {
			text[i] = "aaaabbb"[random.IntN(7)]
		}
		first := m.first.Load()
		m.MatchString(string(text))
		if m.first.Load() != first {
			forgotten++
		}
		if m.room > maxTransitions {
			t.Fatalf("%d transitions", m.room)
		}
	}
	if forgotten == 0 {
		t.Error("it had room for all: the test shows nothing")
	}
	if n := transitions.Load() - before; n != m.room {
		t.Errorf("it holds %d transitions, and counts %d in the process", m.room, n)
	}
}
