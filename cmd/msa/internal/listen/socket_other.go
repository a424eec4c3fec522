//go:build !linux || 386 || s390x

package listen

import "errors"

// Elsewhere than on Linux the kernel's drops stay unknown and what has arrived is
// read until nothing comes for a moment.

func growReceiveBuffer(uintptr, int) (int, error) { return 0, errors.ErrUnsupported }

func kernelDrops(uintptr) (uint32, bool) { return 0, false }

func refuseNew(uintptr) error { return errors.ErrUnsupported }

func unread(uintptr) int { return 0 }

func ready(uintptr) bool { return false }
