package main

import (
	"fmt"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

type presetsCommand struct {
	Name string `arg:"" optional:"" help:"Preset whose mapping file is printed, to build upon."`
}

// Run lists the presets in the order in which auto tries them, or prints one.
func (c *presetsCommand) Run(p *process) error {
	if c.Name != "" {
		if _, err := mapping.Preset(c.Name); err != nil {
			return err
		}
		text, err := mapping.PresetText(c.Name)
		if err != nil {
			return err
		}
		_, err = p.stdout.Write(text)
		return err
	}
	for _, name := range mapping.PresetNames() {
		all, err := mapping.Preset(name)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(p.stdout, "%-17s %s\n", name, all[0].Description); err != nil {
			return err
		}
	}
	return nil
}
