package behavior

import (
	"bytes"
	"fmt"
	"maps"
	"strings"

	"github.com/modsecurity-for-anylog/msa/internal/state"
)

const sharedState = "/shared" // the section of what detectors share

// common state of all detectors.
type kept struct {
	Now     int64
	Paths   savedTemplates
	Sources saved[client]
	Roles   saved[role]
}

// keptDetector is a detector's state. Spec tells whether it may go on with it.
type keptDetector struct {
	Spec  []byte
	State []byte
}

// load reads the state that is kept in a file. It fails, too, if decode has dropped values that can't be: they are not the
// whole state, with which it goes on.
func load(path string, decode func(state.Sections) error, dropped *int) error {
	file := state.At(path)
	if err := file.Load(decode); err != nil {
		return err
	}
	return file.Incomplete(*dropped)
}

// fingerprint tells specifications apart that may not share a state. It has the names of all fields of Spec: with one
// more, no detector goes on with the state of an older version.
func (s *Spec) fingerprint() []byte {
	c := *s
	c.Description, c.Severity, c.Tags, c.ID, c.accessors = "", "", nil, 0, nil
	return fmt.Appendf(nil, "%+v", c)
}

// SaveState writes the state to its file, if it has one and there is anything new.
func (d *Detectors) SaveState() error {
	if d.path == "" {
		return nil
	}
	return d.writeState(state.At(d.path))
}

// writeState keeps the state in a file, or leaves it as it was.
func (d *Detectors) writeState(file state.File) error {
	values, err := d.snapshot()
	if err != nil || values == nil {
		return err
	}
	return file.Change(func(all state.Sections) {
		maps.DeleteFunc(all, func(name string, _ []byte) bool { return name == sharedState || !strings.HasPrefix(name, "/") })
		maps.Copy(all, values)
	})
}

// snapshot is the state in bytes, nil if there is nothing new.
func (d *Detectors) snapshot() (state.Sections, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.changed {
		return nil, nil
	}
	values, err := d.encoded()
	d.changed = err != nil
	return values, err
}

// encoded is the state in bytes: a value for each detector, and one for what they share. d is locked.
func (d *Detectors) encoded() (state.Sections, error) {
	values := state.Sections{}
	var err error
	if values[sharedState], err = state.Encode(kept{d.clock.Now, d.templates.save(), d.clients.all.save(), d.clients.roles.save()}); err != nil {
		return nil, fmt.Errorf("cannot keep what the detectors share: %w", err)
	}
	for i := range d.all {
		r := &d.all[i]
		kept, err := state.Encode(r.save())
		if err == nil {
			values[r.spec.Name], err = state.Encode(keptDetector{r.spec.fingerprint(), kept})
		}
		if err != nil {
			return nil, fmt.Errorf("cannot keep the state of detector %s: %w", r.spec.Name, err)
		}
	}
	return values, nil
}

// CheckState fails if a state can't be gone on with by the detectors of a source, or by a memory, and tells how many of its
// values can't be. The source is "" for none.
func CheckState(source string, values state.Sections) (dropped int, err error) {
	m := NewMemory()
	if err := m.decode(values); err != nil || source == "" {
		return m.dropped, err
	}
	specs, err := Load(source)
	if err != nil {
		return 0, err
	}
	d, err := New(specs)
	if err != nil {
		return 0, err
	}
	err = d.decoded(values)
	return m.dropped + d.dropped, err
}

// decoded goes on with a state, or is left as it was.
func (d *Detectors) decoded(values state.Sections) error {
	fresh, err := New(d.specs)
	if err != nil {
		return err
	}
	if values[sharedState] == nil {
		return nil // the file is of other parts of MSA alone
	}
	var k kept
	if err := state.Decode(values[sharedState], &k); err != nil {
		return err
	}
	fresh.clock.Restore(k.Now)
	dropped := fresh.templates.restore(k.Paths) + fresh.clients.all.restore(k.Sources) + fresh.clients.roles.restore(k.Roles)
	for i := range fresh.all {
		r := &fresh.all[i]
		value, ok := values[r.spec.Name]
		if !ok {
			continue
		}
		var one keptDetector
		if err := state.Decode(value, &one); err != nil {
			return fmt.Errorf("detector %s: %w", r.spec.Name, err)
		}
		if !bytes.Equal(one.Spec, r.spec.fingerprint()) {
			continue // it looks for something else now
		}
		past := r.fresh()
		if err := state.Decode(one.State, past); err != nil {
			return fmt.Errorf("detector %s: %w", r.spec.Name, err)
		}
		dropped += r.restore(past)
	}
	d.dropped = dropped
	d.clock, d.templates, d.clients, d.all = fresh.clock, fresh.templates, fresh.clients, fresh.all
	return nil
}
