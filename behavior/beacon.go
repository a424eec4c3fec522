package behavior

import (
	"fmt"
	"math"
	"time"
)

// beacon finds who calls a place that is new for it as regularly as a clock: a program that asks its master what to do.
// What is new it takes over from first_seen. Pollers and probes are as regular, but not new, or many have them.
type beacon struct {
	firstSeen // the value of a pair is whether it is followed
	beats     *table[beats]
}

// beats are the calls of one client, of which a workload may have several, each with a beat of its own.
type beats struct {
	First, Last  int64
	Mean, Spread float32 // milliseconds between them, and the mean distance from that
	N            int32   // intervals
}

const (
	// Requests that come within five seconds, or a quarter of the interval, belong to the same call: who fetches one thing after
	// another is regular, too, as long as it takes.
	oneCall = 5000
	sameBy  = 0.25

	// So many intervals without a call end what was counted.
	outOfBeat = 4

	// Where the mean distance from the interval is a fifth of it, the interval is drawn from one to nearly half of itself more:
	// what tools that blur it do by default. Of independent calls it is three quarters.
	regular = 0.2

	longMemory = 32 // intervals, for the means
)

func (b *beats) possible() bool {
	return isAmount(float64(b.Mean)) && isAmount(float64(b.Spread)) && b.N >= 0
}

func (d *beacon) observe(o *Observation, now int64) string {
	if d.value.empty(o) {
		return ""
	}
	pair := d.value.hash(o, d.learnedKey(o, d.who(o)))
	if d.pairs.touch(pair, now, d.spec.Forget.milliseconds()) {
		if d.beats.len() == 0 || d.beats.peek(pair) == nil {
			return ""
		}
		evidence := d.follow(o, pair, now)
		if evidence != "" {
			d.beats.forget(pair)
		}
		return evidence
	}
	s, who, _, _ := d.meet(o, now)
	if d.judge(o, who, s, now) != unusual {
		d.accept(o, who, s, pair, now)
		return ""
	}
	d.learn(o, who, s, pair, now)
	d.beats.get(pair, now, d.spec.Forget.milliseconds()) // it is followed as long as that is there
	d.follow(o, pair, now)
	return ""
}

// follow counts a call.
func (d *beacon) follow(o *Observation, pair uint64, now int64) string {
	b, isNew := d.beats.get(hash(pair, o.Client.Address), now, d.spec.Forget.milliseconds())
	if isNew || b.N > 0 && float32(now-b.Last) > outOfBeat*b.Mean {
		*b = beats{First: now, Last: now}
		return ""
	}
	b.add(now)
	if int(b.N) < d.spec.Count || now-b.First < d.spec.Window.milliseconds() || b.Spread > regular*b.Mean {
		return ""
	}
	return fmt.Sprintf("%s every %s, give or take %s, %d times since %s, and never before", d.value.text(o),
		seconds(b.Mean), seconds(b.Spread), b.N, time.UnixMilli(b.First).UTC().Format(time.DateTime))
}

// add counts the interval to the last call, if there was one.
func (b *beats) add(now int64) {
	gap := float32(now - b.Last)
	b.Last = max(b.Last, now)
	if gap < max(oneCall, sameBy*b.Mean) {
		return
	}
	if b.N++; b.N == 1 {
		b.Mean = gap
		return
	}
	step := 1 / float32(min(b.N, longMemory))
	b.Spread += (float32(math.Abs(float64(gap-b.Mean))) - b.Spread) * step
	b.Mean += (gap - b.Mean) * step
}

// seconds is a time as people read it.
func seconds(milliseconds float32) string {
	d := time.Duration(milliseconds) * time.Millisecond
	if d >= 10*time.Second {
		return duration(d.Round(time.Second)).String()
	}
	return d.Round(100 * time.Millisecond).String()
}

// beaconState is what a beacon detector keeps.
type beaconState struct {
	New   firstSeenState
	Beats saved[beats]
}

func (d *beacon) size() (int, uint64) {
	keys, evicted := d.firstSeen.size()
	return keys + d.beats.len(), evicted + d.beats.evicted
}
func (d *beacon) save() any {
	return &beaconState{*d.firstSeen.save().(*firstSeenState), d.beats.save()}
}
func (d *beacon) fresh() any { return &beaconState{} }
func (d *beacon) restore(s any) int {
	state := s.(*beaconState)
	return d.firstSeen.restore(&state.New) + d.beats.restore(state.Beats)
}
