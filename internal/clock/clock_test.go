package clock

import (
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func TestClock(t *testing.T) {
	ms := func(d time.Duration) int64 { return noon.Add(d).UnixMilli() }
	c := &Clock{}
	check := func(name string, at, want time.Duration) {
		t.Helper()
		if got := c.At(ms(at)); got != ms(want) {
			t.Errorf("%s: got %v, want %v", name, time.UnixMilli(got).UTC(), noon.Add(want))
		}
	}
	for n := range 1000 { // a record in two seconds, so that 1800 must agree
		check("in time", time.Duration(2*n-2000)*time.Second, time.Duration(2*n-2000)*time.Second)
	}
	check("one of tomorrow", 24*time.Hour, -2*time.Second)
	check("which is forgotten", 2*time.Second, 2*time.Second)
	check("a little late", time.Second, time.Second)
	check("very late", -time.Hour, 2*time.Second-5*time.Minute)
	check("in time", 3*time.Second, 3*time.Second)
	for n := range 1500 { // a chunk of a host whose clock is a day ahead
		check("of a wrong clock", 24*time.Hour+time.Duration(2*n)*time.Second, 3*time.Second+time.Duration(2*n)*time.Second)
	}
	check("in time again", 5*time.Second, 5*time.Second)
	if c.late != 1 || c.ahead != 1501 {
		t.Errorf("%d late, %d ahead", c.late, c.ahead)
	}
	after := c.needed() - 1
	for n := range after {
		check("after a night", 9*time.Hour+time.Duration(2*n)*time.Second, 5*time.Second+time.Duration(2*n)*time.Second)
	}
	check("after a night, as all say", 10*time.Hour, 10*time.Hour)
	for n := range c.needed() - 1 { // the whole log goes back
		check("long ago", 2*time.Hour+time.Duration(2*n)*time.Second, 10*time.Hour-5*time.Minute+time.Duration(2*n)*time.Second)
	}
	check("long ago, as all say", 3*time.Hour, 3*time.Hour)

	// Where a record comes in two hours, three of them are a log.
	c = &Clock{}
	for n := range 500 {
		c.At(ms(time.Duration(2*n) * time.Hour))
	}
	if behind := ms(998*time.Hour) - c.Now; behind > ms(6*time.Hour)-ms(0) {
		t.Errorf("a slow clock is %d ms behind", behind)
	}
}

// Times that no calendar has would be counted in windows that there are not.
func TestTimesOutOfBounds(t *testing.T) {
	for _, first := range []int64{-1 << 62, -1, 0, 1, 1 << 62} {
		var c Clock
		for _, at := range []int64{first, -1 << 63, 1<<63 - 1, first, 5, -7, 1_700_000_000_000} {
			if got := c.At(at); got < 1 || got > latest {
				t.Errorf("%d after %d counts as %d", at, first, got)
			}
		}
	}
	for now, want := range map[int64]int64{-5: 0, 0: 0, 1_700_000_000_000: 1_700_000_000_000, 1 << 60: 0} {
		var c Clock
		if c.Restore(now); c.Now != want {
			t.Errorf("a clock at %d is restored to %d", now, c.Now)
		}
	}
}
