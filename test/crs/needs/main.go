// Command needs measures what a log has to show for each of the Core Rule Set's regression tests, and writes it where
// `msa explain --advise` finds it. It takes half a minute of processor time.
//
//	go run ./test/crs/needs
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/modsecurity-for-anylog/msa/test/crs"
	"github.com/modsecurity-for-anylog/msa/test/rig"
)

func main() {
	if err := run(filepath.Join(rig.Root(), "internal", "coverage", "tests.txt")); err != nil {
		fmt.Fprintln(os.Stderr, "needs:", err)
		os.Exit(1)
	}
}

func run(file string) error {
	stages, err := crs.Stages()
	if err != nil {
		return err
	}
	needs, err := crs.Needs(stages)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, n := range needs {
		b.WriteString(n.String() + "\n")
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		return fmt.Errorf("cannot write table: %w", err)
	}
	return nil
}
