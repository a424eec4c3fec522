package behavior

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/axiomhq/hyperloglog"
)

// detector finds one sort of behaviour. It is used by one goroutine at a time.
type detector interface {
	// observe sees one record for which the conditions hold, at a time in milliseconds, and says what is
	// unusual: "" if nothing is.
	observe(o *Observation, now int64) string
	keys() names
	size() (keys int, evicted uint64)
	save() any       // a pointer that gob writes
	restore(any)     // what save returned, read again
	fresh() (to any) // where gob reads it
}

// common is what all detectors have.
type common struct {
	spec *Spec
	key  names
	id   uint64 // of the detector, in hashes
}

func (c *common) keys() names { return c.key }

func (c *common) keyOf(o *Observation) uint64 { return c.key.hash(o, c.id) }

// quiet lets a key alarm once in the time of suppress. until is when it may alarm again.
func (c *common) quiet(until *int64, now int64) bool {
	if now < *until {
		return true
	}
	*until = now + c.spec.Suppress.milliseconds()
	return false
}

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
	var what []string
	for _, f := range d.value {
		what = append(what, f.name)
	}
	return fmt.Sprintf("%d different %s in %s, the last %s", n, strings.Join(what, ", "), d.spec.Window, d.value.text(o))
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
func (d *distinct) restore(s any)       { d.table.restore(*s.(*saved[different])) }

// volume adds up amounts in windows, and compares each with the key's own past ones; a key without a past, with
// those of all keys.
type volume struct {
	common
	amount  func(*Observation) int64
	table   *table[summed]
	others  baseline
	started int64
}

var amounts = []string{"response_bytes", "request_bytes", "sensitive", "events"}

func amountOf(name string) func(*Observation) int64 {
	switch name {
	case "response_bytes":
		return func(o *Observation) int64 { return o.ResponseBytes }
	case "request_bytes":
		return func(o *Observation) int64 { return o.RequestBytes }
	case "sensitive":
		return func(o *Observation) int64 { return int64(o.Sensitive) }
	}
	return func(*Observation) int64 { return 1 }
}

// summed is a key's sum of the present window, and what its past ones were like: their logarithms' median, and the
// median distance from that, each by steps towards new values (Robbins and Monro), which outliers move no more than others.
type summed struct {
	Window int64
	Sum    int64
	Median float64
	Spread float64
	Past   int // windows
	Until  int64
}

// baseline is the sums of all keys' windows, by their logarithm to the base of the square root of 2.
type baseline struct {
	Counts [128]uint64
	Total  uint64
}

func (b *baseline) add(sum int64) {
	b.Counts[min(int(2*math.Log2(float64(sum)+1)), len(b.Counts)-1)]++
	b.Total++
}

// quantile is a bound above so much of the sums.
func (b *baseline) quantile(q float64) float64 {
	seen := uint64(0)
	for i, n := range b.Counts {
		if seen += n; float64(seen) >= q*float64(b.Total) {
			return math.Exp2(float64(i+1) / 2)
		}
	}
	return math.MaxFloat64
}

// leastOthers windows of other keys are needed to judge one that has no past.
const leastOthers = 50

func (d *volume) observe(o *Observation, now int64) string {
	n := d.amount(o)
	if n <= 0 {
		return ""
	}
	if d.started == 0 {
		d.started = now
	}
	window := d.spec.Window.milliseconds()
	s, isNew := d.table.get(d.keyOf(o), now, d.spec.Forget.milliseconds())
	if number := now / window; isNew {
		s.Window = number
	} else if number > s.Window {
		d.close(s)
		s.Window = number
	}
	s.Sum += n
	if s.Sum < d.spec.AtLeast || now < d.started+d.spec.Learn.milliseconds() {
		return ""
	}
	usual := 0.0
	switch {
	case s.Past >= d.spec.Windows:
		// Six median distances are four standard deviations of a normal distribution.
		usual = math.Exp2(s.Median + 6*s.Spread)
	case d.others.Total >= leastOthers:
		usual = d.others.quantile(0.99)
	default:
		return ""
	}
	if float64(s.Sum) < usual || float64(s.Sum) < d.spec.Factor*math.Exp2(s.Median) || s.Past < d.spec.Windows && float64(s.Sum) < d.spec.Factor*usual {
		return ""
	}
	if d.quiet(&s.Until, now) {
		return ""
	}
	of := fmt.Sprintf("%.0f is usual", math.Exp2(s.Median)-1)
	if s.Past < d.spec.Windows {
		of = fmt.Sprintf("it has no past, and 99 %% of others have less than %.0f", usual)
	}
	return fmt.Sprintf("%s of %d in %s: %s", d.spec.Amount, s.Sum, d.spec.Window, of)
}

// close makes the present window a past one.
func (d *volume) close(s *summed) {
	x := math.Log2(float64(s.Sum) + 1)
	d.others.add(s.Sum)
	s.Past++
	s.Sum = 0
	if s.Past == 1 {
		s.Median, s.Spread = x, 1
		return
	}
	step := max(2/float64(s.Past), 0.05)
	distance := math.Abs(x - s.Median)
	s.Median += step * max(s.Spread, 0.1) * sign(x-s.Median) * 2
	s.Spread = max(s.Spread+step*sign(distance-s.Spread)*s.Spread, 0.25)
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}

// volumeState is what a volume detector keeps.
type volumeState struct {
	Table   saved[summed]
	Others  baseline
	Started int64
}

func (d *volume) size() (int, uint64) { return d.table.len(), d.table.evicted }
func (d *volume) save() any           { return &volumeState{d.table.save(), d.others, d.started} }
func (d *volume) fresh() any          { return &volumeState{} }
func (d *volume) restore(s any) {
	state := s.(*volumeState)
	d.table.restore(state.Table)
	d.others, d.started = state.Others, state.Started
}

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
	h, isNew := d.table.get(d.keyOf(o), now, d.spec.Forget.milliseconds())
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
func (d *offHours) restore(s any)       { d.table.restore(*s.(*saved[hours])) }

// newDetector makes a detector of its specification. All fields that it names are in known.
func newDetector(s *Spec, known []field) detector {
	find := func(list []string) (all names) {
		for _, name := range list {
			all = append(all, known[slices.IndexFunc(known, func(f field) bool { return f.name == name })])
		}
		return all
	}
	c := common{spec: s, key: find(s.Key), id: hash(0, s.Name)}
	switch s.Type {
	case "threshold":
		return &threshold{c, newTable[counted](s.MaxKeys)}
	case "distinct":
		return &distinct{c, find(s.Field), newTable[different](s.MaxKeys)}
	case "volume":
		return &volume{common: c, amount: amountOf(s.Amount), table: newTable[summed](s.MaxKeys)}
	case "first_seen":
		return &firstSeen{common: c, value: find(s.Field), sources: newTable[source](s.MaxKeys),
			pairs: newTable[bool](8 * s.MaxKeys), holders: newTable[uint32](s.MaxKeys)}
	case "off_hours":
		return &offHours{c, newTable[hours](s.MaxKeys)}
	default:
		return newPivot(c)
	}
}
