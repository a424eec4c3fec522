package transform

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine/textmatch"
)

// What keeps tokens changes their case at most, and with multiMatch it tells nothing else.
func TestKeepsTokens(t *testing.T) {
	pieces := []string{"0x41", "u0041", "x41", "n", "amp", "lt", "..", ".", "-", "_", "A", "z", "9", "QUJD", "javascript", "c", "a.b", "-.-"}
	random := rand.New(rand.NewPCG(5, 6))
	tokens := 0
	for range 20_000 {
		text := ""
		for range random.IntN(8) {
			text += pieces[random.IntN(len(pieces))]
		}
		if !IsToken(text, textmatch.LevelOf(text)) {
			continue
		}
		tokens++
		for _, name := range keepTokens {
			f, ok1 := Lookup(name)
			multi, ok2 := LookupMultiMatch(name)
			if !ok1 || !ok2 {
				t.Fatalf("no transformation %q", name)
			}
			after, _ := multi(text)
			if got := f(text); got != after || !strings.EqualFold(got, text) {
				t.Fatalf("%s makes %q of %q, with multiMatch %q", name, got, text, after)
			}
		}
	}
	if tokens < 1000 {
		t.Errorf("only %d tokens", tokens)
	}
}

func TestIsToken(t *testing.T) {
	for text, want := range map[string]bool{
		"": true, "a": true, "A-b_c.9": true, "a..b": true, "a--b": false, ".a": false, "a.": false, ".": false, "a/b": false, "a b": false, "a%": false, "é": false,
	} {
		if IsToken(text, textmatch.LevelOf(text)) != want {
			t.Errorf("%q: got %v", text, !want)
		}
	}
}
