package logfile

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

const line = `192.0.2.1 - - [20/Nov/2026:10:11:12 +0000] "GET /?t=../../etc/passwd HTTP/1.1" 200 12 "-" "curl/8.5.0"` + "\n"

// bzipped is line in bzip2, which Go reads only.
const bzipped = "QlpoOTFBWSZTWdxYoNAAAB3fgEAQUAvzcoLBRAouBN+AIAB0KmNAgAaZD0gNPUIp5TaR5I0AGgACViwInJi09GRiahEdj3hQ4JEqOHu8zT2ICBCEbSVhq4Gad6qILktlIOSyKkTAXuTETyAfHNJ0+0F6U/hIPxdyRThQkNxYoNA="

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func zipped(t *testing.T, kind string) []byte {
	t.Helper()
	var out bytes.Buffer
	switch kind {
	case "bz2":
		b, err := base64.StdEncoding.DecodeString(bzipped)
		if err != nil {
			t.Fatal(err)
		}
		return b
	case "gz":
		z := gzip.NewWriter(&out)
		_, _ = z.Write([]byte(line))
		_ = z.Close()
	case "zst":
		z, err := zstd.NewWriter(&out)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = z.Write([]byte(line))
		_ = z.Close()
	}
	return out.Bytes()
}

// Names of files do not tell what is in them: these have all the wrong one.
func TestDirectoriesPatternsAndCompression(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "1.log"), zipped(t, "gz"))
	write(t, filepath.Join(dir, "2.log"), zipped(t, "zst"))
	write(t, filepath.Join(dir, "deep", "3.log"), zipped(t, "bz2"))
	write(t, filepath.Join(dir, "deep", "4.txt"), []byte(line+line))
	write(t, filepath.Join(dir, ".hidden"), []byte(line))
	write(t, filepath.Join(dir, ".git", "5.log"), []byte(line))
	if err := os.Symlink(filepath.Join(dir, "1.log"), filepath.Join(dir, "deep", "link.log")); err != nil {
		t.Fatal(err)
	}
	empty := t.TempDir()
	for _, c := range []struct {
		name   string
		names  []string
		want   []string // files in whose batches records were, once for each record
		stderr string
	}{
		{"directory", []string{dir}, []string{"1.log", "2.log", "3.log", "4.txt", "4.txt", "link.log"}, ""},
		{"pattern", []string{filepath.Join(dir, "*.log")}, []string{"1.log", "2.log"}, ""},
		{"pattern of directories", []string{filepath.Join(dir, "*")}, []string{"1.log", "2.log", "3.log", "4.txt", "4.txt", "link.log"}, ""},
		{"pattern in directories", []string{filepath.Join(dir, "*", "*.log")}, []string{"3.log", "link.log"}, ""},
		{"pattern of hidden files", []string{filepath.Join(dir, ".h*")}, []string{".hidden"}, ""},
		{"pattern of hidden files only", []string{filepath.Join(dir, "*hidden")}, nil, "cannot read file: open " + filepath.Join(dir, "*hidden")},
		{"file twice", []string{filepath.Join(dir, "1.log"), filepath.Join(dir, "1.log")}, []string{"1.log", "1.log"}, ""},
		{"nothing matches", []string{filepath.Join(dir, "*.json")}, nil, "cannot read file: open " + filepath.Join(dir, "*.json")},
		{"nothing in it", []string{empty}, nil, "there is no file in it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var stderr bytes.Buffer
			read := 0
			f := &Files{Names: c.names, Text: true, Stderr: &stderr, OnRead: func(n int) { read += n }}
			size := f.Size()
			var got []string
			for b, ok := f.Next(); ok; b, ok = f.Next() {
				got = append(got, slices.Repeat([]string{filepath.Base(b.File)}, len(b.Lines))...)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if !strings.Contains(stderr.String(), c.stderr) || (c.stderr == "") != (f.Unreadable == 0) {
				t.Errorf("%d unreadable: %s", f.Unreadable, stderr.String())
			}
			if c.stderr == "" && size != int64(read) {
				t.Errorf("%d bytes of %d were read", read, size)
			}
		})
	}
}
