// Package deploy checks what is in deploy/ without a cluster, a registry or a network: that it
// parses, that one file agrees with another, and, with a real Fluent Bit, that its pipelines
// find an attack.
package deploy

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

const (
	pluginPath = "/usr/lib/msa/flb-filter_msa.so"
	outputPath = "/usr/lib/msa/out_msa.so"
	pluginsTxt = "/usr/lib/msa/plugins.conf"
	stateDir   = "/var/lib/msa"
	nonroot    = "65532"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(rig.Root(), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// documents are those of a YAML file.
func documents(t *testing.T, name string) []any {
	t.Helper()
	var docs []any
	for d := yaml.NewDecoder(strings.NewReader(read(t, name))); ; {
		var doc any
		err := d.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return docs
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		docs = append(docs, doc)
	}
}

// at is what a path of keys and indices leads to.
func at(t *testing.T, node any, path ...any) any {
	t.Helper()
	for i, p := range path {
		var next any
		ok := false
		switch p := p.(type) {
		case string:
			var m map[string]any
			if m, ok = node.(map[string]any); ok {
				next, ok = m[p]
			}
		case int:
			var l []any
			if l, ok = node.([]any); ok && p < len(l) {
				next = l[p]
			} else {
				ok = false
			}
		}
		if !ok {
			t.Fatalf("nothing at %v", path[:i+1])
		}
		node = next
	}
	return node
}

// kind is the one object of a kind in a manifest.
func kind(t *testing.T, docs []any, name string) any {
	t.Helper()
	for _, doc := range docs {
		if at(t, doc, "kind") == name {
			return doc
		}
	}
	t.Fatalf("no %s", name)
	return nil
}

// Every YAML file parses, keys are unique, and no document is empty.
func TestYAML(t *testing.T) {
	n := 0
	err := filepath.WalkDir(filepath.Join(rig.Root(), "deploy"), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" || filepath.Base(filepath.Dir(path)) == "templates" { // of Helm, which test/helm renders
			return err
		}
		n++
		name, err := filepath.Rel(rig.Root(), path)
		docs := documents(t, name)
		if len(docs) == 0 {
			t.Errorf("%s is empty", name)
		}
		for i, doc := range docs {
			if m, ok := doc.(map[string]any); !ok || len(m) == 0 {
				t.Errorf("%s: document %d is no map", name, i+1)
			}
		}
		return err
	})
	if err != nil || n < 5 {
		t.Fatalf("%d files, %v", n, err)
	}
}

// instruction is one of a Dockerfile.
type instruction struct {
	name  string
	words []string
}

func dockerfile(t *testing.T) []instruction {
	t.Helper()
	var all []instruction
	text := strings.ReplaceAll(read(t, "deploy/docker/Dockerfile"), "\\\n", " ")
	for _, line := range strings.Split(text, "\n") {
		if words := strings.Fields(line); len(words) > 0 && !strings.HasPrefix(words[0], "#") {
			all = append(all, instruction{words[0], words[1:]})
		}
	}
	return all
}
