package send

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"time"
)

// redial is how long a name's address is trusted: a receiver in a container comes
// back with another.
const redial = time.Minute

// datagrams sends over UDP.
type datagrams struct {
	address string
	config  Config

	mu     sync.Mutex
	conn   net.Conn
	dialed time.Time
}

// write sends one alert, in one datagram or in several.
func (d *datagrams) write(parts ...[]byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range parts {
		if err := d.writeOne(p); err != nil {
			d.config.lost("cannot send", 1, d.address, err)
			return
		}
	}
}

func (d *datagrams) writeOne(b []byte) (err error) {
	for range 3 {
		if d.conn != nil && time.Since(d.dialed) > redial {
			d.hangUp()
		}
		if d.conn == nil {
			if d.conn, err = net.Dial("udp", d.address); err != nil {
				d.conn = nil
				return err
			}
			d.dialed = time.Now()
		}
		_, err = d.conn.Write(b)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, syscall.ECONNREFUSED):
			// What is refused is the datagram before; this one was not sent yet.
			d.config.lost("refused", 1, d.address, err)
		case errors.Is(err, syscall.EMSGSIZE):
			return err
		case errors.Is(err, syscall.ENOBUFS):
			time.Sleep(time.Millisecond)
		default:
			d.hangUp()
		}
	}
	return err
}

func (d *datagrams) hangUp() {
	_ = d.conn.Close()
	d.conn = nil
}

// Close: see Sink.
func (d *datagrams) Close(context.Context) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn != nil {
		d.hangUp()
	}
}
