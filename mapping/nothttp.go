package mapping

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// ErrNotHTTP says that a record is none that auto is for: no preset takes it, and nothing in it looks like a request.
// Whoever tails all containers of a node gets mostly such records. A record that does look like a request fails
// with ErrUnmapped, as somebody should give it a mapping.
var ErrNotHTTP = errors.New("record has nothing in it that looks like HTTP")

var (
	requestText = regexp.MustCompile(`(?:^|[^A-Za-z])(?:GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS|CONNECT|PROPFIND)[ \t|;,]+"?(?:/|\*|https?://)`)
	versionText = regexp.MustCompile(`[ /]HTTP/[0-9]`)
	statusText  = regexp.MustCompile(`(?:^|[^\w.:/-])[1-5]\d\d(?:$|[^\w.:/-])`)
	// The error logs of nginx and Apache quote requests that their access logs have.
	errorLog = regexp.MustCompile(`^(?:\d{4}/\d\d/\d\d \d\d:\d\d:\d\d )?\[\w+\] \d+#\d+: |^\[\w{3} \w{3} [ \d]\d [\d:.]+ \d{4}\] \[`)
)

// maxLookedAt bounds how many values of a record are looked at.
const maxLookedAt = 256

// looksLikeHTTP reports whether a record that no mapping has taken may be one of HTTP all the same: a text with a
// request and a status, or fields of which one is a method, one a path, and one a status.
func (tx *Transaction) looksLikeHTTP(r Record) bool {
	if fieldsLikeHTTP(r) {
		return true
	}
	from, until := tx.opened.carriedBy(r)
	for i := from; i < until; i++ {
		e := &tx.opened.events[i]
		if e.object != nil && fieldsLikeHTTP(e.object) || e.object == nil && linesLikeHTTP(e.lines) {
			return true
		}
	}
	return false
}

// lists are fields in which services put several log events: Azure's diagnostic settings, AWS, and CloudWatch's subscriptions.
var lists = []string{"records", "Records", "logEvents"}

// listOfEvents is the name of the list of log events that a record, or an object in it, is, and the first of these; nil if it
// is none.
func (tx *Transaction) listOfEvents(r Record) (name string, first Record) {
	look := func(key []byte, v Record) {
		if first != nil || !slices.Contains(lists, string(key)) {
			return
		}
		eachElement(v, func(e Record) {
			if first == nil && isMap(e) {
				name, first = string(key), e
			}
		})
	}
	_ = r.fields(look)
	from, until := tx.opened.carriedBy(r)
	for _, e := range tx.opened.events[from:until] {
		if e.object != nil {
			_ = e.object.fields(look)
		}
	}
	return name, first
}

// linesLikeHTTP looks at a line, whose prefixes may have what is looked for.
func linesLikeHTTP(lines []string) bool {
	whole := lines[0]
	at := requestText.FindStringIndex(whole)
	if at == nil || slices.ContainsFunc(lines, errorLog.MatchString) {
		return false
	}
	return versionText.MatchString(whole[at[0]:]) || statusText.MatchString(whole)
}

// fieldsLikeHTTP looks at the values of a record, and of the maps in it.
func fieldsLikeHTTP(r Record) bool {
	var method, path, status, line bool
	left := maxLookedAt
	var look func(key []byte, v Record)
	look = func(_ []byte, v Record) {
		if left--; left < 0 || isNil(v) {
			return
		}
		if isMap(v) {
			_ = v.fields(look)
			return
		}
		s, ok := v.text()
		switch n, err := strconv.Atoi(s); {
		case !ok:
		case err == nil:
			status = status || n >= 100 && n < 600
		case isMethod(s):
			method = true
		case strings.HasPrefix(s, "/") || strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://"):
			path = true
		default:
			line = line || len(s) < 1<<10 && requestText.MatchString(s) && versionText.MatchString(s) && isMethod(s[:strings.IndexByte(s+" ", ' ')])
		}
	}
	_ = r.fields(look)
	return method && path && status || line && status
}
