package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Lines of columns, as a spreadsheet has them.
const csvLog = `when,visitor,verb,target,code,agent
2026-11-28T10:00:01Z,10.0.0.1,GET,"/x?t=../../etc/passwd&u=1,2",200,"Mozilla/5.0 (X11; ""odd"")"
2026-11-28T10:00:02Z,10.0.0.1,GET,/,200,curl/8.5.0
`

const ownLog = `{"when":"2026-11-28T10:00:01Z","req":{"verb":"GET","target":"/x?t=../../etc/passwd"},"resp":{"code":200},"remoteAddr":"10.0.0.1:5123"}` + "\n"

func TestInit(t *testing.T) {
	for _, c := range []struct {
		name, log string
		code      int
		out       string
		mapping   string // in the pipeline, as it ends
	}{
		{"a preset", accessLine + "\n" + accessLine + "\n", 0, "2 of 2 records are read by ", ""},
		{"a log of one's own", strings.Repeat(ownLog, 3), 0, "request.uri ← $req['target']", "msa-mapping.yaml"},
		{"CSV", csvLog, 0, "reads 2 of 3 records:", "msa-mapping.yaml"},
		{"CSV with semicolons", strings.NewReplacer(";", ":", "1,2", "1", ",", ";").Replace(csvLog), 0, "reads 2 of 3 records:", "msa-mapping.yaml"},
		{"no HTTP", `{"a":1}` + "\n", 1, "presets read 0 of 1 records: cannot draft a mapping, as none of their fields looks like the path of a request: a; of a log that is not HTTP, args in a mapping inspects fields (docs/mapping.md)\n", ""},
		{"prose", "hello world\n", 1, "presets read 0 of 1 records: cannot draft a mapping, as they are neither JSON with fields nor lines of columns under a line of their names\n", ""},
		{"empty", "", 1, "there are no records in it", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			log := file(t, "own.log", c.log)
			p := command(t, "msa", "init", "--directory", dir, log)
			if code := p.run(""); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if out := p.stdout.String() + p.stderr.String(); !strings.Contains(out, c.out) {
				t.Errorf("%q is missing in %s", c.out, out)
			}
			if c.code != 0 {
				return
			}
			pipeline := filepath.Join(dir, "msa.conf")
			text, err := os.ReadFile(pipeline)
			if err != nil || !strings.Contains(string(text), log) || !strings.Contains(string(text), c.mapping+"\n    Rules") {
				t.Errorf("pipeline %s, %v", text, err)
			}
			if p := command(t, "msa", "check", pipeline); p.run("") != 0 {
				t.Errorf("the pipeline has errors: %s%s", p.stdout.String(), p.stderr.String())
			}
			if again := command(t, "msa", "init", "--directory", dir, log); again.run("") != 1 || !strings.Contains(again.stderr.String(), "it is there already") {
				t.Errorf("files are overwritten: %s", again.stderr.String())
			}
			if c.mapping == "" {
				return
			}
			scan := command(t, "msa", "scan", "--lines", "--mapping", filepath.Join(dir, c.mapping), log)
			if code := scan.run(""); code != 1 || !strings.Contains(scan.stdout.String(), `"src_ip":"10.0.0.1"`) || !strings.Contains(scan.stdout.String(), `"time":"2026-11-28 10:00:01"`) {
				t.Errorf("scan with the mapping: exit code %d: %s", code, scan.stdout.String())
			}
		})
	}
}

// Fluent Bit's tail follows files: those of a directory, and not standard input.
func TestInitPaths(t *testing.T) {
	logs, dir := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(logs, "access.log"), []byte(accessLine+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if p := command(t, "msa", "init", "--directory", dir, logs); p.run("") != 0 {
		t.Fatal(p.stderr.String())
	}
	text, err := os.ReadFile(filepath.Join(dir, "msa.conf"))
	if err != nil || !strings.Contains(string(text), filepath.Join(logs, "*")+"\n") {
		t.Errorf("pipeline %s, %v", text, err)
	}
	p := command(t, "msa", "init", "--directory", dir, "-")
	if code := p.run(accessLine); code != 1 || !strings.Contains(p.stderr.String(), "cannot write a pipeline for standard input") {
		t.Errorf("standard input: exit code %d, %s", code, p.stderr.String())
	}
}
