package cluster

import (
	"bytes"
	"hash/fnv"
	"strings"
	"testing"
	"time"
)

var midnight = time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)

// The same options give the same records, in the order of time, and another seed gives others.
func TestSameRecords(t *testing.T) {
	read := func(seed uint64) (sum uint64, n int) {
		h := fnv.New64a()
		g := New(Options{Seed: seed, Start: midnight, Hours: 27, Load: 0.2})
		var last time.Time
		for r, ok := g.Next(); ok; r, ok = g.Next() {
			if r.Time.Before(last.Truncate(time.Minute)) {
				t.Fatalf("%v comes after %v", r.Time, last)
			}
			last = r.Time
			_, _ = h.Write(r.JSON())
			n++
		}
		return h.Sum64(), n
	}
	one, n := read(1)
	if again, _ := read(1); again != one || n < 50_000 {
		t.Errorf("%d records, and other ones the second time", n)
	}
	if other, _ := read(2); other == one {
		t.Error("another seed makes the same records")
	}
}

// Most stages are found, and little else is told. `make cluster` is the same for two days.
func TestCluster(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	m, err := Measure(Options{Seed: 3, Start: midnight, Hours: 34, Load: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	var table bytes.Buffer
	if err := m.Write(&table); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + table.String())
	found := m.Score()
	if err := found.Save(); err != nil {
		t.Error(err)
	}
	if missed := found.Missed(); len(missed) > 2 {
		t.Errorf("not found: %s", strings.Join(missed, "; "))
	}
	if n := found.CasesADay(); n > 9 {
		t.Errorf("%.1f false ones a day", n)
	}
}
