package intrusion

// item is an event that waits for its turn, or something to do then.
type item struct {
	at, number int64
	event      *Event
	run        func(at int64)
}

func (a *item) before(b *item) bool { return a.at < b.at || a.at == b.at && a.number < b.number }

// queue is a heap. What is at the same time stays in the order in which it came.
type queue struct {
	items []item
	count int64
	now   int64 // of what was taken last
}

func (q *queue) push(it item) {
	q.count++
	it.number = q.count
	q.items = append(q.items, it)
	for i := len(q.items) - 1; i > 0; {
		parent := (i - 1) / 2
		if !q.items[i].before(&q.items[parent]) {
			break
		}
		q.items[i], q.items[parent] = q.items[parent], q.items[i]
		i = parent
	}
}

// pop takes what is first, unless that is at the end or later.
func (q *queue) pop(end int64) (item, bool) {
	if len(q.items) == 0 || q.items[0].at >= end {
		return item{}, false
	}
	first, n := q.items[0], len(q.items)-1
	q.items[0], q.items[n] = q.items[n], item{}
	q.items = q.items[:n]
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < n; child++ {
			if q.items[child].before(&q.items[least]) {
				least = child
			}
		}
		if least == i {
			break
		}
		q.items[i], q.items[least] = q.items[least], q.items[i]
		i = least
	}
	q.now = first.at
	return first, true
}
