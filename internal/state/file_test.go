package state

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// listing is what a directory holds, with the kinds of what is in it.
func listing(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Type().String()+" "+e.Name())
	}
	return all
}

// learn sets a section.
func learn(all Sections) { all["/a"] = []byte("learned") }

// learned fails unless the file has just that section.
func learned(t *testing.T, path string) {
	t.Helper()
	err := At(path).Load(func(all Sections) error {
		if len(all) != 1 || string(all["/a"]) != "learned" {
			t.Errorf("the file has %q", all)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// What is no state of MSA's is refused, and stays as it is: it is not renamed, replaced or written to, at the start or later.
func TestStateReplacesNothing(t *testing.T) {
	create := func(path string, err error) {
		if errors.Is(err, fs.ErrPermission) {
			t.Skip("not allowed here: ", err)
		}
		if err != nil {
			t.Fatalf("cannot create %s: %v", path, err)
		}
	}
	for name, c := range map[string]struct {
		make func(t *testing.T, path string)
		want string
	}{
		"directory":    {func(_ *testing.T, path string) { create(path, os.Mkdir(path, 0o700)) }, "is a directory, no regular file"},
		"named pipe":   {func(_ *testing.T, path string) { create(path, syscall.Mkfifo(path, 0o600)) }, "is a named pipe, no regular file"},
		"device":       {func(_ *testing.T, path string) { create(path, syscall.Mknod(path, syscall.S_IFCHR|0o600, 1<<8|3)) }, "is a device, no regular file"},
		"another file": {func(_ *testing.T, path string) { create(path, os.WriteFile(path, []byte("a diary"), 0o600)) }, "the file holds something else"},
		"short file":   {func(_ *testing.T, path string) { create(path, os.WriteFile(path, []byte("MSA"), 0o600)) }, "the file holds something else"},
		"circle":       {func(_ *testing.T, path string) { create(path, os.Symlink(filepath.Base(path), path)) }, "it leads through more than 40 symbolic links"},
		"socket": {func(t *testing.T, path string) {
			l, err := net.Listen("unix", path)
			create(path, err)
			t.Cleanup(func() { _ = l.Close() })
		}, "is a socket, no regular file"},
		"link to a directory": {func(_ *testing.T, path string) {
			create(path, os.Mkdir(path+".target", 0o700))
			create(path, os.Symlink(path+".target", path))
		}, ".target\" is a directory, no regular file"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "state")
			c.make(t, path)
			before := listing(t, dir)
			for _, err := range []error{At(path).Check(), At(path).CheckUntouched()} {
				if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), `cannot keep state in "`+path+`": `) {
					t.Errorf("got %v", err)
				}
			}
			accept := func(Sections) error { return nil }
			if At(path).Load(accept) == nil || At(path).LoadUntouched(accept) == nil {
				t.Error("it was read as a state")
			}
			if err := At(path).Change(learn); err == nil {
				t.Error("a state was written in its place")
			}
			if after := listing(t, dir); !slices.Equal(before, after) {
				t.Errorf("the directory has %q, and had %q", after, before)
			}
		})
	}
}

// A state where none can be read or written is refused.
func TestStateThatCannotBeKept(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"below a file": filepath.Join(file, "state"), "where nobody may write": "/proc/sys/state"} {
		for _, err := range []error{At(path).Check(), At(path).CheckUntouched()} {
			if err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("%s: got %v", name, err)
			}
		}
	}
	if os.Getuid() == 0 {
		t.Skip("who is root may read and write everything")
	}
	for name, mode := range map[string]fs.FileMode{"not readable": 0o200, "not writable": 0o400} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		if err := At(file).Check(); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// Who only looks is told what a start would do, and nothing on disk changes: no directory is made, and nothing renamed.
func TestLookingChangesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := At(filepath.Join(dir, "a", "b", "state")).CheckUntouched(); err != nil {
		t.Error(err)
	}
	if got := listing(t, dir); len(got) > 0 {
		t.Errorf("the directory has %q", got)
	}
	path := filepath.Join(dir, "state")
	if err := At(path).Change(learn); err != nil {
		t.Fatal(err)
	}
	if err := At(path).LoadUntouched(func(Sections) error { return errors.New("not of this part") }); err == nil ||
		!strings.Contains(err.Error(), `MSA would rename it to "`+path+`.unreadable" and start without it: not of this part`) {
		t.Errorf("got %v", err)
	}
	learned(t, path)
}

// A state is read and replaced where links lead, and the links stay; an empty file and a link to nothing are no state yet.
func TestStateBehindLinks(t *testing.T) {
	for name, content := range map[string][]byte{"empty": {}, "nothing": nil} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			kept := filepath.Join(dir, "kept")
			if err := os.Mkdir(kept, 0o700); err != nil {
				t.Fatal(err)
			}
			if content != nil {
				if err := os.WriteFile(filepath.Join(kept, "state"), content, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			path, second := filepath.Join(dir, "first"), filepath.Join(dir, "second")
			for link, to := range map[string]string{path: "second", second: filepath.Join(kept, "state")} {
				if err := os.Symlink(to, link); err != nil {
					t.Fatal(err)
				}
			}
			before := listing(t, dir)
			if err := At(path).Check(); err != nil {
				t.Fatal(err)
			}
			if err := At(path).Load(func(Sections) error { t.Error("there is something to read"); return nil }); err != nil {
				t.Fatal(err)
			}
			if err := At(path).Change(learn); err != nil {
				t.Fatal(err)
			}
			if after := listing(t, dir); !slices.Equal(before, after) {
				t.Errorf("the directory of the links has %q, and had %q", after, before)
			}
			if got := listing(t, kept); !slices.Equal(got, []string{"---------- state"}) {
				t.Errorf("the directory of the file has %q", got)
			}
			learned(t, path)
		})
	}
}

// What takes another file's place is on the disk before.
func TestStateIsOnTheDiskBeforeItCounts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	synced := 0
	file := At(path)
	closed, err := os.Open(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	if err := file.toDisk(closed); !errors.Is(err, os.ErrClosed) {
		t.Errorf("nothing is written to the disk: of a file that is closed it says %v", err)
	}
	file.toDisk = func(f *os.File) error {
		if info, err := f.Stat(); err != nil || info.Size() == 0 {
			t.Errorf("what is written to the disk: %v, %v", info, err)
		}
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the file is there already: %v", err)
		}
		synced++
		return f.Sync()
	}
	if err := file.Change(learn); err != nil || synced != 1 {
		t.Errorf("written to the disk %d times, %v", synced, err)
	}
	file.toDisk = func(*os.File) error { return errors.New("the disk is full") }
	if err := file.Change(func(all Sections) { clear(all) }); err == nil || len(listing(t, filepath.Dir(path))) != 1 {
		t.Errorf("after a disk that is full: %v, %q", err, listing(t, filepath.Dir(path)))
	}
	learned(t, path)
}

// Parts of MSA that change their sections at the same time leave those of others alone.
func TestSectionsOfOthersStay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for n := range 5 {
				if err := At(path).Change(func(all Sections) { all["/"+strconv.Itoa(i)] = []byte{byte(n)} }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	if err := At(path).Load(func(all Sections) error {
		if len(all) != 8 {
			t.Errorf("%d of 8 sections are left", len(all))
		}
		for name, value := range all {
			if len(value) != 1 || value[0] != 4 {
				t.Errorf("%s has %v, which is not what was written last", name, value)
			}
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// Two processes with one file forget what the other has learned: whoever comes to see it says so, once for each time.
func TestAnotherProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	f := At(path)
	keep := func() error { return f.Change(func(s Sections) { s["a"] = []byte("1") }) }
	for range 2 {
		if err := keep(); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err == nil {
		err = errors.Join(os.WriteFile(path+".1", text, 0o600), os.Rename(path+".1", path))
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := keep(); err == nil || !strings.Contains(err.Error(), "was written by another process, too") {
		t.Errorf("after another process: %v", err)
	}
	if err := keep(); err != nil {
		t.Errorf("the next time: %v", err)
	}
}
