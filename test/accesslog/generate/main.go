// Command generate writes the requests of package accesslog to its standard output, one a line:
//
//	go run ./test/accesslog/generate -n 100000 -seed 1 > access.log
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"

	"github.com/modsecurity-for-anylog/msa/test/accesslog"
)

func main() {
	n := flag.Int("n", 1000, "how many requests")
	seed := flag.Uint64("seed", 1, "the same requests for the same seed")
	format := flag.String("format", "combined", "combined, nginx's lines; or nano, JSON with all headers and bodies")
	flag.Parse()
	if err := write(*n, *seed, *format); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func write(n int, seed uint64, format string) error {
	appendTo := (*accesslog.Request).AppendCombined
	switch format {
	case "combined":
	case "nano":
		appendTo = (*accesslog.Request).AppendNano
	default:
		return fmt.Errorf("cannot write format %q: it is neither combined nor nano", format)
	}
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	g := accesslog.New(seed)
	var line []byte
	for range n {
		r := g.Next()
		line = append(appendTo(&r, line[:0]), '\n')
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return out.Flush()
}
