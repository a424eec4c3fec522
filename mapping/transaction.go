package mapping

import (
	"strings"
	"time"
)

// Transaction is one HTTP exchange as a log tells it. Its strings are views into
// the record's bytes, or into memory of its own: they are valid as long as the record's bytes
// are, and until it is filled again. A transaction is filled by Mapping.Map and may be
// filled again and again, which spares allocations.
type Transaction struct {
	// Metadata is that of the record's event, a map, or nil. It is set before Map, which leaves it as it is.
	Metadata Record

	// Workloads is one's own table of addresses, or nil. It is set before Map, which leaves it as it is.
	Workloads *WorkloadTable

	Preset string    // name of the mapping that filled it
	Time   time.Time // zero when the record has none that can be read

	Client, Server                 Endpoint
	ClientWorkload, ServerWorkload Workload // zero when nothing is known

	// Credential stands for the one that the client shows, as the log names it: an id of a token, never the token. "" when it
	// does not.
	Credential string

	// Session is the same for the records of one exchange of which the log has several, "" when it has one of each.
	Session       string
	SessionBegins bool // this is the record of its beginning

	Method   string
	URI      string // as in the request line: origin or absolute form, escaped, with the query
	Protocol string // "HTTP/1.1"
	Host     string // the name or address that the client asked for, without the port

	RequestHeaders  []Header
	UnreadHeaders   int // entries of lists and maps of headers, of request and response, of no form that is known
	RequestBody     Body
	Status          int // 0 when unknown
	ResponseVersion string
	ResponseHeaders []Header
	ResponseBody    Body
	Args            []Arg // of logs that are not HTTP; at most maxArgs

	Observed Observed
	Exclude  []string // rules that do not fit this log: ids, ranges, tags
	Alert    AlertFields

	mapping  *Mapping
	scan     []Record // values of the mapping's keys, by slot
	keys     keyCache
	prefixed []prefixedKey
	parsed   []parsed
	scratch  []byte // what had to be put together
	lastArg  []byte // the value of the last of maxArgs, if it has those of others in it
	opened   opened
	event    int      // of the opened ones, that which was read; -1 if none was
	leftOver []string // of that line: what no field has
	doubled  []doubled
	notText  error

	explaining bool // nothing is learned
}

// Header is one header line.
type Header struct {
	Name, Value string
}

// AlertFields are what an alert shows of the record beside the transaction, as
// the record has it.
type AlertFields struct {
	Message, Forward, Source, Host, Domain, GeoIP, Status string
	RequestHeader, RequestBody                            string // as logged
	ResponseHeader, ResponseBody                          string
}

// Mapping is the one that filled the transaction, nil before that.
func (tx *Transaction) Mapping() *Mapping { return tx.mapping }

// reset empties the transaction for a mapping and keeps its memory.
func (tx *Transaction) reset(m *Mapping) {
	clear(tx.scan)
	if cap(tx.scan) < len(m.slots) {
		tx.scan = make([]Record, len(m.slots))
	}
	if tx.keys.of != m {
		tx.keys = keyCache{m, tx.keys.keys[:0]}
	}
	tx.Observed.Request.reset()
	tx.Observed.Response.reset()
	*tx = Transaction{
		Metadata:        tx.Metadata,
		Workloads:       tx.Workloads,
		Preset:          m.Name,
		RequestHeaders:  tx.RequestHeaders[:0],
		ResponseHeaders: tx.ResponseHeaders[:0],
		Args:            tx.Args[:0],
		Observed:        Observed{Request: tx.Observed.Request, Response: tx.Observed.Response},
		Exclude:         m.exclude,
		mapping:         m,
		scan:            tx.scan[:len(m.slots)],
		keys:            tx.keys,
		prefixed:        tx.prefixed[:0],
		parsed:          tx.parsed[:0],
		scratch:         tx.scratch[:0],
		lastArg:         tx.lastArg[:0],
		opened:          tx.opened,
		event:           -1,
		leftOver:        tx.leftOver[:0],
		doubled:         tx.doubled[:0],
		explaining:      tx.explaining,
	}
}

// at is the value under a compiled accessor.
func (tx *Transaction) at(s slot) (Record, bool) {
	v := tx.scan[s.index]
	if v == nil || len(s.path) == 0 {
		return v, v != nil
	}
	v, ok := v.descend(s.path, tx)
	return v, ok && v != nil
}

// appendJSON reads a JSON object or array into the transaction's own memory.
func (tx *Transaction) appendJSON(text string) (Record, bool) {
	if text == "" || text[0] != '{' && text[0] != '[' {
		return nil, false
	}
	start := len(tx.scratch)
	out, _, err := AppendJSON(tx.scratch, []byte(text))
	if err != nil {
		return nil, false
	}
	tx.scratch = out
	return Record(out[start:]), true
}

// HeaderValue is the value of the first header of a name, in any case; ok is false without one.
func HeaderValue(headers []Header, name string) (value string, ok bool) {
	for _, h := range headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value, true
		}
	}
	return "", false
}

// MediaType is what the Content-Type of headers names, in lower case and without parameters; empty without one.
func MediaType(headers []Header) string {
	kind, _ := HeaderValue(headers, "content-type")
	kind, _, _ = strings.Cut(kind, ";")
	return strings.ToLower(trimSpace(kind))
}
