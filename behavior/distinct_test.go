package behavior

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/internal/state"
)

// However many values a key has, they take a bounded room, and one more of them no work but its own.
func TestDistinctIsBounded(t *testing.T) {
	const most = 10 << 10
	d := detectors(t, "distinct", "key: [client]\nfield: [path]\ncount: 100000\nwindow: 10m")
	biggest := 0
	for step := range 100 {
		for i := range 900 {
			at := time.Duration(900*step+i) * 10 * time.Millisecond
			watch(d, request(at, func(o *Observation) { o.Path = fmt.Sprint("/x", 900*step+i) }))
		}
		text, err := state.Encode(d.all[0].save())
		if err != nil {
			t.Fatal(err)
		}
		biggest = max(biggest, len(text))
	}
	if biggest > most || biggest < 4<<10 {
		t.Errorf("the values of a key take %d bytes, want no more than %d", biggest, most)
	}
	v := d.all[0].detector.(*distinct).table
	one := &v.slots[v.newest].value
	if n := testing.AllocsPerRun(100, func() { one.noteOfMany(42, d.clock.Now, d.specs[0].Window.milliseconds()) }); n > 0 {
		t.Errorf("a value more takes %v allocations", n)
	}
	if one.Many.Last != 0 {
		t.Error("an estimate was made though the values were too few for it")
	}
}

// A count above what is counted one by one is that of a window, be the values many at once, or seen again, or slow.
func TestDistinctOfMany(t *testing.T) {
	const window, count = 10 * time.Minute, 1000
	for name, c := range map[string]struct {
		every  time.Duration
		values int // different ones, in turn
		want   float64
	}{
		"at once": {time.Millisecond, 1 << 20, count}, "slower": {time.Minute / 150, 1 << 20, count},
		"too slow": {window / 400, 1 << 20, 0}, "the same few": {time.Millisecond, 300, 0}, "the same many": {time.Millisecond, 900, 0},
		"as many": {time.Millisecond, 1100, count},
	} {
		t.Run(name, func(t *testing.T) {
			d := detectors(t, "distinct", fmt.Sprintf("key: [client]\nfield: [path]\ncount: %d\nwindow: 10m", count))
			got, _ := watch(d, many(6000, c.every, func(i int, o *Observation) { o.Path = fmt.Sprint("/x", i%c.values) })...)
			if c.want == 0 && got != nil || c.want > 0 && (len(got) == 0 || math.Abs(float64(got[0])-c.want) > c.want/20) {
				t.Errorf("alarms after %v, want one near %v", got, c.want)
			}
		})
	}
	t.Run("after a pause", func(t *testing.T) {
		d := detectors(t, "distinct", fmt.Sprintf("key: [client]\nfield: [path]\ncount: %d\nwindow: 10m", count))
		for round := range 5 {
			if round > 0 { // time goes on by another's
				watch(d, many(20, time.Minute, func(_ int, o *Observation) {
					o.Time, o.Client.Address = o.Time.Add(time.Duration(round-1)*20*time.Minute), "10.9.9.9"
				})...)
			}
			got, _ := watch(d, many(900, time.Millisecond, func(i int, o *Observation) {
				o.Time = o.Time.Add(time.Duration(round) * 20 * time.Minute)
				o.Path = fmt.Sprint("/x", round, "/", i)
			})...)
			if got != nil {
				t.Errorf("alarms after %v of 900 in a window", got)
			}
		}
	})
}
