package mapping

import (
	"strconv"
	"strings"
)

// Sizes are the bytes that went each way, without what the log does not tell: the record's own numbers, Content-Length where
// there are none, and else what is logged of the body. Dynamic answers are chunked and HTTP/2 has no Content-Length, so
// the header alone would miss most of what is read in bulk. They are read from the record when they are asked for.
func (tx *Transaction) Sizes() (request, response int64) {
	var in, out, both size
	if m := tx.mapping; m != nil {
		in = m.size(tx, &m.request.bytes, &m.request.body.length)
		out = m.size(tx, &m.response.bytes, &m.response.body.length)
		both = m.size(tx, &m.bytes)
	}
	in = in.orElse(tx.RequestHeaders, &tx.RequestBody)
	out = out.orElse(tx.ResponseHeaders, &tx.ResponseBody)
	if rest := both.n - in.n - out.n - headerBytes(tx.RequestHeaders) - headerBytes(tx.ResponseHeaders); both.isKnown && rest > 0 {
		// What is left over belongs to the side whose size is not stated: mostly the answer.
		switch {
		case !out.isKnown && tx.Method != "HEAD":
			out.n += rest
		case !in.isKnown && (tx.Method == "POST" || tx.Method == "PUT" || tx.Method == "PATCH"):
			in.n += rest
		}
	}
	return in.n, out.n
}

// size is a number of bytes. If it is not known, n is what is there at least.
type size struct {
	n       int64
	isKnown bool
}

// mostBytes bounds what is believed of a log: a client may state any length.
const mostBytes = 1 << 50

// bytesIn is the number of bytes that a text says, if that can be.
func bytesIn(text string) (n int64, ok bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	return n, err == nil && n >= 0 && n <= mostBytes
}

// size is the first of the fields that has a number.
func (m *Mapping) size(tx *Transaction, fields ...*field) size {
	for _, f := range fields {
		if !f.isSet() {
			continue
		}
		if n, ok := bytesIn(m.text(tx, f)); ok {
			return size{n, true}
		}
	}
	return size{}
}

// orElse is the size, or what Content-Length says, or the part of the body that is logged. Several Content-Lengths may be
// an attack: the last one is as good as any.
func (s size) orElse(headers []Header, body *Body) size {
	if s.isKnown {
		return s
	}
	for _, h := range headers {
		if !strings.EqualFold(h.Name, "content-length") {
			continue
		}
		if n, ok := bytesIn(h.Value); ok {
			s = size{n, true}
		}
	}
	if !s.isKnown {
		s.n = int64(len(body.Text))
	}
	return s
}

// headerBytes is what header lines take in HTTP/1.1.
func headerBytes(headers []Header) (n int64) {
	for _, h := range headers {
		n += int64(len(h.Name) + len(": ") + len(h.Value) + len("\r\n"))
	}
	return n
}
