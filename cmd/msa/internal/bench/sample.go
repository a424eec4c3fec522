package bench

import (
	"errors"
	"fmt"
	"slices"

	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/logfile"
)

// sample is records in memory, in chunks as an input hands them over.
type sample struct {
	chunks  []chunk
	records int
	size    int  // of the files, in bytes
	cut     bool // there are more records in the files
}

type chunk struct {
	events  []byte
	records int
}

// readSample reads at most so many records of a scan into chunks of so many bytes, or of one record that is longer. One
// chunk ends after half of the records.
func readSample(s *logfile.Files, most, chunkSize int) (*sample, error) {
	out := &sample{}
	var events [][]byte
	for len(events) < most {
		b, ok := s.Next()
		if !ok {
			break
		}
		n := 0
		for rest := b.Events; len(rest) > 0 && len(events) < most; n++ {
			after, err := msgp.Skip(rest)
			if err != nil {
				return nil, fmt.Errorf("cannot cut records: %w", err)
			}
			events = append(events, rest[:len(rest)-len(after)])
			rest = after
		}
		out.cut = out.cut || n < len(b.Lines)
		out.size += b.Size * n / len(b.Lines)
	}
	if s.Unreadable > 0 {
		return nil, logfile.ErrUnreadable
	}
	if len(events) == 0 {
		return nil, errors.New("cannot measure: there are no records")
	}
	if !out.cut && len(events) == most {
		_, out.cut = s.Next()
	}
	out.records = len(events)
	half := (len(events) + 1) / 2
	for _, part := range [][][]byte{events[:half], events[half:]} {
		var c chunk
		for i, e := range part {
			c.events = append(c.events, e...)
			c.records++
			if len(c.events) >= chunkSize || i == len(part)-1 {
				out.chunks = append(out.chunks, c)
				c = chunk{}
			}
		}
	}
	return out, nil
}

// half is how many of the first n chunks have the first half of their records, or a little more.
func (s *sample) half(n int) int {
	all, before := s.count(0, n), 0
	return 1 + slices.IndexFunc(s.chunks[:n], func(c chunk) bool {
		before += c.records
		return 2*before >= all
	})
}

// count is the number of records of some chunks.
func (s *sample) count(from, to int) (n int) {
	for _, c := range s.chunks[from:to] {
		n += c.records
	}
	return n
}
