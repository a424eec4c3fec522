package docs

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// block is a block of code in a document of Markdown, fenced or indented.
type block struct {
	line  int    // of its first line, in the document
	kind  string // what a fence says of it
	lines []string
}

// blocks are those of a document, in order, without their indentation. A prompt behind an empty line begins one of its own.
func blocks(text string) (all []block) {
	var b *block
	fence, blank := "", true
	end := func() {
		if b != nil {
			for len(b.lines) > 0 && b.lines[len(b.lines)-1] == "" {
				b.lines = b.lines[:len(b.lines)-1]
			}
			indent := -1
			for _, line := range b.lines {
				if n := len(line) - len(strings.TrimLeft(line, " ")); line != "" && (indent < 0 || n < indent) {
					indent = n
				}
			}
			for i, line := range b.lines {
				b.lines[i] = line[min(max(indent, 0), len(line)):]
			}
			all = append(all, *b)
		}
		b = nil
	}
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimRight(line, " \r")
		trimmed := strings.TrimLeft(line, " ")
		switch {
		case fence != "" && trimmed == fence:
			end()
			fence = ""
		case fence != "":
			b.lines = append(b.lines, line)
		case strings.HasPrefix(trimmed, "```"):
			end()
			fence = "```"
			b = &block{line: i + 2, kind: strings.TrimPrefix(trimmed, "```")}
		case b != nil && blank && strings.HasPrefix(trimmed, "$ ") && strings.HasPrefix(line, "    "): // what comes before is something else
			end()
			b = &block{line: i + 1, lines: []string{line}}
		case b != nil && (line == "" || strings.HasPrefix(line, "    ")):
			b.lines = append(b.lines, line)
		case blank && strings.HasPrefix(line, "    "):
			b = &block{line: i + 1, lines: []string{line}}
		default:
			end()
		}
		blank = line == ""
	}
	end()
	return all
}

// command is one that a document tells to type.
type command struct {
	line      int
	text      string
	output    string // as the document shows it
	hasOutput bool
	config    string // Fluent Bit's, where the document shows it behind the command
}

// configStart begins a configuration of Fluent Bit.
var configStart = regexp.MustCompile(`^(\[[A-Z_]+\]|(service|pipeline|parsers):)$`)

// assignments stand before a command.
var assignments = regexp.MustCompile(`^(\w+=\S* +)+`)

// program is the first word of a command, without what is set for it.
func program(text string) string {
	text = strings.TrimPrefix(assignments.ReplaceAllString(text, ""), "sudo ")
	word, _, _ := strings.Cut(text, " ")
	return word
}

// commands are those of a block; none if no line of it is one. In a block with prompts ($) these are the commands, and what follows
// is output; in one without, every line is a command, up to a configuration.
func (b *block) commands(isProgram func(string) bool) (all []command) {
	prompts, hasPrograms := false, false
	for _, line := range b.lines {
		prompts = prompts || strings.HasPrefix(line, "$ ")
		hasPrograms = hasPrograms || isProgram(program(line))
	}
	if !prompts && !hasPrograms {
		return nil
	}
	continued := false
	for i, line := range b.lines {
		text, isPrompt := strings.CutPrefix(line, "$ ")
		switch {
		case continued:
			last := &all[len(all)-1]
			last.text += "\n" + line
		case prompts && !isPrompt:
			if len(all) > 0 {
				last := &all[len(all)-1]
				last.output += line + "\n"
				last.hasOutput = last.hasOutput || line != ""
			}
			continue
		case len(all) > 0 && configStart.MatchString(line):
			all[len(all)-1].config = strings.Join(b.lines[i:], "\n") + "\n"
			return all
		case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#"):
			continue
		default:
			all = append(all, command{line: b.line + i, text: text})
		}
		continued = strings.HasSuffix(line, `\`)
	}
	return all
}

// wildcard is what a document leaves out of an output: "..." alone on a line stands for any lines, and in a line for any text.
func wildcard(output string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`^\s*`)
	for line := range strings.SplitSeq(strings.TrimSpace(output), "\n") {
		line = strings.TrimRight(line, " ")
		if strings.TrimSpace(line) == "..." {
			b.WriteString(`(?:.*\n)*?`)
			continue
		}
		b.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), `\.\.\.`, `.*`) + ` *\n`)
	}
	b.WriteString(`\s*$`)
	return regexp.MustCompile(b.String())
}

func TestBlocks(t *testing.T) {
	const text = "Text.\n\n    $ msa scan a | \\\n        wc\n    1\n\n    2\n\n    $ msa test\n\n1. item\n\n        make x   # y\n\n        V=1 docker run\n\nText\n\n    fluent-bit -c c.conf\n\n    [INPUT]\n        Name x\n\n```yaml\na: b\n```\nText\n    goes on.\n"
	var got []string
	for _, b := range blocks(text) {
		all := b.commands(isProgram)
		for _, c := range all {
			got = append(got, fmt.Sprintf("%d %q %q", c.line, c.text, c.output+c.config))
		}
		if len(all) == 0 {
			got = append(got, fmt.Sprintf("%d %s %q", b.line, b.kind, b.lines))
		}
	}
	want := []string{
		`3 "msa scan a | \\\n    wc" "1\n\n2\n"`, `9 "msa test" ""`, `13 "make x   # y" ""`, `15 "V=1 docker run" ""`, `19 "fluent-bit -c c.conf" "[INPUT]\n    Name x\n"`, `25 yaml ["a: b"]`,
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestKindOf(t *testing.T) {
	for text, want := range map[string]kind{
		"msa scan x": here, "build/msa scan x": here, "A=b msa scan x": here, "msa run --help": here, "msa run --listen x": serving, "cat x | msa scan -": here,
		"make demo": aMake, "go run ./x": aGo, "fluent-bit -c x": fluent, "A=b docker compose up": elsewhere, "sudo msa scan x": here,
		"frobnicate": unknown, "dockerd": unknown, "rm -rf x": unknown,
	} {
		if got := kindOf(text); got != want {
			t.Errorf("%s: got %d, want %d", text, got, want)
		}
	}
	if (&session{}).do(command{text: "frobnicate"}) == nil {
		t.Error("a command that is not known does not fail")
	}
}

func TestWildcard(t *testing.T) {
	for _, c := range []struct {
		document, output string
		want             bool
	}{
		{"a\nb", "a\nb\n", true}, {"a\nb", "a\nc\n", false}, {"a", "a\nb\n", false}, {"...\nb", "a\nx\nb\n", true}, {"...\nb", "b\n", true},
		{"a\n...", "a\nb\n", true}, {"a...c", "a b c\n", true}, {"a...c", "a\nc\n", false}, {"a.c", "abc\n", false}, {"a", "", false},
	} {
		if got := wildcard(c.document).MatchString(c.output + "\n"); got != c.want {
			t.Errorf("%q of %q: got %v", c.document, c.output, got)
		}
	}
}
