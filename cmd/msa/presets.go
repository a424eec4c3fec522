package main

import (
	"fmt"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/listing"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

type presetsCommand struct {
	Name string `arg:"" optional:"" help:"Preset whose mapping file is printed."`
	JSON bool   `name:"json" help:"Print the list as JSON."`
}

type listedPreset struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Source      string `json:"source,omitempty"`
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
	var list []listedPreset
	for _, name := range mapping.PresetNames() {
		all, err := mapping.Preset(name)
		if err != nil {
			return err
		}
		list = append(list, listedPreset{name, all[0].Description, all[0].Source})
	}
	if c.JSON {
		return listing.JSON(p.stdout, list)
	}
	for _, l := range list {
		if _, err := fmt.Fprintf(p.stdout, "%-17s %s\n", l.Name, l.Description); err != nil {
			return err
		}
	}
	return nil
}
