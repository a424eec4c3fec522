package behavior

import (
	"reflect"
	"slices"

	"github.com/modsecurity-for-anylog/msa/internal/state"
)

// shared are the detectors of the process: two pipelines with the same ones see each other's records.
var shared state.Shared[*Detectors]

// Open returns the detectors of a source with the state that is kept in a file, or those that are open already. A
// state that is damaged is set aside, and so is warned of. With path empty the state ends with the process.
func Open(source, path string, warn func(error)) (*Detectors, func(), error) {
	specs, err := Load(source)
	if err != nil {
		return nil, nil, err
	}
	return shared.Open(state.Wanted[*Detectors]{
		Is: func(d *Detectors) bool {
			return d.source == source && d.path == path && slices.EqualFunc(d.specs, specs, func(a, b Spec) bool { return a.same(&b) && a.ID == b.ID })
		},
		Precedes: func(d *Detectors) bool { return d.source == source },
		New: func(before *Detectors) (*Detectors, error) {
			d, err := New(specs)
			if err != nil {
				return nil, err
			}
			switch {
			case before != nil: // the file was changed, or it is loaded again
				err = d.inherit(before)
			case path != "":
				err = load(path, d.decoded, &d.dropped)
			}
			if err != nil {
				warn(err)
			}
			d.source, d.path = source, path
			return d, nil
		},
		Warn: warn,
	})
}

// same reports whether a detector of another file may go on with the state of this one.
func (s *Spec) same(other *Spec) bool {
	a, b := *s, *other
	a.Description, a.Severity, a.Tags, a.ID = "", "", nil, 0
	b.Description, b.Severity, b.Tags, b.ID = "", "", nil, 0
	a.accessors, b.accessors = nil, nil
	return reflect.DeepEqual(a, b)
}

// inherit goes on with the state of other detectors, as far as they are the same. It is a copy, as the others may
// still be in use.
func (d *Detectors) inherit(from *Detectors) error {
	from.mu.Lock()
	values, err := from.encoded()
	from.mu.Unlock()
	if err != nil {
		return err
	}
	return d.decoded(values)
}
