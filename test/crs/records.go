package crs

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tinylib/msgp/msgp"
)

// Kind is a kind of log: how it writes an exchange, and the preset that reads it.
type Kind struct {
	Name   string
	Preset string
	Doc    string // what the log has of an exchange
	write  func(Exchange) object
}

// Kinds are the logs that are tested, those that tell the most first.
var Kinds = []Kind{
	{"nano", "nano", "header blocks and bodies as on the wire", nano},
	{"nano-1024", "nano", "the same, bodies cut after 1,024 bytes (Nano's default)", nanoCut},
	{"nginx-json", "nginx-json", "each header in a field, both bodies", nginxJSON},
	{"envoy", "envoy", "headers in a map, both bodies", envoy},
	{"ecs", "ecs", "headers in a map, both bodies", ecs},
	{"combined", "nginx", "request line, referer and user agent in one line", combined},
}

// KindNamed is the kind of that name.
func KindNamed(name string) (Kind, bool) {
	for _, k := range Kinds {
		if k.Name == name {
			return k, true
		}
	}
	return Kind{}, false
}

// Record is the exchange as a record of this kind, a msgpack map. Texts keep their
// bytes, whatever those are, as they do in Fluent Bit.
func (k Kind) Record(e Exchange) []byte { return k.write(e).append(nil) }

// object is a map with its keys in order; values are string, int and object.
type object []member

type member struct {
	key   string
	value any
}

func (o object) append(dst []byte) []byte {
	dst = msgp.AppendMapHeader(dst, uint32(len(o)))
	for _, m := range o {
		dst = msgp.AppendString(dst, m.key)
		switch v := m.value.(type) {
		case string:
			dst = msgp.AppendString(dst, v)
		case int:
			dst = msgp.AppendInt(dst, v)
		case object:
			dst = v.append(dst)
		default:
			panic(fmt.Sprintf("a record has no value of type %T", v))
		}
	}
	return dst
}

// The two ends of every exchange, and when it was.
const (
	clientAddress, clientPort = "192.168.1.105", 46152
	serverAddress, serverPort = "192.168.1.55", 80
	unixTime                  = 1717053408 // 2024-05-30 07:16:48 UTC
	isoTime                   = "2024-05-30T07:16:48+00:00"
	commonTime                = "30/May/2024:07:16:48 +0000"
	nanoTime                  = "2024-05-30 07:16:48.917"
	nanoBodyLimit             = 1024
)

func nano(e Exchange) object    { return nanoRecord(e, len(e.Request.body)+len(e.Response.Body)) }
func nanoCut(e Exchange) object { return nanoRecord(e, nanoBodyLimit) }

// nanoRecord is what the Nano probe sends, with the same words for none.
func nanoRecord(e Exchange, bodyLimit int) object {
	cut := func(s string) string { return s[:min(len(s), bodyLimit)] }
	forward := e.header("X-Forwarded-For")
	if forward == "" {
		forward = "0.0.0.0"
	}
	return object{
		{"BEGIN_TIME", nanoTime},
		{"END_TIME", nanoTime},
		{"host", "10.64.1.254"},
		{"SRC_IP", clientAddress},
		{"DST_IP", serverAddress},
		{"SRC_PORT", strconv.Itoa(clientPort)},
		{"DST_PORT", strconv.Itoa(serverPort)},
		{"RETCODE", strconv.Itoa(e.Response.Status)},
		{"METHOD", e.Request.Method},
		{"URL", e.Request.URI},
		{"DOMAIN", e.header("Host")},
		{"FORWARD", forward},
		{"AGENT", e.header("User-Agent")},
		{"COOKIE", e.header("Cookie")},
		{"REFERER", e.header("Referer")},
		{"REQ_HEADER", e.Request.head},
		{"REQ_BODY", cut(e.Request.body)},
		{"RSP_HEADER", e.Response.block()},
		{"RSP_BODY", cut(e.Response.Body)},
		{"L7_PROTOCOL", "http"},
		{"L4_PROTOCOL", "tcp"},
		{"message", "regression test"},
	}
}

// nginxHeaders are those that a log_format names whether they are sent or not.
var nginxHeaders = []string{"host", "user_agent", "accept", "content_type", "content_length", "referer", "cookie", "x_forwarded_for"}

// nginxJSON is a log_format with escape=json that has a variable for each header.
// nginx joins those that are sent twice, and writes an empty value for those
// that are not sent.
func nginxJSON(e Exchange) object {
	o := object{
		{"remote_addr", clientAddress},
		{"remote_port", strconv.Itoa(clientPort)},
		{"server_addr", serverAddress},
		{"server_port", strconv.Itoa(serverPort)},
		{"request_method", e.Request.Method},
		{"request_uri", e.Request.URI},
		{"server_protocol", e.Request.Version},
		{"host", strings.ToLower(e.header("Host"))},
		{"status", strconv.Itoa(e.Response.Status)},
		{"time_iso8601", isoTime},
	}
	variable := func(name string) string { return strings.ReplaceAll(strings.ToLower(name), "-", "_") }
	sent := joined(e.Request.Headers, variable)
	for _, h := range sent {
		o = append(o, member{"http_" + h.Name, h.Value})
	}
	for _, name := range nginxHeaders {
		if _, ok := first(sent, name); !ok {
			o = append(o, member{"http_" + name, ""})
		}
	}
	o = append(o, member{"request_body", e.Request.Body})
	for _, h := range joined(e.Response.Headers, variable) {
		o = append(o, member{"sent_http_" + h.Name, h.Value})
	}
	return append(o, member{"resp_body", e.Response.Body})
}

// envoy is an access log in JSON with the names of Envoy's documentation, and headers and
// bodies beside them, as a Lua or ext_proc filter can add them to the log's metadata.
func envoy(e Exchange) object {
	return object{
		{"start_time", isoTime},
		{"method", e.Request.Method},
		{"path", e.Request.URI},
		{"protocol", e.Request.Version},
		{"response_code", e.Response.Status},
		{"authority", e.header("Host")},
		{"downstream_remote_address", clientAddress + ":" + strconv.Itoa(clientPort)},
		{"upstream_host", serverAddress + ":" + strconv.Itoa(serverPort)},
		{"user_agent", e.header("User-Agent")},
		{"x_forwarded_for", e.header("X-Forwarded-For")},
		{"request_headers", headerMap(e.Request.Headers)},
		{"request_body", e.Request.Body},
		{"response_headers", headerMap(e.Response.Headers)},
		{"response_body", e.Response.Body},
	}
}

// ecs is an event in the Elastic Common Schema, with headers as maps, as Packetbeat
// writes them.
func ecs(e Exchange) object {
	return object{
		{"@timestamp", isoTime},
		{"source", object{{"ip", clientAddress}, {"port", clientPort}}},
		{"destination", object{{"ip", serverAddress}, {"port", serverPort}}},
		{"http", object{
			{"version", strings.TrimPrefix(e.Request.Version, "HTTP/")},
			{"request", object{
				{"method", e.Request.Method},
				{"headers", headerMap(e.Request.Headers)},
				{"body", object{{"content", e.Request.Body}}},
			}},
			{"response", object{
				{"status_code", e.Response.Status},
				{"headers", headerMap(e.Response.Headers)},
				{"body", object{{"content", e.Response.Body}}},
			}},
		}},
		{"url", object{{"original", e.Request.URI}, {"domain", e.header("Host")}}},
		{"user_agent", object{{"original", e.header("User-Agent")}}},
	}
}

// combined is a line of the usual access log of nginx and Apache.
func combined(e Exchange) object {
	orDash := func(s string) string {
		if s == "" {
			return "-"
		}
		return escape(s)
	}
	r := e.Request
	return object{{"log", fmt.Sprintf(`%s - - [%s] "%s" %d %d "%s" "%s"`, clientAddress, commonTime,
		escape(r.Method+" "+r.URI+" "+r.Version), e.Response.Status, len(e.Response.Body),
		orDash(e.header("Referer")), orDash(e.header("User-Agent")))}}
}

// escape writes bytes as nginx does in log_format: \xHH for what is not printable
// ASCII, and for the quote and the backslash.
func escape(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c < 32 || c > 126 || c == '"' || c == '\\' {
			fmt.Fprintf(&b, `\x%02X`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// header is the value of a request header as a log's field has it.
func (e Exchange) header(name string) string {
	v, _ := e.Request.Header(name)
	return strings.Trim(v, " \t")
}

// headerMap is headers by their name in lower case.
func headerMap(headers []Header) object {
	o := object{}
	for _, h := range joined(headers, strings.ToLower) {
		o = append(o, member{h.Name, h.Value})
	}
	return o
}

// joined are headers under the names that a log gives them; those of one name are
// joined, as a log has one field for them.
func joined(headers []Header, name func(string) string) []Header {
	var all []Header
	at := map[string]int{}
	for _, h := range headers {
		h = Header{name(h.Name), strings.Trim(h.Value, " \t")}
		if i, ok := at[h.Name]; ok {
			all[i].Value += ", " + h.Value
			continue
		}
		at[h.Name] = len(all)
		all = append(all, h)
	}
	return all
}
