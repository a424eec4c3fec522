package sensitive

import "strings"

// Masking looks at more than rules do, at values whose name alone says that they are credentials: hunter2 in password=hunter2,
// "password": ["hunter2"], <ns:password>hunter2</ns:password>, X-Api-Key: hunter2, and a part of a multipart body. What it looks at is
// plain, so it need not know of escapes: a value ends at what is escaped no more than its name is.

// named looks at the equals sign or colon at i, and returns where to go on.
func (s *scanner) named(i int) int {
	if strings.HasPrefix(s.text[i:], "://") {
		return s.authority(i)
	}
	name, quoted := s.nameAt(i)
	if name == "" {
		return i + 1
	}
	says := nameOf(name)
	if says == saysNothing || says == saysRandom { // a key may be the name of what follows
		if next := s.paired(i, name); next > i+1 || says == saysNothing {
			return next
		}
	}
	return s.conceal(says, i, quoted)
}

// nameAt is the name before i, and whether it stands in quotes: of user[password][0], password.
func (s *scanner) nameAt(i int) (name string, quoted bool) {
	text, end := s.text, i
	for least := max(s.done, i-4); end > least && isBlank(text[end-1]); {
		end--
	}
	if end > s.done && isQuote(text[end-1]) {
		quoted = true
		end--
	}
	start := end
	for least := max(s.done, end-longestName); start > least && isNamePart(text[start-1]); {
		start--
	}
	return text[start:end], quoted
}

func isQuote(c byte) bool { return c == '"' || c == '\'' || c == '`' }

// isNamePart is of names, and of what leads to one: user[password], connect.sid.
func isNamePart(c byte) bool {
	return isBase64URL(c) || c >= 0x80 || c == '.' || c == '[' || c == ']'
}

// isLineStart: nothing but white space is before a name on its line, so it is a header's or of YAML.
func (s *scanner) isLineStart(i int) bool {
	for i > 0 && (isNamePart(s.text[i-1]) || s.text[i-1] == ' ') {
		i--
	}
	return i == 0 || s.text[i-1] == '\n' || s.text[i-1] == '\r'
}

// conceal masks what the delimiter at i stands before. The value is found in one go over bytes that are then behind it, or that are no
// part of any value.
func (s *scanner) conceal(says naming, i int, quoted bool) int {
	text, from := s.text, i+1
	if from < len(text) && strings.IndexByte("=:>", text[from]) >= 0 { // => of PHP and Ruby
		from++
	}
	from = s.pastSpace(from, quoted)
	if from == len(text) {
		return from
	}
	switch c := text[from]; {
	case quoted && c == '[' && says != saysCode && says != saysSignature, quoted && c == '{' && !says.isWord():
		return s.hideAll(from+1, s.bracketEnd(from+1))
	case isQuote(c) && says.isWord():
		return s.hideWord(says, from+1)
	case isQuote(c):
		from++
		return s.hide(says, from, s.quoteEnd(from-1))
	case says.isWord():
		return s.hideWord(says, from)
	case text[i] == ':' && !quoted && s.isLineStart(i):
		return s.hide(says, from, s.lineEnd(from))
	case says == saysAuthorization:
		past := pastScheme(text, from)
		if s.hasParameters(past) {
			return s.hide(says, from, s.textEnd(past))
		}
		from = past
	}
	return s.hide(says, from, s.wordsEnd(from, i, quoted))
}

// hasParameters: name=value is at i, as it is in an Authorization header of Digest or AWS.
func (s *scanner) hasParameters(i int) bool {
	end := run(s.text, i, longestName, isNamePart)
	return end > i && end+1 < len(s.text) && s.text[end] == '=' && s.text[end+1] > ' ' && s.text[end+1] != '=' && s.text[end+1] != '\''
}

// pastSpace is where a value begins: behind blanks, and line breaks where JSON may have them. A plus sign is a blank in a form, but where
// no value in quotes or brackets follows it may as well be of the value.
func (s *scanner) pastSpace(i int, quoted bool) int {
	text, plus := s.text, -1
	for most := min(len(text), i+32); i < most && (isBlank(text[i]) || quoted && isSpace(text[i])); i++ {
		if text[i] == '+' && plus < 0 {
			plus = i
		}
	}
	if plus >= 0 && (i == len(text) || !isQuote(text[i]) && text[i] != '[' && text[i] != '{') {
		return plus
	}
	return i
}

// isBlank: a space, also as in a form.
func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '+' }

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// hide masks a value, unless it is none or is masked. It returns where to go on, which is behind it unless that costs next to nothing.
func (s *scanner) hide(says naming, from, until int) int {
	text := s.text
	for until > from && isSpace(text[until-1]) {
		until--
	}
	for from < until && isSpace(text[from]) {
		from++
	}
	kind := Secret
	switch says {
	case saysAuthorization:
		from = min(until, pastScheme(text, from))
		// The beginning of Basic tells the user, that of parameters says what all have; that of a token tells nothing.
		if foldedSuffix(text[:from], "basic ") || strings.IndexByte(text[from:until], ' ') >= 0 {
			kind = Password
		}
	case saysPassword, saysPass:
		kind = Password
	}
	value := text[from:until]
	switch {
	case value == "" || isMasked(value) || isTemplate(value):
		return max(from, until)
	case says == saysPass && isCount(value): // how many tests passed
		return from
	case says == saysPassword && value[0] == '/' && strings.HasSuffix(text[:from], "PWD="): // the working directory in an environment
		return from
	}
	return s.add(kind, from, until)
}

// hideAll masks all that a list or an object has in it.
func (s *scanner) hideAll(from, until int) int { return s.hide(saysPassword, from, until) }

// hideWord masks the word at from, if that looks like what a server has made. What follows it was not: in an attack on a session's cookie
// it is the attack.
func (s *scanner) hideWord(says naming, from int) int {
	text := s.text
	most := decisive
	if says == saysSession || says == saysOnce {
		most = 64
	}
	stretch := text[from:min(len(text), from+most)]
	word := stretch[:wordLength(stretch)]
	switch {
	case says == saysSession && isCount(word): // CRS's scores: SESS=5
		return from
	case word == "" || isPath(word) || isMasked(text[from:from+len(word)+starsAt(text, from+len(word))]):
		return from
	case says == saysRandom && !isRandom(word), says == saysSignature && !isRandom(word) && !isAzureKey(word), says == saysCode && !s.isCode(word):
		return from
	}
	return s.add(Secret, from, from+wordLength(text[from:]))
}

// isCount: a small number, which is no secret of anybody.
func isCount(value string) bool { return len(value) < 4 && digitsEnd(value, 0) == len(value) }

// isMasked: what masking puts in the place of a value.
func isMasked(value string) bool {
	return value == stars || len(value) == 4+2*len(stars) && value[4:] == stars+stars
}

// isTemplate: a value that says itself that it is none, or stands for one: ${PASSWORD}.
func isTemplate(value string) bool {
	switch value {
	case "null", "nil", "none", "None", "true", "false", "undefined":
		return true
	}
	return strings.HasPrefix(value, "${") && strings.IndexByte(value, '}') == len(value)-1 ||
		strings.HasPrefix(value, "{{") && strings.Index(value, "}}") == len(value)-2
}

// wordLength is how much of a value may be what a server has made: what follows, in an attack on it, was not.
func wordLength(value string) int {
	i := 0
	for i < len(value) && ofWords[value[i]] {
		i++
	}
	return i
}

var ofWords = func() (t [256]bool) {
	for c := range t {
		t[c] = isBase64URL(byte(c)) || c >= 0x80 || strings.IndexByte("./+~=:|%!@$", byte(c)) >= 0
	}
	return t
}()

// isPath: no server makes ids like that, but attackers put it in their place.
func isPath(word string) bool {
	return word[0] == '/' && !isRandom(word) || strings.Contains(word, "../") || strings.Contains(word, "://")
}

// isCode: a code of OAuth is random, or stands beside what else the protocol has.
func (s *scanner) isCode(value string) bool {
	if isRandom(value) {
		return true
	}
	if !s.oauthKnown {
		s.oauthKnown = true
		for _, word := range []string{"redirect_uri", "grant_type", "code_verifier", "client_id", "session_state", "state="} {
			s.oauth = s.oauth || strings.Contains(s.text, word)
		}
	}
	return s.oauth && len(value) >= leastKnown
}

// ends reports whether the byte at i is escaped no more than that at opening: it may end what begins there.
func (s *scanner) ends(i, opening int) bool {
	return s.levels == nil || s.levels[i].within(s.levels[opening])
}

// endsURL is the same for escapes of URLs alone: &amp; ends an argument, %26 does not.
func (s *scanner) endsURL(i, opening int) bool {
	return s.levels == nil || s.levels[i]&urlBits <= s.levels[opening]&urlBits
}

// quoteEnd is where the quote at i is closed, or its line ends.
func (s *scanner) quoteEnd(i int) int {
	text := s.text
	for k := i + 1; k < len(text); k++ {
		if (text[k] == text[i] || text[k] == '\n') && s.ends(k, i) {
			return k
		}
	}
	return len(text)
}

// bracketEnd is where the list or object ends in which i is, or the text.
func (s *scanner) bracketEnd(i int) int {
	text, opening, depth := s.text, i-1, 1
	for k := i; k < len(text); k++ {
		switch c := text[k]; c {
		case '"':
			if s.ends(k, opening) {
				k = s.quoteEnd(k)
			}
		case '[', '{':
			if s.ends(k, opening) {
				depth++
			}
		case ']', '}':
			if s.ends(k, opening) {
				if depth--; depth == 0 {
					return k
				}
			}
		}
	}
	return len(text)
}

// lineEnd is where the line ends.
func (s *scanner) lineEnd(i int) int {
	for k := i; k < len(s.text); k++ {
		if (s.text[k] == '\n' || s.text[k] == '\r') && s.ends(k, i) {
			return k
		}
	}
	return len(s.text)
}

// textEnd is where the line ends, or a quote that was open before i.
func (s *scanner) textEnd(i int) int {
	text, end := s.text, s.lineEnd(i)
	inside := false
	for k := i; k < end; k++ {
		switch c := text[k]; {
		case c == '"' && !inside && text[k-1] == '=':
			inside = true
		case c == '"' && inside && s.ends(k, i):
			inside = false
		case (c == '"' || c == '\'') && !inside && s.ends(k, i):
			return k
		}
	}
	return end
}

// wordsEnd is where a value without quotes ends, whose delimiter is at i.
func (s *scanner) wordsEnd(from, i int, quoted bool) int {
	text := s.text
	for k := from; k < len(text); k++ {
		switch c := text[k]; {
		case c <= ' ' || c == '&' || c == '"':
			if s.endsURL(k, i) {
				return k
			}
		case c == '<' || c == '>' || quoted && (c == ',' || c == '}' || c == ']'):
			if s.ends(k, i) {
				return k
			}
		case c == ';' || c == ',' || c == '?' || c == '\'':
			if s.endsURL(k, i) && s.separates(k+1) {
				return k
			}
		}
	}
	return len(text)
}

// separates reports whether what is at i shows that the comma, semicolon or question mark before it has ended a value: nothing, white space, a quote,
// or another name with its value.
func (s *scanner) separates(i int) bool {
	text := s.text
	if i >= len(text) || text[i] <= ' ' || isQuote(text[i]) || strings.IndexByte(",;)]}&", text[i]) >= 0 {
		return true
	}
	end := run(text, i, longestName, isNamePart)
	return end > i && end < len(text) && (text[end] == '=' || text[end] == ':')
}

// argument looks at the comma at i, and returns where to go on. The first argument of a call may be the name of a credential, and the
// second its value: define('DB_PASSWORD', 'hunter2'). In a list, a name says nothing of what follows.
func (s *scanner) argument(i int) int {
	text := s.text
	name, quoted := s.nameAt(i)
	opening := i - len(name) - len(`(""`)
	if !quoted || opening < 0 || text[opening] != '(' || !isQuote(text[i-1]) {
		return i + 1
	}
	from := s.pastSpace(i+1, true)
	says := nameOf(name)
	if from == len(text) || !isQuote(text[from]) || says == saysNothing || says == saysRandom {
		return i + 1
	}
	return s.conceal(says, i, true)
}

// authority finds the password of http://name:password@host (RFC 3986, 3.2.1), the scheme of which ends at i.
func (s *scanner) authority(i int) int {
	const longest = 1 << 10
	text, from := s.text, i+len("://")
	colon, at := -1, -1
	for k := from; k < min(len(text), from+longest); k++ {
		c := text[k]
		if !s.ends(k, i) {
			continue
		}
		if c <= ' ' || strings.IndexByte("/?#\"<>", c) >= 0 {
			break
		}
		if c == ':' && colon < 0 {
			colon = k
		}
		if c == '@' {
			at = k
		}
	}
	if colon < 0 || at < colon {
		return from
	}
	return s.hide(saysPassword, colon+1, at)
}

// pairNames and pairValues are the names of pairs: <add key="password" value="hunter2"/>, {"name": "password", "value": "hunter2"}.
var (
	pairNames  = []string{"name", "key", "id", "field", "param", "property", "path", "k", "n"}
	pairValues = []string{"value", "val", "content", "text", "v"}
)

// paired looks at name=…, whose value may be the name of a credential that follows.
func (s *scanner) paired(i int, name string) int {
	if !isOneOf(name, pairNames) {
		return i + 1
	}
	text, from := s.text, i+1
	for from < len(text) && from < i+8 && isSpace(text[from]) {
		from++
	}
	isQuoted := from < len(text) && isQuote(text[from])
	if isQuoted {
		from++
	}
	end := run(text, from, longestName, isNamePart)
	for end < len(text) && text[end] == '/' { // of the path of a JSON Patch, the last word
		end = run(text, end+1, longestName, isNamePart)
	}
	says := nameOf(text[from:end][strings.LastIndexByte(text[from:end], '/')+1:])
	if says == saysNothing {
		return i + 1
	}
	if isQuoted && end < len(text) && isQuote(text[end]) {
		end++
	}
	line := text[max(s.done, i-longestName):i]
	if strings.Contains(strings.ToLower(line[strings.LastIndexByte(line, '\n')+1:]), "form-data") {
		return s.part(says, end)
	}
	return s.other(says, end)
}

func isOneOf(name string, list []string) bool {
	for _, n := range list {
		if len(n) == len(name) && strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// part masks the content of a part of a multipart body, whose name ends at i: what is behind the empty line, up to the next part.
func (s *scanner) part(says naming, i int) int {
	const longestHead = 1 << 10
	text := s.text
	head := text[i:min(len(text), i+longestHead)]
	from := len(head)
	for _, blank := range []string{"\r\n\r\n", "\n\n"} {
		if k := strings.Index(head, blank); k >= 0 && k+len(blank) < from {
			from = k + len(blank)
		}
	}
	if from == len(head) {
		return i
	}
	from += i
	if says.isWord() {
		return s.hideWord(says, from)
	}
	until := len(text)
	if k := strings.Index(text[from:], "\n--"); k >= 0 {
		until = from + k
	}
	if k := strings.Index(text[from:until], "-----BEGIN "); k >= 0 { // a key: its own end is none of the part
		until = len(text)
		if k := strings.Index(text[from:], keyEnd); k >= 0 {
			until = from + k
		}
	}
	return s.hide(says, from, until)
}

// other looks for the other half of a pair, within the tag or object in which i is, or behind the tag.
func (s *scanner) other(says naming, i int) int {
	const near = 160
	text := s.text
	for k := i; k < min(len(text), i+near); k++ {
		switch c := text[k]; {
		case c == '}' || c == '{' || c == '<':
			return i
		case c == '>':
			if text[k-1] == '/' {
				return i
			}
			return s.content(says, k+1)
		case (c == '=' || c == ':') && k > i:
			if name, quoted := s.nameAt(k); isOneOf(name, pairValues) {
				return s.conceal(says, k, quoted)
			}
		}
	}
	return i
}

// element looks at the < at i: is it the begin of an element with the name of a credential?
func (s *scanner) element(i int) int {
	const longestTag = 512
	text := s.text
	end := run(text, i+1, longestName, func(c byte) bool { return isNamePart(c) || c == ':' })
	if end == i+1 {
		return end
	}
	name := text[i+1 : end]
	name = name[strings.LastIndexAny(name, ":.")+1:]
	says := meaning(name)
	if says == saysNothing || says == saysRandom {
		if next := s.pairOfElements(i, end, name); next > i+1 || says == saysNothing {
			return next
		}
	}
	quote := byte(0)
	for k := end; k < min(len(text), end+longestTag); k++ {
		switch c := text[k]; {
		case !s.ends(k, i):
		case c == '<': // not in a tag, nor in the value of an attribute
			return end
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			if text[k-1] == '/' {
				return end
			}
			s.inside, s.insideSays = k+1, says
			return end
		}
	}
	return end
}

// pairOfElements looks at an element that names the one behind it: <name>password</name><value>hunter2</value>. The element's name is
// from i to end.
func (s *scanner) pairOfElements(i, end int, name string) int {
	const near = 32
	text := s.text
	if !isOneOf(name, pairNames) || end == len(text) || text[end] != '>' {
		return i + 1
	}
	from := end + 1
	end = run(text, from, longestName, isNamePart)
	says := nameOf(text[from:end])
	if says == saysNothing || !strings.HasPrefix(text[end:], "</") {
		return i + 1
	}
	tags := 0 // the name's end, the value's begin, and perhaps that of its type
	for k := end; k < min(len(text), end+len(name)+near); k++ {
		if text[k] != '>' {
			continue
		}
		tags++
		if within := text[k+1:]; tags > 1 && (!strings.HasPrefix(within, "<") || strings.HasPrefix(within, "<!") || strings.HasPrefix(within, "</")) {
			return s.content(says, k+1)
		}
	}
	return i + 1
}

// tagEnd looks at the > at i, behind which the content of an element may be that element has found.
func (s *scanner) tagEnd(i int) int {
	if s.inside != i+1 {
		return i + 1
	}
	return s.content(s.insideSays, i+1)
}

// content masks what an element has in it, up to its end.
func (s *scanner) content(says naming, from int) int {
	const cdata = "<![CDATA["
	text, opening := s.text, from-1
	start := from
	for start < len(text) && isSpace(text[start]) {
		start++
	}
	isCDATA := strings.HasPrefix(text[start:], cdata)
	if isCDATA {
		start += len(cdata)
	}
	switch {
	case says.isWord(): // if it has elements, these have names of their own
		return s.hideWord(says, start)
	case isCDATA:
		until := len(text)
		if k := strings.Index(text[start:], "]]>"); k >= 0 {
			until = start + k
		}
		return s.hide(says, start, until)
	}
	depth := 0
	for k := from; k < len(text); k++ {
		if text[k] != '<' || !s.ends(k, opening) {
			continue
		}
		if strings.HasPrefix(text[k:], "</") {
			if depth--; depth < 0 {
				return s.hide(says, from, k)
			}
			continue
		}
		tag := strings.IndexByte(text[k:], '>')
		if tag < 0 {
			break
		}
		if k += tag; text[k-1] != '/' && text[k-1] != '-' {
			depth++
		}
	}
	return s.hide(says, from, len(text))
}

// segment looks at the / at i: what is random behind a name in a path is a credential, /token/Zx9yW8vU7tS6rQ5pO4nM.
func (s *scanner) segment(i int) int {
	text := s.text
	start := i
	for least := max(s.done, i-longestName); start > least && isBase64URL(text[start-1]); {
		start--
	}
	if start == i || start == 0 || text[start-1] != '/' {
		return i + 1
	}
	says := meaning(text[start:i])
	if says == saysNothing {
		return i + 1
	}
	end := run(text, i+1, longestPart, func(c byte) bool { return isBase64URL(c) || strings.IndexByte(".~=+", c) >= 0 })
	if !isRandom(text[i+1 : end]) {
		return i + 1
	}
	return s.add(Secret, i+1, end)
}

// starsAt is how many stars are at i, up to those behind what is left of a token.
func starsAt(text string, i int) int {
	return run(text, i, 2*len(stars), func(c byte) bool { return c == '*' }) - i
}
