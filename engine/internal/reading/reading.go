// Package reading compares how MSA has read rules with how Coraza has. What the screen proves holds for the rules as MSA reads
// them, and Coraza runs them as it does: were there a difference, alerts could be lost without a word.
//
// Coraza's public view of a rule has its id, phase and tags. Its conditions are in fields without an interface, which this
// package only looks at; a version of Coraza that keeps them otherwise is an error.
package reading

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unsafe"

	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/types/variables"

	"github.com/modsecurity-for-anylog/msa/engine/internal/compiled"
	"github.com/modsecurity-for-anylog/msa/rules"
)

var errCoraza = errors.New("this version of Coraza keeps rules in another way")

// Differences says of each rule by its id what Coraza reads otherwise. Rules that Coraza does not have are not among them,
// nor are targets and exceptions that were added behind those of the rule. The WAF's rules must be as they were compiled.
func Differences(waf coraza.WAF, all []*rules.Rule) (differences map[int]string, err error) {
	defer func() {
		if r := recover(); r != nil { // package reflect's word for a field that is not there
			err = fmt.Errorf("%w: %v", errCoraza, r)
		}
	}()
	theirs := map[int]reflect.Value{}
	list := compiled.Rules(waf)
	for i := range list.Len() {
		rule := list.Index(i)
		theirs[int(rule.FieldByName("ID_").Int())] = rule
	}
	differences = map[int]string{}
	for _, r := range all {
		if rule, ok := theirs[r.ID]; ok {
			if what := compare(r, rule); what != "" {
				differences[r.ID] = what
			}
		}
	}
	return differences, nil
}

// compare is what differs, "" if nothing does.
func compare(r *rules.Rule, theirs reflect.Value) string {
	var tags []string
	for i := range theirs.FieldByName("Tags_").Len() {
		tags = append(tags, theirs.FieldByName("Tags_").Index(i).String())
	}
	logged := theirs.FieldByName("Log").Bool() || theirs.FieldByName("Audit").Bool()
	switch phase := int(theirs.FieldByName("Phase_").Int()); {
	case phase != r.Phase:
		return fmt.Sprintf("phase %d", phase)
	case !slices.Equal(tags, r.Tags()):
		return fmt.Sprintf("tags %q", tags)
	case logged != r.Logged():
		return fmt.Sprintf("logged %v", logged)
	}
	for _, l := range r.Links {
		if !theirs.IsValid() {
			return "an end of the chain"
		}
		if what := compareLink(l, theirs); what != "" {
			return what
		}
		theirs = compiled.Next(theirs)
	}
	if theirs.IsValid() {
		return "a longer chain"
	}
	return ""
}

func compareLink(l *rules.Link, theirs reflect.Value) string {
	operator := theirs.FieldByName("operator")
	if operator.IsNil() != l.IsAction() {
		return "another directive"
	}
	if !l.IsAction() {
		function, operand := operator.Elem().FieldByName("Function").String(), operator.Elem().FieldByName("Data").String()
		if want := l.Operator.Function(); strings.Replace(function, "@", "", 1) != want || operand != l.Operator.Operand {
			return fmt.Sprintf("operator %s %s", function, operand)
		}
		if what := compareTargets(l.Targets, theirs.FieldByName("variables")); what != "" {
			return what
		}
	}
	if n := theirs.FieldByName("transformations").Len(); n != len(l.Transformations()) {
		return fmt.Sprintf("%d transformations", n)
	}
	var names, want []string
	for i := range theirs.FieldByName("actions").Len() {
		if name := theirs.FieldByName("actions").Index(i).FieldByName("Name").String(); counts[name] {
			names = append(names, name)
		}
	}
	for _, a := range l.Actions {
		if counts[a.Name] {
			want = append(want, a.Name)
		}
	}
	if !slices.Equal(names, want) {
		return fmt.Sprintf("actions %s", names)
	}
	return ""
}

// counts are the actions that make a difference to what is found.
var counts = map[string]bool{
	"setvar": true, "ctl": true, "skip": true, "skipafter": true, "allow": true, "capture": true, "multimatch": true, "t": true, "chain": true,
}

// Coraza's own type, as far as it is needed.
type target struct {
	Count      bool
	Variable   variables.RuleVariable
	KeyRx      *regexp.Regexp
	KeyStr     string
	Exceptions []exception
}

type exception struct {
	KeyStr string
	KeyRx  *regexp.Regexp
}

func compareTargets(ours []rules.Target, field reflect.Value) string {
	var like []target
	if field.Type().Elem().Size() != reflect.TypeOf(like).Elem().Size() || field.Type().Elem().NumField() != 5 {
		return errCoraza.Error()
	}
	theirs := *(*[]target)(unsafe.Pointer(field.UnsafeAddr()))
	n := 0
	for i, t := range ours {
		if t.Except {
			continue
		}
		if n == len(theirs) {
			return fmt.Sprintf("%d targets", n)
		}
		of := theirs[n]
		n++
		if !strings.EqualFold(of.Variable.Name(), t.Variable) || of.Count != t.Count || !isKey(t, of.KeyStr, of.KeyRx) {
			return fmt.Sprintf("target %s:%s", of.Variable.Name(), of.KeyStr)
		}
		taken := 0
		for _, e := range ours[i:] {
			if !e.Except || e.Variable != t.Variable {
				continue
			}
			if taken == len(of.Exceptions) || !isKey(e, of.Exceptions[taken].KeyStr, of.Exceptions[taken].KeyRx) {
				return fmt.Sprintf("another exception of %s", of.Variable.Name())
			}
			taken++
		}
	}
	return ""
}

// isKey reports whether a key of Coraza is a target's. Coraza takes most of them in lower case.
func isKey(t rules.Target, name string, pattern *regexp.Regexp) bool {
	if pattern == nil {
		return !t.IsPattern && strings.EqualFold(name, t.Key)
	}
	_, written, _ := strings.Cut(t.String(), ":") // names that Coraza has no other way to write are patterns there
	return strings.EqualFold("/"+pattern.String()+"/", written)
}
