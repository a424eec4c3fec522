package listen

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

const (
	firstBuffer = 16 << 10 // of a connection; it grows with the record
	// bigBuffer is a size that a connection does not keep for its next record.
	bigBuffer = 256 << 10
	// maxUnfinished is what the unfinished records of all connections may hold together.
	maxUnfinished = 256 << 20
	// finish is how long a sender may take at the end to complete its record.
	finish = 100 * time.Millisecond
	// lastReads is how long a sender that does not stop is listened to at the end.
	lastReads = time.Second
	// pause ends that earlier. Linux delays acknowledgements by up to 40 ms.
	pause = 50 * time.Millisecond
)

type tcp struct {
	Config
	listener *net.TCPListener
	clients  sync.WaitGroup
	buffers  atomic.Int64 // bytes beyond the first buffers

	mu    sync.Mutex
	conns map[*client]struct{}
	by    time.Time // once closing: when to accept no more, whatever comes
}

func openTCP(network, address string, config Config) (*tcp, error) {
	listener, err := net.Listen(network, address)
	if err != nil {
		return nil, err
	}
	return &tcp{Config: config, listener: listener.(*net.TCPListener), conns: map[*client]struct{}{}}, nil
}

func (t *tcp) Addr() net.Addr { return t.listener.Addr() }

// Close: see Listener.
func (t *tcp) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.by.IsZero() {
		return
	}
	t.by = time.Now().Add(lastReads)
	_ = t.listener.SetDeadline(time.Now())
	for c := range t.conns {
		c.end()
	}
}

// Serve: see Listener.
func (t *tcp) Serve() {
	defer t.clients.Wait()
	for {
		last := t.setDeadline()
		conn, err := t.listener.AcceptTCP()
		switch {
		case err == nil:
			t.start(conn)
		case errors.Is(err, os.ErrDeadlineExceeded):
			if last && (time.Now().After(t.by) || !waiting(t.listener)) {
				_ = t.listener.Close()
				return
			}
		default:
			// Out of files, most likely: those of others may be closed soon.
			t.RateLog.Add(slog.LevelError, "cannot accept connection", "socket", 1, "listen", t.Addr(), "error", bare(err))
			time.Sleep(finish)
		}
	}
}

// setDeadline bounds the next accept, at the end: clients that the kernel has
// already let in have sent records. last says that nothing may come after it.
func (t *tcp) setDeadline() (last bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.by.IsZero() {
		return false
	}
	deadline := time.Now()
	if deadline.Before(t.by) {
		deadline = deadline.Add(quiet)
	}
	_ = t.listener.SetDeadline(deadline)
	return true
}

func (t *tcp) start(conn *net.TCPConn) {
	c := &client{tcp: t, conn: conn, splitter: mapping.JSONSplitter{Limit: MaxRecord}}
	t.mu.Lock()
	t.conns[c] = struct{}{}
	if !t.by.IsZero() {
		c.end()
	}
	t.mu.Unlock()
	t.clients.Go(func() {
		c.serve()
		_ = conn.Close()
		t.mu.Lock()
		delete(t.conns, c)
		t.mu.Unlock()
	})
}

// client is one connection.
type client struct {
	*tcp
	conn     *net.TCPConn
	splitter mapping.JSONSplitter
	ending   atomic.Bool
}

// end makes serve stop after what has arrived. The deadline comes first: one that
// serve has set once it knows must not be overwritten.
func (c *client) end() {
	_ = c.conn.SetReadDeadline(time.Now())
	c.ending.Store(true)
}

func (c *client) serve() {
	from := c.conn.RemoteAddr().(*net.TCPAddr).AddrPort()
	source := source{Config: &c.Config, from: from}
	put := func(record []byte, err error) bool {
		source.put(record, err, true)
		return true
	}
	buffer := make([]byte, firstBuffer)
	first := true // nothing was taken from the stream yet
	held := 0     // bytes at the buffer's start that are not consumed
	var end *ending
	defer func() { c.grown(len(buffer), firstBuffer) }()
	for {
		if end == nil && c.ending.Load() {
			end = &ending{arrived: c.unread()}
		}
		if end != nil && !end.wait(c) {
			return
		}
		n, err := c.conn.Read(buffer[held:])
		if errors.Is(err, os.ErrDeadlineExceeded) && (end == nil || waiting(c.conn) && !end.over()) {
			continue
		}
		if end != nil {
			end.arrived -= n
		}
		held += n
		if first && IsUTF16(buffer[:held]) {
			c.bad(causeUTF16, from, ErrUTF16)
			return
		}
		first = first && held < 4
		atEOF := err != nil
		consumed := records(&c.splitter, buffer[:held], atEOF, put)
		held = copy(buffer, buffer[consumed:held])
		if atEOF {
			if !errors.Is(err, io.EOF) && !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, syscall.ECONNRESET) {
				c.RateLog.Add(slog.LevelWarn, "cannot receive", "connection", 1, "from", from, "error", bare(err))
			}
			return
		}
		size := len(buffer)
		switch {
		case held == size:
			size = min(2*size, firstBuffer+MaxRecord)
		case held < firstBuffer && size > bigBuffer:
			size = firstBuffer
		default:
			continue
		}
		if c.grown(len(buffer), size) > maxUnfinished {
			c.grown(size, len(buffer))
			c.bad(causeMemory, from, fmt.Errorf("unfinished records of all connections are longer than %d bytes together", maxUnfinished))
			return
		}
		buffer = append(make([]byte, 0, size), buffer[:held]...)[:size]
	}
}

// ending is the end of a connection on our side.
type ending struct {
	arrived int       // before the end, and not read yet
	by      time.Time // when to stop whatever comes
}

// wait sets the next read's deadline, or is false if there is nothing to wait for.
// What had arrived is read in any case. Beyond that the sender's own buffer may
// empty itself as far as it does so without a pause, and a record may be completed.
func (e *ending) wait(c *client) bool {
	deadline, ok := e.deadline(time.Now(), c.splitter.InRecord())
	return ok && c.conn.SetReadDeadline(deadline) == nil
}

// deadline is until when the next read may wait; ok is false if it is over.
func (e *ending) deadline(now time.Time, inRecord bool) (deadline time.Time, ok bool) {
	if e.by.IsZero() {
		e.by = now.Add(lastReads)
	}
	switch {
	case e.arrived > 0:
		return now.Add(finish), true
	case now.After(e.by):
		return time.Time{}, false
	case inRecord:
		deadline = now.Add(finish)
	default:
		deadline = now.Add(pause)
	}
	if deadline.After(e.by) {
		deadline = e.by
	}
	return deadline, true
}

// over says that what comes from now on is too late.
func (e *ending) over() bool { return e.arrived <= 0 && time.Now().After(e.by) }

// unread is how many bytes have arrived and were not read.
func (c *client) unread() (n int) {
	if raw, err := c.conn.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { n = unread(fd) })
	}
	return n
}

// grown accounts for a buffer that changes its size, and is what all take together.
func (c *client) grown(from, to int) int64 { return c.buffers.Add(int64(to - from)) }
