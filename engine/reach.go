package engine

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/modsecurity-for-anylog/msa/engine/view"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// A record takes as long as what is in it makes it take, and who writes it may want it to take long. Limits on sizes alone
// would have to be small enough for the worst text, and most of a long and harmless one would go by uninspected. So the
// screen counts the work that a record is (package screen, work.go), and where that is too much the record is inspected
// once more, in a shorter reach: of each long part its beginning and its end. What is left out is named in
// Verdict.Uninspected. The same record always comes to the same reach.

// reach is how much of a record is inspected.
type reach struct {
	work int // that there may be

	// Bytes of the URI, of all headers of request or response, of each body and of all arguments beside it, and of views.
	uri, headers, body, views int
}

// shorterReaches are those after the whole. The last has no end of work: its sizes bound that.
var shorterReaches = []reach{
	{work: 3 << 19, uri: 4 << 10, headers: 8 << 10, body: 16 << 10, views: 16 << 10},
	{work: unbounded, uri: 1 << 10, headers: 2 << 10, body: 2 << 10, views: 1 << 10},
}

const (
	// mostWork is that of a record of which all is inspected, with the default of body_limit.
	mostWork  = 5 << 20
	unbounded = int(^uint(0) >> 1)

	defaultBodyLimit = 128 << 10
	longestWord      = 4 << 10 // method, protocol, host and the like
)

// wholeReach is as far as limits of size allow.
func (e *Engine) wholeReach() reach {
	return reach{work: mostWork * max(1, e.bodyLimit/defaultBodyLimit), uri: maxURI, headers: maxHeaders, body: e.bodyLimit, views: maxViewBytes}
}

// shortened is a transaction as far as it is inspected.
type shortened struct {
	*mapping.Transaction
	ends []viewed // of parts of which the middle is left out
	cut  []string // the names of these parts
}

// shorten leaves out what is beyond a reach.
func shorten(t *mapping.Transaction, r reach) *shortened {
	short := *t
	s := &shortened{Transaction: &short}
	short.URI = s.part("uri", "REQUEST_URI", t.URI, r.uri)
	short.RequestHeaders = s.headers("request_headers", "REQUEST_HEADERS:", t.RequestHeaders, r.headers)
	short.RequestBody.Text = s.part("request_body", "REQUEST_BODY", t.RequestBody.Text, r.body)
	short.RequestBody.Truncated = t.RequestBody.Truncated || len(short.RequestBody.Text) < len(t.RequestBody.Text)
	ends := len(s.ends)
	short.ResponseHeaders = s.headers("response_headers", "RESPONSE_HEADERS:", t.ResponseHeaders, r.headers)
	s.ends = s.ends[:ends] // what rules say of an answer, they don't say of arguments
	if isCut(t.ResponseBody.Text, r.body) {
		s.note("response_body")
		head, _ := cut(t.ResponseBody.Text, r.body-r.body/4)
		short.ResponseBody.Text = head + "\n" + endOf(t.ResponseBody.Text, r.body/4)
	}
	short.Args = s.args(t.Args, r.body)
	return s
}

// mostEnds is into how many fields the end of a form is taken apart.
const mostEnds = 8

// part is the beginning of a long part. Its end, which may be the middle of anything, is inspected as arguments.
func (s *shortened) part(name, variable, text string, limit int) string {
	if !isCut(text, limit) {
		return text
	}
	s.note(name)
	fields := strings.Split(endOf(text, limit/4), "&")
	if n := len(fields) - mostEnds; n > 0 { // the last ones by themselves
		fields[n] = strings.Join(fields[:n+1], "&")
		fields = fields[n:]
	}
	for _, field := range fields {
		if decoded, ok := view.Unescape(field); ok {
			field = decoded
		}
		s.ends = append(s.ends, viewed{variable: variable, kind: "end", argument: variable, text: field, inQuery: name == "uri" || name == "args"})
	}
	head, _ := cut(text, limit-limit/4)
	return head
}

// endOf is the end of a text of which so much may be inspected.
func endOf(text string, limit int) string {
	end := text[len(text)-limit:]
	if !utf8.ValidString(end) {
		end = end[limit-limit/invalidCost:]
	}
	for i := 0; i < min(len(end), utf8.UTFMax); i++ {
		if utf8.RuneStart(end[i]) {
			return end[i:]
		}
	}
	return end
}

func (s *shortened) headers(name, variable string, all []mapping.Header, limit int) []mapping.Header {
	var some []mapping.Header
	left := limit
	for _, h := range all {
		h.Name = s.part(name, variable, h.Name, limit/8)
		h.Value = s.part(name, variable+h.Name, h.Value, limit/2)
		if left -= len(h.Name) + len(h.Value); left < 0 {
			s.note(name)
			break
		}
		some = append(some, h)
	}
	return some
}

func (s *shortened) args(all []mapping.Arg, limit int) []mapping.Arg {
	var some []mapping.Arg
	left := limit
	for _, a := range all {
		a.Value = s.part("args", "ARGS:"+a.Name, a.Value, limit/2)
		if left -= len(a.Name) + len(a.Value); left < 0 {
			s.note("args")
			break
		}
		some = append(some, a)
	}
	return some
}

func (s *shortened) note(name string) {
	if !slices.Contains(s.cut, name) {
		s.cut = append(s.cut, name)
	}
}
