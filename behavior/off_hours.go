package behavior

import (
	"fmt"
	"time"
)

// offHours learns the hours of the day in which a key is active, on working days and at weekends.
type offHours struct {
	common
	table *table[hours]
}

type hours struct {
	First int64
	Seen  [2]uint32 // a bit for each hour: Monday to Friday, Saturday and Sunday
	Until int64
}

func (d *offHours) observe(o *Observation, now int64) string {
	h, isNew := d.table.get(d.learnedKey(o, d.who(o)), now, d.spec.Forget.milliseconds())
	if isNew {
		h.First = now
	}
	at := time.UnixMilli(now).UTC()
	weekend := 0
	if w := at.Weekday(); w == time.Saturday || w == time.Sunday {
		weekend = 1
	}
	bit := func(hour int) uint32 { return 1 << ((hour + 24) % 24) }
	near := bit(at.Hour()-1) | bit(at.Hour()) | bit(at.Hour()+1)
	usual := h.Seen[weekend]&near != 0
	h.Seen[weekend] |= bit(at.Hour())
	if usual || now < h.First+d.spec.Learn.milliseconds() || d.quiet(&h.Until, now) {
		return ""
	}
	return fmt.Sprintf("active at %02d:00 UTC on %s, which it never was since %s",
		at.Hour(), []string{"a working day", "a weekend"}[weekend], time.UnixMilli(h.First).UTC().Format(time.DateTime))
}

func (d *offHours) size() (int, uint64) { return d.table.len(), d.table.evicted }
func (d *offHours) save() any           { s := d.table.save(); return &s }
func (d *offHours) fresh() any          { return &saved[hours]{} }
func (d *offHours) restore(s any) int   { return d.table.restore(*s.(*saved[hours])) }
