package mapping

import (
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Body is a message body, de-chunked and decoded.
type Body struct {
	Text      string
	Truncated bool // the log holds only its beginning
	Coded     bool // it is still in a content coding that could not be undone
	Unread    bool // it goes on with what could not be read, or was longer than what is opened
}

// IsUnread reports whether the log holds something of the body that could not be read.
func (b *Body) IsUnread() bool { return b.Coded || b.Unread }

type bodySpec struct {
	field    field
	encoding encoding
	limit    int   // bytes after which the log cuts, 0 for none
	length   field // the whole length
	pieces   bool  // a list of texts is the body in pieces
	inBase64 field // says of each body whether it is in base64
}

// encoding is how a log writes a body.
type encoding int

const (
	encodingText encoding = iota
	encodingBase64
	encodingAuto
)

func (y *yamlReader) body(b *bodySpec) func(ast.Node) error {
	return func(node ast.Node) error {
		return y.field(node, &b.field, readers{
			"encoding": choice(y, "encoding", &b.encoding, map[string]encoding{
				"text": encodingText, "base64": encodingBase64, "auto": encodingAuto,
			}),
			"limit": func(n ast.Node) error {
				s, err := y.text(n)
				if err != nil {
					return err
				}
				if b.limit, err = strconv.Atoi(s); err != nil || b.limit < 1 {
					return positioned(n, "limit %q is not a number of bytes above 0", s)
				}
				return nil
			},
			"length": y.fieldInto(&b.length),
			"pieces": y.boolInto(&b.pieces),
			"base64": y.fieldInto(&b.inBase64),
		})
	}
}

// bodyText is a body as logged; an object or a list becomes the JSON that it was.
func (m *Mapping) bodyText(tx *Transaction, b *bodySpec) (string, presence) {
	if !b.field.isSet() {
		return "", absent
	}
	if v, ok := b.field.object(tx); ok && (isMap(v) || isArray(v) && b.field.pick == pickAny) {
		if b.pieces && isArray(v) {
			return tx.joined(v), present
		}
		start := len(tx.scratch)
		tx.scratch = appendJSONText(tx.scratch, v)
		return view(tx.scratch[start:]), present
	}
	return m.value(tx, &b.field)
}

// joined is a list of texts as one.
func (tx *Transaction) joined(list Record) string {
	start := len(tx.scratch)
	eachElement(list, func(e Record) {
		s, _ := e.text()
		tx.scratch = append(tx.scratch, s...)
	})
	return view(tx.scratch[start:])
}

// loggedBody is the body for the alert.
func (m *Mapping) loggedBody(tx *Transaction, b *bodySpec) string {
	if !b.field.isSet() {
		return ""
	}
	if v, ok := b.field.object(tx); ok && (isMap(v) || isArray(v)) {
		s, _ := m.bodyText(tx, b)
		return s
	}
	return m.verbatim(tx, &b.field)
}

// read makes a body of what was logged: from base64, de-chunked if it really is chunked, without its content codings, as JSON
// if it is in a binary format, and marked when the headers or the mapping say that there was more of it.
func (b *bodySpec) read(m *Mapping, tx *Transaction, logged string, headers []Header) Body {
	if logged == "" {
		return Body{}
	}
	length := -1
	if v, ok := HeaderValue(headers, "content-length"); ok {
		if n, err := strconv.Atoi(v); err == nil && n >= 0 {
			length = n
		}
	}
	text := logged
	if b.isBase64(logged, length) || b.inBase64.isSet() && saysBase64(m.text(tx, &b.inBase64)) {
		if decoded, ok := decodeBase64(logged); ok {
			text = decoded
		}
	}
	cut := b.isCut(len(logged), text, length)
	if b.length.isSet() {
		if n, err := strconv.Atoi(m.text(tx, &b.length)); err == nil {
			cut = cut || n > len(text)
		}
	}
	if te, ok := HeaderValue(headers, "transfer-encoding"); ok && strings.Contains(strings.ToLower(te), "chunked") {
		if data, whole, ok := dechunk(text); ok {
			text, cut = data, !whole
		}
	}
	body := Body{Text: text, Truncated: cut}
	if codings, ok := HeaderValue(headers, "content-encoding"); ok {
		body = open(text, codings, cut)
	}
	body.readFormat(headers)
	return body
}

// isCut reports whether the log has cut a body of so many bytes, -1 if nobody says how many. U+FFFD may stand for one to
// three bytes that were no UTF-8, so that the text may be longer than the body was.
func (b *bodySpec) isCut(logged int, text string, length int) bool {
	switch {
	case length < 0:
		return b.limit > 0 && logged >= b.limit
	case length >= len(text):
		return length > len(text)
	}
	least := len(text) - 2*strings.Count(text, "\ufffd")
	return b.limit > 0 && b.limit < length && logged >= b.limit && least <= b.limit
}

// isBase64 reports whether the log keeps the body in base64. With encoding auto that is so
// only when the decoded length is the one that Content-Length says and the
// logged length is not: plain text can look like base64.
func (b *bodySpec) isBase64(logged string, contentLength int) bool {
	switch b.encoding {
	case encodingText:
		return false
	case encodingAuto:
		return contentLength > 0 && contentLength != len(logged) && contentLength == base64Len(logged)
	}
	return true
}

// saysBase64 reports whether a field says so: isBase64Encoded of AWS Lambda, encoding of an HTTP archive.
func saysBase64(s string) bool { return s == "true" || s == "1" || s == "base64" }

func base64Len(s string) int {
	return len(strings.TrimRight(s, "=")) * 3 / 4
}

// dechunk undoes the chunked transfer coding (RFC 9112, 7.1). ok is false when
// the text is not chunked at all; whole is false when it ends before the last chunk.
//
// Extensions are not read: nobody sends them, and what stands in one must not go unseen. Nor are trailers.
func dechunk(s string) (data string, whole, ok bool) {
	return joinChunks(s, func(line string) string { return line }, func(rest string) bool { return strings.Trim(rest, "\r\n") == "" })
}

// joinChunks does so with chunks whose size is what sizeOf leaves of their first line, and behind the last of which stands what isEnd knows.
func joinChunks(s string, sizeOf func(line string) string, isEnd func(rest string) bool) (data string, whole, ok bool) {
	var b strings.Builder
	for first := true; ; first = false {
		line, rest, found := strings.Cut(s, "\n")
		n, err := strconv.ParseUint(trimSpace(sizeOf(strings.TrimSuffix(line, "\r"))), 16, 31)
		switch {
		case !found && (err == nil || line == ""):
			return b.String(), false, !first
		case !found || err != nil:
			return "", false, false
		}
		if n == 0 {
			if first || !isEnd(rest) {
				return "", false, false // what follows is data, or trailers that somebody should see
			}
			return b.String(), true, true
		}
		if uint64(len(rest)) <= n {
			// The log ends within the chunk. With one chunk only, nothing but
			// its size line says that this is chunked: that must do.
			b.WriteString(rest)
			return b.String(), false, true
		}
		b.WriteString(rest[:n])
		s = rest[n:]
		switch {
		case strings.HasPrefix(s, "\r\n"):
			s = s[2:]
		case strings.HasPrefix(s, "\n"):
			s = s[1:]
		default:
			return "", false, false // the size was no size
		}
	}
}
