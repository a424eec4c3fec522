package memorylimit

import (
	"errors"
	"math"
	"runtime/debug"
	"testing"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

func TestFollow(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	const was = 300 << 20
	for _, c := range []struct {
		name  string
		env   string
		limit memlimit.Provider
		want  int64
		fails bool
	}{
		{"a share", "", memlimit.Limit(1000 << 20), 600 << 20, false},
		{"never too little", "", memlimit.Limit(100 << 20), least, false},
		{"set by hand", "300MiB", memlimit.Limit(1000 << 20), was, false},
		{"no limit", "", func() (uint64, error) { return 0, memlimit.ErrNoLimit }, math.MaxInt64, false},
		{"unreadable", "", func() (uint64, error) { return 0, errors.New("no") }, was, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			debug.SetMemoryLimit(was)
			if c.env != "" {
				t.Setenv("GOMEMLIMIT", c.env)
			}
			err := follow(0.6, c.limit)
			if got := debug.SetMemoryLimit(-1); got != c.want || (err != nil) != c.fails {
				t.Errorf("got %d and %v, want %d", got, err, c.want)
			}
		})
	}
}
