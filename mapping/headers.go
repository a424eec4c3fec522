package mapping

import (
	"slices"
	"strings"
)

// parseHeaders reads a raw header block as a probe saw it: a start line, header
// lines, an empty line, perhaps the beginning of the body. Unlike net/http it
// refuses nothing, as a record that is not read is not inspected: line ends may
// be LF, continuation lines are joined, a line without a colon is a header
// without a value, order and duplicates are kept. start is "" when
// the block begins with a header. complete says that the empty line was there, so
// that no header is missing.
func parseHeaders(block string, headers []Header) (start string, out []Header, rest string, complete bool) {
	out = headers
	var folded []string // lines that continue the last header
	unfold := func() {
		if len(folded) > 0 {
			last := &out[len(out)-1]
			last.Value += " " + strings.Join(folded, " ")
			folded = folded[:0]
		}
	}
	for first := true; block != ""; {
		line := block
		i := strings.IndexByte(block, '\n')
		if i >= 0 {
			line, block = block[:i], block[i+1:]
		} else {
			block = ""
		}
		line = strings.TrimSuffix(line, "\r")
		switch {
		case line == "" && first:
			continue // some clients send an empty line before the request
		case line == "":
			unfold()
			return start, out, block, true
		case first && isStartLine(line):
			start = line
		case (line[0] == ' ' || line[0] == '\t') && len(out) > len(headers):
			folded = append(folded, trimSpace(line))
		default:
			unfold()
			out = append(out, parseHeader(line))
		}
		first = false
	}
	unfold()
	return start, out, "", false
}

func parseHeader(line string) Header {
	from := 0
	if line[0] == ':' {
		from = 1 // HTTP/2 pseudo-header
	}
	i := strings.IndexByte(line[from:], ':')
	if i < 0 {
		return Header{Name: trimSpace(line)}
	}
	return Header{Name: trimSpace(line[:from+i]), Value: trimSpace(line[from+i+1:])}
}

// isStartLine tells a request or status line from a header: a header's name has
// no space in it before the colon.
func isStartLine(line string) bool {
	space := strings.IndexByte(line, ' ')
	if space < 0 {
		return false
	}
	colon := strings.IndexByte(line, ':')
	return colon < 0 || space < colon
}

func trimSpace(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

// head is what a log has of the head of a message.
type head struct {
	start   string // request or status line
	headers []Header
	rest    string // what stands behind the header block: the beginning of a body
}

// headerBlock reads the headers from wherever the mapping has them. What one place has
// counts, and the ones after it add what is missing: the block, the map, the list, those with a
// prefix, single fields.
func (m *Mapping) headerBlock(tx *Transaction, spec *headerSpec, headers []Header, seen *ObservedHeaders) head {
	h := head{headers: headers}
	if spec.raw.isSet() {
		var complete bool
		h.start, h.headers, h.rest, complete = parseHeaders(m.text(tx, &spec.raw), headers)
		if complete {
			seen.All = true
			return h
		}
	}
	inBlock := len(h.headers)
	found := false
	if v, ok := spec.mapped.object(tx); ok {
		found = m.headersOfMap(tx, v, "", &h, seen) || found
	}
	if v, ok := spec.list.object(tx); ok {
		found = m.headersOfList(v, &h, seen) || found
	}
	for i := range spec.prefixes {
		p := &spec.prefixes[i]
		if v, ok := p.in.object(tx); ok {
			found = m.headersOfMap(tx, v, p.prefix, &h, seen) || found
		}
		for _, top := range tx.prefixed {
			if top.spec == p {
				m.addHeader(&h, seen, headerName(tx, top.key[len(p.prefix):]), top.value, false)
				found = true
			}
		}
	}
	seen.All = seen.All || found && spec.complete
	block := len(h.headers)
	for i := range spec.fields {
		f := &spec.fields[i]
		if n := slices.IndexFunc(h.headers[:block], func(one Header) bool { return strings.EqualFold(one.Name, f.name) }); n >= 0 {
			// The log may have cut the block within the header.
			if whole := m.text(tx, &f.field); n == inBlock-1 && len(whole) > len(h.headers[n].Value) && strings.HasPrefix(whole, h.headers[n].Value) {
				h.headers[n].Value = whole
			}
			continue
		}
		m.addHeaderField(tx, f, &h, seen)
	}
	return h
}

// addHeaderField adds a header that has a field of its own, and notes that it could be seen.
func (m *Mapping) addHeaderField(tx *Transaction, f *namedField, h *head, seen *ObservedHeaders) {
	if v, ok := f.object(tx); ok && isArray(v) && f.pick == pickAny {
		from := len(h.headers)
		m.addHeader(h, seen, f.name, v, false)
		for i := from; i < len(h.headers); i++ {
			h.headers[i].Value = f.decoded(h.headers[i].Value)
		}
		return
	}
	switch value, p := m.value(tx, &f.field); p {
	case present:
		seen.add(f.lower)
		h.headers = append(h.headers, Header{f.name, value})
	case empty:
		seen.add(f.lower)
	case hidden:
		if canHide(f.name) {
			seen.hide(f.lower)
			return
		}
		seen.add(f.lower)
		h.headers = append(h.headers, Header{f.name, m.verbatim(tx, &f.field)})
	}
}

// addHeader adds a header whose value is a text, or a list of texts: one line for each. With
// sent, an empty value is one that was sent empty; otherwise the log has a place for a
// header that was not sent.
func (m *Mapping) addHeader(h *head, seen *ObservedHeaders, name string, v Record, sent bool) {
	if isArray(v) {
		eachElement(v, func(e Record) {
			if !isArray(e) {
				m.addHeader(h, seen, name, e, sent)
			}
		})
		return
	}
	v = otlpValue(v)
	value, ok := v.text()
	if isMap(v) {
		value, ok = string(appendJSONText(nil, v)), true
	}
	switch {
	case !ok:
	case m.hidden.has(value) && canHide(name):
		seen.hide(strings.ToLower(name))
	default:
		seen.add(name)
		if sent && value == "" || !m.none.has(value) {
			h.headers = append(h.headers, Header{name, value})
		}
	}
}

// canHide reports whether a log would hide a header's value: no log hides these, so that a client that
// sends the word for hidden sent just that.
func canHide(name string) bool {
	switch strings.ToLower(name) {
	case "host", "user-agent", "referer", "origin", "accept", "content-type", "content-length", "content-encoding", "transfer-encoding":
		return false
	}
	return true
}

// headersOfMap adds the members of a map whose names begin with a prefix. The map may be
// the text of a JSON object.
func (m *Mapping) headersOfMap(tx *Transaction, v Record, prefix string, h *head, seen *ObservedHeaders) bool {
	if s, ok := v.text(); ok {
		if v, ok = tx.appendJSON(s); !ok {
			return false
		}
	}
	return v.fields(func(key []byte, value Record) {
		name, ok := strings.CutPrefix(view(key), prefix)
		if !ok || name == "" {
			return
		}
		if prefix != "" {
			name = headerName(tx, name)
		}
		m.addHeader(h, seen, name, value, prefix == "")
	}) == nil
}

// headersOfList adds the elements of a list: [name, value], {name: …, value: …} or "name: value".
func (m *Mapping) headersOfList(v Record, h *head, seen *ObservedHeaders) bool {
	return eachElement(v, func(e Record) {
		if name, value, ok := pair(e); ok {
			m.addHeader(h, seen, name, value, true)
			return
		}
		if line, ok := e.text(); ok && line != "" {
			header := parseHeader(line)
			seen.add(header.Name)
			h.headers = append(h.headers, header)
		}
	})
}

// pair reads [name, value] or {name: …, value: …}, key for name.
func pair(r Record) (name string, value Record, ok bool) {
	if isArray(r) {
		n, _ := r.element(0)
		value, _ = r.element(1)
		name, ok = n.text()
		return name, value, ok && value != nil
	}
	err := r.fields(func(key []byte, v Record) {
		switch {
		case equalFold(key, "name") || equalFold(key, "key"):
			name, ok = v.text()
		case equalFold(key, "value"):
			value = v
		}
	})
	return name, value, err == nil && ok && value != nil
}

func equalFold(b []byte, s string) bool { return strings.EqualFold(view(b), s) }

// headerName is a header's name as part of a key, in which an underscore stands for a hyphen.
func headerName(tx *Transaction, s string) string {
	if strings.IndexByte(s, '_') < 0 {
		return s
	}
	start := len(tx.scratch)
	for _, c := range []byte(s) {
		if c == '_' {
			c = '-'
		}
		tx.scratch = append(tx.scratch, c)
	}
	return view(tx.scratch[start:])
}

// prefixedKey is a key of the record itself that is a header by its prefix.
type prefixedKey struct {
	spec  *prefixSpec
	key   string
	value Record
}

// topPrefixes are the prefixes of keys of the record itself.
func (m *Mapping) topPrefixes() []*prefixSpec {
	var all []*prefixSpec
	for _, h := range []*headerSpec{&m.request.headers, &m.response.headers} {
		for i := range h.prefixes {
			if p := &h.prefixes[i]; !p.in.isSet() {
				all = append(all, p)
			}
		}
	}
	return all
}

// prefixOf is the prefix by which a key of the record itself is a header, nil if it is none.
func (m *Mapping) prefixOf(key []byte) *prefixSpec {
	for _, p := range m.prefixes {
		if len(key) > len(p.prefix) && string(key[:len(p.prefix)]) == p.prefix {
			return p
		}
	}
	return nil
}

// addCookies makes a Cookie header of cookies that the log has apart, unless there is one.
func (m *Mapping) addCookies(tx *Transaction) {
	spec := &m.request.cookies
	if !spec.isSet() {
		return
	}
	if _, ok := header(tx.RequestHeaders, "cookie"); ok {
		return
	}
	v, ok := spec.object(tx)
	if !ok {
		return
	}
	var cookies []string
	add := func(name string, value Record) {
		if s, ok := value.text(); ok && !m.hidden.has(s) {
			cookies = append(cookies, name+"="+s)
		}
	}
	switch {
	case isArray(v):
		eachElement(v, func(e Record) {
			if name, value, ok := pair(e); ok {
				add(name, value)
			} else if s, ok := e.text(); ok {
				cookies = append(cookies, s)
			}
		})
	case isMap(v):
		_ = v.fields(func(key []byte, value Record) {
			if isArray(value) {
				eachElement(value, func(e Record) { add(string(key), e) })
			} else {
				add(string(key), value)
			}
		})
	default:
		s, p := m.value(tx, spec)
		if p == hidden {
			tx.Observed.Request.hide("cookie")
			return
		}
		if p == present {
			cookies = append(cookies, s)
		}
	}
	tx.Observed.Request.add("cookie")
	if len(cookies) > 0 {
		tx.RequestHeaders = append(tx.RequestHeaders, Header{"Cookie", strings.Join(cookies, "; ")})
	}
}
