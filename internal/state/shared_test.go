package state

import (
	"errors"
	"slices"
	"testing"
)

// unkept can't be kept.
type unkept struct{}

var errUnkept = errors.New("cannot be kept")

func (*unkept) SaveState() error { return errUnkept }

// What can't be kept is told to one who still uses it, whoever has opened it first: after a reload nobody reads the log of the
// instance before.
func TestWarningsGoToUsers(t *testing.T) {
	var s Shared[*unkept]
	var warned []string
	open := func(name string) func() {
		_, done, err := s.Open(Wanted[*unkept]{
			Is: func(*unkept) bool { return true }, Precedes: func(*unkept) bool { return true },
			New:  func(*unkept) (*unkept, error) { return new(unkept), nil },
			Warn: func(err error) { warned = append(warned, name+" "+err.Error()) },
		})
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	before, after := open("before"), open("after")
	u := s.open[0]
	before()
	s.save(u)
	third := open("third")
	third()
	s.save(u)
	after()
	want := []string{"after cannot be kept", "after cannot be kept", "after cannot be kept"}
	if !slices.Equal(warned, want) {
		t.Errorf("warned are %q, want %q", warned, want)
	}
}
