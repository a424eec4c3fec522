package body

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unsafe"

	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
	"github.com/tidwall/gjson"

	"github.com/modsecurity-for-anylog/msa/engine/internal/order"
)

// JSON reads JSON in one pass, where Coraza's own reads each object and array once more for every level around it,
// so that 128 KiB of "[" take it most of a second. It fails with what is wrong with a body as a whole, after it has
// added the arguments up to there. Several values, a line each, are no fault: bulk interfaces take these under the type of
// JSON too.
type JSON struct{}

// ProcessRequest fills ARGS_POST, and the whole text as XML:body.
func (JSON) ProcessRequest(body io.Reader, v plugintypes.TransactionVariables, o plugintypes.BodyProcessorOptions) error {
	defer order.Body(v)
	text, err := read(body)
	if err != nil {
		return err
	}
	setText(v, text)
	cut := takeCut(v)
	err = process(text, v, o.RequestBodyRecursionLimit, NewArguments(v.ArgsPost(), o.ArgumentLimit))
	switch {
	case !errors.Is(err, errInvalid):
	case cut || isJSONLines(text):
		return nil
	case !StartsJSON(text):
		readAsItIs(text, "JSON", v, o)
	}
	return err
}

// ProcessResponse fills RESPONSE_ARGS.
func (JSON) ProcessResponse(body io.Reader, v plugintypes.TransactionVariables, o plugintypes.BodyProcessorOptions) error {
	text, err := read(body)
	if err != nil {
		return err
	}
	return process(text, v, o.ResponseBodyRecursionLimit, NewArguments(v.ResponseArgs(), o.ArgumentLimit))
}

func process(text string, v plugintypes.TransactionVariables, depth int, args *Arguments) error {
	err := flatten(text, depth, args)
	if args.End() {
		err = errors.Join(err, set("1", v.ArgumentsLimitReached()))
	}
	return err
}

// StartsJSON reports whether a text may be a JSON object or array.
func StartsJSON(text string) bool {
	start := strings.TrimLeft(text, " \t\r\n")
	return start != "" && (start[0] == '{' || start[0] == '[')
}

// isJSONLines reports whether each line of a text is a JSON object or array.
func isJSONLines(text string) bool {
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" && (!StartsJSON(line) || !gjson.Valid(line)) {
			return false
		}
	}
	return true
}

// Names and values together are at most this many times the body, or leastRoom.
const (
	roomFactor = 8
	leastRoom  = 4096 // bytes
)

var (
	errDeep    = errors.New("max recursion reached while reading json object")
	errInvalid = errors.New("invalid JSON")
)

// flatten adds every value of a JSON text, named json.key.0.key, and for every array that is not
// empty its length. Of broken JSON it takes what it finds, and behind an array or object that is too deep, or names that
// are too long, each text.
func flatten(text string, depth int, args *Arguments) error {
	r := reader{in: text, args: args, name: []byte("json"), room: max(len(text)*roomFactor, leastRoom)}
	for r.err == nil && r.skipTo("") {
		if c := text[r.pos]; c == '{' || c == '[' {
			r.container(depth)
			continue
		}
		r.item(0, depth) // a value without anything around it is the one of a list
		r.length(1)
	}
	r.rest()
	switch {
	case r.err != nil:
		return r.err
	case !gjson.Valid(text):
		return errInvalid
	}
	return nil
}

// reader is where a pass has come.
type reader struct {
	in  string
	pos int

	name []byte // of what is being read
	odd  bool   // some key in it is not plain

	args          *Arguments
	room, lengths int
	err           error
}

// skipTo goes to the next byte that may begin a value, or that is in stop; false at the end.
func (r *reader) skipTo(stop string) bool {
	for ; r.pos < len(r.in); r.pos++ {
		switch c := r.in[r.pos]; {
		case c == '"', c == '{', c == '[', c == 't', c == 'f', c == 'n', c == '-', '0' <= c && c <= '9', c == '+', c == 'i', c == 'I', c == 'N':
			return true
		case strings.IndexByte(stop, c) >= 0:
			return true
		}
	}
	return false
}

// container reads an object or array, of which the first byte is next.
func (r *reader) container(depth int) {
	if depth <= 0 {
		r.err = errDeep
		return
	}
	isObject := r.in[r.pos] == '{'
	n := 0
	for r.pos++; r.err == nil && r.skipTo("]}"); n++ {
		switch c := r.in[r.pos]; {
		case c == ']' || c == '}':
			r.pos++
			if !isObject {
				r.length(n)
			}
			return
		case !isObject:
			r.item(n, depth-1)
		case c == '"':
			r.member(depth - 1)
		default:
			r.pos++ // no key
		}
	}
	if !isObject {
		r.length(n)
	}
}

// member reads a key and its value.
func (r *reader) member(depth int) {
	end, odd, key := len(r.name), r.odd, r.string()
	r.name = append(append(r.name, '.'), key...)
	r.odd = odd || !isPlain(key)
	if r.args.willJoin(r.odd) {
		r.args.join(key)
	}
	if r.skipTo("]}") {
		r.value(depth)
	}
	r.name, r.odd = r.name[:end], odd
}

// item reads the n-th value of a list.
func (r *reader) item(n, depth int) {
	end := len(r.name)
	r.name = strconv.AppendInt(append(r.name, '.'), int64(n), 10)
	r.value(depth)
	r.name = r.name[:end]
}

func (r *reader) value(depth int) {
	first, start := r.pos, r.pos
	switch r.in[r.pos] {
	case ']', '}': // a key without a value
		return
	case '{', '[':
		r.container(depth)
		return
	case '"':
		r.take(r.string())
	case 't', 'f':
		r.word()
		r.take(r.in[start:r.pos])
	case 'n':
		r.word()
		if r.in[start:r.pos] == "null" {
			start = r.pos
		}
		r.take(r.in[start:r.pos])
	default:
		r.bare()
		r.take(r.in[start:r.pos])
	}
	if r.err != nil {
		r.pos = first // it was not taken
	}
}

// bare reads what stands in no quotes: a number, or whatever else is there.
func (r *reader) bare() {
	for r.pos < len(r.in) && r.in[r.pos] > ' ' && r.in[r.pos] != ',' && r.in[r.pos] != ']' && r.in[r.pos] != '}' {
		r.pos++
	}
}

func (r *reader) word() {
	for r.pos < len(r.in) && 'a' <= r.in[r.pos] && r.in[r.pos] <= 'z' {
		r.pos++
	}
}

// string reads a string, of which the quotation mark is next. One that does not end goes to the end of the text.
func (r *reader) string() string {
	start := r.pos
	for r.pos++; r.pos < len(r.in); r.pos++ {
		switch r.in[r.pos] {
		case '\\':
			r.pos++
		case '"':
			r.pos++
			return unquote(r.in[start:r.pos])
		}
	}
	r.pos = len(r.in)
	return unquote(r.in[start:] + `"`)
}

func unquote(quoted string) string {
	if strings.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	return gjson.Parse(quoted).Str
}

// rest joins each name and text that follows.
func (r *reader) rest() {
	for r.skipTo("") {
		switch c := r.in[r.pos]; c {
		case '{', '[':
			r.pos++
		case '"':
			r.args.join(r.string())
		default:
			start := r.pos
			r.bare()
			r.join(r.in[start:r.pos])
		}
	}
}

// join joins what stands in no quotes, of which numbers and the like hold nothing that rules look for.
func (r *reader) join(word string) {
	if strings.Trim(word, "0123456789+-.eE") != "" && word != "true" && word != "false" && word != "null" {
		r.args.join(word)
	}
}

// length adds an array's length for a value of its name, unless the array was not read to its end.
func (r *reader) length(n int) {
	if n == 0 || r.err != nil {
		return
	}
	if r.lengths++; r.args.limit == 0 || r.lengths <= r.args.limit {
		r.add(strconv.Itoa(n))
	}
}

// take takes a value of the present name.
func (r *reader) take(value string) {
	switch {
	case r.args.isApart(r.odd, value):
		r.add(value)
	case r.in[r.pos-1] == '"':
		r.args.join(value)
	default:
		r.join(value)
	}
}

// add adds a value under the present name.
func (r *reader) add(value string) {
	if r.room -= len(r.name) + len(value); r.room < 0 {
		r.err = fmt.Errorf("names and values exceed %d bytes of a body of %d", max(len(r.in)*roomFactor, leastRoom), len(r.in))
		return
	}
	r.args.to.Add(unsafe.String(unsafe.SliceData(r.name), len(r.name)), value) // which copies the name
}
