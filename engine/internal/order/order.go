// Package order makes Coraza go through the values of a variable in an order that does not change.
//
// Coraza keeps the values of ARGS, cookies and headers in a Go map by name, and goes through them in the order of the map,
// which is another one each time. What a chain finds depends on the value that its first rule saw last, so that the same
// request scored differently from run to run. Coraza offers no way to change that, so this package goes past its
// interfaces: [Targets] lets each rule that looks at all values of a variable look at one list of them, under a name that
// no value has, and [Request], [Body] and [Response] make that list, or the rule itself when it looks (asked.go). Exclusions
// and messages are not concerned, as the values keep their names in the list.
//
// A version of Coraza that keeps its values otherwise is refused by Targets.
package order

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unsafe"

	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/collection"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
	"github.com/corazawaf/coraza/v3/types"
	"github.com/corazawaf/coraza/v3/types/variables"

	"github.com/modsecurity-for-anylog/msa/engine/internal/compiled"
)

// All is the name under which a collection has all its values. Should a request have a value of that name, rules see it twice.
const All = "\n"

// none is a name without values.
const none = "\r"

// Coraza's own types, as far as they are needed.
type (
	target = compiled.Target
	value  struct{ key, value string }
)

// replaced are the variables whose rules look at the list, and the name where it is.
var replaced = map[variables.RuleVariable]string{
	variables.Args: All, variables.ArgsNames: All, variables.ArgsPath: none, // MSA has no ARGS_PATH, and keeps the list there
	variables.RequestCookies: All, variables.RequestCookiesNames: All,
	variables.RequestHeaders: All, variables.RequestHeadersNames: All,
	variables.ResponseHeaders: All, variables.ResponseHeadersNames: All,
	variables.MultipartPartHeaders: All,
}

var errCoraza = errors.New("this version of Coraza keeps rules or values in another way")

// Targets changes the rules of a WAF, which is not in use yet. Its transactions need the lists.
func Targets(waf coraza.WAF) (err error) {
	defer func() {
		if r := recover(); r != nil { // package reflect's word for a field that is not there
			err = fmt.Errorf("%w: %v", errCoraza, r)
		}
	}()
	if err := checkValues(waf); err != nil {
		return err
	}
	lists := 0
	rules := compiled.Rules(waf)
	for i := range rules.Len() {
		for rule := rules.Index(i); rule.IsValid(); rule = compiled.Next(rule) {
			targets := compiled.Field[[]target](rule, "variables")
			for n := range *targets {
				t := &(*targets)[n]
				if name, ok := replaced[t.Variable]; ok && t.KeyStr == "" && t.KeyRx == nil {
					t.KeyStr = name
				}
			}
			ask(rule, targets, &lists)
		}
	}
	return nil
}

// checkValues reports whether collections are what this package takes them for.
func checkValues(waf coraza.WAF) error {
	tx := waf.NewTransaction()
	defer func() { _ = tx.Close() }()
	state, ok := tx.(plugintypes.TransactionState)
	if !ok {
		return errCoraza
	}
	v := state.Variables()
	for _, col := range []collection.Map{v.ArgsGet(), v.ArgsPost(), v.ResponseArgs(), v.TX()} {
		if !isKept(col) {
			return errCoraza
		}
	}
	for _, of := range askable {
		if !isKept(of(v)) {
			return errCoraza
		}
	}
	return nil
}

// isKept reports whether a collection keeps its values as this package takes it for.
func isKept(col collection.Map) bool {
	return compiled.IsLike(dataField(col).Type(), reflect.TypeFor[map[string][]value]())
}

// dataField is the map of a collection.
func dataField(col collection.Map) reflect.Value {
	v := reflect.ValueOf(col).Elem()
	if inner := v.FieldByName("Map"); inner.IsValid() {
		v = inner.Elem()
	}
	return v.FieldByName("data")
}

func data(col collection.Map) map[string][]value {
	return *(*map[string][]value)(unsafe.Pointer(dataField(col).UnsafeAddr()))
}

// NameOfAll is the name under which a variable has the list of all its values, empty for one that has none.
func NameOfAll(v variables.RuleVariable) string { return replaced[v] }

// FindAll are the values of a collection, each once whether it has a list of them or not.
func FindAll(col collection.Map) []types.MatchData {
	if listed := col.FindString(All); listed != nil {
		return listed
	}
	return col.FindAll()
}

// Settings are variables of TX that are set together: one by one, Coraza takes memory for each.
type Settings []value

// SettingsOf are those of all names; of a name that several have, the last.
func SettingsOf(of ...map[string]string) (s Settings) {
	all := map[string]string{}
	for _, m := range of {
		maps.Copy(all, m)
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		s = append(s, value{name, all[name]})
	}
	return s
}

// Each calls visit with each of them, in the order of their names.
func (s Settings) Each(visit func(name, value string)) {
	for _, v := range s {
		visit(v.key, v.value)
	}
}

// Set sets the variables, to one value each.
func (s Settings) Set(v plugintypes.TransactionVariables) {
	if len(s) == 0 {
		return
	}
	values, own := data(v.TX()), slices.Clone(s) // what rules count up they change in place
	for i := range own {
		values[strings.ToLower(own[i].key)] = own[i : i+1 : i+1]
	}
}

// Request makes the lists of what a request's head has. It is called once, when all of that is there.
func Request(v plugintypes.TransactionVariables) {
	list(v.RequestHeaders())
	list(v.RequestCookies())
	listArgs(v)
}

// Body makes the lists of what a request's body has, if Request was called before.
func Body(v plugintypes.TransactionVariables) {
	if _, ok := data(v.ArgsPath())[All]; ok {
		listArgs(v)
		list(v.MultipartPartHeaders())
	}
}

// Response makes the list of what a response's head has.
func Response(v plugintypes.TransactionVariables) { list(v.ResponseHeaders()) }

// list makes the list of a collection, which may have an earlier one: a body that is not what its type says is read twice.
func list(col collection.Map) {
	values := data(col)
	delete(values, All)
	values[All] = appendValues(nil, values)
}

// listArgs keeps the list where nobody counts its length, which ARGS_COMBINED_SIZE does with the others.
func listArgs(v plugintypes.TransactionVariables) {
	data(v.ArgsPath())[All] = appendValues(appendValues([]value{}, data(v.ArgsGet())), data(v.ArgsPost()))
}

// appendValues appends values by their names, and those of one name in the order in which they came.
func appendValues(all []value, of map[string][]value) []value {
	n := 0
	for _, values := range of {
		n += len(values)
	}
	return appendNamed(slices.Grow(all, n), of, maps.Keys(of))
}

// appendNamed sorts values whose names differ in case by these: Coraza reads cookies into a map.
func appendNamed(all []value, of map[string][]value, names iter.Seq[string]) []value {
	sorted := slices.AppendSeq(make([]string, 0, len(of)), names)
	slices.Sort(sorted)
	for _, name := range sorted {
		first := len(all)
		all = append(all, of[name]...)
		slices.SortStableFunc(all[first:], func(a, b value) int { return cmp.Compare(a.key, b.key) })
	}
	return all
}
