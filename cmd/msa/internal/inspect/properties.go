package inspect

import (
	"strings"

	"github.com/modsecurity-for-anylog/msa/pipeline"
)

// Properties are settings of the pipeline by name.
type Properties map[string][]string

// Or is what was given for a property, or its default.
func (p Properties) Or(name string) string {
	if v := p[name]; v != nil {
		return strings.Join(v, ", ")
	}
	for _, known := range pipeline.Properties() {
		if known.Name == name {
			return known.Default
		}
	}
	return ""
}

// Config validates.
func (p Properties) Config() (pipeline.Config, error) {
	return pipeline.ParseConfig(func(name string) []string { return p[name] })
}
