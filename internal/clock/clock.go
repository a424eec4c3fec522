// Package clock tells the time by records.
package clock

import "time"

// Clock is the time by the records' own times, in milliseconds. It goes on with them. A record that is far ahead of
// it is believed only if the next ones are so too: after a few of them, as a log may pause for
// a night, and after many where they are ahead of this machine's clock as well.
type Clock struct {
	Now     int64  // 0 before the first record
	ahead   int    // records in a row that are far ahead
	late    uint64 // records further behind than Lateness
	jumping uint64 // records that were not believed
}

const (
	// Lateness is how far behind the present a record may be.
	Lateness = int64(5 * time.Minute / time.Millisecond)
	jump     = int64(10 * time.Minute / time.Millisecond)

	agreement       = 3   // records in a row that must agree
	futureAgreement = 100 // on what has not come yet
)

// At is the time that counts for a record with a time of its own: never more than Lateness before the present.
func (c *Clock) At(t int64) int64 {
	switch {
	case c.Now == 0:
		c.Now = t
	case t > c.Now+jump:
		needed := agreement
		if t > time.Now().UnixMilli()+jump {
			needed = futureAgreement
		}
		if c.ahead++; c.ahead < needed {
			c.jumping++
			return c.Now
		}
		c.Now, c.ahead = t, 0
	case t >= c.Now:
		c.Now, c.ahead = t, 0
	case t < c.Now-Lateness:
		c.late++
		return c.Now - Lateness
	default:
		c.ahead = 0
	}
	return t
}
