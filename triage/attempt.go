package triage

import (
	"html"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// Attempt is what has to be remembered of an attack to understand those that follow it.
type Attempt struct {
	Payload   uint64 // a hash
	Answer    uint64 // a hash of the answer without the payload's echo; 0 where the log shows too little of it
	Condition Condition
	Form      uint64 // a hash of what stays the same when another condition is tried
	Refused   bool   // by a status or a page that says nothing of the condition
	Waits     bool   // the server is asked to wait where a condition holds
	Waited    bool   // and it did
	Lead      uint64 // a hash of what stands before the injected SQL, 0 if nothing does
	Breaks    bool   // it led to an error, as one does that spoils a statement
	Spot      uint64 // a hash of where the SQL is injected, and of how it leaves the text that it stands in; 0 if that is not clear
	Length    int    // of the answer, without what it repeats of the payload; 0 where the log does not tell
	Lists     bool   // it asks for all that there is
	Completes bool   // it would be answered so as part of a statement only
	Signs     []Sign
}

// Pace is how long an exchange took, beside what its payload asks for.
type Pace int

// The paces.
const (
	NoPace Pace = iota // the log does not say
	Quick
	Fits // as long as it asks for, and that is long
	Slow // long, and not as it asks for
)

// Paces are how long several of a client's attacks on an endpoint took, beside what they ask for.
type Paces int

// Paces of several.
const (
	NoPaces   Paces = iota // too few to tell
	AllQuick               // and none as long as it asks for
	InPace                 // as long as they ask for, and quick where they ask for nothing
	OutOfPace              // long also where they ask for nothing: it is not the payload that decides
)

// Sign is what would show in a later record that an attack has worked.
type Sign struct {
	Kind SignKind
	Text string // for people and to be looked for: a host, the name of a file, a piece of a page
}

// SignKind is what kind of a sign it is.
type SignKind int

// The signs.
const (
	CallsBack SignKind = iota // the server that was attacked asks the host of the payload
	IsFetched                 // the script that was uploaded is answered with 200
	IsStored                  // the payload stands in a page for others
)

// maxSigns bounds what is waited for after one attack.
const maxSigns = 4

// Attempt is what has to be remembered of it.
func (e *Examination) Attempt(past Past) Attempt {
	x := e.x
	a := Attempt{
		Payload: xxhash.Sum64String(x.payload), Condition: x.condition, Waited: x.waited(past) != "",
		Refused: isFirewall(x.tx.Status) || e.refusal != "" && x.tx.Status/100 == 2, Signs: x.signs(),
	}
	a.Answer, a.Length = x.answer()
	if x.condition != NoCondition {
		a.Waits = x.delay().time > 0 && x.tx.Duration() > 0
		a.Form = xxhash.Sum64String(x.form)
		if lead := x.leadOf(); lead != "" {
			a.Lead = xxhash.Sum64String(lead)
		}
	}
	a.Breaks, a.Completes, a.Lists = x.breaks(), x.completes(), x.lists()
	if a.Breaks || a.Completes {
		a.Spot = x.spot(a.Breaks)
	}
	return a
}

// isFirewall reports whether a status is one by which what stands before an application refuses, or can't read the request.
func isFirewall(status int) bool {
	return slices.Contains([]int{400, 401, 403, 405, 406, 408, 413, 414, 418, 429, 431, 444, 451, 499, 501, 502, 503, 504}, status)
}

// answer is a hash of status, place and body, without what the body repeats of the request, and the length of that.
func (x *exchange) answer() (fingerprint uint64, length int) {
	if x.tx.ResponseBody.Text == "" && (!x.tx.Observed.ResponseBody || x.tx.Status == 0) {
		return 0, 0
	}
	body, more := x.body, ""
	if x.tx.ResponseBody.Truncated { // what differs may be behind the cut
		_, whole := x.tx.Sizes()
		if whole <= int64(len(x.tx.ResponseBody.Text)) {
			return 0, 0
		}
		more = strconv.FormatInt(whole, 10)
		length = int(whole) - len(x.tx.ResponseBody.Text)
	}
	length += len(x.tx.ResponseBody.Text) - len(body)
	for _, value := range x.echoes() {
		body = strings.ReplaceAll(body, value, "")
	}
	body = withoutTokens(body)
	place, _, _ := strings.Cut(x.header("location"), "?")
	return xxhash.Sum64String(strconv.Itoa(x.tx.Status) + " " + x.kind + " " + place + "\n" + body + more), length + len(body)
}

// leastToken is how long a token is at least that a page has anew each time.
const leastToken = 24

// withoutTokens is a page without what it has anew each time, against forged forms or for its own scripts: long runs of letters of
// both cases and digits, or of hexadecimal digits. It has the same length for tokens of the same length.
func withoutTokens(page string) string {
	var out []byte
	done := 0
	for i := 0; i+leastToken <= len(page); {
		end := i + leastToken
		for end > i && isTokenByte[page[end-1]] {
			end--
		}
		if end > i { // no token begins before the byte that is part of none
			i = end
			continue
		}
		for end = i + leastToken; end < len(page) && isTokenByte[page[end]]; {
			end++
		}
		if isToken(page[i:end]) {
			out = append(append(out, page[done:i]...), strings.Repeat("*", end-i)...)
			done = end
		}
		i = end
	}
	if done == 0 {
		return page
	}
	return string(append(out, page[done:]...))
}

func isToken(run string) bool {
	const several = 3
	var digits, lower, upper, beyondHex int
	for i := range len(run) {
		switch c := run[i]; {
		case c >= '0' && c <= '9':
			digits++
			continue
		case c >= 'a' && c <= 'z':
			lower++
		case c >= 'A' && c <= 'Z':
			upper++
		}
		if c := run[i] | 0x20; c > 'f' && c <= 'z' {
			beyondHex++
		}
	}
	return digits >= several && (beyondHex == 0 || lower >= several && upper >= several)
}

// isTokenByte are the bytes of base64, also of that for URLs.
var isTokenByte = func() (is [256]bool) {
	for _, c := range []byte("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+/=-_") {
		is[c] = true
	}
	return is
}()

// escaped are the forms in which pages have a text: Go's and Python's, and those of PHP and Java.
func escaped(text string) []string {
	all := html.EscapeString(text)
	named := strings.ReplaceAll(all, "&#34;", "&quot;")
	return []string{all, named, strings.ReplaceAll(all, "&#39;", "&#039;"), strings.ReplaceAll(named, "&#39;", "&#039;"), strings.ReplaceAll(named, "&#39;", "&#x27;")}
}

// leastEcho is how long a value is that is looked for in an answer.
const leastEcho = 3

// echoes are the forms in which an answer may repeat what was asked, the longest first.
func (x *exchange) echoes() (all []string) {
	add := func(value string) {
		if len(value) >= leastEcho && len(all) < 8*maxPayloads {
			quoted := strconv.Quote(value)
			all = append(append(all, escaped(value)...), value, url.QueryEscape(value), url.PathEscape(value), quoted[1:len(quoted)-1])
		}
	}
	for _, text := range []string{x.tx.URI, x.bodyStart()} {
		if _, query, ok := strings.Cut(text, "?"); ok {
			text = query
		}
		for pair := range strings.SplitSeq(text, "&") {
			_, value, _ := strings.Cut(pair, "=")
			add(value)
			if plain, err := url.QueryUnescape(value); err == nil && plain != value {
				add(plain)
			}
		}
	}
	for _, value := range x.payloads {
		add(value)
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(all)
}

var (
	blindWords = compile(`<!entity|xinclude|xi:include|\b(?:wget|curl|nslookup|dig|nc|ncat|telnet|certutil|bitsadmin|tftp|rm|touch|mkfifo|useradd|chmod|kill|shutdown|reboot|exec)\b|>\s*/|` +
		`xp_dirtree|xp_cmdshell|utl_http|utl_inaddr|load_file\s*\(|into\s+(?:out|dump)file|insert\s+into|\bupdate\s+\w+\s+set\b|delete\s+from|drop\s+(?:table|database)|jndi:|/dev/tcp`)
	unionWords    = compile(`\bunion\b|extractvalue|updatexml`)
	printingWords = compile(`\b(?:id|cat|type|ls|dir|echo|whoami|uname|print|printf|phpinfo|ipconfig|ifconfig|env|set|ver|expr)\b`)

	calledHost = compile(`(?:[a-z}]://(?:[^/@\s]*@)?|\\\\)([a-z0-9][a-z0-9.-]{2,252}|\[[0-9a-f:.]{2,45}\])|\b(?:nslookup|dig|ping(?:\s+-\w\s*\d*)*)\s+([a-z0-9][a-z0-9.-]{2,252})`)
)

// findCallbacks are the hosts that the payload would have the server ask.
func (x *exchange) findCallbacks() (all []string) {
	if len(x.kinds) == 1 && x.kinds[0] == "xss" {
		return nil // there it is a browser that asks
	}
	reaches := slices.ContainsFunc(x.kinds, reachesOut)
	for _, at := range calledHost.FindAllStringSubmatchIndex(x.lower, maxPayloads) {
		m := submatches(x.lower, at)
		if !reaches && begins(x.lower, at[0]) {
			continue // the server may well be there to ask it; what was attacked with it is something else
		}
		host := network(strings.Trim(m[1]+m[2], ".-[]"))
		if !strings.ContainsAny(host, ".:") || host == strings.ToLower(x.tx.Host) || slices.Contains(all, host) || m[2] != "" && strings.HasPrefix(host, "127.") {
			continue
		}
		all = append(all, host)
	}
	return all
}

// submatches are the texts of an expression's match.
func submatches(text string, at []int) []string {
	all := make([]string, len(at)/2)
	for i := range all {
		if at[2*i] >= 0 {
			all[i] = text[at[2*i]:at[2*i+1]]
		}
	}
	return all
}

// begins reports whether what stands at a place, at the end of a URL's scheme, is the beginning of a value.
func begins(text string, at int) bool {
	for at > 0 && text[at-1] >= 'a' && text[at-1] <= 'z' {
		at--
	}
	return at == 0 || text[at-1] == '\n' || text[at-1] == '='
}

// network is a host as the network has it, however its address is written: in one number, in parts in octal or in
// hexadecimal, or as an IPv6 one.
func network(host string) string {
	if host == "localhost" {
		return "127.0.0.1"
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap().String()
	}
	parts := strings.Split(host, ".")
	if len(parts) > 4 || len(parts) == 1 && len(host) < len("1.1.1.1") {
		return host
	}
	var address uint64
	for i, part := range parts {
		bits := 8
		if i == len(parts)-1 {
			bits *= 5 - len(parts) // the last part stands for all that are left
		}
		n, err := strconv.ParseUint(part, 0, bits)
		if err != nil {
			return host
		}
		address = address<<bits | n
	}
	return netip.AddrFrom4([4]byte{byte(address >> 24), byte(address >> 16), byte(address >> 8), byte(address)}).String()
}

var uploadName = compile(`(?i)filename\*?=(?:"([^"\r\n]{1,200})"|([^\r\n;"]{1,200}))`)

// signs are what would show later that the attack has worked.
func (x *exchange) signs() (all []Sign) {
	for _, host := range x.callbacks() {
		all = append(all, Sign{CallsBack, host})
	}
	if x.uploadsScript() && x.tx.Status < 400 {
		for _, m := range uploadName.FindAllStringSubmatch(x.bodyStart(), maxSigns) {
			name := m[1] + m[2]
			if name = name[strings.LastIndexAny(name, `/\`)+1:]; len(name) > 3 {
				all = append(all, Sign{IsFetched, strings.ToLower(name)})
			}
		}
	}
	if hasTag(x.kinds, "xss") && x.tx.Method != "GET" && x.tx.Status < 400 {
		for _, value := range x.payloads {
			lower := strings.ToLower(value)
			if from := activeTag.FindStringIndex(lower); from != nil && len(lower)-from[0] >= leastScript {
				all = append(all, Sign{IsStored, beginning(lower[from[0]:])})
				break
			}
		}
	}
	return all[:min(len(all), maxSigns)]
}

// beginning is a script up to what a rule may have read in another way than the page has it: a plus as a space.
func beginning(script string) string {
	const enough = 20
	if len(script) > enough {
		if at := strings.IndexAny(script[enough:], "+ %"); at >= 0 {
			script = script[:enough+at]
		}
	}
	return strings.TrimSpace(script)
}

// Shows reports whether a page has a stored script where a browser runs it.
func (s *Sign) Shows(page string) bool {
	return isIn(strings.ToLower(page[:min(len(page), 2*bodyEnd)]), s.Text, isMarkup)
}

// passwordMember is a name of a password, and what ends it in a form, in one of several parts, or in JSON.
var passwordMember = compile(`(?i)(?:^|[&"{,\s\[._-]|%5b)(?:\w{0,20}(?:pass|pwd|pswd)|pw|senha|kennwort|contrase|clave|mdp|wachtwoord|parola|mot_de_passe)[\w%-]{0,20}\]?(?:"\s*:|=|"\r)`)

// HasPassword reports whether a form or a JSON text has a field for a password.
func HasPassword(body string) bool { return passwordMember.MatchString(body[:min(len(body), 4<<10)]) }

var passwordName = compile(`(?i)(?:^|[._\[-])(?:\w{0,20}(?:password|passwd|passphrase|pwd|pswd)\w{0,12}|\w{0,12}pass|pw|senha|kennwort|contrase\w+|clave|mdp|wachtwoord|parola|mot_de_passe)\d?\]?$`)

// isPasswordName reports whether a variable is a password by its name.
func isPasswordName(variable string) bool {
	_, name, _ := strings.Cut(variable, ":")
	return passwordName.MatchString(name)
}
