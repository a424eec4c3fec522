package sketch_test

import (
	"testing"

	"github.com/axiomhq/hyperloglog"

	"github.com/modsecurity-for-anylog/msa/internal/sketch"
)

func TestIs(t *testing.T) {
	for name, c := range map[string]struct {
		sketch *hyperloglog.Sketch
		want   bool
	}{
		"new": {sketch.New(), true}, "none": {nil, false}, "another precision": {hyperloglog.New(), false},
	} {
		if got := sketch.Is(c.sketch); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestEstimate(t *testing.T) {
	s := sketch.New()
	for n := range uint64(500) {
		s.InsertHash(n * 0x9e3779b97f4a7c15)
	}
	if n := s.Estimate(); n < 490 || n > 510 {
		t.Errorf("%d of 500", n)
	}
}
