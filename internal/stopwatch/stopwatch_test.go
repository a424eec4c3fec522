package stopwatch

import (
	"testing"
	"time"
)

func TestWatch(t *testing.T) {
	var w Watch
	const step = 5 * time.Millisecond
	start := time.Now()
	for _, p := range []Part{Mapping, Rules, Mapping} {
		w.Enter(p)
		if !w.In(p) {
			t.Errorf("not in %d", p)
		}
		time.Sleep(step)
	}
	w.Stop()
	total := time.Since(start)
	time.Sleep(step)
	if w.In(Mapping) || w.In(Overhead) {
		t.Error("it has been stopped")
	}
	w.Enter(Alerts)
	w.Stop()
	mapping, rules := w.Spent(Mapping), w.Spent(Rules)
	if mapping < 2*step || rules < step || mapping+rules > total {
		t.Errorf("mapping %v, rules %v, of %v", mapping, rules, total)
	}
	for _, p := range []Part{Screen, Check, Detectors, Other, Overhead} {
		if d := w.Spent(p); d != 0 {
			t.Errorf("part %d has %v", p, d)
		}
	}
	var none *Watch
	none.Enter(Rules) // measures nothing
}
