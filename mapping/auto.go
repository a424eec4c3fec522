package mapping

import (
	"sync"
	"sync/atomic"
)

// Auto maps each record by the first preset whose fields it has. It is safe for
// concurrent use; the zero value is ready.
type Auto struct {
	byTag sync.Map // tag to the *Mapping that fitted last, which is tried first
	tags  atomic.Int32
}

// maxTags bounds what is remembered: some inputs make a tag for each file.
const maxTags = 4096

// Map is Mapping.Map with the preset that fits, or ErrUnmapped when none does.
func (a *Auto) Map(tag string, r Record, tx *Transaction) error {
	last, _ := a.byTag.Load(tag)
	if m, ok := last.(*Mapping); ok {
		if err := m.read(r, tx); err != nil {
			return err
		}
		if m.detects(tx) {
			return m.fill(tx)
		}
	}
	for _, m := range presets() {
		if m == last {
			continue
		}
		if err := m.read(r, tx); err != nil {
			return err
		}
		if !m.detects(tx) {
			continue
		}
		if last != nil || a.tags.Add(1) <= maxTags {
			a.byTag.Store(tag, m)
		}
		return m.fill(tx)
	}
	return ErrUnmapped
}
