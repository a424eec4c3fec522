package send

import (
	"context"
	"crypto/tls"
	"net"
	"time"
)

const (
	dialTimeout = 10 * time.Second
	// deliveryTimeout is for all of one delivery: a receiver that takes nothing must
	// not keep the caller.
	deliveryTimeout = 30 * time.Second
)

// dialer makes a connection for one delivery.
type dialer struct {
	network, address string
	tls              *tls.Config // nil is without
}

// dial connects. Until release is called, the end of the context ends whatever the
// connection waits for.
func (d dialer) dial(ctx context.Context) (conn net.Conn, release func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, deliveryTimeout)
	var by interface {
		DialContext(ctx context.Context, network, address string) (net.Conn, error)
	} = &net.Dialer{Timeout: dialTimeout}
	if d.tls != nil {
		by = &tls.Dialer{NetDialer: &net.Dialer{Timeout: dialTimeout}, Config: d.tls}
	}
	if conn, err = by.DialContext(ctx, d.network, d.address); err != nil {
		cancel()
		return nil, nil, err
	}
	if end, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(end) // fails only on a closed connection, as all that follows will
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })
	return conn, func() {
		stop()
		cancel()
		_ = conn.Close()
	}, nil
}
