// Command cmd writes the records of package intrusion to its standard output, one line of JSON each:
//
//	go run ./test/intrusion/cmd -intrusion -truth truth.json > records.json
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"

	"github.com/modsecurity-for-anylog/msa/test/intrusion"
)

func main() {
	var o intrusion.Options
	flag.Uint64Var(&o.Seed, "seed", 1, "the same records for the same seed")
	flag.IntVar(&o.RecordsPerHour, "records", 220_000, "about how many normal records an hour has")
	flag.Float64Var(&o.Hours, "hours", 1, "how long it lasts")
	flag.BoolVar(&o.Intrusion, "intrusion", false, "hide an intrusion in the last hour")
	truth := flag.String("truth", "", "file for what the intruder did, as JSON")
	flag.Parse()
	if err := write(o, *truth); err != nil {
		fmt.Fprintln(os.Stderr, "intrusion:", err)
		os.Exit(1)
	}
}

func write(o intrusion.Options, truth string) error {
	g := intrusion.New(o)
	if truth != "" {
		text, err := json.MarshalIndent(g.Truth(), "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(truth, append(text, '\n'), 0o644); err != nil {
			return fmt.Errorf("cannot write truth: %w", err)
		}
	}
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	var line []byte
	for e, ok := g.Next(); ok; e, ok = g.Next() {
		line = append(e.AppendNano(line[:0]), '\n')
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return out.Flush()
}
