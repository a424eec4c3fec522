package transform

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine/textmatch"
)

// pieces are what texts are made of.
var pieces = []string{
	"a", "Z", "0", "=", "%41", "%", "+", "/", "//", "/..", "./", "..", ".", `\x41`, `\`, "&lt;", "&#", "&", "\x00", ":", "--", "-->", "#", "<!--", "/*", "*/", "*",
	"\"", "'", "^", ",", ";", "(", ")", " ", "\t", "\v", "\n", "é", "ſ", "\u00a0", "\u0085", "\xa0", "\xff", "K", "0x41", "QUJD", "_", "~", "?", "$(", "{", "|", "`", "!", "@", "[", "]", ">",
}

// A text without any of the bytes that a transformation needs stays as it is, with multiMatch too.
func TestStepsThatChangeNothing(t *testing.T) {
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

// What a transformation makes of a text that it does not decode has, in any case, the bytes of the text and those that it adds.
func TestStepsThatRearrange(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	for name := range touches {
		step, _ := StepOf(name)
		changed := 0
		for range 20_000 {
			text := ""
			for range random.IntN(8) {
				text += pieces[random.IntN(len(pieces))]
			}
			if step.Creates()&traitsOf(text) != 0 {
				continue
			}
			after := step.Apply(nil, text)
			if after != text {
				changed++
			}
			had, has, adds := textmatch.LowerContentOf(text), textmatch.LowerContentOf(after), step.Adds()
			if had.AddAll(&adds); !had.HasAll(&has) {
				t.Fatalf("%s makes %q of %q", name, after, text)
			}
		}
		if _, ok := rearranges[name]; ok && name != "none" && changed < 200 {
			t.Errorf("%s has changed %d texts", name, changed)
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
