package mapping

import (
	"slices"
	"strings"
)

// Part names a part of an HTTP exchange that a log may or may not show.
type Part struct {
	Kind PartKind
	Name string // of a header, in lower case; "" for all of them
}

// PartKind is what kind of part it is.
type PartKind int

// The kinds of parts.
const (
	RequestHeader PartKind = iota
	ResponseHeader
	Query
	RequestBody
	ResponseBody
)

// String is the part in words: "the Host header".
func (p Part) String() string {
	switch p.Kind {
	case Query:
		return "the query"
	case RequestBody:
		return "the request body"
	case ResponseBody:
		return "the response body"
	}
	whose := ""
	if p.Kind == ResponseHeader {
		whose = "response "
	}
	if p.Name == "" {
		return "all " + whose + "headers"
	}
	return "the " + whose + canonicalHeader(p.Name) + " header"
}

// canonicalHeader writes user-agent as User-Agent.
func canonicalHeader(name string) string {
	b := []byte(name)
	for i := range b {
		if (i == 0 || b[i-1] == '-') && b[i] >= 'a' && b[i] <= 'z' {
			b[i] -= 'a' - 'A'
		}
	}
	return string(b)
}

// Observed says which parts of an exchange the log would have shown if they had been
// there. The absence of anything else means nothing.
type Observed struct {
	Request, Response         ObservedHeaders
	Query                     bool
	RequestBody, ResponseBody bool // whole
}

// ObservedHeaders says which headers the log would have shown.
type ObservedHeaders struct {
	All    bool     // every header that was sent
	Names  []string // otherwise these, in lower case
	Hidden []string // not these in any case: the log has them without their values
}

// Has reports whether the absence of a part means that it was not sent.
func (o *Observed) Has(p Part) bool {
	switch p.Kind {
	case RequestHeader:
		return o.Request.has(p.Name)
	case ResponseHeader:
		return o.Response.has(p.Name)
	case Query:
		return o.Query
	case RequestBody:
		return o.RequestBody
	default:
		return o.ResponseBody
	}
}

// With is what a log shows that shows one more part.
func (o Observed) With(p Part) Observed {
	switch p.Kind {
	case RequestHeader:
		o.Request = o.Request.with(p.Name)
	case ResponseHeader:
		o.Response = o.Response.with(p.Name)
	case Query:
		o.Query = true
	case RequestBody:
		o.RequestBody = true
	case ResponseBody:
		o.ResponseBody = true
	}
	return o
}

// with are the headers and one more, or all.
func (o ObservedHeaders) with(name string) ObservedHeaders {
	o.Hidden = slices.DeleteFunc(slices.Clone(o.Hidden), func(h string) bool { return name == "" || h == name })
	if name == "" {
		o.All = true
	} else {
		o.Names = append(slices.Clone(o.Names), name)
	}
	return o
}

func (o *ObservedHeaders) has(name string) bool {
	if name == "" {
		return o.All && len(o.Hidden) == 0
	}
	for _, h := range o.Hidden {
		if h == name {
			return false
		}
	}
	if o.All {
		return true
	}
	for _, h := range o.Names {
		if h == name {
			return true
		}
	}
	return false
}

func (o *ObservedHeaders) add(name string)  { o.Names = append(o.Names, strings.ToLower(name)) }
func (o *ObservedHeaders) hide(name string) { o.Hidden = append(o.Hidden, name) }

func (o *ObservedHeaders) reset() {
	*o = ObservedHeaders{Names: o.Names[:0], Hidden: o.Hidden[:0]}
}

// observe completes what was noted while the parts were read.
func (m *Mapping) observe(tx *Transaction) {
	o := &tx.Observed
	o.Query = tx.URI != "" && m.showsQuery()
	o.RequestBody = o.RequestBody && !tx.RequestBody.Truncated || m.sentNoBody(tx)
	o.ResponseBody = o.ResponseBody && !tx.ResponseBody.Truncated
	if m.request.observesOverrides {
		o.Request.All = m.request.observesAll
		o.Request.Names = append(o.Request.Names[:0], m.request.observes...)
	}
}

// sentNoBody reports whether the log would have shown a body and the request had none, as GET and HEAD have none by
// themselves: many logs leave the field out then.
func (m *Mapping) sentNoBody(tx *Transaction) bool {
	shows := m.request.body.field.isSet() || m.request.headers.raw.isSet()
	if !shows || tx.RequestBody.Text != "" || tx.RequestBody.Truncated || tx.Method != "GET" && tx.Method != "HEAD" {
		return false
	}
	length, ok := HeaderValue(tx.RequestHeaders, "content-length")
	_, isCoded := HeaderValue(tx.RequestHeaders, "transfer-encoding")
	return !isCoded && (!ok || strings.TrimSpace(length) == "0")
}

// Observes is the most that a record of this mapping can show.
func (m *Mapping) Observes() Observed {
	spec := &m.request
	o := Observed{
		Request:      spec.headers.observes(),
		Response:     m.response.headers.observes(),
		Query:        m.showsQuery(),
		RequestBody:  spec.body.field.isSet() || spec.headers.raw.isSet(),
		ResponseBody: m.response.body.field.isSet() || m.response.headers.raw.isSet(),
	}
	if spec.cookies.isSet() {
		o.Request.add("cookie")
	}
	if spec.observesOverrides {
		o.Request = ObservedHeaders{All: spec.observesAll, Names: spec.observes}
	}
	return o
}

func (m *Mapping) showsQuery() bool {
	r := &m.request
	return r.uri.isSet() || r.line.isSet() || r.query.isSet() || r.headers.raw.isSet()
}

func (h *headerSpec) observes() ObservedHeaders {
	var o ObservedHeaders
	o.All = h.raw.isSet() || h.complete && (h.mapped.isSet() || h.list.isSet() || len(h.prefixes) > 0)
	for i := range h.fields {
		o.Names = append(o.Names, h.fields[i].lower)
	}
	return o
}

// HasOpenHeaders reports whether headers come by a map, a list or a prefix, so that a record
// may show some that the mapping does not name.
func (m *Mapping) HasOpenHeaders() bool {
	h := &m.request.headers
	return h.mapped.isSet() || h.list.isSet() || len(h.prefixes) > 0
}

// Excluded are the ids, ranges and tags of the rules that the mapping leaves out.
func (m *Mapping) Excluded() []string { return m.exclude }
