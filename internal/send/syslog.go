package send

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/modsecurity-for-anylog/msa/internal/event"
)

const (
	facility = 20 // local4
	// syslogDatagram fits into UDP over IPv4 and IPv6.
	syslogDatagram = 65000
	// maxParam is the most that a value of the structured data takes, unescaped.
	maxParam = 255
)

// structuredData names the keys of an alert that become structured data. 32473 is
// the enterprise number for examples (RFC 5612).
var structuredData = []string{
	"rule_id", "src_ip", "src_port", "dst_ip", "dst_port", "method", "domain", "retcode",
	"direction", "category", "score_in", "score_out", "incident_id", "event", "outcome",
}

// The formats of syslog messages.
const (
	rfc5424 = "rfc5424"
	rfc3164 = "rfc3164"
	local   = "local" // RFC 3164 as the C library writes it to a unix socket: without a host
)

// errTooLong is of an alert that can't be cut to fit.
var errTooLong = errors.New("does not fit, even with its values cut")

// syslogHeader writes the head of messages.
type syslogHeader struct {
	format string
	host   string // or -
	pid    int
}

func newSyslogHeader(config Config) syslogHeader {
	h := syslogHeader{format: config.Syslog, host: name(config.Hostname, 255), pid: os.Getpid()}
	if h.format == "" {
		h.format = rfc5424
	}
	return h
}

// append writes all of the message but the alert's text.
func (h syslogHeader) append(dst []byte, a event.Alert) []byte {
	dst = fmt.Appendf(dst, "<%d>", facility*8+severity(a))
	if h.format == rfc5424 {
		return h.append5424(dst, a)
	}
	dst = a.Time.Local().AppendFormat(dst, time.Stamp)
	if h.format == rfc3164 {
		dst = fmt.Appendf(dst, " %s", h.host)
	}
	return fmt.Appendf(dst, " msa[%d]: ", h.pid)
}

func (h syslogHeader) append5424(dst []byte, a event.Alert) []byte {
	dst = append(dst, "1 "...)
	dst = a.Time.UTC().AppendFormat(dst, "2006-01-02T15:04:05.000Z")
	dst = fmt.Appendf(dst, " %s msa %d %s ", h.host, h.pid, name(ruleID(a), 32))
	start := len(dst)
	dst = append(dst, "[msa@32473"...)
	empty := len(dst)
	for _, key := range structuredData {
		if v := a.Get(key); v != "" {
			dst = append(dst, ' ')
			dst = append(dst, key...)
			dst = append(dst, `="`...)
			dst = appendParam(dst, clip(v, maxParam))
			dst = append(dst, '"')
		}
	}
	if len(dst) == empty {
		return append(dst[:start], "- "...)
	}
	return append(dst, "] "...)
}

// name is a header field: printable ASCII without spaces, or -.
func name(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
	if s == "" {
		return "-"
	}
	return s[:min(len(s), limit)]
}

// appendParam escapes a value as RFC 5424, section 6.3.3, says. Control characters
// are allowed there, but receivers that write lines can't cope with them.
func appendParam(dst []byte, v string) []byte {
	for _, r := range v {
		switch {
		case r == '\\' || r == '"' || r == ']':
			dst = append(dst, '\\', byte(r))
		case r < ' ' || r == 0x7f:
			dst = append(dst, '?')
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// pack is an alert in one datagram, as RFC 5426 has it.
func (h syslogHeader) pack(a event.Alert) ([][]byte, error) {
	message := h.append(nil, a)
	text, ok := shorten(a.Text(), syslogDatagram-len(message))
	if !ok {
		return nil, errTooLong
	}
	return [][]byte{append(message, text...)}, nil
}

// frame appends an alert as RFC 5425 and the octet counting of RFC 6587 have it: the
// message with its length before it.
func (h syslogHeader) frame(dst []byte, a event.Alert) []byte {
	message := append(h.append(nil, a), a.Text()...)
	dst = append(strconv.AppendInt(dst, int64(len(message)), 10), ' ')
	return append(dst, message...)
}

// line appends an alert with a newline after it, which no alert's text has in it.
func (h syslogHeader) line(dst []byte, a event.Alert) []byte {
	return append(append(h.append(dst, a), a.Text()...), '\n')
}
