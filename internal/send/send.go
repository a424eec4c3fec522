// Package send delivers alerts: as GELF or syslog over the network, or as JSON
// lines.
package send

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"

	"github.com/modsecurity-for-anylog/msa/internal/event"
	"github.com/modsecurity-for-anylog/msa/internal/tally"
)

// Sink delivers alerts. It is safe for concurrent use.
type Sink interface {
	// Send delivers an alert, or takes it in to be delivered, or counts it as lost.
	// The alert is only valid during the call.
	Send(event.Alert)
	// Close delivers what was taken in, until the context ends; the rest is counted as lost.
	Close(context.Context)
}

// Config is how alerts are delivered.
type Config struct {
	Hostname string // of this host, in syslog, and in GELF where the alert has none
	TLS      TLS
	Buffer   int // bytes of alerts that may wait for a TCP or TLS receiver
	Stdout   io.Writer
	Log      *slog.Logger
	Tally    *tally.Tally
}

// Open makes the sink for an address: gelf://host:port, syslog+udp://host:port,
// syslog+tcp://host:port, syslog+tls://host:port or stdout. Whether anyone listens
// there need not be known yet.
func Open(address string, config Config) (Sink, error) {
	sink, err := open(address, config)
	if err != nil {
		return nil, fmt.Errorf("cannot send alerts to %q: %w", address, err)
	}
	return sink, nil
}

func open(address string, config Config) (Sink, error) {
	if address == "stdout" {
		return &lines{w: config.Stdout, config: config}, nil
	}
	scheme, hostPort, ok := strings.Cut(address, "://")
	if !ok {
		return nil, errors.New("expected gelf://host:port, syslog+udp://host:port, syslog+tcp://host:port, syslog+tls://host:port or stdout")
	}
	host, port, err := net.SplitHostPort(hostPort)
	if err != nil {
		return nil, err
	}
	if n, err := strconv.ParseUint(port, 10, 16); host == "" || err != nil || n == 0 {
		return nil, fmt.Errorf("expected host:port, not %q", hostPort)
	}
	header := newSyslogHeader(config.Hostname)
	switch scheme {
	case "gelf":
		return &gelf{datagrams: datagrams{address: hostPort, config: config}, hostname: config.Hostname}, nil
	case "syslog+udp":
		return &syslogUDP{datagrams: datagrams{address: hostPort, config: config}, header: header}, nil
	case "syslog+tcp":
		return &syslogStream{stream: newStream(hostPort, nil, config), header: header}, nil
	case "syslog+tls":
		tls, err := config.TLS.client(host)
		if err != nil {
			return nil, err
		}
		return &syslogStream{stream: newStream(hostPort, tls, config), header: header}, nil
	}
	return nil, fmt.Errorf("scheme %q is none of gelf, syslog+udp, syslog+tcp, syslog+tls", scheme)
}

// lost counts alerts that nobody got.
func (c *Config) lost(cause string, n int, address string, err error) {
	c.Tally.Add(slog.LevelError, "alerts lost", cause, uint64(n), "output", address, "error", err)
}

// severity is an alert's, 0 (emergency) to 7 (debug); warning where it has none.
func severity(a event.Alert) int {
	n, err := strconv.Atoi(a.Get("severity"))
	if err != nil || n < 0 || n > 7 {
		return 4
	}
	return n
}

// lines writes one alert a line.
type lines struct {
	mu     sync.Mutex
	w      io.Writer
	config Config
}

func (l *lines) Send(a event.Alert) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.w.Write(append([]byte(a.Text()), '\n')); err != nil {
		l.config.lost("cannot write", 1, "stdout", err)
	}
}

func (l *lines) Close(context.Context) {}
