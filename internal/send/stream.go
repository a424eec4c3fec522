package send

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"
)

const (
	dialTimeout  = 10 * time.Second
	writeTimeout = 30 * time.Second
	firstBackoff = 100 * time.Millisecond
	maxBackoff   = 30 * time.Second
	// tlsVerdict is how long a TLS 1.3 receiver gets to refuse our certificate,
	// which it does after the handshake is over for us.
	tlsVerdict = 200 * time.Millisecond
)

// stream sends frames over TCP or TLS from a bounded queue, and reconnects. A
// frame is repeated until it was written whole. What the receiver's host had taken
// in when the connection broke may be lost: the protocol has no receipts.
type stream struct {
	address string
	tls     *tls.Config // nil is plain TCP
	config  Config

	mu     sync.Mutex
	frames [][]byte
	bytes  int
	wake   chan struct{} // something was put, or the end has come
	closed bool

	cancel context.CancelFunc // ends waiting and dialling
	done   chan struct{}
}

func newStream(address string, tls *tls.Config, config Config) *stream {
	ctx, cancel := context.WithCancel(context.Background())
	s := &stream{
		address: address, tls: tls, config: config,
		wake: make(chan struct{}, 1), cancel: cancel, done: make(chan struct{}),
	}
	go s.run(ctx)
	return s
}

// put queues a frame.
func (s *stream) put(frame []byte) {
	s.mu.Lock()
	full := s.closed || s.bytes > 0 && s.bytes+len(frame) > s.config.Buffer
	if !full {
		s.frames = append(s.frames, frame)
		s.bytes += len(frame)
	}
	s.mu.Unlock()
	if full {
		s.config.lost("buffer full", 1, s.address, nil)
		return
	}
	s.signal()
}

func (s *stream) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// first is the oldest frame, nil if there is none; ended, that none will come.
func (s *stream) first() (frame []byte, ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.frames) == 0 {
		return nil, s.closed
	}
	return s.frames[0], false
}

func (s *stream) sent() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bytes -= len(s.frames[0])
	s.frames[0] = nil
	s.frames = s.frames[1:]
}

// Close: see Sink.
func (s *stream) Close(ctx context.Context) {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.signal()
	select {
	case <-s.done:
	case <-ctx.Done():
		s.cancel()
		<-s.done
	}
	s.cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.frames); n > 0 {
		s.config.lost("not delivered before the end", n, s.address, ctx.Err())
	}
}

// run connects, and sends until the end.
func (s *stream) run(ctx context.Context) {
	defer close(s.done)
	backoff := firstBackoff
	for ctx.Err() == nil {
		if frame, ended := s.first(); frame == nil && ended {
			return
		}
		c, err := s.connect(ctx)
		if err == nil {
			s.config.Log.Info("connected", "output", s.address)
			progress := false
			progress, err = s.serve(ctx, c)
			c.close()
			if err == nil {
				return
			}
			if progress {
				backoff = firstBackoff
			}
		}
		if ctx.Err() != nil {
			return
		}
		s.config.Tally.Add(slog.LevelWarn, "no connection; alerts wait", "output", 1, "output", s.address, "error", err)
		s.pause(ctx, backoff)
		backoff = min(2*backoff, maxBackoff)
	}
}

// pause waits before the next attempt; at the end not for long.
func (s *stream) pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for shortened := false; ; {
		s.mu.Lock()
		closed, empty := s.closed, len(s.frames) == 0
		s.mu.Unlock()
		if closed && empty {
			return
		}
		if closed && !shortened {
			timer.Reset(min(d, firstBackoff))
			shortened = true
		}
		select {
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		case <-s.wake:
		}
	}
}

// serve sends over one connection until the end (no error) or until it breaks.
// progress says that something was sent.
func (s *stream) serve(ctx context.Context, c *connection) (progress bool, err error) {
	stop := context.AfterFunc(ctx, func() { _ = c.SetWriteDeadline(time.Now()) })
	defer stop()
	for {
		frame, ended := s.first()
		if frame == nil {
			if ended {
				return progress, nil
			}
			select {
			case <-s.wake:
			case <-c.broken:
				return progress, c.err
			case <-ctx.Done():
				return progress, ctx.Err()
			}
			continue
		}
		select {
		case <-c.broken:
			return progress, c.err
		default:
		}
		if err := c.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
			return progress, err
		}
		if ctx.Err() != nil {
			return progress, ctx.Err()
		}
		if _, err := c.Write(frame); err != nil {
			return progress, err
		}
		s.sent()
		progress = true
	}
}

// connection notices when the other side closes: without reading, the first
// frame written after that would be lost.
type connection struct {
	net.Conn
	broken chan struct{}
	err    error // valid once broken is closed
}

func (s *stream) connect(ctx context.Context) (*connection, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	var d interface {
		DialContext(ctx context.Context, network, address string) (net.Conn, error)
	} = &net.Dialer{}
	if s.tls != nil {
		d = &tls.Dialer{Config: s.tls}
	}
	conn, err := d.DialContext(ctx, "tcp", s.address)
	if err != nil {
		return nil, err
	}
	c := &connection{Conn: conn, broken: make(chan struct{})}
	go func() {
		defer close(c.broken)
		if _, c.err = io.Copy(io.Discard, conn); c.err == nil {
			c.err = errors.New("closed by the receiver")
		}
	}()
	if s.tls != nil {
		select {
		case <-c.broken:
			c.close()
			return nil, c.err
		case <-time.After(tlsVerdict):
		}
	}
	return c, nil
}

func (c *connection) close() {
	_ = c.Close()
	<-c.broken
}
