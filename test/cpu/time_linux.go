// Package cpu measures work by the time of the processor, in which what else the machine does is not.
package cpu

import (
	"fmt"
	"math"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// Time is that of the calling thread, which is locked.
func Time() time.Duration {
	const clockThreadCPUTime = 3
	var t syscall.Timespec
	if _, _, err := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockThreadCPUTime, uintptr(unsafe.Pointer(&t)), 0); err != 0 {
		panic(err)
	}
	return time.Duration(t.Nano())
}

// calibrated is the time of the calibration on the machine on which limits of time hold as they are: 2 virtual cores of
// an AMD EPYC at 2.6 GHz, with nothing else to do.
const calibrated = 9 * time.Millisecond

var (
	calibration = regexp.MustCompile(`(?i)(a|b)*[c-f]+(\d|x)+y`)
	standard    = strings.Repeat("ab ccd 12 ", 32<<10)
)

// Fastest is the least time of the calling thread that work takes, and the limit that goes for it now. What else the machine
// does takes caches away: so work is done up to five times, until it has clearly kept the limit. How fast the machine is now
// is looked at only where it matters.
func Fastest(longest time.Duration, work func()) (best, limit time.Duration) {
	const clearly = 2. / 3
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	best, limit = time.Hour, longest
	for try := 0; try < 5 && float64(best) > clearly*float64(limit); try++ {
		start := Time()
		work()
		if best = min(best, Time()-start); float64(best) > clearly*float64(limit) {
			limit = max(limit, Scaled(longest))
		}
	}
	return best, limit
}

// Scaled is a limit of time as it is on this machine now, going by what a fixed calculation takes there.
func Scaled(limit time.Duration) time.Duration {
	start := Time()
	calibration.MatchString(standard)
	return max(limit, time.Duration(float64(limit)*float64(Time()-start)/float64(calibrated)))
}

// Growth is how many times as long work of sixteen times the size takes, at least: 16 where it is in proportion, 256 where it
// goes by the square. What else the machine does takes caches away: so it is measured again where it is more than 64.
func Growth(size int, work func(size int)) float64 {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	took := func(size int) time.Duration {
		start := Time()
		work(size)
		return Time() - start
	}
	growth := math.Inf(1)
	for try := 0; try < 5 && growth > MostGrowth; try++ {
		short := max(took(size), took(size), leastMeasured)
		growth = min(growth, float64(took(16*size))/float64(short))
	}
	return growth
}

// leastMeasured is what work counts for that takes less: of that, new memory and the clock are the most.
const leastMeasured = 50 * time.Microsecond

// MostGrowth is what in proportion may come to, where memory is slower for more of it.
const MostGrowth = 64

// Worst is the work that comes nearest to its limit, or goes farthest beyond.
type Worst struct {
	name        string
	time, limit time.Duration
}

// Add adds what some work takes.
func (w *Worst) Add(name string, time, limit time.Duration) {
	if w.limit == 0 || float64(time)/float64(limit) > float64(w.time)/float64(w.limit) {
		*w = Worst{name, time, limit}
	}
}

func (w Worst) String() string {
	return fmt.Sprintf("at worst %s: takes %v, and may take %v now", w.name, w.time, w.limit)
}
