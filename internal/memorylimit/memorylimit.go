// Package memorylimit has Go's garbage collector know how much memory the process may have.
package memorylimit

import (
	"fmt"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// least is what rules and detectors need in any case: with less, the collector would run all the time and free nothing.
const least = 160 << 20 // bytes

// Follow sets the soft limit of Go's memory to a share (0 to 1) of the limit that the process's control group has, if it
// has one. $GOMEMLIMIT goes before it. With an error the limit stays as it is.
func Follow(share float64) error { return follow(share, memlimit.FromCgroup) }

func follow(share float64, limit memlimit.Provider) error {
	if _, err := memlimit.Set(memlimit.WithRatio(share), memlimit.WithMin(least), memlimit.WithProvider(limit)); err != nil {
		return fmt.Errorf("cannot follow the memory limit of the control group: %w", err)
	}
	return nil
}
