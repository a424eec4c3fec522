package sensitive

import (
	"math"
	"strings"
)

// The forms of an e-mail address, RFC 5321, 4.5.3.1.
const (
	longestLocal  = 64
	longestDomain = 255
)

// address looks at the @ at i, which is width bytes long: %40 in a URL. It returns where to go on.
func (s *scanner) address(i, width int) int {
	text := s.text
	if s.masking {
		if from := s.driverPassword(i); from > 0 {
			return max(i+width, s.hide(saysPassword, from, i))
		}
	}
	least := max(s.done, i-longestLocal-1)
	if s.edge <= i {
		least = max(least, s.edge)
	}
	start := i
	for start > least && isLocal(text[start-1]) {
		start--
	}
	if i-start > longestLocal {
		return i + width
	}
	if from, ok := s.userinfo(i); ok {
		s.add(Password, from, i)
		return i + width
	}
	for start < i && text[start] == '.' {
		start++
	}
	domain := i + width
	end := run(text, domain, longestDomain+1, func(c byte) bool { return isDigit(c) || isLetter(c) || c == '-' || c == '.' })
	for end > domain && (text[end-1] == '.' || text[end-1] == '-') {
		end--
	}
	if start == i || text[i-1] == '.' || !VerifyEmail(text[start:i]+"@"+text[domain:end]) {
		return domain
	}
	return s.add(Email, start, end)
}

// isLocal is of the local parts in use. RFC 5322 allows more, which in logs is rather a separator.
func isLocal(c byte) bool {
	return isDigit(c) || isLetter(c) || strings.IndexByte("._+-", c) >= 0
}

// userinfo finds the password before the @ at i, of http://name:password@host (RFC 3986, 3.2.1).
func (s *scanner) userinfo(i int) (from int, ok bool) {
	const longest = 256
	text := s.text
	colon := -1
	for k := i - 1; k >= max(s.done, i-longest, 2); k-- {
		switch c := text[k]; {
		case c == ':':
			colon = k
		case c == '/':
			return colon + 1, text[k-2:k] == ":/" && colon > k && colon+1 < i && !isPlaceholder(text[colon+1:i])
		case c <= ' ' || strings.IndexByte(`"'<>@?#&`, c) >= 0:
			return 0, false
		}
	}
	return 0, false
}

// driverPassword is where the password before the @ at i begins, as drivers of databases have it: ann:secret@tcp(host) of Go's for MySQL,
// jdbc:oracle:thin:ann/secret@host. It is 0 if there is none.
func (s *scanner) driverPassword(i int) int {
	const longest = 128
	text, separator := s.text, byte(0)
	least := max(s.done, i-longest)
	switch rest := text[i+1:]; {
	case strings.HasPrefix(rest, "tcp("), strings.HasPrefix(rest, "unix("):
		separator = ':'
	case strings.Contains(text[least:i], "oracle:"):
		separator = '/'
	default:
		return 0
	}
	from := 0
	for k := i - 1; k >= least && text[k] > ' ' && !isQuote(text[k]); k-- {
		if text[k] == separator {
			from = k + 1
		}
	}
	return from
}

// VerifyEmail reports whether a text is an e-mail address, RFC 5321: not of a host without a domain, nor the name of a file such as
// logo@2x.png, nor of a package such as core@1.2.3.
func VerifyEmail(text string) bool {
	local, domain, ok := strings.Cut(text, "@")
	dot := strings.LastIndexByte(domain, '.')
	if !ok || local == "" || len(local) > longestLocal || len(domain) > longestDomain || dot < 1 || local == "git" {
		return false
	}
	top := strings.ToLower(domain[dot+1:])
	if len(top) < 2 || len(top) > 24 || run(top, 0, len(top), isLetter) != len(top) && !strings.HasPrefix(top, "xn--") {
		return false
	}
	switch top {
	case "png", "jpg", "jpeg", "gif", "svg", "webp", "avif", "ico", "css", "js", "mjs", "json", "map", "html":
		return false
	}
	for _, label := range strings.Split(domain, ".") {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	for i := range len(local) {
		if !isLocal(local[i]) {
			return false
		}
	}
	return true
}

// value looks at the equals sign or colon that is from start to end: is a credential behind it? It returns where
// to go on.
func (s *scanner) value(start, end int) int {
	text := s.text
	name := s.nameBefore(start)
	says := findingOf(name)
	if says == saysNothing || end >= len(text) || text[end] == '=' || text[end] == ':' {
		return end
	}
	colon := text[start] == ':'
	from, quote := opening(text, end)
	if says == saysAuthorization {
		from = pastScheme(text, from)
	}
	until := valueEnd(text, from, decisive, quote)
	if until == from {
		return end
	}
	// What has a form of its own is that.
	before := len(s.found)
	if next := s.known(from); len(s.found) > before {
		return next
	}
	value := text[from:until]
	// Prose has colons, too: password: at least eight characters.
	prose := quote == "" && (colon || from > end)
	kind := ""
	switch {
	case isPlaceholder(value):
	case strings.HasSuffix(name, "PWD") && value[0] == '/': // the working directory in an environment
	case says == saysAWSSecret && isAWSSecret(value):
		kind = AWSSecret
	case says == saysAzureKey && isAzureKey(value):
		kind = AzureKey
	case says == saysSignature && isAzureKey(value) && strings.Contains(text[max(0, start-512):start], "sv="):
		kind = AzureSAS
	case says == saysPassword && !prose, says == saysPass && !prose && len(value) >= 4:
		kind = Password
	case says == saysSignature:
	case says == saysAuthorization && len(value) >= 8 && !strings.HasSuffix(value, stars), isRandom(value):
		kind = Secret
	}
	if kind == "" {
		return end
	}
	if until-from == decisive {
		until = valueEnd(text, from, longestValue, quote)
	}
	return s.add(kind, from, until)
}

// known looks for a token or a number at i, and returns where to go on.
func (s *scanner) known(i int) int {
	if strings.HasPrefix(s.text[min(i+4, len(s.text)):], "Q~") {
		if next := s.azureClientSecret(i + 5); next > i+6 {
			return next
		}
	}
	switch actions[s.text[i]] {
	case digit:
		return s.number(i)
	case letter:
		return s.word(i)
	}
	return i
}

// nameBefore is the name before i, which quotes and a space may follow.
func (s *scanner) nameBefore(i int) string {
	text := s.text
	end := i
	if end > 0 && text[end-1] == ' ' {
		end--
	}
	if end > 0 && (text[end-1] == '"' || text[end-1] == '\'') {
		end--
	}
	if end > 0 && text[end-1] == '\\' {
		end--
	}
	if strings.HasSuffix(text[:end], "%22") {
		end -= 3
	}
	start := end
	const longest = 40
	least := max(s.done, end-longest-1)
	if s.edge < end {
		least = max(least, s.edge)
	}
	for start > least && isBase64URL(text[start-1]) {
		start--
	}
	return text[start:end]
}

// opening is where a value begins, and the quote that ends it.
func opening(text string, i int) (from int, quote string) {
	for n := 0; n < 2 && i < len(text) && text[i] == ' '; n++ {
		i++
	}
	for _, q := range []string{`\"`, `"`, `'`, "%22"} {
		if strings.HasPrefix(text[i:], q) {
			return i + len(q), q
		}
	}
	return i, ""
}

// pastScheme steps over the scheme of an Authorization header, RFC 9110, 11.4. Those of clouds have digits: AWS4-HMAC-SHA256.
func pastScheme(text string, i int) int {
	end := run(text, i, 20, func(c byte) bool { return isWord(c) || c == '-' })
	if run(text, i, end-i, func(c byte) bool { return isLetter(c) || c == '-' }) < end && !foldedSuffix(text[i:end], "-sha256") {
		return i
	}
	if end > i && end < len(text) && text[end] == ' ' {
		return end + 1
	}
	return i
}

const (
	decisive     = 160     // bytes of a value that tell whether it is a credential
	longestValue = 4 << 10 // bytes of it that belong to it then
)

// separates says which bytes end a value without quotes.
var separates = func() (t [256]uint8) {
	for c := range t {
		if c <= ' ' || strings.IndexByte("\"'&;,<>{}()[]`\\", byte(c)) >= 0 {
			t[c] = always
		}
	}
	t['%'] = escaped
	return t
}()

const (
	always  = 1
	escaped = 2 // with & or " behind it
)

// valueEnd is where a value ends, after most bytes at last: at its quote if that is on the same line, or before what
// separates values.
func valueEnd(text string, from, most int, quote string) int {
	stretch := text[from:min(len(text), from+most)]
	if quote != "" {
		line, _, _ := strings.Cut(stretch, "\n")
		if end := closing(line, quote); end >= 0 {
			return from + end
		}
	}
	for i := range len(stretch) {
		if ends := separates[stretch[i]]; ends == always ||
			ends == escaped && (strings.HasPrefix(stretch[i:], "%26") || strings.HasPrefix(stretch[i:], "%22")) {
			return from + i
		}
	}
	return from + len(stretch)
}

// closing is where a quote ends a text, one that is escaped aside; -1 if it does not.
func closing(text, quote string) int {
	for i := 0; i < len(text); i++ {
		if strings.HasPrefix(text[i:], quote) {
			return i
		}
		if text[i] == '\\' {
			i++
		}
	}
	return -1
}

// isPlaceholder: what documentation, templates and masks have in the place of a credential.
func isPlaceholder(value string) bool {
	if value == "" || strings.Trim(value, value[:1]) == "" && len(value) > 1 {
		return true
	}
	if strings.IndexByte("$<{[(%", value[0]) >= 0 && len(value) > 1 && !isHex(value[1]) {
		return true // $2b$12$… is a hash of bcrypt
	}
	switch strings.ToLower(value) {
	case "null", "nil", "none", "true", "false", "undefined", "string", "password", "redacted", "*":
		return true
	}
	return false
}

// isRandom: as long as a key, with letters and digits, and as many different ones as chance has. It is
// what passwords.txt is not.
func isRandom(value string) bool {
	const least, bits = 16, 3.0
	head := value[:min(len(value), mostCounted)]
	letters, digits := 0, 0
	for i := range len(head) {
		c := head[i]
		switch {
		case isDigit(c):
			digits++
		case isLetter(c):
			letters++
		case strings.IndexByte("_-+/.~=%:", c) < 0:
			return false
		}
	}
	return len(head) >= least && letters > 0 && digits > 0 && entropy(head) >= bits
}

// mostCounted is how much of a text its entropy is of.
const mostCounted = 128

// entropy is that of a text in ASCII, in bits a character.
func entropy(text string) float64 {
	var count [128]uint8
	for i := range len(text) {
		count[text[i]]++
	}
	sum := 0.0
	for i := range len(text) { // each character once
		if n := count[text[i]]; n > 0 {
			sum += timesLog[n]
			count[text[i]] = 0
		}
	}
	n := float64(len(text))
	return math.Log2(n) - sum/n
}

// timesLog is n log2 n.
var timesLog = func() (t [mostCounted + 1]float64) {
	for n := 2; n <= mostCounted; n++ {
		t[n] = float64(n) * math.Log2(float64(n))
	}
	return t
}()

// isAWSSecret: 40 characters of base64. Source: AWS IAM, "Managing access keys".
func isAWSSecret(value string) bool {
	return len(value) == 40 && run(value, 0, 40, isBase64) == 40 && isVaried(value)
}

// isAzureKey: 64 or 32 bytes in base64, of storage accounts, service buses and signatures, in a URL with escapes. Source: Microsoft
// Purview, sensitive information types of Azure.
func isAzureKey(value string) bool {
	digits, padding := 0, 0
	for i := 0; i < len(value); i++ {
		c := value[i]
		if c == '%' && escapeLength(value, i) == 3 {
			c = unhex(value[i+1])<<4 | unhex(value[i+2])
			i += 2
		}
		switch {
		case c == '=':
			padding++
		case !isBase64(c) || padding > 0:
			return false
		default:
			digits++
		}
	}
	return digits == 86 && padding == 2 || digits == 43 && padding <= 1
}
