package textmatch_test

import (
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine/textmatch"
)

// commands are words that stand behind a few characters, behind a word that ends in anything, or at the beginning of a line.
const commands = `(?i)(?:^|s["'\\]*u["'\\]*d["'\\]*o["'\\]*\s.*|n["'\\]*i["'\\]*c["'\\]*e|[;=|]|\$\(|ß)\s*(?:[a-z]+=\S*\s+)*["']*(?:[\w.]+/)?(?:cat|ls\b|chmod|n(?:etstat|c\s)|é+t)`

func TestEnding(t *testing.T) {
	p, err := textmatch.PatternOf(commands)
	if err != nil {
		t.Fatal(err)
	}
	if !textmatch.HasEnding(p) {
		t.Fatal("the pattern has no ending")
	}
	pieces := []string{"cat", "ls", "chmod", "nc", "netstat", "ét", "éét", "\xe9t", "sudo", "S'udo", "nice", "NI\"CE", ";", "=", "|", "$(", "ß", "\xdf", " ", "\n", "\v", "a=b", "'", "\"", "usr/bin/", ".", "/", "x", "\\", "é", "\xff", "ſudo", "LS", "\x00"}
	re, random := regexp.MustCompile("(?sm)"+commands), rand.New(rand.NewPCG(7, 8))
	matched := 0
	const texts = 50_000
	for range texts {
		var b strings.Builder
		for range 1 + random.IntN(6) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		want := re.MatchString(b.String())
		if got := p.MatchString(b.String()); got != want {
			t.Fatalf("it matches %q: %v", b.String(), got)
		}
		if want {
			matched++
		}
	}
	if matched < texts/10 || matched > texts*9/10 {
		t.Errorf("%d of %d texts match", matched, texts)
	}
}

// TestEndingsOfRandomPatterns makes texts of random patterns, and looks for what may not be missing in them, from each part of
// the pattern on.
func TestEndingsOfRandomPatterns(t *testing.T) {
	patterns := 3000
	if testing.Short() {
		patterns /= 10
	}
	random := rand.New(rand.NewPCG(9, 10))
	checked := 0
	for range patterns {
		pattern := randomPattern(random, 3) + []string{"[q-z]", "(?:~~.*|kkk|[<z])", "é?"}[random.IntN(3)] + randomPattern(random, 2) + []string{"(?:Q|zz)", "[kK]", "~"}[random.IntN(3)]
		re, err := regexp.Compile("(?sm)" + pattern)
		if err != nil {
			continue // too large
		}
		endings := textmatch.Endings(pattern)
		if len(endings) == 0 {
			continue
		}
		tree, err := syntax.Parse("(?sm)"+pattern, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 12 {
			g := generator{random: random, foreign: i%2 == 1}
			text := g.text(tree)
			if i%3 == 0 {
				text = "Q~" + text + "z"
			}
			if !re.MatchString(text) {
				continue
			}
			checked++
			for n, in := range endings {
				if !in(text) {
					t.Fatalf("%q matches %q, which has not the %dth ending", pattern, text, n)
				}
			}
		}
	}
	t.Logf("%d texts checked", checked)
	if checked < patterns {
		t.Error("those are too few")
	}
}

// TestEndingsOfCRS makes texts of CRS's patterns, of which the long ones have endings.
func TestEndingsOfCRS(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	with, checked := 0, 0
	for _, r := range allRxRules(t) {
		p, err := textmatch.PatternOf(r.pattern)
		if err != nil || !textmatch.HasEnding(p) {
			continue
		}
		with++
		re, err := regexp.Compile("(?sm)" + r.pattern)
		if err != nil {
			t.Fatal(err)
		}
		tree, err := syntax.Parse("(?sm)"+r.pattern, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 200 {
			g := generator{random: random, foreign: i%2 == 1}
			text := g.text(tree)
			if i%3 == 0 {
				text = "x" + text + "\ny"
			}
			if want := re.MatchString(text); p.MatchString(text) != want {
				t.Fatalf("%v matches %q: %v", r, text, !want)
			} else if want {
				checked++
			}
		}
	}
	t.Logf("%d patterns have an ending, %d texts checked", with, checked)
	if with < 10 || checked < 50*with {
		t.Error("those are too few")
	}
}
