package textmatch

import (
	"cmp"
	"math"
	"math/bits"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Bounds of what is kept of a pattern. More would find little more, and cost time and memory.
const (
	mostExact    = 128  // texts that a part of a pattern is known to match, and no others
	mostAffixes  = 64   // texts that a match of a part begins or ends with
	mostTexts    = 2048 // of a set
	mostOthers   = 32   // see textSet
	mostMembers  = 16   // of a character class that is spelled out
	longestExact = 48   // bytes
	longestAffix = 16
	longestText  = 16 // of a set that is returned: what is longer is hardly rarer
	mostCopies   = 4  // of a repeated part that are looked at
)

// Literals returns texts of which at least one is in every text that the pattern matches, ASCII
// letters in lower case on both sides. ok is false when there is no such set that is worth looking
// for: one whose texts are expected at most once in forty bytes of ordinary values, going by the
// table of frequencies. So "or", a single '<' or even ';' may be a text of a set, a single 'e' may not.
//
// The pattern is the operand of @rx. Coraza gives it to regexp, or to binaryregexp where it has
// escapes that are not UTF-8. What is returned holds for both, whichever it takes.
func Literals(pattern string) (set []string, ok bool) {
	tree, err := parse(pattern)
	if err != nil {
		return nil, false
	}
	return literalsOf(tree, mayBeBinary(pattern))
}

func literalsOf(re *syntax.Regexp, mayBeBinary bool) (set []string, ok bool) {
	set = refine(read(re, false))
	if mayBeBinary {
		set = refine(union(sorted(set), sorted(refine(read(re, true)))))
	}
	if len(set) == 0 || frequency(set) > 1.0/40 {
		return nil, false
	}
	return compact(set), true
}

// compact has the texts in memory of their own: they are parts of what they were found in.
func compact(texts []string) []string {
	all, own := strings.Join(texts, ""), make([]string, len(texts))
	for i, t := range texts {
		own[i], all = all[:len(t)], all[len(t):]
	}
	return own
}

// parse reads a pattern as @rx does.
func parse(pattern string) (*syntax.Regexp, error) { return syntax.Parse("(?sm)"+pattern, syntax.Perl) }

// mayBeBinary reports whether Coraza may give a pattern to binaryregexp. Without escapes it is UTF-8:
// the parser refuses others.
func mayBeBinary(pattern string) bool { return strings.Contains(pattern, `\x`) }

// read finds required texts, in both ways of reading.
func read(re *syntax.Regexp, binary bool) []string {
	plain := reader{binary: binary}.read(re).required
	if frequency(plain) < 1e-4 {
		return plain
	}
	skipping := reader{binary: binary, skipping: true}.read(re).required
	return best(plain, skipping)
}

// refine cuts texts that are longer than is useful, and leaves out those that have another one in them.
func refine(texts []string) []string {
	short := make([]string, len(texts))
	for i, t := range texts {
		short[i] = rarestPart(t)
	}
	return withoutLonger(short)
}

// ByteSets are sets of bytes, letters of ASCII in lower case.
type ByteSets []Content

// mostByteSets are how many of a pattern's sets are kept, the rarest.
const mostByteSets = 4

// AllIn reports whether a byte of each set is in a content in lower case.
func (b ByteSets) AllIn(lower *Content) bool {
	for i := range b {
		if !b[i].Meets(lower) {
			return false
		}
	}
	return true
}

// Bytes returns sets of bytes of each of which at least one is in every text that the pattern matches, the rarest first. Sets
// whose bytes are expected more often than once in five bytes of ordinary values are not worth looking for: none may be left.
func Bytes(pattern string) ByteSets {
	tree, err := parse(pattern)
	if err != nil {
		return nil
	}
	return bytesOf(tree)
}

func bytesOf(re *syntax.Regexp) ByteSets {
	all := slices.DeleteFunc(eachReadBytes(re, nil), func(set Content) bool { return set.frequency() > 1.0/5 })
	slices.SortStableFunc(all, func(a, b Content) int { return cmp.Compare(a.frequency(), b.frequency()) })
	all = slices.Compact(all)
	return slices.Clip(all[:min(len(all), mostByteSets)])
}

// eachReadBytes appends sets of which at least one byte is in every text that matches, each.
func eachReadBytes(re *syntax.Regexp, all ByteSets) ByteSets {
	switch re.Op {
	case syntax.OpLiteral:
		for _, c := range re.Rune {
			all = append(all, literalBytes(c, re.Flags))
		}
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			all = eachReadBytes(sub, all)
		}
	case syntax.OpCapture, syntax.OpPlus:
		return eachReadBytes(re.Sub[0], all)
	case syntax.OpRepeat:
		if re.Min > 0 {
			return eachReadBytes(re.Sub[0], all)
		}
	default:
		if set, ok := readBytes(re); ok {
			all = append(all, set)
		}
	}
	return all
}

// MinLength is how many bytes a text that the pattern matches has at least; 0 when that is not
// known.
func MinLength(pattern string) int {
	tree, err := parse(pattern)
	if err != nil {
		return 0
	}
	return minLengthOf(tree, mayBeBinary(pattern))
}

func minLengthOf(re *syntax.Regexp, mayBeBinary bool) int {
	return reader{binary: mayBeBinary}.minLength(re) // with binary a byte for each character
}

// reader reads the tree of a pattern. With binary, a text is a sequence of runes below 256, each
// of them one byte, as it is for binaryregexp; otherwise it is UTF-8, and a byte that is not
// UTF-8 counts as U+FFFD, as it does for regexp.
//
// With skipping, an optional part is taken to be absent unless one of the texts that it needs is
// there: a["^]*b has ab, " or ^ in it. That finds the words in patterns that allow for quotes between
// all letters.
type reader struct{ binary, skipping bool }

// facts describe every text that a part of a pattern can match.
type facts struct {
	isExact        bool
	exact          textSet  // when isExact: they are these and no others
	prefix, suffix textSet  // when not: they begin, and end, with one of these
	required       []string // they have one of these in them
}

func (f *facts) begin() textSet {
	if f.isExact {
		return f.exact.prefixes()
	}
	return f.prefix
}

func (f *facts) end() textSet {
	if f.isExact {
		return f.exact.suffixes()
	}
	return f.suffix
}

var (
	nothing  = textSet{texts: []string{""}}
	anything = facts{prefix: nothing, suffix: nothing, required: nothing.texts}
	empty    = exactly(nothing)
)

func exactly(s textSet) facts {
	if len(s.texts) > mostExact {
		return inexact(s, s, s.all())
	}
	return facts{isExact: true, exact: s, required: s.all()}
}

func inexact(prefix, suffix textSet, required []string) facts {
	f := facts{prefix: prefix.prefixes(), suffix: suffix.suffixes()}
	f.required = best(required, f.prefix.all(), f.suffix.all())
	return f
}

func (r reader) read(re *syntax.Regexp) facts {
	switch re.Op {
	case syntax.OpNoMatch:
		return exactly(textSet{})
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText,
		syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return empty
	case syntax.OpLiteral:
		f := empty
		for _, c := range re.Rune {
			f = concat(f, r.literal(c, re.Flags))
		}
		return f
	case syntax.OpCharClass:
		return r.one(re.Rune)
	case syntax.OpCapture:
		return r.read(re.Sub[0])
	case syntax.OpConcat:
		f := empty
		for _, sub := range re.Sub {
			f = concat(f, r.read(sub))
		}
		return f
	case syntax.OpAlternate:
		f := r.read(re.Sub[0])
		for _, sub := range re.Sub[1:] {
			f = alternate(f, r.read(sub))
		}
		return f
	case syntax.OpQuest:
		return r.optional(r.read(re.Sub[0]), 1)
	case syntax.OpStar:
		return r.optional(r.read(re.Sub[0]), -1)
	case syntax.OpPlus:
		return repeat(r.read(re.Sub[0]), 1, -1)
	case syntax.OpRepeat:
		if re.Min == 0 {
			return r.optional(r.read(re.Sub[0]), re.Max)
		}
		return repeat(r.read(re.Sub[0]), re.Min, re.Max)
	}
	return anything // OpAnyChar, OpAnyCharNotNL
}

// optional is a part that is there any number of times up to most, -1 for no limit, or not at all.
func (r reader) optional(f facts, most int) facts {
	switch {
	case most == 0:
		return empty
	case r.skipping && most == 1 && f.isExact && frequency(f.exact.texts) > 1.0/150:
		return alternate(f, empty)
	case r.skipping && len(f.required) <= mostOthers && frequency(f.required) <= 1.0/50:
		return exactly(textSet{texts: nothing.texts, others: f.required})
	case most == 1:
		return alternate(f, empty)
	}
	return anything
}

// literal is a single character of a literal.
func (r reader) literal(c rune, flags syntax.Flags) facts {
	if c < utf8.RuneSelf {
		return r.ofASCII()[flags&syntax.FoldCase/syntax.FoldCase][c]
	}
	return r.one(literalClass(c, flags))
}

// ofASCII are the characters of ASCII as literals, of one case and of either: nearly all literals are of such alone.
func (r reader) ofASCII() *[2][utf8.RuneSelf]facts {
	if r.binary {
		return binaryLiterals()
	}
	return textLiterals()
}

var (
	textLiterals   = sync.OnceValue(reader{}.newLiterals)
	binaryLiterals = sync.OnceValue(reader{binary: true}.newLiterals)
)

func (r reader) newLiterals() *[2][utf8.RuneSelf]facts {
	all := &[2][utf8.RuneSelf]facts{}
	for c := range rune(utf8.RuneSelf) {
		all[0][c], all[1][c] = r.one(literalClass(c, 0)), r.one(literalClass(c, syntax.FoldCase))
	}
	return all
}

// one is a single character of a class.
func (r reader) one(class []rune) facts {
	var buf [mostMembers]rune
	members, ok := r.members(buf[:0], class)
	if !ok {
		return anything
	}
	s := textSet{texts: make([]string, 0, len(members))}
	for _, c := range members {
		if c == longS || c == kelvin {
			s.others = append(s.others, string(c))
		} else {
			s.texts = append(s.texts, r.encode(c))
		}
	}
	s.texts, s.others = sorted(s.texts), sorted(s.others)
	return exactly(s)
}

// members appends the characters of a class, letters of ASCII in lower case; ok is false when they are too
// many, or not of one encoding.
func (r reader) members(members, class []rune) (all []rune, ok bool) {
	for i := 0; i+1 < len(class); i += 2 {
		lo, hi := class[i], class[i+1]
		if r.binary {
			hi = min(hi, 255)
		}
		for c := lo; c <= hi; c++ {
			if !r.binary && !utf8.ValidRune(c) || c == utf8.RuneError {
				return nil, false
			}
			if l := lowerRune(c); !slices.Contains(members, l) {
				if len(members) == mostMembers {
					return nil, false
				}
				members = append(members, l)
			}
		}
	}
	return members, true
}

func (r reader) encode(c rune) string {
	if r.binary || c < utf8.RuneSelf {
		return string([]byte{byte(c)}) // which takes no memory, other than string(c)
	}
	return string(c)
}

func lowerRune(c rune) rune {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
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

func concat(a, b facts) facts {
	if a.isExact && b.isExact {
		if both, ok := cross(a.exact, b.exact, mostExact); ok && both.longest() <= longestExact {
			f := exactly(both)
			f.required = best(f.required, a.required, b.required)
			return f
		}
	}
	end, begin := a.end(), b.begin()
	var prefix, suffix textSet
	joined := false
	if a.isExact {
		prefix, joined = cross(a.exact, begin, mostTexts)
	}
	if !joined {
		prefix = a.begin()
	}
	if joined = false; b.isExact {
		suffix, joined = cross(end, b.exact, mostTexts)
	}
	if !joined {
		suffix = b.end()
	}
	required := best(a.required, b.required)
	if middle, ok := cross(end, begin, mostTexts); ok {
		required = best(required, middle.all())
	}
	return inexact(prefix, suffix, required)
}

func alternate(a, b facts) facts {
	required := union(a.required, b.required)
	if a.isExact && b.isExact {
		if both := a.exact.union(b.exact); len(both.texts) <= mostExact {
			f := exactly(both)
			f.required = best(f.required, required)
			return f
		}
	}
	return inexact(a.begin().union(b.begin()), a.end().union(b.end()), required)
}

// repeat is a part that is there least to most times, and at least once; most is -1 for no limit.
func repeat(f facts, least, most int) facts {
	copies := min(least, mostCopies)
	all := f
	for range copies - 1 {
		all = concat(all, f)
	}
	if copies == most {
		return all
	}
	return inexact(all.begin(), all.end(), all.required)
}

// textSet stands for the texts of which one is, or begins, or ends, what a part of a pattern
// matches, in lower case. Where it is none of these, it has one of the others in it: they don't
// multiply when sets are joined, so that is where rare exceptions are put.
type textSet struct {
	texts  []string // sorted, none twice
	others []string // sorted, none twice
}

// Characters beyond ASCII that fold to ASCII letters: (?i)k matches U+212A, too. They are rare enough
// to be looked for by themselves.
const (
	longS  = '\u017f' // folds to s
	kelvin = '\u212a' // folds to k
)

// all are the texts of which one is in what the part matches.
func (s textSet) all() []string {
	if len(s.others) == 0 {
		return s.texts
	}
	return union(s.texts, s.others)
}

func (s textSet) longest() int {
	n := 0
	for _, t := range s.texts {
		n = max(n, len(t))
	}
	return n
}

// union has what is in s or t. When that is too much it has the text that begins and ends all.
func (s textSet) union(t textSet) textSet {
	u := textSet{texts: union(s.texts, t.texts), others: merged(s.others, t.others)}
	if len(u.others) > mostOthers {
		return nothing
	}
	return u
}

// cross joins each text of a with each of b; ok is false when there were too many.
func cross(a, b textSet, most int) (s textSet, ok bool) {
	if len(a.texts)*len(b.texts) > most {
		return textSet{}, false
	}
	s.others = merged(a.others, b.others)
	if len(s.others) > mostOthers {
		return textSet{}, false
	}
	switch {
	case isEmptyText(a.texts):
		s.texts = b.texts
	case isEmptyText(b.texts):
		s.texts = a.texts
	default:
		s.texts = joined(a.texts, b.texts)
	}
	return s, true
}

// isEmptyText reports whether the empty text is the only one.
func isEmptyText(texts []string) bool { return len(texts) == 1 && texts[0] == "" }

// joined are each text of a with each of b, all in one piece of memory.
func joined(a, b []string) []string {
	size := 0
	for _, x := range a {
		size += len(x) * len(b)
	}
	for _, y := range b {
		size += len(y) * len(a)
	}
	var all strings.Builder
	all.Grow(size)
	texts := make([]string, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			from := all.Len()
			all.WriteString(x)
			all.WriteString(y)
			texts = append(texts, all.String()[from:])
		}
	}
	return sorted(texts)
}

// union has what is in a or b. When that is too much it has the text that is in all.
func union(a, b []string) []string {
	u := merged(a, b)
	if len(u) > mostTexts {
		return nothing.texts
	}
	return u
}

// merged has what is in a or b, which are sorted, none twice. It may be one of these.
func merged(a, b []string) []string {
	switch {
	case len(a) == 0:
		return b
	case len(b) == 0:
		return a
	}
	all := make([]string, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch c := strings.Compare(a[0], b[0]); {
		case c < 0:
			all, a = append(all, a[0]), a[1:]
		case c > 0:
			all, b = append(all, b[0]), b[1:]
		default:
			all, a, b = append(all, a[0]), a[1:], b[1:]
		}
	}
	return append(append(all, a...), b...)
}

// sorted sorts in place.
func sorted(texts []string) []string {
	slices.Sort(texts)
	return slices.Compact(texts)
}

// prefixes are the texts, cut so that there are few.
func (s textSet) prefixes() textSet {
	if s.arePrefixes() {
		return s
	}
	return s.cut(strings.Compare, func(t string, n int) string { return t[:n] }, strings.HasPrefix)
}

// arePrefixes reports whether nothing has to be cut.
func (s textSet) arePrefixes() bool {
	if len(s.texts) > mostAffixes {
		return false
	}
	for i, t := range s.texts {
		if len(t) > longestAffix || i > 0 && strings.HasPrefix(t, s.texts[i-1]) {
			return false
		}
	}
	return true
}

// suffixes are the texts, cut so that there are few.
func (s textSet) suffixes() textSet {
	return s.cut(compareBackwards, func(t string, n int) string { return t[len(t)-n:] }, strings.HasSuffix)
}

// cut cuts texts to a length, and leaves out those that begin or end with another one, which follow it
// in the order of compare.
func (s textSet) cut(compare func(a, b string) int, part func(string, int) string, has func(string, string) bool) textSet {
	if len(s.texts) == 1 && len(s.texts[0]) <= longestAffix {
		return s
	}
	texts := slices.Clone(s.texts)
	slices.SortFunc(texts, compare)
	for n := longestAffix; n > 0; n = n * 3 / 4 {
		short := texts[:0]
		for _, t := range texts {
			if len(t) > n {
				t = part(t, n)
			}
			if len(short) == 0 || !has(t, short[len(short)-1]) {
				short = append(short, t)
			}
		}
		if len(short) <= mostAffixes {
			return textSet{texts: sorted(short), others: s.others}
		}
		texts = short
	}
	return nothing
}

func compareBackwards(a, b string) int {
	for i := 1; i <= min(len(a), len(b)); i++ {
		if c := int(a[len(a)-i]) - int(b[len(b)-i]); c != 0 {
			return c
		}
	}
	return len(a) - len(b)
}

// best is the set that tells the most: whose texts are rare, and few.
func best(sets ...[]string) []string {
	cost := func(s []string) float64 { return frequency(s) + 1e-5*float64(len(s)) }
	b, least := sets[0], cost(sets[0])
	for _, s := range sets[1:] {
		if c := cost(s); c < least {
			b, least = s, c
		}
	}
	return b
}

// rarestPart is a text without what makes it too long.
func rarestPart(text string) string {
	part := text
	for i := 0; i+longestText <= len(text); i++ {
		if p := text[i : i+longestText]; i == 0 || frequencyOf(p) < frequencyOf(part) {
			part = p
		}
	}
	return part
}

// withoutLonger leaves out the texts that have another one in them.
func withoutLonger(texts []string) []string {
	slices.SortFunc(texts, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	kept := map[string]bool{}
	var all []string
next:
	for _, t := range texts {
		for i := 0; i <= len(t); i++ {
			for j := i; j <= len(t); j++ {
				if kept[t[i:j]] {
					continue next
				}
			}
		}
		kept[t] = true
		all = append(all, t)
	}
	return all
}

// frequency is how often one of the texts is expected in a byte of ordinary values.
func frequency(texts []string) float64 {
	f := 0.0
	for _, t := range texts {
		f += frequencyOf(t)
	}
	return f
}

func frequencyOf(text string) float64 {
	f := 1.0
	for i := 0; i < len(text); i++ {
		f *= frequencies[text[i]]
	}
	return f
}

// frequencies are those of bytes in ordinary values, roughly: measured on the request lines,
// referers and user agents of public access logs, decoded and in lower case.
var frequencies = func() (f [256]float64) {
	for b := range f {
		f[b] = 10
		if b < ' ' || b >= 0x7f {
			f[b] = 5
		}
	}
	for bytes, n := range map[string]float64{
		"e": 700, "t": 600, "a": 500, "ois": 450, "rn": 400, "cl": 300, "pmdu": 250, "hgw": 170, "bf": 130, "vkyx": 90, "qzj": 30,
		"01": 300, "2": 200, "3456789": 120, " ": 450, "/.": 300, "-": 180, "_": 100, ",:;()": 80, "=": 60, "&%\"": 40, "?+": 30,
	} {
		for i := range len(bytes) {
			f[bytes[i]] = n
		}
	}
	for b := range f {
		f[b] /= 10_000
	}
	return f
}()

// frequency is how often one of the bytes is expected in a byte of ordinary values.
func (c *Content) frequency() float64 {
	f := 0.0
	for i, word := range c {
		for ; word != 0; word &= word - 1 {
			f += frequencies[i*64+bits.TrailingZeros64(word)]
		}
	}
	return f
}

// readBytes are some of which at least one is in every text that matches; ok is false when none are known.
func readBytes(re *syntax.Regexp) (set Content, ok bool) {
	least := 0.0
	rarer := func(s Content, known bool) {
		if !known {
			return
		}
		if f := s.frequency(); !ok || f < least {
			set, least, ok = s, f, true
		}
	}
	switch re.Op {
	case syntax.OpNoMatch:
		return set, true
	case syntax.OpAnyCharNotNL:
		return classBytes([]rune{0, '\n' - 1, '\n' + 1, unicode.MaxRune}), true
	case syntax.OpAnyChar:
		return classBytes([]rune{0, unicode.MaxRune}), true
	case syntax.OpCharClass:
		return classBytes(re.Rune), true
	case syntax.OpLiteral:
		for _, c := range re.Rune {
			rarer(literalBytes(c, re.Flags), true)
		}
	case syntax.OpCapture, syntax.OpPlus:
		return readBytes(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return readBytes(re.Sub[0])
		}
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			rarer(readBytes(sub))
		}
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			s, known := readBytes(sub)
			if !known {
				return Content{}, false
			}
			set.AddAll(&s)
		}
		return set, true
	}
	return set, ok
}

// literalBytes are those of a character of a literal.
func literalBytes(c rune, flags syntax.Flags) (set Content) {
	l := lowerRune(c)
	if c >= utf8.RuneSelf || flags&syntax.FoldCase != 0 && (l == 's' || l == 'k') { // these fold to longS and kelvin
		return classBytes(literalClass(c, flags))
	}
	set.Add(byte(l))
	return set
}

// classBytes are the bytes that the characters of a class may begin with. Beyond ASCII these are all: UTF-8
// has nearly all of them there, what is not UTF-8 and counts as U+FFFD has all, and binaryregexp takes a
// byte for a character.
func classBytes(class []rune) (set Content) {
	for i := 0; i+1 < len(class); i += 2 {
		lo, hi := class[i], class[i+1]
		for c := lo; c <= min(hi, utf8.RuneSelf-1); c++ {
			set.Add(byte(lowerRune(c)))
		}
		if hi >= utf8.RuneSelf {
			set[2], set[3] = ^uint64(0), ^uint64(0)
		}
	}
	return set
}

func (r reader) minLength(re *syntax.Regexp) int {
	n := 0
	switch re.Op {
	case syntax.OpNoMatch:
		return math.MaxInt32
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1
	case syntax.OpCharClass:
		return r.shortest(re.Rune)
	case syntax.OpLiteral:
		for _, c := range re.Rune {
			if c < utf8.RuneSelf {
				n++ // whatever it folds to
			} else {
				n += r.shortest(literalClass(c, re.Flags))
			}
		}
	case syntax.OpCapture, syntax.OpPlus:
		return r.minLength(re.Sub[0])
	case syntax.OpRepeat:
		return min(re.Min*r.minLength(re.Sub[0]), math.MaxInt32)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			n = min(n+r.minLength(sub), math.MaxInt32)
		}
	case syntax.OpAlternate:
		n = math.MaxInt32
		for _, sub := range re.Sub {
			n = min(n, r.minLength(sub))
		}
	}
	return n
}

// shortest is how many bytes a character of a class has at least.
func (r reader) shortest(class []rune) int {
	n := 4
	for i := 0; i+1 < len(class); i += 2 {
		lo, hi := class[i], class[i+1]
		if r.binary || lo <= utf8.RuneError && utf8.RuneError <= hi || !utf8.ValidRune(lo) {
			return 1
		}
		n = min(n, utf8.RuneLen(lo))
	}
	return n
}
