package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// namedTargets are the lines in the Makefile's head and its list of targets that are no files.
var namedTargets = regexp.MustCompile(`(?m)^(?:# make ((?:[a-z-]+ )+) |\.PHONY: (.*)$)`)

// What the Makefile's head and its .PHONY name has a rule: make takes a name without one for done.
func TestTargets(t *testing.T) {
	const root = "../.."
	text, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, m := range namedTargets.FindAllStringSubmatch(string(text), -1) {
		targets = append(targets, strings.Fields(m[1]+m[2])...)
	}
	if len(targets) < 20 {
		t.Errorf("only %d targets are named", len(targets))
	}
	for _, target := range targets {
		rule := regexp.MustCompile(`(?m)^(?:[a-z-]+ )*` + regexp.QuoteMeta(target) + `(?: [a-z-]+)*:(?: .*)?$`)
		if !rule.Match(text) {
			t.Errorf("make %s: there is no rule", target)
		}
		out, err := exec.Command("make", "-C", root, "-n", target).CombinedOutput()
		if err != nil || strings.Contains(string(out), "Nothing to be done") && target != "all" {
			t.Errorf("make -n %s: %v\n%s", target, err, out)
		}
	}
}
