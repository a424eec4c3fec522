package mapping

import "strconv"

// Arg is one argument that goes straight into the rules' ARGS.
type Arg struct {
	Name, Value string
}

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
			m.flatten(tx, name, v)
			continue
		}
		if s, p := m.value(tx, &spec.field); p == present {
			tx.Args = append(tx.Args, Arg{spec.name, s})
		}
	}
}

func (m *Mapping) flatten(tx *Transaction, name string, v Record) {
	below := func(key string) string {
		if name == "" {
			return key
		}
		return name + "." + key
	}
	switch {
	case isMap(v):
		_ = v.fields(func(key []byte, value Record) { m.flatten(tx, below(string(key)), value) })
	case isArray(v):
		i := 0
		eachElement(v, func(e Record) {
			m.flatten(tx, below(strconv.Itoa(i)), e)
			i++
		})
	default:
		if s, ok := v.text(); ok && !m.none.has(s) && !m.hidden.has(s) {
			tx.Args = append(tx.Args, Arg{name, s})
		}
	}
}
