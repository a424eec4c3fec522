package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/pipeline"
)

// measure takes the records of directories through the pipeline as a user has it by default, and tells how many of each
// sort alarm. Attacks are measured as they are, and transplanted into legitimate records that do not alarm by themselves.
func measure(dirs []string, every int) (string, error) {
	p, err := byDefault()
	if err != nil {
		return "", err
	}
	defer p.Close()
	sum := map[string]*share{}
	count := func(name string, alarmed bool) {
		if sum[name] == nil {
			sum[name] = &share{}
		}
		sum[name].all++
		if alarmed {
			sum[name].alarmed++
		}
	}
	var quiet [][]byte
	for _, dir := range dirs {
		legit, _, err := readPair(dir, "legit", every)
		if err != nil {
			return "", err
		}
		for i, alarmed := range alarm(p, legit) {
			count("legitimate", alarmed)
			if !alarmed {
				quiet = append(quiet, legit[i])
			}
		}
	}
	for _, dir := range dirs {
		attacks, kinds, err := readPair(dir, "malicious", every)
		if err != nil {
			return "", err
		}
		var moved [][]byte
		var places []string
		for i, alarmed := range alarm(p, attacks) {
			count("attacks", alarmed)
			count("attacks, "+kinds[i], alarmed)
			payload := payloadOf(attacks[i])
			if payload == "" || len(quiet) == 0 {
				continue
			}
			host := quiet[int(hash("host"+payload))%len(quiet)]
			if with, how, ok := transplant(host, payload, hash("place"+payload)); ok {
				moved, places = append(moved, with), append(places, how+"|"+kinds[i])
			}
		}
		for i, alarmed := range alarm(p, moved) {
			how, kind, _ := strings.Cut(places[i], "|")
			count("transplanted", alarmed)
			count("transplanted into "+how, alarmed)
			count("transplanted, "+kind, alarmed)
		}
	}
	w := &strings.Builder{}
	var names []string
	for name := range sum {
		names = append(names, name)
	}
	slices.Sort(names)
	fmt.Fprintf(w, "%-32s %9s %9s %8s\n", "records", "number", "alarm", "%")
	for _, name := range names {
		s := sum[name]
		fmt.Fprintf(w, "%-32s %9d %9d %8.2f\n", name, s.all, s.alarmed, 100*float64(s.alarmed)/float64(s.all))
	}
	if l, a := sum["legitimate"], sum["attacks"]; l != nil && a != nil {
		fmt.Fprintf(w, "balanced accuracy %.2f %%\n", 50*(float64(a.alarmed)/float64(a.all)+1-float64(l.alarmed)/float64(l.all)))
	}
	// All kinds alike: a kind of which there are few counts as much as one of which there are many.
	var kinds, found float64
	for name, s := range sum {
		if strings.HasPrefix(name, "transplanted, ") {
			kinds++
			found += float64(s.alarmed) / float64(s.all)
		}
	}
	if kinds > 0 {
		fmt.Fprintf(w, "transplanted, all kinds alike: %.2f %%\n", 100*found/kinds)
	}
	return w.String(), nil
}

// byDefault is the pipeline as a user has it, without detectors.
func byDefault() (*pipeline.Pipeline, error) {
	cfg, err := pipeline.ParseConfig(func(name string) []string {
		return map[string][]string{"mapping": {"nano"}, "behavior": {"off"}}[name]
	})
	if err != nil {
		return nil, err
	}
	return pipeline.New(cfg, nil, slog.New(slog.NewTextHandler(io.Discard, nil)))
}

type share struct{ all, alarmed int }

// alarm tells of each record whether it alarms.
func alarm(p *pipeline.Pipeline, records [][]byte) []bool {
	alarmed := make([]bool, len(records))
	const most = 500 // records a chunk
	for from := 0; from < len(records); from += most {
		to := min(from+most, len(records))
		var chunk []byte
		var at []int
		for i := from; i < to; i++ {
			body, _, err := mapping.AppendJSON(nil, records[i])
			if err != nil {
				continue
			}
			chunk = append(chunk, 0x92, 0x92, 0xd7, 0x00) // [[time, {}], body]
			chunk = binary.BigEndian.AppendUint64(chunk, 1<<32)
			chunk = append(append(chunk, 0x80), body...)
			at = append(at, i)
		}
		for _, n := range p.Process("nano", chunk).Records {
			alarmed[at[n]] = true
		}
	}
	return alarmed
}
