// Package crs runs the regression tests of the OWASP Core Rule Set as log records:
// each stage of a test is an HTTP exchange, which is written as a log would write
// it, read back through mapping, pipeline and engine, and judged by the rules that
// the stage expects. Plain Coraza, fed with the same exchange, is the reference.
//
// The tests are those embedded in the module coraza-coreruleset. Their format, and
// what a client makes of it, is that of go-ftw.
package crs

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/corazawaf/coraza-coreruleset/v4/tests"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Stage is one request of a regression test, and what the rules shall say of it.
type Stage struct {
	Name    string // "942100-1"; "942340-8.2" for the second of several stages
	Rule    int    // the rule under test
	Desc    string
	Request Request
	Expect  Expect
}

// Request is a request as a server reads it.
type Request struct {
	Method, URI, Version string
	Headers              []Header // ordered, duplicates kept
	Body                 string   // de-chunked

	head, body string // as on the wire
}

// frame finds out what of the bytes that follow the head is the request's body (RFC
// 9112, 6.3): what a server reads, and a probe logs.
func (r *Request) frame(sent string) {
	if r.Version == "" {
		r.Version = "HTTP/0.9" // what servers call a request line without a version
	}
	if _, ok := r.Header("Transfer-Encoding"); ok {
		r.body, r.Body = sent, sent
		if b, err := io.ReadAll(httputil.NewChunkedReader(strings.NewReader(sent))); err == nil {
			r.Body = string(b)
		}
		return
	}
	value, _ := r.Header("Content-Length")
	length, _ := strconv.Atoi(value) // without one, there is no body
	r.body = sent[:min(len(sent), max(length, 0))]
	r.Body = r.body
}

// Header is one header line.
type Header struct {
	Name, Value string
}

// Expect is what a stage expects.
type Expect struct {
	IDs      []int          // rules that match, all of them
	NoIDs    []int          // rules that don't
	Match    *regexp.Regexp // found in the error log, or nil
	NotMatch *regexp.Regexp // not found there, or nil
	Status   int            // of the response; 0 for any
}

// Rules reports whether the stage expects anything of the rules. The others expect
// only that a server refuses the request, and no rule ever sees it there.
func (e Expect) Rules() bool {
	return len(e.IDs) > 0 || len(e.NoIDs) > 0 || e.Match != nil || e.NotMatch != nil
}

// Detection reports whether the stage is an attack that shall be found.
func (e Expect) Detection() bool { return len(e.IDs) > 0 }

// Header is the value of the first header of a name; ok is false without one.
func (r Request) Header(name string) (value string, ok bool) { return first(r.Headers, name) }

func first(headers []Header, name string) (string, bool) {
	for _, h := range headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value, true
		}
	}
	return "", false
}

// The test files. They are read strictly: a key that this reader does not know is an
// error, as passing over it could make a test mean something else.
type file struct {
	Meta   any    `yaml:"meta"`
	Author any    `yaml:"author"`
	Rule   int    `yaml:"rule_id"`
	Tests  []test `yaml:"tests"`
}

type test struct {
	ID     int     `yaml:"test_id"`
	Desc   text    `yaml:"desc"`
	Stages []stage `yaml:"stages"`
}

type stage struct {
	Input  input  `yaml:"input"`
	Output output `yaml:"output"`
}

type input struct {
	Address  text    `yaml:"dest_addr"`
	Port     int     `yaml:"port"`
	Method   *text   `yaml:"method"`
	URI      *text   `yaml:"uri"`
	Version  *text   `yaml:"version"`
	Headers  headers `yaml:"headers"`
	Data     *text   `yaml:"data"`
	Encoded  string  `yaml:"encoded_request"`
	Complete *bool   `yaml:"autocomplete_headers"`
}

type output struct {
	Status      int  `yaml:"status"`
	RetryOnce   bool `yaml:"retry_once"`   // for clients that wait for a log to be written
	ExpectError bool `yaml:"expect_error"` // the server may close the connection; the rules count
	Log         struct {
		IDs      []int  `yaml:"expect_ids"`
		NoIDs    []int  `yaml:"no_expect_ids"`
		Match    string `yaml:"match_regex"`
		NotMatch string `yaml:"no_match_regex"`
	} `yaml:"log"`
}

// text is a scalar as it is written: 1.10 stays 1.10.
type text string

// UnmarshalYAML takes any scalar.
func (t *text) UnmarshalYAML(node ast.Node) error {
	s, err := scalar(node)
	*t = text(s)
	return err
}

func scalar(node ast.Node) (string, error) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		return n.Value.Value, nil
	case *ast.NullNode:
		return "", nil
	case ast.ScalarNode:
		return n.GetToken().Value, nil
	default:
		return "", fmt.Errorf("line %d: expected a text, not %s", node.GetToken().Position.Line, node.Type())
	}
}

// headers keeps the order of the file, which a Go map would lose.
type headers []Header

// UnmarshalYAML takes a mapping of names to values.
func (h *headers) UnmarshalYAML(node ast.Node) error {
	var values []*ast.MappingValueNode
	switch n := node.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	case *ast.NullNode:
	default:
		return fmt.Errorf("line %d: expected headers, not %s", node.GetToken().Position.Line, node.Type())
	}
	for _, v := range values {
		name, err := scalar(v.Key)
		if err != nil {
			return err
		}
		value, err := scalar(v.Value)
		if err != nil {
			return err
		}
		*h = append(*h, Header{name, value})
	}
	return nil
}

// Stages reads the stages of all tests, by file name and in the files' order.
func Stages() ([]Stage, error) {
	names, err := fs.Glob(tests.FS, "*/*.yaml")
	if err != nil {
		return nil, err
	}
	var all []Stage
	for _, name := range names {
		b, err := fs.ReadFile(tests.FS, name)
		if err != nil {
			return nil, err
		}
		if all, err = appendStages(all, b); err != nil {
			return nil, fmt.Errorf("cannot read test %q: %w", name, err)
		}
	}
	return all, nil
}

func appendStages(all []Stage, b []byte) ([]Stage, error) {
	var f file
	// 920539.yaml has nothing but comments.
	if err := yaml.UnmarshalWithOptions(b, &f, yaml.Strict()); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	for _, t := range f.Tests {
		for i, in := range t.Stages {
			s := Stage{Name: fmt.Sprintf("%d-%d", f.Rule, t.ID), Rule: f.Rule, Desc: strings.TrimSpace(string(t.Desc))}
			if len(t.Stages) > 1 {
				s.Name += "." + strconv.Itoa(i+1)
			}
			var err error
			if s.Request, err = in.Input.request(); err != nil {
				return nil, fmt.Errorf("%s: %w", s.Name, err)
			}
			if s.Expect, err = in.Output.expect(); err != nil {
				return nil, fmt.Errorf("%s: %w", s.Name, err)
			}
			all = append(all, s)
		}
	}
	return all, nil
}

func (o output) expect() (Expect, error) {
	e := Expect{IDs: o.Log.IDs, NoIDs: o.Log.NoIDs, Status: o.Status}
	for _, r := range []struct {
		text string
		to   **regexp.Regexp
	}{{o.Log.Match, &e.Match}, {o.Log.NotMatch, &e.NotMatch}} {
		if r.text == "" {
			continue
		}
		re, err := regexp.Compile(r.text)
		if err != nil {
			return e, err
		}
		*r.to = re
	}
	if !e.Rules() && e.Status == 0 {
		return e, errors.New("the stage expects nothing")
	}
	return e, nil
}

const form = "application/x-www-form-urlencoded"

// request is what go-ftw would send.
func (in input) request() (Request, error) {
	if in.Encoded != "" {
		b, err := base64.StdEncoding.DecodeString(in.Encoded)
		if err != nil {
			return Request{}, err
		}
		return parseRequest(string(b))
	}
	r := Request{Method: or(in.Method, "GET"), URI: or(in.URI, "/"), Version: or(in.Version, "HTTP/1.1"), Headers: in.Headers}
	body, err := expand(or(in.Data, ""))
	if err != nil {
		return r, err
	}
	complete := in.Complete == nil || *in.Complete
	if body != "" && complete {
		if _, ok := r.Header("Content-Type"); !ok {
			r.add("Content-Type", form)
		}
		if r.has("Content-Type", func(v string) bool { return v == form }) {
			body = encodeForm(body)
		}
	}
	if r.has("Content-Type", func(v string) bool { return strings.Contains(v, "multipart/form-data;") }) {
		body = strings.ReplaceAll(body, "\n", "\r\n")
	}
	if complete {
		if _, ok := r.Header("Connection"); !ok {
			r.add("Connection", "close")
		}
		if _, ok := r.Header("Content-Length"); !ok && (body != "" || slices.Contains([]string{"POST", "PUT", "PATCH", "DELETE"}, r.Method)) {
			r.add("Content-Length", strconv.Itoa(len(body)))
		}
	}
	r.head = r.block()
	r.frame(body)
	return r, nil
}

func or(t *text, instead string) string {
	if t == nil {
		return instead
	}
	return string(*t)
}

func (r *Request) add(name, value string) { r.Headers = append(r.Headers, Header{name, value}) }

// has reports whether a header of that name has a value, in lower case, that test accepts.
func (r *Request) has(name string, test func(string) bool) bool {
	return slices.ContainsFunc(r.Headers, func(h Header) bool {
		return strings.EqualFold(h.Name, name) && test(strings.ToLower(h.Value))
	})
}

// block is the request line and the headers on the wire.
func (r *Request) block() string {
	return r.Method + " " + r.URI + " " + r.Version + "\r\n" + headerLines(r.Headers)
}

func headerLines(headers []Header) string {
	var b strings.Builder
	for _, h := range headers {
		b.WriteString(h.Name + ": " + h.Value + "\r\n")
	}
	return b.String() + "\r\n"
}

// expand evaluates the template of a body that is too long to be written out:
// {{ "1" | repeat 64200 }}.
func expand(data string) (string, error) {
	if !strings.Contains(data, "{{") {
		return data, nil
	}
	t, err := template.New("data").Funcs(template.FuncMap{
		"repeat": func(n int, s string) string { return strings.Repeat(s, n) },
	}).Parse(data)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.Execute(&b, nil)
	return b.String(), err
}

// encodeForm percent-encodes the names and values of a form, unless it has anything
// in it that reads as encoded already.
func encodeForm(body string) string {
	if decoded, err := url.QueryUnescape(body); err != nil || decoded != body {
		return body
	}
	pairs := strings.Split(strings.TrimSuffix(body, "&"), "&")
	for i, p := range pairs {
		name, value, ok := strings.Cut(p, "=")
		pairs[i] = url.QueryEscape(name)
		if ok {
			pairs[i] += "=" + url.QueryEscape(value)
		}
	}
	return strings.Join(pairs, "&")
}

// parseRequest reads a request that a test gives byte for byte.
func parseRequest(wire string) (Request, error) {
	head, body, ok := strings.Cut(wire, "\r\n\r\n")
	if !ok {
		return Request{}, errors.New("the request's head has no end")
	}
	r := Request{head: head + "\r\n\r\n"}
	lines := strings.Split(head, "\r\n")
	parts := strings.SplitN(lines[0], " ", 3)
	if len(parts) != 3 {
		return r, fmt.Errorf("%q is not a request line", lines[0])
	}
	r.Method, r.URI, r.Version = parts[0], parts[1], parts[2]
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		r.add(name, strings.Trim(value, " \t"))
	}
	r.frame(body)
	return r, nil
}
