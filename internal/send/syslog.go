package send

import (
	"fmt"
	"os"
	"strconv"
	"strings"
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
	"direction", "category", "score_in", "score_out",
}

// syslogHeader writes the head of RFC 5424 messages.
type syslogHeader struct {
	host string // HOSTNAME APP-NAME PROCID
}

func newSyslogHeader(hostname string) syslogHeader {
	return syslogHeader{host: fmt.Sprintf("%s msa %d", name(hostname, 255), os.Getpid())}
}

// append writes all of the message but the alert's text.
func (h syslogHeader) append(dst []byte, a event.Alert) []byte {
	dst = fmt.Appendf(dst, "<%d>1 ", facility*8+severity(a))
	dst = a.Time.UTC().AppendFormat(dst, "2006-01-02T15:04:05.000Z")
	dst = fmt.Appendf(dst, " %s %s ", h.host, name(a.Get("rule_id"), 32))
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

// syslogUDP is RFC 5426.
type syslogUDP struct {
	datagrams
	header syslogHeader
}

func (s *syslogUDP) Send(a event.Alert) {
	message := s.header.append(nil, a)
	text, ok := shorten(a.Text(), syslogDatagram-len(message))
	if !ok {
		s.config.lost("too long", 1, s.address, nil)
		return
	}
	s.write(append(message, text...))
}

// syslogStream is RFC 5425 and the octet counting of RFC 6587: each message with
// its length before it.
type syslogStream struct {
	*stream
	header syslogHeader
}

func (s *syslogStream) Send(a event.Alert) {
	message := append(s.header.append(nil, a), a.Text()...)
	frame := append(strconv.AppendInt(nil, int64(len(message)), 10), ' ')
	s.put(append(frame, message...))
}
