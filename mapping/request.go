package mapping

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// uri is what the mapping's uri, or path and query, make of a request's target; "" when the
// record has neither.
func (m *Mapping) uri(tx *Transaction) string {
	spec := &m.request
	uri := m.text(tx, &spec.uri)
	if uri == "" && (spec.path.isSet() || spec.query.isSet()) {
		path := m.text(tx, &spec.path)
		query := m.query(tx, path)
		if spec.pathUnescaped {
			path = escapeURI(path)
		}
		if query == "" || query == "?" || hasQuery(path, query) {
			return path
		}
		start := len(tx.scratch)
		tx.scratch = append(tx.scratch, first(path, "/")...)
		if query[0] != '?' {
			tx.scratch = append(tx.scratch, '?')
		}
		tx.scratch = append(tx.scratch, query...)
		return view(tx.scratch[start:])
	}
	if spec.uriUnescaped {
		uri = escapeURI(uri)
	}
	return uri
}

// query is the text of the query, or what a map of its decoded parameters makes, as Express and gateways have one. A
// query in the path is the same one as it was sent.
func (m *Mapping) query(tx *Transaction, path string) string {
	spec := &m.request.query
	object, ok := spec.object(tx)
	if !ok || !isMap(object) {
		return m.text(tx, spec)
	}
	if strings.IndexByte(path, '?') >= 0 {
		return ""
	}
	others := len(tx.Args)
	m.flattenQuery(tx, object)
	start := len(tx.scratch)
	for i, a := range tx.Args[others:] {
		if i > 0 {
			tx.scratch = append(tx.scratch, '&')
		}
		if !m.request.queryEscaped {
			a.Name, a.Value = url.QueryEscape(a.Name), url.QueryEscape(a.Value)
		} else if i == maxArgs-1 {
			a.Value = strings.ReplaceAll(a.Value, " ", "+") // which parts the values in it
		}
		tx.scratch = append(tx.scratch, a.Name...)
		tx.scratch = append(tx.scratch, '=')
		tx.scratch = append(tx.scratch, a.Value...)
	}
	tx.Args, tx.lastArg = tx.Args[:others], tx.lastArg[:0]
	return view(tx.scratch[start:])
}

// flattenQuery takes a map of parameters apart. A list has the values of a parameter that was sent several times.
func (m *Mapping) flattenQuery(tx *Transaction, parameters Record) {
	_ = parameters.fields(func(key []byte, v Record) {
		name := argName("", string(key))
		if !isArray(v) || len(tx.Args) == maxArgs {
			m.flatten(tx, name, v, 0)
			return
		}
		eachElement(v, func(e Record) {
			if len(tx.Args) == maxArgs {
				name = "" // it is there already
			}
			m.flatten(tx, name, e, 0)
		})
	})
}

// hasQuery reports whether a path ends with the query, as where a log has the query in its path and once more by itself:
// CloudFront's real-time log.
func hasQuery(path, query string) bool {
	before, found := strings.CutSuffix(path, strings.TrimPrefix(query, "?"))
	return found && strings.HasSuffix(before, "?")
}

// absoluteForm is a whole URL, with a host that is one: RFC 3986, 3.2. Anything else stays as it is, to be inspected.
var absoluteForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://((?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d*)?)(?:[/?#]|$)`)

// originForm makes /path of http://host/path where a log writes whole URLs, and returns the
// host that was asked for, which such logs often show nowhere else.
func (tx *Transaction) originForm(host string) string {
	if tx.URI == "" || tx.URI[0] == '/' {
		return host
	}
	at := absoluteForm.FindStringSubmatchIndex(tx.URI)
	if at == nil {
		return host
	}
	authority, rest := tx.URI[at[2]:at[3]], tx.URI[at[3]:]
	if rest == "" || rest[0] != '/' {
		start := len(tx.scratch)
		tx.scratch = append(append(tx.scratch, '/'), rest...)
		rest = view(tx.scratch[start:])
	}
	tx.URI = rest
	if _, ok := HeaderValue(tx.RequestHeaders, "host"); !ok {
		tx.RequestHeaders = append(tx.RequestHeaders, Header{"Host", authority})
		tx.Observed.Request.add("host")
	}
	return first(host, authority)
}

// splitRequestLine cuts a request line into its three parts. The URI may have
// spaces in it, so method and protocol are taken from the ends. A line that is but one
// word that is no method is all URI: somebody spoke another protocol.
func splitRequestLine(line string) (method, uri, protocol string) {
	if line = strings.Trim(line, " \t\r\n"); line == "" {
		return "", "", ""
	}
	method, uri, _ = strings.Cut(line, " ")
	if uri == "" && strings.Trim(method, upperLetters) != "" {
		return "", method, ""
	}
	uri = strings.TrimLeft(uri, " ")
	if i := strings.LastIndexByte(uri, ' '); i >= 0 && strings.HasPrefix(uri[i+1:], "HTTP/") {
		uri, protocol = uri[:i], uri[i+1:]
	} else if strings.HasPrefix(uri, "HTTP/") {
		uri, protocol = "", uri
	} else if i > 0 && bareVersions.has(uri[i+1:]) {
		uri, protocol = uri[:i], "HTTP/"+uri[i+1:]
	}
	return method, uri, protocol
}

// bareVersions are what Hypercorn has in place of the protocol.
var bareVersions = words{"1.0", "1.1", "2", "3"}

const upperLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// httpVersion is a protocol as a request line would have it: of 1.1, http/1.1, h2.
func httpVersion(s string) string {
	switch {
	case s == "" || strings.HasPrefix(s, "HTTP/"):
		return s
	case s == "h2" || s == "h2c":
		return "HTTP/2.0"
	case s == "h3":
		return "HTTP/3.0"
	case s[0] >= '0' && s[0] <= '9' && len(s) == 1:
		return "HTTP/" + s + ".0"
	case s[0] >= '0' && s[0] <= '9':
		return "HTTP/" + s
	case strings.HasPrefix(s, "http/"):
		return "HTTP/" + s[len("http/"):]
	}
	return s
}

// status is the number of 404, or of 404 Not Found.
func status(s string) int {
	s, _, _ = strings.Cut(trimSpace(s), " ")
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 999 {
		return 0
	}
	return n
}

// shownStatus is the status as the log has it, and its number if the log has more or something else: 404 Not Found.
func shownStatus(logged string, code int) string {
	if code > 0 && logged != "" && !isNumber(logged) {
		return strconv.Itoa(code)
	}
	return logged
}

// withoutPort cuts the port off a Host header: example.com:80, [::1]:80.
func withoutPort(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && strings.IndexByte(host[i:], ']') < 0 &&
		(host[0] == '[' || strings.IndexByte(host[:i], ':') < 0) {
		host = host[:i]
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}
