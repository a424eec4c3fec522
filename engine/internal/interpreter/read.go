// Package interpreter runs the few rules that may match, where Coraza would go through all of them.
//
// The screen has judged every value. What it leaves are some forty rules that look at what others set, and those of which
// it knows the values that they may match. Coraza takes most of a millisecond for these: it makes a transaction, copies
// values and asks each rule of each. This package takes the rules as Coraza has compiled them, with its operators,
// transformations, actions and macros, and does what Coraza's doEvaluate does, on nothing but those values. Where a rule does
// what it can't do just so, it gives up, and Coraza runs.
package interpreter

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"unsafe"

	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/experimental/plugins/macro"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
	"github.com/corazawaf/coraza/v3/types"
	"github.com/corazawaf/coraza/v3/types/variables"

	"github.com/modsecurity-for-anylog/msa/engine/internal/compiled"
)

// Coraza's own types, as far as they are needed. Read compares them.
type (
	target   compiled.Target
	operator compiled.Operator
	action   struct {
		Name     string
		Function plugintypes.Action
	}
	transformation struct{ Function plugintypes.Transformation }
	ctl            struct {
		action     int //nolint:unused // Coraza has it here
		value      string
		collection variables.RuleVariable
		colKey     string
		colKeyRx   *regexp.Regexp
	}
)

// Rule is a compiled rule with its chain, or a marker.
type Rule struct {
	ID     int
	Phase  int // 0 of a marker
	Marker string
	Meta   types.RuleMetadata
	Logged bool // a match is for the error log or the audit log

	links []link
}

// link is one condition of a rule.
type link struct {
	targets         []target
	operator        *operator // nil of a SecAction
	transformations []transformation
	assignments     []assignment // of the actions setvar, in their order
	msg, logData    text         // nil without one
	message         string       // as it is written
	controls        []*ctl       // of the actions ctl, in their order
	allows          bool
	capture, multi  bool
}

var errCoraza = errors.New("this version of Coraza keeps rules in another way")

// Read reads the rules of a WAF in their order, before their targets are changed by package order.
func Read(waf coraza.WAF) (all []Rule, err error) {
	defer func() {
		if r := recover(); r != nil { // package reflect's word for a field that is not there
			err = fmt.Errorf("%w: %v", errCoraza, r)
		}
	}()
	rules := compiled.Rules(waf)
	for i := range rules.Len() {
		of := rules.Index(i)
		known := of.FieldByName("RuleMetadata")
		meta, ok := reflect.NewAt(known.Type(), unsafe.Pointer(known.UnsafeAddr())).Interface().(types.RuleMetadata)
		if !ok {
			return nil, errCoraza
		}
		r := Rule{
			ID: meta.ID(), Phase: int(meta.Phase()), Meta: meta, Marker: of.FieldByName("SecMark_").String(),
			Logged: of.FieldByName("Log").Bool() || of.FieldByName("Audit").Bool(),
		}
		for ; of.IsValid(); of = compiled.Next(of) {
			r.links = append(r.links, readLink(of))
		}
		all = append(all, r)
	}
	return all, nil
}

func readLink(of reflect.Value) link {
	msg := *compiled.Field[macro.Macro](of, "Msg")
	l := link{
		targets:         slices.Clone(*compiled.Field[[]target](of, "variables")),
		transformations: *compiled.Field[[]transformation](of, "transformations"),
		msg:             newText(msg),
		logData:         newText(*compiled.Field[macro.Macro](of, "LogData")),
		capture:         of.FieldByName("Capture").Bool(),
		multi:           of.FieldByName("MultiMatch").Bool(),
	}
	if msg != nil {
		l.message = msg.String()
	}
	if op := *compiled.Field[*operator](of, "operator"); op != nil {
		copied := *op
		l.operator = &copied
	}
	for _, a := range *compiled.Field[[]action](of, "actions") {
		switch a.Name {
		case "ctl":
			l.controls = append(l.controls, functionOf[ctl](a))
		case "setvar":
			l.assignments = append(l.assignments, newAssignment(a.Function, functionOf[setvar](a)))
		case "allow":
			l.allows = true
		}
	}
	return l
}

// functionOf is the function of an action, which must have the same layout as T.
func functionOf[T any](a action) *T {
	v := reflect.ValueOf(a.Function)
	if !compiled.IsLike(v.Type(), reflect.TypeFor[*T]()) {
		panic(a.Name + " is another type")
	}
	return (*T)(v.UnsafePointer())
}
