package behavior

import (
	"fmt"
	"math"
)

// volume adds up amounts in windows, and compares each with the key's own past ones; a key without a past, with
// those of all keys.
type volume struct {
	common
	amount func(*Observation) int64
	table  *table[summed]
	peers  names
	others map[uint64]*baseline // what windows of keys are like: of all, and of those with the same peers
	usual  *precedents
}

// maxBaselines is how many groups of peers have a baseline of their own.
const maxBaselines = 2000

var amounts = []string{"response_bytes", "request_bytes", "query_bytes", "sensitive", "events"}

func amountOf(name string) func(*Observation) int64 {
	switch name {
	case "response_bytes":
		return func(o *Observation) int64 { return o.ResponseBytes }
	case "request_bytes":
		return func(o *Observation) int64 { return o.RequestBytes }
	case "query_bytes":
		return func(o *Observation) int64 { return o.QueryBytes }
	case "sensitive":
		return func(o *Observation) int64 { return int64(o.Sensitive) }
	}
	return func(*Observation) int64 { return 1 }
}

// summed is a key's sum of the present window, and what its past ones were like: their logarithms' median, and the
// median distance from that, each by steps towards new values (Robbins and Monro), which outliers move no more than others.
type summed struct {
	Window  int64
	Sum     int64
	Median  float64
	Spread  float64
	Past    int32 // windows
	Excused bool  // the present window has precedents
	Noted   int64 // the last window that was a lot
	Until   int64
}

func (s *summed) possible() bool {
	return isSum(s.Sum) && isAmount(s.Median) && isAmount(s.Spread) && s.Past >= 0
}

// isSum reports whether amounts can add up to this.
func isSum(n int64) bool { return n >= 0 && n <= mostSummed }

// baseline is the sums of all keys' windows, by their logarithm to the base of the square root of 2.
type baseline struct {
	Counts [128]uint64
	Total  uint64
}

func (b *baseline) add(sum int64) {
	b.Counts[min(int(2*math.Log2(float64(sum)+1)), len(b.Counts)-1)]++
	b.Total++
}

func (b *baseline) possible() bool {
	total := uint64(0)
	for _, n := range b.Counts {
		total += n
	}
	return total == b.Total
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

// mostSummed is where a sum ends: who sends a request states how long it is, and several may be more than can be counted.
const mostSummed = int64(1) << 60

// leastOthers windows of other keys are needed to judge one that has no past.
const leastOthers = 50

func (d *volume) observe(o *Observation, now int64) string {
	n := d.amount(o)
	if n <= 0 {
		return ""
	}
	window := d.spec.Window.milliseconds()
	s, isNew := d.table.get(d.learnedKey(o, d.who(o)), now, d.spec.Forget.milliseconds())
	number := now / window
	switch {
	case isNew:
		s.Window = number
	case number > s.Window:
		d.close(s, o)
		s.Window = number
	case number < s.Window-1: // the clock was wrong
		s.Window, s.Sum = number, 0
	}
	s.Sum += min(n, mostSummed-s.Sum)
	if s.Sum < d.spec.AtLeast {
		return ""
	}
	learning := d.learns(now)
	why := ""
	if !learning {
		if why = d.unusual(s, o, now); why == "" {
			return ""
		}
	}
	if s.Noted == s.Window { // in this window it has been judged
		return d.again(s, o, now, why)
	}
	s.Noted = s.Window
	has := d.usual.has(o, now, s.Sum)
	told := !learning && !has && now >= s.Until
	d.usual.add(o, now, s.Sum, told)
	s.Excused = has
	if !told {
		return ""
	}
	s.Until = now + d.spec.Suppress.milliseconds()
	return d.evidence(s, why)
}

// again judges a window that goes on: what had precedents may be more than these by now, and is one for others.
func (d *volume) again(s *summed, o *Observation, now int64, why string) string {
	if why == "" || !s.Excused || d.usual.has(o, now, s.Sum/2) {
		d.usual.grow(o, s.Sum)
		return ""
	}
	s.Excused = false
	if d.quiet(&s.Until, now) {
		return ""
	}
	return d.evidence(s, why)
}

func (d *volume) evidence(s *summed, why string) string {
	return fmt.Sprintf("%s of %d in %s: %s", d.spec.Amount, s.Sum, d.spec.Window, why)
}

// unusual says what is usual instead of the present sum, "" if that is no more.
func (d *volume) unusual(s *summed, o *Observation, now int64) string {
	if int(s.Past) >= d.spec.Windows {
		// Six median distances are four standard deviations of a normal distribution.
		if sum := float64(s.Sum); sum < math.Exp2(s.Median+6*s.Spread) || sum < d.spec.Factor*math.Exp2(s.Median) {
			return ""
		}
		return fmt.Sprintf("%.0f is usual", math.Exp2(s.Median)-1)
	}
	others := d.others[d.peers.hash(o, 1)]
	if others == nil || others.Total < leastOthers {
		others = d.others[0]
	}
	switch {
	case others != nil && others.Total >= leastOthers:
	case d.spec.Learn > 0 && now-d.started >= 3*d.spec.Window.milliseconds(): // in all that time hardly anybody did so
		return "nobody does that"
	default:
		return ""
	}
	usual := others.quantile(0.99)
	if float64(s.Sum) < d.spec.Factor*usual {
		return ""
	}
	return fmt.Sprintf("it has no past, and 99 %% of others have less than %.0f", usual)
}

// close makes the present window a past one.
func (d *volume) close(s *summed, o *Observation) {
	x := math.Log2(float64(s.Sum) + 1)
	d.baseline(0).add(s.Sum)
	if len(d.peers) > 0 {
		d.baseline(d.peers.hash(o, 1)).add(s.Sum)
	}
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

// baseline is that of a group of peers, or of all where there are too many groups.
func (d *volume) baseline(group uint64) *baseline {
	b := d.others[group]
	if b == nil && (len(d.others) < maxBaselines || group == 0) {
		b = &baseline{}
		d.others[group] = b
	}
	if b == nil {
		return d.others[0]
	}
	return b
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
	Others  map[uint64]*baseline
	Usual   saved[precedent]
	Started int64
}

func (d *volume) size() (int, uint64) {
	return d.table.len() + d.usual.table.len(), d.table.evicted + d.usual.table.evicted
}
func (d *volume) save() any {
	return &volumeState{d.table.save(), d.others, d.usual.table.save(), d.started}
}
func (d *volume) fresh() any { return &volumeState{} }
func (d *volume) restore(s any) int {
	state := s.(*volumeState)
	dropped := d.table.restore(state.Table) + d.usual.table.restore(state.Usual)
	dropped += d.resume(state.Started)
	for group, b := range state.Others {
		if !b.possible() {
			dropped++
			continue
		}
		d.others[group] = b
	}
	return dropped
}
