package engine

import (
	"iter"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/corazawaf/coraza/v3/collection"
	"github.com/corazawaf/coraza/v3/types"
	"github.com/corazawaf/coraza/v3/types/variables"

	"github.com/modsecurity-for-anylog/msa/engine/internal/remembered"
	"github.com/modsecurity-for-anylog/msa/engine/screen"
	"github.com/modsecurity-for-anylog/msa/engine/view"
	"github.com/modsecurity-for-anylog/msa/internal/stopwatch"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/rules"
)

// Views are inspected as a transaction of their own that has them as arguments: rules see them beside the values that they
// are readings of, and nothing is seen twice. What log and rules have no opinion on is not observed there, so that rules
// which test the absence of something keep silent. Beside what a value decodes to there are values that CRS leaves to
// higher paranoia levels, although an application reads them like any argument: segments of the path, headers, attributes of
// XML and bodies of no known type.

// Bounds on what is inspected of one transaction's views.
const (
	maxViews     = 96
	maxViewBytes = 64 << 10
)

// usualViews is for how many views of a transaction that has any memory is taken at first.
const usualViews = 8

// viewed is one value of a view transaction.
type viewed struct {
	variable string // that it is a reading of: "ARGS:q"
	kind     string // how it was read: "base64"; empty for the value itself
	argument string // its name as an argument: rules of a user's may leave that out
	text     string
	inQuery  bool // of the URL: rules on ARGS_GET are about these
}

// name is the variable as alerts name it: "ARGS:q (base64)".
func (v *viewed) name() string {
	if v.kind == "" {
		return v.variable
	}
	return v.variable + " (" + v.kind + ")"
}

// views are the values of a view transaction.
type views struct {
	all     []viewed
	room    int  // in bytes
	inQuery bool // what is added stands in the URL
	isFull  bool // something has found no room
	scratch []view.View

	viewless *remembered.Values // values and headers that add nothing, as nearly all that come again; nil where none are remembered
}

// with are the views behind others that are known already, as far as there is room for both. It may be called of nil.
func (vs *views) with(known []viewed, room int) []viewed {
	if vs == nil || len(known) == 0 {
		if vs != nil {
			return vs.all
		}
		return known
	}
	both := views{room: room}
	for _, v := range slices.Concat(known, vs.all) {
		both.put(v)
	}
	return both.all
}

// add adds what a value decodes to.
func (vs *views) add(variable, argument, value string) {
	vs.addRead(variable, argument, vs.read(value))
}

// read is what a value decodes to, until it is asked for another.
func (vs *views) read(value string) []view.View {
	isLong := len(value) >= shortestViewless
	if isLong && vs.isViewless(viewlessValue, value) {
		return nil
	}
	if vs.scratch = view.Append(vs.scratch[:0], value); isLong && len(vs.scratch) == 0 {
		vs.setViewless(viewlessValue, value)
	}
	return vs.scratch
}

// isViewless reports whether a value, or a header of a number, is known to add nothing.
func (vs *views) isViewless(of uint32, value string) bool {
	if vs.viewless == nil {
		return false
	}
	_, known := vs.viewless.Get(of, value)
	return known
}

func (vs *views) setViewless(of uint32, value string) {
	if vs.viewless != nil {
		vs.viewless.Put(of, value, 0)
	}
}

// viewlessValue is what values are remembered as that have no views. Shorter ones are read as fast.
const (
	viewlessValue    = 1 << 16
	shortestViewless = 12
)

func (vs *views) addRead(variable, argument string, all []view.View) {
	for _, v := range all {
		vs.put(viewed{variable: variable, kind: v.Kind, argument: argument, text: v.Text})
	}
}

func (vs *views) put(v viewed) {
	if len(vs.all) >= maxViews || len(v.text) > vs.room {
		vs.isFull = true
		return
	}
	vs.room -= len(v.text)
	v.inQuery = v.inQuery || vs.inQuery
	if vs.all == nil {
		vs.all = make([]viewed, 0, usualViews)
	}
	vs.all = append(vs.all, v)
}

// viewsOf are the views of a transaction's values, as far as there is room. Values and headers that have none are
// remembered, unless viewless is nil.
func viewsOf(of *values, t *mapping.Transaction, room int, viewless *remembered.Values) *views {
	vs := &views{room: room, inQuery: true, viewless: viewless}
	vs.path(of.filename)
	for _, col := range []struct {
		of      string
		all     []pair
		inQuery bool
	}{
		{"ARGS", of.get, true}, {"ARGS", of.post, false}, {"REQUEST_COOKIES", of.cookies, false},
	} {
		vs.inQuery = col.inQuery
		for _, p := range col.all {
			if col.of == "ARGS" && !isPlainName(p.key) {
				vs.name(p.key)
			}
			found := vs.read(p.value)
			if len(found) == 0 { // as of nearly all values: names are for the others
				continue
			}
			variable := col.of + ":" + p.key
			argument := variable
			if col.of == "ARGS" {
				argument = p.key
			}
			vs.addRead(variable, argument, found)
		}
	}
	for _, h := range of.request {
		vs.header(h.Name, h.Value)
	}
	vs.xml(of.xml)
	vs.body(&t.RequestBody, of.processor)
	return vs
}

// longestViewedName is the longest name of an argument that is viewed: longer ones are texts that were sent as a form.
const longestViewedName = 256

// isPlainName reports whether a name of an argument is like most, in any language.
func isPlainName(name string) bool { return isOf(name, &nameBytes) }

var nameBytes = func() [256]bool {
	t := bytesWith("/-_.~,@:+![]$ ")
	for c := utf8.RuneSelf; c < len(t); c++ {
		t[c] = true
	}
	return t
}()

// name adds a name of an argument as a value, where it is no document: programs make texts of names as of values, and few
// rules look at them.
func (vs *views) name(key string) {
	text := strings.TrimPrefix(key, "json.")
	if text == "" || len(text) > longestViewedName || strings.IndexByte("{[<", text[0]) >= 0 {
		return
	}
	vs.put(viewed{variable: "ARGS:" + key, kind: "name", argument: key, text: text})
	vs.add("ARGS:"+key, key, text)
}

// xml adds what the texts of an XML document decode to. Attributes are values that CRS leaves out.
func (vs *views) xml(texts []types.MatchData) {
	for _, m := range texts {
		name := "REQUEST_XML:" + m.Key()
		switch m.Key() {
		case "//@*":
			if !isNamespace(m.Value()) && (!isPlain(m.Value()) || strings.Contains(m.Value(), "://")) {
				vs.put(viewed{variable: name, argument: name, text: m.Value()})
			}
			vs.add(name, name, m.Value())
		case "/*":
			vs.add(name, name, m.Value())
		}
	}
}

// isNamespace reports whether an attribute of XML may be the name of a namespace. Of links to a machine by its address none is.
func isNamespace(value string) bool {
	scheme, rest, _ := strings.Cut(value, ":")
	host, isLink := strings.CutPrefix(rest, "//")
	return scheme == "urn" || (scheme == "http" || scheme == "https") && isLink && host != "" && (host[0]|0x20 >= 'a' && host[0]|0x20 <= 'z')
}

// Bounds on bodies that are inspected as a whole: what is longer is a document.
const (
	maxRawBody  = 2 << 10
	maxFragment = 1 << 10
)

// body adds a body that has no arguments: a text, and a piece of markup that is no document, of which CRS looks at the texts
// alone.
func (vs *views) body(b *mapping.Body, processor string) {
	const name = "REQUEST_BODY"
	text := b.Text
	if processor == "JSON" && isJSON5(text) {
		processor = "RAW"
	}
	switch processor {
	case "URLENCODED":
		if len(text) > maxFragment || !isToken(text) {
			return
		}
	case "JSON":
		if len(text) > maxFragment || !isExpression(text) {
			return
		}
	case "RAW":
		if b.Coded || len(text) > maxRawBody || !utf8.ValidString(text) || strings.ContainsFunc(text, isBinary) {
			return
		}
	case "XML":
		if len(text) > maxFragment || !isFragment(text) {
			return
		}
	default:
		return
	}
	vs.put(viewed{variable: name, argument: name, text: text})
	vs.add(name, name, text)
}

// isJSON5 reports whether the first name of what looks like an object of JSON is one of JSON5: without quotes, in single
// ones, or behind a comment. Few programs read it, and none of JSON finds its values.
func isJSON5(text string) bool {
	name, isObject := strings.CutPrefix(strings.TrimLeft(text, " \t\r\n["), "{")
	name = strings.TrimLeft(name, " \t\r\n")
	return isObject && name != "" && (name[0] == '\'' || name[0] == '/' || name[0] == '_' || name[0] == '$' || name[0]|0x20 >= 'a' && name[0]|0x20 <= 'z')
}

// isBinary reports whether a character is of no text: those of Latin-1 are what logs make of bytes.
func isBinary(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r >= 0x7f && r < 0xa0 || r == utf8.RuneError
}

// isToken reports whether a text that looks like a form for its equals signs is base64 that is padded.
func isToken(text string) bool {
	text = strings.TrimRight(text, "=\r\n")
	return !strings.ContainsAny(text, "=& {")
}

// isExpression reports whether a text that looks like JSON for its first brace is of a template language.
func isExpression(text string) bool {
	return strings.HasPrefix(text, "{{") || strings.HasPrefix(text, "{%") || strings.HasPrefix(text, "{$") || strings.HasPrefix(text, "[[")
}

var (
	// htmlAtStart is an element of HTML that a text begins with, or something else that no document begins with.
	htmlAtStart = regexp.MustCompile(`(?i)^\s*(?:[^<\s]|<(?:a|abbr|area|article|aside|audio|b|base|bdo|big|blink|body|br|button|canvas|center|div|details|dialog|embed|` +
		`em|font|form|frame|frameset|h[1-6]|head|hr|html|i|iframe|image|img|input|isindex|keygen|layer|li|link|marquee|math|menu|meta|noscript|object|ol|` +
		`option|p|picture|pre|script|section|select|span|strong|style|svg|table|tbody|td|template|textarea|tr|u|ul|video)[\s/>]|<[^a-zA-Z_])`)
	activeHTML = regexp.MustCompile(`(?i)<(?:script|svg|iframe|frame|embed|applet|math)[\s/>]|[\s/"']on[a-z]{3,}\s*=|javascript:`)
)

// isFragment reports whether a text that looks like XML is a piece of HTML, and no document with elements of its own, of
// which some may be called as HTML's are.
func isFragment(text string) bool {
	return !strings.Contains(text, "<?xml") && !strings.Contains(text, "xmlns") && (htmlAtStart.MatchString(text) || activeHTML.MatchString(text))
}

// path adds the segments of a path.
func (vs *views) path(path string) {
	const name = "REQUEST_FILENAME"
	for segment := range segments(path) {
		if isPlain(segment) {
			if !view.IsPlain(segment) { // base64, perhaps
				vs.add(name, name, segment)
			}
			continue
		}
		if decoded, ok := view.Unescape(segment); ok {
			segment = decoded
		}
		vs.put(viewed{variable: name, argument: name, text: segment})
		vs.add(name, name, segment)
	}
	if !isPlain(path) {
		vs.add(name, name, path)
	}
}

// sqlComment is a comment between words of SQL, which stands for a space: 1/**/union/**/select. Segments that are
// wildcards, as in /logs/*/a/*/b, are none.
var sqlComment = regexp.MustCompile(`/(?:\*|%2[aA])(?:[^/].*?)??(?:\*|%2[aA])/`)

// segments returns the segments of a path. The slashes of an SQL comment separate none.
func segments(path string) iter.Seq[string] {
	return func(yield func(string) bool) {
		start := 0
		var ahead [][]int
		if strings.ContainsAny(path, "*%") {
			ahead = sqlComment.FindAllStringIndex(path, -1)
		}
		for i := range len(path) {
			if len(ahead) > 0 && i == ahead[0][1] {
				ahead = ahead[1:]
			}
			if path[i] != '/' || len(ahead) > 0 && i >= ahead[0][0] {
				continue
			}
			if !yield(path[start:i]) {
				return
			}
			start = i + 1
		}
		yield(path[start:])
	}
}

// isPlain reports whether a value has nothing of which an attack could be made.
func isPlain(value string) bool { return isOf(value, &plainBytes) && !strings.Contains(value, "..") }

// plainBytes are those of most paths, names and headers.
var plainBytes = bytesWith("/-_.~,@:+!")

// bytesWith are the letters and digits of ASCII, and others.
func bytesWith(others string) (t [256]bool) {
	for c := range t {
		t[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c < utf8.RuneSelf && strings.IndexByte(others, byte(c)) >= 0
	}
	return t
}

// isOf reports whether a text has no other bytes.
func isOf(text string, bytes *[256]bool) bool {
	for i := range len(text) {
		if !bytes[text[i]] {
			return false
		}
	}
	return true
}

// header adds the value of a request header. CRS looks into few of them at paranoia level 1, but nobody knows which ones an
// application writes into its logs, its database and its command lines.
func (vs *views) header(name, value string) {
	if len(value) < minViewed {
		return
	}
	usual, isUsual := usualHeaders[name]
	if !isUsual {
		lower := strings.ToLower(name)
		vs.ofHeader(lower, headerPrefix+lower, value)
		return
	}
	if vs.isViewless(usual.number, value) {
		return
	}
	before := len(vs.all)
	if vs.ofHeader(usual.lower, usual.variable, value); len(vs.all) == before && !vs.isFull {
		vs.setViewless(usual.number, value)
	}
}

func (vs *views) ofHeader(lower, variable, value string) {
	if isPlain(value) && view.IsPlain(value) || lower == "cookie" || isOrdinary(lower, value) {
		return
	}
	if lower == "authorization" {
		if _, credentials, ok := strings.Cut(value, " "); ok {
			vs.add(variable, variable, credentials)
		}
		return
	}
	if !isPlain(value) && !isUserAgent(value) {
		vs.put(viewed{variable: variable, argument: variable, text: value})
	}
	vs.add(variable, variable, value)
}

const headerPrefix = "REQUEST_HEADERS:"

// usualHeader is a name of a header in lower case, the variable of such, and a number of its own.
type usualHeader struct {
	lower, variable string
	number          uint32
}

// usualHeaders are those that most requests have, by their names as they are mostly written and in lower case.
var usualHeaders = func() map[string]usualHeader {
	all := map[string]usualHeader{}
	for i, name := range []string{
		"Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Cache-Control", "Connection", "Content-Length", "Content-Type", "Cookie",
		"Forwarded", "Host", "If-Modified-Since", "If-None-Match", "Origin", "Pragma", "Priority", "Range", "Referer", "Sec-CH-UA",
		"Sec-CH-UA-Mobile", "Sec-CH-UA-Platform", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-User", "TE",
		"Upgrade-Insecure-Requests", "User-Agent", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "X-Requested-With",
	} {
		lower := strings.ToLower(name)
		usual := usualHeader{lower, headerPrefix + lower, uint32(i) + 1}
		all[name], all[lower] = usual, usual
	}
	return all
}()

// isOrdinary reports whether a header that lists what a client can do has such a value: gzip is a command as well.
func isOrdinary(lower, value string) bool {
	switch lower {
	case "accept", "accept-charset", "accept-encoding", "accept-language", "cache-control", "connection", "content-encoding", "content-type",
		"keep-alive", "pragma", "te", "transfer-encoding", "upgrade":
		return !strings.Contains(value, "..") && value[0] != '/' && isOf(value, &listBytes)
	case "via": // protocols, hosts and, in brackets, products
		return isOf(value, &viaBytes)
	}
	return false
}

var (
	listBytes = bytesWith("/-_.~,@:+! ;=*")
	viaBytes  = bytesWith("/-_.~,@:+! ()")
)

// minViewed is the shortest header that is worth a view.
const minViewed = 4

// viewTransaction is the views of a transaction as one of their own.
type viewTransaction struct {
	*mapping.Transaction
	values []viewed
	screen.Answer
	decision
}

// newViewTransaction makes a transaction of the views of another one, nil of none.
func newViewTransaction(t *mapping.Transaction, values []viewed) *viewTransaction {
	if len(values) == 0 {
		return nil
	}
	of := &mapping.Transaction{
		Client: t.Client, Server: t.Server, Method: t.Method, Host: t.Host, Protocol: t.Protocol, Exclude: t.Exclude,
		ClientWorkload: t.ClientWorkload, ServerWorkload: t.ServerWorkload,
		Args: make([]mapping.Arg, len(values)),
	}
	of.URI, _, _ = strings.Cut(t.URI, "?") // rules of a user's may leave others out by the path
	for i := range values {
		of.Args[i] = mapping.Arg{Name: values[i].argument, Value: values[i].text}
	}
	return &viewTransaction{Transaction: of, values: values}
}

// screenViews asks the screen about views: first about the views alone, and if these may be of a match, about the whole.
func (e *Engine) screenViews(of *viewTransaction, most int) error {
	skip := e.isSkipped(of.Transaction, e.excludedIn(of.Transaction))
	var err error
	of.Answer, err = e.fast.screen.AskOf(viewSource(of.values), isOfViews, skip, most, func(ask func(screen.Source) screen.Answer) error {
		err := e.ask(of.Transaction, func(source source, _ func(id int) bool) {
			if a := ask(source); a.Work <= most {
				of.decision = e.interpret(of.Transaction, source, &a)
			}
		})
		return err
	})
	return err
}

// isOfViews reports whether a variable, in lower case, has views and nothing else.
func isOfViews(variable string) bool { return variable == "args" || variable == "args_get" }

// decideViews runs the rules that the screen leaves on views, and adds what they find to a verdict. If that is verified all
// rules run; what they say of other variables than views is as it was said before. most is how much more work there may be.
func (e *Engine) decideViews(v *Verdict, t *mapping.Transaction, of *viewTransaction, most int, verified bool) error {
	var some Verdict
	if of.MayAlarm {
		e.watch.Enter(stopwatch.Rules)
		var err error
		if some, err = e.rest(of.Transaction, &of.Answer, of.decision); err != nil {
			return err
		}
		found := e.matchesOfViews(v, of, &some)
		if v.Screened == ScreenCleared && len(found) > 0 {
			if err = e.addRest(v, t, most); err != nil {
				return err
			}
			found = e.matchesOfViews(v, of, &some) // without what these rules have found, too
		}
		some.Matches = found
	}
	if verified {
		e.watch.Enter(stopwatch.Check)
		all, err := e.evaluateAll(of.Transaction)
		if err != nil {
			return err
		}
		all.Matches = e.matchesOfViews(v, of, &all)
		all.Alarm = all.Alarm && (of.MayAlarm || slices.ContainsFunc(all.Matches, func(m Match) bool { return m.Alarms() || m.points() > 0 }))
		if e.isWrong(&all, &some, &of.Answer) {
			v.Screened = ScreenWrong
		}
	}
	v.add(some.Matches)
	return nil
}

// addRest runs the rules that could not alarm, such as those of policy: an alert of what views have lists them, too.
func (e *Engine) addRest(v *Verdict, t *mapping.Transaction, most int) error {
	var a screen.Answer
	var d decision
	err := e.ask(t, func(source source, skip func(id int) bool) {
		if a = e.fast.screen.Rest(source, skip, most); a.Work <= most {
			d = e.interpret(t, source, &a)
		}
	})
	if err != nil || a.Work > most {
		return err
	}
	*v, err = e.rest(t, &a, d)
	return err
}

// matchesOfViews are those of what rules have found that are in views, and new to a verdict. Rules of policy are about what
// was sent, and not about what it decodes to.
func (e *Engine) matchesOfViews(v *Verdict, of *viewTransaction, found *Verdict) (all []Match) {
	for _, m := range found.Matches {
		if !m.IsEvidence() {
			continue
		}
		var places []Place
		for _, p := range m.Places {
			if at := origin(of.values, p); at != nil && !v.has(m.RuleID, at.variable) && !e.hides(of.Transaction, m.RuleID, at.variable) {
				places = append(places, Place{at.name(), p.Value})
				if !strings.HasPrefix(at.variable, "ARGS") { // which is an argument here alone
					m.Data = strings.Replace(m.Data, p.Variable, at.variable, 1)
				}
			}
		}
		if len(places) == 0 {
			continue
		}
		m.Places, m.Variable, m.Value, m.View = places, places[0].Variable, places[0].Value, true
		all = append(all, m)
	}
	return all
}

// add adds matches in views.
func (v *Verdict) add(all []Match) {
	for i := range all {
		v.Matches = append(v.Matches, all[i])
		v.ScoreIn += all[i].points()
	}
}

// origin is the value that a rule has matched, nil if that is no view: several may have one name.
func origin(values []viewed, p Place) (found *viewed) {
	kind, argument, ok := strings.Cut(p.Variable, ":")
	if !ok || kind != "ARGS" && kind != "ARGS_GET" {
		return nil
	}
	for i := range values {
		switch x := &values[i]; {
		case !strings.EqualFold(x.argument, argument), kind == "ARGS_GET" && !x.inQuery:
		case x.text == p.Value:
			return x
		case found == nil:
			found = x // the rule has transformed it, perhaps
		}
	}
	return found
}

// hides reports whether a variable is excluded for a rule: Coraza knows it by another name where it is a view.
func (e *Engine) hides(t *mapping.Transaction, id int, variable string) bool {
	if slices.ContainsFunc(e.excludedIn(t).targets, func(x target) bool { return x.rule == id && x.hides(variable) }) {
		return true
	}
	r := e.rules[id]
	return slices.ContainsFunc(e.hidden, func(x exclusion) bool {
		of, err := parseTarget(x.variable)
		return err == nil && r.isNamed(id, x.rules) && of.hides(variable)
	})
}

// has reports whether a rule has matched a variable already.
func (v *Verdict) has(rule int, variable string) bool {
	return slices.ContainsFunc(v.Matches, func(m Match) bool {
		return m.RuleID == rule && slices.ContainsFunc(m.Places, func(p Place) bool { return p.Variable == variable })
	})
}

// points is what CRS adds to the score for a match of this severity.
func (m *Match) points() int {
	if m.role != rules.Scores && m.role != rules.Noise {
		return 0
	}
	switch m.Severity {
	case 2:
		return 5
	case 3:
		return 4
	case 4:
		return 3
	case 5:
		return 2
	}
	return 0
}

// viewSource is views as arguments.
type viewSource []viewed

var _ screen.Source = viewSource(nil)

// Collection implements [screen.Source].
func (viewSource) Collection(variables.RuleVariable) collection.Collection { return nil }

// Count implements [screen.Source].
func (viewSource) Count(variables.RuleVariable, string) (n int, ok bool) { return 0, false }

// Each implements [screen.Source].
func (s viewSource) Each(v variables.RuleVariable, visit func(key, value string)) bool {
	if v != variables.Args && v != variables.ArgsGet {
		return true
	}
	for i := range s {
		visit(s[i].argument, s[i].text)
	}
	return true
}
