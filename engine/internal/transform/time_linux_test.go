package transform_test

import (
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine/internal/transform"
	"github.com/modsecurity-for-anylog/msa/test/cpu"
)

// What is sixteen times as long takes sixteen times as long, not its square.
func TestTransformationTime(t *testing.T) {
	for _, name := range names {
		f, _ := transform.Lookup(name)
		for _, h := range hostile {
			if growth := cpu.Growth(16<<10, func(size int) { f(strings.Repeat(h, size/len(h))) }); growth > cpu.MostGrowth {
				t.Errorf("%s of %q…: takes %.0f times as long", name, h, growth)
			}
		}
	}
}
