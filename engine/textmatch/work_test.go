package textmatch

import (
	"strings"
	"testing"
)

// What a pattern costs goes by the steps that its automaton takes, at each place where a match may begin.
func TestWorkOfAPattern(t *testing.T) {
	p, err := PatternOf(`union[a-z ]+all`)
	if err != nil {
		t.Fatal(err)
	}
	work := func(text string) int {
		_, work := p.Measure(text)
		return work
	}
	const n = 3000
	none, some, all := work(strings.Repeat("a", n)), work(strings.Repeat("unio, ", n/6)), work(strings.Repeat("union ", n/6))
	if none > 2*n || some < 2*none || all < 2*some {
		t.Errorf("where no match begins %d work, where some begin %d, where they go on %d", none, some, all)
	}
	if early := work("union all" + strings.Repeat("a", n)); early > 2*n {
		t.Errorf("%d work, and the match is at once", early)
	}
}
