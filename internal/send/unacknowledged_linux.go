package send

import (
	"net"
	"syscall"
	"unsafe"
)

// unacknowledged is how many bytes the receiver's system has not taken in yet; 0
// where that can't be told.
func unacknowledged(conn net.Conn) int {
	c, ok := plain(conn).(syscall.Conn)
	if !ok {
		return 0
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return 0
	}
	var bytes int32
	_ = raw.Control(func(fd uintptr) {
		// SIOCOUTQ of tcp(7) and unix(7) is TIOCOUTQ; after an error bytes is 0.
		_, _, _ = syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCOUTQ, uintptr(unsafe.Pointer(&bytes)))
	})
	return int(bytes)
}
