package mapping

import (
	"errors"
	"fmt"
)

// ErrNotText says that a field of the request holds something that is no text, and that there is nothing else to inspect.
var ErrNotText = errors.New("a field of the request is not text")

// NotText names a field of the request's target, or of a block of headers, that holds an object or a list, and says so: no
// rule sees what is in it. It is nil for nearly all records.
func (tx *Transaction) NotText() error { return tx.notText }

// findNotText looks for a field that holds no text where nothing else says what it should. Of a list one element counts, so
// one with more is no text either.
func (m *Mapping) findNotText(tx *Transaction) error {
	r := &m.request
	for _, f := range []*field{&r.uri, &r.path, &r.query, &r.line} {
		if err := f.notText(tx); err != nil && (m.uri(tx) == "" && m.text(tx, &r.line) == "" || !errors.Is(err, errObject)) {
			return err
		}
	}
	if err := r.headers.raw.notText(tx); err != nil && len(tx.RequestHeaders) == 0 {
		return err
	}
	if err := m.response.headers.raw.notText(tx); err != nil && len(tx.ResponseHeaders) == 0 {
		return err
	}
	return nil
}

// errObject tells an object, which may be where other fields are taken from, from a list.
var errObject = fmt.Errorf("%w: it is an object", ErrNotText)

// notText says what a field holds that is no text.
func (f *field) notText(tx *Transaction) error {
	for i, slot := range f.slots {
		v, _ := tx.at(slot)
		switch {
		case v == nil:
		case isMap(v):
			return fmt.Errorf("%w: %q", errObject, f.anyOf[i])
		case isArray(v) && f.pick == pickAny && !isOneText(v):
			return fmt.Errorf("%w: it is a list: %q", ErrNotText, f.anyOf[i])
		}
	}
	return nil
}

// isOneText reports whether a list has no more than one element, and that is text.
func isOneText(list Record) bool {
	n := 0
	isText := true
	eachElement(list, func(e Record) {
		_, ok := e.text()
		n, isText = n+1, ok
	})
	return n == 0 || n == 1 && isText
}
