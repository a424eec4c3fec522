// Package state keeps what MSA has learned, over reloads and restarts: one file with a section for each part of MSA
// that learns, and what the pipelines of a process share.
package state

import (
	"bytes"
	"crypto/sha256"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// The file is magic, the SHA-256 of what follows, and a map of sections. It is no database that is mapped into memory, as
// one of these that is cut would end the process with a bus error.
const (
	prefix = "MSA behavior " // of any version
	magic  = prefix + "1\n"
)

// Sections are the file's parts by their names. Those of detectors are their names, all others begin with a slash.
type Sections map[string][]byte

// File is where state is kept. Several parts of MSA may have the same one.
type File struct {
	path   string
	toDisk func(*os.File) error // before a file takes another one's place; tests look on
}

// At is the file at a path.
func At(path string) File { return File{path, (*os.File).Sync} }

// changing is held by who reads a file to change it: others may want to change other sections.
var changing sync.Mutex

// written is what this process has put in which place. It is for who holds changing.
var written = map[string]os.FileInfo{}

// errOthers says that another process has written the file since this one did, and that this one has now.
var errOthers = errors.New("written by another process")

// Check fails if state can't be kept in the file: what is there is no regular file or holds something else, or it can't
// be read or replaced. Whatever is there stays as it is. The directory is made if there is none.
func (f File) Check() error {
	if err := f.check(); err != nil {
		return fmt.Errorf("cannot keep state in %q: %w", f.path, err)
	}
	return nil
}

func (f File) check() error {
	file, err := f.place()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	t, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	return errors.Join(t.Close(), os.Remove(t.Name()))
}

// CheckUntouched is Check for one who only looks: no directory is made, and what may be written is asked, not tried.
func (f File) CheckUntouched() error {
	file, err := f.place()
	if err == nil {
		err = checkDirectory(filepath.Dir(file))
	}
	if err != nil {
		return fmt.Errorf("cannot keep state in %q: %w", f.path, err)
	}
	return nil
}

// place is the file to keep state in. It fails if something else is there.
func (f File) place() (string, error) {
	file, exists, err := followed(f.path)
	if err == nil && exists {
		err = checkIsState(file)
	}
	return file, err
}

// checkDirectory fails if files can't be made in a directory, or if it is missing and can't be made.
func checkDirectory(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && filepath.Dir(dir) != dir:
		return checkDirectory(filepath.Dir(dir))
	case err != nil:
		return err
	case !info.IsDir():
		return &fs.PathError{Op: "mkdir", Path: dir, Err: syscall.ENOTDIR}
	}
	const writeAndSearch = 2 | 1 // W_OK and X_OK of POSIX
	if err := syscall.Access(dir, writeAndSearch); err != nil {
		return &fs.PathError{Op: "access", Path: dir, Err: err}
	}
	return nil
}

// checkIsState fails if a file can't be read or written, or would be lost if a state were written in its place.
func checkIsState(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, len(prefix))
	n, err := io.ReadFull(f, head)
	switch {
	case errors.Is(err, io.EOF): // an empty file is a state without a past
		return nil
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return err
	case string(head[:n]) != prefix:
		return errNoState
	}
	return nil
}

var errNoState = errors.New("the file holds something else")

// maxLinks is how many links a path may go through, as Linux has it.
const maxLinks = 40

// followed is the file that a path leads to, over symbolic links. It fails if that is no regular file.
func followed(path string) (file string, exists bool, err error) {
	for range maxLinks {
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return path, false, nil
		case err != nil:
			return path, false, err
		case info.Mode().IsRegular():
			return path, true, nil
		case info.Mode()&fs.ModeSymlink == 0:
			return path, true, fmt.Errorf("%q is %s, no regular file", path, kindOfFile(info.Mode()))
		}
		to, err := os.Readlink(path)
		if err != nil {
			return path, true, err
		}
		if !filepath.IsAbs(to) {
			dir, err := filepath.EvalSymlinks(filepath.Dir(path))
			if err != nil {
				return path, true, err
			}
			to = filepath.Join(dir, to)
		}
		path = to
	}
	return path, true, fmt.Errorf("it leads through more than %d symbolic links", maxLinks)
}

func kindOfFile(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a directory"
	case mode&fs.ModeDevice != 0:
		return "a device"
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	}
	return "something else"
}

// Change lets a part of MSA change its sections, and leaves those of others as they are. The file is replaced at once, so
// that it is whole whenever the process ends. A link to it stays. Of a file that is damaged nothing stays.
func (f File) Change(change func(Sections)) error {
	changing.Lock()
	defer changing.Unlock()
	err := f.change(change)
	switch {
	case errors.Is(err, errOthers):
		return fmt.Errorf("state %q was written by another process, too: what that has learned may be lost; give each a file of its own", f.path)
	case err != nil:
		return fmt.Errorf("cannot keep state in %q: %w", f.path, err)
	}
	return nil
}

func (f File) change(change func(Sections)) error {
	file, exists, err := followed(f.path)
	if err != nil {
		return err
	}
	var sections Sections
	if exists {
		var damaged bool
		if sections, damaged, err = read(file); err != nil && !damaged {
			return err
		}
	}
	if sections == nil {
		sections = Sections{}
	}
	change(sections)
	byOthers := exists && isOfOthers(file)
	if err := f.write(file, sections); err != nil {
		return err
	}
	if info, err := os.Stat(file); err == nil {
		written[file] = info
	}
	if byOthers {
		return errOthers
	}
	return nil
}

// isOfOthers reports whether what this process has put there is there no more. Each time it is a new file.
func isOfOthers(file string) bool {
	ours := written[file]
	if ours == nil {
		return false
	}
	info, err := os.Stat(file)
	return err == nil && (!os.SameFile(info, ours) || !info.ModTime().Equal(ours.ModTime()))
}

func (f File) write(file string, sections Sections) error {
	data, err := Encode(sections)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	t, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*") // for its owner alone
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	for _, part := range [][]byte{[]byte(magic), sum[:], data} {
		if err == nil {
			_, err = t.Write(part)
		}
	}
	if err == nil {
		err = f.toDisk(t)
	}
	if err = errors.Join(err, t.Close()); err == nil {
		err = os.Rename(t.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(t.Name()))
	}
	return nil
}

// Load gives the file's sections to a part of MSA, if there is a file. One that is damaged or of another version, or of
// which the part can't read its own, is renamed, so that a new one can take its place; all then is as new. Nothing else is
// ever renamed.
func (f File) Load(accept func(Sections) error) error {
	changing.Lock()
	defer changing.Unlock()
	file, damaged, err := f.load(accept)
	switch {
	case err == nil:
		return nil
	case !damaged:
		return fmt.Errorf("cannot read state %q: starting without it: %w", f.path, err)
	}
	aside := file + unreadable
	if err2 := os.Rename(file, aside); err2 != nil {
		return fmt.Errorf("cannot read state %q, nor rename it: starting without it: %w", f.path, errors.Join(err, err2))
	}
	return fmt.Errorf("cannot read state %q: it was renamed to %q, starting without it: %w", f.path, aside, err)
}

// unreadable is what the name of a file that was set aside ends with.
const unreadable = ".unreadable"

// load gives the file's sections to a part of MSA, if there is a file; damaged says that it was a state.
func (f File) load(accept func(Sections) error) (file string, damaged bool, err error) {
	file, exists, err := followed(f.path)
	if err != nil || !exists {
		return file, false, err
	}
	sections, damaged, err := read(file)
	if err == nil && sections != nil {
		err = accept(sections)
		damaged = err != nil
	}
	return file, damaged, err
}

// LoadUntouched is Load for one who only looks: it says what Load would do, and whatever is there stays as it is.
func (f File) LoadUntouched(accept func(Sections) error) error {
	file, damaged, err := f.load(accept)
	switch {
	case err == nil:
		return nil
	case !damaged:
		return fmt.Errorf("cannot read state %q: MSA would start without it: %w", f.path, err)
	}
	return fmt.Errorf("cannot read state %q: MSA would rename it to %q and start without it: %w", f.path, file+unreadable, err)
}

// Incomplete is what to say of a state without values that can't be, which were dropped; nil if none were.
func (f File) Incomplete(dropped int) error {
	if dropped == 0 {
		return nil
	}
	return fmt.Errorf("cannot read all of state %q: starting without %d values that can't be", f.path, dropped)
}

// Read gives the file's sections to one who only looks. Whatever is there stays as it is.
func (f File) Read(accept func(Sections) error) error {
	file, _, err := followed(f.path)
	var sections Sections
	if err == nil {
		sections, _, err = read(file)
	}
	if err == nil {
		err = accept(sections)
	}
	if err != nil {
		return fmt.Errorf("cannot read state %q: %w", f.path, err)
	}
	return nil
}

// read reads the sections of a file, nil of one that is empty; damaged says that it was a state.
func read(file string) (sections Sections, damaged bool, err error) {
	text, err := os.ReadFile(file)
	switch {
	case err != nil:
		return nil, false, err
	case len(text) == 0:
		return nil, false, nil
	case !bytes.HasPrefix(text, []byte(prefix)):
		return nil, false, errNoState
	}
	text, ok := bytes.CutPrefix(text, []byte(magic))
	if !ok {
		return nil, true, errors.New("it was written by another version")
	}
	if len(text) < sha256.Size || sha256.Sum256(text[sha256.Size:]) != [sha256.Size]byte(text) {
		return nil, true, errors.New("it is not whole")
	}
	err = Decode(text[sha256.Size:], &sections)
	return sections, err != nil, err
}

// Encode is a value as sections have it.
func Encode(v any) ([]byte, error) {
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(v)
	return b.Bytes(), err
}

// Decode reads what Encode wrote.
func Decode(data []byte, v any) error { return gob.NewDecoder(bytes.NewReader(data)).Decode(v) }
