package pipeline

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
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
	for range realEvery - 1 {
		for more := true; more; { // without keeping it: that would be garbage of the benchmark's own
			_, err := r.lines.ReadSlice('\n')
			more = errors.Is(err, bufio.ErrBufferFull)
			if err != nil && !more {
				r.again(err)
				return r.line()
			}
		}
	}
	line, err := r.lines.ReadBytes('\n')
	if err != nil {
		r.again(err)
		return r.line()
	}
	return line
}

// again begins the file anew at its end, each time one line later.
func (r *realRequests) again(err error) {
	if r.pass++; !errors.Is(err, io.EOF) || r.pass == realEvery {
		r.b.Fatal("there are no more real requests: ", err)
	}
	if _, err := r.file.Seek(0, io.SeekStart); err != nil {
		r.b.Fatal(err)
	}
	r.lines.Reset(r.file)
	for range r.pass {
		if _, err := r.lines.ReadBytes('\n'); err != nil {
			r.b.Fatal(err)
		}
	}
}

// BenchmarkReal inspects real requests, none of them twice, with caches that others have filled. It tells how much more
// than the first tenth of the records the slowest tenth takes, and the last: that memory of what was seen is full, and is made
// anew, must not be a cliff.
func BenchmarkReal(b *testing.B) {
	for _, level := range []string{"1", "4"} {
		b.Run("paranoia="+level, func(b *testing.B) { benchmarkReal(b, "paranoia_level="+level) })
	}
}

func benchmarkReal(b *testing.B, properties ...string) {
	requests := openReal(b)
	p, _ := newPipeline(b, append(properties, "workers=1", "mapping=nano")...)
	const batch, warmUp = 200, 4000
	for range warmUp / batch {
		p.Process("t", requests.chunk(batch))
	}
	b.ReportAllocs()
	var tenths [10]time.Duration
	bytes := 0
	b.ResetTimer()
	for done := 0; done < b.N; done += batch {
		b.StopTimer()
		chunk := requests.chunk(min(batch, b.N-done))
		bytes += len(chunk)
		before := processorTime(b)
		b.StartTimer()
		p.Process("t", chunk)
		tenths[done*len(tenths)/b.N] += processorTime(b) - before
	}
	b.StopTimer()
	cpu := time.Duration(0)
	for _, t := range tenths {
		cpu += t
	}
	b.ReportMetric(cpu.Seconds()*1e6/float64(b.N), "cpu-µs/record")
	b.ReportMetric(float64(bytes)/cpu.Seconds()/1e6, "MB/cpu-s")
	b.ReportMetric(slices.Max(tenths[:]).Seconds()/tenths[0].Seconds(), "slowest/first")
	b.ReportMetric(tenths[len(tenths)-1].Seconds()/tenths[0].Seconds(), "last/first")
	s := p.Snapshot()
	b.ReportMetric(float64(s.Screened)/float64(s.Records), "cleared")
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.HeapAlloc)/(1<<20), "MiB")
}

// processorTime is what the process has used.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
