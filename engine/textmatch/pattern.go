package textmatch

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"
	"weak"

	"rsc.io/binaryregexp"
)

// Pattern is a regular expression as Coraza's @rx reads it, and faster. It may be used concurrently.
type Pattern struct {
	text  func() *regexp.Regexp // compiled when it is asked for: the automaton answers most questions
	bytes *binaryregexp.Regexp  // instead of text: the pattern asks for bytes that are no characters

	needs   func() needs // found out when it is asked for, as it takes long and many rules never run
	matcher func() *Matcher
	tail    func() *Matcher // see tailOf; nil without one
	levels  func() LevelSet // of texts that it may match

	// What is found out, side by side in memory: a hundred patterns are asked about each record.
	check     atomic.Pointer[check]
	automaton atomic.Pointer[Matcher]
}

// check is what a text is asked before the automaton is.
type check struct {
	length, sets int // at least, and of bytes
	tail         *Matcher
	bytes        [mostByteSets]Content // one of each of the sets
}

// needs is what a text must have for a pattern to match it.
type needs struct {
	literals []string // one of these, nil when none are known
	bytes    ByteSets // one of each of these
	length   int      // in bytes, at least
}

func needsOf(tree *syntax.Regexp, mayBeBinary bool) (n needs) {
	n.length = minLengthOf(tree, mayBeBinary)
	if set, ok := literalsOf(tree, mayBeBinary); ok {
		n.literals = set
	}
	n.bytes = bytesOf(tree)
	return n
}

// patterns remembers all of them, as the rule sets of a process have most in common.
var patterns sync.Map

// PatternOf compiles a pattern, or fails with what is wrong with it. The same pattern is compiled once.
func PatternOf(pattern string) (*Pattern, error) {
	if p, ok := patterns.Load(pattern); ok {
		return p.(*Pattern), nil
	}
	p, err := newPattern(pattern)
	if err != nil {
		return nil, err
	}
	known, _ := patterns.LoadOrStore(pattern, p)
	return known.(*Pattern), nil
}

// PassingPattern compiles a pattern that may be wanted once only, since values of a record are in it. It is not remembered, and
// has no automata, as these share their room with all others.
func PassingPattern(pattern string) (*Pattern, error) {
	p, m := newParsed(pattern, nil), &Matcher{}
	p.matcher, p.tail = func() *Matcher { return m }, func() *Matcher { return nil }
	if asksForBytes(pattern) {
		bytes, err := binaryregexp.Compile(pattern)
		if err != nil {
			return nil, err
		}
		p.bytes, m.simple = bytes, bytes.MatchString
		return p, nil
	}
	text, err := regexp.Compile("(?sm)" + pattern)
	if err != nil {
		return nil, err
	}
	p.text, m.simple = func() *regexp.Regexp { return text }, text.MatchString
	return p, nil
}

// Passing compiles passing patterns, and keeps the last: what has macros in it expands to the same in most records. The zero
// value is ready, and may be used concurrently.
type Passing struct{ last atomic.Pointer[passing] }

// passing is a pattern and its text.
type passing struct {
	text    string
	pattern *Pattern // nil if the text is none
}

// Pattern is the pattern of a text, nil if that is none: nothing matches it.
func (o *Passing) Pattern(text string) *Pattern {
	if known := o.last.Load(); known != nil && known.text == text {
		return known.pattern
	}
	p, err := PassingPattern(text)
	if err != nil {
		p = nil
	}
	o.last.Store(&passing{strings.Clone(text), p}) // the text may be a view into a record
	return p
}

func newPattern(pattern string) (*Pattern, error) {
	tree, err := parse(pattern)
	if asksForBytes(pattern) {
		return newBinaryPattern(pattern, tree)
	}
	if err != nil {
		return nil, err
	}
	p, again := newParsed(pattern, tree), parsedAgain(pattern, tree)
	p.text = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("(?sm)" + pattern) })
	p.matcher = sync.OnceValue(func() *Matcher {
		return newMatcher(again(), func(text string) bool { return p.text().MatchString(text) })
	})
	p.tail = sync.OnceValue(func() *Matcher { return tailOf(pattern, again()) })
	return p, nil
}

// newBinaryPattern is newPattern of one that asks for bytes. The tree is nil where it is a pattern of bytes alone.
func newBinaryPattern(pattern string, tree *syntax.Regexp) (p *Pattern, err error) {
	p = newParsed(pattern, tree)
	p.bytes, err = binaryregexp.Compile(pattern)
	p.matcher = sync.OnceValue(func() *Matcher { return NewBinaryMatcher(p.bytes) })
	return p, err
}

// newParsed is a pattern with what its tree tells, which is found out when it is asked for.
func newParsed(pattern string, tree *syntax.Regexp) *Pattern {
	if tree == nil {
		return &Pattern{needs: func() needs { return needs{} }, levels: func() LevelSet { return AllLevels }}
	}
	again := parsedAgain(pattern, tree)
	return &Pattern{
		needs:  sync.OnceValue(func() needs { return needsOf(again(), mayBeBinary(pattern)) }),
		levels: sync.OnceValue(func() LevelSet { return levelsOfTree(again()) }),
	}
}

// parsedAgain gives a pattern's tree, which is parsed again if the memory has been taken away: trees are large, and those of
// rules that never run would be kept for good.
func parsedAgain(pattern string, tree *syntax.Regexp) func() *syntax.Regexp {
	kept := weak.Make(tree)
	return func() *syntax.Regexp {
		if tree := kept.Value(); tree != nil {
			return tree
		}
		tree, err := parse(pattern)
		if err != nil {
			panic(err) // it was parsed before
		}
		return tree
	}
}

// longestCounted is how many characters a part of a pattern may count without being slow.
const longestCounted = 16

// Literals are texts of which one is in each text that the pattern matches, in any case; nil when none are known.
func (p *Pattern) Literals() []string { return p.needs().literals }

// Needs are how many bytes a text that the pattern matches has at least, and bytes are sets of which each such text has one byte
// each, in lower case. 0 and none where nothing is known.
func (p *Pattern) Needs() (length int, bytes ByteSets) {
	if p.bytes != nil {
		return 0, nil
	}
	n := p.needs()
	return n.length, n.bytes
}

// Levels are the alphabets of texts that the pattern may match.
func (p *Pattern) Levels() LevelSet { return p.levels() }

// tailOf is what stands behind the last part of a pattern that counts up to many characters: ['"][\s\S]{0,40}\bsleep. The
// automaton of the whole has a state for each set of places where such a count may stand, more than there is room for. That
// of the tail has few, and a text in which the tail is not can't match. It is nil where there is no such part.
func tailOf(pattern string, tree *syntax.Regexp) *Matcher {
	if !strings.Contains(pattern, "{") || tree.Op != syntax.OpConcat {
		return nil
	}
	for i, sub := range slices.Backward(tree.Sub) {
		if sub.Op != syntax.OpRepeat || sub.Max < longestCounted {
			continue
		}
		tail := &syntax.Regexp{Op: syntax.OpConcat, Flags: tree.Flags, Sub: tree.Sub[i+1:]}
		text := tail.String()
		if MinLength(text) == 0 {
			return nil
		}
		compiled, err := regexp.Compile(text)
		if err != nil {
			return nil
		}
		return NewMatcher(compiled)
	}
	return nil
}

var hexEscape = regexp.MustCompile(`\\x(?:\{[[:xdigit:]]{2}[^}]*\}|[[:xdigit:]]{2})`)

// asksForBytes reports whether Coraza matches bytes with a pattern, and not characters.
func asksForBytes(pattern string) bool {
	return !utf8.ValidString(hexEscape.ReplaceAllStringFunc(pattern, func(escape string) string {
		digits := escape[2:4]
		if digits[0] == '{' {
			digits = escape[3:5]
		}
		n, _ := strconv.ParseUint(digits, 16, 8)
		return string([]byte{byte(n)})
	}))
}

// Prepare makes what the first text would have to wait for otherwise.
func (p *Pattern) Prepare() {
	p.needs()
	p.matcher()
	if p.tail != nil {
		p.tail()
	}
}

// MatchString reports whether the pattern matches anywhere in a text.
func (p *Pattern) MatchString(text string) bool {
	ok, _ := p.Measure(text)
	return ok
}

// Measure is MatchString, and how much work that was.
func (p *Pattern) Measure(text string) (ok bool, work int) {
	lower := LowerContentOf(text)
	return p.MeasureOf(text, &lower)
}

// MeasureOf is Measure of a text whose content, in lower case, is known.
func (p *Pattern) MeasureOf(text string, lower *Content) (ok bool, work int) {
	may, before := p.mayMatch(text, lower)
	if !may {
		return false, before
	}
	ok, work = p.match(text)
	if p.check.Load().tail != nil {
		work *= costOfCounting // states are made and forgotten
	}
	return ok, before + work
}

// Bounds of captures. Finding them takes far longer than finding that there is a match. What is captured beyond the first
// match's end is cut; of a match that is longer than that, the whole is captured, and all groups are empty.
const (
	mostCaptured   = 9 // with the whole
	longestCapture = 4 << 10
	CaptureBehind  = 1 << 10
)

// Captures are the match and what its groups capture, nine in all at most; nil without a match.
func (p *Pattern) Captures(text string) []string {
	lower := LowerContentOf(text)
	if may, _ := p.mayMatch(text, &lower); !may {
		return nil
	}
	from, end, ok := p.matcher().Find(text)
	switch {
	case !ok:
		return nil
	case end-from > longestCapture: // groups as well: what they had captured of another text would be taken for this one's
		all := make([]string, 1+min(p.groups(), mostCaptured-1))
		all[0] = text[from:end]
		return all
	}
	behind := min(len(text), end+CaptureBehind)
	for behind < len(text) && !utf8.RuneStart(text[behind]) {
		behind++
	}
	var all []string
	if p.bytes != nil {
		all = p.bytes.FindStringSubmatch(text[from:behind])
	} else {
		all = p.text().FindStringSubmatch(text[from:behind])
	}
	return all[:min(len(all), mostCaptured)]
}

// groups is how many the pattern has.
func (p *Pattern) groups() int {
	if p.bytes != nil {
		return p.bytes.NumSubexp()
	}
	return p.text().NumSubexp()
}

// mayMatch reports whether a text has what it must have, and how much work that was.
func (p *Pattern) mayMatch(text string, lower *Content) (may bool, work int) {
	c := p.check.Load()
	if c == nil {
		c = p.newCheck()
	}
	if len(text) < c.length || !ByteSets(c.bytes[:c.sets]).AllIn(lower) {
		return false, 0
	}
	if c.tail != nil {
		return c.tail.match(text)
	}
	return true, 0
}

// newCheck finds out what a text must have.
func (p *Pattern) newCheck() *check {
	c := &check{}
	length, bytes := p.Needs()
	c.length, c.sets = length, copy(c.bytes[:], bytes)
	if p.bytes == nil { // of patterns of bytes there is no tail
		c.tail = p.tail()
	}
	p.check.Store(c)
	return c
}

// match is that of the automaton, which is made if it is not yet.
func (p *Pattern) match(text string) (ok bool, work int) {
	m := p.automaton.Load()
	if m == nil {
		m = p.matcher()
		p.automaton.Store(m)
	}
	return m.match(text)
}
