package alert

import (
	"encoding/binary"
	"testing"
	"time"
)

// A time outside of what an EventTime can hold is its first or last, and never what marks a group of events.
func TestAppendTime(t *testing.T) {
	for _, c := range []struct {
		at      time.Time
		seconds uint32
		nanos   uint32
	}{
		{time.Unix(1717053408, 917), 1717053408, 917},
		{time.Unix(0, 0), 0, 0},
		{time.Unix(-1, 5), 0, 0},
		{time.Unix(-2, 5), 0, 0},
		{time.Time{}, 0, 0},
		{time.Date(1969, 7, 20, 20, 17, 40, 0, time.UTC), 0, 0},
		{time.Unix(0xfffffffd, 5), 0xfffffffd, 5},
		{time.Unix(0xfffffffe, 5), 0xfffffffd, 0},
		{time.Unix(0xffffffff, 5), 0xfffffffd, 0},
		{time.Unix(1<<32, 5), 0xfffffffd, 0},
		{time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), 0xfffffffd, 0},
	} {
		b := AppendTime(nil, c.at)
		if len(b) != 10 || b[0] != 0xd7 || b[1] != 0 {
			t.Fatalf("%s: % x is no EventTime", c.at, b)
		}
		if s, ns := binary.BigEndian.Uint32(b[2:]), binary.BigEndian.Uint32(b[6:]); s != c.seconds || ns != c.nanos {
			t.Errorf("%s: %d seconds and %d nanoseconds, want %d and %d", c.at, s, ns, c.seconds, c.nanos)
		}
	}
}
