package mapping

import (
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// field is where a value is found in a record, in any of the forms that
// docs/mapping.md lists.
type field struct {
	anyOf    []Accessor
	join     [][]Accessor // of each, the first that has a value
	constant string       // whatever the record says, unless empty
	fallback string
	decode   []decoder
	remove   *regexp.Regexp
	replace  []replacement
	pick     pick
	values   map[string]string // what to make of a value
	plain    bool              // no option is set but anyOf

	wholeList bool // of a list, all elements count, unless one is picked

	slots  []slot   // anyOf, compiled
	joined [][]slot // join, compiled
}

// slot is one accessor of a compiled field: which of the scanned top-level values,
// and the rest of the way.
type slot struct {
	index int
	path  []step
}

// replacement is what becomes of a text that a pattern finds; $1 is its first group.
type replacement struct {
	pattern *regexp.Regexp
	with    string
}

// pick is which element of a list counts.
type pick int

const (
	pickAny   pick = iota // the first, where the value is a list
	pickFirst             // the first, of text with commas too
	pickLast
)

// presence is what a record tells of a field.
type presence int

const (
	absent presence = iota // nothing
	empty                  // it is there, and without a value
	hidden                 // it is there, but the log does not show the value
	present
)

// isSet reports whether the mapping says anything of the field.
func (f *field) isSet() bool {
	return len(f.anyOf) > 0 || len(f.join) > 0 || f.constant != ""
}

// field reads the short forms and the long one. more are options beyond those that every
// field has.
func (y *yamlReader) field(node ast.Node, f *field, more readers) error {
	f.plain = true
	if _, long := mappingValues(y.plain(node)); !long {
		return y.accessors(node, &f.anyOf)
	}
	options := readers{
		"field": func(n ast.Node) error { return y.accessors(n, &f.anyOf) },
		"join": func(n ast.Node) error {
			return y.each(n, func(n ast.Node) error {
				f.join = append(f.join, nil)
				return y.accessors(n, &f.join[len(f.join)-1])
			})
		},
		"value":   y.textInto(&f.constant),
		"default": y.textInto(&f.fallback),
		"decode":  y.decode(&f.decode),
		"remove":  y.regexInto(&f.remove),
		"replace": y.replacements(&f.replace),
		"pick":    choice(y, "pick", &f.pick, map[string]pick{"first": pickFirst, "last": pickLast}),
		"map": func(n ast.Node) error {
			f.values = map[string]string{}
			return y.eachMember(n, "map", func(key, value ast.Node) error {
				s, err := y.text(value)
				f.values[keyName(key)] = s
				return err
			})
		},
	}
	for name, read := range more {
		options[name] = read
	}
	if err := y.members(node, "a field", options); err != nil {
		return err
	}
	if !f.isSet() && f.fallback == "" {
		return positioned(node, "a field needs field, join or value")
	}
	f.plain = len(f.join) == 0 && f.constant == "" && f.fallback == "" && f.decode == nil && f.remove == nil && f.replace == nil && f.pick == pickAny && f.values == nil
	return nil
}

// decode reads a list of decoders.
func (y *yamlReader) decode(into *[]decoder) func(ast.Node) error {
	return func(node ast.Node) error {
		return y.each(node, func(n ast.Node) error {
			var d decoder
			err := choice(y, "decode", &d, decoders)(n)
			*into = append(*into, d)
			return err
		})
	}
}

// replacements reads patterns with what stands in place of what they find, in the file's order.
func (y *yamlReader) replacements(into *[]replacement) func(ast.Node) error {
	return func(node ast.Node) error {
		return y.eachMember(node, "replace", func(key, value ast.Node) error {
			var r replacement
			if err := y.regexInto(&r.pattern)(key); err != nil {
				return err
			}
			var err error
			r.with, err = y.text(value)
			*into = append(*into, r)
			return err
		})
	}
}

func (y *yamlReader) fieldInto(f *field) func(ast.Node) error {
	return func(n ast.Node) error { return y.field(n, f, nil) }
}

// accessors reads METHOD or [METHOD, _METHOD].
func (y *yamlReader) accessors(node ast.Node, into *[]Accessor) error {
	return y.each(node, func(n ast.Node) error {
		s, err := y.text(n)
		if err != nil {
			return positioned(n, "expected a field's name, not %s", describe(n))
		}
		a, err := ParseAccessor(s)
		if err != nil {
			return positioned(n, "%w", err)
		}
		*into = append(*into, a)
		return nil
	})
}

// text is a field's value, "" when it has none.
func (m *Mapping) text(tx *Transaction, f *field) string {
	s, _ := m.value(tx, f)
	return s
}

// value is a field's value, and what the record tells of it.
func (m *Mapping) value(tx *Transaction, f *field) (string, presence) {
	if f.plain {
		return m.firstOf(tx, f, pickAny)
	}
	if f.constant != "" {
		return f.constant, present
	}
	s, p := m.firstOf(tx, f, f.pick)
	if p != present && len(f.joined) > 0 {
		s, p = m.joinedText(tx, f.joined)
	}
	if p == present {
		s = f.decoded(s)
	} else if f.fallback != "" {
		return f.fallback, present
	}
	return s, p
}

// decoded is a value after the field's options.
func (f *field) decoded(s string) string {
	if f.remove != nil {
		s = f.remove.ReplaceAllString(s, "")
	}
	for _, r := range f.replace {
		s = r.pattern.ReplaceAllString(s, r.with)
	}
	for _, decode := range f.decode {
		s = decode(s)
	}
	if v, ok := f.values[s]; ok {
		return v
	}
	return s
}

// firstOf is the first alternative that has a value.
func (m *Mapping) firstOf(tx *Transaction, f *field, which pick) (string, presence) {
	p := absent
	for _, slot := range f.slots {
		v, ok := tx.at(slot)
		if !ok {
			continue
		}
		isList := isArray(v)
		if which != pickAny || isList && !f.wholeList {
			v, isList = element(v, which), false
		}
		s, ok := v.text()
		switch {
		case isList:
			s, ok = m.elements(tx, v), true
		case which != pickAny:
			s = pickPart(s, which)
		}
		switch {
		case !ok || m.none.has(s):
			p = max(p, empty)
		case m.hidden.has(s):
			p = max(p, hidden)
		default:
			return s, present
		}
	}
	return "", p
}

// elements are the texts in a list that are values, with commas between them.
func (m *Mapping) elements(tx *Transaction, list Record) string {
	start := len(tx.scratch)
	eachElement(list, func(e Record) {
		s, ok := e.text()
		if !ok || m.none.has(s) {
			return
		}
		if len(tx.scratch) > start {
			tx.scratch = append(tx.scratch, ',')
		}
		tx.scratch = append(tx.scratch, s...)
	})
	return view(tx.scratch[start:])
}

func (m *Mapping) joinedText(tx *Transaction, parts [][]slot) (string, presence) {
	start := len(tx.scratch)
	for _, alternatives := range parts {
		for _, slot := range alternatives {
			v, _ := tx.at(slot)
			s, ok := v.text()
			if !ok || m.none.has(s) {
				continue
			}
			if len(tx.scratch) > start {
				tx.scratch = append(tx.scratch, ' ')
			}
			tx.scratch = append(tx.scratch, s...)
			break
		}
	}
	if len(tx.scratch) == start {
		return "", absent
	}
	return view(tx.scratch[start:]), present
}

// verbatim is a field's text as the log has it, with the words for none.
func (m *Mapping) verbatim(tx *Transaction, f *field) string {
	for _, slot := range f.slots {
		if v, ok := tx.at(slot); ok {
			if s, ok := v.text(); ok {
				return s
			}
		}
	}
	return f.constant
}

// object is a field's value as it is, of any type but null.
func (f *field) object(tx *Transaction) (Record, bool) {
	for _, slot := range f.slots {
		if v, ok := tx.at(slot); ok && !isNil(v) {
			return v, true
		}
	}
	return nil, false
}

// there is the first alternative that the record has, null too.
func (f *field) there(tx *Transaction) (v Record, ok bool) {
	for _, slot := range f.slots {
		if one, has := tx.at(slot); has {
			if v, ok = one, true; !isNil(one) {
				break
			}
		}
	}
	return v, ok
}

// pickPart is the first or last part of text with commas. nginx's upstream_addr has colons
// between spaces besides, where a request went on to other servers.
func pickPart(s string, which pick) string {
	const redirected = " : "
	if which == pickLast {
		s = s[strings.LastIndexByte(s, ',')+1:]
		if i := strings.LastIndex(s, redirected); i >= 0 {
			s = s[i+len(redirected):]
		}
		return trimSpace(s)
	}
	s, _, _ = strings.Cut(s, ",")
	s, _, _ = strings.Cut(s, redirected)
	return trimSpace(s)
}
