package listing

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// Summary counts alerts for the last lines of a listing.
type Summary struct {
	alerts           int
	worked           int
	sources, targets map[string]int
	incidents        map[string]bool
}

// Add counts an alert.
func (s *Summary) Add(a *Alert) {
	if s.sources == nil {
		s.sources, s.targets, s.incidents = map[string]int{}, map[string]int{}, map[string]bool{}
	}
	s.alerts++
	if a.Outcome == "success" {
		s.worked++
	}
	s.sources[a.From()]++
	s.targets[a.To()]++
	if a.Incident != "" {
		s.incidents[a.Incident] = true
	}
}

// Inspected is what a scan has read.
type Inspected struct {
	Records, NotInspected uint64
	NotHTTP               uint64            // beside records that are
	Mapped                map[string]uint64 // records by mapping
	Took                  time.Duration
	Outside               int // alerts, or incidents, that are not of the time asked for
	PerIncident           bool
	Incidents             int // if there are no alerts
}

// Print says what was read and found, with so many of the most frequent sources and targets.
func (s *Summary) Print(w io.Writer, in Inspected, top int) error {
	var b strings.Builder
	if s.alerts > 0 || in.Incidents > 0 {
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "%s in %s", Plural(in.Records, "record"), in.Took.Round(10*time.Millisecond))
	if list := most(in.Mapped, 5); list != "" {
		fmt.Fprintf(&b, ": %s", list)
	}
	if in.NotInspected > 0 {
		fmt.Fprintf(&b, "; %d not inspected", in.NotInspected)
	}
	if in.NotHTTP > 0 {
		fmt.Fprintf(&b, "; %d without HTTP", in.NotHTTP)
	}
	b.WriteByte('\n')
	if in.Records > 0 && in.NotInspected == in.Records {
		b.WriteString("Nothing was inspected.\n")
	} else {
		s.printFound(&b, in, top)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s *Summary) printFound(b *strings.Builder, in Inspected, top int) {
	noun := "alert"
	if in.PerIncident {
		noun = "incident"
	}
	switch {
	case in.Incidents > 0:
		b.WriteString(Plural(in.Incidents, noun) + "\n")
		return
	case s.alerts == 0 && in.Outside > 0:
		fmt.Fprintf(b, "No attack was found in this time (%s outside of it).\n", Plural(in.Outside, noun))
		return
	case s.alerts == 0:
		b.WriteString("No attack was found.\n")
		return
	}
	b.WriteString(Plural(s.alerts, "alert"))
	if n := len(s.incidents); n > 0 {
		fmt.Fprintf(b, " in %s", Plural(n, "incident"))
	}
	if s.worked > 0 {
		fmt.Fprintf(b, "; %s worked", Plural(s.worked, "attack"))
	}
	b.WriteByte('\n')
	for _, end := range []struct {
		name   string
		counts map[string]int
	}{{"sources", s.sources}, {"targets", s.targets}} {
		if len(end.counts) > 1 || end.counts[unnamed] == 0 { // or the log names none
			fmt.Fprintf(b, "%s: %s\n", end.name, most(end.counts, top))
		}
	}
}

// Plural is a count with its noun: 1 alert, 2 alerts.
func Plural[N int | uint64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// most is the names that are counted most often, with their counts.
func most[N int | uint64](counts map[string]N, top int) string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		switch {
		case counts[a] > counts[b]:
			return -1
		case counts[a] < counts[b]:
			return 1
		}
		return strings.Compare(a, b)
	})
	var list []string
	for i, name := range names {
		if i == top {
			list = append(list, fmt.Sprintf("and %d more", len(names)-top))
			break
		}
		list = append(list, fmt.Sprintf("%s (%d)", Visible(name, 60), counts[name]))
	}
	return strings.Join(list, ", ")
}
