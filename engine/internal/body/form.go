package body

import (
	"errors"
	"io"
	"iter"
	"strconv"
	"strings"

	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
	"github.com/tidwall/gjson"

	"github.com/modsecurity-for-anylog/msa/engine/internal/order"
	"github.com/modsecurity-for-anylog/msa/engine/internal/transform"
)

// Form reads bodies like a=1&b=2, and adds each argument with a name of its own memory. Coraza's own gives all
// arguments of one name the same memory, by which Coraza tells transformed values apart: it then takes one argument's
// for another's, in an order that changes by chance, and rules miss what they should find. Of names that only case tells
// apart, Coraza's own keeps one; this one all. JSON that is sent as a form is read as both: programs differ in which they
// take it for.
type Form struct{}

var unescape, _ = transform.Lookup("urlDecode")

// Pairs are the names and values of a form, or of the query of a URL.
func Pairs(text string) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for pair := range strings.SplitSeq(text, "&") {
			name, value, _ := strings.Cut(pair, "=")
			if pair != "" && !yield(unescape(name), unescape(value)) {
				return
			}
		}
	}
}

// ProcessRequest fills ARGS_POST, REQUEST_BODY and its length.
func (Form) ProcessRequest(body io.Reader, v plugintypes.TransactionVariables, o plugintypes.BodyProcessorOptions) error {
	defer order.Body(v)
	text, err := read(body)
	if err != nil {
		return err
	}
	takeCut(v)
	args := NewArguments(v.ArgsPost(), o.ArgumentLimit)
	args.AddForm(text)
	if StartsJSON(text) && gjson.Valid(text) {
		_ = flatten(text, o.RequestBodyRecursionLimit, args)
	}
	if args.End() {
		err = set("1", v.ArgumentsLimitReached())
	}
	return errors.Join(err, SetWhole(v, text))
}

// SetWhole sets REQUEST_BODY and its length.
func SetWhole(v plugintypes.TransactionVariables, text string) error {
	return errors.Join(set(text, v.RequestBody()), set(strconv.Itoa(len(text)), v.RequestBodyLength()))
}

// ProcessResponse does nothing: there are no responses of that type.
func (Form) ProcessResponse(io.Reader, plugintypes.TransactionVariables, plugintypes.BodyProcessorOptions) error {
	return nil
}

// Raw leaves bodies that are no form as they are: rules see them as REQUEST_BODY.
type Raw struct{}

// ProcessRequest fills REQUEST_BODY and its length.
func (Raw) ProcessRequest(body io.Reader, v plugintypes.TransactionVariables, _ plugintypes.BodyProcessorOptions) error {
	takeCut(v)
	text, err := read(body)
	return errors.Join(err, SetWhole(v, text))
}

// ProcessResponse does nothing: Coraza reads responses without a processor.
func (Raw) ProcessResponse(io.Reader, plugintypes.TransactionVariables, plugintypes.BodyProcessorOptions) error {
	return nil
}

// longestFormName is how long the first name of a form may be: text without line ends is as long, and no name.
const longestFormName = 256

// StartsForm reports whether a text begins like a form: name=value, with what browsers leave of a name unescaped, and
// without what they would escape in the value.
func StartsForm(text string) bool {
	for i, c := range []byte(text[:min(len(text), longestFormName)]) {
		switch {
		case c == '=':
			first, _, _ := strings.Cut(text, "&")
			return i > 0 && !strings.ContainsAny(strings.TrimRight(first, "\r\n"), "\r\n\x00")
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("_-.%+[]$*:!~()@", c) >= 0:
		default:
			return false
		}
	}
	return false
}
