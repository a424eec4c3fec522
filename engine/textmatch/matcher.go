package textmatch

import (
	"math/bits"
	"regexp"
	"regexp/syntax"
	"slices"
	"sync"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"rsc.io/binaryregexp"
	binarysyntax "rsc.io/binaryregexp/syntax"
)

// Matcher tells whether a regular expression matches anywhere in a text, as [regexp.Regexp] does but in one step for
// each character: a deterministic automaton whose states are made as texts need them. When its room is full it forgets
// its states, and goes on from where it is. It may be used concurrently.
type Matcher struct {
	prog   *program
	simple func(string) bool // the expression itself, where there is no automaton
	binary bool              // each byte of a text is a character

	first     []rune     // a character of each class of them; what the pattern can't tell apart is one class
	classOf   [256]uint8 // of characters of one byte
	bounds    []rune     // the first character of each range of them, ascending; what is in a range is of one class
	ofRange   []uint8    // class
	firstHigh int        // range of utf8.RuneSelf
	shift     uint8      // there are up to 1<<shift classes
	table     atomic.Pointer[table]
	anchored  *anchored // nil where that does not pay

	looksBack syntax.EmptyOp // what the pattern asks for

	mutex   sync.Mutex    // for what follows
	room    *atomic.Int64 // transitions in the table; others read it, see room.go
	visited []bool
	reached []uint32 // what was visited

	readers, insts, ends []uint32 // for one step
	key                  []byte

	freeStates []dfaState // memory for states to come
	freeInsts  []uint32   // and for their instructions
}

// maxClasses are those that the characters of an expression may come to.
const maxClasses = 256

// NewMatcher makes the automaton of an expression that [regexp.Compile] has made.
func NewMatcher(re *regexp.Regexp) *Matcher {
	tree, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil {
		return &Matcher{simple: re.MatchString} // without a table
	}
	return newMatcher(tree, re.MatchString)
}

// newMatcher makes the automaton of an expression's tree; simple matches without it.
func newMatcher(tree *syntax.Regexp, simple func(text string) bool) *Matcher {
	m := &Matcher{simple: simple}
	if prog, err := syntax.Compile(tree.Simplify()); err == nil {
		m.build(prog)
	}
	return m
}

// NewBinaryMatcher makes the automaton of an expression that [binaryregexp.Compile] has made.
func NewBinaryMatcher(re *binaryregexp.Regexp) *Matcher {
	m := &Matcher{simple: re.MatchString, binary: true}
	tree, err := binarysyntax.Parse(re.String(), binarysyntax.Perl)
	if err != nil {
		return m
	}
	prog, err := binarysyntax.Compile(tree.Simplify())
	if err != nil {
		return m
	}
	// The two packages are one with another alphabet: their programs are the same.
	same := &syntax.Prog{Start: prog.Start, NumCap: prog.NumCap}
	for _, i := range prog.Inst {
		same.Inst = append(same.Inst, syntax.Inst{Op: syntax.InstOp(i.Op), Out: i.Out, Arg: i.Arg, Rune: i.Rune})
	}
	m.build(same)
	return m
}

func (m *Matcher) build(prog *syntax.Prog) {
	if m.classify(prog); len(m.bounds) > maxClasses {
		return
	}
	m.prog = newProgram(prog, m.bounds)
	m.mergeRanges()
	m.visited = make([]bool, len(prog.Inst))
	m.shift = uint8(bits.Len(uint(len(m.first) - 1)))
	m.joinRoom()
	for i := range prog.Inst {
		if inst := &prog.Inst[i]; inst.Op == syntax.InstEmptyWidth {
			m.looksBack |= syntax.EmptyOp(inst.Arg)
		}
	}
	m.anchored = m.anchor()
	m.forgetStates()
}

// beginAt is the state of a match that begins behind a character, or what stands for one.
func (m *Matcher) beginAt(before rune, of traits) state {
	return m.beginIn(m.table.Load(), before, of)
}

// beginIn is beginAt with a state of a table.
func (m *Matcher) beginIn(t *table, before rune, of traits) state {
	insts, matched := m.close(nil, m.prog.start, 0)
	m.forget()
	if matched {
		return accept
	}
	return m.state(t, insts, before, of)
}

// mergeRanges makes one class of the ranges of characters that the pattern can't tell apart: (?i)[a-f] reads capitals, too. The
// fewer classes there are, the closer together is what texts need of the table.
func (m *Matcher) mergeRanges() {
	m.ofRange = make([]uint8, len(m.bounds))
	known := map[string]uint8{}
	var readers []byte // which sets have the range, and what else tells it from others
	for i, r := range m.bounds {
		readers = append(readers[:0], byte(placeInBefores(r)))
		if r >= utf8.RuneSelf {
			readers[0] |= 0x80
		}
		for n := range m.prog.sets {
			if n%8 == 0 {
				readers = append(readers, 0)
			}
			if m.prog.sets[n].has(i) {
				readers[len(readers)-1] |= 1 << (n % 8)
			}
		}
		class, ok := known[string(readers)]
		if !ok {
			class = uint8(len(m.first))
			known[string(readers)] = class
			m.first = append(m.first, r)
		}
		m.ofRange[i] = class
	}
	for _, sets := range [][]classSet{m.prog.sets, m.prog.alike} {
		for n := range sets {
			var merged classSet
			for i := range sets[n].each {
				merged.add(int(m.ofRange[i]))
			}
			sets[n] = merged
		}
	}
	for c := range m.classOf {
		m.classOf[c] = m.ofRange[m.classOf[c]]
	}
}

// classify finds the ranges of characters, which are the classes at first.
func (m *Matcher) classify(prog *syntax.Prog) {
	starts := []rune{0, '\n', '\n' + 1, '0', '9' + 1, 'A', 'Z' + 1, '_', '_' + 1, 'a', 'z' + 1, utf8.RuneSelf}
	for i := range prog.Inst {
		inst := &prog.Inst[i]
		switch {
		case inst.Op != syntax.InstRune && inst.Op != syntax.InstRune1:
		case len(inst.Rune) == 1:
			first := inst.Rune[0]
			starts = append(starts, first, first+1)
			for r := unicode.SimpleFold(first); r != first; r = unicode.SimpleFold(r) {
				starts = append(starts, r, r+1)
			}
		default:
			for j := 0; j+1 < len(inst.Rune); j += 2 {
				starts = append(starts, inst.Rune[j], inst.Rune[j+1]+1)
			}
		}
	}
	slices.Sort(starts)
	m.bounds = slices.Compact(starts)
	if m.binary {
		m.bounds = slices.DeleteFunc(m.bounds, func(r rune) bool { return r > 0xff })
	}
	if len(m.bounds) > maxClasses {
		return
	}
	m.firstHigh = slices.Index(m.bounds, utf8.RuneSelf)
	for c := range m.classOf {
		i, found := slices.BinarySearch(m.bounds, rune(c))
		if !found {
			i--
		}
		m.classOf[c] = uint8(i)
	}
}

// highClass is the class of a character of more than one byte: the last that begins at or before it.
func (m *Matcher) highClass(r rune) int {
	i := m.firstHigh
	for n := len(m.bounds) - i; n > 1; {
		if half := n / 2; m.bounds[i+half] <= r {
			i, n = i+half, n-half
		} else {
			n = half
		}
	}
	return int(m.ofRange[i])
}

// MatchString is that of [regexp.Regexp].
func (m *Matcher) MatchString(text string) bool {
	ok, _ := m.match(text)
	return ok
}

// match is MatchString, and how much work that was, see work.go.
func (m *Matcher) match(text string) (ok bool, work int) {
	switch t := m.table.Load(); {
	case t == nil:
		return m.simple(text), costOfRegexp * len(text)
	case m.anchored != nil:
		ok, _, _, work = m.tryEach(t, text)
		return ok, work
	default:
		ok, end := m.run(t, t.first, text, 0)
		return ok, costOfStep * end
	}
}

// run reports whether a match begins at i, where the state is s, or later, and where that is known.
func (m *Matcher) run(t *table, s state, text string, i int) (ok bool, end int) {
	for s != accept && i < len(text) {
		class, size := m.classAt(text, i)
		i += size
		t, s = m.next(t, s, class)
	}
	return s == accept || t.at(s).atEnd, i
}

// Find is about a match, if there is one: it ends at end or one character before, and neither it nor any other match begins
// before from. What the expression finds in the text from there on is what it finds in the whole text.
func (m *Matcher) Find(text string) (from, end int, ok bool) {
	t := m.table.Load()
	if t == nil {
		return 0, len(text), m.simple(text)
	}
	if m.anchored != nil {
		ok, from, end, _ = m.tryEach(t, text)
		for from > 0 {
			before, size := m.lastRune(text[:from])
			if m.isLikeBeginning(before) {
				break
			}
			from -= size
		}
		return from, end, ok
	}
	s, i := t.first, 0
	for i < len(text) && s != accept {
		if t.at(s).traits&isIdle != 0 {
			from = i
		}
		class, size := m.classAt(text, i)
		i += size
		t, s = m.next(t, s, class)
	}
	return from, i, s == accept || t.at(s).atEnd
}

// lastRune is the last character of a text, and its length.
func (m *Matcher) lastRune(text string) (r rune, size int) {
	if m.binary {
		return rune(text[len(text)-1]), 1
	}
	return utf8.DecodeLastRuneInString(text)
}

// classAt is the class of the character that begins at i, and its length.
func (m *Matcher) classAt(text string, i int) (class, size int) {
	if text[i] < utf8.RuneSelf || m.binary {
		return int(m.classOf[text[i]]), 1
	}
	r, size := utf8.DecodeRuneInString(text[i:])
	return m.highClass(r), size
}

// next is where a character of a class leads to, and the table that has that state.
func (m *Matcher) next(t *table, s state, class int) (*table, state) {
	if next := atomic.LoadUint32(&t.next[int(s)+class]); next != unknown {
		return t, next
	}
	return m.step(t, s, class)
}

// step is next where a table does not know it.
func (m *Matcher) step(of *table, s state, class int) (*table, state) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if t := m.table.Load(); t != of && t.isCopy(of) && t.next[int(s)+class] != unknown {
		return t, t.next[int(s)+class]
	}
	next := m.follow(of.at(s), class)
	t := m.table.Load()
	if t.isCopy(of) {
		row := t.next[s : int(s)+len(m.first)]
		atomic.StoreUint32(&row[class], next)
		m.fill(row, class, next)
	}
	return t, next
}

// fill lets classes that a state's row does not know lead to where one has led that was followed last, if each instruction
// reads both or neither: of [a-z0-9]* these are all letters.
func (m *Matcher) fill(row []state, followed int, next state) {
	same := m.prog.alike[placeInBefores(m.first[followed])]
	for _, i := range m.readers {
		same.keep(m.prog.readBy(i), followed)
	}
	for class := range same.each {
		if row[class] == unknown {
			atomic.StoreUint32(&row[class], next)
		}
	}
}

// follow is where a character of a class leads to.
func (m *Matcher) follow(from *dfaState, class int) state {
	r := m.first[class]
	readers, matched := m.resolve(m.readers[:0], from, r)
	if m.readers = readers; matched {
		return accept
	}
	insts := m.insts[:0]
	for _, i := range readers {
		if m.prog.readBy(i).has(class) {
			var found bool
			insts, found = m.close(insts, m.prog.insts[i].out, 0)
			matched = matched || found
		}
	}
	of := from.traits & isAnchored
	if of == 0 { // a match may begin anywhere
		if len(insts) == 0 && m.isLikeBeginning(r) {
			of = isIdle
		}
		var found bool
		insts, found = m.close(insts, m.prog.start, 0)
		matched = matched || found
	}
	m.forget()
	m.insts = insts
	switch {
	case matched:
		return accept
	case of&isAnchored != 0 && len(insts) == 0:
		return dead
	}
	return m.state(m.table.Load(), insts, r, of)
}

// resolve appends what is reached behind what asks for what is around, now that the next character is known, -1 at the end.
func (m *Matcher) resolve(insts []uint32, s *dfaState, next rune) (_ []uint32, matched bool) {
	around := syntax.EmptyOpContext(s.before, next)
	for _, i := range s.insts {
		var found bool
		insts, found = m.close(insts, i, around)
		matched = matched || found
	}
	m.forget()
	return insts, matched
}

// close appends the instructions that are reached without reading a character: where around is not known yet, at 0,
// those that ask for it remain.
func (m *Matcher) close(insts []uint32, i uint32, around syntax.EmptyOp) (_ []uint32, matched bool) {
	if m.visited[i] {
		return insts, false
	}
	m.visited[i] = true
	m.reached = append(m.reached, i)
	inst := &m.prog.insts[i]
	switch syntax.InstOp(inst.op) {
	case syntax.InstAlt, syntax.InstAltMatch:
		insts, matched = m.close(insts, inst.out, around)
		insts, found := m.close(insts, inst.arg, around)
		return insts, matched || found
	case syntax.InstCapture, syntax.InstNop:
		return m.close(insts, inst.out, around)
	case syntax.InstEmptyWidth:
		if around != 0 && syntax.EmptyOp(inst.arg)&^around == 0 {
			return m.close(insts, inst.out, around)
		}
		return append(insts, i), false
	case syntax.InstMatch:
		return insts, true
	case syntax.InstFail:
		return insts, false
	}
	return append(insts, i), false
}

func (m *Matcher) forget() {
	for _, i := range m.reached {
		m.visited[i] = false
	}
	m.reached = m.reached[:0]
}

// isLikeBeginning: what the pattern can ask for after this character is what it would find at the beginning of a text.
func (m *Matcher) isLikeBeginning(before rune) bool {
	switch before = standsFor(before); {
	case before < 0:
		return true
	case m.looksBack&syntax.EmptyBeginText != 0:
		return false
	case before == '\n':
		return true
	}
	return m.looksBack&syntax.EmptyBeginLine == 0 && (before == ' ' || m.looksBack&(syntax.EmptyWordBoundary|syntax.EmptyNoWordBoundary) == 0)
}

// standsFor is the character that stands for one before which patterns can't tell from it.
func standsFor(before rune) rune {
	switch {
	case before == '\n' || before < 0:
		return before
	case syntax.IsWordChar(before):
		return 'a'
	}
	return ' '
}
