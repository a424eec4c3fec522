package engine

import (
	"maps"
	"slices"
	"testing"

	"github.com/modsecurity-for-anylog/msa/test/cpu"
	"github.com/modsecurity-for-anylog/msa/test/hostile"
)

// Whatever is in a record, its inspection is no more work than there may be, and takes no longer than longest, at the highest
// paranoia level with all packs. Work is counted; time is that of the processor, and goes by how fast it is now.
func TestLongestInspection(t *testing.T) {
	if testing.Short() {
		t.Skip("takes time")
	}
	cfg := config("crs", "evidence", "sensitive-data", "lateral-movement")
	cfg.ParanoiaLevel = 4
	cfg.Screen, cfg.CacheSize, cfg.Views, cfg.ScreenEvidence = ScreenOn, 1<<16, true, true
	e := newEngine(t, cfg)
	all := hostile.Exchanges()
	var worst cpu.Worst
	for _, name := range slices.Sorted(maps.Keys(all)) {
		var work int
		best, limit := cpu.Fastest(longest, func() {
			var err error
			if _, work, err = e.inspectInReach(all[name]); err != nil {
				t.Fatal(err)
			}
		})
		worst.Add(name, best, limit)
		if best > limit {
			t.Errorf("%s: takes %v, and may take %v now", name, best, limit)
		}
		if work > mostWork {
			t.Errorf("%s: is %d work in its last reach", name, work)
		}
	}
	t.Log(worst)
}
