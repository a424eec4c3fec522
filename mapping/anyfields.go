package mapping

import (
	"regexp"
	"slices"
	"strings"

	"github.com/tinylib/msgp/msgp"
)

// anyFields are the parts of a request in a record whose fields have names of a program's own, anywhere in it: each is found by the words
// that its name and those of the maps around it are made of, and by what it holds. httpVerb, aspnet-request-method and req.method are all
// names of a method, if GET is in it. Of several the best counts, of equals the first.
type anyFields struct {
	tx          *Transaction
	found       [anyParts]Record
	ranks       [anyParts]int
	names       [anyParts]string // compact
	hostAddress Record           // under the name of the host, which some programs give to the client's
	likeBody    Record           // under a name that bodies have, with nothing around it that says so
	likeStatus  Record           // under the name code, likewise
	server      string           // what the names of the server's address and of its port begin with
	ports       map[string]Record
	targets     []string // all that might be what was asked for
	words       []byte   // of the name of a field and of those around it, in lower case, with spaces around each
	left        int      // values that may still be looked at
	depth       int
}

type requestPart int

const (
	anyMethod requestPart = iota
	anyLineOf
	anyTarget
	anyQuery
	anyStatusOf
	anyClientOf
	anyServerOf
	anyServerPort
	anyForwarded
	anyHost
	anyAgentOf
	anyReferer
	anyCookie
	anyType
	anyHeaders
	anyBody
	anyRaw
	anyParams
	anyStamp
	anyDay
	anyClock
	anyRawAnswer
	anyAnswerHeaders
	anyAnswer
	anyParts
)

// anyPartKeys are the keys that the mapping asks for.
var anyPartKeys = [anyParts]string{
	"found.method", "found.line", "found.target", "found.query", "found.status", "found.client", "found.server", "found.server.port", "found.forwarded", "found.host", "found.agent",
	"found.referer", "found.cookie", "found.type", "found.headers", "found.body", "found.raw", "found.params", "found.time", "found.day", "found.clock", "found.answer.raw", "found.answer.headers", "found.answer",
}

// bodyNames are names of bodies, and of other things.
var bodyNames = words{"body", "form", "formdata", "payload", "input"}

// targetNames are how the names of what was asked for end.
var targetNames = []string{"uri", "url", "path", "target", "endpoint", "resource", "urlfull", "urloriginal", "uristem", "pathinfo"}

// maxAnyDepth bounds how deep maps are looked through, and maxAnyName how much of the end of a name is looked at.
const (
	maxAnyDepth = 8
	maxAnyName  = 64
)

var (
	lineText  = regexp.MustCompile(`^[A-Z]{3,9} \S[^\r\n]* HTTP/\d`)
	shortLine = regexp.MustCompile(`^[A-Z]{3,9} /\S*$`)
	queryText = regexp.MustCompile(`^\??[\w.%\[\]-]+=`)
	rawAnswer = regexp.MustCompile(`^HTTP/\d(?:\.\d)? [1-5]\d\d\b`)
	dayText   = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)
	clockText = regexp.MustCompile(`^\d\d:\d\d:\d\d(?:\.\d+)?$`)
	stampText = regexp.MustCompile(`^\d{1,4}[-/. ]|^\d{10,19}(?:\.\d+)?$|^\[\d`)
)

// findFields finds a request in the fields of a record, and keeps it as what the mapping asks for.
func (m *Mapping) findFields(r Record, tx *Transaction) bool {
	left := maxLookedAt
	if !mayHoldRequest(r, &left) {
		return false
	}
	f := newAnyFields(tx)
	f.walk(r)
	if !f.isRequest() {
		return false
	}
	f.keep(m)
	f.leaveTargets()
	return true
}

// leaveTargets leaves to the rules what other fields say that was asked for, which may be true of them.
func (f *anyFields) leaveTargets() {
	if len(f.targets) < 2 || f.found[anyTarget] == nil {
		return
	}
	one, _ := f.found[anyTarget].text()
	one = afterHost(one)
	for _, other := range f.targets {
		if other = afterHost(other); len(other) > 1 && !strings.Contains(one, other) && !strings.Contains(other, one) {
			f.tx.leftOver = append(f.tx.leftOver, appendLeftOver(nil, other)...)
		}
	}
}

// afterHost is the path and the query of a URL.
func afterHost(url string) string {
	if i := strings.Index(url, "://"); i > 0 && !strings.HasPrefix(url, "/") {
		if j := strings.IndexByte(url[i+3:], '/'); j >= 0 {
			return url[i+3+j:]
		}
		return ""
	}
	return url
}

func newAnyFields(tx *Transaction) anyFields {
	return anyFields{tx: tx, left: maxLookedAt, words: append(make([]byte, 0, 128), ' ')}
}

// addFields keeps what else is in a record that the mapping has read, for it to ask where its own names have nothing: in the fields or
// pairs of the log event, or beside a line that has neither.
func (m *Mapping) addFields(r Record, tx *Transaction) {
	f := newAnyFields(tx)
	pairs := 0
	if tx.event >= 0 {
		e := &tx.opened.events[tx.event]
		if !m.parse[len(m.parse)-1].mayRead(e) {
			return
		}
		switch {
		case e.object != nil:
			r = e.object
		default:
			pairs, _, _ = readLogfmt(e.lines[len(e.lines)-1], f.pair)
			if e.parent >= 0 && tx.opened.events[e.parent].object != nil {
				r = tx.opened.events[e.parent].object
			}
		}
	}
	if pairs == 0 {
		f.walk(r)
	}
	f.keep(m)
}

// pair looks at a pair of a line.
func (f *anyFields) pair(key, value string) {
	f.visit([]byte(key), Record(msgp.AppendString(nil, value)))
}

// findPairs is findFields of a line of key=value.
func (m *Mapping) findPairs(line string, tx *Transaction) bool {
	if !containsAny(line, "=/", "=\"/", "='", "=http", "=\"http", "HTTP/") {
		return false
	}
	f := newAnyFields(tx)
	pairs, before, rest := readLogfmt(line, f.pair)
	if pairs < 3 || !f.isRequest() || f.found[anyMethod] == nil && markOf(line) != "" { // which labels have
		return false
	}
	f.keep(m)
	f.leaveTargets()
	tx.leftOver = append(tx.leftOver, appendLeftOver(leftBefore(before, len(before)), strings.Join(rest, " "))...)
	return true
}

// mayHoldRequest reports whether anything in a value is what a request is made of, which is cheaper to see than what it is: most records
// are of no request.
func mayHoldRequest(v Record, left *int) (found bool) {
	if *left--; *left < 0 {
		return false
	}
	v = otlpValue(v)
	switch {
	case isMap(v):
		_ = v.fields(func(_ []byte, one Record) { found = found || mayHoldRequest(one, left) })
	case isArray(v):
		eachElement(v, func(one Record) { found = found || mayHoldRequest(one, left) })
	case isText(v):
		s, _ := v.text()
		found = strings.HasPrefix(s, "/") || strings.HasPrefix(s, "http") || strings.HasPrefix(s, `{"`) || strings.Contains(s, " HTTP/") ||
			strings.IndexByte(s, '/') > 3 && hostPath.MatchString(s)
	}
	return found
}

// keep keeps what was found.
func (f *anyFields) keep(m *Mapping) {
	if f.found[anyClientOf] == nil && f.found[anyHost] != nil {
		f.found[anyClientOf] = f.hostAddress
	}
	if f.found[anyBody] == nil {
		f.found[anyBody] = f.likeBody
	}
	if f.found[anyStatusOf] == nil {
		f.found[anyStatusOf] = f.likeStatus
	}
	if f.server != "" {
		f.found[anyServerPort] = f.ports[f.server]
	}
	for p, v := range f.found {
		if slot := m.slotOf(anyPartKeys[p]); slot >= 0 && v != nil {
			f.tx.scan[slot] = v
		}
	}
}

// isRequest reports whether what was found is a request that somebody made to the program: one with a whole URL and without a client may
// be one that the program itself has made. An event of a firewall may do without the method, and so may one that names the client's
// agent.
func (f *anyFields) isRequest() bool {
	has := func(p requestPart) bool { return f.found[p] != nil }
	target := ""
	if has(anyTarget) {
		target, _ = f.found[anyTarget].text()
	}
	isClient := has(anyClientOf) || has(anyForwarded)
	isPath := strings.HasPrefix(target, "/") || strings.HasSuffix(f.names[anyTarget], "requesturi") // of servers only
	seen := has(anyStatusOf) || has(anyHost) || has(anyQuery) || has(anyAgentOf) || has(anyHeaders)
	switch {
	case has(anyRaw):
		return true
	case has(anyLineOf) && (isClient || has(anyStatusOf)):
		return true
	case target == "":
		return false
	case has(anyMethod) && (isClient || isPath && (seen || !strings.HasPrefix(target, "/"))):
		return true
	}
	return isClient && seen && (endsWithAny(f.names[anyTarget], "uri", "url", "resource", "uripath", "uristem") || has(anyAgentOf) && strings.HasPrefix(target, "/"))
}

// walk looks at the members of a map.
func (f *anyFields) walk(v Record) {
	if f.depth == maxAnyDepth {
		return
	}
	f.depth++
	_ = v.fields(f.visit)
	f.depth--
}

// visit looks at a field.
func (f *anyFields) visit(key []byte, v Record) {
	if f.left--; f.left < 0 || isNil(v) || len(key) == 0 {
		return
	}
	around := len(f.words)
	f.words = appendWords(f.words, key[max(0, len(key)-maxAnyName):])
	defer func() { f.words = f.words[:around] }()
	var compact [maxAnyName]byte
	letters := compact[:0]
	for _, c := range f.words[around:] {
		if c != ' ' {
			letters = append(letters, c)
		}
	}
	name := string(letters)
	v = otlpValue(v)
	switch {
	case isMap(v):
		if !f.takeWhole(name, v) {
			f.walk(v)
		}
	case isArray(v):
		if !f.takeWhole(name, v) {
			f.list(name, v)
		}
	default:
		f.text(name, v)
	}
}

// list looks at a list: of pairs, of an address and a port, or of one map. In one of several maps are several requests.
func (f *anyFields) list(name string, v Record) {
	n := 0
	var one Record
	pairs := false
	eachElement(v, func(e Record) {
		n++
		one = e
		if isMap(e) {
			if key, value, ok := pair(e); ok {
				pairs = true
				f.visit([]byte(key), value)
			}
		}
	})
	if pairs {
		return
	}
	head, _ := v.element(0)
	switch {
	case n == 1 && isMap(one) && name != "records" && name != "logevents": // which have to be split before, however many they are
		f.walk(one)
	case n > 0 && head != nil:
		f.text(name, head)
	}
}

// takeWhole takes a map or a list that is a part by itself.
func (f *anyFields) takeWhole(name string, v Record) bool {
	answer := f.isAnswer()
	switch {
	case isMap(v) && strings.HasSuffix(name, "headers") && hasMapsOnly(v): // of the request and of the answer
		return false
	case endsWithAny(name, "headers", "header", "hdrs", "headersin", "headersout") || isMap(v) && f.around("headers"):
		f.take(choose(answer || strings.HasSuffix(name, "out"), anyAnswerHeaders, anyHeaders), name, 0, v)
	case endsWithAny(name, "cookies"):
		f.take(anyCookie, name, 0, v)
	case f.isBody(name):
		f.take(choose(answer, anyAnswer, anyBody), name, 0, v)
	case !answer && f.likeBody == nil && bodyNames.has(name):
		f.likeBody = v
		return !isMap(v)
	case isMap(v) && endsWithAny(name, "query", "querystring", "queryparams", "queryparameters", "querystringparameters"):
		f.take(anyQuery, name, 0, v)
	case isMap(v) && (endsWithAny(name, "params", "parameters", "arguments") || name == "variables"):
		f.take(anyParams, name, 0, v)
	default:
		return false
	}
	return true
}

// hasMapsOnly reports whether all values in a map are maps.
func hasMapsOnly(v Record) bool {
	only, n := true, 0
	_ = v.fields(func(_ []byte, one Record) { only, n = only && isMap(one), n+1 })
	return only && n > 0
}

// choose is one of two.
func choose[T any](is bool, its, other T) T {
	if is {
		return its
	}
	return other
}

// text takes a text for what its name and its form say that it is.
func (f *anyFields) text(name string, v Record) {
	s, ok := v.text()
	if !ok || s == "" || s == "-" {
		return
	}
	answer := f.isAnswer()
	http := 0
	if f.around("http", "request", "req") {
		http = 2
	}
	switch {
	case lineText.MatchString(s) && isMethod(s[:strings.IndexByte(s, ' ')]):
		f.take(choose(strings.IndexByte(s, '\n') > 0, anyRaw, anyLineOf), name, http, v)
	case strings.HasSuffix(name, "request") && shortLine.MatchString(s) && isMethod(s[:strings.IndexByte(s, ' ')]):
		f.take(anyLineOf, name, http, v)
	case rawAnswer.MatchString(s):
		f.take(anyRawAnswer, name, 0, v)
	case endsWithAny(name, "method", "verb") || name == "op" || name == "meth" || name == "mtd":
		if isMethod(strings.ToUpper(s)) {
			f.take(anyMethod, name, http, v)
		}
	case strings.Contains(name, "referer") || strings.Contains(name, "referrer"):
		f.take(anyReferer, name, http, v)
	case strings.Contains(name, "useragent") || !answer && (name == "ua" || name == "agent" || strings.HasSuffix(name, "httpagent")):
		f.take(anyAgentOf, name, http+len(name), v)
	case strings.Contains(name, "forwardedfor") || strings.HasSuffix(name, "xff"):
		if isAddressList(s) {
			f.take(anyForwarded, name, http, v)
		}
	case strings.Contains(name, "contenttype"):
		if !answer {
			f.take(anyType, name, http, v)
		}
	case endsWithAny(name, "cookie", "cookies"):
		if !answer {
			f.take(anyCookie, name, http, v)
		}
	case endsWithAny(name, "headers", "header"):
		if strings.IndexByte(s, ':') > 0 {
			f.take(choose(answer, anyAnswerHeaders, anyHeaders), name, http, v)
		}
	case f.isBody(name):
		f.take(choose(answer, anyAnswer, anyBody), name, http, v)
	case !answer && f.likeBody == nil && bodyNames.has(name) && !strings.HasPrefix(s, "{\""):
		f.likeBody = v
	case isStatusName(name) || (name == "code" || name == "resp") && (answer || http > 0):
		if isAnyStatus(s) {
			f.take(anyStatusOf, name, choose(answer || http > 0, 2, 0)+choose(strings.Contains(name, "status"), 1, 0), v)
		}
	case s[0] == '/' && isAddressList(s[1:]) && (f.takeServer(name, s[1:], v) || f.takeClient(name, s[1:], http, v)): // Java's addresses
	case name == "code" && isAnyStatus(s):
		f.likeStatus = v
	case strings.HasPrefix(s, "/") || strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://"):
		if (endsWithAny(name, targetNames...) || name == "arg") && !f.isElsewhere() {
			f.targets = append(f.targets, s)
			query := choose(strings.IndexByte(s, '?') >= 0, 4, 0)
			f.take(anyTarget, name, http+query+choose(endsWithAny(name, "uri", "url"), 1, 0)+choose(strings.Contains(name, "original"), 1, 0), v)
		}
	case endsWithAny(name, "uri", "url") && f.takeHostPath(name, s):
	case endsWithAny(name, "query", "querystring", "args", "search", "querystr"):
		if queryText.MatchString(s) {
			f.take(anyQuery, name, http, v)
		}
	case strings.HasPrefix(s, `{"`):
		if opened, ok := f.tx.appendJSON(s); ok {
			before := f.found[anyMethod]
			f.walk(opened)
			if f.likeBody == nil && !answer && bodyNames.has(name) && (before != nil || f.found[anyMethod] == nil) {
				f.likeBody = v
			}
		} else if endsWithAny(name, "params", "parameters") {
			f.take(anyParams, name, 0, v)
		}
	case f.takeServer(name, s, v):
	case f.takeClient(name, s, http, v):
	case endsWithAny(name, "host", "hostname", "authority", "domain", "servername"):
		if anyDomain.MatchString(s) && !f.around("agent", "node", "log", "kubernetes", "upstream", "backend", "resource", "os", "process") {
			f.take(anyHost, name, http+choose(endsWithAny(name, "authority", "vhost", "domain"), 1, 0), v)
		}
	case dayText.MatchString(s):
		f.take(anyDay, name, 0, v)
	case clockText.MatchString(s):
		f.take(anyClock, name, 0, v)
	case name == "at", endsWithAny(name, "time", "timestamp", "ts", "date", "timelocal", "timeunixnano", "starttime", "timestampstart"):
		if stampText.MatchString(s) {
			f.take(anyStamp, name, 0, v)
		}
	}
}

// hostPath is a URL without a scheme.
var hostPath = regexp.MustCompile(`^(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+(?::\d+)?/`)

// takeHostPath takes a URL without a scheme, as firewalls write it, unless there is a better one.
func (f *anyFields) takeHostPath(name, s string) bool {
	at := hostPath.FindStringIndex(s)
	if at == nil || f.isElsewhere() {
		return false
	}
	f.take(anyTarget, name, -1, msgp.AppendString(nil, s[at[1]-1:]))
	f.take(anyHost, name, -1, msgp.AppendString(nil, s[:at[1]-1]))
	return true
}

func isStatusName(name string) bool {
	return endsWithAny(name, "status", "statuscode", "responsecode", "respcode", "httpcode", "retcode", "returncode")
}

// takeClient takes an address, unless it is the server's.
func (f *anyFields) takeClient(name, s string, http int, v Record) bool {
	address, _ := splitAddress(s)
	if !isAddressList(address) {
		return false
	}
	isClient := containsAny(name, "client", "remote", "peer", "caller", "source", "src", "user", "visitor", "downstream", "connecting") || f.around("client", "remote", "peer", "source", "src", "downstream")
	switch {
	case name == "host" && f.depth < 2:
		f.hostAddress = v
	case containsAny(name, "server", "dest", "dst", "local", "upstream", "backend", "target", "mask") ||
		f.around("destination", "dest", "dst", "local", "upstream", "backend", "kubernetes", "host") || f.around("server") && !containsAny(name, "client", "remote"):
	case isClient:
		f.take(anyClientOf, name, http+choose(containsAny(name, "client", "caller", "remote"), 1, 0)+2, v)
	case name == "from", endsWithAny(name, "ip", "ipaddress", "addr", "address"):
		f.take(anyClientOf, name, http, v)
	}
	return true
}

// serverName is how the names of a server's address and of its port end, with those of the maps around them.
var serverName = regexp.MustCompile(`^(.* )(dest|dst|destination|upstream|backend|server|local)(?: ?(?:ip(?:v[46])?(?: ?address)?|addr|address|host|hostname|port))? $`)

// serverRanks are how near to who answered is what a name begins with: an address of one's own may be that of a proxy.
var serverRanks = map[string]int{"destination": 4, "upstream": 3, "backend": 3, "server": 2, "local": 1}

// takeServer takes the address or the port of the server. Of several that a proxy has asked, the last one answered.
func (f *anyFields) takeServer(name, s string, v Record) bool {
	last := pickPart(s, pickLast)
	ip, isIP := parseAddress(last)
	isPort := strings.HasSuffix(name, "port") && isPort(s)
	if !isPort && (!isIP || ip.IsUnspecified()) {
		return false
	}
	parts := serverName.FindStringSubmatch(string(f.words))
	if parts == nil || f.isOtherServer() {
		return false
	}
	kind := parts[2]
	if kind == "dest" || kind == "dst" {
		kind = "destination"
	}
	begins := parts[1] + kind
	switch {
	case !isPort:
		if rank := serverRanks[kind]; f.found[anyServerOf] == nil || rank > f.ranks[anyServerOf] {
			f.take(anyServerOf, name, rank, v)
			f.server = begins
		}
	case f.ports == nil:
		f.ports = map[string]Record{begins: v}
	default:
		f.ports[begins] = v
	}
	return true
}

// isOtherServer reports whether a server is not the one that was asked, or an address one of the client's.
func (f *anyFields) isOtherServer() bool {
	return f.around("dns", "ntp", "ldap", "radius", "dhcp", "syslog", "smtp", "mail", "auth", "name", "db", "database", "redis", "nat", "translated", "kubernetes",
		"node", "agent", "process", "client", "source", "src", "peer", "previous", "next") || f.around("upstream") && f.around("local")
}

// take keeps a value, unless a better one was found.
func (f *anyFields) take(p requestPart, name string, rank int, v Record) {
	if f.found[p] == nil || rank > f.ranks[p] {
		f.found[p], f.ranks[p], f.names[p] = v, rank, name
	}
}

// isBody reports whether a field is a body by its name. Other things than requests have content, data and input, too.
func (f *anyFields) isBody(name string) bool {
	if endsWithAny(name, "reqbody", "requestbody", "httpbody", "rawbody", "postdata", "requestpayload", "reqpayload", "responsebody", "respbody", "resbody", "responsepayload") {
		return true
	}
	return endsWithAny(name, "body", "bodycontent", "content", "payload", "input", "form", "formdata") && f.around("request", "req", "http", "response", "resp", "res")
}

// isAnswer reports whether the field is one of the response.
func (f *anyFields) isAnswer() bool {
	return f.around("response", "resp", "res", "rsp", "reply", "answer") || strings.Contains(view(f.words), "response")
}

// isElsewhere reports whether a path or URL is not what was asked for.
func (f *anyFields) isElsewhere() bool {
	return f.around("redirect", "location", "upstream", "backend", "file", "filename", "script", "root", "dir", "base", "callback", "webhook", "hook", "template",
		"physical", "local", "config", "exe", "binary", "mount", "module", "image", "avatar", "source", "process", "kubernetes", "cgroup") ||
		f.around("log") && !f.around("records") // OTLP's
}

// around reports whether one of the words is in the name of the field, or of a map around it.
func (f *anyFields) around(words ...string) bool {
	all := view(f.words)
	return slices.ContainsFunc(words, func(w string) bool { return hasWord(all, w) })
}

// hasWord reports whether a word stands between spaces in a text.
func hasWord(text, word string) bool {
	for at := 0; ; at++ {
		i := strings.Index(text[at:], word)
		if i < 0 {
			return false
		}
		at += i
		if end := at + len(word); at > 0 && text[at-1] == ' ' && end < len(text) && text[end] == ' ' {
			return true
		}
	}
}

// appendWords appends the words of a name in lower case: of requestUri, request_uri and cs-request.uri.
func appendWords(words []byte, name []byte) []byte {
	for i, c := range name {
		switch {
		case c >= 'A' && c <= 'Z':
			if i > 0 && (name[i-1] < 'A' || name[i-1] > 'Z') && words[len(words)-1] != ' ' {
				words = append(words, ' ')
			}
			words = append(words, c+'a'-'A')
		case isAlphanumeric(c):
			words = append(words, c)
		case words[len(words)-1] != ' ':
			words = append(words, ' ')
		}
	}
	if words[len(words)-1] != ' ' {
		words = append(words, ' ')
	}
	return words
}

func endsWithAny(s string, ends ...string) bool {
	for _, one := range ends {
		if strings.HasSuffix(s, one) {
			return true
		}
	}
	return false
}

func containsAny(s string, parts ...string) bool {
	for _, one := range parts {
		if strings.Contains(s, one) {
			return true
		}
	}
	return false
}
