package mapping

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// requestSpec is the request part of a mapping file, responseSpec the other.
type requestSpec struct {
	line, method                field
	uri, path, query            field
	uriUnescaped, pathUnescaped bool // the log has undone percent-encoding
	queryEscaped                bool // a map of parameters has them as they were sent
	protocol, host              field
	headers                     headerSpec
	cookies                     field
	body                        bodySpec
	bytes                       field    // without the head if the log tells so
	all                         []*field // those of which one makes a record one of HTTP
	targets                     []*field // those of them that say what was asked for
	observes                    []string // instead of what follows from headers
	observesOverrides           bool
	observesAll                 bool
}

type responseSpec struct {
	status, protocol field
	headers          headerSpec
	body             bodySpec
	bytes            field
}

type headerSpec struct {
	raw, mapped, list field
	prefixes          []prefixSpec
	fields            []namedField
	complete          bool
	nameKey, valueKey string // of the entries of list, "" for any that is known
}

// prefixSpec says that keys that begin so are headers: in a map, or else in the record itself.
type prefixSpec struct {
	prefix string
	in     field
}

// namedField is a field with the name of its header or argument.
type namedField struct {
	name  string
	lower string
	field
}

type alertSpec struct {
	message, forward, source, host, domain, geoip field
}

// readDocument reads one document of a mapping file.
func (m *Mapping) readDocument(document ast.Node) error {
	y := newYAMLReader(document)
	words := func(into *words) func(ast.Node) error {
		return func(n ast.Node) error {
			all, err := y.texts(n)
			*into = append(*into, all...)
			return err
		}
	}
	if err := y.members(document, "a mapping", readers{
		"name":        y.textInto(&m.Name),
		"description": y.textInto(&m.Description),
		"source":      y.textInto(&m.Source),
		"detect":      y.conditions(&m.detect),
		"when":        y.conditions(&m.when),
		"session":     y.session(&m.session),
		"none":        words(&m.none),
		"hidden":      words(&m.hidden),
		"unwrap":      func(n ast.Node) error { return y.accessors(n, &m.unwrap.anyOf) },
		"parse":       y.parseSteps(&m.parse),
		"time":        y.timeInto(&m.time),
		"end_time":    y.timeInto(&m.endTime),
		"duration":    y.durationInto(&m.duration),
		"bytes":       y.fieldInto(&m.bytes),
		"client":      y.endpoint("client", &m.client, true),
		"server":      y.endpoint("server", &m.server, false),
		"writer":      y.writer(m),
		"request":     y.request(&m.request),
		"response":    y.response(&m.response),
		"args":        y.namedFields("args", &m.args),
		"alert":       y.alert(&m.alert),
		"exclude":     y.excluded(&m.exclude),
		"observes": func(n ast.Node) error {
			all, err := y.texts(n)
			m.request.observesOverrides = true
			for _, s := range all {
				m.request.observes = append(m.request.observes, strings.ToLower(s))
			}
			m.request.observesAll = slices.Contains(m.request.observes, "all")
			return err
		},
	}); err != nil {
		return err
	}
	if len(m.request.all) == 0 && len(m.args) == 0 {
		return positioned(document, "there is nothing to inspect: name a field for request.uri, line, path, headers or body, or args")
	}
	return nil
}

func (y *yamlReader) request(r *requestSpec) func(ast.Node) error {
	return func(node ast.Node) error {
		location := func(f *field, unescaped *bool) func(ast.Node) error {
			return func(n ast.Node) error { return y.field(n, f, readers{"unescaped": y.boolInto(unescaped)}) }
		}
		err := y.members(node, "request", readers{
			"line":   y.fieldInto(&r.line),
			"method": y.fieldInto(&r.method),
			"uri":    location(&r.uri, &r.uriUnescaped),
			"path":   location(&r.path, &r.pathUnescaped),
			"query": func(n ast.Node) error {
				return y.field(n, &r.query, readers{"escaped": y.boolInto(&r.queryEscaped)})
			},
			"protocol": y.fieldInto(&r.protocol),
			"host":     y.fieldInto(&r.host),
			"headers":  y.headers(&r.headers),
			"cookies":  y.fieldInto(&r.cookies),
			"body":     y.body(&r.body),
			"bytes":    y.fieldInto(&r.bytes),
		})
		r.targets = thoseSet(&r.line, &r.uri, &r.path, &r.query, &r.headers.raw)
		r.all = append(thoseSet(&r.headers.mapped, &r.headers.list, &r.body.field), r.targets...)
		return err
	}
}

// thoseSet are the fields that the mapping says anything of.
func thoseSet(fields ...*field) []*field {
	return slices.DeleteFunc(fields, func(f *field) bool { return !f.isSet() })
}

func (y *yamlReader) response(r *responseSpec) func(ast.Node) error {
	return func(node ast.Node) error {
		return y.members(node, "response", readers{
			"status":   y.fieldInto(&r.status),
			"protocol": y.fieldInto(&r.protocol),
			"headers":  y.headers(&r.headers),
			"body":     y.body(&r.body),
			"bytes":    y.fieldInto(&r.bytes),
		})
	}
}

func (y *yamlReader) headers(h *headerSpec) func(ast.Node) error {
	return func(node ast.Node) error {
		return y.members(node, "headers", readers{
			"raw": y.fieldInto(&h.raw),
			"map": y.fieldInto(&h.mapped),
			"list": func(n ast.Node) error {
				return y.field(n, &h.list, readers{"pair": y.pairKeys(h)})
			},
			"prefix":   y.prefix(h),
			"fields":   y.namedFields("fields", &h.fields),
			"complete": y.boolInto(&h.complete),
		})
	}
}

// pairKeys reads [k, v]: what the entries of the list call a header's name and value.
func (y *yamlReader) pairKeys(h *headerSpec) func(ast.Node) error {
	return func(node ast.Node) error {
		keys, err := y.texts(node)
		if err != nil {
			return err
		}
		if len(keys) != 2 || keys[0] == "" || keys[1] == "" {
			return positioned(node, "pair needs two keys: the name's and the value's")
		}
		h.nameKey, h.valueKey = keys[0], keys[1]
		return nil
	}
}

// prefix reads request_, {in: $attributes, prefix: http.request.header.}, or a list of these.
func (y *yamlReader) prefix(h *headerSpec) func(ast.Node) error {
	return func(node ast.Node) error {
		return y.each(node, func(n ast.Node) (err error) {
			var p prefixSpec
			if _, long := mappingValues(y.plain(n)); long {
				err = y.members(n, "prefix", readers{"in": y.fieldInto(&p.in), "prefix": y.textInto(&p.prefix)})
			} else {
				err = y.textInto(&p.prefix)(n)
			}
			if err == nil && p.prefix == "" {
				err = positioned(n, "prefix needs prefix: how the names of headers begin")
			}
			h.prefixes = append(h.prefixes, p)
			return err
		})
	}
}

var ruleIDOrTag = regexp.MustCompile(`^(\d+(-\d+)?|[A-Za-z][\w./-]*)$`)

// excluded reads ids, ranges and tags of rules.
func (y *yamlReader) excluded(into *[]string) func(ast.Node) error {
	return func(node ast.Node) error {
		return y.each(node, func(n ast.Node) error {
			s, err := y.text(n)
			if err == nil && !ruleIDOrTag.MatchString(s) {
				err = positioned(n, "%q is not a rule id, range or tag", s)
			}
			*into = append(*into, s)
			return err
		})
	}
}

// namedFields keeps the file's order.
func (y *yamlReader) namedFields(what string, into *[]namedField) func(ast.Node) error {
	return func(node ast.Node) error {
		return y.eachMember(node, what, func(key, value ast.Node) error {
			f := namedField{name: keyName(key), lower: strings.ToLower(keyName(key))}
			err := y.field(value, &f.field, nil)
			*into = append(*into, f)
			return err
		})
	}
}

func (y *yamlReader) alert(a *alertSpec) func(ast.Node) error {
	return func(node ast.Node) error {
		return y.members(node, "alert", readers{
			"message": y.fieldInto(&a.message),
			"forward": y.fieldInto(&a.forward),
			"source":  y.fieldInto(&a.source),
			"host":    y.fieldInto(&a.host),
			"domain":  y.fieldInto(&a.domain),
			"geoip":   y.fieldInto(&a.geoip),
		})
	}
}

// fields are all fields of the mapping.
func (m *Mapping) fields() []*field {
	all := []*field{
		&m.unwrap, &m.writerAddress, &m.time.field, &m.endTime.field, &m.duration.field, &m.bytes, &m.request.bytes, &m.response.bytes, &m.client.address, &m.client.port, &m.client.forwarded, &m.client.credential, &m.session.id, &m.server.address, &m.server.port,
		&m.request.line, &m.request.method, &m.request.uri, &m.request.path, &m.request.query,
		&m.request.protocol, &m.request.host, &m.request.cookies, &m.request.body.field, &m.request.body.length, &m.request.body.inBase64,
		&m.response.status, &m.response.protocol, &m.response.body.field, &m.response.body.length, &m.response.body.inBase64,
		&m.alert.message, &m.alert.forward, &m.alert.source, &m.alert.host, &m.alert.domain, &m.alert.geoip,
	}
	for _, h := range []*headerSpec{&m.request.headers, &m.response.headers} {
		all = append(all, &h.raw, &h.mapped, &h.list)
		for i := range h.prefixes {
			all = append(all, &h.prefixes[i].in)
		}
		for i := range h.fields {
			all = append(all, &h.fields[i].field)
		}
	}
	for _, e := range []*endpointSpec{&m.client, &m.server} {
		for _, p := range e.workload.parts("") {
			all = append(all, p.field)
		}
	}
	for i := range m.args {
		all = append(all, &m.args[i].field)
	}
	for _, conditions := range [][]condition{m.detect, m.when, m.session.begins} {
		for i := range conditions {
			all = append(all, conditions[i].fields()...)
		}
	}
	return all
}

// compile finds the places in the scan for accessors.
func (m *Mapping) compile(accessors []Accessor) []slot {
	var out []slot
	for _, a := range accessors {
		i, ok := m.slots[a.key]
		if !ok {
			i = len(m.slots)
			m.slots[a.key] = i
		}
		out = append(out, slot{i, a.path})
	}
	return out
}

// String is the field as the mapping file could have it, for people.
func (f *field) String() string {
	var names []string
	for _, a := range f.anyOf {
		names = append(names, a.String())
	}
	for _, alternatives := range f.join {
		for _, a := range alternatives {
			names = append(names, a.String())
		}
	}
	if f.constant != "" {
		names = append(names, fmt.Sprintf("%q", f.constant))
	}
	return strings.Join(names, ", ")
}
