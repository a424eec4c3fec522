package transform

import (
	"strings"

	"github.com/modsecurity-for-anylog/msa/engine/textmatch"
)

// A chain of transformations is mostly of decodings, and most values have nothing that they decode. So it is known of each
// transformation which bytes a text must have for it to do anything at all, by kinds of bytes, and of a text, which kinds are
// in it: one look at the text tells of all chains.

// Traits are kinds of bytes.
type Traits uint16

const (
	upper   Traits = 1 << iota // A to Z
	lower                      // a to z
	high                       // not ASCII
	space                      // ASCII's white space
	percent                    // % and +
	slash                      // /
	escape                     // \
	entity                     // &
	null                       // NUL
	dot                        // .
	stream                     // :
	comment                    // what a comment's mark begins with
	shell                      // what cmdLine takes away besides, or makes a space of
	present                    // no byte, but what each text has
)

var traitsOfByte = func() (t [256]Traits) {
	for c := range t {
		switch {
		case 'A' <= c && c <= 'Z':
			t[c] = upper
		case 'a' <= c && c <= 'z':
			t[c] = lower
		case c >= 0x80:
			t[c] = high
		case isSpace(byte(c)):
			t[c] = space
		}
		if commentByte[c] {
			t[c] |= comment
		}
	}
	for kind, bytes := range map[Traits]string{
		percent: "%+", slash: "/", escape: `\`, entity: "&", null: "\x00", dot: ".", stream: ":", shell: `"'^,;`,
	} {
		for _, c := range []byte(bytes) {
			t[c] |= kind
		}
	}
	return t
}()

// contentOfTrait are the bytes of each kind, in the order of the kinds.
var contentOfTrait = func() (all []textmatch.Content) {
	for kind := upper; kind < present; kind <<= 1 {
		var c textmatch.Content
		for b, kinds := range traitsOfByte {
			if kinds&kind != 0 {
				c.Add(byte(b))
			}
		}
		all = append(all, c)
	}
	return all
}()

// TraitsOf are the kinds of bytes in a text.
func TraitsOf(text *textmatch.Content) Traits {
	t := present
	for i := range contentOfTrait {
		if text.Meets(&contentOfTrait[i]) {
			t |= 1 << i
		}
	}
	return t
}

// touches are the kinds of bytes of which a text must have one for a transformation to change it, or for Coraza to say that
// it does. Those that aren't here may change any text.
var touches = map[string]Traits{
	"cmdline":            upper | escape | space | shell,
	"compresswhitespace": space | high,
	"cssdecode":          escape,
	"escapeseqdecode":    escape,
	"htmlentitydecode":   entity,
	"jsdecode":           escape,
	"lowercase":          upper | high,
	"none":               0,
	"normalisepath":      slash | dot,
	"normalisepathwin":   slash | dot | space | escape | stream,
	"normalizepath":      slash | dot,
	"normalizepathwin":   slash | dot | space | escape | stream,
	"removecomments":     comment,
	"removecommentschar": comment,
	"removenulls":        null,
	"removewhitespace":   space | high,
	"replacecomments":    slash,
	"replacenulls":       null,
	"trim":               space,
	"trimleft":           space,
	"trimright":          space,
	"uppercase":          lower | high,
	"urldecode":          percent,
	"urldecodeuni":       percent,
	"utf8tounicode":      high,
}

// rearranges are the transformations that leave bytes out, change letters' case, and have these bytes instead of others.
var rearranges = map[string]string{
	"cmdline":            " ",
	"compresswhitespace": " ",
	"lowercase":          "",
	"none":               "",
	"normalisepath":      "/.",
	"normalisepathwin":   "/.",
	"normalizepath":      "/.",
	"normalizepathwin":   "/.",
	"removecomments":     " \x00",
	"removecommentschar": "",
	"removenulls":        "",
	"removewhitespace":   "\ufffd",
	"replacecomments":    " ",
	"replacenulls":       " ",
	"trim":               "",
	"trimleft":           "",
	"trimright":          "",
	"uppercase":          "",
}

// Step is a transformation as part of a chain.
type Step struct {
	Apply   func(mem *Memory, s string) string // what it makes of a text is in the memory; nil lets it have its own
	Changed func(before, after string) bool    // see LookupMultiMatch

	touches Traits
	cases   Traits // of these it changes nothing but the case
	creates Traits
	adds    textmatch.Content
}

// StepOf is the transformation of that name (any case), false for one that is not known.
func StepOf(name string) (Step, bool) {
	apply, ok := lookup(name)
	if !ok {
		return Step{}, false
	}
	name = strings.ToLower(name)
	step := Step{Apply: apply, Changed: reportOf(name), touches: present}
	if of, known := touches[name]; known {
		step.touches = of
	}
	step.creates = step.touches
	if adds, ok := rearranges[name]; ok {
		step.creates, step.adds = 0, textmatch.ContentOf(adds)
	}
	switch name {
	case "cmdline":
		step.cases = upper
	case "lowercase":
		step.cases, step.creates = upper, high
	case "uppercase":
		step.cases, step.creates = lower, high
	}
	return step, true
}

// MayChange reports whether the step may change a text of such traits, or hold it to be changed.
func (s *Step) MayChange(of Traits) bool { return s.touches&of != 0 }

// Decodes are the kinds of bytes of which a text must have one for the step to change more than the case of ASCII letters.
func (s *Step) Decodes() Traits { return s.touches &^ s.cases }

// Creates are the kinds of bytes of which a text must have one for the step to make bytes of it, in any case, which it doesn't have
// and the step doesn't add.
func (s *Step) Creates() Traits { return s.creates }

// Adds are the bytes that the step has instead of others.
func (s *Step) Adds() textmatch.Content { return s.adds }
