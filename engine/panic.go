package engine

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// RulePanic is a rule at which Coraza has panicked: it was not applied to the transaction, as if it were not there.
type RulePanic struct {
	Rule int
	Text string // of the panic
}

// Error implements error.
func (p *RulePanic) Error() string {
	return fmt.Sprintf("Coraza panics at rule %d: %s", p.Rule, p.Text)
}

// maxPanics is how many rules a transaction may cost: beyond that it is not inspected.
const maxPanics = 8

// panicked is the error of a panic that was recovered from: a RulePanic if a rule was being evaluated. It is called
// while the stack is still there.
func panicked(tx transaction, recovered any) error {
	err := fmt.Errorf("rules engine failed: %v", recovered)
	if !evaluatingRule() {
		return err
	}
	ids := tx.Variables().Rule().Get("id") // set before anything of a rule is looked at
	if len(ids) == 0 {
		return err
	}
	id, convErr := strconv.Atoi(ids[0])
	if convErr != nil {
		return err
	}
	return &RulePanic{id, fmt.Sprint(recovered)}
}

// evaluatingRule reports whether Coraza is evaluating a rule, as the stack says.
func evaluatingRule() bool {
	pcs := make([]uintptr, 256)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs)])
	for {
		frame, more := frames.Next()
		if strings.HasSuffix(frame.Function, "/corazawaf.(*Rule).Evaluate") {
			return true
		}
		if !more {
			return false
		}
	}
}

// addPanic adds a rule that is not among the panics yet.
func (v *Verdict) addPanic(p RulePanic) {
	if !slices.Contains(v.Panics, p) {
		v.Panics = append(v.Panics, p)
	}
}
