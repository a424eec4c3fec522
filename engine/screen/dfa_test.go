package screen_test

import (
	"math/rand/v2"
	"regexp"
	"sync"
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine/screen"
)

// matcherPatterns ask for all that a pattern can ask for.
var matcherPatterns = []string{
	``, `a`, `(?i)k`, `(?i)straße`, `^`, `$`, `^$`, `\b`, `\B`, `(?m)^a$`, `(?sm)^a.b$`, `a.b`, `(?s)a.b`, `\Aab|cd\z`,
	`\bor\b`, `(?i)\bunion\b\s+\bselect\b`, `[^a-z]`, `[^\x00-\x7f]`, `\x{fffd}`, `é+`, `a{2,4}b`, `(?:^|=)\s*ab`, `(a|b)*abb`,
	`(?:a*)*b`, `\n$`, `a\b.`, `.\Ba`, `(?m)$\n^b`, `a??b`, `[ſK]`, `(?i)[s-u]`, `\pL\d`, `x*`, `[\s"'` + "`" + `;/0-9=]+on\w+=`,
}

func TestMatcher(t *testing.T) {
	alphabet := []string{"a", "b", "k", "K", "s", "ſ", "\u212a", " ", "\n", "=", "or", "on", "union", "select", "_", "0", "é", "ß", "STRASSE", "straße", "\xff", "\xc3", "\x00", "\ufffd", "c", "d", "x", "'", ";"}
	random := rand.New(rand.NewPCG(1, 2))
	for _, p := range matcherPatterns {
		re := regexp.MustCompile(p)
		m := screen.NewMatcher(re)
		for range 3000 {
			text := ""
			for range random.IntN(8) {
				text += alphabet[random.IntN(len(alphabet))]
			}
			if got, want := m.MatchString(text), re.MatchString(text); got != want {
				t.Errorf("%q matches %q: %v, but should %v", p, text, got, want)
			}
		}
	}
}

// An automaton of 2^16 states does not fit in its room.
func TestMatcherWithoutRoom(t *testing.T) {
	const p = `a[ab]{15}c`
	re := regexp.MustCompile(p)
	m := screen.NewMatcher(re)
	var wait sync.WaitGroup
	for seed := range uint64(4) {
		wait.Go(func() {
			random := rand.New(rand.NewPCG(seed, 0))
			for range 2000 {
				text := make([]byte, 60)
				for i := range text {
					text[i] = "aaaabbbc"[random.IntN(8)]
				}
				if m.MatchString(string(text)) != re.Match(text) {
					t.Errorf("%q", text)
				}
			}
		})
	}
	wait.Wait()
}

func FuzzMatcher(f *testing.F) {
	for _, p := range matcherPatterns {
		f.Add(p, "ab or\nunion  select é\xff")
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		re, err := regexp.Compile(pattern)
		if err != nil {
			return
		}
		m := screen.NewMatcher(re)
		for range 2 { // the second time by known states
			if got, want := m.MatchString(text), re.MatchString(text); got != want {
				t.Errorf("%q matches %q: %v, but should %v", pattern, text, got, want)
			}
		}
	})
}
