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
}

const maxWalks = 8

type walk struct {
	At   int64 // the last id
	N    int32 // ids in this order; negative for those that go down
	Time int64
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

// step is how many ids the run has that a number goes on with. Otherwise it begins one, in the place of the oldest.
func (w *walks) step(number, now, window int64) int {
	oldest := 0
	for i := range w.Walks {
		r := &w.Walks[i]
		if r.Time == 0 || now-r.Time > window {
			*r = walk{}
		} else if r.At == number {
			r.Time = now
			return 0
		} else if up := number == r.At+1 && r.N >= 1; up || number == r.At-1 && r.N <= 1 {
			switch {
			case up:
				r.N++
			case r.N == 1:
				r.N = -2
			default:
				r.N--
			}
			r.At, r.Time = number, now
			return int(max(r.N, -r.N))
		}
		if r.Time < w.Walks[oldest].Time {
			oldest = i
		}
	}
	begun := walk{number, 1, now}
	if len(w.Walks) == 0 || w.Walks[oldest].Time != 0 && len(w.Walks) < maxWalks {
		w.Walks = append(w.Walks, begun)
	} else {
		w.Walks[oldest] = begun
	}
	return 1
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
