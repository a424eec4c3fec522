package mapping

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Explanation is how a record became a transaction, for people.
type Explanation struct {
	Tried  []Trial
	Fields []FieldReport // of the mapping that took the record, in the order of docs/mapping.md
	Unused []string      // keys of the record that the mapping does not ask for
}

// Trial is a mapping that was tried, and why it was not taken; the reason of the one that was is "".
type Trial struct {
	Mapping *Mapping
	Reason  string
}

// FieldReport is what became of one field of a mapping.
type FieldReport struct {
	Part  string // "request.method"
	From  string // the accessor that had the value, or all of them when none had
	Value string // "" when there is none
	Note  string // why not
}

// Explain maps a record as Map does, without what is remembered of its tag, and tells what
// happened. The error is Map's.
func (s *Set) Explain(tag string, r Record, tx *Transaction) (Explanation, error) {
	var x Explanation
	tx.opened.forget()
	tx.explaining = true
	defer func() { tx.explaining = false }()
	failure := ErrUnmapped
	for _, m := range s.all {
		if s.auto && m.isNotAsked(errors.Is(failure, ErrSkipped), errors.Is(failure, ErrNotText)) {
			continue
		}
		var err error
		if len(s.all) == 1 && !s.auto {
			err = m.Map(tag, r, tx)
		} else {
			err = s.try(m, tag, r, tx)
		}
		reason := ""
		switch {
		case errors.Is(err, errOther):
			reason = m.whyOther(tx)
		case errors.Is(err, ErrSkipped) && !allHold(m.when, tx):
			reason, failure = "skipped: "+firstFailing(m.when, tx), ErrSkipped
		case errors.Is(err, ErrSkipped):
			reason, failure = "skipped: the record is about the log itself, or no request was made", ErrSkipped
		case err != nil:
			reason, failure = err.Error(), err
		}
		x.Tried = append(x.Tried, Trial{m, reason})
		if err == nil {
			x.Fields = m.reports(tx)
			x.Unused = m.unused(r, tx)
			return x, nil
		}
	}
	if failure == ErrUnmapped { //nolint:errorlint // set above
		failure = s.whyNone(r, tx)
	}
	return x, failure
}

func (m *Mapping) whyOther(tx *Transaction) string {
	if len(m.detect) == 0 {
		return "it has no detect, so auto does not try it"
	}
	if reason := firstFailing(m.detect, tx); reason != "" {
		return reason
	}
	return ErrUnmapped.Error()
}

// firstFailing is the first condition that does not hold, in words.
func firstFailing(all []condition, tx *Transaction) string {
	for i := range all {
		if !all[i].holds(tx) {
			return all[i].String()
		}
	}
	return ""
}

// String is what the condition wants.
func (c *condition) String() string {
	if c.any != nil {
		var parts []string
		for i := range c.any {
			parts = append(parts, c.any[i].String())
		}
		return strings.Join(parts, ", nor: ")
	}
	name := c.field.String()
	switch {
	case c.exists != nil && !*c.exists:
		return "it has " + name
	case c.equals != nil:
		return fmt.Sprintf("%s is not %s", name, strings.Join(c.equals, " or "))
	case c.not != nil:
		return fmt.Sprintf("%s is %s", name, strings.Join(c.not, " or "))
	case c.matches != nil:
		return fmt.Sprintf("%s does not match %s", name, c.matches)
	case c.differs != nil:
		return fmt.Sprintf("%s matches %s", name, c.differs)
	case len(c.field.anyOf) > 1:
		return "it has none of " + name
	default:
		return "it has no " + name
	}
}

// part is a field with its place in the mapping file.
type part struct {
	name string
	*field
}

func (m *Mapping) parts() []part {
	r := &m.request
	all := []part{
		{"time", &m.time.field}, {"end_time", &m.endTime.field}, {"duration", &m.duration.field}, {"bytes", &m.bytes},
		{"client.address", &m.client.address}, {"client.port", &m.client.port}, {"client.forwarded", &m.client.forwarded},
		{"client.credential", &m.client.credential}, {"session.id", &m.session.id},
	}
	all = append(all, m.client.workload.parts("client")...)
	all = append(all, part{"server.address", &m.server.address}, part{"server.port", &m.server.port})
	all = append(all, m.server.workload.parts("server")...)
	all = append(all, []part{
		{"request.line", &r.line}, {"request.method", &r.method}, {"request.uri", &r.uri}, {"request.path", &r.path},
		{"request.query", &r.query}, {"request.protocol", &r.protocol}, {"request.host", &r.host},
	}...)
	headers := func(of string, h *headerSpec) {
		all = append(all, part{of + ".headers.raw", &h.raw}, part{of + ".headers.map", &h.mapped}, part{of + ".headers.list", &h.list})
		for i := range h.fields {
			all = append(all, part{of + ".headers." + h.fields[i].name, &h.fields[i].field})
		}
	}
	headers("request", &r.headers)
	all = append(all, part{"request.cookies", &r.cookies}, part{"request.body", &r.body.field}, part{"request.bytes", &r.bytes},
		part{"response.status", &m.response.status}, part{"response.protocol", &m.response.protocol})
	headers("response", &m.response.headers)
	all = append(all, part{"response.body", &m.response.body.field}, part{"response.bytes", &m.response.bytes})
	for i := range m.args {
		all = append(all, part{"args." + m.args[i].name, &m.args[i].field})
	}
	return all
}

func (m *Mapping) reports(tx *Transaction) []FieldReport {
	var all []FieldReport
	for _, p := range tx.prefixed {
		value, _ := p.value.text()
		all = append(all, FieldReport{Part: "headers.prefix", From: p.key, Value: value})
	}
	for _, p := range m.parts() {
		if !p.isSet() {
			continue
		}
		report := FieldReport{Part: p.name, From: p.String()}
		value, presence := m.value(tx, p.field)
		for i, slot := range p.slots {
			if v, ok := tx.at(slot); ok && !isNil(v) {
				report.From = p.anyOf[i].String()
				if isMap(v) || isArray(v) {
					value, presence = string(appendJSONText(nil, v)), present
				}
				if s, ok := v.text(); !ok || !m.none.has(s) {
					break
				}
			}
		}
		blockIsWhole := strings.HasPrefix(p.name, "request.headers.") && p.field != &m.request.headers.raw &&
			m.request.headers.raw.isSet() && tx.Observed.Request.All
		switch {
		case blockIsWhole && presence != absent:
			report.Note = "not needed, the header block is whole"
		case presence == present:
			report.Value = value
		case presence == hidden:
			report.Note = "the log hides it"
		case presence == empty:
			report.Note = "empty"
		default:
			report.Note = "not in the record"
		}
		if note := m.unreadEntries(tx, p); note != "" {
			report.Note = note
		}
		all = append(all, report)
	}
	return all
}

// unreadEntries says how many entries of a list of headers are understood, if not all are.
func (m *Mapping) unreadEntries(tx *Transaction, p part) string {
	var spec *headerSpec
	for _, h := range []*headerSpec{&m.request.headers, &m.response.headers} {
		if p.field == &h.mapped || p.field == &h.list {
			spec = h
		}
	}
	if spec == nil {
		return ""
	}
	v, ok := p.object(tx)
	if !ok {
		return ""
	}
	var probe Transaction
	probe.reset(m)
	var h head
	m.headersOf(&probe, spec, v, &h, &probe.Observed.Request)
	if probe.UnreadHeaders == 0 {
		return ""
	}
	entries := 1
	if isArray(v) {
		_, entries = spec.eachHeader(v, func(string, Record) {})
	}
	return fmt.Sprintf("%d of %d entries understood: a list has pairs, {name, value} or \"name: value\"; pair names other keys", entries-probe.UnreadHeaders, entries)
}

// unused are the record's keys that are no field of the mapping.
func (m *Mapping) unused(r Record, tx *Transaction) []string {
	var all []string
	_ = r.fields(func(key []byte, value Record) {
		if _, ok := m.slots[string(key)]; ok || tx.opened.isIn(tx.event, value) {
			return
		}
		for _, p := range m.prefixes {
			if strings.HasPrefix(string(key), p.prefix) {
				return
			}
		}
		all = append(all, string(key))
	})
	return all
}

// Describe is the transaction as HTTP would have it, for people: a request and a response, with what
// the log does not tell left out.
func (tx *Transaction) Describe() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s\n", first(tx.Method, "?"), first(tx.URI, "?"), tx.Protocol)
	for _, h := range tx.RequestHeaders {
		fmt.Fprintf(&b, "%s: %s\n", h.Name, h.Value)
	}
	describeBody(&b, tx.RequestBody)
	for _, a := range tx.Args {
		fmt.Fprintf(&b, "ARGS:%s = %s\n", a.Name, a.Value)
	}
	if tx.Status != 0 || len(tx.ResponseHeaders) > 0 || tx.ResponseBody.Text != "" {
		code := "?"
		if tx.Status != 0 {
			code = strconv.Itoa(tx.Status)
		}
		fmt.Fprintf(&b, "\n%s %s\n", first(tx.ResponseVersion, "HTTP"), code)
		for _, h := range tx.ResponseHeaders {
			fmt.Fprintf(&b, "%s: %s\n", h.Name, h.Value)
		}
		describeBody(&b, tx.ResponseBody)
	}
	return b.String()
}

func describeBody(b *strings.Builder, body Body) {
	if body.Text == "" {
		return
	}
	b.WriteString("\n" + body.Text + "\n")
	if body.Truncated {
		b.WriteString("(the log holds only the beginning)\n")
	}
}
