package behavior

import (
	"fmt"
)

// buckets of a sliding window: it is between 7 and 8 eighths of the window that count.
const buckets = 8

// threshold counts events.
type threshold struct {
	common
	table *table[counted]
}

type counted struct {
	Bucket int64 // number of the newest
	Counts [buckets]uint32
	Until  int64
}

func (d *threshold) observe(o *Observation, now int64) string {
	window := d.spec.Window.milliseconds()
	c, _ := d.table.get(d.keyOf(o), now, window+d.spec.Suppress.milliseconds())
	c.Bucket = advance(c.Bucket, now*buckets/window, c.Counts[:])
	c.Counts[c.Bucket%buckets]++
	n := sum(c.Counts)
	if int(n) < d.spec.Count || d.quiet(&c.Until, now) {
		return ""
	}
	return fmt.Sprintf("%d events in %s", n, d.spec.Window)
}

// advance empties the buckets between the newest and one that may be newer, and is the newest then. A time that is long
// before begins anew: the clock was wrong.
func advance(newest, bucket int64, all ...[]uint32) int64 {
	if bucket-newest >= buckets || newest-bucket > 2*buckets {
		for _, counts := range all {
			clear(counts)
		}
		return bucket
	}
	for newest < bucket {
		newest++
		for _, counts := range all {
			counts[newest%buckets] = 0
		}
	}
	return newest
}

func (d *threshold) size() (int, uint64) { return d.table.len(), d.table.evicted }
func (d *threshold) save() any           { s := d.table.save(); return &s }
func (d *threshold) fresh() any          { return &saved[counted]{} }
func (d *threshold) restore(s any) int   { return d.table.restore(*s.(*saved[counted])) }
