package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

const (
	// chunkRecords is about how many of Nano's records a chunk of Fluent Bit holds, which is 2 MB at most.
	chunkRecords = 1200
	workerRounds = 6
)

// scaling is what one worker and one on each core took for the same chunks.
type scaling struct {
	one, many sample
}

// measureWorkers has one worker and one on each core take turns with whole chunks that both have seen before: a chunk is what
// workers share, and in the shorter batches that others need they mostly wait for the last record.
func (c *comparison) measureWorkers(batches []batch) error {
	chunks, err := c.joined(batches)
	if err != nil || c.many == nil {
		return err
	}
	for round := range workerRounds {
		for i, chunk := range chunks {
			parties := []*child{c.on, c.many}
			sums := []*sample{&c.workers.one, &c.workers.many}
			for turn := range parties {
				k := (turn + round + i) % len(parties)
				s, err := parties[k].run(chunk)
				if err != nil {
					return err
				}
				if round == 0 { // fills the caches
					continue
				}
				sums[k].cpu += s.cpu
				sums[k].wall += s.wall
			}
		}
	}
	return nil
}

// joined makes files of whole chunks.
func (c *comparison) joined(batches []batch) (files []string, err error) {
	var chunk bytes.Buffer
	records := 0
	for _, b := range batches {
		part, err := os.ReadFile(b.chunk)
		if err != nil {
			return nil, err
		}
		chunk.Write(part)
		if records += b.records; records < chunkRecords {
			continue
		}
		file := filepath.Join(c.dir, fmt.Sprintf("whole-%d.chunk", len(files)))
		if err := os.WriteFile(file, chunk.Bytes(), 0o600); err != nil {
			return nil, err
		}
		files = append(files, file)
		chunk.Reset()
		records = 0
	}
	return files, nil
}
