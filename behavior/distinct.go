package behavior

import (
	"fmt"

	"github.com/axiomhq/hyperloglog"
)

// distinct counts different values: one by one as long as that takes little memory, and by HyperLogLog beyond.
type distinct struct {
	common
	value names
	table *table[different]
}

// exactly so many values are kept for a key.
const exactly = 256

type different struct {
	Values []uint64
	Seen   []int64
	Until  int64

	// Of counts above exactly: this half of the window and the one before.
	Half            int64
	Sketch, Earlier *hyperloglog.Sketch
}

func (v *different) possible() bool { return len(v.Values) == len(v.Seen) }

func (d *distinct) observe(o *Observation, now int64) string {
	if d.value.empty(o) {
		return ""
	}
	window := d.spec.Window.milliseconds()
	v, _ := d.table.get(d.keyOf(o), now, window+d.spec.Suppress.milliseconds())
	value := d.value.hash(o, d.id)
	var n int
	if d.spec.Count <= exactly {
		n = v.add(value, now, now-window, d.spec.Count)
	} else {
		n = v.estimate(value, now*2/window)
	}
	if n < d.spec.Count || d.quiet(&v.Until, now) {
		return ""
	}
	return fmt.Sprintf("%d different %s in %s, the last %s", n, d.value.list(), d.spec.Window, d.value.text(o))
}

// add notes a value, and returns how many were seen since a time. No more than most are kept.
func (v *different) add(value uint64, now, since int64, most int) (n int) {
	free := -1
	known := false
	for i, other := range v.Values {
		switch {
		case other == value:
			v.Seen[i], known = now, true
			n++
		case v.Seen[i] < since:
			free = i
		default:
			n++
		}
	}
	switch {
	case known:
	case free >= 0:
		v.Values[free], v.Seen[free] = value, now
		n++
	case len(v.Values) < most:
		v.Values, v.Seen = append(v.Values, value), append(v.Seen, now)
		n++
	}
	return n
}

// count is how many values were seen since a time.
func (v *different) count(since int64) (n int) {
	for _, seen := range v.Seen {
		if seen >= since {
			n++
		}
	}
	return n
}

func (v *different) estimate(value uint64, half int64) int {
	switch {
	case v.Sketch == nil || half > v.Half+1:
		v.Sketch, v.Earlier = hyperloglog.New14(), nil
	case half == v.Half+1:
		v.Sketch, v.Earlier = hyperloglog.New14(), v.Sketch
	}
	v.Half = max(v.Half, half)
	v.Sketch.InsertHash(value)
	if v.Earlier == nil {
		return int(v.Sketch.Estimate())
	}
	both := v.Sketch.Clone()
	if err := both.Merge(v.Earlier); err != nil { // they are of one precision
		return int(v.Sketch.Estimate())
	}
	return int(both.Estimate())
}

func (d *distinct) size() (int, uint64) { return d.table.len(), d.table.evicted }
func (d *distinct) save() any           { s := d.table.save(); return &s }
func (d *distinct) fresh() any          { return &saved[different]{} }
func (d *distinct) restore(s any) int   { return d.table.restore(*s.(*saved[different])) }
