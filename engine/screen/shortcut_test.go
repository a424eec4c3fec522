package screen

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// By the groups that a shortcut finds a value fulfils what it fulfils by all groups, also where these are more than one shortcut
// is of.
func TestShortcuts(t *testing.T) {
	transformations := []string{"lowercase", "urlDecodeUni", "htmlEntityDecode", "jsDecode", "cmdLine", "base64Decode", "removeWhitespace", "replaceComments", "normalizePath", "removeNulls"}
	operators := []string{`@rx (?i)select.*from`, `@rx \.\./`, `@pm whoami passwd`, `@rx ^\d+$`, `@contains <b`, `!@rx ^[\w./ -]*$`, `@rx a-b`, `@streq x`}
	for _, chains := range []int{3, 40, 200} {
		random := rand.New(rand.NewPCG(uint64(chains), 1))
		var rules strings.Builder
		for i := range chains {
			var chain strings.Builder
			for _, n := range random.Perm(len(transformations))[:random.IntN(4)] {
				chain.WriteString("t:" + transformations[n] + ",")
			}
			if random.IntN(4) == 0 {
				chain.WriteString("multiMatch,")
			}
			fmt.Fprintf(&rules, "SecRule ARGS:x \"%s\" \"id:%d,phase:2,block,%s%s\"\n", operators[random.IntN(len(operators))], i+1, chain.String(), strings.TrimPrefix(critical, ","))
		}
		s := newScreen(t, rules.String(), scores, 0)
		cl := s.deciding.variables[0].class("x", new([]byte))
		if n := len(cl.shortcuts); n > 1 != (chains > mostGroups) {
			t.Fatalf("%d chains have %d shortcuts", chains, n)
		}
		x := s.scratch.Get().(*scratch)
		x.most = math.MaxInt
		fulfilling := 0
		pieces := []string{"select", " ", "FROM", "../", "whoami", "passwd", "12", "<b", "%3cb", "&lt;b", "/**/", "\\x3c", "d2hvYW1p", "a-b", "x", "A.b", "\x00", "é", "'", "+"}
		for range 3_000 {
			var value strings.Builder
			for range random.IntN(6) {
				value.WriteString(pieces[random.IntN(len(pieces))])
			}
			got := slices.Clone(s.judge(x, cl, value.String()))
			if want := s.judgeByAll(x, cl, value.String()); !slices.Equal(got, want) {
				t.Fatalf("%q: %v, by all groups %v", value.String(), got, want)
			}
			if len(got) > 0 {
				fulfilling++
			}
		}
		if fulfilling < 500 {
			t.Errorf("%d chains: only %d values fulfil something", chains, fulfilling)
		}
	}
}

// judgeByAll is judge without shortcuts.
func (s *Screen) judgeByAll(x *scratch, cl *class, value string) []hit {
	x.hits, x.class = x.hits[:0], cl
	x.texts.add(value)
	for _, sc := range cl.shortcuts {
		for i := range sc.groups {
			s.judgeGroup(x, &sc.groups[i])
		}
	}
	x.texts.forget()
	return slices.Clone(x.hits)
}
