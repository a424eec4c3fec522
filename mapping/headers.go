package mapping

import (
	"slices"
	"strings"

	"github.com/tinylib/msgp/msgp"
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
		h.headers = m.withoutHidden(h.headers, len(headers), seen)
		if complete {
			seen.All = true
			return h
		}
	}
	inBlock := len(h.headers)
	found := false
	unread := tx.UnreadHeaders
	for _, f := range []*field{&spec.mapped, &spec.list} {
		if v, ok := f.object(tx); ok {
			found = m.headersOf(tx, spec, v, &h, seen) || found
		}
	}
	found = found && tx.UnreadHeaders == unread
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
	if _, inner, isPair := pair(v); isPair && isMap(v) {
		v = inner // Lambda@Edge writes the name once more: {key: Host, value: …}
	}
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

// withoutHidden drops the headers of a block, which begin at an index, of which the log does not show the values.
func (m *Mapping) withoutHidden(headers []Header, from int, seen *ObservedHeaders) []Header {
	if len(m.hidden) == 0 {
		return headers
	}
	shown := headers[:from]
	for _, one := range headers[from:] {
		if m.hidden.has(one.Value) && canHide(one.Name) {
			seen.hide(strings.ToLower(one.Name))
		} else {
			shown = append(shown, one)
		}
	}
	return shown
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

// headersOf adds the headers of whatever a log has them in: a map, a list, or the text of either or of a block. What
// can't be understood is counted.
func (m *Mapping) headersOf(tx *Transaction, spec *headerSpec, v Record, h *head, seen *ObservedHeaders) bool {
	text, isText := v.text()
	if isText && m.none.has(text) {
		return false
	}
	if opened, ok := tx.appendJSON(text); isText && ok {
		v, isText = opened, false
	}
	switch {
	case isArray(v):
		return m.headersOfList(tx, spec, v, h, seen)
	case isMap(v):
		return m.headersOfMap(tx, v, "", h, seen)
	case isText && strings.IndexByte(text, ':') > 0:
		from := len(h.headers)
		_, h.headers, _, _ = parseHeaders(text, h.headers)
		h.headers = m.withoutHidden(h.headers, from, seen)
		for _, one := range h.headers[from:] {
			seen.add(one.Name)
		}
		return true
	}
	tx.UnreadHeaders++
	return false
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

// headersOfList adds the entries of a list, and counts those that are none.
func (m *Mapping) headersOfList(tx *Transaction, spec *headerSpec, v Record, h *head, seen *ObservedHeaders) bool {
	understood, entries := spec.eachHeader(v, func(name string, value Record) {
		m.addHeader(h, seen, name, value, true)
	})
	tx.UnreadHeaders += entries - understood
	return understood == entries
}

// eachHeader calls visit with the headers in a list whose entries are pairs, maps of one member, or "name: value"; or
// names and values in turn, as Node.js has them. It counts the entries, and those that it understands.
func (h *headerSpec) eachHeader(list Record, visit func(name string, value Record)) (understood, entries int) {
	if inTurn(list) {
		var name string
		eachElement(list, func(e Record) {
			if entries++; entries%2 == 1 {
				name, _ = e.text()
				return
			}
			visit(name, e)
		})
		return entries, entries
	}
	eachElement(list, func(e Record) {
		entries++
		if name, value, ok := h.pair(e); ok && name != "" {
			understood++
			visit(name, value)
			return
		}
		if line, _ := e.text(); isText(e) && line != "" {
			understood++
			header := parseHeader(line)
			visit(header.Name, msgp.AppendString(nil, header.Value))
		}
	})
	return understood, entries
}

// inTurn reports whether a list has names and values in turn: no name has a colon.
func inTurn(list Record) bool {
	n, names := 0, true
	eachElement(list, func(e Record) {
		s, ok := e.text()
		names = names && ok && (n%2 == 1 || s != "" && !strings.ContainsAny(s, ": "))
		n++
	})
	return names && n > 0 && n%2 == 0
}

// pair reads an entry of a list of headers: by the mapping's own keys, or as any pair, or a map of one member.
func (h *headerSpec) pair(e Record) (name string, value Record, ok bool) {
	if h.nameKey != "" && isMap(e) {
		n, _ := e.Lookup(Accessor{key: h.nameKey})
		value, _ = e.Lookup(Accessor{key: h.valueKey})
		name, ok = n.text()
		return name, value, ok && value != nil
	}
	if name, value, ok = pair(e); ok {
		return name, value, true
	}
	members := 0
	if err := e.fields(func(key []byte, v Record) {
		members++
		name, value = view(key), v
	}); err != nil || members != 1 {
		return "", nil, false
	}
	return name, value, true
}

// pairKeys are what logs call the two members of a pair, the name's first.
var pairKeys = [2]map[string]bool{
	{"name": true, "key": true, "k": true, "n": true, "header": true, "headername": true, "header_name": true, "field": true},
	{"value": true, "v": true, "val": true, "values": true, "headervalue": true, "header_value": true},
}

// pair reads [name, value] or {name: …, value: …}, with any of the keys that logs use for these.
func pair(r Record) (name string, value Record, ok bool) {
	if isArray(r) {
		n, _ := r.element(0)
		value, _ = r.element(1)
		name, ok = n.text()
		return name, value, ok && value != nil
	}
	var lower [16]byte
	err := r.fields(func(key []byte, v Record) {
		if len(key) > len(lower) {
			return
		}
		for i, c := range key {
			if lower[i] = c; 'A' <= c && c <= 'Z' {
				lower[i] = c + 'a' - 'A'
			}
		}
		word := view(lower[:len(key)])
		switch {
		case pairKeys[0][word]:
			if s, isText := v.text(); isText && !ok {
				name, ok = s, true
			}
		case pairKeys[1][word] && value == nil:
			value = v
		}
	})
	return name, value, err == nil && ok && value != nil
}

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
	if _, ok := HeaderValue(tx.RequestHeaders, "cookie"); ok {
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
