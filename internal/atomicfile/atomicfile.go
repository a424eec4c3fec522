// Package atomicfile writes files that are there as a whole or not at all.
package atomicfile

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Write replaces the file by what write writes. A file that is there keeps its mode, a new one gets the given one. What is
// no regular file, as a pipe, can't be replaced and is written to.
func Write(name string, mode fs.FileMode, write func(io.Writer) error) error {
	if err := replace(name, mode, write); err != nil {
		return fmt.Errorf("cannot write file %q: %w", name, err)
	}
	return nil
}

func replace(name string, mode fs.FileMode, write func(io.Writer) error) (err error) {
	if info, err := os.Stat(name); err == nil {
		if !info.Mode().IsRegular() {
			return writeTo(name, write)
		}
		mode = info.Mode().Perm()
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Chmod(mode); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

func writeTo(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
