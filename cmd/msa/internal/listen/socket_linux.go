//go:build linux && !386 && !s390x

package listen

import (
	"syscall"
	"unsafe"
)

// From Linux's asm-generic/socket.h, sock_diag.h and sockios.h; package syscall
// lacks them.
const (
	soRcvBufForce  = 33
	soMemInfo      = 55
	skMemInfoDrops = 8
	siocInQ        = 0x541b
)

// growReceiveBuffer asks for a receive buffer of size bytes and is what the
// kernel gave. With CAP_NET_ADMIN it may pass net.core.rmem_max.
func growReceiveBuffer(fd uintptr, size int) (int, error) {
	if syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, soRcvBufForce, size) != nil {
		if err := syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, size); err != nil {
			return 0, err
		}
	}
	got, err := syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF)
	return got / 2, err // the kernel doubles it for its own bookkeeping (man 7 socket)
}

// kernelDrops is how many datagrams the kernel has dropped because the receive
// buffer was full. SO_MEMINFO says it at any time, SO_RXQ_OVFL only with the next
// datagram. It needs Linux 4.12.
func kernelDrops(fd uintptr) (uint32, bool) {
	var info [skMemInfoDrops + 1]uint32
	size := uint32(unsafe.Sizeof(info))
	_, _, errno := syscall.Syscall6(syscall.SYS_GETSOCKOPT, fd, syscall.SOL_SOCKET, soMemInfo,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	return info[skMemInfoDrops], errno == 0 && size == uint32(unsafe.Sizeof(info))
}

// refuseNew makes the kernel take no more datagrams in for a UDP socket, and keep
// those that it has: a connected socket only hears its peer. The peer is the
// discard port of this host, which does not send.
func refuseNew(fd uintptr) error {
	local, err := syscall.Getsockname(int(fd))
	if err != nil {
		return err
	}
	const discard = 9
	if _, v4 := local.(*syscall.SockaddrInet4); v4 {
		return syscall.Connect(int(fd), &syscall.SockaddrInet4{Port: discard, Addr: [4]byte{127, 0, 0, 1}})
	}
	return syscall.Connect(int(fd), &syscall.SockaddrInet6{Port: discard, Addr: [16]byte{15: 1}})
}

// unread is how many bytes a TCP socket holds that were not read yet.
func unread(fd uintptr) int {
	var n int32
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, siocInQ, uintptr(unsafe.Pointer(&n)))
	if errno != 0 {
		return 0
	}
	return int(n)
}

// ready says whether a read or accept would find something, whatever Go's deadlines
// say: a late goroutine finds its deadline passed without having looked.
func ready(fd uintptr) bool {
	const pollIn = 1
	p := struct {
		fd              int32
		events, revents int16
	}{fd: int32(fd), events: pollIn}
	var atOnce syscall.Timespec
	n, _, errno := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&p)), 1, uintptr(unsafe.Pointer(&atOnce)), 0, 0, 0)
	return errno == 0 && n > 0
}
