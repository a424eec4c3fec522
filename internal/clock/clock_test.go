package clock

import (
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func TestClock(t *testing.T) {
	ms := func(d time.Duration) int64 { return noon.Add(d).UnixMilli() }
	check := func(c *Clock, name string, at, want int64) {
		t.Helper()
		if got := c.At(at); got != want {
			t.Errorf("%s: got %v, want %v", name, time.UnixMilli(got).UTC(), time.UnixMilli(want).UTC())
		}
	}
	c := &Clock{}
	check(c, "the first", ms(0), ms(0))
	check(c, "a second later", ms(time.Second), ms(time.Second))
	check(c, "one of tomorrow", ms(24*time.Hour), ms(time.Second))
	check(c, "which is forgotten", ms(2*time.Second), ms(2*time.Second))
	check(c, "a little late", ms(time.Second), ms(time.Second))
	check(c, "very late", ms(-time.Hour), ms(2*time.Second-5*time.Minute))
	for n := 1; n < agreement; n++ {
		check(c, "after a pause", ms(time.Duration(n)*time.Hour), ms(2*time.Second))
	}
	check(c, "after a pause, agreed", ms(5*time.Hour), ms(5*time.Hour))
	future := time.Now().Add(24 * time.Hour).UnixMilli()
	for range futureAgreement - 1 {
		check(c, "in the future", future, ms(5*time.Hour))
	}
	check(c, "in the future, agreed", future, future)
	if c.late != 1 || c.jumping != 1+agreement-1+futureAgreement-1 {
		t.Errorf("%d late, %d not believed", c.late, c.jumping)
	}
}
