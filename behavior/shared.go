package behavior

import (
	"reflect"
	"slices"
	"sync"
	"time"
)

// shared are the detectors of the process: two pipelines with the same ones see each other's records.
var shared struct {
	mu   sync.Mutex
	open []*use
	last *use // those that were closed last, for a configuration that is loaded next
}

type use struct {
	*Detectors
	source string
	users  int
	stop   chan struct{}
	done   sync.WaitGroup
}

// keepEvery is how often the state is kept while records come.
const keepEvery = 5 * time.Minute

// Open returns the detectors of a source with the state that is kept in a file, or those that are open already. A
// state that is damaged is set aside, and so is warned of. With path empty the state ends with the process.
func Open(source, path string, warn func(error)) (*Detectors, func(), error) {
	specs, err := Load(source)
	if err != nil {
		return nil, nil, err
	}
	shared.mu.Lock()
	defer shared.mu.Unlock()
	for _, u := range shared.open {
		if u.source == source && u.path == path && slices.EqualFunc(u.specs, specs, func(a, b Spec) bool { return a.same(&b) && a.ID == b.ID }) {
			u.users++
			return u.Detectors, func() { u.close(warn) }, nil
		}
	}
	d, err := New(specs)
	if err != nil {
		return nil, nil, err
	}
	from := shared.last
	for _, u := range shared.open {
		if u.source == source {
			from = u
		}
	}
	switch {
	case from != nil && from.source == source:
		if err := d.inherit(from.Detectors); err != nil { // the file was changed, or it is loaded again
			warn(err)
		}
	case path != "":
		if err := d.readState(path); err != nil {
			warn(err)
		}
	}
	shared.last = nil
	d.path = path
	u := &use{Detectors: d, source: source, users: 1, stop: make(chan struct{})}
	shared.open = append(shared.open, u)
	if path != "" {
		u.done.Add(1)
		go u.keep(warn)
	}
	return d, func() { u.close(warn) }, nil
}

// keep writes the state now and then.
func (u *use) keep(warn func(error)) {
	defer u.done.Done()
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	for {
		select {
		case <-u.stop:
			return
		case <-tick.C:
			if err := u.Keep(); err != nil {
				warn(err)
			}
		}
	}
}

// close ends one use. With the last the state is kept.
func (u *use) close(warn func(error)) {
	shared.mu.Lock()
	u.users--
	last := u.users == 0
	if last {
		shared.open = slices.DeleteFunc(shared.open, func(o *use) bool { return o == u })
		shared.last = u
	}
	shared.mu.Unlock()
	if !last {
		return
	}
	close(u.stop)
	u.done.Wait()
	if err := u.Keep(); err != nil {
		warn(err)
	}
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
