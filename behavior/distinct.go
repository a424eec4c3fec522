package behavior

import (
	"fmt"
	"math"

	"github.com/axiomhq/hyperloglog"

	"github.com/modsecurity-for-anylog/msa/internal/sketch"
)

// distinct counts different values: one by one as long as that takes little memory, and by HyperLogLog beyond.
type distinct struct {
	common
	value names
	table *table[different]
}

// exactly so many values are kept for a key.
const exactly = 256

// different are the values of one key: at most 8 KB, however many they are.
type different struct {
	Values []uint64
	Seen   []int64
	Until  int64
	Many   *sketches // of more than exactly, in place of the values
}

// sketches are of what was seen in this half of the window, and of that with what was seen in the half before.
type sketches struct {
	Half          int64
	Present, Both *hyperloglog.Sketch
	Last          int // estimate
	Since         int // values
}

func (v *different) possible() bool {
	return len(v.Values) == len(v.Seen) && len(v.Values) <= exactly && (v.Many == nil || v.Many.possible())
}

func (m *sketches) possible() bool {
	return sketch.Is(m.Present) && sketch.Is(m.Both) && isCount(m.Last) && isCount(m.Since)
}

// isCount reports whether a number is one of values that were counted.
func isCount(n int) bool { return n >= 0 && n <= math.MaxInt32 }

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
	} else if v.noteOfMany(value, now, window); v.Many != nil && v.Many.mayBe(d.spec.Count) && now >= v.Until {
		n = v.Many.estimate()
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

// noteOfMany notes a value of what may be more than exactly.
func (v *different) noteOfMany(value uint64, now, window int64) {
	half := now * 2 / window
	if v.Many != nil && half > v.Many.Half+1 {
		v.Many = nil // all were seen before the window
	}
	if v.Many != nil {
		v.Many.note(value, half)
		return
	}
	if v.add(value, now, now-window, exactly) == exactly {
		v.Many = &sketches{Half: half, Present: sketch.New(), Both: sketch.New(), Since: exactly}
		for i, value := range v.Values {
			if v.Seen[i]*2/window >= half {
				v.Many.Present.InsertHash(value)
			}
			v.Many.Both.InsertHash(value)
		}
		v.Values, v.Seen = nil, nil
	}
}

func (m *sketches) note(value uint64, half int64) {
	if half > m.Half {
		m.Half, m.Present, m.Both = half, sketch.New(), m.Present
	}
	m.Present.InsertHash(value)
	m.Both.InsertHash(value)
	m.Since = min(m.Since+1, math.MaxInt32)
}

// mayBe reports whether there may be so many values. To estimate them takes more time than to note one.
func (m *sketches) mayBe(count int) bool { return m.Last+m.Since >= count }

// estimate is how many values there were in this half of the window and the one before.
func (m *sketches) estimate() int {
	m.Last, m.Since = int(m.Both.Estimate()), 0
	return m.Last
}

func (d *distinct) size() (int, uint64) { return d.table.len(), d.table.evicted }
func (d *distinct) save() any           { s := d.table.save(); return &s }
func (d *distinct) fresh() any          { return &saved[different]{} }
func (d *distinct) restore(s any) int   { return d.table.restore(*s.(*saved[different])) }
