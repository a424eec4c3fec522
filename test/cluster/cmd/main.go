// Command cluster makes the records of package cluster, one line of JSON each, or says with -measure what MSA finds in them.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/modsecurity-for-anylog/msa/test/cluster"
)

func main() {
	o := cluster.Options{Start: time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)}
	flag.Uint64Var(&o.Seed, "seed", 1, "another seed makes other records")
	flag.IntVar(&o.Hours, "hours", 48, "how long")
	flag.Float64Var(&o.Load, "load", 1, "how busy")
	flag.BoolVar(&o.Quiet, "quiet", false, "no intruder")
	measure := flag.Bool("measure", false, "print what MSA finds")
	verbose := flag.Bool("v", false, "print false alerts, too")
	flag.Parse()
	if err := run(o, *measure, *verbose); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(o cluster.Options, measure, verbose bool) error {
	if measure {
		m, err := cluster.Measure(o)
		if err != nil {
			return err
		}
		if verbose {
			for _, e := range m.Examples {
				fmt.Println(e)
			}
		}
		return m.Write(os.Stdout)
	}
	w := bufio.NewWriterSize(os.Stdout, 1<<16)
	g := cluster.New(o)
	for {
		r, ok := g.Next()
		if !ok {
			return w.Flush()
		}
		if _, err := w.Write(append(r.JSON(), '\n')); err != nil {
			return err
		}
	}
}
