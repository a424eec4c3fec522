package mapping

import (
	"regexp"
	"slices"
	"strings"
)

// anyLine is a line that no format names, of a framework or with columns of an administrator's own: it has a method, what was
// asked for right behind it, and a status or the version of HTTP. What has no name is in the rest, so that nothing of it goes
// unseen.
type anyLine struct {
	client, domain, time    string
	method, target, version string
	status, agent           string
	columns                 bool // of W3C, whose client is behind the request
	rest                    []string
}

var (
	// anyRequest finds the method and the target. Between them are spaces, a column's separator, a quote, the - of an
	// identity, the scheme and the host that CDNs have there, or the column of the host.
	anyRequest = regexp.MustCompile(`(?:^|[^A-Za-z0-9_./-])(GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS|PROPFIND|SEARCH|REPORT|:(?:get|head|post|put|delete|patch|options))\]?"?` +
		`([ \t|;,]+)(?:- |https?[ \t|;,]+(?:([\w.-]+)[ \t|;,]+)?|([\w-]+(?:\.[\w-]+)+(?::\d+)?)[\t|;,] ?)?(["']?)(/|https?://)`)
	// anyUpstream is what follows a method if a proxy writes whom it asks before what was asked for.
	anyUpstream = regexp.MustCompile(`^\S* "(?:/|https?://)[^"]*" HTTP/`)
	// anyW3C is how W3C's columns go on: a path, the query or -, and a number.
	anyW3C     = regexp.MustCompile(`^([^\s?"]+) (-|\??[\w.%\[\]-]+=\S*)( \d+(?: |$))`)
	anyVersion = regexp.MustCompile(`^[ \t|;,]*HTTP/(\d(?:\.\d)?)`)
	anyTime    = regexp.MustCompile(`\d{4}[-/]\d\d[-/]\d\d(?:[T \t]| - )\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?|\d{1,2}/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d(?: [+-]\d{4})?`)
	anyAgent   = regexp.MustCompile(`^[A-Za-z][\w.+-]*/v?\d[\w.+-]*(?:$| [\w(]|\(|%20)`)
	bareNumber = regexp.MustCompile(` (\d(?:\.\d)?)$`) // a version without its name
	anyDomain  = regexp.MustCompile(`^(?:[A-Za-z0-9-]+\.)+(?:[a-z]{2,}|[A-Z]{2,})(?::\d+)?$`)
)

// readAnyLine reads a line; loosely, if it has both a client and a status. One with neither is a text about a request, unless it says
// whose the request is, and a whole URL without a client one that the program itself has called.
func readAnyLine(line string, how leniency) (a anyLine, ok bool) {
	at := anyRequest.FindStringSubmatchIndex(line)
	if at == nil || errorLog.MatchString(line) {
		return a, false
	}
	head, target := line[:at[2]], line[at[12]:]
	a.method = line[at[2]:at[3]]
	if keyword, ok := strings.CutPrefix(a.method, ":"); ok { // of Clojure
		a.method = strings.ToUpper(keyword)
	}
	separator := line[at[4]:at[5]]
	quote := line[at[10]:at[11]]
	switch whole, ok := strings.CutSuffix(head, `"`); {
	case ok && quote == "" && strings.HasPrefix(line[at[3]:], " "):
		head, quote = whole, `"` // around the whole request
		if n := len(head); n > 0 && strings.IndexByte("\t|;,", head[n-1]) >= 0 {
			separator = head[n-1:]
		}
	case quote == "" && strings.HasPrefix(line[at[3]:], " ") && strings.Count(head, `"`)%2 == 1:
		quote = `"` // with the host or the agent before it
	case quote == "" && anyUpstream.MatchString(target):
		target, quote = target[strings.IndexByte(target, '"')+1:], `"`
	case quote == "" && separator == " " && (strings.HasSuffix(head, "|") || strings.HasSuffix(head, "\t")):
		separator = head[len(head)-1:] // around the whole request
	}
	target, tail := a.cutTarget(target, quote, separator)
	for _, host := range []int{6, 8} {
		if at[host] >= 0 && strings.HasPrefix(target, "/") {
			a.domain = line[at[host]:at[host+1]]
		}
	}
	a.target = target
	column := strings.Trim(separator, " ")
	before, behind := anyWords(head, column), anyWords(tail, column)
	if a.status == "" {
		a.status = anyStatus(before, behind)
	}
	if a.client = anyClient(before); a.client == "" || a.columns && anyClient(behind[:min(len(behind), 4)]) != "" {
		a.client = anyClient(behind)
	}
	isEvent := quote == `"` && anyClient(before) != "" && anyTime.MatchString(head) || slices.ContainsFunc(before, anyWord.namesClient)
	if a.status == "" && a.version == "" && !namesClient(behind) && !namesClient(before) && !isEvent {
		return a, false
	}
	isWhole := a.client != "" && a.status != ""
	if !isWhole && (how == loosely || a.client == "" && (a.status == "" || !strings.HasPrefix(target, "/"))) {
		return a, false
	}
	a.time = strings.Replace(anyTime.FindString(head), "\t", " ", 1)
	a.nameWords(before, behind)
	return a, true
}

// cutTarget parts the target, and the version that may follow it, from the rest of the line.
func (a *anyLine) cutTarget(s, quote, separator string) (target, tail string) {
	switch column := strings.Trim(separator, " "); {
	case quote != "":
		target, tail = s, ""
		for i := range len(s) {
			if s[i] == quote[0] && !escaped(s, i) && (i+1 == len(s) || strings.IndexByte(" \t|;,)", s[i+1]) >= 0) {
				target, tail = s[:i], s[i+1:]
				break
			}
		}
	case column != "":
		target, tail, _ = strings.Cut(s, column[:1])
		target = trimSpace(target)
		if next, behind, _ := strings.Cut(tail, column[:1]); strings.IndexByte(target, '?') < 0 && queryText.MatchString(trimSpace(next)) {
			target += "?" + strings.TrimPrefix(trimSpace(next), "?")
			tail = behind
		}
		if word, more := cutWord(target); more != "" && !strings.HasPrefix(trimSpace(more), "HTTP/") { // a column with words about the request
			if a.status = anyStatus(nil, anyWords(more, "")); a.status != "" {
				target = word
			}
		}
	default:
		if w3c := anyW3C.FindStringSubmatch(s); w3c != nil {
			if target, tail, a.columns = w3c[1], s[len(w3c[0])-len(w3c[3]):], true; w3c[2] != "-" {
				target += "?" + strings.TrimPrefix(w3c[2], "?")
			}
		} else if i := strings.Index(s, " HTTP/"); i >= 0 {
			target, tail = s[:i], s[i:]
		} else {
			target, tail = cutWord(s)
		}
	}
	if i := strings.LastIndex(target, " HTTP/"); i >= 0 {
		target, tail = target[:i], target[i:]+" "+tail
	}
	if !strings.ContainsRune(target, '(') {
		target = strings.TrimSuffix(target, ")") // of a remark
	}
	if v := anyVersion.FindStringSubmatchIndex(tail); v != nil {
		a.version, tail = tail[v[2]:v[3]], tail[v[1]:]
	}
	if quote != "" && a.version == "" {
		return a.cutQuoted(target, tail)
	}
	return target, tail
}

// cutQuoted parts what stands between quotes where it is more than the target: a version without its name, or the status, unless that
// stands behind.
func (a *anyLine) cutQuoted(quoted, tail string) (target, rest string) {
	if v := bareNumber.FindStringSubmatchIndex(quoted); v != nil {
		a.version = quoted[v[2]:v[3]]
		return quoted[:v[0]], tail
	}
	word, more := cutWord(quoted)
	if more != "" && anyStatus(nil, anyWords(tail, "")) == "" && anyStatus(nil, anyWords(more, "")) != "" {
		return word, more + " " + tail
	}
	return quoted, tail
}

// anyWord is a word, or a text between quotes or columns.
type anyWord struct {
	text   string
	quoted bool
}

// anyWords parts a text at the marks between its columns, or at spaces.
func anyWords(s, column string) []anyWord {
	var words []anyWord
	if column != "" {
		for s != "" {
			var one string
			if one, s = cutColumn(s, column[0]); one != "" {
				words = append(words, anyWord{unquoted(one), true})
			}
		}
		return words
	}
	tokens := tokenizer{rest: s}
	for t, ok := tokens.next(); ok; t, ok = tokens.next() {
		if t.text != "" && t.text != "|" {
			words = append(words, anyWord{t.text, t.quoted})
		}
	}
	return words
}

// cutColumn parts the first column from the others. A mark between quotes parts none.
func cutColumn(s string, mark byte) (one, rest string) {
	end := -1
	if strings.HasPrefix(s, `"`) {
		if i := strings.Index(s, `"`+string(mark)); i > 0 {
			end = i + 1
		} else if strings.HasSuffix(s, `"`) {
			end = len(s)
		}
	}
	if end < 0 {
		end = strings.IndexByte(s, mark)
	}
	if end < 0 || end == len(s) {
		return trimSpace(s), ""
	}
	return trimSpace(s[:end]), s[end+1:]
}

// unquoted is a text without the quotes around it.
func unquoted(s string) string {
	if n := len(s); n > 1 && s[0] == '"' && s[n-1] == '"' {
		return s[1 : n-1]
	}
	return s
}

// bare is a word without the brackets and marks around it.
func (w anyWord) bare() string { return strings.Trim(w.text, `[](){}<>"',;:|`) }

// anyStatus is the status right behind the request, or else right before it, where sizes may be behind; or else the first one behind the
// request, or the last one before it.
func anyStatus(before, behind []anyWord) string {
	if s := namedStatus(behind); s != "" {
		return s
	}
	if n := len(before); n > 0 && isAnyStatus(before[n-1].bare()) && (len(behind) == 0 || !isAnyStatus(behind[0].bare())) {
		return before[n-1].bare()
	}
	for i, w := range behind {
		if s := w.bare(); isAnyStatus(s) && (i+1 == len(behind) || !isUnit(behind[i+1].bare())) {
			return s
		}
	}
	for i := len(before) - 1; i >= 0; i-- {
		if s := before[i].bare(); isAnyStatus(s) {
			return s
		}
	}
	return ""
}

// namedStatus is the status behind the word for it.
func namedStatus(words []anyWord) string {
	named := false
	for _, w := range words {
		s := w.bare()
		name, value, ok := strings.Cut(s, "=")
		if !ok {
			name, value, ok = strings.Cut(s, ":")
		}
		switch {
		case named && isAnyStatus(s):
			return s
		case ok && isStatusWord(name) && isAnyStatus(value):
			return value
		}
		named = isStatusWord(s) || named && strings.EqualFold(s, "code")
	}
	return ""
}

func isStatusWord(s string) bool {
	return strings.EqualFold(s, "status") || strings.EqualFold(s, "statuscode") || strings.EqualFold(s, "status_code")
}

// isUnit reports whether a word is what a number before it counts.
func isUnit(s string) bool {
	return words{"ms", "s", "us", "µs", "ns", "sec", "secs", "seconds", "milliseconds", "bytes", "B", "kB", "KB"}.has(s)
}

func isAnyStatus(s string) bool {
	return isDigits(s, 3, 3) && '1' <= s[0] && s[0] <= '5'
}

// anyClient is the client among the words: the first address on the Internet, or else the first one. Before an @ is the user
// whose client it is.
func anyClient(words []anyWord) string {
	if client := connecting(words); client != "" {
		return client
	}
	list := ""
	for _, w := range words {
		s := strings.TrimRight(w.bare(), ".")
		if name, value, ok := strings.Cut(s, ": "); ok && w.quoted && isName(name) { // a column with its name
			s = value
		}
		if strings.HasPrefix(w.text, "[") && strings.IndexByte(w.text, ']') > 0 && strings.Count(w.text, ":") > 1 {
			s = w.text // IPv6, with a port
		}
		if i := strings.LastIndexByte(s, '@'); i >= 0 {
			s = s[i+1:]
		}
		if i := strings.LastIndexByte(s, '['); i > 0 {
			s = s[i+1:]
		}
		if _, value := w.namedAddress(); value != "" {
			s = value
		} else if i := strings.IndexByte(s, ' '); i > 0 && w.quoted && isAddress(s[:i]) { // and who it is
			s = s[:i]
		}
		if isAddressList(s) {
			if list != "" {
				list += ","
			}
			list += s
		}
	}
	if list == "" {
		return ""
	}
	return firstClient(list)
}

// connecting is the client of a connection: of two addresses with a port behind each, or of which only the second has one, right before the
// request, the first.
func connecting(words []anyWord) string {
	first := -1
	for i := range max(0, len(words)-1) {
		if !isAddress(words[i].bare()) {
			continue
		}
		hasPort := isDigits(words[i+1].bare(), 1, 5)
		switch {
		case first < 0:
			first = i
		case hasPort && (first == i-2 && isDigits(words[i-1].bare(), 1, 5) || i+2 == len(words)):
			return words[first].bare()
		default:
			return ""
		}
	}
	return ""
}

// namedAddress is an address behind a name of the client's: src=192.0.2.7:51000, req:192.0.2.7.
func (w anyWord) namedAddress() (name, value string) {
	s := w.bare()
	i := strings.IndexAny(s, "=:")
	if i < 1 || s[i] == ':' && strings.IndexByte(s[i:], '.') < 0 || !isName(s[:i]) || !isAddress(s[i+1:]) {
		return "", ""
	}
	if name = strings.ToLower(s[:i]); !containsAny(name, "client", "src", "source", "remote", "req", "peer", "ip") {
		return "", ""
	}
	return name, s[i+1:]
}

// namesClient reports whether a word says that an address is the client's.
func (w anyWord) namesClient() bool {
	name, value := w.namedAddress()
	return value != "" && containsAny(name, "client", "src", "source")
}

// namesClient reports whether words say from whom a request was.
func namesClient(words []anyWord) bool {
	for i, w := range words[:max(0, len(words)-1)] {
		if (w.text == "from" || w.text == "for") && isAddress(strings.TrimRight(words[i+1].bare(), ".")) {
			return true
		}
	}
	return false
}

// joinAgent joins the words of an agent that has no quotes around it: a product, remarks in parentheses, and more products.
func joinAgent(words []anyWord) []anyWord {
	for i := range max(0, len(words)-1) {
		if words[i].quoted || !strings.HasPrefix(words[i+1].text, "(") || !anyAgent.MatchString(words[i].text) {
			continue
		}
		end, depth := i+1, 0
		for ; end < len(words); end++ {
			s := words[end].text
			isPart := strings.HasPrefix(s, "(") || anyAgent.MatchString(s) || end+1 < len(words) && isName(s) && !isNumber(s) && anyAgent.MatchString(words[end+1].text)
			if words[end].quoted || depth <= 0 && !isPart {
				break
			}
			depth += strings.Count(s, "(") - strings.Count(s, ")")
		}
		var agent []string
		for _, w := range words[i:end] {
			agent = append(agent, w.text)
		}
		return slices.Concat(words[:i], []anyWord{{strings.Join(agent, " "), true}}, words[end:])
	}
	return words
}

// nameWords finds the agent and the host among the words, and leaves the others to the rules.
func (a *anyLine) nameWords(before, behind []anyWord) {
	var left accessLine
	for i, w := range before {
		switch {
		case a.domain == "" && (w.quoted || i == len(before)-1) && anyDomain.MatchString(w.bare()):
			a.domain = w.bare()
		case !anyTime.MatchString(w.text):
			left.leave(w.text)
		}
	}
	for _, w := range joinAgent(behind) {
		name, value, _ := strings.Cut(w.text, ": ")
		switch {
		case a.agent == "" && w.quoted && strings.EqualFold(name, "User-Agent"):
			a.agent = value
		case a.domain == "" && w.quoted && strings.EqualFold(name, "Host"):
			a.domain = value
		case a.agent == "" && anyAgent.MatchString(w.text) && !strings.HasPrefix(w.text, "HTTP/"):
			a.agent = w.text
		case a.domain == "" && w.quoted && anyDomain.MatchString(w.text):
			a.domain = w.text
		case w.quoted && strings.HasPrefix(value, "http") && strings.Contains(value, a.target+"?"): // the same, with the query
			a.target = value
		default:
			left.leave(w.text)
		}
	}
	a.rest = left.rest
}

// values appends what the mapping wants of the line.
func (a *anyLine) values(m *Mapping, values []parsed) []parsed {
	for _, v := range []struct{ name, value string }{
		{"client", a.client}, {"domain", a.domain}, {"time", a.time}, {"method", a.method}, {"target", a.target},
		{"version", a.version}, {"status", a.status}, {"agent", a.agent},
	} {
		if v.value != "" {
			values = m.appendParsed(values, v.name, v.value)
		}
	}
	return values
}
