package interpreter

import (
	"reflect"

	"github.com/corazawaf/coraza/v3/collection"
	"github.com/corazawaf/coraza/v3/experimental/plugins/macro"
	"github.com/corazawaf/coraza/v3/types/variables"

	"github.com/modsecurity-for-anylog/msa/engine/internal/compiled"
)

// text is a message or log data, in parts: its words, and the variables that it tells. Coraza's macros do the same with more
// memory.
type text []part

// part is Coraza's part of a macro: a text if the variable is unknown.
type part struct {
	text     string // of a variable: what stands for it where there is none
	variable variables.RuleVariable
	key      string
}

// ofMacro is Coraza's macro.
type ofMacro struct {
	original string
	tokens   []part
}

// newText is the text of a macro, nil without one.
func newText(m macro.Macro) text {
	if m == nil {
		return nil
	}
	v := reflect.ValueOf(m)
	if !compiled.IsLike(v.Type(), reflect.TypeFor[*ofMacro]()) {
		panic("a macro is another type")
	}
	return (*ofMacro)(v.UnsafePointer()).tokens
}

// expand is the text with the variables' values.
func (s *state) expand(of text) string {
	if len(of) == 1 {
		return s.valueOf(&of[0])
	}
	s.text = s.text[:0]
	for i := range of {
		s.text = append(s.text, s.valueOf(&of[i])...)
	}
	return string(s.text)
}

func (s *state) valueOf(p *part) string {
	if p.variable == variables.Unknown {
		return p.text
	}
	switch col := s.Collection(p.variable).(type) {
	case collection.Keyed:
		if values := col.Get(p.key); len(values) > 0 {
			return values[0]
		}
	case collection.Single:
		return col.Get()
	default:
		if all := col.FindAll(); len(all) > 0 {
			return all[0].Value()
		}
	}
	return p.text
}
