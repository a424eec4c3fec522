package behavior

import "time"

// clock is the time by the records' own times, in milliseconds. It goes on with them, and believes none
// that is far from the others until enough of them agree.
type clock struct {
	now     int64
	other   int64 // a time that records far ahead agree on
	agreed  int
	late    uint64 // records further behind than lateness
	jumping uint64 // records that were ahead by more than a jump
}

const (
	lateness = int64(5 * time.Minute / time.Millisecond)
	jump     = int64(10 * time.Minute / time.Millisecond)

	// So many records in a row must agree on a time far ahead.
	agreement = 100
)

// at is the time that counts for a record with a time of its own: never more than lateness before the present.
func (c *clock) at(t int64) int64 {
	switch {
	case c.now == 0:
		c.now = t
	case t > c.now+jump:
		c.jumping++
		if c.agreed == 0 || t < c.other-jump || t > c.other+jump {
			c.other, c.agreed = t, 0
		}
		if c.agreed++; c.agreed < agreement {
			return c.now
		}
		c.now, c.agreed = t, 0
	case t > c.now:
		c.now, c.agreed = t, 0
	case t < c.now-lateness:
		c.late++
		return c.now - lateness
	default:
		c.agreed = 0
	}
	return t
}
