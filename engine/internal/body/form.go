package body

import (
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"

	"github.com/modsecurity-for-anylog/msa/engine/screen"
)

// Form reads bodies like a=1&b=2, and adds each argument with a name of its own memory. Coraza's own gives all
// arguments of one name the same memory, by which Coraza tells transformed values apart: it then takes one argument's
// for another's, in an order that changes by chance, and rules miss what they should find. Of names that only case tells apart, Coraza's own keeps one; this one all.
type Form struct{}

var unescape = func() func(string) string {
	f, _ := screen.Transformation("urlDecode")
	return f
}()

// ProcessRequest fills ARGS_POST, REQUEST_BODY and its length.
func (Form) ProcessRequest(body io.Reader, v plugintypes.TransactionVariables, o plugintypes.BodyProcessorOptions) error {
	text, err := read(body)
	if err != nil {
		return err
	}
	whole, ok1 := v.RequestBody().(settable)
	length, ok2 := v.RequestBodyLength().(settable)
	reached, ok3 := v.ArgumentsLimitReached().(settable)
	if !ok1 || !ok2 || !ok3 {
		return errors.New("this version of Coraza has variables of another type")
	}
	n := 0
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		if o.ArgumentLimit > 0 && n >= o.ArgumentLimit {
			reached.Set("1")
			break
		}
		name, value, _ := strings.Cut(pair, "=")
		v.ArgsPost().Add(unescape(name), unescape(value))
		n++
	}
	whole.Set(text)
	length.Set(strconv.Itoa(len(text)))
	return nil
}

// ProcessResponse does nothing: there are no responses of that type.
func (Form) ProcessResponse(io.Reader, plugintypes.TransactionVariables, plugintypes.BodyProcessorOptions) error {
	return nil
}
