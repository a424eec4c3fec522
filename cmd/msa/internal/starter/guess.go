// Package starter writes what a log needs to begin with: a pipeline and, for a log that no preset reads, a mapping drafted from
// its fields.
package starter

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

// Draft is a mapping as far as the fields of a sample tell.
type Draft struct {
	Fields map[string]string // accessor by part of a mapping: request.method

	table *table // of lines with separators; nil of JSON
	unit  string // of the duration
}

// field is what the sample knows of one field.
type field struct {
	accessor string
	words    []string // of its name and those of the maps around it, in lower case
	values   []string
}

// headers is what the sample knows of a map or list of headers.
type headers struct {
	accessor  string
	ofAnswer  bool
	isRequest bool // some are only sent by clients
}

// share is how many of its values are of a form.
func (f *field) share(is func(string) bool) float64 {
	n := 0
	for _, v := range f.values {
		if is(v) {
			n++
		}
	}
	return float64(n) / float64(len(f.values))
}

// named is the best rank of the words in the field's name: the first listed is the best, 0 is none.
func (f *field) named(words ...string) float64 {
	for i, w := range words {
		if slices.Contains(f.words, w) {
			return 1 - float64(i)/float64(len(words)+1)
		}
	}
	return 0
}

var (
	method = regexp.MustCompile(`^(?i:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE)$`)
	uri    = regexp.MustCompile(`^(?:/|https?://)\S*$`)
	path   = regexp.MustCompile(`^/[^?\s]*$`)
	status = regexp.MustCompile(`^[1-5]\d\d$`)
	host   = regexp.MustCompile(`^(?i:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)(?:\.(?i:[a-z0-9_-]+))*(?::\d+)?$`)
	agent  = regexp.MustCompile(`^[\w.-]+/\d|^Mozilla/`)
	number = regexp.MustCompile(`^\d+(?:\.\d+)?$`)
	moment = regexp.MustCompile(`^\d{4}-\d\d-\d\d[T ]\d\d:\d\d|^\d{10}(?:\.\d+)?$|^\d{13}$`)
)

func address(v string) bool {
	if _, err := netip.ParseAddr(v); err == nil {
		return true
	}
	_, err := netip.ParseAddrPort(v)
	return err == nil
}

func is(re *regexp.Regexp) func(string) bool { return re.MatchString }

func never(string) bool { return false }

// parts are what is looked for, in the order in which fields are given away. A field must have the form in nearly all of
// its records, and a name that says so unless the form alone does.
var parts = []struct {
	name      string
	is        func(string) bool
	words     []string
	nameless  bool
	mustMatch float64
	others    []string // words in the name of a field that is something else, whatever its form
}{
	{"request.method", is(method), []string{"method", "verb", "request_method", "action", "op"}, true, 0.95, nil},
	{"request.uri", is(uri), []string{"uri", "url", "target", "request_uri", "path", "request", "resource"}, true, 0.9, nil},
	{"request.path", never, nil, false, 1, nil},    // the URI's field, where the query has one of its own
	{"request.headers", never, nil, false, 1, nil}, // by their names, as are those of the answer
	{"response.headers", never, nil, false, 1, nil},
	{"request.query", func(v string) bool { return strings.Contains(v, "=") }, []string{"query", "querystring", "query_string", "args", "params"}, false, 0.9, nil},
	{"response.status", is(status), []string{"status", "code", "status_code", "statuscode", "response_code", "http_status", "resp"}, false, 0.95, nil},
	{"client.address", address, []string{"client", "remote", "remote_addr", "client_ip", "clientip", "src", "source", "peer", "from", "ip", "addr", "address"}, true, 0.8, []string{"server", "upstream", "dst", "dest", "destination", "backend", "local", "to", "host"}},
	{"server.address", address, []string{"server", "upstream", "dst", "dest", "destination", "backend", "local", "to"}, false, 0.8, nil},
	{"request.host", is(host), []string{"host", "authority", "domain", "vhost", "server_name", "hostname"}, false, 0.8, nil},
	{"User-Agent", is(agent), []string{"agent", "useragent", "ua", "user_agent"}, true, 0.5, nil},
	{"Referer", is(uri), []string{"referer", "referrer"}, false, 0.3, nil},
	{"Cookie", func(v string) bool { return strings.Contains(v, "=") }, []string{"cookie", "cookies"}, false, 0.3, nil},
	{"Content-Type", func(v string) bool { return strings.Contains(v, "/") }, []string{"contenttype", "content_type"}, false, 0.3, nil},
	{"request.body", func(v string) bool { return v != "" }, []string{"body", "payload", "request_body", "req_body"}, false, 0, nil},
	{"duration", is(number), []string{"duration", "latency", "elapsed", "took", "request_time", "response_time", "time_taken", "ms", "msec", "millis"}, false, 0.9, nil},
	{"time", is(moment), []string{"time", "timestamp", "ts", "date", "at", "when"}, false, 0.9, nil},
}

// ofAnswer are words in the names of what belongs to an answer.
var ofAnswer = []string{"response", "resp", "res", "rsp", "rs", "reply", "answer"}

// Guess drafts a mapping of records; the error says what is missing.
func Guess(records []map[string]any) (*Draft, error) {
	fields := map[string]*field{}
	var lists []headers
	for _, r := range records {
		lists = collect(fields, lists, nil, r)
	}
	d := &Draft{Fields: map[string]string{}}
	d.chooseHeaders(lists)
	taken := map[string]bool{}
	for _, part := range parts {
		best, most := "", 0.0
		for _, accessor := range slices.Sorted(maps.Keys(fields)) {
			f := fields[accessor]
			named := f.named(part.words...)
			share := f.share(part.is)
			// Answers have bodies, methods and types, too.
			isOfAnswer := strings.HasPrefix(part.name, "request.") && f.named(ofAnswer...) > 0
			isOther := named == 0 && (!part.nameless || f.named(part.others...) > 0)
			if taken[accessor] || share < part.mustMatch || share == 0 || isOther || isOfAnswer {
				continue
			}
			if score := named + share/10; score > most {
				best, most = accessor, score
			}
		}
		if best != "" {
			d.Fields[part.name], taken[best] = best, true
		}
	}
	switch {
	case len(fields) == 0:
		return nil, errors.New("cannot draft a mapping, as they are neither JSON with fields nor lines of columns under a line of their names")
	case d.Fields["request.uri"] == "":
		return nil, fmt.Errorf("cannot draft a mapping, as none of their fields looks like the path of a request: %s; of a log that is not HTTP, args in a mapping inspects fields (docs/mapping.md)", names(fields))
	}
	d.splitQuery(fields)
	d.findUnit(fields)
	return d, nil
}

// chooseHeaders takes the first map or list of headers of the request, and of the answer.
func (d *Draft) chooseHeaders(lists []headers) {
	for _, h := range lists {
		part := "request.headers"
		if h.ofAnswer && !h.isRequest {
			part = "response.headers"
		}
		if d.Fields[part] == "" {
			d.Fields[part] = h.accessor
		}
	}
}

// units are words in the names of durations.
var units = map[string][]string{
	"ms": {"ms", "msec", "msecs", "millis", "milliseconds"}, "us": {"us", "usec", "micros", "microseconds"},
	"ns": {"ns", "nsec", "nanos", "nanoseconds"}, "s": {"s", "sec", "secs", "seconds", "request_time"},
}

// findUnit reads from its name what the duration is in; one of which that is not known is worse than none.
func (d *Draft) findUnit(fields map[string]*field) {
	f := fields[d.Fields["duration"]]
	if f == nil {
		return
	}
	for _, unit := range []string{"ms", "us", "ns", "s"} {
		if f.named(units[unit]...) > 0 {
			d.unit = unit
			return
		}
	}
	delete(d.Fields, "duration")
}

// splitQuery takes a query only where the URI has none.
func (d *Draft) splitQuery(fields map[string]*field) {
	query := d.Fields["request.query"]
	if query == "" {
		return
	}
	if f := fields[d.Fields["request.uri"]]; f == nil || f.share(is(path)) < 1 {
		delete(d.Fields, "request.query")
		return
	}
	d.Fields["request.path"] = d.Fields["request.uri"]
	delete(d.Fields, "request.uri")
}

// collect adds the values of a record, as deep as an accessor can name them, and maps and lists of headers.
func collect(fields map[string]*field, lists []headers, at []string, record map[string]any) []headers {
	for _, key := range slices.Sorted(maps.Keys(record)) {
		value := record[key]
		keys := append(slices.Clone(at), key)
		if h, ok := headersIn(keys, value); ok {
			lists = append(lists, h)
			continue
		}
		if inner, ok := value.(map[string]any); ok && len(keys) < 5 {
			lists = collect(fields, lists, keys, inner)
			continue
		}
		switch value.(type) {
		case nil, []any, map[string]any:
			continue
		}
		text := fmt.Sprint(value)
		if number, ok := value.(float64); ok {
			text = strconv.FormatFloat(number, 'f', -1, 64)
		}
		if text == "" || text == "-" {
			continue
		}
		accessor := accessorOf(keys)
		f := fields[accessor]
		if f == nil {
			f = &field{accessor: accessor, words: wordsOf(keys)}
			fields[accessor] = f
		}
		f.values = append(f.values, text)
	}
	return lists
}

// Names of headers by which a map or list is known to be one of headers.
var (
	requestHeaders = []string{"host", "user-agent", "accept", "accept-encoding", "accept-language", "cookie", "referer", "x-forwarded-for"}
	anyHeaders     = append([]string{"content-type", "content-length", "cache-control", "connection", "date", "location", "server", "set-cookie", "etag", "vary"}, requestHeaders...)
)

// headersIn reports whether a value is a map or list of headers: half of its names at least, and two or all, are those of headers.
func headersIn(keys []string, value any) (headers, bool) {
	names := headerNames(value)
	known, sent := 0, 0
	for _, name := range names {
		name = strings.ToLower(strings.ReplaceAll(name, "_", "-"))
		if slices.Contains(anyHeaders, name) {
			known++
		}
		if slices.Contains(requestHeaders, name) {
			sent++
		}
	}
	if known == 0 || known*2 < len(names) || known < min(2, len(names)) {
		return headers{}, false
	}
	words := field{words: wordsOf(keys)}
	isNamed := words.named("headers", "header", "hdrs", "hdr") > 0
	return headers{accessorOf(keys), words.named(ofAnswer...) > 0 || sent == 0, sent > 0}, isNamed || known > 1
}

// headerNames are the keys of a map of texts, and the names in a list of pairs; nil for anything else.
func headerNames(value any) (names []string) {
	switch v := value.(type) {
	case map[string]any:
		for name, of := range v {
			if _, nested := of.(map[string]any); nested {
				return nil
			}
			names = append(names, name)
		}
	case []any:
		for _, entry := range v {
			name := ""
			switch e := entry.(type) {
			case string:
				name, _, _ = strings.Cut(e, ":")
			case []any:
				if len(e) == 2 {
					name, _ = e[0].(string)
				}
			case map[string]any:
				for _, key := range []string{"name", "key", "k", "header", "field"} {
					if text, ok := e[key].(string); ok {
						name = text
					}
				}
			}
			if name == "" {
				return nil
			}
			names = append(names, name)
		}
	}
	return names
}

func accessorOf(keys []string) string {
	if len(keys) == 1 && !strings.HasPrefix(keys[0], "$") {
		return keys[0]
	}
	text := "$" + keys[0]
	for _, k := range keys[1:] {
		text += "['" + strings.ReplaceAll(k, "'", `\'`) + "']"
	}
	return text
}

var wordParts = regexp.MustCompile(`[A-Z]+(?:[a-z]+)?|[a-z]+|\d+`)

// wordsOf are the names of a field, whole and in parts: remoteAddr is remoteaddr, remote and addr.
func wordsOf(keys []string) []string {
	var all []string
	for _, k := range keys {
		all = append(all, strings.ToLower(k))
		var words []string
		for _, w := range wordParts.FindAllString(k, -1) {
			words = append(words, strings.ToLower(w))
		}
		all = append(all, words...)
		all = append(all, strings.Join(words, "_"))
	}
	return all
}

func names(fields map[string]*field) string {
	list := slices.Sorted(maps.Keys(fields))
	if len(list) > 20 {
		list = append(list[:20], "…")
	}
	return strings.Join(list, ", ")
}

// YAML is the mapping's file.
func (d *Draft) YAML(name string) ([]byte, error) {
	type section = yaml.MapSlice
	request, client, server, response, headers := section{}, section{}, section{}, section{}, section{}
	// A line that Fluent Bit's tail has not parsed is JSON in a text.
	all := section{{Key: "name", Value: name}}
	if d.table != nil {
		all = append(all, d.table.yaml(cmp.Or(d.Fields["request.uri"], d.Fields["request.path"]))...)
	} else {
		all = append(all, yaml.MapItem{Key: "parse", Value: []map[string]string{{"format": "json"}}})
	}
	if t := d.Fields["time"]; t != "" {
		all = append(all, yaml.MapItem{Key: "time", Value: t})
	}
	if took := d.Fields["duration"]; took != "" {
		all = append(all, yaml.MapItem{Key: "duration", Value: section{{Key: "field", Value: took}, {Key: "unit", Value: d.unit}}})
	}
	for _, part := range parts {
		accessor := d.Fields[part.name]
		if accessor == "" || part.name == "time" || part.name == "duration" {
			continue
		}
		group, key, ok := strings.Cut(part.name, ".")
		if key == "headers" {
			continue // together with single ones
		}
		if !ok {
			headers = append(headers, yaml.MapItem{Key: part.name, Value: accessor})
			continue
		}
		item := yaml.MapItem{Key: key, Value: accessor}
		switch group {
		case "client":
			client = append(client, item)
		case "server":
			server = append(server, item)
		case "request":
			request = append(request, item)
		case "response":
			response = append(response, item)
		}
	}
	var ofRequest section
	if list := d.Fields["request.headers"]; list != "" {
		ofRequest = append(ofRequest, yaml.MapItem{Key: "map", Value: list})
	}
	if len(headers) > 0 {
		ofRequest = append(ofRequest, yaml.MapItem{Key: "fields", Value: headers})
	}
	if ofRequest != nil {
		request = append(request, yaml.MapItem{Key: "headers", Value: ofRequest})
	}
	if list := d.Fields["response.headers"]; list != "" {
		response = append(response, yaml.MapItem{Key: "headers", Value: section{{Key: "map", Value: list}}})
	}
	for _, s := range []struct {
		name string
		of   section
	}{{"client", client}, {"server", server}, {"request", request}, {"response", response}} {
		if len(s.of) > 0 {
			all = append(all, yaml.MapItem{Key: s.name, Value: s.of})
		}
	}
	text, err := yaml.Marshal(all)
	if err != nil {
		return nil, fmt.Errorf("cannot write mapping: %w", err)
	}
	const head = "# Drafted from a sample of the log: look at each line. docs/mapping.md has the language.\n"
	return append([]byte(head), text...), nil
}

// Parts are the parts that were found with their fields, for people, in the order of the draft.
func (d *Draft) Parts() []string {
	var list []string
	for _, part := range parts {
		if f := d.Fields[part.name]; f != "" {
			list = append(list, part.name+" ← "+f)
		}
	}
	return list
}
