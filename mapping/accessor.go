package mapping

import (
	"fmt"
	"strconv"
	"strings"
)

// Accessor names a value in a record as Fluent Bit's record accessors do:
// METHOD or $METHOD is a top-level key, $http['request']['method'] a nested one,
// $list[0] an element of an array. A name without $ is one key, whatever
// characters it has. Source: Fluent Bit manual, "Record Accessor".
type Accessor struct {
	key  string
	path []step
}

// step is one [...] of an accessor: a key, or an index when key is empty.
type step struct {
	key   string
	index int
}

// metadataKey is the key that stands for the event's metadata.
const metadataKey = "$metadata"

// ParseAccessor reads an accessor as it is written in a configuration.
func ParseAccessor(s string) (Accessor, error) {
	if s == "" {
		return Accessor{}, fmt.Errorf("field name is empty")
	}
	if s[0] != '$' {
		return Accessor{key: s}, nil
	}
	name, rest := s[1:], ""
	if i := strings.IndexByte(name, '['); i >= 0 {
		name, rest = name[:i], name[i:]
	}
	if name == "" {
		return Accessor{}, fmt.Errorf("field %q has no name after $", s)
	}
	a := Accessor{key: name}
	for rest != "" {
		if rest[0] != '[' {
			return Accessor{}, fmt.Errorf("field %q: expected [ before %q", s, rest)
		}
		rest = rest[1:]
		if rest != "" && (rest[0] == '\'' || rest[0] == '"') {
			end := strings.Index(rest[1:], string(rest[0])+"]")
			if end < 1 {
				return Accessor{}, fmt.Errorf("field %q: a quoted key does not end", s)
			}
			a.path = append(a.path, step{key: rest[1 : end+1]})
			rest = rest[end+3:]
			continue
		}
		end := strings.IndexByte(rest, ']')
		if end < 0 {
			return Accessor{}, fmt.Errorf("field %q: [ is not closed", s)
		}
		index, err := strconv.Atoi(rest[:end])
		if err != nil || index < 0 {
			return Accessor{}, fmt.Errorf("field %q: %q is neither a quoted key nor an index", s, rest[:end])
		}
		a.path = append(a.path, step{index: index})
		rest = rest[end+1:]
	}
	return a, nil
}

// String is the accessor as Fluent Bit spells it.
func (a Accessor) String() string {
	if len(a.path) == 0 && !strings.HasPrefix(a.key, "$") {
		return a.key
	}
	var b strings.Builder
	b.WriteByte('$')
	b.WriteString(a.key)
	for _, s := range a.path {
		if s.key != "" {
			fmt.Fprintf(&b, "['%s']", s.key)
		} else {
			fmt.Fprintf(&b, "[%d]", s.index)
		}
	}
	return b.String()
}
