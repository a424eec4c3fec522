package behavior

import (
	"fmt"
	"time"
)

// firstSeen learns which values go with which keys.
type firstSeen struct {
	common
	value   names
	started int64
	sources *table[source]
	pairs   *table[bool]
	holders *table[uint32] // how many keys have a value
}

type source struct {
	First int64
	Until int64
}

func (d *firstSeen) observe(o *Observation, now int64) string {
	if d.value.empty(o) {
		return ""
	}
	if d.started == 0 {
		d.started = now
	}
	forget := d.spec.Forget.milliseconds()
	key := d.keyOf(o)
	s, isNew := d.sources.get(key, now, forget)
	if isNew {
		s.First = now
		if len(d.key) == 1 && d.key[0].name == "client" {
			s.First = o.known // by what the others' conditions let through too
		}
	}
	if _, newPair := d.pairs.get(d.value.hash(o, key), now, forget); !newPair {
		return ""
	}
	with, _ := d.holders.get(d.value.hash(o, d.id), now, forget)
	*with++
	switch {
	case now < d.started+d.spec.Learn.milliseconds(), now < s.First+d.spec.Settle.milliseconds():
		return ""
	case d.spec.CommonFrom > 0 && int(*with) > d.spec.CommonFrom:
		return ""
	case d.quiet(&s.Until, now):
		return ""
	}
	since := time.UnixMilli(s.First).UTC().Format(time.DateTime)
	if isNew {
		return fmt.Sprintf("%s never seen, nor anything like it of %s", d.value.text(o), d.key.text(o))
	}
	return fmt.Sprintf("%s never seen since %s", d.value.text(o), since)
}

// firstSeenState is what a first_seen detector keeps.
type firstSeenState struct {
	Started int64
	Sources saved[source]
	Pairs   saved[bool]
	Holders saved[uint32]
}

func (d *firstSeen) size() (int, uint64) {
	return d.sources.len() + d.pairs.len() + d.holders.len(), d.sources.evicted + d.pairs.evicted + d.holders.evicted
}
func (d *firstSeen) save() any {
	return &firstSeenState{d.started, d.sources.save(), d.pairs.save(), d.holders.save()}
}
func (d *firstSeen) fresh() any { return &firstSeenState{} }
func (d *firstSeen) restore(s any) {
	state := s.(*firstSeenState)
	d.started = state.Started
	d.sources.restore(state.Sources)
	d.pairs.restore(state.Pairs)
	d.holders.restore(state.Holders)
}
