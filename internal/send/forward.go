package send

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"

	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/internal/event"
)

// forward speaks Fluent's forward protocol, so that Fluent Bit (input forward) or
// Fluentd has the alerts as records under their tag. Each message asks for a receipt.
// Source: https://github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1
type forward struct {
	dialer
	sharedKey string // empty is without a handshake
	hostname  string
}

// Deliver: see Transport.
func (f *forward) Deliver(ctx context.Context, alerts []event.Alert) error {
	conn, release, err := f.dial(ctx)
	if err != nil {
		return err
	}
	defer release()
	r := bufio.NewReader(conn)
	if f.sharedKey != "" {
		if err := f.handshake(r, conn); err != nil {
			return fmt.Errorf("handshake: %w", err)
		}
	}
	for len(alerts) > 0 {
		n := 1
		for n < len(alerts) && alerts[n].Tag == alerts[0].Tag {
			n++
		}
		chunk := rand.Text()
		if _, err := conn.Write(forwardMessage(chunk, alerts[:n])); err != nil {
			return fmt.Errorf("cannot write: %w", err)
		}
		if err := readAck(r, chunk); err != nil {
			return err
		}
		alerts = alerts[n:]
	}
	return nil
}

// forwardMessage is alerts of one tag in forward mode: [tag, [[time, record], …], option].
func forwardMessage(chunk string, alerts []event.Alert) []byte {
	b := msgp.AppendArrayHeader(nil, 3)
	b = msgp.AppendString(b, alerts[0].Tag)
	b = msgp.AppendArrayHeader(b, uint32(len(alerts)))
	for _, a := range alerts {
		b = msgp.AppendArrayHeader(b, 2)
		b = alert.AppendTime(b, a.Time)
		b = append(b, a.Fields...)
	}
	b = msgp.AppendMapHeader(b, 2)
	b = msgp.AppendString(b, "chunk")
	b = msgp.AppendString(b, chunk)
	b = msgp.AppendString(b, "size")
	return msgp.AppendInt(b, len(alerts))
}

// Bounds of a receipt, of which receivers have one key: what claims to be longer is none.
const (
	ackKeys   = 16
	ackString = 1024
)

// readAck reads {"ack": chunk}.
func readAck(r *bufio.Reader, chunk string) error {
	m := msgp.NewReader(r)
	m.SetMaxStringLength(ackString)
	n, err := m.ReadMapHeader()
	if err != nil {
		return fmt.Errorf("no receipt: %w", err)
	}
	if n > ackKeys {
		return fmt.Errorf("no receipt: %d keys exceed the limit of %d", n, ackKeys)
	}
	ack := ""
	for range n {
		key, err := m.ReadString()
		if err != nil {
			return fmt.Errorf("no receipt: %w", err)
		}
		value, err := m.ReadString()
		if err != nil {
			return fmt.Errorf("no receipt: %w", err)
		}
		if key == "ack" {
			ack = value
		}
	}
	if ack != chunk {
		return fmt.Errorf("receipt is for %q, not for %q", ack, chunk)
	}
	return nil
}

// Close: see Transport.
func (f *forward) Close() {}
