package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// A plugin that needs a newer glibc than the bound is refused, and one of which that isn't known.
func TestGlibcBound(t *testing.T) {
	for versions, ok := range map[string]bool{
		"GLIBC_2.2.5 GLIBC_2.34 GLIBC_2.9":  true,
		"GLIBC_2.2.5 GLIBC_2.35":            false,
		"GLIBC_2.34 GLIBC_2.38 GLIBC_2.4":   false,
		"GLIBCXX_3.4.29, no symbol of libc": false,
	} {
		readelf := filepath.Join(t.TempDir(), "readelf")
		script := "#!/bin/sh\nfor v in " + strings.ReplaceAll(versions, ",", "") + "; do echo \"  Name: $v  Flags: none\"; done\n"
		if err := os.WriteFile(readelf, []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("sh", filepath.Join(rig.Root(), "deploy/glibc.sh"), "plugin.so", readelf).CombinedOutput()
		if (err == nil) != ok {
			t.Errorf("%s: %v\n%s", versions, err, out)
		}
	}
}

func TestScripts(t *testing.T) {
	scripts, err := filepath.Glob(filepath.Join(rig.Root(), "deploy/*.sh"))
	if err != nil || len(scripts) != 4 {
		t.Fatalf("%v, %v", scripts, err)
	}
	for _, script := range scripts {
		if out, err := exec.Command("sh", "-n", script).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", script, err, out)
		}
	}
}

// The kustomization renders, and puts an image in place of the one that nobody publishes.
func TestKustomize(t *testing.T) {
	kubectl, err := exec.LookPath("kubectl")
	if err != nil {
		t.Skip("no kubectl")
	}
	dir := t.TempDir()
	for _, name := range []string{"daemonset.yaml", "kustomization.yaml"} {
		text := strings.ReplaceAll(read(t, "deploy/kubernetes/"+name), "newName: msa", "newName: registry.example.com/msa")
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command(kubectl, "kustomize", dir).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "image: registry.example.com/msa:"+alert.Version+"\n") {
		t.Errorf("%v\n%s", err, out)
	}
}
