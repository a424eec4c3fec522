package mapping

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// layouts are the ways to write a time that are tried in turn. Without a zone the
// log's own clock is kept as if it were UTC.
var layouts = []string{
	"2006-01-02 15:04:05.999999999",
	time.RFC3339Nano,
	"2006-01-02T15:04:05.999999999",
	"2006-01-02T15:04:05.999999999Z0700",
	"2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999 -0700",
	"02/Jan/2006:15:04:05 -0700",
	time.RFC1123Z, time.RFC1123,
}

// longestTime bounds what is tried: no layout has more characters.
const longestTime = 40

// parseTime reads a time in any of the known layouts, or as a number since 1970
// in seconds (fractions allowed), milli-, micro- or nanoseconds, told apart by
// their magnitude.
func parseTime(s string) (time.Time, bool) {
	if s == "" || len(s) > longestTime {
		return time.Time{}, false
	}
	if strings.Trim(s, "0123456789.") == "" {
		n, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return time.Time{}, false
		}
		return epoch(n)
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

func epoch(n float64) (time.Time, bool) {
	switch {
	case !(n > 0) || n >= 1e20:
		return time.Time{}, false
	case n >= 1e17:
		n /= 1e9
	case n >= 1e14:
		n /= 1e6
	case n >= 1e11:
		n /= 1e3
	}
	sec, frac := math.Modf(n)
	return time.Unix(int64(sec), int64(frac*1e9)).UTC(), true
}
