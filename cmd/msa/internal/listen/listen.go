// Package listen receives JSON records over UDP and TCP and hands each on as an
// event. Bad input is counted and logged, and never stops a listener.
package listen

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"github.com/modsecurity-for-anylog/msa/internal/event"
	"github.com/modsecurity-for-anylog/msa/internal/ratelog"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// MaxRecord is how long one record may be over TCP, in bytes.
const MaxRecord = 16 << 20

// RateLog of lost input, as they are logged.
const (
	causeJSON       = "invalid JSON"
	causeCompressed = "invalid compression"
	causeInflated   = "too long when decompressed"
	causeUTF16      = "UTF-16"
	causeRecords    = "too many records in a datagram"
	causeFull       = "too much from this sender waits to be inspected"
	causeChunk      = "invalid GELF chunk"
	causeIncomplete = "GELF chunks missing"
	causeMemory     = "too many incomplete messages"
	causeKernel     = "receive buffer full"
)

// Config is what the listeners of a process share.
type Config struct {
	// Put takes in a sender's event, which is only valid during the call. While there is no room it waits if it may,
	// and is false otherwise.
	Put      func(from netip.AddrPort, event []byte, wait bool) bool
	Datagram Limits
	Log      *slog.Logger
	RateLog  *ratelog.Logger
}

// Limits are those of one datagram, or one set of GELF chunks: nobody may keep the others waiting with it.
type Limits struct {
	Records int
	Bytes   int // once it is decompressed
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
		err = fmt.Errorf("scheme %q is not one of udp, udp4, udp6, tcp, tcp4, tcp6", network)
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
func (c *Config) bad(cause string, from netip.AddrPort, err error) {
	c.RateLog.Add(slog.LevelWarn, "input lost", cause, 1, "from", from, "error", err)
}

// records hands on what records Next finds in data, broken ones as an error, until each says that it is enough. It is how
// much of data is done with.
func records(s *mapping.JSONSplitter, data []byte, atEOF bool, each func(record []byte, err error) (goOn bool)) (consumed int) {
	for {
		record, n, err := s.Next(data[consumed:], atEOF)
		consumed += n
		if err == nil && record == nil || !each(record, err) {
			return consumed
		}
	}
}

// source puts the records of one sender.
type source struct {
	*Config
	from    netip.AddrPort
	scratch []byte // for events
}

// put puts a record, or counts it if it is broken. It is false if there is no room for it.
func (s *source) put(record []byte, err error, wait bool) (fits bool) {
	fits = true
	if err == nil {
		if s.scratch, err = event.AppendRecord(s.scratch[:0], time.Now(), record); err == nil {
			fits = s.Put(s.from, s.scratch, wait)
		}
	}
	if err != nil {
		s.bad(causeJSON, s.from, err)
	}
	if cap(s.scratch) > 1<<20 {
		s.scratch = nil // one huge record must not be held for ever
	}
	return fits
}

// waiting says whether a socket has something for us.
func waiting(socket syscall.Conn) (is bool) {
	if raw, err := socket.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { is = ready(fd) })
	}
	return is
}
