package main

import (
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/logfile"
)

// progress is a bar on a terminal that lines share with it: a line takes the bar's place, and the bar is drawn again below.
type progress struct {
	mu  sync.Mutex
	bar *progressbar.ProgressBar
}

// newProgress shows nothing yet.
func newProgress() *progress { return &progress{bar: progressbar.DefaultSilent(-1)} }

// show draws from now on how much of the files was read, if w is a terminal.
func (p *progress) show(w io.Writer, files *logfile.Files) {
	if isTerminal(w) {
		p.draw(w, files.Size())
		files.OnRead = p.add
	}
}

func (p *progress) draw(w io.Writer, size int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bar = progressbar.NewOptions64(size, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription("reading"),
		progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetSpinnerChangeInterval(0)) // where the size is not known it would draw on its own
}

func (p *progress) add(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.bar.Add(n)
}

// end takes the bar away.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.bar.Finish()
}

// beside is w for texts that end with whole lines, each of which is written with the bar out of the way.
func (p *progress) beside(w io.Writer) io.Writer { return besideProgress{p, w} }

type besideProgress struct {
	progress *progress
	to       io.Writer
}

func (b besideProgress) Write(text []byte) (int, error) {
	b.progress.mu.Lock()
	defer b.progress.mu.Unlock()
	_ = b.progress.bar.Clear()
	return b.to.Write(text)
}
