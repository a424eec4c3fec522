package pipeline

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/test/cpu"
	"github.com/modsecurity-for-anylog/msa/test/hostile"
)

// The whole way of a record, from its chunk to the alert in each format, takes no longer than 50 ms, whatever is in it, and
// no alert is longer than a few times the record.
func TestLongestRecord(t *testing.T) {
	if testing.Short() {
		t.Skip("takes time")
	}
	const longest, longestAlert = 50 * time.Millisecond, 3 << 20
	all := hostile.Dense()
	var worst cpu.Worst
	names := slices.Sorted(maps.Keys(all))
	for n, format := range alert.Formats() {
		p, _ := newPipeline(t, "workers=1", "mapping=nano", "rules=crs,evidence,sensitive-data,lateral-movement", "paranoia_level=4", "alert_format="+format, "annotate=waf")
		alerts := 0
		for i, name := range names {
			if i%len(alert.Formats()) != n && format != string(alert.MSA) { // each in msa and one other
				continue
			}
			chunk := newEvent(uint32(i), hostile.Record(all[name]))
			var made []Alerts
			best, limit := cpu.Fastest(longest, func() { made = append(made, p.Process("t", chunk).Alerts...) })
			for _, a := range made {
				alerts++
				if len(a.Events) > longestAlert {
					t.Errorf("%s, %s: %d bytes of alert", format, name, len(a.Events))
				}
			}
			worst.Add(format+", "+name, best, limit)
			if best > limit {
				t.Errorf("%s, %s: takes %v, and may take %v now", format, name, best, limit)
			}
		}
		if alerts == 0 {
			t.Errorf("%s: nothing alarms", format)
		}
	}
	t.Log(worst)
}
