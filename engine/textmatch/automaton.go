// Package textmatch finds texts and patterns in texts, in time that is in proportion to their length whatever is in them:
//
//   - [Automaton] finds many literals at once;
//   - [Matcher] tells whether a regular expression matches, and where;
//   - [Pattern] is a regular expression as @rx reads it, with what a text must have for it to match: [Literals], [Bytes] and a
//     [MinLength], by which most texts are told without the automaton.
//
// Beside each stands the simple way, regexp or strings, that its tests compare it with.
package textmatch

import "slices"

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
	var t trie
	t.add(0)
	for i, text := range texts {
		if text == "" {
			a.everywhere = append(a.everywhere, i)
			continue
		}
		n := uint32(0)
		for j := range len(text) {
			n = t.childFor(n, a.class[text[j]])
		}
		t.nodes[n].ends = append(t.nodes[n].ends, uint32(i))
	}
	order := t.link(int(a.width))
	a.lay(&t, order)
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

// trie has a node for each beginning of a text. The root is node 0.
type trie struct {
	nodes []node
	first []uint32 // where the root leads to, by class
}

type node struct {
	class   uint8  // of the byte that leads to it
	child   uint32 // the last one, 0 for none
	sibling uint32 // the one before, 0 for none
	fail    uint32 // the longest end of the node's text that is a node too
	depth   uint32
	ends    []uint32 // texts that end there
	own     []edge   // transitions that the last two bytes don't tell
}

type edge struct {
	class uint8
	to    uint32
}

func (t *trie) add(class uint8) uint32 {
	t.nodes = append(t.nodes, node{class: class})
	return uint32(len(t.nodes) - 1)
}

func (t *trie) childFor(n uint32, class uint8) uint32 {
	for c := t.nodes[n].child; c != 0; c = t.nodes[c].sibling {
		if t.nodes[c].class == class {
			return c
		}
	}
	c := t.add(class)
	t.nodes[c].sibling, t.nodes[c].depth = t.nodes[n].child, t.nodes[n].depth+1
	t.nodes[n].child = c
	return c
}

// next is where a node of a trie that is linked leads to.
func (t *trie) next(n uint32, class uint8) uint32 {
	for _, e := range t.nodes[n].own {
		if e.class == class {
			return e.to
		}
	}
	if t.nodes[n].depth == 0 {
		return t.first[class]
	}
	return t.pair(t.nodes[n].class, class)
}

// pair is where two bytes lead to from the root.
func (t *trie) pair(first, second uint8) uint32 {
	if n := t.first[first]; n != 0 {
		for c := t.nodes[n].child; c != 0; c = t.nodes[c].sibling {
			if t.nodes[c].class == second {
				return c
			}
		}
	}
	return t.first[second]
}

// link works out each node's own transitions, and returns the nodes, those near the root first.
func (t *trie) link(width int) []uint32 {
	t.first = make([]uint32, width)
	queue := make([]uint32, 1, len(t.nodes))
	for c := t.nodes[0].child; c != 0; c = t.nodes[c].sibling {
		t.first[t.nodes[c].class] = c
	}
	for i := 0; i < len(queue); i++ {
		n := &t.nodes[queue[i]]
		if n.depth > 0 {
			n.ends = append(n.ends, t.nodes[n.fail].ends...)
		}
		if n.depth > 1 { // and so has the node that it falls back to, unless that is told by the last byte too
			n.own = slices.Clone(t.nodes[n.fail].own)
		}
		for c := n.child; c != 0; c = t.nodes[c].sibling {
			child := &t.nodes[c]
			if n.depth > 0 {
				child.fail = t.next(n.fail, child.class)
			}
			if n.depth > 1 {
				n.own = setEdge(n.own, edge{child.class, c})
			}
			queue = append(queue, c)
		}
	}
	return queue
}

func setEdge(edges []edge, e edge) []edge {
	for i := range edges {
		if edges[i].class == e.class {
			edges[i].to = e.to
			return edges
		}
	}
	return append(edges, e)
}

// lay gives the nodes a place in the table. Those near the root, which are used most, are together. Nodes that
// say nothing of their own all are state 0.
func (a *Automaton) lay(t *trie, order []uint32) {
	state := make([]uint32, len(t.nodes))
	p := packer{width: int(a.width) + 1}
	var classes []uint8
	for _, n := range order {
		classes = classes[:0]
		for _, e := range t.nodes[n].own {
			classes = append(classes, e.class)
		}
		if len(t.nodes[n].ends) > 0 {
			classes = append(classes, uint8(a.width)) // fits, as classes do
		}
		if len(classes) > 0 {
			state[n] = p.place(classes)
		}
	}
	of := func(n uint32) destination {
		if len(t.nodes[n].ends) > 0 {
			return state[n]<<1 | 1
		}
		return state[n] << 1
	}
	a.table = slices.Clip(p.table)
	for _, n := range order {
		for _, e := range t.nodes[n].own {
			a.table[state[n]+uint32(e.class)].to = of(e.to)
		}
		if ends := t.nodes[n].ends; len(ends) > 0 {
			a.table[state[n]+a.width].to = uint32(len(a.from))
			a.from = append(a.from, uint32(len(a.ends)))
			a.ends = append(a.ends, ends...)
		}
	}
	a.from = append(a.from, uint32(len(a.ends)))
	a.ends = slices.Clip(a.ends)
	a.byPair = make([]uint32, a.width*a.width)
	for first := range a.width {
		for second := range a.width {
			a.byPair[first*a.width+second] = of(t.pair(uint8(first), uint8(second)))
		}
	}
}

// packer lays rows of which few entries are used into one another's gaps.
type packer struct {
	width  int // of a row
	table  []transition
	isBase []bool // places where a row begins
	gap    int    // before it there are hardly any
}

// tries bounds how long a place is looked for.
const tries = 64

// place takes the entries of a row of these classes, and returns where the row begins: above 0, and
// where no other does.
func (p *packer) place(classes []uint8) uint32 {
	least := int(slices.Min(classes))
	at := max(p.gap, least+1)
	for n := 0; ; at++ {
		p.grow(at - least + 2*p.width)
		if p.table[at].state != noState {
			continue
		}
		if base := at - least; p.fits(base, classes) {
			p.isBase[base] = true
			for _, c := range classes {
				p.table[base+int(c)].state = uint32(base)
			}
			return uint32(base)
		}
		if n++; n == tries {
			p.gap = at
		}
	}
}

func (p *packer) fits(base int, classes []uint8) bool {
	if p.isBase[base] {
		return false
	}
	for _, c := range classes {
		if p.table[base+int(c)].state != noState {
			return false
		}
	}
	return true
}

func (p *packer) grow(size int) {
	for len(p.table) < size {
		p.table = append(p.table, transition{state: noState})
		p.isBase = append(p.isBase, false)
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
			if !visit(int(t)) {
				return
			}
		}
	}
}

// Size is how many bytes of memory the automaton takes.
func (a *Automaton) Size() int {
	return 4*(cap(a.byPair)+cap(a.from)+cap(a.ends)) + 8*(cap(a.table)+cap(a.everywhere))
}
