package behavior

import (
	"bytes"
	"crypto/sha256"
	"encoding/gob"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// The state is one file: this line, the SHA-256 of what follows, and a map with a value for each detector and one for
// what they share. It is no database that is mapped into memory, as one of these that is cut would
// end the process with a bus error.
const stateMagic = "MSA behavior 1\n"

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

// writeState keeps the state in a file, or leaves it as it was.
func (d *Detectors) writeState(path string) error {
	values, err := d.snapshot()
	if err != nil || values == nil {
		return err
	}
	if err := write(path, values); err != nil {
		return fmt.Errorf("cannot keep the detectors' state in %q: %w", path, err)
	}
	return nil
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

// write replaces the file at once, so that it is whole whenever the process ends.
func write(path string, values map[string][]byte) error {
	data, err := encode(values)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // for its owner alone
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	for _, part := range [][]byte{[]byte(stateMagic), sum[:], data} {
		if err == nil {
			_, err = f.Write(part)
		}
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// readState goes on with a state that was kept. A file that can't be read is renamed, so that a new one can
// take its place; the detectors then are as new.
func (d *Detectors) readState(path string) error {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	err := d.read(path)
	if err == nil {
		return nil
	}
	aside := path + ".unreadable"
	if err2 := os.Rename(path, aside); err2 != nil {
		return fmt.Errorf("cannot read the detectors' state %q, nor set it aside: they begin anew: %w", path, errors.Join(err, err2))
	}
	return fmt.Errorf("cannot read the detectors' state %q: it is set aside as %q, and they begin anew: %w", path, aside, err)
}

func (d *Detectors) read(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text, ok := bytes.CutPrefix(text, []byte(stateMagic))
	if !ok {
		return errors.New("it is no state of this version")
	}
	if len(text) < sha256.Size || sha256.Sum256(text[sha256.Size:]) != [sha256.Size]byte(text) {
		return errors.New("it is not whole")
	}
	var values map[string][]byte
	if err := decode(text[sha256.Size:], &values); err != nil {
		return err
	}
	return d.decoded(values)
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
