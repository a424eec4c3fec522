package order

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/corazawaf/coraza/v3/collection"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
	"github.com/corazawaf/coraza/v3/types/variables"

	"github.com/modsecurity-for-anylog/msa/engine/internal/compiled"
)

// Few rules look at values by a pattern of their names, or at a variable that changes with each match, as MATCHED_VARS does. For
// these a list is made when it is asked for: the rule is given a target more, in front, whose one value is no value of the
// request, and an operator that makes the lists when it is given that value, and says that it does not match.
//
// A rule with multiMatch is left alone, as it makes several values of one.

// first is the target in front: how many values there are of a name that no value has.
var first = target{Count: true, Variable: variables.ArgsPath, KeyStr: none}

// listed is the name of the nth list that is made when a rule asks. Rules that are left alone look at names by patterns, and
// count by them: a dot fits no line feed, and nor does what people look for in names.
func listed(n int) string { return All + strings.Repeat(All, n) }

// matched is that of MATCHED_VARS, whose names are made by Coraza: messages about how many there are quote it.
const matched = All + "matched "

// IsList reports whether a name is that of a list.
func IsList(name string) bool {
	return name != "" && strings.Trim(name, All) == "" || strings.HasPrefix(name, matched)
}

// asked is one list that a rule asks for.
type asked struct {
	of      func(plugintypes.TransactionVariables) collection.Map
	pattern *regexp.Regexp // nil for all names
	name    string         // under which it is
}

// lister is an operator that makes lists before it operates.
type lister struct {
	plugintypes.Operator
	negated bool
	lists   []asked
}

// Evaluate implements [plugintypes.Operator].
func (l *lister) Evaluate(tx plugintypes.TransactionState, value string) bool {
	v := tx.Variables()
	if _, ok := data(l.lists[0].of(v))[l.lists[0].name]; ok {
		return l.Operator.Evaluate(tx, value)
	}
	for i := range l.lists {
		l.lists[i].make(v)
	}
	return l.negated
}

func (a *asked) make(v plugintypes.TransactionVariables) {
	col := a.of(v)
	from := []map[string][]value{data(col)}
	isList := IsList
	if col == v.ArgsPath() { // which has nothing but lists
		from = []map[string][]value{data(v.ArgsGet()), data(v.ArgsPost())}
		isList = func(string) bool { return false }
	}
	all := []value{}
	for _, of := range from {
		all = appendNamed(all, of, func(yield func(string) bool) {
			for name := range of {
				if (a.pattern == nil || a.pattern.MatchString(name)) && !isList(name) && !yield(name) {
					return
				}
			}
		})
	}
	data(col)[a.name] = all
}

// askable are the variables whose lists can be made when a rule asks, and where these are.
var askable = map[variables.RuleVariable]func(plugintypes.TransactionVariables) collection.Map{
	variables.Args:                 plugintypes.TransactionVariables.ArgsPath,
	variables.ArgsNames:            plugintypes.TransactionVariables.ArgsPath,
	variables.RequestCookies:       plugintypes.TransactionVariables.RequestCookies,
	variables.RequestCookiesNames:  plugintypes.TransactionVariables.RequestCookies,
	variables.RequestHeaders:       plugintypes.TransactionVariables.RequestHeaders,
	variables.RequestHeadersNames:  plugintypes.TransactionVariables.RequestHeaders,
	variables.ResponseHeaders:      plugintypes.TransactionVariables.ResponseHeaders,
	variables.ResponseHeadersNames: plugintypes.TransactionVariables.ResponseHeaders,
	variables.MultipartPartHeaders: plugintypes.TransactionVariables.MultipartPartHeaders,
	variables.MatchedVars:          plugintypes.TransactionVariables.MatchedVars,
	variables.MatchedVarsNames:     plugintypes.TransactionVariables.MatchedVars,
	variables.TX:                   plugintypes.TransactionVariables.TX,
}

// ask lets a rule ask for the lists that it needs. n numbers lists.
func ask(rule reflect.Value, targets *[]target, n *int) {
	op := *compiled.Field[*compiled.Operator](rule, "operator")
	if op == nil || rule.FieldByName("MultiMatch").Bool() {
		return
	}
	var lists []asked
	for i := range *targets {
		t := &(*targets)[i]
		of, ok := askable[t.Variable]
		isOfMatches := t.Variable == variables.MatchedVars || t.Variable == variables.MatchedVarsNames
		countsLists := isOfMatches || t.Variable == variables.TX && t.KeyRx == nil
		if !ok || t.KeyRx == nil && t.KeyStr != "" || t.Count && !countsLists {
			continue
		}
		*n++
		name := listed(*n)
		if isOfMatches {
			name = matched + strconv.Itoa(*n)
		}
		lists = append(lists, asked{of, t.KeyRx, name})
		t.KeyStr, t.KeyRx = name, nil
	}
	if lists == nil {
		return
	}
	op.Operator = &lister{op.Operator, op.Negation, lists}
	*targets = append([]target{first}, *targets...)
}
