package interpreter

import (
	"strconv"
	"strings"

	"github.com/corazawaf/coraza/v3/experimental/plugins/macro"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
	"github.com/corazawaf/coraza/v3/types/variables"
)

// setvar is Coraza's action of that name.
type setvar struct {
	key, value macro.Macro
	collection variables.RuleVariable
	isRemove   bool
}

// assignment is a setvar. Nearly all set one variable to a text, or add to it a number or another variable; the
// rest is left to Coraza's own function.
type assignment struct {
	function plugintypes.Action
	name     string // in lower case; empty of the rest
	sign     int    // 0 of one that does not add
	text     string // that is set or added
	addend   string // the variable that is added instead, in lower case; empty without one
}

func newAssignment(f plugintypes.Action, of *setvar) assignment {
	a := assignment{function: f}
	if of.isRemove || of.value == nil || of.collection != variables.TX || strings.Contains(of.key.String(), "%{") {
		return a
	}
	text := of.value.String()
	switch text[:min(1, len(text))] {
	case "+":
		a.sign, text = 1, text[1:]
	case "-":
		a.sign, text = -1, text[1:]
	}
	if strings.Contains(text, "%{") {
		collection, name, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(text, "%{"), "}"), ".")
		if a.sign == 0 || !strings.EqualFold(collection, "tx") || strings.ContainsAny(name, "%{}") || text != "%{"+collection+"."+name+"}" {
			return a
		}
		a.addend = strings.ToLower(name)
	}
	a.name, a.text = strings.ToLower(of.key.String()), text
	return a
}

// assign does what an assignment says.
func (s *state) assign(a *assignment) {
	if a.name == "" || !s.tx.assign(a) {
		a.function.Evaluate(ruleNumber(0), s)
	}
}

// assign is ok but where it would have to do with texts that are no numbers.
func (t *txVars) assign(a *assignment) (ok bool) {
	value := a.text
	if a.sign != 0 {
		if a.addend != "" {
			of, ok := t.get(a.addend)
			if !ok {
				return false
			}
			value = of.value
		}
		n, err := strconv.Atoi(value)
		if err != nil {
			return false
		}
		sum := 0
		if now, _ := t.get(a.name); now.value != "" {
			if sum, err = strconv.Atoi(now.value); err != nil {
				return false
			}
		}
		value = strconv.Itoa(sum + a.sign*n)
	}
	t.put(a.name, variable{a.name, value})
	return true
}
