package textmatch_test

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	ahocorasick "github.com/petar-dambovaliev/aho-corasick"

	"github.com/modsecurity-for-anylog/msa/engine/textmatch"
)

// captured is what Coraza's @pm captures, which has one automaton for its operand and another for files.
func captured(phrases []string, isDFA bool, text string) (all []string) {
	builder := ahocorasick.NewAhoCorasickBuilder(ahocorasick.Opts{AsciiCaseInsensitive: true, MatchKind: ahocorasick.LeftMostLongestMatch, DFA: isDFA})
	built := builder.Build(phrases)
	for iter := built.Iter(text); len(all) < textmatch.MaxFound; {
		m := iter.Next()
		if m == nil {
			break
		}
		all = append(all, text[m.Start():m.End()])
	}
	return all
}

func checkPhrases(t *testing.T, phrases []string, text string) {
	t.Helper()
	p := textmatch.PhrasesOf(phrases)
	got, want := p.Find(nil, text), captured(phrases, true, text)
	if !slices.Equal(got, want) || p.In(text) != (len(want) > 0) {
		t.Fatalf("of %q in %q: found %q, in it %v, want %q", phrases, text, got, p.In(text), want)
	}
	if file := captured(phrases, false, text); !slices.Equal(file, want) {
		t.Fatalf("of %q in %q: as a file %q, otherwise %q", phrases, text, file, want)
	}
}

func TestPhrases(t *testing.T) {
	for _, c := range []struct {
		name    string
		phrases []string
		texts   []string
	}{
		{"none", nil, []string{"", "a"}},
		{"the classic", []string{"he", "she", "his", "hers"}, []string{"ushers", "HiS", "h", "", "shehis"}},
		{"the longest", []string{"a", "ab", "abcd"}, []string{"abc", "abcd", "xabcabcd"}},
		{"one in another", []string{"abcde", "bc", "c"}, []string{"abcde", "abcdx", "bcabcde"}},
		{"more than are captured", []string{"a", "aaaaaaaaaaaaaaa"}, []string{strings.Repeat("a", 14), strings.Repeat("a", 40)}},
		{"beyond ASCII", []string{"é", "\xff\x00"}, []string{"É", "é", "\xff\x00", "\xc3\xa9"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, text := range c.texts {
				checkPhrases(t, c.phrases, text)
			}
		})
	}
}

func TestPhrasesOfRandomTexts(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	text := func(alphabet string, least, most int) string {
		b := make([]byte, least+random.IntN(most-least+1))
		for i := range b {
			b[i] = alphabet[random.IntN(len(alphabet))]
		}
		return string(b)
	}
	for _, alphabet := range []string{"ab", "aAbBcC", "abcdefXYZ<>\x00\xff\xc3\xa9"} {
		for range 300 {
			phrases := make([]string, 1+random.IntN(20))
			for i := range phrases {
				phrases[i] = strings.ToLower(text(alphabet, 1, 6))
			}
			for range 20 {
				checkPhrases(t, phrases, text(alphabet, 0, 60))
			}
		}
	}
}

func TestPhrasesAreShared(t *testing.T) {
	texts := []string{"one", "two"}
	p := textmatch.PhrasesOf(texts)
	if textmatch.PhrasesOf([]string{"one", "two"}) != p {
		t.Error("the same phrases are not the same")
	}
	if textmatch.PhrasesOf([]string{"onetwo"}) == p || textmatch.PhrasesOf([]string{"on", "etwo"}) == p {
		t.Error("others are the same")
	}
	runtime.KeepAlive(p)
}
