package mapping

import (
	"regexp"
	"slices"

	"github.com/goccy/go-yaml/ast"
)

// condition is one line of detect or when.
type condition struct {
	field   field
	equals  []string
	not     []string
	matches *regexp.Regexp
	differs *regexp.Regexp // not_matches
	exists  *bool
	any     []condition // one of these instead of all the above
}

// conditions reads lines of which each is a field, a list of fields, or {field: …, equals: …}.
func (y *yamlReader) conditions(into *[]condition) func(ast.Node) error {
	return func(node ast.Node) error {
		lines, ok := y.plain(node).(*ast.SequenceNode)
		if !ok {
			return positioned(node, "expected a list of conditions, not %s", describe(node))
		}
		for _, line := range lines.Values {
			c, err := y.condition(line)
			if err != nil {
				return err
			}
			*into = append(*into, c)
		}
		return nil
	}
}

func (y *yamlReader) condition(node ast.Node) (condition, error) {
	c := condition{field: field{plain: true}}
	if _, long := mappingValues(y.plain(node)); !long {
		return c, y.accessors(node, &c.field.anyOf)
	}
	err := y.members(node, "a condition", readers{
		"field":       func(n ast.Node) error { return y.accessors(n, &c.field.anyOf) },
		"equals":      func(n ast.Node) (err error) { c.equals, err = y.texts(n); return err },
		"not":         func(n ast.Node) (err error) { c.not, err = y.texts(n); return err },
		"matches":     y.regexInto(&c.matches),
		"not_matches": y.regexInto(&c.differs),
		"any":         y.conditions(&c.any),
		"exists": func(n ast.Node) error {
			c.exists = new(bool)
			return y.boolInto(c.exists)(n)
		},
	})
	if err == nil && (len(c.field.anyOf) == 0) == (c.any == nil) {
		err = positioned(node, "a condition needs field, or any")
	}
	return c, err
}

func (y *yamlReader) regexInto(into **regexp.Regexp) func(ast.Node) error {
	return func(node ast.Node) error {
		s, err := y.text(node)
		if err != nil {
			return err
		}
		if *into, err = regexp.Compile(s); err != nil {
			return positioned(node, "cannot read pattern %q: %w", s, err)
		}
		return nil
	}
}

// fields are those of the condition and of its alternatives.
func (c *condition) fields() []*field {
	all := []*field{&c.field}
	for i := range c.any {
		all = append(all, c.any[i].fields()...)
	}
	return all
}

// holds reports whether the record that was read fulfils the condition.
func (c *condition) holds(tx *Transaction) bool {
	if c.any != nil {
		return slices.ContainsFunc(c.any, func(one condition) bool { return one.holds(tx) })
	}
	v, there := c.field.there(tx)
	if c.exists != nil {
		return there == *c.exists
	}
	if !there {
		return c.not != nil || c.differs != nil
	}
	s, _ := v.text()
	return (c.equals == nil || slices.Contains(c.equals, s)) &&
		!slices.Contains(c.not, s) &&
		(c.matches == nil || c.matches.MatchString(s)) &&
		(c.differs == nil || !c.differs.MatchString(s))
}

func allHold(all []condition, tx *Transaction) bool {
	for i := range all {
		if !all[i].holds(tx) {
			return false
		}
	}
	return true
}
