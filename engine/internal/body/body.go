// Package body has processors that read bodies into arguments. The names and values are those of
// Coraza's own processors.
package body

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"

	"github.com/corazawaf/coraza/v3/collection"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
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

// Processors are all of them, by Coraza's names.
var Processors = map[string]plugintypes.BodyProcessor{
	"JSON": JSON{}, "MULTIPART": Multipart{}, "RAW": Raw{}, "URLENCODED": Form{}, "XML": XML{},
}

// Guess is the processor for a body of no known type. Of those in parts CRS knows forms alone.
func Guess(contentType, text string) string {
	switch {
	case IsMultipart(contentType, text):
		return "MULTIPART"
	case StartsJSON(text):
		return "JSON"
	case StartsMultipart(text):
		return "MULTIPART"
	case StartsXML(text):
		return "XML"
	case StartsForm(text):
		return "URLENCODED"
	}
	return "RAW"
}

// readAsItIs reads a body that is not of the type that its Content-Type says, as what it is: the type hides nothing, as
// some programs do not heed it. That it is wrong is for who calls to tell, and what is wrong with the rest is nothing new.
func readAsItIs(text, but string, v plugintypes.TransactionVariables, o plugintypes.BodyProcessorOptions) {
	name := Guess("", text)
	if name == but {
		name = "RAW"
	}
	_ = set(name, v.RequestBodyProcessor())
	_ = Processors[name].ProcessRequest(strings.NewReader(text), v, o)
}

// settable is a single variable, which Coraza's interfaces only let read.
type settable interface{ Set(string) }

var errVariables = errors.New("this version of Coraza has variables of another type")

// set sets single variables.
func set(value string, all ...collection.Single) error {
	for _, one := range all {
		s, ok := one.(settable)
		if !ok {
			return errVariables
		}
		s.Set(value)
	}
	return nil
}

// MarkCut tells the processors of this package that the body goes on behind the end of what they get: that it ends
// too early is then no error. INBOUND_DATA_ERROR carries it, which is Coraza's word for a body of which the rest was
// not kept; the processor takes it back, so that no rule sees it.
func MarkCut(v plugintypes.TransactionVariables) error { return set("1", v.InboundDataError()) }

// takeCut reports whether the body was marked, and takes the mark back.
func takeCut(v plugintypes.TransactionVariables) bool {
	cut := v.InboundDataError().Get() == "1"
	if cut {
		_ = set("", v.InboundDataError())
	}
	return cut
}
