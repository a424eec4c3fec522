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

// Beginnings that lead to the same are not followed to the end of a text one by one.
func TestWorkOfBeginningsThatMeet(t *testing.T) {
	p, err := PatternOf(`&[^!]*(?:!x)`)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1 << 10, 1 << 14, 1 << 18} {
		text := strings.Repeat("&"+strings.Repeat("a", n/64-1), 64)
		if ok, work := p.Measure(text + "!"); ok || work > 7*len(text) {
			t.Errorf("%d work for %d bytes, found %v", work, len(text), ok)
		}
		if ok, _ := p.Measure(text + "!x"); !ok {
			t.Errorf("no match at the end of %d bytes", len(text))
		}
	}
}

// Where two characters may begin a match at a line's beginning alone, none is followed elsewhere.
func TestWorkOfLineBeginnings(t *testing.T) {
	p, err := PatternOf(`(?:^(?:cat|echo)|\b(?:cd|ed))[ <]`)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat(" ca", 1000)
	if ok, work := p.Measure(text); ok || work > len(text)*5/2 {
		t.Errorf("%d work for %d bytes, found %v", work, len(text), ok)
	}
}
