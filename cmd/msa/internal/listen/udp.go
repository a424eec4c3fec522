package listen

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

const (
	// receiveBuffer holds about ten thousand records while the engine is busy.
	receiveBuffer = 16 << 20
	maxDatagram   = 64 << 10
	// tick is how often expired chunks are looked for.
	tick = time.Second
	// quiet is how long nothing may come at the end before all is taken as read.
	quiet = 10 * time.Millisecond
	// drainUnsure bounds the end where the socket can't be kept from new datagrams.
	drainUnsure = 500 * time.Millisecond
)

type udp struct {
	Config
	conn     *net.UDPConn
	raw      syscall.RawConn
	inflater inflater
	chunks   assembler
	source   source // of the datagram at hand

	mu      sync.Mutex // over read deadlines: the end's must not be moved
	closing atomic.Bool
	until   time.Time // with closing: when to stop reading, or zero
}

func openUDP(network, address string, config Config) (*udp, error) {
	var got int
	var bufferErr error
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { got, bufferErr = growReceiveBuffer(fd, receiveBuffer) })
	}}
	conn, err := lc.ListenPacket(context.Background(), network, address)
	if err != nil {
		return nil, err
	}
	u := newUDP(config, conn.(*net.UDPConn))
	if u.raw, err = u.conn.SyscallConn(); err != nil {
		_ = conn.Close()
		return nil, err
	}
	switch {
	case bufferErr != nil:
		config.Log.Warn("cannot set receive buffer", "listen", u.Addr(), "error", bufferErr)
	case got < receiveBuffer:
		config.Log.Warn("receive buffer is smaller than asked for; raise net.core.rmem_max", "listen", u.Addr(), "bytes", got, "asked", receiveBuffer)
	default:
		config.Log.Info("receive buffer", "listen", u.Addr(), "bytes", got)
	}
	return u, nil
}

func newUDP(config Config, conn *net.UDPConn) *udp {
	u := &udp{Config: config, conn: conn}
	u.source.Config = &u.Config
	return u
}

func (u *udp) Addr() net.Addr { return u.conn.LocalAddr() }

// Close: see Listener.
func (u *udp) Close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closing.Load() {
		return
	}
	refused := errors.ErrUnsupported
	if err := u.raw.Control(func(fd uintptr) { refused = refuseNew(fd) }); err != nil || refused != nil {
		u.until = time.Now().Add(drainUnsure)
	}
	u.closing.Store(true)
	_ = u.conn.SetReadDeadline(time.Now())
}

// Serve: see Listener.
func (u *udp) Serve() {
	drops := make(chan struct{})
	var counting sync.WaitGroup
	counting.Go(func() { u.countDrops(drops) })
	buffer := make([]byte, maxDatagram)
	for {
		last := u.setDeadline()
		n, from, err := u.conn.ReadFromUDPAddrPort(buffer)
		switch {
		case err == nil:
			u.datagram(buffer[:n], from)
		case errors.Is(err, os.ErrDeadlineExceeded):
			if last && (u.overdue() || !waiting(u.conn)) {
				u.expire(time.Now().Add(chunkTimeout)) // what is incomplete stays so
				close(drops)
				counting.Wait()
				_ = u.conn.Close()
				return
			}
		default:
			// A pending ICMP error, at the end only; the next read goes on.
			u.RateLog.Add(slog.LevelWarn, "cannot receive", "socket", 1, "listen", u.Addr(), "error", bare(err))
		}
		u.expire(time.Now())
	}
}

// setDeadline bounds the next read. last says that a read that finds nothing is the last.
func (u *udp) setDeadline() (last bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	deadline := time.Time{}
	switch {
	case u.closing.Load() && u.overdue():
		deadline, last = time.Now(), true // which no read survives
	case u.closing.Load():
		deadline, last = time.Now().Add(quiet), true
	case u.chunks.waiting() > 0:
		deadline = time.Now().Add(tick)
	}
	_ = u.conn.SetReadDeadline(deadline)
	return last
}

// overdue says that the end has come whatever there is to read.
func (u *udp) overdue() bool { return !u.until.IsZero() && time.Now().After(u.until) }

func (u *udp) expire(now time.Time) {
	if n := u.chunks.expire(now); n > 0 {
		u.RateLog.Add(slog.LevelWarn, "input lost", causeIncomplete, uint64(n), "listen", u.Addr())
	}
}

// datagram puts the records of one datagram.
func (u *udp) datagram(b []byte, from netip.AddrPort) {
	from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
	if isChunk(b) {
		whole, evicted, err := u.chunks.add(from.Addr(), b, time.Now())
		if err != nil {
			u.bad(causeChunk, from, err)
		}
		if evicted > 0 {
			u.RateLog.Add(slog.LevelWarn, "input lost", causeMemory, uint64(evicted), "listen", u.Addr())
		}
		b = whole
	}
	b, err := u.inflater.inflate(b, u.Datagram.Bytes)
	if err != nil {
		cause := causeCompressed
		if errors.Is(err, errInflated) {
			cause = causeInflated
		}
		u.bad(cause, from, err)
	}
	if IsUTF16(b) {
		u.bad(causeUTF16, from, ErrUTF16)
		return
	}
	u.source.from = from
	var n, broken int
	var over, refused uint64
	var splitter mapping.JSONSplitter
	records(&splitter, b, true, func(record []byte, err error) bool {
		n++
		if err != nil {
			broken++
		}
		switch {
		case n > u.Datagram.Records:
			over++
		case refused > 0 || !u.source.put(record, err, false):
			refused++
		}
		return broken <= u.Datagram.Records // what is only noise is not even counted
	})
	u.RateLog.Add(slog.LevelWarn, "input lost", causeRecords, over, "from", from, "limit", u.Datagram.Records)
	u.RateLog.Add(slog.LevelWarn, "input lost", causeFull, refused, "from", from)
}

// countDrops reports what the kernel drops until end is closed.
func (u *udp) countDrops(end <-chan struct{}) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	var seen uint32
	for last := false; !last; {
		select {
		case <-ticker.C:
		case <-end:
			last = true
		}
		var now uint32
		var ok bool
		if err := u.raw.Control(func(fd uintptr) { now, ok = kernelDrops(fd) }); err != nil || !ok {
			return
		}
		u.RateLog.Add(slog.LevelWarn, "datagrams dropped by the kernel", causeKernel, uint64(now-seen), "listen", u.Addr())
		seen = now
	}
}
