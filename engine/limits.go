package engine

import (
	"slices"
	"unicode/utf8"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// Limits on what of a request's head is inspected. They are above what servers
// accept: nginx takes 8 KiB of URI by default, Apache 8, IIS 16, and 32 to
// 64 KiB of headers. Rules take time in proportion to the text, so there has to be an end.
const (
	maxURI     = 32 << 10
	maxHeaders = 64 << 10 // names and values together
)

// invalidCost: for the rules a byte that is no UTF-8 becomes %ufffd, and back. It takes as long as so many others.
const invalidCost = 8

// uninspected names the parts of a transaction that are longer than what is inspected, or that can't be read. Of some that
// is known already.
func (e *Engine) uninspected(t *mapping.Transaction, known []string) (parts []string) {
	for _, p := range []struct {
		name string
		cut  bool
	}{
		{"uri", isCut(t.URI, maxURI)},
		{"request_headers", !addHeaders(t.RequestHeaders, discardHeader)},
		{"request_body", t.RequestBody.IsUnread() || isCut(t.RequestBody.Text, e.bodyLimit)},
		{"response_headers", !addHeaders(t.ResponseHeaders, discardHeader)},
		{"response_body", t.ResponseBody.IsUnread() || isCut(t.ResponseBody.Text, e.bodyLimit)},
		{"args", slices.ContainsFunc(t.Args, func(a mapping.Arg) bool { return isCut(a.Value, e.bodyLimit) })},
	} {
		if p.cut || slices.Contains(known, p.name) {
			parts = append(parts, p.name)
		}
	}
	return parts
}

func discardHeader(string, string) {}

// addHeaders adds as many as are inspected, and reports whether these are all.
func addHeaders(headers []mapping.Header, add func(name, value string)) (all bool) {
	bytes := 0
	for _, h := range headers {
		bytes += len(h.Name) + len(h.Value)
	}
	if bytes*invalidCost <= maxHeaders { // whatever is in them
		for _, h := range headers {
			add(h.Name, h.Value)
		}
		return true
	}
	left := maxHeaders
	for _, h := range headers {
		name, cost := cut(h.Name, left)
		left -= cost
		value, cost := cut(h.Value, left)
		left -= cost
		if len(name) < len(h.Name) || len(value) < len(h.Value) {
			if name != "" {
				add(name, value)
			}
			return false
		}
		add(name, value)
	}
	return true
}

func isCut(text string, limit int) bool {
	if len(text)*invalidCost <= limit {
		return false // whatever is in it
	}
	head, _ := cut(text, limit)
	return len(head) < len(text)
}

// cut is what of a text is inspected if that may cost so much: one for each byte, or invalidCost.
func cut(text string, limit int) (head string, cost int) {
	if len(text) <= limit && utf8.ValidString(text) {
		return text, len(text)
	}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		next := cost + size
		if r == utf8.RuneError && size == 1 {
			next = cost + invalidCost
		}
		if next > limit {
			return text[:i], cost
		}
		i, cost = i+size, next
	}
	return text, cost
}
