package mapping

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
)

// spec is a mapping file as written. Every part of HTTP names the field of the
// record that holds it.
type spec struct {
	Name        string   `yaml:"name"`
	Description string   `yaml:"description"`
	Source      string   `yaml:"source"` // page that documents the fields
	Detect      []anyOf  `yaml:"detect"` // auto: the record has one field of each line
	None        []string `yaml:"none"`   // values that mean that there is none

	Time    field        `yaml:"time"`
	Client  endpointSpec `yaml:"client"`
	Server  endpointSpec `yaml:"server"`
	Request struct {
		Method   field      `yaml:"method"`
		URI      field      `yaml:"uri"`
		Protocol field      `yaml:"protocol"`
		Host     field      `yaml:"host"`
		Headers  headerSpec `yaml:"headers"`
		Body     field      `yaml:"body"`
	} `yaml:"request"`
	Response struct {
		Status  field      `yaml:"status"`
		Headers headerSpec `yaml:"headers"`
		Body    field      `yaml:"body"`
	} `yaml:"response"`
	Alert struct {
		Message field `yaml:"message"`
		Forward field `yaml:"forward"`
		Source  field `yaml:"source"`
		Host    field `yaml:"host"`
		Domain  field `yaml:"domain"`
		GeoIP   field `yaml:"geoip"`
	} `yaml:"alert"`
}

type endpointSpec struct {
	Address field `yaml:"address"`
	Port    field `yaml:"port"`
}

type headerSpec struct {
	Raw    field       `yaml:"raw"`    // the header block in one string
	Fields namedFields `yaml:"fields"` // single headers, used where raw is missing or cut
}

// encoding is how a log writes a body.
type encoding int

const (
	encodingText encoding = iota
	encodingBase64
	encodingAuto
)

// anyOf is one accessor or a list of alternatives.
type anyOf []Accessor

// UnmarshalYAML reads METHOD or [METHOD, _METHOD].
func (a *anyOf) UnmarshalYAML(node ast.Node) error {
	switch n := node.(type) {
	case *ast.SequenceNode:
		for _, v := range n.Values {
			if err := a.add(v); err != nil {
				return err
			}
		}
		return nil
	default:
		return a.add(node)
	}
}

func (a *anyOf) add(node ast.Node) error {
	scalar, ok := node.(ast.ScalarNode)
	if !ok {
		return positioned(node, fmt.Errorf("expected a field's name, not %s", node.Type()))
	}
	accessor, err := ParseAccessor(fmt.Sprint(scalar.GetValue()))
	if err != nil {
		return positioned(node, err)
	}
	*a = append(*a, accessor)
	return nil
}

// field is where a part of HTTP is found in a record: METHOD, [METHOD, _METHOD],
// or {field: …, encoding: base64}.
type field struct {
	anyOf    anyOf
	encoding encoding
	slots    []slot
}

// slot is one accessor of a compiled field: which of the scanned top-level values,
// and the rest of the way.
type slot struct {
	index int
	path  []step
}

// UnmarshalYAML reads the short and the long form.
func (f *field) UnmarshalYAML(node ast.Node) error {
	values, ok := members(node)
	if !ok {
		return f.anyOf.UnmarshalYAML(node)
	}
	for _, v := range values {
		switch key := v.Key.String(); key {
		case "field":
			if err := f.anyOf.UnmarshalYAML(v.Value); err != nil {
				return err
			}
		case "encoding":
			switch v.Value.String() {
			case "text":
				f.encoding = encodingText
			case "base64":
				f.encoding = encodingBase64
			case "auto":
				f.encoding = encodingAuto
			default:
				return positioned(v.Value, fmt.Errorf("encoding %q is none of text, base64, auto", v.Value))
			}
		default:
			return positioned(v.Key, fmt.Errorf("unknown key %q: a field has field, encoding", key))
		}
	}
	return nil
}

// namedFields are fields by header name, in the file's order.
type namedFields []namedField

type namedField struct {
	name string
	field
}

// UnmarshalYAML keeps the order, which a Go map would lose.
func (f *namedFields) UnmarshalYAML(node ast.Node) error {
	values, ok := members(node)
	if !ok {
		return positioned(node, fmt.Errorf("expected header names with their fields, not %s", node.Type()))
	}
	for _, v := range values {
		named := namedField{name: v.Key.String()}
		if err := named.UnmarshalYAML(v.Value); err != nil {
			return err
		}
		*f = append(*f, named)
	}
	return nil
}

// members are the keys and values of a YAML mapping, which the parser makes a node of
// another type when there is but one.
func members(node ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	default:
		return nil, false
	}
}

// positionError is an error at a place of a YAML file.
type positionError struct {
	line, column int
	err          error
}

func positioned(node ast.Node, err error) error {
	p := node.GetToken().Position
	return &positionError{p.Line, p.Column, err}
}

func (e *positionError) Error() string {
	return fmt.Sprintf("line %d, column %d: %v", e.line, e.column, e.err)
}

func (e *positionError) Unwrap() error { return e.err }
