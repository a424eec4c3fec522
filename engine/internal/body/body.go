// Package body has processors that read bodies into arguments. The names and values are those of
// Coraza's own processors.
package body

import (
	"bytes"
	"io"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// read is like [io.ReadAll], and allocates no more than the text.
func read(body io.Reader) (string, error) {
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	_, err := b.ReadFrom(body)
	return b.String(), err
}

// settable is a single variable, which Coraza's interfaces only let read.
type settable interface{ Set(string) }
