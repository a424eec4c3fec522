// Command corpus reads a folder of real logs and prints, format by format, how many of their lines become transactions,
// why the others don't, and how many alarm:
//
//	go run ./test/corpus DIR
//
// The format of a file is the preset that takes most of its lines. Nothing of the logs is printed but, with -examples,
// the first line of each file for each cause.
package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// longestLine is what a line may have; longer ones are cut, as collectors do.
const longestLine = 1 << 20

func main() {
	examples := flag.Bool("examples", false, "print a line for each cause and file")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: corpus [-examples] DIR")
		os.Exit(2)
	}
	shown := io.Discard
	if *examples {
		shown = os.Stdout
	}
	table, err := read(os.DirFS(flag.Arg(0)), shown)
	if err == nil {
		err = table.write(os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "corpus:", err)
		os.Exit(1)
	}
}

// counts are what became of lines.
type counts struct {
	files, lines, mapped, alerted int
	causes                        map[string]int
}

func (c *counts) add(other counts) {
	c.files += other.files
	c.lines += other.lines
	c.mapped += other.mapped
	c.alerted += other.alerted
	for cause, n := range other.causes {
		c.fail(cause, n)
	}
}

func (c *counts) fail(cause string, n int) {
	if c.causes == nil {
		c.causes = map[string]int{}
	}
	c.causes[cause] += n
}

// table has the counts by format.
type table map[string]*counts

// unknown is the format of a file that no preset takes a line of.
const unknown = "(none)"

// read goes through the files of a folder. What is shown of a line goes to shown.
func read(dir fs.FS, shown io.Writer) (table, error) {
	rules, err := engine.New(engine.Config{Rules: []string{"crs"}, ParanoiaLevel: 1, InboundThreshold: 5, OutboundThreshold: 4, BodyLimit: 128 << 10})
	if err != nil {
		return nil, fmt.Errorf("cannot compile rules: %w", err)
	}
	presets, err := mapping.Load("auto")
	if err != nil {
		return nil, err
	}
	all := table{}
	err = fs.WalkDir(dir, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		f := file{name: name, presets: presets, rules: rules, shown: shown, byPreset: map[string]int{}}
		if err := f.read(dir); err != nil {
			return fmt.Errorf("cannot read file %q: %w", name, err)
		}
		format := f.format()
		if all[format] == nil {
			all[format] = &counts{}
		}
		f.files = 1
		all[format].add(f.counts)
		return nil
	})
	return all, err
}

// file is one log.
type file struct {
	counts
	name     string
	presets  *mapping.Set
	rules    *engine.Engine
	tx       mapping.Transaction
	shown    io.Writer
	byPreset map[string]int
}

func (f *file) read(dir fs.FS) error {
	in, err := dir.Open(f.name)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	buffered := bufio.NewReaderSize(in, longestLine)
	if magic, _ := buffered.Peek(2); string(magic) == "\x1f\x8b" {
		unzipped, err := gzip.NewReader(buffered)
		if err != nil {
			return err
		}
		buffered = bufio.NewReaderSize(unzipped, longestLine)
	}
	for {
		line, err := buffered.ReadSlice('\n')
		for errors.Is(err, bufio.ErrBufferFull) { // the rest of a line that is cut
			line = bytes.Clone(line)
			_, err = buffered.ReadSlice('\n')
		}
		if text := strings.TrimRight(string(line), "\r\n"); strings.TrimSpace(text) != "" {
			f.line(text)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// line maps and inspects one: a JSON object as a record, anything else as the text of one.
func (f *file) line(text string) {
	f.lines++
	r, rest, err := mapping.AppendJSON(nil, []byte(text))
	if text[0] != '{' || err != nil || len(bytes.TrimSpace(rest)) > 0 {
		r = msgp.AppendString(msgp.AppendString(msgp.AppendMapHeader(nil, 1), "log"), text)
	}
	if err := f.presets.Map(f.name, r, &f.tx); err != nil {
		cause := causeOf(err)
		if f.causes[cause] == 0 {
			_, _ = fmt.Fprintf(f.shown, "%s: %s: %.300s\n", f.name, cause, text)
		}
		f.fail(cause, 1)
		return
	}
	f.mapped++
	f.byPreset[f.tx.Preset]++
	verdict, err := f.rules.Inspect(&f.tx)
	switch {
	case err != nil:
		f.fail("engine", 1)
	case verdict.Alarm:
		f.alerted++
	}
}

func causeOf(err error) string {
	switch {
	case errors.Is(err, mapping.ErrSkipped):
		return "skipped"
	case errors.Is(err, mapping.ErrNotHTTP):
		return "no HTTP"
	case errors.Is(err, mapping.ErrUnmapped):
		return "unmapped"
	}
	return "malformed"
}

// format is the preset that has taken most lines.
func (f *file) format() string {
	best := unknown
	for name, n := range f.byPreset {
		if m := f.byPreset[best]; n > m || n == m && name < best {
			best = name
		}
	}
	return best
}

// write prints the table, a row for each format, and the sum.
func (t table) write(w io.Writer) error {
	causes := []string{"skipped", "no HTTP", "unmapped", "malformed", "engine"}
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	line := func(name string, c *counts) {
		_, _ = fmt.Fprintf(out, "%s\t%d\t%d\t%d\t", name, c.files, c.lines, c.mapped)
		for _, cause := range causes {
			_, _ = fmt.Fprintf(out, "%d\t", c.causes[cause])
		}
		_, _ = fmt.Fprintf(out, "%d\t\n", c.alerted)
	}
	_, _ = fmt.Fprintf(out, "format\tfiles\tlines\tmapped\t%s\talerted\t\n", strings.Join(causes, "\t"))
	var sum counts
	names := make([]string, 0, len(t))
	for name := range t {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		line(name, t[name])
		sum.add(*t[name])
	}
	line("all", &sum)
	return out.Flush()
}
