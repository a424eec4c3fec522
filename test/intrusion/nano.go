package intrusion

import (
	"strconv"
	"time"
)

// nanoBody is how many bytes of a body Nano keeps, by default.
const nanoBody = 1024

// AppendNano appends the record of a Nano probe, one line of JSON without its end.
func (e *Event) AppendNano(b []byte) []byte {
	const layout = "2006-01-02 15:04:05.000"
	b = append(b, `{"BEGIN_TIME":"`...)
	b = e.Time.AppendFormat(b, layout)
	b = append(b, `","END_TIME":"`...)
	b = e.Time.Add(e.took).AppendFormat(b, layout)
	b = append(b, `","PROBE_VER":"20240527-128","host":"`...)
	b = e.probe.AppendTo(b)
	b = append(b, `","SYSTEM":"Ubuntu 22.04.3","SRC_IP":"`...)
	b = e.Client.Addr().AppendTo(b)
	b = append(b, `","DST_IP":"`...)
	b = e.Server.Addr().AppendTo(b)
	b = append(b, `","SRC_PORT":"`...)
	b = strconv.AppendUint(b, uint64(e.Client.Port()), 10)
	b = append(b, `","DST_PORT":"`...)
	b = strconv.AppendUint(b, uint64(e.Server.Port()), 10)
	b = append(b, `","NIC":"any","CARD":"eth0","CARD_IP":"`...)
	b = e.probe.AppendTo(b)

	// The ways to both sides, in milliseconds: what differs from connection to connection is all that counts.
	near, far := 1+int(e.Client.Port())%7, 2+int(e.Client.Port())%31
	b = appendHundredths(append(b, `","SRC_NET_DELAY":"`...), near)
	b = appendHundredths(append(b, `","DST_NET_DELAY":"`...), far)
	b = appendHundredths(append(b, `","NET_DELAY":"`...), near+far)
	b = append(b, `","RST_PKTS":"`...)
	if e.Status == 0 {
		b = append(b, '1')
	} else {
		b = append(b, '0')
	}
	b = append(b, `","RETRANS_PKTS":"0","BYTES":"`...)
	b = strconv.AppendInt(b, int64(e.Bytes), 10)
	b = appendMilliseconds(append(b, `","HTTP_RESPONSE":"`...), e.took)
	b = appendMilliseconds(append(b, `","PAGELOAD":"`...), e.took)
	b = append(b, `","RETCODE":"`...)
	b = strconv.AppendInt(b, int64(e.Status), 10)
	b = append(b, `","METHOD":"`...)
	b = append(b, e.Method...)
	b = appendEscaped(append(b, `","URL":"`...), e.URI)
	b = appendEscaped(append(b, `","DOMAIN":"`...), e.Host)
	b = append(b, `","FORWARD":"`...)
	if e.forward == "" {
		b = append(b, "0.0.0.0"...) // Nano's word for none
	} else {
		b = append(b, e.forward...)
	}
	b = appendEscaped(append(b, `","AGENT":"`...), e.Agent)
	b = appendEscaped(append(b, `","REQ_HEADER":"`...), e.RequestHeader)
	b = appendEscaped(append(b, `","REQ_BODY":"`...), e.RequestBody)
	b = appendEscaped(append(b, `","RSP_HEADER":"`...), e.ResponseHeader)
	b = appendEscaped(append(b, `","RSP_BODY":"`...), e.ResponseBody)
	return append(b, `","L7_PROTOCOL":"http","L4_PROTOCOL":"tcp","message":"shop","message-type":"comm","gl2_source_collector":"64210464315174928","DISK_RATIO":"46.73","TOTAL_CPU":"8","LICENSE":"Only for POC"}`...)
}

func appendHundredths(b []byte, n int) []byte {
	return append(strconv.AppendInt(b, int64(n/100), 10), '.', byte('0'+n/10%10), byte('0'+n%10))
}

func appendMilliseconds(b []byte, d time.Duration) []byte {
	us := d.Microseconds()
	b = strconv.AppendInt(b, us/1000, 10)
	return append(b, '.', byte('0'+us/100%10), byte('0'+us/10%10), byte('0'+us%10))
}

// appendEscaped keeps all bytes but those that JSON can't have in a string; what needs no escape is
// copied in one piece.
func appendEscaped(b []byte, s string) []byte {
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\r':
			b = append(b, `\r`...)
		case '\n':
			b = append(b, `\n`...)
		default:
			const hex = "0123456789abcdef"
			b = append(b, `\u00`...)
			b = append(b, hex[c>>4], hex[c&15])
		}
	}
	return append(b, s[from:]...)
}
