package report

// names are the different texts of one key of alerts, by number. Number 0 is what stands for all that there was no
// room for.
type names struct {
	list  []string
	index map[string]int32
	most  int
}

func newNames(most int) *names {
	return &names{list: []string{""}, index: map[string]int32{}, most: most}
}

// full reports whether a text would have no number of its own.
func (n *names) full(text string) bool {
	_, ok := n.index[text]
	return !ok && len(n.list) > n.most
}

// number is the text's, 0 if there is no room.
func (n *names) number(text string) int32 {
	if i, ok := n.index[text]; ok {
		return i
	}
	if len(n.list) > n.most {
		return 0
	}
	i := int32(len(n.list))
	n.list = append(n.list, text)
	n.index[text] = i
	return i
}

// same is the text as it is kept, so that many equal ones take no more room.
func (n *names) same(text string) string {
	if i, ok := n.index[text]; ok {
		return n.list[i]
	}
	return text
}

// find is the number that a text has, 0 if it has none.
func (n *names) find(text string) int32 { return n.index[text] }

// keep leaves only some, by their numbers, and is the new number of each.
func (n *names) keep(numbers map[int32]bool) (renumbered []int32) {
	renumbered = make([]int32, len(n.list))
	kept := newNames(n.most)
	for i, text := range n.list {
		if i > 0 && numbers[int32(i)] {
			renumbered[i] = kept.number(text)
		}
	}
	*n = *kept
	return renumbered
}
