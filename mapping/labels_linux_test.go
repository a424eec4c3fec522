package mapping

import (
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/test/cpu"
)

// A line costs time in proportion to its length, whatever quotes and brackets are in it.
func TestLabelsOfLongLines(t *testing.T) {
	for _, part := range []string{`\"`, `"`, `'`, `{`, `a={`, `a="`, `a: {'`, ` a=b`, "\n a:", `,;`} {
		growth := cpu.Growth(4<<10, func(size int) {
			line := "method=GET, x={" + strings.Repeat(part, size/len(part))
			for _, mark := range []labelMark{"=", ":", "=>", " "} {
				mark.appendLabels(nil, line, 0)
			}
		})
		if growth > cpu.MostGrowth {
			t.Errorf("sixteen times of %q take %.0f times as long", part, growth)
		}
	}
}
