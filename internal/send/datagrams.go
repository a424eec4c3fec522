package send

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/modsecurity-for-anylog/msa/internal/event"
)

const (
	// redial is how long a name's address is trusted: a receiver in a container comes
	// back with another.
	redial = time.Minute
	// datagramTimeout is how long a unix socket's receiver may keep us waiting.
	datagramTimeout = 5 * time.Second
	// noBuffers is how often a datagram is tried for which the system has no room.
	noBuffers = 100
)

// datagrams sends over UDP or a unix socket.
type datagrams struct {
	network, address string
	pack             func(event.Alert) (datagrams [][]byte, err error) // of one alert
	config           Config

	mu     sync.Mutex
	conn   net.Conn
	dialed time.Time
}

// Deliver: see Transport.
func (d *datagrams) Deliver(ctx context.Context, alerts []event.Alert) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range alerts {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		parts, err := d.pack(a)
		if err != nil {
			d.config.lost("too long", 1, d.address, err) // whenever it is tried
			continue
		}
		for _, p := range parts {
			if err := d.write(ctx, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// write sends one datagram. d is locked.
func (d *datagrams) write(ctx context.Context, b []byte) (err error) {
	if d.conn != nil && time.Since(d.dialed) > redial {
		d.hangUp()
	}
	if d.conn == nil {
		if d.conn, err = (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, d.network, d.address); err != nil {
			d.conn = nil
			return err
		}
		d.dialed = time.Now()
	}
	end := time.Now().Add(datagramTimeout)
	if by, ok := ctx.Deadline(); ok && by.Before(end) {
		end = by
	}
	for range noBuffers {
		_ = d.conn.SetWriteDeadline(end) // fails only when closed
		if _, err = d.conn.Write(b); !errors.Is(err, syscall.ENOBUFS) {
			break
		}
		time.Sleep(time.Millisecond)
	}
	switch {
	case err == nil, errors.Is(err, syscall.ECONNREFUSED) && d.network == "udp":
		return err
	case errors.Is(err, syscall.EMSGSIZE):
		return fmt.Errorf("datagram of %d bytes: %w", len(b), err)
	}
	d.hangUp()
	return err
}

func (d *datagrams) hangUp() {
	_ = d.conn.Close()
	d.conn = nil
}

// Close: see Transport.
func (d *datagrams) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn != nil {
		d.hangUp()
	}
}

// datagramSink sends at once and does not wait for a receiver: of a datagram over
// UDP nothing tells whether it has arrived, but that the one before was refused.
type datagramSink struct{ *datagrams }

// Send: see Sink.
func (d datagramSink) Send(a event.Alert) {
	parts, err := d.pack(a)
	if err != nil {
		d.config.lost("too long", 1, d.address, err)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range parts {
		err := d.write(context.Background(), p)
		for tries := 0; errors.Is(err, syscall.ECONNREFUSED) && tries < 2; tries++ {
			// What is refused is the datagram before; this one was not sent yet.
			d.config.lost("refused", 1, d.address, err)
			err = d.write(context.Background(), p)
		}
		if err != nil {
			d.config.lost("cannot send", 1, d.address, err)
			return
		}
	}
}

// Close: see Sink.
func (d datagramSink) Close(context.Context) { d.datagrams.Close() }
