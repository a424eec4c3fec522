package textmatch

import "math/bits"

// trie is what an automaton is made of: a node for each beginning of a text, the root node 0. A rule set has tens of
// thousands, so they have no memory of their own: what is of one node stands behind one another in a list for all.
type trie struct {
	nodes  []node
	edges  []edge   // of all nodes: see node.from
	same   []uint32 // by text: another one that ends at the same node and 1, 0 for none
	width  int      // number of classes of bytes
	first  []uint32 // where the root leads to, by class, 0 for nowhere
	second []uint32 // where these do, by both classes
}

type node struct {
	child    uint32 // the last one, 0 for none
	sibling  uint32 // the one before, 0 for none
	fail     uint32 // the longest end of the node's text that is a node too
	text     uint32 // one that ends there and 1, 0 for none; for others see trie.same
	from, to uint32 // of its own transitions, those that the last two bytes don't tell
	class    uint8  // of the byte that leads to it
	depth    uint8  // 2 for all that are farther from the root
	accepts  bool   // some text ends there, or at an end of the node's text
}

type edge struct {
	to    uint32
	class uint8
}

func newTrie(width, texts int) *trie {
	t := &trie{nodes: make([]node, 1, 1+12*texts), width: width, same: make([]uint32, texts)}
	t.first, t.second = make([]uint32, width), make([]uint32, width*width)
	return t
}

// childFor is the node behind another one, made if there is none.
func (t *trie) childFor(n uint32, class uint8) uint32 {
	of := &t.nodes[n]
	var known *uint32
	switch of.depth {
	case 0:
		known = &t.first[class]
	case 1:
		known = &t.second[int(of.class)*t.width+int(class)]
	default:
		for c := of.child; c != 0; c = t.nodes[c].sibling {
			if t.nodes[c].class == class {
				return c
			}
		}
		return t.add(n, class)
	}
	if *known == 0 {
		*known = t.add(n, class)
	}
	return *known
}

func (t *trie) add(parent uint32, class uint8) uint32 {
	c, of := uint32(len(t.nodes)), &t.nodes[parent]
	one := node{class: class, depth: min(of.depth+1, 2), sibling: of.child}
	of.child = c
	t.nodes = append(t.nodes, one)
	return c
}

// end lets a text end at a node.
func (t *trie) end(n uint32, text int) {
	t.same[text], t.nodes[n].text = t.nodes[n].text, uint32(text)+1
}

// next is where a node of a trie that is linked leads to.
func (t *trie) next(n uint32, class uint8) uint32 {
	of := &t.nodes[n]
	for _, e := range t.edges[of.from:of.to] {
		if e.class == class {
			return e.to
		}
	}
	if of.depth == 0 {
		return t.first[class]
	}
	return t.pair(of.class, class)
}

// pair is where two bytes lead to from the root.
func (t *trie) pair(first, second uint8) uint32 {
	if n := t.second[int(first)*t.width+int(second)]; n != 0 {
		return n
	}
	return t.first[second]
}

// link works out each node's own transitions, and returns the nodes, those near the root first.
func (t *trie) link() []uint32 {
	queue := make([]uint32, 1, len(t.nodes))
	t.edges = make([]edge, 0, 5*len(t.nodes))
	for i := 0; i < len(queue); i++ {
		n := &t.nodes[queue[i]]
		n.from = uint32(len(t.edges))
		if fail := &t.nodes[n.fail]; n.depth > 0 {
			n.accepts = n.text != 0 || fail.accepts
			if n.depth > 1 { // what the node has that it falls back to, unless that is told by the last byte too
				t.edges = append(t.edges, t.edges[fail.from:fail.to]...)
			}
		}
		for c := n.child; c != 0; c = t.nodes[c].sibling {
			child := &t.nodes[c]
			if n.depth > 0 {
				child.fail = t.next(n.fail, child.class)
			}
			if n.depth > 1 {
				t.setEdge(n.from, edge{c, child.class})
			}
			queue = append(queue, c)
		}
		n.to = uint32(len(t.edges))
	}
	return queue
}

// setEdge makes a transition one of those from some place on.
func (t *trie) setEdge(from uint32, e edge) {
	for i := range t.edges[from:] {
		if known := &t.edges[from:][i]; known.class == e.class {
			known.to = e.to
			return
		}
	}
	t.edges = append(t.edges, e)
}

// lay gives the nodes a place in the table. Those near the root, which are used most, are together. Nodes that
// say nothing of their own all are state 0.
func (a *Automaton) lay(t *trie, order []uint32) {
	state := make([]uint32, len(t.nodes))
	var p packer
	var classes []uint8
	for _, i := range order {
		n := &t.nodes[i]
		classes = classes[:0]
		for _, e := range t.edges[n.from:n.to] {
			classes = append(classes, e.class)
		}
		if n.accepts {
			classes = append(classes, uint8(a.width)) // fits, as classes do
		}
		if len(classes) > 0 {
			state[i] = p.place(classes)
		}
	}
	of := func(n uint32) destination {
		if t.nodes[n].accepts {
			return state[n]<<1 | 1
		}
		return state[n] << 1
	}
	if p.last > 0 {
		a.table = make([]transition, p.last+a.width+1)
		for i := range a.table {
			a.table[i].state = noState
		}
	}
	for _, i := range order {
		n, row := &t.nodes[i], state[i]
		for _, e := range t.edges[n.from:n.to] {
			a.table[row+uint32(e.class)] = transition{row, of(e.to)}
		}
		if n.accepts {
			a.table[row+a.width] = transition{row, a.accept(t, n, state[n.fail])}
		}
	}
	a.from = append(a.from, uint32(len(a.ends)))
	a.byPair = make([]uint32, a.width*a.width)
	for first := range a.width {
		for second := range a.width {
			a.byPair[first*a.width+second] = of(t.pair(uint8(first), uint8(second)))
		}
	}
}

// accept makes an accepting state, of the texts that end at a node and at the state that it falls back to.
func (a *Automaton) accept(t *trie, n *node, fail uint32) uint32 {
	a.from = append(a.from, uint32(len(a.ends)))
	for text := n.text; text != 0; text = t.same[text-1] {
		a.ends = append(a.ends, text-1)
	}
	if t.nodes[n.fail].accepts {
		shorter := a.table[fail+a.width].to
		a.ends = append(a.ends, a.ends[a.from[shorter]:a.from[shorter+1]]...)
	}
	return uint32(len(a.from) - 1)
}

// packer lays rows of which few entries are used into one another's gaps. Places are bits, so that a row is compared with
// all of them at a time.
type packer struct {
	used  []uint64 // entries of some row
	bases []uint64 // where a row begins
	gap   int      // before it there is hardly any room
	last  uint32   // of the bases
}

// row has the entries of a row of up to 256, from the first one on.
type row [4]uint64

// tries bounds how long a place is looked for, in places that don't fit and in words without any.
const tries = 64

// place takes the entries of a row of these classes, and returns where the row begins: above 0, and
// where no other does.
func (p *packer) place(classes []uint8) uint32 {
	least := int(classes[0])
	for _, c := range classes {
		least = min(least, int(c))
	}
	var r row
	for _, c := range classes {
		i := int(c) - least
		r[i/64] |= 1 << (i % 64)
	}
	for at, n := max(p.gap, least+1), 0; ; at++ {
		from := at
		at = p.free(at)
		if base := at - least; p.fits(at, base, &r) {
			p.take(at, base, &r)
			return uint32(base)
		}
		known := n
		if n += 1 + (at-from)/64; known < tries && n >= tries {
			p.gap = at
		}
	}
}

// free is the next place from at on that no row has. Behind it there is room for a row.
func (p *packer) free(at int) int {
	for {
		if more := at/64 + len(row{}) + 1 - len(p.used); more > 0 {
			p.used = append(p.used, make([]uint64, max(more, len(p.used)))...)
			p.bases = append(p.bases, make([]uint64, len(p.used)-len(p.bases))...)
		}
		if free := ^p.used[at/64] >> (at % 64); free != 0 {
			return at + bits.TrailingZeros64(free)
		}
		at = (at/64 + 1) * 64
	}
}

func (p *packer) fits(at, base int, r *row) bool {
	if p.bases[base/64]>>(base%64)&1 != 0 {
		return false
	}
	used, shift := p.used[at/64:], at%64
	for i, entries := range r {
		if used[i]&(entries<<shift) != 0 || used[i+1]&(entries>>(64-shift)) != 0 {
			return false
		}
	}
	return true
}

func (p *packer) take(at, base int, r *row) {
	p.bases[base/64] |= 1 << (base % 64)
	used, shift := p.used[at/64:], at%64
	for i, entries := range r {
		used[i] |= entries << shift
		used[i+1] |= entries >> (64 - shift)
	}
	p.last = max(p.last, uint32(base))
}
