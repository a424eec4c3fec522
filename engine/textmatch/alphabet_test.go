package textmatch

import (
	"math/rand/v2"
	"testing"
)

// The content of a text has its bytes and no others, and tells the text's level.
func TestContentOf(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	ranges := []int{0x40, 0x7f, 0x80, 0x81, 0x100}
	for range 20_000 {
		text := make([]byte, random.IntN(12))
		of := ranges[random.IntN(len(ranges))]
		var want Content
		for i := range text {
			text[i] = byte(random.IntN(of))
			want.Add(text[i])
		}
		got := ContentOf(string(text))
		if got != want {
			t.Fatalf("%q has %x, not %x", text, want, got)
		}
		if got.Level() != LevelOf(string(text)) {
			t.Fatalf("%q is of level %d, not %d", text, LevelOf(string(text)), got.Level())
		}
		if lower, want := got.Lower(), ContentOf(LowerASCII(string(text))); lower != want {
			t.Fatalf("%q has %x in lower case, not %x", text, want, lower)
		}
	}
}

func TestLevelOf(t *testing.T) {
	for text, want := range map[string]Level{
		"": WordLevel, "Az_09": WordLevel, "a-b.c": TokenLevel, "a=b": PathLevel, "2024-01-02": TokenLevel, "/a/b-c.d": PathLevel,
		"a b": Levels, "a%": Levels, "é": Levels, "\x00": Levels, "a/(": Levels,
	} {
		if got := LevelOf(text); got != want {
			t.Errorf("%q is of level %d, not %d", text, got, want)
		}
	}
}

func TestLevelsOfPattern(t *testing.T) {
	const word, token, path = AllLevels, AllLevels << TokenLevel & AllLevels, AllLevels << PathLevel & AllLevels
	for pattern, want := range map[string]LevelSet{
		`select`: word, `a-b`: token, `a/b`: path, `a b`: 0, `a\s*b`: word, `a\s+b`: 0, `(?:a b|c-d)`: token, `^$`: word, `.`: word,
		`[^a-zA-Z0-9_]`: token, `[^\w.-]`: path, `[^\w./:=+,~@-]`: 0, `a{0,3}'?`: word, `'{1,3}`: 0, `(?i)K`: word, `é`: 0, `\x{212a}`: 0, `(?i)\x{212a}`: word,
		`<script|onload=`: path, `\xff`: 0,
	} {
		p, err := PatternOf(pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Levels(); got != want {
			t.Errorf("%q may match texts of the levels %b, not %b", pattern, got, want)
		}
	}
}
