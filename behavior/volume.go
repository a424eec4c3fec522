package behavior

import (
	"fmt"
	"math"
)

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
