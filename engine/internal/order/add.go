package order

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"github.com/corazawaf/coraza/v3/collection"
)

// Adder adds values to a collection with less memory than Coraza, which takes some for each: what it takes is for many.
type Adder struct {
	to     map[string][]value
	values []value         // memory for values to come
	names  strings.Builder // and for names
}

// Memory that is taken at once, at first; then twice as much.
const (
	firstValues = 8
	firstNames  = 256 // bytes
)

// NewAdder makes one for arguments.
func NewAdder(to collection.Map) *Adder { return &Adder{to: data(to)} }

// Add adds a value. Its name gets memory of its own, the empty one too: Coraza tells values that it has transformed apart by
// the address of their names.
func (a *Adder) Add(name, text string) {
	if len(a.values) == cap(a.values) {
		a.values = make([]value, 0, max(firstValues, 2*cap(a.values))) // what was added keeps the memory that it has
	}
	n := len(a.values)
	a.values = append(a.values, value{a.own(name), text})
	lower := a.lower(a.values[n].key)
	if others := a.to[lower]; len(others) > 0 {
		a.to[lower] = append(others, a.values[n])
		return
	}
	a.to[lower] = a.values[n : n+1 : n+1]
}

func (a *Adder) own(name string) string {
	const some = " " // of which none is an empty name
	a.makeRoom(max(len(name), len(some)))
	start := a.names.Len()
	a.names.WriteString(cmp.Or(name, some))
	return a.names.String()[start : start+len(name)]
}

// lower is a name in lower case.
func (a *Adder) lower(name string) string {
	hasUpper := false
	for i := range len(name) {
		if name[i] >= utf8.RuneSelf {
			return strings.ToLower(name)
		}
		hasUpper = hasUpper || 'A' <= name[i] && name[i] <= 'Z'
	}
	if !hasUpper {
		return name
	}
	a.makeRoom(len(name))
	start := a.names.Len()
	for i := range len(name) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		a.names.WriteByte(c)
	}
	return a.names.String()[start:]
}

// makeRoom makes room for so many bytes of names.
func (a *Adder) makeRoom(n int) {
	if a.names.Cap()-a.names.Len() < n {
		next := max(firstNames, 2*a.names.Cap(), n)
		a.names.Reset()
		a.names.Grow(next)
	}
}
