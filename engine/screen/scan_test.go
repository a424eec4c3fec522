package screen

import (
	"math"
	"strings"
	"testing"
)

// Transformations that make nothing new of a value, or only other capitals, cost no scan of it.
func TestScansOfAValue(t *testing.T) {
	var rules strings.Builder
	for i, chain := range []string{"t:none", "t:lowercase", "t:urlDecodeUni", "t:urlDecodeUni,t:lowercase", "t:cmdLine", "t:htmlEntityDecode,t:lowercase"} {
		rules.WriteString(`SecRule ARGS:x "@rx (?i)select.*from" "id:` + string(rune('1'+i)) + `,phase:2,block,` + chain + critical + "\"\n")
	}
	s := newScreen(t, rules.String(), scores, 0)
	for _, c := range []struct {
		value string
		scans uint32
		hits  int
	}{
		{"plain", 1, 0},
		{"Plain Text, 17 words or more of it", 1, 0},
		{"Plain Text, 17 words or more for a cup", 2, 0}, // cmdLine takes the comma away, and a text of these letters may be select
		{"Select a from b", 1, 6},
		{"Sel%65ct a from b", 2, 2},
		{"Sel%65ct&#32;a from b", 4, 2},
	} {
		x := s.scratch.Get().(*scratch)
		x.most = math.MaxInt
		hits := s.judge(x, s.deciding.variables[0].class("x", new([]byte)), c.value)
		if x.texts.stamp != c.scans || len(hits) != c.hits {
			t.Errorf("%q: %d scans and %d hits, want %d and %d", c.value, x.texts.stamp, len(hits), c.scans, c.hits)
		}
	}
}

// A text that has nothing of the few literals of a group costs no scan of its own.
func TestFewLiteralsSpareScans(t *testing.T) {
	s := newScreen(t, `SecRule ARGS:x "@rx (?i)select.*from" "id:1,phase:2,block,t:none`+critical+`"
SecRule ARGS:x "@rx \.\.[/\\]" "id:2,phase:2,block,t:urlDecodeUni`+critical+`"`, scores, 0)
	for _, c := range []struct {
		value string
		scans uint32
		hits  int
	}{
		{"a b %63", 1, 0},
		{"a b ../", 1, 1},
		{"a b %2e./", 2, 1},
		{"a b .%2e.", 1, 0},
	} {
		x := s.scratch.Get().(*scratch)
		x.most = math.MaxInt
		before := x.texts.stamp
		hits := s.judge(x, s.deciding.variables[0].class("x", new([]byte)), c.value)
		if scans := x.texts.stamp - before; scans != c.scans || len(hits) != c.hits {
			t.Errorf("%q: %d scans and %d hits, want %d and %d", c.value, scans, len(hits), c.scans, c.hits)
		}
		s.scratch.Put(x)
	}
}

// What a value can't become, by its bytes, is not made of it.
func TestTransformationsInVain(t *testing.T) {
	for _, c := range []struct {
		name, operator, chain, value string
		texts, hits                  int
	}{
		{"a letter is missing", "@rx select", "t:removeWhitespace", "s e l e t", 1, 0},
		{"none is", "@rx select", "t:removeWhitespace", "s e l e c t", 2, 1},
		{"a byte that none of the pattern's texts lacks", "@rx ^[a-z]+:", "t:removeWhitespace", "a b", 1, 0},
		{"the space of a comment", "@contains a b", "t:replaceComments", "a/**/b", 2, 1},
		{"another case", "@streq select", "t:lowercase", "SELECT", 2, 1},
		{"decoded", "@contains select", "t:urlDecodeUni,t:removeWhitespace", "se le%63 t", 3, 1},
		{"decoded in vain", "@contains select", "t:urlDecodeUni,t:removeWhitespace", "se le%64 t", 2, 0},
		{"not UTF-8", "@contains \ufffd", "t:removeWhitespace", "a\xff b", 2, 1},
	} {
		s := newScreen(t, `SecRule ARGS:x "`+c.operator+`" "id:1,phase:2,block,t:none,`+c.chain+critical+`"`, scores, 0)
		x := s.scratch.Get().(*scratch)
		x.most = math.MaxInt
		x.texts.add(c.value)
		class := s.deciding.variables[0].class("x", new([]byte))
		x.class = class
		s.judgeGroup(x, &class.shortcuts[0].groups[0])
		if len(x.texts.all) != c.texts || len(x.hits) != c.hits {
			t.Errorf("%s: %d texts and %d hits, want %d and %d", c.name, len(x.texts.all), len(x.hits), c.texts, c.hits)
		}
	}
}
