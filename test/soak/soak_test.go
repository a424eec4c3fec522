package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

func TestSoak(t *testing.T) {
	s := &soak{duration: time.Nanosecond, intervals: 10, level: "1"}
	if err := s.run(); err != nil {
		t.Fatal(err)
	}
	if s.given != 10*chunkRecords || len(s.samples) != 10 || len(s.chunks) != 8 {
		t.Errorf("%d records, %d samples, %d chunks", s.given, len(s.samples), len(s.chunks))
	}
	for i := range s.samples {
		s.samples[i].memory = 100 // what it is in an instant says nothing
	}
	if !s.report() {
		t.Error("counters do not add up")
	}
	d := xml.NewDecoder(strings.NewReader(string(s.draw())))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for name, spoil := range map[string]func(s *soak){
		"memory":  func(s *soak) { s.samples[9].memory, s.samples[8].memory = 106, 106 },
		"records": func(s *soak) { s.given++ },
		"alerts":  func(s *soak) { s.alerts++ },
		"panics":  func(s *soak) { s.end.RulePanics++ },
	} {
		t.Run(name, func(t *testing.T) {
			c := *s
			c.samples = append([]sample{}, s.samples...)
			spoil(&c)
			if c.report() {
				t.Error("nothing is said")
			}
		})
	}
}
