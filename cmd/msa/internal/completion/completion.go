// Package completion writes scripts by which shells complete commands, flags and their values.
package completion

import (
	"embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/template"

	"github.com/alecthomas/kong"
)

// command is what a shell completes of one command.
type command struct {
	Name, Help string
	Words      []string // its arguments; nil for files
	Flags      []flag
}

type flag struct {
	Name, Help string
	Values     []string // that it takes; nil for any
	IsBool     bool
}

//go:embed *.tmpl
var scripts embed.FS

// parsed are the scripts by the name of their shell's file: bash.tmpl.
var parsed = template.Must(template.New("").Funcs(template.FuncMap{
	"quoted": shellQuoted,
	"words":  func(list []string) string { return strings.Join(list, " ") },
	"names":  names,
	"flags":  flagNames,
	"inZsh":  zshFlag,
}).ParseFS(scripts, "*.tmpl"))

// Write writes the script of a shell, bash, zsh or fish, for a program. Words are the arguments by command that the
// program's model does not have.
func Write(w io.Writer, shell string, app *kong.Application, words map[string][]string) error {
	if err := parsed.ExecuteTemplate(w, shell+".tmpl", commands(app, words)); err != nil {
		return fmt.Errorf("cannot write completion for %q: %w", shell, err)
	}
	return nil
}

func commands(app *kong.Application, words map[string][]string) []command {
	var all []command
	for _, node := range app.Children {
		if node.Hidden {
			continue
		}
		c := command{Name: node.Name, Help: firstSentence(node.Help), Words: words[node.Name]}
		for _, argument := range node.Positional {
			c.Words = append(c.Words, valuesOf(argument)...)
		}
		for _, f := range slices.Concat(node.AllFlags(true)...) {
			c.Flags = append(c.Flags, flag{
				Name:   f.Name,
				Help:   firstSentence(f.Help),
				Values: valuesOf(f.Value),
				IsBool: f.IsBool(),
			})
		}
		all = append(all, c)
	}
	return all
}

// valuesOf are the values that an argument or a flag takes; none for any.
func valuesOf(v *kong.Value) []string {
	return slices.DeleteFunc(v.EnumSlice(), func(value string) bool { return value == "" }) // kong has one without an enum
}

// firstSentence is a help text without what begins a list, a default or a second sentence.
func firstSentence(help string) string {
	if i := strings.IndexAny(help, ".;:("); i > 0 {
		help = help[:i]
	}
	return strings.TrimSpace(help)
}

func names(all []command) []string {
	list := make([]string, len(all))
	for i, c := range all {
		list[i] = c.Name
	}
	return list
}

func flagNames(c command) []string {
	list := make([]string, len(c.Flags))
	for i, f := range c.Flags {
		list[i] = "--" + f.Name
	}
	return list
}

// zshFlag is a flag as _arguments wants it: --name=[help]:name:(values).
func zshFlag(f flag) string {
	help := "[" + strings.NewReplacer("[", "(", "]", ")").Replace(f.Help) + "]"
	switch {
	case f.IsBool:
		return "--" + f.Name + help
	case len(f.Values) > 0:
		return "--" + f.Name + "=" + help + ":" + f.Name + ":(" + strings.Join(f.Values, " ") + ")"
	}
	return "--" + f.Name + "=" + help + ":" + f.Name + ":_files"
}

// shellQuoted is a text as one word of a shell.
func shellQuoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
