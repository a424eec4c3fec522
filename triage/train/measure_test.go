package main

import (
	"strings"
	"testing"
)

// The model that is shipped, on records that are written as those that it was made of, with another seed: a rule that changed
// without a new model shows here.
func TestShippedModel(t *testing.T) {
	p, err := byDefault()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	const other = 1
	quiet, labels := benign(2000, learnedBenign+other)
	flagged := map[string]int{}
	n := 0
	for i, alarms := range alarm(p, quiet) {
		if alarms {
			n++
			flagged[strings.TrimRight(labels[i], " 0123456789")]++
		}
	}
	t.Logf("%d of %d ordinary records alarm: %v", n, len(quiet), flagged)
	if most := len(quiet) * 3 / 100; n > most {
		t.Errorf("more than %d", most)
	}
	var attacks [][]byte
	payloads, kinds := written(1500, learnedAttacks+other)
	for _, payload := range payloads {
		attacks = append(attacks, alone(payload, hash(payload)))
	}
	missed := map[string]int{}
	found := 0
	for i, alarms := range alarm(p, attacks) {
		if alarms {
			found++
		} else {
			missed[kinds[i]]++
		}
	}
	t.Logf("%d of %d attacks alarm; those that don't: %v", found, len(attacks), missed)
	if least := len(attacks) * 85 / 100; found < least {
		t.Errorf("fewer than %d", least)
	}
}
