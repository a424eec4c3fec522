package textmatch_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"

	"rsc.io/binaryregexp"

	"github.com/modsecurity-for-anylog/msa/engine/textmatch"
	"github.com/modsecurity-for-anylog/msa/rules"
	"github.com/modsecurity-for-anylog/msa/test/crs"
)

// debianCRS are the rules of Debian's package modsecurity-crs, 3.3.
const debianCRS = "/usr/share/modsecurity-crs/rules"

// matcher is what Coraza may make of a pattern: binaryregexp when it has bytes that are not UTF-8, which
// only escapes can be, or else regexp.
type matcher struct {
	text   *regexp.Regexp
	binary *binaryregexp.Regexp // or nil
}

func newMatcher(pattern string) (m matcher, err error) {
	if m.text, err = regexp.Compile("(?sm)" + pattern); err != nil {
		return m, err
	}
	if strings.Contains(pattern, `\x`) {
		m.binary, err = binaryregexp.Compile(pattern)
	}
	return m, err
}

// matches reports whether one of the two finds a match.
func (m matcher) matches(text string) bool {
	return m.text.MatchString(text) || m.binary != nil && m.binary.MatchString(text)
}

// lowerASCII is how the automaton sees a text.
func lowerASCII(text string) string {
	b := []byte(text)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// needs are what a text must have to match.
type needs struct {
	pattern     string
	literals    []string
	hasLiterals bool
	bytes       textmatch.ByteSets
	least       int
}

func needsOf(pattern string) (n needs) {
	n.pattern = pattern
	n.literals, n.hasLiterals = textmatch.Literals(pattern)
	n.bytes = textmatch.Bytes(pattern)
	n.least = textmatch.MinLength(pattern)
	return n
}

// check fails when a text that matches doesn't have what it needs.
func (n needs) check(t testing.TB, text string) {
	t.Helper()
	lower := lowerASCII(text)
	if n.hasLiterals && !slices.ContainsFunc(n.literals, func(l string) bool { return strings.Contains(lower, l) }) {
		t.Fatalf("%q matches %q, which has none of %q", n.pattern, text, n.literals)
	}
	if !hasBytes(n.bytes, text) || !hasBytes(n.bytes, lower) || !hasBytes(n.bytes, strings.ToUpper(lower)) {
		t.Fatalf("%q matches %q, which has no byte of one of its sets", n.pattern, text)
	}
	if len(text) < n.least {
		t.Fatalf("%q matches %q, which is shorter than %d", n.pattern, text, n.least)
	}
	if !textmatch.MayMatchAtLevel(n.pattern, text) {
		t.Fatalf("%q matches %q, though no text of its level may match", n.pattern, text)
	}
}

func hasBytes(sets textmatch.ByteSets, text string) bool {
	lower := textmatch.LowerContentOf(text)
	return sets.AllIn(&lower)
}

// rxRule is a rule that tests a pattern.
type rxRule struct {
	id       int
	pattern  string
	paranoia string
	negated  bool
}

func (r rxRule) String() string { return fmt.Sprintf("%d %q", r.id, r.pattern) }

// rxRules are the rules of a source with @rx; a link of a chain has the id of its head.
func rxRules(t testing.TB, source string) []rxRule {
	t.Helper()
	set, err := rules.Load([]string{source})
	if err != nil {
		t.Fatal(err)
	}
	var all []rxRule
	for _, d := range set.Directives {
		if !d.IsRule() {
			continue
		}
		paranoia := ""
		if level := d.Rule.ParanoiaLevel(); level > 0 {
			paranoia = strconv.Itoa(level)
		}
		for _, l := range d.Rule.Links {
			if op := l.Operator; op.Name == "rx" && !strings.Contains(op.Operand, "%{") {
				all = append(all, rxRule{d.ID(), op.Operand, paranoia, op.Negated})
			}
		}
	}
	if len(all) < 100 {
		t.Fatalf("%s has %d patterns", source, len(all))
	}
	return all
}

// allRxRules are those of CRS 4 and of Debian's CRS 3, each pattern once.
func allRxRules(t testing.TB) []rxRule {
	all := rxRules(t, rules.CRS)
	if _, err := os.Stat(debianCRS); err == nil {
		all = append(all, rxRules(t, debianCRS)...)
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(r rxRule) bool {
		if seen[r.pattern] {
			return true
		}
		seen[r.pattern] = true
		_, err := newMatcher(r.pattern)
		return err != nil // a few of CRS 3 are for PCRE alone
	})
}

func TestLiterals(t *testing.T) {
	for _, c := range []struct {
		name, pattern string
		want          []string // nil: none worth looking for
	}{
		{"a text", `select`, []string{"select"}},
		{"letters in lower case", `SELECT`, []string{"select"}},
		{"one of two", `foo|bar`, []string{"bar", "foo"}},
		{"a longer one has the shorter one in it", `foo|xfooy`, []string{"foo"}},
		{"captures", `(a)(?:b)(?P<n>c)`, []string{"abc"}},
		{"the longest part", `ab.*defghi`, []string{"defghi"}},
		{"what may be left out", `xy?z`, []string{"xyz", "xz"}},
		{"what may be left out adds little", `colou?r`, []string{"colo"}},
		{"anything between", `x.{0,5}yzq`, []string{"yzq"}},
		{"a class", `[a-c]q`, []string{"aq", "bq", "cq"}},
		{"a class that adds little", `[a-c]xyz`, []string{"xyz"}},
		{"a class too large", `[^a]xyz`, []string{"xyz"}},
		{"repeated", `(?:abc){3}`, []string{"abcabcabc"}},
		{"repeated at least once", `(?:abc)+`, []string{"abc"}},
		{"more than is copied", `a{9}`, []string{"aaaa"}},
		{"not at all", `(?:abcd)*`, nil},
		{"never", `(?:abcd){0}`, nil},
		{"an anchor", `^abc$`, []string{"abc"}},
		{"across groups", `(?:f.*ba)(?:r.*x|z.*y)`, []string{"bar", "baz"}},
		{"quotes between letters", `h["^]*t["^]*o["^]*p`, []string{"\"", "^", "htop"}},
		{"what would not help", `s\w*e\w*t`, nil},
		{"folding beyond ASCII", `(?i)ask`, []string{"\u017f", "ask", "\u212a"}},
		{"only where it is switched on", `a(?i)s(?-i)k`, []string{"ask", "\u017f"}},
		{"a long text", `eeeeeeee#<>@eeeeeeee0123`, []string{"#<>@eeeeeeee0123"}},
		{"beyond ASCII", `ÄB`, []string{"Äb"}},
		{"folding of others", `(?i)Äb`, []string{"Äb", "äb"}},
		{"the replacement character is any bad byte", "a\ufffdxyz", []string{"xyz"}},
		{"a byte or a character", `\xbc`, []string{"\xbc"}},
		{"a byte or a character of others", `\xe9`, []string{"\xe9", "é"}},
		{"a rare byte", `<`, []string{"<"}},
		{"a frequent byte", `e`, nil},
		{"a choice with a frequent byte", `select|e`, nil},
		{"two letters", `or`, []string{"or"}},
		{"too many", `[a-z]{2}`, nil},
		{"anything", `.`, nil},
		{"nothing", ``, nil},
		{"never matches", `[^\x00-\x{10FFFF}]`, nil},
		{"not a pattern", `(`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := textmatch.Literals(c.pattern)
			if ok != (c.want != nil) || !sameTexts(got, c.want) {
				t.Errorf("got %q, %v, want %q", got, ok, c.want)
			}
		})
	}
}

func sameTexts(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

func TestByteSets(t *testing.T) {
	for _, c := range []struct {
		name, pattern string
		in, out       []string // values that have, and haven't, a byte of the set
	}{
		{"a class", `a*[<>]`, []string{"<", "x>"}, []string{"", "a", "x"}},
		{"several", `\w+=\w+#`, []string{"a=b#", "#="}, []string{"a=b", "a#", "="}},
		{"letters of both cases", `[QzJ]`, []string{"q", "Q", "z", "Z", "j"}, []string{"x"}},
		{"all that is not ASCII", `[^\x00-\x7f]`, []string{"é", "\xff"}, []string{"e"}},
		{"a choice", `[<]+|@.`, []string{"<", "@"}, []string{"a"}},
		{"Kelvin", `(?i)k`, []string{"k", "K", "\u212a"}, []string{"a"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			sets := textmatch.Bytes(c.pattern)
			for _, v := range c.in {
				if !hasBytes(sets, v) {
					t.Errorf("%q has no byte of one of the sets", v)
				}
			}
			for _, v := range c.out {
				if hasBytes(sets, v) {
					t.Errorf("%q has a byte of each set", v)
				}
			}
		})
	}
	for _, pattern := range []string{``, `a*`, `.`, `[a-z]`, `<|[a-z]`, `(?:<)?`, `<{0,3}`, `(`} {
		if sets := textmatch.Bytes(pattern); len(sets) > 0 {
			t.Errorf("%q has a set", pattern)
		}
	}
}

func TestMinLength(t *testing.T) {
	for pattern, want := range map[string]int{
		``: 0, `abc`: 3, `a|bc`: 1, `a{3,}b?`: 3, `(?:a{10}){10}`: 100, `é`: 2, `éé.`: 5, `é\x41`: 2, `[é\x{ffff}]`: 1, "[é-\uffff]": 1, `[é-ü]`: 2, `(?i)k`: 1,
		"a\ufffd": 2, `^$`: 0, `a*`: 0, `(ab)+c`: 3, `(`: 0, `\b\w\b`: 1,
	} {
		if got := textmatch.MinLength(pattern); got != want {
			t.Errorf("%q: got %d, want %d", pattern, got, want)
		}
	}
}

// TestLiteralsOfGeneratedTexts makes texts of the patterns themselves.
func TestLiteralsOfGeneratedTexts(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	checked, missed := 0, 0
	for _, r := range allRxRules(t) {
		m, err := newMatcher(r.pattern)
		if err != nil {
			t.Fatalf("%v: %v", r, err)
		}
		needs := needsOf(r.pattern)
		tree, err := syntax.Parse("(?sm)"+r.pattern, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		matched := 0
		for i := range 200 {
			g := generator{random: random, binary: i%4 == 3, foreign: i%2 == 1}
			text := g.text(tree)
			switch i % 5 {
			case 3:
				text = "x" + text + "y"
			case 4:
				text = "xy " + text + "\n."
			}
			if !m.matches(text) {
				missed++ // an anchor or a word boundary is not fulfilled
				continue
			}
			matched++
			needs.check(t, text)
		}
		if matched == 0 {
			t.Logf("no text made of %v matches", r)
		}
		checked += matched
	}
	t.Logf("%d texts checked, %d did not match", checked, missed)
	if checked < 20_000 {
		t.Errorf("only %d texts were checked", checked)
	}
}

// TestLiteralsOfRandomPatterns makes the patterns, too: of rare characters, so that most have a set.
func TestLiteralsOfRandomPatterns(t *testing.T) {
	patterns := 6000
	if testing.Short() {
		patterns /= 10
	}
	random := rand.New(rand.NewPCG(5, 6))
	checked, with := 0, 0
	for range patterns {
		pattern := randomPattern(random, 4)
		m, err := newMatcher(pattern)
		if err != nil {
			continue // too large
		}
		needs := needsOf(pattern)
		if needs.hasLiterals {
			with++
		}
		tree, err := syntax.Parse("(?sm)"+pattern, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 6 {
			g := generator{random: random, binary: i%3 == 2, foreign: i%2 == 1}
			if text := g.text(tree); m.matches(text) {
				needs.check(t, text)
				checked++
			}
		}
	}
	t.Logf("%d of %d patterns have a set, %d texts checked", with, patterns, checked)
	if with < patterns/4 || checked < patterns {
		t.Error("those are too few")
	}
}

func randomPattern(random *rand.Rand, depth int) string {
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	if depth == 0 || random.IntN(6) == 0 {
		return pick("<", "~~", "Q", "z", "#k", "S^", "é", "Ä", "\ufffd", "k", `\x{e9}`, `\xb5`, `\x41`, "µ", "Å",
			"[<~]", "[^<~]", "[q-z]", "[{-~é]", "[kK]", `[\x80-\x8f]`, `\W`, "[!-:]", "<|~", ".", "^", "$", `\b`, "")
	}
	sub := func() string { return randomPattern(random, depth-1) }
	switch random.IntN(8) {
	case 0:
		return "(?:" + sub() + ")" + pick("?", "*", "+", "{2}", "{1,3}", "{0,2}", "{3,}", "{6}", "{0}", "??", "*?")
	case 1, 2:
		return "(?:" + sub() + "|" + sub() + pick("", "|"+sub(), "|") + ")"
	case 3:
		return pick("(?i:", "(?-i:") + sub() + pick("", "|"+sub()) + ")"
	case 4:
		return "(" + sub() + ")"
	}
	return sub() + sub() + sub()
}

// generator makes texts that a pattern should match.
type generator struct {
	random  *rand.Rand
	binary  bool // a character is a byte
	foreign bool // characters beyond ASCII are preferred
	out     []byte
}

func (g *generator) text(re *syntax.Regexp) string {
	g.out = g.out[:0]
	g.write(re)
	return string(g.out)
}

func (g *generator) write(re *syntax.Regexp) {
	times := func(least, most int) {
		if most < 0 || most > least+3 {
			most = least + 3
		}
		for range least + g.random.IntN(most-least+1) {
			g.write(re.Sub[0])
		}
	}
	switch re.Op {
	case syntax.OpLiteral:
		for _, c := range re.Rune {
			g.one(literalClass(c, re.Flags))
		}
	case syntax.OpCharClass:
		g.one(re.Rune)
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		if g.random.IntN(2) == 0 {
			g.one([]rune{' ', '~'})
		} else {
			g.one([]rune{0, 9, 11, unicode.MaxRune})
		}
	case syntax.OpCapture:
		g.write(re.Sub[0])
	case syntax.OpStar:
		times(0, -1)
	case syntax.OpPlus:
		times(1, -1)
	case syntax.OpQuest:
		times(0, 1)
	case syntax.OpRepeat:
		times(re.Min, re.Max)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			g.write(sub)
		}
	case syntax.OpAlternate:
		g.write(re.Sub[g.random.IntN(len(re.Sub))])
	}
}

// one writes a character of a class, in its own encoding or, where the class has the replacement
// character, as a byte that is no UTF-8.
func (g *generator) one(class []rune) {
	if len(class) == 0 {
		return
	}
	var c rune
	for range 8 {
		i := g.random.IntN(len(class)/2) * 2
		lo, hi := class[i], class[i+1]
		if hi-lo > 300 && g.random.IntN(2) == 0 {
			hi = lo + 200
		}
		c = lo + rune(g.random.Int64N(int64(hi-lo)+1))
		if (c >= utf8.RuneSelf) == g.foreign && (!g.binary || c < 256) {
			break
		}
	}
	bad := inClass(class, utf8.RuneError) && g.random.IntN(8) == 0
	switch {
	case bad:
		g.out = append(g.out, byte(0x80+g.random.IntN(0x80)))
	case g.binary && c < 256:
		g.out = append(g.out, byte(c))
	default:
		g.out = utf8.AppendRune(g.out, c)
	}
}

// literalClass is a character of a literal as a class.
func literalClass(c rune, flags syntax.Flags) []rune {
	class := []rune{c, c}
	if flags&syntax.FoldCase != 0 {
		for f := unicode.SimpleFold(c); f != c; f = unicode.SimpleFold(f) {
			class = append(class, f, f)
		}
	}
	return class
}

func inClass(class []rune, c rune) bool {
	for i := 0; i < len(class); i += 2 {
		if class[i] <= c && c <= class[i+1] {
			return true
		}
	}
	return false
}

// crsValues are the values of the requests that CRS is tested with, as they are and decoded.
var crsValues = sync.OnceValues(func() ([]string, error) {
	stages, err := crs.Stages()
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	add := func(values ...string) {
		for _, v := range values {
			seen[v] = true
			seen[unescape(v)] = true
		}
	}
	for _, s := range stages {
		add(s.Request.Method, s.Request.URI, s.Request.Version, s.Request.Body, crs.Respond(&s).Response.Body)
		_, query, _ := strings.Cut(s.Request.URI, "?")
		for _, pair := range strings.FieldsFunc(query+"&"+s.Request.Body, func(c rune) bool { return c == '&' || c == '\n' }) {
			name, value, _ := strings.Cut(pair, "=")
			add(pair, name, value)
		}
		for _, h := range s.Request.Headers {
			add(h.Name, h.Value)
		}
	}
	var values []string
	for v := range seen {
		values = append(values, v)
	}
	slices.Sort(values)
	return values, nil
})

// unescape is lenient percent decoding.
func unescape(v string) string {
	out := make([]byte, 0, len(v))
	for i := 0; i < len(v); i++ {
		var b byte
		switch {
		case v[i] == '+':
			out = append(out, ' ')
		case v[i] == '%' && i+2 < len(v):
			if _, err := fmt.Sscanf(v[i+1:i+3], "%02x", &b); err == nil {
				out = append(out, b)
				i += 2
				continue
			}
			fallthrough
		default:
			out = append(out, v[i])
		}
	}
	return string(out)
}

// TestLiteralsOfCorpus looks at the values that are excluded: the pattern must not match them. Each
// pattern gets a part of the values, or this would take half a minute.
func TestLiteralsOfCorpus(t *testing.T) {
	values, err := crsValues()
	if err != nil {
		t.Fatal(err)
	}
	every := 4
	if testing.Short() {
		every = 32
	}
	excluded := 0
	for n, r := range allRxRules(t) {
		m, err := newMatcher(r.pattern)
		if err != nil {
			t.Fatalf("%v: %v", r, err)
		}
		needs := needsOf(r.pattern)
		automaton := textmatch.NewAutomaton(needs.literals)
		for i := n % every; i < len(values); i += every {
			v := values[i]
			found := !needs.hasLiterals
			automaton.Each(v, func(int, int) bool { found = true; return false })
			if found && hasBytes(needs.bytes, v) && len(v) >= needs.least {
				continue
			}
			excluded++
			if m.matches(v) {
				t.Errorf("%v matches %q, excluded by %q or by its bytes or length", r, v, needs.literals)
			}
		}
	}
	t.Logf("%d values, %d times excluded", len(values), excluded)
	if excluded == 0 {
		t.Error("nothing was excluded")
	}
}

// TestLiteralsOfCRS keeps watch over how many patterns have a set.
func TestLiteralsOfCRS(t *testing.T) {
	all, with, texts := 0, 0, map[string]bool{}
	var sizes, shortest []int
	for _, r := range rxRules(t, rules.CRS) {
		if r.paranoia != "1" || r.negated {
			continue
		}
		all++
		set, ok := textmatch.Literals(r.pattern)
		if !ok {
			t.Logf("without: %v, bytes %v, at least %d", r, len(textmatch.Bytes(r.pattern)) > 0, textmatch.MinLength(r.pattern))
			continue
		}
		with++
		sizes = append(sizes, len(set))
		least := len(set[0])
		for _, l := range set {
			texts[l] = true
			least = min(least, len(l))
		}
		shortest = append(shortest, least)
	}
	slices.Sort(sizes)
	slices.Sort(shortest)
	t.Logf("%d of %d patterns of paranoia level 1 have a set, %d texts in all; sizes %v; shortest texts %v", with, all, len(texts), sizes, shortest)
	if with*10 < all*8 {
		t.Errorf("only %d of %d patterns have a set", with, all)
	}
}

func FuzzLiterals(f *testing.F) {
	for _, pattern := range []string{`(?i)k\xe9|s`, `a{2,5}(?:b|[c-f]+)?x`, `[^a-z]+(?:union|select)\W`, `^\xbc[^>]*>`, `\x{fffd}a`} {
		f.Add(pattern, "Union select", uint64(1))
	}
	f.Fuzz(func(t *testing.T, pattern, text string, seed uint64) {
		m, err := newMatcher(pattern)
		if err != nil || len(pattern) > 200 {
			return
		}
		needs := needsOf(pattern)
		if m.matches(text) {
			needs.check(t, text)
		}
		tree, err := syntax.Parse("(?sm)"+pattern, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 4 {
			g := generator{random: rand.New(rand.NewPCG(seed, uint64(i))), binary: i&1 != 0, foreign: i&2 != 0}
			if made := g.limited(tree); m.matches(made) {
				needs.check(t, made)
			}
		}
	})
}

// limited is text, but of a pattern with large repetitions it makes none.
func (g *generator) limited(re *syntax.Regexp) string {
	if textmatch.MinLength(re.String()) > 1000 || strings.Count(re.String(), "{") > 4 {
		return ""
	}
	return g.text(re)
}

func BenchmarkLiterals(b *testing.B) {
	all := rxRules(b, rules.CRS)
	b.ReportAllocs()
	for b.Loop() {
		for _, r := range all {
			textmatch.Literals(r.pattern)
		}
	}
}
