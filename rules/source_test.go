package rules

import (
	"os"
	"path/filepath"
	"slices"
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
