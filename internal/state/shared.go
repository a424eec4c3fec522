package state

import (
	"slices"
	"sync"
	"time"
)

// Kept is what is shared. SaveState writes its state, if it has a file and there is anything new; it is called at times and
// with the last use.
type Kept interface {
	comparable
	SaveState() error
}

// Shared is what those of a process who want the same one have together. The zero value is ready.
type Shared[T Kept] struct {
	mu   sync.Mutex
	open []*use[T]
	last *use[T] // that which was closed last, for a configuration that is loaded next
}

type use[T Kept] struct {
	of    T
	users []*Wanted[T]
	stop  chan struct{}
	done  sync.WaitGroup
}

// keepEvery is how often the state is kept while records come.
const keepEvery = 5 * time.Minute

// Wanted says what is wanted of Shared.
type Wanted[T Kept] struct {
	Is       func(T) bool       // what is open may be used
	Precedes func(T) bool       // its state may be gone on with
	New      func(T) (T, error) // makes one that goes on with another; that is zero without one
	Warn     func(error)        // of what can't be kept
}

// Open is what is wanted, and what ends its use.
func (s *Shared[T]) Open(w Wanted[T]) (T, func(), error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.open {
		if w.Is(u.of) {
			u.users = append(u.users, &w)
			return u.of, func() { s.close(u, &w) }, nil
		}
	}
	var before, none T
	if s.last != nil && w.Precedes(s.last.of) {
		before = s.last.of
	}
	for _, u := range s.open {
		if w.Precedes(u.of) {
			before = u.of
		}
	}
	made, err := w.New(before)
	if err != nil {
		return none, nil, err
	}
	s.last = nil
	u := &use[T]{of: made, users: []*Wanted[T]{&w}, stop: make(chan struct{})}
	s.open = append(s.open, u)
	u.done.Add(1)
	go s.keep(u)
	return made, func() { s.close(u, &w) }, nil
}

// keep writes the state now and then.
func (s *Shared[T]) keep(u *use[T]) {
	defer u.done.Done()
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	for {
		select {
		case <-u.stop:
			return
		case <-tick.C:
			s.save(u)
		}
	}
}

// save writes the state. What goes wrong is told to whoever has opened it last and still uses it: nobody reads the log of those
// that have gone.
func (s *Shared[T]) save(u *use[T]) {
	err := u.of.SaveState()
	if err == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(u.users); n > 0 {
		u.users[n-1].Warn(err)
	}
}

// close ends one use. With the last the state is kept.
func (s *Shared[T]) close(u *use[T], w *Wanted[T]) {
	s.mu.Lock()
	u.users = slices.DeleteFunc(u.users, func(other *Wanted[T]) bool { return other == w })
	last := len(u.users) == 0
	if last {
		s.open = slices.DeleteFunc(s.open, func(o *use[T]) bool { return o == u })
		s.last = u
	}
	s.mu.Unlock()
	if !last {
		return
	}
	close(u.stop)
	u.done.Wait()
	if err := u.of.SaveState(); err != nil {
		w.Warn(err)
	}
}
