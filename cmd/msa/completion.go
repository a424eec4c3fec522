package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help says where the script goes.
func (*completionCommand) Help() string {
	return `Prints a script by which the shell completes commands, flags and their values:

    msa completion bash > /etc/bash_completion.d/msa
    msa completion zsh > "${fpath[1]}/_msa"
    msa completion fish > ~/.config/fish/completions/msa.fish`
}

// Run prints the script.
func (c *completionCommand) Run(p *process, k *kong.Kong) error {
	write := map[string]func(io.Writer, []completed) error{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}[c.Shell]
	return write(p.stdout, completedCommands(k))
}

// completed is what a shell completes of one command.
type completed struct {
	name, help string
	words      []string // instead of files
	flags      []completedFlag
}

type completedFlag struct {
	name, help string
	values     []string // that it takes; nil for any
	isBool     bool
}

func completedCommands(k *kong.Kong) []completed {
	var all []completed
	for _, node := range k.Model.Children {
		if node.Hidden {
			continue
		}
		c := completed{name: node.Name, help: firstSentence(node.Help)}
		for _, argument := range node.Positional {
			c.words = append(c.words, argument.EnumSlice()...)
		}
		for _, group := range node.AllFlags(true) {
			for _, flag := range group {
				c.flags = append(c.flags, completedFlag{flag.Name, firstSentence(flag.Help), slices.DeleteFunc(flag.EnumSlice(), func(v string) bool { return v == "" }), flag.IsBool()})
			}
		}
		all = append(all, c)
	}
	return all
}

// firstSentence is a help text without what begins a list, a default or a second sentence.
func firstSentence(help string) string {
	if i := strings.IndexAny(help, ".;:("); i > 0 {
		help = help[:i]
	}
	return strings.TrimSpace(help)
}

func bashCompletion(w io.Writer, all []completed) error {
	var commands, cases strings.Builder
	for _, c := range all {
		commands.WriteString(" " + c.name)
		var flags []string
		for _, f := range c.flags {
			flags = append(flags, "--"+f.name)
			if len(f.values) > 0 {
				fmt.Fprintf(&cases, "    %s:--%s) words=%s; cur=${cur#*=} ;;\n", c.name, f.name, shellQuoted(strings.Join(f.values, " ")))
			}
		}
		fmt.Fprintf(&cases, "    %s:*) [[ $cur == -* ]] && words=%s || words=%s ;;\n", c.name, shellQuoted(strings.Join(flags, " ")), shellQuoted(strings.Join(c.words, " ")))
	}
	_, err := fmt.Fprintf(w, `# Completion of msa for bash.
_msa() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=
    [[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD-2]}
    [[ $cur == = ]] && cur=
    case "${COMP_WORDS[1]}:$prev" in
    *:msa | *:*/msa) words=%s ;;
%s    esac
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -o bashdefault -F _msa msa
`, shellQuoted(strings.TrimSpace(commands.String())), cases.String())
	return err
}

func zshCompletion(w io.Writer, all []completed) error {
	var b strings.Builder
	b.WriteString("#compdef msa\n# Completion of msa for zsh.\n_msa() {\n    if (( CURRENT == 2 )); then\n        local -a commands=(\n")
	for _, c := range all {
		fmt.Fprintf(&b, "            %s\n", shellQuoted(c.name+":"+c.help))
	}
	b.WriteString("        )\n        _describe command commands\n        return\n    fi\n    local command=$words[2]\n    shift words\n    (( CURRENT-- ))\n    case $command in\n")
	for _, c := range all {
		fmt.Fprintf(&b, "    %s)\n        _arguments \\\n", c.name)
		for _, f := range c.flags {
			text := "--" + f.name
			if !f.isBool {
				text += "="
			}
			text += "[" + strings.NewReplacer("[", "(", "]", ")").Replace(f.help) + "]"
			if !f.isBool {
				text += ":" + f.name + ":"
				if len(f.values) > 0 {
					text += "(" + strings.Join(f.values, " ") + ")"
				} else {
					text += "_files"
				}
			}
			fmt.Fprintf(&b, "            %s \\\n", shellQuoted(text))
		}
		rest := "_files"
		if len(c.words) > 0 {
			rest = "(" + strings.Join(c.words, " ") + ")"
		}
		fmt.Fprintf(&b, "            %s\n        ;;\n", shellQuoted("*:argument:"+rest))
	}
	b.WriteString("    esac\n}\n_msa \"$@\"\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func fishCompletion(w io.Writer, all []completed) error {
	var b strings.Builder
	b.WriteString("# Completion of msa for fish.\n")
	for _, c := range all {
		fmt.Fprintf(&b, "complete -c msa -n __fish_use_subcommand -f -a %s -d %s\n", c.name, shellQuoted(c.help))
		if len(c.words) > 0 {
			fmt.Fprintf(&b, "complete -c msa -n '__fish_seen_subcommand_from %s' -f -a %s\n", c.name, shellQuoted(strings.Join(c.words, " ")))
		}
		for _, f := range c.flags {
			takes := " -r"
			switch {
			case f.isBool:
				takes = ""
			case len(f.values) > 0:
				takes = " -x -a " + shellQuoted(strings.Join(f.values, " "))
			}
			fmt.Fprintf(&b, "complete -c msa -n '__fish_seen_subcommand_from %s' -l %s%s -d %s\n", c.name, f.name, takes, shellQuoted(f.help))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// shellQuoted is a text as one word of a shell.
func shellQuoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
