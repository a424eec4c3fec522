package incident

import "container/heap"

// pending are incidents of which there is something new to tell, the next first.
type pending []*incident

func (p pending) Len() int { return len(p) }
func (p pending) Less(i, j int) bool {
	return p[i].due < p[j].due || p[i].due == p[j].due && p[i].ID < p[j].ID
}
func (p pending) Swap(i, j int) {
	p[i], p[j] = p[j], p[i]
	p[i].place, p[j].place = i, j
}

// Push is heap's.
func (p *pending) Push(v any) {
	inc := v.(*incident)
	inc.place = len(*p)
	*p = append(*p, inc)
}

// Pop is heap's.
func (p *pending) Pop() any {
	last := len(*p) - 1
	inc := (*p)[last]
	(*p)[last] = nil
	*p, inc.place = (*p)[:last], -1
	return inc
}

// add has an incident told at a time, or before.
func (p *pending) add(inc *incident, due int64) {
	switch {
	case inc.place < 0:
		inc.due = due
		heap.Push(p, inc)
	case due < inc.due:
		inc.due = due
		heap.Fix(p, inc.place)
	}
}

func (p *pending) remove(inc *incident) {
	if inc.place >= 0 {
		heap.Remove(p, inc.place)
	}
}
