package send

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/modsecurity-for-anylog/msa/internal/event"
)

const (
	// receiptTimeout is how long a receiver may take to read all and to end its side.
	receiptTimeout = 5 * time.Second
	// takenTimeout is how long its system may then still take to acknowledge what we wrote: some round trips.
	takenTimeout = 2 * time.Second
	// silentTimeout is the same for one that did not do so the last time.
	silentTimeout = 200 * time.Millisecond
)

// stream sends frames over TCP, TLS or a unix socket, each delivery over a
// connection of its own. Syslog has no receipts, but a connection's end is one: we
// end our side when all is written, and the receiver, when it has read all, ends
// its own. Had it died with something unread, its system would reset the connection.
type stream struct {
	network, address string
	tls              *tls.Config // nil is without
	frame            func(dst []byte, a event.Alert) []byte
	config           Config

	silent atomic.Bool // the receiver did not end its side the last time
}

// Deliver: see Transport.
func (s *stream) Deliver(ctx context.Context, alerts []event.Alert) error {
	conn, release, err := dialer{s.network, s.address, s.tls}.dial(ctx)
	if err != nil {
		return err
	}
	defer release()
	if err := s.write(conn, alerts); err != nil {
		return fmt.Errorf("cannot write: %w", reason(conn, err))
	}
	return s.awaitReceipt(ctx, conn)
}

// write writes all alerts, and that these are all.
func (s *stream) write(conn net.Conn, alerts []event.Alert) error {
	w := bufio.NewWriterSize(conn, 64<<10)
	var frame []byte
	for _, a := range alerts {
		frame = s.frame(frame[:0], a)
		if _, err := w.Write(frame); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return endWriting(conn)
}

// reason is why a connection broke: a TLS receiver that refuses us says so, while
// writing only finds the connection closed.
func reason(conn net.Conn, broken error) error {
	if conn.SetReadDeadline(time.Now().Add(silentTimeout)) == nil {
		_, err := io.Copy(io.Discard, conn)
		if said := (*net.OpError)(nil); errors.As(err, &said) && said.Op == "remote error" {
			return err
		}
	}
	return broken
}

func (s *stream) awaitReceipt(ctx context.Context, conn net.Conn) error {
	timeout := receiptTimeout
	if s.silent.Load() {
		timeout = silentTimeout
	}
	if end, ok := ctx.Deadline(); ok {
		timeout = min(timeout, time.Until(end)/2) // or its end would hide that all was taken in
	}
	timer := time.AfterFunc(timeout, func() { _ = conn.SetReadDeadline(time.Now()) })
	defer timer.Stop()
	_, err := io.Copy(io.Discard, conn)
	switch {
	case err == nil, errors.Is(err, io.ErrUnexpectedEOF): // with TLS: ended without a word of it
		if err := awaitTaken(ctx, conn); err != nil {
			return err
		}
		s.silent.Store(false)
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, os.ErrDeadlineExceeded) && unacknowledged(conn) == 0:
		s.silent.Store(true)
		s.config.RateLog.Add(slog.LevelWarn, "the receiver keeps connections open after MSA closes them, so alerts that it has accepted but not read are lost if it dies",
			"no receipt", 1, "output", s.address)
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.silent.Store(false) // a slow one needs the longer time
		return fmt.Errorf("the receiver has not taken in all within %v", timeout)
	}
	return fmt.Errorf("the receiver broke off: %w", err)
}

// Close: see Transport.
func (s *stream) Close() {}

// awaitTaken waits until the receiver's system has taken in all. One that closes before our bytes have
// arrived ends its side in good order, and the reset that answers them comes a round trip later.
func awaitTaken(ctx context.Context, conn net.Conn) error {
	for end := time.Now().Add(takenTimeout); unacknowledged(conn) > 0; time.Sleep(time.Millisecond) {
		if ctx.Err() != nil || time.Now().After(end) {
			return errors.New("the receiver ended the connection before its system had taken in all")
		}
	}
	return nil
}

// endWriting tells the receiver that no more comes.
func endWriting(conn net.Conn) error {
	if secured, ok := conn.(*tls.Conn); ok {
		if err := secured.CloseWrite(); err != nil {
			return err
		}
	}
	if c, ok := plain(conn).(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}

// plain is the connection beneath TLS, or the connection.
func plain(conn net.Conn) net.Conn {
	if secured, ok := conn.(*tls.Conn); ok {
		return secured.NetConn()
	}
	return conn
}
