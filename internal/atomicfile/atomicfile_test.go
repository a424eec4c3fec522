package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "table")
	check := func(want string, mode fs.FileMode) {
		t.Helper()
		got, err := os.ReadFile(name)
		info, statErr := os.Stat(name)
		if err := errors.Join(err, statErr); err != nil || string(got) != want || info.Mode() != mode {
			t.Errorf("%q, %v, want %q with mode %v: %v", got, info, want, mode, err)
		}
		if entries, _ := os.ReadDir(dir); len(entries) != 1 {
			t.Errorf("%v were left", entries)
		}
	}
	if err := Write(name, 0o640, text("first")); err != nil {
		t.Fatal(err)
	}
	check("first", 0o640)

	if err := os.Chmod(name, 0o604); err != nil {
		t.Fatal(err)
	}
	if err := Write(name, 0o640, text("second")); err != nil {
		t.Fatal(err)
	}
	check("second", 0o604)

	broken := errors.New("half of it")
	if err := Write(name, 0o640, func(w io.Writer) error { _, _ = io.WriteString(w, "thi"); return broken }); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	check("second", 0o604)
}

func TestWriteFails(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{dir, filepath.Join(dir, "missing", "file")} {
		if err := Write(name, 0o600, text("x")); err == nil || !strings.Contains(err.Error(), `cannot write file "`+name+`"`) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWriteToDevice(t *testing.T) {
	if err := Write(os.DevNull, 0o600, text("x")); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Errorf("the device was replaced: %v, %v", info, err)
	}
}
