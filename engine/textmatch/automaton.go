// Package textmatch finds texts and patterns in texts, in time that is in proportion to their length whatever is in them:
//
//   - [Automaton] finds many literals at once;
//   - [Matcher] tells whether a regular expression matches, and where;
//   - [Pattern] is a regular expression as @rx reads it, with what a text must have for it to match: [Literals], [Bytes] and a
//     [MinLength], by which most texts are told without the automaton.
//
// Beside each stands the simple way, regexp or strings, that its tests compare it with.
package textmatch

// Automaton finds which of many texts are in a value, ASCII letters in any case, in one pass. It is
// that of Aho and Corasick with all transitions worked out. It is safe for concurrent use.
//
// Where a state leads to is nearly always told by the last two bytes alone, so that only what differs from that
// is kept for each state. The rows of the states are in one table, each in the gaps of others.
type Automaton struct {
	class  [256]uint8
	width  uint32        // number of classes of bytes
	byPair []destination // where to go by the class of the last byte and of the next, if the state does not say
	table  []transition  // at state + class, if it is the state's

	// The texts that end in the nth accepting state are ends[from[n]:from[n+1]]. Where a transition
	// by the class width would be, an accepting state has n.
	from []uint32
	ends []uint32

	everywhere []int // texts without a byte
}

// destination is a state, twice, and one more if a text ends there.
type destination = uint32

// transition belongs to a state, or to none.
type transition struct {
	state uint32
	to    destination
}

const noState = ^uint32(0)

// NewAutomaton makes an automaton that knows each text by its index.
func NewAutomaton(texts []string) *Automaton {
	a := &Automaton{}
	a.classify(texts)
	t := newTrie(int(a.width), len(texts))
	for i, text := range texts {
		if text == "" {
			a.everywhere = append(a.everywhere, i)
			continue
		}
		n := uint32(0)
		for j := range len(text) {
			n = t.childFor(n, a.class[text[j]])
		}
		t.end(n, i)
	}
	a.lay(t, t.link())
	return a
}

// classify gives a class to each byte that the texts have, and one to all others.
func (a *Automaton) classify(texts []string) {
	a.width = 1
	for _, t := range texts {
		for j := range len(t) {
			b := lowerByte(t[j])
			if a.class[b] != 0 {
				continue
			}
			a.class[b] = uint8(a.width) // fits: letters in upper case have no class of their own
			a.width++
		}
	}
	for b := 'A'; b <= 'Z'; b++ {
		a.class[b] = a.class[lowerRune(b)]
	}
}

func lowerByte(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}

// Each calls visit with the index of every text that is in the value and where it ends, for each place where it does, in the
// order of these; it stops when visit returns false. Of the empty text only the first place counts.
func (a *Automaton) Each(value string, visit func(text, end int) bool) {
	for _, t := range a.everywhere {
		if !visit(t, 0) {
			return
		}
	}
	table, byPair, class, width := a.table, a.byPair, &a.class, a.width
	if len(table) == 0 {
		return // there are no texts
	}
	state, last := uint32(0), uint32(0)
	for i := 0; i < len(value); i++ {
		c := uint32(class[value[i]])
		to := byPair[last*width+c]
		if t := table[state+c]; t.state == state {
			to = t.to
		}
		state, last = to>>1, c
		if to&1 == 0 {
			continue
		}
		n := table[state+width].to
		for _, t := range a.ends[a.from[n]:a.from[n+1]] {
			if !visit(int(t), i+1) {
				return
			}
		}
	}
}

// Size is how many bytes of memory the automaton takes.
func (a *Automaton) Size() int {
	return 4*(cap(a.byPair)+cap(a.from)+cap(a.ends)) + 8*(cap(a.table)+cap(a.everywhere))
}
