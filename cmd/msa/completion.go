package main

import (
	"github.com/alecthomas/kong"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/completion"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help says where the script goes.
func (*completionCommand) Help() string {
	return `Prints a script that makes the shell complete commands, flags and their values. The packages install it for all three shells; otherwise:

    msa completion bash > /etc/bash_completion.d/msa
    msa completion zsh > "${fpath[1]}/_msa"
    msa completion fish > ~/.config/fish/completions/msa.fish`
}

// Run prints the script.
func (c *completionCommand) Run(p *process, k *kong.Kong) error {
	return completion.Write(p.stdout, c.Shell, k.Model, map[string][]string{
		"help":    commandNames(k),
		"presets": mapping.PresetNames(),
	})
}
