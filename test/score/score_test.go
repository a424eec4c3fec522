package score

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestScore(t *testing.T) {
	s := Score{
		Name: "shop", Hours: 12, Stages: []string{"scan", "theft", "way out"},
		Found: map[string]map[string]int{"scan": {"host-scan": 2, "9701002": 1, "9701003": 1, "942100": 1}, "theft": {"host-scan": 1}},
		False: map[string]int{"new-edge": 6, "942100": 3}, Cases: map[string]int{"new-edge": 2, "942100": 1},
	}
	path := filepath.Join(t.TempDir(), "scores")
	t.Setenv(File, path)
	for range 2 {
		if err := s.Save(); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(strings.Fields(string(text)), " ")
	one := "shop: 2 of 3 stages found, 6.0 false ones a day; not found: way out" +
		" detector or rule stages false alerts an hour different ones a day 942100 1 0.25 2.0 host-scan 2 0.00 0.0 new-edge 0 0.50 4.0 rules 1 0.00 0.0"
	if got != one+" "+one {
		t.Errorf("got %s", got)
	}
}
