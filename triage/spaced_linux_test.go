package triage

import (
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/test/cpu"
)

// Comments that are not closed take time in proportion to the text.
func TestSpacedIsLinear(t *testing.T) {
	for _, piece := range []string{"//* ", "/*\n", "/**", "' or count(//*)=1 or '"} {
		if growth := cpu.Growth(8<<10, func(size int) { spaced(strings.Repeat(piece, size/len(piece))) }); growth > cpu.MostGrowth {
			t.Errorf("sixteen times of %q take %.0f times as long", piece, growth)
		}
	}
}
