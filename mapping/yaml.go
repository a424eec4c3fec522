package mapping

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/modsecurity-for-anylog/msa/internal/typo"
	"github.com/modsecurity-for-anylog/msa/internal/userfile"
)

// positionError is an error at a place of a YAML file.
type positionError struct {
	line, column int
	err          error
}

func positioned(node ast.Node, format string, args ...any) error {
	p := node.GetToken().Position
	return &positionError{p.Line, p.Column, fmt.Errorf(format, args...)}
}

func (e *positionError) Error() string {
	return fmt.Sprintf("line %d, column %d: %v", e.line, e.column, e.err)
}

func (e *positionError) Unwrap() error { return e.err }

// documents are the YAML documents of a file that have anything in them.
func documents(text []byte) ([]ast.Node, error) {
	text, err := userfile.Text(text)
	if err != nil {
		return nil, err
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, userfile.Mistake(err)
	}
	var all []ast.Node
	for _, d := range file.Docs {
		if d.Body != nil && d.Body.Type() != ast.CommentType {
			all = append(all, d.Body)
		}
	}
	return all, nil
}

// yamlReader reads the nodes of one document.
type yamlReader struct {
	anchors map[string]ast.Node
}

func newYAMLReader(document ast.Node) *yamlReader {
	y := &yamlReader{anchors: map[string]ast.Node{}}
	ast.Walk(y, document)
	return y
}

// Visit notes the anchors of the document.
func (y *yamlReader) Visit(node ast.Node) ast.Visitor {
	if a, ok := node.(*ast.AnchorNode); ok {
		y.anchors[a.Name.String()] = a.Value
	}
	return y
}

// plain is the node itself, without anchor, alias and tag.
func (y *yamlReader) plain(node ast.Node) ast.Node {
	for range 16 { // an alias may stand for an alias, or for itself
		switch n := node.(type) {
		case *ast.AnchorNode:
			node = n.Value
		case *ast.TagNode:
			node = n.Value
		case *ast.AliasNode:
			value, ok := y.anchors[n.Value.String()]
			if !ok {
				return node
			}
			node = value
		default:
			return node
		}
	}
	return node
}

// readers say for each key of a YAML mapping how its value is read.
type readers map[string]func(ast.Node) error

// members reads a YAML mapping whose keys are known. what names it in errors.
func (y *yamlReader) members(node ast.Node, what string, known readers) error {
	return y.eachMember(node, what, func(key, value ast.Node) error {
		name := keyName(key)
		read, ok := known[name]
		if !ok {
			return positioned(key, "unknown key %q in %s: %s", name, what, suggest(name, known))
		}
		return read(value)
	})
}

// eachMember calls read with the members of a YAML mapping in the file's order.
func (y *yamlReader) eachMember(node ast.Node, what string, read func(key, value ast.Node) error) error {
	values, ok := mappingValues(y.plain(node))
	if !ok {
		return positioned(node, "%s must have keys and values, not %s", what, describe(node))
	}
	seen := map[string]bool{}
	for _, v := range values {
		name := keyName(v.Key)
		if seen[name] {
			return positioned(v.Key, "key %q stands twice in %s", name, what)
		}
		seen[name] = true
		if err := read(v.Key, v.Value); err != nil {
			return err
		}
	}
	return nil
}

// mappingValues are the members of a YAML mapping, which the parser makes a node of
// another type when there is but one.
func mappingValues(node ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	default:
		return nil, false
	}
}

func keyName(node ast.Node) string {
	if s, ok := node.(*ast.StringNode); ok {
		return s.Value
	}
	return node.GetToken().Value
}

// each calls read with the elements of a list, or with the node itself.
func (y *yamlReader) each(node ast.Node, read func(ast.Node) error) error {
	list, ok := y.plain(node).(*ast.SequenceNode)
	if !ok {
		return read(node)
	}
	if len(list.Values) == 0 {
		return positioned(node, "the list is empty")
	}
	for _, v := range list.Values {
		if err := read(v); err != nil {
			return err
		}
	}
	return nil
}

// text reads a scalar as it is written.
func (y *yamlReader) text(node ast.Node) (string, error) {
	switch n := y.plain(node).(type) {
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		return n.Value.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, nil
	}
	return "", positioned(node, "expected a text, not %s", describe(node))
}

// texts reads a text or a list of texts.
func (y *yamlReader) texts(node ast.Node) ([]string, error) {
	var all []string
	err := y.each(node, func(n ast.Node) error {
		s, err := y.text(n)
		all = append(all, s)
		return err
	})
	return all, err
}

func (y *yamlReader) textInto(into *string) func(ast.Node) error {
	return func(node ast.Node) (err error) {
		*into, err = y.text(node)
		return err
	}
}

func (y *yamlReader) boolInto(into *bool) func(ast.Node) error {
	return func(node ast.Node) error {
		b, ok := y.plain(node).(*ast.BoolNode)
		if !ok {
			return positioned(node, "expected true or false, not %s", describe(node))
		}
		*into = b.Value
		return nil
	}
}

// choice reads one of some words.
func choice[T any](y *yamlReader, what string, into *T, words map[string]T) func(ast.Node) error {
	return func(node ast.Node) error {
		s, err := y.text(node)
		if err != nil {
			return err
		}
		v, ok := words[s]
		if !ok {
			return positioned(node, "unknown %s %q: %s", what, s, suggest(s, words))
		}
		*into = v
		return nil
	}
}

func describe(node ast.Node) string {
	switch n := node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys and values"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "nothing"
	default:
		return fmt.Sprintf("%q", n.GetToken().Value)
	}
}

// suggest is the known word that is nearest to one that is not, or all of them.
func suggest[T any](word string, known map[string]T) string {
	names := make([]string, 0, len(known))
	for name := range known {
		names = append(names, name)
	}
	slices.Sort(names)
	if best := typo.Nearest(word, names); best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return "known are " + strings.Join(names, ", ")
}
