package pipeline

import (
	"strings"
	"testing"
)

// A preset may have several mappings of one name: what is said of them is said once, at the start or as they come.
func TestMappingAnnouncedOnce(t *testing.T) {
	for _, mapping := range []string{"nginx-json", "modsecurity", "auto"} {
		p, log := newPipeline(t, "mapping="+mapping)
		for range 2 {
			p.announce(p.mapper.Mappings()[0])
		}
		lines := map[string]int{}
		for line := range strings.Lines(log.String()) {
			if _, what, ok := strings.Cut(line, "mapping in use"); ok {
				lines[what]++
			}
		}
		if len(lines) == 0 {
			t.Errorf("%s: nothing is said", mapping)
		}
		for what, n := range lines {
			if n > 1 {
				t.Errorf("%s: said %d times: %s", mapping, n, what)
			}
		}
	}
}
