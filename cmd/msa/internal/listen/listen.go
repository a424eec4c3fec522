// Package listen receives JSON records over UDP and TCP and hands each on as an
// event. Bad input is counted and logged, and never stops a listener.
package listen

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/modsecurity-for-anylog/msa/internal/event"
	"github.com/modsecurity-for-anylog/msa/internal/tally"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// MaxRecord is how long one record may be over TCP, and all that a datagram or a
// set of GELF chunks holds once it is decompressed, in bytes.
const MaxRecord = 16 << 20

// Causes of lost input, as they are logged.
const (
	causeJSON       = "invalid JSON"
	causeCompressed = "invalid compression"
	causeInflated   = "too long when decompressed"
	causeChunk      = "invalid GELF chunk"
	causeIncomplete = "GELF chunks missing"
	causeMemory     = "too much waits to be completed"
	causeKernel     = "receive buffer full"
)

// Config is what the listeners of a process share.
type Config struct {
	Put   func(event []byte) // may wait; the event is only valid during the call
	Log   *slog.Logger
	Tally *tally.Tally
}

// Listener receives until it is closed.
type Listener interface {
	// Serve receives. It returns when the listener is closed and all that had
	// arrived by then has been put.
	Serve()
	// Close makes Serve take in what has arrived, and no more. It does not wait.
	Close()
	// Addr is the address that is listened on.
	Addr() net.Addr
}

// Open listens on an address like udp://:15155 or tcp://[::1]:15155. The schemes
// udp4, udp6, tcp4 and tcp6 leave the other IP version alone.
func Open(address string, config Config) (Listener, error) {
	network, hostPort, ok := strings.Cut(address, "://")
	if !ok {
		return nil, fmt.Errorf("cannot listen on %q: expected udp://host:port or tcp://host:port", address)
	}
	var l Listener
	var err error
	switch network {
	case "udp", "udp4", "udp6":
		l, err = openUDP(network, hostPort, config)
	case "tcp", "tcp4", "tcp6":
		l, err = openTCP(network, hostPort, config)
	default:
		err = fmt.Errorf("scheme %q is none of udp, udp4, udp6, tcp, tcp4, tcp6", network)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %q: %w", address, bare(err))
	}
	return l, nil
}

// bare drops the address that net puts before the cause and that the caller says anyway.
func bare(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// bad counts input that is lost.
func (c *Config) bad(cause string, from net.Addr, err error) {
	c.Tally.Add(slog.LevelWarn, "input lost", cause, 1, "from", from, "error", err)
}

// records puts what records Next finds in data, and is how much of data is done
// with. scratch is for the event and comes back for the next call.
func (c *Config) records(s *mapping.JSONSplitter, data []byte, atEOF bool, from net.Addr, scratch []byte) (consumed int, _ []byte) {
	for {
		record, n, err := s.Next(data[consumed:], atEOF)
		consumed += n
		if err == nil && record == nil {
			return consumed, scratch
		}
		if err == nil {
			if scratch, err = event.AppendRecord(scratch[:0], time.Now(), record); err == nil {
				c.Put(scratch)
			}
		}
		if err != nil {
			c.bad(causeJSON, from, err)
		}
		if cap(scratch) > 1<<20 {
			scratch = nil // one huge record must not be held for ever
		}
	}
}

// waiting says whether a socket has something for us.
func waiting(socket syscall.Conn) (is bool) {
	if raw, err := socket.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { is = ready(fd) })
	}
	return is
}
