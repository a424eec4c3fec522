package behavior

import "time"

// clock is the time by the records' own times, in milliseconds. It goes on with them. A record that is far ahead of
// it is believed only if the next ones are so too: after a few of them, as a log may pause for
// a night, and after many where they are ahead of this machine's clock as well.
type clock struct {
	now     int64
	ahead   int    // records in a row that are far ahead
	late    uint64 // records further behind than lateness
	jumping uint64 // records that were not believed
}

const (
	lateness = int64(5 * time.Minute / time.Millisecond)
	jump     = int64(10 * time.Minute / time.Millisecond)

	agreement       = 3   // records in a row that must agree
	futureAgreement = 100 // on what has not come yet
)

// at is the time that counts for a record with a time of its own: never more than lateness before the present.
func (c *clock) at(t int64) int64 {
	switch {
	case c.now == 0:
		c.now = t
	case t > c.now+jump:
		needed := agreement
		if t > time.Now().UnixMilli()+jump {
			needed = futureAgreement
		}
		if c.ahead++; c.ahead < needed {
			c.jumping++
			return c.now
		}
		c.now, c.ahead = t, 0
	case t >= c.now:
		c.now, c.ahead = t, 0
	case t < c.now-lateness:
		c.late++
		return c.now - lateness
	default:
		c.ahead = 0
	}
	return t
}
