package mapping

import (
	"strconv"
	"strings"

	"github.com/tinylib/msgp/msgp"
)

// Arg is one argument that goes straight into the rules' ARGS.
type Arg struct {
	Name, Value string
}

// Bounds of what objects are taken apart into. What is beyond stays together, so that it is seen.
const (
	maxArgs      = 1000 // as many as Coraza takes; the last one has the texts of all that follow
	maxArgsDepth = 32
	maxArgName   = 512 // bytes
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
			if r := rubyHash(s); r != nil {
				m.flatten(tx, name, r, 0)
				continue
			}
			tx.addArg(spec.name, s)
		}
	}
}

// rubyHash is the map that a text is, as Ruby writes it: {"q"=>"shoes", "page" => 2}. It is nil for any other text.
func rubyHash(s string) Record {
	if !strings.HasPrefix(s, "{") || !strings.Contains(s, "=>") || bracketEnd(s, 0) != len(s) {
		return nil
	}
	r, n := labelMark("=>").appendLabels(nil, s[1:len(s)-1], 0)
	if n == 0 {
		return nil
	}
	return r
}

// flatten takes the first value of b apart and returns what follows it, nil after one that can't be
// read. It goes through the bytes once, however they are nested.
func (m *Mapping) flatten(tx *Transaction, name string, b []byte, depth int) (rest []byte) {
	if len(tx.Args) == maxArgs {
		tx.extend(name)
		return m.extendWith(tx, b, 1)
	}
	kind := msgp.NextType(b)
	if kind != msgp.MapType && kind != msgp.ArrayType {
		rest, err := skip(b)
		if err != nil {
			return nil
		}
		if s, ok := Record(b).text(); ok && !m.none.has(s) && !m.hidden.has(s) {
			tx.addArg(name, s)
		}
		return rest
	}
	if depth == maxArgsDepth {
		return tx.addJSONArg(name, b)
	}
	isMap := kind == msgp.MapType
	n, b, err := readHeader(b, isMap)
	for i := uint32(0); err == nil && i < n && b != nil; i++ {
		if len(tx.Args) == maxArgs {
			return m.extendWith(tx, b, values(n-i, isMap))
		}
		key := strconv.Itoa(int(i))
		if isMap {
			k, rest, ok := readText(b)
			if !ok {
				if rest, err = skip(b); err != nil {
					return nil
				}
			}
			key, b = string(k), rest
		}
		b = m.flatten(tx, argName(name, key), b, depth+1)
	}
	if err != nil {
		return nil
	}
	return b
}

func readHeader(b []byte, isMap bool) (n uint32, rest []byte, err error) {
	if isMap {
		return msgp.ReadMapHeaderBytes(b)
	}
	return msgp.ReadArrayHeaderBytes(b)
}

// argName is the name of what is under a key.
func argName(name, key string) string {
	if name != "" {
		key = name + "." + key
	}
	return key[:min(len(key), maxArgName)]
}

// values is how many values so many members of a map, or elements of a list, are.
func values(n uint32, isMap bool) uint64 {
	if isMap {
		return 2 * uint64(n)
	}
	return uint64(n)
}

// addArg adds an argument, or its name and value to the last one.
func (tx *Transaction) addArg(name, value string) {
	if len(tx.Args) < maxArgs {
		tx.Args = append(tx.Args, Arg{name, value})
		return
	}
	tx.extend(name)
	tx.extend(value)
}

// extend adds a text to the last argument of maxArgs.
func (tx *Transaction) extend(s string) {
	if s == "" {
		return
	}
	last := &tx.Args[maxArgs-1]
	if len(tx.lastArg) == 0 {
		tx.lastArg = append(tx.lastArg, last.Value...)
	}
	tx.lastArg = append(append(tx.lastArg, ' '), s...)
	last.Value = view(tx.lastArg)
}

// extendWith adds the texts in the first n values of b, however they are nested, to the last argument, and returns what
// follows them, nil after one that can't be read. The way to a value would, if it were added to each, be longer than all
// of them.
func (m *Mapping) extendWith(tx *Transaction, b []byte, n uint64) (rest []byte) {
	for ; n > 0; n-- {
		kind := msgp.NextType(b)
		if kind == msgp.MapType || kind == msgp.ArrayType {
			inner, rest, err := readHeader(b, kind == msgp.MapType)
			if err != nil {
				return nil
			}
			n += values(inner, kind == msgp.MapType)
			b = rest
			continue
		}
		rest, err := skip(b)
		if err != nil {
			return nil
		}
		if s, ok := Record(b).text(); ok && !m.none.has(s) && !m.hidden.has(s) {
			tx.extend(s)
		}
		b = rest
	}
	return b
}

// addJSONArg adds the first value of b as it is.
func (tx *Transaction) addJSONArg(name string, b []byte) (rest []byte) {
	start := len(tx.scratch)
	tx.scratch, rest = appendJSONValue(tx.scratch, b, 0)
	tx.addArg(name, view(tx.scratch[start:]))
	return rest
}
