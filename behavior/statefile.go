package behavior

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// The state is one file: stateMagic, the SHA-256 of what follows, and a map with a value for each detector and one for
// what they share. It is no database that is mapped into memory, as one of these that is cut would
// end the process with a bus error.
const (
	statePrefix = "MSA behavior " // of any version
	stateMagic  = statePrefix + "1\n"
)

// CheckState fails if a state can't be kept at a path: what is there is no regular file or holds something else, or it can't
// be read or replaced. Whatever is there stays as it is. The directory is made if there is none.
func CheckState(path string) error {
	if err := checkState(path); err != nil {
		return fmt.Errorf("cannot keep the detectors' state in %q: %w", path, err)
	}
	return nil
}

func checkState(path string) error {
	file, exists, err := followed(path)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	if exists {
		if err := checkIsState(file); err != nil {
			return err
		}
	}
	f, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// checkIsState fails if a file can't be read or written, or would be lost if a state were written in its place.
func checkIsState(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, len(statePrefix))
	n, err := io.ReadFull(f, head)
	switch {
	case errors.Is(err, io.EOF): // an empty file is a state without a past
		return nil
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return err
	case string(head[:n]) != statePrefix:
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

// writeState keeps the state in a file, or leaves it as it was.
func (d *Detectors) writeState(path string) error {
	values, err := d.snapshot()
	if err != nil || values == nil {
		return err
	}
	if err := write(path, values, d.toDisk); err != nil {
		return fmt.Errorf("cannot keep the detectors' state in %q: %w", path, err)
	}
	return nil
}

// write replaces the file at once, so that it is whole whenever the process ends. A link to it stays.
func write(path string, values map[string][]byte, toDisk func(*os.File) error) error {
	data, err := encode(values)
	if err != nil {
		return err
	}
	file, _, err := followed(path)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*") // for its owner alone
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	for _, part := range [][]byte{[]byte(stateMagic), sum[:], data} {
		if err == nil {
			_, err = f.Write(part)
		}
	}
	if err == nil {
		err = toDisk(f)
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// readState goes on with a state that was kept. One that is damaged, or of another version, is renamed, so that a new one can
// take its place; the detectors then are as new. Nothing else is ever renamed.
func (d *Detectors) readState(path string) error {
	file, exists, err := followed(path)
	if err == nil && !exists {
		return nil
	}
	damaged := false
	if err == nil {
		damaged, err = d.read(file)
	}
	switch {
	case err == nil:
		return nil
	case !damaged:
		return fmt.Errorf("cannot read the detectors' state %q: they begin anew: %w", path, err)
	}
	aside := file + ".unreadable"
	if err2 := os.Rename(file, aside); err2 != nil {
		return fmt.Errorf("cannot read the detectors' state %q, nor set it aside: they begin anew: %w", path, errors.Join(err, err2))
	}
	return fmt.Errorf("cannot read the detectors' state %q: it is set aside as %q, and they begin anew: %w", path, aside, err)
}

// read goes on with the state in a file; damaged says that it was one.
func (d *Detectors) read(file string) (damaged bool, err error) {
	text, err := os.ReadFile(file)
	switch {
	case err != nil:
		return false, err
	case len(text) == 0:
		return false, nil
	case !bytes.HasPrefix(text, []byte(statePrefix)):
		return false, errNoState
	}
	text, ok := bytes.CutPrefix(text, []byte(stateMagic))
	if !ok {
		return true, errors.New("it is no state of this version")
	}
	if len(text) < sha256.Size || sha256.Sum256(text[sha256.Size:]) != [sha256.Size]byte(text) {
		return true, errors.New("it is not whole")
	}
	var values map[string][]byte
	if err := decode(text[sha256.Size:], &values); err != nil {
		return true, err
	}
	err = d.decoded(values)
	return err != nil, err
}
