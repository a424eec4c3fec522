package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/pipeline"
)

// The units do what they say: state where the service may write, flags that msa run has.
func TestUnits(t *testing.T) {
	unit, dropIn := read(t, "deploy/systemd/msa.service"), read(t, "deploy/systemd/msa.conf")
	for _, want := range []string{"\nExecStart=/usr/bin/msa run --listen=udp://:15155 ", "\nEnvironmentFile=-/etc/default/msa\n",
		"\nStateDirectory=msa-run\n", " --state-path=%S/msa-run/"} {
		if !strings.Contains(unit, want) {
			t.Errorf("msa.service has no %q", want)
		}
	}
	known := map[string]bool{"listen": true, "output": true}
	for _, p := range pipeline.Properties() {
		known[strings.ReplaceAll(p.Name, "_", "-")] = true
	}
	for _, flag := range regexp.MustCompile(`--([a-z-]+)=`).FindAllStringSubmatch(unit+read(t, "deploy/systemd/msa.default"), -1) {
		if !known[flag[1]] {
			t.Errorf("msa run has no --%s", flag[1])
		}
	}
	for _, want := range []string{"\nStateDirectory=" + filepath.Base(stateDir) + "\n",
		"\nAssertPathExists=" + pluginPath + "\n", "\nAssertPathExists=" + pluginsTxt + "\n"} {
		if !strings.Contains(dropIn, want) {
			t.Errorf("msa.conf has no %q", want)
		}
	}
	for name, text := range map[string]string{"msa.service": unit, "msa.conf": dropIn} {
		limit := regexp.MustCompile(`\nMemoryMax=(\d+M)\n`).FindStringSubmatch(text)
		if limit == nil {
			t.Fatalf("%s has no MemoryMax", name)
		}
		memory(t, name, limit[1], text)
	}
}

// systemd finds nothing to say of the units; it does of one with an error.
func TestSystemdVerify(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("no systemd-analyze")
	}
	// systemd wants programs that are there.
	unit := strings.ReplaceAll(read(t, "deploy/systemd/msa.service"), "/usr/bin/msa", "/bin/true")
	host := "[Unit]\nDescription=Fluent Bit\n[Service]\nExecStart=/bin/true\n"
	dropIn := read(t, "deploy/systemd/msa.conf")
	for _, c := range []struct {
		name, unit, dropIn string
		ok                 bool
	}{
		{"msa.service", unit, "", true},
		{"fluent-bit.service", host, dropIn, true},
		{"msa.service", strings.Replace(unit, "\nMemoryMax=512M", "\nMemoryMaximum=512M", 1), "", false},
		{"fluent-bit.service", host, strings.Replace(dropIn, "\nMemoryMax=512M", "\nMemoryMax=lots", 1), false},
	} {
		dir := t.TempDir()
		for name, text := range map[string]string{c.name: c.unit, c.name + ".d/msa.conf": c.dropIn} {
			if text == "" {
				continue
			}
			name = filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		out, err := exec.Command(analyze, "verify", filepath.Join(dir, c.name)).CombinedOutput()
		var said []string
		for _, line := range strings.Split(string(out), "\n") {
			if strings.Contains(line, dir) || strings.HasPrefix(line, c.name) { // not of the machine's own units
				said = append(said, line)
			}
		}
		if ok := err == nil && len(said) == 0; ok != c.ok {
			t.Errorf("%s, to be fine: %v; %v\n%s", c.name, c.ok, err, out)
		}
	}
}
