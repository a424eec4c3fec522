package crs

import (
	"slices"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/internal/coverage"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// measuredAgain: the stages of one rule in so many. All of them take half a minute of processor time.
const measuredAgain = 12

// TestNeeds: the table of what logs have to show is what is measured, for some of the rules, and has all stages.
func TestNeeds(t *testing.T) {
	var chosen []int
	stages := map[int]int{}
	for _, s := range corpus(t) {
		if !s.Expect.Detection() {
			continue
		}
		if stages[s.Rule]++; stages[s.Rule] == 1 && len(stages)%measuredAgain == 0 {
			chosen = append(chosen, s.Rule)
		}
	}
	isChosen := func(rule int) bool { return slices.Contains(chosen, rule) }
	got, err := Needs(slices.DeleteFunc(slices.Clone(corpus(t)), func(s Stage) bool { return !isChosen(s.Rule) }))
	if err != nil {
		t.Fatal(err)
	}
	want := slices.DeleteFunc(slices.Clone(coverage.Needs()), func(n coverage.Need) bool { return !isChosen(n.Rule) })
	text := func(needs []coverage.Need) string {
		var lines []string
		for _, n := range needs {
			lines = append(lines, n.String())
		}
		return strings.Join(lines, "\n")
	}
	if text(got) != text(want) || len(got) < 30 {
		t.Errorf("run go run ./test/crs/needs: measured\n%s\nand in the table is\n%s", text(got), text(want))
	}
	for _, n := range coverage.Needs() {
		stages[n.Rule] -= n.Tests
	}
	for rule, missing := range stages {
		if missing != 0 {
			t.Errorf("run go run ./test/crs/needs: the table lacks %d tests of rule %d", missing, rule)
		}
	}
}

// foretold is how many tests the table says that a kind of log finds.
func (k Kind) foretold(t *testing.T) int {
	t.Helper()
	m, err := mapping.Load(k.Preset)
	if err != nil {
		t.Fatal(err)
	}
	var tx mapping.Transaction
	if err := m.Map(tag, k.Record(Respond(&corpus(t)[0])), &tx); err != nil {
		t.Fatal(err)
	}
	log := coverage.Of(&tx)
	if k.Name != "combined" { // the others have each header that was sent, so that their records have different ones
		log = log.With(coverage.RequestHeaders)
	}
	found, _ := coverage.Tests(log, func(int) bool { return true })
	return found
}
