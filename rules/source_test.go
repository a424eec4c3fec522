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
