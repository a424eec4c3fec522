// Command faults does to a real Fluent Bit ($FLUENT_BIT or PATH) what goes wrong in production, and counts what becomes of
// records and alerts. It exits with 1 if Fluent Bit dies of itself, or if an alert is lost that nothing counts where that
// must not be.
//
//	faults [-v] [NAME ...]
//
// With -v it shows the end of what Fluent Bit printed, too. Each NAME is a fault, or the beginning of some.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

var verbose = flag.Bool("v", false, "show what Fluent Bit printed")

func main() {
	flag.Parse()
	failed, err := run(flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		os.Exit(2)
	}
	if failed {
		os.Exit(1)
	}
}

func run(names []string) (failed bool, err error) {
	program, ok := rig.FluentBit()
	if !ok {
		fmt.Println("no Fluent Bit: set $FLUENT_BIT or PATH")
		return false, nil
	}
	version, err := exec.Command(program, "--version").Output()
	if err != nil {
		return false, err
	}
	first, _, _ := strings.Cut(string(version), "\n")
	fmt.Printf("%s\n\n%s", first, heading)
	for _, f := range faults {
		if len(names) > 0 && !slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(f.name, n) }) {
			continue
		}
		bad, err := one(program, f)
		if err != nil {
			return false, fmt.Errorf("%s: %w", f.name, err)
		}
		failed = failed || bad
	}
	return failed, nil
}

const heading = "| fault | records in | out | alerts due | made | delivered | more than once | counted as lost | lost uncounted | |\n" +
	"|---|---:|---:|---:|---:|---:|---:|---:|---:|---|\n"

// one does one fault to a Fluent Bit of its own and prints the row about it.
func one(program string, f fault) (failed bool, err error) {
	dir, err := os.MkdirTemp("", "msa-faults-")
	if err != nil {
		return false, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	h := &host{
		program: program, dir: dir, in: filepath.Join(dir, "in.log"), rules: "crs", storage: filepath.Join(dir, "storage"),
		properties: map[string]string{}, output: map[string]string{},
	}
	defer h.end()
	note, err := f.do(h)
	var skipped skip
	if errors.As(err, &skipped) {
		fmt.Printf("| %s | | | | | | | | | skipped: %s |\n", f.name, string(skipped))
		return false, nil
	}
	if err == nil {
		err = h.settle()
	}
	if err != nil {
		return false, fmt.Errorf("%w\n%s", err, h.tail())
	}
	c := h.count()
	if h.died {
		note, failed = "FLUENT BIT DIED", true
	}
	made := fmt.Sprint(c.made)
	if h.kills > 0 {
		made = "" // the counters died as well
	}
	uncounted := c.uncounted(h.kills > 0)
	switch {
	case f.mayLose:
	case uncounted != 0:
		failed, note = true, strings.TrimSpace(note+" NOT ALL IS COUNTED")
	case h.kills == 0 && c.made < c.due:
		failed, note = true, strings.TrimSpace(note+" NOT ALL WAS FOUND")
	}
	fmt.Printf("| %s | %d | %d | %d | %s | %d | %d | %d | %d | %s |\n",
		f.name, c.records, c.passed, c.due, made, c.delivered, c.again, c.lost, uncounted, note)
	if failed || *verbose {
		fmt.Fprintf(os.Stderr, "%s: Fluent Bit printed:\n%s\n", f.name, h.tail())
	}
	return failed, nil
}

// skip is why a fault can't be done here.
type skip string

func (s skip) Error() string { return string(s) }
