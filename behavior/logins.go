package behavior

import (
	"fmt"
	"math"
	"slices"
)

// logins finds guessed passwords: many refusals, more than usual and more than what is accepted, and what was accepted
// right after them, which is worse.
//
// With a field it counts the different values of what was refused, such as users: who passes the logins of others on has as
// many that are right.
type logins struct {
	common
	table *table[guesses]
	value names
	as    *table[different] // what was refused; nil without a field
}

// guesses are the logins of a key in a sliding window, and how many refusals past windows had at most.
type guesses struct {
	Bucket            int64
	Refused, Accepted [buckets]uint32
	Window            int64 // number of the present one, for the past
	InWindow          uint32
	Usual             float32 // what past windows had, the busy ones
	Until, Succeeded  int64
	Same              uint64 // the answer that nothing tells of: it is a refusal if it comes again and again
	Repeated          uint32
	Tries             [4]uint32 // the last different ones, where a request shows all of what it tries
	Plain             bool      // the last refusal said that it was one
}

func (g *guesses) possible() bool { return isAmount(float64(g.Usual)) }

// usualTimes is how many times as many as usual are too many.
const usualTimes = 4

func (d *logins) observe(o *Observation, now int64) string {
	if o.answer == noLogin {
		return ""
	}
	window := d.spec.Window.milliseconds()
	g, _ := d.table.get(d.keyOf(o), now, max(d.spec.Forget.milliseconds(), window+d.spec.Suppress.milliseconds()))
	g.advance(now*buckets/window, now/window)
	if g.hasTried(o.try) {
		return ""
	}
	became := g.became(o)
	if became == refused {
		g.Refused[g.Bucket%buckets]++
		g.InWindow++
		g.Plain = o.answer == refused
	} else {
		g.Accepted[g.Bucket%buckets]++
	}
	bad, good := sum(g.Refused), sum(g.Accepted)
	counted, what := bad, "refused logins"
	if d.as != nil {
		counted, what = d.different(o, became, now), "refused logins as different "+d.value.list()
	}
	if counted < uint32(d.spec.Count) || bad < 2*good || float32(bad) < usualTimes*g.Usual {
		return ""
	}
	if became == accepted && g.Succeeded <= now && (o.answer == accepted || g.isException()) {
		g.Succeeded = now + d.spec.Suppress.milliseconds()
		return fmt.Sprintf("a login succeeded after %d that were refused in %s%s", bad, d.spec.Window, asUser(o))
	}
	if became != refused || d.quiet(&g.Until, now) {
		return ""
	}
	return fmt.Sprintf("%d %s in %s, %d accepted%s", counted, what, d.spec.Window, good, asUser(o))
}

// different is how many different values were refused in the window.
func (d *logins) different(o *Observation, became answer, now int64) uint32 {
	window := d.spec.Window.milliseconds()
	v, _ := d.as.get(d.keyOf(o), now, window+d.spec.Suppress.milliseconds())
	if became == refused && !d.value.empty(o) {
		return uint32(v.add(d.value.hash(o, d.id), now, now-window, d.spec.Count))
	}
	return uint32(v.count(now - window))
}

// hasTried reports whether the same was tried shortly before, and notes it: who guesses tries something else each time, what
// is set up wrongly the same.
func (g *guesses) hasTried(try uint32) bool {
	if try == 0 {
		return false
	}
	if slices.Contains(g.Tries[:], try) {
		return true
	}
	copy(g.Tries[1:], g.Tries[:])
	g.Tries[0] = try
	return false
}

func asUser(o *Observation) string {
	if o.User == "" {
		return ""
	}
	return fmt.Sprintf(", the last as %q", o.User)
}

// repetitions of an answer that tells nothing show that it is a refusal: who is let in asks no more.
const repetitions = 10

// became is what a login came to, also where the answer alone does not tell.
func (g *guesses) became(o *Observation) answer {
	if o.answer != unclear {
		return o.answer
	}
	if o.answerHash != g.Same {
		g.Same, g.Repeated = o.answerHash, 0
	}
	if g.Repeated++; g.Repeated == repetitions { // so were those before
		g.Refused[g.Bucket%buckets] += repetitions - 1
		for i := range g.Accepted {
			g.Accepted[i] = 0
		}
	}
	if g.Repeated >= repetitions {
		return refused
	}
	return accepted
}

// fewTimes is how often an answer that tells nothing may have come to be no refusal where those say that they are.
const fewTimes = 2

// isException reports whether an answer that tells nothing, the last one, is one of few where refusals say that they are: an
// access log shows no more of a login than that it is not another 401.
func (g *guesses) isException() bool { return g.Plain && g.Repeated <= fewTimes }

// advance goes on to a bucket, and to a window, of which the past keeps what busy ones have.
func (g *guesses) advance(bucket, window int64) {
	if window != g.Window {
		if g.Window != 0 {
			n := float32(g.InWindow)
			if n > g.Usual { // slowly, so that who begins to guess does not make it usual before it is found
				g.Usual += min((n-g.Usual)/2, max(2.5, g.Usual/2))
			} else {
				g.Usual -= (g.Usual - n) / 64
			}
			if quiet := window - g.Window - 1; quiet > 0 {
				g.Usual *= float32(math.Pow(63.0/64, float64(min(quiet, 1024))))
			}
		}
		g.Window, g.InWindow = window, 0
	}
	g.Bucket = advance(g.Bucket, bucket, g.Refused[:], g.Accepted[:])
}

func sum(counts [buckets]uint32) (n uint32) {
	for _, c := range counts {
		n += c
	}
	return n
}

// loginsOfState is what a logins detector with a field keeps; one without keeps its table alone.
type loginsOfState struct {
	Guesses saved[guesses]
	As      saved[different]
}

func (d *logins) size() (int, uint64) { return d.table.len(), d.table.evicted }

func (d *logins) save() any {
	guessed := d.table.save()
	if d.as == nil {
		return &guessed
	}
	return &loginsOfState{guessed, d.as.save()}
}

func (d *logins) fresh() any {
	if d.as == nil {
		return &saved[guesses]{}
	}
	return &loginsOfState{}
}

func (d *logins) restore(s any) int {
	if d.as == nil {
		return d.table.restore(*s.(*saved[guesses]))
	}
	state := s.(*loginsOfState)
	return d.table.restore(state.Guesses) + d.as.restore(state.As)
}
