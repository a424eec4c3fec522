package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/modsecurity-for-anylog/msa/alert"
)

type manCommand struct {
	Folder string `arg:"" help:"Directory for the pages: msa.1, and msa-COMMAND.1 for each command."`
}

// Run writes the manual pages, which the packages have.
func (c *manCommand) Run(k *kong.Kong) error {
	if err := os.MkdirAll(c.Folder, 0o755); err != nil {
		return fmt.Errorf("cannot make folder %q: %w", c.Folder, err)
	}
	for name, text := range manPages(k.Model) {
		file := filepath.Join(c.Folder, name)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil { //nolint:gosec // a manual is for everybody
			return fmt.Errorf("cannot write file %q: %w", file, err)
		}
	}
	return nil
}

// manPages are the pages by their files, in the macros of man(7).
func manPages(app *kong.Application) map[string]string {
	pages := map[string]string{}
	var others []string
	var commands strings.Builder
	for _, node := range app.Children {
		if node.Hidden {
			continue
		}
		name := app.Name + "-" + node.Name
		others = append(others, name)
		fmt.Fprintf(&commands, ".TP\n.BR %s (1)\n%s\n", roff(name), roff(node.Help))
		pages[name+".1"] = manPage(name, node.Help, app.Name+" "+node.Summary(), node.Detail, arguments(node)+options(node), []string{app.Name})
	}
	pages[app.Name+".1"] = manPage(app.Name, app.Help, app.Name+" COMMAND [ARGUMENTS]", "", ".SH COMMANDS\n"+commands.String()+options(app.Node), others)
	return pages
}

func manPage(name, help, synopsis, detail, more string, others []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %s 1 \"\" \"msa %s\" \"ModSecurity for Anylog\"\n", roff(strings.ToUpper(name)), alert.Version)
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(name), roff(strings.TrimSuffix(help, ".")))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n.SH DESCRIPTION\n%s\n", roff(synopsis), roff(help))
	for paragraph := range strings.SplitSeq(detail, "\n\n") {
		switch {
		case strings.HasPrefix(paragraph, "    "): // to be typed
			fmt.Fprintf(&b, ".PP\n.nf\n%s\n.fi\n", roff(paragraph))
		case paragraph != "":
			fmt.Fprintf(&b, ".PP\n%s\n", roff(paragraph))
		}
	}
	b.WriteString(more + ".SH SEE ALSO\n")
	for i, other := range others {
		comma := ","
		if i == len(others)-1 {
			comma = ""
		}
		fmt.Fprintf(&b, ".BR %s (1)%s\n", roff(other), comma)
	}
	return b.String()
}

func arguments(node *kong.Node) string {
	if len(node.Positional) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(".SH ARGUMENTS\n")
	for _, p := range node.Positional {
		fmt.Fprintf(&b, ".TP\n.I %s\n%s\n", roff(p.Summary()), roff(p.Help))
	}
	return b.String()
}

func options(node *kong.Node) string {
	var b strings.Builder
	b.WriteString(".SH OPTIONS\n")
	for _, f := range slices.Concat(node.AllFlags(true)...) {
		name := "--" + f.Name
		if f.Short != 0 {
			name = fmt.Sprintf("-%c, %s", f.Short, name)
		}
		if !f.IsBool() {
			name += "=" + cmp.Or(f.PlaceHolder, strings.ToUpper(f.Name))
		}
		fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(name), roff(f.Help))
	}
	return b.String()
}

// roff is a text in which nothing is a request or an escape.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(strings.TrimRight(text, "\n"))
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
