// Command throughput measures MSA in a real Fluent Bit, which it takes from $FLUENT_BIT or PATH: what a file costs on its
// way through the filter beside one through grep, how many datagrams a second are taken before the first is lost, and how
// long an alert takes after its datagram, at half that rate.
//
//	throughput
//
// If MSA_WCP names a folder with real requests as records of Nano in legit.jsonl, as triage/train reads it, these are
// measured, too.
package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/modsecurity-for-anylog/msa/test/accesslog"
	"github.com/modsecurity-for-anylog/msa/test/rig"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "throughput:", err)
		os.Exit(1)
	}
}

// bench is Fluent Bit with the plugin, and where files are put.
type bench struct {
	fluentBit, plugin, dir string
}

// sample is one sort of records, in JSON, a line each.
type sample struct {
	name  string
	lines [][]byte
}

const (
	synthetic   = 80_000 // records
	realRecords = 25_000
	realEvery   = 6 // lines: those of a site stand together
	attacks     = 3 // of a hundred synthetic records
)

func run() error {
	b := bench{plugin: filepath.Join(rig.Root(), "build", "flb-filter_msa.so")}
	var ok bool
	if b.fluentBit, ok = rig.FluentBit(); !ok {
		return errors.New("no Fluent Bit: set $FLUENT_BIT or PATH")
	}
	var err error
	if b.dir, err = os.MkdirTemp("", "msa-throughput"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(b.dir) }()

	samples := []sample{shop()}
	if dir := os.Getenv("MSA_WCP"); dir != "" {
		s, err := requests(filepath.Join(dir, "legit.jsonl"))
		if err != nil {
			return err
		}
		samples = append(samples, s)
	} else {
		fmt.Println("MSA_WCP is not set: no real requests")
	}
	for _, s := range samples {
		if err := b.compare(s); err != nil {
			return err
		}
	}
	return b.datagrams(samples[0])
}

// shop is the traffic of a shop with all headers and request bodies.
func shop() sample {
	g, s := accesslog.New(6), sample{name: fmt.Sprintf("synthetic, %d %% attacks", attacks)}
	for n := 0; len(s.lines) < synthetic; {
		if r := g.Next(); r.Attack == (n%100 < attacks) {
			s.lines, n = append(s.lines, r.AppendNano(nil)), n+1
		}
	}
	return s
}

func requests(file string) (sample, error) {
	s := sample{name: "real requests"}
	f, err := os.Open(file)
	if err != nil {
		return s, err
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewReaderSize(f, 1<<20)
	for n := 0; len(s.lines) < realRecords; n++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return s, err
		}
		if n%realEvery == 0 {
			s.lines = append(s.lines, bytes.TrimSpace(line))
		}
	}
	return s, nil
}

const msa = "[FILTER]\n    Name msa\n    Match *\n    Mapping nano\n    Rules crs\n"

// pipelines are what is between tail and null.
var pipelines = []struct {
	name, filter string
	remembers    bool // what it has seen: a file with records twice would be another one to it
}{
	{"no filter", "", false},
	{"grep", "[FILTER]\n    Name grep\n    Match *\n    Regex METHOD .\n", false},
	{"msa", msa, true},
}

const (
	rounds = 3 // how often each pipeline is run, in turns

	// Fluent Bit ends at whole seconds, so a file should take many of these. Pipelines that remember nothing are given the
	// records as often as that takes.
	wanted = 10 * time.Second
)

// cost is what a pipeline takes.
type cost struct{ wall, processor time.Duration }

// least are the least of two.
func (c cost) least(other cost) cost {
	if c.wall == 0 {
		return other
	}
	return cost{min(c.wall, other.wall), min(c.processor, other.processor)}
}

// measured is what a pipeline took at least for one record, which is what Fluent Bit takes to start and to end, and for all.
type measured struct {
	one, all cost
	records  int
}

// aRecord is what it takes for a record.
func (m *measured) aRecord() cost {
	n := time.Duration(m.records - 1)
	return cost{(m.all.wall - m.one.wall) / n, (m.all.processor - m.one.processor) / n}
}

// compare sends a file through each of the pipelines.
func (b *bench) compare(s sample) error {
	all := make([]measured, len(pipelines))
	for range rounds {
		for i, p := range pipelines {
			if err := b.measure(&all[i], s.lines, p.filter, p.remembers); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
		}
	}
	fmt.Printf("\n%s, %d records from tail to null:\n\n", s.name, len(s.lines))
	fmt.Println("| filter | records a second | of grep's | µs of processor for a record | grep's of it |\n|---|---:|---:|---:|---:|")
	share := func(of, by time.Duration) float64 { return 100 * float64(of) / float64(by) }
	grep := all[1].aRecord()
	for i, p := range pipelines {
		c := all[i].aRecord()
		fmt.Printf("| %s | %.0f | %.0f %% | %.1f | %.0f %% |\n", p.name, 1/c.wall.Seconds(), share(grep.wall, c.wall),
			float64(c.processor.Nanoseconds())/1000, share(grep.processor, c.processor))
	}
	return nil
}
