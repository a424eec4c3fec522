package engine

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/corazawaf/coraza/v3/collection"
	"github.com/corazawaf/coraza/v3/types/variables"

	"github.com/modsecurity-for-anylog/msa/engine/internal/body"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// Most requests have no body, and what Coraza reads of such is little: arguments of the query, cookies, parts of the URI.
// It takes a transaction of some eighty collections for that, which are filled and emptied each time. So the screen reads
// these requests itself, value for value as Coraza does. Of what is not here it asks Coraza all the same, and of what comes
// of bodies alone, a transaction that never had one.

// maxBare is the most arguments that are read so: of more, Coraza may leave some out.
const maxBare = 100

// bareSource is the variables of a request without a body.
type bareSource struct {
	engine *Engine
	mapped *mapping.Transaction
	values values

	method, protocol, line, uriRaw, uri, basename, query, status string

	whole transaction // Coraza's; nil until something is asked for that only Coraza knows
}

// bare reads a request without a body. It is nil if that takes Coraza.
func (e *Engine) bare(t *mapping.Transaction) *bareSource {
	if e.fast.blank == nil || len(t.Args) > maxBare {
		return nil
	}
	uri, _ := cut(t.URI, maxURI)
	s := &bareSource{
		engine: e, mapped: t, uriRaw: or(uri, "/"), method: or(t.Method, "GET"), protocol: or(t.Protocol, "HTTP/1.1"),
		status: strconv.Itoa(t.Status),
	}
	s.line = s.method + " " + s.uriRaw + " " + s.protocol
	s.readURI()
	if strings.Count(s.query, "&")+len(t.Args) >= maxBare {
		return nil
	}
	s.readArguments()
	s.values.request, s.values.response = inspected(t.RequestHeaders), inspected(t.ResponseHeaders)
	for _, h := range s.values.request {
		if isNamed(h.Name, "cookie") {
			s.readCookies(h.Value)
		}
	}
	return s
}

// readURI finds the parts of the URI.
func (s *bareSource) readURI() {
	uri, _, _ := strings.Cut(s.uriRaw, "#")
	path, query, _ := strings.Cut(uri, "?")
	s.uri, s.query, s.values.filename = uri, query, path
	if !isPlainURI(path, query) {
		if parsed, err := url.ParseRequestURI(uri); err == nil {
			s.uri, s.query, s.values.filename = parsed.String(), parsed.RawQuery, parsed.Path
		}
	}
	s.basename = s.values.filename
	if i := strings.LastIndexAny(s.basename, `/\`); i >= 0 && i+1 < len(s.basename) {
		s.basename = s.basename[i+1:]
	}
}

// isPlainURI reports whether a URI of such a path and query is its own parsed form: the path has nothing in it that is
// escaped, or could be.
func isPlainURI(path, query string) bool {
	if path == "" || path[0] != '/' || strings.HasPrefix(path, "//") {
		return false
	}
	for i := range len(path) {
		switch c := path[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '/', c == '.', c == '-', c == '_', c == '~':
		default:
			return false
		}
	}
	return !strings.ContainsFunc(query, func(r rune) bool { return r < ' ' || r == 0x7f })
}

func (s *bareSource) readArguments() {
	n := len(s.mapped.Args)
	if s.query != "" {
		n += strings.Count(s.query, "&") + 1
	}
	if n == 0 {
		return
	}
	s.values.get = make([]pair, 0, n)
	for name, value := range body.Pairs(s.query) {
		s.values.get = append(s.values.get, pair{name, value})
	}
	for _, a := range s.mapped.Args {
		value, _ := cut(a.Value, s.engine.bodyLimit)
		s.values.get = append(s.values.get, pair{a.Name, value})
	}
}

func (s *bareSource) readCookies(header string) {
	s.values.cookies = slices.Grow(s.values.cookies, strings.Count(header, ";")+1)
	for part := range strings.SplitSeq(header, ";") {
		name, value, _ := strings.Cut(trimControls(part), "=")
		if name, value = trimControls(name), trimControls(value); name != "" || value != "" {
			s.values.cookies = append(s.values.cookies, pair{name, value})
		}
	}
}

// trimControls cuts what Coraza does not take for a part of a cookie.
func trimControls(s string) string {
	isControl := func(c byte) bool { return c <= ' ' || c == 0x7f }
	for s != "" && isControl(s[0]) {
		s = s[1:]
	}
	for s != "" && isControl(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// ask has a question to the screen answered.
func (s *bareSource) ask(question func(source source, skip func(id int) bool)) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the screen failed: %v", r)
			return
		}
		if s.whole != nil {
			err = errors.Join(err, s.whole.Close())
		}
	}()
	question(s, s.engine.isSkipped(s.mapped, s.engine.excludedIn(s.mapped)))
	return nil
}

func (s *bareSource) read() *values { return &s.values }

// InURL implements [interpreter.Source].
func (s *bareSource) InURL() int { return len(s.values.get) }

var _ source = (*bareSource)(nil)

// Each implements [screen.Source].
func (s *bareSource) Each(v variables.RuleVariable, visit func(key, value string)) bool {
	if s.values.each(v, visit) {
		return true
	}
	value, ok := s.single(v)
	if ok {
		visit("", value)
	}
	return ok
}

// single is the value of a variable that has one.
func (s *bareSource) single(v variables.RuleVariable) (value string, ok bool) {
	switch v {
	case variables.RequestMethod:
		return s.method, true
	case variables.RequestProtocol:
		return s.protocol, true
	case variables.RequestLine:
		return s.line, true
	case variables.RequestURIRaw:
		return s.uriRaw, true
	case variables.RequestURI:
		return s.uri, true
	case variables.RequestFilename:
		return s.values.filename, true
	case variables.RequestBasename:
		return s.basename, true
	case variables.QueryString:
		return s.query, true
	case variables.ResponseStatus:
		return s.status, true
	}
	return "", false
}

// Count implements [screen.Source].
func (s *bareSource) Count(v variables.RuleVariable, key string) (n int, ok bool) {
	return s.values.count(v, key)
}

// Collection implements [screen.Source].
func (s *bareSource) Collection(v variables.RuleVariable) collection.Collection {
	if isOfBodies(v) || v == variables.ResponseBody && s.mapped.ResponseBody.Text == "" {
		return s.engine.fast.blank.Collection(v)
	}
	if s.whole == nil {
		s.whole = s.engine.fast.plain.NewTransaction().(transaction) // as the blank one is
		s.engine.read(s.whole, s.mapped, false)
	}
	return s.whole.Collection(v)
}

// isOfBodies reports whether a variable is always the same in requests without a body.
func isOfBodies(v variables.RuleVariable) bool {
	switch v {
	case variables.ReqbodyError, variables.ReqbodyErrorMsg, variables.ReqbodyProcessor, variables.ReqbodyProcessorError,
		variables.RequestBody, variables.RequestBodyLength, variables.RequestXML, variables.XML,
		variables.Files, variables.FilesNames, variables.FilesSizes, variables.FilesCombinedSize, variables.FilesTmpContent,
		variables.MultipartFilename, variables.MultipartPartHeaders, variables.MultipartStrictError:
		return true
	}
	return false
}

// readsBare reports whether all is known here of what Coraza reads of a request without a body: rules may want more
// variables to be filled, or set another limit of arguments.
func (e *Engine) readsBare(f *fastPath) bool {
	return f.needsBody && !e.fillsMore && e.argumentLimit > maxBare
}

// newBlank makes a transaction that has nothing in it.
func (e *Engine) newBlank(f *fastPath) (transaction, error) {
	tx, ok := f.plain.NewTransaction().(transaction)
	if !ok {
		return nil, errTransaction
	}
	e.read(tx, &mapping.Transaction{}, false)
	return tx, nil
}
