// Package docs runs what the documents tell to type, and compares what they say of MSA with what it is.
package docs

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

func TestMain(m *testing.M) {
	if out, err := exec.Command("make", "-C", rig.Root(), "all").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "cannot build MSA: %v\n%s", err, out)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// notHere are the commands that need what a test has not.
var notHere = []struct{ prefix, why string }{
	{"docker ", "a daemon of Docker; test/deploy reads the files"},
	{"kubectl ", "a cluster; test/deploy reads the files, and lets kubectl render them"},
	{"helm ", "a cluster"},
	{"apt-get ", "root, and a package; test/deploy installs it into an empty root"},
	{"dnf ", "root, and a package; test/deploy installs it into an empty root"},
	{"install -D ", "root"},
	{"systemctl ", "systemd; test/deploy lets systemd-analyze verify the units"},
	{"journalctl ", "systemd"},
	{"$EDITOR ", "a person"},
	{"strace ", "a Fluent Bit with a plugin that is not protected"},
	{"kill -HUP ", "the same"},
	{"aws ", "an account"}, {"logcli ", "a Loki"}, {"elasticdump ", "an Elasticsearch"}, {"kubectl logs ", "a cluster"},
	{".ci/run", "what runs this"},
	{"(cd build/dist && sha256sum ", "a release; test/deploy makes one"},
}

// shell are programs of the system that run here, with what they are given.
var shell = []string{"cat", "head", "tail", "wc", "grep", "printf", "echo", "mkdir", "cp", "ln", "ls", "gzip", "zcat"}

// kind is what becomes of a command.
type kind int

const (
	unknown   kind = iota
	here           // runs, with msa on the PATH
	serving        // runs until it says that it listens
	aMake          // a target that has to be there
	aGo            // packages that have to be there
	fluent         // runs in a real Fluent Bit, if there is one
	elsewhere      // is in notHere
)

func kindOf(text string) kind {
	name := program(text)
	switch {
	case slices.ContainsFunc(notHere, func(n struct{ prefix, why string }) bool {
		return strings.HasPrefix(assignments.ReplaceAllString(text, ""), n.prefix)
	}):
		return elsewhere
	case name == "./uniwaf":
		return serving
	case name == "msa", name == "build/msa":
		if regexp.MustCompile(`\bmsa run\b`).MatchString(text) && !strings.Contains(text, " --help") {
			return serving
		}
		return here
	case slices.Contains(shell, name):
		return here
	case name == "make":
		return aMake
	case name == "go":
		return aGo
	case name == "fluent-bit":
		return fluent
	}
	return unknown
}

func isProgram(name string) bool {
	return kindOf(name+" ") != unknown || name == "make" || slices.ContainsFunc(notHere, func(n struct{ prefix, why string }) bool {
		word, _, _ := strings.Cut(n.prefix, " ")
		return word == name
	})
}

// data are the beginnings of blocks that are no commands, of those without a kind.
var data = regexp.MustCompile(`^(\[[A-Z_]+\]|[A-Z]\w+(  +|_\w+ )\S|Sec[A-Z]\w+ |[\w-]+:( |$)|- |# |\{|chunk ──►|<\d+>)`)

// documents are those at the top, those in docs and that in examples.
func documents(t *testing.T) map[string]string {
	t.Helper()
	files := []string{filepath.Join(rig.Root(), "examples", "README.md")}
	for _, pattern := range []string{"*.md", "docs/*.md"} {
		found, err := filepath.Glob(filepath.Join(rig.Root(), pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	all := map[string]string{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		name, err := filepath.Rel(rig.Root(), f)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = string(text)
	}
	if len(all) < 10 {
		t.Fatalf("%d documents", len(all))
	}
	return all
}

// TestCommands runs every command of every document, those of one in a directory of their own with the files that
// the documents speak of: testdata/common, and what is in the folder of testdata with the document's name. Those of
// docs/quickstart.md need a machine with syslog and a web server: test/e2e has one.
func TestCommands(t *testing.T) {
	all := documents(t)
	walked := map[string]bool{}
	for _, b := range blocks(all["docs/quickstart.md"]) {
		for _, line := range b.lines {
			walked[line] = true
		}
	}
	if len(walked) == 0 {
		t.Error("docs/quickstart.md has no commands")
	}
	for name, text := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSession(t, strings.TrimSuffix(filepath.Base(name), ".md"))
			for _, b := range blocks(text) {
				if !slices.ContainsFunc(b.lines, func(line string) bool { return !walked[line] }) {
					continue
				}
				all := b.commands(isProgram)
				if len(all) == 0 && b.kind == "" && !data.MatchString(b.lines[0]) {
					t.Errorf("%s:%d: are these commands, or what? %q", name, b.line, b.lines[0])
				}
				for _, c := range all {
					if err := s.do(c); err != nil {
						t.Errorf("%s:%d: %s\n%v", name, c.line, c.text, err)
					}
				}
			}
			s.checkShown(text)
		})
	}
}

// session is the directory in which the commands of a document run, one after the other.
type session struct {
	t   *testing.T
	own string // the files of the document in testdata
	dir string
	env []string

	replacer *strings.Replacer
}

func newSession(t *testing.T, name string) *session {
	t.Helper()
	s := &session{t: t, own: filepath.Join("testdata", name), dir: t.TempDir()}
	for _, from := range []string{filepath.Join("testdata", "common"), s.own} {
		if _, err := os.Stat(from); err != nil {
			continue
		}
		if err := filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			to := filepath.Join(s.dir, strings.TrimPrefix(path, from))
			if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
				return err
			}
			return os.WriteFile(to, text, 0o600)
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, link := range []string{"build", "examples", "test", "docs", "fluent-bit.conf"} {
		if err := os.Symlink(filepath.Join(rig.Root(), link), filepath.Join(s.dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	s.env = append(os.Environ(), "PATH="+filepath.Join(rig.Root(), "build")+string(os.PathListSeparator)+os.Getenv("PATH"))

	// What is outside of the directory is in it here, and ports are free ones; somebody listens at that of the receiver. A
	// measurement takes less time than it should.
	receiver, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = receiver.Close() })
	port, err := rig.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	s.replacer = strings.NewReplacer("/var/log/nginx/", "", "/etc/modsecurity/", "modsecurity/", "/etc/msa/rules", "modsecurity",
		"siem:601", receiver.Addr().String(), "//:15155", fmt.Sprintf("//127.0.0.1:%d", port),
		"-l 15155", fmt.Sprintf("-l %d", port), "LISTEN_PORT=15155", fmt.Sprintf("LISTEN_PORT=%d", port), "msa bench ", "msa bench --seconds 0.1 ")
	return s
}

// timeout bounds a command.
const timeout = 3 * time.Minute

func (s *session) do(c command) error {
	switch kindOf(c.text) {
	case here:
		return s.run(c)
	case serving:
		return s.serve(c)
	case aMake:
		return quietly(exec.Command("make", append([]string{"-C", rig.Root(), "-n"}, strings.Fields(withoutComment(c.text))[1:]...)...))
	case aGo:
		return goPackages(c.text)
	case fluent:
		return s.fluentBit(c)
	case elsewhere:
		return nil
	}
	return errors.New("nothing is known of this command: commands_test.go says what runs here, and what does not, and why")
}

// run runs a command of the shell and compares its output. Where the document shows none, it has to end well: msa scan and msa
// test with 1 at most, as there may be alerts.
func (s *session) run(c command) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", s.replacer.Replace(c.text))
	cmd.Dir, cmd.Env = s.dir, s.env
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdout, err := cmd.Output()
	code := cmd.ProcessState.ExitCode()
	if c.hasOutput {
		for _, out := range []string{string(stdout), string(stdout) + stderr.String()} {
			if wildcard(c.output).MatchString(out + "\n") {
				return nil
			}
		}
		return fmt.Errorf("exit code %d, with\n%s%s\nbut the document has\n%s", code, stdout, &stderr, c.output)
	}
	if err != nil && (code != 1 || !regexp.MustCompile(`\bmsa (scan|test)\b`).MatchString(c.text) || len(stdout) == 0) {
		return fmt.Errorf("exit code %d, with\n%s%s", code, stdout, &stderr)
	}
	return nil
}

// serve runs a command until it says that it listens, and then ends it.
func (s *session) serve(c command) error {
	text := strings.TrimSuffix(strings.TrimSpace(withoutComment(s.replacer.Replace(c.text))), "&")
	given := assignments.FindString(text)
	p, err := rig.Start(s.dir, "/usr/bin/env", append(append([]string{}, s.env[len(s.env)-1]), "sh", "-c", given+"exec "+strings.TrimPrefix(text, given))...)
	if err != nil {
		return err
	}
	if err := p.WaitOutput("listening", timeout); err != nil {
		_ = p.Stop(timeout)
		return err
	}
	if err := p.Stop(timeout); err != nil {
		return fmt.Errorf("%w\n%s", err, p.Output())
	}
	return nil
}

// fluentBit has a real Fluent Bit read the configuration, that of the repository or the one that the document shows, or do what
// else the command says.
func (s *session) fluentBit(c command) error {
	path, ok := rig.FluentBit()
	if !ok {
		return nil
	}
	args := strings.Fields(withoutComment(c.text))[1:]
	if i := slices.Index(args, "-c"); i >= 0 && i+1 < len(args) {
		if c.config != "" {
			args[i+1] = filepath.Join(s.dir, args[i+1])
			if err := os.WriteFile(args[i+1], []byte(c.config), 0o600); err != nil {
				return err
			}
		}
		args = append(args, "--dry-run")
	}
	cmd := exec.Command(path, args...)
	cmd.Dir = rig.Root()
	return quietly(cmd)
}

// goPackages checks that what go is to run, test or generate is there.
func goPackages(text string) error {
	for _, arg := range strings.Fields(withoutComment(text)) {
		if !strings.HasPrefix(arg, "./") || strings.HasSuffix(arg, "...") {
			continue
		}
		if files, _ := filepath.Glob(filepath.Join(rig.Root(), arg, "*.go")); len(files) == 0 {
			return fmt.Errorf("there is no package %s", arg)
		}
	}
	return nil
}

func withoutComment(text string) string {
	text, _, _ = strings.Cut(text, " #")
	return strings.TrimSpace(text)
}

func quietly(cmd *exec.Cmd) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// checkShown: a document shows the files in YAML that are its own.
func (s *session) checkShown(text string) {
	files, err := filepath.Glob(filepath.Join(s.own, "*.yaml"))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range files {
		want, err := os.ReadFile(f)
		if err != nil {
			s.t.Fatal(err)
		}
		if !slices.ContainsFunc(blocks(text), func(b block) bool { return strings.Join(b.lines, "\n") == strings.TrimSpace(string(want)) }) {
			s.t.Errorf("the document does not show %s", f)
		}
	}
}

var inline = regexp.MustCompile("`((?:make|msa|go (?:run|test|generate)) [^`\n]+)`")

// TestNamedCommands: targets of make, packages, commands of msa and their flags that are named in a sentence are there.
func TestNamedCommands(t *testing.T) {
	help := map[string]string{}
	for name, text := range documents(t) {
		for _, m := range inline.FindAllStringSubmatch(text, -1) {
			words := strings.Fields(m[1])
			var err error
			switch words[0] {
			case "make":
				err = quietly(exec.Command("make", append([]string{"-C", rig.Root(), "-n"}, words[1:]...)...))
			case "go":
				err = goPackages(m[1])
			case "msa":
				of := words[1]
				if help[of] == "" {
					out, failed := exec.Command(filepath.Join(rig.Root(), "build/msa"), of, "--help").CombinedOutput()
					if err = failed; err != nil {
						break
					}
					help[of] = string(out)
				}
				for _, w := range words[2:] {
					if flag, _, _ := strings.Cut(w, "="); strings.HasPrefix(flag, "--") && !strings.Contains(help[of], flag) {
						err = fmt.Errorf("there is no %s", flag)
					}
				}
			}
			if err != nil {
				t.Errorf("%s: `%s`: %v", name, m[1], err)
			}
		}
	}
}
