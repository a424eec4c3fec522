package mapping

import (
	"strconv"

	"github.com/tinylib/msgp/msgp"
)

// Arg is one argument that goes straight into the rules' ARGS.
type Arg struct {
	Name, Value string
}

// Bounds of what objects are taken apart into.
const (
	maxArgs      = 1000 // as many as Coraza takes
	maxArgsDepth = 32   // what is nested deeper stays JSON
)

// fillArgs reads the mapping's args. Objects and lists become an argument for each value in them,
// named by the way to it: order.lines.0.text.
func (m *Mapping) fillArgs(tx *Transaction) {
	for i := range m.args {
		spec := &m.args[i]
		name := spec.name
		if name == "*" {
			name = ""
		}
		if v, ok := spec.object(tx); ok && (isMap(v) || isArray(v) && spec.pick == pickAny) {
			m.flatten(tx, name, v, 0)
			continue
		}
		if s, p := m.value(tx, &spec.field); p == present {
			tx.Args = append(tx.Args, Arg{spec.name, s})
		}
	}
}

// flatten takes the first value of b apart and returns what follows it, nil after one that can't be
// read. It goes through the bytes once, however they are nested.
func (m *Mapping) flatten(tx *Transaction, name string, b []byte, depth int) (rest []byte) {
	below := func(key string) string {
		if name == "" {
			return key
		}
		return name + "." + key
	}
	kind := msgp.NextType(b)
	switch {
	case len(tx.Args) >= maxArgs:
	case depth == maxArgsDepth && (kind == msgp.MapType || kind == msgp.ArrayType):
		start := len(tx.scratch)
		tx.scratch, rest = appendJSONValue(tx.scratch, b, 0)
		tx.Args = append(tx.Args, Arg{name, view(tx.scratch[start:])})
		return rest
	case kind == msgp.MapType:
		n, b, err := msgp.ReadMapHeaderBytes(b)
		for ; err == nil && n > 0 && b != nil; n-- {
			key, rest, ok := readText(b)
			if !ok {
				if rest, err = skip(b); err != nil {
					return nil
				}
			}
			b = m.flatten(tx, below(string(key)), rest, depth+1)
		}
		return b
	case kind == msgp.ArrayType:
		n, b, err := msgp.ReadArrayHeaderBytes(b)
		for i := 0; err == nil && n > 0 && b != nil; n-- {
			b = m.flatten(tx, below(strconv.Itoa(i)), b, depth+1)
			i++
		}
		return b
	}
	rest, err := skip(b)
	if err != nil {
		return nil
	}
	if s, ok := Record(b).text(); ok && len(tx.Args) < maxArgs && !m.none.has(s) && !m.hidden.has(s) {
		tx.Args = append(tx.Args, Arg{name, s})
	}
	return rest
}
