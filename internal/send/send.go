// Package send delivers alerts: as syslog, GELF, JSON or Fluent's forward protocol
// over the network, or as JSON lines.
package send

import (
	"context"
	"io"
	"log/slog"
	"strconv"
	"sync"

	"github.com/modsecurity-for-anylog/msa/internal/event"
	"github.com/modsecurity-for-anylog/msa/internal/ratelog"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// Sink takes alerts and sees to their delivery. It is safe for concurrent use.
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
	Syslog   string // rfc5424 or rfc3164; empty for rfc5424, but at unix sockets
	TLS      TLS
	Header   string // of HTTP requests, "Name: value"; empty for none
	Shared   string // key that receivers of the forward protocol know too; empty for none
	Buffer   int    // bytes of alerts that may wait in a Sink
	Stdout   io.Writer
	Log      *slog.Logger
	RateLog  *ratelog.Logger
}

// Open makes the sink for an address: one of NewTransport, or stdout. Whether
// anyone listens there need not be known yet.
func Open(address string, config Config) (Sink, error) {
	if address == "stdout" {
		return &lines{w: config.Stdout, config: config}, nil
	}
	t, err := NewTransport(address, config)
	if err != nil {
		return nil, err
	}
	if d, ok := t.(*datagrams); ok {
		return datagramSink{d}, nil
	}
	return newQueue(address, t, config), nil
}

// lost counts alerts that nobody got.
func (c *Config) lost(cause string, n int, address string, err error) {
	c.RateLog.Add(slog.LevelError, "alerts lost", cause, uint64(n), "output", address, "error", err)
}

// Where formats of alerts have what messages say beside their text.
var (
	severityIn = accessors("severity", "$event['severity']", "$unmapped['syslog_severity']", "$msa['severity']", "$output_fields['severity']")
	ruleIn     = accessors("rule_id", "$rule['id']", "$metadata['event_code']", "$msa['rule_id']", "$output_fields['rule_id']",
		"kind", "$msa['kind']", "$unmapped['kind']", "$output_fields['kind']") // incidents have no rule
)

func accessors(all ...string) (parsed []mapping.Accessor) {
	for _, text := range all {
		a, err := mapping.ParseAccessor(text)
		if err != nil {
			panic(err)
		}
		parsed = append(parsed, a)
	}
	return parsed
}

// severity is an alert's, 0 (emergency) to 7 (debug); warning where it has none.
func severity(a event.Alert) int {
	for _, where := range severityIn {
		text, _ := a.Fields.Text(where)
		if n, err := strconv.Atoi(text); err == nil && n >= 0 && n <= 7 {
			return n
		}
	}
	return 4
}

// ruleID is an alert's, empty where it has none.
func ruleID(a event.Alert) string {
	for _, where := range ruleIn {
		if text, ok := a.Fields.Text(where); ok {
			return text
		}
	}
	return ""
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
