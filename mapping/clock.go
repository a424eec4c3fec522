package mapping

import (
	"math"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // containers often have no zones

	"github.com/goccy/go-yaml/ast"
	"github.com/itchyny/timefmt-go"
)

// timeSpec is the time part of a mapping file.
type timeSpec struct {
	field  field
	format string        // as strptime has it; "" for any of the known layouts
	unit   time.Duration // of a number since 1970, 0 unless format says so
	zone   *time.Location

	yearless bool // format has none, but for one that is put before it
}

// someDay is one from which it is three months, a week and six years to days of the same name.
var someDay = time.Date(2001, time.April, 15, 0, 0, 0, 0, time.UTC)

func (y *yamlReader) timeInto(t *timeSpec) func(ast.Node) error {
	units := map[string]time.Duration{
		"epoch": time.Second, "epoch_ms": time.Millisecond, "epoch_us": time.Microsecond, "epoch_ns": time.Nanosecond,
	}
	return func(node ast.Node) error {
		t.zone = time.UTC
		return y.field(node, &t.field, readers{
			"format": func(n ast.Node) error {
				s, err := y.text(n)
				if err != nil {
					return err
				}
				if unit, ok := units[s]; ok {
					t.unit = unit
					return nil
				}
				if !strings.Contains(s, "%") {
					return positioned(n, "unknown time format %q: one as of strptime has a %%, %s", s, suggest(s, units))
				}
				// Fluent Bit's name for the fraction of a second.
				t.format = strings.ReplaceAll(s, "%L", "%f")
				now := time.Unix(0, 0).UTC()
				if _, err := timefmt.Parse(timefmt.Format(now, t.format), t.format); err != nil {
					return positioned(n, "cannot use time format %q: %w", s, err)
				}
				tells := func(other time.Time) bool {
					return timefmt.Format(someDay, t.format) != timefmt.Format(other, t.format)
				}
				if !tells(someDay.AddDate(0, 3, 0)) || !tells(someDay.AddDate(0, 0, 7)) {
					return positioned(n, "cannot use time format %q: it has no month and day", s)
				}
				if t.yearless = !tells(someDay.AddDate(6, 0, 0)); t.yearless {
					t.format = "%Y " + t.format
				}
				return nil
			},
			"zone": func(n ast.Node) error {
				s, err := y.text(n)
				if err != nil {
					return err
				}
				if t.zone, err = time.LoadLocation(s); err != nil {
					return positioned(n, "unknown time zone %q, such as Europe/Berlin: %w", s, err)
				}
				return nil
			},
		})
	}
}

// durationSpec is the duration part of a mapping file.
type durationSpec struct {
	field field
	unit  time.Duration
}

func (y *yamlReader) durationInto(d *durationSpec) func(ast.Node) error {
	return func(node ast.Node) error {
		d.unit = time.Second
		return y.field(node, &d.field, readers{"unit": choice(y, "unit", &d.unit, map[string]time.Duration{
			"s": time.Second, "ms": time.Millisecond, "us": time.Microsecond, "ns": time.Nanosecond,
		})})
	}
}

// read is how long the exchange took, 0 where the record has no number there.
func (d *durationSpec) read(m *Mapping, tx *Transaction) time.Duration {
	text := m.text(tx, &d.field)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseFloat(text, 64)
	if ns := n * float64(d.unit); err == nil && ns > 0 && ns < float64(longestDuration) {
		return time.Duration(ns)
	}
	return 0
}

// longestDuration bounds what is believed of a log.
const longestDuration = 1 << 62

// Duration is how long the exchange took, 0 where the log does not say. It is read from the record when it is asked
// for, as only few records need it.
func (tx *Transaction) Duration() time.Duration {
	m := tx.mapping
	if m == nil {
		return 0
	}
	if d := m.duration.read(m, tx); d > 0 {
		return d
	}
	if end := m.endTime.read(m, tx); !end.IsZero() && end.After(tx.Time) && !tx.Time.IsZero() {
		return end.Sub(tx.Time)
	}
	return 0
}

// ShowsDuration reports whether the record says how long the exchange took, and be it too short to be measured.
func (tx *Transaction) ShowsDuration() bool {
	m := tx.mapping
	return m != nil && (m.text(tx, &m.duration.field) != "" || !m.endTime.read(m, tx).IsZero())
}

// read is the record's own time, zero when there is none that can be read.
func (t *timeSpec) read(m *Mapping, tx *Transaction) time.Time {
	s := m.text(tx, &t.field)
	if s == "" || len(s) > longestTime {
		return time.Time{}
	}
	if t.unit != 0 {
		at, _ := since1970(s, t.unit)
		return at
	}
	if t.format != "" {
		return t.parse(s, time.Now())
	}
	at, _ := parseTime(s, t.zone)
	return at
}

// parse reads a time in the format, zero if it is in another.
func (t *timeSpec) parse(s string, now time.Time) time.Time {
	if t.yearless {
		s = "2000 " + s // which has a 29 February
	}
	at, err := timefmt.ParseInLocation(s, t.format, t.zone)
	switch {
	case err != nil:
		return time.Time{}
	case t.yearless:
		at = withYear(at, now)
	}
	return at.UTC()
}

// longestTime bounds what is tried: no layout has more characters.
const longestTime = 48

// parseTime reads a time in any of the known layouts, or as a number since 1970
// in seconds (fractions allowed), milli-, micro- or nanoseconds, told apart by
// their magnitude. zone is that of times that name none.
func parseTime(s string, zone *time.Location) (time.Time, bool) {
	if s == "" {
		return time.Time{}, false
	}
	if isNumber(s) {
		return since1970(s, 0)
	}
	s = withoutBrackets(s)
	if at := strings.LastIndex(s, " --"); at >= 0 { // ModSecurity 2 writes zones west of Greenwich so
		s = s[:at+1] + s[at+2:]
	}
	if i := strings.IndexByte(s, ' '); i > 10 && s[10] == 'T' && i+1 < len(s) && s[i+1] >= 'A' {
		s = s[:i] // a level behind it, as env_logger writes
	}
	if s == "" {
		return time.Time{}, false
	}
	for _, layout := range layouts(s) {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			if t.Year() == 0 {
				t = withYear(t, time.Now())
			}
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// withoutBrackets cuts off brackets around a time, and what a Java program names the zone in behind it:
// 2026-11-20T10:11:12+01:00[Europe/Berlin].
func withoutBrackets(s string) string {
	s = strings.Trim(s, "[] ")
	s, _, _ = strings.Cut(s, "[")
	return s
}

// withYear gives a time without a year, as RFC 3164 has them, that of the last such day: 29 February is one of a leap year. The
// clock that wrote it may be ahead by two days.
func withYear(t, now time.Time) time.Time {
	latest := now.AddDate(0, 0, 2)
	for year := latest.In(t.Location()).Year(); ; year-- {
		at := time.Date(year, t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
		if !at.After(latest) && exists(year, t.Month(), t.Day()) {
			return at
		}
	}
}

func exists(year int, month time.Month, day int) bool {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Day() == day
}

func (t *timeSpec) zoneOrUTC() *time.Location {
	if t.zone == nil {
		return time.UTC
	}
	return t.zone
}

func isNumber(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && c != '.' {
			return false
		}
	}
	return true
}

// layouts are the ways to write a time that are tried in turn; a look at the text spares
// most of them.
func layouts(s string) []string {
	switch {
	case len(s) > 10 && s[4] == '-' && s[10] == 'T':
		return isoLayouts
	case len(s) > 10 && s[4] == '-':
		return sqlLayouts
	case len(s) > 10 && s[4] == '/':
		return slashLayouts
	case len(s) > 10 && s[2] == '/':
		return accessLogLayouts
	}
	return otherLayouts
}

var (
	isoLayouts       = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05.999999999Z0700"}
	sqlLayouts       = []string{"2006-01-02 15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999 -0700", "2006-01-02 15:04:05.999999999 MST"}
	slashLayouts     = []string{"2006/01/02 15:04:05.999999999", "2006/01/02 - 15:04:05", "2006/01/02 15:04:05 -0700"} // Go's log, Gin
	accessLogLayouts = []string{
		"02/Jan/2006:15:04:05 -0700", "02/Jan/2006:15:04:05.999999999", // the latter is HAProxy's
		"02/Jan/2006:15:04:05.999999999 -0700", "02/Jan/2006 15:04:05", // Python's http.server
		"02/Jan/2006:15:04:05 MST", // WEBrick
	}
	otherLayouts = []string{time.RFC1123Z, time.RFC1123, time.Stamp, "Jan _2 2006 15:04:05", "Jan _2 15:04:05 2006", time.ANSIC} // time.Stamp is RFC 3164's
)

func magnitude(n float64) time.Duration {
	switch {
	case n >= 1e17:
		return time.Nanosecond
	case n >= 1e14:
		return time.Microsecond
	case n >= 1e11:
		return time.Millisecond
	}
	return time.Second
}

// since1970 reads a number of units, found out by its magnitude if unit is 0.
func since1970(s string, unit time.Duration) (time.Time, bool) {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return time.Time{}, false
	}
	if unit == 0 {
		unit = magnitude(n)
	}
	if seconds := n / float64(time.Second/unit); !(seconds > 0) || seconds >= 1e11 {
		return time.Time{}, false
	}
	if whole, err := strconv.ParseInt(s, 10, 64); err == nil {
		perSecond := int64(time.Second / unit)
		return time.Unix(whole/perSecond, whole%perSecond*int64(unit)).UTC(), true
	}
	seconds, fraction := math.Modf(n / float64(time.Second/unit))
	return time.Unix(int64(seconds), int64(fraction*1e9)).UTC(), true
}
