package send

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"

	"github.com/modsecurity-for-anylog/msa/internal/event"
)

// unixSocket sends syslog to a socket of this host, such as /dev/log, whichever of
// the two kinds it is.
type unixSocket struct {
	*datagrams
	stream *stream
}

func newUnix(path string, config Config) (Transport, error) {
	if !filepath.IsAbs(path) {
		return nil, fmt.Errorf("expected unix:///path, not %q", path)
	}
	header := newSyslogHeader(config)
	if config.Syslog == "" {
		header.format = local
	}
	return unixSocket{
		datagrams: &datagrams{network: "unixgram", address: path, pack: header.pack, config: config},
		stream:    &stream{network: "unix", address: path, frame: header.line, config: config},
	}, nil
}

// Deliver: see Transport.
func (u unixSocket) Deliver(ctx context.Context, alerts []event.Alert) error {
	err := u.datagrams.Deliver(ctx, alerts)
	if errors.Is(err, syscall.EPROTOTYPE) {
		return u.stream.Deliver(ctx, alerts)
	}
	return err
}
