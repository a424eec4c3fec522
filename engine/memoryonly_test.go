package engine

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Coraza is loaded and inspects an upload where there is no directory for temporary files, with any tags of the build.
func TestNoFiles(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "not-there"))
	cfg := config("crs")
	cfg.Screen = ScreenOff
	v, err := newEngine(t, cfg).Inspect(post("multipart/form-data; boundary=b",
		"--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"shell.php\"\r\n\r\n"+strings.Repeat("upload ", 10_000)+"\r\n--b--\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(v.RuleIDs(), 933110) { // PHP script file upload
		t.Errorf("got rules %v", v.RuleIDs())
	}
}
