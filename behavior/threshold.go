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
	c.advance(now * buckets / window)
	c.Counts[c.Bucket%buckets]++
	sum := uint32(0)
	for _, n := range c.Counts {
		sum += n
	}
	if int(sum) < d.spec.Count || d.quiet(&c.Until, now) {
		return ""
	}
	return fmt.Sprintf("%d events in %s", sum, d.spec.Window)
}

// advance empties the buckets between the newest and one that may be newer.
func (c *counted) advance(bucket int64) {
	if bucket-c.Bucket >= buckets {
		c.Counts = [buckets]uint32{}
		c.Bucket = bucket
	}
	for c.Bucket < bucket {
		c.Bucket++
		c.Counts[c.Bucket%buckets] = 0
	}
}

func (d *threshold) size() (int, uint64) { return d.table.len(), d.table.evicted }
func (d *threshold) save() any           { s := d.table.save(); return &s }
func (d *threshold) fresh() any          { return &saved[counted]{} }
func (d *threshold) restore(s any)       { d.table.restore(*s.(*saved[counted])) }
