package mapping

import (
	"strings"
	"time"
)

// Transaction is one HTTP exchange as a log tells it. Its strings are views into
// the record's bytes and valid as long as those are. A transaction is filled by
// Mapping.Map and may be filled again and again, which spares allocations.
type Transaction struct {
	Preset string    // name of the mapping that filled it
	Time   time.Time // zero when the record has none that can be read

	Client, Server Endpoint

	Method   string
	URI      string // as in the request line: origin or absolute form, escaped, with the query
	Protocol string // "HTTP/1.1"
	Host     string // the name or address that the client asked for, without the port

	RequestHeaders  []Header
	RequestBody     Body
	Status          int // 0 when unknown
	ResponseVersion string
	ResponseHeaders []Header
	ResponseBody    Body

	Observed Observed
	Alert    AlertFields

	scan []Record // values of the mapping's fields, by slot
}

// Endpoint is one side of a connection, as logged.
type Endpoint struct {
	Address string // an IP address, unless the log says otherwise
	Port    string // decimal, or empty
}

// Header is one header line.
type Header struct {
	Name, Value string
}

// Body is a message body, de-chunked and decoded.
type Body struct {
	Text      string
	Truncated bool // the log holds only its beginning
}

// Observed says which parts of HTTP the log would have shown if they had been
// there. The absence of anything else means nothing.
type Observed struct {
	RequestHeaders bool     // the whole header block
	Headers        []string // otherwise these, in lower case
}

// Header reports whether a request header's absence means that it was not sent.
// name is in lower case.
func (o Observed) Header(name string) bool {
	if o.RequestHeaders {
		return true
	}
	for _, h := range o.Headers {
		if h == name {
			return true
		}
	}
	return false
}

// AlertFields are what an alert shows of the record beside the transaction, as
// the record has it.
type AlertFields struct {
	Message, Forward, Source, Host, Domain, GeoIP, Status string
	RequestHeader, RequestBody                            string // as logged
	ResponseHeader, ResponseBody                          string
}

func (tx *Transaction) reset() {
	clear(tx.scan)
	*tx = Transaction{
		RequestHeaders:  tx.RequestHeaders[:0],
		ResponseHeaders: tx.ResponseHeaders[:0],
		Observed:        Observed{Headers: tx.Observed.Headers[:0]},
		scan:            tx.scan,
	}
}

// header is the value of the first header of a name.
func header(headers []Header, name string) (string, bool) {
	for _, h := range headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value, true
		}
	}
	return "", false
}
