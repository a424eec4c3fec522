package rules

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A directory's files are read by name, but those that others build upon first: the engine's settings, then CRS's.
func TestDirectoryOrder(t *testing.T) {
	dir := t.TempDir()
	for name, id := range map[string]string{"a.conf": "1", "coraza.conf": "2", "crs-setup.conf": "3", "modsecurity.conf": "4", "z.conf": "5", "b.txt": "6"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(`SecAction "id:`+id+`,phase:1,pass"`+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set, err := Load([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	var ids []int
	for _, d := range set.Directives {
		ids = append(ids, d.ID())
	}
	if want := []int{2, 4, 3, 1, 5}; !slices.Equal(ids, want) {
		t.Errorf("rules %v, want %v", ids, want)
	}
}

// A directory may have the name of the embedded rules: what is on disk is found where CRS has no file of that name.
func TestDirectoryNamedCRS(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.MkdirAll("crs/rules", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("crs/rules/own.conf", []byte(`SecAction "id:1,phase:1,pass"`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, source := range []string{"crs/rules", "crs/rules/own.conf", "crs/*/own.conf"} {
		set, err := Load([]string{source})
		if err != nil || len(set.Directives) != 1 || set.Directives[0].ID() != 1 {
			t.Errorf("%s: %d directives, error %v", source, len(set.Directives), err)
		}
	}
	if set, err := Load([]string{"crs/REQUEST-932-*"}); err != nil || len(set.Directives) < 10 {
		t.Errorf("a file of the embedded rules: %d directives, error %v", len(set.Directives), err)
	}
}

// What of a file can't be read is told by its name, and a list of addresses by what is none in it.
func TestFilesAsSaved(t *testing.T) {
	dir := t.TempDir()
	own, wide, list := filepath.Join(dir, "own.conf"), filepath.Join(dir, "wide.conf"), filepath.Join(dir, "list.txt")
	for file, text := range map[string]string{
		own:  "\ufeffSecRule ARGS \"@rx a\" \"id:1,phase:1,chain\"\nSecRule REMOTE_ADDR \"@ipMatchFromFile list.txt\"\n",
		wide: "\xff\xfeS\x00e\x00c\x00",
		list: "# bad\n10.0.0.1\n\n10.0.1.0/24,::1\n10.0.2.0-10.0.2.9\nevil.example # known\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set, err := Load([]string{own})
	if err != nil {
		t.Fatal(err)
	}
	want := Warning{File: own, Line: 2, Text: list + ": no address or network, and passed over: 10.0.2.0-10.0.2.9, evil.example # known"}
	if len(set.Warnings) != 1 || set.Warnings[0] != want {
		t.Errorf("warnings %v, want %v", set.Warnings, want)
	}
	if err := os.WriteFile(list, []byte("10.0.0.1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if again, err := Load([]string{own}); err != nil || again.Sum == set.Sum || len(again.Warnings) > 0 {
		t.Errorf("with another list the sum is the same, or there are warnings %v; error %v", again.Warnings, err)
	}
	if _, err := Load([]string{wide}); err == nil || !strings.HasSuffix(err.Error(), "wide.conf: the file is in UTF-16: save it as UTF-8") {
		t.Errorf("UTF-16: %v", err)
	}
}
