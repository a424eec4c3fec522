package completion

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// cli has a command of each kind: with files, with words of its own, with words that it is given, and a hidden one.
type cli struct {
	Scan struct {
		Files  []string `arg:"" help:"Files."`
		Format string   `default:"auto" enum:"auto,text,json,csv,markdown" help:"How alerts are printed: it's for people."`
		Since  string   `help:"From when [on]."`
		Quiet  bool     `help:"Print nothing."`
	} `cmd:"" help:"Inspect files. Print alerts."`
	Tune struct {
		Format string `default:"text" enum:"text,json" help:"How proposals are printed."`
	} `cmd:"" help:"Propose exclusions."`
	Completion struct {
		Shell string `arg:"" enum:"bash,zsh,fish"`
	} `cmd:"" help:"Print a script."`
	Presets struct {
		Name string `arg:"" optional:""`
	} `cmd:"" help:"List presets."`
	Secret struct{} `cmd:"" hidden:"" help:"Not for people."`
}

func script(t *testing.T, shell string) string {
	t.Helper()
	k, err := kong.New(&cli{}, kong.Name("msa"))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := Write(&text, shell, k.Model, map[string][]string{"presets": {"nano", "nginx"}}); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// shell is the path of a shell that may not be here.
func shell(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("no %s: install it", name)
	}
	return path
}

// bash is asked what it would complete a line to.
func TestBash(t *testing.T) {
	defined := script(t, "bash")
	for line, want := range map[string]string{
		"msa s":                 "scan",
		"msa scan --since":      "--since",
		"msa scan --format = c": "csv",
		"msa scan --format ma":  "markdown",
		"msa completion f":      "fish",
		"msa presets ng":        "nginx",
		"msa scan access":       "",
		"msa tune --forma":      "--format",
	} {
		words := strings.Fields(line)
		ask := "\nCOMP_WORDS=(" + line + "); COMP_CWORD=" + string(rune('0'+len(words)-1)) + "; _msa; echo \"${COMPREPLY[@]}\""
		got, err := exec.Command(shell(t, "bash"), "-c", defined+ask).Output()
		if err != nil || strings.TrimSpace(string(got)) != want {
			t.Errorf("%q is completed to %q, %v, want %q", line, got, err, want)
		}
	}
}

// fish can be asked what it would offer.
func TestFish(t *testing.T) {
	path, dir := shell(t, "fish"), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "access.log"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	defined := script(t, "fish")
	for line, want := range map[string]string{
		"msa s":                  "scan\tInspect files",
		"msa scan --si":          "--since\tFrom when [on]",
		"msa scan --format mark": "markdown\tHow alerts are printed",
		"msa completion z":       "zsh",
		"msa presets ng":         "nginx",
		"msa scan acc":           "access.log",
	} {
		ask := exec.Command(path, "-c", defined+"\ncomplete -C'"+line+"'")
		ask.Dir = dir
		got, err := ask.Output()
		if err != nil || strings.TrimSpace(string(got)) != want {
			t.Errorf("%q is completed to %q, %v, want %q", line, got, err, want)
		}
	}
}

// zsh completes only at a terminal, so it says whether it can read the script.
func TestZsh(t *testing.T) {
	check := exec.Command(shell(t, "zsh"), "-n")
	check.Stdin = strings.NewReader(script(t, "zsh"))
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

func TestZshFlags(t *testing.T) {
	text := script(t, "zsh")
	for _, want := range []string{
		"'scan:Inspect files'\n",
		"'--format=[How alerts are printed]:format:(auto text json csv markdown)' \\\n",
		"'--since=[From when (on)]:since:_files' \\\n",
		"'--quiet[Print nothing]' \\\n",
		"'*:argument:(nano nginx)'\n",
		"'--quiet[Print nothing]' \\\n            '*:argument:_files'\n", // files where there are no words
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

func TestHiddenCommands(t *testing.T) {
	for _, name := range []string{"bash", "zsh", "fish"} {
		if strings.Contains(script(t, name), "ecret") {
			t.Errorf("%s: a hidden command is completed", name)
		}
	}
}

func TestShellQuoted(t *testing.T) {
	if got := shellQuoted("it's"); got != `'it'\''s'` {
		t.Errorf("got %s", got)
	}
}
