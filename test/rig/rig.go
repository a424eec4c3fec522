// Package rig starts the real programs that the demo and the end-to-end tests run
// MSA with.
package rig

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// Root is the repository's directory.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}

// FluentBit is the path of a real Fluent Bit: $FLUENT_BIT, or from PATH.
func FluentBit() (string, bool) {
	name := os.Getenv("FLUENT_BIT")
	if name == "" {
		name = "fluent-bit"
	}
	path, err := exec.LookPath(name)
	return path, err == nil
}

// Patience is how long a test waits for what has to come. It is for tests that hang: how fast the machine is must not matter.
const Patience = 2 * time.Minute

// UDPQueue is how many bytes wait to be read from the socket that has a port of UDP, an error while none has.
func UDPQueue(port int) (waiting int, err error) {
	f, err := udpSocket(port)
	if err != nil {
		return 0, err
	}
	_, queued, _ := strings.Cut(f[4], ":")
	n, err := strconv.ParseInt(queued, 16, 64)
	return int(n), err
}

// UDPDrops is how many datagrams to a port of UDP found no room.
func UDPDrops(port int) (int, error) {
	f, err := udpSocket(port)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(f[len(f)-1])
}

// udpSocket is the line of the kernel's table that tells of a port: sl local_address rem_address st tx_queue:rx_queue …
// drops, queues in hexadecimal (man 5 proc).
func udpSocket(port int) ([]string, error) {
	for _, table := range []string{"/proc/net/udp", "/proc/net/udp6"} {
		text, err := os.ReadFile(table)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(text)) {
			if f := strings.Fields(line); len(f) >= 5 && strings.HasSuffix(f[1], fmt.Sprintf(":%04X", port)) {
				return f, nil
			}
		}
	}
	return nil, fmt.Errorf("nobody listens on port %d of UDP", port)
}

// TakenIn is an error while the other side's system has not taken in all that a connection was given.
func TakenIn(conn *net.TCPConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var left int32
	if err := raw.Control(func(fd uintptr) {
		// SIOCOUTQ of tcp(7) is TIOCOUTQ.
		_, _, _ = syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCOUTQ, uintptr(unsafe.Pointer(&left)))
	}); err != nil {
		return err
	}
	if left > 0 {
		return fmt.Errorf("%d bytes have not arrived", left)
	}
	return nil
}

// FreePort is a port of 127.0.0.1 that is free for UDP and for TCP, and that the kernel gives to nobody who connects: a
// test may leave it and come back.
func FreePort() (int, error) {
	const least = 10_000
	most := 32_768 // Linux's own default
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		if n, err := strconv.Atoi(strings.Fields(string(text) + " 0")[0]); err == nil && n > 2*least {
			most = n
		}
	}
	for range 1000 {
		port := least + rand.IntN(most-least)
		u, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		_ = u.Close()
		if err == nil {
			_ = l.Close()
			return port, nil
		}
	}
	return 0, fmt.Errorf("no port is free for both UDP and TCP")
}

// WithPorts is a shipped configuration with other ports in place of those given, so
// that it runs beside whatever the machine has on them.
func WithPorts(text string, ports map[int]int) string {
	for from, to := range ports {
		text = regexp.MustCompile(fmt.Sprintf(`\b%d\b`, from)).ReplaceAllString(text, fmt.Sprint(to))
	}
	return text
}

// Process is a program that runs.
type Process struct {
	cmd  *exec.Cmd
	out  Output
	done chan struct{}
	err  error
}

// Output collects what is written to it, by a program or a logger, and can be read
// meanwhile. The zero value is ready.
type Output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write never fails.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

// String is all that was written so far.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// Start runs a program in a directory.
func Start(dir, path string, args ...string) (*Process, error) {
	p := &Process{cmd: exec.Command(path, args...), done: make(chan struct{})}
	p.cmd.Dir = dir
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
	// A program that outlives a killed test would keep its ports.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // Pdeathsig is about the thread that started it
		err := p.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", path, err)
	}
	return p, nil
}

// Output is what it printed so far.
func (p *Process) Output() string { return p.out.String() }

// PID is its number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Signal sends it a signal.
func (p *Process) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

// Done is closed when it has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Running reports whether it has not ended.
func (p *Process) Running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// Kill ends it with SIGKILL. That it ended so is no error.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
	p.err = nil
}

// Stop ends it with SIGTERM, and with SIGKILL if it is not gone in time.
func (p *Process) Stop(timeout time.Duration) error {
	if !p.Running() {
		return p.err
	}
	if err := p.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-p.done:
		return p.err
	case <-time.After(timeout):
		_ = p.cmd.Process.Kill()
		<-p.done
		return fmt.Errorf("%s did not end within %v", p.cmd.Path, timeout)
	}
}

// WaitOutput waits until the program has printed a text.
func (p *Process) WaitOutput(text string, timeout time.Duration) error {
	return Wait(timeout, func() error {
		switch {
		case strings.Contains(p.Output(), text):
			return nil
		case !p.Running():
			return fmt.Errorf("%s ended (%s):\n%s", p.cmd.Path, fmt.Sprint(p.err), p.Output())
		default:
			return fmt.Errorf("%s did not print %q:\n%s", p.cmd.Path, text, p.Output())
		}
	})
}

// Dial opens a TCP connection to a port of the loopback that may not be open yet.
func Dial(port int) (c net.Conn, err error) {
	err = Wait(Patience, func() error {
		c, err = net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		return err
	})
	return c, err
}

// Wait calls check until it succeeds; the error is the last one.
func Wait(timeout time.Duration, check func() error) error {
	for end := time.Now().Add(timeout); ; time.Sleep(20 * time.Millisecond) {
		err := check()
		if err == nil || time.Now().After(end) {
			return err
		}
	}
}
