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
	if i > 0 && i+1 < len(s.text) {
		switch before, behind := s.text[i-1], s.text[i+1]; {
		case behind == '"' && isDigit(before):
			if next := s.serialized(i); next > 0 {
				return next
			}
		case (behind == '5' || behind == '6') && isNamePart(before):
			if next := s.passwordFile(i); next > 0 {
				return next
			}
		}
	}
	name, quoted := s.nameAt(i)
	if name == "" {
		return i + 1
	}
	says := nameOf(name)
	switch {
	case says == saysNothing && s.isDeep(name, quoted):
		says = saysPassword
	case says == saysNothing && s.isSignedCookie(i+1):
		says = saysSession
	case says != saysNothing && s.isDeclared(i, name):
		return i + 1
	}
	if !says.isSure() { // a key may be the name of what follows
		if next, isPair := s.paired(i, name); isPair || says == saysNothing {
			return next
		}
	}
	return s.conceal(says, i, quoted)
}

// nameAt is the name before i, and whether it stands in quotes: of user[password][0], password.
func (s *scanner) nameAt(i int) (name string, quoted bool) {
	text, end := s.text, i
	for least := max(s.done, i-mostBlanks); end > least && (isBlank(text[end-1]) || text[end-1] == 0); {
		end--
	}
	if end > s.done && text[end-1] == '*' { // of RFC 5987: name*=UTF-8''a
		end--
	}
	if end > s.done+1 && text[end-1] == ']' && isQuote(text[end-2]) { // $_POST['password']
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

// mostBlanks is how many may stand between a name and its colon, where a program has set them under one another.
const mostBlanks = 16

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

// serialized is where to go on behind s:8:"password";s:6:"secret", as PHP's serialize() writes a key and its value, whose name's second colon is
// at i; 0 for no such thing.
func (s *scanner) serialized(i int) int {
	text, from := s.text, i+2
	end := run(text, from, longestName, isNamePart)
	value, ok := strings.CutPrefix(text[end:], `";s:`)
	if !ok {
		return 0
	}
	says := nameOf(text[from:end])
	at := len(text) - len(value)
	at = digitsEnd(text, at)
	if !says.isSure() || !strings.HasPrefix(text[at:], `:"`) {
		return 0
	}
	return s.conceal(says, at, true)
}

// passwordFile is where to go on behind a line of PostgreSQL's .pgpass, host:port:database:user:password, whose first colon is at i; 0 for no such
// thing. It is told by the port.
func (s *scanner) passwordFile(i int) int {
	text, at := s.text, i
	for _, port := range []string{":5432:", ":5433:", ":6432:"} {
		if strings.HasPrefix(text[i:], port) {
			at = i + len(port)
		}
	}
	if at == i {
		return 0
	}
	for range 2 { // the database and the user
		at = run(text, at, longestName, func(c byte) bool { return c > ' ' && c != ':' && c != '/' })
		if at == len(text) || text[at] != ':' {
			return 0
		}
		at++
	}
	return s.hide(saysPassword, at, s.lineEnd(at))
}

// isDeep reports whether a key holds what is secret for what the text is: of the manifest of a Secret all of its data, of a JSON Web Key its
// private numbers (RFC 7517).
func (s *scanner) isDeep(name string, quoted bool) bool {
	switch name {
	case "stringData":
		return true
	case "data":
		return s.says(&s.isSecret, `kind": "Secret"`, `kind":"Secret"`, "kind: Secret")
	case "d", "k", "p", "q", "dp", "dq", "qi":
		return quoted && s.says(&s.isKey, `"kty"`)
	}
	return false
}

// answer is to a question that is asked once of a text.
type answer uint8

const (
	isUnknown answer = iota
	isSo
	isNotSo
)

// says reports whether one of some words is in the text, for which it looks once.
func (s *scanner) says(known *answer, words ...string) bool {
	if *known == isUnknown {
		*known = isNotSo
		for _, word := range words {
			if strings.Contains(s.text, word) {
				*known = isSo
			}
		}
	}
	return *known == isSo
}

// isSignedCookie reports whether the value at i was signed by a server, whatever its name is: a cookie of Tornado or Express.
func (s *scanner) isSignedCookie(i int) bool {
	text := s.text
	if i < len(text) && isQuote(text[i]) {
		i++
	}
	rest := text[i:]
	switch {
	case strings.HasPrefix(rest, "2|1:0|10:"):
		return true
	case strings.HasPrefix(rest, "s:"): // and the digest by SHA-256
		end := run(text, i+2, decisive, isBase64URL)
		return end < len(text) && text[end] == '.' && run(text, end+1, 44, isBase64) == end+44
	}
	return false
}

// isDeclared: what is behind the name of a variable of GraphQL is its type: $password: String!.
func (s *scanner) isDeclared(i int, name string) bool {
	start := i - len(name) - 1
	return s.text[i] == ':' && start >= 0 && s.text[start] == '$'
}

// conceal masks what the delimiter at i stands before. The value is found in one go over bytes that are then behind it, or that are no
// part of any value.
func (s *scanner) conceal(says naming, i int, quoted bool) int {
	text, from := s.text, i+1
	isArrow := false
	if from < len(text) && strings.IndexByte("=:>", text[from]) >= 0 { // => of PHP and Ruby
		isArrow = text[from] == '>'
		if text[from] == '=' && text[i] == '=' && isBlank(text[i-1]) { // a comparison in code
			if from = s.pastSpace(from+1, true); from == len(text) || !isQuote(text[from]) {
				return i + 1
			}
			from--
		}
		from++
	}
	from = s.pastSpace(from, quoted)
	if isArrow && strings.HasPrefix(text[from:], "string(") { // of var_dump
		if end := digitsEnd(text, from+len("string(")); strings.HasPrefix(text[end:], ") ") {
			from = end + len(") ")
		}
	}
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
		if text[from] == '\n' || text[from] == '\r' { // a map of YAML
			return s.hide(says, from, s.blockEnd(i))
		}
		return s.hide(says, from, s.foldedEnd(i, from))
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
	case saysPassword, saysPass, saysPrivate:
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
	isBehindScheme := false
	if says == saysPhrase && (foldedPrefix(text[from:], "basic ") || foldedPrefix(text[from:], "bearer ")) {
		from, isBehindScheme = pastScheme(text, from), true
	}
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
	case says == saysRandom && !hasRandom(word), says == saysPhrase && !isBehindScheme && !hasRandom(word) && !isPhrase(word):
		return from
	case says == saysSignature && !isRandom(word) && !isAzureKey(word), says == saysCode && !s.isCode(word):
		return from
	}
	return s.add(Secret, from, from+wordLength(text[from:]))
}

// hasRandom reports whether a word, or one of the parts that a cookie is made of, is random.
func hasRandom(word string) bool {
	for len(word) > 0 {
		end := strings.IndexAny(word, "|!@$")
		if end < 0 {
			return isRandom(word)
		}
		if isRandom(word[:end]) {
			return true
		}
		word = word[end+1:]
	}
	return false
}

// isPhrase: several words in one, as internal-service-key; the name of a method has two at most: public-key.
func isPhrase(word string) bool {
	return len(word) >= leastShown && strings.Count(word, "-")+strings.Count(word, "_")+strings.Count(word, ".") > 1
}

// isCount: a small number, which is no secret of anybody.
func isCount(value string) bool { return len(value) < 4 && digitsEnd(value, 0) == len(value) }

// isMasked: what masking puts in the place of a value.
func isMasked(value string) bool {
	return value == stars || len(value) == 4+2*len(stars) && value[4:] == stars+stars
}

// isTemplate: a value that says itself that it is none, or stands for one: ${PASSWORD}.
func isTemplate(value string) bool {
	switch strings.TrimRight(value, "),:;]}") {
	case "null", "nil", "none", "None", "true", "false", "undefined":
		return true
	}
	return isVariable(value) || strings.HasPrefix(value, "$(") || strings.HasPrefix(value, "${") && strings.IndexByte(value, '}') == len(value)-1 ||
		strings.HasPrefix(value, "{{") && strings.Index(value, "}}") == len(value)-2
}

// isVariable: of a shell, PHP or GraphQL, in capital letters or called like what it holds.
func isVariable(value string) bool {
	if value[0] != '$' {
		return false
	}
	end := run(value, 1, longestName, isWord)
	if end == 1 || strings.Trim(value[end:], "),;]}") != "" {
		return false
	}
	name := value[1:end]
	return isLetter(name[0]) && strings.ToUpper(name) == name || meaning(name) != saysNothing
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

// foldedEnd is where the value of a header ends, whose colon is at i: in lines that begin with a blank, it goes on (RFC 9112, 5.2). What is behind
// a name that does not begin its line is of YAML.
func (s *scanner) foldedEnd(i, from int) int {
	text, end := s.text, s.lineEnd(from)
	start := i
	for start > 0 && isNamePart(text[start-1]) {
		start--
	}
	if start > 0 && text[start-1] != '\n' {
		return end
	}
	for {
		next := end
		for next < len(text) && (text[next] == '\r' || text[next] == '\n') && next < end+2 {
			next++
		}
		if next == end || next == len(text) || text[next] != ' ' && text[next] != '\t' {
			return end
		}
		end = s.lineEnd(next)
	}
}

// blockEnd is where the map of YAML ends whose name has its colon at i: before the first line that is indented no deeper.
func (s *scanner) blockEnd(i int) int {
	text, start := s.text, strings.LastIndexByte(s.text[:i], '\n')+1
	indent := run(text, start, i-start, isBlank) - start
	end := s.lineEnd(i)
	for end < len(text) {
		line := end + 1
		if text[end] == '\r' && line < len(text) && text[line] == '\n' {
			line++
		}
		if first := run(text, line, indent+1, isBlank); first-line <= indent {
			return end
		}
		end = s.lineEnd(line)
	}
	return end
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
// second its value: define('DB_PASSWORD', 'hunter2'), also spaced as WordPress has it. So it is in a list of pairs, [["authorization",
// "Bearer abc"]], and in the arguments of a program, ["--password", "hunter2"]. In any other list, a name says nothing of what follows.
func (s *scanner) argument(i int) int {
	text := s.text
	from := s.pastSpace(i+1, true)
	if from == len(text) || !isQuote(text[from]) {
		return i + 1
	}
	name, quoted := s.nameAt(i)
	if name == "" || !quoted {
		return i + 1
	}
	end := spaceBefore(text, i)
	start := end - len(name) - len(`""`)
	if start < 0 || !isQuote(text[end-1]) || !isQuote(text[start]) {
		return i + 1
	}
	opening := spaceBefore(text, start) - 1
	if name[0] != '-' && (opening < 0 || text[opening] != '(' && !isPairOfList(text, opening)) {
		return i + 1
	}
	says := nameOf(name)
	if !says.isSure() {
		return i + 1
	}
	return s.conceal(says, i, true)
}

// spaceBefore is where the white space begins that ends at i.
func spaceBefore(text string, i int) int {
	for least := max(0, i-mostBlanks); i > least && (isBlank(text[i-1]) || isSpace(text[i-1])); {
		i--
	}
	return i
}

// isPairOfList: the bracket at i opens a list within a list.
func isPairOfList(text string, i int) bool {
	if text[i] != '[' {
		return false
	}
	for i--; i > 0 && isSpace(text[i]); {
		i--
	}
	return i >= 0 && (text[i] == '[' || text[i] == ',')
}

// authority finds the password of http://name:password@host (RFC 3986, 3.2.1), the scheme of which ends at i.
func (s *scanner) authority(i int) int {
	const longest = 1 << 10
	text, from := s.text, i+len("://")
	colon, at := -1, -1
	isDatabase := !foldedSuffix(text[:i], "http") && !foldedSuffix(text[:i], "https") // whose passwords are not always escaped
	for k := from; k < min(len(text), from+longest); k++ {
		c := text[k]
		if !s.ends(k, i) {
			continue
		}
		if c <= ' ' || strings.IndexByte("/\"<>", c) >= 0 || (c == '?' || c == '#') && (!isDatabase || colon < 0 || at > colon) {
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
	pairNames  = []string{"name", "label", "key", "id", "field", "param", "property", "path", "k", "n", typeName}
	pairValues = []string{"value", "val", "content", "text", "v"}
)

// typeName is that of <input type="password" value="hunter2"> and {"type": "password", "value": "hunter2"}. What such an element has in it
// is not of that type.
const typeName = "type"

// paired looks at name=…, whose value may be the name of a credential that follows.
func (s *scanner) paired(i int, name string) (next int, isPair bool) {
	if !isOneOf(name, pairNames) {
		return i + 1, false
	}
	text, from := s.text, i+1
	if i > 0 && text[i-1] == '*' { // name*=UTF-8''password
		if k := strings.Index(text[from:min(len(text), from+40)], "''"); k >= 0 {
			from += k + len("''")
		}
	}
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
	value := text[from:end]
	says := nameOf(value[strings.LastIndexByte(value, '/')+1:])
	if says == saysNothing {
		return i + 1, false
	}
	if isQuoted && end < len(text) && isQuote(text[end]) {
		end++
	}
	if strings.Contains(strings.ToLower(headerLine(text[max(s.done, i-2*longestName):i])), "form-data") {
		next = s.part(says, end)
		return next, next > end
	}
	isPair = s.otherBefore(says, i)
	s.hideHash(name, value, from)
	if isPair {
		return max(end, s.done), true
	}
	next = s.other(says, end, !strings.EqualFold(name, typeName))
	return max(next, s.done), next > end || s.done > from
}

// hideHash masks what a key may be as well as the name of a cookie: key=0a1b….
func (s *scanner) hideHash(name, value string, from int) {
	if len(value) == lengthOfHash && endsInHash(value) && meaning(name) == saysRandom {
		s.hideWord(saysRandom, from)
	}
}

// headerLine is the last line of a text, with those that it goes on from: it begins with a blank then.
func headerLine(text string) string {
	start := len(text)
	for {
		start = strings.LastIndexByte(text[:start], '\n')
		if start < 0 || start+1 < len(text) && text[start+1] != ' ' && text[start+1] != '\t' {
			return text[start+1:]
		}
	}
}

// otherBefore is other for the half of a pair that stands before its name: {"value": "hunter2", "name": "password"}, <input value=… name=…>. It
// reports whether there is one.
func (s *scanner) otherBefore(says naming, i int) bool {
	text, attributes := s.text, 0
	for k := i - 1; k > max(0, i-otherNear) && attributes < mostAttributes; k-- {
		switch c := text[k]; {
		case c == '{' || c == '<' || c == '}' || c == '>':
			return false
		case (c == '=' || c == ':') && k+1 < i:
			attributes++
			name, _ := s.nameBetween(k)
			start := s.pastSpace(k+1, true)
			if !isOneOf(name, pairValues) || start >= i || !isQuote(text[start]) {
				continue
			}
			end := s.quoteEnd(start)
			if end >= i {
				continue
			}
			for len(s.found) > 0 && s.found[len(s.found)-1].Start > start { // it is more than what was found in it
				s.found = s.found[:len(s.found)-1]
			}
			if len(s.found) > 0 && s.found[len(s.found)-1].End > start {
				return false
			}
			s.done = 0
			if says.isWord() {
				s.hideWord(says, start+1)
			} else {
				s.hide(says, start+1, end)
			}
			if n := len(s.found); n > 0 {
				s.done = s.found[n-1].End
			}
			return true
		}
	}
	return false
}

// How far before one half of a pair the other may begin, and how many equals signs and colons may stand between.
const (
	otherNear      = 300
	mostAttributes = 6
)

// nameBetween is nameAt whatever was found before.
func (s *scanner) nameBetween(i int) (name string, quoted bool) {
	done := s.done
	s.done = 0
	name, quoted = s.nameAt(i)
	s.done = done
	return name, quoted
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

// other looks for the other half of a pair, within the tag or object in which i is, or behind the tag if it may be the element's content.
func (s *scanner) other(says naming, i int, mayBeContent bool) int {
	const near = 160
	text := s.text
	for k := i; k < min(len(text), i+near); k++ {
		switch c := text[k]; {
		case c == '}' || c == '{' || c == '<':
			return i
		case c == '>':
			if text[k-1] == '/' || !mayBeContent {
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
	if !says.isSure() {
		if isOneOf(name, cells) {
			return s.cell(i, end)
		}
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
	s.hideHash(name, text[from:end], from)
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
	return max(i+1, s.done)
}

// cells are elements of tables and lists that may name what the next has.
var cells = []string{"td", "th", "dt"}

// cell looks at a cell that names the one behind it, which is the last of its row: <td>Password</td><td>hunter2</td></tr>. Its tag is from i, and
// its name ends at end.
func (s *scanner) cell(i, end int) int {
	const near = 64 // bytes of a tag
	text := s.text
	past := func(at int) int { // behind the tag at at
		k := strings.IndexByte(text[at:min(len(text), at+near)], '>')
		if k < 0 {
			return len(text)
		}
		return at + k + 1
	}
	from := past(end)
	until := run(text, from, longestName, func(c byte) bool { return isNamePart(c) || isSpace(c) })
	name := strings.TrimSpace(text[from:until])
	if name == "" || !strings.HasPrefix(text[until:], "</") {
		return i + 1
	}
	says := nameOf(name)
	if !says.isSure() {
		return i + 1
	}
	from = run(text, past(until), near, isSpace)
	if !strings.HasPrefix(text[from:], "<td") && !strings.HasPrefix(text[from:], "<dd") {
		return i + 1
	}
	from = past(from)
	until = run(text, from, decisive, func(c byte) bool { return c != '<' })
	if !strings.HasPrefix(text[until:], "</dd") && !strings.HasPrefix(text[run(text, past(until), near, isSpace):], "</tr") {
		return i + 1
	}
	return max(i+1, s.hide(says, from, until))
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
