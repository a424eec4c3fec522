package mapping

import (
	"embed"
	"fmt"
	"strings"
	"sync"
)

//go:embed presets/*.yaml
var presetFiles embed.FS

// presetOrder is the order in which auto tries: those that are recognised by fields that
// nobody else has come first, those that any access log could be come last.
var presetOrder = []string{
	"nano",
}

// presets is compiled at first use.
var presets = sync.OnceValue(func() []*Mapping {
	var all []*Mapping
	for _, name := range presetOrder {
		text, err := PresetText(name)
		if err != nil {
			panic(err) // embedded: can't happen
		}
		m, err := Parse("presets/"+name+".yaml", text)
		if err != nil {
			panic(err) // a test compiles every preset
		}
		all = append(all, m...)
	}
	return all
})

// presetsByName has the first mapping of each preset.
func presetsByName() map[string]*Mapping {
	all := map[string]*Mapping{}
	for _, m := range presets() {
		all[m.Name] = m
	}
	return all
}

// Preset is the embedded mapping of that name.
func Preset(name string) (*Mapping, error) {
	if m, ok := presetsByName()[name]; ok {
		return m, nil
	}
	return nil, fmt.Errorf("no preset %q (there are: %s)", name, strings.Join(PresetNames(), ", "))
}

// PresetNames lists the embedded mappings in the order in which auto tries them.
func PresetNames() []string {
	return append([]string(nil), presetOrder...)
}

// PresetText is the file of the embedded mapping of that name, to build upon.
func PresetText(name string) ([]byte, error) {
	return presetFiles.ReadFile("presets/" + name + ".yaml")
}
