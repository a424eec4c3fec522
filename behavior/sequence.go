package behavior

import "fmt"

// sequence finds who goes through ids one after another: 1001, 1002, 1003. Applications ask for the ids that they are
// given; only who takes what is not his, or copies all there is, counts.
type sequence struct {
	common
	table *table[walks]
	usual *precedents
}

// walks are the runs of a key that may go on, in whichever direction: the last ones, as others' requests come in between.
type walks struct {
	Walks []walk // as many as are needed, at most maxWalks
	Until int64
	Asked uint32 // how many ids
}

const (
	maxWalks = 8

	// Who asks for several ids at once gets his answers in another order. So an id also counts that is so many ahead of the last,
	// or one of the last 32 that was left out, if it is one of the next eight that the key asks for: among any ids, in their
	// order or not, some are near each other now and then.
	ahead = 8
	soon  = 8
)

type walk struct {
	At    int64 // the last id
	From  int64
	N     int32 // ids in this order; negative for those that go down
	Asked uint32
	Seen  uint32 // which of the 32 before the last, that next to it first
	Time  int64
}

func (d *sequence) observe(o *Observation, now int64) string {
	if !o.hasNumber {
		return ""
	}
	w, _ := d.table.get(hash(d.keyOf(o), o.numberOf), now, max(d.spec.Window.milliseconds(), d.spec.Suppress.milliseconds()))
	n := w.step(o.Number, now, d.spec.Window.milliseconds())
	if n < d.spec.Count {
		return ""
	}
	if d.usual.has(o, now, 1) || d.quiet(&w.Until, now) {
		return ""
	}
	d.usual.add(o, now, 1, true)
	return fmt.Sprintf("%d ids in their order, to %d, at %s", n, o.Number, o.endpoint)
}

// step is how many ids the run has that a number goes on with, and how many it left out at most a third as many.
// Otherwise it begins one, in the place of the oldest.
func (w *walks) step(number, now, window int64) int {
	w.Asked++
	oldest := 0
	for i := range w.Walks {
		r := &w.Walks[i]
		if r.Time == 0 || now-r.Time > window {
			*r = walk{}
		} else if n, ok := r.step(number, w.Asked); ok {
			r.Time, r.Asked = now, w.Asked
			return n
		}
		if r.Time < w.Walks[oldest].Time {
			oldest = i
		}
	}
	begun := walk{At: number, From: number, N: 1, Asked: w.Asked, Time: now}
	if len(w.Walks) == 0 || w.Walks[oldest].Time != 0 && len(w.Walks) < maxWalks {
		w.Walks = append(w.Walks, begun)
	} else {
		w.Walks[oldest] = begun
	}
	return 1
}

// step reports whether an id is part of the run, and of how many ids that then is: 0 if it was before.
func (r *walk) step(number int64, asked uint32) (n int, ok bool) {
	way := int64(1)
	if r.N < 0 || r.N == 1 && number < r.At {
		way = -1
	}
	isSoon := asked-r.Asked <= soon
	if back := (r.From - number) * way; 0 < back && back <= ahead && r.N != 1 && max(r.N, -r.N) <= ahead && isSoon {
		r.turn()
		way = -way
	}
	switch d := (number - r.At) * way; {
	case d == 0:
		return 0, true
	case d == 1 || 1 < d && d <= ahead && isSoon:
		r.Seen = r.Seen<<d | 1<<(d-1)
		r.At = number
	case -32 <= d && d < 0 && r.Seen&(1<<(-d-1)) != 0:
		return 0, isSoon
	case -32 <= d && d < 0 && isSoon && (number-r.From)*way >= 0:
		r.Seen |= 1 << (-d - 1)
	default:
		return 0, false
	}
	n = int(max(r.N, -r.N)) + 1
	r.N = int32(int64(n) * way)
	if span := (r.At-r.From)*way + 1; 4*int64(n) < 3*span && span > 32 {
		r.From, r.N, r.Seen = number, 1, 0
		r.At, n = number, 1
	}
	return n, true
}

// turn makes a short run one in the other direction: the first ids were not in order.
func (r *walk) turn() {
	way := int64(1)
	if r.N < 0 {
		way = -1
	}
	var seen uint32
	for i := range int64(32) {
		// An id that is i+1 before the last one is so much after the first one.
		if after := (r.At-r.From)*way - i - 1; r.Seen&(1<<i) != 0 && after > 0 {
			seen |= 1 << (after - 1)
		}
	}
	if span := (r.At - r.From) * way; 0 < span && span <= 32 {
		seen |= 1 << (span - 1)
	}
	r.At, r.From, r.Seen, r.N = r.From, r.At, seen, -r.N
}

// sequenceState is what a sequence detector keeps.
type sequenceState struct {
	Table saved[walks]
	Usual saved[precedent]
}

func (d *sequence) size() (int, uint64) {
	return d.table.len() + d.usual.table.len(), d.table.evicted + d.usual.table.evicted
}
func (d *sequence) save() any  { return &sequenceState{d.table.save(), d.usual.table.save()} }
func (d *sequence) fresh() any { return &sequenceState{} }
func (d *sequence) restore(s any) int {
	state := s.(*sequenceState)
	return d.table.restore(state.Table) + d.usual.table.restore(state.Usual)
}
