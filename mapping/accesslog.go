package mapping

import (
	"regexp"
	"slices"
	"strings"
)

// accessLine is a line of the common or combined log format, and of the many that servers and their
// administrators have made of it: a virtual host or X-Forwarded-For before the client, fields more anywhere,
// quotes that nobody escaped. What no name has is in the rest, so that nothing of a line goes unseen.
//
// Sources: Apache's mod_log_config, nginx's ngx_http_log_module.
type accessLine struct {
	vhost, remote, host, user string
	time                      string
	domain                    string // whom the client asked, where the log has that behind the time
	request                   string
	code, size                string
	referer, agent, forwarded string
	hasReferer, hasAgent      bool
	cut                       bool // ends before its status, or between quotes
	rest                      []string
}

// readAccessLine reads a line. It is none if there is no client, or nothing that looks like a request.
func readAccessLine(line string) (a accessLine, ok bool) {
	at, end := accessTime(line)
	switch {
	case at < 0:
		return a, a.readTimeless(line)
	case trimSpace(line[:at]) == "":
		a.time = line[at+1 : end]
		return a, a.readTimeFirst(trimSpace(line[end+1:]))
	}
	a.time = line[at+1 : end]
	if !a.readHead(line[:at]) {
		return a, false
	}
	tail := trimSpace(line[end+1:])
	tail, ok = a.readRequest(tail)
	if !ok {
		return a, false
	}
	a.readTail(tail)
	return a, true
}

// readTimeless reads a line without a time of its own, because whoever carries it writes one: the client, then a
// request and its status. If the status stands before the request, it is another format.
func (a *accessLine) readTimeless(line string) bool {
	quote := strings.IndexByte(line, '"')
	if quote < 0 || !isAddressWord(line) {
		return false
	}
	words := headWords(line[:quote])
	if n := len(words); n > 3 || n > 1 && isAnyStatus(words[n-1].text) || !a.readHead(line[:quote]) {
		return false
	}
	tail, ok := a.readRequest(line[quote:])
	if !ok || a.code == "" || !endsInVersion(a.request) {
		return false
	}
	a.readTail(tail)
	return true
}

// readTimeFirst reads what follows the time in a line that begins with it: the client, perhaps behind a virtual host,
// fields that have no name, and the request. Apache's ssl_request_log is such a line, and has no status.
func (a *accessLine) readTimeFirst(s string) bool {
	quote := strings.IndexByte(s, '"')
	if quote < 0 {
		return false
	}
	words := headWords(s[:quote])
	switch {
	case len(words) > 0 && isAddressList(words[0].text):
		a.setClient(words[0].text)
	case len(words) > 1 && isVirtualHost(words[0].text) && isAddressList(words[1].text):
		a.vhost = words[0].text
		a.setClient(words[1].text)
	default:
		return false
	}
	a.host, a.user = "-", "-"
	a.rest = appendLeftOver(a.rest, s[:quote])
	tail, ok := a.readRequest(s[quote:])
	if !ok || !endsInVersion(a.request) {
		return false
	}
	switch {
	case a.code != "" && a.size == "" && tail == "":
		a.code, a.size = "-", a.code
	case a.code == "" && isSize(tail):
		a.code, a.size, tail = "-", tail, ""
	}
	a.readTail(tail)
	return true
}

// isSize reports whether a text is how many bytes an answer had.
func isSize(s string) bool { return s == "-" || s != "" && isNumber(s) }

// A date in brackets as servers write it: [20/Nov/2026:10:11:12 +0000], [20/Nov/2026 10:11:12], RFC 3339.
var dateInBrackets = regexp.MustCompile(`\[(?:\d{1,2}/\w{3}/\d{4}[: ]|\d{4}-\d\d-\d\d[T ])[^\]"]*\]`)

// accessTime is where the time begins and ends, with its brackets. A line that is no access line is seen soon.
func accessTime(line string) (at, end int) {
	if found := dateInBrackets.FindStringIndex(line); found != nil {
		return found[0], found[1] - 1
	}
	for at = strings.IndexByte(line, '['); at >= 0; { // any other time, before the request's quote
		n := strings.IndexByte(line[at:], ']')
		if n < 0 {
			return -1, -1
		}
		if strings.HasPrefix(line[at+n+1:], ` "`) {
			return at, at + n
		}
		next := strings.IndexByte(line[at+1:], '[')
		if next < 0 {
			return -1, -1
		}
		at += 1 + next
	}
	return -1, -1
}

// readHead finds the client in what stands before the time.
//
// The client's user name may be anything without a colon, and its identity and X-Forwarded-For anything at all, so
// the leftmost address counts, and a name of a host only where nothing else can be the client.
func (a *accessLine) readHead(head string) bool {
	words := headWords(head)
	n := len(words)
	if n == 0 || n > 40 {
		return false
	}
	isList := func(i int) bool { return i < n && isAddressList(words[i].text) }
	first := words[0].text
	at := 0
	switch {
	case n == 4 && isList(0) && isList(1):
		at = a.twoAddresses(first, words[1].text)
	case isList(0) && !isRelayed(words[1:]):
	case n >= 3 && words[1].text == "-" && isHostName(first):
	case isList(1) && !isRelayed(words[2:]):
		at = 1
		if isVirtualHost(first) {
			a.vhost = first
		}
	case n == 4 && isVirtualHost(first) && isVirtualHost(words[1].text):
		a.vhost, at = first, 1
	case n == 3 && (isNobody(first) || isHostName(first)):
	default:
		return false
	}
	a.setClient(words[at].text)
	a.user = "-" // unless there is one
	if at+1 < n {
		a.host = words[at+1].text
		a.user = trimSpace(head[words[at+1].end:])
	}
	if isDomain(a.host) { // lighttpd has whom the client asked in place of its identity
		a.domain, a.host = a.host, "-"
	}
	return true
}

// isRelayed reports whether a word such as nginx: stands before another address: whoever relayed the line wrote the
// words before it. A user name has no colon.
func isRelayed(words []headWord) bool {
	for i := 1; i < len(words); i++ {
		if strings.HasSuffix(words[i-1].text, ":") && !isAddress(words[i-1].text) && isAddressList(words[i].text) {
			return words[0].text != "-"
		}
	}
	return false
}

// twoAddresses says which of two addresses before the client's identity is the client. They are X-Forwarded-For and
// who connected, or the server's and the client's: a client from the Internet is never the server.
func (a *accessLine) twoAddresses(first, second string) int {
	if _, port := splitAddress(first); port != "" || isPublic(second) && !isPublic(first) {
		a.vhost = first
		return 1
	}
	a.forwarded = first + ", " + second
	return 0
}

// isVirtualHost reports whether a word before the client is the name of a server, and no duration or container.
func isVirtualHost(s string) bool {
	name, port := splitAddress(s)
	return isHostName(name) && (port != "" || name == "localhost" || strings.IndexByte(name, '.') > 0)
}

// isNobody reports whether a word stands for a client that the log does not know.
func isNobody(s string) bool {
	return s == "" || s == "-" || strings.HasPrefix(s, "unix:") || strings.EqualFold(s, "unknown")
}

// headWord is a word before the time, and where it ends.
type headWord struct {
	text string
	end  int
}

// headWords parts the words before the time. A comma keeps a list together, and quotes around a word are dropped.
func headWords(head string) []headWord {
	var words []headWord
	for at := 0; at < len(head); {
		if isSpace(head[at]) {
			at++
			continue
		}
		end := at
		for end < len(head) && !isSpace(head[end]) {
			end++
		}
		word := head[at:end]
		if n := len(words); n > 0 && (strings.HasSuffix(words[n-1].text, ",") || word[0] == ',') {
			last := &words[n-1]
			last.text, last.end = head[last.end-len(last.text):end], end
		} else {
			words = append(words, headWord{word, end})
		}
		at = end
	}
	for i := range words {
		w := &words[i].text
		if n := len(*w); n > 1 && (*w)[0] == '"' && (*w)[n-1] == '"' {
			*w = (*w)[1 : n-1]
		}
	}
	return words
}

// setClient takes an address, or the client of a list of X-Forwarded-For.
func (a *accessLine) setClient(word string) {
	if isNobody(word) {
		return
	}
	a.remote = word
	if strings.IndexByte(word, ',') >= 0 {
		a.remote, a.forwarded = firstClient(word), word
	}
}

// isAddressList reports whether a text is an address or a list of them with commas. What proxies write for an
// address that they do not know may stand between them.
func isAddressList(s string) bool {
	found := false
	for s != "" {
		var one string
		one, s, _ = strings.Cut(s, ",")
		one = trimSpace(one)
		switch {
		case isAddress(one):
			found = true
		case !isNobody(one):
			return false
		}
	}
	return found
}

// readRequest finds the request line, behind the time and perhaps other fields.
func (a *accessLine) readRequest(s string) (tail string, ok bool) {
	if method, _, _ := strings.Cut(s, " "); isMethod(method) {
		if at := bareVersion.FindStringIndex(s); at != nil {
			a.request = strings.TrimRight(s[:at[1]], " ")
			return a.readStatus(s[at[1]:]), true
		}
		return "", false
	}
	quote := strings.IndexByte(s, '"')
	if quote < 0 {
		return "", false
	}
	if quote > 0 {
		if !isSpace(s[quote-1]) {
			return "", false
		}
		if domain, _ := cutWord(s[:quote]); isDomain(domain) {
			a.domain = domain
		}
		a.rest = appendLeftOver(a.rest, s[:quote])
	}
	s = s[quote+1:]
	if quoted, request, ok := quotedBefore(s); ok {
		if s = request; isDomain(quoted) {
			a.domain = quoted
		}
		a.leave(quoted)
	}
	end := requestEnd(s)
	if end < 0 {
		a.request, a.cut = s, true
		return "", quote == 0
	}
	a.request = s[:end]
	tail = a.readStatus(s[end+1:])
	return tail, quote == 0 || a.code != "" // HAProxy ends with the request
}

// quotedBefore parts a text in quotes, of one word, and the request in quotes that follows it.
func quotedBefore(s string) (quoted, request string, ok bool) {
	end := strings.IndexByte(s, '"')
	if end < 0 || strings.IndexByte(s[:end], ' ') >= 0 || !strings.HasPrefix(s[end:], `" "`) {
		return "", "", false
	}
	request = s[end+len(`" "`):]
	method, _, _ := strings.Cut(request, " ")
	return s[:end], request, isMethod(method)
}

// isDomain reports whether a word behind the time is a name that was asked for, and no duration or version.
func isDomain(s string) bool {
	name, _ := splitAddress(s)
	last := name[strings.LastIndexByte(name, '.')+1:]
	return isVirtualHost(s) && last != "" && strings.Trim(last, "0123456789") != ""
}

var (
	bareVersion     = regexp.MustCompile(`^\S+ \S.*? HTTP/\d(?:\.\d)?(?: |$)`)
	quotedVersion   = regexp.MustCompile(`HTTP/\d(?:\.\d)?"[ \t]+(?:\d{3}|-)(?:[ \t]|$)`)
	statusFollows   = regexp.MustCompile(`^[ \t]+(?:\d{1,3}|-)(?:[ \t]|$)`)
	httpMethodNames = map[string]bool{
		"GET": true, "HEAD": true, "POST": true, "PUT": true, "DELETE": true, "PATCH": true, "OPTIONS": true, "TRACE": true, "CONNECT": true,
		"PROPFIND": true, "PROPPATCH": true, "MKCOL": true, "COPY": true, "MOVE": true, "LOCK": true, "UNLOCK": true, "SEARCH": true, "REPORT": true,
	}
)

func isMethod(s string) bool { return httpMethodNames[s] }

// requestEnd is where the quote that ends the request is: before a status, and behind a version if there is one, as
// not every server escapes the quotes in it. It is -1 when the line ends before it.
func requestEnd(s string) int {
	first := -1
	for i := range len(s) {
		if s[i] != '"' || escaped(s, i) {
			continue
		}
		if statusFollows.MatchString(s[i+1:]) {
			if !endsInVersion(s[:i]) {
				if at := quotedVersion.FindStringIndex(s[i+1:]); at != nil {
					return i + 1 + at[0] + strings.IndexByte(s[i+1+at[0]:], '"')
				}
			}
			return i
		}
		if first < 0 && (i+1 == len(s) || isSpace(s[i+1])) {
			first = i
		}
	}
	if first < 0 { // a backslash that escapes nothing
		if at := quotedVersion.FindStringIndex(s); at != nil {
			return at[0] + strings.IndexByte(s[at[0]:], '"')
		}
	}
	return first
}

func endsInVersion(request string) bool {
	i := strings.LastIndexByte(request, ' ')
	return i >= 0 && strings.HasPrefix(request[i+1:], "HTTP/")
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }

// readStatus reads the two numbers behind the request.
func (a *accessLine) readStatus(s string) (tail string) {
	s = trimSpace(s)
	word, rest := cutWord(s)
	if !isStatus(word) {
		a.cut = s == ""
		return s
	}
	a.code, s = word, rest
	if word, rest = cutWord(s); isSize(word) {
		a.size, s = word, rest
	}
	return s
}

func isStatus(s string) bool {
	return s == "-" || len(s) <= 3 && s != "" && strings.Trim(s, "0123456789") == ""
}

// cutWord is a text's first word, and what follows the spaces behind it.
func cutWord(s string) (word, rest string) {
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		return s, ""
	}
	return s[:i], trimSpace(s[i:])
}

// readTail reads what follows the size: the first two texts in quotes are the Referer and the User-Agent, wherever
// they stand, and a third one right behind them is X-Forwarded-For.
func (a *accessLine) readTail(s string) {
	var quoted, left []string
	bare := make([]string, 0, 16) // words without quotes that follow one another: fields, or one field of several words
	endBare := func() {
		if slices.ContainsFunc(bare, func(word string) bool { return !isOrdinary(word) }) {
			left = append(left, strings.Join(bare, " "))
		}
		bare = bare[:0]
	}
	behind, broken := false, false
	if agent, ok := agentAlone(s); ok {
		quoted, s = append(quoted, "-"), agent
	}
	tokens := tokenizer{rest: s}
	for t, ok := tokens.next(); ok; t, ok = tokens.next() {
		if t.quoted {
			endBare()
		}
		switch {
		case t.quoted && len(quoted) < 2:
			quoted = append(quoted, t.text)
			a.cut = a.cut || !t.closed
			behind = len(quoted) == 2
			continue
		case t.quoted && behind && a.forwarded == "":
			a.forwarded = t.text
		case t.quoted:
			left = append(left, t.text)
		default:
			broken = broken || t.stray
			bare = append(bare, t.text)
		}
		behind = false
	}
	endBare()
	switch {
	case len(quoted) == 2:
		a.referer, a.agent, a.hasReferer, a.hasAgent = quoted[0], quoted[1], true, true
	case len(quoted) == 1 && (a.cut || absoluteURL.MatchString(quoted[0])):
		a.referer, a.hasReferer = quoted[0], true
	case len(quoted) == 1:
		a.agent, a.hasAgent = quoted[0], true
	}
	if broken {
		a.rest = appendLeftOver(a.rest, s) // its parts may belong together in another way
		return
	}
	for _, t := range left {
		a.leave(t)
	}
}

// agentAlone is what follows a Referer that is not there and has no quotes, as Traefik and others write none: -, and one
// text in quotes. Before two of them a - is another field.
func agentAlone(s string) (agent string, ok bool) {
	if !strings.HasPrefix(s, `- "`) {
		return "", false
	}
	tokens := tokenizer{rest: s[len("- "):]}
	tokens.next()
	return s[len("- "):], !strings.HasPrefix(trimSpace(tokens.rest), `"`)
}

var absoluteURL = regexp.MustCompile(`^[a-zA-Z][\w+.-]*://`)

// tokenizer parts a text at spaces. A quote ends a text in quotes before a space or the end only, as not every server
// escapes the quotes in it. A word may have a text in quotes in it: rt="0.1 s".
type tokenizer struct {
	rest  string
	never bool // no quote ends a text from here on
}

// token is a word, or a text in quotes without them.
type token struct {
	text           string
	quoted, closed bool
	stray          bool // a word with a quote that belongs to nothing
}

func (z *tokenizer) next() (t token, ok bool) {
	s := trimSpace(z.rest)
	if s == "" {
		return t, false
	}
	if s[0] == '"' {
		end := z.quoteEnd(s[1:])
		if end < 0 {
			z.rest = ""
			return token{text: s[1:], quoted: true}, true
		}
		z.rest = s[1+end+1:]
		return token{text: s[1 : 1+end], quoted: true, closed: true}, true
	}
	end := strings.IndexAny(s, " \t")
	if end < 0 {
		end = len(s)
	}
	quote := strings.IndexByte(s[:end], '"')
	if quote > 0 && s[quote-1] == '=' {
		if n := z.quoteEnd(s[quote+1:]); n >= 0 {
			end, quote = quote+1+n+1, -1
		}
	}
	z.rest = s[end:]
	return token{text: s[:end], stray: quote >= 0}, true
}

// quoteEnd is where the quote is that ends a text, -1 if none does.
func (z *tokenizer) quoteEnd(s string) int {
	for i := 0; i < len(s) && !z.never; i++ {
		if s[i] == '"' && (i+1 == len(s) || isSpace(s[i+1])) && !escaped(s, i) {
			return i
		}
	}
	z.never = true
	return -1
}

// leave keeps a field that has no name for the rules, as a whole, unless no rule could have anything to say about it.
func (a *accessLine) leave(field string) {
	if !isOrdinary(trimSpace(field)) {
		a.rest = append(a.rest, field)
	}
}

// appendLeftOver appends a text, or those of its parts that are more than ordinary fields.
func appendLeftOver(left []string, s string) []string {
	s = trimSpace(s)
	if isOrdinary(s) {
		return left
	}
	before := len(left)
	tokens := tokenizer{rest: s}
	for t, ok := tokens.next(); ok; t, ok = tokens.next() {
		if t.stray || t.quoted && !t.closed {
			return append(left[:before], s) // its parts may belong together in another way
		}
		if !isOrdinary(t.text) {
			left = append(left, t.text)
		}
	}
	return left
}

var (
	// plainField is a number, a duration, a name, an id, an address, name=value, a list of these with commas.
	plainField = regexp.MustCompile(`^[A-Za-z0-9_.:,=@+\[\]-]*$`)
	plainList  = regexp.MustCompile(`^(?:\w+=)?[\d.:, a-fA-F-]*$`)
	// servedFile is what a request was answered with (Apache's %f), where sites lie.
	servedFile = regexp.MustCompile(`^/(?:var/www|srv|usr/share|opt|app|home/\w+)/[\w./+-]*$`)
	// originOnly is a URL without a path, or two words with a slash between them: a media type, a protocol.
	originOnly = regexp.MustCompile(`^(?:[\w.-]+=)?(?:\w+://[\w.\[\]:-]+/?|[A-Za-z][\w.+-]*/[\w.+-]*)(?:;charset=[\w-]+)?$`)
)

// isOrdinary reports whether a field is one of those that any log may have, in which no attack fits.
func isOrdinary(s string) bool {
	if strings.Contains(s, "..") {
		return false
	}
	unquoted := strings.ReplaceAll(s, `"`, "")
	return plainField.MatchString(unquoted) || plainList.MatchString(unquoted) || servedFile.MatchString(unquoted) || originOnly.MatchString(unquoted)
}

// values appends what the mapping wants of the line.
func (a *accessLine) values(m *Mapping, values []parsed) []parsed {
	add := func(name, value string, there bool) {
		if there {
			values = m.appendParsed(values, name, value)
		}
	}
	add("vhost", a.vhost, a.vhost != "")
	add("domain", a.domain, a.domain != "")
	add("remote", a.remote, true)
	add("host", a.host, a.host != "")
	add("user", a.user, a.user != "")
	add("time", a.time, true)
	add("request", a.request, true)
	add("code", a.code, a.code != "")
	add("size", a.size, a.size != "")
	add("referer", a.referer, a.hasReferer)
	add("agent", a.agent, a.hasAgent)
	add("forwarded", a.forwarded, a.forwarded != "")
	if a.forwarded != "" && m.slotOf("forwarded") < 0 {
		a.leave(a.forwarded)
	}
	return values
}
