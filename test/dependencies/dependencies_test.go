// Package dependencies compares the modules that MSA is made of, and their licences, with what docs/dependencies.md says.
package dependencies

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/licensecheck"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

const own = "github.com/modsecurity-for-anylog/msa"

// allowed are licences under which MSA may be passed on as it is, with the notices of others beside it.
var allowed = []string{"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0", "Unlicense", "blessing"}

// least is how much of a licence's file has to be the licence, in percent: some add a list of authors.
const least = 85

// ofParts are files that list the licences of parts of a module, with much text between them: each of these licences has to
// be one that is allowed, however much of the file they are.
var ofParts = regexp.MustCompile(`(?i)-3rd-party\.md$`)

// notCode are licences of what is not in a program: a picture of a project.
var notCode = regexp.MustCompile(`(?i)-logo$`)

// blessing is how the text begins with which SQLite's authors gave it to the public; SPDX has this name for it.
const blessing = "SQLite Is Public Domain"

// module is one that go.mod names.
type module struct {
	path, dir string
	indirect  bool
}

func modules(t *testing.T) (all []module) {
	t.Helper()
	indirect := map[string]bool{}
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal(goCommand(t, "mod", "edit", "-json"), &mod); err != nil {
		t.Fatal(err)
	}
	for _, r := range mod.Require {
		indirect[r.Path] = r.Indirect
	}
	for m := range decode[struct{ Path, Dir string }](t, goCommand(t, "mod", "download", "-json")) {
		all = append(all, module{m.Path, m.Dir, indirect[m.Path]})
	}
	if len(all) != len(indirect) || len(all) < 20 {
		t.Fatalf("%d modules, but go.mod names %d", len(all), len(indirect))
	}
	return all
}

// goCommand is what go prints at the repository's root. Its flags are those of the environment.
func goCommand(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = rig.Root()
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return out
}

// decode are values of JSON one after another.
func decode[T any](t *testing.T, text []byte) func(yield func(T) bool) {
	return func(yield func(T) bool) {
		for d := json.NewDecoder(strings.NewReader(string(text))); ; {
			var v T
			err := d.Decode(&v)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !yield(v) {
				return
			}
		}
	}
}

// licences are the files of a module that hold one.
var licences = regexp.MustCompile(`(?i)^(licen[cs]e|copying|unlicense)`)

// licence is what the licences in a folder are, as SPDX names them.
func licence(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	found := map[string]bool{}
	for _, e := range entries {
		if e.IsDir() || filepath.Ext(e.Name()) == ".go" || !licences.MatchString(e.Name()) || notCode.MatchString(e.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return "", err
		}
		if strings.HasPrefix(string(text), blessing) {
			found["blessing"] = true
			continue
		}
		c := licensecheck.Scan(text)
		if c.Percent < least && (len(c.Match) == 0 || !ofParts.MatchString(e.Name())) {
			return "", fmt.Errorf("%s is no licence that is known: only %.0f %% of it are", e.Name(), c.Percent)
		}
		for _, m := range c.Match {
			if !slices.Contains(allowed, m.ID) {
				return "", fmt.Errorf("%s: %s is not one of the licences that are allowed", e.Name(), m.ID)
			}
			found[m.ID] = true
		}
	}
	if len(found) == 0 {
		return "", errors.New("there is no licence")
	}
	return strings.Join(slices.Sorted(maps.Keys(found)), ", "), nil
}

// buildTags are those with which the Makefile builds.
func buildTags(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(rig.Root(), "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^TAGS\s*:=\s*(\S+)$`).FindSubmatch(text)
	if m == nil {
		t.Fatal("the Makefile sets no TAGS")
	}
	return string(m[1])
}

// imports are the modules behind packages, with those that import them.
func imports(t *testing.T, args ...string) map[string]map[string]bool {
	t.Helper()
	type pkg struct {
		ImportPath string
		Imports    []string
		Module     *struct{ Path string }
	}
	moduleOf := map[string]string{}
	var all []pkg
	for p := range decode[pkg](t, goCommand(t, append([]string{"list", "-deps", "-json=ImportPath,Imports,Module"}, args...)...)) {
		if p.Module != nil {
			moduleOf[p.ImportPath] = p.Module.Path
			all = append(all, p)
		}
	}
	by := map[string]map[string]bool{}
	for _, p := range all {
		if by[p.Module.Path] == nil {
			by[p.Module.Path] = map[string]bool{}
		}
		for _, i := range p.Imports {
			if m := moduleOf[i]; m != "" && m != p.Module.Path {
				if by[m] == nil {
					by[m] = map[string]bool{}
				}
				by[m][p.Module.Path] = true
			}
		}
	}
	return by
}

// row is how the document has a module: where it goes, and, of one that MSA does not import itself, who does.
func (m module) row(t *testing.T, linked, tested, untagged map[string]map[string]bool) string {
	t.Helper()
	spdx, err := licence(m.dir)
	if err != nil {
		t.Errorf("%s: %v", m.path, err)
	}
	where := "left out"
	switch {
	case linked[m.path] != nil:
		where = "linked"
	case tested[m.path] != nil:
		where = "tests"
	}
	row := fmt.Sprintf("| %s | %s | %s | ", m.path, spdx, where)
	if !m.indirect {
		return row
	}
	by := untagged[m.path]
	if by == nil {
		by = map[string]bool{why(t, m.path): true}
	}
	return row + strings.Join(slices.Sorted(maps.Keys(by)), ", ") + " |"
}

// why is the module that needs one that nothing imports which is built.
func why(t *testing.T, path string) string {
	t.Helper()
	chain := strings.Fields(strings.TrimPrefix(string(goCommand(t, "mod", "why", "-m", path)), "# "+path))
	for _, p := range slices.Backward(chain) {
		if !strings.HasPrefix(p, path) {
			return strings.TrimSpace(string(goCommand(t, "list", "-f", "{{.Module.Path}}", p)))
		}
	}
	t.Fatalf("nothing needs %s", path)
	return ""
}

// TestDependencies: the document has each module with its licence, which is one of those allowed, and where it goes; of the
// direct ones it says why, of the others whose they are.
func TestDependencies(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(rig.Root(), "docs", "dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	has := map[string]string{}
	for _, line := range strings.Split(string(text), "\n") {
		if m := regexp.MustCompile(`^\| ([\w.-]+\.[a-z]+/\S+) \|.*\|$`).FindStringSubmatch(line); m != nil {
			has[m[1]] = line
		}
	}
	tags := "-tags=" + buildTags(t)
	linked := imports(t, tags, "./plugin", "./cmd/msa")
	tested := imports(t, tags, "-test", "./...")
	untagged := imports(t, "-tags=", "-test", "./...")
	if linked[own] == nil || tested[own] == nil {
		t.Fatal("MSA is not in itself")
	}
	for _, m := range modules(t) {
		row := m.row(t, linked, tested, untagged)
		switch line := has[m.path]; {
		case m.indirect && line != row, !strings.HasPrefix(line, row):
			t.Errorf("docs/dependencies.md has\n%s\nwhere it should be\n%s", line, row)
		case !m.indirect && len(strings.TrimSuffix(line, "|")) < len(row)+10:
			t.Errorf("docs/dependencies.md does not say why %s is needed", m.path)
		}
		delete(has, m.path)
	}
	for path := range has {
		t.Errorf("docs/dependencies.md has %s, which go.mod has not", path)
	}
}

// TestLicence: what is no licence, one that is not allowed, and a folder without any are told.
func TestLicence(t *testing.T) {
	own, err := os.ReadFile(filepath.Join(rig.Root(), "LICENSE"))
	if err != nil {
		t.Fatal(err)
	}
	const gpl = "This program is free software: you can redistribute it and/or modify it under the terms of the GNU General Public License as " +
		"published by the Free Software Foundation, either version 3 of the License, or (at your option) any later version.\n"
	for _, c := range []struct{ name, file, text, want, err string }{
		{"one that is known", "LICENSE.txt", string(own), "Apache-2.0", ""},
		{"one that is not allowed", "COPYING", gpl, "", "is not one of the licences that are allowed"},
		{"a text of one's own", "LICENSE", "Do what you want, but ask me first.", "", "is no licence that is known"},
		{"of parts", "LICENSE-3RD-PARTY.md", strings.Repeat("This is about parts. ", 900) + string(own), "Apache-2.0", ""},
		{"of parts, one not allowed", "LICENSE-3RD-PARTY.md", strings.Repeat("This is about parts. ", 900) + gpl, "", "is not one of the licences that are allowed"},
		{"of parts, unknown", "LICENSE-3RD-PARTY.md", "Parts are by others.", "", "is no licence that is known"},
		{"of a picture", "LICENSE-LOGO", "https://example.com/logo.png", "", "there is no licence"},
		{"SQLite's", "LICENSE-SQLITE", "SQLite Is Public Domain\n\nAll of the code …", "blessing", ""},
		{"none", "README", string(own), "", "there is no licence"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, c.file), []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := licence(dir)
			if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}
