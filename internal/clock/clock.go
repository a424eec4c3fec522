// Package clock tells the time by records.
package clock

import "time"

// Clock is the time by the records' own times, in milliseconds. It goes on with them, and one record does not move it far.
//
// A host whose clock is wrong, or a chunk of records that are, comes between others that are right. So times that are far
// from the present are a claim: while it lasts they count by their distance from its first record, as if
// the present were then, and the clock believes it only when so many records in a row agree as usually come in
// an hour. Others that are right would have come in between. A log that pauses for a night loses nothing but the pause.
type Clock struct {
	Now   int64   // 0 before the first record
	gap   float64 // usual milliseconds between records
	claim claim
	late  uint64 // records further behind than Lateness
	ahead uint64 // records ahead of a clock that did not believe them
}

// claim is records in a row that are far from the present, on the same side of it.
type claim struct {
	from    int64 // the first one's time
	base    int64 // what that counts as
	last    int64
	records int
}

const (
	// Lateness is how far behind the present a record may be.
	Lateness = int64(5 * time.Minute / time.Millisecond)
	jump     = int64(10 * time.Minute / time.Millisecond)

	// latest is the end of the year 9999. Times beyond it, and before 1970, can't be counted in windows.
	latest = int64(253_402_300_799_999)

	claimTime               = float64(time.Hour / time.Millisecond)
	fewestClaims, mostClaim = 3, 2000 // records that must agree
)

// Restore goes on with the time that a clock had, unless that can't have been.
func (c *Clock) Restore(now int64) {
	if Can(now) {
		c.Now = now
	}
}

// Can reports whether a clock can tell a time, in milliseconds.
func Can(t int64) bool { return t > 0 && t <= latest }

// At is the time that counts for a record with a time of its own: never more than Lateness before the present.
func (c *Clock) At(t int64) int64 {
	t = min(max(t, 1), latest)
	if c.Now == 0 {
		c.Now = t
	}
	if c.Now-Lateness <= t && t <= c.Now+jump {
		c.claim = claim{}
		c.pass(t - c.Now)
		c.Now = max(c.Now, t)
		return t
	}
	k := &c.claim
	base := c.Now
	if t < c.Now {
		c.late++
		base -= Lateness
	} else {
		c.ahead++
	}
	if k.records == 0 || (t < c.Now) != (k.from < c.Now) || t < k.from-Lateness {
		*k = claim{from: t, base: base, last: t}
	}
	k.records++
	c.pass(t - k.last)
	k.last = max(k.last, t)
	if k.records >= c.needed() {
		c.Now, *k = t, claim{}
		return t
	}
	// As long as nobody knows, windows go on as fast as these records do.
	return max(k.base+max(t-k.from, 0), 1)
}

// pass notes how far records are apart.
func (c *Clock) pass(gap int64) {
	if gap >= 0 {
		c.gap += (float64(gap) - c.gap) / 64
	}
}

// needed is how many records in a row are believed.
func (c *Clock) needed() int {
	return int(min(max(claimTime/max(c.gap, 1), fewestClaims), mostClaim))
}
