package docs

import (
	"bytes"
	"errors"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/modsecurity-for-anylog/msa/test/rig"
	"github.com/modsecurity-for-anylog/msa/test/schema"
)

// TestAlertsAreValid: what msa scan prints is what docs/alert.md and alert/schema.json say.
func TestAlertsAreValid(t *testing.T) {
	compiled, _ := schema.Compile(t, filepath.Join(rig.Root(), "alert", "schema.json"))
	for _, args := range [][]string{{"records.json"}, {"--lines", "access.log"}, {"--alert-when", "match", "--alert-per", "rule", "records.json", "attack.json"}} {
		scan := exec.Command(filepath.Join(rig.Root(), "build/msa"), append([]string{"scan"}, args...)...)
		scan.Dir = filepath.Join("testdata", "common")
		out, err := scan.Output()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 1 {
			t.Fatalf("%q: %v", args, err)
		}
		for _, line := range bytes.Split(bytes.TrimSpace(out), []byte("\n")) {
			if err := schema.Validate(compiled, line); err != nil {
				t.Errorf("%q: %v in %s", args, err, line)
			}
		}
	}
}
