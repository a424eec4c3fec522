package send

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/modsecurity-for-anylog/msa/internal/event"
)

// Transport hands alerts over while the caller waits. It is safe for concurrent use.
type Transport interface {
	// Deliver returns nil when the receiver has all of the alerts, as far as its
	// protocol tells. After an error any of them may be missing.
	Deliver(context.Context, []event.Alert) error
	Close()
}

// Schemes are the kinds of addresses that a Transport can be made for.
func Schemes() []string {
	return []string{"gelf", "syslog+udp", "syslog+tcp", "syslog+tls", "unix", "forward", "forward+tls", "http", "https"}
}

// NewTransport makes the transport for an address: gelf://host:port, syslog+udp://host:port,
// syslog+tcp://host:port, syslog+tls://host:port, unix:///path, forward://host:port,
// forward+tls://host:port, http://… or https://…
func NewTransport(address string, config Config) (Transport, error) {
	t, err := newTransport(address, config)
	if err != nil {
		return nil, fmt.Errorf("cannot send alerts to %q: %w", Shown(address), err)
	}
	return t, nil
}

func newTransport(address string, config Config) (Transport, error) {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return nil, fmt.Errorf("expected an address like syslog+tcp://host:port; it may begin with %s", strings.Join(Schemes(), ", "))
	}
	if config.Syslog != "" && config.Syslog != rfc5424 && config.Syslog != rfc3164 {
		return nil, fmt.Errorf("syslog format %q is not one of %s, %s", config.Syslog, rfc5424, rfc3164)
	}
	if config.TLS.isGiven() && slices.Contains(plainSchemes, scheme) {
		return nil, fmt.Errorf("options of TLS are given, but %s:// is not encrypted: use syslog+tls, forward+tls or https", scheme)
	}
	switch scheme {
	case "unix":
		return newUnix(rest, config)
	case "http", "https":
		return newHTTP(address, config)
	}
	host, err := hostOf(rest)
	if err != nil {
		return nil, err
	}
	header := newSyslogHeader(config)
	switch scheme {
	case "gelf":
		return &datagrams{network: "udp", address: rest, pack: gelf{config.Hostname}.pack, config: config}, nil
	case "syslog+udp":
		return &datagrams{network: "udp", address: rest, pack: header.pack, config: config}, nil
	case "syslog+tcp":
		return &stream{network: "tcp", address: rest, frame: header.frame, config: config}, nil
	case "forward":
		return &forward{dialer{network: "tcp", address: rest}, config.Shared, config.Hostname}, nil
	case "syslog+tls", "forward+tls":
		tls, err := config.TLS.client(host)
		if err != nil {
			return nil, err
		}
		if scheme == "forward+tls" {
			return &forward{dialer{network: "tcp", address: rest, tls: tls}, config.Shared, config.Hostname}, nil
		}
		return &stream{network: "tcp", address: rest, tls: tls, frame: header.frame, config: config}, nil
	}
	return nil, fmt.Errorf("scheme %q is not one of %s", scheme, strings.Join(Schemes(), ", "))
}

// plainSchemes are those without TLS.
var plainSchemes = []string{"gelf", "syslog+udp", "syslog+tcp", "forward", "http", "unix"}

// hostOf is the host in host:port.
func hostOf(hostPort string) (string, error) {
	host, port, err := net.SplitHostPort(hostPort)
	if err != nil {
		return "", err
	}
	if n, err := strconv.ParseUint(port, 10, 16); host == "" || err != nil || n == 0 {
		return "", fmt.Errorf("expected host:port, not %q", hostPort)
	}
	return host, nil
}

// Shown is an address as it may be logged: without user, password, path and query, in all of which secrets stand.
func Shown(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	switch {
	case address == "stdout":
		return address
	case !ok && strings.ContainsAny(address, "@/?"):
		return "an address without ://"
	case !ok, scheme == "unix":
		return address
	}
	rest = rest[strings.LastIndexByte(rest, '@')+1:]
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	return scheme + "://" + rest
}
