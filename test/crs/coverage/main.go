// Command coverage prints, as a Markdown table, how many of the Core Rule Set's regression
// tests pass through each kind of log.
//
//	go run ./test/crs/coverage [-failures] [kind ...]
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"

	"github.com/modsecurity-for-anylog/msa/test/crs"
)

func main() {
	failures := flag.Bool("failures", false, "list the tests that fail")
	flag.Parse()
	if err := run(flag.Args(), *failures); err != nil {
		fmt.Fprintln(os.Stderr, "coverage:", err)
		os.Exit(1)
	}
}

// run prints the table for these kinds of logs, or all.
func run(names []string, failures bool) error {
	for _, name := range names {
		if _, ok := crs.KindNamed(name); !ok {
			return fmt.Errorf("no kind of log is called %q", name)
		}
	}
	stages, err := crs.Stages()
	if err != nil {
		return err
	}
	reference, err := crs.Reference(stages)
	if err != nil {
		return err
	}
	fmt.Println("| kind of log | what it has | tests that expect rules and pass | | expected detections still caught | |")
	fmt.Println("|---|---|---:|---:|---:|---:|")
	row("no log: plain Coraza", "the exchange itself", reference)
	var lists []func()
	for _, k := range crs.Kinds {
		if len(names) > 0 && !slices.Contains(names, k.Name) {
			continue
		}
		if !k.Available() {
			fmt.Printf("| %s | %s | no preset `%s` yet | | | |\n", k.Name, k.Doc, k.Preset)
			continue
		}
		results, err := k.Run(stages)
		if err != nil {
			return fmt.Errorf("%s: %w", k.Name, err)
		}
		row(k.Name, k.Doc, results)
		lists = append(lists, func() { list(k.Name, results, reference) })
	}
	if failures {
		for _, l := range lists {
			l()
		}
	}
	return nil
}

func row(name, doc string, results []crs.Result) {
	s := crs.Summarize(results)
	percent := func(n, of int) string { return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(of)) }
	fmt.Printf("| %s | %s | %d of %d | %s | %d of %d | %s |\n", name, doc,
		s.RulesPassed, s.Rules, percent(s.RulesPassed, s.Rules),
		s.DetectionsPassed, s.Detections, percent(s.DetectionsPassed, s.Detections))
}

// list names the tests that fail, and whether plain Coraza fails too.
func list(name string, results, reference []crs.Result) {
	fmt.Printf("\nFailing in %s:\n\n", name)
	for i := range results {
		r := &results[i]
		if r.Passed() {
			continue
		}
		also := ""
		if !reference[i].Passed() {
			also = " (in plain Coraza too)"
		}
		fmt.Printf("- %s: %s%s\n", r.Name, r.Failure, also)
	}
}
