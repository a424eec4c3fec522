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

// members are the most variables of a family, once for each part of the conditions.
const members = 2 * 4

// variablesOf are those of the families. The arguments of a query are the first of all arguments.
var variablesOf = [families][]variables.RuleVariable{
	argumentNames:       {variables.Args, variables.ArgsNames, variables.ArgsGet, variables.ArgsGetNames},
	cookieNames:         {variables.RequestCookies, variables.RequestCookiesNames},
	requestHeaderNames:  {variables.RequestHeaders, variables.RequestHeadersNames},
	responseHeaderNames: {variables.ResponseHeaders, variables.ResponseHeadersNames},
}

// familyOf is that of a variable, and its place there, in the first part.
func familyOf(v variables.RuleVariable) (of family, place int) {
	for f, all := range variablesOf {
		if at := slices.Index(all, v); at >= 0 {
			return family(f), at
		}
	}
	return noFamily, 0
}

// name is what is known of one in the variables of a family, by their places.
type name struct {
	text string
	of   family
	in   [members]inVariable
}

// inVariable is what is known of a name in a variable.
type inVariable struct {
	class   atomic.Pointer[class] // of its values; nil as long as it is not known
	fulfils atomic.Uint64         // what the name itself does as a value, as the cache has it; 0 as long as it is not known
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
}

func newNames() *names {
	return &names{maphash.MakeSeed(), make([]atomic.Pointer[name], mostNames)}
}

// freshNames is memory for names that are not known yet: it is taken for some at once.
type freshNames struct {
	names []name
	texts strings.Builder
}

// namesAtOnce is for how many names memory is taken. One that is remembered keeps that of its neighbours.
const (
	namesAtOnce = 8
	textsAtOnce = namesAtOnce * 32 // bytes
)

func (f *freshNames) add(of family, text string) *name {
	if len(f.names) == 0 {
		f.names = make([]name, namesAtOnce)
	}
	if f.texts.Cap()-f.texts.Len() < len(text) {
		f.texts.Reset()
		f.texts.Grow(textsAtOnce)
	}
	start := f.texts.Len()
	f.texts.WriteString(text)
	n := &f.names[0]
	n.text, n.of = f.texts.String()[start:], of
	f.names = f.names[1:]
	return n
}

// find is what is known of a name.
func (ns *names) find(of family, text string, fresh *freshNames) *name {
	at := (maphash.String(ns.seed, text) + uint64(of)<<1) % mostNames &^ 1
	first, second := &ns.places[at], &ns.places[at+1]
	young := first.Load()
	if young.is(of, text) {
		return young
	}
	n := second.Load()
	if !n.is(of, text) {
		n = fresh.add(of, text)
	}
	first.Store(n)
	second.Store(young)
	return n
}

func (n *name) is(of family, text string) bool { return n != nil && n.of == of && n.text == text }

// nameAt is what is known of the key of a variable's value at a place; nil where nothing is remembered.
func (s *Screen) nameAt(x *scratch, v *variable, at int, key string) *name {
	if v.family == noFamily || len(key) > longestName {
		return nil
	}
	known := x.names[v.family]
	if at < len(known) && known[at] != nil && known[at].text == key {
		return known[at]
	}
	n := s.names.find(v.family, key, &x.fresh)
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
	of := &n.in[v.member].class
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
	of := &n.in[v.member].fulfils
	if known := of.Load(); known != 0 {
		hits, work := s.cache.unpack(known)
		x.spend(work)
		return hits
	}
	before := x.work
	hits := s.judge(x, cl, n.text)
	if !x.isSpent() {
		if known, ok := s.cache.pack(hits, x.work-before); ok {
			of.Store(known)
		}
	}
	return hits
}
