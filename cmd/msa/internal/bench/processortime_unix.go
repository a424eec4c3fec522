//go:build unix

package bench

import (
	"syscall"
	"time"
)

// processorTime is what the process has used; 0 if it is unknown.
func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
