// Package reread reads a file of a user's again when it has changed, while others use what was in it.
package reread

import (
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Every bounds how often a file is looked at.
const Every = 10 * time.Second

// maxSize bounds a file, in bytes: one that grows for ever is a mistake.
const maxSize = 64 << 20

// File is what a file says. It is safe for concurrent use.
type File[T any] struct {
	Now func() time.Time // for tests

	what   string // it is, as errors name it: "workloads"
	name   string
	parse  func(text []byte) (value *T, line int, err error)
	report func(error)

	value    atomic.Pointer[T]
	lookAt   atomic.Int64 // when to look at the file again, in nanoseconds since 1970
	rereads  sync.Mutex
	modified time.Time
	size     int64
}

// Open reads the file. Later on, what is wrong with it goes to report, once for each change of it, and what it last said
// stays. parse says in which line an error is.
func Open[T any](what, name string, parse func(text []byte) (value *T, line int, err error), report func(error)) (*File[T], error) {
	f := &File[T]{Now: time.Now, what: what, name: name, parse: parse, report: report}
	if err := f.read(); err != nil {
		return nil, err
	}
	f.lookAt.Store(f.Now().Add(Every).UnixNano())
	return f, nil
}

// Value is what the file says.
func (f *File[T]) Value() *T {
	if now := f.Now().UnixNano(); now >= f.lookAt.Load() {
		f.look(now)
	}
	return f.value.Load()
}

// look reads the file again if it has changed. Whoever comes meanwhile goes on with what it said before.
func (f *File[T]) look(now int64) {
	if !f.rereads.TryLock() {
		return
	}
	defer f.rereads.Unlock()
	f.lookAt.Store(now + int64(Every))
	info, err := os.Stat(f.name)
	if err == nil && info.ModTime().Equal(f.modified) && info.Size() == f.size {
		return
	}
	if err != nil && f.size < 0 {
		return // it is still missing, which was reported
	}
	if err := f.read(); err != nil {
		f.report(fmt.Errorf("%w; the last good table stays", err))
	}
}

func (f *File[T]) read() error {
	f.modified, f.size = time.Time{}, -1
	text, info, err := readBounded(f.name)
	if err != nil {
		return fmt.Errorf("cannot read %s %q: %w", f.what, f.name, err)
	}
	f.modified, f.size = info.ModTime(), info.Size()
	value, line, err := f.parse(text)
	if err != nil {
		return fmt.Errorf("cannot read %s %q: %s:%d: %w", f.what, f.name, f.name, line, err)
	}
	f.value.Store(value)
	return nil
}

func readBounded(name string) ([]byte, os.FileInfo, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err == nil && len(text) > maxSize {
		err = fmt.Errorf("it has more than %d bytes", maxSize)
	}
	return text, info, err
}
