package docs

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ +(.+)$`)
)

// anchors are those of a document's headings, as GitHub makes them.
func anchors(text string) map[string]bool {
	all := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		name := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(m[1]), "")
		all[strings.ReplaceAll(name, " ", "-")] = true
	}
	return all
}

// TestLinks: what a document links to in the repository is there, with the heading that the link names.
func TestLinks(t *testing.T) {
	for name, text := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			file := filepath.Join(rig.Root(), name)
			if target != "" {
				file = filepath.Join(filepath.Dir(file), target)
			}
			follow(t, name, file, anchor)
		}
	}
}

// Links also lead somewhere where packages and archives have the documents.
func TestLinksOfPackages(t *testing.T) {
	root := t.TempDir()
	if out, err := exec.Command("sh", filepath.Join(rig.Root(), "deploy", "documents.sh"), root).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	links := 0
	err := filepath.WalkDir(root, func(file string, e fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(file) != ".md" {
			return err
		}
		text, err := os.ReadFile(file)
		name, _ := filepath.Rel(root, file)
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			if target == "" || strings.Contains(target, "://") {
				continue
			}
			links++
			follow(t, name, filepath.Join(filepath.Dir(file), target), anchor)
		}
		return err
	})
	if err != nil || links < 100 {
		t.Errorf("%d links, %v", links, err)
	}
}

// follow fails if a document's link leads to no file, or to none with the heading.
func follow(t *testing.T, name, file, anchor string) {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Errorf("%s links to %s, which is not there", name, file)
		return
	}
	if anchor == "" || info.IsDir() {
		return
	}
	linked, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !anchors(string(linked))[anchor] {
		t.Errorf("%s links to %s#%s: there is no such heading", name, file, anchor)
	}
}
