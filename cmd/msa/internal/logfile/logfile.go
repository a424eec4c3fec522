// Package logfile reads files of log records, plain or compressed, as chunks of Fluent Bit events that know their lines.
package logfile

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/listen"
	"github.com/modsecurity-for-anylog/msa/internal/event"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

const (
	// ReadSize is how much of a file is read at once, about 200 records.
	ReadSize = 256 << 10
	// batchSize bounds a chunk, unless one record is longer.
	batchSize = 1 << 20
)

// ErrUnreadable is of files that can't be read, of which Files has already told why.
var ErrUnreadable = errors.New("cannot read all files")

// Batch is a chunk of records of one file.
type Batch struct {
	File   string
	Events []byte
	Lines  []int // of the records
	Size   int   // of the file, in bytes, before it was compressed
}

// Chunk is the records as Fluent Bit events.
func (b Batch) Chunk() []byte { return b.Events }

// Files reads files one after another.
type Files struct {
	Names  []string // - is standard input; of a directory all files, of a pattern those that it matches
	Text   bool     // each line is a record; else JSON, if a file begins as JSON does
	Alerts bool     // of MSA, which are found in any lines
	Stdin  io.Reader
	Stderr io.Writer // for what can't be read

	// OnRead, unless nil, is told how many bytes of the files were read, before they are decompressed.
	OnRead func(n int)

	Broken     int // records
	Unreadable int // files

	expanded bool
	current  *File
}

// Next is the next batch, until there is none.
func (f *Files) Next() (Batch, bool) {
	for {
		if f.current == nil && !f.openNext() {
			return Batch{}, false
		}
		b, err := f.current.batch(func(line int, err error) {
			f.Broken++
			f.complain("%s:%d: cannot read record: %v", f.current.Name, line, err)
		})
		if err != nil {
			f.current.Close()
			if !errors.Is(err, io.EOF) {
				f.Fault(fmt.Errorf("cannot read %q: %w", f.current.Name, err))
			}
			f.current = nil
		}
		if len(b.Lines) > 0 {
			return b, true
		}
	}
}

// openNext opens the next file that can be opened, if there is one.
func (f *Files) openNext() bool {
	f.Expand()
	for len(f.Names) > 0 {
		name := f.Names[0]
		f.Names = f.Names[1:]
		opened, err := f.Open(name)
		if err == nil {
			f.current = opened
			return true
		}
		f.Fault(err)
	}
	return false
}

// Expand replaces directories by their files, and patterns by what they match, in order of their names. Hidden files are
// left out.
func (f *Files) Expand() {
	if f.expanded {
		return
	}
	f.expanded = true
	var all []string
	for _, name := range f.Names {
		found, err := expand(name)
		if err != nil {
			f.Fault(err)
		}
		all = append(all, found...)
	}
	f.Names = all
}

func expand(name string) ([]string, error) {
	info, err := os.Stat(name)
	switch {
	case name == "-", err == nil && !info.IsDir():
		return []string{name}, nil
	case err == nil:
		return filesIn(name)
	case strings.ContainsAny(name, "*?["):
		found, err := filepath.Glob(name)
		if err != nil {
			return nil, fmt.Errorf("cannot read files %q: %w", name, err)
		}
		if found = slices.DeleteFunc(found, func(path string) bool { return isHidden(path, name) }); len(found) > 0 {
			return expandAll(found)
		}
	}
	return []string{name}, nil // which is not there, as opening it will say
}

// expandAll is what a shell would have made of a pattern, directories among it.
func expandAll(names []string) ([]string, error) {
	var all []string
	var failed error
	for _, name := range names {
		found := []string{name}
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			found, err = filesIn(name)
			failed = errors.Join(failed, err)
		}
		all = append(all, found...)
	}
	return all, failed
}

// isHidden reports whether a name in the path begins with a point where the pattern has none, as in a shell.
func isHidden(path, pattern string) bool {
	names, patterns := strings.Split(path, "/"), strings.Split(filepath.Clean(pattern), "/")
	for i, name := range names {
		if strings.HasPrefix(name, ".") && i < len(patterns) && !strings.HasPrefix(patterns[i], ".") {
			return true
		}
	}
	return false
}

func filesIn(directory string) ([]string, error) {
	var found []string
	err := filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path != directory && strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
		case entry.Type().IsRegular():
			found = append(found, path)
		case entry.Type()&fs.ModeSymlink != 0:
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				found = append(found, path)
			}
		}
		return nil
	})
	if err != nil {
		return found, fmt.Errorf("cannot read directory %q: %w", directory, err)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("cannot read directory %q: there is no file in it", directory)
	}
	return found, nil
}

// Size is the size of the files in bytes, -1 if that of one is not known.
func (f *Files) Size() int64 {
	f.Expand()
	sum := int64(0)
	for _, name := range f.Names {
		info, err := os.Stat(name)
		if err != nil || !info.Mode().IsRegular() {
			return -1
		}
		sum += info.Size()
	}
	return sum
}

// Fault counts and tells a file that can't be read.
func (f *Files) Fault(err error) {
	f.Unreadable++
	f.complain("msa: %v", err)
}

func (f *Files) complain(format string, args ...any) {
	_, _ = fmt.Fprintf(f.Stderr, format+"\n", args...)
}

// Open opens a file, compressed or not.
func (f *Files) Open(name string) (*File, error) {
	opened := &File{Name: name, line: 1, text: f.Text, splitter: mapping.JSONSplitter{Limit: listen.MaxRecord}, Close: func() {}}
	in := f.Stdin
	if name == "-" {
		opened.Name = "<stdin>"
	} else {
		file, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("cannot read file: %w", err)
		}
		in, opened.Close = file, func() { _ = file.Close() }
	}
	if f.OnRead != nil {
		in = &meter{in, f.OnRead}
	}
	buffered, err := decompressed(in)
	if err != nil {
		opened.Close()
		return nil, fmt.Errorf("cannot read file %q: %w", name, err)
	}
	opened.In = buffered
	if head, _ := buffered.Peek(4); listen.IsUTF16(head) {
		opened.Close()
		return nil, fmt.Errorf("cannot read file %q: %w", name, listen.ErrUTF16)
	}
	if !opened.text && isText(buffered) {
		opened.text = true
		if !f.Alerts {
			f.complain("msa: %s is not JSON: reading each line as a record, as with --lines", opened.Name)
		}
	}
	return opened, nil
}

// meter tells how much was read.
type meter struct {
	in     io.Reader
	onRead func(int)
}

func (m *meter) Read(b []byte) (int, error) {
	n, err := m.in.Read(b)
	m.onRead(n)
	return n, err
}

// decompressed opens gzip, zstd and bzip2: by content and not by name, as standard input has none.
func decompressed(in io.Reader) (*bufio.Reader, error) {
	buffered := bufio.NewReaderSize(in, ReadSize)
	head, _ := buffered.Peek(4)
	var (
		plain io.Reader
		err   error
	)
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		plain, err = gzip.NewReader(buffered)
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")):
		plain, err = zstd.NewReader(buffered, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<30))
	case bytes.HasPrefix(head, []byte("BZh")):
		plain = bzip2.NewReader(buffered)
	default:
		return buffered, nil
	}
	if err != nil {
		return nil, err
	}
	return bufio.NewReaderSize(plain, ReadSize), nil
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

// File reads the records of one file, and knows their lines.
type File struct {
	Name     string
	In       io.Reader
	Close    func()
	text     bool // each line is a record
	splitter mapping.JSONSplitter
	buffer   []byte // read and not consumed
	line     int    // at the buffer's start
	err      error  // of the last read
}

// batch is the records that one read makes complete, or as many of them as a batch may
// hold, so that those of a pipe don't wait for more. At the end, and when the file
// can't be read on, the last batch comes with the error.
func (r *File) batch(broken func(line int, err error)) (Batch, error) {
	b := Batch{File: r.Name}
	for len(b.Events) < batchSize {
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
			if b.Events, err = r.appendEvent(b.Events, record); err != nil {
				broken(line, err)
			} else {
				b.Lines = append(b.Lines, line)
			}
		}
		r.line += newlines(consumed)
		b.Size += n
		if err != nil || record != nil {
			continue
		}
		if r.err != nil {
			return b, r.err
		}
		if len(b.Lines) > 0 {
			return b, nil
		}
		r.read()
	}
	return b, nil
}

func (r *File) appendEvent(events, record []byte) ([]byte, error) {
	if r.text {
		return event.AppendLine(events, time.Now(), record), nil
	}
	return event.AppendRecord(events, time.Now(), record)
}

// next finds the next record in the buffer: its bytes, nil when there is none yet, and how much
// of the buffer it takes.
func (r *File) next() (record []byte, n int, err error) {
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
func (r *File) read() {
	const least = 4 << 10
	held := len(r.buffer)
	if cap(r.buffer)-held < least {
		grown := make([]byte, held, max(ReadSize, 2*held))
		copy(grown, r.buffer)
		r.buffer = grown
	}
	var n int
	n, r.err = r.In.Read(r.buffer[held:cap(r.buffer)])
	r.buffer = r.buffer[:held+n]
}
