// Package compiled reaches the rules that Coraza has compiled, past its interfaces, which have no way to them. Its functions
// panic where a version of Coraza keeps rules otherwise.
package compiled

import (
	"reflect"
	"regexp"
	"unsafe"

	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
	"github.com/corazawaf/coraza/v3/types/variables"
)

// Coraza's own types, to be read by [Field].
type (
	// Target is a variable that a rule looks at.
	Target struct {
		Count      bool
		Variable   variables.RuleVariable
		KeyRx      *regexp.Regexp
		KeyStr     string
		Exceptions []struct {
			KeyStr string
			KeyRx  *regexp.Regexp
		}
	}

	// Operator is what a rule asks of a value.
	Operator struct {
		Operator       plugintypes.Operator
		Function, Data string
		Negation       bool
	}
)

// Rules is the list of a WAF's rules and markers, in their order.
func Rules(waf coraza.WAF) reflect.Value {
	return reflect.ValueOf(waf).FieldByName("waf").Elem().FieldByName("Rules").FieldByName("rules")
}

// Next is the next rule of a chain, invalid behind the last.
func Next(rule reflect.Value) reflect.Value {
	next := rule.FieldByName("Chain")
	if next.IsNil() {
		return reflect.Value{}
	}
	return next.Elem()
}

// Field is a field of a rule, which must have the same layout as T.
func Field[T any](rule reflect.Value, name string) *T {
	v := rule.FieldByName(name)
	if !IsLike(v.Type(), reflect.TypeFor[T]()) {
		panic(name + " is another type")
	}
	return (*T)(unsafe.Pointer(v.UnsafeAddr()))
}

// IsLike reports whether two types have the same layout. Names of fields count, those of types do not.
func IsLike(a, b reflect.Type) bool {
	if a == b {
		return true
	}
	if a.Kind() != b.Kind() || a.Size() != b.Size() {
		return false
	}
	switch a.Kind() {
	case reflect.Slice, reflect.Pointer:
		return IsLike(a.Elem(), b.Elem())
	case reflect.Map:
		return a.Key() == b.Key() && IsLike(a.Elem(), b.Elem())
	case reflect.Struct:
		for i := range a.NumField() {
			if i >= b.NumField() || a.Field(i).Name != b.Field(i).Name || a.Field(i).Offset != b.Field(i).Offset || !IsLike(a.Field(i).Type, b.Field(i).Type) {
				return false
			}
		}
		return a.NumField() == b.NumField()
	case reflect.Int, reflect.String:
		return true
	}
	return false
}
