package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/listen"
	"github.com/modsecurity-for-anylog/msa/internal/event"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/pipeline"
)

const (
	// scanTag is the tag of records that have come from files.
	scanTag = "msa.scan"
	// readSize is how much of a file is read at once, about 200 records.
	readSize = 256 << 10
	// batchSize bounds a chunk, unless one record is longer.
	batchSize = 1 << 20
)

type scanCommand struct {
	Files []string `arg:"" name:"file" help:"Files with one JSON record a line, pretty-printed records or arrays of them, also in gzip; - is standard input."`
	Lines bool     `help:"Each line of the files is a record with the one key log, as Fluent Bit's tail makes it without a parser. A file that begins with neither { nor [ is read so in any case."`

	kong.Plugins
}

// Help explains the exit codes.
func (*scanCommand) Help() string {
	return `Alerts are printed as JSON, one a line, in the order of the records, with the record's line under "line" and, if there are several files, the file under "file".

Exit code: 2 if a file can't be read or the settings are wrong; else 1 if there is an alert; else 2 if a record is broken or if none could be inspected; else 0.`
}

// Run scans the files.
func (c *scanCommand) Run(p *process) error {
	given := givenProperties(c.Plugins)
	given["alert_text_key"] = textKey
	given["alert_tag"] = nil // off would silence the scan
	in, err := newInspector(given, slog.New(newWarnings(p.stderr)))
	if err != nil {
		complain(p.stderr, "msa: %v", err)
		return exitCode(exitUsage)
	}
	defer in.close()

	s := &scan{files: c.Files, lines: c.Lines, stdin: p.stdin, stderr: p.stderr}
	out := &alertPrinter{w: bufio.NewWriter(p.stdout), stderr: p.stderr, names: len(c.Files) > 1}
	inspectAll(in, scanTag, s.next, batch.chunk, out.print)
	if err := out.w.Flush(); err != nil {
		out.err = err
	}
	if out.err != nil {
		complain(p.stderr, "msa: cannot write alerts: %v", out.err)
		return exitCode(exitUsage)
	}

	snapshot := in.snapshot()
	failed, causes := failures(snapshot)
	if n := snapshot.NotHTTP; n > 0 && failed+n >= snapshot.Records { // beside others, they are nothing to complain about
		failed, causes = failed+n, append(causes, fmt.Sprintf("no HTTP %d", n))
	}
	if s.broken > 0 {
		complain(p.stderr, "msa: %d broken records", s.broken)
	}
	if failed > 0 {
		complain(p.stderr, "msa: %d of %d records not inspected (%s)", failed, snapshot.Records, strings.Join(causes, ", "))
	}
	switch {
	case s.unreadable > 0:
		return exitCode(exitUsage)
	case out.alerts > 0:
		return exitCode(exitFailed)
	case s.broken > 0, failed > 0 && failed >= snapshot.Records:
		return exitCode(exitUsage)
	}
	return nil
}

// batch is a chunk of records of one file.
type batch struct {
	file   string
	events []byte
	lines  []int // of the records
	size   int   // of the file, in bytes
}

func (b batch) chunk() []byte { return b.events }

// scan reads files as batches.
type scan struct {
	files  []string
	lines  bool // of text, not JSON
	alerts bool // of MSA, which are found in any lines
	stdin  io.Reader
	stderr io.Writer

	current    *lineReader
	broken     int // records
	unreadable int // files
}

// next is the next batch, until there is none.
func (s *scan) next() (batch, bool) {
	for {
		if s.current == nil {
			if len(s.files) == 0 {
				return batch{}, false
			}
			name := s.files[0]
			s.files = s.files[1:]
			r, err := s.open(name)
			if err != nil {
				s.fault(err)
				continue
			}
			s.current = r
		}
		b, err := s.current.batch(func(line int, err error) {
			s.broken++
			complain(s.stderr, "%s:%d: cannot read record: %v", s.current.name, line, err)
		})
		if err != nil {
			s.current.close()
			if !errors.Is(err, io.EOF) {
				s.fault(fmt.Errorf("cannot read %q: %w", s.current.name, err))
			}
			s.current = nil
		}
		if len(b.lines) > 0 {
			return b, true
		}
	}
}

func (s *scan) fault(err error) {
	s.unreadable++
	complain(s.stderr, "msa: %v", err)
}

func (s *scan) open(name string) (*lineReader, error) {
	r := &lineReader{name: name, line: 1, text: s.lines, splitter: mapping.JSONSplitter{Limit: listen.MaxRecord}, close: func() {}}
	in := s.stdin
	if name == "-" {
		r.name = "<stdin>"
	} else {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("cannot read file: %w", err)
		}
		in, r.close = f, func() { _ = f.Close() }
	}
	// By content and not by name: standard input has none.
	buffered := bufio.NewReaderSize(in, readSize)
	r.in = buffered
	if magic, _ := buffered.Peek(2); string(magic) == "\x1f\x8b" {
		var err error
		if r.in, err = gzip.NewReader(buffered); err != nil {
			r.close()
			return nil, fmt.Errorf("cannot read file %q: %w", name, err)
		}
		buffered = bufio.NewReaderSize(r.in, readSize)
		r.in = buffered
	}
	if head, _ := buffered.Peek(4); listen.IsUTF16(head) {
		r.close()
		return nil, fmt.Errorf("cannot read file %q: %w", name, listen.ErrUTF16)
	}
	if !r.text && isText(buffered) {
		r.text = true
		if !s.alerts {
			complain(s.stderr, "msa: %s is no JSON: each line is a record, as with --lines", r.name)
		}
	}
	return r, nil
}

const byteOrderMark = "\xef\xbb\xbf"

// isText reports whether what is read begins with neither a record nor a list of them.
func isText(in *bufio.Reader) bool {
	for n := 1; ; n++ {
		head, err := in.Peek(n)
		begin := bytes.TrimLeft(bytes.TrimPrefix(head, []byte(byteOrderMark)), " \t\r\n\x00")
		switch {
		case err != nil: // the end, or a longer beginning than any file has
			return len(begin) > 0 && begin[0] != '{' && begin[0] != '['
		case len(begin) == 0 || strings.HasPrefix(byteOrderMark, string(head)):
		case begin[0] == '[': // [20/Nov/2026 … is a time
			if begin = bytes.TrimLeft(begin[1:], " \t\r\n"); len(begin) > 0 {
				return bytes.IndexByte([]byte("{[]"), begin[0]) < 0
			}
		default:
			return begin[0] != '{'
		}
	}
}

// lineReader reads the records of one file, and knows their lines.
type lineReader struct {
	name     string
	in       io.Reader
	close    func()
	text     bool // each line is a record
	splitter mapping.JSONSplitter
	buffer   []byte // read and not consumed
	line     int    // at the buffer's start
	err      error  // of the last read
}

// batch is the records that one read makes complete, or as many of them as a batch may
// hold, so that those of a pipe don't wait for more. At the end, and when the file
// can't be read on, the last batch comes with the error.
func (r *lineReader) batch(broken func(line int, err error)) (batch, error) {
	b := batch{file: r.name}
	for len(b.events) < batchSize {
		record, n, err := r.next()
		consumed := r.buffer[:n]
		r.buffer = r.buffer[n:]
		var bad *mapping.JSONError
		switch {
		case errors.As(err, &bad):
			broken(r.line+newlines(consumed[:bad.Start]), bad)
		case record != nil:
			line := r.line + newlines(consumed[:n-len(record)])
			if r.text {
				line = r.line + newlines(consumed[:n-len(bytes.TrimLeft(consumed, "\r\n"))])
			}
			if b.events, err = r.appendEvent(b.events, record); err != nil {
				broken(line, err)
			} else {
				b.lines = append(b.lines, line)
			}
		}
		r.line += newlines(consumed)
		b.size += n
		if err != nil || record != nil {
			continue
		}
		if r.err != nil {
			return b, r.err
		}
		if len(b.lines) > 0 {
			return b, nil
		}
		r.read()
	}
	return b, nil
}

func (r *lineReader) appendEvent(events, record []byte) ([]byte, error) {
	if r.text {
		return event.AppendLine(events, time.Now(), record), nil
	}
	return event.AppendRecord(events, time.Now(), record)
}

// next finds the next record in the buffer: its bytes, nil when there is none yet, and how much
// of the buffer it takes.
func (r *lineReader) next() (record []byte, n int, err error) {
	if !r.text {
		return r.splitter.Next(r.buffer, r.err != nil)
	}
	for {
		switch entry, whole := mapping.AuditLogEntry(r.buffer[n:]); {
		case whole:
			return bytes.TrimRight(r.buffer[n:n+entry], "\r\n"), n + entry, nil
		case entry > 0 && r.err == nil && entry < listen.MaxRecord:
			return nil, n, nil // it goes on
		}
		end := bytes.IndexByte(r.buffer[n:], '\n')
		switch {
		case end >= 0:
			record = r.buffer[n : n+end]
			n += end + 1
		case r.err != nil || len(r.buffer)-n > listen.MaxRecord:
			record, n = r.buffer[n:], len(r.buffer)
		default:
			return nil, n, nil
		}
		if record = bytes.TrimRight(record, "\r"); len(record) > 0 {
			return record, n, nil
		}
		if n == len(r.buffer) {
			return nil, n, nil
		}
	}
}

func newlines(b []byte) int { return bytes.Count(b, []byte{'\n'}) }

// read adds to the buffer, which grows only with a record that is not complete.
func (r *lineReader) read() {
	const least = 4 << 10
	held := len(r.buffer)
	if cap(r.buffer)-held < least {
		grown := make([]byte, held, max(readSize, 2*held))
		copy(grown, r.buffer)
		r.buffer = grown
	}
	var n int
	n, r.err = r.in.Read(r.buffer[held:cap(r.buffer)])
	r.buffer = r.buffer[:held+n]
}

// alertPrinter prints alerts with their places.
type alertPrinter struct {
	w      *bufio.Writer
	stderr io.Writer
	names  bool // print the file's too
	alerts int
	err    error
}

func (p *alertPrinter) print(b batch, result pipeline.Result) {
	i := 0
	for _, alerts := range result.Alerts {
		err := event.Alerts(alerts.Events, func(a event.Alert) {
			p.alerts++
			line := 0
			if i < len(result.Records) {
				line = b.lines[result.Records[i]]
			}
			i++
			p.printOne(a.Text(), b.file, line)
		})
		if err != nil && p.err == nil {
			p.err = err
		}
	}
	if err := p.w.Flush(); err != nil && p.err == nil {
		p.err = err
	}
}

func (p *alertPrinter) printOne(text, file string, line int) {
	if head, ok := strings.CutSuffix(text, "}"); ok {
		place := `"line":` + strconv.Itoa(line)
		if p.names {
			name, _ := json.Marshal(file) // of a string: can't fail
			place += `,"file":` + string(name)
		}
		text = head + "," + place + "}"
	}
	_, _ = p.w.WriteString(text)
	_ = p.w.WriteByte('\n')
}
