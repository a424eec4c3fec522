package screen

import "slices"

// Automaton finds which of many texts are in a value, ASCII letters in any case, in one pass. It is
// that of Aho and Corasick with all transitions worked out. It is safe for concurrent use.
type Automaton struct {
	// next has one row for each state, with one entry for each class of bytes: where the row
	// of the next state begins. The rows of states in which a text ends are behind all others.
	next      []uint32
	class     [256]uint8
	width     uint32 // of a row
	accepting uint32 // where the rows of states in which a text ends begin

	// The texts that end in the nth accepting state are ends[from[n]:from[n+1]].
	from []uint32
	ends []uint32

	everywhere []int // texts without a byte
}

// NewAutomaton makes an automaton that knows each text by its index.
func NewAutomaton(texts []string) *Automaton {
	a := &Automaton{}
	a.classify(texts)
	most := 1
	for _, t := range texts {
		most += len(t)
	}
	// Growing what is large would leave as much behind, many times.
	b := builder{width: int(a.width), next: make([]uint32, 0, most*int(a.width)), ends: make([][]uint32, 0, most)}
	b.state() // the root
	for i, t := range texts {
		if t == "" {
			a.everywhere = append(a.everywhere, i)
			continue
		}
		s := 0
		for j := range len(t) {
			s = b.child(s, int(a.class[t[j]]))
		}
		b.ends[s] = append(b.ends[s], uint32(i))
	}
	a.lay(&b, b.link())
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

// builder holds the states of an automaton in the order in which they were found. A transition
// is the state it leads to; before link, 0 is none.
type builder struct {
	width int
	next  []uint32
	ends  [][]uint32 // texts that end in each state
}

func (b *builder) state() int {
	b.next = b.next[:len(b.next)+b.width]
	b.ends = append(b.ends, nil)
	return len(b.ends) - 1
}

func (b *builder) child(s, class int) int {
	if t := b.next[s*b.width+class]; t != 0 {
		return int(t)
	}
	t := b.state()
	b.next[s*b.width+class] = uint32(t)
	return t
}

func (b *builder) row(s int) []uint32 { return b.next[s*b.width : (s+1)*b.width] }

// link works out the transitions that the texts don't have: those of the longest end of what
// was read that a text begins with. It returns the states, those near the root first.
func (b *builder) link() []int {
	fail := make([]int, len(b.ends))
	queue := []int{0}
	for _, t := range b.row(0) {
		if t != 0 {
			queue = append(queue, int(t))
		}
	}
	for i := 1; i < len(queue); i++ {
		s := queue[i]
		shorter := b.row(fail[s])
		b.ends[s] = append(b.ends[s], b.ends[fail[s]]...)
		row := b.row(s)
		for class, t := range row {
			if t == 0 {
				row[class] = shorter[class]
				continue
			}
			fail[t] = int(shorter[class])
			queue = append(queue, int(t))
		}
	}
	return queue
}

// lay puts the states where Each wants them. Those near the root, which are used most, are
// together.
func (a *Automaton) lay(b *builder, states []int) {
	order := make([]int, 0, len(states))
	for _, s := range states {
		if len(b.ends[s]) == 0 {
			order = append(order, s)
		}
	}
	a.accepting = uint32(len(order)) * a.width
	for _, s := range states {
		if ends := b.ends[s]; len(ends) > 0 {
			order = append(order, s)
			a.from = append(a.from, uint32(len(a.ends)))
			a.ends = append(a.ends, ends...)
		}
	}
	a.from = append(a.from, uint32(len(a.ends)))
	a.ends = slices.Clip(a.ends)
	at := make([]uint32, len(order))
	for i, s := range order {
		at[s] = uint32(i) * a.width
	}
	a.next = make([]uint32, 0, len(b.next))
	for _, s := range order {
		for _, t := range b.row(s) {
			a.next = append(a.next, at[t])
		}
	}
}

// Each calls visit with the index of every text that is in the value, perhaps more than once; it
// stops when visit returns false.
func (a *Automaton) Each(value string, visit func(text int) bool) {
	for _, t := range a.everywhere {
		if !visit(t) {
			return
		}
	}
	next, class, accepting := a.next, &a.class, a.accepting
	s := uint32(0)
	for i := 0; i < len(value); i++ {
		s = next[s+uint32(class[value[i]])]
		if s < accepting {
			continue
		}
		n := (s - accepting) / a.width
		for _, t := range a.ends[a.from[n]:a.from[n+1]] {
			if !visit(int(t)) {
				return
			}
		}
	}
}

// Size is how many bytes of memory the automaton takes.
func (a *Automaton) Size() int {
	return 4*(cap(a.next)+cap(a.from)+cap(a.ends)) + 8*cap(a.everywhere)
}
