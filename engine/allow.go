package engine

import (
	"fmt"
	"reflect"

	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
)

// allow is the action of that name: the rules behind it are not applied any more, in the phase, in the phases of the
// request, or at all. It is the oldest way of a whitelist. Coraza's has no effect where the engine only detects.
type allow struct{ scope int64 }

// Coraza's scopes, in its internal package corazatypes.
const (
	allowAll int64 = iota + 1
	allowPhase
	allowRequest
)

// Init implements [plugintypes.Action].
func (a *allow) Init(_ plugintypes.RuleMetadata, data string) error {
	switch data {
	case "":
		a.scope = allowAll
	case "phase":
		a.scope = allowPhase
	case "request":
		a.scope = allowRequest
	default:
		return fmt.Errorf("allow can't have the argument %q", data)
	}
	return nil
}

// Evaluate implements [plugintypes.Action].
func (a *allow) Evaluate(_ plugintypes.RuleMetadata, tx plugintypes.TransactionState) {
	// The transaction's own method looks at the engine's mode first; its field has no interface.
	reflect.ValueOf(tx).Elem().FieldByName("AllowType").SetInt(a.scope)
}

// Type implements [plugintypes.Action].
func (a *allow) Type() plugintypes.ActionType { return plugintypes.ActionTypeDisruptive }
