// Package cases runs records of a user's against rules and mappings, and compares what comes of them with what is expected.
package cases

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/inspect"
	"github.com/modsecurity-for-anylog/msa/internal/event"
	"github.com/modsecurity-for-anylog/msa/internal/userfile"
	"github.com/modsecurity-for-anylog/msa/pipeline"
)

// Case is one record and what is expected of it.
type Case struct {
	file string
	line int // where the case begins
	name string
	tag  string
	text bool   // the record is a line of text
	json []byte // the record, or the line itself
	with inspect.Properties

	rules, silent []int // that must match, and that must not
	alarm         *bool
	fields        []field // of the alert
}

// field is what a key of the alert has to be, in text.
type field struct{ key, want string }

// event is the case's record as one event.
func (c *Case) event() ([]byte, error) {
	if c.text {
		return event.AppendLine(nil, time.Now(), c.json), nil
	}
	return event.AppendRecord(nil, time.Now(), c.json)
}

// lineError is what is wrong with a file, and where.
type lineError struct {
	line int
	text string
}

func (e *lineError) Error() string { return e.text }

func faulty(node ast.Node, format string, args ...any) error {
	return &lineError{node.GetToken().Position.Line, fmt.Sprintf(format, args...)}
}

// syntaxError is the head of the YAML parser's messages; the text itself follows it.
var syntaxError = regexp.MustCompile(`^\[(\d+):\d+\] ([^\n]*)`)

// Read reads one file. Errors begin with the file and, if there is one, the line.
func Read(name string) ([]*Case, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("cannot read cases: %w", err)
	}
	all, err := parseCases(text)
	var at *lineError
	if m := syntaxError.FindStringSubmatch(fmt.Sprint(err)); m != nil {
		return nil, fmt.Errorf("%s:%s: %s", name, m[1], m[2])
	} else if errors.As(err, &at) {
		return nil, fmt.Errorf("%s:%d: %w", name, at.line, err)
	} else if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, c := range all {
		c.file = name
	}
	return all, nil
}

func parseCases(text []byte) ([]*Case, error) {
	text, err := userfile.Text(text)
	if err != nil {
		return nil, err
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, err
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, errors.New("it is not one YAML document with cases")
	}
	var list *ast.SequenceNode
	common := inspect.Properties{}
	err = eachKey(file.Docs[0].Body, "the file", map[string]func(ast.Node) error{
		"with": func(n ast.Node) (err error) {
			common, err = readProperties(n)
			return err
		},
		"cases": func(n ast.Node) error {
			var ok bool
			if list, ok = n.(*ast.SequenceNode); !ok {
				return faulty(n, "cases is not a list")
			}
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	if list == nil || len(list.Values) == 0 {
		return nil, errors.New("it has no cases")
	}
	var all []*Case
	for _, n := range list.Values {
		c, err := readCase(n, common)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(all, func(o *Case) bool { return o.name == c.name }) {
			return nil, &lineError{c.line, fmt.Sprintf("there are two cases with the name %q", c.name)}
		}
		all = append(all, c)
	}
	return all, nil
}

func readCase(n ast.Node, common inspect.Properties) (*Case, error) {
	c := &Case{line: n.GetToken().Position.Line, tag: inspect.FileTag, with: inspect.Properties{}}
	for name, values := range common {
		c.with[name] = values
	}
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 {
		c.line = m.Values[0].Key.GetToken().Position.Line
	}
	var record ast.Node
	expect := func(key string) func(ast.Node) error {
		return func(n ast.Node) error {
			want, err := scalar(n, key)
			c.fields = append(c.fields, field{key, want})
			return err
		}
	}
	err := eachKey(n, "a case", map[string]func(ast.Node) error{
		"name":   func(n ast.Node) (err error) { c.name, err = scalar(n, "name"); return err },
		"tag":    func(n ast.Node) (err error) { c.tag, err = scalar(n, "tag"); return err },
		"lines":  func(n ast.Node) (err error) { c.text, err = boolean(n, "lines"); return err },
		"record": func(n ast.Node) error { record = n; return nil },
		"with": func(n ast.Node) error {
			own, err := readProperties(n)
			for name, values := range own {
				c.with[name] = values
			}
			return err
		},
		"rules": func(n ast.Node) (err error) { c.rules, err = ids(n, "rules"); return err },
		"not":   func(n ast.Node) (err error) { c.silent, err = ids(n, "not"); return err },
		"alarm": func(n ast.Node) error {
			alarm, err := boolean(n, "alarm")
			c.alarm = &alarm
			return err
		},
		"severity": expect("severity"),
		"src_ip":   expect("src_ip"),
		"fields": func(n ast.Node) error {
			return eachValue(n, "fields", func(key string, value ast.Node) error { return expect(key)(value) })
		},
	})
	switch {
	case err != nil:
		return nil, err
	case c.name == "":
		return nil, &lineError{c.line, "a case has no name"}
	case record == nil:
		return nil, &lineError{c.line, fmt.Sprintf("case %q has no record", c.name)}
	case len(c.rules)+len(c.silent)+len(c.fields) == 0 && c.alarm == nil:
		return nil, &lineError{c.line, fmt.Sprintf("case %q expects nothing: one of rules, not, alarm, severity, src_ip or fields", c.name)}
	case c.alarm != nil && !*c.alarm && len(c.fields) > 0:
		return nil, &lineError{c.line, fmt.Sprintf("case %q expects something of an alert, and none", c.name)}
	}
	for i := range c.fields {
		if f := &c.fields[i]; f.key == "severity" {
			if n := slices.Index(severityNames, strings.ToLower(f.want)); n >= 0 {
				f.want = strconv.Itoa(n)
			} else if len(f.want) != 1 || f.want < "0" || f.want > "7" {
				return nil, &lineError{c.line, fmt.Sprintf("severity: %q is not one of %s, or 0 to 7", f.want, strings.Join(severityNames, ", "))}
			}
		}
	}
	return c, c.readRecord(record)
}

var severityNames = []string{"emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"}

func (c *Case) readRecord(n ast.Node) error {
	var v any
	if err := yaml.NodeToValue(n, &v, yaml.UseOrderedMap()); err != nil {
		return err
	}
	switch v := v.(type) {
	case string:
		if !c.text {
			return faulty(n, "record is text: a line of a log needs lines: true")
		}
		c.json = []byte(strings.TrimRight(v, "\r\n"))
		return nil
	case yaml.MapSlice:
		if c.text {
			return faulty(n, "record is a map, but lines is true")
		}
		var b bytes.Buffer
		err := writeJSON(&b, v)
		c.json = b.Bytes()
		if err != nil {
			return faulty(n, "record: %v", err)
		}
		return nil
	}
	return faulty(n, "record is neither a map nor a line of text")
}

// writeJSON writes a value of YAML with its keys in their order.
func writeJSON(b *bytes.Buffer, v any) error {
	switch v := v.(type) {
	case yaml.MapSlice:
		b.WriteByte('{')
		for i, item := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeJSON(b, fmt.Sprint(item.Key)); err != nil {
				return err
			}
			b.WriteByte(':')
			if err := writeJSON(b, item.Value); err != nil {
				return err
			}
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeJSON(b, item); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	default:
		text, err := json.Marshal(v)
		if err != nil {
			return err
		}
		b.Write(text)
	}
	return nil
}

// eachValue visits the entries of a map.
func eachValue(n ast.Node, what string, visit func(key string, value ast.Node) error) error {
	m, ok := n.(*ast.MappingNode)
	if !ok {
		return faulty(n, "%s is not a map", what)
	}
	for _, v := range m.Values {
		if err := visit(v.Key.GetToken().Value, v.Value); err != nil {
			return err
		}
	}
	return nil
}

// eachKey is eachValue for a map whose keys are known.
func eachKey(n ast.Node, what string, known map[string]func(ast.Node) error) error {
	m, ok := n.(*ast.MappingNode)
	if !ok {
		return faulty(n, "%s is not a map", what)
	}
	for _, v := range m.Values {
		key := v.Key.GetToken().Value
		read, ok := known[key]
		if !ok {
			return faulty(v.Key, "%s has no key %q", what, key)
		}
		if err := read(v.Value); err != nil {
			return err
		}
	}
	return nil
}

// readProperties reads properties of the filter.
func readProperties(n ast.Node) (inspect.Properties, error) {
	all := inspect.Properties{}
	return all, eachValue(n, "with", func(key string, value ast.Node) error {
		i := slices.IndexFunc(pipeline.Properties(), func(p pipeline.Property) bool { return p.Name == strings.ToLower(key) })
		if i < 0 {
			return faulty(value, "there is no property %q", key)
		}
		values := []ast.Node{value}
		if list, ok := value.(*ast.SequenceNode); ok {
			if !pipeline.Properties()[i].Multiple {
				return faulty(value, "property %s is not a list", key)
			}
			values = list.Values
		}
		for _, v := range values {
			text, err := scalar(v, key)
			if err != nil {
				return err
			}
			all[strings.ToLower(key)] = append(all[strings.ToLower(key)], text)
		}
		return nil
	})
}

// scalar is a text, a number or a truth value as it is written.
func scalar(n ast.Node, what string) (string, error) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		return n.Value.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, nil
	}
	return "", faulty(n, "%s is not one value", what)
}

func boolean(n ast.Node, what string) (bool, error) {
	if b, ok := n.(*ast.BoolNode); ok {
		return b.Value, nil
	}
	return false, faulty(n, "%s is neither true nor false", what)
}

// ids are one rule id, or a list of them.
func ids(n ast.Node, what string) (all []int, err error) {
	values := []ast.Node{n}
	if list, ok := n.(*ast.SequenceNode); ok {
		values = list.Values
	}
	for _, v := range values {
		text, err := scalar(v, what)
		if err != nil {
			return nil, err
		}
		id, err := strconv.Atoi(text)
		if err != nil || id < 1 {
			return nil, faulty(v, "%s: %q is not a rule id", what, text)
		}
		all = append(all, id)
	}
	if len(all) == 0 {
		return nil, faulty(n, "%s is empty", what)
	}
	return all, nil
}
