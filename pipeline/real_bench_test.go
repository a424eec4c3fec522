package pipeline

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"time"
)

// realRequests gives real requests of a file of Nano's records, one after the other, each of them once: every so-and-so-manyth
// line, as those of a site stand together, and at the end of the file the ones between.
type realRequests struct {
	b     *testing.B
	file  *os.File
	lines *bufio.Reader
	pass  int
}

const realEvery = 25

// openReal opens the folder that MSA_WCP names, see test/peers.
func openReal(b *testing.B) *realRequests {
	dir := os.Getenv("MSA_WCP")
	if dir == "" {
		b.Skip("MSA_WCP names no folder of real requests")
	}
	f, err := os.Open(filepath.Join(dir, "legit.jsonl"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = f.Close() })
	return &realRequests{b: b, file: f, lines: bufio.NewReaderSize(f, 1<<20)}
}

// chunk is the next n requests.
func (r *realRequests) chunk(n int) (chunk []byte) {
	for i := range n {
		chunk = append(chunk, newEvent(uint32(i), jsonRecord(r.b, string(r.line())))...)
	}
	return chunk
}

func (r *realRequests) line() []byte {
	for i := 1; ; i++ {
		line, err := r.lines.ReadBytes('\n')
		switch {
		case errors.Is(err, io.EOF):
			if _, err := r.file.Seek(0, io.SeekStart); err != nil || r.pass == realEvery {
				r.b.Fatal("there are no more real requests", err)
			}
			r.lines.Reset(r.file)
			r.pass++
			i = -r.pass
		case err != nil:
			r.b.Fatal(err)
		case i == realEvery:
			return line
		}
	}
}

// BenchmarkReal inspects real requests, none of them twice, with caches that others have filled.
func BenchmarkReal(b *testing.B) {
	requests := openReal(b)
	p, _ := newPipeline(b, "workers=1", "mapping=nano")
	const batch, warmUp = 200, 4000
	for range warmUp / batch {
		p.Process("t", requests.chunk(batch))
	}
	b.ReportAllocs()
	var cpu time.Duration
	bytes := 0
	b.ResetTimer()
	for done := 0; done < b.N; done += batch {
		b.StopTimer()
		chunk := requests.chunk(min(batch, b.N-done))
		bytes += len(chunk)
		before := processorTime(b)
		b.StartTimer()
		p.Process("t", chunk)
		cpu += processorTime(b) - before
	}
	b.ReportMetric(cpu.Seconds()*1e6/float64(b.N), "cpu-µs/record")
	b.ReportMetric(float64(bytes)/cpu.Seconds()/1e6, "MB/cpu-s")
	s := p.Snapshot()
	b.ReportMetric(float64(s.Screened)/float64(s.Records), "cleared")
}

// processorTime is what the process has used.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
