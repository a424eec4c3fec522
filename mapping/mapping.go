// Package mapping turns log records into HTTP transactions. It knows msgpack and
// HTTP as logs write it, and neither the rule engine nor Fluent Bit.
package mapping

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// Mapping is a compiled mapping file, safe for concurrent use.
type Mapping struct {
	spec
	slots  map[string]int // top-level keys that any field asks for
	detect [][]slot
	none   map[string]bool
}

// ErrUnmapped says that a record has nothing that the mapping could make a
// request of.
var ErrUnmapped = errors.New("record has neither a URI nor headers nor a body where the mapping looks for them")

// Load reads a preset by its name, or else a mapping file.
func Load(nameOrFile string) (*Mapping, error) {
	if m, err := Preset(nameOrFile); err == nil {
		return m, nil
	}
	text, err := os.ReadFile(nameOrFile)
	if err != nil {
		if !strings.ContainsAny(nameOrFile, "/.") {
			return nil, fmt.Errorf("cannot find mapping %q: no preset of that name (there are: %s), and no file", nameOrFile, strings.Join(PresetNames(), ", "))
		}
		return nil, fmt.Errorf("cannot read mapping: %w", err)
	}
	return Parse(nameOrFile, text)
}

// Parse compiles a mapping file's text; errors name the file and the line.
func Parse(file string, text []byte) (*Mapping, error) {
	m := &Mapping{slots: map[string]int{}, none: map[string]bool{"": true, "-": true}}
	if err := yaml.UnmarshalWithOptions(text, &m.spec, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("cannot read mapping %q: %w", file, err)
	}
	if m.Name == "" {
		m.Name = file
	}
	for _, v := range m.None {
		m.none[v] = true
	}
	for _, f := range m.fields() {
		f.slots = m.compile(f.anyOf)
	}
	if len(m.Request.URI.slots) == 0 && len(m.Request.Headers.Raw.slots) == 0 {
		return nil, fmt.Errorf("cannot use mapping %q: request.uri or request.headers.raw must name a field", file)
	}
	for _, line := range m.Detect {
		m.detect = append(m.detect, m.compile(line))
	}
	return m, nil
}

// compile finds the place in the scan for each alternative.
func (m *Mapping) compile(alternatives anyOf) []slot {
	var out []slot
	for _, a := range alternatives {
		i, ok := m.slots[a.key]
		if !ok {
			i = len(m.slots)
			m.slots[a.key] = i
		}
		out = append(out, slot{i, a.path})
	}
	return out
}

func (m *Mapping) fields() []*field {
	all := []*field{
		&m.Time, &m.Client.Address, &m.Client.Port, &m.Server.Address, &m.Server.Port,
		&m.Request.Method, &m.Request.URI, &m.Request.Protocol, &m.Request.Host,
		&m.Request.Headers.Raw, &m.Request.Body,
		&m.Response.Status, &m.Response.Headers.Raw, &m.Response.Body,
		&m.Alert.Message, &m.Alert.Forward, &m.Alert.Source,
		&m.Alert.Host, &m.Alert.Domain, &m.Alert.GeoIP,
	}
	for i := range m.Request.Headers.Fields {
		all = append(all, &m.Request.Headers.Fields[i].field)
	}
	for i := range m.Response.Headers.Fields {
		all = append(all, &m.Response.Headers.Fields[i].field)
	}
	return all
}

// Map fills tx with what the record tells, replacing what it held. It fails with
// ErrUnmapped when there is nothing to inspect, or with what is wrong with
// the record's bytes.
func (m *Mapping) Map(r Record, tx *Transaction) error {
	if err := m.read(r, tx); err != nil {
		return err
	}
	return m.fill(tx)
}

// read keeps the values of the fields that the mapping asks for, in one pass.
func (m *Mapping) read(r Record, tx *Transaction) error {
	tx.reset()
	tx.Preset = m.Name
	if cap(tx.scan) < len(m.slots) {
		tx.scan = make([]Record, len(m.slots))
	}
	tx.scan = tx.scan[:len(m.slots)]
	return r.fields(func(key []byte, value Record) {
		if i, ok := m.slots[string(key)]; ok {
			tx.scan[i] = value
		}
	})
}

// detects reports whether the record that was read has the fields by which the
// mapping is recognised. A mapping without detect recognises nothing.
func (m *Mapping) detects(tx *Transaction) bool {
	for _, line := range m.detect {
		if !slices.ContainsFunc(line, func(s slot) bool {
			v, ok := tx.scan[s.index].descend(s.path)
			return ok && v != nil
		}) {
			return false
		}
	}
	return len(m.detect) > 0
}

func (m *Mapping) fill(tx *Transaction) error {
	tx.Time = m.time(tx)
	tx.Client = Endpoint{m.text(tx, &m.Client.Address), m.text(tx, &m.Client.Port)}
	tx.Server = Endpoint{m.text(tx, &m.Server.Address), m.text(tx, &m.Server.Port)}
	bodyPart := m.request(tx)
	responsePart := m.response(tx)
	if tx.URI == "" && len(tx.RequestHeaders) == 0 && bodyPart == "" && responsePart == "" {
		return ErrUnmapped
	}
	tx.RequestBody = readBody(bodyPart, tx.RequestHeaders, m.Request.Body.encoding)
	tx.ResponseBody = readBody(responsePart, tx.ResponseHeaders, m.Response.Body.encoding)
	m.alert(tx)
	return nil
}

// request reads the request's head and returns its body as logged.
func (m *Mapping) request(tx *Transaction) (body string) {
	block := m.text(tx, &m.Request.Headers.Raw)
	start, headers, body, complete := parseHeaders(block, tx.RequestHeaders)
	method, uri, protocol := splitRequestLine(start)

	tx.Method = first(m.text(tx, &m.Request.Method), method)
	tx.URI = first(m.text(tx, &m.Request.URI), uri)
	if strings.HasPrefix(uri, tx.URI) {
		tx.URI = uri // a probe may cut the field and not the block
	}
	tx.Protocol = first(m.text(tx, &m.Request.Protocol), protocol)
	if complete {
		tx.Observed.RequestHeaders = true
	} else {
		headers = m.headerFields(tx, m.Request.Headers.Fields, headers, true)
	}
	tx.RequestHeaders = headers

	tx.Host = m.text(tx, &m.Request.Host)
	if h, ok := header(headers, "host"); ok {
		tx.Host = h
	}
	tx.Host = withoutPort(tx.Host)
	return first(m.text(tx, &m.Request.Body), body)
}

// response reads the response's head and returns its body as logged.
func (m *Mapping) response(tx *Transaction) (body string) {
	block := m.text(tx, &m.Response.Headers.Raw)
	start, headers, body, complete := parseHeaders(block, tx.ResponseHeaders)
	version, rest, _ := strings.Cut(start, " ")
	tx.ResponseVersion = version
	code, _, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
	tx.Status = status(first(m.text(tx, &m.Response.Status), code))
	if !complete {
		headers = m.headerFields(tx, m.Response.Headers.Fields, headers, false)
	}
	tx.ResponseHeaders = headers
	return first(m.text(tx, &m.Response.Body), body)
}

// headerFields adds the headers that the log keeps in fields of their own, unless
// the block had them, and notes which of them the record can show.
func (m *Mapping) headerFields(tx *Transaction, fields []namedField, headers []Header, observe bool) []Header {
	fromBlock := headers
	for i := range fields {
		f := &fields[i]
		value, present := m.value(tx, &f.field)
		if !present {
			continue
		}
		if observe {
			tx.Observed.Headers = append(tx.Observed.Headers, strings.ToLower(f.name))
		}
		if _, ok := header(fromBlock, f.name); !ok && value != "" {
			headers = append(headers, Header{f.name, value})
		}
	}
	return headers
}

func (m *Mapping) alert(tx *Transaction) {
	tx.Alert = AlertFields{
		Message:        m.verbatim(tx, &m.Alert.Message),
		Forward:        m.verbatim(tx, &m.Alert.Forward),
		Source:         m.verbatim(tx, &m.Alert.Source),
		Host:           m.verbatim(tx, &m.Alert.Host),
		Domain:         m.verbatim(tx, &m.Alert.Domain),
		GeoIP:          m.verbatim(tx, &m.Alert.GeoIP),
		Status:         m.verbatim(tx, &m.Response.Status),
		RequestHeader:  m.verbatim(tx, &m.Request.Headers.Raw),
		RequestBody:    m.verbatim(tx, &m.Request.Body),
		ResponseHeader: m.verbatim(tx, &m.Response.Headers.Raw),
		ResponseBody:   m.verbatim(tx, &m.Response.Body),
	}
}

func (m *Mapping) time(tx *Transaction) time.Time {
	t, _ := parseTime(m.text(tx, &m.Time))
	return t
}

// text is a field's value, "" when it is missing, no scalar, or a word for none.
func (m *Mapping) text(tx *Transaction, f *field) string {
	s, _ := m.value(tx, f)
	return s
}

// value is a field's first alternative that has a text other than none.
// present is true when the record has any of the alternatives.
func (m *Mapping) value(tx *Transaction, f *field) (s string, present bool) {
	for _, slot := range f.slots {
		v, ok := tx.scan[slot.index].descend(slot.path)
		if !ok || v == nil {
			continue
		}
		present = true
		if s, ok := v.text(); ok && !m.none[s] {
			return s, true
		}
	}
	return "", present
}

// verbatim is a field's text as it is, with the words for none.
func (m *Mapping) verbatim(tx *Transaction, f *field) string {
	for _, slot := range f.slots {
		if v, ok := tx.scan[slot.index].descend(slot.path); ok && v != nil {
			if s, ok := v.text(); ok {
				return s
			}
		}
	}
	return ""
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func status(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 999 {
		return 0
	}
	return n
}

// withoutPort cuts the port off a Host header: example.com:80, [::1]:80.
func withoutPort(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && strings.IndexByte(host[i:], ']') < 0 &&
		(host[0] == '[' || strings.IndexByte(host[:i], ':') < 0) {
		host = host[:i]
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}
