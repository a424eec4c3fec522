package screen

import (
	"encoding/binary"
	"regexp"
	"regexp/syntax"
	"slices"
	"sync"
	"sync/atomic"
	"unicode"
	"unicode/utf8"
)

// Matcher tells whether a regular expression matches anywhere in a text, as [regexp.Regexp] does but in one step for
// each character: a deterministic automaton whose states are made as texts need them. Texts for which its room does
// not suffice are left to the Regexp. It may be used concurrently.
type Matcher struct {
	re      *regexp.Regexp
	prog    *syntax.Prog
	first   *dfaState
	accept  *dfaState
	bounds  []rune // the first character of each class of them, ascending; what the pattern can't tell apart is one class
	ascii   [utf8.RuneSelf]uint8
	mutex   sync.Mutex // for what follows
	states  map[string]*dfaState
	visited []bool
}

// dfaState is where the instructions are that the text so far leads to.
type dfaState struct {
	insts  []uint32 // what reads a character, or asks for what is around; sorted
	before rune     // stands for the character before: -1 at the beginning, a letter, a line feed, or another
	atEnd  bool     // the text matches if it ends here
	next   []atomic.Pointer[dfaState]
}

// Room: classes and transitions of an expression, and transitions of all of the process, of 8 bytes each.
const (
	maxClasses     = 256
	maxTransitions = 1 << 15
	allTransitions = 3 << 20
)

var transitions atomic.Int64

// NewMatcher makes the automaton of an expression that [regexp.Compile] has made.
func NewMatcher(re *regexp.Regexp) *Matcher {
	m := &Matcher{re: re}
	tree, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil {
		return m // without a first state
	}
	if m.prog, err = syntax.Compile(tree.Simplify()); err != nil {
		return m
	}
	if m.classify(); len(m.bounds) > maxClasses {
		return m
	}
	m.states = map[string]*dfaState{}
	m.visited = make([]bool, len(m.prog.Inst))
	m.accept = &dfaState{}
	insts, matched := m.close(nil, uint32(m.prog.Start), 0)
	m.forget()
	if matched {
		m.first = m.accept
	} else {
		m.first = m.state(insts, -1)
	}
	return m
}

// classify finds the classes of characters.
func (m *Matcher) classify() {
	starts := []rune{0, '\n', '\n' + 1, '0', '9' + 1, 'A', 'Z' + 1, '_', '_' + 1, 'a', 'z' + 1}
	for i := range m.prog.Inst {
		inst := &m.prog.Inst[i]
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
	if len(m.bounds) > maxClasses {
		return
	}
	for c := range m.ascii {
		m.ascii[c] = uint8(m.class(rune(c)))
	}
}

// class of a character: the last that begins at or before it.
func (m *Matcher) class(r rune) int {
	i, found := slices.BinarySearch(m.bounds, r)
	if !found {
		i--
	}
	return i
}

// MatchString is that of [regexp.Regexp].
func (m *Matcher) MatchString(text string) bool {
	s := m.first
	if s == nil {
		return m.re.MatchString(text)
	}
	for _, r := range text {
		if s == m.accept {
			return true
		}
		var class int
		if r < utf8.RuneSelf {
			class = int(m.ascii[r])
		} else {
			class = m.class(r)
		}
		next := s.next[class].Load()
		if next == nil {
			if next = m.step(s, class); next == nil {
				return m.re.MatchString(text)
			}
		}
		s = next
	}
	return s == m.accept || s.atEnd
}

// step is where a character of a class leads to, nil when there is no room for that.
func (m *Matcher) step(s *dfaState, class int) *dfaState {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	r := m.bounds[class]
	readers, matched := m.resolve(s, r)
	if matched {
		s.next[class].Store(m.accept)
		return m.accept
	}
	var insts []uint32
	for _, i := range readers {
		if inst := &m.prog.Inst[i]; reads(inst, r) {
			var found bool
			insts, found = m.close(insts, inst.Out, 0)
			matched = matched || found
		}
	}
	insts, found := m.close(insts, uint32(m.prog.Start), 0) // a match may begin anywhere
	m.forget()
	next := m.accept
	if !matched && !found {
		if next = m.state(insts, r); next == nil {
			return nil
		}
	}
	s.next[class].Store(next)
	return next
}

func reads(inst *syntax.Inst, r rune) bool {
	switch inst.Op {
	case syntax.InstRune, syntax.InstRune1:
		return inst.MatchRune(r)
	case syntax.InstRuneAny:
		return true
	case syntax.InstRuneAnyNotNL:
		return r != '\n'
	}
	return false
}

// resolve follows what asks for what is around, now that the next character is known, -1 at the end.
func (m *Matcher) resolve(s *dfaState, next rune) (insts []uint32, matched bool) {
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
	inst := &m.prog.Inst[i]
	switch inst.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		insts, matched = m.close(insts, inst.Out, around)
		insts, found := m.close(insts, inst.Arg, around)
		return insts, matched || found
	case syntax.InstCapture, syntax.InstNop:
		return m.close(insts, inst.Out, around)
	case syntax.InstEmptyWidth:
		if around != 0 && syntax.EmptyOp(inst.Arg)&^around == 0 {
			return m.close(insts, inst.Out, around)
		}
		return append(insts, i), false
	case syntax.InstMatch:
		return insts, true
	case syntax.InstFail:
		return insts, false
	}
	return append(insts, i), false
}

func (m *Matcher) forget() { clear(m.visited) }

// state is that of instructions and the character before, nil when there is no room for a new one.
func (m *Matcher) state(insts []uint32, before rune) *dfaState {
	switch {
	case before == '\n' || before < 0:
	case syntax.IsWordChar(before):
		before = 'a'
	default:
		before = ' '
	}
	slices.Sort(insts)
	key := binary.AppendVarint(nil, int64(before))
	for _, i := range insts {
		key = binary.AppendUvarint(key, uint64(i))
	}
	if s := m.states[string(key)]; s != nil {
		return s
	}
	n := int64(len(m.bounds))
	if int64(len(m.states)+1)*n > maxTransitions {
		return nil
	}
	if transitions.Add(n) > allTransitions {
		transitions.Add(-n)
		return nil
	}
	s := &dfaState{insts: insts, before: before, next: make([]atomic.Pointer[dfaState], n)}
	_, s.atEnd = m.resolve(s, -1)
	m.states[string(key)] = s
	return s
}
