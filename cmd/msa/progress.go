package main

import (
	"io"
	"os"
	"time"
)

// progress tells people who wait what was done so far: on a terminal in one line that changes, elsewhere in a line now and
// then.
type progress struct {
	stderr     io.Writer
	isTerminal bool
	next       time.Time
	told       bool // the line is there
}

const (
	firstProgress    = time.Second
	terminalProgress = 200 * time.Millisecond
	lineProgress     = 5 * time.Second
)

func newProgress(stderr io.Writer) *progress {
	return &progress{stderr: stderr, next: time.Now().Add(firstProgress), isTerminal: isTerminal(stderr) && os.Getenv("TERM") != "dumb"}
}

// tell says how far it is, if it is time to.
func (p *progress) tell(what func() string) {
	now := time.Now()
	if now.Before(p.next) {
		return
	}
	if p.isTerminal {
		_, _ = io.WriteString(p.stderr, "\r\x1b[K"+what())
		p.next, p.told = now.Add(terminalProgress), true
		return
	}
	complain(p.stderr, "msa: %s", what())
	p.next = now.Add(lineProgress)
}

// end clears the line, so that others can be written.
func (p *progress) end() {
	if p.told {
		_, _ = io.WriteString(p.stderr, "\r\x1b[K")
		p.told = false
	}
}
