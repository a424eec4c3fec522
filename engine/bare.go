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

// What Coraza reads of a request without a body is little: arguments of the query, cookies, parts of the URI. It takes a
// transaction of some eighty collections for that, which are filled and emptied each time. So the screen reads these itself,
// value for value as Coraza does. What comes of bodies alone is that of a transaction that never had one; of a request with
// a body, that of one which has only the body and its type, if the rules look at no more to tell how it is read. Of what is
// not here it asks Coraza all the same.

// maxBare is the most arguments that are read so: of more, Coraza may leave some out.
const maxBare = 100

// bareSource is the variables of a request.
type bareSource struct {
	engine   *Engine
	mapped   *mapping.Transaction
	excluded excluded
	values   values

	method, protocol, line, uriRaw, uri, basename, query, status string

	hasBody bool        // see [fastPath.hasBody]
	body    transaction // Coraza's, of the body alone; nil without one
	whole   transaction // Coraza's; nil until something is asked for that only Coraza knows
}

// bare reads a request but for its body. It is nil if that takes Coraza.
func (e *Engine) bare(t *mapping.Transaction, hasBody bool) *bareSource {
	if e.fast.blank == nil || len(t.Args) > maxBare || hasBody && !e.fast.readsBodyAlone(t) {
		return nil
	}
	uri, _ := cut(t.URI, maxURI)
	s := &bareSource{
		engine: e, mapped: t, excluded: e.excludedIn(t), hasBody: hasBody, uriRaw: or(uri, "/"), method: or(t.Method, "GET"), protocol: or(t.Protocol, "HTTP/1.1"),
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

// readsBodyAlone reports whether a body is read by itself. Where rules will look at the response's it takes Coraza anyway.
func (f *fastPath) readsBodyAlone(t *mapping.Transaction) bool {
	return f.byType && t.ResponseBody.Text == ""
}

// readBody reads the body.
func (s *bareSource) readBody() error {
	tx, err := s.engine.fast.newReader(true)
	if err != nil {
		return err
	}
	s.body = tx
	s.engine.remove(tx, s.mapped, s.excluded)
	for _, h := range s.values.request {
		if isContentType(h) {
			tx.AddRequestHeader(h.Name, h.Value)
		}
	}
	tx.ProcessRequestHeaders()
	s.engine.requestBody(tx, s.mapped)
	vars := tx.Variables()
	s.values.post, s.values.xml, s.values.processor = pairsOf(vars.ArgsPost().FindAll()), vars.RequestXML().FindAll(), vars.RequestBodyProcessor().Get()
	return nil
}

// ofBody is the transaction that has the body, if there is one.
func (s *bareSource) ofBody() transaction {
	if s.body != nil {
		return s.body
	}
	return s.engine.fast.blank
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
			err = fmt.Errorf("the screen failed: %w", panicked(s.ofBody(), r))
			return
		}
		for _, tx := range []transaction{s.body, s.whole} {
			if tx != nil {
				err = errors.Join(err, tx.Close())
			}
		}
	}()
	if s.hasBody {
		if err := s.readBody(); err != nil {
			return err
		}
	}
	question(s, s.engine.isSkipped(s.mapped, s.excluded))
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
	case variables.RemoteAddr:
		return s.mapped.Client.Address, true
	case variables.ServerAddr:
		return s.mapped.Server.Address, true
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
		return s.ofBody().Collection(v)
	}
	if s.whole == nil {
		whole, err := s.engine.fast.newReader(s.hasBody)
		if err != nil {
			panic(err) // as the blank one was made
		}
		s.whole = whole
		s.engine.readWhole(whole, s.mapped, s.hasBody, s.excluded)
	}
	return s.whole.Collection(v)
}

// isOfBodies reports whether a variable goes by the body and its type alone.
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
