package behavior

import (
	"bytes"
	"encoding/gob"
	"fmt"
)

const sharedState = "/shared" // no detector is called so

// common state of all detectors.
type kept struct {
	Now       int64
	Templates map[uint64][]uint64
	Clients   saved[int64]
}

// keptDetector is a detector's state. Spec tells whether it may go on with it.
type keptDetector struct {
	Spec  []byte
	State []byte
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(v)
	return b.Bytes(), err
}

// fingerprint tells specifications apart that may not share a state.
func (s *Spec) fingerprint() []byte {
	c := *s
	c.Description, c.Severity, c.Tags, c.ID, c.accessors = "", "", nil, 0, nil
	return fmt.Appendf(nil, "%+v", c)
}

// Keep writes the state to its file, if it has one and there is anything new.
func (d *Detectors) Keep() error {
	if d.path == "" {
		return nil
	}
	return d.writeState(d.path)
}

// snapshot is the state in bytes, nil if there is nothing new.
func (d *Detectors) snapshot() (map[string][]byte, error) {
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
func (d *Detectors) encoded() (map[string][]byte, error) {
	values := map[string][]byte{}
	var err error
	if values[sharedState], err = encode(kept{d.clock.now, d.templates.Children, d.clients.save()}); err != nil {
		return nil, fmt.Errorf("cannot keep what the detectors share: %w", err)
	}
	for i := range d.all {
		r := &d.all[i]
		state, err := encode(r.save())
		if err == nil {
			values[r.spec.Name], err = encode(keptDetector{r.spec.fingerprint(), state})
		}
		if err != nil {
			return nil, fmt.Errorf("cannot keep the state of detector %s: %w", r.spec.Name, err)
		}
	}
	return values, nil
}

// decoded goes on with a state, or is left as it was.
func (d *Detectors) decoded(values map[string][]byte) error {
	fresh, err := New(d.specs)
	if err != nil {
		return err
	}
	var k kept
	if err := decode(values[sharedState], &k); err != nil {
		return err
	}
	fresh.clock.now = k.Now
	if k.Templates != nil {
		fresh.templates.Children = k.Templates
	}
	fresh.clients.restore(k.Clients)
	for i := range fresh.all {
		r := &fresh.all[i]
		value, ok := values[r.spec.Name]
		if !ok {
			continue
		}
		var one keptDetector
		if err := decode(value, &one); err != nil {
			return fmt.Errorf("detector %s: %w", r.spec.Name, err)
		}
		if !bytes.Equal(one.Spec, r.spec.fingerprint()) {
			continue // it looks for something else now
		}
		state := r.fresh()
		if err := decode(one.State, state); err != nil {
			return fmt.Errorf("detector %s: %w", r.spec.Name, err)
		}
		r.restore(state)
	}
	d.clock, d.templates, d.clients, d.all = fresh.clock, fresh.templates, fresh.clients, fresh.all
	return nil
}

func decode(data []byte, v any) error { return gob.NewDecoder(bytes.NewReader(data)).Decode(v) }
