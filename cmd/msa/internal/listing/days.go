package listing

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"
)

// Days counts alerts by the day and by what found them, so that one sees what a SOC would get before it does.
type Days struct {
	w     io.Writer
	by    map[string]map[string]int // by detector or rule, by day
	days  map[string]bool
	first time.Time
	last  time.Time
}

// NewDays makes a printer that prints a table when it is flushed, and nothing before.
func NewDays(w io.Writer) *Days {
	return &Days{w: w, by: map[string]map[string]int{}, days: map[string]bool{}}
}

// Print counts an alert.
func (d *Days) Print(a *Alert) error {
	name := a.Detector
	if name == "" {
		name = a.Rule
	}
	day := a.Timestamp.UTC().Format(time.DateOnly)
	if d.by[name] == nil {
		d.by[name] = map[string]int{}
	}
	d.by[name][day]++
	d.days[day] = true
	if d.first.IsZero() || a.Timestamp.Before(d.first) {
		d.first = a.Timestamp
	}
	if a.Timestamp.After(d.last) {
		d.last = a.Timestamp
	}
	return nil
}

// Flush writes the table: for each detector and rule its alerts on each day, and how many that is an hour of the time
// from the first alert to the last, one hour at least.
func (d *Days) Flush() error {
	t := tabwriter.NewWriter(d.w, 0, 0, 2, ' ', tabwriter.AlignRight)
	days := slices.Sorted(maps.Keys(d.days))
	_, _ = fmt.Fprint(t, "detector or rule\t")
	for _, day := range days {
		_, _ = fmt.Fprint(t, day, "\t")
	}
	_, _ = fmt.Fprint(t, "an hour\t\n")
	hours := max(d.last.Sub(d.first).Hours(), 1)
	for _, name := range slices.Sorted(maps.Keys(d.by)) {
		_, _ = fmt.Fprint(t, name, "\t")
		sum := 0
		for _, day := range days {
			n := d.by[name][day]
			sum += n
			_, _ = fmt.Fprint(t, n, "\t")
		}
		_, _ = fmt.Fprintf(t, "%.2f\t\n", float64(sum)/hours)
	}
	return t.Flush()
}
