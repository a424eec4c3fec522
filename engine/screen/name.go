package screen

import (
	"hash/maphash"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/corazawaf/coraza/v3/types/variables"
)

// Names of arguments, cookies and headers are few, and each of them is a key of several variables, and a value of others. So what
// is known of a name is remembered in one place, and a transaction looks for it there once.

// family is variables that have the same keys in the same order, as far as they have them.
type family uint8

const (
	noFamily family = iota
	argumentNames
	cookieNames
	requestHeaderNames
	responseHeaderNames
	families
)

// familyOf is that of a variable. The arguments of a query are the first of all arguments.
func familyOf(v variables.RuleVariable) family {
	switch v {
	case variables.Args, variables.ArgsNames, variables.ArgsGet, variables.ArgsGetNames:
		return argumentNames
	case variables.RequestCookies, variables.RequestCookiesNames:
		return cookieNames
	case variables.RequestHeaders, variables.RequestHeadersNames:
		return requestHeaderNames
	case variables.ResponseHeaders, variables.ResponseHeadersNames:
		return responseHeaderNames
	}
	return noFamily
}

// name is what is known of one.
type name struct {
	text string
	in   []inVariable // by the variable's index
}

// inVariable is what is known of a name in one variable.
type inVariable struct {
	class   atomic.Pointer[class]  // of its values; nil as long as it is not known
	fulfils atomic.Pointer[judged] // what the name itself does as a value; nil as long as it is not known
}

// judged is what a value fulfils, and what work it was to find that out.
type judged struct {
	hits []hit
	work int
}

// nothing is a class without conditions.
var nothing = &class{}

// Bounds of what is remembered of names.
const (
	mostNames   = 1 << 13
	longestName = 128
)

// names remembers them as cache does values.
type names struct {
	seed   maphash.Seed
	places []atomic.Pointer[name]
	width  int // variables
}

func newNames(width int) *names {
	return &names{maphash.MakeSeed(), make([]atomic.Pointer[name], mostNames), width}
}

// find is what is known of a name.
func (ns *names) find(text string) *name {
	at := maphash.String(ns.seed, text) % mostNames &^ 1
	first, second := &ns.places[at], &ns.places[at+1]
	young := first.Load()
	if young != nil && young.text == text {
		return young
	}
	n := second.Load()
	if n == nil || n.text != text {
		n = &name{strings.Clone(text), make([]inVariable, ns.width)}
	}
	first.Store(n)
	second.Store(young)
	return n
}

// nameAt is what is known of the key of a variable's value at a place; nil where nothing is remembered.
func (s *Screen) nameAt(x *scratch, v *variable, at int, key string) *name {
	if v.family == noFamily || len(key) > longestName {
		return nil
	}
	known := x.names[v.family]
	if at < len(known) && known[at] != nil && known[at].text == key {
		return known[at]
	}
	n := s.names.find(key)
	for len(known) <= at {
		known = append(known, nil)
	}
	known[at] = n
	x.names[v.family] = known
	return n
}

// classAt is the class of a variable's values of a key, whose name may be known; nil where no condition looks at them.
func (s *Screen) classAt(x *scratch, v *variable, n *name, key string) *class {
	if n == nil {
		return v.class(key, &x.lower)
	}
	of := &n.in[v.index].class
	cl := of.Load()
	if cl == nil {
		if cl = v.class(key, &x.lower); cl == nil {
			cl = nothing
		}
		of.Store(cl)
	}
	if cl == nothing {
		return nil
	}
	return cl
}

// lookupName is lookup of a name that is the value, too.
func (s *Screen) lookupName(x *scratch, v *variable, cl *class, n *name) []hit {
	of := &n.in[v.index].fulfils
	if known := of.Load(); known != nil {
		x.spend(known.work)
		return known.hits
	}
	before := x.work
	hits := s.judge(x, cl, n.text)
	if !x.isSpent() {
		of.Store(&judged{slices.Clone(hits), x.work - before})
	}
	return hits
}
