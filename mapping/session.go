package mapping

import (
	"github.com/goccy/go-yaml/ast"
)

// sessionSpec says which records are of one exchange that may last for days, such as a shell in a container: the log tells of
// it when it begins, and again when it ends.
type sessionSpec struct {
	id     field
	begins []condition
}

func (y *yamlReader) session(into *sessionSpec) func(ast.Node) error {
	return func(node ast.Node) error {
		if err := y.members(node, "session", readers{"id": y.fieldInto(&into.id), "begins": y.conditions(&into.begins)}); err != nil {
			return err
		}
		if !into.id.isSet() || len(into.begins) == 0 {
			return positioned(node, "session needs id, the field that all records of an exchange share, and begins, the conditions for its first one")
		}
		return nil
	}
}

// fillSession reads what tells records of the same exchange, and users of the same credential, from others.
func (m *Mapping) fillSession(tx *Transaction) {
	if m.client.credential.isSet() {
		tx.Credential = m.text(tx, &m.client.credential)
	}
	if m.session.id.isSet() {
		tx.Session = m.text(tx, &m.session.id)
		tx.SessionBegins = allHold(m.session.begins, tx)
	}
}
