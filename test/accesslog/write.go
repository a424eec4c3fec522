package accesslog

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Combined is the line that nginx writes in its combined format, without the line's end.
func (r *Request) Combined() string { return string(r.AppendCombined(nil)) }

// AppendCombined appends what Combined returns.
func (r *Request) AppendCombined(b []byte) []byte {
	b = r.Client.Addr().AppendTo(b)
	b = append(b, " - - ["...)
	b = r.Time.AppendFormat(b, "02/Jan/2006:15:04:05 -0700")
	b = append(b, `] "`...)
	b = appendEscaped(b, r.Method+" "+r.URI+" "+r.Protocol)
	b = append(b, `" `...)
	b = strconv.AppendInt(b, int64(r.Status), 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(r.Size), 10)
	for _, name := range []string{"Referer", "User-Agent"} {
		b = append(b, ` "`...)
		b = appendEscaped(b, r.Header(name))
		b = append(b, '"')
	}
	return b
}

// appendEscaped writes a variable as nginx does (ngx_http_log_module, escape=default): \xHH for ", \ and
// all bytes but printable ASCII, - for none.
func appendEscaped(b []byte, s string) []byte {
	if s == "" {
		return append(b, '-')
	}
	for _, c := range []byte(s) {
		if c < 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			b = fmt.Appendf(b, `\x%02X`, c)
		} else {
			b = append(b, c)
		}
	}
	return b
}

// Nano is the record of a Nano probe, one line of JSON without its end: everything that the client sent.
func (r *Request) Nano() string { return string(r.AppendNano(nil)) }

// AppendNano appends what Nano returns.
func (r *Request) AppendNano(b []byte) []byte {
	var request, response strings.Builder
	fmt.Fprintf(&request, "%s %s %s\r\n", r.Method, r.URI, r.Protocol)
	for _, h := range r.Headers {
		fmt.Fprintf(&request, "%s: %s\r\n", h.Name, h.Value)
	}
	request.WriteString("\r\n")
	fmt.Fprintf(&response, "HTTP/1.1 %d %s\r\nDate: %s\r\nServer: nginx\r\n", r.Status, http.StatusText(r.Status), r.Time.Format(http.TimeFormat))
	if r.Size > 0 {
		fmt.Fprintf(&response, "Content-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n", r.Size)
	}
	response.WriteString("Connection: keep-alive\r\n\r\n")

	begin := byte('{')
	for _, f := range [...]struct{ key, value string }{
		{"BEGIN_TIME", r.Time.Format("2006-01-02 15:04:05.000")},
		{"host", "10.20.0.2"},
		{"SRC_IP", r.Client.Addr().String()},
		{"SRC_PORT", strconv.Itoa(int(r.Client.Port()))},
		{"DST_IP", r.Server.Addr().String()},
		{"DST_PORT", strconv.Itoa(int(r.Server.Port()))},
		{"METHOD", r.Method},
		{"URL", r.URI},
		{"DOMAIN", r.Header("Host")},
		{"AGENT", r.Header("User-Agent")},
		{"REFERER", r.Header("Referer")},
		{"COOKIE", r.Header("Cookie")},
		{"FORWARD", "0.0.0.0"},
		{"REQ_HEADER", request.String()},
		{"REQ_BODY", r.Body[:min(len(r.Body), nanoBody)]},
		{"RETCODE", strconv.Itoa(r.Status)},
		{"RSP_HEADER", response.String()},
		{"RSP_BODY", ""},
		{"L7_PROTOCOL", "http"},
		{"L4_PROTOCOL", "tcp"},
	} {
		b = append(append(b, begin, '"'), f.key...)
		b = append(b, `":`...)
		b = appendJSONString(b, f.value)
		begin = ','
	}
	return append(b, '}')
}

// nanoBody is how many bytes of a body Nano keeps, by default.
const nanoBody = 1024

// appendJSONString keeps all bytes but those that JSON can't have in a string.
func appendJSONString(b []byte, s string) []byte {
	b = append(b, '"')
	for _, c := range []byte(s) {
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\r':
			b = append(b, `\r`...)
		case c == '\n':
			b = append(b, `\n`...)
		case c < 0x20:
			b = fmt.Appendf(b, `\u%04x`, c)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
