package textmatch

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestNeedlesOf(t *testing.T) {
	for _, c := range []struct {
		literals []string
		want     Needles
	}{
		{[]string{"../", "..;", `..\`}, Needles{"../", "..;", `..\`}},
		{[]string{"\n", "\r", "\t{", "\n{", "\r{"}, Needles{"\n", "\r", "\t{"}},
		{[]string{"<HTML", "http/"}, Needles{"<h", "<H", "p/", "P/"}},
		{[]string{"<!entity", "<!doctype"}, Needles{"<!"}},
		{[]string{"\xbc", "\u017f"}, Needles{"\xbc", "\u017f"}},
		{[]string{"while"}, nil},                            // letters alone
		{[]string{"on(", "="}, nil},                         // too frequent
		{[]string{"a<", "b<", "c<", "d<", "e<", "f<"}, nil}, // too many
		{[]string{""}, nil},                                 // in each text
		{nil, nil},                                          // in none, and none to look for
		{slices.Repeat([]string{"<!x"}, mostLiterals+1), nil},
	} {
		got, ok := NeedlesOf(c.literals)
		if !slices.Equal(got, c.want) || ok != (c.want != nil) {
			t.Errorf("%.5q: %q %v, want %q", c.literals, got, ok, c.want)
		}
	}
}

// A text with a literal has a needle, whatever the case of its letters.
func TestNeedlesAreInTexts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	random := func(alphabet string, n int) string {
		text := make([]byte, n)
		for i := range text {
			text[i] = alphabet[r.IntN(len(alphabet))]
		}
		return string(text)
	}
	found, passed := 0, 0
	for range 20_000 {
		var literals []string
		for range 1 + r.IntN(4) {
			literals = append(literals, random("aAb./<\n\xc5\xbf;", 1+r.IntN(6)))
		}
		needles, ok := NeedlesOf(literals)
		if !ok {
			continue
		}
		text := random("aAbB./<\n\xc5\xbf; c", r.IntN(40))
		has := slices.ContainsFunc(literals, func(l string) bool { return strings.Contains(LowerASCII(text), LowerASCII(l)) })
		switch in := needles.In(text); {
		case has && !in:
			t.Fatalf("%q has one of %q and none of %q", text, literals, needles)
		case has:
			found++
		case !in:
			passed++
		}
	}
	if found < 1000 || passed < 1000 {
		t.Errorf("%d texts had a literal, and %d no needle: that tests little", found, passed)
	}
}
