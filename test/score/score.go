// Package score says how well simulations of intruders are told: which stages are found, and what is told falsely, by detector.
package score

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
)

// File is the environment's variable that names the file to which Save appends.
const File = "MSA_SCORES"

// Score is what was said of records whose truth is known.
type Score struct {
	Name   string
	Hours  float64 // in which there may be alerts
	Stages []string
	Found  map[string]map[string]int // alerts by stage and by what found it
	False  map[string]int            // alerts by detector or rule
	Cases  map[string]int            // of them different ones in a day: those of one source by one detector
}

// Missed are the stages that nothing found.
func (s *Score) Missed() (all []string) {
	for _, stage := range s.Stages {
		if len(s.Found[stage]) == 0 {
			all = append(all, stage)
		}
	}
	return all
}

// CasesADay is how many false ones there are.
func (s *Score) CasesADay() float64 {
	n := 0
	for _, c := range s.Cases {
		n += c
	}
	return float64(n) * 24 / s.Hours
}

// Write prints a line for all, and one for each detector and for each rule that was wrong: how many stages it found, and what it said
// falsely.
func (s *Score) Write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	missed := s.Missed()
	_, _ = fmt.Fprintf(t, "%s: %d of %d stages found, %.1f false ones a day", s.Name, len(s.Stages)-len(missed), len(s.Stages), s.CasesADay())
	if len(missed) > 0 {
		_, _ = fmt.Fprintf(t, "; not found: %s", strings.Join(missed, "; "))
	}
	stages := s.stages()
	_, _ = fmt.Fprintf(t, "\n\ndetector or rule\tstages\tfalse alerts an hour\tdifferent ones a day\n")
	for _, name := range names(stages, s.False) {
		_, _ = fmt.Fprintf(t, "%s\t%d\t%.2f\t%.1f\n", name, stages[name], float64(s.False[name])/s.Hours, float64(s.Cases[name])*24/s.Hours)
	}
	_, _ = fmt.Fprintln(t)
	return t.Flush()
}

// rules stands for all rules that said nothing falsely.
const rules = "rules"

// stages are how many were found by each detector or rule.
func (s *Score) stages() map[string]int {
	stages := map[string]int{}
	for _, by := range s.Found {
		found := map[string]bool{}
		for name := range by {
			if isRule := name[0] >= '0' && name[0] <= '9'; isRule && s.False[name] == 0 {
				name = rules
			}
			found[name] = true
		}
		for name := range found {
			stages[name]++
		}
	}
	return stages
}

// names are those of detectors and rules that found something or were wrong.
func names(all ...map[string]int) (list []string) {
	for _, m := range all {
		for name := range m {
			if !slices.Contains(list, name) {
				list = append(list, name)
			}
		}
	}
	slices.Sort(list)
	return list
}

// Save appends the score to the file that the environment names, if it names one.
func (s *Score) Save() (err error) {
	path := os.Getenv(File)
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("cannot write scores: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return s.Write(f)
}
