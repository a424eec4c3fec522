package main

import (
	"strings"
	"testing"

	"github.com/schollz/progressbar/v3"
)

// drawn keeps each text that is written to a terminal.
type drawn []string

func (d *drawn) Write(text []byte) (int, error) {
	*d = append(*d, string(text))
	return len(text), nil
}

// Lines begin where the bar was, and it is drawn again below them.
func TestProgressBesideLines(t *testing.T) {
	var terminal drawn
	p := newProgress()
	out := p.beside(&terminal)
	tell(out, "before the bar")
	p.draw(&terminal, 100)
	progressbar.OptionThrottle(0)(p.bar)
	for range 3 {
		p.add(20)
		tell(out, "one line")
	}
	p.end()
	tell(out, "after the bar")

	screen, at := [][]rune{nil}, 0 // what is seen, and the column
	for _, c := range strings.Join(terminal, "") {
		line := &screen[len(screen)-1]
		switch {
		case c == '\r':
			at = 0
		case c == '\n':
			screen, at = append(screen, nil), 0
		case at < len(*line):
			(*line)[at] = c
			at++
		default:
			*line = append(*line, c)
			at++
		}
	}
	var seen []string
	for _, line := range screen {
		seen = append(seen, strings.TrimRight(string(line), " "))
	}
	if got, want := strings.Join(seen, "|"), "before the bar|one line|one line|one line|after the bar|"; got != want {
		t.Errorf("the terminal shows %q, not %q", got, want)
	}
	if !strings.Contains(strings.Join(terminal, ""), "60%") {
		t.Errorf("no bar was drawn: %q", terminal)
	}
}
