package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTuningDoc runs the session of docs/tuning.md.
func TestTuningDoc(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "tuning.md"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "tuning"))); err != nil {
		t.Fatal(err)
	}
	cases, err := os.ReadFile(filepath.Join(dir, "cases.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	self, err := filepath.Abs(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(bin, "msa")); err != nil {
		t.Fatal(err)
	}
	run, showsCases := 0, false
	for block := range strings.SplitSeq(codeBlocks(string(text)), "\x00") {
		line, want, _ := strings.Cut(block, "\n")
		line, isCommand := strings.CutPrefix(line, "$ ")
		if !isCommand {
			showsCases = showsCases || strings.TrimSpace(block) == strings.TrimSpace(string(cases))
			continue
		}
		run++
		cmd := exec.Command("sh", "-c", line)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "MSA_TEST_PROGRAM=1", "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
		out, err := cmd.Output()
		if err != nil {
			t.Errorf("%s: %v", line, err)
		}
		if strings.TrimSpace(string(out)) != strings.TrimSpace(want) {
			t.Errorf("$ %s\n%s\nbut the document has\n%s", line, out, want)
		}
	}
	if run < 6 || !showsCases {
		t.Errorf("%d commands were run; the cases are shown: %v", run, showsCases)
	}
}

// codeBlocks are the indented blocks of a document, with a NUL between them. A command begins one of its own.
func codeBlocks(text string) string {
	var b strings.Builder
	inside := false
	for line := range strings.Lines(text) {
		code, isCode := strings.CutPrefix(line, "    ")
		switch {
		case isCode:
			if !inside || strings.HasPrefix(code, "$ ") {
				b.WriteByte(0)
			}
			inside = true
			b.WriteString(code)
		case strings.TrimSpace(line) == "" && inside:
			b.WriteByte('\n')
		default:
			inside = false
		}
	}
	return b.String()
}
