package mapping

import (
	"fmt"
	"testing"
	"time"
)

// A time without a year is of the last year that has it, but for clocks that are ahead a little.
func TestWithYear(t *testing.T) {
	zone, err := time.LoadLocation("America/Santiago") // where clocks go forward at midnight
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ stamp, now, want string }{
		{"Mar  1 10:00:00", "2025-03-02T00:00:00Z", "2025-03-01 10:00:00"},
		{"Dec 31 23:59:59", "2026-01-01T12:00:00Z", "2025-12-31 23:59:59"},
		{"Feb 29 10:00:00", "2024-02-29T20:00:00Z", "2024-02-29 10:00:00"},
		{"Feb 29 10:00:00", "2024-02-28T20:00:00Z", "2024-02-29 10:00:00"},
		{"Feb 29 10:00:00", "2025-03-05T00:00:00Z", "2024-02-29 10:00:00"},
		{"Feb 29 10:00:00", "2024-02-01T00:00:00Z", "2020-02-29 10:00:00"},
		{"Feb 29 10:00:00", "2103-05-01T00:00:00Z", "2096-02-29 10:00:00"}, // 2100 is no leap year
		{"Jan  1 00:10:00", "2025-12-31T23:50:00-03:00", "2026-01-01 00:10:00"},
		{"Jan  1 00:10:00", "2025-12-01T00:00:00Z", "2025-01-01 00:10:00"},
		{"Sep  8 00:30:00", "2024-10-01T00:00:00Z", "2024-09-07 23:30:00"}, // an hour that was left out
	} {
		stamp, err := time.ParseInLocation(time.Stamp, c.stamp, zone)
		if err != nil {
			t.Fatal(err)
		}
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := withYear(stamp, now).Format(time.DateTime); got != c.want {
			t.Errorf("%s, read at %s, is %s, want %s", c.stamp, c.now, got, c.want)
		}
	}
}

// A format of a mapping's own without a year means the last such day, too; one with a year means what it says.
func TestFormatsWithoutYear(t *testing.T) {
	for _, c := range []struct{ format, text, now, want string }{
		{"%b %e %H:%M:%S", "Mar  1 10:00:00", "2025-03-02T00:00:00Z", "2025-03-01 10:00:00"},
		{"%b %d %H:%M:%S.%L", "Dec 31 23:59:59.250", "2026-01-01T12:00:00Z", "2025-12-31 23:59:59"},
		{"%m-%d %H:%M:%S", "02-29 10:00:00", "2025-03-05T00:00:00Z", "2024-02-29 10:00:00"},
		{"%d/%m %T %z", "01/01 00:10:00 +0200", "2025-12-31T21:50:00Z", "2025-12-31 22:10:00"},
		{"%a %b %d %H:%M", "Mon Jun 02 10:00", "2025-06-20T00:00:00Z", "2025-06-02 10:00:00"},
		{"%b %d %H:%M:%S %Y", "Mar 01 10:00:00 1999", "2025-03-02T00:00:00Z", "1999-03-01 10:00:00"},
		{"%d.%m.%y %H:%M", "01.03.19 10:00", "2025-03-02T00:00:00Z", "2019-03-01 10:00:00"},
		{"%s", "951868800", "2025-03-02T00:00:00Z", "2000-03-01 00:00:00"},
		{"%b %d %H:%M:%S", "2025 Mar 01 10:00:00", "2025-03-02T00:00:00Z", "0001-01-01 00:00:00"},
	} {
		m := parseOne(t, fmt.Sprintf("request: {uri: a}\ntime: {field: t, format: '%s'}\n", c.format))
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.time.parse(c.text, now).Format(time.DateTime); got != c.want {
			t.Errorf("%q by %q, read at %s, is %s, want %s", c.text, c.format, c.now, got, c.want)
		}
	}
}
