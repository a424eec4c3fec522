package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/modsecurity-for-anylog/msa/internal/typo"
)

type helpCommand struct {
	Command string `arg:"" optional:"" help:"Command to explain; without one, the commands are listed."`
}

// Run prints the help of a command, as its flag --help does.
func (c *helpCommand) Run(k *kong.Kong, p *process) error {
	if c.Command == "" {
		_, err := k.Parse([]string{"--help"})
		return err
	}
	names := commandNames(k)
	if !slices.Contains(names, c.Command) {
		instead := "there are " + strings.Join(names, ", ")
		if meant := typo.Nearest(c.Command, names); meant != "" {
			instead = fmt.Sprintf("did you mean %q?", meant)
		}
		complain(p.stderr, "msa: there is no command %q: %s", c.Command, instead)
		return exitCode(exitUsage)
	}
	_, err := k.Parse([]string{c.Command, "--help"})
	return err
}

// commandNames are the commands that help lists.
func commandNames(k *kong.Kong) []string {
	var names []string
	for _, node := range k.Model.Children {
		if !node.Hidden {
			names = append(names, node.Name)
		}
	}
	return names
}
