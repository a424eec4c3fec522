package report

import (
	"maps"
	"slices"
)

// period is the time of the timeline, in seconds since 1970.
type period struct {
	start int64 // of the first bucket
	step  int64 // of a bucket
	steps int64 // buckets; 0 if no alert has a time
	far   int   // alerts that are dated so far from the others that they are not in it
}

const (
	mostBuckets = 240
	// farFrom is how many times longer the period must be for the few alerts that are left out: a clock that was not set would leave one
	// bar for all the others.
	farFrom = 20
)

func (p *period) has(at int64) bool { return at >= p.start && at < p.start+p.step*p.steps }

// period is that of all alerts, or of all but one in a hundred if these are far away.
func (f *facts) period() *period {
	counts := f.buckets()
	if len(counts) == 0 {
		return &period{}
	}
	at := slices.Sorted(maps.Keys(counts))
	total := 0
	for _, n := range counts {
		total += n
	}
	spare := total / 100
	if total >= 10 {
		spare = max(spare, 1)
	}
	from, to := 0, len(at)-1
	// The shortest period with enough of them.
	inside, first := 0, 0
	for last := range at {
		inside += counts[at[last]]
		for inside-counts[at[first]] >= total-spare {
			inside -= counts[at[first]]
			first++
		}
		if inside >= total-spare && at[last]-at[first] < at[to]-at[from] {
			from, to = first, last
		}
	}
	if at[len(at)-1]-at[0]+1 <= farFrom*(at[to]-at[from]+1) {
		from, to = 0, len(at)-1
	}
	p := &period{}
	for _, p.step = range steps[f.step:] {
		start, end := at[from]*steps[f.step]/p.step, at[to]*steps[f.step]/p.step
		p.start, p.steps = start*p.step, end-start+1
		if p.steps <= mostBuckets {
			break
		}
	}
	for _, b := range at {
		if !p.has(b * steps[f.step]) {
			p.far += counts[b]
		}
	}
	return p
}
