package mapping

import (
	"embed"
	"fmt"
	"strings"
	"sync"
)

//go:embed presets/*.yaml
var presetFiles embed.FS

// presets is compiled at first use. The order is the order in which auto tries.
var presets = sync.OnceValue(func() []*Mapping {
	entries, err := presetFiles.ReadDir("presets")
	if err != nil {
		panic(err) // embedded: can't happen
	}
	var all []*Mapping
	for _, e := range entries {
		name := "presets/" + e.Name()
		text, err := presetFiles.ReadFile(name)
		if err != nil {
			panic(err)
		}
		m, err := Parse(name, text)
		if err != nil {
			panic(err) // a test compiles every preset
		}
		all = append(all, m)
	}
	return all
})

// Preset is the embedded mapping of that name.
func Preset(name string) (*Mapping, error) {
	for _, m := range presets() {
		if m.Name == name {
			return m, nil
		}
	}
	return nil, fmt.Errorf("no preset %q (there are: %s)", name, strings.Join(PresetNames(), ", "))
}

// PresetNames lists the embedded mappings.
func PresetNames() []string {
	var names []string
	for _, m := range presets() {
		names = append(names, m.Name)
	}
	return names
}

// PresetText is the file of the embedded mapping of that name, to build upon.
func PresetText(name string) ([]byte, error) {
	return presetFiles.ReadFile("presets/" + name + ".yaml")
}
