package transform

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine/textmatch"
)

// A text without any of the bytes that a transformation needs stays as it is, with multiMatch too.
func TestStepsThatChangeNothing(t *testing.T) {
	pieces := []string{
		"a", "Z", "0", "=", "%41", "%", "+", "/", "//", "/..", "./", "..", ".", `\x41`, `\`, "&lt;", "&#", "&", "\x00", ":", "--", "-->", "#", "<!--", "/*", "*/", "*",
		"\"", "'", "^", ",", ";", "(", ")", " ", "\t", "\v", "\n", "é", "ſ", "\u00a0", "\u0085", "\xa0", "\xff", "K", "0x41", "QUJD", "_", "~", "?", "$(", "{", "|", "`", "!", "@", "[", "]", ">",
	}
	random := rand.New(rand.NewPCG(7, 8))
	for name := range touches {
		step, ok := StepOf(name)
		if !ok {
			t.Fatalf("no transformation %q", name)
		}
		unchanged := 0
		for range 20_000 {
			of := random.IntN(len(pieces)) // some pieces of all: few texts of all pieces have no byte of a kind
			text := ""
			for range random.IntN(8) {
				text += pieces[(of+random.IntN(6)*7)%len(pieces)]
			}
			if step.Decodes()&traitsOf(text) != 0 {
				continue
			}
			if after := step.Apply(nil, text); !strings.EqualFold(after, text) || len(after) != len(text) {
				t.Fatalf("%s makes %q of %q", name, after, text)
			}
			if step.MayChange(traitsOf(text)) {
				continue
			}
			unchanged++
			if after := step.Apply(nil, text); after != text || step.Changed(text, after) {
				t.Fatalf("%s makes %q of %q, or holds it to be changed", name, after, text)
			}
		}
		if unchanged < 200 {
			t.Errorf("%s: only %d texts without what it looks for", name, unchanged)
		}
	}
}

func traitsOf(text string) Traits {
	c := textmatch.ContentOf(text)
	return TraitsOf(&c)
}

// Each byte that a transformation changes by itself, or beside another one, is of a kind that it looks for.
func TestTraitsOf(t *testing.T) {
	for a := range 256 {
		for b := range 256 {
			text := string([]byte{byte(a), byte(b)})
			for name := range touches {
				step, _ := StepOf(name)
				if step.MayChange(traitsOf(text)) {
					continue
				}
				for _, text := range []string{text, strings.Repeat(text, 2), "0" + text + "0"} {
					if after := step.Apply(nil, text); after != text || step.Changed(text, after) {
						t.Fatalf("%s makes %q of %q, or holds it to be changed", name, after, text)
					}
				}
			}
		}
	}
}
