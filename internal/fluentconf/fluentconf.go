// Package fluentconf reads the configuration of Fluent Bit, in its classic format and in YAML, as far as a pipeline's
// sections go.
// Source: https://docs.fluentbit.io/manual/administration/configuring-fluent-bit
package fluentconf

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/modsecurity-for-anylog/msa/internal/userfile"
)

// Section is one of a configuration.
type Section struct {
	Kind  string              // service, input, filter, output; of a processor filter, too
	Place string              // where it is, for people
	Keys  map[string][]string // in lower case, with all their values
}

// Get is the values of a key, in lines.
func (s Section) Get(key string) string { return strings.Join(s.Keys[key], "\n") }

// Is reports whether the section is of a kind and a plugin.
func (s Section) Is(kind, plugin string) bool {
	return s.Kind == kind && strings.EqualFold(s.Get("name"), plugin)
}

// Matches reports whether records of a tag come to the section: a filter, a processor or an output.
func (s Section) Matches(tag string) bool {
	if expression := s.Get("match_regex"); expression != "" {
		re, err := regexp.Compile(expression)
		return err != nil || re.MatchString(tag) // Ruby's expressions, of which not all are Go's
	}
	return Match(s.Get("match"), tag)
}

// Match reports whether a pattern, of which * is any text, fits a tag as a whole.
func Match(pattern, tag string) bool {
	parts := strings.Split(pattern, "*")
	for i, p := range parts {
		parts[i] = regexp.QuoteMeta(p)
	}
	return regexp.MustCompile("^" + strings.Join(parts, ".*") + "$").MatchString(tag)
}

// IsYAML reports whether a configuration is not in the classic format.
func IsYAML(text string) bool { return regexp.MustCompile(`(?m)^pipeline:`).MatchString(text) }

// Parse reads one text in either format, without what it includes. An input's processors for logs are filters that match
// its tag.
func Parse(text string) ([]Section, error) {
	r := &reader{getenv: func(string) (string, bool) { return "", false }, variables: map[string]string{}, keep: true}
	return r.parse("", text)
}

// Read reads a file and those that it includes. Variables (${NAME}) are those of the file, else of the environment.
func Read(file string, getenv func(string) (string, bool)) ([]Section, error) {
	r := &reader{getenv: getenv, variables: map[string]string{}}
	return r.read(file, 0)
}

// mostIncludes is how deep files include each other.
const mostIncludes = 16

type reader struct {
	getenv    func(string) (string, bool)
	variables map[string]string
	keep      bool // variables and includes as they are
	depth     int
}

func (r *reader) read(file string, depth int) ([]Section, error) {
	if depth > mostIncludes {
		return nil, fmt.Errorf("cannot read %q: files include each other more than %d deep", file, mostIncludes)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read configuration: %w", err)
	}
	before := r.depth
	r.depth = depth
	defer func() { r.depth = before }()
	return r.parse(file, string(text))
}

// include reads files that match a pattern, relative to the file that names them.
func (r *reader) include(from, pattern string) ([]Section, error) {
	if r.keep {
		return nil, nil
	}
	if !filepath.IsAbs(pattern) {
		pattern = filepath.Join(filepath.Dir(from), pattern)
	}
	found, err := filepath.Glob(pattern)
	if err == nil && len(found) == 0 && !strings.ContainsAny(pattern, "*?[") {
		err = os.ErrNotExist
	}
	if err != nil {
		return nil, fmt.Errorf("cannot include %q: %w", pattern, err)
	}
	var all []Section
	for _, file := range found {
		sections, err := r.read(file, r.depth+1)
		if err != nil {
			return nil, err
		}
		all = append(all, sections...)
	}
	return all, nil
}

var variable = regexp.MustCompile(`\$\{([^}]+)\}`)

// expand replaces variables. One that is not set is nothing, as in Fluent Bit.
func (r *reader) expand(text string) string {
	if r.keep {
		return text
	}
	return variable.ReplaceAllStringFunc(text, func(name string) string {
		name = name[2 : len(name)-1]
		if v, ok := r.variables[name]; ok {
			return v
		}
		v, _ := r.getenv(name)
		return v
	})
}

func (r *reader) parse(file, text string) ([]Section, error) {
	if IsYAML(text) || path.Ext(file) == ".yaml" || path.Ext(file) == ".yml" {
		return r.yaml(file, text)
	}
	return r.classic(file, text)
}

func (r *reader) classic(file, text string) ([]Section, error) {
	place := func(line int) string { return strings.TrimPrefix(file+":", ":") + strconv.Itoa(line) }
	var all []Section
	if strings.HasPrefix(text, "\ufeff") {
		return nil, fmt.Errorf("%s: the file begins with a byte order mark, which Fluent Bit refuses here: save it as UTF-8 without one", place(1))
	}
	for i, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		key, value := trimmed, ""
		if at := strings.IndexAny(trimmed, " \t"); at >= 0 {
			key, value = trimmed[:at], strings.TrimSpace(trimmed[at:])
		}
		isIndented := strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")
		switch command := strings.ToUpper(key); {
		case trimmed == "" || strings.HasPrefix(trimmed, "#"):
		case command == "@INCLUDE" && !isIndented:
			sections, err := r.include(file, r.expand(value))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", place(i+1), err)
			}
			all = append(all, sections...)
		case command == "@SET" && !isIndented:
			name, set, _ := strings.Cut(value, "=")
			r.variables[strings.TrimSpace(name)] = strings.TrimSpace(set)
		case strings.HasPrefix(trimmed, "[") && strings.HasSuffix(trimmed, "]") && !isIndented:
			all = append(all, Section{strings.ToLower(trimmed[1 : len(trimmed)-1]), place(i + 1), map[string][]string{}})
		case len(all) == 0 || value == "" || !isIndented:
			return nil, fmt.Errorf("line %s is neither section nor key and value: %q", place(i+1), line)
		default:
			keys := all[len(all)-1].Keys
			keys[strings.ToLower(key)] = append(keys[strings.ToLower(key)], r.expand(value))
		}
	}
	return all, nil
}

func (r *reader) yaml(file, text string) ([]Section, error) {
	var doc struct {
		Service  map[string]any
		Pipeline map[string][]map[string]any
		Env      map[string]any
		Includes []string
		Plugins  []string
		Parsers  []map[string]any

		MultilineParsers []map[string]any `yaml:"multiline_parsers"`
		StreamProcessor  []map[string]any `yaml:"stream_processor"`
		UpstreamServers  []map[string]any `yaml:"upstream_servers"`
		Customs          []map[string]any
	}
	plain, err := userfile.Text([]byte(text))
	if err == nil {
		err = userfile.Mistake(yaml.UnmarshalWithOptions(plain, &doc, yaml.Strict()))
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the pipeline of %q: %w", file, err)
	}
	for name, value := range doc.Env {
		r.variables[name] = fmt.Sprint(value)
	}
	var all []Section
	for _, pattern := range doc.Includes {
		sections, err := r.include(file, r.expand(pattern))
		if err != nil {
			return nil, err
		}
		all = append(all, sections...)
	}
	all = append(all, Section{"service", strings.TrimPrefix(file+": ", ": ") + "service", r.values(doc.Service)})
	kinds := []string{"inputs", "filters", "outputs"}
	for _, kind := range kinds {
		for i, s := range doc.Pipeline[kind] {
			place := fmt.Sprintf("%s%s[%d]", strings.TrimPrefix(file+": ", ": "), kind, i)
			section := Section{strings.TrimSuffix(kind, "s"), place, r.values(s)}
			all = append(all, section)
			processors, err := r.processors(s, section)
			if err != nil {
				return nil, err
			}
			all = append(all, processors...)
		}
		delete(doc.Pipeline, kind)
	}
	for kind := range doc.Pipeline {
		return nil, fmt.Errorf("cannot read the pipeline of %q: there is no key %q in a pipeline, but %s", file, kind, strings.Join(kinds, ", "))
	}
	return all, nil
}

func (r *reader) processors(s map[string]any, of Section) ([]Section, error) {
	processors, _ := s["processors"].(map[string]any)
	logs, _ := processors["logs"].([]any)
	var all []Section
	for i, p := range logs {
		m, ok := p.(map[string]any)
		if !ok {
			return nil, errors.New("cannot read the processor " + fmt.Sprint(p) + " of " + of.Get("name"))
		}
		keys := r.values(m)
		keys["match"] = of.Keys["tag"]
		all = append(all, Section{"filter", fmt.Sprintf("%s.processors.logs[%d]", of.Place, i), keys})
	}
	return all, nil
}

func (r *reader) values(m map[string]any) map[string][]string {
	keys := map[string][]string{}
	for k, v := range m {
		list, ok := v.([]any)
		if !ok {
			list = []any{v}
		}
		for _, one := range list {
			if one == nil {
				one = ""
			}
			keys[strings.ToLower(k)] = append(keys[strings.ToLower(k)], r.expand(fmt.Sprint(one)))
		}
	}
	return keys
}
