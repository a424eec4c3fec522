package textmatch_test

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"rsc.io/binaryregexp"

	"github.com/modsecurity-for-anylog/msa/engine/textmatch"
)

// matcherPatterns ask for all that a pattern can ask for.
var matcherPatterns = []string{
	``, `a`, `(?i)k`, `(?i)straße`, `^`, `$`, `^$`, `\b`, `\B`, `(?m)^a$`, `(?sm)^a.b$`, `a.b`, `(?s)a.b`, `\Aab|cd\z`,
	`\bor\b`, `(?i)\bunion\b\s+\bselect\b`, `[^a-z]`, `[^\x00-\x7f]`, `\x{fffd}`, `é+`, `a{2,4}b`, `(?:^|=)\s*ab`, `(a|b)*abb`,
	`(?:a*)*b`, `\n$`, `a\b.`, `.\Ba`, `(?m)$\n^b`, `a??b`, `[ſK]`, `(?i)[s-u]`, `\pL\d`, `x*`, `[\s"'` + "`" + `;/0-9=]+on\w+=`,
	`(?i)(?:^|;|k'?o)\s*(?:union|or)\b`, `(?m)(?:^|;)(?:or|on)[ =](?:ab|ß)`, `(?:union|\nselect|é?ab)(?:on=|\x{2028})`, `on(?:.{2}a|é)`, `(?:or|k\b)=?$`,
}

// matcherAlphabet is what texts are made of: characters of one to four bytes, and bytes that are none.
var matcherAlphabet = []string{"a", "b", "k", "K", "s", "ſ", "\u212a", " ", "\n", "=", "or", "on", "union", "select", "_", "0", "é", "ß", "STRASSE", "straße", "\xff", "\xc3", "\xe9", "\x00", "\ufffd", "\u2028", "\U00010400", "c", "d", "x", "'", ";"}

// textsFor are random texts.
func textsFor(seed uint64) func() string {
	random := rand.New(rand.NewPCG(seed, 2))
	return func() string {
		text := ""
		for range random.IntN(8) {
			text += matcherAlphabet[random.IntN(len(matcherAlphabet))]
		}
		return text
	}
}

func TestMatcher(t *testing.T) {
	for _, p := range matcherPatterns {
		re, next := regexp.MustCompile(p), textsFor(1)
		m := textmatch.NewMatcher(re)
		for range 3000 {
			text := next()
			if got, want := m.MatchString(text), re.MatchString(text); got != want {
				t.Errorf("%q matches %q: %v, but should %v", p, text, got, want)
			}
		}
	}
}

func TestBinaryMatcher(t *testing.T) {
	for _, p := range slices.Concat(matcherPatterns, []string{`\xff`, `[\x80-\xff]+a`, `(?i)\xe9`, `[^\xc3]b`, `\xc3.`, `(?s)\xc3.`, `\b\xff`, `a{3}\xff$`}) {
		re, err := binaryregexp.Compile(p)
		if err != nil {
			continue // \x{fffd} and classes of Unicode are no bytes
		}
		m, next := textmatch.NewBinaryMatcher(re), textsFor(1)
		for range 3000 {
			text := next()
			if got, want := m.MatchString(text), re.MatchString(text); got != want {
				t.Errorf("%q matches %q: %v, but should %v", p, text, got, want)
			}
		}
	}
}

// What is captured is what the expression captures in the whole text.
func TestCaptures(t *testing.T) {
	for _, p := range slices.Concat(matcherPatterns, []string{`(a+)(b*)`, `(?:^|[^a-z])(or|on)\W`, `\b(o)r`, `\B(o)r`, `(x*)(?:$|=)`, `^(.*)$`, `(\xff)+b?`, `(?i)(k).*(s)`, `(\s*)'(.*?)'`,
		`(?i)['=k][\s\S]{0,40}(\bor|union)`, `^.{2,20}\b(s)`, `k[^a]{1,30}`, `(or|k).{0,20}(?:s|$)`}) {
		pattern, err := textmatch.PatternOf(p)
		if err != nil {
			t.Fatal(err)
		}
		re, next := regexp.MustCompile("(?sm)"+p), textsFor(3)
		find := re.FindStringSubmatch
		if strings.Contains(p, `\xff`) || strings.Contains(p, `\x{ff`) { // Coraza matches bytes then
			find = binaryregexp.MustCompile(p).FindStringSubmatch
		}
		for range 3000 {
			text := next() + next()
			want := find(text)
			if got := pattern.Captures(text); !slices.Equal(got, want[:min(len(want), 9)]) {
				t.Errorf("%q captures %q in %q, but should %q", p, got, text, want)
			}
			if got := pattern.MatchString(text); got != (want != nil) {
				t.Errorf("%q matches %q: %v", p, text, got)
			}
		}
	}
}

// A passing pattern is compiled once as long as its text stays the same, which need not stay in memory.
func TestPassing(t *testing.T) {
	var p textmatch.Passing
	text := []byte("a+b")
	first := p.Pattern(unsafe.String(&text[0], len(text)))
	if first == nil || !first.MatchString("aab") || first.MatchString("aac") {
		t.Fatal("a+b matches otherwise")
	}
	text[2] = 'c'
	if again := p.Pattern("a+b"); again != first {
		t.Error("the same text is compiled anew")
	}
	if second := p.Pattern("a+c"); second == nil || !second.MatchString("aac") {
		t.Error("another text is not compiled")
	}
	for range 2 {
		if p.Pattern("(") != nil {
			t.Error("( is a pattern")
		}
	}
}

// Captures are sought near the first match's end only: work is bounded by what is captured, not by the text.
func TestCapturesOfLongTexts(t *testing.T) {
	long := strings.Repeat("x ", 50<<10)
	for _, c := range []struct {
		pattern, text string
		want          []string
	}{
		{`(a)(b)`, long + "ab" + long, []string{"ab", "a", "b"}},
		{`\b(a)b`, long + "ab", []string{"ab", "a"}},
		{`a(b.*)`, long + "ab" + long, []string{"ab" + long[:1<<10], "b" + long[:1<<10]}},
		{`a.*?(b)`, long + "a" + long + "b" + long, []string{"a" + long + "b", ""}},
		{`(a)(.*?)(b)(c)?`, "a" + long + "b", []string{"a" + long + "b", "", "", "", ""}},
		{strings.Repeat(`(a*?)`, 12) + `x{2}`, strings.Repeat("a", 5<<10) + "xx", append([]string{strings.Repeat("a", 5<<10) + "xx"}, make([]string, 8)...)},
	} {
		p, err := textmatch.PatternOf(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Captures(c.text); !slices.Equal(got, c.want) {
			t.Errorf("%s captures %d texts, want %d", c.pattern, len(got), len(c.want))
			for i := range min(len(got), len(c.want)) {
				t.Errorf("%d bytes, want %d", len(got[i]), len(c.want[i]))
			}
		}
	}
}

// An automaton of 2^16 states does not fit in its room: it forgets them, and goes on.
func TestMatcherWithoutRoom(t *testing.T) {
	const p = `a[ab]{15}c`
	re := regexp.MustCompile(p)
	m := textmatch.NewMatcher(re)
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

// Beginnings that are long, or many, are left to the automaton that is everywhere, so that work stays in proportion to the text.
func TestMatcherOfManyBeginnings(t *testing.T) {
	for _, c := range []struct{ pattern, text string }{
		{`x.*yz`, strings.Repeat("xy", 5000)},
		{`;[a-z;]*!`, strings.Repeat(";a", 5000)},
		{`(?i)\b(?:sel|ins)\w*\W+from`, strings.Repeat("selins ", 2000)},
		{`\x{2028}+x`, strings.Repeat("\u2028", 5000)},
		{`(?m)^a[\s\S]*b$`, strings.Repeat("a\n", 5000)},
	} {
		re := regexp.MustCompile(c.pattern)
		m := textmatch.NewMatcher(re)
		for _, text := range []string{c.text, c.text + "yz!b", c.text + " from", "é" + c.text + "\u2028x", c.text + "\xff\nb"} {
			if got, want := m.MatchString(text), re.MatchString(text); got != want {
				t.Errorf("%s: %v in %d bytes that end in %q", c.pattern, got, len(text), text[len(text)-8:])
			}
		}
	}
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
		m := textmatch.NewMatcher(re)
		for range 2 { // the second time by known states
			if got, want := m.MatchString(text), re.MatchString(text); got != want {
				t.Errorf("%q matches %q: %v, but should %v", pattern, text, got, want)
			}
		}
	})
}
