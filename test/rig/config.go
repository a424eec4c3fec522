package rig

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
)

// Section is one of a Fluent Bit configuration.
type Section struct {
	Kind string              // service, input, filter, output; of a processor filter, too
	Keys map[string][]string // in lower case, with all their values
}

// Get is the values of a key, in lines.
func (s Section) Get(key string) string { return strings.Join(s.Keys[key], "\n") }

// IsYAML reports whether a configuration is not in the classic format.
func IsYAML(text string) bool { return regexp.MustCompile(`(?m)^pipeline:`).MatchString(text) }

// Sections reads a configuration in either format. An input's processors for logs
// are filters that match its tag.
func Sections(text string) ([]Section, error) {
	if !IsYAML(text) {
		return classic(text)
	}
	var doc struct {
		Service  map[string]any
		Plugins  []string
		Pipeline map[string][]map[string]any

		MultilineParsers []map[string]any `yaml:"multiline_parsers"`
	}
	if err := yaml.UnmarshalWithOptions([]byte(text), &doc, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("cannot read the pipeline: %w", err)
	}
	all := []Section{{"service", values(doc.Service)}}
	for _, kind := range []string{"inputs", "filters", "outputs"} {
		for _, s := range doc.Pipeline[kind] {
			section := Section{strings.TrimSuffix(kind, "s"), values(s)}
			all = append(all, section)
			processors, _ := s["processors"].(map[string]any)
			logs, _ := processors["logs"].([]any)
			for _, p := range logs {
				m, ok := p.(map[string]any)
				if !ok {
					return nil, fmt.Errorf("cannot read the processor %v of %s", p, section.Get("name"))
				}
				keys := values(m)
				keys["match"] = section.Keys["tag"]
				all = append(all, Section{"filter", keys})
			}
		}
		delete(doc.Pipeline, kind)
	}
	for kind := range doc.Pipeline {
		return nil, fmt.Errorf("a pipeline has no %s", kind)
	}
	return all, nil
}

func values(m map[string]any) map[string][]string {
	keys := map[string][]string{}
	for k, v := range m {
		list, ok := v.([]any)
		if !ok {
			list = []any{v}
		}
		for _, one := range list {
			keys[strings.ToLower(k)] = append(keys[strings.ToLower(k)], fmt.Sprint(one))
		}
	}
	return keys
}

func classic(text string) ([]Section, error) {
	var all []Section
	for i, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		switch key, value, ok := strings.Cut(trimmed, " "); {
		case trimmed == "" || strings.HasPrefix(trimmed, "#"):
		case strings.HasPrefix(trimmed, "[") && strings.HasSuffix(trimmed, "]"):
			all = append(all, Section{strings.ToLower(trimmed[1 : len(trimmed)-1]), map[string][]string{}})
		case !ok || len(all) == 0 || !strings.HasPrefix(line, "    "):
			return nil, fmt.Errorf("line %d is neither section nor key and value: %q", i+1, line)
		default:
			s := all[len(all)-1]
			s.Keys[strings.ToLower(key)] = append(s.Keys[strings.ToLower(key)], strings.TrimSpace(value))
		}
	}
	return all, nil
}
